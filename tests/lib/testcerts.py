"""Certificates of the odder kinds for tests: taken apart, changed in a way that no
library would, and signed again; and such as Windows and well-known CAs issue
(made up here, after their published profiles). What demo/certs.py makes are the
usual ones.
"""
import os
import subprocess
import tempfile

import paths  # noqa: F401  (finds demo/)
import certs
from certs import der, der_body, der_oid, der_split
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

# positions in the TBSCertificate of a version 3 certificate
VERSION, SERIAL, SIGNATURE, ISSUER, VALIDITY, SUBJECT, SPKI, EXTENSIONS = range(8)


def taken_apart(cert):
    """(parts of the TBSCertificate, signature algorithm, signature)"""
    tbs, algorithm, signature = der_split(der_body(cert))
    return der_split(der_body(tbs)), algorithm, signature


def put_together(parts, ca):
    """Signed again by the CA (RSA with SHA-256)."""
    whole = der(0x30, der(0x30, *parts), parts[SIGNATURE], der(3, b"\0" * 33))
    return certs.resign(whole, ca.key, "sha256")


def changed(cert, ca, **edits):
    """The certificate with parts of its TBSCertificate replaced by what a function
    makes of them: changed(c, ca, validity=lambda old: ...)."""
    names = ("version", "serial", "signature", "issuer", "validity", "subject", "spki",
             "extensions")
    parts, _, _ = taken_apart(cert)
    for name, edit in edits.items():
        at = names.index(name)
        parts[at] = edit(parts[at])
    return put_together([p for p in parts if p is not None], ca)


def extensions(edit):
    """For changed(extensions=...): edit gets and returns the list of Extension."""
    def run(old):
        listed = der_split(der_body(der_body(old)))
        return der(0xA3, der(0x30, *edit(listed)))
    return run


def extension(oid, value, critical=None):
    """critical: None leaves the default out; or the octets of the BOOLEAN."""
    middle = b"" if critical is None else der(1, critical)
    return der(0x30, der_oid(oid), middle, der(4, value))


def openssl(*arguments, stdin=b""):
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True,
                          timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.decode()}")
    return done.stdout


def by_openssl(mail, days=100, curve=None):
    """Self-signed, by the command line that every how-to shows."""
    with tempfile.TemporaryDirectory() as folder:
        conf = os.path.join(folder, "c")
        with open(conf, "w", encoding="ascii") as f:
            f.write(f"[req]\ndistinguished_name=d\nprompt=no\nx509_extensions=e\n"
                    f"[d]\nCN=By OpenSSL\nemailAddress={mail}\n[e]\n"
                    "basicConstraints=CA:FALSE\n"
                    f"keyUsage=digitalSignature,{'keyAgreement' if curve else 'keyEncipherment'}\n"
                    "extendedKeyUsage=emailProtection\nsubjectAltName=email:copy\n"
                    "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        kind = (["-newkey", "ec", *[o for p in curve for o in ("-pkeyopt", p)]]
                if curve else ["-newkey", "rsa:2048"])
        return openssl("req", "-x509", "-config", conf, *kind, "-nodes", "-days",
                       str(days), "-outform", "DER", "-keyout", os.path.join(folder, "k"))


# --- as others issue them --------------------------------------------------------

def _name(kind, *pairs):
    return x509.Name([x509.NameAttribute(
        oid, value, _ASN1Type.PrintableString if oid == NameOID.COUNTRY_NAME
        else _ASN1Type.IA5String if oid in (certs.EMAIL_OID, NameOID.DOMAIN_COMPONENT)
        else kind) for oid, value in pairs])


def ia5(text):
    return der(0x16, text.encode())


def utf8(text):
    return der(0x0C, text.encode())


def sequence(*parts):
    return der(0x30, *parts)


def _access(ocsp, issuer):
    return ("1.3.6.1.5.5.7.1.1", False, sequence(
        sequence(der_oid("1.3.6.1.5.5.7.48.2"), der(0x86, issuer.encode())),
        sequence(der_oid("1.3.6.1.5.5.7.48.1"), der(0x86, ocsp.encode()))))


def _policies(*oids, cps=None, notice=None):
    out = []
    for oid in oids:
        qualifiers = []
        if cps:
            qualifiers.append(sequence(der_oid("1.3.6.1.5.5.7.2.1"), ia5(cps)))
        if notice:
            qualifiers.append(sequence(der_oid("1.3.6.1.5.5.7.2.2"), sequence(utf8(notice))))
        out.append(sequence(der_oid(oid), *([sequence(*qualifiers)] if qualifiers else [])))
    return ("2.5.29.32", False, sequence(*out))


SMIME_CAPABILITIES = ("1.2.840.113549.1.9.15", False, sequence(
    sequence(der_oid("2.16.840.1.101.3.4.1.42")),
    sequence(der_oid("1.2.840.113549.3.7")),
    sequence(der_oid("1.2.840.113549.3.2"), der(2, b"\x00\x80"))))


