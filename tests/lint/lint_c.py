#!/usr/bin/python3
"""C that both compilers accept without a warning, laid out by .clang-format.

gcc sees every file in the build itself, with warnings as errors; here clang
reads the same files with the same warnings. Sizes are only reported.
"""
import os
import re
import shlex
from concurrent.futures import ThreadPoolExecutor

import tree

FUNCTION_LINES, FILE_LINES = 100, 900


def clang(name, warn, slapd, gmime):
    flags = ["-std=gnu17", "-D_GNU_SOURCE", "-I.", "-fsyntax-only", *warn]
    if name.startswith("overlay/"):
        # slapd's tables of options have unions, and fields that nobody fills.
        flags += ["-Wno-undef", "-Wno-strict-prototypes", "-Wno-missing-braces",
                  "-Wno-missing-field-initializers", *slapd]
    if name.startswith(("enroll/clerk/", "tests/unit/test_clerk_")):
        flags += gmime
    if name.startswith("tests/fuzz/"):
        # libFuzzer calls LLVMFuzzerTestOneInput, which no header declares; a
        # variable that only takes sums keeps reads from being optimized away.
        flags += ["-Wno-missing-prototypes", "-Wno-unused-but-set-variable"]
    status, text = tree.command("clang", *flags, name)
    return [f"{name}:\n{text}"] if status or text.strip() else []


def slapd_flags():
    """What packaging/slapd-headers found, or nothing (then the overlay fails here)."""
    path = os.path.join(tree.BUILD, "slapd-headers.mk")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        m = re.search(r"^SLAPD_CPPFLAGS := (.*)$", f.read(), re.M)
    # make runs the flags through a shell, which takes one level of quotes.
    return shlex.split(m.group(1)) if m else []


def functions(text):
    """(name, lines) of each function; relies on the layout: name at column 0."""
    begin = name = None
    for number, line in enumerate(text.split("\n"), 1):
        m = re.match(r"([a-z_A-Z0-9]+)\(", line)
        if m:
            name = m.group(1)
        elif line == "{" and name:
            begin = number
        elif line == "}" and begin:
            yield name, number - begin + 1
            begin = name = None


def main():
    sources = tree.files(".c")
    headers = tree.files(".h")
    warn = shlex.split(tree.make_variable("WARN"))
    slapd = slapd_flags()
    gmime = shlex.split(tree.make_variable("GMIME_CFLAGS"))
    with ThreadPoolExecutor(2) as pool:
        for name, found in zip(sources, pool.map(
                lambda n: clang(n, warn, slapd, gmime), sources)):
            tree.report("clang " + name, found)

    status, text = tree.command("clang-format-14", "--dry-run", "--Werror", *sources, *headers)
    wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", text, re.M)))
    tree.report("clang-format (make format mends it)", wrong or ([text] if status else []))

    guards, missing = {}, []
    for name in headers:
        m = re.search(r"^#ifndef (CHANCERY_\w+_H)\n#define \1$", tree.read(name), re.M)
        if m is None:
            missing.append(f"{name}: no guard CHANCERY_..._H")
        elif guards.setdefault(m.group(1), name) != name:
            missing.append(f"{name}: the same guard as {guards[m.group(1)]}")
    tree.report("header guards", missing)

    for name in sources:
        text = tree.read(name)
        if text.count("\n") > FILE_LINES:
            print(f"note {name} has {text.count(chr(10))} lines")
        for function, lines in functions(text):
            if lines > FUNCTION_LINES:
                print(f"note {name}: {function} has {lines} lines")
    tree.done()


main()
