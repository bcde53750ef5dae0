#!/usr/bin/python3
"""The guard over LDAP: each bad value is refused with a sentence that names what,
which rule, what was found and what is wanted; good ones of all makes pass; old ones
that are stored already are left alone. Every sentence is printed (lines "note"), so
that a person can judge the wording.

slapd checks the outer form of userCertificate before any overlay: what it refuses
there (error 21) is listed apart, with slapd's own words.

run: limit=300
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import paths  # noqa: F401
import certs
import ldapclient as lc
import overlayworld
import testcerts as tc
from certs import AGREE, SIGN, der, der_oid
from check import case, check, done, equal, wait_until
from overlayworld import (CERT, DAY, PUBLISHED, SMIME, SUFFIX, SYNCPROV, SYNCPROV_MODULE,
                          World, person, person_dn)

MAIL, ALIAS = "greta@example.com", "g.graf@example.com"
DN = person_dn(MAIL)
BASIC, KU, EKU, SAN = "2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.17"


class Makers:
    def __init__(self, w):
        self.now, self.ca = w.now, w.authority("issuing")
        self.first, self.last = w.now - 10 * DAY, w.now + 300 * DAY

    def cert(self, to=(MAIL,), first=None, last=None, subject="CN=Greta Graf", **more):
        return certs.make_cert(subject, to, more.pop("ca", self.ca), first or self.first,
                               last or self.last, **more)

    def changed(self, **edits):
        return tc.changed(self.cert(), self.ca, **edits)

    def spki(self, algorithm, key):
        return self.changed(spki=lambda old: der(0x30, der(0x30, *algorithm),
                                                 der(3, b"\0" + key)))

    def with_extension(self, *items, without=()):
        dropped = tuple(der_oid(oid) for oid in without)
        return self.changed(extensions=tc.extensions(
            lambda old: [e for e in old if not certs.der_body(e).startswith(dropped)]
            + list(items)))

    def signed(self, *inside, key="rsa2048"):
        return certs.make_signed(inside[0], certs.pool_key(key), list(inside[1:]))


def certificate_cases(m):
    """(name, value, words of the sentence), values slapd's own check lets through."""
    ago = m.now - DAY
    good = m.cert()
    explicit = tc.by_openssl(MAIL, curve=("ec_paramgen_curve:P-256", "ec_param_enc:explicit"))
    point = certs.pool_key("ec256").public_key().public_numbers()
    x = point.x.to_bytes(32, "big")
    ec, p256 = der_oid("1.2.840.10045.2.1"), der_oid("1.2.840.10045.3.1.7")
    rsa_oid = der_oid("1.2.840.113549.1.1.1")
    alg = certs.der_split(certs.der_body(good))[1]
    yield from (
        ("an authority's", m.cert(authority=True), "basicConstraints authorit"),
        ("our own CA's", m.ca.der, "basicConstraints authorit"),
        ("somebody else's", m.cert(("other@example.com",)), "other@example.com " + MAIL),
        ("of another domain", m.cert(("greta@example.org",)), "greta@example.org " + MAIL),
        ("four others'", m.cert(tuple(f"a{n}@example.com" for n in range(4))), "a0@example.com"),
        ("no address at all", m.cert(()), "none " + MAIL),
        ("a web server's", m.cert((), dns=("www.example.com",)), "www.example.com"),
        ("the address only as common name", m.cert((), subject=f"CN={MAIL}"), MAIL),
        ("in the subject, another one in subjectAltName",
         m.cert(("o@example.com",), subject=f"CN=x,E={MAIL}"), "o@example.com"),
        ("a user principal name only", m.cert((), other_names=(
            ("1.3.6.1.4.1.311.20.2.3", tc.utf8(MAIL)),)), "none"),
        ("an address with a control character", m.cert(("greta\n@example.com",)),
         "greta"),
        ("a very long address", m.cert(("a" * 300 + "@example.com",)), "aaaa"),
        ("RSA 512", m.cert(key="rsa512"), "RSA 512 2048"),
        ("RSA 1024", m.cert(key="rsa1024"), "RSA 1024 2048"),
        ("RSA 2047", m.cert(key="rsa2047"), "RSA 2047 2048"),
        ("DSA 1024", m.cert(key="dsa1024", key_usage=SIGN), "1024 2048"),
        ("P-192", m.cert(key="ec192", key_usage=AGREE), "curve P-256"),
        ("P-224", m.cert(key="ec224", key_usage=AGREE), "curve P-256"),
        ("secp256k1", m.cert(key="ec256k1", key_usage=AGREE), "curve P-256"),
        ("a curve spelled out", explicit, "curve"),
        ("a compressed point", m.spki([ec, p256], b"\x02" + x), "curve"),
        ("a point that is none", m.spki([ec, p256], b"\x04" + b"\xff" * 64), ""),
        ("an unknown kind of key", m.spki([der_oid("1.2.643.7.1.1.1.1")], b"\x04\x01x"),
         "key"),
        ("MD5", m.cert(sig_hash="md5"), "md5"),
        ("SHA-1", m.cert(sig_hash="sha1"), "sha1"),
        ("SHA-1 in RSA-PSS", m.cert(sig_hash="pss-sha1"), "sha1"),
        ("for data only", m.cert(key_usage=("dataEncipherment",)), "key usage"),
        ("for certificates only", m.cert(key_usage=("keyCertSign",)), "key usage"),
        ("for CRLs only", m.cert(key_usage=("cRLSign",)), "key usage"),
        ("RSA for key agreement only", m.cert(key_usage=("keyAgreement",)), "key usage"),
        ("EC for key encipherment only", m.cert(
            key="ec256", key_usage=("keyEncipherment",)), "key usage"),
        ("for servers", m.cert(eku=("serverAuth",)), "extended key usage"),
        ("for login", m.cert(eku=("clientAuth", "smartcardLogon")), "extended key usage"),
        ("for code", m.cert(eku=("codeSigning",)), "extended key usage"),
        ("ended yesterday", m.cert(last=ago), "ended"),
        ("ended years ago", m.cert(first=m.now - 3000 * DAY, last=m.now - 2000 * DAY), "ended"),
        ("ended a few seconds ago", m.cert(last=int(time.time()) - 3), "ended"),
        ("ends before it begins", m.changed(validity=lambda old: der(
            0x30, *reversed(certs.der_split(certs.der_body(old))))), "ends begins"),
        ("an unknown critical extension", m.with_extension(
            tc.extension("1.2.3.4.5", b"\x05\x00", b"\xff")), "critical"),
        # inside garbled: slapd looks at the outside only
        ("month 13", m.changed(validity=lambda old: old.replace(
            old[4:8], old[4:6] + b"13", 1)), "notBefore"),
        ("an empty subjectAltName", m.with_extension(
            tc.extension(SAN, der(0x30)), without=(SAN,)), ""),
        ("subjectAltName twice", m.with_extension(tc.extension(
            SAN, der(0x30, der(0x81, MAIL.encode())))), ""),
        ("an empty extended key usage", m.with_extension(
            tc.extension(EKU, der(0x30)), without=(EKU,)), ""),
        ("junk as extended key usage", m.with_extension(
            tc.extension(EKU, b"junk"), without=(EKU,)), ""),
        ("junk as key usage", m.with_extension(
            tc.extension(KU, b"\x03\x02\x09\xff"), without=(KU,)), ""),
        ("junk as key", m.changed(spki=lambda old: der(0x30, b"\x05\x00")), ""),
        ("a modulus that is no number", m.spki([rsa_oid, b"\x05\x00"], b"junkjunk"), ""),
        ("a boolean that is neither", m.with_extension(tc.extension(
            "1.2.3.4.5", b"\x05\x00", b"\x01")), ""),
        ("a length with a leading zero inside", m.with_extension(
            b"\x30\x81\x09" + certs.der_body(tc.extension("1.2.3", b"\x05\x00"))), ""),
        ("two signature algorithms", certs.der(
            0x30, certs.der_split(certs.der_body(good))[0],
            alg.replace(b"\x01\x01\x0b", b"\x01\x01\x0c"),
            certs.der_split(certs.der_body(good))[2]), ""),
        ("100 extensions", m.with_extension(*[
            tc.extension(f"1.2.3.{n}", b"\x05\x00") for n in range(100)]), ""),
        ("70,000 octets", m.with_extension(tc.extension("1.2.3", der(4, b"x" * 70000))),
         "65536"),
    )


