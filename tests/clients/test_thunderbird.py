#!/usr/bin/python3
# run: limit=600
"""Thunderbird, a real one without a screen: completes a typed name from the
directory, fetches the recipients' certificates when an encrypted mail is
written, and sends it; each recipient then opens the mail with OpenSSL.

Afterwards its certificate database must hold exactly what the directory offers.
Thunderbird fetches at two moments: when a recipient is entered while encryption
is on, and at sending, in one question, for all whom it still has nothing for.
Both are done here by its own compose window. "Send later" puts the mail into its
Outbox, from where the test takes it; there is no mail server.
"""
import mailbox
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import paths  # noqa: F401  (lets demo/ be imported)
import certs
import marionette
import recipients
from check import case, done, skip
from recipients import BASES, RECIPIENTS, WITHOUT_CERTIFICATE, fingerprint, same

DAY = 86400
SENDER = "sender@example.net"
SERVER = "ldap_2.servers.chancery"
TEXT = "Written in Thunderbird."

# Thunderbird's own search component for the To line.
COMPLETE = """
    const found = {};
    for (const text of args[0]) {
        const search = Cc["@mozilla.org/autocomplete/search;1?name=ldap"]
            .createInstance(Ci.nsIAutoCompleteSearch);
        const result = await new Promise(done => search.startSearch(
            text, JSON.stringify({type: "addr_to"}), null, {
                QueryInterface: ChromeUtils.generateQI(["nsIAutoCompleteObserver"]),
                onSearchResult(_, result) { done(result); }
            }));
        found[text] = [];
        for (let i = 0; i < result.matchCount; i++)
            found[text].push(result.getValueAt(i));
        if (result.searchResult == Ci.nsIAutoCompleteResult.RESULT_FAILURE)
            found[text].push("FAILURE");
    }
    return found;"""

# An account without a server, and who writes.
ACCOUNT = """
    const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
    const account = MailServices.accounts.createAccount();
    account.incomingServer = MailServices.accounts.createIncomingServer(
        "nobody", "Local Folders", "none");
    const identity = MailServices.accounts.createIdentity();
    identity.email = args[0];
    identity.fullName = "Test Sender";
    identity.doFcc = false;
    account.addIdentity(identity);
    const certificate = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
        .getCerts().find(c => c.emailAddress == args[0]);
    identity.setUnicharAttribute("encryption_cert_name", certificate.displayName);
    identity.setCharAttribute("encryption_cert_dbkey", certificate.dbKey);
    return account.incomingServer.localPath.path;"""

# Writes a mail: args are the recipients, whether encryption is on from the
# start, and whether to send. Returns for whom it lacks a certificate.
COMPOSE = """
    const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
    const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
    const [to, encrypt, send, text] = args;
    const windows = type => [...Services.wm.getEnumerator(null)].filter(
        w => w.location.href.includes(type));
    async function until(what, condition) {
        for (let i = 0; i < 400; i++) {
            const value = condition();
            if (value)
                return value;
            await new Promise(done => setTimeout(done, 50));
        }
        const said = windows("commonDialog").map(
            w => w.document.getElementById("infoBody")?.textContent);
        for (const w of windows("commonDialog").concat(windows("messengercompose"))) {
            w.gContentChanged = false;
            w.close();
        }
        throw new Error("waited for " + what + "; Thunderbird said: " + said);
    }
    const identity = MailServices.accounts.allIdentities[0];
    identity.encryptionPolicy = encrypt ? 2 : 0;
    const params = Cc["@mozilla.org/messengercompose/composeparams;1"]
        .createInstance(Ci.nsIMsgComposeParams);
    params.composeFields = Cc["@mozilla.org/messengercompose/composefields;1"]
        .createInstance(Ci.nsIMsgCompFields);
    params.composeFields.to = to.join(", ");
    params.composeFields.subject = "Test";
    params.composeFields.body = text + "\\n";
    params.format = Ci.nsIMsgCompFormat.PlainText;
    params.identity = identity;
    MailServices.compose.OpenComposeWindowWithParams(null, params);
    const win = await until("the compose window",
        () => windows("messengercompose.xhtml").find(w => w.gLoadingComplete));
    await until("all recipients", () => win.getEncryptionCompatibleRecipients().length == to.length);
    async function settled() {
        const calm = () => !win.gCheckEncryptionStateCompletionIsPending
            && !win.gCheckEncryptionStateNeedsRestart && !win.gSMPendingCertLookupSet.size;
        await until("the check of recipients", calm);
        // A fetch begins in a later turn of the event loop.
        await new Promise(done => setTimeout(done, 100));
        await until("the fetch", calm);
    }
    await settled();
    if (!encrypt) {
        win.gSendEncrypted = true;
        win.gMsgCompose.compFields.composeSecure.requireEncryptMessage = true;
        win.onSendSMIME();
        await win.checkEncryptionState();
        await settled();
    }
    const missing = win.gEmailsWithMissingCerts;
    if (send) {
        win.SendMessageLater();
    } else {
        win.gContentChanged = false;
        win.close();
    }
    await until("the compose window's end", () => win.closed);
    return missing;"""

HELD = """
    return Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).getCerts()
        .filter(c => c.tokenName != "Builtin Object Token" && c.emailAddress.includes("@"))
        .map(c => c.sha256Fingerprint.replaceAll(":", ""));"""


def certutil(profile, *arguments, data=None):
    subprocess.run(["certutil", "-d", "sql:" + profile, *arguments], input=data,
                   check=True, capture_output=True, timeout=60)


