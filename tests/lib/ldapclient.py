"""ldapwire's client with everything else that a test of the server needs: writes,
compares, controls, abandon, the Unix socket, and a record of every octet that
came in, in which a leak can be looked for whatever the entry or error text that
carries it. Nothing is checked or completed before it is sent.
"""
import socket

import ber
import ldapwire
from ldapwire import ALWAYS, BASE, FINDING, NEVER, ONE, SEARCHING, SUB  # noqa: F401

SUBORDINATE = 3  # scope of draft-sermersheim-ldap-subordinate-scope
MODIFY, ADD, DELETE, MODRDN, COMPARE, ABANDON, EXTENDED = (
    0x66, 0x68, 0x4A, 0x6C, 0x6E, 0x50, 0x77)
MOD_ADD, MOD_DELETE, MOD_REPLACE = 0, 1, 2
ANSWER_OF = {MODIFY: 0x67, ADD: 0x69, DELETE: 0x6B, MODRDN: 0x6D, COMPARE: 0x6F,
             EXTENDED: 0x78}

# Result codes by name (RFC 4511 appendix A), as far as tests name them.
OK, PROTOCOL, TIME, SIZE, COMPARE_FALSE, COMPARE_TRUE = 0, 2, 3, 4, 5, 6
STRONGER_AUTH, REFERRAL, ADMIN_LIMIT, NO_EXTENSION = 8, 10, 11, 12
NO_ATTRIBUTE, UNDEFINED_TYPE, CONSTRAINT, EXISTS_VALUE, SYNTAX = 16, 17, 19, 20, 21
NO_OBJECT, INVALID_DN, CREDENTIALS, ACCESS, BUSY, UNAVAILABLE, UNWILLING = (
    32, 34, 49, 50, 51, 52, 53)
NAMING, CLASS, EXISTS, OTHER, ASSERTION = 64, 65, 68, 80, 122

# Controls.
SYNC = '1.3.6.1.4.1.4203.1.9.1.1'
PAGED = '1.2.840.113556.1.4.319'
MATCHED_VALUES = '1.2.826.0.1.3344810.2.3'
ASSERT = '1.3.6.1.1.12'
SUBENTRIES = '1.3.6.1.4.1.4203.1.10.1'
DOMAIN_SCOPE = '1.2.840.113556.1.4.1339'
MANAGE_DSA = '2.16.840.1.113730.3.4.2'
PROXY = '2.16.840.1.113730.3.4.18'
SORT = '1.2.840.113556.1.4.473'
VLV = '2.16.840.1.113730.3.4.9'
DEREF = '1.3.6.1.4.1.4203.666.5.16'
DONT_USE_COPY = '1.3.6.1.1.22'
PERMISSIVE = '1.2.840.113556.1.4.1413'
RELAX = '1.3.6.1.4.1.4203.666.5.12'


class Control:
    def __init__(self, oid, value=None, critical=False):
        self.oid, self.value, self.critical = oid, value, critical


def paged(size, cookie=b'', critical=True):
    enc = ber.SHORT
    return Control(PAGED, enc.sequence(enc.integer(size), enc.octets(cookie)), critical)


def matched_values(filters, critical=True):
    """filters: text of simple filters, without AND, OR, NOT."""
    enc = ber.SHORT
    return Control(MATCHED_VALUES, enc.sequence(
        *[ldapwire.filter_encode(f, enc) for f in filters]), critical)


def assertion(text, critical=True):
    return Control(ASSERT, ldapwire.filter_encode(text, ber.SHORT), critical)


def sync(mode=1, critical=True, cookie=None):
    enc = ber.SHORT
    parts = [enc.enumerated(mode)] + ([enc.octets(cookie)] if cookie else [])
    return Control(SYNC, enc.sequence(*parts), critical)


def sort(attribute, critical=True):
    enc = ber.SHORT
    return Control(SORT, enc.sequence(enc.sequence(enc.octets(attribute))), critical)


