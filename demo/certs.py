#!/usr/bin/python3
"""Certificates, revocation lists and CMS blobs, made when they are needed.

The demonstration world fills its directory with them, and tests make odd ones:
weak keys, wrong usages, broken signatures, other people's addresses. Nothing
made here may ever be trusted outside a loopback demonstration: private keys are
drawn from a pool under build/keys (CHANCERY_KEYS overrides), shared by all who
ask, because generating RSA keys is what would make a test slow.

Times are seconds since 1970, or datetime. Subjects are RFC 4514 text
("CN=Anna Muster,O=Example AG,C=CH"). Certificates are returned as DER.
What python3-cryptography refuses to sign (MD5, SHA-1, PSS) is signed again
here, with a few lines of DER; CMS is made by the openssl command.
"""

import base64
import datetime
import ipaddress
import os
import subprocess
import tempfile
import textwrap
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (
    dsa, ec, ed25519, ed448, padding, rsa, x25519)
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

BOTH = ("digitalSignature", "keyEncipherment")
SIGN = ("digitalSignature",)
ENCRYPT = ("keyEncipherment",)
AGREE = ("digitalSignature", "keyAgreement")    # what an EC key encrypts with
AUTHORITY = ("keyCertSign", "cRLSign")

USAGES = {
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
    "encipherOnly": "encipher_only",
    "decipherOnly": "decipher_only",
}
EXT_USAGES = {
    "emailProtection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "clientAuth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "serverAuth": ExtendedKeyUsageOID.SERVER_AUTH,
    "codeSigning": ExtendedKeyUsageOID.CODE_SIGNING,
    "timeStamping": ExtendedKeyUsageOID.TIME_STAMPING,
    "any": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "smartcardLogon": ObjectIdentifier("1.3.6.1.4.1.311.20.2.2"),
    "encryptingFileSystem": ObjectIdentifier("1.3.6.1.4.1.311.10.3.4"),
}
HASHES = {
    "md5": hashes.MD5, "sha1": hashes.SHA1, "sha224": hashes.SHA224,
    "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512,
}
EMAIL_OID = ObjectIdentifier("1.2.840.113549.1.9.1")


# --- keys --------------------------------------------------------------------

CURVES = {
    "ec192": ec.SECP192R1, "ec224": ec.SECP224R1, "ec256": ec.SECP256R1,
    "ec384": ec.SECP384R1, "ec521": ec.SECP521R1, "ec256k1": ec.SECP256K1,
    "brainpool256": ec.BrainpoolP256R1, "brainpool384": ec.BrainpoolP384R1,
}


def new_key(kind):
    """A fresh private key: 'rsa2048', 'rsa1024', 'ec256', 'ed25519', ..."""
    if kind.startswith("rsa"):
        bits, _, exponent = kind[3:].partition("e")
        return rsa.generate_private_key(int(exponent or 65537), int(bits))
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind]())
    if kind.startswith("dsa"):
        return dsa.generate_private_key(int(kind[3:]))
    return {"ed25519": ed25519.Ed25519PrivateKey,
            "ed448": ed448.Ed448PrivateKey,
            "x25519": x25519.X25519PrivateKey}[kind].generate()


def key_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption())


_loaded = {}
_lock = threading.Lock()


def pool_key(kind, number=0):
    """Key `number` of this kind from the pool, generated at the first call."""
    folder = os.environ.get("CHANCERY_KEYS", os.path.join(ROOT, "build", "keys"))
    path = os.path.join(folder, f"{kind}-{number}.pem")
    with _lock:
        if path not in _loaded:
            _loaded[path] = _pool_load(folder, path, kind)
        return _loaded[path]


def _pool_load(folder, path, kind):
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if not os.path.exists(path):
        fd, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(fd, "wb") as f:
            f.write(key_pem(new_key(kind)))
        try:
            # The first of two processes wins; both then read the same key.
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(temporary)
    with open(path, "rb") as f:
        return serialization.load_pem_private_key(f.read(), None)


