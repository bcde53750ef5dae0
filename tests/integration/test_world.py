#!/usr/bin/python3
"""The demonstration world itself: what documentation and the other tests take
for granted about it. Entries and certificates are those that demo/people.py
promises, private branches and the company directory show nothing to strangers,
TLS and log-ins work, and make up/down behave when something is in the way.
Uses a plain slapd, so that what it says holds whatever Chancery does.
run: limit=120
"""
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from check import case, done, equal
from paths import ROOT

import ldap
import ldap.filter
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

import certs
import people
from people import COMPANY, SUFFIX
from world import World, WorldError, free_port

DAY = 86400


def names(entry, attribute):
    return [v.decode() for v in entry.get(attribute, [])]


def load(der):
    return x509.load_der_x509_certificate(der)


def find(w, mail):
    """The one entry with this address, read as an anonymous client."""
    found = w.search(SUFFIX, ldap.filter.filter_format("(mail=%s)", [mail]))
    assert len(found) == 1, f"{mail}: {[dn for dn, _ in found]}"
    return found[0]


def refused(call, *arguments):
    """The name of the LDAP error that a call ends with."""
    try:
        call(*arguments)
    except ldap.LDAPError as e:
        return type(e).__name__
    return "no error"


# --- entries -------------------------------------------------------------------

def check_people(w):
    for person in people.PEOPLE + people.PARTNERS:
        with case(f"entry of {person.mail}"):
            dn, entry = find(w, person.mail)
            branch = "partners" if person.partner else "people"
            assert dn == f"mail={person.mail},ou={branch},{SUFFIX}", dn
            got = names(entry, "mail")
            assert got == [person.mail, *person.aliases], got
            assert names(entry, "cn") == [person.name], names(entry, "cn")
            stored = entry.get("userCertificate;binary", [])
            wanted = [w.cert(person.mail, c.label) for c in person.certs]
            assert stored == wanted, f"{len(stored)} certificates, not {len(wanted)}"
            assert ("userSMIMECertificate" in entry) == bool(person.signed)
            assert "userPassword" not in entry


def check_certificates(w):
    """What a certificate must be if it is not odd on purpose."""
    for person in people.PEOPLE + people.PARTNERS:
        ca = w.authority("partner" if person.partner else "issuing")
        for spec in person.certs:
            with case(f"certificate {spec.label} of {person.mail}"):
                c = load(w.cert(person.mail, spec.label))
                ca.key.public_key().verify(
                    c.signature, c.tbs_certificate_bytes, padding.PKCS1v15(),
                    hashes.SHA256())
                assert c.issuer == ca.subject
                first = certs.as_time(w.now + int(spec.first * DAY))
                last = certs.as_time(w.now + int(spec.last * DAY))
                assert (c.not_valid_before, c.not_valid_after) == (first, last)
                san = c.extensions.get_extension_for_class(
                    x509.SubjectAlternativeName).value
                got = san.get_values_for_type(x509.RFC822Name)
                assert got == list(spec.addresses or (person.mail,)), got
                for needed in (x509.SubjectKeyIdentifier,
                               x509.AuthorityKeyIdentifier,
                               x509.CRLDistributionPoints):
                    c.extensions.get_extension_for_class(needed)
                if spec.more.get("key_usage", True) is not None:
                    usage = c.extensions.get_extension_for_class(x509.KeyUsage)
                    assert usage.critical


