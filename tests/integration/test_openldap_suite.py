#!/usr/bin/python3
"""OpenLDAP's own tests pass with the overlay loaded as they do without it.

Each script runs twice at the same time: on plain slapd, and with the overlay
on every mdb database (chancery-direct *, so that everybody sees the real
entries) and on the frontend with a published base. Both must succeed, and what
the clients got must be the same, line by line. In a campaign more scripts run.

run: limit=900 asan
"""
import os
import re
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from check import check, done, skip
from paths import built
import openldap_suite as suite
import sanitizer as sanitizers

CAMPAIGN = "CHANCERY_CAMPAIGN" in os.environ
# script, seconds it may take, whether its output is the same at every run
SCRIPTS = [
    ("test003-search", 120, True),
    ("test004-modify", 120, True),
    ("test006-acls", 120, True),
    ("test008-concurrency", 400, False),
    ("test033-glue-syncrepl", 300, True),
]
# Only scripts that configure by slapd.conf; test021 stores a certificate of
# another address, so that the guard may only warn there.
MORE = [
    ("test002-populate", 120, True),
    ("test005-modrdn", 120, True),
    ("test017-syncreplication-refresh", 600, False),
    ("test018-syncreplication-persist", 600, False),
    ("test019-syncreplication-cascade", 600, False),
    ("test021-certificate", 120, True),
    ("test022-ppolicy", 300, False),
    ("test025-limits", 300, True),
    ("test034-translucent", 300, False),
    ("test043-delta-syncrepl", 600, False),
    ("test045-syncreplication-proxied", 900, False),
    ("test065-proxyauthz", 300, False),
    ("test084-deref", 300, True),
]
LOOPS = "50" if CAMPAIGN else "4"


def sanitizer():
    """What slapd needs before it can load a sanitizer's module."""
    if not sanitizers.needs_asan(built("overlay", "chancery.so")):
        return ""
    env = sanitizers.environment({"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")})
    return "env " + " ".join(f"{k}={v}" for k, v in env.items())


def outputs(state):
    """What clients got: {file: text}, without what differs from run to run."""
    found = {}
    for name in sorted(os.listdir(state)):
        if name.endswith((".out", ".flt")) and os.path.isfile(os.path.join(state, name)):
            with open(os.path.join(state, name), encoding="utf-8", errors="replace") as f:
                text = f.read()
            text = re.sub(r"^(entryCSN|entryUUID|modifyTimestamp|createTimestamp|contextCSN)::? .*$",
                          r"\1: ...", text, flags=re.M | re.I)
            found[name] = re.sub(r"localhost:\d+", "localhost:PORT", text)
    return found


def difference(plain, with_overlay):
    for name in sorted(set(plain) | set(with_overlay)):
        a, b = (x.get(name, "").splitlines() for x in (plain, with_overlay))
        for number, (x, y) in enumerate(zip(a + [None] * len(b), b + [None] * len(a)), 1):
            if x != y:
                return f"{name} line {number}: plain {x!r}, with the overlay {y!r}"
    return None


def server_logs(state):
    """The last lines of what the servers said, for a failed script."""
    text = ""
    for name in sorted(os.listdir(state)):
        if name.startswith("slapd") and name.endswith(".log"):
            with open(os.path.join(state, name), encoding="utf-8", errors="replace") as f:
                text += f"--- {name}\n" + "".join(f.readlines()[-15:])
    return text


def both(folder, script, limit, same):
    base = suite.free_ports()
    guard = "warn" if script == "test021-certificate" else "refuse"
    states = [tempfile.mkdtemp(prefix=f"{script[:7]}-") for _ in range(2)]
    sides = (("plain", states[0], base, None, ""),
             ("overlay", states[1], base + 20, built("overlay", "chancery.so"), sanitizer()))
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda s: suite.run(
            folder, script, s[1], s[2], limit, s[3], s[4], {"TESTLOOPS": LOOPS, "CHANCERY_GUARD": guard}), sides))
    passed = True
    for (side, state, *_), (status, out) in zip(sides, results):
        ok = status == 0 and "Test succeeded" in out
        if not check(f"{script} {side}", ok, f"exit status {status} (None: over {limit} s)"):
            passed = False
            print(out + server_logs(state))
    if passed and same:
        got = [outputs(s) for s in states]
        check(f"{script} same answers", got[0] and difference(*got) is None,
              difference(*got) or "no output found")
    injected = any("overlay chancery" in open(os.path.join(states[1], n), encoding="utf-8",
                                              errors="replace").read()
                   for n in os.listdir(states[1]) if n.endswith(".conf"))
    check(f"{script} really had the overlay", injected, "no configuration names it")
    for state in states:
        shutil.rmtree(state, ignore_errors=True)


def main():
    folder = suite.prepare()
    if folder is None:
        skip("OpenLDAP's scripts", "no source tree with tests (OPENLDAP_SRC without tests/?)")
        return done()
    for script, limit, same in SCRIPTS + (MORE if CAMPAIGN else []):
        if not os.path.exists(os.path.join(folder, "tests/scripts", script)):
            skip(script, "not in this version of OpenLDAP")
            continue
        both(folder, script, limit * (3 if sanitizer() else 1), same)
    return done()


if __name__ == "__main__":
    sys.exit(main())
