#!/usr/bin/python3
"""Which certificates are offered, and in which order: the truth table of
validity, key usage, extended key usage, address, key, revocation, number of
certificates and userSMIMECertificate, at one fixed moment (faketime stops slapd's
clock). What is wanted stands in the table, or follows from what was put into the
certificate, never from what Chancery reads out of it.

The same table must be answered from slapd.conf and cn=config, with best and all,
after slapadd without the overlay, on a syncrepl consumer, and while the
configuration is changed under load.

run: limit=600
"""
import itertools
import os
import sys
import threading
import time
from dataclasses import dataclass, field

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import paths
import certs
import entries
import ldapclient as lc
import overlayworld
from check import case, check, done, equal, skip, wait_until
from certs import AGREE, BOTH, ENCRYPT, SIGN
from overlayworld import (AUTHORITIES, CERT, DAY, PUBLISHED, SMIME, SUFFIX, SYNCPROV,
                          SYNCPROV_MODULE, World, person)

# libfaketime and AddressSanitizer do not work in one process: there the clock is
# the real one, and rows that depend on the second are left out.
SANITIZED = "asan" in paths.BUILD
NOW = int(time.time()) if SANITIZED else 1907755200     # 2030-06-15 12:00:00 UTC
ME = "{me}"             # stands for the row's own address
YEAR = 365 * DAY


@dataclass
class Cert:
    """What is put into one certificate; times in seconds from NOW."""
    first: int = -YEAR
    last: int = YEAR
    ku: tuple = BOTH
    eku: tuple = ("emailProtection",)
    to: tuple = (ME,)
    key: str = "rsa2048"
    revoked: str = ""               # "crl" or "own"
    subject: str = "CN=Somebody,O=Example AG,C=CH"
    more: dict = field(default_factory=dict)


def C(first=-YEAR, last=YEAR, **more):
    return Cert(first, last, **more)


@dataclass
class Row:
    name: str
    certs: dict                     # label: Cert, or octets
    want: str                       # labels, best first
    signed: dict = field(default_factory=dict)  # label: list of Cert, or octets
    want_signed: str = ""
    aliases: tuple = ()
    number: int = 0

    @property
    def mail(self):
        return f"row{self.number:04d}@example.com"


def one(name, cert, good):
    return Row(name, {"a": cert}, "a" if good else "")


UPN = "1.3.6.1.4.1.311.20.2.3"     # userPrincipalName, of Windows logins


def utf8(text):
    return certs.der(0x0C, text.encode())


