"""An LDAP client that hides nothing: it sends each field of a request as told
(RFC 4511), with short or Windows' wide lengths, and decodes the answer strictly.
For tests that replay what programs send which cannot run here (Outlook), or
that libldap would not send (filters it refuses, limits it invents).

Filters are given as text (RFC 4515) and become BER here, unchecked: attribute
descriptions are sent as written, known to the server or not.
"""
import re
import socket

import ber

BASE, ONE, SUB = 0, 1, 2
NEVER, SEARCHING, FINDING, ALWAYS = 0, 1, 2, 3

BIND, BIND_ANSWER, UNBIND = 0x60, 0x61, b"\x42\x00"
SEARCH, ENTRY, DONE, REFERENCE = 0x63, 0x64, 0x65, 0x73
EXTENDED_ANSWER = 0x78
MESSAGE_MAX = 64 << 20


class LdapError(Exception):
    pass


class Entry:
    """One answer: dn and attributes in the order sent, values as bytes."""

    def __init__(self, dn, attributes):
        self.dn, self.attributes = dn, attributes

    def names(self):
        return [name for name, _ in self.attributes]

    def values(self, name):
        """Values of the attribute of exactly this description, without case."""
        for have, values in self.attributes:
            if have.lower() == name.lower():
                return values
        return []

    def texts(self, name):
        return [value.decode() for value in self.values(name)]

    def __repr__(self):
        return "%s {%s}" % (self.dn, ", ".join(
            "%s: %d" % (name, len(values)) for name, values in self.attributes))


class Answer:
    def __init__(self):
        self.entries, self.references = [], []
        self.code = self.matched = self.text = None

    def mails(self):
        """The first value of mail of each entry, sorted."""
        return sorted((e.texts("mail") or ["(no mail) " + e.dn])[0] for e in self.entries)

    def __repr__(self):
        return "result %s (%s) %s" % (self.code, self.text, self.entries)


# --- filters -----------------------------------------------------------------

ESCAPE = re.compile(r"\\([0-9a-fA-F]{2})")


def filter_value(text):
    """Octets of a value of a filter: escapes resolved, the rest as UTF-8."""
    out, at = b"", 0
    for m in ESCAPE.finditer(text):
        out += text[at:m.start()].encode() + bytes([int(m.group(1), 16)])
        at = m.end()
    return out + text[at:].encode()


def filter_escape(value):
    """A value as it must stand in a filter (RFC 4515 section 3)."""
    return re.sub(r"[\\*()\0]", lambda m: "\\%02x" % ord(m.group(0)), value)


def filter_encode(text, enc):
    octets, at = filter_part(text, 0, enc)
    if at != len(text):
        raise LdapError("filter goes on after its end: %r" % text[at:])
    return octets


def filter_part(text, at, enc):
    if text[at:at + 1] != "(":
        raise LdapError("no '(' at %d of %r" % (at, text))
    kind = text[at + 1:at + 2]
    if kind and kind in "&|!":
        parts, at = [], at + 2
        while text[at:at + 1] == "(":
            part, at = filter_part(text, at, enc)
            parts.append(part)
        if kind == "!" and len(parts) != 1:
            raise LdapError("NOT of %d filters in %r" % (len(parts), text))
        octets = enc.sequence(*parts, tag={"&": 0xA0, "|": 0xA1, "!": 0xA2}[kind])
    else:
        end = text.find(")", at)
        octets = filter_item(text[at + 1:end], enc)
        at = end
    if text[at:at + 1] != ")":
        raise LdapError("no ')' at %d of %r" % (at, text))
    return octets, at + 1


def filter_item(text, enc):
    name, sep, value = re.match(r"([^=]*?)(:=|>=|<=|~=|=)(.*)\Z", text, re.S).groups()
    if sep == ":=":
        return filter_extensible(name, value, enc)
    if sep != "=":
        tag = {">=": 0xA5, "<=": 0xA6, "~=": 0xA8}[sep]
        return enc.sequence(enc.octets(name), enc.octets(filter_value(value)), tag=tag)
    if value == "*":
        return enc.octets(name, 0x87)
    if "*" not in value:
        return enc.sequence(enc.octets(name), enc.octets(filter_value(value)), tag=0xA3)
    first, *middle, last = value.split("*")
    pieces = [enc.octets(filter_value(first), 0x80)] if first else []
    pieces += [enc.octets(filter_value(piece), 0x81) for piece in middle if piece]
    pieces += [enc.octets(filter_value(last), 0x82)] if last else []
    return enc.sequence(enc.octets(name), enc.sequence(*pieces), tag=0xA4)


