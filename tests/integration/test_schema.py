#!/usr/bin/python3
"""Schema and example configuration, as slapd itself sees them: the .schema and
.ldif forms give the same cn=Subschema; slaptest accepts slapd.conf.example and
packaging/slapd-config.ldif, and both are the same configuration, with which the
demonstration's entries are served; OIDS.md lists every identifier that is used,
each once. Only paths are changed in the examples before they are loaded.
run: limit=120
"""
import contextlib
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from check import case, check, done, equal
from paths import ROOT, built

import ldap
import ldap.modlist
import ldap.schema

import settings
from people import SUFFIX
from world import World, WorldError, write

ARC = "2.25.163819110899012224867019745641582709181"
OVERLAY = built("overlay", "chancery.so")
TYPES = ("attributeTypes", "objectClasses")
# slapd does not show in cn=config what has its default value, here 500.
DEFAULTS_SHOWN = {("olcdatabase={-1}frontend,cn=config", "olcsizelimit"): ["500"]}


def text_of(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def placed(text, w, overlay=True):
    """An example's text with the paths of this world."""
    for old, new in (
            ("/etc/ldap/schema/chancery.", os.path.join(ROOT, "schema", "chancery.")),
            ("/etc/ldap/schema/openpgp.", os.path.join(ROOT, "schema", "openpgp.")),
            ("/var/lib/ldap", w.path("db", "directory")),
            ("/etc/ldap/tls", w.path("tls")),
            ("/run/slapd", w.path("run")),
            ("gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth",
             settings.local_root())):
        assert old in text, f"{old} is not in the example"
        text = text.replace(old, new)
    if overlay:
        return re.sub(r"(?m)^(moduleload|olcModuleLoad:) chancery$",
                      rf"\1 {OVERLAY}", text)
    # The same for a plain slapd: whatever names the overlay is left out.
    text = re.sub(r"(?m)^(moduleload|olcModuleLoad:|overlay) chancery$\n", "", text)
    text = re.sub(r"(?m)^chancery-.*\n", "", text)
    text = re.sub(r"(?m)^dn: olcOverlay=.*\n(.+\n)*\n", "", text)
    return re.sub(r"(?m)^(olcAccess: |access )to attrs=chanceryStatus\n([ \t].*\n)*",
                  "", text)


def use_conf(w, overlay=True):
    """This world with slapd.conf.example."""
    write(w.path("slapd.conf"), placed(text_of("slapd.conf.example"), w, overlay))


def use_ldif(w, overlay=True):
    """This world with packaging/slapd-config.ldif."""
    text = placed(text_of("packaging", "slapd-config.ldif"), w, overlay)
    shutil.rmtree(w.path("slapd.d"), ignore_errors=True)
    os.mkdir(w.path("slapd.d"))
    w.tool("slapadd", ["-n0", "-F", w.path("slapd.d")], text)


def subschema(w):
    connection = w.connect()
    (_, entry), = connection.search_s("cn=Subschema", ldap.SCOPE_BASE,
                                      attrlist=list(TYPES))
    connection.unbind_s()
    return entry


def definitions(entry):
    """{OID: (names, normalized definition)}; nothing may stand there twice."""
    out = {}
    for kind in TYPES:
        for value in entry[kind]:
            text = " ".join(value.decode().split())
            oid = text.split()[1]
            assert oid not in out, f"{oid} twice"
            out[oid] = (tuple(re.findall(r"NAME (?:\( )?'([^']+)'", text)), text)
    return out


# --- cn=config as a table -------------------------------------------------------

def normal(attribute, value):
    """Spellings that mean the same, as one."""
    value = re.sub(r"^\{-?\d+\}", "", value)
    value = " ".join(value.lower().split())
    value = value.replace("dn.exact=", "dn.base=").replace("+0 break", "break")
    if attribute == "olcdbindex":
        names, _, kinds = value.partition(" ")
        return [f"{n} {kinds}" for n in names.split(",")]
    return [value]


def configuration(w, *arguments):
    """{DN: {attribute: values}} of the configuration in w's slapd.d."""
    text = w.tool("slapcat", ["-n0", "-o", "ldif-wrap=no", *arguments]).stdout.decode()
    out = {}
    for record in text.strip().split("\n\n"):
        lines = record.split("\n")
        dn = lines[0].partition(": ")[2].lower()
        if ",cn=schema," in dn:
            continue
        entry = out.setdefault(dn, {})
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            name = name.rstrip(":").lower()
            if name.startswith("olc") and name not in ("olcconfigfile", "olcconfigdir"):
                entry.setdefault(name, []).extend(normal(name, value))
    for entry in out.values():
        for name in entry:
            # The order of access rules and bases matters, others' does not.
            if name not in ("olcaccess", "olcchancerybase", "olcmoduleload"):
                entry[name].sort()
    return out


MINIMAL = """modulepath /usr/lib/ldap
moduleload back_mdb
moduleload back_monitor
{module}
database frontend
{frontend}
database config
database mdb
suffix "dc=example,dc=com"
directory {directory}
{overlay}
database monitor
"""


def defaults(w):
    """What slapd shows where nothing is configured."""
    folder = w.path("minimal.d")
    os.mkdir(folder)
    base = "overlay chancery\nchancery-base dc=example dc=example,dc=com"
    write(w.path("minimal.conf"), "".join(
        f"include /etc/ldap/schema/{n}.schema\n"
        for n in ("core", "cosine", "inetorgperson"))
        + MINIMAL.format(module=f"moduleload {OVERLAY}", frontend=base,
                         overlay="overlay chancery",
                         directory=w.path("db", "directory")))
    w.tool("slaptest", ["-f", w.path("minimal.conf"), "-F", folder])
    return configuration(w, "-F", folder)


def differences(conf, ldif, default):
    out = []
    for dn in sorted(set(conf) | set(ldif)):
        if dn not in conf or dn not in ldif:
            out.append(f"{dn}: only in {'conf' if dn in conf else 'ldif'}")
            continue
        for name in sorted(set(conf[dn]) | set(ldif[dn])):
            usual = default.get(dn, {}).get(name, DEFAULTS_SHOWN.get((dn, name)))
            # What stands in cn=config, every database begins with.
            inherited = ldif["cn=config"].get(name, usual)
            a, b = conf[dn].get(name, usual), ldif[dn].get(name, inherited)
            if a != b:
                out.append(f"{dn} {name}: conf {a}, ldif {b}")
    return out


# --- the cases --------------------------------------------------------------------

def check_generated():
    p = subprocess.run([os.path.join(ROOT, "schema", "schema2ldif.py"), "--check"],
                       capture_output=True, text=True, check=False)
    check("the .ldif files are what the .schema files give", p.returncode == 0, p.stdout)


def check_forms(w):
    """Both forms of the schema, in a slapd without Chancery."""
    seen = {}
    for form, use in (("conf", use_conf), ("ldif", use_ldif)):
        with case(f"a plain slapd loads the {form} form"):
            use(w, overlay=False)
            w.start()
            try:
                seen[form] = definitions(subschema(w))
            finally:
                w.stop()
            ours = [n for names, _ in seen[form].values() for n in names]
            for name in ("chanceryRevoked", "chanceryPerson", "chanceryPartner",
                         "pgpKeyInfo", "pgpServerInfo", "gpgFingerprint"):
                assert name in ours, name
    with case("both forms give the same cn=Subschema"):
        assert len(seen["conf"]) > 100
        assert seen["conf"] == seen["ldif"], sorted(
            set(seen["conf"].items()) ^ set(seen["ldif"].items()))[:4]

def check_examples(w):
    converted = w.path("converted.d")
    with case("slaptest accepts slapd.conf.example"):
        shutil.rmtree(w.path("slapd.d"), ignore_errors=True)
        use_conf(w)
        os.mkdir(converted)
        w.tool("slaptest", ["-f", w.path("slapd.conf"), "-F", converted])
    with case("a mistake in it would be noticed"):
        write(w.path("bad.conf"),
              placed(text_of("slapd.conf.example"), w) + "chancery-nonsense on\n")
        try:
            w.tool("slaptest", ["-f", w.path("bad.conf")])
        except WorldError:
            pass
        else:
            raise AssertionError("slaptest accepted chancery-nonsense")
    with case("slapadd and slaptest accept packaging/slapd-config.ldif"):
        use_ldif(w)
        w.tool("slaptest", ["-F", w.path("slapd.d")])
    with case("both are the same configuration"):
        conf = configuration(w, "-F", converted)
        ldif = configuration(w, "-F", w.path("slapd.d"))
        found = differences(conf, ldif, defaults(w))
        assert not found, "; ".join(found)
        assert len(ldif) == 9, sorted(ldif)
        # The comparison itself can tell: one access rule less is a difference.
        ldif["olcdatabase={1}mdb,cn=config"]["olcaccess"].pop()
        assert len(differences(conf, ldif, {})) >= 1
    shutil.rmtree(w.path("slapd.d"), ignore_errors=True)


def check_served(w, form):
    """The example as it stands serves the demonstration's entries as promised."""
    mail = "(mail=anna.muster@example.com)"
    with case(f"{form}: Anna is found under the published base, once"):
        found = w.search("dc=example", mail)
        assert [dn for dn, _ in found] == [
            "mail=anna.muster@example.com,ou=people,dc=example"], found
        assert found[0][1]["userCertificate;binary"] == [
            w.cert("anna.muster@example.com", "good")]
    with case(f"{form}: registry, services and passwords stay private"):
        everything = repr(w.search("dc=example", "(|(objectClass=*)(mail=*))",
                                   ["*", "+"])).lower()
        assert "anna.muster" in everything
        for word in ("canary", "userpassword", "ou=registry", "ou=services"):
            assert word not in everything, word
        for base in (SUFFIX, f"ou=registry,{SUFFIX}"):
            try:
                got = w.search(base)
            except ldap.NO_SUCH_OBJECT:
                continue
            raise AssertionError(f"{base}: {[dn for dn, _ in got]}")
    with case(f"{form}: a password needs TLS, a stranger does not"):
        clerk = f"cn=clerk,ou=services,{SUFFIX}"
        try:
            w.connect(w.uri, clerk, "demo-clerk")
        except ldap.CONFIDENTIALITY_REQUIRED:
            pass
        else:
            raise AssertionError("a password went through in clear")
        connection = w.connect(w.ldaps_uri, clerk, "demo-clerk")
        assert connection.whoami_s() == f"dn:{clerk}"
        found = connection.search_s(f"ou=registry,{SUFFIX}", ldap.SCOPE_SUBTREE)
        assert len(found) == 2, found
        connection.unbind_s()
    with case(f"{form}: root over ldapi writes; chanceryRevoked comes and goes"):
        root = w.connect_root()
        dn = f"mail=emil.gross@example.com,ou=people,{SUFFIX}"
        values = [b'{ serialNumber 1, issuer rdnSequence:"cn=A" }',
                  b'{ serialNumber 2, issuer rdnSequence:"cn=A" }']
        root.modify_s(dn, [(ldap.MOD_ADD, "chanceryRevoked", values)])
        root.modify_s(dn, [(ldap.MOD_DELETE, "chanceryRevoked", values[:1])])
        try:
            root.modify_s(dn, [(ldap.MOD_ADD, "chanceryRevoked", values[1:])])
        except ldap.TYPE_OR_VALUE_EXISTS:
            pass
        else:
            raise AssertionError("the same value was stored twice")
        (_, entry), = root.search_s(dn, ldap.SCOPE_BASE)
        assert entry["chanceryRevoked"] == values[1:], entry
        root.modify_s(dn, [(ldap.MOD_DELETE, "chanceryRevoked", None)])
        root.unbind_s()
    with case(f"{form}: a key as gpg sends it is accepted"):
        root = w.connect_root()
        dn = f"pgpCertID=0123456789ABCDEF,ou=keys,{SUFFIX}"
        root.add_s(dn, ldap.modlist.addModlist({
            "objectClass": [b"pgpKeyInfo"], "pgpCertID": [b"0123456789ABCDEF"],
            "pgpKeyID": [b"89ABCDEF"], "pgpKeyType": [b"RSA"],
            "pgpKeySize": [b"03072"], "pgpKeyCreateTime": [b"20260101120000Z"],
            "pgpKeyExpireTime": [b"20280101120000Z"], "pgpDisabled": [b"0"],
            "pgpRevoked": [b"0"], "pgpSubKeyID": [b"FEDCBA9876543210"],
            "pgpUserID": ["Zoë Müller <zoe.mueller@example.com>".encode()],
            "gpgMailbox": [b"zoe.mueller@example.com"],
            "gpgFingerprint": [b"00112233445566778899AABB0123456789ABCDEF"],
            "gpgSubFingerprint": [b"00112233445566778899AABBFEDCBA9876543210"],
            "pgpKey": [b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n"]}))
        (_, entry), = root.search_s(
            f"ou=keys,{SUFFIX}", ldap.SCOPE_SUBTREE,
            "(&(gpgMailbox=zoe.mueller@example.com)"
            "(!(|(pgpRevoked=1)(pgpDisabled=1))))")
        assert entry["pgpCertID"] == [b"0123456789ABCDEF"]
        root.delete_s(dn)
        root.unbind_s()


def check_oids(w):
    """OIDS.md against what a slapd with everything loaded knows."""
    text = text_of("schema", "OIDS.md")
    rows = re.findall(r"(?m)^\| arc((?:\.\d+)+) \| (\w+) \|", text)
    equal("OIDS.md lists each number once", len({o for o, _ in rows}), len(rows))
    equal("OIDS.md lists each name once", len({n for _, n in rows}), len(rows))
    # arc.5 and arc.6 are the demonstration's, which no installation loads.
    wanted = {ARC + oid: (name,) for oid, name in rows if oid[1] not in "56"}
    got = {oid: names for oid, (names, _) in definitions(subschema(w)).items()
           if oid.startswith(ARC)}
    equal("OIDS.md is what slapd knows", got, wanted)
    demo = [(f".{5 + (kind == 'objectclass')}.{number}", name)
            for kind, number, name in re.findall(
                r"(?m)^(\w+) \( company\w+:(\d+)\s+NAME '(\w+)'",
                text_of("demo", "company.schema"))]
    equal("OIDS.md is what the demonstration knows", sorted(demo),
          sorted(row for row in rows if row[0][1] in "56"))
    options = dict(re.findall(r"(?m)^\| arc\.3\.\d+ \| (\w+) \| ([a-z-]+) \|", text))
    for attribute, option in options.items():
        name = "olc" + "".join(w.capitalize() for w in option.split("-"))
        equal(f"{option} is {attribute}", attribute, name)


def main():
    check_generated()
    with contextlib.closing(World(overlay=False)) as w:
        w.build()
        check_forms(w)
    with contextlib.closing(World()) as w:
        w.build()
        check_examples(w)
        for form, use in (("conf", use_conf), ("ldif", use_ldif)):
            use(w)
            w.start()
            check_served(w, form)
            if form == "conf":
                check_oids(w)
            w.stop()
    return done()


if __name__ == "__main__":
    sys.exit(main())