HAND = [
    # validity, to the second: notBefore and notAfter both belong to it
    one("usual", C(), True),
    one("ended a year ago", C(-2 * YEAR, -YEAR), False),
    one("ended a second ago", C(last=-1), False),
    one("ends this very second", C(last=0), True),
    one("ends in a second", C(last=1), True),
    one("begins this very second", C(0), True),
    one("begins in a second", C(1), False),
    one("begins next year", C(YEAR, 2 * YEAR), False),
    one("ends after 2050", C(last=30 * YEAR), True),
    one("began before 2000", C(-31 * YEAR), True),
    # key usage
    one("no key usage", C(ku=None), True),
    one("for signatures", C(ku=SIGN), False),
    one("for key encipherment", C(ku=ENCRYPT), True),
    one("for data encipherment", C(ku=("dataEncipherment",)), False),
    one("for non-repudiation", C(ku=("nonRepudiation",)), False),
    one("all of a person's usages", C(ku=(
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment")), True),
    one("RSA for key agreement", C(ku=("keyAgreement",)), False),
    one("key usage not critical", C(more={"key_usage_critical": False}), True),
    one("EC for key agreement", C(key="ec256", ku=AGREE), True),
    one("EC for key encipherment", C(key="ec256", ku=ENCRYPT), False),
    one("EC for signatures", C(key="ec256", ku=SIGN), False),
    one("EC encipher only", C(key="ec256", ku=("keyAgreement", "encipherOnly")), True),
    one("EC decipher only", C(key="ec256", ku=("keyAgreement", "decipherOnly")), False),
    one("EC without key usage", C(key="ec256", ku=None), True),
    # extended key usage
    one("no extended usage", C(eku=None), True),
    one("any extended usage", C(eku=("any",)), True),
    one("mail and login", C(eku=("clientAuth", "emailProtection", "smartcardLogon")), True),
    one("login", C(eku=("clientAuth", "smartcardLogon")), False),
    one("server", C(eku=("serverAuth",)), False),
    one("code signing", C(eku=("codeSigning",)), False),
    one("files", C(eku=("encryptingFileSystem",)), False),
    one("an unknown usage", C(eku=("1.2.3.4.5",)), False),
    one("an unknown usage and mail", C(eku=("1.2.3.4.5", "emailProtection")), True),
    one("neither usage", C(ku=None, eku=None), True),
    one("critical extended usage", C(more={"eku_critical": True}), True),
    # address
    one("somebody else's address", C(to=("other@example.com",)), False),
    one("among others'", C(to=("a@example.com", ME, "b@example.com")), True),
    one("in capitals", C(to=("{ME}",)), True),
    one("of another domain", C(to=("{local}@example.org",)), False),
    one("of a subdomain", C(to=("{local}@mail.example.com",)), False),
    one("with something before", C(to=("x{me}",)), False),
    one("with something behind", C(to=("{me}.org",)), False),
    Row("an alias of the entry", {"a": C(to=("second.{me}",))}, "a",
        aliases=("second.{me}",)),
    one("no address at all", C(to=()), False),
    one("in the subject alone", C(to=(), subject="CN=x,E={me}"), True),
    one("somebody else's in the subject", C(to=(), subject="CN=x,E=o@example.com"), False),
    one("in the subject, others' beside", C(to=("o@example.com",), subject="CN=x,E={me}"),
        False),
    one("in the subject, a dNSName beside", C(to=(), subject="CN=x,E={me}",
                                              more={"dns": ("www.example.com",)}), False),
    one("as common name alone", C(to=(), subject="CN={me}"), False),
    one("the domain as dNSName", C(to=(), more={"dns": ("example.com",)}), False),
    one("as user principal name alone", C(to=(), more={
        "other_names": ((UPN, utf8("{me}")),)}), False),
    one("beside a user principal name", C(more={
        "other_names": ((UPN, utf8("x@corp.local")),)}), True),
    one("subjectAltName critical, no subject", C(subject="", more={"san_critical": True}),
        True),
    # key
    one("RSA 1024", C(key="rsa1024"), False),
    one("RSA 2047", C(key="rsa2047"), False),
    one("RSA 3072", C(key="rsa3072"), True),
    one("RSA 4096", C(key="rsa4096"), True),
    one("P-384", C(key="ec384", ku=AGREE), True),
    one("P-521", C(key="ec521", ku=AGREE), True),
    one("brainpool P256", C(key="brainpool256", ku=AGREE), True),
    one("P-192", C(key="ec192", ku=AGREE), False),
    one("P-224", C(key="ec224", ku=AGREE), False),
    one("secp256k1", C(key="ec256k1", ku=AGREE), False),
    one("Ed25519", C(key="ed25519", ku=None), False),
    one("Ed448", C(key="ed448", ku=None), False),
    one("DSA", C(key="dsa2048", ku=None), False),
    # authority, unknown extensions, signature (a weak one is the guard's business)
    one("of an authority", C(more={"authority": True}), False),
    one("basic constraints without authority", C(more={"basic_constraints": True}), True),
    one("no basic constraints", C(more={"basic_constraints": False}), True),
    one("unknown extension", C(more={"extensions": (("1.2.3.4.6", False, b"\x05\x00"),)}),
        True),
    one("unknown critical extension", C(more={
        "extensions": (("1.2.3.4.6", True, b"\x05\x00"),)}), False),
    one("signed with RSA-PSS", C(more={"sig_hash": "pss-sha256"}), True),
    # revoked
    one("in a CRL", C(revoked="crl"), False),
    one("in chanceryRevoked", C(revoked="own"), False),
    one("in both", C(revoked="both"), False),
    one("in a CRL, and expired", C(last=-DAY, revoked="crl"), False),
    one("serial number revoked by another CA", C(revoked="other"), True),
    one("chanceryRevoked of another CA", C(revoked="own other"), True),
    # how many
    Row("none", {}, ""),
    Row("two, the longer first", {"a": C(last=YEAR), "b": C(last=2 * YEAR)}, "b a"),
    Row("two, stored the other way", {"a": C(last=2 * YEAR), "b": C(last=YEAR)}, "a b"),
    Row("two that end together, the newer first",
        {"a": C(-300 * DAY), "b": C(-30 * DAY)}, "b a"),
    Row("one for signing, one for encrypting", {"s": C(ku=SIGN), "e": C(ku=ENCRYPT)}, "e"),
    Row("expired, good", {"x": C(last=-DAY), "a": C()}, "a"),
    Row("good, future one longer", {"a": C(), "f": C(DAY, 3 * YEAR)}, "a"),
    Row("revoked one longer", {"r": C(last=3 * YEAR, revoked="crl"), "a": C()}, "a"),
    Row("weak one longer", {"w": C(last=3 * YEAR, key="rsa1024"), "a": C()}, "a"),
    Row("RSA and EC", {"a": C(last=100), "b": C(last=200, key="ec256", ku=AGREE)}, "b a"),
    Row("as a card has them: expired, signing, older, newer",
        {"x": C(-3 * YEAR, -DAY), "s": C(ku=SIGN), "o": C(-2 * YEAR, YEAR // 2), "n": C()},
        "n o"),
    Row("ten years' worth", {f"y{n}": C((n - 12) * YEAR - 1, (n - 9) * YEAR - 1)
                             for n in range(12)}, "y11 y10"),
    Row("twelve that all hold", {f"d{n:02d}": C(last=(n + 1) * DAY) for n in range(12)},
        " ".join(f"d{n:02d}" for n in reversed(range(12)))),
    Row("garbled beside a good one", {"g": b"garbled", "a": C()}, "a"),
    Row("only garbled", {"g": b"garbled"}, ""),
    # userSMIMECertificate
    Row("signed, good", {"a": C()}, "a", {"s": [C()]}, "s"),
    Row("signed, expired", {"a": C()}, "a", {"s": [C(last=-DAY)]}),
    Row("signed, ends this very second", {}, "", {"s": [C(last=0)]}, "s"),
    Row("signed, future", {"a": C()}, "a", {"s": [C(DAY)]}),
    Row("signed, revoked by CRL", {"a": C()}, "a", {"s": [C(revoked="crl")]}),
    Row("signed, revoked on the entry", {"a": C()}, "a", {"s": [C(revoked="own")]}),
    Row("signed, of somebody else", {"a": C()}, "a", {"s": [C(to=("o@example.com",))]}),
    Row("signed, for signatures", {"a": C()}, "a", {"s": [C(ku=SIGN)]}),
    Row("signed, weak", {"a": C()}, "a", {"s": [C(key="rsa1024")]}),
    Row("signed by one for signatures, one for encrypting inside", {}, "",
        {"s": [C(ku=SIGN), C(ku=ENCRYPT)]}, "s"),
    Row("signed, expired outside, good inside", {}, "", {"s": [C(last=-DAY), C()]}, "s"),
    Row("signed, nothing but an authority's", {}, "", {"s": [C(more={"authority": True})]}),
    Row("signed, good, alone", {}, "", {"s": [C()]}, "s"),
    Row("two signed", {}, "", {"s": [C(last=100)], "t": [C(last=200)]}, "t s"),
    Row("two signed, one expired", {}, "", {"s": [C(last=100)], "t": [C(last=-1)]}, "s"),
    Row("signed: junk", {"a": C()}, "a", {"s": b"junk"}),
    Row("signed: junk beside a good one", {}, "", {"j": b"\x30\x03junk", "s": [C()]}, "s"),
    Row("signed: a bare certificate", {"a": C()}, "a", {"s": C()}),
]

# Every combination of these, each wanted only where all parts are good.
PRODUCT = {
    "validity": {"past": (-YEAR, -DAY), "now": (-YEAR, YEAR), "future": (DAY, YEAR)},
    "usage": {"none": None, "both": BOTH, "encrypt": ENCRYPT, "sign": SIGN},
    "extended": {"none": None, "mail": ("emailProtection",), "login": ("clientAuth",)},
    "address": {"own": (ME,), "alias": ("second.{me}",), "other": ("o@example.com",)},
    "key": {"rsa2048": "rsa2048", "rsa1024": "rsa1024", "ec256": "ec256"},
    "revoked": {"no": "", "crl": "crl", "own": "own"},
}


def product_rows():
    for names in itertools.product(*PRODUCT.values()):
        v, u, x, a, k, r = names
        ku = PRODUCT["usage"][u]
        if k == "ec256" and ku and "keyEncipherment" in ku:
            ku = AGREE if u == "both" else ("keyAgreement",)
        good = (v == "now" and u != "sign" and x != "login" and a != "other"
                and k != "rsa1024" and r == "no")
        cert = Cert(*PRODUCT["validity"][v], ku=ku, eku=PRODUCT["extended"][x],
                    to=PRODUCT["address"][a], key=k, revoked=r)
        yield Row(" ".join(f"{d} {n}" for d, n in zip(PRODUCT, names)), {"a": cert},
                  "a" if good else "", aliases=("second.{me}",))


def sharp(row):
    """Whether its answer changes within minutes of NOW."""
    return any(isinstance(c, Cert) and (abs(c.first) < 3600 or abs(c.last) < 3600)
               for held in (row.certs, row.signed) for value in held.values()
               for c in (value if isinstance(value, list) else [value]))


if SANITIZED:
    HAND = [row for row in HAND if not sharp(row)]


def rows():
    out = HAND + list(product_rows())
    for number, row in enumerate(out):
        row.number = number
    return out


def clock():
    return {} if SANITIZED else overlayworld.stopped_clock(NOW)


# --- making what the table says ------------------------------------------------

class Maker:
    """Certificates of the table, its CA, CRL and LDIF."""

    def __init__(self):
        first, last = NOW - 40 * YEAR, NOW + 40 * YEAR
        self.ca = certs.Authority.create("CN=Table CA,O=Example AG,C=CH", first, last,
                                         key=certs.pool_key("rsa2048", 1))
        self.other = certs.Authority.create("CN=Other CA,O=Example AG,C=CH", first, last,
                                            key=certs.pool_key("rsa2048", 2))
        self.revoked, self.revoked_by_other = [], []
        self.serial = 0x100000

    def cert(self, row, spec, own):
        if isinstance(spec, bytes):
            return spec
        local = row.mail.split("@")[0]

        def fill(text):
            return (text.replace("{me}", row.mail).replace("{ME}", row.mail.upper())
                    .replace("{local}", local))
        self.serial += 1
        more = dict(spec.more)
        if "other_names" in more:
            more["other_names"] = tuple(
                (oid, utf8(row.mail) if value == utf8("{me}") else value)
                for oid, value in more["other_names"])
        der = certs.make_cert(
            fill(spec.subject), tuple(fill(a) for a in spec.to), self.ca,
            NOW + spec.first, NOW + spec.last, key=certs.pool_key(spec.key),
            key_usage=spec.ku, eku=spec.eku, serial=self.serial, **more)
        if spec.revoked in ("crl", "both"):
            self.revoked.append((self.serial, NOW - DAY))
        if spec.revoked == "other":
            self.revoked_by_other.append((self.serial, NOW - DAY))
        if spec.revoked.startswith("own") or spec.revoked == "both":
            ca = self.other if spec.revoked == "own other" else self.ca
            own.append(f'{{ serialNumber {self.serial}, issuer rdnSequence:'
                       f'"{certs.name_text(ca.subject)}" }}')
        return der

    def garbled(self, row):
        der = bytearray(self.cert(row, C(), []))
        at = der.index(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")  # the key's algorithm
        der[at + 11:at + 60] = b"\xff" * 49
        return bytes(der)

    def signed(self, row, specs, own):
        if isinstance(specs, bytes):
            return specs
        if isinstance(specs, Cert):
            return self.cert(row, specs, own)
        made = [self.cert(row, s, own) for s in specs]
        return certs.make_signed(made[0], certs.pool_key(specs[0].key),
                                 made[1:] + [self.ca.der])

    def ldif(self, table):
        out, wanted = "", {}
        for row in table:
            own = []
            made = {label: self.garbled(row) if spec == b"garbled"
                    else self.cert(row, spec, own) for label, spec in row.certs.items()}
            signed = {label: self.signed(row, s, own) for label, s in row.signed.items()}
            wanted[row.mail] = ([made[label] for label in row.want.split()],
                                [signed[label] for label in row.want_signed.split()])
            out += person(row.mail, made.values(), signed.values(),
                          aliases=[a.replace("{me}", row.mail) for a in row.aliases],
                          more=[("chanceryRevoked", v) for v in own])
        for ca, revoked in ((self.ca, self.revoked), (self.other, self.revoked_by_other)):
            cn = certs.name_text(ca.subject).split(",")[0][3:]
            out += entries.entry(
                f"cn={cn},{AUTHORITIES}", ("organizationalRole", "pkiCA"),
                [("cn", cn), ("cACertificate;binary", ca.der),
                 ("certificateRevocationList;binary",
                  certs.make_crl(ca, revoked, NOW - DAY, NOW + DAY))])
        return out, wanted


# --- asking ----------------------------------------------------------------------

def wanted_of(wanted, row, publish):
    best, signed = wanted[row.mail]
    return (best, signed) if publish == "all" else (best[:1], signed[:1])


def ask(client, row, base=PUBLISHED):
    answer = client.search(base, lc.SUB, f"(mail={row.mail})", [CERT, SMIME])
    if answer.code != lc.OK or len(answer.entries) != 1:
        raise AssertionError(f"{row.name}: {answer}")
    return answer.entries[0].values(CERT), answer.entries[0].values(SMIME)


def differences(client, table, wanted, publish, base=PUBLISHED):
    return [f"{row.name}: got {tuple(map(len, got))}, wanted {tuple(map(len, want))}"
            + ("" if tuple(map(len, got)) != tuple(map(len, want)) else ", another order")
            for row in table for got, want in [(ask(client, row, base),
                                                wanted_of(wanted, row, publish))]
            if (list(got[0]), list(got[1])) != want]


def test_answers(label, w, table, wanted, publish):
    """One case a row of the hand-made table, one for the whole product."""
    with lc.anonymous(w) as client:
        for row in table[:len(HAND)]:
            wrong = differences(client, [row], wanted, publish)
            check(f"{label}, {publish}: {row.name}", not wrong, wrong)
        wrong = differences(client, table[len(HAND):], wanted, publish)
        check(f"{label}, {publish}: {len(table) - len(HAND)} combinations", not wrong,
              f"{len(wrong)} wrong: {wrong[:10]}")


def test_filters(label, w, table, wanted):
    """(userCertificate=*) holds where one is published, its negation elsewhere."""
    with lc.anonymous(w) as client:
        for column, name in enumerate(("userCertificate", "userSMIMECertificate")):
            wrong = []
            for row in table:
                has = bool(wanted[row.mail][column])
                for text, want in ((f"(&(mail={row.mail})({name}=*))", has),
                                   (f"(&({name};binary=*)(mail={row.mail}))", has),
                                   (f"(&(mail={row.mail})(!({name}=*)))", not has)):
                    answer = client.search(PUBLISHED, lc.SUB, text, ["1.1"])
                    if answer.code != lc.OK or bool(answer.entries) != want:
                        wrong.append((row.name, text, answer))
            check(f"{label}: {name} in filters of {len(table)} rows", not wrong, wrong[:4])
        for row in table[:len(HAND)]:
            best = wanted[row.mail][1]
            spelled = client.search(PUBLISHED, lc.SUB, f"(mail={row.mail})",
                                    ["userSMIMECertificate;binary", "usercertificate"])
            got = spelled.entries[0]
            if got.values("userSMIMECertificate;binary") != best[:1] or \
                    got.values("userCertificate;binary") != wanted[row.mail][0][:1]:
                check(f"{label}: other spellings: {row.name}", False, got)
        check(f"{label}: other spellings were asked", True)


# --- the configuration changes ---------------------------------------------------

def overlay_dn(root, database):
    answer = root.search(f"olcDatabase={database},cn=config", lc.ONE,
                         "(objectClass=olcChanceryConfig)", ["1.1"])
    return answer.entries[0].dn


def test_change_under_load(w, table, wanted):
    some = table[:len(HAND)]
    stop, faults, asked = threading.Event(), [], [0]

    def load(number):
        try:
            with lc.anonymous(w) as client:
                while not stop.is_set():
                    for row in some:
                        got = ask(client, row)
                        asked[0] += 1
                        either = [wanted_of(wanted, row, p) for p in ("best", "all")]
                        if (list(got[0]), list(got[1])) not in either:
                            faults.append(f"{row.name}: {tuple(map(len, got))}")
                        if stop.is_set():
                            return
        except Exception as e:
            faults.append(f"reader {number}: {type(e).__name__}: {e}")

    threads = [threading.Thread(target=load, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    try:
        with lc.as_root(w) as root, lc.anonymous(w) as client:
            db, front = overlay_dn(root, "{1}mdb"), overlay_dn(root, "{-1}frontend")
            for turn in range(6):
                publish = ("all", "best")[turn % 2]
                changed = root.replace(db, "olcChanceryPublish", publish)
                equal(f"change {turn}: to {publish}", (changed.code, changed.text),
                      (lc.OK, ""))
                wrong = differences(client, some, wanted, publish)
                check(f"change {turn}: {publish} holds at once", not wrong, wrong[:5])
            changed = root.modify(db, [(lc.MOD_DELETE, "olcChanceryPublish", [])])
            equal("change: back to the default", changed.code, lc.OK)
            new = "o=new base"
            for turn in range(3):
                changed = root.modify(front, [(lc.MOD_ADD, "olcChanceryBase", [
                    f'"{new}" "{SUFFIX}"'])])
                equal(f"change: a base added, {turn}", (changed.code, changed.text),
                      (lc.OK, ""))
                wrong = differences(client, some, wanted, "best", new)
                check(f"change: it answers at once, {turn}", not wrong, wrong[:5])
                changed = root.modify(front, [(lc.MOD_DELETE, "olcChanceryBase", [
                    f'{{1}}"{new}" "{SUFFIX}"'])])
                equal(f"change: and taken away, {turn}", (changed.code, changed.text),
                      (lc.OK, ""))
                equal(f"change: then it is not there, {turn}",
                      client.search(new, lc.SUB, "(mail=*)").code, lc.NO_OBJECT)
    finally:
        stop.set()
        for t in threads:
            t.join(60)
    check(f"change: {asked[0]} answers meanwhile were all of one kind or the other",
          not faults and asked[0] > 100, faults[:5])


# --- all of it ---------------------------------------------------------------------

def main():
    if overlayworld.faketime_library() is None and not SANITIZED:
        skip("truth table", "libfaketime is not installed")
        return done()
    table = rows()
    maker = Maker()
    ldif, wanted = maker.ldif(table)
    print(f"note {len(table)} rows, {maker.serial - 0x100000} certificates")
    options = {"populate": False, "now": NOW, "ldif": ldif,
               "env": clock(), "extra_config": SYNCPROV_MODULE}

    with case("slapd.conf"), World(extra_database=SYNCPROV, **options) as w:
        test_answers("slapd.conf", w, table, wanted, "best")
        test_filters("slapd.conf", w, table, wanted)
        with case("syncrepl"):
            consumer = overlayworld.consumer_of(
                w, now=NOW, env=clock())
            try:
                with lc.as_root(w) as there, lc.as_root(consumer) as here:
                    csn = overlayworld.context_csn(there)
                    check("syncrepl: the consumer is level",
                          wait_until(lambda: overlayworld.context_csn(here) == csn, 60))
                test_answers("syncrepl", consumer, table, wanted, "best")
                consumer.stop()
            finally:
                consumer.close()
    with case("slapd.conf, all"), World(extra_database="chancery-publish all\n",
                                        **options) as w:
        test_answers("slapd.conf", w, table, wanted, "all")
    with case("cn=config"), World(config="config", **options) as w:
        test_answers("cn=config", w, table, wanted, "best")
        test_change_under_load(w, table, wanted)
    with case("loaded without the overlay"):
        w = World(overlay=False, **options)
        try:
            w.build()
            w.overlay = True
            w.write_config()
            w.start()
            test_answers("loaded without the overlay", w, table, wanted, "best")
            w.stop()
        finally:
            w.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
