#!/usr/bin/python3
"""Revocation and the end of validity take effect at once: a CRL that is added,
changed, moved, removed or replicated under ou=authorities, chanceryRevoked on the
entry, a certificate that ends while slapd remembers it. Whoever writes a CRL may
take the success of that write as the moment from which nobody is offered the
certificate any more.

run: limit=300
"""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import paths  # noqa: F401
import certs
import ldapclient as lc
import overlayworld
import testcrls
from check import case, check, done, equal, wait_until
from overlayworld import (AUTHORITIES, CERT, CRL, DAY, ISSUING, PUBLISHED, SMIME, SUFFIX,
                          SYNCPROV, SYNCPROV_MODULE, World, person_dn)

SERIALS = (0x1234, 0xF000000000000001, 0x7FFFFFFF, 0x80, (1 << 158) + 5)


class Bench:
    """A world of one CA and a few people, one for each serial number."""

    def __init__(self, w):
        self.w = w
        self.now = w.now
        self.ca = w.authority("issuing")
        self.partner = w.authority("partner")

    def cert(self, mail, **more):
        options = {"first": self.now - DAY, "last": self.now + 30 * DAY, "ca": self.ca}
        options.update(more)
        first, last, ca = (options.pop(n) for n in ("first", "last", "ca"))
        return certs.make_cert(f"CN={mail.split('@')[0]}", (mail,), ca, first, last,
                               **options)

    def crl(self, *serials, ca=None, this=None, last=None, **more):
        ca = ca or self.ca
        return certs.make_crl(ca, [(s, self.now - DAY) for s in serials],
                              this or self.now - DAY, last or self.now + DAY, **more)

    def mail(self, serial):
        return f"serial{serial:x}@example.com"

    def people(self, root):
        for serial in SERIALS:
            mail = self.mail(serial)
            add_person(root, mail, [self.cert(mail, serial=serial)])


def add_person(root, mail, values, signed=(), more=()):
    name = mail.split("@")[0]
    attributes = [("objectClass", ["inetOrgPerson", "chanceryPerson"]), ("cn", [name]),
                  ("sn", [name]), ("mail", [mail])]
    attributes += [(CERT, list(values))] if values else []
    attributes += [(SMIME, list(signed))] if signed else []
    answer = root.add(person_dn(mail), attributes + list(more))
    if answer.code != lc.OK:
        raise AssertionError(f"add {mail}: {answer.code} {answer.text}")


def offered(client, mail):
    answer = client.search(PUBLISHED, lc.SUB, f"(mail={mail})", [CERT, SMIME])
    if answer.code != lc.OK or len(answer.entries) != 1:
        raise AssertionError(f"{mail}: {answer}")
    return len(answer.entries[0].values(CERT))


def well(answer, what):
    equal(what, (answer.code, answer.text), (lc.OK, ""))


def all_offered(name, bench, client, revoked=()):
    got = [s for s in SERIALS if not offered(client, bench.mail(s))]
    equal(name, [hex(s) for s in got], [hex(s) for s in SERIALS if s in revoked])


def test_crl_written(bench, root, client):
    all_offered("no CRL names any", bench, client)
    for serial in SERIALS:
        well(root.replace(ISSUING, CRL, bench.crl(serial)), f"CRL with {serial:#x}")
        all_offered(f"with the write's answer {serial:#x} is gone, others not", bench,
                    client, [serial])
    well(root.replace(ISSUING, CRL, bench.crl(*SERIALS)), "CRL with all")
    all_offered("all are gone", bench, client, SERIALS)
    well(root.replace(ISSUING, CRL, bench.crl()), "empty CRL")
    all_offered("an empty CRL gives them back", bench, client)
    well(root.replace(ISSUING, CRL, bench.crl(SERIALS[0])), "CRL again")
    well(root.modify(ISSUING, [(lc.MOD_DELETE, CRL, [])]), "CRL removed")
    all_offered("a removed CRL revokes nothing", bench, client)
    for name in ("authorityRevocationList;binary", "deltaRevocationList;binary"):
        add = [("objectClass", ["organizationalRole", "pkiCA", "deltaCRL"]),
               ("cn", ["Odd"]), (name, [bench.crl(SERIALS[1])])]
        well(root.add(f"cn=Odd,{AUTHORITIES}", add), f"{name} added")
        all_offered(f"{name} revokes", bench, client, [SERIALS[1]])
        well(root.delete(f"cn=Odd,{AUTHORITIES}"), f"{name} removed")
        all_offered(f"{name} gone", bench, client)


