#!/usr/bin/python3
"""What the CA issues, judged by programs that are not ours: openssl verify, NSS,
GnuTLS, gpgsm, python-cryptography. Roots, issuing CAs and certificates are made by
build/tests/tool/issue in files, as `chancery ca init` and the signer will; one CA
is made by the openssl command and taken as it is. run: limit=300
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from check import case, check, done, skip
from paths import built

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

SECRET = b"a passphrase of the test"
LIMIT = 120
NOW = int(time.time())
MAIL = "anna.muster@example.com"
WORK = tempfile.mkdtemp(prefix="ch-issuing-", dir="/tmp")


def path(*names):
    return os.path.join(WORK, *names)


def run(*words, want=0, data=b"", env=None):
    p = subprocess.run(words, input=data, capture_output=True, timeout=LIMIT, check=False,
                       env=env)
    if want is not None and p.returncode != want:
        raise AssertionError(f"{words[0]} {words[1]}: exit {p.returncode}: "
                             f"{(p.stderr + p.stdout).decode(errors='replace')[-400:]}")
    return p


def issue(*words, want=0, secret=SECRET):
    """The tool, with the passphrase on descriptor 3."""
    reader, writer = os.pipe()
    os.write(writer, secret + b"\n")
    os.close(writer)
    try:
        p = subprocess.run(["/bin/sh", "-c", f'exec "$0" "$@" 3<&{reader}',
                            built("tests", "tool", "issue"), *map(str, words)],
                           pass_fds=(reader,), capture_output=True, timeout=LIMIT,
                           check=False)
    finally:
        os.close(reader)
    if p.returncode != want:
        raise AssertionError(f"issue {words[0]}: exit {p.returncode}, wanted {want}: "
                             f"{p.stderr.decode(errors='replace')}")
    return p.stderr.decode(errors="replace")


def load(name):
    with open(path(name), "rb") as f:
        return x509.load_der_x509_certificate(f.read())


def pem(*names):
    """Several DER files as one PEM file."""
    out = b"".join(load(n).public_bytes(serialization.Encoding.PEM) for n in names)
    name = path("bundle-" + "-".join(n.replace("/", "_") for n in names) + ".pem")
    with open(name, "wb") as f:
        f.write(out)
    return name


# --- each verifier: folder of the CA, name of the certificate -----------------------

def by_openssl(ca, leaf, purposes):
    for purpose in purposes:
        run("openssl", "verify", "-x509_strict", "-policy_check", "-purpose", purpose,
            "-CAfile", pem(f"{ca}/root.cer"), "-untrusted", pem(f"{ca}/issuing.cer"), pem(leaf))


def by_openssl_with_crls(ca, leaf, revoked):
    bundle = path("crls.pem")
    with open(bundle, "wb") as out:
        for name in ("root", "issuing"):
            out.write(run("openssl", "crl", "-inform", "DER", "-in",
                          path(ca, name + ".crl")).stdout)
    p = run("openssl", "verify", "-x509_strict", "-crl_check_all", "-CRLfile", bundle,
            "-CAfile", pem(f"{ca}/root.cer"), "-untrusted", pem(f"{ca}/issuing.cer"),
            pem(leaf), want=2 if revoked else 0)
    assert not revoked or b"certificate revoked" in p.stderr + p.stdout, p.stderr


def by_nss(ca, leaf, uses):
    database = tempfile.mkdtemp(dir=WORK)
    run("certutil", "-N", "-d", database, "--empty-password")
    for nick, name, trust in (("root", f"{ca}/root.cer", "CT,C,C"),
                              ("issuing", f"{ca}/issuing.cer", ",,"), ("leaf", leaf, ",,")):
        run("certutil", "-A", "-d", database, "-n", nick, "-t", trust, "-i", path(name))
    for use in uses:
        out = run("certutil", "-V", "-d", database, "-n", "leaf", "-u", use).stdout
        assert b"certificate is valid" in out, out


def by_gnutls(ca, leaf):
    out = run("certtool", "--verify-chain", "--infile",
              pem(leaf, f"{ca}/issuing.cer", f"{ca}/root.cer")).stdout
    assert b"Chain verification output: Verified. The certificate is trusted." in out, out
    out = run("certtool", "--verify", "--verify-email", MAIL, "--verify-purpose",
              "1.3.6.1.5.5.7.3.4", "--load-ca-certificate", pem(f"{ca}/root.cer"), "--infile",
              pem(leaf, f"{ca}/issuing.cer")).stdout
    assert b"The certificate is trusted" in out, out


def by_gpgsm(ca, leaf, rsa):
    """Imports all three and trusts the root: f is "fully valid"."""
    home = tempfile.mkdtemp(prefix="sm", dir="/tmp")  # gpg-agent's socket path is short
    env = dict(os.environ, GNUPGHOME=home, LC_ALL="C.UTF-8")
    try:
        with open(os.path.join(home, "gpgsm.conf"), "w", encoding="ascii") as f:
            f.write("disable-crl-checks\n")
        sha1 = run("openssl", "x509", "-inform", "DER", "-in", path(f"{ca}/root.cer"), "-noout",
                   "-fingerprint", "-sha1").stdout.decode().split("=")[1].strip()
        with open(os.path.join(home, "trustlist.txt"), "w", encoding="ascii") as f:
            f.write(sha1 + " S\n")  # not "relax": the root must be a proper one
        for name in (f"{ca}/root.cer", f"{ca}/issuing.cer", leaf):
            run("gpgsm", "--batch", "--import", path(name), env=env)
        out = run("gpgsm", "--batch", "--with-validation", "--with-colons", "--list-keys",
                  f"<{MAIL}>", env=env).stdout
        assert re.findall(rb"^crt:(\w*):", out, re.M) == [b"f"], out
        if not rsa:
            return  # it encrypts to RSA alone
        text = b"secret plans\n"
        sealed = run("gpgsm", "--batch", "--encrypt", "-r", f"<{MAIL}>", env=env,
                     data=text).stdout
        back = run("openssl", "cms", "-decrypt", "-inform", "DER", "-inkey",
                   path(leaf[:-4] + ".pem"), "-passin", "pass:test passphrase",
                   data=sealed).stdout
        assert back == text, back
    finally:
        run("gpgconf", "--kill", "all", env=env, want=None)
        shutil.rmtree(home, ignore_errors=True)


def by_cryptography(ca, leaf, profile):
    """Every field, and the signatures up to the root."""
    c, issuing, root = load(leaf), load(f"{ca}/issuing.cer"), load(f"{ca}/root.cer")
    for child, parent in ((c, issuing), (issuing, root), (root, root)):
        key = parent.public_key()
        how = ((ec.ECDSA(child.signature_hash_algorithm),)
               if isinstance(key, ec.EllipticCurvePublicKey)
               else (padding.PKCS1v15(), child.signature_hash_algorithm))
        key.verify(child.signature, child.tbs_certificate_bytes, *how)
        assert child.issuer == parent.subject
    get = c.extensions.get_extension_for_oid
    san = get(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    assert san.value.get_values_for_type(x509.RFC822Name) == [
        MAIL, "a.muster@xn--bcher-kva.example"], san
    assert not san.critical
    assert list(get(ExtensionOID.EXTENDED_KEY_USAGE).value) == [
        ExtendedKeyUsageOID.EMAIL_PROTECTION]
    assert get(ExtensionOID.KEY_USAGE).critical
    assert (get(ExtensionOID.AUTHORITY_KEY_IDENTIFIER).value.key_identifier ==
            issuing.extensions.get_extension_for_oid(
                ExtensionOID.SUBJECT_KEY_IDENTIFIER).value.digest)
    url = get(ExtensionOID.CRL_DISTRIBUTION_POINTS).value[0].full_name[0].value
    assert re.fullmatch(r"http://pki\.example\.com/chancery/issuing-[0-9a-f]{8}\.crl", url), url
    names = {a.oid: a.value for a in c.subject}
    want = ({NameOID.COMMON_NAME: MAIL} if profile == "mailbox" else {
        NameOID.COUNTRY_NAME: "CH", NameOID.ORGANIZATION_NAME: "Muster & Söhne AG",
        x509.ObjectIdentifier("2.5.4.97"): "NTRCH-CHE-123.456.789",
        NameOID.GIVEN_NAME: "Änne", NameOID.SURNAME: "Muster",
        NameOID.COMMON_NAME: "Änne Muster"})
    assert names == want, names
    days = (c.not_valid_after - c.not_valid_before).total_seconds() + 1
    assert days == 730 * 86400, days


# --- what is issued ------------------------------------------------------------------

def test_chain(ca_kind, kind, profile):
    name = f"{ca_kind}/{kind}/{profile}"
    ca, rsa = ca_kind, kind.startswith("rsa")
    leaf = f"{ca}/{profile}-{kind}.cer"
    with case("issue " + name):
        if not os.path.exists(path(ca)):
            os.mkdir(path(ca))
            issue("init", path(ca), ca_kind, NOW)
        issue("cert", path(ca, "issuing.cer"), path(ca, "issuing.pem"), NOW, profile, kind,
              path(leaf)[:-4], "Änne", "Muster", MAIL, "ANNA.Muster@example.com",
              "a.muster@bücher.example")
    with case("openssl verify " + name):
        # OpenSSL 3.0 knows no key agreement for smimeencrypt.
        by_openssl(ca, leaf, ("smimesign", "smimeencrypt") if rsa else ("smimesign",))
    with case("NSS " + name):
        by_nss(ca, leaf, "SR" if rsa else "S")
    with case("GnuTLS " + name):
        by_gnutls(ca, leaf)
    with case("python-cryptography " + name):
        by_cryptography(ca, leaf, profile)
    if shutil.which("gpgsm"):
        with case("gpgsm " + name):
            by_gpgsm(ca, leaf, rsa)
    else:
        skip("gpgsm " + name, "not installed; packaging/needs test does it")


def test_crl(ca):
    leaf = f"{ca}/mailbox-rsa2048.cer"
    serial = f"{load(leaf).serial_number:034x}"
    files = {n: (path(ca, n + ".cer"), path(ca, n + ".pem")) for n in ("root", "issuing")}
    with case(f"CRLs without an entry, {ca}"):
        for number, name in enumerate(files):
            issue("crl", *files[name], NOW, NOW + number, path(ca, name))
        by_openssl_with_crls(ca, leaf, revoked=False)
    with case(f"CRL with an entry, {ca}"):
        issue("crl", *files["issuing"], NOW, NOW + 9, path(ca, "issuing"),
              f"{serial}=superseded", "11223344=unspecified")
        by_openssl_with_crls(ca, leaf, revoked=True)
        with open(path(ca, "issuing.crl"), "rb") as f:
            crl = x509.load_der_x509_crl(f.read())
        assert crl.is_signature_valid(load(f"{ca}/issuing.cer").public_key())
        entry = crl.get_revoked_certificate_by_serial_number(int(serial, 16))
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        assert reason == x509.ReasonFlags.superseded, reason
        plain = crl.get_revoked_certificate_by_serial_number(0x11223344)
        assert len(plain.extensions) == 0
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        assert number == NOW + 9, number
        out = run("certtool", "--verify-crl", "--load-ca-certificate",
                  path(ca, "issuing.cer"), "--inder", "--infile", path(ca, "issuing.crl"))
        assert b"Verified" in out.stdout and b"Not verified" not in out.stdout, out
    with case(f"CRL of NSS, {ca}"):
        database = tempfile.mkdtemp(dir=WORK)
        run("certutil", "-N", "-d", database, "--empty-password")
        for nick, name, trust in (("root", "root", "CT,C,C"), ("issuing", "issuing", ",,")):
            run("certutil", "-A", "-d", database, "-n", nick, "-t", trust, "-i",
                path(ca, name + ".cer"))
        run("certutil", "-A", "-d", database, "-n", "leaf", "-t", ",,", "-i", path(leaf))
        run("crlutil", "-I", "-d", database, "-i", path(ca, "issuing.crl"))
        p = run("certutil", "-V", "-d", database, "-n", "leaf", "-u", "S", want=None)
        assert b"revoked" in (p.stdout + p.stderr).lower(), p


def test_existing_ca():
    """A root and issuing CA as the openssl command makes them, key in the old form."""
    os.mkdir(path("own"))
    with open(path("own", "c"), "w", encoding="ascii") as f:
        f.write("[req]\ndistinguished_name=d\nprompt=no\n[d]\nCN=Old CA\n"
                "[r]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
                "subjectKeyIdentifier=hash\n[i]\nbasicConstraints=critical,CA:TRUE\n"
                "keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
                "authorityKeyIdentifier=keyid\n")
    for name, bits in (("root", 2048), ("issuing", 2048)):
        run("openssl", "genrsa", "-traditional", "-aes256", "-passout",
            "pass:" + SECRET.decode(), "-out", path("own", name + ".pem"), str(bits))
        os.chmod(path("own", name + ".pem"), 0o400)
    secret = ["-passin", "pass:" + SECRET.decode()]
    run("openssl", "req", "-x509", "-new", "-config", path("own", "c"), "-extensions", "r",
        "-key", path("own", "root.pem"), *secret, "-days", "900", "-outform", "DER",
        "-out", path("own", "root.cer"), "-subj", "/CN=Old Root")
    run("openssl", "req", "-new", "-config", path("own", "c"), "-key",
        path("own", "issuing.pem"), *secret, "-out", path("own", "csr"), "-subj",
        "/O=Old/CN=Old Issuing")
    run("openssl", "x509", "-req", "-in", path("own", "csr"), "-CAform", "DER", "-CA",
        path("own", "root.cer"), "-CAkey", path("own", "root.pem"), *secret, "-set_serial",
        "5", "-days", "900", "-extfile", path("own", "c"), "-extensions", "i", "-outform",
        "DER", "-out", path("own", "issuing.cer"))
    issue("cert", path("own", "issuing.cer"), path("own", "issuing.pem"), NOW + 600, "mailbox",
          "rsa2048", path("own", "leaf"), "", "", MAIL, "a.muster@bücher.example")
    run("openssl", "verify", "-x509_strict", "-purpose", "smimeencrypt", "-attime",
        str(NOW + 900), "-CAfile", pem("own/root.cer"), "-untrusted", pem("own/issuing.cer"),
        pem("own/leaf.cer"))


def refused(name, words, sentence, secret=SECRET):
    with case("refused: " + name):
        said = issue(*words, want=1, secret=secret)
        assert sentence in said, said


def test_refusals(ca):
    files = path(ca, "issuing.cer"), path(ca, "issuing.pem")
    root = path(ca, "root.cer"), path(ca, "root.pem")
    out = path("x")
    plain = ("mailbox", "p256", out, "", "")
    refused("wrong passphrase", ("cert", *files, NOW, *plain, MAIL), "passphrase",
            secret=b"another passphrase")
    refused("short passphrase", ("cert", *files, NOW, *plain, MAIL), "11 characters, want 12",
            secret=b"12345678901")
    refused("key of the root", ("cert", files[0], root[1], NOW, *plain, MAIL),
            "does not verify")
    refused("foreign address", ("cert", *files, NOW, *plain, "a@example.org"),
            "none of the internal domains")
    refused("CR LF in an address", ("cert", *files, NOW, *plain, "a@example.com\r\nX: y"),
            "address")
    refused("name with a line feed", ("cert", *files, NOW, "person", "p256", out, "A\nB", "C",
                                      MAIL), "U+000A")
    refused("profile", ("cert", *files, NOW, "ca", "p256", out, "", "", MAIL),
            "want mailbox, organization or person")
    refused("before the CA", ("cert", *files, NOW - 9000, *plain, MAIL), "valid only from")
    refused("after the CA", ("cert", *files, NOW + 11 * 31557600, *plain, MAIL),
            "was valid until")
    refused("a leaf as CA", ("cert", path(ca, "mailbox-rsa2048.cer"), files[1], NOW, *plain,
                             MAIL), "no CA")
    refused("on hold", ("crl", *files, NOW, 1, out, "1122=certificate-hold"), "reason")
    refused("number 0", ("crl", *files, NOW, 0, out), "number is 0")
    refused("folder has a CA", ("init", path(ca), "p256", NOW), "cannot be written")
    check("nothing was written", not os.path.exists(out + ".cer"), out)
    os.chmod(files[1], 0o444)
    refused("key file readable by all", ("cert", *files, NOW, *plain, MAIL), "chmod 400")
    os.chmod(files[1], 0o400)


def test_key_files(ca):
    with case("openssl opens our key file"):
        out = run("openssl", "pkey", "-in", path(ca, "root.pem"), "-passin",
                  "pass:" + SECRET.decode(), "-noout", "-check").stdout
        assert b"Key is valid" in out, out
        text = run("openssl", "asn1parse", "-in", path(ca, "root.pem")).stdout
        for word in (b"PBES2", b"PBKDF2", b"hmacWithSHA256", b"aes-256-cbc"):
            assert word in text, text
    with case("no key in clear in any file"):
        clear = run("openssl", "pkey", "-in", path(ca, "root.pem"), "-passin",
                    "pass:" + SECRET.decode(), "-outform", "DER").stdout
        key = serialization.load_der_private_key(clear, None)
        number = key.private_numbers()
        secret = getattr(number, "private_value", None) or number.d
        canary = secret.to_bytes((secret.bit_length() + 7) // 8, "big")
        for folder, _, names in os.walk(WORK):
            for name in names:
                with open(os.path.join(folder, name), "rb") as f:
                    assert canary not in f.read(), name


def main():
    try:
        for ca_kind, kind, profile in (("p256", "rsa2048", "mailbox"),
                                       ("p384", "p256", "person"),
                                       ("rsa3072", "rsa2048", "mailbox"),
                                       ("rsa3072", "rsa2048", "person")):
            test_chain(ca_kind, kind, profile)
        for ca in ("p256", "rsa3072"):
            test_crl(ca)
        with case("an existing CA of the openssl command"):
            test_existing_ca()
        test_refusals("p256")
        test_key_files("p256")
        test_key_files("rsa3072")
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
    return done()


if __name__ == "__main__":
    sys.exit(main())
