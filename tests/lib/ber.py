"""BER as LDAP uses it (RFC 4511 section 5.1: definite lengths only), for tests
that send what a real program sent, octet for octet, and read answers without
mercy. It knows tags and lengths, nothing of LDAP: see ldapwire.py.

Encoding has two hands: SHORT writes minimal lengths as OpenLDAP's library does,
WIDE writes each constructed element's length as 84 and four octets, as Windows'
wldap32.dll does. Decoding refuses indefinite and non-minimal lengths, long
tags, anything behind the end; it never guesses.
"""

UNIVERSAL_BOOLEAN = 0x01
UNIVERSAL_INTEGER = 0x02
UNIVERSAL_OCTETS = 0x04
UNIVERSAL_ENUMERATED = 0x0A
UNIVERSAL_SEQUENCE = 0x30
UNIVERSAL_SET = 0x31
CONSTRUCTED = 0x20


class BerError(Exception):
    """What is wrong with the octets, and where."""


# --- writing -----------------------------------------------------------------

def length_minimal(n):
    if n < 0x80:
        return bytes([n])
    octets = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def length_wide(n):
    return b"\x84" + n.to_bytes(4, "big")


class Encoder:
    """Makes elements; `wide` as described above."""

    def __init__(self, wide):
        self.constructed_length = length_wide if wide else length_minimal

    def element(self, tag, content):
        length = self.constructed_length if tag & CONSTRUCTED else length_minimal
        return bytes([tag]) + length(len(content)) + content

    def sequence(self, *parts, tag=UNIVERSAL_SEQUENCE):
        return self.element(tag, b"".join(parts))

    def octets(self, value, tag=UNIVERSAL_OCTETS):
        value = value.encode() if isinstance(value, str) else value
        return self.element(tag, value)

    def integer(self, value, tag=UNIVERSAL_INTEGER):
        size = (value if value >= 0 else ~value).bit_length() // 8 + 1
        return self.element(tag, value.to_bytes(size, "big", signed=True))

    def enumerated(self, value):
        return self.integer(value, UNIVERSAL_ENUMERATED)

    def boolean(self, value, tag=UNIVERSAL_BOOLEAN):
        return self.element(tag, b"\xff" if value else b"\x00")


SHORT = Encoder(wide=False)
WIDE = Encoder(wide=True)


# --- reading -----------------------------------------------------------------

def header(octets, at, end):
    """(tag, start of content, end of content) of the element at `at`; None
    where more octets are needed to say."""
    if at + 2 > end:
        return None
    tag, first = octets[at], octets[at + 1]
    if tag & 0x1F == 0x1F:
        raise BerError("long tag at %d" % at)
    if first < 0x80:
        return tag, at + 2, at + 2 + first
    count = first & 0x7F
    if count == 0:
        raise BerError("indefinite length at %d" % at)
    if count > 4:
        raise BerError("length of %d octets at %d" % (count, at))
    if at + 2 + count > end:
        return None
    n = int.from_bytes(octets[at + 2:at + 2 + count], "big")
    if length_minimal(n) != octets[at + 1:at + 2 + count]:
        raise BerError("length %d is not written minimally at %d" % (n, at))
    return tag, at + 2 + count, at + 2 + count + n


class Reader:
    """Reads elements one after the other out of bytes; `expect` names the tag
    that must come. Whoever is done calls end()."""

    def __init__(self, octets, start=0, end=None):
        self.octets, self.at = octets, start
        self.stop = len(octets) if end is None else end

    def more(self):
        return self.at < self.stop

    def peek(self):
        if not self.more():
            raise BerError("nothing at %d, an element was expected" % self.at)
        return self.octets[self.at]

    def next(self, expect=None):
        """(tag, Reader of the content)"""
        found = header(self.octets, self.at, self.stop)
        if found is None or found[2] > self.stop:
            raise BerError("the element at %d goes beyond its end at %d" % (self.at, self.stop))
        tag, start, end = found
        if expect is not None and tag != expect:
            raise BerError("tag %02x at %d, expected %02x" % (tag, self.at, expect))
        self.at = end
        return tag, Reader(self.octets, start, end)

    def rest(self):
        value, self.at = self.octets[self.at:self.stop], self.stop
        return value

    def inside(self, expect=UNIVERSAL_SEQUENCE):
        return self.next(expect)[1]

    def octets_value(self, expect=UNIVERSAL_OCTETS):
        return self.next(expect)[1].rest()

    def text(self, expect=UNIVERSAL_OCTETS):
        value = self.octets_value(expect)
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError as e:
            raise BerError("not UTF-8: %r" % value) from e

    def integer(self, expect=UNIVERSAL_INTEGER):
        value = self.octets_value(expect)
        if not value:
            raise BerError("empty integer before %d" % self.at)
        if len(value) > 1 and (value[0] == 0 and value[1] < 0x80
                               or value[0] == 0xFF and value[1] >= 0x80):
            raise BerError("integer is not written minimally before %d" % self.at)
        return int.from_bytes(value, "big", signed=True)

    def enumerated(self):
        return self.integer(UNIVERSAL_ENUMERATED)

    def end(self):
        if self.more():
            raise BerError("%d octets too many at %d" % (self.stop - self.at, self.at))
