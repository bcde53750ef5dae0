"""What the checks of the source share: the tree's files, and how to report.

A check is a program lint_NAME.py in this folder that reports each of its cases
by report() and ends with done(); tests/run counts them. Not a check itself.
"""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("CHANCERY_BUILD", "build"))
SKIPPED_FOLDERS = {".git", "build", "var", "__pycache__"}

_failed = _reported = 0


def files(*endings):
    """The tree's files, relative to its top, that end so; what git ignores is left out."""
    p = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                       cwd=TOP, capture_output=True, text=True, check=False)
    if p.returncode == 0 and p.stdout:
        names = sorted(set(p.stdout.splitlines()))
    else:  # a released source, without git
        names = []
        for folder, inner, found in os.walk(TOP):
            inner[:] = sorted(set(inner) - SKIPPED_FOLDERS)
            names += sorted(os.path.relpath(os.path.join(folder, f), TOP) for f in found)
    return [n for n in names if n.endswith(endings) and os.path.isfile(os.path.join(TOP, n))]


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8", errors="replace") as f:
        return f.read()


def scripts(interpreter):
    """Files whose first line names this interpreter, as a pattern."""
    return [n for n in files("") if re.match(r"#!.*\b" + interpreter + r"\b", read(n)[:80])]


def command(*words):
    """(exit status, everything it printed); runs at the top of the tree."""
    p = subprocess.run(words, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False)
    return p.returncode, p.stdout.decode(errors="replace")


def make_variable(name):
    status, text = command("make", "-s", "--no-print-directory", "print-" + name)
    if status != 0:
        raise SystemExit(f"make print-{name} failed: {text}")
    return text.strip()


def report(name, problems):
    """One case: passes where the list of problems is empty."""
    global _failed, _reported
    _reported += 1
    if problems:
        _failed += 1
        print(f"not ok {name}: {len(problems)} found")
        for problem in problems:
            print("  " + str(problem).rstrip().replace("\n", "\n  "))
    else:
        print("ok", name)


def skip(name, why):
    print(f"skip {name}: {why}")


def done():
    sys.exit(1 if _failed else 0)
