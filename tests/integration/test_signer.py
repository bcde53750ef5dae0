#!/usr/bin/python3
"""The signer over its socket: the whole way of a request, before programs that are not
ours; every refusal with its word; calls that nobody knows; one signature a request,
whoever asks, in whatever order, at the same time, after a restart.
"""
import os
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from check import case, check, done, equal, skip
from paths import built
from signer import SANITIZED, Refused, Signer, b64, openssl_verifies, pem, run, save, unb64

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

NOBODY = 65534
SEED = int(os.environ.get("SEED", time.time()))
DER = serialization.Encoding.DER


def spki_of(key):
    return key.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def refused(name, word, ask, text=None):
    """A case: the answer is a refusal with this word (and text in its sentence)."""
    try:
        answer = ask()
    except Refused as e:
        answer = {"ok": False, "error": e.word, "text": e.text}
    good = answer is not None and answer.get("ok") is False and answer.get("error") == word \
        and (text is None or text in answer.get("text", ""))
    check(name, good, f"got {str(answer)[:300]}, wanted {word} {text or ''}")


# --- the way of a request --------------------------------------------------------------

def nss_takes(s, pfx, pin):
    folder = s.path("nss")
    os.mkdir(folder)
    run("certutil", "-N", "-d", folder, "--empty-password")
    run("pk12util", "-i", save(s, "a.pfx", pfx), "-d", folder, "-w",
        save(s, "pin.txt", pin.encode() + b"\n"), "-K", "")
    root = unb64(s.call("authorities")["authorities"][1]["certificate"])
    run("certutil", "-A", "-d", folder, "-n", "root", "-t", "CT,C,C", "-i",
        save(s, "root.cer", root))
    for usage in ("S", "R"):
        run("certutil", "-V", "-d", folder, "-n", "key of nss-1", "-u", usage)


def whole_way():
    with Signer(key="rsa2048", pool=2) as s:
        s.start()
        with case("a request becomes a certificate that openssl and certtool verify, and revoke"):
            openssl_verifies(s, s.issue("ssl-1"))
        with case("its certificate says what was asked for"):
            cert = x509.load_der_x509_certificate(unb64(s.issue("is-1", mail=[
                "anna.muster@example.com", "a.muster@example.com"])["certificate"]))
            names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            assert names.get_values_for_type(x509.RFC822Name) == [
                "anna.muster@example.com", "a.muster@example.com"], names
            assert cert.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == \
                "Anna Muster"
        with case("NSS takes the PFX with its PIN, and calls the certificate good for both"):
            pin, (pfx,), _ = s.deliver(s.issue("nss-1"))
            nss_takes(s, pfx, pin)
        with case("two keys, two PFX, one PIN, both forms; the chain without the root"):
            made = [s.issue("old-1"), s.issue("new-1")]
            for form in ("modern", "compatible"):
                pin, files, _ = s.deliver(made, "d-two", form)
                for m, content in zip(made, files, strict=True):
                    got = pkcs12.load_pkcs12(content, pin.encode())
                    assert got.cert.certificate.public_bytes(DER) == unb64(m["certificate"])
                    assert spki_of(got.key) == unb64(m["fields"]["spki"])
                    assert [c.certificate.subject.rfc4514_string() for c in
                            got.additional_certs] == ["CN=Muster AG Issuing CA,O=Muster AG,C=CH"]
        with case("userSMIMECertificate is signed by the key, and carries the certificate"):
            made = s.issue("blob-1")
            blob = unb64(s.call("blob", request="blob-1", certificate=made["certificate"],
                                sealed_key=made["sealed_key"], time=int(time.time()))["blob"])
            root = pem(s, "root.pem",
                       unb64(s.call("authorities")["authorities"][1]["certificate"]))
            run("openssl", "cms", "-verify", "-inform", "DER", "-in", save(s, "blob", blob),
                "-CAfile", root, "-out", "/dev/null")
            assert unb64(made["certificate"]) in blob
        with case("own key: no sealed key, and the key is the requester's"):
            key = rsa.generate_private_key(65537, 2048)
            fields, sealed = s.prepare("own-1", spki=b64(spki_of(key)))
            cert = x509.load_der_x509_certificate(unb64(s.call("sign", **fields)["certificate"]))
            assert sealed is None and spki_of(cert_key(cert)) == spki_of(key)
        with case("authorities: names and addresses fit the certificates; the root's CRL"):
            issuing, root = s.call("authorities")["authorities"]
            point = cert.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
            assert point[0].full_name[0].value == issuing["crl_url"], point
            assert issuing["crl_url"].endswith("/" + issuing["crl_name"]), issuing
            assert x509.load_der_x509_crl(unb64(root["crl"])).issuer == \
                x509.load_der_x509_certificate(unb64(root["certificate"])).subject
        with case("numbers of CRLs only grow, also after a restart and without the file"):
            numbers = [s.call("crl", entries=[], time=int(time.time()))["number"]
                       for _ in range(5)]
            assert numbers == sorted(set(numbers)), numbers
            s.stop()
            os.unlink(s.path("state", "crl-number"))
            s.start()
            assert s.call("status")["crl"]["number"] == numbers[-1]
            assert s.call("crl", entries=[], time=int(time.time()))["number"] > numbers[-1]
        with case("the pool is full again"):
            deadline = time.monotonic() + 20
            while s.call("status")["pool"]["ready"] < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
            equal("it ends with 0 after TERM", s.stop(), 0)


