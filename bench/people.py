"""Made-up people for measurements, each with a certificate of its own.

A hundred thousand certificates cannot come from a real CA in a minute, so the
DER is put together here: fields, sizes and extensions of an ordinary S/MIME
certificate with an RSA key of 2048 bits (about 1.2 KB), the right address in
subjectAltName, and random numbers as modulus and signature. Who checks the
signature would refuse them; the directory does not, by design. The same seed
gives the same people. Used by bench.py.
"""
import base64
import datetime
import random

SUFFIX = "dc=example,dc=com"
DOMAIN = "example.com"

GIVEN = ("Anna Bruno Carla David Dora Elias Emma Fabian Franziska Georg Greta Hanna Hilda "
         "Ida Ivan Jakob Jana Karin Konrad Lara Leon Livia Lukas Maja Marco Mia Moritz Nadja "
         "Nico Nina Olga Oskar Otto Paula Peter Petra Quentin Rita Robert Sara Simon Sofia "
         "Tara Tim Tobias Ulla Ursula Vera Viktor Wanda Werner Xaver Yann Yvonne Zita").split()
SYLLABLES = ("ba be bi bo bra bre da de di dor fa fel fi fre ga ge gra gru ha hel hi ho ja jo "
             "ka kel ki ko kra la le li lo lu ma mei mi mo mu na ne ni no ra rei ri ro ru sa "
             "sche se si so sta ste stei ta te ti to tra va ve vo wa wei wi za ze zi").split()
ENDINGS = "ber der ger hard ler li mann mer ner ni ri rich ser sen ski stein ter vic".split()


def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 0x80:
        head = bytes((tag, n))
    else:
        octets = (n.bit_length() + 7) // 8
        head = bytes((tag, 0x80 | octets)) + n.to_bytes(octets, "big")
    return head + body


def oid(text):
    first, second, *rest = (int(x) for x in text.split("."))
    out = b""
    for arc in (40 * first + second, *rest):
        septets = [arc & 0x7f]
        while arc > 0x7f:
            arc >>= 7
            septets.append(arc & 0x7f | 0x80)
        out += bytes(reversed(septets))
    return der(0x06, out)


def name(*pairs):
    return der(0x30, *(der(0x31, der(0x30, oid(o), der(0x16 if o.startswith("1.2.840") else 0x0c,
                                                       v.encode()))) for o, v in pairs))


def extension(number, value, critical=False):
    return der(0x30, oid(number), der(0x01, b"\xff") if critical else b"", der(0x04, value))


def uri(text):
    return der(0x86, text.encode())


class Maker:
    """Makes certificates; everything that does not differ is encoded once."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.null = der(0x05)
        self.signature = der(0x30, oid("1.2.840.113549.1.1.11"), self.null)
        self.issuer = name(("2.5.4.6", "CH"), ("2.5.4.10", "Example Trust AG"),
                           ("2.5.4.3", "Made-up Personal CA G3"))
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        begin = now - datetime.timedelta(days=100)
        self.validity = der(0x30, *(der(0x17, t.strftime("%y%m%d%H%M%SZ").encode())
                                    for t in (begin, begin + datetime.timedelta(days=730))))
        web = "http://pki.trust.example/personal-g3"
        self.extensions = b"".join((
            extension("2.5.29.19", der(0x30), critical=True),
            # digitalSignature, keyEncipherment
            extension("2.5.29.15", der(0x03, b"\x05\xa0"), critical=True),
            extension("2.5.29.37", der(0x30, oid("1.3.6.1.5.5.7.3.4"), oid("1.3.6.1.5.5.7.3.2"))),
            extension("2.5.29.35", der(0x30, der(0x80, self.random.randbytes(20)))),
            extension("2.5.29.31", der(0x30, der(0x30, der(0xa0, der(0xa0, uri(web + ".crl")))))),
            extension("1.3.6.1.5.5.7.1.1", der(
                0x30, der(0x30, oid("1.3.6.1.5.5.7.48.2"), uri(web + ".crt")),
                der(0x30, oid("1.3.6.1.5.5.7.48.1"), uri("http://ocsp.trust.example")))),
            extension("2.5.29.32", der(0x30, der(0x30, oid("2.23.140.1.5.3.2")))),
        ))

    def certificate(self, full_name, address):
        rand = self.random.randbytes
        modulus = b"\x00" + bytes((rand(1)[0] | 0x80,)) + rand(254) + bytes((rand(1)[0] | 1,))
        key = der(0x30, der(0x30, oid_rsa, self.null), der(0x03, b"\x00", der(
            0x30, der(0x02, modulus), der(0x02, b"\x01\x00\x01"))))
        subject = name(("2.5.4.6", "CH"), ("2.5.4.10", "Example Ltd"), ("2.5.4.3", full_name),
                       ("1.2.840.113549.1.9.1", address))
        tbs = der(
            0x30, der(0xa0, der(0x02, b"\x02")), der(0x02, b"\x4d" + rand(15)), self.signature,
            self.issuer, self.validity, subject, key,
            der(0xa3, der(0x30, self.extensions, extension("2.5.29.14", der(0x04, rand(20))),
                          extension("2.5.29.17", der(0x30, der(0x81, address.encode()))))))
        return der(0x30, tbs, self.signature, der(0x03, b"\x00", rand(256)))


oid_rsa = oid("1.2.840.113549.1.1.1")


def people(count, seed):
    """(given name, surname, address) of each; addresses differ."""
    rnd = random.Random(seed)
    seen = set()
    while len(seen) < count:
        given = rnd.choice(GIVEN)
        surname = "".join(rnd.choices(SYLLABLES, k=rnd.choice((1, 2, 2)))) + rnd.choice(ENDINGS)
        local = f"{given}.{surname}".lower()
        n = 2
        while local in seen:
            local = f"{given}.{surname}{n}".lower()
            n += 1
        seen.add(local)
        yield given, surname.capitalize(), f"{local}@{DOMAIN}"


def write_ldif(path, count, seed=1):
    """An LDIF for slapadd: the suffix, ou=people and so many people."""
    maker = Maker(seed)
    with open(path, "w", encoding="ascii") as f:
        f.write(f"dn: {SUFFIX}\nobjectClass: domain\ndc: example\n\n"
                f"dn: ou=people,{SUFFIX}\nobjectClass: organizationalUnit\nou: people\n\n")
        for i, (given, surname, mail) in enumerate(people(count, seed)):
            cert = base64.b64encode(maker.certificate(f"{given} {surname}", mail)).decode()
            f.write(f"dn: mail={mail},ou=people,{SUFFIX}\nobjectClass: inetOrgPerson\n"
                    f"cn: {given} {surname}\nsn: {surname}\ngivenName: {given}\n"
                    f"displayName: {surname} {given}\nmail: {mail}\no: Example Ltd\n"
                    f"title: Specialist\ntelephoneNumber: +41 44 {i % 900 + 100} {i % 90 + 10} 00\n"
                    f"physicalDeliveryOfficeName: Building {i % 40 + 1}\n"
                    f"userCertificate;binary:: {cert}\n\n")
