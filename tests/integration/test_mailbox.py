#!/usr/bin/python3
"""What the helpdesk does for others, with the real slapd, signer and clerk: the
certificate of a shared mailbox, of which each delegate gets a file under a PIN of
their own; who is no mailbox and no delegate; what waits for an approver; a file that
is mailed once more; finding people. run: limit=240
"""
import email
import glob
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import paths  # noqa: E402,F401
from check import case, check, done, equal, wait_until  # noqa: E402
from people import COMPANY  # noqa: E402
from services import Refused  # noqa: E402
from world import World  # noqa: E402

INFO, SALES = "info@example.com", "sales@example.com"
ANNA, BRUNO, ZOE = ("anna.muster@example.com", "bruno.keller@example.com",
                    "zoe.mueller@example.com")
LINK = re.compile(r"/l/([a-z2-7]{26})")


def call(w, name, **fields):
    return w.services.call("clerk", name, **fields)


def refusal(w, name, **fields):
    try:
        return "answer", str(call(w, name, **fields))
    except Refused as r:
        return r.word, r.text


def login(w, user):
    return call(w, "session.login", user=user, password="demo-" + user,
                address="127.0.0.1", language="en")["session"]


def with_factor(w, user):
    """A session in which the second factor was given."""
    session = login(w, user)
    setup = call(w, "factor.allow", user=user)["code"]
    secret = call(w, "session.factor-setup", session=session, setup=setup)["secret"]
    code = subprocess.run(["oathtool", "--totp", "-b", secret], capture_output=True, text=True,
                          check=True).stdout.strip()
    return call(w, "session.factor-confirm", session=session, code=code)["session"]


def mails(w, address, subject=""):
    out = []
    for path in sorted(glob.glob(w.path("mail", "*.eml")), key=os.path.getmtime):
        with open(path, "rb") as f:
            message = email.message_from_binary_file(f)
        if address in message["To"] and subject in (message["Subject"] or ""):
            out.append(message)
    return out


def pfx_of(message):
    return next((p.get_payload(decode=True) for p in message.walk()
                 if p.get_content_type() == "application/x-pkcs12"), None)


def files(w, address):
    """Mails with a file."""
    return [m for m in mails(w, address) if pfx_of(m)]


def link_of(message):
    text = "".join(p.get_payload(decode=True).decode() for p in message.walk()
                   if p.get_content_type() == "text/plain")
    return LINK.search(text).group(1)


def opens(pfx, pin, folder):
    path = os.path.join(folder, "x.pfx")
    with open(path, "wb") as f:
        f.write(pfx)
    p = subprocess.run(["openssl", "pkcs12", "-in", path, "-passin", "stdin", "-nodes"],
                       input=pin.encode() + b"\n", capture_output=True, check=False)
    return p.returncode == 0 and b"PRIVATE KEY" in p.stdout


def pin_of(w, user, link):
    return call(w, "pin.show", session=login(w, user), link=link,
                password="demo-" + user)["pin"]


def wait_state(w, request, state, seconds=60):
    got = {}

    def there():
        got.update(call(w, "request.show", request=request)["request"])
        return got["state"] == state
    check(f"the request becomes {state}", wait_until(there, seconds), got)
    return got


def mailbox(w, folder):
    r = call(w, "mailbox.enroll", mailbox=INFO, delegates=[ANNA, BRUNO, ANNA])["request"]
    equal("who has access waits for nobody", r["state"], "new")
    equal("a delegate named twice is one", len(r["delegates"]), 2)
    wait_state(w, r["id"], "done")
    links, pins, pfx = {}, {}, {}
    for user, address in (("anna", ANNA), ("bruno", BRUNO)):
        got = files(w, address)
        equal(f"{user} gets one mail", len(got), 1)
        links[user], pfx[user] = link_of(got[0]), pfx_of(got[0])
        pins[user] = pin_of(w, user, links[user])
    check("each has an own link", links["anna"] != links["bruno"], links)
    check("and an own PIN", pins["anna"] != pins["bruno"], "the same")
    for user, other in (("anna", "bruno"), ("bruno", "anna")):
        check(f"the file of {user} opens with their PIN", opens(pfx[user], pins[user], folder), "")
        check(f"and not with that of {other}", not opens(pfx[user], pins[other], folder), "")
    equal("a link is not for the other delegate", refusal(
        w, "pin.show", session=login(w, "bruno"), link=links["anna"],
        password="demo-bruno")[0], "login")
    return r["id"]