def cert_key(cert):
    """With the shape of a private key, for spki_of."""
    class Key:
        public_key = staticmethod(cert.public_key)
    return Key


# --- refusals --------------------------------------------------------------------------

def refusals_of_prepare(s):
    now = int(time.time())
    bad = ec.generate_private_key(ec.SECP256K1())
    weak = rsa.generate_private_key(65537, 1024)
    for name, word, change in (
            ("a domain that is not ours", "policy", {"mail": ["anna@example.org"]}),
            ("a domain below ours", "policy", {"mail": ["anna@sub.example.com"]}),
            ("no address", "syntax", {"mail": []}),
            ("an address with CR LF", "syntax", {"mail": ["a@example.com\r\nx"]}),
            ("an address that is none", "syntax", {"mail": ["anna"]}),
            ("an address that is a number", "syntax", {"mail": [1]}),
            ("51 addresses", "limit", {"mail": [f"a{i}@example.com" for i in range(51)]}),
            ("a kind that does not exist", "unsupported", {"kind": "root"}),
            ("a person without a name", "policy", {"given": "", "surname": ""}),
            ("a name with a control", "syntax", {"given": "A\u0007"}),
            ("a name that changes direction", "syntax", {"given": "A\u202e"}),
            ("a name too long", "limit", {"surname": "x" * 300}),
            ("a time 301 s ago", "policy", {"time": now - 310}),
            ("a time in 301 s", "policy", {"time": now + 310}),
            ("a negative time", "syntax", {"time": -1}),
            ("a time that is text", "syntax", {"time": "now"}),
            ("an empty request", "syntax", {"request": ""}),
            ("a request of 201 bytes", "limit", {"request": "r" * 201}),
            ("a curve that nobody has", "unsupported", {"spki": b64(spki_of(bad))}),
            ("RSA 1024", "policy", {"spki": b64(spki_of(weak))}),
            ("a key that is none", "syntax", {"spki": b64(b"hello")}),
            ("base64 that is none", "syntax", {"spki": "%%%"}),
            ("a field that nobody knows", "syntax", {"ca": True}),
            ("a field of the policy", "syntax", {"days": 9999})):
        fields = dict(s.fields("refused-1"), **change)
        refused(f"prepare: {name}", word, lambda fields=fields: s.ask("prepare", **fields))
    for missing in ("request", "kind", "mail", "time"):
        fields = s.fields("refused-1")
        del fields[missing]
        refused(f"prepare: without {missing}", "syntax",
                lambda fields=fields: s.ask("prepare", **fields), missing)


