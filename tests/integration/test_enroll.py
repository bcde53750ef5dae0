#!/usr/bin/python3
"""From "I have no certificate" to an encrypted mail that can be read, with the real
slapd, signer and clerk: ordered through the clerk's calls as the portal makes them,
published, mailed, its PIN shown behind the login; what a link shows to others; one
certificate for many equal requests; kills in between. run: limit=300
"""
import base64
import email
import glob
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import paths  # noqa: E402,F401
from check import case, check, done, equal, wait_until  # noqa: E402
from people import SUFFIX  # noqa: E402
from services import Refused  # noqa: E402
from world import World  # noqa: E402

ANNA = "anna.muster@example.com"
PIN = re.compile(r"([A-Z2-7]{4}-){5}[A-Z2-7]{4}")
CERTIFICATES = f"ou=certificates,ou=registry,{SUFFIX}"
SEED = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1 << 31)


def login(w, user, language="en"):
    return w.services.call("clerk", "session.login", user=user, password="demo-" + user,
                           address="127.0.0.1", language=language)["session"]


def refusal(w, call, **fields):
    try:
        return w.services.call("clerk", call, **fields)
    except Refused as r:
        return r.word


def status(w, session):
    return w.services.call("clerk", "enroll.status", session=session)


def wait_done(w, session, number, seconds=60):
    """What enroll.status says once this request is done."""
    got = {}

    def finished():
        got.update(status(w, session))
        return got["number"] >= number and got["request"]["state"] == "done"
    if not wait_until(finished, seconds):
        raise RuntimeError(f"request {number} is not done: {got.get('request')}")
    return got


def enroll(w, user, form="modern"):
    session = login(w, user)
    last = status(w, session)["number"]
    w.services.call("clerk", "enroll.start", session=session, after=last, form=form)
    return session, wait_done(w, session, last + 1)


def mails(w, address):
    out = []
    for path in sorted(glob.glob(w.path("mail", "*.eml")), key=os.path.getmtime):
        with open(path, "rb") as f:
            message = email.message_from_binary_file(f)
        if address in message["To"]:
            out.append(message)
    return out


def pfx_of(message):
    return next((p.get_payload(decode=True) for p in message.walk()
                 if p.get_content_type() == "application/x-pkcs12"), None)


def openssl(*words, stdin=b""):
    return subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=False)


def opened(pfx, pin, folder):
    """The private key and the certificate as PEM, or None."""
    path = os.path.join(folder, "x.pfx")
    with open(path, "wb") as f:
        f.write(pfx)
    p = openssl("pkcs12", "-in", path, "-passin", "stdin", "-nodes", stdin=pin.encode() + b"\n")
    return p.stdout if p.returncode == 0 else None


def published(w, address):
    """DER of what a mail program is given, at the published base."""
    found = w.search("dc=example", f"(mail={address})", ["userCertificate;binary"])
    values = [v for _, attributes in found for v in attributes.get("userCertificate;binary", [])]
    return values


def readable(der, pem, folder):
    """Whether what OpenSSL encrypts to the published certificate opens with the key."""
    cert, key = os.path.join(folder, "c.pem"), os.path.join(folder, "k.pem")
    with open(cert, "wb") as f:
        f.write(openssl("x509", "-inform", "DER", stdin=der).stdout)
    with open(key, "wb") as f:
        f.write(pem)
    sealed = openssl("cms", "-encrypt", "-aes256", cert, stdin=b"hello Anna\n").stdout
    return b"hello Anna" in openssl("cms", "-decrypt", "-inkey", key, "-recip", cert,
                                    stdin=sealed).stdout


def one_employee(w, folder):
    session, got = enroll(w, "anna")
    delivery = [d for d in got["deliveries"] if d["request"] == got["request"]["id"]][0]
    message = mails(w, ANNA)[-1]
    check("the mail has the file", pfx_of(message) is not None, message.as_string()[:800])
    text = "".join(p.get_payload(decode=True).decode() for p in message.walk()
                   if p.get_content_type() == "text/plain")
    check("the mail has the link", "/l/" + delivery["link"] in text, text)
    check("the mail has no PIN", not PIN.search(text), text)
    equal("a wrong password shows no PIN", refusal(
        w, "pin.show", session=session, link=delivery["link"], password="wrong"), "login")
    shown = w.services.call("clerk", "pin.show", session=session, link=delivery["link"],
                            password="demo-anna")
    check("the PIN has 24 characters in groups of four", PIN.fullmatch(shown["pin"]), "")
    pem = opened(pfx_of(message), shown["pin"], folder)
    check("the mailed file opens with it", pem is not None and b"PRIVATE KEY" in pem, "")
    check("and with no other", opened(pfx_of(message), shown["pin"][::-1], folder) is None, "")
    for one in shown["files"]:
        check(f"the {one['form']} file opens with it", opened(
            base64.b64decode(one["pfx"]), shown["pin"], folder) is not None, "")
    values = published(w, ANNA)
    serial = got["request"]["id"] and got["certificates"][-1]["serial"]
    check("the certificate is published first", values and format(int(openssl(
        "x509", "-inform", "DER", "-noout", "-serial", stdin=values[0]).stdout.decode()
        .split("=")[1], 16), "x") == serial.lstrip("0"), serial)
    check("what is encrypted to it opens with the key", readable(values[0], pem, folder), "")
    check("the owner is told", wait_until(lambda: len(mails(w, ANNA)) > 1, 30), "no notice")
    return delivery["link"], shown["pin"]


