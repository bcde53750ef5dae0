#!/usr/bin/python3
# run: asan
"""Every recorded query of a mail program (tests/data/client-queries.json) gets the
entries its user expects, no error that the program would show, and never a
certificate that must not be offered, under the published base and the empty one.

After it come variations that nobody recorded, and the filters of the query
plan's own test (tests/data/*.txt): there the plan that stands beside each filter
must find the same entries as the filter itself.
"""
import json
import os
import sys
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import ldapclient
import pgpkeys
import recipients
from certs import x509
from check import case, done
from ldapclient import BASE, NO_OBJECT, OK, ONE, SIZE, SUB
from paths import DATA
from recipients import BASES, PUBLISHED, RECIPIENTS, everybody, same, short

SCOPES = {"base": BASE, "one": ONE, "sub": SUB}
CERTIFICATES = {"usercertificate", "usersmimecertificate", "2.5.4.36",
                "2.16.840.1.113730.3.1.40"}
AUTHORITIES = ("issuing", "partner", "root")


def who(entry):
    """The primary address of whom an entry is about, which its DN begins with;
    None where it is about nobody."""
    attribute, _, address = entry.dn.split(",")[0].partition("=")
    return address if attribute.lower() == "mail" else None


class Asker:
    """One anonymous connection, the world behind it, and the rules that hold for
    every answer whatever was asked."""

    def __init__(self, directory, keys):
        self.directory, self.keys = directory, keys
        self.client = ldapclient.anonymous(directory.world)
        same(self.client.bind().code, OK)

    def ask(self, base, scope, text, attributes=(), **limits):
        text = text if text.startswith("(") else "(%s)" % text
        answer = self.client.search(base, scope, text, attributes, **limits)
        if answer.code == SIZE:
            # Shown as "there are more": fine where a limit was asked for, and met.
            same(len(answer.entries), limits.get("size"), answer)
        else:
            same(answer.code, OK, answer)
        same(answer.references, [], answer)
        for entry in answer.entries:
            self.judge(entry, attributes)
        return answer

    def judge(self, entry, attributes):
        """No certificate but the offered one, whether asked for or not."""
        same(self.directory.is_real(entry.dn), False, entry)
        asked = {a.split(";")[0].lower() for a in attributes} & (CERTIFICATES | {"*"})
        address = who(entry)
        if address is None:
            same(entry.values("userCertificate;binary"), [], entry)
            return
        offered = self.directory.judged(address)
        wanted = offered if not attributes or asked - {
            "usersmimecertificate", "2.16.840.1.113730.3.1.40"} else []
        same(short(entry.values("userCertificate;binary")), short(wanted), entry)
        signed = (self.directory.offered_signed(address)
                  if address in self.directory.known else None)
        for name in entry.names():
            if name.split(";")[0].lower() == "usersmimecertificate":
                same(bool(asked or not attributes), True, entry)
                if signed is not None:
                    same(short(entry.values(name)), short(signed), entry)

    def found(self, base, text, **limits):
        """Primary addresses of the people found; anything else by its DN."""
        return sorted(who(e) or e.dn for e in self.ask(base, SUB, text, **limits).entries)

    def root_dse(self, *attributes):
        answer = self.ask("", BASE, "(objectClass=*)", attributes)
        same(len(answer.entries), 1, answer)
        return answer.entries[0]

    def contexts(self):
        return self.root_dse("namingContexts").texts("namingContexts")

    def key_space(self, context):
        answer = self.ask("cn=PGPServerInfo," + context, BASE, "(objectClass=*)",
                          ["pgpBaseKeySpaceDN"])
        return answer.entries[0].texts("pgpBaseKeySpaceDN")[0]


# --- the recorded queries --------------------------------------------------------

