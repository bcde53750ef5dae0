#!/usr/bin/python3
"""Bad input: whatever is sent or stored, slapd lives, nobody gets a wrong answer,
and others are served meanwhile. Nested filters, requests cut in half, random octets,
mutated requests, thousands of values, megabytes in one value, certificates and
SignedData garbled inside, abandoned searches, endless lists of attributes.

Everything random comes from one seed, which is printed (SEED= repeats a run).
CHANCERY_LONG=1 garbles 10,000 certificates instead of 1,000, and mutates more.

run: asan limit=900
"""
import datetime
import os
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import paths  # noqa: F401
import ber
import certs
import entries
import ldapclient as lc
import ldapwire
import testcerts
from check import case, check, done, equal, wait_until
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from overlayworld import CERT, DAY, PEOPLE, PUBLISHED, SMIME, SUFFIX, World, person

LONG = bool(os.environ.get("CHANCERY_LONG") or os.environ.get("CHANCERY_CAMPAIGN"))
SEED = int(os.environ.get("SEED") or 20261122)
SLOW = 4 if "asan" in os.environ.get("CHANCERY_BUILD", "") else 1
ANNA = "anna.muster@example.com"
PATIENCE = 5 * SLOW     # seconds somebody else may have to wait for an answer
PRIVATE = re.compile(rb"canary|dc=com|\{ssha\}|userpassword", re.I)


class Others(threading.Thread):
    """Somebody who only wants Anna's certificate, all the time."""

    def __init__(self, w):
        super().__init__(daemon=True)
        self.w, self.ending = w, threading.Event()
        self.asked, self.longest, self.faults = 0, 0.0, []
        self.want = w.cert(ANNA, "good")

    def run(self):
        while not self.ending.is_set():
            try:
                with lc.Client(self.w.port, timeout=60) as client:
                    for _ in range(20):
                        began = time.monotonic()
                        answer = client.search(PUBLISHED, lc.SUB, f"(mail={ANNA})", [CERT])
                        took = time.monotonic() - began
                        self.longest = max(self.longest, took)
                        self.asked += 1
                        got = [e.values(CERT) for e in answer.entries]
                        if answer.code != lc.OK or got != [[self.want]]:
                            self.faults.append(f"{answer.code} {answer.text} {got!r:.80}")
                        if self.ending.wait(0.01):
                            return
            except Exception as e:
                self.faults.append(f"{type(e).__name__}: {e}")
                if self.ending.wait(0.1):
                    return

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join(90)


def served_meanwhile(w, name, run, *arguments):
    """Runs it while others ask; one case for them."""
    began = time.monotonic()
    with Others(w) as others, case(name):
        run(w, *arguments)
        wait_until(lambda: others.asked > 5 or others.faults, 60)
    took = time.monotonic() - began
    check(f"{name}, {took:.1f} s: others got {others.asked} answers, the slowest after "
          f"{others.longest:.2f} s", others.asked > 2 and not others.faults
          and others.longest < PATIENCE, others.faults[:3])
    check(f"{name}: slapd lives", w.process.poll() is None, w.log_text(1000))


def asked(w, octets, timeout=20):
    """Sends octets on a connection of its own; whatever comes until it ends or
    falls silent."""
    heard = b""
    with lc.Client(w.port, timeout=timeout) as client:
        try:
            client.sock.sendall(octets)
            client.sock.settimeout(0.05)
            while True:
                piece = client.sock.recv(1 << 16)
                if not piece:
                    break
                heard += piece
        except OSError:
            pass
    return heard


# --- filters -----------------------------------------------------------------------

def nested(kind, depth, core):
    """The octets of a filter in a filter in ..."""
    out = ldapwire.filter_encode(core, ber.SHORT)
    for level in range(depth):
        tag = {"!": 0xA2, "&": 0xA0, "|": 0xA1}[kind[level % len(kind)]]
        out = ber.SHORT.element(tag, out)
    return out


