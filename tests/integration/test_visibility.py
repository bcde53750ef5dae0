#!/usr/bin/python3
"""Nothing but the configured containers and attributes is ever seen under a
published base, and nothing at all under the real suffix by those who have no
business there.

The directory is full of canaries: every value that must stay invisible holds the
word, so that each octet a stranger's connection receives can be searched for it,
for names of the real tree and for names of unpublished attributes, whatever
entry, result or error text carries them. What may be found must not depend on
what may not be seen: each question about a hidden attribute is compared with the
same question about an attribute that does not exist.

run: limit=600
"""
import itertools
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import paths  # noqa: F401
import certs
import entries
import ldapclient as lc
import people
from check import case, check, done, equal
from ldapwire import filter_escape
from overlayworld import (AUTHORITIES, COMPANY, DAY, PEOPLE, SUFFIX, SYNCPROV,
                          SYNCPROV_MODULE, World, person, person_dn)
from settings import local_root

PUBLISHED, SECOND, LONG = "dc=example", "o=Second Name", "ou=deep,o=published,c=CH"
BASES = (PUBLISHED, SECOND, LONG)

# What no stranger's connection may ever hear, as octets, without case.
FORBIDDEN = re.compile(
    rb"canary|dc=com|\{ssha\}|registry|services|employeenumber|homephone|"
    rb"entryuuid|entrycsn|creatorsname|modifiersname|createtimestamp|"
    rb"structuralobjectclass|userpassword|subschemasubentry|hassubordinates|"
    rb"aliasedobjectname|chancerystatus|chanceryrevoked|manager|contextcsn", re.I)

ALLOWED = {name.lower() for name in """objectClass cn sn givenName initials
displayName mail o ou dc c l st street postalAddress postalCode title telephoneNumber
facsimileTelephoneNumber physicalDeliveryOfficeName departmentNumber preferredLanguage
userCertificate;binary userSMIMECertificate userSMIMECertificate;binary
cACertificate;binary crossCertificatePair;binary certificateRevocationList;binary
authorityRevocationList;binary deltaRevocationList;binary pgpBaseKeySpaceDN pgpSoftware
pgpVersion pgpKey pgpCertID pgpKeyID pgpKeyType pgpKeySize pgpKeyCreateTime
pgpKeyExpireTime pgpUserID pgpSignerID pgpSubKeyID pgpRevoked pgpDisabled gpgFingerprint
gpgSubFingerprint gpgMailbox""".split()}

SECRET = {  # of walter: attribute, stored value
    "userPassword": "canary-on-a-person", "description": "canary-description",
    "uid": "canary-uid", "employeeNumber": "canary-4711",
    "homePhone": "+41 44 555 00 99", "roomNumber": "canary-room",
    "employeeType": "canary-type", "homePostalAddress": "canary-home",
    "mobile": "+41 79 555 00 98", "manager": f"cn=clerk,ou=services,{SUFFIX}",
    "seeAlso": f"cn=canary-in-the-registry,ou=registry,{SUFFIX}",
}
HIDDEN = person_dn("hidden.values@example.com")


def extra_entries():
    """Beside the demonstration's people: one full of canaries, an ordinary user
    who can log in, aliases, a referral, a key, and traps by name."""
    out = person("hidden.values@example.com", name="Hidden Values",
                 more=list(SECRET.items()))
    out += person("ordinary@example.com", name="Ordinary User",
                  more=[("userPassword", "canary-ordinary")])
    def alias(name, target):
        return entries.entry(f"cn={name},{PEOPLE}", ("alias", "extensibleObject"),
                             [("cn", name), ("aliasedObjectName", target)])
    out += alias("Other Name of Anna", person_dn("anna.muster@example.com"))
    out += alias("Way In", f"cn=canary-in-the-registry,ou=registry,{SUFFIX}")
    out += alias("Way In Two", f"ou=services,{SUFFIX}")
    out += alias("Nowhere", f"cn=canary-nowhere,{SUFFIX}")
    out += entries.entry(
        f"ou=Elsewhere,{PEOPLE}", ("referral", "extensibleObject"),
        [("ou", "Elsewhere"), ("ref", "ldap://127.0.0.1:1/dc=canary-of-a-referral")])
    out += entries.entry(
        f"pgpCertID=0123456789ABCDEF,ou=keys,{SUFFIX}", ("pgpKeyInfo",),
        [("pgpCertID", "0123456789ABCDEF"), ("pgpKey", "-----BEGIN PGP-----"),
         ("pgpUserID", "Anna Muster <anna.muster@example.com>"),
         ("gpgMailbox", "anna.muster@example.com")])
    # a container that looks like a published one, and people below a person
    out += entries.entry(f"ou=peopleX,{SUFFIX}", ("organizationalUnit",),
                         [("ou", "peopleX"), ("description", "canary-x")])
    out += entries.entry(f"cn=canary-x,ou=peopleX,{SUFFIX}", ("inetOrgPerson",),
                         [("cn", "canary-x"), ("sn", "canary-x"),
                          ("mail", "anna.muster@example.com")])
    out += entries.entry(f"ou=people,ou=registry,{SUFFIX}", ("organizationalUnit",),
                         [("ou", "people"), ("description", "canary-inner")])
    out += entries.entry(f"cn=canary-y,ou=people,ou=registry,{SUFFIX}",
                         ("inetOrgPerson",), [("cn", "canary-y"), ("sn", "Muster"),
                                              ("mail", "anna.muster@example.com")])
    return out


def new_world(**options):
    return World(published=BASES, ldif=extra_entries(), extra_config=SYNCPROV_MODULE,
                 extra_database=SYNCPROV, **options)


def stored_people(w):
    """Real names of everybody that a subtree search may find."""
    with lc.as_root(w) as root:
        names = []
        for branch in ("people", "partners"):
            answer = root.search(f"ou={branch},{SUFFIX}", lc.ONE,
                                 "(|(objectClass=person)(objectClass=alias))", ["1.1"])
            names += [e.dn for e in answer.entries]
    return names


def published_name(dn, base):
    assert dn.endswith(SUFFIX), dn
    return dn[:-len(SUFFIX)] + base


