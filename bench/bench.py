#!/usr/bin/python3
"""Chancery beside plain slapd: two servers on one database, measured in turn.

Both are the installed slapd with back-mdb, open the very same files and hold
the same people with certificates; one of them has the overlay. They are measured
in turn, A B B A in slices of a tenth of a second, so that whatever else the
machine does meanwhile falls on both; what counts are the ratios. Every answer
is checked by the load generator, and a wrong one fails the run. No time ever
does, unless --gate asks for it. Called by make bench, and in a short form by
tests/integration/test_bench.py.
"""
import argparse
import hashlib
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

import people

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SLAPD, SLAPADD, SLAPTEST = "/usr/sbin/slapd", "/usr/sbin/slapadd", "/usr/sbin/slaptest"
PUBLISHED = "dc=example"
OUTLOOK = ("cn commonName mail roleOccupant display-name displayname sn surname co "
           "organizationName o givenName legacyExchangeDN objectClass uid mailNickname title "
           "company physicalDeliveryOfficeName telephoneNumber").split()
CERTIFICATE = ["userCertificate;binary"]
BASE, SUBTREE, DEREF_NEVER, DEREF_ALWAYS = 0, 2, 0, 3
SIDES = ("plain", "chancery")
LEAST_OPS, MOST_CPU = 0.95, 1.10  # what an exact look-up may cost


# --- requests -----------------------------------------------------------------
def text(tag, s):
    return people.der(tag, s.encode())