def like_windows(mail, ca, first, last, kind=_ASN1Type.BMPString):
    """An enterprise CA's: BMP or UTF-8 strings, template, application policies,
    security identifier, and a user principal name beside the address."""
    name = _name(kind, (NameOID.DOMAIN_COMPONENT, "local"),
                 (NameOID.DOMAIN_COMPONENT, "corp"),
                 (NameOID.ORGANIZATIONAL_UNIT_NAME, "Nutzer"),
                 (NameOID.COMMON_NAME, "Müller, Jörg"), (certs.EMAIL_OID, mail))
    template = sequence(der_oid("1.3.6.1.4.1.311.21.8.1234567.89"), der(2, b"\x64"),
                        der(2, b"\x05"))
    application = sequence(sequence(der_oid("1.3.6.1.5.5.7.3.4")),
                           sequence(der_oid("1.3.6.1.4.1.311.10.3.4")),
                           sequence(der_oid("1.3.6.1.5.5.7.3.2")))
    sid = sequence(der(0xA0, der_oid("1.3.6.1.4.1.311.25.2.1"),
                       der(0xA0, der(4, b"S-1-5-21-1004336348-1177238915-682003330-512"))))
    return certs.make_cert(
        name, (mail,), ca, first, last, key_usage=certs.BOTH,
        eku=("emailProtection", "encryptingFileSystem", "clientAuth"),
        other_names=(("1.3.6.1.4.1.311.20.2.3", utf8("jmueller@corp.local")),),
        extensions=(("1.3.6.1.4.1.311.21.7", False, template),
                    ("1.3.6.1.4.1.311.21.10", False, application),
                    ("1.3.6.1.4.1.311.25.2", False, sid), SMIME_CAPABILITIES,
                    ("1.3.6.1.4.1.311.20.2", False, der(0x1E, "User".encode("utf-16-be")))))


def like_swisssign(mail, ca, first, last):
    name = _name(_ASN1Type.UTF8String, (NameOID.COUNTRY_NAME, "CH"),
                 (NameOID.ORGANIZATION_NAME, "Muster & Söhne AG"),
                 (x509.ObjectIdentifier("2.5.4.97"), "NTRCH-CHE-123.456.789"),
                 (NameOID.COMMON_NAME, mail), (certs.EMAIL_OID, mail))
    return certs.make_cert(
        name, (mail,), ca, first, last, key="rsa3072", key_usage=certs.BOTH,
        eku=("emailProtection", "clientAuth"),
        crl_url="ldap://directory.example.ch/CN=Issuing%2CO=Example?"
                "certificateRevocationList?base?objectClass=*",
        extensions=(_policies("2.16.756.1.89.2.1.3", "2.23.140.1.5.2.2",
                              cps="https://repository.example.ch/cps.pdf"),
                    _access("http://ocsp.example.ch/abc", "http://aia.example.ch/ca.cer")))


def like_d_trust(mail, ca, first, last):
    """Signed with RSA-PSS, an EC key on a brainpool curve, qualified statements."""
    name = _name(_ASN1Type.UTF8String, (NameOID.COUNTRY_NAME, "DE"),
                 (NameOID.ORGANIZATION_NAME, "Prüfstelle GmbH"),
                 (NameOID.GIVEN_NAME, "Jörg"), (NameOID.SURNAME, "Groß"),
                 (NameOID.COMMON_NAME, "Jörg Groß"),
                 (NameOID.SERIAL_NUMBER, "CSM012345678"))
    statements = sequence(
        sequence(der_oid("0.4.0.1862.1.1")),
        sequence(der_oid("0.4.0.1862.1.6"), sequence(der_oid("0.4.0.1862.1.6.1"))))
    return certs.make_cert(
        name, (mail,), ca, first, last, key="brainpool256", key_usage=certs.AGREE,
        sig_hash="pss-sha256",
        extensions=(("1.3.6.1.5.5.7.1.3", False, statements),
                    _policies("1.3.6.1.4.1.4788.2.150.5", "2.23.140.1.5.3.2",
                              cps="http://www.example.net/repository"),
                    _access("http://ocsp.example.net", "http://www.example.net/ca.cer")))


def like_sectigo(mail, ca, first, last):
    name = _name(_ASN1Type.PrintableString, (certs.EMAIL_OID, mail))
    return certs.make_cert(
        name, (mail,), ca, first, last, key="rsa4096", key_usage=certs.BOTH,
        eku=("emailProtection", "clientAuth"), basic_constraints=True, serial=3 << 120,
        extensions=(_policies("1.3.6.1.4.1.6449.1.2.1.10.4", "2.23.140.1.5.1.2",
                              cps="https://sectigo.example/SMIMECPS",
                              notice="By using this certificate you agree."),
                    _access("http://ocsp.sectigo.example", "http://crt.sectigo.example/c.crt"),
                    SMIME_CAPABILITIES))
