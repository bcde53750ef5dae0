#!/usr/bin/python3
"""Notices and reminders: the queue in a real slapd, a relay that is away, each reminder
once whatever the clock does. build/tests/tool/notice queues and sends as the clerk does,
under faketime where days have to pass. run: limit=400
"""
import email
import email.policy
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from check import check, done, equal, skip
from paths import BUILD, ROOT, built
import ldap
import overlayworld
from people import SUFFIX
from smtpserver import Relay

TOOL = built("tests", "tool", "notice")
DAY = 86400
NOW = int(time.time()) // DAY * DAY + 12 * 3600
ANNA = "anna.muster@example.com"
WORK = tempfile.mkdtemp(prefix="ch-notices-", dir="/tmp")
TOKENS = f"ou=tokens,ou=registry,{SUFFIX}"
CERTIFICATES = f"ou=certificates,ou=registry,{SUFFIX}"


def write(name, text):
    path = os.path.join(WORK, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, 0o600)
    return path


def clock(at):
    """The environment of a process whose clock stands at this second."""
    preload = overlayworld.faketime_library()
    if "asan" in os.path.basename(BUILD):  # which has to come first
        preload = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True,
                                 text=True, check=True).stdout.strip() + " " + preload
    return {"LD_PRELOAD": preload, "TZ": "UTC",
            "FAKETIME": time.strftime("@%Y-%m-%d %H:%M:%S", time.gmtime(at)),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def general(t):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(t)).encode()


class Clerk:
    """The tool with one way out; each call of run() is a start of its own."""

    def __init__(self, world, name, **ways):
        values = {"suffix": SUFFIX, "directory": world.ldapi_uri,
                  "directory-dn": f"cn=clerk,ou=services,{SUFFIX}",
                  "directory-password": write("clerk-password", "demo-clerk\n"),
                  "company": world.ldaps_uri, "company-ca": world.ca_file,
                  "company-base": "dc=corp,dc=example-internal",
                  "company-dn": "uid=reader,ou=services,dc=corp,dc=example-internal",
                  "company-password": write("reader-password", "demo-reader\n"),
                  "mail-from": "certificates@example.com",
                  "portal-url": "https://portal.example.com",
                  "locale": os.path.join(BUILD, "locale"), "web": os.path.join(ROOT, "web"),
                  **{k.replace("_", "-"): v for k, v in ways.items()}}
        self.conf = write(name + ".conf", "".join(f"{k} = {v}\n" for k, v in values.items()))

    def run(self, *lines, at=None):
        env = {**os.environ, **(clock(at) if at is not None else {"TZ": "UTC"})}
        p = subprocess.run([TOOL, self.conf],
                           input="".join(json.dumps(x) + "\n" for x in lines).encode(),
                           capture_output=True, timeout=120, check=False, env=env)
        if p.returncode != 0:
            raise AssertionError(f"exit {p.returncode}: {p.stdout} {p.stderr}")
        return [json.loads(x) for x in p.stdout.splitlines()]


SEND, REMIND = {"do": "send"}, {"do": "remind"}


def notice(once=None, **changes):
    n = {"do": "queue", "letter": "pin-shown", "to": ANNA, "name": "Anna M\u00fcster",
         "language": "de", "fields": {"address": ANNA, "time": "2026-11-23 03:15 UTC"}}
    n.update(changes)
    if once:
        n["once"] = once
    return n


class Store:
    """The registry and the folder, read by the test itself."""

    def __init__(self, world):
        self.c = world.connect_root()
        self.folder = os.path.join(WORK, "out")
        os.makedirs(self.folder, exist_ok=True)

    def tokens(self):
        found = self.c.search_s(TOKENS, ldap.SCOPE_ONELEVEL, "(chanceryKind=notice)")
        return [{k: v[0].decode() for k, v in a.items()} for _, a in found]

    def clear(self):
        for base in (TOKENS, CERTIFICATES):
            for dn, _ in self.c.search_s(base, ldap.SCOPE_ONELEVEL, "(objectClass=*)", ["1.1"]):
                self.c.delete_s(dn)
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))

    def mails(self):
        found = []
        for name in sorted(os.listdir(self.folder)):
            with open(os.path.join(self.folder, name), "rb") as f:
                found.append(email.message_from_bytes(f.read(), policy=email.policy.default))
        return found

    def certificate(self, serial, until, state="valid", mail=ANNA, person="a" * 32, days=730):
        self.c.add_s(f"chanceryId={serial},{CERTIFICATES}", [
            ("objectClass", b"chanceryCertificate"), ("chanceryId", serial.encode()),
            ("chanceryState", state.encode()), ("chanceryPersonId", person.encode()),
            ("chanceryRequestId", (person + "-1").encode()), ("chanceryDer", b"0\x82"),
            ("mail", mail.encode()), ("displayName", "Anna M\u00fcster".encode()),
            ("chanceryBegin", general(until - days * DAY)), ("chanceryUntil", general(until))])

    def stages(self, serial):
        _, a = self.c.search_s(f"chanceryId={serial},{CERTIFICATES}", ldap.SCOPE_BASE)[0]
        return sorted(v.decode() for v in a.get("chanceryStage", []))

    def forget_stages(self, serial):
        self.c.modify_s(f"chanceryId={serial},{CERTIFICATES}",
                        [(ldap.MOD_DELETE, "chanceryStage", None)])


