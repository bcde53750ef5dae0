#!/usr/bin/python3
"""The CA's files and revocation, in a real slapd with signer and clerk: certificates and
CRLs below ou=authorities and from pki.get, whoever is revoked off the entry and in the
CRL, a signer or a clerk that dies in between.

run: limit=300
"""
import base64
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import paths  # noqa: E402,F401
from check import case, check, done, equal, wait_until  # noqa: E402
import ldap  # noqa: E402
from people import SUFFIX  # noqa: E402
from services import Refused, ask  # noqa: E402
from world import World  # noqa: E402

from cryptography import x509
from cryptography.hazmat.primitives import serialization

ANNA = "anna.muster@example.com"
PERSON = "0123456789abcdef0123456789abcdef"
AUTHORITIES = f"ou=authorities,{SUFFIX}"
CERTIFICATES = f"ou=certificates,ou=registry,{SUFFIX}"
PEOPLE = f"ou=people,{SUFFIX}"
SOON = 10   # seconds


def general(t):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(t)).encode()


def general_of(moment):
    return moment.strftime("%Y%m%d%H%M%SZ").encode()


def der(text):
    return base64.b64decode(text, validate=True)


class Scene:
    """A World, as the test itself looks at it."""

    def __init__(self, world):
        self.world, self.services = world, world.services
        self.c = world.connect_root()

    def ask(self, call, **fields):
        """The clerk's answer, also a refusal."""
        return ask(self.services.socket("clerk"), call, **fields)

    def call(self, call, **fields):
        answer = self.ask(call, **fields)
        if not answer["ok"]:
            raise Refused(answer)
        return answer

    def signer(self, call, **fields):
        return self.services.call("signer", call, **fields)

    def authorities(self):
        """Those of the signer: issuing, root."""
        return self.signer("authorities")["authorities"]

    def authority(self, certificate):
        """The entry of a CA's certificate: {attribute: values}, or None."""
        for _, attrs in self.c.search_s(AUTHORITIES, ldap.SCOPE_SUBTREE,
                                        "(objectClass=pkiCA)"):
            if certificate in attrs.get("cACertificate;binary", []):
                return attrs
        return None

    def crls(self, which=0):
        """What stands in the directory."""
        entry = self.authority(der(self.authorities()[which]["certificate"])) or {}
        return entry.get("certificateRevocationList;binary", [])

    def file(self, name):
        return der(self.call("pki.get", name=name)["bytes"])

    def revoked(self):
        """Serial numbers in the CRL that pki.get gives, with their reasons."""
        try:
            crl = x509.load_der_x509_crl(self.file(self.authorities()[0]["crl_name"]))
        except Refused:
            return None
        return {f"{r.serial_number:x}": [str(e.value.reason.value) for e in r.extensions
                                         if isinstance(e.value, x509.CRLReason)]
                for r in crl}

    def person(self, mail=ANNA):
        dn, attrs = self.c.search_s(PEOPLE, ldap.SCOPE_SUBTREE, f"(mail={mail})")[0]
        return dn, attrs

    def values(self, attr, mail=ANNA):
        return next((v for k, v in self.person(mail)[1].items()
                     if k.split(";")[0] == attr), [])

    def record(self, serial):
        return self.c.search_s(f"chanceryId={serial},{CERTIFICATES}", ldap.SCOPE_BASE)[0][1]

    def login(self, user, password):
        return self.call("session.login", user=user, password=password, address="::1")

    def issue(self, request, mail=ANNA, person=PERSON):
        """A certificate of the signer's, recorded and on its person's entry; its serial
        number, itself, its blob."""
        fields = {"request": request, "kind": "mailbox", "mail": [mail],
                  "time": int(time.time())}
        made = self.signer("prepare", **fields)
        certificate = der(self.signer("sign", **fields, serial=made["serial"],
                                      spki=made["spki"], tbs=made["tbs"])["certificate"])
        blob = der(self.signer("blob", request=request, certificate=certificate,
                               sealed_key=made["sealed_key"],
                               time=int(time.time()))["blob"])
        serial = der(made["serial"]).hex()
        cert = x509.load_der_x509_certificate(certificate)
        self.c.add_s(f"chanceryId={serial},{CERTIFICATES}", [
            ("objectClass", b"chanceryCertificate"), ("chanceryId", serial.encode()),
            ("chanceryState", b"valid"), ("chanceryPersonId", person.encode()),
            ("chanceryRequestId", request.encode()), ("chanceryDer", certificate),
            ("mail", mail.encode()), ("displayName", b"Anna Muster"),
            ("chanceryBegin", general_of(cert.not_valid_before)),
            ("chanceryUntil", general_of(cert.not_valid_after))])
        dn, _ = self.person(mail)
        self.c.modify_s(dn, [(ldap.MOD_ADD, "userCertificate;binary", certificate),
                             (ldap.MOD_REPLACE, "userSMIMECertificate",
                              [*self.values("userSMIMECertificate", mail), blob])])
        return serial, certificate, blob

    def mails(self):
        folder = self.services.path("mail")
        found = []
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as f:
                found.append(f.read())
        return found

    def audit(self, event):
        with open(self.services.path("clerk", "audit.log"), encoding="utf-8") as f:
            return [x for x in map(json.loads, f) if x["event"] == event]


