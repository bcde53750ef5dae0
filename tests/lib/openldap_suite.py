#!/usr/bin/python3
"""OpenLDAP's own test scripts, run from its source with the installed slapd.

prepare() makes a folder under build/ in which the scripts find what they
expect of a finished build: their own files and the small programs that they
call, built there from the source package that packaging/slapd-headers fetched;
and as server and tools those that are installed. run() runs one script there.
The overlay comes into a script's configuration through a wrapper around the
scripts' own conf.sh, which calls this file as a filter; no script is changed.
Nothing of OpenLDAP's becomes part of the tree. Used by test_openldap_suite.py.
"""
import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULES = "/usr/lib/ldap"
SLAPD = "/usr/sbin/slapd"
TOOLS = "search modify add delete modrdn passwd whoami compare exop".split()
PORTS = 7  # the scripts use the ports after SLAPD_BASEPORT

CONF_SH = """\
# Chancery's wrapper: the original's output, with the overlay added to it.
if test -n "$CHANCERY_INJECT"; then
	. ./scripts/conf-original.sh | $CHANCERY_INJECT
else
	. ./scripts/conf-original.sh
fi
"""


# --- the overlay into a slapd.conf --------------------------------------------
def sections(lines):
    """[(name of the database or None for what comes first, its lines)]"""
    parts = [(None, [])]
    for line in lines:
        m = re.match(r"database\s+(\S+)", line)
        if m:
            parts.append((m.group(1), []))
        parts[-1][1].append(line)
    return parts


def inject(text, module, backend="mdb"):
    """The same configuration with the overlay on each database and the frontend."""
    parts = sections(text.splitlines())
    suffixes = [m.group(1) for name, lines in parts if name == backend
                for m in re.finditer(r'^suffix\s+"?([^"\n]+?)"?\s*$', "\n".join(lines), re.M)]
    if not suffixes:
        return text
    whole = min(suffixes, key=lambda s: s.count(","))
    out = []
    for name, lines in parts:
        out += lines
        if name is None:
            out += [f"moduleload {module}", "database frontend", "overlay chancery",
                    f'chancery-base "o=published" "{whole}"']
        elif name == backend:
            out += ["overlay chancery", "chancery-direct *",
                    "chancery-guard " + os.environ.get("CHANCERY_GUARD", "refuse")]
    return "\n".join(out) + "\n"


# --- the folder ---------------------------------------------------------------
def source():
    """The tree that the module's headers come from, or None."""
    path = os.path.join(ROOT, "build/slapd-headers.mk")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        m = re.search(r"^SLAPD_SRC := (.*)$", f.read(), re.M)
    return m.group(1) if m and os.path.isdir(os.path.join(m.group(1), "tests")) else None


def build(src, folder):
    """Everything the scripts need, in a folder that does not exist yet."""
    os.makedirs(os.path.join(folder, "libraries"))
    for part in ("build", "include", "libtool", "libraries/liblutil", "tests"):
        subprocess.run(["cp", "-a", os.path.join(src, part), os.path.join(folder, part)],
                       check=True)
    os.symlink(os.path.join(src, "libraries/liblunicode"),
               os.path.join(folder, "libraries/liblunicode"))
    with open(os.path.join(folder, "build.log"), "wb") as log:
        # The installed libldap serves; of OpenLDAP's libraries only the
        # convenience one has to be built.
        for words in (["-C", "libraries/liblutil", "liblutil.a"],
                      ["-C", "tests/progs", "XLIBS=../../libraries/liblutil/liblutil.a",
                       "SECURITY_LIBS=-lldap -llber"]):
            subprocess.run(["make", *words], cwd=folder, check=True, stdin=subprocess.DEVNULL,
                           stdout=log, stderr=subprocess.STDOUT,
                           env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")})
    server = os.path.join(folder, "servers/slapd")
    tools = os.path.join(folder, "clients/tools")
    os.makedirs(server)
    os.makedirs(tools)
    os.symlink(SLAPD, os.path.join(server, "slapd"))
    os.symlink("/etc/ldap/schema", os.path.join(server, "schema"))
    for name in ("overlays", "back-mdb", "back-ldap", "back-meta", "back-relay", "back-null"):
        os.symlink(MODULES, os.path.join(server, name))
    for tool in TOOLS:
        os.symlink(shutil.which("ldap" + tool), os.path.join(tools, "ldap" + tool))
    scripts = os.path.join(folder, "tests/scripts")
    os.rename(os.path.join(scripts, "conf.sh"), os.path.join(scripts, "conf-original.sh"))
    with open(os.path.join(scripts, "conf.sh"), "w", encoding="utf-8") as f:
        f.write(CONF_SH)
    tests = os.path.join(folder, "tests")
    os.symlink("./data", os.path.join(tests, "testdata"))
    os.symlink("../servers/slapd/schema", os.path.join(tests, "schema"))


def prepare():
    """The folder, built once; None where there is no source."""
    src = source()
    if src is None:
        return None
    folder = os.path.join(ROOT, "build/openldap-suite")
    with open(folder + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may be building it
        return prepared(src, folder)


def prepared(src, folder):
    stamp = os.path.join(folder, "made-from")
    with open(__file__, "rb") as f:
        want = f"{src}\n{hashlib.sha256(f.read()).hexdigest()}\n"
    try:
        with open(stamp, encoding="utf-8") as f:
            if f.read() == want:
                return folder
    except OSError:
        pass
    shutil.rmtree(folder, ignore_errors=True)
    build(src, folder)
    with open(stamp, "w", encoding="utf-8") as f:
        f.write(want)
    return folder


# --- one script ---------------------------------------------------------------
def free_ports():
    """A number after which PORTS ports are free at this moment."""
    for base in range(20000 + os.getpid() % 900 * 10, 60000, 10):
        try:
            for port in range(base + 1, base + 1 + PORTS):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    raise RuntimeError("no free ports")


def run(folder, script, state, base, limit, module=None, wrapper="", env=None):
    """Runs a script with its state (databases, logs, outputs) in that folder.
    Returns (exit status or None if over the limit, what it printed)."""
    environment = {**os.environ, "SLAPD_BASEPORT": str(base), "USER_TESTDIR": state,
                   "SLAPD_DEBUG": "stats", "SLAPD_WRAPPER": wrapper, **(env or {})}
    if module:
        environment["CHANCERY_INJECT"] = f"/usr/bin/python3 {__file__} {module}"
    tests = os.path.join(folder, "tests")
    p = subprocess.Popen(["sh", "./run", "-b", "mdb", script], cwd=tests, env=environment,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    try:
        out = p.communicate(timeout=limit)[0]
        status = p.returncode
    except subprocess.TimeoutExpired:
        p.kill()
        out, status = p.communicate()[0], None
    finally:
        stop_servers(state)
    return status, out.decode(errors="replace")


def stop_servers(state):
    """Ends servers that a script left running when it failed, by the pids that
    they wrote; a script that succeeds has ended its own."""
    pids = []
    for folder, _, names in os.walk(state):
        for name in names:
            if name.endswith(".pid"):
                try:
                    with open(os.path.join(folder, name), encoding="ascii") as f:
                        pids.append(int(f.read()))
                except (OSError, ValueError):
                    pass
    for pid in pids:
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if state.encode() not in f.read():
                    continue  # the number belongs to somebody else by now
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + 20
            while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
                time.sleep(0.05)
        except (OSError, ProcessLookupError):
            pass


if __name__ == "__main__":
    sys.stdout.write(inject(sys.stdin.read(), sys.argv[1]))
