#!/usr/bin/python3
"""The verbs that ask the clerk, before a clerk that answers what the test wants: what is
asked, what is printed, exit codes, hostile answers, a clerk that is away or silent. What
the real clerk decides is tested in test_enroll*.py.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from check import check, done, equal
from fakeclerk import FakeClerk, refuse
from paths import built

WORK = tempfile.mkdtemp(prefix="ch-cli-", dir="/tmp")
SOCKET = os.path.join(WORK, "clerk.sock")
ANNA = "anna.muster@example.com"
ID = "0123456789abcdef" * 2 + "-3"
OK, NO, USAGE, UNREACHABLE, REFUSED = 0, 1, 2, 3, 4


def run(*words, env=None, timeout=60):
    """(exit code, stdout, stderr)"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CHANCERY_")}
    environment["CHANCERY_SOCKET"] = SOCKET
    environment.update(env or {})
    p = subprocess.run([built("bin", "chancery"), *words], capture_output=True,
                       timeout=timeout, env=environment, cwd=WORK, check=False)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def request(state, **more):
    return {"id": ID, "number": 3, "state": state, "begin": 1795400000, "until": 0,
            "kind": "person", "mail": [ANNA], "by": "uid:0", "delegates": [], **more}


def person(certificate=None, last=None, mail=ANNA):
    return {"person": ID[:32], "kind": "person", "name": "Anna Muster", "mail": mail,
            "problem": "", "certificate": certificate, "request": last}


def people(*found):
    return {"ok": True, "people": list(found)}


def asked(clerk, call):
    """The one request of this call, without its name."""
    found = clerk.named(call)
    if len(found) != 1:
        return found
    return {k: v for k, v in found[0].items() if k != "call"}


def enroll(clerk):
    steps = iter(["new", "prepared", "issued", "published", "done"] + ["done"] * 99)
    clerk.answers = {
        "person.find": people(person(mail="x" + ANNA), person(last=request("failed"))),
        "enroll.for": {"ok": True, "request": request("new")},
        "request.show": lambda _: {"ok": True, "request": request(next(steps))}}
    code, out, err = run("enroll", "Anna.Muster@Example.com")
    equal("enroll: exit code", code, OK)
    equal("enroll: what is printed", out, f"{ANNA}: done, mailed (request {ID})\n")
    equal("enroll: what is asked", asked(clerk, "enroll.for"),
          {"address": "Anna.Muster@Example.com", "after": 3, "again": False})
    equal("enroll: the request is looked at until it is done",
          len(clerk.named("request.show")), 5)

    slow = time.monotonic() + 2.5
    clerk.answers["request.show"] = lambda _: {"ok": True, "request": request(
        "prepared" if time.monotonic() < slow else "done")}
    code, out, err = run("enroll", ANNA)
    check("enroll: what takes longer than a second is told on stderr",
          code == OK and f"{ANNA}: key and serial number are chosen" in err and
          "done" in out, (code, out, err))

    clerk.answers["request.show"] = {"ok": True, "request": request(
        "failed", problem="the signer refused: 1\n2")}
    code, out, err = run("enroll", ANNA)
    check("enroll: failed", code == NO and "failed: the signer refused: 1?2" in out,
          (code, out, err))
    clerk.answers["request.show"] = {"ok": True, "request": request("waiting")}
    code, out, err = run("enroll", ANNA)
    check("enroll: waits for an approver, and does not wait itself",
          code == OK and "waits for an approver" in out, (code, out, err))
    clerk.forget()
    code, out, err = run("enroll", ANNA, "--no-wait", "--json")
    check("enroll --no-wait --json", code == OK and json.loads(out)["id"] == ID and
          not clerk.named("request.show"), (code, out, err))

    clerk.answers["person.find"] = people(person(certificate={"state": "valid"}))
    clerk.forget()
    code, out, err = run("enroll", ANNA)
    check("enroll: has one already", code == NO and "renew" in err and
          not clerk.named("enroll.for"), (code, err))
    code, out, err = run("enroll", "--again", ANNA)
    equal("enroll --again", (code, asked(clerk, "enroll.for")),
          (OK, {"address": ANNA, "after": 0, "again": True}))
    clerk.forget()
    code, out, err = run("renew", ANNA)
    equal("renew", (code, asked(clerk, "enroll.for")),
          (OK, {"address": ANNA, "after": 0, "again": True}))
    clerk.answers["person.find"] = people(person(mail="other@example.com"))
    code, out, err = run("enroll", ANNA)
    check("enroll: nobody has this address",
          code == NO and "nobody with this address" in err, (code, err))
    clerk.answers["person.find"] = refuse("denied", "you are no administrator")
    code, out, err = run("enroll", ANNA)
    equal("enroll: refused", (code, out, err), (REFUSED, "",
                                                "chancery: you are no administrator\n"))