def filter_extensible(name, value, enc):
    attribute, *words = name.split(":")
    dn = "dn" in (word.lower() for word in words)
    rules = [word for word in words if word.lower() != "dn"]
    parts = [enc.octets(rules[0], 0x81)] if rules else []
    parts += [enc.octets(attribute, 0x82)] if attribute else []
    parts += [enc.octets(filter_value(value), 0x83)]
    parts += [enc.boolean(True, 0x84)] if dn else []
    return enc.sequence(*parts, tag=0xA9)


# --- the connection ----------------------------------------------------------

class Connection:
    """One connection to 127.0.0.1:port; wide=True speaks as wldap32 does."""

    def __init__(self, port, wide=False, timeout=20):
        self.enc = ber.WIDE if wide else ber.SHORT
        self.sock = socket.create_connection(("127.0.0.1", port), timeout)
        self.buffer, self.number = b"", 0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        try:
            self.number += 1
            self.sock.sendall(self.enc.sequence(self.enc.integer(self.number), UNBIND))
        except OSError:
            pass
        self.sock.close()

    def send(self, operation):
        self.number += 1
        self.sock.sendall(self.enc.sequence(self.enc.integer(self.number), operation))

    def receive(self):
        """(tag, Reader of the operation) of the next message, which must carry
        the number of the request and no controls."""
        while True:
            found = ber.header(self.buffer, 0, len(self.buffer))
            if found and found[2] > MESSAGE_MAX:
                raise LdapError("a message of %d octets" % found[2])
            if found and len(self.buffer) >= found[2]:
                break
            piece = self.sock.recv(65536)
            if not piece:
                raise LdapError("the server closed the connection")
            self.buffer += piece
        message = ber.Reader(self.buffer, 0, found[2]).inside()
        self.buffer = self.buffer[found[2]:]
        number = message.integer()
        tag, operation = message.next()
        message.end()
        if number != self.number:
            raise LdapError("answer to %d, asked was %d" % (number, self.number))
        return tag, operation

    def result(self, operation, answer):
        answer.code = operation.enumerated()
        answer.matched, answer.text = operation.text(), operation.text()
        if operation.more() and operation.peek() == 0xA3:
            operation.inside(0xA3)
        return answer

    def bind(self, dn="", password=""):
        enc = self.enc
        self.send(enc.sequence(enc.integer(3), enc.octets(dn), enc.octets(password, 0x80), tag=BIND))
        tag, operation = self.receive()
        if tag != BIND_ANSWER:
            raise LdapError("tag %02x answers a bind" % tag)
        return self.result(operation, Answer())

    def search(self, base, scope, filter_text, attributes=(), deref=NEVER, size=0, time=0,
               types_only=False):
        enc = self.enc
        self.send(enc.sequence(
            enc.octets(base), enc.enumerated(scope), enc.enumerated(deref), enc.integer(size),
            enc.integer(time), enc.boolean(types_only), filter_encode(filter_text, enc),
            enc.sequence(*[enc.octets(a) for a in attributes]), tag=SEARCH))
        answer = Answer()
        while answer.code is None:
            tag, operation = self.receive()
            if tag == ENTRY:
                answer.entries.append(read_entry(operation, types_only))
            elif tag == REFERENCE:
                while operation.more():
                    answer.references.append(operation.text())
            elif tag == DONE:
                self.result(operation, answer)
            else:
                raise LdapError("tag %02x answers a search" % tag)
            operation.end()
        return answer


def read_entry(operation, types_only):
    """SearchResultEntry, RFC 4511 section 4.5.2; refuses an attribute named
    twice, one without values, and one value twice."""
    dn, attributes = operation.text(), []
    listing = operation.inside()
    while listing.more():
        attribute = listing.inside()
        name, values = attribute.text(), []
        members = attribute.inside(ber.UNIVERSAL_SET)
        while members.more():
            values.append(members.octets_value())
        attribute.end()
        if name.lower() in (have.lower() for have, _ in attributes):
            raise LdapError("%s: attribute %s is sent twice" % (dn, name))
        if bool(values) == types_only:
            raise LdapError("%s: attribute %s has %d values" % (dn, name, len(values)))
        if len(set(values)) != len(values):
            raise LdapError("%s: attribute %s has a value twice" % (dn, name))
        attributes.append((name, values))
    return Entry(dn, attributes)
