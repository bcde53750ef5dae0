#!/usr/bin/python3
"""The built module and command: what they export, link, call, and how hard.

slapd loads modules with their symbols shared and checks nothing, so the module
must show init_module alone and bring no library that could clash with slapd's
own; and it must not be able to end the server that so many stand on.
"""
import os
import re

import tree

MODULE = os.path.join(tree.BUILD, "overlay/chancery.so")
COMMAND = os.path.join(tree.BUILD, "bin/chancery")
SLAPD = "/usr/sbin/slapd"
LIBRARIES = re.compile(r"(libldap|liblber)[-.\w]*\.so\.\d+$|libc\.so\.6$")
# Ends the process, or waits for the world: neither belongs into a search.
FORBIDDEN = re.compile(
    r"(__assert\w*|abort|_?exit|_Exit|quick_exit|raise|kill|ber_pvt_assert\w*|fork|vfork|system|"
    r"popen|exec\w+|f?open(64|at)?|creat|socket|connect|bind|listen|accept4?|send(to|msg)?|"
    r"getaddrinfo|gethostby\w+|u?sleep|nanosleep|poll|select)(@.*)?$")


def run(*words):
    status, text = tree.command(*words)
    if status != 0:
        tree.report(" ".join(os.path.basename(w) for w in words), [text])
        tree.done()
    return text


def libraries(path):
    """The files that the dynamic loader takes for it."""
    return re.findall(r"=> (/\S+)", run("ldd", path))


def hardened(path):
    """What is missing of the build flags that the Makefile names."""
    missing = []
    dynamic = run("readelf", "-dW", path)
    segments = run("readelf", "-lW", path)
    symbols = run("nm", "-D", "-u", path)
    if "GNU_RELRO" not in segments or not re.search(r"\bBIND_NOW\b|\bNOW\b", dynamic):
        missing.append("full RELRO (-z relro -z now)")
    if re.search(r"GNU_STACK.*RWE", segments) or re.search(r"LOAD.*\bRWE\b", segments):
        missing.append("a stack or segment that is not both writable and executable")
    if re.search(r"TEXTREL|R(UN)?PATH", dynamic):
        missing.append("no TEXTREL, no RPATH")
    if "__stack_chk_fail" not in symbols:
        missing.append("-fstack-protector-strong")
    if not re.search(r"__\w+_chk\b(?<!__stack_chk_fail)", symbols):
        missing.append("-D_FORTIFY_SOURCE=2")
    # The property note is lost to the compiler's own start files, which Debian
    # builds without; what counts is that functions begin with a landing pad.
    if os.uname().machine == "x86_64" and \
            "endbr64" not in run("objdump", "-d", "--section=.text", path):
        missing.append("-fcf-protection")
    return missing


def module():
    exported = [line.split()[-1] for line in
                run("nm", "-D", "--defined-only", MODULE).splitlines() if line]
    tree.report("the module exports init_module only",
                [] if exported == ["init_module"] else exported or ["nothing"])
    needed = re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-dW", MODULE))
    tree.report("the module links libldap, liblber and libc only",
                [n for n in needed if not LIBRARIES.match(n)])
    wanted = [line.split()[-1] for line in run("nm", "-D", "-u", MODULE).splitlines() if line]
    tree.report("the module cannot end slapd nor wait for the world",
                [w for w in wanted if FORBIDDEN.match(w)])
    # slapd says only "file not found" where a symbol is missing.
    there = {line.split()[-1].split("@")[0] for provider in (SLAPD, *libraries(MODULE))
             for line in run("nm", "-D", "--defined-only", provider).splitlines() if line}
    weak = {"__cxa_finalize", "__gmon_start__", "_ITM_deregisterTMCloneTable",
            "_ITM_registerTMCloneTable"}
    tree.report("every symbol that the module wants is there",
                sorted({w.split("@")[0] for w in wanted} - there - weak))
    tree.report("the module is hardened", hardened(MODULE))


def main():
    if "asan" in tree.BUILD or "coverage" in tree.BUILD:
        tree.skip("module", "holds for the ordinary build")
        tree.done()
    if os.path.exists(MODULE):
        module()
    else:
        tree.report("the module is built", [MODULE + " is missing"])
    if os.path.exists(COMMAND):
        missing = hardened(COMMAND)
        if "INTERP" not in run("readelf", "-lW", COMMAND) or \
                "DYN" not in run("readelf", "-hW", COMMAND):
            missing.append("-pie")
        tree.report("the command is hardened", missing)
    else:
        tree.report("the command is built", [COMMAND + " is missing"])
    tree.done()


main()