def number(tag, n):
    return people.der(tag, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def equal(attr, value):
    return people.der(0xa3, text(0x04, attr), text(0x04, value))


def begins(attr, value):
    return people.der(0xa4, text(0x04, attr), people.der(0x30, text(0x80, value)))


def every(*parts):
    return people.der(0xa0, *parts)


def either(*parts):
    return people.der(0xa1, *parts)


PRESENT = people.der(0x87, b"objectClass")


def request(base, scope, deref, size, condition, attrs):
    return people.der(0x63, text(0x04, base), number(0x0a, scope), number(0x0a, deref),
                      number(0x02, size), number(0x02, 60), people.der(0x01, b"\x00"), condition,
                      people.der(0x30, *(text(0x04, a) for a in attrs)))


def exact(base, who):
    return request(base, SUBTREE, DEREF_NEVER, 0, equal("mail", who[2]), ["mail", *CERTIFICATE])


def names(base, who):
    x = who[1][:3]
    return request(base, SUBTREE, DEREF_ALWAYS, 100, every(either(*(
        begins(a, x) for a in ("mail", "cn", "sn", "givenName", "displayName")))),
        OUTLOOK + CERTIFICATE)


def entry(base, who):
    return request(f"mail={who[2]},ou=people,{base}", BASE, DEREF_ALWAYS, 0, PRESENT,
                   OUTLOOK + ["userCertificate;binary", "userSMIMECertificate;binary",
                              "userCertificate", "userSMIMECertificate"])


# name, text, maker of a request, most entries in an answer, whether it has a limit
WORKLOADS = (
    ("exact", "exact look-up by address, with certificate", exact, 1, True),
    ("entry", "base read of an answer's DN, as Outlook does", entry, 1, False),
    ("names", "name search, Outlook's form, 3 letters, at most 100", names, 100, False),
)


def write_requests(path, maker, base, everybody):
    with open(path, "wb") as f:
        for who in everybody:
            op = maker(base, who)
            f.write(struct.pack(">I", len(op)) + op)


# --- servers ------------------------------------------------------------------
def configuration(folder, data, module):
    """slapd.conf; without a module it is plain slapd."""
    lines = ["include /etc/ldap/schema/core.schema", "include /etc/ldap/schema/cosine.schema",
             "include /etc/ldap/schema/inetorgperson.schema",
             f"pidfile {folder}/pid", f"argsfile {folder}/args",
             # Not even a stats line a search to syslog, which would be half of it.
             "loglevel 0", "modulepath /usr/lib/ldap", "moduleload back_mdb"]
    if module:
        lines += [f"moduleload {module}", "database frontend", "overlay chancery",
                  f"chancery-base {PUBLISHED} {people.SUFFIX}"]
    lines += ["database mdb", f"suffix {people.SUFFIX}", f"rootdn cn=admin,{people.SUFFIX}",
              f"directory {data}", f"maxsize {8 << 30}",
              "index objectClass,entryUUID,entryCSN eq",
              "index mail,cn,sn,givenName,displayName eq,sub",
              "access to attrs=userPassword by anonymous auth by * none",
              "access to * by * read"]
    if module:
        lines.append("overlay chancery")
    path = os.path.join(folder, "slapd.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    return path


def load_people(cache, count):
    """The folder with the database of so many people, made once."""
    with open(people.__file__, "rb") as f:
        version = hashlib.sha256(f.read() + configuration.__code__.co_code).hexdigest()[:12]
    # The certificates are valid for 630 more days; made anew long before.
    month = time.strftime("%Y-%m")
    data = os.path.join(cache, f"people-{count}-{month}-{version}")
    if os.path.exists(os.path.join(data, "data.mdb")):
        return data
    for old in os.listdir(cache):
        if old.startswith(f"people-{count}-"):
            shutil.rmtree(os.path.join(cache, old))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="load-", dir=cache) as folder:
        print(f"making {count} people with certificates", flush=True)
        ldif = os.path.join(folder, "people.ldif")
        people.write_ldif(ldif, count)
        new = os.path.join(folder, "data")
        os.mkdir(new)
        print(f"loading them with slapadd -q, {time.monotonic() - began:.0f} s so far", flush=True)
        subprocess.run([SLAPADD, "-q", "-f", configuration(folder, new, None), "-l", ldif],
                       check=True, stdin=subprocess.DEVNULL)
        os.rename(new, data)
    print(f"made in {time.monotonic() - began:.0f} s", flush=True)
    return data


class Server:
    """One slapd on a port of its own, stopped at the end of the with block."""

    def __init__(self, folder, data, module):
        self.log = open(os.path.join(folder, "log"), "wb")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.conf = configuration(folder, data, module)
        self.process = subprocess.Popen(
            [SLAPD, "-d", "none", "-h", f"ldap://127.0.0.1:{self.port}", "-f", self.conf],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)

    def wait(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        with open(self.log.name, "rb") as f:
            said = f.read().decode(errors="replace")
        # Why a module cannot be loaded is said only among all else.
        p = subprocess.run([SLAPTEST, "-d", "config", "-u", "-f", self.conf],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False)
        said += "\n".join(p.stdout.decode(errors="replace").splitlines()[-8:])
        raise SystemExit("slapd did not start: " + said)

    def memory_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            line = next(x for x in f if x.startswith("RssAnon"))
        return int(line.split()[1]) / 1024

    def __enter__(self):
        try:
            self.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


# --- measuring ----------------------------------------------------------------
def measure(args, servers, files, most):
    """Both servers in turn, in short slices; {side: figures}."""
    p = subprocess.run(
        [os.path.join(TOP, args.build, "bench/ldapload"), "-c", str(args.connections),
         "-w", str(args.warm), "-s", str(args.seconds), "-t", str(args.slice),
         "-m", "1", "-M", str(most),
         *(f"{s.port}:{s.process.pid}:{files[side]}" for side, s in servers.items())],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        timeout=4 * (args.seconds + args.warm) + 60, check=False)
    if p.returncode != 0:
        raise SystemExit(f"ldapload: {p.stderr.strip()}")
    results = {}
    for (side, server), line in zip(servers.items(), p.stdout.splitlines()):
        r = results[side] = json.loads(line)
        ns, cpu_ns, answers = (sum(column) for column in zip(*r["slices"]))
        r["ops"] = answers / ns * 1e9
        r["cpu"] = cpu_ns / answers / 1e3
        r["memory"] = server.memory_mb()
    return results


def middle(values):
    values = sorted(values)
    n = len(values)
    return (values[(n - 1) // 2] + values[n // 2]) / 2


def figure(slices, key):
    """Answers a second, or CPU nanoseconds an answer, of a few slices."""
    ns, cpu_ns, answers = (sum(column) for column in zip(*slices))
    return answers / ns if key == "ops" else cpu_ns / answers


def ratios(a, b, key):
    """The ratio of B to A in each turn A B B A of a round.

    A burst of foreign load spoils some turns; the middle of all does not see it.
    """
    return [figure(b["slices"][i:i + 2], key) / figure(a["slices"][i:i + 2], key)
            for i in range(0, min(len(a["slices"]), len(b["slices"])) - 1, 2)]


def summary(rs):
    """The figures of one side: medians, and means an answer."""
    answers = sum(r["answers"] for r in rs)
    figures = {key: middle([r[key] for r in rs]) for key in ("ops", "cpu", "p50_us", "p99_us")}
    figures.update({key: sum(r[key] for r in rs) / answers for key in ("entries", "bytes")})
    return figures


def one_round(args, folder, data, turn, runs, row, files):
    """Both servers started anew, then measured in turn.

    Anew, because two processes of the very same program differ by some percent
    for as long as they live (where their memory came to lie); each side starts
    first in every other round.
    """
    first, second = SIDES if turn % 2 == 0 else SIDES[::-1]
    module = {"plain": None, "chancery": args.module}
    with Server(tempfile.mkdtemp(dir=folder), data, module[first]) as a, \
            Server(tempfile.mkdtemp(dir=folder), data, module[second]) as b:
        for side, r in measure(args, {first: a, second: b}, files, row[3]).items():
            runs[side].append(r)
            if args.verbose:
                print(f"    {side:<9} {r['ops']:9.0f}/s {r['cpu']:8.1f} us", flush=True)


def workload(args, folder, data, everybody, row):
    """Runs the rounds of one workload; returns its figures."""
    key, what, maker = row[:3]
    files = {}
    for side in SIDES:
        files[side] = os.path.join(folder, f"{key}-{side}")
        base = PUBLISHED if side == "chancery" and args.module else people.SUFFIX
        write_requests(files[side], maker, base, everybody)
    runs = {side: [] for side in SIDES}
    print(what, flush=True)
    for turn in range(args.rounds):
        one_round(args, folder, data, turn, runs, row, files)
    figures = {"workload": key, "text": what}
    for side, rs in runs.items():
        f = figures[side] = summary(rs)
        print(f"  {side:<9} {f['ops']:9.0f}/s  {f['cpu']:7.1f} us CPU  p50 {f['p50_us'] / 1e3:.2f}"
              f" ms  p99 {f['p99_us'] / 1e3:.2f} ms  {f['entries']:.1f} entries,"
              f" {f['bytes']:.0f} bytes, {max(r['memory'] for r in rs):.0f} MB of its own")
    line = []
    for k, label in (("ops", "operations"), ("cpu", "CPU")):
        rounds = [ratios(a, b, k) for a, b in zip(runs["plain"], runs["chancery"])]
        figures["ratio_" + k] = middle([r for round_ in rounds for r in round_])
        middles = [middle(round_) for round_ in rounds]
        line.append(f"{label} {figures['ratio_' + k]:.3f} "
                    f"(rounds {min(middles):.3f} to {max(middles):.3f})")
    figures["ratio_p99_us"] = figures["chancery"]["p99_us"] / figures["plain"]["p99_us"]
    print("  RATIO     " + "  ".join(line) + f"  p99 {figures['ratio_p99_us']:.2f}", flush=True)
    return figures


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--entries", type=int, default=100000)
    p.add_argument("--seconds", type=float, default=4, help="of each server in a round")
    p.add_argument("--warm", type=float, default=1, help="seconds before, that do not count")
    p.add_argument("--slice", type=float, default=0.1, help="seconds of one turn of a server")
    p.add_argument("--rounds", type=int, default=7)
    p.add_argument("--connections", type=int, default=16)
    p.add_argument("--requests", type=int, default=20000, help="different ones")
    p.add_argument("--only", help="exact, entry or names")
    p.add_argument("--build", default=os.environ.get("CHANCERY_BUILD", "build"))
    p.add_argument("--control", action="store_true",
                   help="plain slapd on both sides: how far from 1 chance alone gets")
    p.add_argument("--gate", action="store_true", help="fail where a limit is missed")
    p.add_argument("--json", metavar="FILE")
    p.add_argument("-v", "--verbose", action="store_true")
    args = p.parse_args()
    args.module = None if args.control else os.path.join(TOP, args.build, "overlay/chancery.so")
    if args.module and not os.path.exists(args.module):
        raise SystemExit(f"{args.module} is missing: make overlay")

    cache = os.path.join(TOP, "build/bench")
    os.makedirs(cache, exist_ok=True)
    data = load_people(cache, args.entries)
    everybody = list(people.people(args.entries, 1))
    random.Random(2).shuffle(everybody)
    everybody = everybody[:args.requests]
    results = []
    print(f"{args.entries} people, {args.connections} connections with one request each, "
          f"{args.rounds} rounds of 2 x {args.seconds:g} s"
          + (", CONTROL: plain on both sides" if args.control else ""))
    with tempfile.TemporaryDirectory(prefix="chb-") as folder:
        for row in WORKLOADS:
            if args.only in (None, row[0]):
                results.append(workload(args, folder, data, everybody, row))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)
    missed = False
    for row, r in zip((w for w in WORKLOADS if args.only in (None, w[0])), results):
        if row[4]:
            held = r["ratio_ops"] >= LEAST_OPS and r["ratio_cpu"] <= MOST_CPU
            missed |= not held
            print(f"{row[0]}: operations at least {LEAST_OPS} times, CPU at most {MOST_CPU} "
                  f"times plain slapd: {'held' if held else 'MISSED'}")
    return 1 if missed and args.gate else 0


if __name__ == "__main__":
    sys.exit(main())