def furnish(directory, thunderbird):
    """The profile's certificate database: our sender, with key, and whom an
    administrator would trust."""
    now = time.time()
    root = certs.Authority.create("CN=Sender CA", now - DAY, now + 9 * DAY)
    key = certs.pool_key("rsa2048", 1)
    sender = certs.make_cert("CN=Test Sender", (SENDER,), root, now - DAY, now + 8 * DAY, key=key)
    pfx = os.path.join(thunderbird.home, "sender.p12")
    with open(pfx, "wb") as f:
        f.write(certs.make_pfx(sender, key, password=b"demo"))
    certutil(thunderbird.profile, "-N", "--empty-password")
    subprocess.run(["pk12util", "-i", pfx, "-d", "sql:" + thunderbird.profile, "-W", "demo"],
                   check=True, capture_output=True, timeout=60)
    for name, trust, der in (
            ("sender", "CT,CT,CT", root.der),
            ("root", "CT,CT,CT", directory.authority("root")),
            ("issuing", ",,", directory.authority("issuing")),
            ("partner", "CT,CT,CT", directory.authority("partner"))):
        certutil(thunderbird.profile, "-A", "-n", name, "-t", trust, data=der)
    return sender


def preferences(port, base):
    return {
        SERVER + ".uri": "ldap://127.0.0.1:%d/%s??sub?(objectclass=*)" % (port, base),
        SERVER + ".description": "Chancery",
        SERVER + ".dirType": 0,
        SERVER + ".maxHits": 100,
        # Else it also looks while encryption is off, to say that it would be possible.
        "mail.smime.remind_encryption_possible": False,
        "ldap_2.autoComplete.useDirectory": True,
        "ldap_2.autoComplete.directoryServer": SERVER,
    }


def test_complete(thunderbird, base):
    typed = {}
    for r in RECIPIENTS:
        shown = ["%s <%s>" % (r.name, r.address)]
        typed.update({r.typed: shown, r.typed.lower(): shown, r.address: shown})
    typed["muster anna"] = ["Anna Muster <anna.muster@example.com>"]
    typed["Anna M"] = ["Anna Muster <anna.muster@example.com>"]
    typed["nobody at all"] = []
    found = thunderbird.script(COMPLETE, list(typed))
    for text, want in typed.items():
        with case("completes '%s', base '%s'" % (text, base)):
            same(found[text], want)


def test_fetch(directory, thunderbird, base):
    """Each of the three ways a certificate gets in, and who has none."""
    addresses = [r.address for r in RECIPIENTS]
    by = {a.split(".")[0].split("@")[0]: a for a in addresses}
    rows = (
        ("fetched at sending, two at once", [by["petra"], by["bruno"]], False, True, []),
        ("fetched when entered", ["Anna Muster <%s>" % by["anna"], by["otto"], by["zoe"]],
         True, True, []),
        ("an alias of somebody known", ["a.muster@example.com"], True, True, []),
        ("a shared mailbox, in capitals", ["INFO@Example.COM"], True, True, []),
        ("nobody to fetch for", [r.address for r in WITHOUT_CERTIFICATE], True, False,
         [r.address for r in WITHOUT_CERTIFICATE]),
    )
    for name, to, encrypt, send, want in rows:
        with case("%s, base '%s'" % (name, base)):
            missing = thunderbird.script(COMPOSE, to, encrypt, send, TEXT)
            same(sorted(missing), sorted(want))
            if not encrypt:
                # One question for both: the sign that it was asked at sending.
                asked = "(|(mail=%s)(mail=%s))" % tuple(to)
                same(asked in directory.world.log_text(1 << 20), True, asked)


def test_database(directory, thunderbird, sender, base):
    with case("the certificate database holds exactly what is offered, base '%s'" % base):
        want = [fingerprint(sender)]
        for r in RECIPIENTS:
            want += [fingerprint(v) for v in directory.offered(r.address)]
        same(sorted(thunderbird.script(HELD)), sorted(want))


def test_outbox(directory, outbox, base):
    """Every mail sent is opened by each of its recipients."""
    expected = {a: r for r in RECIPIENTS for a in r.addresses()}
    opened = []
    for number, message in enumerate(mailbox.mbox(outbox, create=False)):
        path = os.path.join(directory.world.state, "mail-%d.eml" % number)
        with open(path, "wb") as f:
            f.write(message.as_bytes())
        for address in (a.split("<")[-1].strip("<> \r\n\t").lower() for a in message["to"].split(",")):
            with case("%s opens the mail, base '%s'" % (address, base)):
                primary = expected[address].address
                der = directory.offered(primary)[0]
                done_ = subprocess.run(
                    ["openssl", "cms", "-decrypt", "-inform", "SMIME", "-in", path,
                     "-recip", directory.pem(der, primary), "-inkey", directory.key(primary)],
                    capture_output=True, timeout=60, check=False)
                same(TEXT.encode() in done_.stdout, True, done_.stderr)
                opened.append(primary)
    with case("all who have a certificate got mail, base '%s'" % base):
        same(sorted(set(opened)), sorted(r.address for r in RECIPIENTS if r.label))


def test_base(directory, base):
    with marionette.Thunderbird() as thunderbird:
        sender = furnish(directory, thunderbird)
        thunderbird.start(preferences(directory.port, base))
        outbox = os.path.join(thunderbird.script(ACCOUNT, SENDER), "Unsent Messages")
        test_complete(thunderbird, base)
        test_fetch(directory, thunderbird, base)
        test_database(directory, thunderbird, sender, base)
        test_outbox(directory, outbox, base)


def main():
    for program in ("thunderbird", "certutil", "pk12util"):
        if shutil.which(program) is None:
            skip("thunderbird", "%s is not installed; packaging/needs clients does it" % program)
            return done()
    with recipients.Directory() as directory:
        for base in BASES:
            test_base(directory, base)
    return done()


if __name__ == "__main__":
    sys.exit(main())