def slapd_cases(m):
    """What slapd refuses by itself in userCertificate."""
    good, key = m.cert(), certs.pool_key("rsa2048")
    yield from foreign_values(m)
    yield from (
        ("SignedData", m.signed(good), None),
        ("cut off", good[:-7], None), ("an octet behind", good + b"\0", None),
        ("two in one value", good + good, None), ("nothing", b"", None),
        ("random octets", os.urandom(400), None), ("only a SEQUENCE", b"\x30\x00", None),
        ("key and certificate", certs.key_pem(key) + certs.pem(good).encode(), None),
        ("outer length indefinite", b"\x30\x80" + certs.der_body(good) + b"\0\0", None),
    )


def foreign_values(m):
    """What people paste instead of a certificate: (name, octets, words)."""
    from cryptography.hazmat.primitives import serialization as s
    key, ec = certs.pool_key("rsa2048"), certs.pool_key("ec256")
    good = m.cert()

    def private(k, encoding, kind, encryption=s.NoEncryption()):
        return k.private_bytes(encoding, kind, encryption)
    encrypted = s.BestAvailableEncryption(b"demo")
    yield from (
        ("PKCS#8", private(key, s.Encoding.DER, s.PrivateFormat.PKCS8), "private key"),
        ("PKCS#1", private(key, s.Encoding.DER, s.PrivateFormat.TraditionalOpenSSL),
         "private key"),
        ("SEC1", private(ec, s.Encoding.DER, s.PrivateFormat.TraditionalOpenSSL),
         "private key"),
        ("PKCS#8, encrypted", private(key, s.Encoding.DER, s.PrivateFormat.PKCS8, encrypted),
         "private key"),
        ("a PFX file", certs.make_pfx(good, key), "PFX|PKCS #?12|private"),
        ("a key as PEM", private(key, s.Encoding.PEM, s.PrivateFormat.PKCS8), "private key"),
        ("an old key as PEM", private(ec, s.Encoding.PEM,
                                      s.PrivateFormat.TraditionalOpenSSL), "private key"),
        ("an encrypted key as PEM", private(key, s.Encoding.PEM, s.PrivateFormat.PKCS8,
                                            encrypted), "private key"),
        ("an OpenSSH key", private(ec, s.Encoding.PEM, s.PrivateFormat.OpenSSH),
         "private key"),
        ("a certificate as PEM", certs.pem(good).encode(), "PEM DER"),
        ("a certificate in base64", tc.openssl("base64", stdin=good), "base64 DER"),
        ("a request", certs.make_csr("CN=x", (MAIL,)), "request"),
        ("a CRL", certs.make_crl(m.ca, (), m.first, m.last), "CRL|revocation"),
        ("HTML", b"<html><body>Not found</body></html>", ""),
        ("an OpenPGP key in armor", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ==\n",
         "OpenPGP|PEM"),
    )


