#!/usr/bin/python3
"""chancery-examine: requests as people make them, all that they upload by mistake, what
somebody would upload on purpose; and its sandboxes, in which the forbidden is tried.

run: limit=600
"""
import base64
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from paths import BUILD, built  # noqa: E402
from check import case, check, done, equal, skip, wait_until  # noqa: E402
from services import ask  # noqa: E402
from world import die_with_us  # noqa: E402

FOLDER = tempfile.mkdtemp(prefix="chancery-")
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
SANITIZED = "asan" in BUILD
MUTANTS = 3000 if not SANITIZED else 400
OBJECT_MAX = 256 * 1024


class Examine:
    """One of its own, on a socket in FOLDER."""

    def __init__(self, name, **options):
        self.socket = os.path.join(FOLDER, name + ".sock")
        self.log = os.path.join(FOLDER, name + ".log")
        self.conf = os.path.join(FOLDER, name + ".conf")
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(f"socket = {self.socket}\n")
            f.writelines(f"{k} = {v}\n" for k, v in options.items())
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [built("bin", "chancery-examine"), "-d", "-c", self.conf],
                stdin=subprocess.DEVNULL, stderr=log, stdout=log, preexec_fn=die_with_us())
        if not wait_until(lambda: "ready on" in self.log_text(), 30):
            raise RuntimeError(self.log_text())

    def log_text(self):
        with open(self.log, encoding="utf-8") as f:
            return f.read()

    def csr(self, data, seconds=60):
        return ask(self.socket, "csr", seconds, data=data)

    def nursery(self):
        (pid,) = children(self.process.pid)
        return pid

    def stop(self):
        self.process.terminate()
        return self.process.wait(30)


