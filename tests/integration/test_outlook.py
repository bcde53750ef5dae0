#!/usr/bin/python3
"""Outlook's requests, octet for octet as wldap32.dll writes them (long-form
lengths, alias dereferencing "always", twenty attributes), and what it needs in
the answers. Outlook itself does not run here: requests are those of published
captures and of Microsoft's documentation (MS-OXLDAP, KB 2840546).

What is checked of an answer: Outlook shows each recipient's name once, reads
the entry again by the DN it got, and finds there exactly the certificate that
works, however it spells the attribute.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import ldapwire
import recipients
from check import case, done
from recipients import BASES, EVERY_ADDRESS, RECIPIENTS, same

LISTED = (
    "cn", "commonName", "mail", "roleOccupant", "display-name", "displayname", "sn",
    "surname", "co", "organizationName", "o", "givenName", "legacyExchangeDN", "objectClass",
    "uid", "mailNickname", "title", "company", "physicalDeliveryOfficeName", "telephoneNumber")
# What these may be called in an answer: the names that the schema knows them by.
ANSWERED = {"cn", "mail", "roleOccupant", "displayName", "sn", "co", "o", "givenName",
            "objectClass", "uid", "title", "physicalDeliveryOfficeName", "telephoneNumber"}
CERTIFICATES = ("userCertificate;binary", "userSMIMECertificate;binary",
                "userCertificate", "userSMIMECertificate")

# The three filters, by what the user does. X is what was typed.
FILTERS = {
    "search box": "(&(|(mail=X*)(cn=X*)(sn=X*)(givenName=X*)(displayName=X*)))",
    "check names": "(&(objectClass=*)(|(cn=X*)(mail=X*)(sn=X*)))",
    "profile's own filter":
        "(&(mail=*)(|(mail=X*)(|(cn=X*)(|(sn=X*)(givenName=X*)))))",
}
SIZE, TIME = 100, 60  # the profile's defaults, properties 0x6608 and 0x6607


def ask(connection, base, what, typed):
    filter_text = FILTERS[what].replace("X", ldapwire.filter_escape(typed))
    answer = connection.search(base, ldapwire.SUB, filter_text, LISTED,
                               ldapwire.ALWAYS, SIZE, TIME)
    same(answer.code, 0, answer)
    return answer


def read(connection, dn, attributes):
    answer = connection.search(dn, ldapwire.BASE, "(objectClass=*)", attributes,
                               ldapwire.ALWAYS, SIZE, TIME)
    same(answer.code, 0, answer)
    same(len(answer.entries), 1, answer)
    return answer.entries[0]


def shown(entry):
    """The name in the address list, by Outlook's order of preference."""
    for name in ("displayName", "cn"):
        if entry.texts(name):
            return entry.texts(name)[0]
    return None


def test_search(directory, connection):
    for base in BASES:
        for recipient in RECIPIENTS:
            for what in FILTERS:
                with case("%s: %s, base '%s'" % (what, recipient.typed, base)):
                    answer = ask(connection, base, what, recipient.typed)
                    same([shown(e) for e in answer.entries], [recipient.name], answer)
                    same(answer.mails(), [recipient.address])
                    entry = answer.entries[0]
                    same(sorted(set(entry.names()) - ANSWERED), [])
                    same(entry.texts("mail"), list(recipient.addresses()))
        for recipient, address in EVERY_ADDRESS:
            with case("check names: %s, base '%s'" % (address, base)):
                answer = ask(connection, base, "check names", address)
                same(answer.mails(), [recipient.address])


def test_read_again(directory, connection):
    """The certificate, by reading the DN that a search gave."""
    for base in BASES:
        for recipient in RECIPIENTS:
            with case("reads again: %s, base '%s'" % (recipient.address, base)):
                dn = ask(connection, base, "check names", recipient.address).entries[0].dn
                if base:
                    same(dn.lower().endswith("," + base), True, dn)
                same(directory.is_real(dn), False, dn)
                entry = read(connection, dn, LISTED + CERTIFICATES)
                same(entry.dn, dn)
                same(recipients.short(entry.values("userCertificate;binary")),
                            recipients.short(directory.offered(recipient.address)))
                same(entry.values("userCertificate"), [])