def refusals_of_sign(s):
    fields, _ = s.prepare("sign-1")
    tbs = unb64(fields["tbs"])
    serial = unb64(fields["serial"])
    other, _ = s.prepare("sign-other")
    for name, word, change in (
            ("one bit of the bytes", "policy", {"tbs": b64(bytes([tbs[0]]) + tbs[1:-1] +
                                                          bytes([tbs[-1] ^ 1]))}),
            ("bytes of another request", "policy", {"tbs": other["tbs"]}),
            ("no bytes", "policy", {"tbs": ""}),
            ("another name", "policy", {"given": "Otto"}),
            ("another address", "policy", {"mail": ["otto@example.com"]}),
            ("another time", "policy", {"time": fields["time"] - 1}),
            ("another kind", "policy", {"kind": "mailbox"}),
            ("another serial number", "policy", {"serial": other["serial"]}),
            ("a serial number of ours, too short", "syntax", {"serial": b64(serial[:-1])}),
            ("a negative serial number", "syntax", {"serial": b64(b"\xff" + serial[1:])}),
            ("another key", "policy", {"spki": other["spki"]}),
            ("in the future", "policy", {"time": int(time.time()) + 400}),
            ("31 days old", "policy", {"time": int(time.time()) - 31 * 86400}),
            ("a foreign domain", "policy", {"mail": ["anna@example.org"]})):
        refused(f"sign: {name}", word, lambda change=change: s.ask("sign", **{**fields, **change}))
    equal("sign: none of these was signed", s.signatures(), [])
    first = s.call("sign", **fields)["certificate"]
    refused("prepare: a request that was signed", "conflict",
            lambda: s.ask("prepare", **s.fields("sign-1")))
    for tries in range(3):
        fresh = dict(other, request="sign-1")
        refused(f"sign: other bytes for the same request, {tries}", "conflict",
                lambda fresh=fresh: s.ask("sign", **fresh))
    again = s.call("sign", **fields)["certificate"]
    check("sign: the same again is as good", x509.load_der_x509_certificate(
        unb64(again)).tbs_certificate_bytes == tbs and len(unb64(first)) > 0, again)
    s.kill()
    s.start()
    refused("sign: other bytes for the same request, after a kill", "conflict",
            lambda: s.ask("sign", **dict(other, request="sign-1")))
    s.call("sign", **fields)
    lines = [line for line in s.signatures() if line["request"] == "sign-1"]
    equal("sign: one set of bytes in the log", len({line["tbs"] for line in lines}), 1)


def refusals_of_keys(s):
    now = int(time.time())
    one, two = s.issue("keys-1"), s.issue("keys-2")
    pin, _, sealed = s.deliver(one, "d-keys")
    damaged = bytearray(unb64(one["sealed_key"]))
    damaged[-1] ^= 1
    entry = {"request": "keys-1", "certificate": one["certificate"],
             "sealed_key": one["sealed_key"], "name": "x"}
    for name, word, change in (
            ("the key of another request", "policy", {"sealed_key": two["sealed_key"]}),
            ("the certificate of another", "policy", {"certificate": two["certificate"]}),
            ("as another request", "policy", {"request": "keys-2"}),
            ("a damaged key", "policy", {"sealed_key": b64(bytes(damaged))}),
            ("a PIN as key", "policy", {"sealed_key": sealed}),
            ("no key", "syntax", {"sealed_key": ""}),
            ("no certificate", "syntax", {"certificate": b64(b"x")}),
            ("a name that nobody may have", "syntax", {"name": "a\nb"}),
            ("a field more", "syntax", {"pin": pin}),
            ("the field call", "syntax", {"call": "sign"})):
        refused(f"package: {name}", word, lambda change=change: s.ask(
            "package", delivery="d-keys", sealed_pin=sealed, form="modern",
            keys=[{**entry, **change}]))
        if not {"name", "pin", "call"} & set(change):
            fields = {k: v for k, v in {**entry, **change}.items() if k != "name"}
            refused(f"blob: {name}", word, lambda fields=fields: s.ask("blob", time=now, **fields))
    spoiled = bytearray(unb64(sealed))
    spoiled[-1] ^= 1
    for name, word, change in (
            ("another delivery", "policy", {"delivery": "d-other"}),
            ("a damaged PIN", "policy", {"sealed_pin": b64(bytes(spoiled))}),
            ("a key as PIN", "limit", {"sealed_pin": one["sealed_key"]}),
            ("an empty delivery", "syntax", {"delivery": ""})):
        fields = {"delivery": "d-keys", "sealed_pin": sealed, **change}
        refused(f"pin-open: {name}", word,
                lambda fields=fields: s.ask("pin-open", time=now, **fields))
        refused(f"package: {name}", word, lambda fields=fields: s.ask(
            "package", form="modern", keys=[entry], **fields))
    for name, word, change in (("a form that nobody reads", "unsupported", {"form": "rc2"}),
                               ("no keys", "syntax", {"keys": []}),
                               ("keys that are texts", "syntax", {"keys": ["x"]}),
                               ("51 keys", "limit", {"keys": [entry] * 51})):
        fields = {"delivery": "d-keys", "sealed_pin": sealed, "form": "modern",
                  "keys": [entry], **change}
        refused(f"package: {name}", word, lambda fields=fields: s.ask("package", **fields))
    refused("pin-open: an old time of the caller's", "policy", lambda: s.ask(
        "pin-open", delivery="d-keys", sealed_pin=sealed, time=now - 86400))


