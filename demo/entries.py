#!/usr/bin/python3
"""The demonstration's entries as LDIF: the published tree with its private
branches, and the company directory.

Makes text and certificates; touches neither slapd nor files itself, except
through the `save` it is given. Called by demo/world.py when it builds a world.
Branches and names are those of every installation; passwords are for
demonstration only, all made of "demo-" and the name.
"""
import base64
import hashlib
import os

import certs
import people
from certs import x509
from people import COMPANY, ORGANISATION, SUFFIX

DAY = 86400


def line(name, value):
    """One attribute line; base64 for whatever is not plain text (RFC 2849)."""
    data = value if isinstance(value, bytes) else str(value).encode()
    plain = (data.isascii() and data.decode("ascii").isprintable()
             and data[:1] not in (b" ", b":", b"<") and data[-1:] != b" ")
    if plain:
        return f"{name}: {data.decode()}\n"
    return f"{name}:: {base64.b64encode(data).decode()}\n"


def entry(dn, classes, attributes, more=()):
    """attributes: (name, value) pairs; those without a value are left out."""
    # Values of one attribute stand together: slapadd would otherwise store the
    # attribute twice, and clients then see the first part twice.
    together = {}
    for name, value in attributes:
        if value:
            together.setdefault(name, []).append(value)
    out = line("dn", dn)
    out += "".join(line("objectClass", c) for c in classes)
    out += "".join(line(n, v) for n, values in together.items() for v in values)
    out += "".join(text + "\n" for text in more)
    return out + "\n"


def ssha(password):
    salt = os.urandom(8)
    digest = hashlib.sha1(password.encode() + salt).digest()
    return "{SSHA}" + base64.b64encode(digest + salt).decode()


def _unit(name, suffix, what=""):
    return entry(f"ou={name},{suffix}", ("organizationalUnit",),
                 (("ou", name), ("description", what)))


# --- the published tree ------------------------------------------------------

