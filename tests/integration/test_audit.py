#!/usr/bin/python3
"""`chancery audit`: what it says about logs that are whole, and about those that
somebody changed. The logs are written here by the description of their form, so that
the form is proved, too.

run: limit=120
"""
import hashlib
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from paths import built  # noqa: E402
from check import check, done, equal  # noqa: E402

COMMAND = built("bin", "chancery")
FOLDER = tempfile.mkdtemp(prefix="chancery-")
FIRST = "0" * 64


def run(*arguments):
    return subprocess.run([COMMAND, "audit", *arguments], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL, check=False)


def line(number, before, **fields):
    """A line of the log, and its hash."""
    head = json.dumps({"n": number, "time": 1700000000 + number, "prev": before,
                       "event": "sign", **fields}, separators=(",", ":"))[:-1]
    own = hashlib.sha256(head.encode()).hexdigest()
    return f'{head},"hash":"{own}"}}\n', own


def lines(n, **fields):
    out, before = [], FIRST
    for i in range(1, n + 1):
        text, before = line(i, before, mail=f"u{i}@example.com", **fields)
        out.append(text)
    return out, before


def save(name, text):
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write("".join(text))
    return path


def whole():
    text, head = lines(20, names=["J\u00fcrgen"])
    path = save("good.log", text)
    r = run("verify", path)
    check("a whole log is good", r.returncode == 0 and f"20:{head}" in r.stdout, r)
    r = run("verify", "--json", path)
    answer = json.loads(r.stdout)
    equal("as JSON", answer, [{"file": path, "good": True, "lines": 20, "hash": head,
                               "reason": None}])
    r = run("verify", "--anchor", f"20:{head}", path)
    equal("its head as anchor", r.returncode, 0)
    r = run("verify", "--anchor", f"7:{head}", path)
    check("another line's hash as anchor",
          r.returncode == 1 and "line 7: has another hash" in r.stdout, r)
    path = save("cut.log", text[:15])
    r = run("verify", path)
    equal("an end that was cut off cannot be seen", r.returncode, 0)
    r = run("verify", "--anchor", f"20:{head}", path)
    check("but with an anchor", r.returncode == 1 and "ends with line 15" in r.stdout, r)


def broken():
    text, _ = lines(5)
    changed = [x.replace("u3@", "u4@") for x in text]
    for name, what, where in (
            ("a changed value", changed, "line 3: was changed"),
            ("a missing line", text[:2] + text[3:], "line 3: found number 4"),
            ("two swapped lines", [text[1], text[0]] + text[2:], "line 1: found number 2"),
            ("a line without its end", [*text[:4], text[4][:-1]], "line 5: is not finished"),
            ("a line of another log", [text[0], line(2, FIRST)[0]], "line 2: follows another"),
            ("no log at all", ["hello\n"], "line 1: does not have the form"),
            ("a line too long", ["x" * 70000 + "\n"], "line 1: has more than 65536 bytes")):
        path = save("bad.log", what)
        r = run("verify", path)
        check(name, r.returncode == 1 and where in r.stdout, r)
    good = save("good.log", text)
    r = run("verify", good, path)
    check("one bad file of two is bad", r.returncode == 1 and "good, 5 lines" in r.stdout, r)


def shown():
    text, _ = lines(5, text="\x1b[31mred\u202e")
    path = save("good.log", text)
    r = run("show", path)
    check("show: a line each", r.returncode == 0 and r.stdout.count("\n") == 5, r)
    check("show: what a line says",
          r.stdout.startswith('1 2023-11-14T22:13:21Z sign mail="u1@example.com"'), r)
    check("show: nothing that a terminal obeys", "\x1b" not in r.stdout, r)
    r = run("show", "--find", "u4@", "--json", path)
    equal("show: only what is looked for, as JSON",
          [json.loads(x)["n"] for x in r.stdout.splitlines()], [4])
    path = save("bad.log", text[:2] + text[3:])
    r = run("show", path)
    check("show: ends where it is broken",
          r.returncode == 1 and r.stdout.count("\n") == 2 and "line 3" in r.stderr, r)


def usage():
    for name, arguments, code in (
            ("no part", [], 2), ("an unknown part", ["burn"], 2), ("help", ["--help"], 0),
            ("help of verify", ["verify", "--help"], 0), ("help of show", ["show", "--help"], 0),
            ("an unknown flag", ["verify", "--all"], 2),
            ("a bad anchor", ["verify", "--anchor", "x", "f"], 2),
            ("an anchor for two files", ["verify", "--anchor", "1:" + FIRST, "f", "g"], 2),
            ("a file that is not there", ["verify", FOLDER + "/none"], 5)):
        r = run(*arguments)
        check("usage: " + name, r.returncode == code, r)


whole()
broken()
shown()
usage()
subprocess.run(["rm", "-r", FOLDER], check=True)
sys.exit(done())