def no_leak(name, client):
    """One case: this connection heard nothing that it must not."""
    heard = client.heard()
    found = FORBIDDEN.search(heard)
    around = heard[max(0, found.start() - 80):found.end() + 80] if found else b""
    return check(f"{name}: nothing hidden among {len(heard)} octets", not found,
                 f"{found and found.group()!r} in {around!r}")


def sound(answer, base):
    """What must hold of every answer under a published base."""
    problems = []
    if answer.matched and not answer.matched.endswith(base or PUBLISHED):
        problems.append(f"matchedDN {answer.matched}")
    if answer.references:
        problems.append(f"references {answer.references}")
    for entry in answer.entries:
        dn = entry.dn.lower()
        if not dn.endswith((base or PUBLISHED).lower()):
            problems.append(f"name {entry.dn}")
        front = dn[:-len(base or PUBLISHED)].rstrip(",")
        if front and not re.search(
                r"(^|,)(ou=people|ou=partners|ou=keys|ou=authorities|cn=pgpserverinfo)$",
                front):
            problems.append(f"name {entry.dn}")
        problems += [f"{entry.dn}: attribute {n}" for n in entry.names()
                     if n.lower() not in ALLOWED]
    return problems


FILTERS = (
    "(&)", "(|)", "(!(&))", "(!(cn=x))", "(objectClass=*)", "(!(objectClass=x))",
    "(|(objectClass=*)(cn=*))", "(cn=*)", "(mail=*)", "(!(mail=*))", "(sn=Muster)",
    "(mail=anna.muster@example.com)", "(&(mail=*)(!(cn=anna*)))", "(userCertificate=*)",
    "(!(userCertificate=*))", "(!(userSMIMECertificate=*))", "(description=*)",
    "(!(description=*))", "(userPassword=*)", "(!(userPassword=x))",
    "(|(userPassword=*)(mail=anna*))", "(entryDN=*)", f"(entryDN={SUFFIX})",
    f"(entryDN:dnSubtreeMatch:=ou=registry,{SUFFIX})", "(ou:dn:=registry)",
    "(:dn:caseIgnoreMatch:=registry)", "(:caseIgnoreMatch:=canary-in-the-registry)",
    "(cn=canary*)", "(|(cn=canary-in-the-registry)(cn=clerk))",
    "(objectClass=organizationalRole)", "(objectClass=simpleSecurityObject)",
    "(objectClass=organizationalUnit)", "(ou=*)", "(!(ou=people))", "(objectClass=alias)",
    "(objectClass=referral)", "(ref=*)", "(aliasedObjectName=*)", "(hasSubordinates=TRUE)",
    "(subschemaSubentry=*)", "(structuralObjectClass=inetOrgPerson)", "(entryCSN>=2000)",
    "(createTimestamp<=29990101000000Z)", "(chanceryStatus=*)", "(chanceryRevoked=*)",
    "(creatorsName=*)", "(nosuch=*)", "(!(nosuch=*))", "(objectClass=pgpKeyInfo)",
    "(objectClass=pkiCA)", "(dc=*)", "(cn>=a)", "(cn<=zz)", "(cn~=registry)",
)
SCOPES = (lc.BASE, lc.ONE, lc.SUB, lc.SUBORDINATE)
WANTED = ((), ("*",), ("+",), ("*", "+"), ("1.1",), ("@inetOrgPerson",),
          ("@extensibleObject",), ("@top", "@simpleSecurityObject"), ("!inetOrgPerson",),
          ("userPassword", "description", "uid", "entryUUID", "entryCSN", "creatorsName"),
          ("USERPASSWORD", "2.5.4.35", "2.5.4.13", "entryDN", "memberOf"),
          ("mail", "chanceryStatus", "chanceryRevoked", "structuralObjectClass"),
          ("cn", "userPassword;lang-de", "description;binary", "aliasedObjectName", "ref"),
          ("userCertificate", "userSMIMECertificate;binary", "userSMIMECertificate"))


def test_everything_asked(w, label):
    """Every base, scope, filter; every base, scope, list of attributes, alias."""
    below = ("", "ou=people,", "ou=keys,", "cn=PGPServerInfo,", "ou=authorities,",
             "mail=hidden.values@example.com,ou=people,", "ou=registry,",
             "cn=canary-in-the-registry,ou=registry,", "cn=clerk,ou=services,",
             "cn=Way In,ou=people,", "ou=Elsewhere,ou=people,", "ou=peopleX,")
    bases = [front + base for base in (PUBLISHED, LONG) for front in below] + [SECOND, ""]
    asked = 0
    problems, codes = [], set()
    with lc.anonymous(w) as client:
        for base, scope, text in itertools.product(bases, SCOPES, FILTERS):
            if (base, scope) == ("", lc.BASE):
                continue
            answer = client.search(base, scope, text)
            asked += 1
            codes.add(answer.code)
            root = next((b for b in BASES if base.endswith(b)), PUBLISHED)
            problems += [f"{base} {scope} {text}: {p}" for p in sound(answer, root)]
        check(f"{label}: {asked} filters are answered soundly", not problems, problems[:5])
        check(f"{label}: with success or noSuchObject", codes <= {lc.OK, lc.NO_OBJECT},
              codes)
        no_leak(f"{label}: {asked} filters", client)
    asked, problems = 0, []
    with lc.anonymous(w) as client:
        for base, scope, wanted, alias in itertools.product(
                bases, SCOPES, WANTED, range(4)):
            if (base, scope) == ("", lc.BASE):
                continue
            answer = client.search(base, scope, "(objectClass=*)", wanted, alias)
            asked += 1
            root = next((b for b in BASES if base.endswith(b)), PUBLISHED)
            problems += [f"{base} {scope} {wanted} {alias}: {p}"
                         for p in sound(answer, root)]
        check(f"{label}: {asked} attribute lists and alias modes are answered soundly",
              not problems, problems[:5])
        no_leak(f"{label}: {asked} attribute lists", client)


