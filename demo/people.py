#!/usr/bin/python3
"""Who lives in the demonstration world, and what is odd about each.

Data only: made-up people, their addresses and the certificates they have, which
demo/world.py makes at the start, dated relative to that moment. Documentation
and tests name these entries; an entry may gain something, but not change what
its comment says. Days are counted from the start of the world.
"""

import uuid
from dataclasses import dataclass, field

from certs import AGREE, BOTH, ENCRYPT, SIGN

SUFFIX = "dc=example,dc=com"
PUBLISHED = "dc=example"
COMPANY = "dc=corp,dc=example-internal"
ORGANISATION = "Example AG"


@dataclass
class Cert:
    """One certificate: label, first and last day, what differs from usual."""
    label: str
    first: float = -100
    last: float = 630
    addresses: tuple = ()           # default: the entry's primary address
    key: str = "rsa2048"
    revoked: bool = False           # stands in its issuer's CRL
    retracted: bool = False         # stands in the entry's chanceryRevoked
    more: dict = field(default_factory=dict)    # for certs.make_cert


@dataclass
class Person:
    mail: str
    given: str
    sn: str
    title: str = ""
    unit: str = ""
    aliases: tuple = ()
    certs: tuple = ()
    signed: str = ""                # the label in userSMIMECertificate
    mailbox: bool = False           # a shared mailbox, not a person
    partner: str = ""               # another organisation's name
    groups: tuple = ()
    more: tuple = ()                # further lines of LDIF
    disabled: bool = False          # in the company directory
    delegates: tuple = ()           # who may open the mailbox, by address

    @property
    def name(self):
        return f"{self.given} {self.sn}".strip()

    @property
    def uid(self):
        """The login name: the local part before the dot."""
        return self.mail.split("@")[0].split(".")[0]

    @property
    def guid(self):
        """What the company directory knows the person by, whatever else changes."""
        return uuid.uuid5(uuid.NAMESPACE_URL, "mailto:" + self.mail)


