"""CRLs of the odder kinds for tests: indirect and delta ones, issuers' names in
another encoding, and broken ones. What demo/certs.py makes are the usual ones.
"""
import paths  # noqa: F401  (finds demo/)
import certs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.name import _ASN1Type

PRINTABLE, UTF8 = _ASN1Type.PrintableString, _ASN1Type.UTF8String
TELETEX, BMP = _ASN1Type.T61String, _ASN1Type.BMPString


def reencoded(name, kind, change=str):
    """The same name with its strings of another type, each changed by `change`."""
    return x509.Name([x509.RelativeDistinguishedName([
        x509.NameAttribute(a.oid, a.value if len(a.value) == 2 else change(a.value),
                           _ASN1Type.PrintableString if len(a.value) == 2 else kind)
        for a in rdn]) for rdn in name.rdns])


def crl(issuer, key, entries, this_update, next_update, number=1, indirect=False,
        delta_of=None):
    """issuer: an x509.Name. entries: (serial, reason or None, issuer's Name or
    None) triples; the last is for indirect CRLs (RFC 5280 section 5.3.3)."""
    b = (x509.CertificateRevocationListBuilder().issuer_name(issuer)
         .last_update(certs.as_time(this_update)).next_update(certs.as_time(next_update))
         .add_extension(x509.CRLNumber(number), False))
    if indirect:
        b = b.add_extension(x509.IssuingDistributionPoint(
            [x509.UniformResourceIdentifier("http://pki.example.com/all.crl")], None,
            False, False, None, True, False), True)
    if delta_of is not None:
        b = b.add_extension(x509.DeltaCRLIndicator(delta_of), True)
    for serial, reason, name in entries:
        r = (x509.RevokedCertificateBuilder().serial_number(serial)
             .revocation_date(certs.as_time(this_update)))
        if reason:
            r = r.add_extension(x509.CRLReason(x509.ReasonFlags[reason]), False)
        if name is not None:
            r = r.add_extension(x509.CertificateIssuer([x509.DirectoryName(name)]), True)
        b = b.add_revoked_certificate(r.build())
    return b.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