def test_who_is_found(w, label):
    """The right ones are there, or silence would pass all of the above."""
    stored = stored_people(w)
    with lc.anonymous(w) as client:
        for base in BASES:
            answer = client.search(base, lc.SUB, "(objectClass=*)", ["1.1"])
            equal(f"{label}: {base}: everybody is found, and nobody else",
                  sorted(e.dn for e in answer.entries),
                  sorted(published_name(dn, base) for dn in stored))
        answer = client.search("", lc.SUB, "(objectClass=*)", ["1.1"])
        equal(f"{label}: the empty base is the first published one",
              sorted(e.dn for e in answer.entries),
              sorted(published_name(dn, PUBLISHED) for dn in stored))
        answer = client.search("", lc.ONE, "(objectClass=*)", ["1.1"])
        equal(f"{label}: one level below the empty base is the published one",
              [e.dn for e in answer.entries], [PUBLISHED])
        answer = client.search(PUBLISHED, lc.ONE, "(objectClass=*)", ["1.1"])
        equal(f"{label}: one level below it are the containers",
              sorted(e.dn for e in answer.entries),
              sorted(f"{rdn},{PUBLISHED}" for rdn in (
                  "ou=people", "ou=partners", "ou=keys", "ou=authorities",
                  "cn=PGPServerInfo")))
        answer = client.search(PUBLISHED, lc.SUB, "(objectClass=organizationalUnit)",
                               ["1.1"])
        equal(f"{label}: containers are found by their class",
              sorted(e.dn for e in answer.entries),
              sorted(f"ou={ou},{PUBLISHED}" for ou in (
                  "people", "partners", "keys", "authorities")))
        answer = client.search(f"ou=partners,{PUBLISHED}", lc.SUBORDINATE,
                               "(objectClass=*)", ["1.1"])
        equal(f"{label}: a container's subordinates",
              sorted(e.dn for e in answer.entries),
              sorted(f"mail={p.mail},ou=partners,{PUBLISHED}" for p in people.PARTNERS))
        dn = person_dn("anna.muster@example.com", PUBLISHED)
        answer = client.search(dn.upper(), lc.BASE, "(objectClass=*)")
        equal(f"{label}: an answer's name can be read again, in any case",
              [e.dn for e in answer.entries], [dn])
        got = answer.entries[0] if answer.entries else None
        equal(f"{label}: with its certificate", got and got.values("userCertificate;binary"),
              [w.cert("anna.muster@example.com", "good")])
        answer = client.search(f"cn=PGPServerInfo,{PUBLISHED}", lc.BASE,
                               "(objectClass=*)", ["pgpBaseKeySpaceDN"])
        equal(f"{label}: names inside values are published ones",
              [e.texts("pgpBaseKeySpaceDN") for e in answer.entries],
              [[f"ou=keys,{PUBLISHED}"]])
        answer = client.search(f"cn=PGPServerInfo,{LONG}", lc.BASE, "(objectClass=*)")
        equal(f"{label}: of the base that was asked",
              [e.texts("pgpBaseKeySpaceDN") for e in answer.entries],
              [[f"ou=keys,{LONG}"]])
        answer = client.search(PUBLISHED, lc.SUB,
                               "(gpgMailbox=anna.muster@example.com)", ["pgpCertID"])
        equal(f"{label}: keys are found by what only they have",
              [e.texts("pgpCertID") for e in answer.entries], [["0123456789ABCDEF"]])
        answer = client.search(PUBLISHED, lc.SUB, "(sn=Muster)", ["cn"], types_only=True)
        equal(f"{label}: types without values", [e.attributes for e in answer.entries],
              [[("cn", [])]])


def found(client, text, base=PUBLISHED):
    answer = client.search(base, lc.SUB, text, ["1.1"])
    return answer.code, sorted(e.dn for e in answer.entries)


def oracle_shapes(name, value):
    v = filter_escape(value)
    return (f"({name}=*)", f"(!({name}=*))", f"({name}={v})", f"(!({name}={v}))",
            f"({name}={v[:3]}*)", f"({name}=*{v[2:5]}*)", f"({name}>={v})",
            f"({name}<={v})", f"({name}~={v})", f"({name}:={v})",
            f"({name}:caseIgnoreMatch:={v})", f"({name}:dn:={v})",
            f"(&(mail=hidden*)({name}={v}))", f"(&(mail=hidden*)(!({name}={v})))",
            f"(&(objectClass=*)({name}=*))", f"(|({name}={v})(mail=anna*))",
            f"(|(!({name}={v}))(cn=nobody))", f"(&({name}=*)(userCertificate=*))",
            f"(|({name}={v})(userCertificate=*))",
            f"(!(|({name}={v})(!(userCertificate=*))))", f"({name};lang-de={v})")


def test_no_oracle(w, label):
    """A hidden attribute is like one that does not exist, whatever its value."""
    secrets = dict(SECRET)
    with lc.as_root(w) as root:
        stored = root.search(HIDDEN, lc.BASE, "(objectClass=*)", ["*", "+"]).entries[0]
    for name in ("entryUUID", "entryCSN", "creatorsName", "modifiersName", "entryDN",
                 "createTimestamp", "modifyTimestamp", "structuralObjectClass",
                 "subschemaSubentry", "hasSubordinates"):
        secrets[name] = stored.texts(name)[0]
    secrets["2.5.4.13"] = SECRET["description"]
    secrets["memberOf"], secrets["contextCSN"] = "cn=x", "x"
    secrets["chanceryStatus"], secrets["chanceryRevoked"] = "published", "x"
    with lc.anonymous(w) as client:
        for name, value in secrets.items():
            same = [(shape.replace(name, "noSuchAttribute", 1), shape)
                    for shape in oracle_shapes(name, value)]
            wrong = [(ours, got, want) for theirs, ours in same
                     for got, want in [(found(client, ours), found(client, theirs))]
                     if got != want]
            check(f"{label}: {name} tells nothing in {len(same)} filters", not wrong,
                  wrong[:3])
        no_leak(f"{label}: questions about hidden attributes", client)
    with lc.anonymous(w) as client:
        dn = person_dn("hidden.values@example.com", PUBLISHED)
        for name, value in secrets.items():
            answers = set()
            for asked in (dn, person_dn("nobody@example.com", PUBLISHED)):
                answer = client.compare(asked, name, value)
                answers.add((answer.code, answer.matched, answer.text))
            check(f"{label}: compare {name} tells nothing", len(answers) == 1
                  and answers.isdisjoint((lc.COMPARE_TRUE, lc.COMPARE_FALSE)), answers)
            codes = set()
            for v in (value, "something else"):
                answer = client.search(dn, lc.BASE, "(objectClass=*)", ["mail"],
                                       controls=[lc.assertion(
                                           f"({name}={filter_escape(v)})")])
                codes.add((answer.code, len(answer.entries)))
            check(f"{label}: the assertion control on {name} tells nothing",
                  len(codes) == 1, codes)
            codes = set()
            for v in (value, "something else"):
                answer = client.search(dn, lc.BASE, "(objectClass=*)", ["*", "+"],
                                       controls=[lc.matched_values(
                                           [f"({name}={filter_escape(v)})"])])
                codes.add((answer.code, repr(answer.entries)))
            check(f"{label}: matched values of {name} tell nothing", len(codes) == 1,
                  codes)
        no_leak(f"{label}: compare, assertion and matched values", client)


