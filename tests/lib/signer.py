"""A signer of a test's own: CA, configuration, process, calls.

    with Signer() as s:
        s.start()
        answer = s.call("status")
        made = s.issue("id-1")              # prepare, sign; all that a request gets

The CA is made once a test program, with P-256 keys, and copied. Everything is in a
folder of its own; the process is ended by its pid.
"""
import base64
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from overlayworld import stopped_clock
from paths import BUILD, built

START_SECONDS = 20
PASSPHRASE = "a passphrase of the test"
SANITIZED = "asan" in os.path.basename(BUILD)

_template = None


def b64(content):
    return base64.b64encode(content).decode()


def unb64(text):
    return base64.b64decode(text, validate=True)


def ca_init(folder, *more, want=0):
    """`chancery ca init` into folder/state and folder/root; the finished process."""
    secret = os.path.join(folder, "passphrase")
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
              encoding="ascii") as f:
        f.write(PASSPHRASE + "\n")
    words = [built("bin", "chancery"), "ca", "init", "--state", os.path.join(folder, "state"),
             "--root", os.path.join(folder, "root"), "--passphrase-file", secret,
             "--base-url", "http://pki.example.com/chancery", "--organization", "Muster AG",
             "--organization-id", "NTRCH-CHE-123.456.789", "--country", "CH",
             "--key-kind", "p256", "--root-key-kind", "p256", "--claim",
             "--policy-oid", "1.3.6.1.4.1.99999.7.1", *more]
    p = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    if want is not None and p.returncode != want:
        raise AssertionError(f"ca init: exit {p.returncode}: {p.stderr}{p.stdout}")
    return p


def template():
    """A folder with state and root, made once."""
    global _template
    if _template is None:
        _template = tempfile.TemporaryDirectory(prefix="sgca")
        ca_init(_template.name)
    return _template.name


class Refused(Exception):
    """An answer that is not ok."""

    def __init__(self, answer):
        super().__init__(f"{answer.get('error')}: {answer.get('text')}")
        self.word, self.text = answer.get("error"), answer.get("text")