class Directory:
    """What is below SUFFIX.

    authorities  {"root", "issuing", "partner": certs.Authority}
    now          the moment that all dates count from
    save         save(folder, name, bytes): keeps a copy for tests and readers
    """

    def __init__(self, authorities, now, save):
        self.authorities = authorities
        self.now = now
        self.save = save
        self.revoked = {name: [] for name in authorities}

    def ldif(self, populate=True):
        out = entry(SUFFIX, ("domain",), (("dc", "example"),))
        for name, what in (("people", "Employees and shared mailboxes"),
                           ("partners", "People outside"),
                           ("keys", "OpenPGP keys"),
                           ("authorities", "Certification authorities"),
                           ("registry", "Private: requests, records, accounts"),
                           ("services", "Private: identities of programs")):
            out += _unit(name, SUFFIX, what)
        out += entry(f"cn=PGPServerInfo,{SUFFIX}", ("pgpServerInfo",),
                     (("cn", "PGPServerInfo"),
                      ("pgpBaseKeySpaceDN", f"ou=keys,{SUFFIX}"),
                      ("pgpSoftware", "GnuPG"), ("pgpVersion", "2 cnfpr")))
        if populate:
            for number, person in enumerate(people.PEOPLE + people.PARTNERS):
                out += self._person(person, number)
        # After the people: only now it is known who is revoked.
        out += "".join(self._authority(name) for name in self.authorities)
        return out + self._private()

    @staticmethod
    def _issuer(person):
        return "partner" if person.partner else "issuing"

    def _certs(self, person, number):
        """[(people.Cert, DER, key)]"""
        ca = self.authorities[self._issuer(person)]
        subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in (
            (x509.NameOID.COUNTRY_NAME, "DE" if person.partner else "CH"),
            (x509.NameOID.ORGANIZATION_NAME, person.partner or ORGANISATION),
            (x509.NameOID.COMMON_NAME, person.name))])
        out = []
        for spec in person.certs:
            # A few RSA keys for all: making them is slow, and nobody decrypts.
            key = certs.pool_key(
                spec.key, 3 + number % 3 if spec.key == "rsa2048" else 0)
            der = certs.make_cert(
                subject, spec.addresses or (person.mail,), ca,
                self.now + int(spec.first * DAY), self.now + int(spec.last * DAY),
                key=key, **spec.more)
            self.save(os.path.join("certs", person.mail), spec.label + ".der", der)
            out.append((spec, der, key))
        return out

    def _person(self, person, number):
        issuer = self._issuer(person)
        ca = self.authorities[issuer]
        attributes = [
            ("cn", person.name), ("sn", person.sn), ("givenName", person.given),
            ("displayName", person.name), ("title", person.title),
            ("o", person.partner or ORGANISATION), ("ou", person.unit)]
        attributes += [("mail", a) for a in (person.mail, *person.aliases)]
        if not person.partner:
            attributes += [
                ("l", "Zürich"), ("physicalDeliveryOfficeName", "Zürich"),
                ("telephoneNumber", _telephone(number))]
        for spec, der, key in self._certs(person, number):
            serial = certs.serial_of(der)
            attributes.append(("userCertificate;binary", der))
            if spec.label == person.signed:
                signed = certs.make_signed(der, key, ca.chain())
                attributes.append(("userSMIMECertificate", signed))
                self.save(os.path.join("certs", person.mail), "signed.p7m", signed)
            if spec.revoked:
                self.revoked[issuer].append(
                    (serial, self.now - 10 * DAY, "key_compromise"))
            if spec.retracted:
                attributes.append(("chanceryRevoked", (
                    f"{{ serialNumber {serial}, issuer rdnSequence:"
                    f'"{certs.name_text(ca.subject)}" }}')))
        branch, kind = (("partners", "chanceryPartner") if person.partner
                        else ("people", "chanceryPerson"))
        return entry(f"mail={person.mail},ou={branch},{SUFFIX}",
                     ("inetOrgPerson", kind), attributes, person.more)

    def _authority(self, name):
        ca = self.authorities[name]
        cn = ca.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        crl = certs.make_crl(ca, self.revoked[name], self.now - DAY,
                             self.now + 30 * DAY)
        self.save("ca", name + ".crl", crl)
        return entry(f"cn={cn},ou=authorities,{SUFFIX}",
                     ("organizationalRole", "pkiCA"),
                     (("cn", cn), ("cACertificate;binary", ca.der),
                      ("certificateRevocationList;binary", crl)))

    def _private(self):
        """What must stay invisible. The registry's account repeats a published
        address, so that a leak would show as a second answer."""
        out = entry(f"cn=canary-in-the-registry,ou=registry,{SUFFIX}",
                    ("inetOrgPerson",),
                    (("cn", "canary-in-the-registry"), ("sn", "Muster"),
                     ("mail", "anna.muster@example.com"),
                     ("userPassword", ssha("demo-registry")),
                     ("description", "canary-in-the-registry")))
        for service in ("clerk", "replica"):
            out += entry(f"cn={service},ou=services,{SUFFIX}",
                         ("organizationalRole", "simpleSecurityObject"),
                         (("cn", service),
                          ("description", f"canary-of-the-service-{service}"),
                          ("userPassword", ssha(f"demo-{service}"))))
        return out


# --- the company directory ---------------------------------------------------

def company_dn(person):
    branch = "mailboxes" if person.mailbox else "staff"
    return f"uid={person.uid},ou={branch},{COMPANY}"


def _company_groups(person):
    """Names of the groups that a person is in."""
    if person.mailbox or person.disabled:
        return ()
    return ("staff", *person.groups)


def _telephone(number):
    return f"+41 44 555 01 {number:02d}"