def refused(w):
    for name, box, delegates, word, part in (
            ("a person is no mailbox", ANNA, [BRUNO], "policy", "no shared mailbox"),
            ("an unknown mailbox", "nobody@example.com", [ANNA], "not-found", "nobody@"),
            ("an unknown delegate", SALES, ["nobody@example.com"], "not-found", "nobody@"),
            ("one who left", SALES, ["ludwig.leaver@example.com"], "policy", "ludwig"),
            ("a mailbox as delegate", SALES, [INFO], "policy", "shared mailbox"),
            ("no delegate", SALES, [], "syntax", "1 to 20"),
            ("a number as delegate", SALES, [7], "syntax", "no text"),
            ("one delegate too many", SALES, [ANNA] * 21, "limit", "")):
        got = refusal(w, "mailbox.enroll", mailbox=box, delegates=delegates)
        check(name, got[0] == word and part in got[1], got)
    equal("20 of them are not too many: one who has no access waits", call(
        w, "mailbox.enroll", mailbox=SALES, delegates=[ZOE] * 20)["request"]["state"], "waiting")
    got = refusal(w, "mailbox.enroll", mailbox=SALES, delegates=[BRUNO])
    check("what waits is not taken for another order",
          got[0] == "policy" and "came first" in got[1], got)
    equal("who has no role may not", refusal(
        w, "mailbox.enroll", session=login(w, "zoe"), mailbox=SALES, delegates=[ANNA])[0],
        "denied")


def approval(w):
    waiting = call(w, "approve.list")["requests"]
    equal("one waits", [(r["mail"][0], r["delegates"]) for r in waiting], [(SALES, [ZOE])])
    first = waiting[0]["id"]
    check("the approvers are asked", wait_until(
        lambda: mails(w, ANNA, "Please decide"), 30), "no mail")
    equal("nobody got a file yet", files(w, ZOE), [])
    r = call(w, "approve.decide", request=first, agree=False, reason="not hers")["request"]
    equal("it is refused, with the reason", (r["state"], r["problem"]), ("refused", "not hers"))
    equal("it is decided once", refusal(
        w, "approve.decide", request=first, agree=True)[0], "policy")
    equal("an unknown request", refusal(
        w, "approve.decide", request="f" * 32 + "-1", agree=True)[0], "not-found")
    second = call(w, "mailbox.enroll", mailbox=SALES, delegates=[ZOE], after=1)["request"]
    equal("a second one waits", second["state"], "waiting")
    call(w, "approve.decide", request=second["id"], agree=True)
    wait_state(w, second["id"], "done")
    equal("what was agreed to is mailed", len(files(w, ZOE)), 1)
    equal("nothing waits any more", call(w, "approve.list")["requests"], [])


def end_now(w, request):
    """Its time to be agreed to is over."""
    import ldap
    c = w.connect_root()
    past = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 60)).encode()
    dn = c.search_s("ou=registry,dc=example,dc=com", ldap.SCOPE_SUBTREE,
                    f"(&(objectClass=chanceryRequest)(chanceryId={request}))", ["1.1"])[0][0]
    c.modify_s(dn, [(ldap.MOD_REPLACE, "chanceryUntil", [past])])
    c.unbind_s()