class Client:
    """A connection on which calls follow each other."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.socket.close()

    def raw(self, line):
        """Sends a line as it is; the answer, or None where the connection ended."""
        self.socket.sendall(line + b"\n")
        while b"\n" not in self.rest:
            got = self.socket.recv(1 << 16)
            if not got:
                return None
            self.rest += got
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def ask(self, name, **fields):
        """The answer, also a refusal."""
        return self.raw(json.dumps(dict(fields, call=name)).encode())

    def call(self, name, **fields):
        answer = self.ask(name, **fields)
        if not answer["ok"]:
            raise Refused(answer)
        return answer


class Signer:
    def __init__(self, **conf):
        self.folder = tempfile.mkdtemp(prefix="sg", dir="/tmp")
        shutil.copytree(os.path.join(template(), "state"), self.path("state"))
        self.conf = dict({"state": "state", "socket": "s.sock", "domain": ["example.com"],
                          "key": "p256", "pool": 4}, **conf)
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write_conf(self):
        with open(self.path("signer.conf"), "w", encoding="utf-8") as f:
            for name, value in self.conf.items():
                for one in value if isinstance(value, list) else [value]:
                    f.write(f"{name.replace('_', '-')} = {one}\n")

    def run(self, *flags, env=None):
        """Runs it to its end (-n, or where it must not start): the finished process."""
        self.write_conf()
        return subprocess.run([built("bin", "chancery-signer"), "-c", self.path("signer.conf"),
                               "-d", *flags], capture_output=True, text=True, check=False,
                              timeout=30, env=dict(os.environ, **(env or {})))

    def start(self, at=None, file_size=None):
        """Starts it; at: its clock stands at this second; file_size: RLIMIT_FSIZE."""
        self.write_conf()
        env = dict(os.environ)
        if at is not None:
            env.update(stopped_clock(at))

        def limit():
            if file_size is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen([built("bin", "chancery-signer"), "-c",
                                             self.path("signer.conf"), "-d"], env=env,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=limit)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the signer ended: {self.process.returncode}: {self.log()}")
            try:
                with self.client() as c:
                    c.call("status")
                return self
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"the signer does not answer: {self.log()}")

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self):
        """TERM; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=20)
        self.process = None
        return status

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def audit(self):
        """The lines of its audit log."""
        with open(self.path("state", "audit.log"), encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def signatures(self):
        return [line for line in self.audit() if line["event"] == "sign"]

    def client(self):
        return Client(self.path("s.sock"))

    def ask(self, name, **fields):
        with self.client() as c:
            return c.ask(name, **fields)

    def call(self, name, **fields):
        with self.client() as c:
            return c.call(name, **fields)

    # --- what a request gets ---------------------------------------------------------

    @staticmethod
    def fields(request, **more):
        return dict({"request": request, "kind": "person", "mail": ["anna.muster@example.com"],
                     "given": "Anna", "surname": "Muster", "time": int(time.time())}, **more)

    def prepare(self, request, **more):
        """The fields of the call that signs, and the sealed key (or None)."""
        fields = self.fields(request, **more)
        made = self.call("prepare", **fields)
        return dict(fields, serial=made["serial"], spki=made["spki"], tbs=made["tbs"]), \
            made.get("sealed_key")

    def issue(self, request, **more):
        """request, certificate (base64), sealed_key, fields."""
        fields, sealed = self.prepare(request, **more)
        certificate = self.call("sign", **fields)["certificate"]
        return {"request": request, "certificate": certificate, "sealed_key": sealed,
                "fields": fields}

    def deliver(self, made, delivery="d-1", form="modern", at=None):
        """The PIN and the PFX of what issue made; and the sealed PIN."""
        at = at or int(time.time())
        sealed = self.call("pin-make", delivery=delivery, time=at)["sealed_pin"]
        pin = self.call("pin-open", delivery=delivery, sealed_pin=sealed, time=at)["pin"]
        keys = [{"request": m["request"], "certificate": m["certificate"],
                 "sealed_key": m["sealed_key"], "name": f"key of {m['request']}"}
                for m in (made if isinstance(made, list) else [made])]
        pfx = self.call("package", delivery=delivery, sealed_pin=sealed, form=form, keys=keys)
        return pin, [unb64(x) for x in pfx["pfx"]], sealed


# --- programs that are not ours ---------------------------------------------------------

def run(*words, data=b"", want=0):
    p = subprocess.run(words, input=data, capture_output=True, timeout=60, check=False)
    if want is not None and p.returncode != want:
        raise AssertionError(f"{words[0]} {words[1]}: exit {p.returncode}: "
                             f"{(p.stderr + p.stdout).decode(errors='replace')[-600:]}")
    return p


def save(s, name, content):
    with open(s.path(name), "wb") as f:
        f.write(content)
    return s.path(name)


def pem(s, name, der):
    return save(s, name, run("openssl", "x509", "-inform", "DER", data=der).stdout)


def openssl_verifies(s, made):
    """openssl and certtool take it, for both uses, until a CRL revokes it."""
    chain = [unb64(a["certificate"]) for a in s.call("authorities")["authorities"]]
    issuing, root = (pem(s, f"ca{i}.pem", der) for i, der in enumerate(chain))
    leaf = pem(s, "leaf.pem", unb64(made["certificate"]))
    for purpose in ("smimesign", "smimeencrypt"):
        run("openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", root,
            "-untrusted", issuing, leaf)
    crl = s.call("crl", entries=[{"serial": made["fields"]["serial"], "time": int(time.time()),
                                  "reason": "key-compromise"}], time=int(time.time()))
    crl_file = save(s, "issuing.crl", run("openssl", "crl", "-inform", "DER",
                                          data=unb64(crl["crl"])).stdout)
    p = run("openssl", "verify", "-crl_check", "-CAfile", root, "-untrusted", issuing,
            "-CRLfile", crl_file, leaf, want=None)
    assert p.returncode != 0 and b"certificate revoked" in p.stderr, p
    run("certtool", "--verify", "--load-ca-certificate", root, "--infile",
        save(s, "all.pem", b"".join(open(f, "rb").read() for f in (leaf, issuing))))