def company_user(person, number=99):
    """One user or shared mailbox of the company directory, as Active Directory
    has them and, beside it, as other directories do."""
    guid = person.guid
    attributes = [
        ("uid", person.uid), ("cn", person.name), ("sn", person.sn),
        ("givenName", person.given), ("displayName", person.name),
        ("title", person.title), ("ou", person.unit), ("l", "Zürich"),
        ("department", person.unit), ("telephoneNumber", _telephone(number)),
        ("sAMAccountName", person.uid),
        ("userPrincipalName", f"{person.uid}@corp.example-internal"),
        ("entryUUID", guid), ("objectGUID", guid.bytes_le),
        ("proxyAddresses", "SMTP:" + person.mail),
        ("proxyAddresses", f"sip:{person.mail}")]
    attributes += [("mail", a) for a in (person.mail, *person.aliases)]
    attributes += [("proxyAddresses", "smtp:" + a) for a in person.aliases]
    attributes += [("memberOf", f"cn={g},ou=groups,{COMPANY}")
                   for g in _company_groups(person)]
    if person.mailbox:
        # The account of a shared mailbox is disabled: nobody logs in as it.
        attributes += [("employeeType", "shared mailbox"),
                       ("msExchRecipientTypeDetails", "4"),
                       ("userAccountControl", "514")]
        attributes += [("msExchDelegateListLink", company_dn(p))
                       for p in people.PEOPLE if p.mail in person.delegates]
    else:
        attributes += [("userPassword", ssha("demo-" + person.uid)),
                       ("msExchRecipientTypeDetails", "1"),
                       ("userAccountControl", "514" if person.disabled else "512")]
    return entry(company_dn(person), ("inetOrgPerson", "companyUser"), attributes)


def company_ldif():
    """The directory against which employees log in: not Chancery's own."""
    out = entry(COMPANY, ("domain",), (("dc", "corp"),))
    out += "".join(_unit(n, COMPANY)
                   for n in ("staff", "mailboxes", "groups", "services"))
    groups = {"staff": []}
    for number, person in enumerate(people.PEOPLE + people.COMPANY_ONLY):
        out += company_user(person, number)
        for group in _company_groups(person):
            groups.setdefault(group, []).append(company_dn(person))
    for name, members in groups.items():
        out += entry(f"cn={name},ou=groups,{COMPANY}", ("groupOfNames",),
                     (("cn", name), *(("member", m) for m in members)))
    # The writer may put certificates on people, where the clerk writes them back.
    for service in ("reader", "writer"):
        out += entry(f"uid={service},ou=services,{COMPANY}",
                     ("account", "simpleSecurityObject"),
                     (("uid", service), ("userPassword", ssha("demo-" + service))))
    return out


# --- load --------------------------------------------------------------------

def load_people(n, first, ca, now):
    """LDIF of n more people, user000000@load.example.com and so on, each with a
    certificate. They differ in serial number and address only, and their
    signatures do not verify: signing 100,000 would take minutes, and neither
    slapd nor Chancery checks them."""
    mail = "user{:06d}@load.example.com"
    serial = 0x5A5A5A5A5A5A5A5A << 64
    template = certs.make_cert(
        "CN=Load Test,O=Example AG,C=CH", (mail.format(0),), ca,
        now - 100 * DAY, now + 630 * DAY, serial=serial)
    old_serial, old_mail = serial.to_bytes(16, "big"), mail.format(0).encode()
    if template.count(old_serial) != 1 or template.count(old_mail) != 1:
        raise ValueError("the template must hold serial and address once each")
    for i in range(first, first + n):
        address = mail.format(i)
        der = template.replace(old_serial, (serial + i).to_bytes(16, "big"))
        der = der.replace(old_mail, address.encode())
        yield entry(f"mail={address},ou=people,{SUFFIX}",
                    ("inetOrgPerson", "chanceryPerson"),
                    (("cn", f"User {i:06d}"), ("sn", f"{i:06d}"),
                     ("givenName", "User"), ("displayName", f"User {i:06d}"),
                     ("mail", address), ("userCertificate;binary", der)))