def refusals_of_crl(s):
    now = int(time.time())
    good = {"serial": b64(b"\x01\x02"), "time": now, "reason": "superseded"}
    for name, word, change in (("a date in the future", "policy", {"time": now + 86400}),
                               ("a reason that may not be", "unsupported",
                                {"reason": "certificate-hold"}),
                               ("no serial number", "syntax", {"serial": ""}),
                               ("a negative serial number", "syntax", {"serial": b64(b"\xff")}),
                               ("21 octets", "limit", {"serial": b64(b"\x01" * 21)}),
                               ("a field more", "syntax", {"x": 1})):
        refused(f"crl: {name}", word,
                lambda change=change: s.ask("crl", entries=[{**good, **change}], time=now))
    refused("crl: entries that are texts", "syntax", lambda: s.ask("crl", entries=["x"], time=now))
    refused("crl: another time", "policy", lambda: s.ask("crl", entries=[], time=now + 400))


def all_refusals():
    with Signer(pool=10) as s:
        s.start()
        with case("refusals of sign"):
            refusals_of_sign(s)
        with case("refusals of prepare"):
            before = s.call("status")["pool"]["ready"]
            refusals_of_prepare(s)
            after = s.call("status")["pool"]["ready"]
            assert after >= min(before, 10), f"keys were used up: {before}, then {after}"
        with case("refusals of blob, package, pin-open"):
            refusals_of_keys(s)
        with case("refusals of crl"):
            refusals_of_crl(s)
        with case("each refusal has an id that stands in both logs"):
            answer = s.ask("prepare", **s.fields("x", mail=["a@example.org"]))
            assert answer["id"] in s.log(), answer
            assert s.audit()[-1]["id"] == answer["id"], s.audit()[-1]
        with case("the chain of the log holds"):
            run(built("bin", "chancery"), "audit", "verify", s.path("state", "audit.log"))


# --- what nobody knows -----------------------------------------------------------------

def random_value(r, depth=0):
    kind = r.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return r.choice([None, True, False])
    if kind == 1:
        return r.choice([0, 1, -1, 2**63 - 1, -2**63, int(time.time()), r.random() * 1e300])
    if kind < 4:
        return "".join(r.choice("abc-@.\u00e4\u202e\n\t\"\\/=") for _ in range(r.randrange(40)))
    if kind < 6:
        return b64(r.randbytes(r.randrange(300)))
    if kind < 8:
        return [random_value(r, depth + 1) for _ in range(r.randrange(4))]
    return {r.choice(["serial", "request", "x"]): random_value(r, depth + 1) for _ in range(3)}