def _as_key(key):
    return pool_key(key) if isinstance(key, str) else key


# --- DER, as little as resigning takes -----------------------------------------

def der(tag, *parts):
    """One element: its tag, and its contents joined."""
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def der_split(data):
    """The elements of `data`, each with its header, in a list."""
    out = []
    while data:
        size, head = data[1], 2
        if size & 0x80:
            head = 2 + (size & 0x7f)
            size = int.from_bytes(data[2:head], "big")
        out.append(data[:head + size])
        data = data[head + size:]
    return out


def der_body(element):
    """The contents of one element."""
    head = 2 + (element[1] & 0x7f if element[1] & 0x80 else 0)
    return element[head:]


def der_oid(dotted):
    arcs = [int(a) for a in dotted.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        part = bytes([arc & 0x7f])
        while arc > 0x7f:
            arc >>= 7
            part = bytes([0x80 | arc & 0x7f]) + part
        out += part
    return der(0x06, out)


DER_NULL = b'\x05\x00'
RSA_OIDS = {"md5": 4, "sha1": 5, "sha256": 11, "sha384": 12, "sha512": 13,
            "sha224": 14}
HASH_OIDS = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1",
             "sha384": "2.16.840.1.101.3.4.2.2",
             "sha512": "2.16.840.1.101.3.4.2.3"}


def _rsa_signing(name):
    """AlgorithmIdentifier, padding and hash for 'sha1', 'pss-sha256', ..."""
    if not name.startswith("pss-"):
        return (der(0x30, der_oid(f"1.2.840.113549.1.1.{RSA_OIDS[name]}"),
                    DER_NULL), padding.PKCS1v15(), HASHES[name]())
    h = HASHES[name[4:]]()
    digest = der(0x30, der_oid(HASH_OIDS[name[4:]]), DER_NULL)
    mask = der(0x30, der_oid("1.2.840.113549.1.1.8"), digest)
    params = der(0x30, der(0xa0, digest), der(0xa1, mask),
                 der(0xa2, der(0x02, bytes([h.digest_size]))))
    return (der(0x30, der_oid("1.2.840.113549.1.1.10"), params),
            padding.PSS(padding.MGF1(h), h.digest_size), h)


def resign(signed, key, sig_hash):
    """The same certificate or CRL, signed by RSA with another algorithm."""
    algorithm, pad, h = _rsa_signing(sig_hash)
    tbs, old, _ = der_split(der_body(signed))
    inner = der_body(tbs).replace(old, algorithm, 1)
    tbs = der(0x30, inner)
    signature = key.sign(tbs, pad, h)
    return der(0x30, tbs, algorithm, der(0x03, b'\0', signature))


# --- certificates --------------------------------------------------------------

def as_time(t):
    """Seconds since 1970, or a datetime, as the naive UTC that x509 wants."""
    if isinstance(t, datetime.datetime):
        if t.tzinfo is not None:
            t = t.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return t
    return datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=int(t))


def as_name(subject):
    if isinstance(subject, x509.Name):
        return subject
    if not subject:
        return x509.Name([])
    return x509.Name.from_rfc4514_string(
        subject, {"emailAddress": EMAIL_OID, "E": EMAIL_OID})


def name_text(name):
    """A name as a DN that slapd and OpenSSL's -nameopt RFC2253 would write."""
    return name.rfc4514_string({EMAIL_OID: "emailAddress"})


class Authority:
    """A CA: its certificate, its key, and the way to its CRL."""

    def __init__(self, cert_der, key, crl_url=None, issuer=None):
        self.der = cert_der
        self.key = key
        self.crl_url = crl_url
        self.issuer = issuer
        self.certificate = x509.load_der_x509_certificate(cert_der)
        self.subject = self.certificate.subject

    @classmethod
    def create(cls, subject, not_before, not_after, issuer=None, key="rsa2048",
               crl_url=None, path_length=None, sig_hash="sha256", **more):
        key = _as_key(key)
        cert_der = make_cert(
            subject, (), issuer, not_before, not_after, key=key,
            key_usage=AUTHORITY, eku=None, sig_hash=sig_hash, authority=True,
            path_length=path_length, **more)
        return cls(cert_der, key, crl_url, issuer)

    def chain(self):
        """This CA's certificate and those above it, without the root's."""
        out, ca = [], self
        while ca is not None and ca.issuer is not None:
            out.append(ca.der)
            ca = ca.issuer
        return out


