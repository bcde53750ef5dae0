#!/usr/bin/python3
"""Evolution's address book (evolution-data-server), on a D-Bus session of its
own: finds every recipient as its To line and its contact search do, and gets the
certificate through the very function with which Evolution encrypts a mail. It
takes the first value of userCertificate and sends an empty list of attributes.

The file runs twice: as the test, and (with --session) inside dbus-run-session,
where it asks everything at once and prints the answers as JSON.
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import recipients
from check import case, done, skip
from recipients import BASES, EVERY_ADDRESS, RECIPIENTS, same, short

SOURCE = """[Data Source]
DisplayName=Chancery
Enabled=true
Parent=ldap-stub

[Address Book]
BackendName=ldap

[Autocomplete]
IncludeMe=true

[Authentication]
Host=127.0.0.1
Method=none
Port=%d
User=

[Security]
Method=none

[LDAP Backend]
AuthMethod=none
RootDn=%s
Scope=subtree
Filter=
Limit=100

[Offline]
StaySynchronized=false
"""
SESSION_SECONDS = 120
VIEW_SECONDS = 20
DO_NOT_WAIT = 0xFFFFFFFF  # for a "connected" property that never changes


# --- inside the session --------------------------------------------------------

def session(questions):
    """{"name": answer} for {"name": [kind, argument]}."""
    import gi
    for name in ("EBook", "EBookContacts", "EDataServer"):
        gi.require_version(name, "1.2")
    from gi.repository import Camel, EBook, EBookContacts, EDataServer, GLib

    registry = EDataServer.SourceRegistry.new_sync(None)
    book = EBook.BookClient.connect_sync(registry.ref_source("chancery"), DO_NOT_WAIT, None)

    def contact(c):
        addresses = [c.get_property("email-%d" % n) for n in (1, 2, 3, 4)]
        return [c.get_property("full-name"), [a for a in addresses if a],
                len(c.get_attributes(EBookContacts.ContactField.X509_CERT))]

    def contacts(query):
        """One question, all answers."""
        return [contact(c) for c in book.get_contacts_sync(query, None)[1]]

    def view(query):
        """As lists on the screen are filled: contacts come one by one."""
        found, loop = [], GLib.MainLoop()
        shown = book.get_view_sync(query, None)[1]

        def complete(_, error):
            if error is not None:
                found.append(str(error.message))
            loop.quit()
        shown.connect("objects-added", lambda _, added: found.extend(map(contact, added)))
        shown.connect("complete", complete)
        GLib.timeout_add_seconds(VIEW_SECONDS, loop.quit)
        shown.start()
        loop.run()
        shown.stop()
        return found

    def certificates(addresses):
        """One for each recipient, as base64, in any order; None where none was
        found."""
        return EBook.book_utils_get_recipient_certificates_sync(
            registry, [book], Camel.RecipientCertificateFlags.SMIME, addresses, None)[1]

    kinds = {"contacts": contacts, "view": view, "certificates": certificates}
    return {name: kinds[kind](argument) for name, (kind, argument) in questions.items()}


# --- the test ------------------------------------------------------------------

def ask(port, base, questions):
    """Starts a session with one address book and asks it."""
    home = tempfile.mkdtemp(prefix="chancery-eds-")
    try:
        folders = {"XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache",
                   "XDG_DATA_HOME": "data", "XDG_RUNTIME_DIR": "run"}
        folders = {name: os.path.join(home, folder) for name, folder in folders.items()}
        os.makedirs(folders["XDG_RUNTIME_DIR"], mode=0o700)
        sources = os.path.join(folders["XDG_CONFIG_HOME"], "evolution", "sources")
        os.makedirs(sources)
        with open(os.path.join(sources, "chancery.source"), "w", encoding="utf-8") as f:
            f.write(SOURCE % (port, base))
        env = dict(os.environ, HOME=home, LC_ALL="C.UTF-8", GIO_USE_NETWORK_MONITOR="base",
                   GSETTINGS_BACKEND="memory", **folders)
        env.pop("DISPLAY", None)
        done_ = subprocess.run(
            ["dbus-run-session", "--", "/usr/bin/python3", os.path.abspath(__file__), "--session"],
            input=json.dumps(questions), env=env, capture_output=True, text=True,
            timeout=SESSION_SECONDS, check=False)
        if done_.returncode != 0:
            raise RuntimeError("the session failed: " + done_.stderr[-2000:])
        return json.loads(done_.stdout)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def beginnings(recipient):
    """What somebody may type; "exam" would be several mailboxes."""
    name = recipient.name.lower()
    return [recipient.typed, recipient.address[:6]] + (
        [] if name.startswith("example") else [name[:4]])


def questions():
    """What is asked, by the name of its case."""
    asked = {}
    for recipient, address in EVERY_ADDRESS:
        asked["address " + address] = ["contacts", '(is "email" "%s")' % address]
        asked["part of address " + address] = ["contacts", '(contains "email" "%s")' % address]
        asked["certificate for " + address] = ["certificates", [address]]
    for recipient in RECIPIENTS:
        for typed in beginnings(recipient):
            # The filter of the To line.
            asked["completes " + typed] = [
                "view", '(or (beginswith "file_as" "%s") (beginswith "full_name" "%s")'
                        ' (beginswith "email" "%s"))' % (typed, typed, typed)]
        asked["any field contains " + recipient.typed] = [
            "view", '(contains "x-evolution-any-field" "%s")' % recipient.typed]
    asked["certificates for all"] = ["certificates", [r.address for r in RECIPIENTS]]
    asked["nobody"] = ["contacts", '(is "email" "nobody@example.com")']
    asked["certificate for nobody"] = ["certificates", ["nobody@example.com"]]
    return asked


def ders(values):
    return [base64.b64decode(v) for v in values if v is not None]


def test_base(directory, base):
    got = ask(directory.port, base, questions())

    def found(name, recipient):
        with case("%s, base '%s'" % (name, base)):
            same([(full, addresses) for full, addresses, _ in got[name]],
                 [(recipient.name, list(recipient.addresses()))])
            same(got[name][0][2], len(directory.offered(recipient.address)))

    for recipient, address in EVERY_ADDRESS:
        found("address " + address, recipient)
        found("part of address " + address, recipient)
        with case("certificate for %s, base '%s'" % (address, base)):
            same(short(ders(got["certificate for " + address])),
                 short(directory.offered(recipient.address)))
    for recipient in RECIPIENTS:
        for typed in beginnings(recipient):
            found("completes " + typed, recipient)
        found("any field contains " + recipient.typed, recipient)
    with case("certificates for all at once, base '%s'" % base):
        want = [v for r in RECIPIENTS for v in directory.offered(r.address)]
        same(sorted(short(ders(got["certificates for all"]))), sorted(short(want)))
    with case("nobody, base '%s'" % base):
        same(got["nobody"], [])
        same(ders(got["certificate for nobody"]), [])


def main():
    if shutil.which("dbus-run-session") is None or not os.path.exists(
            "/usr/libexec/evolution-source-registry"):
        skip("evolution", "not installed; packaging/needs clients does it")
        return done()
    with recipients.Directory() as directory:
        for base in BASES:
            test_base(directory, base)
    return done()


if __name__ == "__main__":
    if sys.argv[1:] == ["--session"]:
        print(json.dumps(session(json.load(sys.stdin))))
        sys.exit(0)
    sys.exit(main())
