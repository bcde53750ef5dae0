#!/usr/bin/python3
"""What a person gets, opened by programs that are not ours: the PFX by openssl, NSS
(pk12util), GnuTLS (certtool), gpgsm (the compatible form) and python-cryptography, each
with the PIN and with a wrong one; userSMIMECertificate verified by openssl cms; the ZIP
by python's zipfile and unzip; mail encrypted to the certificate read with the key out of
the PFX. Then the memory of the process that made it all: while it holds PIN and key they
are found there, after it gave them back they are not.

build/tests/tool/package makes the files as the signer will. run: limit=300
"""
import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from check import case, check, done, equal
from paths import BUILD, built

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

LIMIT = 120
NOW = int(time.time())
DAY = time.strftime("%Y-%m-%d", time.gmtime(NOW))
OLD_DAY = time.strftime("%Y-%m-%d", time.gmtime(NOW - 730 * 86400))
MAIL = "anna.muster@example.com"
PLAINTEXT = b"Dear Anna, this is for you alone.\r\n" * 30
FORMS = ("modern", "compatible")


def run(*words, data=b"", env=None, want=0, cwd=None):
    p = subprocess.run(words, input=data, capture_output=True, timeout=LIMIT, check=False,
                       env=env, cwd=cwd)
    if want is not None and p.returncode != want:
        raise AssertionError(f"{words[0]} {words[1]}: exit {p.returncode}: "
                             f"{(p.stderr + p.stdout).decode(errors='replace')[-400:]}")
    return p


class Package:
    """All files of one person, made by the tool."""

    def __init__(self, kind):
        self.kind = kind
        self.folder = tempfile.mkdtemp(prefix="pk", dir="/tmp")
        run(built("tests", "tool", "package"), "make", self.folder, kind, str(NOW))
        self.pin = self.read("pin").decode()
        self.wrong = ("B" if self.pin[0] == "A" else "A") + self.pin[1:]
        self.leaf = x509.load_der_x509_certificate(self.read("leaf.cer"))
        for name in ("root", "issuing", "leaf"):
            self.write(name + ".pem", run("openssl", "x509", "-inform", "DER", "-in",
                                          self.path(name + ".cer")).stdout)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def write(self, name, content):
        with open(self.path(name), "wb") as f:
            f.write(content)


# --- the readers of a PFX; each returns whether it took the file ---------------------

def by_openssl(p, form, pin):
    done_ = run("openssl", "pkcs12", "-in", p.path(form + ".pfx"), "-passin", "stdin",
                "-nodes", "-out", p.path(form + ".pem"), data=pin.encode() + b"\n", want=None)
    return done_.returncode == 0


def by_nss(p, form, pin):
    database = tempfile.mkdtemp(dir=p.folder)
    run("certutil", "-N", "-d", database, "--empty-password")
    p.write("pin.txt", pin.encode() + b"\n")
    done_ = run("pk12util", "-i", p.path(form + ".pfx"), "-d", database, "-w",
                p.path("pin.txt"), "-K", "", want=None)
    if done_.returncode != 0:
        keys = run("certutil", "-K", "-d", database, want=None).stdout
        assert b"no keys found" in keys, keys
        return False
    # The key belongs to the certificate, which has our name.
    listed = run("certutil", "-L", "-d", database).stdout.decode()
    assert re.search(rf"^{MAIL} {DAY}\s+u,u,u", listed, re.M), listed
    return True


def by_gnutls(p, form, pin):
    done_ = run("certtool", "--p12-info", "--inder", "--infile", p.path(form + ".pfx"),
                "--password", pin, want=None)
    if done_.returncode != 0:
        return False
    text = done_.stdout.decode()
    assert text.count("BEGIN CERTIFICATE") == 2, text
    assert text.count(f"Friendly name: {MAIL} {DAY}") == 2, text  # certificate and key
    # It shows the key as it is in the file: out of there, and opened by certtool again.
    sealed = re.search(r"-----BEGIN ENCRYPTED PRIVATE KEY-----[^-]+-----END [A-Z ]+-----",
                       text).group(0)
    opened = run("certtool", "--key-info", "--pkcs8", "--password", pin,
                 data=sealed.encode() + b"\n").stdout
    spki = p.leaf.public_key().public_bytes(serialization.Encoding.DER,
                                            serialization.PublicFormat.SubjectPublicKeyInfo)
    identifier = base64.b64encode(hashlib.sha256(spki).digest())
    assert b"pin-sha256:" + identifier in opened, opened
    return True


def by_python(p, form, pin):
    try:
        got = pkcs12.load_pkcs12(p.read(form + ".pfx"), pin.encode())
    except ValueError:
        return False
    equal_or_raise(got.cert.certificate, p.leaf)
    equal_or_raise(got.cert.friendly_name, f"{MAIL} {DAY}".encode())
    equal_or_raise(got.key.public_key().public_numbers(), p.leaf.public_key().public_numbers())
    equal_or_raise([c.certificate for c in got.additional_certs],
                   [x509.load_der_x509_certificate(p.read("issuing.cer"))])
    return True


