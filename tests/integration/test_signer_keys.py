#!/usr/bin/python3
"""What keeps the signer's keys where they are: its sandbox, tried from inside; what the
kernel says of the running process; where its secrets are not; PINs to the second, with
another clock; limits an hour; a log that cannot be written; kill -9 at any moment.
"""
import base64
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from check import case, check, done, equal, skip, wait_until
from overlayworld import faketime_library
from paths import built
from signer import SANITIZED, Refused, Signer, b64, unb64

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

NOBODY = 65534
DAY = 86400
SEED = int(os.environ.get("SEED", time.time()))
TOOL = built("tests", "tool", "forbidden")


def word_of(answer):
    return "ok" if answer["ok"] else answer["error"]


# --- the sandbox -----------------------------------------------------------------------

def forbidden():
    """Each thing that the sandbox forbids is tried; and what the signer needs."""
    with Signer() as s, subprocess.Popen(["sleep", "600"]) as other:
        names = subprocess.run([TOOL, "list"], capture_output=True, text=True,
                               check=True).stdout.split()
        for name in names:
            words = [TOOL, name.lstrip("+-"), s.path("state"), str(other.pid)]
            p = subprocess.run(words, capture_output=True, timeout=20, check=False)
            if name[0] == "+":
                check(f"sandbox: {name[1:]} is possible", p.returncode == 0, p)
                continue
            check(f"sandbox: {name.lstrip('-')} is not possible",
                  p.returncode in (-signal.SIGSYS, 3) and b"done" not in p.stdout, p)
            if name[0] == "-":
                p = subprocess.run(words + ["free"], capture_output=True, timeout=20, check=False)
                check(f"sandbox: {name[1:]} would be possible without it", p.returncode == 0, p)
        other.kill()


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def running():
    """What the kernel says of a signer at work."""
    with Signer() as s:
        s.start()
        s.deliver(s.issue("run-1"))
        pid = s.process.pid
        status = status_of(pid)
        if not SANITIZED:
            equal("running: a filter of system calls", status["Seccomp"], "2")
            with case("running: the filter holds for every thread"):
                looked = 0
                for thread in os.listdir(f"/proc/{pid}/task"):
                    try:
                        assert status_of(f"{pid}/task/{thread}")["Seccomp"] == "2", thread
                        looked += 1
                    except FileNotFoundError:
                        pass  # a client's, which has gone
                assert looked >= 4, looked  # main, signals, pool, clock
            check("running: Landlock", "Landlock" in s.call("status")["sandbox"] and
                  "no Landlock" not in s.call("status")["sandbox"], s.call("status")["sandbox"])
        equal("running: no new privileges", status["NoNewPrivs"], "1")
        for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"):
            if name != "CapBnd" or os.geteuid() == 0:
                equal(f"running: no capability in {name}", int(status[name], 16), 0)
        with open(f"/proc/{pid}/limits", encoding="ascii") as f:
            core = [line.split()[4:6] for line in f if line.startswith("Max core file size")]
        equal("running: no core dumps", core, [["0", "0"]])
        if os.geteuid() == 0:
            check("running: a network of its own", os.readlink(f"/proc/{pid}/ns/net") !=
                  os.readlink("/proc/self/ns/net"), "the same namespace")
            with open(f"/proc/{pid}/net/dev", encoding="ascii") as f:
                devices = [line.split(":")[0].strip() for line in f if ":" in line]
            equal("running: nothing in it but a loopback", devices, ["lo"])
        with open(f"/proc/{pid}/net/tcp", encoding="ascii") as f:
            inodes = {line.split()[9] for line in f.readlines()[1:]}
        own = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
        check("running: no socket of the internet", not {f"socket:[{i}]" for i in inodes} & own, own)
        locked = int(status["VmLck"].split()[0])
        check("running: the secure heap at least is locked", locked >= 4096, f"{locked} kB")
        equal("running: ends well by TERM", s.stop(), 0)


def ordinary_user():
    """Without root: the same, but for the network's namespace."""
    if os.geteuid() != 0:
        skip("an ordinary user", "only root can become one; the others ran as one")
        return
    with Signer() as s:
        for folder, _, files in os.walk(s.folder):
            for name in [folder] + [os.path.join(folder, f) for f in files]:
                os.chown(name, NOBODY, NOBODY)
        s.write_conf()
        os.chmod(s.path("signer.conf"), 0o644)
        started = s.process = subprocess.Popen(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
             built("bin", "chancery-signer"), "-c", s.path("signer.conf"), "-d"],
            stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not os.path.exists(s.path("s.sock")) and time.monotonic() < deadline:
            assert started.poll() is None, started.returncode
            time.sleep(0.02)
        with case("ordinary user: it issues, and says what is in force"):
            s.issue("user-1")
            text = s.call("status")["sandbox"]
            assert SANITIZED or "seccomp" in text, text
        status = status_of(started.pid)
        equal("ordinary user: no new privileges", status["NoNewPrivs"], "1")
        if not SANITIZED:
            equal("ordinary user: filter", status["Seccomp"], "2")
        equal("ordinary user: not dumpable (its /proc belongs to root)",
              os.stat(f"/proc/{started.pid}/environ").st_uid, 0)
        p = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                            "cat", f"/proc/{started.pid}/environ"], capture_output=True, check=False)
        check("ordinary user: not even the same user reads its environment",
              p.returncode != 0 and p.stdout == b"", p)