def test_crl_moved(bench, root, client):
    def entry(dn):
        return root.add(dn, [
            ("objectClass", ["organizationalRole", "pkiCA"]),
            ("cn", [dn.split(",")[0][3:]]), (CRL, [bench.crl(SERIALS[2])])])
    elsewhere = f"ou=registry,{SUFFIX}"
    well(entry(f"cn=moving,{elsewhere}"), "CRL in the registry")
    all_offered("a CRL elsewhere revokes nothing", bench, client)
    well(root.rename(f"cn=moving,{elsewhere}", "cn=moving", superior=AUTHORITIES),
         "moved to ou=authorities")
    all_offered("moved in, it revokes", bench, client, [SERIALS[2]])
    well(root.rename(f"cn=moving,{AUTHORITIES}", "cn=renamed"), "renamed")
    all_offered("renamed, it revokes", bench, client, [SERIALS[2]])
    well(root.rename(f"cn=renamed,{AUTHORITIES}", "cn=renamed", superior=elsewhere),
         "moved away")
    all_offered("moved away, it does not", bench, client)
    well(root.delete(f"cn=renamed,{elsewhere}"), "deleted there")
    well(root.add(f"ou=sub,{AUTHORITIES}", [("objectClass", ["organizationalUnit"]),
                                            ("ou", ["sub"])]), "a branch")
    well(entry(f"cn=deep,ou=sub,{AUTHORITIES}"), "CRL in the branch")
    all_offered("below a branch it revokes", bench, client, [SERIALS[2]])
    well(root.delete(f"cn=deep,ou=sub,{AUTHORITIES}"), "deleted there")
    all_offered("deleted, it does not", bench, client)


def test_other_issuers(bench, root, client):
    ca, key = bench.ca.subject, bench.ca.key
    first, last = bench.now - DAY, bench.now + DAY
    s = SERIALS[0]
    well(root.replace(overlayworld.PARTNER, CRL, bench.crl(s, ca=bench.partner)),
         "another CA's CRL")
    all_offered("the same serial number of another CA", bench, client)
    well(root.replace(overlayworld.PARTNER, CRL, bench.crl(ca=bench.partner)), "emptied")
    spaced = testcrls.reencoded(ca, testcrls.UTF8, lambda v: "  " + v.replace(" ", "  "))
    for name, issuer in (
            ("printable strings", testcrls.reencoded(ca, testcrls.PRINTABLE)),
            ("teletex strings", testcrls.reencoded(ca, testcrls.TELETEX)),
            ("BMP strings", testcrls.reencoded(ca, testcrls.BMP)),
            ("capitals", testcrls.reencoded(ca, testcrls.UTF8, str.upper)),
            ("more spaces", spaced)):
        well(root.replace(ISSUING, CRL, testcrls.crl(
            issuer, key, [(s, None, None)], first, last)), f"issuer in {name}")
        all_offered(f"issuer's name in {name}", bench, client, [s])
    well(root.replace(ISSUING, CRL, testcrls.crl(
        testcrls.reencoded(ca, testcrls.UTF8, lambda v: v + "x"), key,
        [(s, None, None)], first, last)), "another name")
    all_offered("another name is another issuer", bench, client)

    indirect = testcrls.crl(bench.partner.subject, bench.partner.key, [
        (SERIALS[3], None, None), (s, None, ca), (SERIALS[1], None, None),
        (SERIALS[2], None, bench.partner.subject)], first, last, indirect=True)
    well(root.replace(ISSUING, CRL, indirect), "indirect CRL")
    all_offered("indirect CRL: from the entry that names the issuer on", bench, client,
                [s, SERIALS[1]])


def test_delta(bench, root, client):
    ca, key = bench.ca.subject, bench.ca.key
    first, last = bench.now - DAY, bench.now + DAY
    base = testcrls.crl(ca, key, [(SERIALS[0], None, None),
                                  (SERIALS[1], "certificate_hold", None)], first, last)
    delta = testcrls.crl(ca, key, [(SERIALS[1], "remove_from_crl", None),
                                   (SERIALS[2], None, None)],
                         first + 60, last, number=2, delta_of=1)
    well(root.replace(ISSUING, CRL, base), "base CRL")
    all_offered("on hold is revoked", bench, client, SERIALS[:2])
    add = [("objectClass", ["organizationalRole", "pkiCA", "deltaCRL"]), ("cn", ["A D"]),
           ("deltaRevocationList;binary", [delta])]
    well(root.add(f"cn=A D,{AUTHORITIES}", add), "delta CRL")
    all_offered("a delta CRL adds one and takes one out", bench, client,
                [SERIALS[0], SERIALS[2]])
    well(root.delete(f"cn=A D,{AUTHORITIES}"), "delta CRL removed")
    all_offered("without it as before", bench, client, SERIALS[:2])
    well(root.replace(ISSUING, CRL, bench.crl()), "empty CRL")