def unknown_calls(s):
    """Thousands of names and bodies; whatever is answered, nothing is signed."""
    r = random.Random(SEED)
    known = ["prepare", "sign", "blob", "pin-make", "pin-open", "package", "crl"]
    names = ["request", "kind", "mail", "given", "surname", "display", "time", "spki", "serial",
             "tbs", "certificate", "sealed_key", "delivery", "sealed_pin", "form", "keys",
             "entries", "session", "call", "x"]
    other = ["status ", "key", "export", "unseal", "sign-raw", "SIGN", "sign ", "pin_open", "", "\u0000",
             "debug", "shutdown", "ca-key", "sign\n", "../sign"]
    wrong = []
    with s.client() as c:
        for i in range(4000):
            name = r.choice(known) if i % 2 else r.choice(
                other + ["".join(r.choice("abcdefghij-") for _ in range(r.randrange(12)))])
            body = {n: random_value(r) for n in r.sample(names, r.randrange(8))}
            body.pop("call", None)
            answer = c.ask(name, **body)
            if answer["ok"] is not False:
                wrong.append((name, body, answer))
            if name not in known and answer.get("error") not in ("unsupported", "syntax"):
                wrong.append((name, answer))
    check(f"4000 calls with random names and bodies (SEED={SEED}): all refused", not wrong,
          wrong[:2])


def broken_lines(s):
    lines = [b"", b"{", b"[]", b"null", b"{}", b'{"call":1}', b'{"call":null}', b"\xff\xfe",
             b'{"call":"status","call":"sign"}', b'{"call":"status"} x', b"[" * 1000,
             b'{"call":"sta\\u0000tus"}', b'{"call":"status","session":"x"}']
    wrong = []
    for line in lines:
        with s.client() as c:
            answer = c.raw(line)
        if answer is not None and answer.get("ok") is not False:
            wrong.append((line, answer))
    check("lines that are no call: refused", not wrong, wrong)


def other_user(s):
    """A call by nobody, who can connect here: the mode of the socket is opened."""
    if os.geteuid() != 0:
        skip("a call by another user", "only root can become one")
        return
    os.chmod(s.folder, 0o755)
    os.chmod(s.path("s.sock"), 0o666)
    script = ("import json,os,socket,sys\n"
              f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
              "for call in sys.argv[2:]:\n"
              "    c = socket.socket(socket.AF_UNIX); c.connect(sys.argv[1])\n"
              "    c.sendall(json.dumps({'call': call}).encode() + b'\\n')\n"
              "    print(c.makefile().readline(), end='')\n")
    calls = ["status", "authorities", "prepare", "sign", "blob", "pin-make", "pin-open", "package",
             "crl"]
    out = run(sys.executable, "-c", script, s.path("s.sock"), *calls).stdout.decode()
    check("a call by another user: every one denied",
          len(re.findall(r'"error": ?"denied"', out)) == len(calls), out)
    out = run("setpriv", "--reuid=0", sys.executable, "-c",
              script.replace(f"os.setuid({NOBODY})", "pass"), s.path("s.sock"), "status").stdout
    check("a call by root: answered", b'"ok": true' in out.replace(b":true", b": true"), out)
    s.stop()
    s.conf["caller"] = "nobody"
    s.start()
    os.chmod(s.path("s.sock"), 0o666)
    out = run(sys.executable, "-c", script, s.path("s.sock"), "status").stdout.decode()
    check("a call by another user who is a caller: answered", '"denied"' not in out, out)


def strangers():
    with Signer() as s:
        s.start()
        with case("calls that nobody knows"):
            unknown_calls(s)
            broken_lines(s)
            assert s.signatures() == [], "something was signed"
            events = [line["event"] for line in s.audit()]
            assert events.count("refused") == 1000, f"{events.count('refused')} in the audit log"
            # What is no line of the protocol never comes as far as the signer's log.
            logged = s.log().count(": refused ")
            assert logged >= 3500, f"only {logged} in the log"
        with case("another user"):
            other_user(s)


# --- at the same time ------------------------------------------------------------------