def test_existence(w, label):
    """What is hidden is not there: no other answer than for what never was."""
    with lc.anonymous(w) as client:
        for hidden, absent in (
                ("ou=registry", "ou=nosuch"), ("ou=services", "ou=nosuch"),
                ("cn=canary-in-the-registry,ou=registry", "cn=nosuch,ou=registry"),
                ("cn=clerk,ou=services", "cn=nosuch,ou=services"),
                ("ou=peopleX", "ou=peopleY"),
                ("cn=canary-y,ou=people,ou=registry", "cn=nosuch,ou=people,ou=registry")):
            for scope in SCOPES:
                answers = []
                for rdn in (hidden, absent):
                    a = client.search(f"{rdn},{PUBLISHED}", scope, "(objectClass=*)")
                    answers.append((a.code, a.matched, a.text, a.references, a.entries))
                check(f"{label}: scope {scope} at {hidden} is noSuchObject",
                      answers[0] == answers[1] and answers[0][0] == lc.NO_OBJECT, answers)
        no_leak(f"{label}: existence", client)


def test_controls(w, label):
    with lc.anonymous(w) as client:
        everybody = found(client, "(objectClass=*)")[1]
        for size in (1, 2, 7, 100, 500):
            got, cookie, pages = [], b"", 0
            while True:
                answer = client.search(PUBLISHED, lc.SUB, "(objectClass=*)", ["1.1"],
                                       controls=[lc.paged(size, cookie)])
                if answer.code != lc.OK or pages > len(everybody) + 20:
                    break
                got += [e.dn for e in answer.entries]
                pages += 1
                reader = lc.ber.Reader(answer.controls[lc.PAGED]).inside()
                reader.integer()
                cookie = reader.octets_value()
                if not cookie:
                    break
            equal(f"{label}: pages of {size} bring everybody once", sorted(got), everybody)
        answer = client.search(PUBLISHED, lc.SUB, "(objectClass=*)", ["1.1"],
                               size=len(everybody))
        equal(f"{label}: hidden entries do not count against the size limit",
              (answer.code, len(answer.entries)), (lc.OK, len(everybody)))
        answer = client.search(PUBLISHED, lc.SUB, "(objectClass=*)", ["1.1"],
                               size=len(everybody) - 1)
        equal(f"{label}: over the size limit the ones found so far come",
              (answer.code, len(answer.entries)), (lc.SIZE, len(everybody) - 1))
        answer = client.search(PUBLISHED, lc.SUB, "(objectClass=*)", ["1.1"], time=5)
        equal(f"{label}: with a time limit", answer.code, lc.OK)
        for mode in (1, 3):
            for critical in (True, False):
                answer = client.search(PUBLISHED, lc.SUB, "(objectClass=*)",
                                       controls=[lc.sync(mode, critical)])
                check(f"{label}: sync control {mode}, critical {critical}, is refused",
                      answer.code == lc.UNWILLING and not answer.entries and
                      "replicate the real suffix" in answer.text,
                      answer)
        for name, control, codes in (
                ("sort, critical", lc.sort("cn"), {lc.OK, lc.NO_EXTENSION}),
                ("sort", lc.sort("cn", False), {lc.OK}),
                ("list view, critical", lc.vlv(0, 5, 1), {lc.NO_EXTENSION}),
                ("manageDSAIT", lc.Control(lc.MANAGE_DSA, None, True), {lc.OK}),
                ("subentries", lc.Control(lc.SUBENTRIES, b"\x01\x01\xff", True), {lc.OK}),
                ("domain scope", lc.Control(lc.DOMAIN_SCOPE, None, True), {lc.OK}),
                ("do not use copy", lc.Control(lc.DONT_USE_COPY, None, True),
                 {lc.OK, lc.NO_EXTENSION}),
                ("proxied as root", lc.Control(
                    lc.PROXY, f"dn:cn=chancery,{SUFFIX}".encode(), True),
                 {123, lc.PROTOCOL, lc.NO_EXTENSION, lc.ACCESS}),
                ("unknown, critical", lc.Control("1.2.3.4", None, True), {lc.NO_EXTENSION}),
                ("unknown", lc.Control("1.2.3.4"), {lc.OK})):
            for scope in SCOPES:
                for base in (PUBLISHED, f"ou=people,{PUBLISHED}",
                             f"ou=registry,{PUBLISHED}"):
                    answer = client.search(base, scope, "(objectClass=*)", ["*", "+"],
                                           controls=[control])
                    problems = sound(answer, PUBLISHED)
                    if answer.code not in codes | {lc.NO_OBJECT} or problems:
                        check(f"{label}: control {name} at {base}", False,
                              f"{answer.code} {answer.text} {problems}")
            check(f"{label}: control {name}: asked", True)
        answer = client.search(
            PUBLISHED, lc.SUB, "(mail=anna.muster@example.com)", ["mail", "cn"],
            controls=[lc.matched_values(["(mail=a.muster*)", "(cn=x)"])])
        equal(f"{label}: matched values of what is published",
              [(e.texts("mail"), e.texts("cn")) for e in answer.entries],
              [(["a.muster@example.com"], [])])
        no_leak(f"{label}: controls", client)