def signed_cases(m):
    good = m.cert()
    signed = m.signed(good)
    at = signed.index(b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
    enveloped = tc.openssl("cms", "-encrypt", "-outform", "DER", "-recip",
                           _file(m, certs.pem(good)), stdin=b"x")
    yield from foreign_values(m)
    yield from (
        ("a certificate alone", good, "certificate"),
        ("junk", b"junk", ""),
        ("empty", b"", "empty"),
        ("octets behind", signed + b"\0", ""),
        ("cut off", signed[:-9], ""),
        ("indefinite length", b"\x30\x80" + certs.der_body(signed) + b"\0\0", ""),
        ("encrypted", enveloped, ""),
        ("another content type", signed[:at + 8] + b"\x05" + signed[at + 9:], ""),
        ("no certificate in it", tc.openssl(
            "cms", "-sign", "-nocerts", "-outform", "DER", "-signer",
            _file(m, certs.pem(good)), "-inkey",
            _file(m, certs.key_pem(certs.pool_key("rsa2048")).decode()), stdin=b"x"),
         "without a certificate"),
        ("an expired one", m.signed(m.cert(last=m.now - DAY)), "ended"),
        ("somebody else's", m.signed(m.cert(("o@example.com",))), "o@example.com"),
        ("a weak one", m.signed(m.cert(key="rsa1024"), key="rsa1024"), "RSA 1024"),
        ("an authority's only", m.signed(m.cert(authority=True)), "authorit"),
        ("an authority's and an expired one", m.signed(
            m.cert(last=m.now - DAY), m.ca.der), "ended"),
        ("more than 1 MB", der(0x30, der_oid("1.2.840.113549.1.7.2"),
                               der(0xA0, b"\0" * 5_000_000)), "at most"),
    )


def _file(m, text):
    path = os.path.join(m.folder, f"f{len(os.listdir(m.folder))}")
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    return path


def good_cases(m):
    mail, ca, first, last = MAIL, m.ca, m.first, m.last
    yield from (
        ("OpenSSL's command", CERT, tc.by_openssl(mail)),
        ("Windows, BMP strings", CERT, tc.like_windows(mail, ca, first, last)),
        ("Windows, UTF-8 strings", CERT, tc.like_windows(
            mail, ca, first, last, tc._ASN1Type.UTF8String)),
        ("SwissSign-like", CERT, tc.like_swisssign(mail, ca, first, last)),
        ("D-TRUST-like", CERT, tc.like_d_trust(mail, ca, first, last)),
        ("Sectigo-like", CERT, tc.like_sectigo(mail, ca, first, last)),
        ("for an alias", CERT, m.cert((ALIAS,))),
        ("in capitals", CERT, m.cert((MAIL.upper(),))),
        ("among others", CERT, m.cert(("a@example.com", MAIL, "b@example.org"))),
        ("only in the subject", CERT, m.cert((), subject=f"CN=x,E={MAIL}")),
        ("for signatures only", CERT, m.cert(key_usage=SIGN)),
        ("non-repudiation only", CERT, m.cert(key_usage=("nonRepudiation",))),
        ("for encrypting only", CERT, m.cert(key_usage=("keyEncipherment",))),
        ("no usages at all", CERT, m.cert(key_usage=None, eku=None)),
        ("P-256", CERT, m.cert(key="ec256", key_usage=AGREE)),
        ("P-521", CERT, m.cert(key="ec521", key_usage=AGREE)),
        ("Ed25519, signs", CERT, m.cert(key="ed25519", key_usage=SIGN)),
        ("RSA-PSS signature", CERT, m.cert(sig_hash="pss-sha256")),
        ("SHA-512", CERT, m.cert(sig_hash="sha512")),
        ("begins next month", CERT, m.cert(first=m.now + 30 * DAY)),
        ("ends after 2050", CERT, m.cert(last=m.now + 30 * 365 * DAY)),
        ("self-signed", CERT, m.cert(ca=None)),
        ("unknown extension", CERT, m.cert(extensions=(("1.2.3.4", False, b"\x05\x00"),))),
        ("a long serial number", CERT, m.cert(serial=(1 << 158) + 1)),
        ("signed", SMIME, m.signed(m.cert())),
        ("signed, with the chain", SMIME, m.signed(m.cert(), m.ca.der)),
        ("signed by one for signatures", SMIME, m.signed(
            m.cert(key_usage=SIGN), m.cert(key_usage=("keyEncipherment",)))),
        ("certificates only", SMIME, certs.make_certs_only([m.cert()])),
    )


# --- doing ---------------------------------------------------------------------

def entry(mail=MAIL, values=(), more=()):
    return [("objectClass", ["inetOrgPerson", "chanceryPerson"]), ("cn", ["Greta Graf"]),
            ("sn", ["Graf"]), ("mail", [mail, ALIAS] if mail == MAIL else [mail]),
            *values, *more]


def stored(root, dn=DN):
    answer = root.search(dn, lc.BASE, "(objectClass=*)", [CERT, SMIME, "mail"])
    return answer.entries[0] if answer.entries else None


def fresh(root, *values):
    root.delete(DN)
    answer = root.add(DN, entry(values=values))
    if answer.code != lc.OK:
        raise AssertionError(f"add: {answer.code} {answer.text}")


def says(text, words):
    """Whether each word, or one of its alternatives a|b, stands in the text."""
    import re
    return all(re.search(word, text, re.I) for word in words.split() if word) \
        if "|" not in words else re.search(words, text, re.I)


def test_refused(root, m):
    counted = 0
    for attribute, cases in ((CERT, certificate_cases), (SMIME, signed_cases)):
        name = attribute.split(";")[0]
        for what, value, words in cases(m):
            fresh(root)
            answer = root.modify(DN, [(lc.MOD_ADD, attribute, [value])])
            print(f"note {name}: {what}: {answer.text}")
            check(f"{name}: {what}: refused with a sentence",
                  answer.code == lc.CONSTRAINT and answer.text.startswith(name)
                  and says(answer.text, words) and len(answer.text) < 500,
                  f"{answer.code} {answer.text!r}, wanted {words!r} in it")
            entry_now = stored(root)
            check(f"{name}: {what}: nothing is stored", not entry_now.values(attribute))
            root.delete(DN)
            added = root.add(DN, entry(values=[(attribute, [value])]))
            equal(f"{name}: {what}: refused in an add too", (added.code, added.text),
                  (answer.code, answer.text))
            counted += 1
    check(f"{counted} bad values have their sentences", counted >= 60)


def test_slapd_refuses(root, m):
    for what, value, _ in slapd_cases(m):
        fresh(root)
        answer = root.modify(DN, [(lc.MOD_ADD, CERT, [value])])
        check(f"userCertificate: {what}: not stored", answer.code != lc.OK
              and not stored(root).values(CERT), answer.code)
        print(f"note userCertificate: {what}: error {answer.code}: {answer.text}")


def test_good(root, client, m):
    for what, attribute, value in good_cases(m):
        fresh(root)
        answer = root.modify(DN, [(lc.MOD_ADD, attribute, [value])])
        equal(f"good: {what}", (answer.code, answer.text), (lc.OK, ""))
        root.delete(DN)
        answer = root.add(DN, entry(values=[(attribute, [value])]))
        equal(f"good in an add: {what}", (answer.code, answer.text), (lc.OK, ""))


def test_domain_entry(root, m):
    """Direct: a domain's entry takes a certificate for its dNSName."""
    dn = person_dn("direct.example.com")
    answer = root.add(dn, entry("direct.example.com", [(CERT, [m.cert(
        (), dns=("direct.example.com",))])]))
    equal("a domain's entry takes its certificate", (answer.code, answer.text), (lc.OK, ""))
    answer = root.modify(dn, [(lc.MOD_ADD, CERT, [m.cert((), dns=("other.example.com",))])])
    check("but not another's", answer.code == lc.CONSTRAINT
          and says(answer.text, "other.example.com direct.example.com"), answer.text)
    root.delete(dn)
    dn = f"cn=nobody,ou=people,{SUFFIX}"
    answer = root.add(dn, [("objectClass", ["inetOrgPerson"]), ("cn", ["nobody"]),
                           ("sn", ["n"]), (CERT, [m.cert()])])
    check("an entry without mail takes none", answer.code == lc.CONSTRAINT, answer.text)
    print(f"note no mail: {answer.text}")


def test_as_it_will_be(root, m):
    new = "graf@example.com"
    value = m.cert((new,))
    for name, changes, good in (
            ("address and certificate", [(lc.MOD_ADD, "mail", [new]),
                                         (lc.MOD_ADD, CERT, [value])], True),
            ("certificate and address", [(lc.MOD_ADD, CERT, [value]),
                                         (lc.MOD_ADD, "mail", [new])], True),
            ("certificate alone", [(lc.MOD_ADD, CERT, [value])], False),
            ("address replaced and certificate", [
                (lc.MOD_REPLACE, "mail", [MAIL, new]), (lc.MOD_REPLACE, CERT, [value])], True),
            ("its address taken away", [(lc.MOD_DELETE, "mail", [ALIAS]),
                                        (lc.MOD_ADD, CERT, [m.cert((ALIAS,))])], False),
            ("added and taken back", [(lc.MOD_ADD, CERT, [value]),
                                      (lc.MOD_DELETE, CERT, [value])], True),
            ("added, then all replaced", [(lc.MOD_ADD, CERT, [value]),
                                          (lc.MOD_REPLACE, CERT, [m.cert()])], True),
            ("good and bad in one", [(lc.MOD_ADD, CERT, [m.cert(), value])], False)):
        fresh(root)
        answer = root.modify(DN, changes)
        equal(f"as it will be: {name}", answer.code, lc.OK if good else lc.CONSTRAINT)
        if not good:
            check(f"as it will be: {name}: nothing was changed",
                  not stored(root).values(CERT) and len(stored(root).values("mail")) == 2)
    # deleting the whole attribute and other spellings of its name
    fresh(root, (CERT, [m.cert()]))
    equal("taken away", root.modify(DN, [(lc.MOD_DELETE, CERT, [])]).code, lc.OK)
    for spelled in ("usercertificate;BINARY", "2.5.4.36;binary"):
        fresh(root)
        answer = root.modify(DN, [(lc.MOD_ADD, spelled, [value])])
        equal(f"spelled {spelled}", answer.code, lc.CONSTRAINT)
    for spelled in ("USERSMIMECERTIFICATE", "2.16.840.1.113730.3.1.40"):
        answer = root.modify(DN, [(lc.MOD_ADD, spelled, [b"junk"])])
        equal(f"spelled {spelled}", answer.code, lc.CONSTRAINT)
    answer = root.modify(DN, [(lc.MOD_ADD, CERT, [value])],
                         controls=[lc.Control(lc.RELAX, None, True)])
    equal("with the relax control", answer.code, lc.CONSTRAINT)
    answer = root.modify(DN, [(lc.MOD_ADD, CERT, [value])],
                         controls=[lc.Control(lc.PERMISSIVE, None, True)])
    equal("with the permissive control", answer.code, lc.CONSTRAINT)
    answer = root.modify(DN, [(lc.MOD_ADD, CERT, [value])],
                         controls=[lc.Control(lc.MANAGE_DSA, None, True)])
    equal("with manageDSAIT", answer.code, lc.CONSTRAINT)


def test_old_values(root, client, m, old):
    """An entry full of what would be refused today can still be worked on."""
    dn, mail = person_dn("old@example.com"), "old@example.com"
    kept = lambda: sorted(stored(root, dn).values(CERT))  # noqa: E731
    equal("old: three bad ones are stored", kept(), sorted(old))
    new, newer = m.cert((mail,)), m.cert((mail,), last=m.last + DAY)
    answer = root.modify(dn, [(lc.MOD_DELETE, CERT, [old[0]]), (lc.MOD_ADD, CERT, [new])])
    equal("old: one replaced by value", (answer.code, answer.text), (lc.OK, ""))
    answer = root.modify(dn, [(lc.MOD_REPLACE, CERT, [old[1], old[2], newer])])
    equal("old: one replaced, all named again", (answer.code, answer.text), (lc.OK, ""))
    equal("old: that is what is there", kept(), sorted([old[1], old[2], newer]))
    answer = root.modify(dn, [(lc.MOD_ADD, "title", ["Head"]),
                              (lc.MOD_ADD, "mail", ["aged@example.com"])])
    equal("old: other attributes", (answer.code, answer.text), (lc.OK, ""))
    answer = root.modify(dn, [(lc.MOD_DELETE, CERT, []), (lc.MOD_ADD, CERT, [old[1]])])
    equal("old: taken away and put back in one", (answer.code, answer.text), (lc.OK, ""))
    answer = root.modify(dn, [(lc.MOD_ADD, CERT, [old[0]])])
    equal("old: one that was gone is refused", answer.code, lc.CONSTRAINT)
    equal("old: and deleted at last", root.modify(dn, [(lc.MOD_DELETE, CERT, [])]).code, lc.OK)
    answer = root.modify(dn, [(lc.MOD_ADD, CERT, [old[1]])])
    equal("old: then it is new", answer.code, lc.CONSTRAINT)


def overlay_dn(root):
    return root.search("olcDatabase={1}mdb,cn=config", lc.ONE,
                       "(objectClass=olcChanceryConfig)", ["1.1"]).entries[0].dn


def test_modes(w, root, client, m):
    bad = m.cert(("other@example.com",))
    dn = overlay_dn(root)
    for mode, code, logged in (("warn", lc.OK, True), ("off", lc.OK, False),
                               ("refuse", lc.CONSTRAINT, True)):
        equal(f"mode {mode} set", root.replace(dn, "olcChanceryGuard", mode).code, lc.OK)
        fresh(root)
        at = w.log_size()
        answer = root.modify(DN, [(lc.MOD_ADD, CERT, [bad])])
        equal(f"mode {mode}", answer.code, code)
        line = "userCertificate: RFC 8550" in w.log_since(at)
        equal(f"mode {mode}: logged", line, logged)
        if mode == "warn":
            print("note log:", [x for x in w.log_since(at).splitlines() if "RFC 8550" in x][0])
        shown = client.search(PUBLISHED, lc.SUB, f"(mail={MAIL})", [CERT])
        equal(f"mode {mode}: and not published all the same",
              shown.entries[0].values(CERT), [])
        root.delete(DN)
        answer = root.add(DN, entry(values=[(SMIME, [b"junk"])]))
        equal(f"mode {mode} in an add", answer.code, code)


def test_replicated(m):
    """A consumer that guards takes what its provider has taken."""
    with World(populate=False, overlay=False, extra_config=SYNCPROV_MODULE,
               extra_database=SYNCPROV) as provider:
        consumer = overlayworld.consumer_of(provider)
        try:
            with lc.as_root(provider) as root, lc.as_root(consumer) as here:
                bad = [m.cert(("other@example.com",)), m.cert(last=m.now - DAY)]
                fresh(root, (CERT, bad), (SMIME, [b"junk"]))
                check("replicated writes are not judged", wait_until(
                    lambda: (e := stored(here)) is not None
                    and sorted(e.values(CERT)) == sorted(bad)
                    and e.values(SMIME) == [b"junk"], 10), stored(here))
                more = m.cert(key="rsa1024")
                root.modify(DN, [(lc.MOD_ADD, CERT, [more])])
                check("nor are replicated changes", wait_until(
                    lambda: more in stored(here).values(CERT), 10), stored(here))
            consumer.stop()
        finally:
            consumer.close()


def main():
    probe = World(populate=False)
    now = probe.now
    probe.close()
    with_old = "old@example.com"
    # their issuer does not matter: the guard looks at the certificate alone
    ca = certs.Authority.create("CN=Old CA", now - 9000 * DAY, now + DAY,
                                key=certs.pool_key("rsa2048", 4))
    old = [certs.make_cert("CN=o", (with_old,), ca, now - 800 * DAY, now - 70 * DAY),
           certs.make_cert("CN=o", (with_old,), ca, now - DAY, now + DAY, key="rsa1024"),
           certs.make_cert("CN=o", ("someone@example.com",), ca, now - DAY, now + DAY)]
    with World(populate=False, config="config", ldif=person(with_old, old)) as w:
        m = Makers(w)
        m.folder = w.path("mail")
        with lc.as_root(w) as root, lc.anonymous(w) as client:
            for run in (lambda: test_refused(root, m), lambda: test_slapd_refuses(root, m),
                        lambda: test_good(root, client, m), lambda: test_domain_entry(root, m),
                        lambda: test_as_it_will_be(root, m),
                        lambda: test_old_values(root, client, m, old),
                        lambda: test_modes(w, root, client, m)):
                with case("went through"):
                    run()
        with case("replicated"):
            test_replicated(m)
    return done()


if __name__ == "__main__":
    sys.exit(main())
