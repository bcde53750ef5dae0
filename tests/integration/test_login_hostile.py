#!/usr/bin/python3
"""Logging in where the company's directory hangs, refuses, lies, or is somebody else:
each ends within 10 s with a sentence, and no password reaches what was not checked.

run: limit=400
"""
import concurrent.futures
import contextlib
import os
import random
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from check import case, check, done, equal  # noqa: E402
from clerkworld import ClerkWorld, clerk_log  # noqa: E402
import certs  # noqa: E402
import falsedirectory as false  # noqa: E402
from falsedirectory import Directory, FalseDirectory, entry, result  # noqa: E402
from overlayworld import DAY  # noqa: E402

LIMIT = 10.0
GOOD = "right"


# --- servers ----------------------------------------------------------------------------

class Certificates:
    """A CA, and server certificates of it that are right and wrong."""

    def __init__(self, w):
        self.w = w
        now = int(time.time())
        self.ca = certs.Authority.create("CN=False TLS CA", now - 40 * DAY, now + 40 * DAY,
                                         key=certs.new_key("ec256"))
        self.ca_file = self._write("false-ca.pem", certs.pem(self.ca.der))
        here = sorted({"localhost", socket.gethostname(), socket.getfqdn()})
        self.good = self._make("good", here, now - DAY, now + DAY)
        self.other_name = self._make("other", ["dc1.elsewhere.example"], now - DAY, now + DAY)
        self.expired = self._make("expired", here, now - 30 * DAY, now - DAY)
        self.early = self._make("early", here, now + DAY, now + 30 * DAY)
        stranger = certs.Authority.create("CN=False TLS CA", now - DAY, now + DAY,
                                          key=certs.new_key("ec256"))
        self.strangers = self._make("stranger", here, now - DAY, now + DAY, stranger)

    def _write(self, name, data):
        path = self.w.path("tls", name)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return path

    def _make(self, name, dns, first, last, ca=None):
        key = certs.new_key("ec256")
        der = certs.make_cert("CN=" + dns[0], (), ca or self.ca, first, last, key=key,
                              key_usage=certs.SIGN, eku=("serverAuth",), dns=dns)
        return false.context(self._write(name + ".pem", certs.pem(der)),
                             self._write(name + ".key", certs.key_pem(key)))


class Silent(Directory):
    def connected(self, _sock):
        return self.HANG


class Closing(Directory):
    def connected(self, sock):
        sock.close()


class SilentAt(Directory):
    """Good until it says nothing any more: at bind (of the reader or of the person), or
    at a search."""

    def __init__(self, at):
        self.at = at

    def bind(self, dn, password):
        if self.at == "bind" or (self.at == "login" and dn == self.PERSON):
            return self.HANG
        return super().bind(dn, password)

    def search(self, who, base, scope):
        if self.at == "search" or (self.at == "own" and who == self.PERSON):
            return self.HANG
        return super().search(who, base, scope)


class Endless(Directory):
    """Entries without end."""

    def search(self, who, base, scope):
        return [entry(f"cn=x{n},{self.BASE}", self.person()) for n in range(20000)]


class AnswersBind(Directory):
    def __init__(self, code, text="", whose=None, referral=()):
        self.code, self.text, self.whose, self.referral = code, text, whose, referral

    def bind(self, dn, password):
        if dn == (self.whose or self.PERSON):
            return [result(false.BIND_ANSWER, self.code, self.text, self.referral)]
        return super().bind(dn, password)


class AnswersSearch(Directory):
    """operations: of a search; own: only of the one that the person makes."""

    def __init__(self, operations, own=False):
        self.operations, self.own = operations, own

    def search(self, who, base, scope):
        if (who == self.PERSON) == self.own:
            return self.operations
        return super().search(who, base, scope)


class LetsEverybodyIn(Directory):
    def bind(self, dn, password):
        return [result(false.BIND_ANSWER, false.SUCCESS)]


class LetsInAsAnother(LetsEverybodyIn):
    def search(self, who, base, scope):
        if who != self.PERSON:
            return super().search(who, base, scope)
        other = {**self.person(), "objectGUID": [bytes(16)], "mail": [b"boss@example.com"]}
        return [entry(self.PERSON, other), result(false.DONE, false.SUCCESS)]


class LetsInAsNobody(LetsEverybodyIn):
    def search(self, who, base, scope):
        if who != self.PERSON:
            return super().search(who, base, scope)
        return [result(false.DONE, false.SUCCESS)]


class RefusesStartTls(Directory):
    def start_tls(self):
        return [result(false.EXTENDED_ANSWER, 2, "no TLS here")]