def by_gpgsm(p, form, pin):
    home = tempfile.mkdtemp(prefix="sm", dir="/tmp")  # gpg-agent's socket path is short
    env = dict(os.environ, GNUPGHOME=home, LC_ALL="C.UTF-8")
    try:
        for name, line in (("gpgsm.conf", "disable-crl-checks\ndisable-dirmngr\n"),
                           ("gpg-agent.conf", "allow-loopback-pinentry\n")):
            with open(os.path.join(home, name), "w", encoding="ascii") as f:
                f.write(line)
        took = run("gpgsm", "--batch", "--pinentry-mode", "loopback", "--passphrase-fd", "0",
                   "--import", p.path(form + ".pfx"), env=env, data=pin.encode() + b"\n",
                   want=None)
        listed = run("gpgsm", "--batch", "--with-colons", "-K", env=env, want=None)
        if pin == p.pin and f"<{MAIL}>".encode() not in listed.stdout:
            raise AssertionError(f"{took.returncode}, {took.stderr}, then {listed}")
        return f"<{MAIL}>".encode() in listed.stdout
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], env=env, timeout=LIMIT, check=False)
        shutil.rmtree(home, ignore_errors=True)


def equal_or_raise(got, want):
    assert got == want, f"got {got}, wanted {want}"


def test_pfx(p):
    readers = [("openssl", by_openssl), ("NSS", by_nss), ("GnuTLS", by_gnutls),
               ("python-cryptography", by_python)]
    for form in FORMS:
        for name, reader in readers:
            with case(f"{p.kind} {form}: opened by {name}"):
                assert reader(p, form, p.pin), "refused"
            with case(f"{p.kind} {form}: a wrong PIN refused by {name}"):
                assert not reader(p, form, p.wrong), "taken"
    if p.kind.startswith("rsa"):  # gpgsm of Debian 12 does not survive an EC key
        with case(f"{p.kind} compatible: opened by gpgsm"):
            assert by_gpgsm(p, "compatible", p.pin), "no secret key afterwards"
        with case(f"{p.kind} compatible: a wrong PIN refused by gpgsm"):
            assert not by_gpgsm(p, "compatible", p.wrong), "taken"


def test_decrypt(p):
    """openssl encrypts to the certificate; the key comes out of each PFX."""
    encrypted = run("openssl", "cms", "-encrypt", "-aes-256-cbc", "-outform", "DER",
                    p.path("leaf.pem"), data=PLAINTEXT).stdout
    for form in FORMS:
        with case(f"{p.kind} {form}: mail to the certificate read with its key"):
            assert by_openssl(p, form, p.pin), "cannot be opened"
            clear = run("openssl", "cms", "-decrypt", "-inform", "DER", "-inkey",
                        p.path(form + ".pem"), "-recip", p.path("leaf.pem"),
                        data=encrypted).stdout
            assert clear == PLAINTEXT, f"got {clear[:60]!r}"


def test_blob(p):
    with case(f"{p.kind} userSMIMECertificate: verified by openssl cms, with its chain"):
        done_ = run("openssl", "cms", "-verify", "-inform", "DER", "-in", p.path("blob.der"),
                    "-CAfile", p.path("root.pem"), "-purpose", "smimesign", "-signer",
                    p.path("signer.pem"))
        assert done_.stdout == b"Empty Body", done_.stdout
        equal_or_raise(x509.load_pem_x509_certificate(p.read("signer.pem")), p.leaf)
    with case(f"{p.kind} userSMIMECertificate: AES-256 is named first"):
        text = run("openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in",
                   p.path("blob.der")).stdout.decode()
        part = text[text.index("S/MIME Capabilities"):]
        named = re.findall(r":aes-(\d+)-cbc", part)
        equal_or_raise(named, ["256", "192", "128"])
        assert "1.3.6.1.4.1.311.16.4" in text, "no preference for Outlook"
    with case(f"{p.kind} userSMIMECertificate: a changed byte is noticed"):
        spoiled = bytearray(p.read("blob.der"))
        at = spoiled.index(b"Empty Body")
        spoiled[at] ^= 1
        p.write("spoiled.der", bytes(spoiled))
        assert run("openssl", "cms", "-verify", "-inform", "DER", "-in",
                   p.path("spoiled.der"), "-CAfile", p.path("root.pem"),
                   want=None).returncode != 0, "verified"


