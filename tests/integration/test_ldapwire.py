#!/usr/bin/python3
"""The tests' own LDAP client (tests/lib/ber.py, ldapwire.py): it writes what it is
told, in both hands, and refuses answers that are not strictly encoded. What it
let pass, no other test would see.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import ber
import ldapwire
from check import case, done
from recipients import same

# Filters and their encoding, RFC 4511 section 4.5.1 and RFC 4515 section 4.
FILTERS = (
    ("(cn=a)", "a307 0402636e 040161"),
    ("(cn=*)", "8702 636e"),
    ("(cn=a*b*c)", "a40f 0402636e 3009 800161 810162 820163"),
    ("(cn=*b*)", "a409 0402636e 3003 810162"),
    ("(cn=\\28\\2a\\5c)", "a309 0402636e 0403282a5c"),
    ("(cn=\u00e9)", "a308 0402636e 0402c3a9"),
    ("(cn>=a)", "a507 0402636e 040161"),
    ("(cn<=a)", "a607 0402636e 040161"),
    ("(cn~=a)", "a807 0402636e 040161"),
    ("(cn:dn:2.4:=a)", "a90f 8103322e34 8202636e 830161 8401ff"),
    ("(&)", "a000"),
    ("(|)", "a100"),
    ("(&(cn=a)(!(cn=b)))", "a014 a307 0402636e 040161 a209 a307 0402636e 040162"),
)
# What must not be read as one whole element.
REFUSED = (
    ("indefinite length", "3080 0000"),
    ("length not minimal", "308103 020101"),
    ("length of five octets", "3085 0000000003 020101"),
    ("long tag", "1f2101 00"),
    ("content beyond the end", "3004 020101"),
    ("octets behind the end", "3003 020101 00"),
    ("integer not minimal", "3004 02020001"),
    ("negative integer not minimal", "3004 0202ff80"),
    ("empty integer", "3002 0200"),
    ("other tag", "3103 020101"),
)


def test_encoding():
    for text, want in FILTERS:
        with case("filter %s" % text):
            same(ldapwire.filter_encode(text, ber.SHORT).hex(), want.replace(" ", ""))
    with case("an anonymous bind, short"):
        enc = ber.SHORT
        same(enc.sequence(enc.integer(1), enc.sequence(
            enc.integer(3), enc.octets(""), enc.octets("", 0x80), tag=ldapwire.BIND)).hex(),
            "300c020101600702010304008000")
    with case("the same as Windows writes it"):
        enc = ber.WIDE
        same(enc.sequence(enc.integer(1), enc.sequence(
            enc.integer(3), enc.octets(""), enc.octets("", 0x80), tag=ldapwire.BIND)).hex(),
            "308400000010020101608400000007" "02010304008000")
    for number, want in ((0, "020100"), (127, "02017f"), (128, "02020080"), (-1, "0201ff"),
                         (256, "02020100"), (-128, "020180"), (2147483647, "02047fffffff")):
        with case("integer %d" % number):
            same(ber.SHORT.integer(number).hex(), want)
            same(ber.Reader(bytes.fromhex(want)).integer(), number)


def read(octets):
    reader = ber.Reader(octets)
    number = reader.inside().integer()
    reader.end()
    return number


def test_refusals():
    with case("a whole element is read"):
        same(read(bytes.fromhex("3003020101")), 1)
    for name, text in REFUSED:
        with case("refused: %s" % name):
            try:
                got = read(bytes.fromhex(text))
            except ber.BerError:
                continue
            raise AssertionError("read as %r" % got)


def entry(*attributes):
    enc = ber.SHORT
    listing = enc.sequence(*[enc.sequence(enc.octets(name), enc.sequence(
        *[enc.octets(v) for v in values], tag=ber.UNIVERSAL_SET)) for name, values in attributes])
    return ldapwire.read_entry(ber.Reader(enc.octets("cn=x") + listing), types_only=False)


def test_entries():
    with case("an entry is read"):
        same(entry(("cn", ["x", "y"]), ("sn", ["z"])).values("CN"), [b"x", b"y"])
    for name, attributes in (
            ("an attribute twice", [("cn", ["x"]), ("CN", ["y"])]),
            ("no values", [("cn", [])]),
            ("a value twice", [("cn", ["x", "x"])])):
        with case("refused: %s" % name):
            try:
                got = entry(*attributes)
            except ldapwire.LdapError:
                continue
            raise AssertionError("read as %r" % got)


def main():
    test_encoding()
    test_refusals()
    test_entries()
    return done()


if __name__ == "__main__":
    sys.exit(main())