def serial_of(cert_der):
    return x509.load_der_x509_certificate(cert_der).serial_number


def _alternative_names(addresses, dns, ips, other):
    names = [x509.RFC822Name(a) for a in addresses]
    names += [x509.DNSName(d) for d in dns]
    names += [x509.IPAddress(ipaddress.ip_address(i)) for i in ips]
    names += [x509.OtherName(ObjectIdentifier(oid), value)
              for oid, value in other]
    return names


def _usage(names):
    unknown = set(names) - set(USAGES)
    if unknown:
        raise ValueError(f"no key usage {sorted(unknown)}")
    return x509.KeyUsage(**{field: name in names
                            for name, field in USAGES.items()})


def _signing_hash(key, sig_hash):
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        return None
    return HASHES[sig_hash]()


def _sign(builder, key, sig_hash):
    """Signs what the library signs itself; anything older is signed again."""
    if sig_hash in ("sha224", "sha256", "sha384", "sha512"):
        made = builder.sign(key, _signing_hash(key, sig_hash))
        return made.public_bytes(serialization.Encoding.DER)
    made = builder.sign(key, _signing_hash(key, "sha256"))
    return resign(made.public_bytes(serialization.Encoding.DER), key, sig_hash)


def make_cert(subject, addresses, ca, not_before, not_after, key="rsa2048",
              key_usage=BOTH, eku=("emailProtection",), sig_hash="sha256", *,
              serial=None, authority=False, path_length=None, dns=(), ips=(),
              other_names=(), san_critical=False, key_usage_critical=True,
              eku_critical=False, identifiers=True, basic_constraints=None,
              extensions=(), crl_url=None):
    """A certificate as DER.

    addresses    rfc822Names of subjectAltName (A-label domains)
    ca           an Authority, or None for a self-signed one
    key          a private key, or a kind of the pool's: 'rsa2048', 'rsa1024',
                 'ec256', 'ed25519', 'x25519', ...
    key_usage    names as in RFC 5280 ('keyEncipherment'); None leaves it out
    eku          names of EXT_USAGES, or dotted OIDs; None leaves it out
    sig_hash     'sha256', 'sha1', 'md5', ...; 'pss-sha256' where the CA is RSA
    authority    basicConstraints cA; basic_constraints=False leaves it out
    other_names  (dotted OID, DER) pairs for subjectAltName
    extensions   (dotted OID, critical, DER of the value) triples, added last
    """
    key = _as_key(key)
    signer = ca.key if ca else key
    name = as_name(subject)
    if serial is None:
        serial = x509.random_serial_number()
    b = (x509.CertificateBuilder()
         .subject_name(name)
         .issuer_name(ca.subject if ca else name)
         .public_key(key.public_key())
         .serial_number(serial)
         .not_valid_before(as_time(not_before))
         .not_valid_after(as_time(not_after)))
    if basic_constraints is not False and (authority or basic_constraints):
        b = b.add_extension(x509.BasicConstraints(authority, path_length), True)
    if key_usage is not None:
        b = b.add_extension(_usage(key_usage), key_usage_critical)
    if eku is not None:
        oids = [EXT_USAGES.get(e) or ObjectIdentifier(e) for e in eku]
        b = b.add_extension(x509.ExtendedKeyUsage(oids), eku_critical)
    names = _alternative_names(addresses, dns, ips, other_names)
    if names:
        b = b.add_extension(x509.SubjectAlternativeName(names), san_critical)
    if identifiers:
        b = b.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        b = b.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(
                signer.public_key()), False)
    url = crl_url or (ca.crl_url if ca else None)
    if url:
        b = b.add_extension(x509.CRLDistributionPoints([x509.DistributionPoint(
            [x509.UniformResourceIdentifier(url)], None, None, None)]), False)
    for oid, critical, value in extensions:
        b = b.add_extension(
            x509.UnrecognizedExtension(ObjectIdentifier(oid), value), critical)
    return _sign(b, signer, sig_hash)