class ClosesAtStartTls(Directory):
    def start_tls(self):
        return None


# --- one login ---------------------------------------------------------------------------

def attempt(w, port, name, word, *, scheme="ldaps", ca=None, user="anna", password=GOOD, words=""):
    """Logs in at this server; the answer, after it was held against what is wanted."""
    w.services.restart("clerk", company=f"{scheme}://localhost:{port}", company_ca=ca,
                       company_start_tls="on" if scheme == "ldap" else "off")
    began = time.monotonic()
    answer = w.try_login(user, password)
    took = time.monotonic() - began
    got = "ok" if answer.get("ok") else answer.get("error")
    check(f"{name}: {word}, in time", got == word and took < LIMIT and
          words in answer.get("text", ""), f"{took:.1f} s: {answer}")
    attempt.slowest = max(attempt.slowest, took)
    return answer


attempt.slowest = 0.0


def at(w, c, directory, name, word, tls="good", start_tls=False, **more):
    """A false directory with a certificate of c; the FalseDirectory, after the login."""
    with FalseDirectory(directory, getattr(c, tls), start_tls) as d:
        attempt(w, d.port, name, word, ca=c.ca_file,
                scheme="ldap" if start_tls else "ldaps", **more)
    return d


def good_ones(w, c):
    d = at(w, c, Directory(), "a good directory", "ok")
    equal("which saw the reader and her", [dn for dn, _ in d.binds],
          [Directory.READER, Directory.PERSON])
    at(w, c, Directory(), "the same with StartTLS", "ok", start_tls=True)
    at(w, c, Directory(), "a wrong password", "login", password="wrong")
    d = at(w, c, Directory(), "a name full of filter", "ok", user="*)(uid=*")
    values = strings(d.searches[0][2])
    check("reaches it as one value", b"*)(uid=*" in values, values)


def strings(part):
    """All octet strings of a filter."""
    tag, content = part
    if tag & 0x20:
        return [s for inner in false.elements(content) for s in strings(inner)]
    return [content]


def hanging(w, c):
    busy = "does not answer"
    at(w, c, Silent(), "accepts and says nothing", "busy", words=busy)
    at(w, c, Silent(), "the same before StartTLS", "busy", start_tls=True, words=busy)
    for where, what in (("bind", "to the reader's bind"), ("search", "to the search"),
                        ("login", "to her bind"), ("own", "about her own entry")):
        at(w, c, SilentAt(where), f"says nothing {what}", "busy", words=busy)
    at(w, c, SilentAt("bind"), "StartTLS, then silence", "busy", start_tls=True, words=busy)
    at(w, c, Endless(), "entries without end", "internal")
    unroutable = "192.0.2.1"       # TEST-NET-1: nobody is there
    w.services.restart("clerk", company=f"ldaps://{unroutable}", company_ca=c.ca_file)
    began = time.monotonic()
    answer = w.try_login("anna", GOOD)
    check("packets that vanish: busy, in time", answer["error"] == "busy"
          and time.monotonic() - began < LIMIT, f"{time.monotonic() - began:.1f} s {answer}")


def two_servers(w, c):
    """The first of two that answers is asked."""
    with FalseDirectory(Directory(), c.good) as d:
        for first, what in (("ldaps://192.0.2.1", "drops packets"),
                            ("ldaps://localhost:1", "is down")):
            w.services.restart("clerk", company=f"{first} ldaps://localhost:{d.port}",
                               company_ca=c.ca_file, company_start_tls="off")
            began = time.monotonic()
            answer = w.try_login("anna", GOOD)
            took = time.monotonic() - began
            check(f"the first server {what}: the second one answers", answer.get("ok")
                  and took < LIMIT, f"{took:.1f} s: {answer}")


def dripping(w, c):
    class Drips(Directory):
        def search(self, who, base, scope):
            whole = false.E.sequence(false.E.element(0x02, b"\x02"),
                                     entry(self.PERSON, self.person()))
            return Drip(whole)

    class Drip(bytes):
        pass

    class Server(FalseDirectory):
        """Sends a Drip octet by octet, three quarters of a second apart."""

        def _talk(self, sock):
            class Slow:
                def __init__(self, s):
                    self.s = s

                def recv(self, n):
                    return self.s.recv(n)

                def sendall(self, data):
                    if isinstance(data, Drip):
                        false.drip(self.s, data, 0.75)
                    else:
                        self.s.sendall(data)
            super()._talk(Slow(sock))

    with Server(Drips(), c.good) as d:
        attempt(w, d.port, "an octet now and then", "busy", ca=c.ca_file)


