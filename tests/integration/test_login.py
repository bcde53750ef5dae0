#!/usr/bin/python3
"""Logging in through the clerk, against a real slapd as the company's directory: who
may, who may not, how often; sessions; second factors; peers.

run: limit=400
"""
import concurrent.futures
import json
import os
import pwd
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from check import case, check, done, equal, skip, wait_until  # noqa: E402
from clerkworld import STAFF, ClerkWorld, clerk_log, log_size, person  # noqa: E402
from people import COMPANY  # noqa: E402

WRONG = "User name or password is wrong"
HEX = set("0123456789abcdef")


def logins(w):
    with case("a good login"):
        s = w.login("anna", language="de")
        equal("her name", s["name"], "Anna Muster")
        equal("her primary address", s["mail"], "anna.muster@example.com")
        equal("her language", s["language"], "de")
        equal("her roles", s["roles"], ["approver"])
        equal("no second factor yet", s["factor"], "setup")
        check("her id is 32 hex digits", len(s["person"]) == 32 and set(s["person"]) <= HEX,
              s["person"])
        check("her session is a token of 256 bits", len(s["session"]) == 43, s["session"])
        check("it ends after 8 hours", abs(s["until"] - time.time() - 8 * 3600) < 60, s)
    with case("nobody's role"):
        s = w.login("bruno")
        equal("no roles", (s["roles"], s["factor"]), ([], "none"))
    with case("by another name of hers"):
        equal("her userPrincipalName",
              w.login("anna@corp.example-internal", "demo-anna")["person"],
              w.login("ANNA", "demo-anna")["person"])
    with case("an umlaut"):
        equal("a name that is not ASCII", w.login("zoe")["name"], "Zoë Müller")
    with case("a token is not guessed from its hash"):
        s = w.login("bruno")
        stored = str(w.registry("(chanceryKind=session)"))
        check("the registry has hashes only", s["session"] not in stored and "s-" in stored)


def refusals(w):
    wrong = w.refused("session.login", "login", user="walter", password="wrong", address="::1")
    check("wrong password", WRONG in wrong["text"], wrong)
    unknown = w.refused("session.login", "login", user="nobody", password="wrong", address="::1")
    equal("an unknown user gets the same sentence", unknown["text"], wrong["text"])
    w.login("walter")
    at = log_size(w)
    empty = w.refused("session.login", "login", user="walter", password="", address="::1")
    check("an empty password has its own sentence", "type your password" in empty["text"], empty)
    nul = w.refused("session.login", "syntax", user="walter", password="demo-walter\0",
                    address="::1")
    check("a password with NUL", "JSON" in nul["text"], nul)
    w.refused("session.login", "syntax", user="walter", password="demo-walter\t", address="::1")
    equal("neither was tried", w.binds("uid=walter", at), 0)
    nameless = w.refused("session.login", "login", user="", password="x", address="::1")
    check("no user name", "type your user name" in nameless["text"], nameless)
    w.refused("session.login", "limit", user="x" * 257, password="x", address="::1")
    w.refused("session.login", "limit", user="walter", password="x" * 1025, address="::1")
    w.refused("session.login", "login", user="x" * 256, password="x" * 1024, address="::1")
    check("256 and 1024 bytes are tried", True)


INJECTIONS = ("*", "*)(uid=*", "anna)(uid=*", "anna*", "a*a", "(|(uid=anna))", "anna\\", "\\2a",
              "anna)(|(uid=*", "uid=anna," + STAFF, "anna,ou=staff", "anna#", "anna\u0430",
              "anna;x", "&", "|", "!", "anna=anna", "anna+x", '"anna"', "<anna>",
              "anna\\00", "anna%00", "anna'--", "../anna", "anna\u202e")


def injections(w):
    at = log_size(w)
    for name in INJECTIONS:
        answer = w.try_login(name, "demo-anna")
        check(f"user name {name!r} finds nobody", answer.get("error") == "login"
              and answer["text"].startswith(WRONG), answer)
    equal("and nobody was asked for a password", w.binds("uid=", at) - w.binds("uid=reader", at), 0)