def test_writes(w, label, who, client):
    """Nothing can be written under a published base, by nobody."""
    anna = person_dn("anna.muster@example.com", PUBLISHED)
    with lc.as_root(w) as root:
        before = repr(root.search(SUFFIX, lc.SUB, "(objectClass=*)", ["*", "+"],
                                  size=0).entries)
    answers = [
        client.add(person_dn("new@example.com", PUBLISHED), [
            ("objectClass", ["inetOrgPerson"]), ("cn", ["x"]), ("sn", ["x"])]),
        client.replace(anna, "title", "changed"),
        client.delete(anna),
        client.rename(anna, "mail=changed@example.com"),
        client.rename(anna, "mail=changed@example.com",
                      superior=f"ou=partners,{PUBLISHED}"),
        client.add(PUBLISHED, [("objectClass", ["domain"]), ("dc", ["example"])]),
        client.compare(anna, "cn", "Anna Muster"),
    ]
    check(f"{label}: {who}: writes to a published base are refused",
          all(a.code not in (lc.OK, lc.COMPARE_TRUE, lc.COMPARE_FALSE) for a in answers),
          [(a.code, a.text) for a in answers])
    with lc.as_root(w) as root:
        after = repr(root.search(SUFFIX, lc.SUB, "(objectClass=*)", ["*", "+"],
                                 size=0).entries)
    check(f"{label}: {who}: and nothing has changed", before == after)


def test_real_suffix(w, label, who, client):
    """To strangers the real suffix does not exist."""
    names = [SUFFIX, PEOPLE, AUTHORITIES, f"ou=registry,{SUFFIX}", HIDDEN,
             f"cn=clerk,ou=services,{SUFFIX}", f"cn=Way In,{PEOPLE}",
             f"ou=Elsewhere,{PEOPLE}", f"cn=under,{HIDDEN}",
             f"cn=nosuch,ou=registry,{SUFFIX}", f"ou=nosuch,{SUFFIX}", "DC=EXAMPLE,DC=COM",
             "ou=people,dc=example , dc=com"]
    wrong = []
    for dn, scope, alias in itertools.product(names, SCOPES, range(4)):
        for controls in ((), (lc.Control(lc.MANAGE_DSA, None, True),),
                         (lc.paged(2),), (lc.sync(1),)):
            if controls and controls[0].oid == lc.SYNC and alias & 1:
                continue    # RFC 4533 section 3.3: a protocol error
            a = client.search(dn, scope, "(objectClass=*)", alias and () or ["*", "+"],
                              alias, controls=controls)
            if (a.code, a.matched, a.entries, a.references) != (lc.NO_OBJECT, "", [], []):
                wrong.append((dn, scope, alias, [c.oid for c in controls], a, a.matched))
    check(f"{label}: {who}: every search there is noSuchObject", not wrong, wrong[:3])
    wrong = []
    for dn in names:
        for name, value in (("cn", "x"), ("userPassword", "canary-on-a-person"),
                            ("objectClass", "inetOrgPerson"), ("nosuch", "x")):
            a = client.compare(dn, name, value)
            if (a.code, a.matched) not in ((lc.NO_OBJECT, ""), (lc.UNDEFINED_TYPE, "")):
                wrong.append((dn, name, a.code, a.matched, a.text))
    check(f"{label}: {who}: every compare too", not wrong, wrong[:3])
    no_leak(f"{label}: {who}: there", client)
    wrong, seen = [], {}
    for dn in names[:11]:
        for what, a in (
                ("add", client.add(f"cn=new,{dn}", [
                    ("objectClass", ["device"]), ("cn", ["new"])])),
                ("modify", client.replace(dn, "description", "x")),
                ("delete", client.delete(f"cn=under,{dn}")),
                ("rename", client.rename(f"cn=under,{dn}", "cn=other"))):
            # slapd itself names a matchedDN to those who have logged in
            if a.code == lc.OK or who == "a stranger" and (a.matched or a.references):
                wrong.append((what, dn, a.code, a.matched, a.references))
            seen.setdefault(what, set()).add(a.code)
    check(f"{label}: {who}: writes there fail", not wrong, wrong[:4])
    if who == "a stranger":
        equal(f"{label}: {who}: all in the same way", seen,
              {what: {lc.STRONGER_AUTH} for what in seen})


def test_direct(w, label):
    """Those who work on the real suffix see what is stored."""
    bruno = person_dn("bruno.keller@example.com")
    with lc.as_root(w) as root:
        answer = root.search(bruno, lc.BASE, "(objectClass=*)", ["userCertificate"])
        equal(f"{label}: root sees all four certificates",
              len(answer.entries[0].values("userCertificate;binary")), 4)
        answer = root.search(f"ou=registry,{SUFFIX}", lc.SUB, "(objectClass=*)")
        check(f"{label}: root sees the registry", len(answer.entries) >= 2, answer)
        answer = root.search(person_dn("bruno.keller@example.com", PUBLISHED), lc.BASE,
                             "(objectClass=*)", ["userCertificate"])
        equal(f"{label}: and under the published base what is published",
              answer.entries[0].values("userCertificate;binary"),
              [w.cert("bruno.keller@example.com", "newer")])
        answer = root.search(PUBLISHED, lc.SUB, "(objectClass=*)", ["*", "+"])
        equal(f"{label}: with published names and attributes only",
              [p for p in sound(answer, PUBLISHED) if "chanceryStatus" not in p], [])
        answer = root.search(PUBLISHED, lc.SUB, "(sn=Keller)", ["chanceryStatus"])
        equal(f"{label}: a line of chanceryStatus for each certificate",
              [len(e.texts("chanceryStatus")) for e in answer.entries], [4])
        answer = root.search(SUFFIX, lc.BASE, "(objectClass=*)", controls=[lc.sync(1)])
        equal(f"{label}: root can replicate the real suffix", answer.code, lc.OK)
    clerk = f"cn=clerk,ou=services,{SUFFIX}"
    with lc.as_user(w, clerk, "demo-clerk") as client:
        answer = client.search(bruno, lc.BASE, "(objectClass=*)", ["userCertificate"])
        equal(f"{label}: the clerk sees all four certificates",
              [len(e.values("userCertificate;binary")) for e in answer.entries], [4])