def mailbox(clerk):
    clerk.answers = {"person.find": people(person(mail="sales@example.com")),
                     "mailbox.enroll": {"ok": True, "request": request("waiting")},
                     "request.show": {"ok": True, "request": request("waiting")}}
    code, out, err = run("enroll", "--shared-mailbox", "--delegate", "a@example.com",
                         "--delegate=b@example.com", "sales@example.com")
    equal("enroll --shared-mailbox", (code, asked(clerk, "mailbox.enroll")),
          (OK, {"mailbox": "sales@example.com",
                "delegates": ["a@example.com", "b@example.com"], "after": 0}))
    for words in (("--shared-mailbox", "sales@example.com"),
                  ("--delegate", "a@example.com", "sales@example.com"), (),
                  ("a@example.com", "b@example.com"), ("--delegat", "x", "y")):
        code, out, err = run("enroll", *words)
        check(f"enroll {' '.join(words)}: used wrongly",
              code == USAGE and "chancery enroll --help" in err, (code, err))


def revoke(clerk):
    gone = {"serial": "1f00", "mail": [ANNA], "state": "revoked"}
    clerk.answers = {"revoke": {"ok": True, "certificates": [gone]}}
    code, out, err = run("revoke", ANNA, "--reason", "key-compromise")
    equal("revoke", (code, out, asked(clerk, "revoke")),
          (OK, f"{ANNA}: certificate 1f00 is revoked\n",
           {"reason": "key-compromise", "address": ANNA}))
    clerk.forget()
    code, out, err = run("revoke", "--serial", "1F00", "--json")
    equal("revoke --serial", (code, json.loads(out), asked(clerk, "revoke")),
          (OK, {"certificates": [gone]}, {"reason": "unspecified", "certificate": "1F00"}))
    clerk.answers["revoke"] = {"ok": True, "certificates": []}
    equal("revoke: nothing there", run("revoke", ANNA)[:2], (NO, "nothing to revoke\n"))
    equal("revoke: a reason that is none", run("revoke", ANNA, "--reason", "because")[0],
          USAGE)


def resend(clerk):
    clerk.answers = {"person.find": people(person(last=request("done"))),
                     "resend": {"ok": True, "deliveries": [{"address": ANNA}]}}
    code, out, err = run("resend", ANNA, "--to", "b@example.com")
    equal("resend", (code, out, asked(clerk, "resend")),
          (OK, f"{ANNA}: is mailed again\n", {"request": ID, "recipient": "b@example.com"}))
    clerk.answers["person.find"] = people(person())
    code, out, err = run("resend", ANNA)
    check("resend: never asked for one", code == NO and "has not asked" in err, (code, err))


def approve(clerk):
    clerk.answers = {
        "approve.list": {"ok": True, "requests": [request("waiting", delegates=["a@b"])]},
        "approve.decide": {"ok": True, "request": request("new")}}
    code, out, err = run("approve")
    check("approve: lists", code == OK and ID in out and "delegate   a@b" in out and
          "2026-11-23" in out and err == "1 waiting\n", (code, out, err))
    code, out, err = run("approve", ID)
    equal("approve: agrees", (code, out, asked(clerk, "approve.decide")),
          (OK, f"{ANNA}: accepted (request {ID})\n", {"request": ID, "agree": True}))
    clerk.forget()
    clerk.answers["approve.decide"] = {"ok": True, "request": request("refused")}
    code, out, err = run("approve", ID, "--refuse", "no delegates of theirs")
    equal("approve --refuse", (code, asked(clerk, "approve.decide")),
          (OK, {"request": ID, "agree": False, "reason": "no delegates of theirs"}))
    clerk.answers["approve.decide"] = refuse("conflict", "somebody else decided it")
    check("approve: too late", run("approve", ID)[0] not in (OK, USAGE), "")