def test_nested(w):
    anna = f"(mail={ANNA})"
    codes, wrong = {}, []
    for kind in ("!", "&", "|", "&|", "!&", "!|", "&!|!"):
        for depth in (1, 2, 3, 10, 11, 20, 28, 29, 30, 31, 32, 33, 40, 48, 49, 50, 51, 64, 100,
                      255, 500, 999, 1000, 1001, 1200):
            for core in (anna, "(userCertificate=*)", "(nosuch=x)", "(&)"):
                for base in (PUBLISHED, "", SUFFIX):
                    client = lc.anonymous(w)
                    try:
                        answer = client.search(base, lc.SUB, nested(kind, depth, core),
                                               ["mail"], size=5)
                    except (ldapwire.LdapError, OSError) as e:
                        codes["closed"] = codes.get("closed", 0) + 1
                        if depth < 28:
                            wrong.append((kind, depth, core, base, str(e)))
                        continue
                    finally:
                        client.close()
                    codes[answer.code] = codes.get(answer.code, 0) + 1
                    if base == SUFFIX:
                        if answer.entries:
                            wrong.append((kind, depth, core, base, answer))
                        continue
                    nots = sum(kind[n % len(kind)] == "!" for n in range(depth)) % 2
                    if core == anna and answer.code == lc.OK and \
                            answer.mails() != ([] if nots else [ANNA]):
                        wrong.append((kind, depth, core, base, answer))
                    if core == anna and nots and answer.code == lc.SIZE and \
                            ANNA in answer.mails():
                        wrong.append((kind, depth, core, base, answer))
                    if depth < 28 and answer.code not in (lc.OK, lc.SIZE):
                        wrong.append((kind, depth, core, base, answer))
    check("nested filters are answered rightly or refused", not wrong, wrong[:4])
    print("note nested filters: results", codes)


def test_wide(w):
    with lc.anonymous(w) as client:
        for count in (10, 100, 1000, 2000, 2046, 2047, 2048, 2049, 3000, 6000):
            parts = "".join(f"(cn=x{n})" for n in range(count - 1)) + f"(mail={ANNA})"
            for text in (f"(|{parts})", f"(&(|{parts})(userCertificate=*))"):
                answer = client.search(PUBLISHED, lc.SUB, text, ["mail"])
                if count <= 2000:
                    equal(f"an OR of {count}", (answer.code, answer.mails()),
                          (lc.OK, [ANNA]))
                else:
                    check(f"an OR of {count}: right, or a limit that says so",
                          answer.mails() == [ANNA] and answer.code == lc.OK or
                          answer.code == lc.ADMIN_LIMIT and answer.text, answer)


WEIRD = ("", ";", ";;", "cn;", ";binary", "cn;;binary", "cn;binary", "cn;lang-",
         "cn;" + "x" * 3000, "x" * 3000, "userCertificate;binary;binary",
         "userCertificate;;binary", "userCertificate;binary;lang-de", "userCertificate;",
         "userCertificate;lang-de", "userSMIMECertificate;binary;binary",
         "userSMIMECertificate;lang-de;binary", "2.5.4.36;binary", "2.5.4.36.", "2..5",
         "2.5.4.36;BINARY", "9.9.9.9.9", "1." * 200 + "1", "cn ", " cn", "c n", "c\0n",
         "\xff\xfe", "*", "+", "@", "@nosuch", "!", "!nosuch", "-cn", "cn=", "(cn", "anr",
         "proxyAddresses", "mail;binary", "*;binary", "userCertificate:binary")
VALUES = (b"", b"\0", b"\xff\xfe\xfd", b"a\0b", b"\xc3", b"\xed\xa0\x80", b"*", b"(", b")",
          b"\\", b"\\zz", b"x" * 100000, b"@", b"a@", b"@b", b"+@+", b"a+@b", b"a+b+c@d",
          b"\xf0\x9f\x98\x80@\xf0\x9f\x98\x80", "ü@ü.ü".encode(), b"a@" + b"x." * 2000,
          "ｅｘａｍｐｌｅ@ｅｘａｍｐｌｅ．ｃｏｍ".encode(), b" ", b"  a  b  ", b"\t\n",
          b"{ serialNumber 1, issuer \"cn=x\" }", b"smtp:", b"=", b"==")
ASSERTIONS = (0xA3, 0xA5, 0xA6, 0xA8)