def check_promises(w):
    """The oddities that the issue's text and documentation rely on, once more
    by hand: nobody may change them in demo/people.py by accident."""
    now = certs.as_time(w.now)

    def valid(mail, label):
        c = load(w.cert(mail, label))
        return c.not_valid_before <= now < c.not_valid_after

    bruno, carla, dora = (f"{n}@example.com" for n in (
        "bruno.keller", "carla.rossi", "dora.weiss"))
    equal("Bruno's four", [(c.label, valid(bruno, c.label)) for p in people.PEOPLE
                           if p.mail == bruno for c in p.certs],
          [("expired", False), ("signing", True), ("older", True), ("newer", True)])
    equal("Carla's has expired", valid(carla, "expired"), False)
    equal("Dora's first is valid but for the CRL", valid(dora, "revoked"), True)
    equal("Dora's second is for later", valid(dora, "future"), False)
    with case("Dora's stands in the CRL of the issuing CA, alone"):
        entry = w.search(f"cn=Example Issuing CA,ou=authorities,{SUFFIX}",
                         scope="base")[0][1]
        crl = x509.load_der_x509_crl(entry["certificateRevocationList;binary"][0])
        got = [r.serial_number for r in crl]
        assert got == [certs.serial_of(w.cert(dora, "revoked"))], got
        assert crl.is_signature_valid(w.authority("issuing").key.public_key())
    with case("Paul's chanceryRevoked names his certificate"):
        paul = "paul.dupont@example.com"
        value = names(find(w, paul)[1], "chanceryRevoked")
        serial = certs.serial_of(w.cert(paul, "retracted"))
        assert len(value) == 1 and f"serialNumber {serial}," in value[0], value
    with case("Otto's key is on P-256"):
        key = load(w.cert("otto.extern@partner.example", "ec")).public_key()
        assert key.curve.name == "secp256r1", key.curve.name
    equal("Petra's CA is another one",
          load(w.cert("petra.partner@partner.example", "good")).issuer,
          w.authority("partner").subject)
    equal("Zoë is found by her name", [dn for dn, _ in w.search(
        SUFFIX, "(cn=Zoë Müller)")], [f"mail=zoe.mueller@example.com,ou=people,{SUFFIX}"])
    with case("Anna's userSMIMECertificate is signed by her, with capabilities"):
        value = find(w, "anna.muster@example.com")[1]["userSMIMECertificate"][0]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "value")
            with open(path, "wb") as f:
                f.write(value)
            text = subprocess.run(
                ["openssl", "cms", "-verify", "-inform", "DER", "-in", path,
                 "-CAfile", w.path("ca", "root.pem")], capture_output=True, check=False)
            assert text.returncode == 0, text.stderr
            shown = subprocess.run(
                ["openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER",
                 "-in", path], capture_output=True, text=True, check=True).stdout
        assert "S/MIME Capabilities" in shown
        assert w.cert("anna.muster@example.com", "good") in value


def check_private(w):
    for base in (f"ou=registry,{SUFFIX}", f"ou=services,{SUFFIX}", COMPANY,
                 f"uid=anna,ou=staff,{COMPANY}", "cn=monitor"):
        equal(f"a stranger at {base}", refused(w.search, base), "NO_SUCH_OBJECT")
    everything = repr(w.search(SUFFIX, attrs=["*", "+"]))
    # With or without: the words must exist, or this would prove nothing.
    root = w.connect_root()
    stored = repr(root.search_s(SUFFIX, ldap.SCOPE_SUBTREE, "(objectClass=*)"))
    root.unbind_s()
    for canary in ("canary-in-the-registry", "canary-of-the-service-clerk",
                   "canary-on-a-person", "userPassword"):
        equal(f"{canary}: stored, not shown",
              (canary in stored, canary in everything), (True, False))


def check_logins(w):
    for uid in ("anna", "bruno", "hilda", "zoe", "sean"):
        dn = f"uid={uid},ou=staff,{COMPANY}"
        with case(f"{uid} logs in"):
            connection = w.connect(w.ldaps_uri, dn, f"demo-{uid}")
            equal(f"{uid} is {uid}", connection.whoami_s(), f"dn:{dn}")
            connection.unbind_s()
        equal(f"{uid} with a wrong password",
              refused(w.connect, w.uri, dn, f"demo-{uid}x"), "INVALID_CREDENTIALS")
    with case("the service account finds a person and her groups"):
        reader = w.connect(w.ldaps_uri, f"uid=reader,ou=services,{COMPANY}",
                           "demo-reader")
        (dn, _), = reader.search_s(COMPANY, ldap.SCOPE_SUBTREE, "(uid=hilda)")
        groups = reader.search_s(COMPANY, ldap.SCOPE_SUBTREE,
                                 ldap.filter.filter_format("(member=%s)", [dn]))
        got = sorted(g["cn"][0].decode() for _, g in groups)
        assert got == ["helpdesk", "staff"], got
        shown = repr(reader.search_s(COMPANY, ldap.SCOPE_SUBTREE))
        assert "userPassword" not in shown
        reader.unbind_s()
    equal("a shared mailbox cannot log in", refused(
        w.connect, w.uri, f"uid=info,ou=mailboxes,{COMPANY}", "demo-info"),
        "INVALID_CREDENTIALS")