def make_csr(subject, addresses, key="rsa2048"):
    """A PKCS#10 request as DER: something that is not a certificate."""
    b = x509.CertificateSigningRequestBuilder().subject_name(as_name(subject))
    if addresses:
        b = b.add_extension(x509.SubjectAlternativeName(
            _alternative_names(addresses, (), (), ())), False)
    return b.sign(_as_key(key), hashes.SHA256()).public_bytes(
        serialization.Encoding.DER)


def make_crl(ca, revoked, this_update, next_update, number=1,
             sig_hash="sha256", extensions=()):
    """A CRL as DER. revoked: (serial number, time) or (serial, time, reason)
    tuples; a reason is a name of x509.ReasonFlags, 'key_compromise'."""
    b = (x509.CertificateRevocationListBuilder()
         .issuer_name(ca.subject)
         .last_update(as_time(this_update))
         .next_update(as_time(next_update))
         .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
             ca.key.public_key()), False)
         .add_extension(x509.CRLNumber(number), False))
    for serial, when, *reason in revoked:
        r = (x509.RevokedCertificateBuilder().serial_number(serial)
             .revocation_date(as_time(when)))
        if reason:
            r = r.add_extension(
                x509.CRLReason(x509.ReasonFlags[reason[0]]), False)
        b = b.add_revoked_certificate(r.build())
    for oid, critical, value in extensions:
        b = b.add_extension(
            x509.UnrecognizedExtension(ObjectIdentifier(oid), value), critical)
    return _sign(b, ca.key, sig_hash)


# --- containers ----------------------------------------------------------------

def pem(data, label="CERTIFICATE"):
    body = '\n'.join(textwrap.wrap(base64.b64encode(data).decode(), 64))
    return f'-----BEGIN {label}-----\n{body}\n-----END {label}-----\n'


def make_signed(cert_der, key, chain=(), body=b"Empty Body"):
    """A value of userSMIMECertificate (RFC 2798 section 2.8): SignedData made
    by the owner's key, with SMIMECapabilities as a signed attribute and the
    chain's certificates inside."""
    with tempfile.TemporaryDirectory() as folder:
        def put(name, data):
            path = os.path.join(folder, name)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fd, "wb") as f:
                f.write(data)
            return path
        command = ["openssl", "cms", "-sign", "-binary", "-nodetach",
                   "-outform", "DER", "-md", "sha256",
                   "-in", put("body", body),
                   "-signer", put("cert", pem(cert_der).encode()),
                   "-inkey", put("key", key_pem(_as_key(key)))]
        if chain:
            command += ["-certfile", put(
                "chain", "".join(pem(c) for c in chain).encode())]
        done = subprocess.run(command, capture_output=True, timeout=60,
                              stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError("openssl cms: " + done.stderr.decode())
    return done.stdout


def make_certs_only(certs):
    """A .p7b: SignedData that carries certificates and nobody's signature."""
    return pkcs7.serialize_certificates(
        [x509.load_der_x509_certificate(c) for c in certs],
        serialization.Encoding.DER)


def make_pfx(cert_der, key, chain=(), password=b"demo", name=b"demo"):
    """A PKCS#12 file, for clients that must decrypt."""
    return serialization.pkcs12.serialize_key_and_certificates(
        name, _as_key(key), x509.load_der_x509_certificate(cert_der),
        [x509.load_der_x509_certificate(c) for c in chain],
        serialization.BestAvailableEncryption(password))