def test_rootdse(w, label):
    with lc.anonymous(w) as client:
        for wanted in ((), ("*", "+"), ("namingContexts",), ("+",)):
            answer = client.search("", lc.BASE, "(objectClass=*)", wanted)
            got = answer.entries[0].texts("namingContexts") if answer.entries else None
            asked = not (wanted == () or wanted == ("*",))
            equal(f"{label}: namingContexts for a stranger who asks {wanted}", got,
                  list(BASES) if asked else [])
            # Java's Direct agent takes an error in any of them as a failure of all.
            for context in got or ():
                code = client.search(context, lc.SUB, "(mail=x@y.example)").code
                equal(f"{label}: {context} can be searched", code, lc.OK)
        check(f"{label}: the rootDSE names nothing hidden",
              not re.search(rb"dc=com|internal|canary", client.heard(), re.I))
        answer = client.search("", lc.BASE, f"(namingContexts={SUFFIX})", ["+"])
        equal(f"{label}: the rootDSE does not confirm the real suffix",
              (answer.code, answer.entries), (lc.OK, []))
    with lc.as_root(w) as root:
        answer = root.search("", lc.BASE, "(objectClass=*)", ["namingContexts"])
        got = answer.entries[0].texts("namingContexts")
        check(f"{label}: root sees the real suffix too", SUFFIX in got and PUBLISHED in got,
              got)


def test_authority_as_base(w, label):
    """gpgsm asks for an issuer's certificate at the issuer's own name."""
    ca = w.authority("issuing")
    with lc.anonymous(w) as client:
        for name in ("CN=Example Issuing CA,O=Example AG,C=CH",
                     "cn=example issuing ca, o=EXAMPLE AG, c=ch"):
            for scope in (lc.BASE, lc.SUB):
                answer = client.search(name, scope, "(objectClass=*)", ["cACertificate"])
                equal(f"{label}: {name}, scope {scope}",
                      [(e.dn, e.values("cACertificate;binary")) for e in answer.entries],
                      [(f"cn=Example Issuing CA,ou=authorities,{PUBLISHED}", [ca.der])])
        for name in ("CN=Nobody,O=Example AG,C=CH", "O=Example AG,C=CH",
                     "CN=x,CN=Example Issuing CA,O=Example AG,C=CH"):
            answer = client.search(name, lc.BASE, "(objectClass=*)", ["cACertificate"])
            equal(f"{label}: {name} is noSuchObject",
                  (answer.code, answer.entries, answer.matched), (lc.NO_OBJECT, [], ""))
        no_leak(f"{label}: authorities", client)
    # As in Active Directory: a subject below the real suffix, or the published one.
    last = w.now + 365 * DAY
    with lc.as_root(w) as root:
        for number, subject in enumerate(("CN=Inner CA,DC=example,DC=com",
                                          "CN=Inner CA,DC=example")):
            inner = certs.Authority.create(subject, w.now - DAY, last,
                                           key=certs.pool_key("rsa2048", 3))
            added = root.add(f"cn=Inner CA {number},{AUTHORITIES}", [
                ("objectClass", ["organizationalRole", "pkiCA"]),
                ("cn", [f"Inner CA {number}"]), ("cACertificate;binary", [inner.der])])
            equal(f"{label}: {subject} is added", added.code, lc.OK)
            with lc.anonymous(w) as client:
                answer = client.search(subject, lc.BASE, "(objectClass=*)",
                                       ["cACertificate"])
                equal(f"{label}: {subject} is answered",
                      [e.values("cACertificate;binary") for e in answer.entries],
                      [[inner.der]])
                no_leak(f"{label}: {subject}", client)
            root.delete(f"cn=Inner CA {number},{AUTHORITIES}")


def test_aliases(w, label):
    other = f"cn=Other Name of Anna,ou=people,{PUBLISHED}"
    anna = person_dn("anna.muster@example.com", PUBLISHED)
    with lc.anonymous(w) as client:
        for mode, want in ((lc.NEVER, other), (lc.SEARCHING, other), (lc.FINDING, anna),
                           (lc.ALWAYS, anna)):
            answer = client.search(other, lc.BASE, "(objectClass=*)", [], mode)
            equal(f"{label}: alias read with mode {mode}",
                  [e.dn for e in answer.entries], [want])
        for mode in range(4):
            answer = client.search(PUBLISHED, lc.SUB, "(mail=anna.muster@example.com)",
                                   [], mode)
            equal(f"{label}: one Anna with mode {mode}", [e.dn for e in answer.entries],
                  [anna])
            for way in ("Way In", "Way In Two", "Nowhere"):
                for scope in SCOPES:
                    answer = client.search(f"cn={way},ou=people,{PUBLISHED}", scope,
                                           "(objectClass=*)", [], mode)
                    if mode in (lc.FINDING, lc.ALWAYS):
                        check(f"{label}: alias '{way}' leads nowhere, mode {mode}, "
                              f"scope {scope}", not answer.entries, answer)
        for scope in SCOPES:
            answer = client.search(f"ou=Elsewhere,ou=people,{PUBLISHED}", scope,
                                   "(objectClass=*)")
            check(f"{label}: a referral is not followed, scope {scope}",
                  not answer.references and answer.code != lc.REFERRAL, answer)
        no_leak(f"{label}: aliases and referrals", client)