def accounts(w):
    dora = f"uid=dora,{STAFF}"
    with case("a disabled account"):
        s = w.login("dora")
        w.company_change(dora, userAccountControl="514")
        answer = w.refused("session.login", "login", user="dora", password="demo-dora",
                           address="::1")
        check("is told so, with the right password", "disabled" in answer["text"], answer)
        answer = w.refused("session.login", "login", user="dora", password="x", address="::1")
        check("and with a wrong one as everybody", WRONG in answer["text"], answer)
        # session-check is one second here
        check("its session ends", wait_until(
            lambda: w.ask("session.who", session=s["session"]).get("error") == "login", 10))
        w.company_change(dora, userAccountControl="512")
        answer = w.ask("session.who", session=s["session"])
        equal("for good", answer.get("error"), "login")
    with case("a renamed account"):
        before = w.login("emil")["person"]
        w.company_rename(f"uid=emil,{STAFF}", "uid=emile")
        w.company_change(f"uid=emile,{STAFF}", sAMAccountName="emile", cn="Emile Grand",
                         displayName="Emile Grand", mail="emile.grand@example.com",
                         userPrincipalName="emile@corp.example-internal",
                         proxyAddresses=["SMTP:emile.grand@example.com",
                                         "smtp:emil.gross@example.com"])
        w.refused("session.login", "login", user="emil", password="demo-emil", address="::1")
        s = w.login("emile", "demo-emil")
        equal("is the same person", s["person"], before)
        equal("with another name", (s["name"], s["mail"]),
              ("Emile Grand", "emile.grand@example.com"))
    with case("two entries with one user name"):
        w.company_change(f"uid=fatima,{STAFF}", userPrincipalName="gregor")
        for user, password in (("gregor", "demo-gregor"), ("gregor", "demo-fatima")):
            w.refused("session.login", "login", user=user, password=password, address="::1")
        check("the administrator is told", "several entries" in clerk_log(w))
        equal("by her own name she may", w.login("fatima")["name"], "Fatima Haddad")
        w.company_change(f"uid=fatima,{STAFF}", userPrincipalName="fatima@corp.example-internal")
        equal("and so may he now", w.login("gregor")["name"], "Gregor Novak")
    with case("a shared mailbox"):
        w.company_change(f"uid=info,ou=mailboxes,{COMPANY}", userPassword="demo-info",
                         userAccountControl="512")
        answer = w.refused("session.login", "login", user="info", password="demo-info",
                           address="::1")
        check("nobody logs in as one", WRONG in answer["text"], answer)
    with case("an account without a GUID"):
        w.company_change(f"uid=jonas,{STAFF}", objectGUID=None)
        w.refused("session.login", "internal", user="jonas", password="demo-jonas", address="::1")
        check("the log says which", "objectGUID is no GUID" in clerk_log(w))


# --- how often ------------------------------------------------------------------------

def at_once(w, n, attempts):
    """Makes these calls from n threads; the answers."""
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        return list(pool.map(lambda a: w.try_login(*a[:2], address=a[2]), attempts))


def throttle(w):
    at = log_size(w)
    with case("64 wrong passwords at once"):
        names = ("karin", "KARIN", "karin@corp.example-internal")
        answers = at_once(w, 64, [(names[i % 3], f"wrong{i}", f"192.0.2.{i % 50 + 100}")
                                  for i in range(64)])
        equal("4 reached the directory, under whichever name and from wherever",
              w.binds("uid=karin", at), 4)
        equal("all got the same answer", {a.get("text") for a in answers},
              {answers[0]["text"]})
        w.refused("session.login", "login", user="karin", password="demo-karin", address="::1")
        equal("the right one comes too late", w.binds("uid=karin", at), 4)
    with case("afterwards"):
        counted = w.registry("(&(chanceryKind=attempts)(chanceryCount=4))")
        check("the count stands in the registry", counted)
        # login-window is 10 s here
        time.sleep(10.5)
        w.login("karin")
        equal("it goes on after the window", w.binds("uid=karin", at), 5)
        for _ in range(3):
            w.refused("session.login", "login", user="karin", password="x", address="::1")
        w.login("karin")
        for _ in range(3):
            w.refused("session.login", "login", user="karin", password="x", address="::1")
        w.login("karin")
        check("a success forgets what was before", True)
    with case("an address"):
        at = log_size(w)
        answers = at_once(w, 64, [(f"nobody{i}", "x", "198.51.100.7") for i in range(64)])
        words = [a["error"] for a in answers]
        equal("40 of 64 were tried, to the last one", (words.count("login"), words.count("limit")),
              (40, 24))
        w.refused("session.login", "limit", user="anna", password="demo-anna",
                  address="198.51.100.7")
        w.login("anna", address="198.51.100.8")
    with case("a network of IPv6"):
        words = [w.try_login(f"noone{n}", "x", address=f"2001:db8:0:1::{n:x}")["error"]
                 for n in range(1, 43)]
        equal("counts as one address", words, ["login"] * 40 + ["limit"] * 2)
        equal("its neighbour as another", w.try_login("noone", "x", address="2001:db8:0:2::1")
              ["error"], "login")
    with case("logins that succeed are nobody's attempts"):
        for _ in range(45):
            w.login("bruno", address="203.0.113.5")
        check("45 from one address", True)


