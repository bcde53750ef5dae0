"""The recipients that documentation names, and what a mail program must have
after asking for each: the table of the client tests. It says which certificate
(by the label it has in demo/people.py), never how it is found; the tests ask
programs, and compare what these then hold with what stands here.

Directory is the demonstration world of one test, started, with the few things
that client tests need of it. It writes nothing into the directory. Every client
test begins with

    with recipients.Directory() as directory:
"""
import functools
import glob
import hashlib
import os
from dataclasses import dataclass

import paths  # noqa: F401  (lets demo/ be imported)
import certs
import oracle
import people
import world as demo

PUBLISHED = "dc=example"
BASES = (PUBLISHED, "")  # the base that is published, and none at all


@dataclass(frozen=True)
class Recipient:
    address: str
    name: str
    typed: str            # what somebody types who knows the name
    label: str = ""       # the certificate to offer; "": found without one
    aliases: tuple = ()
    signed: bool = False  # userSMIMECertificate is offered too

    def addresses(self):
        return (self.address,) + self.aliases


RECIPIENTS = (
    Recipient("anna.muster@example.com", "Anna Muster", "Muster", "good",
              ("anna@example.com", "a.muster@example.com"), signed=True),
    Recipient("bruno.keller@example.com", "Bruno Keller", "Keller", "newer"),
    Recipient("carla.rossi@example.com", "Carla Rossi", "Rossi"),
    Recipient("dora.weiss@example.com", "Dora Weiss", "Weiss"),
    Recipient("info@example.com", "Example Info", "Info", "good", ("office@example.com",)),
    Recipient("petra.partner@partner.example", "Petra Partner", "Petra", "good", signed=True),
    Recipient("otto.extern@partner.example", "Otto Extern", "Extern", "ec"),
    Recipient("zoe.mueller@example.com", "Zoë Müller", "Müller", "good", signed=True),
)
EVERY_ADDRESS = tuple((r, a) for r in RECIPIENTS for a in r.addresses())
WITH_CERTIFICATE = tuple(r for r in RECIPIENTS if r.label)
WITHOUT_CERTIFICATE = tuple(r for r in RECIPIENTS if not r.label)


def fingerprint(der):
    return hashlib.sha256(der).hexdigest().upper()


def same(got, want, context=""):
    """For inside a case: what was got must be what was wanted."""
    if got != want:
        raise AssertionError("got %r, wanted %r %s" % (got, want, context))


def short(values):
    """Certificates in a failing test's text: the start of each fingerprint."""
    return [fingerprint(v)[:12] for v in values]


class Directory:
    """The world and its right answers; arguments are the World's."""

    def __init__(self, **arguments):
        self.world = demo.World(**arguments)
        self.known = {r.address: r for r in RECIPIENTS}

    def __enter__(self):
        self.world.__enter__()
        return self

    def __exit__(self, *exception):
        return self.world.__exit__(*exception)

    @property
    def port(self):
        return self.world.port

    def offered(self, address):
        """The values of userCertificate to be seen: one, or none."""
        recipient = self.known[address]
        return [self.world.cert(address, recipient.label)] if recipient.label else []

    def offered_signed(self, address):
        """The values of userSMIMECertificate to be seen."""
        if not self.known[address].signed:
            return []
        with open(self.world.path("certs", address, "signed.p7m"), "rb") as f:
            return [f.read()]

    @functools.cache
    def revoked(self):
        """(issuer, serial) of what the CRLs and the entries' own words name."""
        found = set()
        for path in glob.glob(self.world.path("ca", "*.crl")):
            with open(path, "rb") as f:
                found |= oracle.revoked_by(f.read())
        for person in people.PEOPLE + people.PARTNERS:
            for spec in person.certs:
                if spec.retracted:
                    certificate = certs.x509.load_der_x509_certificate(
                        self.world.cert(person.mail, spec.label))
                    found.add((certificate.issuer, certificate.serial_number))
        return found

    @functools.cache
    def judged(self, address):
        """What the oracle says of anybody's stored certificates, as offered()."""
        person = everybody()[address]
        stored = [self.world.cert(address, spec.label) for spec in person.certs]
        return oracle.best(stored, (person.mail,) + person.aliases, self.revoked())

    def is_real(self, dn):
        """Whether a DN tells where the entry really is."""
        return dn.replace(" ", "").lower().endswith(self.world.suffix)

    def login(self):
        """DN and password of somebody who may log in, as any employee may."""
        return "uid=anna,ou=staff," + self.world.company, "demo-anna"

    def key(self, address):
        """A file with the private key of the certificate offered."""
        certificate = certs.x509.load_der_x509_certificate(*self.offered(address))
        public = certificate.public_key().public_numbers()
        kind = "ec256" if self.known[address].label == "ec" else "rsa2048"
        for number in range(8):
            key = certs.pool_key(kind, number)
            if key.public_key().public_numbers() == public:
                path = self.world.path("certs", address, "key.pem")
                if not os.path.exists(path):
                    demo.write(path, certs.key_pem(key), 0o600)
                return path
        raise LookupError("no key for " + address)

    def pem(self, der, name):
        """A certificate as a PEM file in the world's folder."""
        path = self.world.path("certs", name + ".pem")
        demo.write(path, certs.pem(der))
        return path

    def authority(self, name):
        """DER of the CA "root", "issuing" or "partner"."""
        return self.world.authority(name).der


def everybody():
    """All people and partners of the world, by primary address."""
    return {p.mail: p for p in people.PEOPLE + people.PARTNERS}