def refused(s, name, word, **fields):
    answer = s.ask("revoke", **fields)
    check(name, not answer["ok"] and answer["error"] == word, f"got {answer}, wanted {word}")


def files(s):
    issuing, root = s.authorities()
    check("within seconds a CRL of the issuing CA", wait_until(lambda: s.crls(), SOON),
          s.services.log_text("clerk"))
    with case("its entry: classes, name, certificate"):
        entry = s.authority(der(issuing["certificate"]))
        assert {b"organizationalRole", b"pkiCA"} <= set(entry["objectClass"]), entry
        cert = x509.load_der_x509_certificate(der(issuing["certificate"]))
        name = cert.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        assert entry["cn"] == [name.encode()], entry["cn"]
    equal("the root's certificate and its CRL", s.crls(1), [der(root["crl"])])
    equal("pki.get gives the CRL of the directory", [s.file(issuing["crl_name"])], s.crls())
    equal("and the CA's certificate", s.file(issuing["ca_name"]), der(issuing["certificate"]))
    equal("and the root's", [s.file(root["ca_name"]), s.file(root["crl_name"])],
          [der(root["certificate"]), der(root["crl"])])
    equal("with their types", [s.call("pki.get", name=issuing[n])["type"]
                               for n in ("crl_name", "ca_name")],
          ["application/pkix-crl", "application/pkix-cert"])
    for name in ("other.crl", "../" + issuing["crl_name"], "", "x" * 81):
        answer = s.ask("pki.get", name=name)
        check(f"no such file: {name[:20]!r}", not answer["ok"] and answer["error"] in (
            "not-found", "limit"), answer)
    with case("openssl takes the CRL for the issuing CA's"):
        with tempfile.TemporaryDirectory() as folder:
            ca = os.path.join(folder, "ca.pem")
            with open(ca, "wb") as f:
                f.write(x509.load_der_x509_certificate(der(issuing["certificate"]))
                        .public_bytes(serialization.Encoding.PEM))
            p = subprocess.run(["openssl", "crl", "-inform", "DER", "-CAfile", ca, "-noout"],
                               input=s.crls()[0], capture_output=True, check=False)
            assert b"verify OK" in p.stderr, p


def revoking(s):
    first, first_der, first_blob = s.issue(PERSON + "-1")
    second, second_der, second_blob = s.issue(PERSON + "-2")
    check("both stand on the entry", {first_der, second_der} <=
          set(s.values("userCertificate")))
    refused(s, "an unknown reason", "unsupported", certificate=first, reason="lost")
    refused(s, "the CA's reason", "policy", certificate=first, reason="ca-compromise")
    refused(s, "no certificate", "syntax", reason="superseded")
    refused(s, "both", "syntax", certificate=first, address=ANNA, reason="superseded")
    refused(s, "an unknown one", "not-found", certificate="00ff", reason="superseded")
    refused(s, "not hex", "not-found", certificate="*", reason="superseded")
    equal("an address of nobody: nothing to revoke",
          s.call("revoke", address="x@example.com", reason="superseded")["certificates"], [])
    equal("nothing of that is in the audit log", s.audit("revoke"), [])

    answer = s.call("revoke", certificate=first.upper(), reason="key-compromise")
    equal("the answer says so", [(c["serial"], c["state"], c["reason"], c["mail"])
                                 for c in answer["certificates"]],
          [(first, "revoked", "key-compromise", [ANNA])])
    equal("it is off the entry at once, the other one stays",
          [x in s.values("userCertificate") for x in (first_der, second_der)],
          [False, True])
    equal("so is its blob", [x in s.values("userSMIMECertificate")
                             for x in (first_blob, second_blob)], [False, True])
    record = s.record(first)
    equal("who and why is recorded", [record[k] for k in ("chanceryState", "chanceryReason",
                                                          "chanceryBy")],
          [[b"revoked"], [b"key-compromise"], [f"uid:{os.getuid()}".encode()]])
    check("it stands in the CRL", wait_until(
        lambda: s.revoked() == {first.lstrip("0"): ["keyCompromise"]}, SOON), s.revoked())
    check("the directory has that CRL", wait_until(
        lambda: s.crls() == [s.file(s.authorities()[0]["crl_name"])], SOON))
    check("a mail says so", wait_until(lambda: len(s.mails()) == 1, SOON), len(s.mails()))
    equal("the audit log too", [(x["certificate"], x["reason"]) for x in s.audit("revoke")],
          [(first, "key-compromise")])
    before = s.crls()
    s.call("revoke", certificate=first, reason="superseded")
    time.sleep(1)
    equal("once more: nothing is new", [s.crls(), s.record(first)["chanceryReason"],
                                        len(s.audit("revoke")), len(s.mails())],
          [before, [b"key-compromise"], 1, 1])

    answer = s.call("revoke", address=ANNA.upper(), reason="cessation-of-operation")
    equal("by address: all that is left", [c["serial"] for c in answer["certificates"]],
          [second])
    check("both stand in the CRL", wait_until(
        lambda: s.revoked() and set(s.revoked()) == {first.lstrip("0"), second.lstrip("0")},
        SOON), s.revoked())
    check("none of them on the entry",
          not {first_der, second_der} & set(s.values("userCertificate")))