def timing(w):
    """With a delay, unknown, wrong and used up take the same time."""
    w.services.restart("clerk", login_delay="1s", login_window="60s")
    took = {}
    for what, user in (("unknown", "stranger"), ("wrong", "luca"), ("unknown", "stranger"),
                       ("wrong", "luca"), ("unknown", "stranger"), ("wrong", "luca"),
                       ("unknown", "stranger"), ("wrong", "luca"), ("used up", "luca"),
                       ("unknown and used up", "stranger")):
        began = time.monotonic()
        w.refused("session.login", "login", user=user, password="x", address="::2")
        took.setdefault(what, []).append(time.monotonic() - began)
    for what, seconds in took.items():
        check(f"{what}: about a second", 0.99 <= min(seconds) and max(seconds) < 1.5, seconds)
    spread = max(min(s) for s in took.values()) - min(min(s) for s in took.values())
    check("no difference tells them apart", spread < 0.05, f"{spread:.3f} s: {took}")
    print(f"note the times of refusals differ by {spread * 1000:.0f} ms")
    w.services.restart("clerk", login_delay="0s", login_window="10s")


# --- sessions --------------------------------------------------------------------------

def sessions(w):
    with case("a session"):
        s = w.login("nils")
        who = w.call("session.who", session=s["session"])
        equal("who", {k: v for k, v in s.items() if k != "session"}, who)
        w.services.kill("clerk")
        w.services.start("clerk")
        equal("survives kill -9", w.call("session.who", session=s["session"])["name"],
              "Nils Hansen")
        w.call("session.logout", session=s["session"])
        w.refused("session.who", "login", session=s["session"])
        w.refused("session.logout", "login", session=s["session"])
        check("ends with the logout", True)
    with case("tokens that are none"):
        for token in ("", "x", "A" * 42, "A" * 43, "*" * 43, "s-" + "0" * 41):
            w.refused("session.who", "login", session=token)
        w.refused("session.who", "limit", session="A" * 44)
        w.refused("session.who", "syntax", session=7)
        w.refused("session.who", "syntax")
    with case("a session that nobody uses"):
        w.services.restart("clerk", session_idle="5s", session_life="14s")
        s, idle = w.login("nils"), w.login("olga")
        began = time.monotonic()
        while time.monotonic() - began < 7:
            w.call("session.who", session=s["session"])
            time.sleep(0.5)
        w.refused("session.who", "login", session=idle["session"])
        check("ends when it is idle, and no other", True)
        check("and in the end every one", wait_until(
            lambda: w.ask("session.who", session=s["session"]).get("error") == "login", 12, 0.5))
        took = time.monotonic() - began
        check("after its time", 12 <= took < 17, f"{took:.1f} s")
        w.services.restart("clerk", session_idle="30m", session_life="8h")
    with case("a role that was lost"):
        s = w.login("hilda")
        equal("she had it", s["roles"], ["helpdesk"])
        group = f"cn=helpdesk,ou=groups,{COMPANY}"
        w.company_change(group, member=f"uid=viktor,{STAFF}")
        check("counts no more in her session", wait_until(
            lambda: w.call("session.who", session=s["session"])["roles"] == [], 10, 0.3))
        w.company_change(group, member=[f"uid=viktor,{STAFF}", f"uid=hilda,{STAFF}"])


def sweeping(w):
    """What has ended is removed; what has not, and what is nothing of it, stays."""
    base = f"ou=tokens,ou=registry,{w.suffix}"
    c = w.connect_root()

    def add(name, kind, until):
        c.add_s(f"chanceryId={name},{base}", [
            ("objectClass", b"chanceryToken"), ("chanceryId", name.encode()),
            ("chanceryKind", kind.encode()),
            ("chanceryUntil", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(until)).encode())])

    now = time.time()
    for n in range(1100):
        add(f"a-old{n}", "attempts", now - 100)
    add("s-old", "session", now - 100)
    add("u-old", "setup", now - 100)
    add("a-new", "attempts", now + 1000)
    add("d-old", "delivery", now - 100)
    c.unbind_s()
    w.services.restart("clerk")
    check("what has ended is removed", wait_until(
        lambda: not w.registry("(|(chanceryId=a-old*)(chanceryId=s-old)(chanceryId=u-old))"), 60))
    equal("and nothing else", len(w.registry("(|(chanceryId=a-new)(chanceryId=d-old))")), 2)


# --- second factors -----------------------------------------------------------------------