def children(pid):
    """Its child processes now, with those that are ending."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                found += [int(x) for x in f.read().split()]
    except OSError:
        pass
    return found


def alive(pid):
    return os.path.exists(f"/proc/{pid}")


def read(name):
    with open(os.path.join(FOLDER, name), "rb") as f:
        return f.read()


def openssl(*arguments, **kwargs):
    return subprocess.run(["openssl", *arguments], cwd=FOLDER, capture_output=True,
                          check=True, timeout=120, **kwargs).stdout


def make_key(name, *how):
    openssl("genpkey", "-out", name, *how)


def make_csr(name, key, *more, subject="/CN=Anna Muster"):
    """A request as PEM; its bytes."""
    openssl("req", "-new", "-key", key, "-subj", subject, "-out", name, *more)
    return read(name)


def der_of(pem):
    return openssl("req", "-outform", "DER", input=pem)


def spki_of(pem):
    text = openssl("req", "-noout", "-pubkey", input=pem).decode()
    return base64.b64decode("".join(text.splitlines()[1:-1]))


# --- requests ----------------------------------------------------------------------

def keys():
    make_key("rsa.key", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072")
    make_key("small.key", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
    make_key("ed.key", "-algorithm", "ED25519")
    for curve in ("P-256", "P-384", "P-521"):
        make_key(curve + ".key", "-algorithm", "EC", "-pkeyopt",
                 f"ec_paramgen_curve:{curve}")
    make_key("brainpool.key", "-algorithm", "EC", "-pkeyopt",
             "ec_paramgen_curve:brainpoolP256r1")


def requests(x):
    for key, text in (("rsa.key", "RSA 3072"), ("P-256.key", "EC P-256"),
                      ("P-384.key", "EC P-384"), ("P-521.key", "EC P-521")):
        pem = make_csr("r.pem", key)
        wanted = {"ok": True, "spki": base64.b64encode(spki_of(pem)).decode(), "key": text,
                  "ignored": ["name CN=Anna Muster"]}
        der = der_of(pem)
        shown = openssl("req", "-text", input=pem)
        for name, data in (
                ("PEM", pem), ("DER", der), ("PEM with text before", shown),
                ("PEM with CR LF", pem.replace(b"\n", b"\r\n")),
                ("base64 alone", base64.encodebytes(der)),
                ("PEM with the older label", pem.replace(b"CERTIFICATE REQUEST",
                                                         b"NEW CERTIFICATE REQUEST")),
                ("PEM with a byte order mark", b"\xef\xbb\xbf" + pem)):
            equal(f"{text}: {name}", x.csr(data), wanted)


def wishes(x):
    def asked(*more, **kwargs):
        return x.csr(make_csr("r.pem", "P-256.key", *more, **kwargs))

    answer = asked("-addext", "basicConstraints=critical,CA:TRUE",
                   "-addext", "subjectAltName=email:ceo@example.com,DNS:www.example.com,"
                   "URI:https://x/,IP:1.2.3.4,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:u@x",
                   "-addext", "keyUsage=keyCertSign",
                   "-addext", "extendedKeyUsage=codeSigning",
                   "-addext", "nsComment=hello",
                   subject="/CN=Anna/emailAddress=other@example.com")
    equal("what it asks for is named", answer.get("ignored"),
          ["name CN=Anna, emailAddress=other@example.com", "CA:TRUE",
           "address ceo@example.com", "domain www.example.com", "URI https://x/",
           "name of kind [7]", "name of type 1.3.6.1.4.1.311.20.2.3", "key usage",
           "extended key usage 1.3.6.1.5.5.7.3.3", "extension 2.16.840.1.113730.1.13"])
    equal("and not used: the answer has nothing else", sorted(answer),
          ["ignored", "key", "ok", "spki"])
    names = ",".join(f"email:u{i}@example.com" for i in range(100))
    answer = asked("-addext", "subjectAltName=" + names)
    check("100 addresses: the first are named, the rest counted",
          len(answer.get("ignored", [])) == 21 and answer["ignored"][-1] == "and 81 more",
          answer)
    answer = asked("-addext", "subjectAltName=DER:" + ":".join(
        f"{b:02x}" for b in b"\x30\x10\x81\x0eceo@x\x00@y\r\nz\x1b["[:18]))
    check("NUL, CR, LF and escape in an address are harmless",
          answer.get("ok") and not any(ord(c) < 32 for w in answer["ignored"] for c in w),
          answer)
    answer = asked("-addext", "subjectAltName=DER:30:05:81:09:61")
    check("an extension that cannot be read is named, too",
          answer.get("ok") and "names that cannot be read" in answer["ignored"], answer)
    with open(os.path.join(FOLDER, "challenge.cnf"), "w", encoding="ascii") as f:
        f.write("[req]\ndistinguished_name=dn\nattributes=at\nprompt=no\n"
                "[dn]\nCN=x\n[at]\nchallengePassword=canary-password\n")
    pem = openssl("req", "-new", "-key", "P-256.key", "-config", "challenge.cnf")
    answer = x.csr(pem)
    check("a challenge password is named, and not shown",
          "challenge password" in answer.get("ignored", []) and "canary" not in str(answer),
          answer)
    answer = asked(subject="/")
    equal("nothing asked for, nothing ignored", answer.get("ignored"), [])


def refused_keys(x):
    for name, key, word, text in (
            ("a small key", "small.key", "policy", "6.1.5"),
            ("Ed25519", "ed.key", "unsupported", "neither RSA nor EC"),
            ("another curve", "brainpool.key", "unsupported", "neither RSA nor EC")):
        answer = x.csr(make_csr("r.pem", key))
        check(f"{name} is refused with its clause",
              answer.get("error") == word and text in answer["text"], answer)
    der = bytearray(der_of(make_csr("r.pem", "rsa.key")))
    der[-5] ^= 1
    answer = x.csr(bytes(der))
    check("a signature that is not its key's",
          answer.get("error") == "policy" and "signature" in answer["text"], answer)
    other = der_of(make_csr("r.pem", "rsa.key", subject="/CN=Anna Mustex"))
    swapped = other.replace(b"Mustex", b"Muster")
    answer = x.csr(swapped)
    check("a name changed after signing", answer.get("error") == "policy", answer)


# --- all else ------------------------------------------------------------------------

def mistakes(x):
    pem = make_csr("r.pem", "rsa.key")
    openssl("x509", "-req", "-in", "r.pem", "-signkey", "rsa.key", "-out", "c.pem")
    openssl("pkcs12", "-export", "-in", "c.pem", "-inkey", "rsa.key", "-out", "c.pfx",
            "-passout", "pass:demo")
    openssl("crl2pkcs7", "-nocrl", "-certfile", "c.pem", "-out", "c.p7b")
    openssl("crl2pkcs7", "-nocrl", "-certfile", "c.pem", "-out", "c.p7d", "-outform", "DER")
    openssl("pkcs8", "-topk8", "-in", "rsa.key", "-out", "e.key", "-passout", "pass:demo")
    openssl("pkey", "-in", "rsa.key", "-out", "k.der", "-outform", "DER")
    openssl("rsa", "-in", "rsa.key", "-traditional", "-out", "t.key")
    openssl("pkey", "-in", "rsa.key", "-pubout", "-out", "p.pem")
    openssl("x509", "-in", "c.pem", "-outform", "DER", "-out", "c.der")
    for name, data, what, text in (
            ("a PFX", read("c.pfx"), "pfx", "never send it"),
            ("a PFX in base64", base64.encodebytes(read("c.pfx")), "pfx", "never send it"),
            ("a private key", read("rsa.key"), "private-key", "never send it"),
            ("an encrypted private key", read("e.key"), "private-key", "never send it"),
            ("a private key as DER", read("k.der"), "private-key", "never send it"),
            ("an old private key", read("t.key"), "private-key", "never send it"),
            ("key and request in one file", pem + read("rsa.key"), "private-key",
             "never send it"),
            ("an SSH key", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "private-key",
             "never send it"),
            ("a secret OpenPGP key", b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nxx\n",
             "openpgp-secret", "never send it"),
            ("an OpenPGP key", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxx\n", "openpgp",
             "OpenPGP"),
            ("a certificate", read("c.pem"), "certificate", "certificate already"),
            ("a certificate as DER", read("c.der"), "certificate", "certificate already"),
            ("a certificate in base64", base64.encodebytes(read("c.der")), "certificate",
             "certificate already"),
            ("a .p7b", read("c.p7b"), "cms", "CMS"),
            ("a .p7b as DER", read("c.p7d"), "cms", "CMS"),
            ("a public key", read("p.pem"), "public-key", "public key alone"),
            ("a PDF", b"%PDF-1.7\n...", "pdf", "PDF"),
            ("a Word document", b"PK\x03\x04rest", "zip", "Office"),
            ("a picture", b"\x89PNG\r\n\x1a\n", "picture", "picture"),
            ("a web page", b"<!DOCTYPE html><html>", "html", "web page"),
            ("an SSH public key", b"ssh-ed25519 AAAA x@y", "ssh", "SSH"),
            ("an empty file", b"", "empty", "empty"),
            ("text", b"hello\n", "unknown", "no certificate request"),
            ("zeros", bytes(1000), "unknown", "no certificate request"),
            ("half a request", pem[:len(pem) // 2], "pem", "no certificate request"),
            ("a request with a hole", pem[:300] + pem[310:], "csr", "damaged"),
            ("half a request as DER", der_of(pem)[:200], "unknown",
             "no certificate request")):
        answer = x.csr(data)
        check(f"{name} is told in a sentence",
              answer.get("ok") is False and answer.get("what") == what and
              text in answer["text"] and answer["error"] == "syntax", answer)


def limits(x):
    answer = x.csr(bytes(OBJECT_MAX))
    equal("the longest object is examined", answer.get("what"), "unknown")
    answer = x.csr(bytes(OBJECT_MAX + 1))
    check("one byte more is refused",
          answer.get("error") == "limit" and "262145 bytes" in answer["text"], answer)
    answer = x.csr(bytes(10 << 20))
    check("10 MB are refused", answer.get("error") == "limit", answer)
    for name, fields in (("no data", {}), ("an unknown field", {"data": "", "name": "x"}),
                         ("no base64", {"data": "x!"}), ("a number", {"data": 1}),
                         ("a list", {"data": ["AAAA"]})):
        answer = ask(x.socket, "csr", **fields)
        equal(f"{name} is refused", answer.get("error"), "syntax")
    equal("an unknown call is refused", ask(x.socket, "pfx")["error"], "unsupported")


# --- on purpose ------------------------------------------------------------------------

def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(data))
        how = rng.randrange(6)
        if how == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            data[at] = rng.choice((0, 1, 0x7f, 0x80, 0x81, 0x84, 0xff))
        elif how == 2:
            del data[at:at + rng.randrange(1, 20)]
        elif how == 3:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 20)))
        elif how == 4:
            data[at:at] = data[at:at + rng.randrange(1, 200)]
        else:
            data = data[:at]
        if not data:
            break
    return bytes(data)


def mutants(x):
    rng = random.Random(SEED)
    print(f"# mutants of seed {SEED}")
    seeds = [der_of(make_csr("r.pem", k, "-addext", "basicConstraints=CA:TRUE",
                             "-addext", "subjectAltName=email:a@b.c,DNS:d"))
             for k in ("rsa.key", "P-256.key", "P-521.key")]
    seeds += [make_csr("r.pem", "P-384.key"), read("c.pfx"), read("c.der")]
    before = ask(x.socket, "status")
    pids = (x.process.pid, x.nursery())
    wrong, taken, words = [], 0, {}
    for i in range(MUTANTS):
        seed = rng.choice(seeds)
        data = mutate(rng, seed)
        answer = x.csr(data)
        if answer.get("ok"):
            # Bits that nobody looks at, outside of what is signed, can change.
            taken += data != seed
        elif not answer.get("text") or answer.get("what") == "hostile":
            wrong.append((i, answer))
        words[answer.get("what", "taken")] = words.get(answer.get("what", "taken"), 0) + 1
    after = ask(x.socket, "status")
    print(f"# {words}")
    check(f"{MUTANTS} mutants get a sentence, and none is dangerous", not wrong, wrong[:3])
    equal("each had a process of its own", after["examined"] - before["examined"], MUTANTS)
    equal("launcher and nursery survive", (x.process.pid, x.nursery()), pids)
    check("hardly any mutant is taken", taken < MUTANTS // 20, taken)
    check("no process is left", wait_until(lambda: not children(x.nursery())),
          children(x.nursery()))


def many_at_once(x):
    pem = make_csr("r.pem", "P-256.key")
    answers = []
    threads = [threading.Thread(target=lambda: answers.extend(
        x.csr(pem) for _ in range(10))) for _ in range(32)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    good = sum(a.get("ok", False) for a in answers)
    check("32 callers at once all get their keys", good == 320 == len(answers),
          (good, [a for a in answers if not a.get("ok")][:3]))


def stop_one(x, how):
    """Stops the process of an object while it is at work; the answer and its time."""
    answers, pem, nursery = [], make_csr("r.pem", "rsa.key"), x.nursery()
    ended = threading.Event()

    def go_on():
        while not ended.is_set():
            begin = time.monotonic()
            answer = x.csr(pem)
            if not answer.get("ok"):
                answers.append((answer, time.monotonic() - begin))
                return
    t = threading.Thread(target=go_on)
    t.start()
    deadline = time.monotonic() + 60
    while not answers and time.monotonic() < deadline:
        for pid in children(nursery):
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                continue
            # It may have ended just now; then there will be another one.
            if wait_until(lambda: bool(answers) or pid not in children(nursery), 20, 0.001):
                break
    ended.set()
    t.join()
    return answers[0] if answers else (None, 0)


def hanging():
    x = Examine("hang", time="1s")
    answer, seconds = stop_one(x, signal.SIGSTOP)
    check("a process that hangs is ended at its time",
          answer and answer.get("what") == "hostile" and 0.9 < seconds < 4,
          (answer, seconds))
    check("and said in the log",
          wait_until(lambda: "was ended: too late" in x.log_text()), x.log_text())
    check("it is gone", wait_until(lambda: not children(x.nursery())))
    answer, seconds = stop_one(x, signal.SIGQUIT)
    check("a process that dies is told at once",
          answer and answer.get("what") == "hostile" and seconds < 1, (answer, seconds))
    check("with its signal in the log",
          wait_until(lambda: "was ended by signal 3" in x.log_text()), x.log_text())
    check("the next object is examined", x.csr(make_csr("r.pem", "P-256.key")).get("ok"))
    equal("it ends well", x.stop(), 0)


def busy():
    """With one place, and somebody in it."""
    x = Examine("busy", time="1s", processes=1)
    pem = make_csr("r.pem", "P-256.key")
    results = []
    held = threading.Thread(
        target=lambda: results.append(stop_one(x, signal.SIGSTOP)[0]))
    held.start()
    deadline = time.monotonic() + 60
    while held.is_alive() and time.monotonic() < deadline:
        results.append(x.csr(pem))
    held.join()
    # Whose process it was that hung is chance.
    refused = [r for r in results if r and not r.get("ok")]
    check("who waits for a place gets one",
          len(results) > 2 and {r.get("what") for r in refused} <= {"hostile"}, refused)
    equal("it ends well after that", x.stop(), 0)


def deaths():
    x = Examine("death")
    nursery = x.nursery()
    os.kill(nursery, signal.SIGKILL)
    equal("when the nursery dies, it ends, to be started again", x.process.wait(30), 1)
    check("and says so", "the nursery died" in x.log_text(), x.log_text())
    x = Examine("death")
    nursery = x.nursery()
    x.process.kill()
    x.process.wait()
    check("when it is killed, the nursery ends",
          wait_until(lambda: not alive(nursery), 10))


def passed():
    """A socket that listens already, as systemd passes it."""
    path = os.path.join(FOLDER, "passed.sock")
    conf = os.path.join(FOLDER, "passed.conf")
    with open(conf, "w", encoding="ascii") as f:
        f.write("socket = /nonexistent/chancery.sock\n")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
        s.listen()
        p = subprocess.Popen(
            ["/bin/sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0 0</dev/null', "sh",
             built("bin", "chancery-examine"), "-c", conf], stdin=s,
            stderr=subprocess.DEVNULL, preexec_fn=die_with_us())
        try:
            check("a socket that systemd passed is served",
                  ask(path, "csr", data=make_csr("r.pem", "P-256.key")).get("ok"))
            equal("none is made", os.path.exists("/nonexistent"), False)
            (nursery,) = children(p.pid)
            check("the nursery does not have it", len(os.listdir(f"/proc/{nursery}/fd")) <= 4,
                  os.listdir(f"/proc/{nursery}/fd"))
        finally:
            p.terminate()
        equal("it ends well", p.wait(30), 0)


def configuration():
    for name, text, status in (("good", "", 0), ("unknown", "proceses = 1\n", 1),
                               ("no such user", "caller = nobody-at-all\n", 1),
                               ("too many processes", "processes = 65\n", 1)):
        path = os.path.join(FOLDER, "n.conf")
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        r = subprocess.run([built("bin", "chancery-examine"), "-n", "-c", path],
                           capture_output=True, timeout=30, check=False)
        equal(f"-n: {name}", r.returncode, status)


def strangers(x):
    """Another user than those in the configuration."""
    if os.geteuid() != 0:
        skip("another user", "only root can be one")
        return
    os.chmod(FOLDER, 0o755)
    os.chmod(x.socket, 0o666)
    # Python's own modules may be unreadable for others: no path of ours is needed.
    script = ("import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
              "s.sendall(b'{\"call\":\"status\"}\\n')\nprint(s.recv(9999).decode())")
    r = subprocess.run(["/usr/bin/python3", "-c", script, x.socket], capture_output=True,
                       text=True, timeout=30, user=65534, check=False)
    os.chmod(x.socket, 0o600)
    os.chmod(FOLDER, 0o700)
    check("another user is refused", '"denied"' in r.stdout, r)


# --- the forbidden ---------------------------------------------------------------------

def try_it(sandbox, deed, **kwargs):
    r = subprocess.run([built("tests", "tool", "examine_try"), sandbox, deed],
                       capture_output="stdout" not in kwargs, timeout=60, check=False,
                       **kwargs)
    return r.returncode, (r.stdout or b"").decode()


def forbidden():
    tool = built("tests", "tool", "examine_try")
    if not os.access(tool, os.X_OK):
        skip("sandboxes", f"{tool} is not built")
        return
    if SANITIZED:
        skip("sandboxes", "sanitizers do what a sandbox forbids")
        return
    killed = -signal.SIGSYS
    deeds = subprocess.run([tool], capture_output=True, text=True, check=True).stdout.split()
    harmless = {"nothing", "request", "memory", "cpu", "grow"}
    for sandbox in ("object", "nursery", "launcher"):
        for deed in ("nothing", "request"):
            equal(f"{sandbox}: {deed} is allowed", try_it(sandbox, deed), (0, "did 0 \n"))
    for deed in sorted(set(deeds) - harmless):
        equal(f"object: {deed} is death", try_it("object", deed)[0], killed)
        # What these two may do, they may do without a right in it.
        equal(f"launcher: {deed} is death or refused",
              try_it("launcher", deed) in ((0, "did -1 EPERM\n"), (0, "did -1 ENOSYS\n"),
                                           (killed, "")), True)
    for deed in ("socket", "unix-socket", "user-namespace", "exec", "ptrace", "mmap-exec",
                 "mprotect-exec", "chmod", "mount", "setuid", "bpf", "io_uring", "keyctl",
                 "memory-of-another"):
        equal(f"nursery: {deed} is death", try_it("nursery", deed)[0], killed)
    for deed in ("open", "write-file"):
        equal(f"nursery: {deed} is refused", try_it("nursery", deed), (0, "did -1 EPERM\n"))
    equal("object: no more memory than its limit", try_it("object", "memory"),
          (0, "did -1 ENOMEM\n"))
    begin = time.monotonic()
    equal("object: no more time than its limit", try_it("object", "cpu")[0],
          -signal.SIGKILL)
    check("object: that is about 2 seconds", time.monotonic() - begin < 20)
    with open(os.path.join(FOLDER, "grow"), "wb") as f:
        equal("object: no file grows", try_it("object", "grow", stdout=f)[0],
              -signal.SIGXFSZ)
    check("nothing was made", not os.path.exists("/tmp/chancery-forbidden"))


def main():
    if not os.access(built("bin", "chancery-examine"), os.X_OK):
        skip("examine", "it is not built")
        return
    keys()
    configuration()
    x = Examine("main")
    for part in (requests, wishes, refused_keys, mistakes, limits, mutants, many_at_once,
                 strangers):
        with case(f"{part.__name__}: to its end"):
            part(x)
    check("nothing in its log but its beginning",
          x.log_text().count("\n") == 1, x.log_text())
    equal("it ends well with TERM", x.stop(), 0)
    check("and leaves no process", not alive(x.process.pid))
    for part in (hanging, busy, deaths, passed, forbidden):
        with case(f"{part.__name__}: to its end"):
            part()


try:
    main()
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
sys.exit(done())