def check_transport(w):
    with case("StartTLS, the name checked"):
        connection = ldap.initialize(f"ldap://localhost:{w.port}")
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, w.ca_file)
        connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        connection.start_tls_s()
        equal("anonymous over StartTLS", connection.whoami_s(), "")
        connection.unbind_s()
    with case("ldaps under a name that the certificate lacks is refused"):
        done_ = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{w.ldaps_port}",
             "-verify_hostname", "ldap.example.org", "-verify_return_error",
             "-CAfile", w.ca_file], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=20, check=False)
        assert "hostname mismatch" in done_.stdout + done_.stderr, done_.stderr
    with case("root over ldapi may write"):
        root = w.connect_root()
        dn = f"mail=gregor.novak@example.com,ou=people,{SUFFIX}"
        root.modify_s(dn, [(ldap.MOD_REPLACE, "title", b"Pilot")])
        root.unbind_s()
        assert names(find(w, "gregor.novak@example.com")[1], "title") == ["Pilot"]
    equal("a stranger may not", refused(
        lambda: w.connect().modify_s(
            f"mail=gregor.novak@example.com,ou=people,{SUFFIX}",
            [(ldap.MOD_REPLACE, "title", b"Thief")])), "STRONG_AUTH_REQUIRED")


def check_life(w):
    with case("what was written survives kill -9"):
        w.kill()
        w.start()
        assert names(find(w, "gregor.novak@example.com")[1], "title") == ["Pilot"]
    with case("a slapd that dies is noticed"):
        os.kill(w.process.pid, signal.SIGKILL)
        try:
            w.process.wait(10)
            w.stop()
        except WorldError as e:
            assert "had ended with status -9" in str(e), e
        else:
            raise AssertionError("stop() said nothing")
        w.start()
    with case("load can be added"):
        w.stop()
        w.add_people(50)
        w.start()
        (dn, entry), = w.search(SUFFIX, "(mail=user000049@load.example.com)")
        c = load(entry["userCertificate;binary"][0])
        san = c.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert san.get_values_for_type(x509.RFC822Name) == [
            "user000049@load.example.com"], dn


# --- make up, make down ----------------------------------------------------------

def command(state, *words, **variables):
    env = {**os.environ, "STATE": state, **{k: str(v) for k, v in variables.items()}}
    p = subprocess.run([os.path.join(ROOT, "demo", "world.py"), *words], env=env,
                       stdin=subprocess.DEVNULL, capture_output=True, text=True,
                       timeout=60, check=False)
    return p.returncode, p.stdout + p.stderr