def refusing(w, c):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    attempt(w, port, "nobody listens", "busy", ca=c.ca_file, words="does not answer")
    at(w, c, Closing(), "closes at once", "busy")
    at(w, c, AnswersBind(49, whose=Directory.READER), "refuses the reader", "internal",
       words="without sense")
    at(w, c, AnswersBind(51), "is busy", "busy")
    at(w, c, AnswersBind(52), "is unavailable", "busy")
    at(w, c, AnswersBind(53, "not now"), "is unwilling", "internal")
    at(w, c, AnswersSearch([result(false.DONE, 50)]), "lets the reader see nothing", "internal")
    at(w, c, AnswersSearch([result(false.DONE, 32)]), "has no such base", "internal")
    at(w, c, AnswersSearch([result(false.DONE, 1, "operations error")]), "operations error",
       "internal")
    at(w, c, AnswersSearch(None), "closes instead of an answer", "busy")
    ad = "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data %s, v4563"
    at(w, c, AnswersBind(49, ad % "52e"), "AD: wrong password", "login", words="wrong")
    at(w, c, AnswersBind(49, ad % "775"), "AD: locked", "login", words="wrong")
    at(w, c, AnswersBind(49, ad % "533"), "AD: disabled", "login", words="disabled")
    at(w, c, AnswersBind(49, ad % "773"), "AD: must change", "login", words="changed first")
    at(w, c, AnswersBind(49, ad % "532"), "AD: expired", "login", words="changed first")


def referring(w, c):
    elsewhere = ["ldap://127.0.0.1:1/", "ldap://192.0.2.1/dc=x"]
    with FalseDirectory(LetsEverybodyIn()) as trap:
        here = [f"ldap://127.0.0.1:{trap.port}/"] + elsewhere
        reference = false.E.sequence(*(false.E.octets(u) for u in here), tag=false.REFERENCE)
        at(w, c, AnswersSearch([result(false.DONE, 10, "", here)]),
           "a referral instead of an answer", "internal")
        at(w, c, AnswersSearch([reference, entry(Directory.PERSON, Directory().person()),
                                result(false.DONE, 0)]), "a reference beside the entry", "ok")
        at(w, c, AnswersSearch([reference, result(false.DONE, 0)]), "a reference alone", "login")
        at(w, c, AnswersBind(10, referral=here), "a referral of the bind", "internal")
        equal("nobody went there", (trap.binds, trap.plain), ([], b""))


def lying(w, c):
    at(w, c, LetsEverybodyIn(), "lets everybody in: the GUID is hers", "ok", password="any")
    at(w, c, LetsInAsAnother(), "lets her in as somebody else", "internal")
    check("the log says so", "for its owner" in clerk_log(w))
    at(w, c, LetsInAsNobody(), "lets her in, and her entry cannot be read", "internal")
    two = [entry(Directory.PERSON, Directory().person()),
           entry("cn=other," + Directory.BASE, Directory().person()), result(false.DONE, 0)]
    at(w, c, AnswersSearch(two), "two entries", "login")
    at(w, c, AnswersSearch(two, own=True), "two own entries", "internal")
    for what, person in (
            ("no GUID", {"sAMAccountName": [b"anna"]}),
            ("a short GUID", {"objectGUID": [b"x"]}),
            ("two GUIDs, the first one hers", {"objectGUID": [Directory.GUID, bytes(16)]})):
        operations = [entry(Directory.PERSON, person), result(false.DONE, 0)]
        at(w, c, AnswersSearch(operations), what,
           "ok" if "two" in what else "internal")
    nameless = [entry("", Directory().person()), result(false.DONE, 0)]
    d = at(w, c, AnswersSearch(nameless), "an entry without a name", "login")
    equal("nobody binds anonymously", [x for x in d.binds if x[0] == ""], [])
    d = at(w, c, LetsEverybodyIn(), "an empty password", "login", password="")
    equal("nobody asks", d.binds, [])