def test_named_on_entry(bench, root, client):
    issuer = certs.name_text(bench.ca.subject)
    for serial in SERIALS:
        dn = person_dn(bench.mail(serial))
        octets = serial.to_bytes((serial.bit_length() + 7) // 8, "big").hex().upper()
        for text in (f'{{ serialNumber {serial}, issuer rdnSequence:"{issuer}" }}',
                     f"{{ issuer rdnSequence:\"{issuer}\", serialNumber {serial} }}",
                     f"{{ serialNumber '{octets}'H, issuer rdnSequence:\"{issuer}\" }}",
                     f'{{ serialNumber {serial}, issuer rdnSequence:'
                     f'"{issuer.upper().replace(",", " , ")}" }}',
                     f"{serial}${issuer}"):
            well(root.replace(dn, "chanceryRevoked", text), f"chanceryRevoked: {text}")
            all_offered(f"revoked by {text}", bench, client, [serial])
        for text in (f'{{ serialNumber {serial + 1}, issuer rdnSequence:"{issuer}" }}',
                     f'{{ serialNumber {serial}, issuer rdnSequence:"cn=x" }}'):
            well(root.replace(dn, "chanceryRevoked", text), f"chanceryRevoked: {text}")
            all_offered(f"not by {text}", bench, client)
        well(root.modify(dn, [(lc.MOD_DELETE, "chanceryRevoked", [])]), "taken back")
    all_offered("taken back, all are offered", bench, client)
    dn, at = person_dn(bench.mail(SERIALS[0])), bench.w.log_size()
    for text in ("nonsense", "{ serialNumber", "{ serialNumber x, issuer rdnSequence:\"c\" }",
                 "{}", "{ serialNumber 1 }", "1$", "$", "{ issuer rdnSequence:\"\" }"):
        well(root.replace(dn, "chanceryRevoked", text), f"chanceryRevoked: {text}")
        all_offered(f"nonsense revokes nothing: {text}", bench, client)
    check("nonsense is logged", 'chanceryRevoked "nonsense" revokes nothing'
          in bench.w.log_since(at), bench.w.log_since(at)[-400:])
    well(root.modify(dn, [(lc.MOD_DELETE, "chanceryRevoked", [])]), "taken back")


def test_stale(bench, root, client):
    at = bench.w.log_size()
    well(root.replace(ISSUING, CRL, bench.crl(SERIALS[0], this=bench.now - 9 * DAY,
                                              last=bench.now - 2 * DAY)), "an old CRL")
    all_offered("past its nextUpdate it stays in use", bench, client, [SERIALS[0]])
    check("and a warning is in the log", "nextUpdate" in bench.w.log_since(at),
          bench.w.log_since(at)[-400:])
    well(root.replace(ISSUING, CRL, bench.crl()), "a fresh one")


def test_broken(bench, root, client):
    """A CRL that cannot be read harms nothing: the others stay in use."""
    good = bench.crl(SERIALS[0])
    well(root.replace(ISSUING, CRL, good), "a good CRL")
    whole = bench.crl(SERIALS[1], SERIALS[2])
    tbs = certs.der_body(certs.der_split(certs.der_body(whole))[0])
    parts = certs.der_split(tbs)
    listed = next(p for p in parts[3:] if p[0] == 0x30)  # revokedCertificates

    def remade(changed):
        new = certs.der(0x30, tbs.replace(listed, changed))
        return certs.der(0x30, new, *certs.der_split(certs.der_body(whole))[1:])
    broken = {
        "serial numbers of no octets": remade(listed.replace(
            certs.der(2, b"\x7f\xff\xff\xff"), certs.der(2, b"") + b"\x04\x02zz")),
        "entries garbled": remade(certs.der(0x30, bytes(
            b ^ 0x55 for b in certs.der_body(listed)))),
        "an entry cut off": remade(certs.der(0x30, certs.der_body(listed)[:-9])),
        "an entry that claims too much": remade(certs.der(0x30, b"\x30\x7f\x02\x01\x01")),
        "cut in the middle": whole[:len(whole) // 2],
        "octets behind it": whole + b"\0",
        "junk": b"\x30\x82\xff\xff" + b"\x30" * 300,
        "empty": b"",
        "a certificate": bench.ca.der,
    }
    noted = []
    for name, value in broken.items():
        at = bench.w.log_size()
        answer = root.add(f"cn=Broken,{AUTHORITIES}", [
            ("objectClass", ["organizationalRole", "pkiCA"]), ("cn", ["Broken"]),
            (CRL, [value])])
        if answer.code != lc.OK:
            noted.append(f"{name} ({answer.code})")
        else:
            check(f"broken CRL: {name}: the log says which and why",
                  "CRL at cn=Broken" in bench.w.log_since(at), bench.w.log_since(at)[-300:])
            all_offered(f"broken CRL: {name}: the good one still holds", bench, client,
                        [SERIALS[0]])
            well(root.delete(f"cn=Broken,{AUTHORITIES}"), f"broken CRL: {name} removed")
    print("note slapd itself refuses:", ", ".join(noted))
    both = root.add(f"cn=Half,{AUTHORITIES}", [
        ("objectClass", ["organizationalRole", "pkiCA"]), ("cn", ["Half"]),
        (CRL, [broken["entries garbled"], bench.crl(SERIALS[3])])])
    if both.code == lc.OK:
        all_offered("a broken and a good one on one entry", bench, client,
                    [SERIALS[0], SERIALS[3]])
        root.delete(f"cn=Half,{AUTHORITIES}")
    well(root.replace(ISSUING, CRL, bench.crl()), "an empty CRL")


def test_large(bench, root, client):
    many = bench.crl(*range(1 << 40, (1 << 40) + 20000), SERIALS[4])
    began = time.monotonic()
    answer = root.replace(ISSUING, CRL, many)
    took = time.monotonic() - began
    well(answer, f"a CRL of {len(many)} octets")
    check("20,000 revoked certificates are read within a second", took < 1, f"{took:.2f} s")
    all_offered("and hold", bench, client, [SERIALS[4]])
    well(root.replace(ISSUING, CRL, bench.crl()), "an empty CRL")


def test_under_load(bench, root, client):
    """Readers meanwhile get one or the other; after the write the new one."""
    stop, faults, asked = threading.Event(), [], [0]

    def load():
        try:
            with lc.anonymous(bench.w) as mine:
                while not stop.is_set():
                    for serial in SERIALS:
                        offered(mine, bench.mail(serial))
                        asked[0] += 1
        except Exception as e:
            faults.append(repr(e))
    threads = [threading.Thread(target=load) for _ in range(3)]
    for t in threads:
        t.start()
    wrong = []
    try:
        for turn in range(60):
            gone = [SERIALS[turn % len(SERIALS)]] if turn % 3 else []
            answer = root.replace(ISSUING, CRL, bench.crl(*gone))
            got = [s for s in SERIALS if not offered(client, bench.mail(s))]
            if answer.code != lc.OK or got != gone:
                wrong.append((turn, answer.code, got, gone))
    finally:
        stop.set()
        for t in threads:
            t.join(30)
    check(f"60 CRLs among {asked[0]} look-ups each hold at once", not wrong and not faults
          and asked[0] > 60, (wrong[:3], faults[:3]))
    well(root.replace(ISSUING, CRL, bench.crl()), "an empty CRL")


def test_status(bench, root):
    well(root.replace(ISSUING, CRL, bench.crl(SERIALS[0])), "CRL")
    answer = root.search(person_dn(bench.mail(SERIALS[0])), lc.BASE, "(objectClass=*)",
                         ["chanceryStatus"])
    lines = answer.entries[0].texts("chanceryStatus")
    check("chanceryStatus says revoked", len(lines) == 1 and "revoked" in lines[0], lines)
    print("note", *lines)
    well(root.replace(ISSUING, CRL, bench.crl()), "an empty CRL")


def until_then(client, mail, seconds):
    """[(before, after, certificates, signed)]: what was offered, and when."""
    seen, deadline = [], time.time() + seconds
    while time.time() < deadline:
        before = time.time()
        answer = client.search(PUBLISHED, lc.SUB, f"(mail={mail})", [CERT, SMIME])
        entry = answer.entries[0]
        seen.append((before, time.time(), len(entry.values(CERT)), len(entry.values(SMIME))))
        time.sleep(0.02)
    return seen


def test_end_while_remembered(bench, root, client):
    """One ends, one begins, while they are asked for all the time."""
    now = int(time.time())
    ends, begins = now + 3, now + 2
    key = certs.pool_key("rsa2048")
    der = bench.cert("ending@example.com", last=ends)
    add_person(root, "ending@example.com", [der], [certs.make_signed(der, key)])
    add_person(root, "beginning@example.com",
               [bench.cert("beginning@example.com", first=begins)])
    add_person(root, "handover@example.com", [
        bench.cert("handover@example.com", last=ends),
        bench.cert("handover@example.com", first=ends + 1, last=ends + 2)])
    logs = {}

    def watch(mail):
        with lc.anonymous(bench.w) as mine:
            logs[mail] = until_then(mine, mail, ends + 2.2 - time.time())
    threads = [threading.Thread(target=watch, args=(m + "@example.com",))
               for m in ("ending", "beginning", "handover")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    # slapd counts whole seconds; a request belongs to the second it came in
    seen = logs["ending@example.com"]
    early = [s for s in seen if s[1] < ends and s[2:] != (1, 1)]
    late = [s for s in seen if s[0] >= ends + 1 and s[2:] != (0, 0)]
    check(f"offered {len([s for s in seen if s[2]])} times until its last second",
          not early and any(s[2:] == (1, 1) for s in seen), early[:3])
    check("not offered after it, certificate and userSMIMECertificate",
          not late and any(s[0] >= ends + 1 for s in seen), late[:3])
    seen = logs["beginning@example.com"]
    early = [s for s in seen if s[1] < begins and s[2]]
    late = [s for s in seen if s[0] >= begins and not s[2]]
    check("not offered before its first second, then offered",
          not early and not late and any(s[2] for s in seen), (early[:3], late[:3]))
    seen = logs["handover@example.com"]
    check("one takes over from the other without a gap",
          all(s[2] == 1 for s in seen), [s for s in seen if s[2] != 1][:3])


def test_restart(bench, root):
    well(root.replace(ISSUING, CRL, bench.crl(SERIALS[1])), "CRL before the restart")


def test_replicated(w):
    bench = Bench(w)
    consumer = overlayworld.consumer_of(w)
    try:
        with lc.as_root(w) as root, lc.as_root(consumer) as here, \
                lc.anonymous(consumer) as client:
            check("the consumer is level", wait_until(
                lambda: overlayworld.context_csn(here) == overlayworld.context_csn(root),
                30))
            well(root.replace(ISSUING, CRL, bench.crl()), "an empty CRL")
            serial = SERIALS[0]

            def gone(s, want):
                return (offered(client, bench.mail(s)) == 0) is want

            for turn in range(4):
                began = time.monotonic()
                well(root.replace(ISSUING, CRL, bench.crl(serial)), f"CRL {turn}")
                check(f"a replicated CRL holds within a second, {turn}",
                      wait_until(lambda: gone(serial, True), 1.0),
                      f"{time.monotonic() - began:.2f} s")
                well(root.modify(ISSUING, [(lc.MOD_DELETE, CRL, [])]), f"no CRL {turn}")
                check(f"and its removal, {turn}", wait_until(lambda: gone(serial, False), 1))
            add = [("objectClass", ["organizationalRole", "pkiCA"]), ("cn", ["More"]),
                   (CRL, [bench.crl(SERIALS[2])])]
            well(root.add(f"cn=More,{AUTHORITIES}", add), "another entry")
            check("a replicated entry with a CRL",
                  wait_until(lambda: gone(SERIALS[2], True), 1))
            well(root.delete(f"cn=More,{AUTHORITIES}"), "deleted")
            check("and its deletion", wait_until(lambda: gone(SERIALS[2], False), 1))
            dn = person_dn(bench.mail(SERIALS[3]))
            issuer = certs.name_text(bench.ca.subject)
            well(root.replace(dn, "chanceryRevoked", f'{{ serialNumber {SERIALS[3]}, '
                              f'issuer rdnSequence:"{issuer}" }}'), "chanceryRevoked")
            check("a replicated chanceryRevoked",
                  wait_until(lambda: gone(SERIALS[3], True), 1))
        consumer.stop()
    finally:
        consumer.close()


def main():
    with World(populate=False, extra_config=SYNCPROV_MODULE, extra_database=SYNCPROV) as w:
        bench = Bench(w)
        with lc.as_root(w) as root, lc.anonymous(w) as client:
            bench.people(root)
            for test in (test_crl_written, test_crl_moved, test_other_issuers, test_delta,
                         test_named_on_entry, test_stale, test_broken, test_large,
                         test_under_load, test_end_while_remembered):
                with case(test.__name__):
                    test(bench, root, client)
            test_status(bench, root)
            test_restart(bench, root)
        w.restart()
        with lc.anonymous(w) as client:
            all_offered("a CRL is read at opening", bench, client, [SERIALS[1]])
        with case("replicated"):
            test_replicated(w)
    return done()


if __name__ == "__main__":
    sys.exit(main())