class Query:
    """One entry of the corpus."""

    def __init__(self, entry, lists):
        self.name = "%s: %s" % (entry["client"], entry["purpose"])
        self.base, self.scope = entry["base"], SCOPES[entry["scope"]]
        self.filter, self.cases = entry["filter"], entry["cases"]
        attributes = entry["attributes"]
        self.attributes = lists[attributes] if isinstance(attributes, str) else attributes
        self.limits = {"deref": entry["deref"], "size": entry["size"], "time": entry["time"]}
        known = {"paged 100": ldapclient.paged(100, critical=False),
                 "manage DSA IT": ldapclient.Control(ldapclient.MANAGE_DSA)}
        controls = [known[c] for c in entry.get("controls", ())]
        if controls:
            self.limits["controls"] = controls

    def fill(self, values, keys):
        """The filter of one case; "fingerprint of anna" stands for her key's."""
        text = self.filter
        for name, value in values.items():
            what, _, whose = value.partition(" of ")
            if whose in keys:
                key = keys[whose]
                value = {"fingerprint": key.fingerprint, "subkey": key.subkeys[0],
                         "long ID": key.long_id, "short ID": key.short_id}[what]
            text = text.replace("{%s}" % name, value)
        same("{" in text, False, text)
        return text

    def bases(self, asker, values):
        """Where it is asked; each must give the whole answer."""
        if self.base == "published":
            return BASES
        if self.base == "empty":
            return ("",)
        if self.base == "each context":
            return asker.contexts()
        if self.base == "key space":
            return [asker.key_space(c) for c in asker.contexts()]
        if self.base == "cn=pgpServerInfo below each context":
            return ["cn=pgpServerInfo," + c for c in asker.contexts()]
        if self.base == "answer":
            text = "(mail=%s)" % values["entry"]
            return [asker.ask(b, SUB, text, ["1.1"]).entries[0].dn for b in BASES]
        if self.base.startswith("subject of "):
            der = asker.directory.authority(self.base.removeprefix("subject of "))
            return [x509.load_der_x509_certificate(der).subject.rfc4514_string()]
        return {"root DSE": [""], "schema": ["cn=Subschema"],
                "cn=pgpServerInfo": ["cn=pgpServerInfo"]}[self.base]


def check_people(asker, answer, want):
    want = sorted(everybody()) if want == "everybody" else sorted(want)
    same(sorted(who(e) or e.dn for e in answer.entries), want)


def check_authority(asker, answer, name):
    same(len(answer.entries), 1, answer)
    entry = answer.entries[0]
    with open(asker.directory.world.path("ca", name + ".crl"), "rb") as f:
        held = {"cACertificate;binary": [asker.directory.authority(name)],
                "certificateRevocationList;binary": [f.read()]}
    same(any(entry.values(n) for n in held), True, entry)
    for n, values in held.items():
        if entry.values(n):
            same(short(entry.values(n)), short(values))


def check_keys(asker, answer, names):
    same(sorted(e.texts("pgpCertID")[0] for e in answer.entries),
         sorted(asker.keys[n].long_id for n in names))
    for entry in answer.entries:
        for key in asker.keys.values():
            if entry.texts("pgpCertID") == [key.long_id] and entry.values("pgpKey"):
                same(entry.texts("pgpKey"), [key.armor])


def check_other(asker, answer, want):
    """What is not about entries of people, keys or authorities."""
    same(len(answer.entries), 1, answer)
    entry = answer.entries[0]
    if want == "key space":
        same(entry.texts("pgpSoftware"), ["GnuPG"])
        same(entry.texts("pgpBaseKeySpaceDN")[0].endswith(entry.dn.partition(",")[2]), True, entry)
    elif want == "schema":
        same(any(b"inetOrgPerson" in v for v in entry.values("objectClasses")), True)
    elif want == "root DSE":
        for context in entry.texts("namingContexts"):
            same(asker.directory.is_real(context), False)
    else:
        raise ValueError(want)


def run_case(asker, query, base, one):
    text, want = query.fill(one["fill"], asker.keys), one["want"]
    if want == "no such object, or key space":
        code = asker.client.search(base, query.scope, text, query.attributes).code
        same(code in (OK, NO_OBJECT), True, code)
        return
    answer = asker.ask(base, query.scope, text, query.attributes, **query.limits)
    if isinstance(want, str) and want != "everybody":
        check_other(asker, answer, want)
    elif want and want[0] in AUTHORITIES:
        check_authority(asker, answer, want[0])
    elif query.base == "key space":
        check_keys(asker, answer, want)
    else:
        check_people(asker, answer, want)


