#!/usr/bin/python3
"""gpgsm, GnuPG's S/MIME, through dirmngr, its network daemon: finds every
recipient's certificate, fetches the issuing CA's by its subject, encrypts a
file that the recipient then opens with OpenSSL.

dirmngr reads only the first value of userCertificate, never binds, and without
a base in its configuration searches the empty one; gpgsm asks for an issuer by
reading the entry whose DN is the issuer's name.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import recipients
from certs import hashes, x509
from check import case, done
from recipients import BASES, EVERY_ADDRESS, RECIPIENTS, WITH_CERTIFICATE, fingerprint, same, short

LIMIT = 60  # seconds for one command: dirmngr itself gives up after 15
PLAINTEXT = b"Dear recipient, this is what was meant for you.\n" * 20


class Gpgsm:
    """A fresh GnuPG home whose dirmngr knows one LDAP server."""

    def __init__(self, port, base):
        # gpg-agent's socket path must stay short.
        self.home = tempfile.mkdtemp(prefix="sm", dir="/tmp")
        self.env = dict(os.environ, GNUPGHOME=self.home, LC_ALL="C.UTF-8")
        self.configure("dirmngr.conf", "ldapserver 127.0.0.1:%d:::%s:\n" % (port, base))
        # CRLs are fetched from the addresses in certificates: none answers here.
        self.configure("gpgsm.conf", "disable-crl-checks\nauto-issuer-key-retrieve\n")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        subprocess.run(["gpgconf", "--kill", "all"], env=self.env, timeout=LIMIT, check=False)
        shutil.rmtree(self.home, ignore_errors=True)

    def configure(self, name, text):
        with open(os.path.join(self.home, name), "w", encoding="utf-8") as f:
            f.write(text)

    def run(self, *arguments, data=b"", want=0, pass_fds=()):
        """The finished process. Outputs stay bytes: names may be anything."""
        done_ = subprocess.run(["gpgsm", "--batch", *arguments], env=self.env, input=data,
                               capture_output=True, timeout=LIMIT, pass_fds=pass_fds, check=False)
        if want is not None:
            same(done_.returncode, want, done_.stderr.decode(errors="replace"))
        return done_

    def external(self, pattern):
        """SHA-256 fingerprints of the certificates that dirmngr finds."""
        listed = self.run("--with-colons", "--list-external-keys", pattern, want=None)
        for line in listed.stderr.splitlines():
            # "No data" says that nobody was found; anything else is an error.
            same(b"failed:" in line and not line.endswith(b": No data"), False, line)
        return [f.decode() for f in re.findall(rb"^fp2:+([0-9A-F]{64})", listed.stdout, re.M)]

    def keyring(self):
        listing = self.run("--with-colons", "--list-keys").stdout
        return [f.decode() for f in re.findall(rb"^fp2:+([0-9A-F]{64})", listing, re.M)]

    def trust(self, *authorities):
        """Imports roots and trusts them, as an administrator deploys them."""
        lines = ""
        for der in authorities:
            self.run("--import", data=der)
            sha1 = x509.load_der_x509_certificate(der).fingerprint(hashes.SHA1())
            lines += "%s S relax\n" % sha1.hex().upper()
        self.configure("trustlist.txt", lines)

    def take(self, pattern):
        """Looks a certificate up and keeps it, as Kleopatra does: those listed
        wait as ephemeral ones until imported again by fingerprint."""
        listing = self.run("--with-colons", "--list-external-keys", pattern).stdout
        for sha1 in re.findall(rb"^fpr:+([0-9A-F]{40})", listing, re.M):
            reader, writer = os.pipe()
            os.write(writer, sha1 + b"\n")
            os.close(writer)
            answer = self.run("--server", pass_fds=(reader,),
                              data=b"INPUT FD=%d\nIMPORT --re-import\nBYE\n" % reader).stdout
            os.close(reader)
            same(b"S IMPORT_OK" in answer, True, answer)

    def validity(self, address):
        """The letters that gpgsm gives the certificates of an address: f for
        "fully", when the chain is complete and the root trusted."""
        listing = self.run("--with-validation", "--with-colons", "--list-keys",
                           "<%s>" % address).stdout
        return re.findall(rb"^crt:(\w*):", listing, re.M)


def openssl(*arguments, data):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True,
                          timeout=LIMIT, check=False)


def test_find(directory, base):
    """By <address>, and by a name, which is a search anywhere in sn, cn, mail."""
    with Gpgsm(directory.port, base) as gpgsm:
        for recipient, address in EVERY_ADDRESS:
            want = [fingerprint(v) for v in directory.offered(recipient.address)]
            with case("<%s>, base '%s'" % (address, base)):
                same(gpgsm.external("<%s>" % address), want)
        for recipient in RECIPIENTS:
            want = [fingerprint(v) for v in directory.offered(recipient.address)]
            for typed in (recipient.typed, recipient.address, recipient.name.upper()):
                with case("'%s', base '%s'" % (typed, base)):
                    same(gpgsm.external(typed), want)
        with case("nobody, base '%s'" % base):
            same(gpgsm.external("<nobody@example.com>"), [])


def test_subject(directory, gpgsm):
    """An issuer by its subject: what validating asks when a CA is missing."""
    for name in ("issuing", "partner", "root"):
        with case("the CA '%s' by its subject" % name):
            der = directory.authority(name)
            subject = x509.load_der_x509_certificate(der).subject
            same(gpgsm.external("/" + subject.rfc4514_string()), [fingerprint(der)])
    with case("no CA of that name"):
        same(gpgsm.external("/CN=Unknown CA,O=Nobody,C=CH"), [])


def test_encrypt(directory, gpgsm, recipient):
    """From nothing but a trusted root to a file that the recipient can open."""
    address = recipient.address
    partner = address.endswith("@partner.example")
    issuing = directory.authority("partner" if partner else "issuing")
    with case("%s: taken, and the chain complete" % address):
        gpgsm.take("<%s>" % address)
        same(gpgsm.validity(address), [b"f"])
        same(fingerprint(issuing) in gpgsm.keyring(), True, short([issuing]))
    with case("%s: encrypted, and opened by its owner" % address):
        sent = gpgsm.run("--encrypt", "--armor", "--recipient", "<%s>" % address,
                         data=PLAINTEXT, want=None)
        if recipient.label == "ec" and b"Wrong key usage" in sent.stderr:
            # GnuPG 2.2 cannot encrypt to a key that may only agree on one.
            same(sent.returncode != 0, True)
            return
        same(sent.returncode, 0, sent.stderr)
        certificate = directory.pem(directory.offered(address)[0], address)
        opened = openssl("cms", "-decrypt", "-inform", "PEM", "-recip", certificate,
                         "-inkey", directory.key(address),
                         data=sent.stdout.replace(b"ENCRYPTED MESSAGE", b"CMS"))
        same(opened.stdout, PLAINTEXT, opened.stderr)


def test_verify(directory):
    """A signature, with the signer's certificate inside and the issuing CA only
    in the directory: verifying fetches the CA by its subject."""
    with Gpgsm(directory.port, recipients.PUBLISHED) as gpgsm:
        address = "anna.muster@example.com"
        with case("verifying a signature fetches the missing CA"):
            gpgsm.trust(directory.authority("root"))
            certificate = directory.pem(directory.offered(address)[0], address)
            signed = openssl("cms", "-sign", "-nodetach", "-binary", "-outform", "DER",
                             "-signer", certificate, "-inkey", directory.key(address),
                             data=PLAINTEXT)
            same(signed.returncode, 0, signed.stderr)
            verified = gpgsm.run("--verify", data=signed.stdout)
            same(b"Good signature" in verified.stderr, True, verified.stderr)
            same(fingerprint(directory.authority("issuing")) in gpgsm.keyring(), True)
    with Gpgsm(directory.port, recipients.PUBLISHED) as gpgsm:
        with case("without asking the directory, the same signature has no chain"):
            gpgsm.configure("gpgsm.conf", "disable-crl-checks\ndisable-dirmngr\n")
            gpgsm.trust(directory.authority("root"))
            verified = gpgsm.run("--verify", data=signed.stdout, want=None)
            same(b"Good signature" in verified.stderr, False, verified.stderr)


def main():
    with recipients.Directory() as directory:
        for base in BASES:
            test_find(directory, base)
            with Gpgsm(directory.port, base) as gpgsm:
                test_subject(directory, gpgsm)
            with Gpgsm(directory.port, base) as gpgsm:
                gpgsm.trust(directory.authority("root"), directory.authority("partner"))
                for recipient in WITH_CERTIFICATE:
                    test_encrypt(directory, gpgsm, recipient)
        test_verify(directory)
    return done()


if __name__ == "__main__":
    sys.exit(main())