def test_spellings(directory, connection):
    """Each spelling alone: userCertificate is always named with ;binary (RFC
    4523 section 2.1), userSMIMECertificate as it was asked for."""
    for recipient in RECIPIENTS:
        plain = directory.offered(recipient.address)
        signed = directory.offered_signed(recipient.address)
        with case("found before its spellings: %s" % recipient.address):
            dn = ask(connection, recipients.PUBLISHED, "check names",
                     recipient.address).entries[0].dn
        rows = [(spelling, "userCertificate;binary", plain) for spelling in (
            "userCertificate;binary", "userCertificate", "usercertificate;BINARY",
            "USERCERTIFICATE", "2.5.4.36", "2.5.4.36;binary")]
        rows += [(spelling, answered, signed) for spelling, answered in (
            ("userSMIMECertificate;binary", "userSMIMECertificate;binary"),
            ("userSMIMECertificate", "userSMIMECertificate"),
            ("usersmimecertificate;BINARY", "userSMIMECertificate;binary"),
            ("USERSMIMECERTIFICATE", "userSMIMECertificate"),
            ("2.16.840.1.113730.3.1.40", "userSMIMECertificate"),
            ("2.16.840.1.113730.3.1.40;binary", "userSMIMECertificate;binary"))]
        for spelling, answered, want in rows:
            with case("%s of %s" % (spelling, recipient.address)):
                entry = read(connection, dn, [spelling])
                same(recipients.short(entry.values(answered)), recipients.short(want), entry)
                same([n.lower() for n in entry.names()], [answered.lower()] if want else [])
        with case("all four spellings of %s" % recipient.address):
            entry = read(connection, dn, CERTIFICATES)
            found = set(entry.values("userSMIMECertificate;binary")
                        + entry.values("userSMIMECertificate"))
            same(found, set(signed), entry)


def test_certificate_by_search(directory, connection):
    """The same by filter, in case a version fetches so."""
    for base in BASES:
        for recipient, address in EVERY_ADDRESS:
            with case("certificate by search: %s, base '%s'" % (address, base)):
                answer = connection.search(
                    base, ldapwire.SUB, "(mail=%s)" % address, CERTIFICATES,
                    ldapwire.ALWAYS, SIZE, TIME)
                same(answer.code, 0, answer)
                same(len(answer.entries), 1, answer)
                same(
                    recipients.short(answer.entries[0].values("userCertificate;binary")),
                    recipients.short(directory.offered(recipient.address)))


def test_binds(directory):
    """A profile may name a user; a user name that is no DN is refused by slapd
    itself (34), and Outlook goes on without having logged in."""
    dn, password = directory.login()
    for name, password, code in (("", "", 0), (dn, password, 0), ("admin", "secret", 34)):
        for base in BASES:
            with case("bind as '%s', base '%s'" % (name, base)):
                with ldapwire.Connection(directory.port, wide=True) as connection:
                    same(connection.bind(name, password).code, code)
                    answer = ask(connection, base, "search box", "Muster")
                    same(answer.mails(), ["anna.muster@example.com"])
                    entry = read(connection, answer.entries[0].dn, CERTIFICATES)
                    same(recipients.short(entry.values("userCertificate;binary")),
                                recipients.short(directory.offered("anna.muster@example.com")))


def test_captured_limits(directory, connection):
    """As in the capture of 2018: at most 999 entries within 15 s, and no bind."""
    with case("999 entries, 15 s, without a bind"):
        with ldapwire.Connection(directory.port, wide=True) as fresh:
            answer = fresh.search(
                recipients.PUBLISHED, ldapwire.SUB,
                FILTERS["search box"].replace("X", "kel"), LISTED, ldapwire.ALWAYS, 999, 15)
            same((answer.code, answer.mails()), (0, ["bruno.keller@example.com"]))


def test_no_such_person(directory, connection):
    for what in FILTERS:
        with case("%s: nobody of that name" % what):
            answer = ask(connection, recipients.PUBLISHED, what, "Nobody Anywhere")
            same(answer.entries, [])


def test_wrong_base(directory, connection):
    with case("a mistyped search base is said to be wrong"):
        answer = connection.search("dc=exampel", ldapwire.SUB, "(cn=a*)", LISTED,
                                   ldapwire.ALWAYS, SIZE, TIME)
        same((answer.code, answer.entries), (32, []))


def main():
    with recipients.Directory() as directory:
        with ldapwire.Connection(directory.port, wide=True) as connection:
            same(connection.bind().code, 0)
            test_search(directory, connection)
            test_read_again(directory, connection)
            test_spellings(directory, connection)
            test_certificate_by_search(directory, connection)
            test_captured_limits(directory, connection)
            test_no_such_person(directory, connection)
            test_wrong_base(directory, connection)
        test_binds(directory)
    return done()


if __name__ == "__main__":
    sys.exit(main())