def test_recorded(asker):
    with open(os.path.join(DATA, "client-queries.json"), encoding="utf-8") as f:
        corpus = json.load(f)
    for query in (Query(e, corpus["attribute lists"]) for e in corpus["queries"]):
        for one in query.cases:
            name = "%s %s" % (query.name, " ".join(one["fill"].values()))
            try:
                bases = query.bases(asker, one["fill"])
            except Exception as e:
                with case(name):
                    raise AssertionError("no base to ask: %s" % e) from e
                continue
            for base in bases:
                with case("%s, base '%s'" % (name, base)):
                    run_case(asker, query, base, one)
            with case("%s: asked somewhere" % name):
                same(bool(bases), True)


# --- variations ------------------------------------------------------------------

ANNA, BRUNO, CARLA, DORA, INFO, PETRA, OTTO, ZOE = (r.address for r in RECIPIENTS)
OLGA, INES, SEAN, XENIA, YUSUF = (
    "olga.petrova@example.com", "ines.oliveira@example.com", "sean.o'brien@example.com",
    "xenia.lang@xn--bcher-kva.example", "yusuf.demir@partner.example")
EVERYBODY = sorted(everybody())

VARIATIONS = (
    # attribute names: case, object identifiers, other names, options
    ("(MAIL=anna.muster@example.com)", [ANNA]),
    ("(mAiL=ANNA.MUSTER@EXAMPLE.COM)", [ANNA]),
    ("(0.9.2342.19200300.100.1.3=anna@example.com)", [ANNA]),
    ("(rfc822Mailbox=office@example.com)", [INFO]),
    ("(2.5.4.3=Anna Muster)", [ANNA]),
    ("(commonName=anna muster)", [ANNA]),
    ("(&(surname=Muster)(gn=Anna))", [ANNA]),
    ("(cn;lang-de=Anna Muster)", []),
    ("(&(2.5.4.36=*)(mail=bruno.keller@example.com))", [BRUNO]),
    ("(&(2.5.4.36;binary=*)(mail=carla.rossi@example.com))", []),
    # wildcards
    ("(mail=*keller*)", [BRUNO]),
    ("(mail=bruno*@example.com)", [BRUNO]),
    ("(mail=b*.k*@*.com)", [BRUNO]),
    ("(mail=*@partner.example)", [OTTO, PETRA, YUSUF]),
    ("(cn=A*M*r)", [ANNA]),
    ("(cn=*x*x*)", []),
    # two words, in both orders, with a comma
    ("(cn=anna muster)", [ANNA]),
    ("(cn=Anna Mus*)", [ANNA]),
    ("(cn=*Muster Anna*)", [ANNA]),
    ("(cn=Muster, Anna*)", [ANNA]),
    ("(&(sn=Mus*)(givenName=An*))", [ANNA]),
    ("(cn=*anna*keller*)", []),
    # letters beyond ASCII: folded, decomposed, written as two, escaped
    ("(cn=Zoë Müller)", [ZOE]),
    ("(cn=ZOË MÜLLER)", [ZOE]),
    ("(cn=%s)" % unicodedata.normalize("NFD", "Zoë Müller"), [ZOE]),
    ("(sn=Mueller*)", [ZOE]),
    ("(cn=*m\\c3\\bcll*)", [ZOE]),
    ("(mail=*müller*)", [ZOE]),
    ("(title=Geschäftsführerin)", [ZOE]),
    ("(givenName=Inês)", [INES]),
    ("(cn=ольга*)", [OLGA]),
    ("(cn=Seán O'Brien)", [SEAN]),
    ("(mail=sean.o'brien@example.com)", [SEAN]),
    # not UTF-8: nobody's name, and no error
    ("(cn=M\\fcller)", []),
    # addresses: internationalised domains, tags, escapes
    ("(mail=xenia.lang@bücher.example)", [XENIA]),
    ("(mail=xenia.lang@BÜCHER.example)", [XENIA]),
    ("(mail=xenia.lang@xn--bcher-kva.example)", [XENIA]),
    ("(mail=anna.muster+newsletter@example.com)", [ANNA]),
    ("(mail=anna.muster\\40example.com)", [ANNA]),
    ("(mail=+@example.com)", []),
    # unknown attributes, and known ones that are not published
    ("(x-unknown=1)", []),
    ("(x-unknown=*)", []),
    ("(|(x-unknown=1)(mail=anna@example.com))", [ANNA]),
    ("(&(x-unknown=1)(mail=anna@example.com))", [ANNA]),
    ("(&(x-unknown=1)(userCertificate=*))", []),
    ("(&(x-unknown=1)(cn=*))", []),
    ("(employeeNumber=1001)", []),
    ("(employeeNumber=*)", []),
    ("(homePhone=*)", []),
    ("(userPassword=*)", []),
    ("(|(homePhone=*)(cn=Anna Muster))", [ANNA]),
    ("(entryUUID=*)", []),
    ("(modifyTimestamp>=20000101000000Z)", []),
    ("(chanceryStatus=*)", []),
    # NOT
    ("(!(x-unknown=1))", EVERYBODY),
    ("(!(employeeNumber=1001))", EVERYBODY),
    ("(&(mail=*@partner.example)(!(cn=Petra*)))", [OTTO, YUSUF]),
    ("(&(mail=*@partner.example)(!(x-unknown=1)))", [OTTO, PETRA, YUSUF]),
    ("(&(sn=Rossi)(!(userCertificate=*)))", [CARLA]),
    ("(&(sn=Muster)(!(userCertificate=*)))", []),
    ("(!(objectClass=*))", []),
    ("(!(!(cn=Anna Muster)))", [ANNA]),
    ("(&(mail=anna*)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))", [ANNA]),
    # everything and nothing
    ("(&)", EVERYBODY),
    ("(|)", []),
    ("(objectClass=*)", EVERYBODY),
    ("(OBJECTCLASS=PERSON)", EVERYBODY),
    ("(cn=*)", EVERYBODY),
    # as other directories are asked
    ("(anr=muster)", [ANNA]),
    ("(anr=anna muster)", [ANNA]),
    ("(proxyAddresses=smtp:anna@example.com)", [ANNA]),
    ("(|(mail=petra.partner@partner.example)(proxyAddresses=SMTP:petra.partner@partner.example))",
     [PETRA]),
    ("(userPrincipalName=bruno.keller@example.com)", [BRUNO]),
    ("(mailNickname=bruno.keller)", [BRUNO]),
    ("(&(objectCategory=person)(objectClass=user)(mail=zoe*))", [ZOE]),
    ("(&(objectCategory=person)(objectClass=contact)(|(cn=otto*)(mail=otto*)))", [OTTO]),
    # other kinds of matching
    ("(cn:caseExactMatch:=Anna Muster)", [ANNA]),
    ("(cn:caseExactMatch:=anna muster)", []),
    ("(cn:=Anna Muster)", [ANNA]),
    ("(ou:dn:=people)", []),
    ("(dc:dn:=com)", []),
    ("(&(cn~=Anna Muster)(sn=Muster))", [ANNA]),
    ("(mail>=anna)", []),
)


