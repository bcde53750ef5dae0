"""Worlds and entries for the tests of the overlay: demo/world.py's World with a
stopped clock, as a consumer of another one, or loaded without the overlay; and
people to put into it. Starts nothing by itself.
"""
import glob
import os
import shutil
import time

import paths  # noqa: F401  (finds demo/)
import entries
import ldapclient
import world
from people import COMPANY, PUBLISHED, SUFFIX  # noqa: F401

PEOPLE = f"ou=people,{SUFFIX}"
AUTHORITIES = f"ou=authorities,{SUFFIX}"
ISSUING = f"cn=Example Issuing CA,{AUTHORITIES}"
PARTNER = f"cn=Partner CA,{AUTHORITIES}"
CERT, SMIME = "userCertificate;binary", "userSMIMECertificate"
CRL = "certificateRevocationList;binary"
DAY = 86400

SYNCPROV_MODULE = "moduleload syncprov\n"
SYNCPROV = "overlay syncprov\n"


class World(world.World):
    """The demonstration's World with what these tests do to it."""

    def slapcat(self, suffix=SUFFIX, *more):
        return self.tool("slapcat", ["-b", suffix, "-o", "ldif-wrap=no", *more]
                         + self.config_arguments()).stdout.decode()

    def empty_database(self):
        folder = self.path("db", "directory")
        shutil.rmtree(folder)
        os.mkdir(folder, 0o700)

    def log_size(self):
        return os.path.getsize(self.log)

    def log_since(self, at):
        with open(self.log, "rb") as f:
            f.seek(at)
            return f.read().decode(errors="replace")


def consumer_of(provider, extra="", **options):
    """A World, started, that gets its directory by syncrepl from a started one.
    Its own is empty at the start."""
    syncrepl = (f"syncrepl rid=001 provider={provider.ldapi_uri} bindmethod=sasl "
                f'saslmech=external searchbase="{SUFFIX}" type=refreshAndPersist '
                'retry="1 +"\n')
    w = World(populate=False, below_overlay=f'rootdn "cn=consumer,{SUFFIX}"\n',
              extra_database=f"{syncrepl}{extra}\n", **options)
    try:
        w.build()
        w.empty_database()
        w.start()
    except BaseException:
        w.close()
        raise
    return w


def person_dn(mail, suffix=SUFFIX):
    return f"mail={mail},ou=people,{suffix}"


def person(mail, certs=(), signed=(), more=(), aliases=(), name=None):
    """The LDIF of one person; more: further (name, value) pairs."""
    name = name or mail.split("@")[0]
    return entries.entry(
        person_dn(mail), ("inetOrgPerson", "chanceryPerson"),
        [("cn", name), ("sn", name), ("displayName", name), ("mail", mail)]
        + [("mail", a) for a in aliases] + [(CERT, c) for c in certs]
        + [(SMIME, s) for s in signed] + list(more))


def faketime_library():
    """libfaketime's path on this machine, or None."""
    found = sorted(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else None


def stopped_clock(moment):
    """Environment in which it is always `moment` (seconds since 1970)."""
    return {"LD_PRELOAD": faketime_library(), "TZ": "UTC",
            "FAKETIME": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment)),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def context_csn(client):
    """What a consumer has to have before it is equal to its provider."""
    answer = client.search(SUFFIX, ldapclient.BASE, "(objectClass=*)", ["contextCSN"])
    return sorted(answer.entries[0].texts("contextCSN")) if answer.entries else []
