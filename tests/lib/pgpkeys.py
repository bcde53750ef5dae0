"""OpenPGP keys for a test's directory: made by gpg in a home that is removed at
once, and written as entries in the schema that gpg reads (schema/openpgp.schema,
one entry a key, named by the long key ID). Public parts only leave here.
"""
import base64
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    uid: str
    mailbox: str
    fingerprint: str
    subkeys: tuple
    created: int
    armor: str

    @property
    def long_id(self):
        return self.fingerprint[-16:]

    @property
    def short_id(self):
        return self.fingerprint[-8:]


def gpg(home, *arguments):
    done = subprocess.run(
        ["gpg", "--homedir", home, "--batch", "--no-tty", "--quiet", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise RuntimeError("gpg: " + done.stderr)
    return done.stdout


def make(name, mailbox):
    """A fresh key (EdDSA, with an encryption subkey)."""
    home = tempfile.mkdtemp(prefix="pk", dir="/tmp")
    try:
        uid = "%s <%s>" % (name, mailbox)
        gpg(home, "--passphrase", "", "--quick-gen-key", uid, "default", "default", "2y")
        listing = gpg(home, "--with-colons", "--list-keys")
        fingerprints = re.findall(r"^fpr:+([0-9A-F]{40}):", listing, re.M)
        created = re.search(r"^pub:(?:[^:]*:){4}(\d+):", listing, re.M).group(1)
        armor = gpg(home, "--armor", "--export")
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, timeout=20)
        shutil.rmtree(home, ignore_errors=True)
    return Key(uid, mailbox, fingerprints[0], tuple(fingerprints[1:]), int(created), armor)


def ldif(key, suffix, revoked=False):
    """The entry under ou=keys of this suffix."""
    stamp = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(key.created))
    lines = ["dn: pgpCertID=%s,ou=keys,%s" % (key.long_id, suffix), "objectClass: pgpKeyInfo",
             "pgpCertID: " + key.long_id, "pgpKeyID: " + key.short_id, "pgpKeyType: EdDSA",
             "pgpKeySize: 00256", "pgpKeyCreateTime: " + stamp, "pgpDisabled: 0",
             "pgpRevoked: %d" % revoked, "pgpUserID: " + key.uid, "gpgMailbox: " + key.mailbox,
             "gpgFingerprint: " + key.fingerprint]
    lines += ["gpgSubFingerprint: " + f for f in key.subkeys]
    lines += ["pgpSubKeyID: " + f[-16:] for f in key.subkeys]
    # Several lines: as base64, for LDIF.
    lines.append("pgpKey:: " + base64.b64encode(key.armor.encode()).decode())
    return "\n".join(lines) + "\n\n"