def rcs(answers):
    return [a["rc"] for a in answers]


def queueing(clerk, store):
    answers = clerk.run(notice("x-1"), notice("x-1"), notice("x-2"), notice(), notice(), SEND)
    equal("all are queued", rcs(answers), [""] * 6)
    equal("with a cause once, without one each time", len(store.mails()), 4)
    equal("all are marked as sent", {t["chanceryState"] for t in store.tokens()}, {"sent"})
    clerk.run(notice("x-1"), SEND)
    equal("asked for again after it was sent: still once", len(store.mails()), 4)
    clerk.run(notice("x-1", to="other@example.com"), notice("x-1", letter="key-fetched"), SEND)
    equal("another address, another letter: another mail", len(store.mails()), 6)
    m = store.mails()[0]
    equal("it is the letter", str(m["Subject"]), f"Die PIN f\u00fcr {ANNA} wurde angezeigt")
    equal("to whom", str(m["To"]), f"Anna M\u00fcster <{ANNA}>")
    equal("each Message-ID once", len({m["Message-ID"] for m in store.mails()}), 6)
    clerk.run(SEND, at=NOW + 8 * DAY)
    equal("after a week they are removed", store.tokens(), [])

    store.clear()
    answers = clerk.run(
        notice(letter="no-such"), notice(fields={"address": ANNA}), notice(to="nobody"),
        notice("x" * 201), notice(to="a@example.com\r\nBcc: b@example.com"))
    equal("what is none is not queued", rcs(answers),
          ["used wrongly", "used wrongly", "not allowed by policy", "over a limit",
           "not allowed by policy"])
    equal("nothing of it is there", store.tokens(), [])
    clerk.run(notice(name="A\r\nBcc: evil@example.org", fields={
        "address": "a\x00\r\nb\u202e" + "\u00e4" * 3000, "time": "{link}"}), SEND)
    mails = store.mails()
    check("foreign text stays text", len(mails) == 1 and "Bcc" not in mails[0] and
          mails[0]["To"].addresses[0].addr_spec == ANNA, mails and mails[0].as_string()[:500])
    store.clear()
    many = [notice(f"many-{i}") for i in range(250)]
    clerk.run(*many, SEND)
    equal("250 in one go", len(store.mails()), 250)

    store.clear()
    crowd = [subprocess.Popen([TOOL, clerk.conf], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) for _ in range(8)]
    line = json.dumps(notice("crowd")).encode() + b"\n"
    for p in crowd:
        p.stdin.write(line * 5)
        p.stdin.close()
    answers = [json.loads(x)["rc"] for p in crowd for x in p.stdout.read().splitlines()]
    for p in crowd:
        p.wait()
    clerk.run(SEND)
    equal("40 times by 8 at once: one", (answers, len(store.mails())), ([""] * 40, 1))


def relay_away(world, store):
    relay = Relay().start()
    relay.stop()  # its port is free, nobody listens
    clerk = Clerk(world, "away", mail_url=f"smtp://localhost:{relay.port}", mail_tls="none")
    store.clear()
    clerk.run(notice("a"), at=NOW)
    waits, t = [], NOW
    while True:
        clerk.run(SEND, at=t)
        token = store.tokens()[0]
        if token["chanceryState"] != "new":
            break
        due = time.mktime(time.strptime(token["chanceryNext"], "%Y%m%d%H%M%SZ")) - time.timezone
        waits.append(int(due - t))
        clerk.run(SEND, at=t + waits[-1] - 5)  # not before it is due
        if store.tokens()[0]["chanceryCount"] != str(len(waits)):
            break
        t = int(due) + 2
    check("tried again after 1, 2, 4 ... minutes, at most 4 hours",
          [round(w / 60) for w in waits[:10]] == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240], waits)
    equal("given up", token["chanceryState"], "failed")
    check("after 5 days", 5 * DAY <= t - NOW < 5 * DAY + 4 * 3600 + 3600, (t - NOW) / DAY)
    check("and it says why", "relay" in token["chanceryProblem"], token)

    store.clear()
    clerk.run(*[notice(f"w-{i}") for i in range(20)], SEND)
    equal("20 wait", [t["chanceryState"] for t in store.tokens()], ["new"] * 20)
    relay.start()
    relay.say = {"RCPT": ["450 4.2.0 later", "550 5.1.1 unknown user"]}
    soon = int(time.time()) + 120
    clerk.run(SEND, at=soon)
    states = sorted(t["chanceryState"] for t in store.tokens())
    equal("it is back: one is told to wait, one is refused, the others go",
          states, ["failed"] + ["new"] + ["sent"] * 18)
    failed = [t for t in store.tokens() if t["chanceryState"] == "failed"][0]
    check("the refusal is kept", "550 5.1.1 unknown user" in failed["chanceryProblem"], failed)
    clerk.run(SEND, at=soon + 600)
    ids = [email.message_from_bytes(m.octets)["Message-ID"] for m in relay.mails]
    check("nothing lost, nothing twice", len(ids) == 19 and len(set(ids)) == 19, len(ids))
    store.clear()
    relay.drop = "."
    clerk.run(notice("lost"), SEND)
    relay.drop = None
    clerk.run(SEND, at=int(time.time()) + 120)
    ids = [email.message_from_bytes(m.octets)["Message-ID"] for m in relay.mails[19:]]
    check("an answer that was lost: the same Message-ID", len(ids) == 2 and len(set(ids)) == 1,
          ids)
    relay.stop()




