#!/usr/bin/python3
"""An LDIF may scatter the values of one attribute over an entry, and
`slapadd -q` then stores them as several attributes of one name. Chancery sees
them as one: the good certificate is chosen wherever it stands, nothing is
shown twice, and the status has a line for each.
"""
import base64
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import paths  # noqa: F401  puts demo/ on the path
from check import check, done, equal
from world import SUFFIX, World

ADDRESS = "sam.scattered@example.com"


def scattered(world):
    """Expired first, then other attributes, then the good one and a second address."""
    def line(der):
        return "userCertificate;binary:: " + base64.b64encode(der).decode() + "\n"

    issuing = world.authority("issuing")
    day = 86400

    def made(first, last):
        import certs
        return certs.make_cert("CN=Sam Scattered", [ADDRESS], issuing,
                               world.now + first * day, world.now + last * day)

    expired, good = made(-400, -30), made(-20, 300)
    text = (f"dn: mail={ADDRESS},ou=people,{SUFFIX}\nobjectClass: inetOrgPerson\n"
            "objectClass: chanceryPerson\n" + line(expired)
            + f"cn: Sam Scattered\nmail: {ADDRESS}\n" + "title: Clerk\n" + line(good)
            + "sn: Scattered\nmail: sam@example.com\n\n")
    return expired, good, text


with World() as world:
    expired, good, text = scattered(world)
    world.stop()
    world.slapadd(text)
    world.start()
    for address in (ADDRESS, "sam@example.com"):
        answers = world.search("dc=example", f"(mail={address})")
        equal(f"{address}: one entry", len(answers), 1)
        entry = answers[0][1]
        equal(f"{address}: the good certificate", entry.get("userCertificate;binary"), [good])
        equal(f"{address}: each address once", sorted(entry["mail"]),
              [b"sam.scattered@example.com", b"sam@example.com"])
    equal("found by presence", len(world.search(
        "dc=example", f"(&(userCertificate=*)(mail={ADDRESS}))", ["cn"])), 1)
    root = world.connect_root()
    stored = root.search_s(SUFFIX, 2, f"(mail={ADDRESS})", ["chanceryStatus"])[0][1]
    equal("a status line for each", len(stored["chanceryStatus"]), 2)
    check("one of them published",
          sum(b": published" in x for x in stored["chanceryStatus"]) == 1,
          stored["chanceryStatus"])
sys.exit(done())