def test_weird_filters(w):
    enc, rng, count = ber.SHORT, random.Random(SEED), 0
    with lc.anonymous(w) as client:
        names = WEIRD + ("mail", "cn", "userCertificate", "userSMIMECertificate;binary",
                         "objectClass", "anr", "pgpUserID", "mailNickname")
        for name in names:
            raw = name.encode("latin-1")
            filters = [enc.octets(raw, 0x87)]
            # all values with the names that mean something, some with the others
            for value in VALUES if names.index(name) >= len(WEIRD) else rng.sample(VALUES, 6):
                filters += [enc.sequence(enc.octets(raw), enc.octets(value), tag=tag)
                            for tag in ASSERTIONS]
                other = rng.choice(VALUES)
                for pieces in ([(0x80, value)], [(0x81, value)], [(0x82, value)],
                               [(0x80, value), (0x81, other), (0x81, value), (0x82, other)],
                               [(0x82, value), (0x80, other)], []):
                    filters.append(enc.sequence(enc.octets(raw), enc.sequence(
                        *[enc.octets(v, t) for t, v in pieces]), tag=0xA4))
                filters.append(enc.sequence(enc.octets(raw, 0x81), enc.octets(raw, 0x82),
                                            enc.octets(value, 0x83),
                                            enc.boolean(True, 0x84), tag=0xA9))
                filters.append(enc.sequence(enc.octets(raw, 0x82), enc.octets(value, 0x83),
                                            tag=0xA9))
                filters.append(enc.sequence(enc.octets(value, 0x83), tag=0xA9))
            for octets in filters:
                for wrapped in (octets, enc.element(0xA2, octets)):
                    count += 1
                    try:
                        client.search(PUBLISHED, lc.SUB, wrapped, ["mail"], size=3)
                    except (ldapwire.LdapError, OSError):
                        client.sock.close()
                        client.sock = lc.Client(w.port).sock
                        client.buffer, client.number = b"", 0
        leak = PRIVATE.search(client.heard())
        check(f"{count} filters of odd names and values leak nothing", not leak, leak)


def test_attribute_lists(w):
    with lc.anonymous(w) as client:
        wants = {
            "unknown": [f"noSuch{n}" for n in range(5000)],
            "one, often": ["userCertificate;binary"] * 5000,
            "every spelling, often": ["userCertificate", "USERCERTIFICATE;BINARY", "2.5.4.36",
                                      "userSMIMECertificate", "userSMIMECertificate;binary",
                                      "2.16.840.1.113730.3.1.40;binary", "mail", "*"] * 500,
            "with options": [f"cn;lang-x{n}" for n in range(2000)],
            "classes": ["@inetOrgPerson", "@top", "@nosuch", "!person"] * 500,
            "odd": [n.encode("latin-1") for n in WEIRD] * 20,
            "long": ["x" * 60000, "y" * 60000],
        }
        for name, wanted in wants.items():
            answer = client.search(PUBLISHED, lc.SUB, f"(mail={ANNA})", wanted)
            equal(f"attribute list: {name}: one answer",
                  (answer.code, len(answer.entries)), (lc.OK, 1))
        answer = client.search(PUBLISHED, lc.SUB, f"(mail={ANNA})",
                               wants["every spelling, often"])
        equal("attribute list: each certificate once, by each of its names",
              [len(answer.entries[0].values(n)) for n in (
                  CERT, SMIME, SMIME + ";binary")], [1, 1, 1])
        leak = PRIVATE.search(client.heard())
        check("attribute lists leak nothing", not leak, leak)


# --- the protocol ------------------------------------------------------------------