def reminders(clerk, store):
    store.clear()
    end = NOW + 70 * DAY
    store.certificate("0a", end)
    sent = []
    for day in range(0, 110):
        before = len(store.mails())
        clerk.run(REMIND, SEND, at=NOW + day * DAY + 60)
        for m in store.mails()[before:]:
            sent.append((70 - day, str(m["Subject"])))
    equal("days before the end on which a mail goes out", [d for d, _ in sent],
          [60, 30, 14, 7, 1, 0])
    equal("their letters", [s.split(":")[0].split(" for ")[0] for _, s in sent],
          ["Please renew"] * 4 + ["Please renew today", "Your certificate"])
    check("the days are told", "in 60 days" in sent[0][1] and "in 7 days" in sent[3][1], sent)
    equal("all stages are marked", store.stages("0a"), ["1", "14", "30", "60", "7", "ended"])

    store.clear()
    store.certificate("0b", end)
    at = lambda days: end - days * DAY + 60
    clerk.run(REMIND, SEND, at=at(60))
    equal("the first", len(store.mails()), 1)
    for day in (60, 59, 61, 65, 60):
        clerk.run(REMIND, REMIND, SEND, at=at(day))
    equal("starts again, a clock that goes back: none", len(store.mails()), 1)
    clerk.run(REMIND, SEND, at=at(5))
    equal("a clock that jumps over 30 and 14: one", len(store.mails()), 2)
    check("with the days that are left", "in 5 days" in str(store.mails()[1]["Subject"]),
          str(store.mails()[1]["Subject"]))
    for day in (29, 13, 40, 5, 29, 13, 60, 5):
        clerk.run(REMIND, SEND, at=at(day))
    equal("the clock was wrong and is mended: each of the others, once", len(store.mails()), 4)
    equal("all are marked", store.stages("0b"), ["14", "30", "60", "7"])

    store.forget_stages("0b")
    clerk.run(REMIND, SEND, at=at(5))
    equal("killed after queueing, before marking: still one", len(store.mails()), 4)
    equal("and marked now", store.stages("0b"), ["7"])

    store.clear()
    store.certificate("0c", end)
    store.certificate("0d", end + 600 * DAY)
    store.certificate("0e", end, state="revoked", person="b" * 32)
    store.certificate("0f", end, state="replaced", person="c" * 32)
    store.certificate("10", end, person="d" * 32, mail="shared@example.com")
    store.certificate("11", end, days=20, person="e" * 32, mail="short@example.com")
    clerk.run(REMIND, SEND, at=at(30))
    equal("a successor, revoked, replaced, younger than the stage: none",
          [str(m["To"]).split("<")[1] for m in store.mails()], ["shared@example.com>"])

    store.clear()
    for i in range(300):
        store.certificate(f"{i + 16:x}", end, person=f"{i:032x}", mail=f"p{i}@example.com")
    n = clerk.run(REMIND, at=at(14))[0]["n"]
    again, sent = clerk.run(REMIND, SEND, at=at(14) + 60)
    equal("300 in one look, none in the next", (n, again["n"], sent["text"]), (300, 0, ""))
    equal("each to its own", len({str(m["To"]) for m in store.mails()}), 300)


def main():
    if overlayworld.faketime_library() is None:
        skip("notices", "libfaketime is not installed")
        sys.exit(done())
    with overlayworld.World() as world:
        store = Store(world)
        clerk = Clerk(world, "folder", mail_folder=store.folder)
        queueing(clerk, store)
        relay_away(world, store)
        reminders(clerk, store)
    shutil.rmtree(WORK, ignore_errors=True)
    sys.exit(done())


main()