def code(secret, moment=None):
    at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment or time.time()))
    return subprocess.run(["oathtool", "--totp", "-b", "-N", at, secret], capture_output=True,
                          text=True, timeout=10, check=True).stdout.strip()


def factors(w):
    with case("setting one up"):
        s = w.login("viktor")
        equal("he needs one", (s["roles"], s["factor"]), (["helpdesk", "administrator"], "setup"))
        token = s["session"]
        w.refused("session.factor-setup", "factor", session=token, setup="a" * 26)
        other = w.call("factor.allow", user="hilda")
        w.refused("session.factor-setup", "factor", session=token, setup=other["code"])
        check("not with a permission of somebody else", True)
        first = w.call("factor.allow", user="viktor")
        equal("for him", first["person"], s["person"])
        check("for a day", abs(first["until"] - time.time() - 86400) < 60, first)
        allowed = w.call("factor.allow", user="viktor")
        w.refused("session.factor-setup", "factor", session=token, setup=first["code"])
        check("a later permission voids the earlier", True)
        setup = w.call("session.factor-setup", session=token, setup=allowed["code"])
        check("the QR code", setup["uri"].startswith("otpauth://totp/Chancery:viktor.klein%40")
              and "secret=" + setup["secret"] in setup["uri"], setup["uri"])
        secret = setup["secret"]
        w.refused("session.factor-confirm", "factor", session=token, code="000000")
        at = time.time()
        confirmed = w.call("session.factor-confirm", session=token, code=code(secret, at))
        equal("given", confirmed["factor"], "given")
        check("the session has a new name", confirmed["session"] != token)
        w.refused("session.who", "login", session=token)
        w.refused("session.factor-setup", "factor", session=confirmed["session"],
                  setup=allowed["code"])
        check("the permission was good once", True)
        dump = str(w.registry("(chanceryKind=*)"))
        check("codes are stored as hashes", allowed["code"] not in dump)
    with case("giving it"):
        s = w.login("viktor")
        equal("wanted", s["factor"], "needed")
        w.refused("session.factor", "factor", session=s["session"], code=code(secret, at))
        check("a code that was used is not good again", True)
        at += 30
        good = code(secret, at)       # within the window of one step
        answers = []
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            many = [w.login("viktor")["session"] for _ in range(4)]
            answers = list(pool.map(lambda t: w.ask("session.factor", session=t, code=good), many))
        equal("one code, four sessions at once: one gets in",
              sum(1 for a in answers if a.get("ok")), 1)
        given = next(a for a in answers if a.get("ok"))
        equal("as what he is", w.call("session.who", session=given["session"])["factor"], "given")
        w.services.kill("clerk")
        w.services.start("clerk")
        equal("also after kill -9", w.call("session.who", session=given["session"])["factor"],
              "given")
    with case("guessing"):
        time.sleep(10.5)
        s = w.login("viktor")
        words = [w.ask("session.factor", session=s["session"], code=f"{n:06d}")["error"]
                 for n in range(8)]
        equal("4 guesses", words, ["factor"] * 4 + ["limit"] * 4)
    with case("who needs none"):
        w.refused("factor.allow", "policy", user="bruno")
        w.refused("factor.allow", "not-found", user="nobody")
        s = w.login("bruno")
        w.refused("session.factor", "denied", session=s["session"], code="000000")
    with case("the clock"):
        check("no code of ten minutes ago", w.ask(
            "session.factor", session=w.login("viktor")["session"],
            code=code(secret, time.time() - 600))["error"] in ("factor", "limit"))


# --- peers --------------------------------------------------------------------------------

CALL = """
import json, os, socket, sys
path, uid, line = sys.argv[1], int(sys.argv[2]), sys.argv[3]
os.setgroups([]); os.setgid(uid); os.setuid(uid)
s = socket.socket(socket.AF_UNIX); s.connect(path); s.sendall(line.encode() + b"\\n")
print(s.makefile().readline())
"""


def ask_as(w, as_user, call, **fields):
    p = subprocess.run([sys.executable, "-c", CALL, w.services.socket("clerk"),
                        str(pwd.getpwnam(as_user).pw_uid), json.dumps({"call": call, **fields})],
                       capture_output=True, text=True, timeout=30, check=False)
    assert p.returncode == 0, p.stderr
    return json.loads(p.stdout)