def good_requests():
    """Whole messages as programs send them."""
    class Paper(lc.Client):
        def __init__(self, wide):
            self.enc, self.number = (ber.WIDE if wide else ber.SHORT), 0
    for wide in (False, True):
        p = Paper(wide)
        enc = p.enc
        yield p.message(enc.sequence(enc.integer(3), enc.octets(""), enc.octets("", 0x80),
                                     tag=ldapwire.BIND))
        for base, scope, text, attributes, controls in (
                (PUBLISHED, 2, f"(mail={ANNA})", [CERT], ()),
                ("", 2, "(|(cn=*mus*)(mail=*mus*)(sn=müller))", ["*", SMIME + ";binary"], ()),
                (f"mail={ANNA},ou=people,{PUBLISHED}", 0, "(objectClass=*)", [], ()),
                (PUBLISHED, 2, "(&(userCertificate=*)(!(cn>=x))(cn:dn:2.4.6.8:=y))", ["+"],
                 (lc.paged(3), lc.matched_values(["(mail=a*)"], False))),
                ("CN=Example Issuing CA,O=Example AG,C=CH", 0, "(objectClass=*)",
                 ["cACertificate"], ()),
                (SUFFIX, 2, "(objectClass=*)", [], (lc.sync(1, False),)),
                (PUBLISHED, 2, "(objectClass=*)", [], (lc.sync(3, False), lc.sort("cn", False))),
                ("", 0, "(objectClass=*)", ["namingContexts"], ())):
            yield p.message(p.search_operation(
                base, scope, ldapwire.filter_encode(text, enc), attributes, 3, 100, 60),
                controls)
        yield p.message(enc.sequence(enc.octets(f"mail={ANNA},ou=people,{PUBLISHED}"),
                                     enc.sequence(enc.octets("cn"), enc.octets("x")),
                                     tag=lc.COMPARE))