def others(w, link):
    bruno = login(w, "bruno")
    words = {refusal(w, "link.show", session=bruno, link=link),
             refusal(w, "link.show", session=bruno, link="a" * 26),
             refusal(w, "link.show", session=bruno, link="damaged/../link"),
             refusal(w, "link.show", link=link)}
    equal("a foreign, an unknown, a damaged link and no login are one", words, {"login"})
    equal("another employee sees no PIN", refusal(
        w, "pin.show", session=bruno, link=link, password="demo-bruno"), "login")


def renewal(w, folder):
    before = published(w, ANNA)[0]
    _, got = enroll(w, "anna")
    after = published(w, ANNA)
    check("the new one is offered, the former one is not",
          after and after[0] != before and before not in after, len(after))
    states = sorted(c["state"] for c in got["certificates"])
    equal("the former one is kept as replaced", states, ["replaced", "valid"])
    check("a second mail came", pfx_of(mails(w, ANNA)[-1]) is not None or
          any(pfx_of(m) for m in mails(w, ANNA)[1:]), "")


def unpacked(archive, folder):
    """{name: bytes} of a ZIP, by Info-ZIP; None where it finds fault with it."""
    path = os.path.join(folder, "x.zip")
    with open(path, "wb") as f:
        f.write(archive)
    if subprocess.run(["unzip", "-tqq", path], capture_output=True, check=False).returncode:
        return None
    listed = subprocess.run(["unzip", "-Z1", path], capture_output=True, check=True).stdout
    return {n: subprocess.run(["unzip", "-p", path, n], capture_output=True, check=True).stdout
            for n in listed.decode().split()}


def one_key_again(w, folder):
    session = login(w, "anna")
    pins = set()
    for form in ("modern", "compatible"):
        for one in status(w, session)["certificates"]:
            got = w.services.call("clerk", "pfx.get", session=session, form=form,
                                  certificate=one["serial"], password="demo-anna")
            pem = opened(base64.b64decode(got["pfx"]), got["pin"], folder)
            check(f"{form}: a {one['state']} key is given again", pem is not None, "")
            check("under a friendly name", re.fullmatch(
                re.escape(ANNA) + r"_\d{4}-\d\d-\d\d\.pfx", got["name"]), got["name"])
            pins.add(got["pin"])
    equal("each time with a PIN of its own", len(pins), 4)
    fields = {"form": "modern", "certificate": one["serial"]}
    equal("a wrong password gives no key", refusal(
        w, "pfx.get", session=session, password="wrong", **fields), "login")
    bruno = login(w, "bruno")
    equal("another's certificate is not found", refusal(
        w, "pfx.get", session=bruno, password="demo-bruno", **fields), "not-found")
    for serial in ("00" * 16, "x)(objectClass=*", "," * 16):
        equal(f"neither is {serial}", refusal(
            w, "pfx.get", session=session, password="demo-anna", form="modern",
            certificate=serial), "not-found")
    equal("nor all keys of who has none", refusal(
        w, "renew.zip", session=bruno, password="demo-bruno", form="modern"), "not-found")
    check("the owner is told", wait_until(lambda: any(
        "was downloaded" in m["Subject"] for m in mails(w, ANNA)), 30), "no notice")
    return pins


