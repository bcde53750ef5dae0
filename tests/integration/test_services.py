#!/usr/bin/python3
"""The demonstration's programs of enrollment: started, asked, killed, started again,
ended; also in the background, as `make up` and `make down` do it.

run: limit=300
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from paths import ROOT, built  # noqa: E402
from check import case, check, done, equal, skip, wait_until  # noqa: E402
from services import PROGRAMS, Refused, ServiceError  # noqa: E402
from world import World, free_port  # noqa: E402

BUILT = [n for n in PROGRAMS if os.access(built("bin", "chancery-" + n), os.X_OK)]


def alive(pid):
    """Whether it runs; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def mode(path):
    return os.stat(path).st_mode & 0o777


def in_front():
    with World(enroll=True) as w:
        s = w.services
        equal("all that is built runs", sorted(s.processes), sorted(BUILT))
        equal("passwords are for one's own eyes",
              {mode(s.secret(n)) for n in os.listdir(w.path("etc", "secrets"))}, {0o600})
        equal("so is the signer's state", mode(w.path("signer")), 0o700)
        for name in BUILT:
            if name == "portal":
                continue
            answer = s.ask(name, "no-such-call")
            check(f"{name}: an unknown call is refused", answer["ok"] is False, answer)
            with case(f"{name}: a refusal is an exception of call()"):
                try:
                    s.call(name, "no-such-call")
                    raise AssertionError("it was none")
                except Refused as e:
                    assert e.word, e
        for name in BUILT:
            before = s.pid(name)
            s.kill(name)
            check(f"{name}: dead when killed", not alive(before))
            s.start(name)
            check(f"{name}: answers again after SIGKILL", s.running(name) and
                  s.pid(name) != before)
        s.restart("signer", days=33)
        with open(s.config("signer"), encoding="utf-8") as f:
            check("restart with another option", "days = 33\n" in f.read())
        with case("a wrong option is told with the program's own words"):
            try:
                s.restart("signer", days=0)
                raise AssertionError("it started")
            except ServiceError as e:
                assert "days: found" in str(e), e
        pids = {n: s.pid(n) for n in s.processes}
    check("nobody is left", not any(alive(p) for p in pids.values()), pids)


def command(name, state, ports):
    return subprocess.run(["/usr/bin/python3", os.path.join(ROOT, "demo", "world.py"), name],
                          capture_output=True, text=True, timeout=200, check=False,
                          stdin=subprocess.DEVNULL, env={**os.environ, "STATE": state, **ports})


def in_background():
    folder = tempfile.mkdtemp(prefix="chancery-")
    state = os.path.join(folder, "var")
    ports = {n: str(free_port())
             for n in ("LDAP_PORT", "LDAPS_PORT", "PORTAL_PORT", "PKI_PORT")}
    try:
        r = command("up", state, ports)
        equal("make up", (r.returncode, r.stderr), (0, ""))
        pids = {}
        for name in BUILT:
            with open(os.path.join(state, "run", name + ".pid"), encoding="ascii") as f:
                pids[name] = int(f.read())
        check("they go on without us", all(alive(p) for p in pids.values()), pids)
        r = command("down", state, ports)
        equal("make down", (r.returncode, r.stderr), (0, ""))
        check("make down ends them all",
              wait_until(lambda: not any(alive(p) for p in pids.values())), pids)
        with open(os.path.join(state, "run", "signer.pid"), "w", encoding="ascii") as f:
            f.write(f"{os.getpid()}\n")
        r = command("down", state, ports)
        equal("a pid file that names another program is not believed", r.returncode, 0)
    finally:
        command("down", state, ports)
        shutil.rmtree(folder, ignore_errors=True)


if "signer" in BUILT:
    in_front()
    in_background()
else:
    skip("services", "the signer is not built")
sys.exit(done())