def test_half_requests(w):
    """Requests cut anywhere, their connections left open."""
    requests, held = list(good_requests()), []
    try:
        for number, request in enumerate(requests):
            for cut in sorted({1, 2, 3, 5, len(request) // 2, len(request) - 1}):
                client = lc.anonymous(w)
                client.sock.sendall(request[:cut])
                held.append(client)
        with lc.anonymous(w) as client:
            began = time.monotonic()
            answer = client.search(PUBLISHED, lc.SUB, f"(mail={ANNA})", [CERT])
            took = time.monotonic() - began
        check(f"an answer in {took:.3f} s beside {len(held)} half requests",
              answer.code == lc.OK and len(answer.entries) == 1 and took < PATIENCE, answer)
        # they may still be completed
        for client, request in zip(held[::6], requests):
            client.sock.settimeout(10)
            client.sock.sendall(request[1:])
            check("a request sent in two parts is answered", client.sock.recv(1) == b"\x30")
    finally:
        for client in held:
            client.sock.close()


def test_random_octets(w):
    rng, heard = random.Random(SEED + 1), b""
    for n in range(600 if LONG else 150):
        octets = rng.randbytes(rng.choice((1, 7, 64, 300, 5000)))
        if n % 3 == 0:
            octets = b"\x30" + octets
        if n % 3 == 1:
            octets = ber.SHORT.sequence(ber.SHORT.integer(1), octets)
        heard += asked(w, octets)
    leak = PRIVATE.search(heard)
    check("random octets bring nothing out", not leak, leak)


def mutated(rng, octets):
    data = bytearray(octets)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        if not data:
            return bytes(data)
        at = rng.randrange(len(data))
        how = rng.randrange(8)
        if how < 3:
            data[at] ^= 1 << rng.randrange(8)
        elif how == 3:
            data[at] = rng.choice((0, 1, 0x7F, 0x80, 0x84, 0x8F, 0xFF, 0x30, 0xA0, 0x04))
        elif how == 4:
            del data[at:at + rng.choice((1, 2, 10))]
        elif how == 5:
            data[at:at] = rng.randbytes(rng.choice((1, 2, 10)))
        elif how == 6:
            data[at:at] = data[max(0, at - 20):at]
        else:
            data[at:] = b""
    return bytes(data)


def framed(octets):
    """With the outer length made right, so that slapd reads on."""
    found = ber.header(octets, 0, len(octets)) if len(octets) > 6 else None
    return ber.SHORT.element(0x30, octets[found[1]:]) if found else octets


def test_mutants(w):
    rng, requests = random.Random(SEED + 2), list(good_requests())
    count, heard, client = (40000 if LONG else 4000), [], None
    for n in range(count):
        request = rng.choice(requests)
        octets = mutated(rng, request)
        if n % 4:
            try:
                octets = framed(mutated(rng, request))
            except ber.BerError:
                pass
        try:
            if client is None:
                client = lc.Client(w.port, timeout=20)
                client.sock.settimeout(0.002)
            client.sock.sendall(octets)
            piece = client.sock.recv(1 << 18)
            heard.append(piece)
            if not piece:
                raise ConnectionError
        except TimeoutError:
            if n % 50 == 0:     # it may wait for the rest for ever
                client.sock.close()
                client = None
        except OSError:
            client.sock.close()
            client = None
    if client is not None:
        client.sock.close()
    octets = b"".join(heard)
    leak = PRIVATE.search(octets)
    check(f"{count} mutants of good requests bring nothing out ({len(octets)} octets)",
          not leak, leak and octets[max(0, leak.start() - 100):leak.end() + 100])


def test_abandon(w):
    """Searches abandoned, unbound and reset at every moment."""
    rng, everything = random.Random(SEED + 3), "(|(objectClass=*)(userCertificate=*))"
    for n in range(2000 if LONG else 300):
        client = lc.Client(w.port, timeout=20)
        octets = ldapwire.filter_encode(everything, client.enc)
        for _ in range(rng.choice((1, 1, 3, 20))):
            client.send(client.search_operation(PUBLISHED, lc.SUB, octets, []))
        time.sleep(rng.choice((0, 0, 0.0005, 0.002, 0.005)))
        how = n % 5
        if how == 0:
            for number in range(client.number, 0, -1):
                client.abandon(number)
            client.sock.sendall(b"")
            client.close()
        elif how == 1:
            client.drop()
        elif how == 2:
            client.octets()
            client.drop()
        elif how == 3:
            client.close()
        else:
            first = client.number
            client.abandon(first)
            client.sock.sendall(lc.Client.message(
                client, client.search_operation(PUBLISHED, lc.SUB, ldapwire.filter_encode(
                    f"(mail={ANNA})", client.enc), ["mail"])))
            want = client.number
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                message = ber.Reader(client.octets()).inside()
                if message.integer() == want and message.peek() == ldapwire.DONE:
                    break
            else:
                check("after an abandoned search the next one is answered", False)
            client.close()
    check("abandoned and dropped searches", True)


def test_slow_readers(w):
    """Clients that ask for much and do not read hold up nobody."""
    held = []
    try:
        for _ in range(12):
            client = lc.anonymous(w)
            client.sock.setsockopt(lc.socket.SOL_SOCKET, lc.socket.SO_RCVBUF, 4096)
            octets = ldapwire.filter_encode("(objectClass=*)", client.enc)
            for _ in range(30):
                client.send(client.search_operation(PUBLISHED, lc.SUB, octets, []))
            held.append(client)
        time.sleep(0.5)
    finally:
        for client in held:
            client.drop()
    check("slow readers", True)


# --- what is stored ----------------------------------------------------------------

class Stock:
    """Entries that only slapadd brings in, and who must be found all the same."""

    def __init__(self, w):
        self.w, self.rng = w, random.Random(SEED + 4)
        self.ca = w.authority("issuing")
        self.first, self.last = w.now - 100 * DAY, w.now + 300 * DAY
        self.key = certs.pool_key("rsa2048")
        self.garbled, self.junk = {}, {}

    def cert(self, mail, **more):
        return certs.make_cert("CN=x,O=Example AG", (mail,), self.ca,
                               more.pop("first", self.first), more.pop("last", self.last),
                               key=self.key, **more)

    def many_values(self, count):
        """One entry of count certificates, each a second longer than the other."""
        mail = "many@example.com"
        day = self.w.now // DAY * DAY + 400 * DAY
        template = self.cert(mail, serial=0x5A5A5A5A << 64, last=day)
        stamp = time.strftime("%y%m%d%H%M%SZ", time.gmtime(day)).encode()
        assert template.count(stamp) == 1
        values = []
        for n in range(count):
            end = time.strftime("%y%m%d%H%M%SZ", time.gmtime(day + n)).encode()
            serial = ((0x5A5A5A5A << 64) + n).to_bytes(12, "big")
            values.append(template.replace(stamp, end).replace(
                (0x5A5A5A5A << 64).to_bytes(12, "big"), serial))
        self.many = values[-1]
        self.rng.shuffle(values)
        return person(mail, values)

    def large(self):
        """4 MB in one value, beside a good one."""
        big = b"\x30\x84" + (4 << 20).to_bytes(4, "big") + bytes(4 << 20)
        whole = self.cert("large@example.com")
        oversize = self.cert("large@example.com", extensions=(
            ("1.2.3.4", False, certs.der(4, bytes(4 << 20))),))
        self.good_large = whole
        return person("large@example.com", [whole, oversize], [big]) + entries.entry(
            f"pgpCertID=0123456789ABCDEF,ou=keys,{SUFFIX}", ("pgpKeyInfo",),
            [("pgpCertID", "0123456789ABCDEF"), ("pgpKey", "A" * (4 << 20))])

    def garbled_certs(self, count):
        """Wrong behind the issuer: slapd itself reads no further."""
        out = []
        for n in range(count):
            mail = f"garbled{n:05d}@example.com"
            der = self.cert(mail)
            if n % 50:
                der = self.garble(der)
            self.garbled[mail] = der
            out.append(person(mail, [der]))
        return "".join(out)

    def garble(self, der):
        issuer = certs.der_split(certs.der_body(certs.der_split(certs.der_body(der))[0]))[3]
        start = der.index(issuer) + len(issuer)
        data = bytearray(der)
        for _ in range(self.rng.choice((1, 1, 2, 4, 30))):
            at = self.rng.randrange(start, len(data))
            how = self.rng.randrange(4)
            if how == 0:
                data[at] ^= 1 << self.rng.randrange(8)
            elif how == 1:
                data[at] = self.rng.choice((0, 0x7F, 0x80, 0x84, 0xFF, 0x30, 0x02))
            elif how == 2:
                data[at:at + 4] = self.rng.randbytes(min(4, len(data) - at))
            else:
                # a length somewhere, all else as it was
                data[at] = (data[at] + self.rng.choice((1, -1, 10))) % 256
        return bytes(data)

    def junk_signed(self, count):
        out = []
        for n in range(count):
            mail = f"junk{n:04d}@example.com"
            if n % 8 == 0:      # making one takes a process
                whole = certs.make_signed(self.cert(mail), self.key, [self.ca.der])
            value = whole
            if n % 8 == 0:
                owner = mail
            if n % 4:
                value = mutated(self.rng, whole) or b"\0"
            self.junk[mail] = owner
            out.append(person(mail, (), [value], aliases=[owner] if owner != mail else []))
        return "".join(out)

    def load(self, ldif, *options):
        self.w.tool("slapadd", ["-q", *options, "-b", SUFFIX] + self.w.config_arguments(),
                    ldif)


def extension(der, oid):
    """The value of one extension, as octets; None where it is not there."""
    parts = certs.der_split(certs.der_body(certs.der_split(certs.der_body(der))[0]))
    listed = next((p for p in parts if p[0] == 0xA3), None)
    for item in certs.der_split(certs.der_body(certs.der_body(listed))) if listed else ():
        fields = certs.der_split(certs.der_body(item))
        if fields[0] == certs.der_oid(oid):
            return certs.der_body(fields[-1])
    return None


def by_openssl(der):
    """notBefore and notAfter; RuntimeError where OpenSSL does not read it."""
    said = testcerts.openssl("x509", "-inform", "DER", "-noout", "-dates", "-dateopt",
                             "iso_8601", "-pubkey", stdin=der).decode()
    return [datetime.datetime.fromisoformat(t.replace(" ", "T").replace("Z", "+00:00"))
            .timestamp() for t in re.findall(r"not(?:Before|After)=(\S+ \S+Z)", said)]


def acceptable(der, mails, now):
    """A judgement of an offered certificate by other means than core's: None, or
    what is wrong. python3-cryptography reads the certificate, and where it is
    stricter than OpenSSL, that does; three extensions are read here."""
    try:
        try:
            c = x509.load_der_x509_certificate(der)
            first, last = (t.replace(tzinfo=datetime.timezone.utc).timestamp()
                           for t in (c.not_valid_before, c.not_valid_after))
            if c.public_key().key_size < 256:
                return "key"
        except ValueError:
            first, last = by_openssl(der)
        if not first - 60 <= now <= last + 60:
            return f"validity {first} {last}"
        names = extension(der, "2.5.29.17")
        names = [certs.der_body(n).decode("latin-1").lower() for n in
                 certs.der_split(certs.der_body(names)) if n[0] == 0x81] if names else []
        if not set(names) & mails:
            return f"address {names}"
        usage = extension(der, "2.5.29.15")
        if usage and not certs.der_body(usage)[1] & 0x28:
            return "key usage"
        purposes = extension(der, "2.5.29.37")
        if purposes and not {certs.der_oid(o.dotted_string) for o in (
                certs.EXT_USAGES["emailProtection"], certs.EXT_USAGES["any"])} & set(
                    certs.der_split(certs.der_body(purposes))):
            return "extended key usage"
    except Exception as e:
        return f"{type(e).__name__}: {e}"
    return None


def certificates_in(value):
    """Those of a SignedData, read here: [DER]."""
    parts = certs.der_split(certs.der_body(certs.der_body(
        certs.der_split(certs.der_body(value))[1])))
    held = next((p for p in parts if p[0] == 0xA0), None)
    return certs.der_split(certs.der_body(held)) if held else []


def shapes(mail):
    yield f"(mail={mail})", [CERT]
    yield f"(&(userCertificate=*)(mail={mail}))", []
    yield f"(|(cn=*{mail}*)(mail={mail}*))", ["userCertificate", SMIME + ";binary"]
    yield f"(&(mail={mail})(|(userCertificate;binary=*)(userCertificate=*)))", []
    yield f"(&(|(mail={mail}*)(cn=x)(sn=y)))", ["*", SMIME]


def test_garbled(w, stock):
    offered, wrong = 0, []
    began = time.monotonic()
    with lc.anonymous(w) as client:
        for number, (mail, der) in enumerate(stock.garbled.items()):
            got = set()
            for text, wanted in shapes(mail):
                answer = client.search(PUBLISHED, lc.SUB, text, wanted)
                values = [v for e in answer.entries for v in e.values(CERT)]
                got.add(tuple(values))
                if answer.code != lc.OK:
                    wrong.append((mail, text, answer))
            if len(got) != 1:
                wrong.append((mail, "shapes differ", [len(g) for g in got]))
            if number % 50 == 0 and got != {(der,)}:
                wrong.append((mail, "a whole one is not offered"))
            for values in got:
                for value in values:
                    offered += 1
                    problem = acceptable(value, {mail}, w.now)
                    if problem or value != der:
                        wrong.append((mail, problem, value.hex()))
    check(f"{len(stock.garbled)} garbled certificates, {offered} harmless, asked for in "
          f"five ways in {time.monotonic() - began:.0f} s", not wrong and offered > 10,
          [str(x)[:300] for x in wrong[:4]])


def test_junk_signed(w, stock):
    offered, unread, wrong = 0, 0, []
    with lc.anonymous(w) as client:
        for number, (mail, owner) in enumerate(stock.junk.items()):
            answers = [client.search(PUBLISHED, lc.SUB, text, [name])
                       for text, name in ((f"(mail={mail})", SMIME),
                                          (f"(mail={mail})", SMIME + ";binary"))]
            got = [[v for e in a.entries if mail in e.dn or e.dn.startswith(f"mail={mail}")
                    for v in e.values(n)] for a, n in zip(answers, (SMIME, SMIME + ";binary"))]
            if got[0] != got[1]:
                wrong.append((mail, "spellings differ"))
            if number % 4 == 0 and not got[0]:
                wrong.append((mail, "a whole one is not offered"))
            for value in got[0]:
                offered += 1
                problems = [acceptable(c, {mail, owner}, w.now)
                            for c in certificates_in(value)]
                if all(problems):
                    wrong.append((mail, problems))
                try:
                    pkcs7.load_der_pkcs7_certificates(value)
                except ValueError:
                    unread += 1
    print(f"note {unread} of {offered} are damaged beside the certificate in a way that "
          "OpenSSL refuses")
    check(f"{len(stock.junk)} values of userSMIMECertificate, {offered} harmless",
          not wrong and offered > 5, [str(x)[:400] for x in wrong[:4]])


def test_many_values(w, stock, count):
    with lc.Client(w.port, timeout=60) as client:
        times = []
        for _ in range(5):
            began = time.monotonic()
            answer = client.search(PUBLISHED, lc.SUB, "(mail=many@example.com)", [CERT])
            times.append(time.monotonic() - began)
            equal(f"the best of {count} values", [e.values(CERT) for e in answer.entries],
                  [[stock.many]])
        answer = client.search(PUBLISHED, lc.SUB,
                               "(&(mail=many@example.com)(userCertificate=*))", ["mail"])
        equal(f"one of {count} values in a filter", answer.mails(), ["many@example.com"])
        print(f"note {count} values: first answer {times[0] * 1000:.0f} ms, then "
              f"{min(times[1:]) * 1000:.0f} ms")
        check("in time", times[0] < PATIENCE and min(times[1:]) < 1 * SLOW, times)
    with lc.as_root(w) as root:
        answer = root.search(f"mail=many@example.com,{PEOPLE}", lc.BASE, "(objectClass=*)",
                             ["chanceryStatus"])
        lines = answer.entries[0].texts("chanceryStatus") if answer.entries else []
        equal("a line of chanceryStatus for each", len(lines), count)


def test_large(w, stock):
    with lc.Client(w.port, timeout=60) as client:
        answer = client.search(PUBLISHED, lc.SUB, "(mail=large@example.com)",
                               [CERT, SMIME, SMIME + ";binary"])
        equal("beside 4 MB values the good certificate alone is offered",
              [(e.names(), e.values(CERT)) for e in answer.entries],
              [([CERT], [stock.good_large])])
        answer = client.search(PUBLISHED, lc.SUB, "(pgpCertID=0123456789ABCDEF)", ["pgpKey"])
        equal("a 4 MB key is sent whole", [len(e.values("pgpKey")[0]) for e in
                                           answer.entries], [4 << 20])
    with lc.as_root(w, timeout=60) as root:
        for name, value, code in (
                (SMIME, bytes(4 << 20), lc.CONSTRAINT),
                (SMIME, b"\x30\x84\x00\x40\x00\x00" + b"\1" * (4 << 20), lc.CONSTRAINT),
                (CERT, certs.make_cert("CN=x", ("large@example.com",), stock.ca, stock.first,
                                       stock.last, extensions=((
                                           "1.2.3.4", False, certs.der(4, bytes(4 << 20))),)),
                 lc.CONSTRAINT)):
            # slapd knows no equality of octet strings: an add would be error 18
            how = lc.MOD_REPLACE if name == SMIME else lc.MOD_ADD
            answer = root.modify(f"mail=large@example.com,{PEOPLE}", [(how, name, [value])])
            check(f"4 MB for {name} are refused", answer.code == code and answer.text,
                  (answer.code, answer.text))
    with lc.Client(w.port, timeout=20) as client:
        try:
            answer = client.search(PUBLISHED, lc.SUB, "(cn=" + "x" * (4 << 20) + ")")
            check("a 4 MB filter", answer.code != lc.OK, answer)
        except (ldapwire.LdapError, OSError):
            check("a 4 MB filter ends the connection", True)


def resident(w):
    with open(f"/proc/{w.process.pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) // 1024


def main():
    print(f"note seed {SEED}")
    w = World(extra_config="maxfilterdepth 2000\n")
    try:
        w.build()
        stock = Stock(w)
        count, values = (10000 if LONG else 1000), 5000
        stock.load(stock.many_values(values) + stock.large())
        stock.load(stock.garbled_certs(count) + stock.junk_signed(400 if LONG else 160), "-s")
        w.start()
        before = resident(w)
        for name, run, *arguments in (
                ("nested filters", test_nested), ("wide filters", test_wide),
                ("odd filters", test_weird_filters), ("attribute lists", test_attribute_lists),
                ("half requests", test_half_requests), ("random octets", test_random_octets),
                ("mutants", test_mutants), ("abandon", test_abandon),
                ("slow readers", test_slow_readers),
                ("garbled certificates", test_garbled, stock),
                ("junk in userSMIMECertificate", test_junk_signed, stock),
                ("many values", test_many_values, stock, values),
                ("large values", test_large, stock)):
            served_meanwhile(w, name, run, *arguments)
        print(f"note slapd's memory: {before} MB before, {resident(w)} MB after")
        log = w.log_since(0)
        spoken = re.search(r"AddressSanitizer|runtime error:|[Aa]ssertion `|Segmentation", log)
        check("no sanitizer and no assertion spoke", not spoken,
              spoken and log[max(0, spoken.start() - 200):spoken.start() + 1500])
        with case("slapd ends as it should"):
            w.stop()
    finally:
        w.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