def vlv(before, after, offset, count=0, critical=True):
    enc = ber.SHORT
    return Control(VLV, enc.sequence(
        enc.integer(before), enc.integer(after),
        enc.sequence(enc.integer(offset), enc.integer(count), tag=0xA0)), critical)


def deref(attribute, wanted, critical=True):
    enc = ber.SHORT
    return Control(DEREF, enc.sequence(enc.sequence(
        enc.octets(attribute),
        enc.sequence(*[enc.octets(w) for w in wanted]))), critical)


class Client(ldapwire.Connection):
    """One connection: to 127.0.0.1:port, or to a Unix socket (path)."""

    def __init__(self, port=None, path=None, wide=False, timeout=30):
        if path is None:
            super().__init__(port, wide, timeout)
        else:
            self.enc = ber.WIDE if wide else ber.SHORT
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(timeout)
            self.sock.connect(path)
            self.buffer, self.number = b'', 0
        self.received = []      # every octet, as it came
        self.controls = {}      # of the message received last: OID to value

    def heard(self):
        return b''.join(self.received)

    # --- sending

    def message(self, operation, controls=()):
        enc = self.enc
        self.number += 1
        parts = [enc.integer(self.number), operation]
        if controls:
            parts.append(enc.sequence(*[enc.sequence(
                enc.octets(c.oid), *([enc.boolean(True)] if c.critical else []),
                *([enc.octets(c.value)] if c.value is not None else []))
                for c in controls], tag=0xA0))
        return enc.sequence(*parts)

    def send(self, operation, controls=()):
        self.sock.sendall(self.message(operation, controls))

    # --- receiving

    def octets(self):
        """The next message, whole."""
        while True:
            found = ber.header(self.buffer, 0, len(self.buffer))
            if found and found[2] > ldapwire.MESSAGE_MAX:
                raise ldapwire.LdapError(f'a message of {found[2]} octets')
            if found and len(self.buffer) >= found[2]:
                break
            piece = self.sock.recv(1 << 16)
            if not piece:
                raise ldapwire.LdapError('the server closed the connection')
            self.received.append(piece)
            self.buffer += piece
        message, self.buffer = self.buffer[:found[2]], self.buffer[found[2]:]
        return message

    def receive(self):
        message = ber.Reader(self.octets()).inside()
        number = message.integer()
        tag, operation = message.next()
        self.controls = {}
        if message.more():
            controls = message.inside(0xA0)
            while controls.more():
                control = controls.inside()
                oid = control.text()
                if control.more() and control.peek() == ber.UNIVERSAL_BOOLEAN:
                    control.next()
                self.controls[oid] = control.octets_value() if control.more() else b''
        message.end()
        if number != self.number:
            raise ldapwire.LdapError(f'answer to {number}, asked was {self.number}')
        return tag, operation

    def result(self, operation, answer):
        answer.code = operation.enumerated()
        answer.matched, answer.text = operation.text(), operation.text()
        if operation.more() and operation.peek() == 0xA3:
            referrals = operation.inside(0xA3)
            while referrals.more():
                answer.references.append(referrals.text())
        answer.controls = self.controls
        return answer

    def _simple(self, operation, tag, controls):
        self.send(operation, controls)
        got, body = self.receive()
        if got != ANSWER_OF[tag]:
            raise ldapwire.LdapError(f'tag {got:02x} answers {tag:02x}')
        return self.result(body, ldapwire.Answer())

    # --- operations

    def bind_external(self):
        enc = self.enc
        sasl = enc.sequence(enc.octets('EXTERNAL'), enc.octets(''), tag=0xA3)
        self.send(enc.sequence(enc.integer(3), enc.octets(''), sasl, tag=ldapwire.BIND))
        _, body = self.receive()
        answer = self.result(body, ldapwire.Answer())
        if answer.code != OK:
            raise ldapwire.LdapError(f'EXTERNAL: {answer.code} {answer.text}')
        return self

    def search_operation(self, base, scope, filter_octets, attributes=(), deref=NEVER,
                         size=0, time=0, types_only=False):
        enc = self.enc
        return enc.sequence(
            enc.octets(base), enc.enumerated(scope), enc.enumerated(deref),
            enc.integer(size), enc.integer(time), enc.boolean(types_only), filter_octets,
            enc.sequence(*[enc.octets(a) for a in attributes]), tag=ldapwire.SEARCH)

    def search(self, base, scope, filter_text, attributes=(), deref=NEVER, size=0,
               time=0, types_only=False, controls=()):
        """filter_text may also be octets, sent as they are."""
        octets = (filter_text if isinstance(filter_text, bytes)
                  else ldapwire.filter_encode(filter_text, self.enc))
        self.send(self.search_operation(base, scope, octets, attributes, deref, size,
                                        time, types_only), controls)
        return self.answer(types_only)

    def answer(self, types_only=False):
        answer = ldapwire.Answer()
        while answer.code is None:
            tag, operation = self.receive()
            if tag == ldapwire.ENTRY:
                entry = ldapwire.read_entry(operation, types_only)
                entry.controls = self.controls
                answer.entries.append(entry)
            elif tag == ldapwire.REFERENCE:
                while operation.more():
                    answer.references.append(operation.text())
            elif tag == ldapwire.DONE:
                self.result(operation, answer)
            else:
                raise ldapwire.LdapError(f'tag {tag:02x} answers a search')
            operation.end()
        return answer

    def _attributes(self, attributes):
        enc = self.enc
        return enc.sequence(*[enc.sequence(
            enc.octets(name), enc.sequence(*[enc.octets(v) for v in values],
                                           tag=ber.UNIVERSAL_SET))
            for name, values in attributes])

    def add(self, dn, attributes, controls=()):
        """attributes: (name, values) pairs."""
        return self._simple(self.enc.sequence(
            self.enc.octets(dn), self._attributes(attributes), tag=ADD), ADD, controls)

    def modify(self, dn, changes, controls=()):
        """changes: (MOD_..., name, values) triples."""
        enc = self.enc
        listing = enc.sequence(*[enc.sequence(
            enc.enumerated(op), enc.sequence(
                enc.octets(name), enc.sequence(*[enc.octets(v) for v in values],
                                               tag=ber.UNIVERSAL_SET)))
            for op, name, values in changes])
        return self._simple(enc.sequence(enc.octets(dn), listing, tag=MODIFY), MODIFY,
                            controls)

    def replace(self, dn, name, *values):
        return self.modify(dn, [(MOD_REPLACE, name, values)])

    def delete(self, dn, controls=()):
        return self._simple(self.enc.octets(dn, DELETE), DELETE, controls)

    def rename(self, dn, rdn, delete_old=True, superior=None, controls=()):
        enc = self.enc
        parts = [enc.octets(dn), enc.octets(rdn), enc.boolean(delete_old)]
        parts += [enc.octets(superior, 0x80)] if superior is not None else []
        return self._simple(enc.sequence(*parts, tag=MODRDN), MODRDN, controls)

    def compare(self, dn, attribute, value, controls=()):
        enc = self.enc
        return self._simple(enc.sequence(
            enc.octets(dn), enc.sequence(enc.octets(attribute), enc.octets(value)),
            tag=COMPARE), COMPARE, controls)

    def abandon(self, number):
        self.send(self.enc.integer(number, ABANDON))

    def drop(self):
        """Ends the connection with a reset, as a crashed client's host does."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b'\1\0\0\0\0\0\0\0')
        self.sock.close()


def anonymous(world, **options):
    return Client(world.port, **options)


def as_root(world, **options):
    """Over the Unix socket: may do everything, sees what is stored."""
    return Client(path=world.path('run', 'ldapi'), **options).bind_external()


def as_user(world, dn, password, **options):
    client = Client(world.port, **options)
    answer = client.bind(dn, password)
    if answer.code != OK:
        raise ldapwire.LdapError(f'bind as {dn}: {answer.code} {answer.text}')
    return client