def test_attribute_options():
    """chancery-attributes changes the list, chancery-empty-base the empty base."""
    with World(ldif=extra_entries(), extra_frontend=(
            "chancery-attributes +uid -title description\nchancery-empty-base off\n")) as v:
        with lc.anonymous(v) as client:
            answer = client.search(PUBLISHED, lc.SUB, "(uid=canary-uid)")
            equal("options: an added attribute can be asked for and is shown",
                  [(e.texts("uid"), e.texts("description")) for e in answer.entries],
                  [(["canary-uid"], ["canary-description"])])
            answer = client.search(PUBLISHED, lc.SUB, "(sn=Muster)")
            equal("options: a removed one is not", [e.texts("title")
                                                   for e in answer.entries], [[]])
            equal("options: and finds nobody", found(client, "(title=*)"), (lc.OK, []))
            equal("options: nor the empty base",
                  client.search("", lc.SUB, "(sn=Muster)").code, lc.NO_OBJECT)
            equal("options: all others stay hidden", found(client, "(employeeNumber=*)"),
                  (lc.OK, []))


def sees(client, dn=PEOPLE):
    """How many entries of the real suffix somebody gets; None for noSuchObject."""
    answer = client.search(dn, lc.SUB, "(objectClass=*)", ["1.1"])
    return None if answer.code == lc.NO_OBJECT else len(answer.entries)


def test_direct_option(access_all):
    """Who sees the real suffix: the rootdn, and whom chancery-direct names."""
    admin = f"cn=admin,{SUFFIX}"
    staff = f"ou=staff,{COMPANY}"
    with World(access=access_all, below_overlay=(
            f'rootdn "{admin}"\nrootpw demo-admin\n')) as w:
        with lc.as_user(w, admin, "demo-admin") as client:
            check("direct: the rootdn sees the real suffix", sees(client) > 20)
            check("direct: registry too", sees(client, f"ou=registry,{SUFFIX}") > 1)
            answer = client.search(PUBLISHED, lc.SUB, "(sn=Keller)", ["userCertificate"])
            equal("direct: under the published base the rootdn gets what is published",
                  [e.values("userCertificate;binary") for e in answer.entries],
                  [[w.cert("bruno.keller@example.com", "newer")]])
        with lc.as_user(w, f"uid=hilda,{staff}", "demo-hilda") as client:
            equal("direct: a user does not", sees(client), None)
    with World(access=access_all, extra_database=(
            f'chancery-direct "uid=hilda,{staff}"\nchancery-direct "cn=clerk,'
            f'ou=services,{SUFFIX}"\n')) as w:
        clerk, replica = (f"cn={n},ou=services,{SUFFIX}" for n in ("clerk", "replica"))
        for dn, password, wanted in ((f"uid=hilda,{staff}", "demo-hilda", True),
                                     (f"uid=anna,{staff}", "demo-anna", False),
                                     (clerk, "demo-clerk", True),
                                     (replica, "demo-replica", False)):
            with lc.as_user(w, dn, password) as client:
                equal(f"direct: named or not: {dn}", sees(client) is not None, wanted)
        with lc.as_root(w) as client:
            check("direct: root over ldapi always", sees(client) is not None)
        with lc.anonymous(w) as client:
            equal("direct: a stranger not", sees(client), None)
    with World(access=access_all, extra_database="chancery-direct *\n") as w:
        with lc.anonymous(w) as client:
            check("direct: everybody, if that is wanted", sees(client) > 20)
            equal("direct: and the rootDSE says so", SUFFIX in client.search(
                "", lc.BASE, "(objectClass=*)", ["namingContexts"]
            ).entries[0].texts("namingContexts"), True)


def test_two_databases():
    """Two real suffixes, each under a published base of its own."""
    other = "dc=other,dc=org"
    w = World(extra_frontend=f'chancery-base "dc=second" "{other}"\n')
    try:
        folder = w.path("db", "other")
        os.makedirs(folder)
        w.extra_tail = (f'database mdb\nsuffix "{other}"\ndirectory "{folder}"\n'
                        f'access to * by dn.exact="{local_root()}" manage by * read\n'
                        "overlay chancery\n")
        w.build()
        ca = w.authority("issuing")
        der = certs.make_cert("CN=o", ("o@other.example",), ca, w.now - DAY, w.now + DAY,
                              serial=0x42)
        ldif = entries.entry(other, ("domain",), [("dc", "other")])
        for ou in ("people", "authorities", "registry"):
            ldif += entries.entry(f"ou={ou},{other}", ("organizationalUnit",), [("ou", ou)])
        ldif += entries.entry(
            f"mail=o@other.example,ou=people,{other}", ("inetOrgPerson", "chanceryPerson"),
            [("cn", "Other"), ("sn", "Other"), ("mail", "o@other.example"),
             ("userCertificate;binary", der)])
        w.slapadd(ldif, other)
        w.start()
        with lc.anonymous(w) as client, lc.as_root(w) as root:
            def there(base):
                answer = client.search(base, lc.SUB, "(mail=o@other.example)")
                return [(e.dn, e.values("userCertificate;binary")) for e in answer.entries]
            name = "mail=o@other.example,ou=people,dc=second"
            equal("two databases: found under its own base", there("dc=second"),
                  [(name, [der])])
            equal("two databases: not under the other's", there(PUBLISHED), [])
            equal("two databases: nor under the empty base", there(""), [])
            equal("two databases: the other's people not here",
                  client.search("dc=second", lc.SUB, "(sn=Muster)").entries, [])
            equal("two databases: both real suffixes are hidden",
                  (sees(client, other), sees(client)), (None, None))
            crl = certs.make_crl(ca, [(0x42, w.now - DAY)], w.now - DAY, w.now + DAY)
            issuing = f"cn=Example Issuing CA,{AUTHORITIES}"
            root.replace(issuing, "certificateRevocationList;binary", crl)
            equal("two databases: a CRL of one says nothing about the other",
                  there("dc=second"), [(name, [der])])
            root.add(f"cn=ca,ou=authorities,{other}", [
                ("objectClass", ["organizationalRole", "pkiCA"]), ("cn", ["ca"]),
                ("certificateRevocationList;binary", [crl])])
            equal("two databases: its own does", there("dc=second"), [(name, [])])
            answer = client.search("", lc.BASE, "(objectClass=*)", ["namingContexts"])
            equal("two databases: both bases in the rootDSE",
                  answer.entries[0].texts("namingContexts"), [PUBLISHED, "dc=second"])
            leak = re.search(rb"dc=org|dc=com", client.heard())
            check("two databases: no real name is heard", not leak, leak)
        w.stop()
    finally:
        w.close()


