"""A second opinion on which certificates may be offered, written from the rules
in slapo-chancery(5) with python3-cryptography, not from core's code: valid now,
may encrypt mail, names one of the entry's addresses, is not revoked. The client
tests hold every answer against it, for everybody in the world, not only for
those whom documentation names.
"""
import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

RSA_LEAST_BITS = 2048
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1, ec.BrainpoolP256R1, ec.BrainpoolP384R1,
          ec.BrainpoolP512R1)
ENCRYPTS = (ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)


def extension(certificate, oid):
    try:
        return certificate.extensions.get_extension_for_oid(oid).value
    except x509.ExtensionNotFound:
        return None


def usage_of_key(certificate):
    """Whether the key can be encrypted to, and is long enough."""
    usage = extension(certificate, ExtensionOID.KEY_USAGE)
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return False
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= RSA_LEAST_BITS and (usage is None or usage.key_encipherment)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, CURVES) and (usage is None or usage.key_agreement)
    return False


def may_be_offered(der, addresses, revoked, now):
    """revoked: a set of (issuer, serial number)."""
    certificate = x509.load_der_x509_certificate(der)
    basic = extension(certificate, ExtensionOID.BASIC_CONSTRAINTS)
    extended = extension(certificate, ExtensionOID.EXTENDED_KEY_USAGE)
    names = extension(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    named = names.get_values_for_type(x509.RFC822Name) if names else []
    return (certificate.not_valid_before <= now <= certificate.not_valid_after
            and not (basic and basic.ca)
            and (extended is None or any(oid in extended for oid in ENCRYPTS))
            and bool({a.lower() for a in addresses} & {n.lower() for n in named})
            and usage_of_key(certificate)
            and (certificate.issuer, certificate.serial_number) not in revoked)


def best(ders, addresses, revoked, now=None):
    """The one to offer, in a list; or an empty one."""
    now = now or datetime.datetime.utcnow()
    good = [d for d in ders if may_be_offered(d, addresses, revoked, now)]

    def worth(der):
        certificate = x509.load_der_x509_certificate(der)
        return certificate.not_valid_after, certificate.not_valid_before
    return sorted(good, key=worth)[-1:]


def revoked_by(crl):
    """The set that a CRL (DER) names."""
    listing = x509.load_der_x509_crl(crl)
    return {(listing.issuer, r.serial_number) for r in listing}
