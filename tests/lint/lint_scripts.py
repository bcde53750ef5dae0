#!/usr/bin/python3
"""Scripts and plain text: Python compiles, shell parses, lines end clean.

Python scripts name Debian's interpreter, because another python3 that comes
first in PATH may lack the modules. Every source file opens with a comment that
says what it is.
"""
import os
import re
import shutil
import subprocess

import tree

TEXT = (".c", ".h", ".py", ".sh", ".mk", ".md", ".schema", ".ldif", ".conf", ".example",
        ".1", ".5", ".7", ".8")


def python():
    wrong, other, unused = [], [], []
    for name in sorted(set(tree.files(".py") + tree.scripts("python3?"))):
        text = tree.read(name)
        try:
            compile(text, name, "exec")
        except (SyntaxError, ValueError) as e:
            wrong.append(f"{name}: {e}")
        if text.startswith("#!") and not text.startswith("#!/usr/bin/python3\n"):
            other.append(f"{name}: {text.splitlines()[0]}")
        for module in re.findall(r"^import (\w+)$", text, re.M):
            if len(re.findall(rf"\b{module}\b", text)) < 2:
                unused.append(f"{name}: import {module}")
    tree.report("python compiles", wrong)
    tree.report("python scripts name /usr/bin/python3", other)
    tree.report("python imports are used", unused)


def shell():
    names = sorted(set(tree.files(".sh") + tree.scripts("(ba|da)?sh")))
    wrong = []
    for name in names:
        status, text = tree.command("bash", "-n", name)
        if status:
            wrong.append(text)
    tree.report("shell scripts parse", wrong)
    if shutil.which("shellcheck") is None:
        tree.skip("shellcheck", "not installed")
        return
    wrong = []
    for name in names:
        status, text = tree.command("shellcheck", "-f", "gcc", "-S", "warning", name)
        if status:
            wrong.append(text)
    tree.report("shellcheck", wrong)


def executable():
    wrong = []
    for name in tree.files(""):
        first = tree.read(name)[:2]
        runs = os.access(os.path.join(tree.TOP, name), os.X_OK)
        if first == "#!" and not runs and not name.endswith(".py"):
            wrong.append(f"{name}: begins with #! but is not executable")
        if runs and first != "#!":
            wrong.append(f"{name}: executable without #!")
    tree.report("what begins with #! is executable, nothing else", wrong)


def text_files():
    blanks, ends, openings = [], [], []
    for name in tree.files(*TEXT):
        data = tree.read(name)
        for number, line in enumerate(data.split("\n"), 1):
            if line != line.rstrip() and not name.endswith((".md", ".ldif")):
                blanks.append(f"{name}:{number}")
        if data and not data.endswith("\n"):
            ends.append(name)
        if name.endswith((".c", ".h")) and not data.startswith("/*"):
            openings.append(name)
        if name.endswith((".py", ".sh", ".mk")):
            body = re.sub(r"\A#!.*\n", "", data)
            if not body.startswith(("#", '"""', 'r"""')):
                openings.append(name)
    tree.report("no blanks at the end of lines", blanks)
    tree.report("files end with a newline", ends)
    tree.report("files open by saying what they are", openings)


def secrets():
    """No private key may be in the tree: tests make theirs."""
    marker = "-----BEGIN " + "([A-Z]+ )?PRIVATE KEY-----\n[A-Za-z0-9+/]{32}"
    found = [n for n in tree.files("") if re.search(marker, tree.read(n))]
    found += tree.files(".pfx", ".p12", ".key")
    tree.report("no private keys", found)


def diff_check():
    p = subprocess.run(["git", "diff", "--check", "HEAD"], cwd=tree.TOP, capture_output=True,
                       text=True, check=False)
    conflicts = [x for x in p.stdout.splitlines() if "conflict" in x]
    tree.report("no conflict markers", conflicts)


def main():
    python()
    shell()
    executable()
    text_files()
    secrets()
    diff_check()
    tree.done()


main()