def test_acl():
    """What the access rules withhold from a client stays withheld, in answers and
    as a condition."""
    root = f'by dn.exact="{local_root()}" manage'
    bruno = person_dn("bruno.keller@example.com")
    rules = f'''access to * {root} by * break
access to attrs=telephoneNumber by users read by * none
access to attrs=mail val.regex="^anna@.*" by users read by * none
access to dn.exact="{bruno}" by users read by * none
access to dn.exact="{person_dn('zoe.mueller@example.com')}"
	attrs=userCertificate,userSMIMECertificate by users read by * none
access to dn.exact="{person_dn('hilda.help@example.com')}" attrs=title by * search
access to dn.exact="{person_dn('emil.gross@example.com')}" attrs=entry by users read by * none
access to dn.subtree="ou=partners,{SUFFIX}" by users read by * none
access to * by * read
'''
    with World(access=rules) as w:
        user = f"uid=anna,ou=staff,{COMPANY}"
        with lc.anonymous(w) as stranger, lc.as_user(w, user, "demo-anna") as known:
            answer = stranger.search(PUBLISHED, lc.SUB, "(sn=Muster)")
            equal("acl: an attribute is withheld from strangers",
                  [e.texts("telephoneNumber") for e in answer.entries], [[]])
            answer = known.search(PUBLISHED, lc.SUB, "(sn=Muster)")
            check("acl: and shown to users",
                  answer.entries and answer.entries[0].texts("telephoneNumber"), answer)
            phone = answer.entries[0].texts("telephoneNumber")[0]
            answer = stranger.search(PUBLISHED, lc.SUB, "(sn=Muster)")
            equal("acl: one value is withheld", answer.entries[0].texts("mail"),
                  ["anna.muster@example.com", "a.muster@example.com"])
            for text in (f"(telephoneNumber={phone})", "(telephoneNumber=*)",
                         f"(&(sn=Muster)(telephoneNumber={phone}))",
                         "(mail=anna@example.com)", "(sn=Keller)", "(sn=Gross)",
                         "(&(sn=Müller)(userCertificate=*))",
                         "(&(sn=Müller)(userSMIMECertificate=*))",
                         "(sn=Partner)", "(&(telephoneNumber=*)(userCertificate=*))",
                         f"(&(telephoneNumber={phone})(userCertificate=*))",
                         f"(&(|(telephoneNumber={phone})(cn=x))(userCertificate=*))",
                         f"(&(sn=Rossi)(|(telephoneNumber=*)(userCertificate=*)))",
                         f"(&(sn=Rossi)(|(!(userCertificate=*))(sn=x))(telephoneNumber=*))",
                         f"(&(sn=Rossi)(|(&(userCertificate=*)(sn=x))(telephoneNumber=*)))"):
                equal(f"acl: {text} finds nobody for a stranger", found(stranger, text),
                      (lc.OK, []))
            # the one filter that tells a guess of a withheld number from another
            right, wrong = (found(stranger, f"(&(sn=Rossi)(|(telephoneNumber={number})"
                                            "(userCertificate=*)))")
                            for number in (phone_of(w, "carla.rossi@example.com"), "+1"))
            equal("acl: a withheld number cannot be guessed beside a certificate",
                  right, wrong)
            for text, who in ((f"(telephoneNumber={phone})", 1), ("(sn=Keller)", 1),
                              ("(&(sn=Müller)(userCertificate=*))", 1), ("(sn=Gross)", 1),
                              ("(mail=anna@example.com)", 1), ("(sn=Partner)", 1)):
                equal(f"acl: {text} finds somebody for a user",
                      len(found(known, text)[1]), who)
            answer = stranger.search(PUBLISHED, lc.SUB, "(sn=Müller)")
            check("acl: withheld certificates are not sent",
                  answer.entries and not answer.entries[0].values("userCertificate;binary")
                  and not answer.entries[0].values("userSMIMECertificate"), answer)
            answer = stranger.search(PUBLISHED, lc.SUB, "(title=Helpdesk)")
            equal("acl: what may be searched but not read is found without it",
                  [(e.texts("cn"), e.texts("title")) for e in answer.entries],
                  [(["Hilda Help"], [])])


def phone_of(w, mail):
    with lc.as_root(w) as root:
        return root.search(person_dn(mail), lc.BASE, "(objectClass=*)",
                           ["telephoneNumber"]).entries[0].texts("telephoneNumber")[0]


def main():
    access_all = f'access to * by dn.exact="{local_root()}" manage by * read\n'
    for label, options in (("example rules", {}), ("read for all", {"access": access_all})):
        with new_world(**options) as w:
            test_who_is_found(w, label)
            test_everything_asked(w, label)
            test_no_oracle(w, label)
            test_existence(w, label)
            test_controls(w, label)
            test_direct(w, label)
            test_rootdse(w, label)
            test_authority_as_base(w, label)
            test_aliases(w, label)
            company = f"uid=anna,ou=staff,{COMPANY}"
            strangers = [("a stranger", lambda w=w: lc.anonymous(w)),
                         ("a user", lambda w=w: lc.as_user(w, company, "demo-anna"))]
            if options:
                strangers.append(("a person", lambda w=w: lc.as_user(
                    w, person_dn("ordinary@example.com"), "canary-ordinary")))
            for who, connect in strangers:
                with connect() as client:
                    test_real_suffix(w, label, who, client)
                with connect() as client:
                    test_writes(w, label, who, client)
                    no_leak(f"{label}: {who}", client)
            with lc.as_root(w) as root:
                test_writes(w, label, "root", root)
    with case("direct"):
        test_direct_option(access_all)
    with case("two databases"):
        test_two_databases()
    with case("options"):
        test_attribute_options()
    with case("acl"):
        test_acl()
    return done()


if __name__ == "__main__":
    sys.exit(main())