def test_zip(p):
    names = [f"{DAY}_new_{MAIL}.pfx", f"{OLD_DAY}_old_{MAIL}.pfx", "README.txt"]
    with zipfile.ZipFile(p.path("renewal.zip")) as z:
        equal("ZIP: names, in this order", z.namelist(), names)
        equal("ZIP: every checksum", z.testzip(), None)
        for info in z.infolist():
            # What Explorer needs: stored, not encrypted, no UTF-8 flag, no extra fields,
            # version 2.0 at most, no folder.
            got = (info.compress_type, info.flag_bits, info.extra, info.comment,
                   info.extract_version <= 20, "/" in info.filename,
                   info.external_attr >> 16)
            equal(f"ZIP: {info.filename} is plain", got,
                  (zipfile.ZIP_STORED, 0, b"", b"", True, False, 0o100600))
        equal("ZIP: the new PFX", z.read(names[0]), p.read("modern.pfx"))
        equal("ZIP: the time", z.infolist()[0].date_time,
              time.gmtime(NOW - NOW % 2)[:6])
        equal("ZIP: no comment, nothing before it", (z.comment, z.infolist()[0].header_offset),
              (b"", 0))
    target = tempfile.mkdtemp(dir=p.folder)
    with case("ZIP: taken by unzip, and the PFX in it opens"):
        run("unzip", "-q", p.path("renewal.zip"), "-d", target)
        equal_or_raise(sorted(os.listdir(target)), sorted(names))
        run("openssl", "pkcs12", "-in", os.path.join(target, names[1]), "-passin", "stdin",
            "-nodes", "-noout", data=p.pin.encode() + b"\n")
    with case("ZIP: unzip -t finds no error"):
        assert b"No errors detected" in run("unzip", "-t", p.path("renewal.zip")).stdout


# --- secrets in memory ---------------------------------------------------------------

def memory(pid):
    """(name, bytes) of everything that the process can write to."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, \
            open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            fields = line.split()
            if not fields[1].startswith("rw"):
                continue
            begin, end = (int(x, 16) for x in fields[0].split("-"))
            mem.seek(begin)
            try:
                yield fields[5] if len(fields) > 5 else "anonymous", mem.read(end - begin)
            except OSError:
                yield "unreadable", b""  # a guard page


def needles(folder):
    """What must not be left: the PIN, and 16 bytes out of three places of each private
    number, in the order of files and in that of OpenSSL's numbers in memory."""
    with open(os.path.join(folder, "pin"), "rb") as f:
        pin = f.read()
    with open(os.path.join(folder, "key.p8"), "rb") as f:
        key = serialization.load_der_private_key(f.read(), None)
    found = {"PIN": pin, "PIN in UTF-16": pin.decode().encode("utf-16-be")[:40],
             "half of the PIN": pin[:14], "other half of the PIN": pin[15:]}
    private = key.private_numbers()
    if hasattr(private, "p"):
        numbers = {n: getattr(private, n) for n in ("p", "q", "d", "dmp1", "dmq1", "iqmp")}
    else:
        numbers = {"d": private.private_value}
    for name, number in numbers.items():
        raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
        for order, text in (("", raw), (" reversed", raw[::-1])):
            for at in sorted({0, len(text) // 2 - 8, len(text) - 16}):
                found[f"{name}[{at}]{order}"] = text[at:at + 16]
    return found


def search(pid, wanted):
    """Which of them are in the memory, and where."""
    seen = {}
    for place, content in memory(pid):
        for name, needle in wanted.items():
            if needle in content:
                seen.setdefault(name, place)
    return seen


def test_memory(kind):
    folder = tempfile.mkdtemp(prefix="pk", dir="/tmp")
    tool = subprocess.Popen([built("tests", "tool", "package"), "hold", folder, kind,
                             str(NOW)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        equal(f"{kind} memory: made", tool.stdout.readline(), b"open\n")
        wanted = needles(folder)
        seen = search(tool.pid, wanted)
        check(f"{kind} memory: PIN and key are found while they are held",
              "PIN" in seen and any(n.startswith("d[") for n in seen), f"seen {seen}")
        tool.stdin.write(b"\n")
        tool.stdin.flush()
        equal(f"{kind} memory: given back", tool.stdout.readline(), b"closed\n")
        seen = search(tool.pid, wanted)
        check(f"{kind} memory: nothing of them is left", not seen, f"left: {seen}")
    finally:
        tool.stdin.close()
        tool.wait(LIMIT)
        tool.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def test_files(kind):
    """No PIN and no key in the clear in what the signer keeps."""
    with Package(kind) as p:
        wanted = needles(p.folder)
        kept = [os.path.join(f, n) for d in ("pool", "days")
                for f, _, names in os.walk(p.path(d)) for n in names]
        check(f"{kind} files: a day key is there, the pool is empty",
              [os.path.basename(k) for k in kept] == [f"day-{DAY}"], kept)
        for name in ("modern.pfx", "compatible.pfx", "blob.der", "renewal.zip", *kept):
            content = p.read(name)
            left = [n for n, needle in wanted.items() if needle in content]
            check(f"{kind} files: {os.path.basename(name)} holds nothing in the clear",
                  not left, left)


def main():
    for kind in ("rsa3072", "p256"):
        with Package(kind) as p:
            test_pfx(p)
            test_decrypt(p)
            test_blob(p)
            if kind == "rsa3072":
                test_zip(p)
        test_files(kind)
        # A sanitizer keeps what was freed, so that it can tell who touches it.
        if "asan" not in BUILD:
            test_memory(kind)
    return done()


sys.exit(main())
