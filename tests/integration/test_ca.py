#!/usr/bin/python3
"""`chancery ca`: root and issuing CA made, refused, shown; an issuing CA that somebody
else made, with which the signer issues.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from check import case, check, done
from paths import built
from signer import Signer, ca_init, openssl_verifies, run, save, template


def ca_verb():
    with Signer() as s:
        folder = s.path("made")
        os.mkdir(folder)
        ca_init(folder)
        p = ca_init(folder, want=None)
        check("ca init: refuses to overwrite", p.returncode == 1 and "already" in p.stderr, p)
        again = s.path("again")
        os.mkdir(again)
        p = ca_init(again, "--root", os.path.join(folder, "root"), want=None)
        check("ca init: refuses to overwrite a root", p.returncode == 1 and
              "--existing-root" in p.stderr, p)
        for name, more, text in (
                ("no http", ("--base-url", "ldap://x"), "http"),
                ("country", ("--country", "Switzerland"), "ountry"),
                ("years", ("--years", "26"), "--years"),
                ("reserved policy", ("--policy-oid", "2.23.140.1.5.1.3"), "reserved"),
                ("both ways", ("--certificate", "x"), "--root"),
                ("an owner who does not exist", ("--owner", "xyzzy"), "xyzzy")):
            p = ca_init(again, *more, want=None)
            check(f"ca init: {name}", p.returncode == 2 and text in p.stderr, p)
        check("ca init: nothing was made by what was refused",
              not os.path.exists(os.path.join(again, "root")), os.listdir(again))
        os.chmod(os.path.join(folder, "passphrase"), 0o644)
        p = run(built("bin", "chancery"), "ca", "crl", "--root", os.path.join(folder, "root"),
                "--passphrase-file", os.path.join(folder, "passphrase"), want=None)
        check("ca crl: a passphrase that others can read", p.returncode == 1 and
              b"0644" in p.stderr, p)
        root = os.path.join(template(), "root")
        with case("ca init: the root's key opens with the passphrase alone, and is encrypted"):
            key = os.path.join(root, "root.pem")
            assert os.stat(key).st_mode & 0o777 == 0o400
            run("openssl", "pkey", "-in", key, "-passin",
                "file:" + os.path.join(template(), "passphrase"), "-noout")
            assert run("openssl", "pkey", "-in", key, "-passin", "pass:wrong wrong wrong",
                       "-noout", want=None).returncode != 0
        with case("ca show"):
            out = run(built("bin", "chancery"), "ca", "show", "--state",
                      os.path.join(folder, "state")).stdout
            assert b"Muster AG Root CA" in out and b".crl" in out, out


def existing_ca():
    """An issuing CA that openssl made, with its chain, encrypted key."""
    with Signer(key="rsa2048", pool=1) as s:
        secret = s.path("secret")
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as f:
            f.write("another passphrase\n")
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", s.path("r.key"),
            "-out", s.path("r.pem"), "-days", "4000", "-subj", "/C=CH/O=Old/CN=Old Root",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        run("openssl", "req", "-newkey", "rsa:2048", "-keyout", s.path("i.key"), "-passout",
            "file:" + secret, "-out", s.path("i.csr"), "-subj", "/C=CH/O=Old/CN=Old Issuing")
        os.chmod(s.path("i.key"), 0o600)
        save(s, "ext", b"basicConstraints=critical,CA:TRUE,pathlen:0\nsubjectKeyIdentifier=hash\n"
                       b"keyUsage=critical,keyCertSign,cRLSign\n")
        run("openssl", "x509", "-req", "-in", s.path("i.csr"), "-CA", s.path("r.pem"), "-CAkey",
            s.path("r.key"), "-days", "3000", "-extfile", s.path("ext"), "-out", s.path("i.pem"))
        words = [built("bin", "chancery"), "ca", "init", "--state", s.path("old"), "--base-url",
                 "http://pki.example.com/old", "--certificate", s.path("i.pem"), "--key",
                 s.path("i.key"), "--key-passphrase-file", secret, "--chain"]
        p = run(*words, s.path("i.pem"), want=None)
        check("ca init: a chain that does not fit", p.returncode == 1, p)
        p = run(*words[:-1], "--chain", s.path("r.pem"))
        s.conf["state"] = "old"
        s.start()
        with case("an issuing CA that somebody else made issues"):
            made = s.issue("old-1", kind="mailbox", given="", surname="")
            openssl_verifies(s, made)


for part in (ca_verb, existing_ca):
    with case(part.__name__.replace("_", " ")):
        part()
sys.exit(done())