def nonsense(w, c):
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"note seed {seed}")
    r = random.Random(seed)
    whole = false.E.sequence(false.E.element(0x02, b"\x02"),
                             entry(Directory.PERSON, Directory().person()))
    octets = [("zeros", bytes(64)), ("a huge length", b"\x30\x84\x7f\xff\xff\xff\x02"),
              ("an indefinite length", b"\x30\x80\x02\x01\x02\x64\x80\x00\x00\x00\x00"),
              ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
              ("a bind's answer to a search",
               false.E.sequence(false.E.element(0x02, b"\x02"), result(false.BIND_ANSWER, 0))),
              ("an answer of another number",
               false.E.sequence(false.E.element(0x02, b"\x63"), result(false.DONE, 0)))]
    octets += [(f"noise {n}", bytes(r.randrange(256) for _ in range(200))) for n in range(3)]
    octets += [(f"half an answer, {n} octets", whole[:n]) for n in (1, 5, len(whole) // 2,
                                                                    len(whole) - 1)]
    for what, answer in octets:
        with FalseDirectory(AnswersSearch(answer), c.good) as d:
            w.services.restart("clerk", company=f"ldaps://localhost:{d.port}",
                               company_ca=c.ca_file, company_start_tls="off")
            began = time.monotonic()
            got = w.try_login("anna", GOOD)
            took = time.monotonic() - began
            check(f"{what}: a refusal, in time", got.get("error") in ("busy", "internal")
                  and took < LIMIT, f"{took:.1f} s: {got}")
            equal(f"{what}: her password was not asked for", [x for x in d.binds if x[1] ==
                                                              GOOD.encode()], [])


def strangers(w, c):
    """Whoever cannot prove to be the directory gets no password, not even the reader's."""
    for tls, what in (("other_name", "another name in its certificate"),
                      ("expired", "an expired certificate"),
                      ("early", "a certificate of tomorrow"),
                      ("strangers", "a certificate of another CA")):
        for start_tls in (False, True):
            name = what + (", StartTLS" if start_tls else "")
            d = at(w, c, LetsEverybodyIn(), name, "busy", tls=tls, start_tls=start_tls)
            equal(f"{name}: no bind", d.binds, [])
    for directory, what in ((RefusesStartTls(), "refuses StartTLS"),
                            (ClosesAtStartTls(), "closes at StartTLS")):
        with FalseDirectory(directory) as d:
            attempt(w, d.port, what, "internal" if what.startswith("ref") else "busy",
                    scheme="ldap", ca=c.ca_file)
            equal(f"{what}: no bind", d.binds, [])
            check(f"{what}: nothing secret went there", b"reader" not in d.plain
                  and GOOD.encode() not in d.plain, d.plain)
    with FalseDirectory(LetsEverybodyIn()) as d:
        attempt(w, d.port, "no TLS at the port of ldaps", "busy", ca=c.ca_file)
        equal("no TLS: no bind", d.binds, [])


def plain_is_refused(w, c):
    for company, start_tls in (("ldap://localhost:1", "off"), ("ldaps://a ldap://b", "off"),
                               ("ldaps://localhost:1", "on"), ("ldapi:///", "off"),
                               ("", "off"), ("http://localhost", "off")):
        with contextlib.suppress(Exception):
            w.services.stop("clerk")
        w.services.options["clerk"].update({"company": company, "company-start-tls": start_tls})
        w.services.write_config("clerk")
        p = subprocess.run([w.services.binary("clerk"), "-n", "-c", w.services.config("clerk")],
                           capture_output=True, text=True, timeout=30, check=False)
        check(f"company = {company}, StartTLS {start_tls}: refused", p.returncode == 1
              and "company" in p.stderr, f"{p.returncode} {p.stderr}")


def many_at_a_hanging_one(w, c):
    """A hanging directory does not hold up what needs no login."""
    with FalseDirectory(SilentAt("search"), c.good) as d:
        w.services.restart("clerk", company=f"ldaps://localhost:{d.port}", company_ca=c.ca_file)
        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            began = time.monotonic()
            running = [pool.submit(w.try_login, f"user{n}", GOOD, f"192.0.2.{n}")
                       for n in range(40)]
            time.sleep(1)
            asked = time.monotonic()
            w.refused("session.who", "login", session="A" * 43)
            quick = time.monotonic() - asked
            words = {f.result()["error"] for f in running}
            took = time.monotonic() - began
        check("40 logins end in time", words == {"busy"} and took < LIMIT, f"{took:.1f} {words}")
        check("others are answered meanwhile", quick < 1, f"{quick:.2f} s")


def main():
    options = {"company-base": Directory.BASE, "company-dn": Directory.READER,
               "company-people": "(objectClass=*)", "company-connections": 8,
               "company-nested": "off", "login-attempts": 100, "login-attempts-address": 1000}
    with ClerkWorld(options) as w:
        secret = w.services.secret("reader")
        with open(secret, "w", encoding="ascii") as f:
            f.write("reader\n")
        c = Certificates(w)
        for part in (good_ones, hanging, two_servers, dripping, refusing, referring, lying, nonsense,
                     strangers, many_at_a_hanging_one):
            with case(part.__name__):
                part(w, c)
        print(f"note the slowest login took {attempt.slowest:.1f} s")
        with case("plain connections"):
            plain_is_refused(w, c)
    return done()


if __name__ == "__main__":
    sys.exit(main())