def lists(clerk):
    rows = {"requests": [request("failed", problem="no\x1b[31m signer")],
            "certificates": [{"serial": "1f00", "mail": [ANNA], "state": "valid",
                              "begin": 1795400000, "until": 1858000000}],
            "deliveries": [{"address": ANNA, "state": "mailed", "until": 1798000000,
                            "request": ID}]}
    clerk.answers = {"list": lambda q: {"ok": True, "rows": rows[q["what"]]}}
    for what, words in (("requests", ("failed", ID, "no?[31m signer")),
                        ("certificates", ("valid", "2028-11-16", "1f00")),
                        ("deliveries", ("mailed", ID))):
        code, out, err = run("list", "--" + what)
        check(f"list --{what}", code == OK and all(w in out for w in (ANNA, *words)) and
              err == f"1 {what}\n", (code, out, err))
        code, out, err = run("list", "--" + what, "--json")
        equal(f"list --{what} --json", (code, json.loads(out)), (OK, rows[what]))
    clerk.forget()
    run("list", "--requests", "--state", "failed")
    equal("list --state", asked(clerk, "list"), {"what": "requests", "state": "failed"})


def status_and_factor(clerk):
    clerk.answers = {"status": {"ok": True, "requests": {"open": 3, "oldest": 1795400000},
                                "mail": {"problem": ""}, "signer": {"alive": True}}}
    code, out, err = run("status")
    check("status: well", code == OK and re.search(r"^  oldest +2026-11-23T", out, re.M) and
          re.search(r"^  open +3$", out, re.M) and re.search(r"^  alive +yes$", out, re.M),
          (code, out, err))
    clerk.answers["status"]["mail"]["problem"] = "the relay is away"
    code, out, err = run("status")
    check("status: a problem", code == NO and "the relay is away" in out, (code, out))
    code, out, err = run("status", "--json")
    check("status --json", code == NO and
          json.loads(out)["mail"]["problem"] == "the relay is away", (code, out))
    clerk.answers["factor.allow"] = {"ok": True, "code": "abcdef", "person": ID[:32],
                                     "until": 1795400000}
    code, out, err = run("factor", "allow", "hilda.help")
    check("factor allow: the code alone on stdout", (code, out) == (OK, "abcdef\n") and
          "hilda.help" in err, (code, out, err))
    equal("factor allow: what is asked", asked(clerk, "factor.allow"), {"user": "hilda.help"})
    equal("factor deny", run("factor", "deny", "x")[0], USAGE)


def hostile(clerk):
    """Whatever the answer is, the command ends by itself, with a code of its table."""
    evil = ["\x1b]0;owned\x07", "x" * 100000, "\u202e", 12, None, [], {}, True, -1,
            {"state": 5, "mail": "x", "id": []}, [1, 2, [3]], 10 ** 18]
    calls = {"enroll": ("enroll", "--no-wait", ANNA), "revoke": ("revoke", ANNA),
             "resend": ("resend", ANNA), "approve": ("approve",), "status": ("status",),
             "list": ("list", "--requests"), "factor": ("factor", "allow", "x")}
    for name, words in calls.items():
        bad = []
        for value in evil:
            answer = {"ok": True, "people": value, "request": value, "requests": value,
                      "certificates": value, "deliveries": value, "rows": value,
                      "code": value, "until": value, "problem": value}
            clerk.answers = {c: answer for c in (
                "person.find", "enroll.for", "revoke", "resend", "approve.list", "status",
                "list", "factor.allow", "request.show")}
            clerk.answers["person.find"] = people(person(last=value), value) \
                if name != "enroll" else people(person(certificate=value, last=value))
            code, out, err = run(*words)
            if code not in range(6) or "\x1b" in out + err:
                bad.append((value, code, out[:100], err[:100]))
        equal(f"hostile answers to {name}", bad, [])


def away():
    code, out, err = run("status", env={"CHANCERY_SOCKET": os.path.join(WORK, "gone")})
    check("no clerk: code and sentence",
          code == UNREACHABLE and "does not answer" in err and "gone" in err, (code, err))
    code, out, err = run("status", "-S", os.path.join(WORK, "other"))
    check("-S goes before the environment", code == UNREACHABLE and "other" in err, err)
    for what, talk in (("closes", b""), ("says nonsense", b"hello\n"),
                       ("says half a line", b'{"ok":true')):
        path = os.path.join(WORK, "odd")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            s.listen()

            def serve():
                c, _ = s.accept()
                c.recv(1000)
                c.sendall(talk)
                c.close()
            t = threading.Thread(target=serve)
            t.start()
            code, out, err = run("status", "-S", path)
            t.join()
        os.unlink(path)
        check(f"a clerk that {what}", code in (UNREACHABLE, 5) and err, (code, err))


def main():
    clerk = FakeClerk(SOCKET).start()
    for part in (enroll, mailbox, revoke, resend, approve, lists, status_and_factor, hostile):
        clerk.forget()
        part(clerk)
    clerk.stop()
    away()
    shutil.rmtree(WORK, ignore_errors=True)
    sys.exit(done())


main()