def together(n, act):
    """act(i) in n threads at once; the results, or exceptions."""
    got, gate = [None] * n, threading.Barrier(n)

    def one(i):
        gate.wait()
        try:
            got[i] = act(i)
        except Exception as e:
            got[i] = e

    threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return got


def at_once():
    with Signer(pool=80) as s:
        s.start()
        with case("64 times the same request at once: one set of bytes is signed"):
            prepared = together(64, lambda i: s.prepare("same-1")[0])
            assert all(isinstance(p, dict) for p in prepared), [
                p for p in prepared if not isinstance(p, dict)][:2]
            assert len({p["spki"] for p in prepared}) == 64, "a key was given twice"
            signed = together(64, lambda i: s.call("sign", **prepared[i])["certificate"])
            good = [x for x in signed if isinstance(x, str)]
            bad = {x.word for x in signed if isinstance(x, Refused)}
            assert len(good) == 1 and bad == {"conflict"}, f"{len(good)} signed, {bad}"
            assert len({x["tbs"] for x in s.signatures()}) == 1
        with case("64 times the same bytes at once: all get a certificate, of the same bytes"):
            fields, _ = s.prepare("same-2")
            signed = together(64, lambda i: s.call("sign", **fields)["certificate"])
            assert all(isinstance(x, str) for x in signed), signed[:2]
            assert {x509.load_der_x509_certificate(unb64(x)).tbs_certificate_bytes
                    for x in signed} == {unb64(fields["tbs"])}
        with case("64 requests at once: 64 keys, 64 serial numbers"):
            made = together(64, lambda i: s.issue(f"many-{i}"))
            assert all(isinstance(m, dict) for m in made), [
                m for m in made if not isinstance(m, dict)][:2]
            assert len({m["fields"]["spki"] for m in made}) == 64
            assert len({m["fields"]["serial"] for m in made}) == 64
        with case("the chain of the log holds after all this"):
            run(built("bin", "chancery"), "audit", "verify", s.path("state", "audit.log"))


# --- starting --------------------------------------------------------------------------

def starting():
    with Signer() as s:
        with case("-n: a good configuration"):
            p = s.run("-n")
            assert p.returncode == 0, p.stderr
        for name, conf, text in (("no domain", {"domain": []}, "domain"),
                                 ("a domain that is none", {"domain": ["a b"]}, "domain"),
                                 ("826 days", {"days": 826}, "days"),
                                 ("a key that is none", {"key": "dsa"}, "key"),
                                 ("a caller who does not exist", {"caller": "xyzzy"}, "caller"),
                                 ("an option that is none", {"dayz": 1}, "dayz"),
                                 ("no state", {"state": "none"}, "none")):
            before, s.conf = s.conf, {**s.conf, **conf}
            p = s.run("-n")
            s.conf = before
            check(f"-n: {name}", p.returncode == 1 and text in p.stderr, p)
        s.start()
        p = s.run()
        check("a second signer does not start", p.returncode == 1 and "another" in p.stderr, p)
        check("-n beside one that runs", s.run("-n").returncode == 0, "refused")
        s.kill()
        os.chmod(s.path("state"), 0o750)
        p = s.run()
        check("a state folder that others can read", p.returncode == 1 and "0700" in p.stderr, p)
        os.chmod(s.path("state"), 0o700)
        with open(s.path("state", "sealing.key"), "r+b") as f:
            f.write(b"x")
        p = s.run()
        check("another sealing key", p.returncode == 1 and "key" in p.stderr, p)


def changed_log():
    with Signer() as s:
        s.start()
        s.issue("log-1")
        s.stop()
        path = s.path("state", "audit.log")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace('"log-1"', '"log-2"'))
        p = s.run()
        check("a log that was changed: it does not start", p.returncode == 1, p)


def main():
    if SANITIZED:
        print("note: under sanitizers the signer runs without its sandbox")
    for part in (whole_way, all_refusals, strangers, at_once, starting, changed_log):
        with case(part.__name__.replace("_", " ")):
            part()
    return done()


sys.exit(main())