def all_keys(w, folder):
    session = login(w, "anna")
    equal("a wrong password gives no archive", refusal(
        w, "renew.zip", session=session, password="wrong", form="modern"), "login")
    before = len(status(w, session)["deliveries"])
    got = w.services.call("clerk", "renew.zip", session=session, password="demo-anna",
                          form="modern")
    files = unpacked(base64.b64decode(got["zip"]), folder)
    check("unzip is content with the archive", files is not None, "unzip -t failed")
    equal("it holds what the answer says", [f["name"] for f in got["files"]], list(files))
    name = r"\d{4}-\d\d-\d\d_%s_" + re.escape(ANNA) + r"(_\d)?\.pfx"
    check("the new one is first, the old one follows, then what to do",
          len(files) == 3 and re.fullmatch(name % "new", list(files)[0]) and
          re.fullmatch(name % "old", list(files)[1]) and list(files)[2] == "README.txt",
          list(files))
    check("the text says what to install", b"_new_" in files["README.txt"], files["README.txt"])
    pems = [opened(files[n], got["pin"], folder) for n in files if n.endswith(".pfx")]
    check("one PIN opens all", all(pems), [p is not None for p in pems])
    check("the new one is what is published", readable(published(w, ANNA)[0], pems[0], folder), "")
    check("the old one is another", not readable(published(w, ANNA)[0], pems[1], folder), "")
    german = unpacked(base64.b64decode(w.services.call(
        "clerk", "renew.zip", session=login(w, "anna", "de"), password="demo-anna",
        form="compatible")["zip"]), folder)
    check("a German reader gets a German text", "öffnet".encode() in german["LIESMICH.txt"],
          list(german))
    equal("nothing of it is recorded as a delivery",
          len(status(w, session)["deliveries"]), before)
    return {got["pin"]}


def in_parallel(w):
    session = login(w, "carla")
    last = status(w, session)["number"]
    ids, lock = [], threading.Lock()

    def start():
        got = w.services.ask("clerk", "enroll.start", session=session, after=last)
        with lock:
            ids.append(got.get("request", {}).get("id", got.get("error")))
    threads = [threading.Thread(target=start) for _ in range(64)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    got = wait_done(w, session, last + 1)
    equal("64 equal requests are one request", len(set(ids)), 1)
    equal("and one certificate", len(got["certificates"]), 1)


def a_mailbox(w, folder):
    """The certificate of a shared mailbox is for those to whom its key was delivered."""
    carla, bruno = login(w, "carla"), login(w, "bruno")
    serial = status(w, carla)["certificates"][0]["serial"]
    root = w.connect_root()
    root.modify_s(f"chanceryId={serial},{CERTIFICATES}",
                  [(2, "chanceryPersonId", [b"f" * 32])])
    root.unbind_s()
    got = w.services.call("clerk", "pfx.get", session=carla, form="modern",
                          certificate=serial, password="demo-carla")
    check("a delegate gets the mailbox's key again", opened(
        base64.b64decode(got["pfx"]), got["pin"], folder) is not None, "")
    equal("who is none does not", refusal(
        w, "pfx.get", session=bruno, form="modern", certificate=serial,
        password="demo-bruno"), "not-found")
    equal("it is not in the archive of the delegate's own", refusal(
        w, "renew.zip", session=carla, form="modern", password="demo-carla"), "not-found")


def kills(w):
    """clerk, signer and slapd die while requests are on their way."""
    rng = random.Random(SEED)
    users = ["dora", "zoe", "bruno"]
    sessions = {u: login(w, u) for u in users}
    for round_number in range(3):
        for u in users:
            w.services.call("clerk", "enroll.start", session=sessions[u],
                            after=status(w, sessions[u])["number"])
        victim = rng.choice(["clerk", "signer"])
        time.sleep(rng.random() * 0.3)
        w.services.kill(victim)
        w.services.start(victim)
        began = time.monotonic()
        for u in users:
            wait_done(w, sessions[u], round_number + 1)
        check(f"round {round_number}: all went on after the {victim} was killed",
              time.monotonic() - began < 30, time.monotonic() - began)
    for u in users:
        got = status(w, sessions[u])
        requests = [c["request"] for c in got["certificates"]]
        equal(f"{u} has one certificate a request", (len(requests), len(set(requests))), (3, 3))


def secrets_stay(w, pins):
    text = "".join(w.services.log_text(n, 1 << 24) for n in ("clerk", "signer"))
    with open(w.path("clerk", "audit.log"), encoding="utf-8") as f:
        text += f.read()
    check("no log has a PIN", not any(pin in text for pin in pins), "one has")
    check("no log has a password", "demo-anna" not in text, "one has")


def main():
    print(f"note seed {SEED}")
    with World(enroll={"only": ["signer", "clerk"]}) as w, \
            tempfile.TemporaryDirectory() as folder:
        with case("an employee"):
            link, pin = one_employee(w, folder)
            others(w, link)
            renewal(w, folder)
            pins = one_key_again(w, folder) | all_keys(w, folder) | {pin}
            secrets_stay(w, pins)
        with case("many at once"):
            in_parallel(w)
        with case("a shared mailbox"):
            a_mailbox(w, folder)
        with case("kills"):
            kills(w)
    return done()


sys.exit(main())
