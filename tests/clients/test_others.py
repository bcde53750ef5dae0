#!/usr/bin/python3
"""Smaller programs: ldapsearch, mutt's address query (lbdb), and gpg, which reads
OpenPGP keys from the same directory (ldap:// as a keyserver).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import pgpkeys
import recipients
from check import case, done, skip
from recipients import BASES, EVERY_ADDRESS, RECIPIENTS, fingerprint, same

LIMIT = 60


def run(*command, env=None, want=0):
    done_ = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                           timeout=LIMIT, check=False)
    if want is not None:
        same(done_.returncode, want, done_.stderr.decode(errors="replace"))
    return done_


# --- ldapsearch ----------------------------------------------------------------

def ldapsearch(directory, base, scope, text, *attributes):
    """Entries as lists of (name, value); binary values through files, as -tt
    writes them."""
    folder = tempfile.mkdtemp(prefix="found-", dir=directory.world.state)
    listing = run("ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-tt", "-T", folder,
                  "-H", directory.world.uri, "-b", base, "-s", scope, text, *attributes)
    entries = []
    for block in listing.stdout.decode().strip().split("\n\n"):
        lines = re.findall(r"^([^:\n]+):([:<]?) ?(.*)$", block, re.M)
        if lines:
            entries.append([(name, read(kind, value)) for name, kind, value in lines])
    return entries


def read(kind, value):
    if kind == "<":
        with open(value.removeprefix("file://"), "rb") as f:
            return f.read()
    return value


def test_ldapsearch(directory):
    for base in BASES:
        for recipient, address in EVERY_ADDRESS:
            with case("ldapsearch: %s, base '%s'" % (address, base)):
                found = ldapsearch(directory, base, "sub", "(mail=%s)" % address, "mail",
                                   "userCertificate")
                same(len(found), 1, found)
                same([v for n, v in found[0] if n == "mail"],
                     [a.encode() for a in recipient.addresses()])
                same([fingerprint(v) for n, v in found[0] if n == "userCertificate;binary"],
                     [fingerprint(v) for v in directory.offered(recipient.address)])
        for recipient in RECIPIENTS:
            with case("ldapsearch: reads %s again, base '%s'" % (recipient.address, base)):
                found = ldapsearch(directory, base, "sub", "(cn=%s)" % recipient.name, "1.1")
                name, dn = found[0][0]
                same(name, "dn")
                again = ldapsearch(directory, dn, "base", "(objectClass=*)", "mail")
                same([v for n, v in again[0] if n == "mail"][0], recipient.address.encode())


# --- lbdb ----------------------------------------------------------------------

LBDB = """%%ldap_server_db = (
  'whole' => ['%(uri)s', '%(base)s', 'mail cn givenName sn', 'mail cn', '${mail}', '${cn}', '', 0],
  'part'  => ['%(uri)s', '%(base)s', 'mail cn givenName sn', 'mail cn', '${mail}', '${cn}', '', 1],
);
1;
"""


def test_lbdb(directory):
    """It answers a line for each address: address, tab, name."""
    if shutil.which("mutt_ldap_query") is None:
        skip("lbdb", "not installed; packaging/needs clients does it")
        return
    for base in BASES:
        path = directory.world.path("lbdb-%s.rc" % (base or "none"))
        with open(path, "w", encoding="utf-8") as f:
            f.write(LBDB % {"uri": directory.world.uri, "base": base})
        env = dict(os.environ, HOME=directory.world.state, LC_ALL="C.UTF-8")
        for recipient in RECIPIENTS:
            want = ["%s\t%s" % (a, recipient.name) for a in recipient.addresses()]
            for how, typed in (("whole", recipient.address), ("whole", recipient.name),
                               ("part", recipient.typed)):
                with case("lbdb: %s of '%s', base '%s'" % (how, typed, base)):
                    listing = run("mutt_ldap_query", "-c", path, "-n", how, typed, env=env)
                    lines = listing.stdout.decode().splitlines()[1:]
                    same(["\t".join(line.split("\t")[:2]) for line in lines], want)


# --- gpg -----------------------------------------------------------------------

class Gpg:
    """A fresh GnuPG home with one LDAP keyserver."""

    def __init__(self, uri):
        self.uri = uri
        self.home = tempfile.mkdtemp(prefix="pg", dir="/tmp")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False,
                       timeout=LIMIT)
        shutil.rmtree(self.home, ignore_errors=True)

    def run(self, *arguments, want=0):
        return run("gpg", "--homedir", self.home, "--batch", "--no-tty", "--with-colons",
                   "--keyserver", self.uri, *arguments, want=want)

    def keys(self):
        return re.findall(r"^pub:.*\nfpr:+([0-9A-F]{40}):",
                          self.run("--list-keys").stdout.decode(), re.M)


def test_gpg(directory, keys):
    anna, revoked = keys
    uri = directory.world.uri
    for name, keyserver in (("with base", uri + "/" + recipients.PUBLISHED), ("without", uri)):
        for how, wanted in (("fingerprint", anna.fingerprint), ("long key ID", anna.long_id),
                            ("short key ID", anna.short_id), ("subkey", anna.subkeys[0])):
            with case("gpg --recv-keys by %s, keyserver %s" % (how, name)), Gpg(keyserver) as gpg:
                gpg.run("--recv-keys", "0x" + wanted)
                same(gpg.keys(), [anna.fingerprint])
        with case("gpg --locate-keys, keyserver %s" % name), Gpg(keyserver) as gpg:
            gpg.run("--auto-key-locate", "clear,keyserver", "--locate-keys", anna.mailbox)
            same(gpg.keys(), [anna.fingerprint])
        with case("gpg --search-keys, keyserver %s" % name), Gpg(keyserver) as gpg:
            for typed in ("Muster", anna.mailbox):
                shown = gpg.run("--search-keys", typed).stdout.decode()
                same(re.findall(r"^pub:([0-9A-F]+):", shown, re.M), [anna.fingerprint], shown)
        with case("gpg does not locate a revoked key, keyserver %s" % name), Gpg(keyserver) as gpg:
            gpg.run("--auto-key-locate", "clear,keyserver", "--locate-keys", revoked.mailbox,
                    want=2)
            same(gpg.keys(), [])


def main():
    keys = (pgpkeys.make("Anna Muster", "anna.muster@example.com"),
            pgpkeys.make("Carla Rossi", "carla.rossi@example.com"))
    suffix = "dc=example,dc=com"
    with recipients.Directory(ldif=pgpkeys.ldif(keys[0], suffix)
                              + pgpkeys.ldif(keys[1], suffix, revoked=True)) as directory:
        test_ldapsearch(directory)
        test_lbdb(directory)
        test_gpg(directory, keys)
    return done()


if __name__ == "__main__":
    sys.exit(main())
