#!/usr/bin/python3
"""The clerk's mails, judged by Python's email package and taken by a relay of our own on
loopback that can be told to misbehave: TLS, names, passwords, refusals for now and for
ever, silence, a relay that is away for a while. build/tests/tool/mail sends as the clerk
does. run: limit=300
"""
import base64
import email
import email.policy
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from check import case, check, done, equal, skip
from paths import BUILD, ROOT, built
import certs
from smtpserver import Relay

WORK = tempfile.mkdtemp(prefix="ch-mail-", dir="/tmp")
TOOL = built("tests", "tool", "mail")
LINK = "abcdefghijklmnopqrstuvwx27"
PORTAL = "https://portal.example.com:8443"
PASSWORD = "correct horse, battery: staple"
DAY = 86400
NOW = int(time.time())
PFX = "PFX" + "\u00e4\u20ac\n\r\n.\n" * 500


def path(*names):
    return os.path.join(WORK, *names)


def write(name, data, mode=0o600):
    with open(path(name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(path(name), mode)
    return path(name)


# --- the tool ------------------------------------------------------------------------

_confs = 0


def conf(**options):
    """A clerk.conf; options with _ for -."""
    global _confs
    _confs += 1
    values = {"suffix": "dc=example,dc=com", "company": "ldaps://localhost",
              "company-base": "dc=corp", "company-dn": "cn=reader,dc=corp",
              "company-password": write("none", "none\n"),
              "mail-from": "certificates@example.com", "portal-url": PORTAL,
              "mail-from-name": "Zertifikate der M\u00fcller AG",
              "mail-contact": "IT-Helpdesk, 1234",
              "locale": os.path.join(BUILD, "locale"), "web": os.path.join(ROOT, "web")}
    values.update({k.replace("_", "-"): v for k, v in options.items()})
    return write(f"clerk{_confs}.conf",
                 "".join(f"{k} = {v}\n" for k, v in values.items()))


class Sender:
    """The tool, one mail after the other."""

    def __init__(self, *words, **options):
        self.p = subprocess.Popen([TOOL, conf(**options), *words], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, cwd=WORK)

    def send(self, **mail):
        self.p.stdin.write(json.dumps(mail).encode() + b"\n")
        self.p.stdin.flush()
        line = self.p.stdout.readline()
        return json.loads(line)

    def end(self):
        rest, _ = self.p.communicate(timeout=60)
        return self.p.returncode, rest.decode()


def delivery(ident="d-1#1", **changes):
    mail = {"delivery": 1, "id": ident, "to": "anna.muster@example.com",
            "name": "Anna M\u00fcster", "language": "de", "address": "anna.muster@example.com",
            "link": LINK, "until": NOW + 30 * DAY, "begin": NOW, "pfx": PFX}
    mail.update(changes)
    return mail


def once(mail, **options):
    """One mail through a tool of its own; its answer."""
    s = Sender(**options)
    answer = s.send(**mail)
    code, rest = s.end()
    assert code == 0 and not rest, f"exit {code}: {rest}"
    return answer


def refused(**options):
    """What the tool says of a configuration that it does not take."""
    code, text = Sender(**options).end()
    return text if code == 1 else f"exit {code}, not refused"


def parsed(octets):
    return email.message_from_bytes(octets, policy=email.policy.default)


def texts(message):
    return (message.get_body(("plain",)).get_content(),
            message.get_body(("html",)).get_content())


NOT_NOW, NEVER = "input or output failed", "not allowed by policy"


# --- what a mail is ---------------------------------------------------------------------

def in_folder(mail):
    folder = path("out")
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    equal("into a folder: taken", once(mail, mail_folder=folder)["rc"], "")
    equal("into a folder: one file", os.listdir(folder), ["0001.eml"])
    with open(os.path.join(folder, "0001.eml"), "rb") as f:
        return f.read()


def structure():
    octets = in_folder(delivery())
    m = parsed(octets)
    equal("defects", [str(d) for p in m.walk() for d in p.defects], [])
    equal("structure", [p.get_content_type() for p in m.walk()],
          ["multipart/mixed", "multipart/alternative", "text/plain", "text/html",
           "application/x-pkcs12"])
    equal("From", m["From"].addresses[0].display_name, "Zertifikate der M\u00fcller AG")
    equal("From's address", m["From"].addresses[0].addr_spec, "certificates@example.com")
    equal("To", str(m["To"]), "Anna M\u00fcster <anna.muster@example.com>")
    equal("Subject", str(m["Subject"]), "Ihr Zertifikat f\u00fcr anna.muster@example.com")
    equal("Auto-Submitted", m["Auto-Submitted"], "auto-generated")
    equal("X-Auto-Response-Suppress", m["X-Auto-Response-Suppress"], "All")
    equal("Content-Language", m["Content-Language"], "de")
    check("Message-ID", re.fullmatch(r"<[0-9a-f]{39}@example\.com>", m["Message-ID"]),
          m["Message-ID"])
    check("Date is now, with its zone", abs(m["Date"].datetime.timestamp() - NOW) < 300,
          m["Date"])
    check("only ASCII, CRLF, no line over 998",
          octets.isascii() and b"\n" not in octets.replace(b"\r\n", b"") and
          max(map(len, octets.split(b"\r\n"))) <= 998, "")
    pfx = list(m.iter_attachments())[0]
    day = time.strftime("%Y-%m-%d", time.gmtime(NOW))
    equal("attachment's name", pfx.get_filename(), f"anna.muster@example.com_{day}.pfx")
    equal("attachment's name for old programs", pfx.get_param("name"), pfx.get_filename())
    equal("attachment", pfx.get_content(), PFX.encode())
    return m, octets


class Page(html.parser.HTMLParser):
    """What a page would fetch or run, where it leads to, and whether its tags pair."""
    VOID = {"meta", "br", "img", "hr", "link", "input"}

    def __init__(self, text):
        super().__init__()
        self.hrefs, self.bad, self.open = [], [], []
        self.feed(text)
        self.bad += [f"<{t}> is open" for t in self.open]

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "style", "link", "img", "iframe", "object", "form", "base",
                   "video", "svg"):
            self.bad.append(f"<{tag}>")
        for name, value in attrs:
            if name == "href":
                self.hrefs.append(value)
            if name in ("src", "background", "srcset", "poster") or name.startswith("on"):
                self.bad.append(f"{tag} {name}={value}")
            if name == "style" and re.search(r"url\(|@import|expression", value):
                self.bad.append(value)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.bad.append(f"</{tag}>")


def contents(m, octets):
    text, page = texts(m)
    link = f"{PORTAL}/l/{LINK}"
    check("the link has a line of its own in the text", link in text.splitlines(), text)
    check("its line has less than 72 characters", len(link) < 72, link)
    equal("quoted-printable cuts it nowhere", octets.count(link.encode()), 3)
    check("no longer line of text",
          max(len(x) for x in text.splitlines()) <= 80, text)
    p = Page(page)
    equal("HTML: nothing is fetched or run, tags pair", p.bad, [])
    equal("HTML: leads to the page of the PIN alone", p.hrefs, [link])
    check("HTML: the link can be read", page.count(link) == 2, page)
    check("HTML: says its language", '<html lang="de">' in page, page[:60])
    for part in (text, page):
        check("formal German with its letters", "Öffnen Sie" in part and "für" in part, part)


def munpack(octets):
    """An old program's idea of the same mail."""
    if not shutil.which("munpack"):
        skip("munpack", "not installed")
        return
    folder = path("munpack")
    os.makedirs(folder, exist_ok=True)
    write("munpack/mail", octets)
    subprocess.run(["munpack", "-q", "-t", "mail"], cwd=folder, check=True,
                   capture_output=True)
    found = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            found[name] = f.read()
    del found["mail"]
    link = f"{PORTAL}/l/{LINK}".encode()
    check("munpack: the link in text and HTML",
          sum(link in content for content in found.values()) == 2, sorted(found))
    check("munpack: the attachment", PFX.encode() in found.values(), sorted(found))


def languages():
    m = parsed(in_folder(delivery(language="en")))
    equal("English subject", str(m["Subject"]),
          "Your certificate for anna.muster@example.com")
    check("English text", "Show my PIN:" in texts(m)[0], texts(m)[0])
    m = parsed(in_folder(delivery(language="tlh")))
    equal("a language that is not there: English", m["Content-Language"], "en")
    m = parsed(in_folder(delivery(language="de-CH")))
    equal("a region: its language", m["Content-Language"], "de")
    m = parsed(in_folder(delivery(mailbox="Verkauf & Innendienst", name="",
                                  address="verkauf@example.com")))
    equal("a mailbox's subject", str(m["Subject"]),
          "Zertifikat des Postfachs Verkauf & Innendienst")
    check("nobody's name", "Guten Tag," in texts(m)[0].splitlines(), texts(m)[0])


def injections():
    payloads = ["Anna\r\nBcc: evil@example.org", "Anna\nSubject: x", "Anna\x00\r\n\r\nbody",
                "\"Anna\" <evil@example.org>, x", "=?utf-8?q?=0D=0ABcc:_evil?=",
                "Anna\u2028Bcc: evil", "\u202egpj.exe", "<script>alert(1)</script>",
                "A" * 5000, "{link}{{subject}}", "\"><img src=x>", "a" + "\u0300" * 300]
    for i, payload in enumerate(payloads):
        m = parsed(in_folder(delivery(name=payload, mailbox=payload)))
        with case(f"payload {i} ({payload[:20]!r}) stays text"):
            assert [a.addr_spec for a in m["To"].addresses] == ["anna.muster@example.com"], \
                m["To"]
            assert sorted(set(m.keys())) == sorted(
                ["Date", "From", "Subject", "To", "Message-Id", "Content-Language",
                 "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
                 "Content-Type"]), m.keys()
            assert len(list(m.walk())) == 5
            page = Page(texts(m)[1])
            assert not page.bad, page.bad
            assert page.hrefs == [f"{PORTAL}/l/{LINK}"], page.hrefs
    for address in ("a@example.com\r\nRCPT TO:<b@x>", "a@example.com>", "a b@example.com",
                    "", "a@", "@example.com", "a@example.com,b@example.com",
                    "a@example.com\x00", "\"a b\"@example.com", "a" * 65 + "@example.com",
                    "<a@example.com>"):
        answer = once(delivery(to=address), mail_folder=path("out"))
        equal(f"recipient {address[:30]!r} is refused for ever", answer["rc"], NEVER)
    for link in ("", "abc", LINK + "7", LINK[:-1] + "\n", LINK[:-1] + "A", LINK[:-1] + "/"):
        answer = once(delivery(link=link), mail_folder=path("out"))
        equal(f"link {link!r} is refused", answer["rc"], NEVER)
    answer = once({"letter": "no-such", "id": "1", "to": "a@example.com", "fields": {}},
                  mail_folder=path("out"))
    equal("a letter that is none is refused for ever", answer["rc"], NEVER)


# --- a relay ------------------------------------------------------------------------------

def make_tls():
    """Certificate and key of a relay: good, of another name, ended, of a stranger's CA."""
    first, last = NOW - DAY, NOW + 30 * DAY
    ca = certs.Authority.create("CN=Mail CA", first, last, key=certs.new_key("ec256"))
    stranger = certs.Authority.create("CN=Mail CA", first, last, key=certs.new_key("ec256"))
    write("ca.pem", certs.pem(ca.der))
    out = {}
    for kind, issuer, name, until in (("good", ca, "localhost", last),
                                      ("name", ca, "relay.example.org", last),
                                      ("ended", ca, "localhost", NOW - 60),
                                      ("stranger", stranger, "localhost", last)):
        key = certs.new_key("ec256")
        cert = certs.make_cert(f"CN={name}", (), issuer, first, until, key=key,
                               key_usage=certs.SIGN, eku=("serverAuth",), dns=(name,))
        out[kind] = (write(kind + ".pem", certs.pem(cert)),
                     write(kind + ".key", certs.key_pem(key)))
    return out


def url(relay, scheme="smtp"):
    return f"{scheme}://localhost:{relay.port}"


def with_relay(options, send=None, relay=None, **settings):
    """(answer, relay) of one mail."""
    relay = relay or Relay(**settings).start()
    scheme = "smtps" if relay.smtps else "smtp"
    answer = once(send or delivery(), mail_url=url(relay, scheme), **options)
    relay.stop()
    return answer, relay


def tls(pairs):
    ca = path("ca.pem")
    required = {"mail_ca": ca}
    a, relay = with_relay(required, tls=pairs["good"])
    equal("STARTTLS: taken", a["rc"], "")
    check("STARTTLS: one mail, encrypted on its way",
          len(relay.mails) == 1 and relay.mails[0].tls, relay.mails)
    equal("STARTTLS: sender and recipient", (relay.mails[0].sender, relay.mails[0].recipients),
          ("certificates@example.com", ["anna.muster@example.com"]))
    equal("STARTTLS: the link arrives", f"{PORTAL}/l/{LINK}" in
          texts(parsed(relay.mails[0].octets))[0].splitlines(), True)
    for kind in ("name", "ended", "stranger"):
        a, relay = with_relay(required, tls=pairs[kind])
        equal(f"certificate ({kind}) is refused: not now", a["rc"], NOT_NOW)
        check(f"certificate ({kind}): nothing was said of the mail",
              "MAIL" not in relay.commands and not relay.mails, relay.commands)
        a, relay = with_relay({**required, "mail_tls": "try"}, tls=pairs[kind])
        check(f"certificate ({kind}), mail-tls = try: sent, encrypted",
              a["rc"] == "" and relay.mails[0].tls, a)
    a, relay = with_relay(required, tls=pairs["good"], starttls=False)
    check("no STARTTLS: not in clear where it is required",
          a["rc"] == NOT_NOW and "MAIL" not in relay.commands, (a, relay.commands))
    a, relay = with_relay({"mail_tls": "try"})
    check("no STARTTLS, mail-tls = try: in clear", a["rc"] == "" and not relay.mails[0].tls, a)
    a, relay = with_relay({"mail_tls": "none"}, tls=pairs["good"])
    check("mail-tls = none: in clear", a["rc"] == "" and not relay.mails[0].tls, a)
    a, relay = with_relay(required, tls=pairs["good"], smtps=True)
    check("smtps://: sent", a["rc"] == "" and relay.mails[0].tls, a)
    a, relay = with_relay(required, tls=pairs["stranger"], smtps=True)
    check("smtps://, another CA: refused", a["rc"] == NOT_NOW and not relay.mails, a)


def passwords(pairs):
    options = {"mail_ca": path("ca.pem"), "mail_user": "chancery",
               "mail_password": write("password", PASSWORD + "\n")}
    a, relay = with_relay(options, tls=pairs["good"], auth={"chancery": PASSWORD})
    check("AUTH: sent as that user",
          a["rc"] == "" and relay.mails[0].user == "chancery", (a, relay.commands))
    a, relay = with_relay(options, tls=pairs["good"], auth={"chancery": "another"})
    check("wrong password: not now, nothing lost", a["rc"] == NOT_NOW and not relay.mails, a)
    check("wrong password: it is not told", PASSWORD not in a["text"] and
          base64.b64encode(PASSWORD.encode()).decode() not in a["text"], a["text"])
    a, relay = with_relay({"mail_ca": path("ca.pem")}, tls=pairs["good"],
                          auth={"chancery": PASSWORD})
    check("the relay wants a login that is not configured: not now",
          a["rc"] == NOT_NOW and "530" in a["text"], a)
    good = {"mail_url": "smtp://localhost", **options}
    for name, change, word in (
            ("a password without TLS", {"mail_tls": "none"}, "mail-tls"),
            ("a password to a relay that nobody checked", {"mail_tls": "try"}, "mail-tls"),
            ("a user without password", {"mail_password": ""}, "mail-password"),
            ("a password in the URL", {"mail_url": "smtp://u:p@localhost"}, "mail-user"),
            ("another protocol", {"mail_url": "http://localhost"}, "smtp"),
            ("folder and relay", {"mail_folder": WORK}, "mail-folder"),
            ("a password that others can read",
             {"mail_password": write("open", "x\n", 0o644)}, path("open")),
            ("a password file that is not there", {"mail_password": path("gone")}, "gone"),
            ("no address to come from", {"mail_from": "nobody"}, "mail-from"),
            ("a portal without TLS", {"portal_url": "http://x"}, "portal-url"),
            ("no catalogs", {"locale": path("gone")}, "gone"),
            ("no templates", {"web": path("gone")}, "letter.html")):
        text = refused(**{**good, **change})
        check(f"configuration, {name}: refused in a sentence", word in text, text)


def refusals():
    plain = {"mail_tls": "none"}
    table = [("RCPT", "450 4.2.0 greylisted", NOT_NOW), ("RCPT", "550 5.1.1 unknown", NEVER),
             ("MAIL", "451 4.3.0 later", NOT_NOW), ("MAIL", "553 5.7.1 not you", NEVER),
             ("MAIL", "530 5.7.0 log in first", NOT_NOW),
             ("DATA", "451 4.3.0 later", NOT_NOW), ("DATA", "554 5.3.4 too big", NEVER),
             (".", "452 4.2.2 full", NOT_NOW), (".", "554 5.7.1 looks like spam", NEVER),
             ("greeting", "421 4.3.2 busy", NOT_NOW), ("greeting", "554 5.3.2 no", NOT_NOW),
             ("EHLO", "550 5.3.0 no", NOT_NOW)]
    for command, answer, want in table:
        relay = Relay().start()
        relay.say = {command: answer}
        s = Sender(mail_url=url(relay), **plain)
        a = s.send(**delivery())
        equal(f"{answer[:3]} to {command}: {'never' if want == NEVER else 'not now'}",
              (a["rc"], relay.mails), (want, []))
        if command not in ("greeting", "EHLO"):
            check(f"{answer[:3]} to {command}: the relay's words are told",
                  answer in a["text"], a["text"])
            relay.say = {}
            a = s.send(**delivery())
            check(f"{answer[:3]} to {command}: the next mail goes at once",
                  a["rc"] == "" and len(relay.mails) == 1, a)
        s.end()
        relay.stop()


def same_id():
    """Lost answers: the same mail twice has the same Message-ID, another mail another."""
    relay = Relay().start()
    s = Sender(mail_url=url(relay), mail_tls="none")
    relay.drop = "."
    a = s.send(**delivery("d-9#1"))
    equal("answer lost: not now", a["rc"], NOT_NOW)
    relay.drop = None
    time.sleep(11)  # the relay rests
    a = s.send(**delivery("d-9#1"))
    equal("answer lost: again", a["rc"], "")
    ids = [parsed(m.octets)["Message-ID"] for m in relay.mails]
    check("both have one Message-ID", len(ids) == 2 and len(set(ids)) == 1, ids)
    s.send(**delivery("d-9#2"))
    check("mailed again on purpose: another", len({*ids, parsed(
        relay.mails[2].octets)["Message-ID"]}) == 2, ids)
    s.end()
    relay.stop()


def away():
    """A relay that is down for a while: everything waits, nothing is lost or doubled."""
    relay = Relay().start()
    s = Sender(mail_url=url(relay), mail_tls="none")
    waiting = [f"w-{i}" for i in range(30)]
    equal("before: taken", s.send(**delivery(waiting.pop()))["rc"], "")
    relay.stop()
    begin = time.monotonic()
    while time.monotonic() < begin + 3:
        a = s.send(**delivery(waiting[0]))
        if a["rc"] != NOT_NOW:
            break
    equal("while it is down: not now", a["rc"], NOT_NOW)
    begin = time.monotonic()
    for w in waiting:
        s.send(**delivery(w))
    check("while it is known to be down nobody waits", time.monotonic() - begin < 1,
          time.monotonic() - begin)
    relay.start()
    deadline = time.monotonic() + 30
    while waiting and time.monotonic() < deadline:
        if s.send(**delivery(waiting[0]))["rc"] == "":
            waiting.pop(0)
        else:
            time.sleep(0.5)
    equal("after it came back: all sent", waiting, [])
    ids = [parsed(m.octets)["Message-ID"] for m in relay.mails]
    check("nothing lost, nothing twice", len(ids) == 30 and len(set(ids)) == 30, len(ids))
    s.end()


def hanging(pairs):
    for command, settings in (("greeting", {}), ("EHLO", {}), ("MAIL", {}), ("DATA", {}),
                              (".", {}), ("STARTTLS", {"tls": pairs["good"]})):
        relay = Relay(**settings).start()
        relay.hang = command
        begin = time.monotonic()
        a = once(delivery(), mail_url=url(relay), mail_timeout="2",
                 mail_tls="required" if settings else "none", mail_ca=path("ca.pem"))
        took = time.monotonic() - begin
        check(f"silence at {command}: given up after the time that it may take",
              a["rc"] == NOT_NOW and 1.5 < took < 5, (a, took))
        relay.stop()
    relay = Relay().start()
    relay.hang = "EHLO"
    s = Sender("-p", mail_url=url(relay), mail_timeout="2", mail_tls="none")
    begin = time.monotonic()
    s.p.stdin.write(b"".join(json.dumps(delivery(f"h-{i}")).encode() + b"\n"
                             for i in range(40)))
    _, text = s.end()
    took = time.monotonic() - begin
    check("40 at once at a silent relay: none waits for all others",
          text.count(NOT_NOW) == 40 and took < 5, (took, text[-200:]))
    relay.stop()


def crowd():
    relay = Relay().start()
    s = Sender("-p", mail_url=url(relay), mail_tls="none")
    s.p.stdin.write(b"".join(json.dumps(delivery(f"c-{i}")).encode() + b"\n"
                             for i in range(200)))
    code, text = s.end()
    ids = [parsed(m.octets)["Message-ID"] for m in relay.mails]
    check("200 at once: each arrives once",
          code == 0 and len(ids) == 200 and len(set(ids)) == 200 and
          text.count('"rc":""') == 200, (code, len(ids), text[-200:]))
    check("over few connections", 1 <= relay.connections <= 4, relay.connections)
    check("all attachments whole", all(
        list(parsed(m.octets).iter_attachments())[0].get_content() == PFX.encode()
        for m in relay.mails), "")
    relay.stop()


def addresses():
    for given, want in (("Anna.Muster@B\u00fccher.Example", "Anna.Muster@xn--bcher-kva.example"),
                        ("o'hara+x=1@example.com", "o'hara+x=1@example.com")):
        a, relay = with_relay({"mail_tls": "none"}, send=delivery(to=given))
        check(f"to {given}: as {want}", a["rc"] == "" and
              relay.mails[0].recipients == [want] and
              parsed(relay.mails[0].octets)["To"].addresses[0].addr_spec == want,
              (a, relay.mails and relay.mails[0].recipients))
    # A line of the content that begins with a dot (RFC 5321 section 4.5.2).
    name = "x" * 35 + " .dot ..dots"
    a, relay = with_relay({"mail_tls": "none"}, send=delivery(language="en", mailbox=name))
    text = texts(parsed(relay.mails[0].octets))[0]
    check("a line that begins with a dot",
          any(x.startswith(".dot ..dots. With") for x in text.splitlines()), text)


def unconfigured():
    a = once(delivery())
    check("neither folder nor relay: mails wait",
          a["rc"] == NOT_NOW and "mail-folder" in a["text"], a)


def main():
    m, octets = structure()
    contents(m, octets)
    munpack(octets)
    languages()
    injections()
    pairs = make_tls()
    tls(pairs)
    passwords(pairs)
    refusals()
    addresses()
    crowd()
    same_id()
    away()
    hanging(pairs)
    unconfigured()
    shutil.rmtree(WORK, ignore_errors=True)
    sys.exit(done())


main()