def test_variations(asker):
    for base in BASES:
        for text, want in VARIATIONS:
            with case("%s, base '%s'" % (text, base)):
                same(asker.found(base, text), sorted(want))


def test_without_certificate(asker):
    """Presence of a certificate is presence of an offered one."""
    has = sorted(a for a in everybody() if asker.directory.judged(a))
    lacks = sorted(a for a in everybody() if not asker.directory.judged(a))
    for base in BASES:
        for spelling in ("userCertificate", "userCertificate;binary", "USERCERTIFICATE;BINARY"):
            with case("(%s=*), base '%s'" % (spelling, base)):
                same(asker.found(base, "(%s=*)" % spelling), has)
            with case("(!(%s=*)), base '%s'" % (spelling, base)):
                same(asker.found(base, "(!(%s=*))" % spelling), lacks)
    with case("a hidden attribute cannot be guessed by asking"):
        for text in ("(&(mail=anna@example.com)(employeeNumber=%s))",
                     "(|(mail=anna@example.com)(employeeNumber=%s))",
                     "(&(mail=*@example.com)(!(employeeNumber=%s)))"):
            same(asker.found(PUBLISHED, text % 1001), asker.found(PUBLISHED, text % 9999), text)


def test_certificate_by_issuer_and_serial(asker):
    """certificateExactMatch (RFC 4523) asks for what is offered, not stored."""
    for label, want in (("newer", [BRUNO]), ("older", []), ("expired", []), ("signing", [])):
        certificate = x509.load_der_x509_certificate(asker.directory.world.cert(BRUNO, label))
        issuer = certificate.issuer.rfc4514_string()
        number = certificate.serial_number
        for text in ('{ serialNumber %d, issuer rdnSequence:"%s" }' % (number, issuer),
                     "%d$%s" % (number, issuer)):
            with case("Bruno's %s certificate as %s" % (label, text[:14])):
                same(asker.found(PUBLISHED, "(userCertificate=%s)" % text), want)