def peers(w):
    if os.geteuid() != 0:
        skip("other users", "only root can be somebody else")
        return
    w.services.restart("clerk", portal_user="daemon")
    anna = {"user": "anna", "password": "demo-anna", "address": "::1"}
    with case("the portal's user"):
        s = ask_as(w, "daemon", "session.login", **anna)
        check("logs people in", s.get("ok"), s)
        who = ask_as(w, "daemon", "session.who", session=s["session"])
        equal("and speaks for them", who.get("name"), "Anna Muster")
        equal("but is no administrator", ask_as(w, "daemon", "factor.allow", user="hilda")["error"],
              "denied")
    with case("another user"):
        for call, fields in (("session.login", anna), ("session.who", {"session": s["session"]}),
                             ("factor.allow", {"user": "hilda"})):
            answer = ask_as(w, "nobody", call, **fields)
            equal(f"{call}: denied", answer.get("error"), "denied")
    with case("root"):
        w.refused("session.who", "denied", session=s["session"])
        w.refused("session.login", "denied", **anna)
        check("speaks for nobody", True)
        check("but administers", w.ask("factor.allow", user="hilda").get("ok"))
    w.services.restart("clerk", portal_user=pwd.getpwuid(os.geteuid()).pw_name)


def calls(w):
    for name in ("", "session", "session.Login", "session.login ", "sign", "x" * 1000, "*"):
        w.refused(name, "unsupported")
    check("unknown calls are refused", True)
    answer = w.refused("session.login", "syntax", user="anna", password="demo-anna",
                       address="::1", role="administrator")
    check("an unknown field is named", "role" in answer["text"], answer)
    for missing in ("user", "password", "address"):
        fields = {"user": "anna", "password": "demo-anna", "address": "::1"}
        del fields[missing]
        answer = w.refused("session.login", "syntax", **fields)
        check(f"{missing} is missing", missing in answer["text"], answer)
    for value in (7, None, True, ["anna"], {"a": 1}):
        w.refused("session.login", "syntax", user=value, password="x", address="::1")
    check("types are held", True)


# --- slapd and the log ------------------------------------------------------------------------

def restarts(w):
    with case("slapd is away"):
        s = w.login("anna")
        w.stop()
        w.refused("session.who", "busy", session=s["session"])
        w.refused("session.login", "busy", user="anna", password="demo-anna", address="::1")
        check("calls say busy", True)
        w.start()
        equal("and go on when it is there again",
              w.call("session.who", session=s["session"])["name"], "Anna Muster")
        w.login("anna")
    with case("again, with all connections open"):
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda _: w.call("session.who", session=s["session"]), range(60)))
        w.stop()
        w.start()
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            names = list(pool.map(
                lambda _: w.call("session.who", session=s["session"])["name"], range(60)))
        equal("every one of them is replaced", set(names), {"Anna Muster"})


def what_is_written(w, secrets):
    with open(w.services.path("clerk", "audit.log"), encoding="utf-8") as f:
        audit = [json.loads(line) for line in f]
    events = [x["event"] for x in audit]
    check("the audit log has logins", events.count("session.login") > 20
          and "session.factor" in events and "factor.allow" in events, set(events))
    check("each with its call and who made it", all("by" in x and "call" in x for x in audit))
    log = clerk_log(w)
    both = log + json.dumps(audit)
    check("no secret in either", not any(x in both for x in secrets),
          [x for x in secrets if x in both])


def generic(w):
    """The same directory, read as any other."""
    ids = {"viktor": w.login("viktor")["person"]}
    w.services.restart(
        "clerk", company_kind="generic", company_people="(objectClass=inetOrgPerson)",
        company_disabled="(userAccountControl:1.2.840.113556.1.4.803:=2)",
        company_shared="(employeeType=shared mailbox)", company=w.uri.replace("127.0.0.1", "localhost"),
        company_start_tls="on")
    with case("StartTLS, entryUUID, groups by their members"):
        s = w.login("viktor")
        equal("roles", s["roles"], ["helpdesk", "administrator"])
        equal("the id is the same as from objectGUID", s["person"], ids["viktor"])
        equal("the id is the entryUUID", s["person"], person("viktor").guid.hex)
        equal("its address", s["mail"], "viktor.klein@example.com")
        w.refused("session.login", "login", user="viktor", password="x", address="::1")
        w.refused("session.login", "login", user="info", password="demo-info", address="::1")
        equal("who it is", w.call("session.who", session=s["session"])["person"], s["person"])


def main():
    options = {"session-check": "1s", "login-window": "10s"}
    with ClerkWorld(options) as w:
        for part in (logins, refusals, injections, accounts, throttle, timing, sessions, sweeping, factors,
                     calls, peers, restarts, generic):
            with case(part.__name__):
                part(w)
        what_is_written(w, ("demo-anna", "demo-viktor", "demo-clerk", "demo-reader", "wrong12"))
    return done()


if __name__ == "__main__":
    sys.exit(main())
