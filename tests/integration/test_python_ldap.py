#!/usr/bin/python3
"""What scripts and web applications see that use Python's two LDAP libraries:
python-ldap (libldap beneath) and ldap3 (Python alone, its own idea of the
schema). Both find every recipient by address and by name, read an answer's DN
again, and get the certificate by each spelling of the attribute.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import ldap
import ldap3
import ldap.filter
import recipients
from check import case, done
from recipients import BASES, EVERY_ADDRESS, RECIPIENTS, same, short

WANTED = ("cn", "mail", "userCertificate;binary", "userSMIMECertificate")


class PythonLdap:
    """Both libraries behind one face: search() gives [(dn, {name: [bytes]})]."""
    name = "python-ldap"

    def __init__(self, directory):
        self.connection = directory.world.connect()

    def search(self, base, scope, filter_text, attributes):
        scopes = {"base": ldap.SCOPE_BASE, "sub": ldap.SCOPE_SUBTREE}
        return self.connection.search_s(base, scopes[scope], filter_text, list(attributes))

    def close(self):
        self.connection.unbind_s()


class Ldap3:
    name = "ldap3"

    def __init__(self, directory):
        # It reads root DSE and schema first, and refuses attributes not in it.
        server = ldap3.Server("127.0.0.1", directory.port, get_info=ldap3.ALL)
        self.connection = ldap3.Connection(server, auto_bind=True, raise_exceptions=True)

    def search(self, base, scope, filter_text, attributes):
        scopes = {"base": ldap3.BASE, "sub": ldap3.SUBTREE}
        self.connection.search(base, filter_text, scopes[scope], attributes=list(attributes))
        return [(e["dn"], dict(e["raw_attributes"])) for e in self.connection.response]

    def close(self):
        self.connection.unbind()


def values(entry, name):
    """ldap3 also names attributes that it asked for and did not get."""
    return entry[1].get(name) or []


def test_find(directory, library):
    for base in BASES:
        for recipient, address in EVERY_ADDRESS:
            with case("%s: %s, base '%s'" % (library.name, address, base)):
                answers = library.search(base, "sub", "(mail=%s)" % address, WANTED)
                same(len(answers), 1, answers)
                same(values(answers[0], "mail"), [a.encode() for a in recipient.addresses()])
                same(values(answers[0], "cn"), [recipient.name.encode()])
                same(short(values(answers[0], "userCertificate;binary")),
                     short(directory.offered(recipient.address)))
                same(short(values(answers[0], "userSMIMECertificate")),
                     short(directory.offered_signed(recipient.address)))
        for recipient in RECIPIENTS:
            with case("%s: name %s, base '%s'" % (library.name, recipient.name, base)):
                text = ldap.filter.filter_format("(cn=%s)", [recipient.name])
                answers = library.search(base, "sub", text, ("mail",))
                same([values(a, "mail")[0].decode() for a in answers], [recipient.address])


def test_read(directory, library):
    """The DN of an answer, read with and without a list of attributes."""
    for base in BASES:
        for recipient in RECIPIENTS:
            with case("%s: reads %s again, base '%s'" % (library.name, recipient.address, base)):
                text = "(mail=%s)" % recipient.address
                dn = library.search(base, "sub", text, ("1.1",))[0][0]
                for attributes in (WANTED, ("*",), ("+", "*")):
                    answers = library.search(dn, "base", "(objectClass=*)", attributes)
                    same([a[0] for a in answers], [dn])
                    same(short(values(answers[0], "userCertificate;binary")),
                         short(directory.offered(recipient.address)))


def test_spellings(directory, library):
    for recipient in RECIPIENTS:
        for spelling in ("userCertificate;binary", "userCertificate", "usercertificate;BINARY",
                         "2.5.4.36"):
            with case("%s: %s of %s" % (library.name, spelling, recipient.address)):
                answers = library.search(recipients.PUBLISHED, "sub",
                                         "(mail=%s)" % recipient.address, (spelling,))
                same(len(answers), 1, answers)
                same(short(values(answers[0], "userCertificate;binary")),
                     short(directory.offered(recipient.address)))
        for spelling in ("userSMIMECertificate", "userSMIMECertificate;binary"):
            with case("%s: %s of %s" % (library.name, spelling, recipient.address)):
                answers = library.search(recipients.PUBLISHED, "sub",
                                         "(mail=%s)" % recipient.address, (spelling,))
                same(len(answers), 1, answers)
                same(short(values(answers[0], spelling)),
                     short(directory.offered_signed(recipient.address)))


def test_presence(directory, library):
    """Both spellings in filters: true only where something is published."""
    for spelling in ("userCertificate", "userCertificate;binary"):
        for recipient in RECIPIENTS:
            with case("%s: (%s=*) and %s" % (library.name, spelling, recipient.address)):
                text = "(&(%s=*)(mail=%s))" % (spelling, recipient.address)
                answers = library.search(recipients.PUBLISHED, "sub", text, ("mail",))
                same(len(answers), 1 if recipient.label else 0, answers)


def main():
    with recipients.Directory() as directory:
        for library in (PythonLdap(directory), Ldap3(directory)):
            test_find(directory, library)
            test_read(directory, library)
            test_spellings(directory, library)
            test_presence(directory, library)
            library.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