PEOPLE = (
    # one good certificate for all her addresses, also in userSMIMECertificate
    Person("anna.muster@example.com", "Anna", "Muster", "Head of Sales", "Sales",
           aliases=("anna@example.com", "a.muster@example.com"),
           certs=(Cert("good", addresses=(
               "anna.muster@example.com", "anna@example.com",
               "a.muster@example.com")),),
           signed="good", groups=("approvers",),
           # not on the list of published attributes
           more=("employeeNumber: 1001", "homePhone: +41 44 555 99 01")),
    # four, of which the last is the one to use
    Person("bruno.keller@example.com", "Bruno", "Keller", "Buyer", "Purchasing",
           certs=(Cert("expired", -800, -70),
                  Cert("signing", -90, 640, more={"key_usage": SIGN}),
                  Cert("older", -400, 330),
                  Cert("newer", -60, 670))),
    # found, but without a certificate
    Person("carla.rossi@example.com", "Carla", "Rossi", "Accountant", "Finance",
           certs=(Cert("expired", -790, -60),), signed="expired"),
    # one in the CRL, one for later
    Person("dora.weiss@example.com", "Dora", "Weiss", "Lawyer", "Legal",
           certs=(Cert("revoked", -200, 530, revoked=True),
                  Cert("future", 20, 750)), signed="revoked"),
    Person("info@example.com", "Example", "Info", aliases=("office@example.com",),
           certs=(Cert("good", addresses=(
               "info@example.com", "office@example.com")),), mailbox=True,
           delegates=("anna.muster@example.com", "bruno.keller@example.com")),
    Person("zoe.mueller@example.com", "Zoë", "Müller", "Geschäftsführerin",
           "Management", certs=(Cert("good"),), signed="good"),
    Person("hilda.help@example.com", "Hilda", "Help", "Helpdesk", "IT",
           certs=(Cert("good"),), groups=("helpdesk",)),

    # --- nobody's documentation names the others ------------------------------
    # the certificate names the primary address only
    Person("emil.gross@example.com", "Emil", "Gross", "Engineer", "Engineering",
           aliases=("e.gross@example.com",), certs=(Cert("good"),)),
    Person("fatima.haddad@example.com", "Fatima", "Haddad", "Engineer",
           "Engineering", certs=(Cert("good"),), signed="good"),
    # no certificate at all
    Person("gregor.novak@example.com", "Gregor", "Novak", "Driver", "Logistics"),
    # one for signing and one for encrypting, as smart cards have
    Person("ines.oliveira@example.com", "Inês", "Oliveira", "Notary", "Legal",
           certs=(Cert("signing", more={"key_usage": SIGN}),
                  Cert("encrypting", more={"key_usage": ENCRYPT}))),
    # neither usage extension: may do everything (RFC 5280, 4.2.1.3)
    Person("jonas.berg@example.com", "Jonas", "Berg", "Engineer", "Engineering",
           certs=(Cert("plain", more={"key_usage": None, "eku": None}),)),
    # too weak a key
    Person("karin.vogel@example.com", "Karin", "Vogel", "Archivist", "Legal",
           certs=(Cert("weak", key="rsa1024"),)),
    # the certificate is for an address that is no longer his
    Person("luca.ferrari@example.com", "Luca", "Ferrari", "Buyer", "Purchasing",
           certs=(Cert("former", addresses=("luca.bianchi@example.com",)),)),
    # certificates of a web server and of a log-in, none for mail
    Person("maria.santos@example.com", "Maria", "Santos", "Operator", "IT",
           certs=(Cert("login", more={"eku": ("clientAuth", "smartcardLogon")}),
                  Cert("server", more={"eku": ("serverAuth",)}))),
    # Ed25519 signs only
    Person("nils.hansen@example.com", "Nils", "Hansen", "Operator", "IT",
           certs=(Cert("ed25519", key="ed25519", more={"key_usage": SIGN}),)),
    Person("olga.petrova@example.com", "Ольга", "Петрова", "Translator",
           "Sales", certs=(Cert("good"),)),
    # retracted by the entry's own chanceryRevoked
    Person("paul.dupont@example.com", "Paul", "Dupont", "Courier", "Logistics",
           certs=(Cert("retracted", retracted=True),)),
    Person("quentin.roux@example.com", "Quentin", "Roux", "Trainee", "Sales",
           certs=(Cert("ending", -728, 2),)),
    Person("renate.huber@example.com", "Renate", "Huber", "Assistant",
           "Management", certs=(Cert("ending", -705, 25),)),
    # an apostrophe is allowed in an address, and must not break a filter
    Person("sean.o'brien@example.com", "Seán", "O'Brien", "Engineer",
           "Engineering", certs=(Cert("good"),)),
    # a dozen years of certificates
    Person("tom.long@example.com", "Tom", "Long", "Porter", "Logistics",
           certs=tuple(Cert(f"year{n}", 265 - 365 * n, 265 - 365 * (n - 2))
                       for n in range(12, 0, -1))),
    Person("ursula.meier@example.com", "Ursula", "Meier", "Buyer", "Purchasing",
           aliases=("ursula.meier-schmid@example.com",), certs=(Cert("good"),)),
    Person("viktor.klein@example.com", "Viktor", "Klein", "Administrator", "IT",
           certs=(Cert("good"),), groups=("administrators", "helpdesk")),
    # somebody once stored a password here; it must never be seen
    Person("walter.frei@example.com", "Walter", "Frei", "Clerk", "Finance",
           certs=(Cert("good"),), more=("userPassword: canary-on-a-person",)),
    # a shared mailbox without a certificate, and nobody who may open it
    Person("sales@example.com", "Example", "Sales", mailbox=True),
)

# Only in the company directory: what the clerk makes of them is its own doing.
COMPANY_ONLY = (
    # will have an entry as soon as the clerk has looked
    Person("nina.neu@example.com", "Nina", "Neu", "Trainee", "Sales"),
    # married; the address of before is an alias now
    Person("rosa.neumann@example.com", "Rosa", "Neumann", "Engineer",
           "Engineering", aliases=("rosa.alt@example.com",)),
    # left: no entry, no login
    Person("ludwig.leaver@example.com", "Ludwig", "Leaver", "Buyer",
           "Purchasing", disabled=True),
    # one address in two entries: neither gets it
    Person("max.doppel@example.com", "Max", "Doppel", "Driver", "Logistics",
           aliases=("doppel@example.com",)),
    Person("moritz.doppel@example.com", "Moritz", "Doppel", "Driver",
           "Logistics", aliases=("Doppel@example.com",)),
    # outside the organisation's domains: no entry
    Person("ernst.extern@contractor.example", "Ernst", "Extern", "Consultant",
           "IT"),
)

PARTNERS = (
    # a certificate of another CA
    Person("petra.partner@partner.example", "Petra", "Partner", "Consultant",
           certs=(Cert("good"),), signed="good", partner="Partner GmbH"),
    # elliptic curve: encrypted to by key agreement
    Person("otto.extern@partner.example", "Otto", "Extern", "Auditor",
           certs=(Cert("ec", key="ec256", more={"key_usage": AGREE}),),
           partner="Partner GmbH"),
    # an internationalised domain, stored as its A-label
    Person("xenia.lang@xn--bcher-kva.example", "Xenia", "Lang", "Publisher",
           certs=(Cert("good", more={"key_usage": BOTH}),), partner="Bücher AG"),
    Person("yusuf.demir@partner.example", "Yusuf", "Demir", "Consultant",
           certs=(Cert("expired", -765, -35),), partner="Partner GmbH"),
)