def test_size_limit(asker):
    """A limited answer is full, and those without a certificate do not count
    where one was asked for."""
    for text in ("(cn=*)", "(userCertificate=*)"):
        with case("3 of %s" % text):
            answer = asker.ask(PUBLISHED, SUB, text, size=3)
            same((answer.code, len(answer.entries)), (SIZE, 3), answer)
    with case("exactly as many as there are"):
        answer = asker.ask(PUBLISHED, SUB, "(mail=*@partner.example)", size=3)
        same((answer.code, len(answer.entries)), (OK, 3), answer)


def test_oracle(asker):
    """The two statements of what is right agree."""
    for recipient in RECIPIENTS:
        with case("the oracle on %s" % recipient.address):
            same(short(asker.directory.judged(recipient.address)),
                 short(asker.directory.offered(recipient.address)))


# --- the plan's own tables ---------------------------------------------------------

# slapd calls NOT of a matching rule that it does not know undefined before an
# overlay sees the filter: then nothing names anybody, and nobody is found.
FOLDED = "(&(mail=*)(!(msDS-Unknown:1.2.840.113556.1.4.803:=2)))"


def plans(name):
    """(filter, plan's filter) of each row that has one."""
    filter_text = planned = None
    with open(os.path.join(DATA, name), encoding="utf-8") as f:
        for line in [*f, "#"]:
            if line.startswith((" ", "\t")):
                word, _, rest = line.strip().partition(": ")
                if word == "exact" or filter_text and rest.startswith("("):
                    planned = rest
                continue
            if filter_text and planned:
                yield filter_text, planned
            filter_text = line.strip() if line.startswith("(") else None
            planned = None


def test_plans(asker):
    with case(FOLDED):
        same([e.dn for e in asker.ask(PUBLISHED, SUB, FOLDED).entries], [])
    for name in ("client-queries.txt", "query-variations.txt"):
        for text, planned in plans(name):
            with case("%s: %s" % (name, text)):
                got, want = [sorted(e.dn for e in asker.ask(PUBLISHED, SUB, t).entries)
                             for t in (text, planned)]
                same(got, want, planned)


def main():
    keys = {"anna": pgpkeys.make("Anna Muster", ANNA), "carla": pgpkeys.make("Carla Rossi", CARLA)}
    suffix = recipients.demo.SUFFIX
    with recipients.Directory(
            ldif=pgpkeys.ldif(keys["anna"], suffix)
            + pgpkeys.ldif(keys["carla"], suffix, revoked=True)) as directory:
        asker = Asker(directory, keys)
        test_oracle(asker)
        test_recorded(asker)
        test_variations(asker)
        test_without_certificate(asker)
        test_certificate_by_issuer_and_serial(asker)
        test_size_limit(asker)
        test_plans(asker)
    return done()


if __name__ == "__main__":
    sys.exit(main())
