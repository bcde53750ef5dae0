#!/usr/bin/python3
"""Writes the small first inputs of the fuzzers of DER, names, certificates, CMS and
CRLs into the folders beside it. They are well-formed but for their signatures, which
none of these parsers looks at; no key is needed to make them. Run by hand when a
format learns something new.
"""
import os

HERE = os.path.dirname(os.path.abspath(__file__))


def tlv(tag, *content):
    body = b"".join(content)
    n = len(body)
    if n < 0x80:
        return bytes([tag, n]) + body
    octets = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 | octets]) + n.to_bytes(octets, "big") + body


def seq(*content):
    return tlv(0x30, *content)


def oid(dotted):
    arcs = [int(a) for a in dotted.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        groups = [arc & 0x7f]
        while arc := arc >> 7:
            groups.append(arc & 0x7f | 0x80)
        out += bytes(reversed(groups))
    return tlv(0x06, out)


def integer(n):
    return tlv(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def name(*pairs):
    return seq(*(tlv(0x31, seq(oid(o), tlv(tag, v))) for o, tag, v in pairs))


def extension(o, value, critical=False):
    return seq(oid(o), tlv(0x01, b"\xff") if critical else b"", tlv(0x04, value))


CN, ORG, EMAIL = "2.5.4.3", "2.5.4.10", "1.2.840.113549.1.9.1"
CA = name((ORG, 0x13, b"Example"), (CN, 0x0c, b"Example CA"))
ANNA = name((CN, 0x0c, "Anna Müller".encode()), (EMAIL, 0x16, b"anna@example.com"))
SHA256_RSA = seq(oid("1.2.840.113549.1.1.11"), tlv(0x05))
SHA256_EC = seq(oid("1.2.840.10045.4.3.2"))
PSS = seq(oid("1.2.840.113549.1.1.10"), seq(
    tlv(0xa0, seq(oid("2.16.840.1.101.3.4.2.1"))),
    tlv(0xa1, seq(oid("1.2.840.113549.1.1.8"), seq(oid("2.16.840.1.101.3.4.2.1")))),
    tlv(0xa2, integer(32))))
SIGNATURE = tlv(0x03, b"\0" + bytes(8))

RSA = seq(seq(oid("1.2.840.113549.1.1.1"), tlv(0x05)),
          tlv(0x03, b"\0", seq(integer(0xc000000000000000000000000000000001), integer(65537))))
P256 = seq(seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")), tlv(0x03, b"\0\x04" + bytes.fromhex(
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")))
X25519 = seq(seq(oid("1.3.101.110")), tlv(0x03, b"\0" + bytes(32)))
DSA = seq(seq(oid("1.2.840.10040.4.1"), seq(integer(23), integer(11), integer(4))),
          tlv(0x03, b"\0", integer(8)))

PERSON = (
    extension("2.5.29.15", tlv(0x03, b"\x05\xa0"), True),
    extension("2.5.29.37", seq(oid("1.3.6.1.5.5.7.3.4"), oid("2.5.29.37.0"))),
    extension("2.5.29.17", seq(
        tlv(0x81, b"anna@example.com"), tlv(0x82, b"example.com"), tlv(0xa4, ANNA),
        tlv(0xa0, oid("1.3.6.1.5.5.7.8.9"), tlv(0xa0, tlv(0x0c, "müller@example.com".encode()))),
        tlv(0x86, b"http://x/"), tlv(0x87, bytes(4)), tlv(0x88, b"\x2a\x03"))),
    extension("2.5.29.19", seq()),
    extension("2.5.29.31", seq(seq(
        tlv(0xa0, tlv(0xa0, tlv(0x86, b"http://x/ca.crl"))), tlv(0x81, b"\x05\x20"),
        tlv(0xa2, tlv(0xa4, CA))))),
    extension("1.2.3.4", b"", True),
)
AUTHORITY = (extension("2.5.29.19", seq(tlv(0x01, b"\xff"), integer(0)), True),
             extension("2.5.29.15", tlv(0x03, b"\x01\x06"), True))


def certificate(algorithm, key, extensions):
    tbs = seq(tlv(0xa0, integer(2)), integer(0x0a1b2c), algorithm, CA,
              seq(tlv(0x17, b"240101000000Z"), tlv(0x18, b"20511231235959Z")), ANNA, key,
              tlv(0xa3, seq(*extensions)) if extensions else b"")
    return seq(tbs, algorithm, SIGNATURE)


def signed_data(certificates, signers):
    return seq(oid("1.2.840.113549.1.7.2"), tlv(0xa0, seq(
        integer(1), tlv(0x31), seq(oid("1.2.840.113549.1.7.1")), tlv(0xa0, *certificates),
        tlv(0x31, *signers))))


def entry(number, *extensions):
    return seq(integer(number), tlv(0x17, b"231231000000Z"),
               seq(*extensions) if extensions else b"")


def reason(n):
    return extension("2.5.29.21", tlv(0x0a, bytes([n])))


def crl(entries, *extensions):
    return seq(seq(integer(1), SHA256_RSA, CA, tlv(0x17, b"240101000000Z"),
                   tlv(0x17, b"240108000000Z"), seq(*entries) if entries else b"",
                   tlv(0xa0, seq(*extensions)) if extensions else b""), SHA256_RSA, SIGNATURE)


def seeds():
    rsa = certificate(SHA256_RSA, RSA, PERSON)
    ec = certificate(SHA256_EC, P256, PERSON[:3])
    plain = certificate(PSS, X25519, ())
    ca = certificate(SHA256_RSA, DSA, AUTHORITY)
    issuer = extension("2.5.29.29", seq(tlv(0xa4, ANNA)), True)
    yield "fuzz_cert", {"rsa": rsa, "ec": ec, "plain": plain, "authority": ca}
    yield "fuzz_cms", {"none": signed_data([], []), "two": signed_data([rsa, ec], [seq()]),
                       "other": signed_data([tlv(0xa2, b"x"), plain], [])}
    yield "fuzz_crl", {
        "empty": crl([]),
        "reasons": crl([entry(5, reason(1)), entry(6, reason(6)), entry(7)],
                       extension("2.5.29.20", integer(7))),
        "delta": crl([entry(6, reason(8))], extension("2.5.29.27", integer(6), True)),
        "indirect": crl([entry(5), entry(6, issuer)],
                        extension("2.5.29.28", seq(tlv(0x84, b"\xff")), True))}
    yield "fuzz_name", {
        "ca": CA, "anna": ANNA, "empty": seq(),
        "types": name((CN, 0x1e, "Zoë".encode("utf-16-be")), (CN, 0x1c, "Z".encode("utf-32-be")),
                      (CN, 0x14, b"Zo\xeb"), ("1.2.3.4", 0x03, b"\0\x55")),
        "pair": seq(tlv(0x31, seq(oid(ORG), tlv(0x0c, b"B, Inc.")),
                        seq(oid(CN), tlv(0x0c, b" a  A "))))}
    yield "fuzz_der", {
        "values": seq(integer(-1 & 0x7f), tlv(0x01, b"\xff"), tlv(0x05), oid("2.5.4.3"),
                      tlv(0x03, b"\x01\x02"), tlv(0x17, b"240229120000Z"),
                      tlv(0x18, b"20240229120000Z"), tlv(0x1e, b"\0A")),
        "long": seq(tlv(0x04, bytes(200)), tlv(0x04, bytes(300)))}


def main():
    for folder, files in seeds():
        os.makedirs(os.path.join(HERE, folder), exist_ok=True)
        for label, data in files.items():
            with open(os.path.join(HERE, folder, label), "wb") as f:
                f.write(data)


if __name__ == "__main__":
    main()
