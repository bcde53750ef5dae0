#!/usr/bin/python3
"""The units for systemd: systemd finds nothing wrong with them, rates them as safe,
and lets the programs do what they do. The last is held against what strace sees,
because nothing here may start a unit.

run: limit=300
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from paths import BUILD, ROOT, built  # noqa: E402
from check import case, check, done, equal, skip  # noqa: E402
from services import PROGRAMS  # noqa: E402
from world import World  # noqa: E402

UNITS = os.path.join(ROOT, "packaging", "systemd")
# Tenths, as systemd-analyze counts: 10 is what it calls SAFE.
EXPOSURE = {"signer": 10, "examine": 10, "clerk": 20, "portal": 20}
ANALYZE = shutil.which("systemd-analyze")
# Calls by which systemd itself starts a program, or strace's own.
STARTING = {"execve"}


def analyze(*arguments):
    return subprocess.run([ANALYZE, "--no-pager", *arguments], capture_output=True,
                          text=True, timeout=60, check=False)


def text_of(name):
    with open(os.path.join(UNITS, name), encoding="utf-8") as f:
        return f.read()


def verified():
    """With the programs where they were built, and without man(1)."""
    folder = tempfile.mkdtemp(prefix="chancery-")
    try:
        paths = []
        for name in sorted(os.listdir(UNITS)):
            if not name.endswith((".service", ".socket")):
                continue
            program = re.search(r"chancery-(\w+)", name).group(1)
            binary = built("bin", "chancery-" + program)
            if not os.access(binary, os.X_OK):
                binary = "/bin/true"
            text = text_of(name).replace(f"/usr/sbin/chancery-{program}", binary)
            paths.append(os.path.join(folder, name))
            with open(paths[-1], "w", encoding="utf-8") as f:
                f.write(text)
        r = analyze("verify", "--man=no", *paths)
        check("systemd-analyze verify", r.returncode == 0 and not r.stderr.strip(), r)
    finally:
        shutil.rmtree(folder)


def rated():
    for name, most in EXPOSURE.items():
        r = analyze("security", "--offline=true", f"--threshold={most}",
                    os.path.join(UNITS, f"chancery-{name}.service"))
        found = re.search(r"exposure level for \S+: (\S+)", r.stdout)
        print(f"# chancery-{name}: exposure {found.group(1) if found else '?'}")
        check(f"{name}: exposure at most {most / 10}", r.returncode == 0 and found, r)


def the_same():
    """Each unit stands for itself, but says what all say."""
    common = [set(text_of(f"chancery-{n}.service").splitlines()) for n in EXPOSURE]
    common = set.intersection(*common)
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "MemoryDenyWriteExecute=yes",
                 "LimitCORE=0", "UMask=0077", "RestrictNamespaces=yes", "NoExecPaths=/",
                 "PrivateDevices=yes", "ProtectProc=invisible", "Restart=on-failure"):
        check(f"all units say {line}", line in common)
    for name in ("signer", "examine"):
        text = text_of(f"chancery-{name}.service")
        check(f"{name} has no network", "PrivateNetwork=yes" in text and
              "RestrictAddressFamilies=AF_UNIX\n" in text)
        check(f"{name} is called by the clerk's group only",
              "SocketGroup=chancery-clerk\nSocketMode=0660\n" in
              text_of(f"chancery-{name}.socket"))
    for name in EXPOSURE:
        check(f"{name} has a user of its own",
              f"User=chancery-{name}\n" in text_of(f"chancery-{name}.service") and
              f"u chancery-{name} " in text_of("chancery.sysusers"))


def installed():
    for tool, name in (("systemd-sysusers", "chancery.sysusers"),
                       ("systemd-tmpfiles", "chancery.tmpfiles")):
        if shutil.which(tool) is None:
            skip(name, f"{tool} is not installed")
            continue
        root = tempfile.mkdtemp(prefix="chancery-")
        try:
            os.mkdir(root + "/etc")
            for account in ("passwd", "group"):
                with open(f"{root}/etc/{account}", "w", encoding="ascii") as f:
                    f.write("root:x:0:0::/root:/bin/sh\n" if account == "passwd"
                            else "root:x:0:\n")
            subprocess.run(["systemd-sysusers", "--root=" + root,
                            os.path.join(UNITS, "chancery.sysusers")],
                           capture_output=True, timeout=60, check=False)
            how = ["--create"] if tool == "systemd-tmpfiles" else []
            r = subprocess.run([tool, "--root=" + root, *how, os.path.join(UNITS, name)],
                               capture_output=True, text=True, timeout=60, check=False)
            check(f"{tool} reads {name}", r.returncode == 0 and not r.stderr.strip(), r)
            if how:
                equal("the signer's folder is its own",
                      os.stat(root + "/var/lib/chancery/signer").st_mode & 0o777, 0o700)
            else:
                with open(root + "/etc/passwd", encoding="ascii") as f:
                    equal("four users", f.read().count("chancery-"), 4)
        finally:
            shutil.rmtree(root, ignore_errors=True)


# --- what the programs call --------------------------------------------------------------

def groups():
    """{"@default": {calls and groups}} of this systemd."""
    out, name = {}, None
    for line in analyze("syscall-filter").stdout.splitlines():
        if line.startswith("@"):
            name = line.strip()
            out[name] = set()
        elif name and line.startswith("    ") and not line.strip().startswith("#"):
            out[name].add(line.strip())
    return out


def members(name, table):
    if not name.startswith("@"):
        return {name}
    return set().union(*(members(n, table) for n in table[name]))


def allowed(unit, table):
    """As systemd.exec(5) says: the first line makes it a list of what is allowed."""
    out = set(members("@default", table))
    for value in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        taken = value.startswith("~")
        for name in value.lstrip("~").split():
            if taken:
                out -= members(name, table)
            else:
                out |= members(name, table)
    return out


def traced():
    """Each program through its usual calls, under strace."""
    if shutil.which("strace") is None:
        skip("system calls", "strace is not installed")
        return
    if "asan" in BUILD:
        skip("system calls", "sanitizers call more")
        return
    names = [n for n in PROGRAMS if os.access(built("bin", "chancery-" + n), os.X_OK)]
    folder = tempfile.mkdtemp(prefix="chancery-")
    wrap = {n: ["strace", "-D", "-f", "-qq", "-o", os.path.join(folder, n)] for n in names}
    table = groups()
    try:
        with World(enroll={"wrap": wrap}) as w:
            for name in names:
                if name == "portal":
                    continue
                for _ in range(3):
                    w.services.ask(name, "status")
            if "examine" in names:
                w.services.ask("examine", "csr", data=b"x")
            if "signer" in names:
                w.services.ask("signer", "authorities")
                w.services.ask("signer", "crl", entries=[], time=w.now)
                w.services.ask("signer", "pin-make", delivery="d-x-y", time=w.now)
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as f:
                calls = set(re.findall(r"^\d+ +(\w+)\(", f.read(), re.M))
            missing = calls - allowed(text_of(f"chancery-{name}.service"), table) - STARTING
            check(f"{name}: its unit allows all {len(calls)} system calls that it made",
                  len(calls) > 20 and not missing, sorted(missing))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


the_same()
if ANALYZE is None:
    skip("units", "systemd-analyze is not installed")
else:
    for part in (verified, rated, installed, traced):
        with case(f"{part.__name__}: to its end"):
            part()
sys.exit(done())