# --- secrets ---------------------------------------------------------------------------

def forms(secret):
    """How bytes may stand in a file: as they are, hex, base64 at each offset."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for skip_bytes in range(3):
        text = base64.b64encode(bytes(skip_bytes) + secret)
        yield text[4:-4]


def scalar(key):
    return key.private_numbers().private_value.to_bytes(32, "big")


def canaries():
    """Keys that the test knows, and PINs, are in no file, log, argument, environment."""
    with Signer(pool=1) as s:
        key = ec.generate_private_key(ec.SECP256R1())
        secret = s.path("ca.key")
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
            f.write(key.private_bytes(serialization.Encoding.PEM,
                                      serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption()))
        with open(s.path("ext"), "w", encoding="ascii") as f:
            f.write("basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n"
                    "keyUsage=critical,keyCertSign,cRLSign\n")
        subprocess.run(["openssl", "req", "-new", "-key", secret, "-subj", "/C=CH/O=X/CN=Known",
                        "-out", s.path("csr")], check=True, capture_output=True)
        subprocess.run(["openssl", "x509", "-req", "-in", s.path("csr"), "-signkey", secret,
                        "-days", "3000", "-extfile", s.path("ext"), "-out", s.path("ca.pem")],
                       check=True, capture_output=True)
        subprocess.run([built("bin", "chancery"), "ca", "init", "--state", s.path("known"),
                        "--base-url", "http://pki.example.com/x", "--certificate",
                        s.path("ca.pem"), "--key", secret], check=True, capture_output=True)
        os.unlink(secret)
        s.conf["state"] = "known"
        s.start()
        made = s.issue("canary-1", kind="mailbox", given="", surname="")
        pin, (pfx,), _ = s.deliver(made, "d-canary")
        person = pkcs12.load_pkcs12(pfx, pin.encode()).key
        s.ask("pin-open", delivery="d-canary", sealed_pin=b64(b"x" * 70), time=int(time.time()))
        with open(s.path("known", "sealing.key"), "rb") as f:
            sealing = f.read()
        secrets = {"the CA's key": scalar(key), "a person's key": scalar(person),
                   "the PIN": pin.encode(), "the PIN without dashes": pin.replace("-", "").encode(),
                   "the sealing key": sealing}
        files = {os.path.join(folder, name) for folder, _, names in os.walk(s.folder)
                 for name in names} - {s.path("s.sock"), s.path("known", "sealing.key")}
        pid = s.process.pid
        files |= {f"/proc/{pid}/cmdline", f"/proc/{pid}/environ"}
        contents = {}
        for name in files:
            with open(name, "rb") as f:
                contents[name] = f.read()
        check("canaries: enough was looked at", len(files) > 12 and
              sum(map(len, contents.values())) > 5000, sorted(files))
        for what, value in secrets.items():
            found = [name for name, content in contents.items()
                     if any(form in content for form in forms(value))]
            check(f"canaries: {what} is in no file, log, argument or environment", not found, found)
        found = any(form in unb64(made["certificate"]) + person.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            for form in forms(person.public_key().public_numbers().x.to_bytes(32, "big")))
        check("canaries: the search finds what is there", found, "it does not")


# --- time ------------------------------------------------------------------------------

def pins_to_the_second():
    with Signer() as s:
        start = int(time.time())
        s.start(at=start)
        made = s.issue("pin-1", time=start)
        sealed = s.call("pin-make", delivery="d-1", time=start)["sealed_pin"]
        first = s.call("pin-open", delivery="d-1", sealed_pin=sealed, time=start)
        equal("PIN: until 30 days later", first["until"], start + 30 * DAY)
        keys = [{"request": "pin-1", "certificate": made["certificate"],
                 "sealed_key": made["sealed_key"], "name": "x"}]
        for name, at, word in (("1 second before the end of 30 days", 30 * DAY - 1, "ok"),
                               ("at the end of 30 days", 30 * DAY, "expired"),
                               ("1 second after it", 30 * DAY + 1, "expired")):
            s.kill()
            s.start(at=start + at)
            answer = s.ask("pin-open", delivery="d-1", sealed_pin=sealed, time=start + at)
            equal(f"PIN: {name}", word_of(answer), word)
            if word == "ok":
                equal("PIN: it is the same", answer["pin"], first["pin"])
            equal(f"package: {name}", word_of(s.ask("package", delivery="d-1", sealed_pin=sealed,
                                                    form="modern", keys=keys)), word)
            early = s.ask("pin-open", delivery="d-1", sealed_pin=sealed, time=start + at - 200)
            equal(f"PIN: {name}, with an earlier time of the caller's", word_of(early), word)
        days = os.listdir(s.path("state", "days"))
        s.kill()
        s.start(at=start + 40 * DAY)
        equal("a clock that jumped ahead: said", s.call("status")["clock"]["state"], "ahead")
        equal("a clock that jumped ahead: no day key is deleted",
              os.listdir(s.path("state", "days")), days)
        s.kill()
        with open(s.path("state", "clock"), "w", encoding="ascii") as f:
            f.write(f"{start + 39 * DAY} 0 0\n")
        s.start(at=start + 40 * DAY)
        wait_until(lambda: not os.listdir(s.path("state", "days")))
        equal("a clock that went on: the day key is deleted", os.listdir(s.path("state", "days")), [])
        check("a clock that went on: and that stands in the log", wait_until(
            lambda: any(line["event"] == "sweep" for line in s.audit())), s.audit()[-1])
        s.kill()
        s.start(at=start + DAY)
        clock_back(s, start, sealed)
        s.kill()
        os.unlink(s.path("state", "clock"))
        s.start(at=start + DAY)
        answer = s.ask("pin-open", delivery="d-1", sealed_pin=sealed, time=start + DAY)
        equal("a PIN whose day key was deleted is dead, whatever the clock says",
              word_of(answer), "expired")


def clock_back(s, start, sealed):
    at = start + DAY
    equal("a clock that went back: said", s.call("status")["clock"]["state"], "behind")
    for name, fields in (("prepare", s.fields("back-1", time=at)),
                         ("pin-make", {"delivery": "d-2", "time": at}),
                         ("pin-open", {"delivery": "d-1", "sealed_pin": sealed, "time": at}),
                         ("crl", {"entries": [], "time": at})):
        answer = s.ask(name, **fields)
        check(f"a clock that went back: no {name}", answer.get("error") == "policy" and
              "clock" in answer["text"], answer)


def limits():
    with Signer(pin_opens=3, packages=4) as s:
        s.start()
        now = int(time.time())
        made = s.issue("limit-1")
        sealed = s.call("pin-make", delivery="d-1", time=now)["sealed_pin"]
        got = [word_of(s.ask("pin-open", delivery="d-1", sealed_pin=sealed, time=now))
               for _ in range(5)]
        equal("3 PINs an hour", got, ["ok"] * 3 + ["limit"] * 2)
        entry = {"request": "limit-1", "certificate": made["certificate"],
                 "sealed_key": made["sealed_key"], "name": "x"}

        def package(n):
            return word_of(s.ask("package", delivery="d-1", sealed_pin=sealed, form="modern",
                                 keys=[entry] * n))

        equal("4 keys an hour: 5, 3, 2, 1, 1", [package(n) for n in (5, 3, 2, 1, 1)],
              ["limit", "ok", "limit", "ok", "limit"])
        equal("status says what is left", s.call("status")["left"], {"pin-open": 0, "package": 0})
        with Signer(pin_opens=50) as t:
            t.start()
            sealed = t.call("pin-make", delivery="d-1", time=now)["sealed_pin"]
            words = []

            def many():
                with t.client() as c:
                    for _ in range(20):
                        words.append(word_of(c.ask("pin-open", delivery="d-1", sealed_pin=sealed,
                                                   time=now)))

            threads = [threading.Thread(target=many) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            equal("50 an hour, 160 asked by 8 at once", (words.count("ok"), words.count("limit")),
                  (50, 110))


# --- trouble ---------------------------------------------------------------------------

def no_log_no_act():
    """The file may grow no further: an act that cannot be taken down is not done."""
    with Signer() as s:
        s.start()
        now = int(time.time())
        made = s.issue("log-1")
        fields, _ = s.prepare("log-2")
        sealed = s.call("pin-make", delivery="d-1", time=now)["sealed_pin"]
        entry = {"request": "log-1", "certificate": made["certificate"],
                 "sealed_key": made["sealed_key"], "name": "x"}
        acts = {"sign": fields,
                "pin-open": {"delivery": "d-1", "sealed_pin": sealed, "time": now},
                "package": {"delivery": "d-1", "sealed_pin": sealed, "form": "modern",
                            "keys": [entry]},
                "blob": {"request": "log-1", "certificate": made["certificate"],
                         "sealed_key": made["sealed_key"], "time": now},
                "crl": {"entries": [], "time": now}}
        before = os.stat(s.path("state", "audit.log")).st_size
        lines = len(s.audit())
        unlimited = resource.prlimit(s.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(s.process.pid, resource.RLIMIT_FSIZE, (before + 10, unlimited[1]))
        for name, asked in acts.items():
            answer = s.ask(name, **asked)
            check(f"no log, no {name}", answer["ok"] is False and answer["error"] == "busy" and
                  not {"certificate", "pin", "pfx", "blob", "crl"} & set(answer), answer)
        check("no log: the file is as it was",
              os.stat(s.path("state", "audit.log")).st_size == before and len(s.audit()) == lines,
              s.audit()[-1])
        resource.prlimit(s.process.pid, resource.RLIMIT_FSIZE, unlimited)
        for name, asked in acts.items():
            answer = s.ask(name, **asked)
            check(f"the log can be written again: {name}", answer["ok"], answer)
        subprocess.run([built("bin", "chancery"), "audit", "verify", s.path("state", "audit.log")],
                       check=True, capture_output=True)


class Worker(threading.Thread):
    """Issues one request after the other, and again what a kill interrupted."""

    def __init__(self, s, number):
        super().__init__()
        self.s, self.number, self.count = s, number, 0
        self.spki, self.certificates, self.wrong = [], {}, []
        self.ending = threading.Event()
        self.open = None  # the record of the present request

    def step(self):
        request = f"crash-{self.number}-{self.count}"
        if self.open is None:
            self.open = self.s.prepare(request)[0]
            self.spki.append(self.open["spki"])
        signed = unb64(self.s.call("sign", **self.open)["certificate"])
        if x509.load_der_x509_certificate(signed).tbs_certificate_bytes != unb64(self.open["tbs"]):
            self.wrong.append(request)
        self.certificates[request] = signed
        self.open, self.count = None, self.count + 1

    def run(self):
        while not self.ending.is_set():
            try:
                self.step()
            except (OSError, TypeError, ValueError):  # killed while it answered
                time.sleep(0.01)
            except Refused as e:
                if e.word not in ("busy", "conflict"):
                    self.wrong.append(str(e))
                if e.word == "conflict" and self.open is not None:
                    self.wrong.append(f"a record cannot be signed any more: {e}")
                time.sleep(0.01)


def kills(rounds):
    r = random.Random(SEED)
    with Signer(pool=6) as s:
        s.start()
        workers = [Worker(s, i) for i in range(4)]
        for w in workers:
            w.start()
        for _ in range(rounds):
            time.sleep(r.uniform(0.005, 0.25))
            s.kill()
            s.start()
        for w in workers:
            w.ending.set()
        for w in workers:
            w.join()
        name = f"{rounds} kills (SEED={SEED})"
        wrong = [x for w in workers for x in w.wrong]
        check(f"{name}: every record was signed in the end", not wrong, wrong[:3])
        spki = [x for w in workers for x in w.spki]
        equal(f"{name}: no key was given twice", len(set(spki)), len(spki))
        seen = {}
        for line in s.signatures():
            seen.setdefault(line["request"], set()).add(line["tbs"])
        check(f"{name}: no request got two certificates", all(len(x) == 1 for x in seen.values()),
              seen)
        issued = {name for w in workers for name in w.certificates}
        check(f"{name}: {len(issued)} certificates, each in the log",
              len(issued) > rounds // 4 and issued <= set(seen), issued - set(seen))
        subprocess.run([built("bin", "chancery"), "audit", "verify", s.path("state", "audit.log")],
                       check=True, capture_output=True)
        left = [f for folder in ("pool", "days", "") for f in
                os.listdir(s.path("state", folder)) if f.startswith((".new-", "bad-"))]
        s.kill()
        s.start()
        check(f"{name}: nothing half done is left after a start", not [
            f for folder in ("pool", "days", "") for f in os.listdir(s.path("state", folder))
            if f.startswith(".new-")] and not [f for f in left if f.startswith("bad-")], left)


def main():
    parts = [running, ordinary_user, canaries, limits, no_log_no_act]
    if SANITIZED:
        skip("the sandbox", "builds with sanitizers have none")
        skip("PINs to the second", "no libfaketime beside sanitizers")
    else:
        parts.insert(0, forbidden)
        if faketime_library() is None:
            skip("PINs to the second", "libfaketime is not installed")
        else:
            parts.append(pins_to_the_second)
    for part in parts:
        with case(part.__name__.replace("_", " ")):
            part()
    with case("kills"):
        kills(500 if os.environ.get("CHANCERY_CAMPAIGN") else 40)
    return done()


sys.exit(main())