def owners(s):
    me, other = s.login("bruno", "demo-bruno"), s.login("walter", "demo-walter")
    serial, certificate, _ = s.issue(me["person"] + "-1", me["mail"], me["person"])
    wanted = {"certificate": serial, "reason": "key-compromise"}
    refused(s, "without the password", "login", session=me["session"], **wanted)
    refused(s, "a wrong password", "login", session=me["session"], password="wrong", **wanted)
    refused(s, "somebody else", "denied", session=other["session"], password="demo-walter",
            **wanted)
    refused(s, "somebody else, by address", "denied", session=other["session"],
            password="demo-walter", address=me["mail"], reason="superseded")
    refused(s, "an address of nobody looks the same", "denied", session=other["session"],
            password="demo-walter", address="x@example.com", reason="superseded")
    refused(s, "one that does not exist looks the same", "denied", session=other["session"],
            password="demo-walter", certificate="00ff", reason="superseded")
    check("nothing has happened", certificate in s.values("userCertificate", me["mail"]))
    answer = s.call("revoke", session=me["session"], password="demo-bruno", **wanted)
    equal("the owner, with the password", [c["state"] for c in answer["certificates"]],
          ["revoked"])
    check("it is off the entry", certificate not in s.values("userCertificate", me["mail"]))
    equal("recorded by whom", s.record(serial)["chanceryBy"], [me["person"].encode()])


def broken_off(s):
    """Recorded, and nothing more: as a clerk that was killed leaves it."""
    serial, certificate, _ = s.issue(PERSON + "-3")
    s.services.kill("clerk")
    s.c.modify_s(f"chanceryId={serial},{CERTIFICATES}", [
        (ldap.MOD_REPLACE, "chanceryState", b"revoked"),
        (ldap.MOD_REPLACE, "chanceryReason", b"no-word-of-ours"),
        (ldap.MOD_REPLACE, "chanceryRevokedAt", general(time.time()))])
    entry = next(dn for dn, a in s.c.search_s(AUTHORITIES, ldap.SCOPE_SUBTREE,
                                              "(objectClass=pkiCA)")
                 if der(s.authorities()[0]["certificate"]) in a["cACertificate;binary"])
    s.c.delete_s(entry)
    s.services.start("clerk")
    check("the next start puts it into the CRL", wait_until(
        lambda: serial.lstrip("0") in (s.revoked() or {}), SOON), s.revoked())
    check("and takes it off the entry", wait_until(
        lambda: certificate not in s.values("userCertificate"), SOON))
    check("and makes a CA's entry that somebody deleted", wait_until(
        lambda: len(s.crls()) == 1, SOON))


def without_signer(s):
    serial, certificate, _ = s.issue(PERSON + "-4")
    name = s.authorities()[0]["crl_name"]
    s.services.kill("signer")
    s.services.restart("clerk")
    answer = s.ask("pki.get", name=name)
    equal("what is not here yet is not called missing", answer.get("error"), "busy")
    s.call("revoke", certificate=serial, reason="superseded")
    check("without a signer it is off the entry all the same",
          certificate not in s.values("userCertificate"))
    s.services.start("signer")
    check("and in the CRL when the signer is back", wait_until(
        lambda: serial.lstrip("0") in (s.revoked() or {}), 45, 0.2),
        s.services.log_text("clerk"))


def main():
    with World(enroll={"only": ["signer", "clerk"], "key_kind": "p256",
                       "options": {"clerk": {"login-delay": "0s"}}}) as w:
        s = Scene(w)
        for part in (files, revoking, owners, broken_off, without_signer):
            with case(part.__name__):
                part(s)
    return done()


if __name__ == "__main__":
    sys.exit(main())