def roles(w):
    """Helpdesk and approvers in their sessions; the mailbox has had two requests."""
    hilda, anna, viktor = (with_factor(w, u) for u in ("hilda", "anna", "viktor"))

    def order(session, who, after):
        return call(w, "mailbox.enroll", session=session, mailbox=SALES, delegates=[who],
                    after=after)["request"]["id"]

    def decide(session, request, agree=True):
        return refusal(w, "approve.decide", session=session, request=request, agree=agree)
    got = refusal(w, "mailbox.enroll", session=hilda, mailbox=SALES, after=2,
                  delegates=["hilda.help@example.com"])
    check("nobody orders for themselves", got[0] == "policy" and "themselves" in got[1], got)
    one = order(hilda, ANNA, 2)
    equal("the helpdesk decides nothing", decide(hilda, one)[0], "denied")
    got = decide(anna, one)
    check("nor who would get a file", got[0] == "policy" and "file" in got[1], got)
    equal("another approver refuses it", decide(viktor, one, False)[0], "answer")
    check("who asked is told", wait_until(
        lambda: mails(w, "hilda.help@example.com"), 30), "no mail")
    two = order(viktor, BRUNO, 3)
    got = decide(viktor, two)
    check("nobody decides what they asked for", got[0] == "policy" and "asked" in got[1], got)
    equal("the list names people", [(r["by"], r["delegates"]) for r in call(
        w, "approve.list", session=anna)["requests"]], [("viktor.klein@example.com", [BRUNO])])
    before = len(files(w, BRUNO))
    equal("another approver agrees", decide(anna, two)[0], "answer")
    wait_state(w, two, "done")
    equal("and it is mailed", len(files(w, BRUNO)), before + 1)
    three = order(hilda, BRUNO, 4)
    end_now(w, three)
    got = wait_state(w, three, "expired", 30)
    check("with a reason", "nobody agreed" in got["problem"], got)
    equal("and cannot be agreed to", decide(anna, three)[0], "policy")


def again(w, request, folder):
    before = files(w, ANNA)[-1]
    got = call(w, "resend", request=request, recipient=ANNA)["deliveries"]
    equal("it goes to one", [(d["address"], d["state"]) for d in got], [(ANNA, "mailed")])
    check("the helpdesk learns no link", "link" not in got[0], got)
    after = files(w, ANNA)
    equal("a second mail", len(after), 2)
    equal("none to the other", len(files(w, BRUNO)), 1)
    check("it is another one", after[-1]["Message-ID"] != before["Message-ID"],
          before["Message-ID"])
    pin = pin_of(w, "anna", link_of(after[-1]))
    check("the new file opens with the PIN shown now", opens(pfx_of(after[-1]), pin, folder), "")
    check("the former file does not", not opens(pfx_of(before), pin, folder), "")
    equal("all of them", len(call(w, "resend", request=request)["deliveries"]), 2)
    equal("nobody of this name", refusal(
        w, "resend", request=request, recipient=ZOE)[0], "not-found")
    refused_one = call(w, "person.find", text=SALES)["people"][0]["person"] + "-1"
    equal("one that is not done", refusal(w, "resend", request=refused_one)[0], "policy")


def finding(w, request):
    for text, want in (("MUSTER", [(ANNA, "person")]), (INFO, [(INFO, "mailbox")]),
                       ("office@", [(INFO, "mailbox")]), ("no such name", []),
                       ("*)(mail=*", [])):
        got = call(w, "person.find", text=text)["people"]
        equal(f"finds {text}", [(p["mail"], p["kind"]) for p in got], want)
    info = call(w, "person.find", text=INFO)["people"][0]
    equal("with its request", (info["request"]["id"], info["request"]["state"]),
          (request, "done"))
    equal("with its certificate", info["certificate"]["state"], "valid")
    left = call(w, "person.find", text="ludwig")["people"][0]
    check("who left has a problem", "not in use" in left["problem"], left)
    equal("one letter is too little", refusal(w, "person.find", text="a")[0], "syntax")
    check("never more than 50", len(call(w, "person.find", text="example")["people"]) <= 50, "")


def main():
    groups = [f"cn={g},ou=groups,{COMPANY}" for g in ("approvers", "administrators")]
    enroll = {"only": ["signer", "clerk"], "options": {"clerk": {"role-approver": groups}}}
    with World(enroll=enroll) as w, \
            tempfile.TemporaryDirectory() as folder:
        with case("a shared mailbox"):
            request = mailbox(w, folder)
        with case("what is refused"):
            refused(w)
        with case("an approver"):
            approval(w)
        with case("once more"):
            again(w, request, folder)
        with case("finding"):
            finding(w, request)
        with case("roles"):
            roles(w)
    return done()


sys.exit(main())