def check_command():
    ports = {"LDAP_PORT": free_port(), "LDAPS_PORT": free_port()}
    with tempfile.TemporaryDirectory(prefix="chancery-") as folder:
        state = os.path.join(folder, "var")
        began = time.monotonic()
        status, text = command(state, "up", "--no-overlay", **ports)
        try:
            equal("up", (status, f"127.0.0.1:{ports['LDAP_PORT']}" in text), (0, True))
            with case("it is up within ten seconds"):
                assert time.monotonic() - began < 10, time.monotonic() - began
            with case("what it prints to try works with this port"):
                port = ports["LDAP_PORT"]
                found = subprocess.run(
                    ["ldapsearch", "-LLL", "-x", "-H", f"ldap://127.0.0.1:{port}",
                     "-b", SUFFIX, "(&(|(mail=bruno*)(cn=bruno*)))", "mail"],
                    capture_output=True, text=True, check=True).stdout
                assert "mail: bruno.keller@example.com" in found, found
                assert f"-H ldap://127.0.0.1:{port} -b {SUFFIX} " in text, text
            for name in ("ca/issuing.key", "tls/server.key", "slapd.conf"):
                mode = stat.S_IMODE(os.stat(os.path.join(state, name)).st_mode)
                equal(f"nobody else reads {name}", oct(mode), oct(0o600))
            status, text = command(state, "up", "--no-overlay", **ports)
            equal("up again", (status, text.count("\n"), "already running" in text),
                  (1, 1, True))
        finally:
            equal("down", command(state, "down"), (0, "The world is down.\n"))
        equal("down again", command(state, "down"),
              (0, f"No world is running in {state}.\n"))

        with case("who stops listening spoils nothing: up | head"):
            read_end, write_end = os.pipe()
            os.close(read_end)
            p = subprocess.run(
                [os.path.join(ROOT, "demo", "world.py"), "up", "--no-overlay"],
                env={**os.environ, "STATE": state, **{k: str(v) for k, v in ports.items()}},
                stdin=subprocess.DEVNULL, stdout=write_end, stderr=subprocess.PIPE,
                text=True, timeout=60, check=False)
            os.close(write_end)
            assert (p.returncode, p.stderr) == (0, ""), p
            equal("and down again", command(state, "down"), (0, "The world is down.\n"))

        with case("a pid file that names another program is not believed"):
            sleeper = subprocess.Popen(["sleep", "60"])
            with open(os.path.join(state, "run", "slapd.pid"), "w",
                      encoding="ascii") as f:
                f.write(f"{sleeper.pid}\n")
            status, text = command(state, "down")
            alive = sleeper.poll() is None
            sleeper.kill()
            sleeper.wait()
            assert alive and "No world is running" in text, text

        with case("a port in use: one sentence"):
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                s.listen()
                taken = s.getsockname()[1]
                status, text = command(state, "up", "--no-overlay",
                                       LDAP_PORT=taken,
                                       LDAPS_PORT=ports["LDAPS_PORT"])
            assert status == 1 and text == (
                f"world: port {taken} is in use by another program; choose another "
                "one with LDAP_PORT=\n"), text
        status, text = command(state, "up", LDAP_PORT="389x")
        equal("a port that is none", (status, text),
              (1, "world: LDAP_PORT=389x: wanted a port from 1 to 65535\n"))

        with case("a kept world that is too old: one sentence"):
            stamp = os.path.join(state, "world.json")
            with open(stamp, "w", encoding="ascii") as f:
                f.write('{"version": 1, "now": 1000000000}\n')
            status, text = command(state, "up", "--no-overlay", **ports)
            assert (status, text.count("\n")) == (1, 1) and "2001-09-09" in text, text
        status, _ = command(state, "fresh")
        equal("fresh removes it", (status, os.path.exists(state)), (0, False))
        with case("fresh removes nothing that is not a world"):
            other = os.path.join(folder, "papers")
            os.mkdir(other)
            with open(os.path.join(other, "letter"), "w", encoding="ascii") as f:
                f.write("dear")
            status, text = command(other, "fresh")
            assert status == 1 and os.path.exists(os.path.join(other, "letter")), text
        with case("a path too long for a socket: one sentence"):
            status, text = command(os.path.join(folder, "x" * 100), "up",
                                   "--no-overlay")
            assert (status, text.count("\n")) == (1, 1) and "too long" in text, text


def check_run():
    """In the foreground; Ctrl-C ends it, and slapd with it."""
    ports = {"LDAP_PORT": str(free_port()), "LDAPS_PORT": str(free_port())}
    with tempfile.TemporaryDirectory(prefix="chancery-") as state, \
            case("run ends on Ctrl-C, and slapd too"):
        p = subprocess.Popen(
            [os.path.join(ROOT, "demo", "world.py"), "run", "--no-overlay"],
            env={**os.environ, "STATE": state, **ports}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)
        try:
            text = ""
            for line in p.stdout:
                text += line
                if line.startswith("Ctrl-C"):
                    break
            with open(os.path.join(state, "run", "slapd.pid"), encoding="ascii") as f:
                slapd = int(f.read())
            # As the terminal does: to the whole foreground group.
            os.killpg(p.pid, signal.SIGINT)
            text += p.communicate(timeout=30)[0]
        finally:
            if p.poll() is None:
                p.kill()
                p.communicate()
        assert p.returncode == 0, text
        assert not os.path.exists(f"/proc/{slapd}"), "slapd is still there"


def main():
    with World(overlay=False) as w:
        check_people(w)
        check_certificates(w)
        check_promises(w)
        check_private(w)
        check_logins(w)
        check_transport(w)
        check_life(w)
        folder = w.state
    equal("nothing stays behind", os.path.exists(folder), False)
    with case("cn=config"):
        with World(overlay=False, config="config") as w:
            find(w, "anna.muster@example.com")
            assert os.path.isdir(w.path("slapd.d"))
    check_command()
    check_run()
    return done()


if __name__ == "__main__":
    sys.exit(main())
