#!/usr/bin/python3
"""A good citizen among slapd's parts: other overlays below and above it, slapd's
tools, replication and the access log as they are without it, coming and going at
run time under load, refusing what makes no sense in its options and a slapd that it
was not built for.

run: limit=600
"""
import os
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import paths  # noqa: F401
import certs
import ldapclient as lc
import overlayworld
from check import case, check, done, equal, wait_until
from overlayworld import (CERT, COMPANY, CRL, DAY, PEOPLE, PUBLISHED, SMIME, SUFFIX,
                          SYNCPROV, SYNCPROV_MODULE, World, person_dn)
from settings import local_root

ANNA, BRUNO = "anna.muster@example.com", "bruno.keller@example.com"
PRIVATE = re.compile(rb"canary|dc=com|\{ssha\}|userpassword|registry|services", re.I)
TOOLS = "/usr/sbin"

QUERIES = (
    (PUBLISHED, lc.SUB, "(objectClass=*)", []),
    (PUBLISHED, lc.SUB, f"(mail={ANNA})", [CERT, SMIME + ";binary"]),
    (PUBLISHED, lc.SUB, "(&(userCertificate=*)(|(cn=b*)(sn=ro*)))", ["*", "+"]),
    (PUBLISHED, lc.SUB, "(|(cn=*mus*)(anr=zoe))", ["cn", "mail", "userCertificate"]),
    (PUBLISHED, lc.ONE, "(objectClass=*)", []), ("", lc.SUB, "(sn=Weiss)", []),
    (person_dn(BRUNO, PUBLISHED), lc.BASE, "(objectClass=*)", ["userCertificate", "mail"]),
    (f"ou=authorities,{PUBLISHED}", lc.SUB, "(cACertificate=*)", ["cACertificate"]),
    ("CN=Example Issuing CA,O=Example AG,C=CH", lc.BASE, "(objectClass=*)", []),
    (f"ou=registry,{PUBLISHED}", lc.SUB, "(objectClass=*)", []),
    (SUFFIX, lc.SUB, "(objectClass=*)", []),
    (PUBLISHED, lc.SUB, "(!(userCertificate=*))", ["mail"]),
    (PUBLISHED, lc.SUB, "(memberOf=*)", ["mail", "memberOf"]),
)


def answers(w):
    """What a stranger gets to all of QUERIES, in a form that can be compared."""
    out = []
    with lc.anonymous(w) as client:
        for base, scope, text, wanted in QUERIES:
            a = client.search(base, scope, text, wanted)
            out.append((text, a.code, a.matched, sorted(
                (e.dn, sorted((n, tuple(sorted(v))) for n, v in e.attributes))
                for e in a.entries)))
        leak = PRIVATE.search(client.heard())
        if leak:
            out.append(("leak", leak.group()))
    return out


def compared(name, w, reference):
    wrong = [(g[0], g[1:3], len(g[3]) if len(g) > 3 else g, r[1:3], len(r[3]))
             for g, r in zip(answers(w), reference) if g != r]
    extra = answers(w)[len(reference):]
    check(name, not wrong and not extra, (wrong[:3], extra))


def reconfigured(w, below="", above="", modules=(), tail="", config=None):
    """Stops it, and starts it again with other overlays around Chancery's."""
    if w.process is not None:
        w.stop()
    w.below_overlay, w.extra_database, w.extra_tail = below, above, tail
    w.extra_config = "".join(f"moduleload {m}\n" for m in modules)
    if config:
        w.config = config
    w.write_config()
    w.start()


# --- overlays beside it ----------------------------------------------------------

ROOT = f'rootdn "cn=nobody,{SUFFIX}"\n'
# syncprov comes first: it replicates no further what was written in its absence
NEIGHBOURS = {      # name: (lines, further databases)
    "syncprov": ("overlay syncprov\nsyncprov-sessionlog 100\n", ""),
    "ppolicy": ("overlay ppolicy\n", ""),
    "memberof": ("overlay memberof\n", ""),
    "refint": (ROOT + "overlay refint\nrefint_attributes member manager\n", ""),
    "unique": ("overlay unique\nunique_uri ldap:///?employeeNumber?sub\n", ""),
    "dynlist": ("overlay dynlist\ndynlist-attrset groupOfURLs memberURL\n", ""),
    "valsort": ("overlay valsort\nvalsort-attr title \"%s\" alpha-ascend\n" % PEOPLE, ""),
    "constraint": ("overlay constraint\nconstraint_attribute title size 200\n", ""),
    "collect": ("overlay collect\ncollectinfo \"%s\" o\n" % f"ou=registry,{SUFFIX}", ""),
    "lastbind": ("overlay lastbind\n", ""),
    "dds": (ROOT + "overlay dds\n", ""),
    "deref": ("overlay deref\n", ""),
    "sssvlv": ("overlay sssvlv\n", ""),
    "rwm": ("overlay rwm\nrwm-rewriteEngine on\nrwm-map attribute roomNumber roomNumber\n", ""),
    "accesslog": ("overlay accesslog\nlogdb cn=accesslog\nlogops all\nlogsuccess FALSE\n", "log"),
    "auditlog": ("overlay auditlog\nauditlog \"{state}/log/audit.ldif\"\n", ""),
}


def tail_of(w, kind):
    if kind != "log":
        return ""
    os.makedirs(w.path("db", "log"), exist_ok=True)
    return (f'database mdb\nsuffix cn=accesslog\ndirectory "{w.path("db", "log")}"\n'
            f"rootdn cn=accesslog\nindex reqStart eq\n"
            f'access to * by dn.exact="{local_root()}" read '
            "by * none\n")


def schema_of(name):
    return 'include "/etc/ldap/schema/dyngroup.schema"\n' if name == "dynlist" else ""


def test_beside(w, reference):
    """Each one below and above, then all of them at once."""
    lines = {n: text.replace("{state}", w.state) for n, (text, _) in NEIGHBOURS.items()}
    tails = {n: tail_of(w, kind) for n, (_, kind) in NEIGHBOURS.items()}

    def start(names, place):
        w.stop()
        own = "".join(lines[n] for n in names)
        w.below_overlay, w.extra_database = ("", own) if place == "above" else (own, "")
        w.extra_tail = "".join(tails[n] for n in names)
        w.extra_config = "".join(f"moduleload {n}\n" for n in names) + "".join(
            schema_of(n) for n in names)
        w.write_config()
        w.start()

    for name in NEIGHBOURS:
        for place in ("below", "above"):
            with case(f"{name} {place}: starts"):
                start([name], place)
                compared(f"{name} {place}: the same answers", w, reference)
                exercise(name, place, w)
    names = [n for n in NEIGHBOURS if n != "collect"]
    lines["refint"] = lines["refint"].replace(ROOT, "")     # dds brings it
    for place in ("below", "above"):
        with case(f"all {place}: start"):
            start(names, place)
            compared(f"all {place}: the same answers", w, reference)
    with case("slapd ends with all of them"):
        reconfigured(w)


def exercise(name, place, w):
    """What is particular about some of them."""
    label = f"{name} {place}"
    if name == "sssvlv":
        sorted_and_listed(label, w)
    elif name == "deref":
        dereferenced(label, w)
    elif name == "memberof":
        members(label, w)
    elif name == "ppolicy":
        policy(label, w)
    elif name == "syncprov":
        persistent(label, w)


def sorted_and_listed(label, w):
    """Server-side sort with a rule of the client's own, and a virtual list view."""
    rule = lc.Control(lc.SORT, lc.ber.SHORT.sequence(lc.ber.SHORT.sequence(
        lc.ber.SHORT.octets("cn"), lc.ber.SHORT.octets("2.5.13.3", 0x80))), True)
    with lc.anonymous(w) as client:
        plain = client.search(PUBLISHED, lc.SUB, "(&(mail=*)(cn=*))", [CERT, "cn"])
        answer = client.search(PUBLISHED, lc.SUB, "(&(mail=*)(cn=*))", [CERT, "cn"],
                               controls=[rule])
        equal(f"{label}: sorted, all with their certificates",
              (answer.code, sorted(repr(e.attributes) for e in answer.entries)),
              (lc.OK, sorted(repr(e.attributes) for e in plain.entries)))
        names = [e.texts("cn")[0].lower() for e in answer.entries]
        equal(f"{label}: in order", names, sorted(names))
        got = []
        for offset in range(1, len(names) + 1, 7):
            part = client.search(PUBLISHED, lc.SUB, "(&(mail=*)(cn=*))", [CERT, "cn"],
                                 controls=[rule, lc.vlv(0, 6, offset)])
            if part.code != lc.OK:
                break
            got += part.entries
        equal(f"{label}: page by page, with the certificates that are published",
              [repr(e.attributes) for e in got], [repr(e.attributes) for e in answer.entries])
        equal(f"{label}: under published names", {e.dn.endswith(PUBLISHED)
                                                 for e in got}, {True})
        leak = PRIVATE.search(client.heard())
        check(f"{label}: nothing hidden", not leak, leak)


def dereferenced(label, w):
    """slapo-deref reads the entries that a DN points to, by itself."""
    secret = f"cn=canary-in-the-registry,ou=registry,{SUFFIX}"
    with lc.as_root(w) as root:
        points = root.modify(person_dn(ANNA), [(lc.MOD_REPLACE, "seeAlso", [secret]),
                                               (lc.MOD_REPLACE, "manager", [person_dn(BRUNO)])])
        equal(f"{label}: there is something to dereference", points.code, lc.OK)
        with lc.anonymous(w) as client:
            for name in ("seeAlso", "manager"):
                for critical in (True, False):
                    answer = client.search(PUBLISHED, lc.SUB, f"(mail={ANNA})", ["mail"],
                                           controls=[lc.deref(name, [
                                               "userPassword", "description", "mail", "cn",
                                               "employeeNumber"], critical)])
                    sent = [e.controls for e in answer.entries]
                    check(f"{label}: {name} is not dereferenced, critical {critical}",
                          not any(sent), sent)
                    equal(f"{label}: {name}, critical {critical}: the answer",
                          (answer.code, len(sent)),
                          (lc.NO_EXTENSION, 0) if critical else (lc.OK, 1))
            leak = PRIVATE.search(client.heard())
            check(f"{label}: nothing hidden", not leak, leak)
        root.modify(person_dn(ANNA), [(lc.MOD_REPLACE, "seeAlso", []),
                                      (lc.MOD_REPLACE, "manager", [])])


def members(label, w):
    group = f"cn=group,ou=registry,{SUFFIX}"
    with lc.as_root(w) as root, lc.anonymous(w) as client:
        added = root.add(group, [("objectClass", ["groupOfNames"]), ("cn", ["group"]),
                                 ("member", [person_dn(ANNA)])])
        equal(f"{label}: a group is made", (added.code, added.text), (lc.OK, ""))
        own = root.search(person_dn(ANNA), lc.BASE, "(objectClass=*)", ["memberOf"])
        equal(f"{label}: memberOf is there", own.entries[0].texts("memberOf"), [group])
        answer = client.search(PUBLISHED, lc.SUB, f"(mail={ANNA})", ["*", "+", "memberOf"])
        check(f"{label}: and not published", not answer.entries[0].values("memberOf"), answer)
        for text in ("(memberOf=*)", f"(memberOf={group})"):
            equal(f"{label}: {text} finds nobody",
                  client.search(PUBLISHED, lc.SUB, text).entries, [])
        root.delete(group)


def policy(label, w):
    with lc.anonymous(w) as client:
        for dn in (person_dn("walter.frei@example.com"),
                   person_dn("walter.frei@example.com", PUBLISHED)):
            equal(f"{label}: a wrong password for {dn}", client.bind(dn, "wrong").code,
                  lc.CREDENTIALS)
        answer = client.search(PUBLISHED, lc.SUB, "(mail=walter.frei@example.com)",
                               ["*", "+", "pwdFailureTime"])
        check(f"{label}: its traces are not published", not [
            n for n in answer.entries[0].names() if n.lower().startswith("pwd")], answer)


def persistent(label, w):
    """A consumer of the real suffix hears of a change; one of the published base
    is refused."""
    with lc.as_root(w, timeout=10) as root, lc.as_root(w) as writer:
        octets = lc.ldapwire.filter_encode("(objectClass=*)", root.enc)
        root.send(root.search_operation(SUFFIX, lc.SUB, octets, ["*", "+"]), [lc.sync(3)])
        seen = 0
        while True:     # the refresh ends with an intermediate message
            tag, _ = root.receive()
            if tag == 0x79:
                break
            seen += 1
        writer.replace(person_dn(ANNA), "title", f"Head {label}")
        tag, operation = root.receive()
        entry = lc.ldapwire.read_entry(operation, False)
        equal(f"{label}: the change is replicated as it is stored",
              (entry.dn, entry.texts("title")), (person_dn(ANNA), [f"Head {label}"]))
        writer.replace(person_dn(ANNA), "title", "Head of Sales")
        check(f"{label}: {seen} entries refreshed", seen > 30)
        check(f"{label}: chanceryStatus is not replicated",
              b"chanceryStatus" not in root.heard())


# --- the access log, replication, backups -----------------------------------------

def test_accesslog(w):
    """The same writes leave the same log with and without Chancery."""
    logs = {}
    for overlay in (True, False):
        w.stop()
        w.overlay = overlay
        w.below_overlay = w.extra_database = ""
        text = NEIGHBOURS["accesslog"][0].replace("logops all", "logops writes")
        w.extra_config = "moduleload accesslog\n"
        w.extra_database = text
        folder = w.path("db", "log")
        os.makedirs(folder, exist_ok=True)
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        w.extra_tail = tail_of(w, "log")
        w.write_config()
        w.start()
        with lc.as_root(w) as root:
            der = w.cert(ANNA, "good")
            dn = person_dn("log@example.com")
            root.add(dn, [("objectClass", ["inetOrgPerson", "chanceryPerson"]),
                          ("cn", ["l"]), ("sn", ["l"]), ("mail", ["log@example.com", ANNA]),
                          (CERT, [der])])
            root.modify(dn, [(lc.MOD_DELETE, CERT, [der]), (lc.MOD_ADD, CERT, [der])])
            root.replace(dn, "title", "x")
            root.rename(dn, "mail=log2@example.com")
            root.delete(person_dn("log2@example.com"))
            found = root.search("cn=accesslog", lc.SUB, "(objectClass=auditWriteObject)",
                                ["reqType", "reqDN", "reqMod", "reqResult", "reqNewRDN"])
            logs[overlay] = [[(n, [re.sub(rb"\d{14}\.\d+Z#\S+|\d{14}Z|[0-9a-f-]{36}", b"*", v)
                                   for v in values]) for n, values in e.attributes]
                             for e in found.entries]
    equal("five writes are logged", len(logs[True]), 5)
    check("the access log is the same with and without", logs[True] == logs[False],
          (logs[True], logs[False]))
    w.stop()
    w.overlay = True
    reconfigured(w)


def test_backups(w):
    w.stop()
    with_overlay = w.slapcat()
    w.overlay = False
    w.write_config()
    without = w.slapcat()
    w.overlay = True
    w.write_config()
    check("slapcat is byte for byte the same", with_overlay == without
          and with_overlay.count("\ndn:") > 30, (len(with_overlay), len(without)))
    w.start()
    equal("slapcat beside the running server", w.slapcat(), with_overlay)
    check("nothing made up is in it", "chanceryStatus" not in with_overlay)


def test_replication():
    """Consumers with and without Chancery, of a provider with it, hold the same."""
    with World(extra_config=SYNCPROV_MODULE, extra_database=SYNCPROV) as w:
        replicate(w)


def replicate(w):
    here, there = (overlayworld.consumer_of(w, overlay=o) for o in (True, False))
    try:
        with lc.as_root(w) as root, lc.as_root(here) as a, lc.as_root(there) as b:
            def level():
                csn = overlayworld.context_csn(root)
                return csn and overlayworld.context_csn(a) == csn == overlayworld.context_csn(b)
            check("both consumers are level", wait_until(level, 30))
            root.replace(person_dn(ANNA), "title", "Replicated")
            root.replace(person_dn(BRUNO), "mail", BRUNO, "b.keller@example.com")
            check("and stay so", wait_until(level, 30))
        # the contextCSN is written when the provider sees fit
        dumps = [sorted(re.sub(r"\ncontextCSN:.*", "", x.slapcat()).split("\n\n"))
                 for x in (w, here, there)]
        check("provider and both consumers hold the same",
              dumps[0] == dumps[1] == dumps[2], [len(d) for d in dumps])
        here.stop()
        there.stop()
    finally:
        here.close()
        there.close()


def test_tools(w):
    for config in ("conf", "config"):
        reconfigured(w, config=config)
        w.stop()
        arguments = w.config_arguments()
        extra = (f"dn: {person_dn('tool@example.com')}\nobjectClass: inetOrgPerson\n"
                 "cn: tool\nsn: tool\nmail: tool@example.com\n\n")
        bad = (f"dn: {person_dn('tool@example.com')}\nchangetype: modify\n"
               "replace: userSMIMECertificate\nuserSMIMECertificate: junk\n-\n\n")
        for name, options, text in (
                ("slaptest", [], None), ("slaptest", ["-u"], None),
                ("slapindex", ["-b", SUFFIX], None), ("slapindex", ["-q", "-b", SUFFIX, "mail"],
                                                      None),
                ("slapschema", ["-b", SUFFIX], None), ("slapdn", [f"ou=x,{PUBLISHED}"], None),
                ("slapacl", ["-b", person_dn(ANNA), "-D", "cn=x", "mail/read"], None),
                ("slapadd", ["-b", SUFFIX], extra), ("slapmodify", ["-b", SUFFIX], bad),
                ("slapcat", ["-b", SUFFIX, "-a", "(mail=tool@example.com)"], None)):
            with case(f"{name} {' '.join(options)[:40]}, {config}"):
                done_ = w.tool(name, options[:0] + arguments + options, text)
                text = (done_.stdout + done_.stderr).decode(errors="replace")
                assert "chancery" not in done_.stderr.decode(errors="replace").lower(), text
        w.start()
        with lc.anonymous(w) as client, lc.as_root(w) as root:
            answer = client.search(PUBLISHED, lc.SUB, "(mail=tool@example.com)", [SMIME])
            equal(f"what slapadd brought is found, its junk withheld, {config}",
                  [e.attributes for e in answer.entries], [[]])
            root.delete(person_dn("tool@example.com"))
    reconfigured(w, config="conf")


def test_translucent():
    """slapo-translucent sends the other server's entries past all other overlays:
    under a published base that is refused, and the real suffix stays hidden."""
    with World() as remote:
        uri = (f'uri "{remote.ldapi_uri}"\nidassert-bind bindmethod=sasl '
               'saslmech=external mode=none\nidassert-authzFrom "dn.regex:.*"\n')
        for place, lists in (("below", ""), ("above", ""),
                             ("below", "translucent_local title\ntranslucent_remote mail\n")):
            own = f"{ROOT}overlay translucent\n{lists}{uri}"
            w = World(populate=False, extra_config="moduleload back_ldap\n"
                      "moduleload translucent\n",
                      **{"below_overlay" if place == "below" else "extra_database": own})
            try:
                w.build()
                w.empty_database()
                w.start()
                with lc.anonymous(w) as client:
                    answer = client.search(PUBLISHED, lc.SUB, f"(mail={BRUNO})", [CERT])
                    check(f"translucent {place}: a published base is refused with a sentence",
                          answer.code == lc.UNWILLING and "translucent" in answer.text
                          and not answer.entries, answer)
                    leak = PRIVATE.search(client.heard())
                    check(f"translucent {place}: nothing hidden is sent", not leak, leak)
                w.stop()
            finally:
                w.close()


# --- another slapd -----------------------------------------------------------------

def test_version(w):
    """A module for another slapd says so and stays out."""
    with open(w.module, "rb") as f:
        module = f.read()
    built = re.search(rb"\0(2\.\d+\.\d+)\0", module).group(1)
    release = built.rsplit(b".", 1)
    w.stop()
    for other in (release[0] + b".%d" % (int(release[1]) + 1), release[0] + b".1",
                  b"9.9.99"[:len(built)], b""):
        copy = w.path("other.so")
        with open(copy, "wb") as f:
            f.write(module.replace(b"\0" + built + b"\0",
                                   b"\0" + other + b"\0" * (1 + len(built) - len(other))))
        text = open(w.path("slapd.conf"), encoding="utf-8").read().replace(w.module, copy)
        with open(w.path("other.conf"), "w", encoding="utf-8") as f:
            f.write(text)
        ran = subprocess.run([f"{TOOLS}/slaptest", "-u", "-f", w.path("other.conf")],
                             capture_output=True, text=True, env=w._environment(), timeout=60)
        sentence = [x for x in ran.stderr.splitlines() if "built for slapd" in x]
        check(f"a module for slapd {other.decode() or 'nothing'} is refused with a sentence",
              ran.returncode != 0 and len(sentence) == 1
              and re.search(rf"chancery: built for slapd {re.escape(other.decode())}, but "
                            rf"this is slapd {re.escape(built.decode())}\S*: "
                            "build it again with `make overlay`$", sentence[0]),
              (ran.returncode, ran.stderr[-500:]))
    print("note", sentence[0] if sentence else ran.stderr)
    w.start()


# --- at run time -------------------------------------------------------------------

def config_entry(root, base, text):
    answer = root.search(base, lc.ONE, text, ["1.1"])
    return answer.entries[0].dn if answer.entries else None


class Load:
    """Readers whose every answer must be one of those that are right at some time."""

    def __init__(self, w, reference):
        self.w, self.stop, self.faults, self.asked = w, threading.Event(), [], 0
        self.right = {r[0]: r for r in reference}
        self.threads = [threading.Thread(target=self.read, args=(n,)) for n in range(4)]

    def read(self, number):
        queries = [q for q in QUERIES if q[0] != SUFFIX]
        try:
            with lc.Client(self.w.port, timeout=60) as client:
                while not self.stop.is_set():
                    for base, scope, text, wanted in queries:
                        a = client.search(base, scope, text, wanted)
                        self.asked += 1
                        got = (text, a.code, a.matched, sorted(
                            (e.dn, sorted((n, tuple(sorted(v))) for n, v in e.attributes))
                            for e in a.entries))
                        # not there yet, half there, or gone, and slapd's own pauses
                        if a.code in (lc.NO_OBJECT, lc.UNWILLING, lc.BUSY):
                            if [e for e in a.entries if not e.dn.endswith(PUBLISHED)]:
                                self.faults.append((text, a.code, a.entries))
                        elif got not in self.right_for(base, text):
                            self.faults.append((base, text, a.code, len(a.entries)))
                        if self.stop.is_set():
                            break
        except Exception as e:
            self.faults.append(f"reader {number}: {type(e).__name__}: {e}")

    def right_for(self, base, text):
        return [self.right[text]] if text != "(objectClass=*)" else self.everything

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for t in self.threads:
            t.join(90)


CONTAINERS = ['"ou=people" "people"', '"ou=partners" "people"', '"ou=keys" "keys"',
              '"cn=PGPServerInfo" "keys"', '"ou=authorities" "authorities"']


def test_comes_and_goes(w, reference):
    w.stop()
    w.overlay = False
    # what loads a sanitized module later on must have the sanitizer from the start
    with open(w.module, "rb") as f:
        w.asan = b"libasan.so" in f.read()
    reconfigured(w, config="config")
    with lc.as_root(w) as root, Load(w, reference) as load:
        load.everything = [r for r in reference if r[0] == "(objectClass=*)"]
        added = root.add("cn=module{9},cn=config", [
            ("objectClass", ["olcModuleList"]), ("cn", ["module{9}"]),
            ("olcModuleLoad", [w.module])])
        equal("the module is loaded at run time", (added.code, added.text), (lc.OK, ""))
        db, front = (config_entry(root, "cn=config", text) for text in (
            f"(olcSuffix={SUFFIX})", "(olcDatabase={-1}frontend)"))
        for turn in range(8):
            steps = [(f"olcOverlay=chancery,{db}", [
                         ("objectClass", ["olcOverlayConfig", "olcChanceryConfig"]),
                         ("olcOverlay", ["chancery"])]),
                     (f"olcOverlay=chancery,{front}", [
                         ("objectClass", ["olcOverlayConfig", "olcChanceryConfig"]),
                         ("olcOverlay", ["chancery"]),
                         ("olcChanceryBase", [f'"{PUBLISHED}" "{SUFFIX}"']),
                         *([("olcChanceryContainer", CONTAINERS)] if turn & 2 else [])])]
            for dn, attributes in steps[::1 if turn % 2 else -1]:
                added = root.add(dn, attributes)
                equal(f"turn {turn}: added to {dn.split(',')[1]}", (added.code, added.text),
                      (lc.OK, ""))
            compared(f"turn {turn}: the right answers", w, reference)
            time.sleep(0.05)
            for where in (front, db)[::1 if turn % 3 else -1]:
                gone = root.delete(config_entry(root, where, "(objectClass=olcChanceryConfig)"))
                equal(f"turn {turn}: deleted from {where.split(',')[0]}",
                      (gone.code, gone.text), (lc.OK, ""))
            with lc.anonymous(w) as client:
                equal(f"turn {turn}: then the published base is not there",
                      client.search(PUBLISHED, lc.SUB, f"(mail={ANNA})").code, lc.NO_OBJECT)
    check(f"meanwhile {load.asked} answers were right, or none", not load.faults
          and load.asked > 50, load.faults[:4])
    w.restart()
    with lc.anonymous(w) as client:
        equal("slapd starts again without it",
              client.search(PUBLISHED, lc.SUB, f"(mail={ANNA})").code, lc.NO_OBJECT)
    w.stop()
    w.overlay = True
    reconfigured(w, config="conf")


def test_container_moves(w):
    """The containers change at run time: what is read and shown changes with them."""
    w.access = f'access to * by dn.exact="{local_root()}" manage by * read\n'
    reconfigured(w, config="config")
    with lc.as_root(w) as root, lc.anonymous(w) as client:
        front = config_entry(root, config_entry(
            root, "cn=config", "(olcDatabase={-1}frontend)"), "(objectClass=olcChanceryConfig)")
        root.add(f"ou=staff,{SUFFIX}", [("objectClass", ["organizationalUnit"]),
                                        ("ou", ["staff"])])
        root.add(f"ou=cas,{SUFFIX}", [("objectClass", ["organizationalUnit"]), ("ou", ["cas"])])
        der = certs.make_cert("CN=s", ("s@example.com",), w.authority("issuing"),
                              w.now - DAY, w.now + DAY, serial=0x777)
        root.add(f"mail=s@example.com,ou=staff,{SUFFIX}", [
            ("objectClass", ["inetOrgPerson", "chanceryPerson"]), ("cn", ["s"]), ("sn", ["s"]),
            ("mail", ["s@example.com"]), (CERT, [der])])
        crl = certs.make_crl(w.authority("issuing"), [(0x777, w.now - DAY)], w.now - DAY,
                             w.now + DAY)
        root.add(f"cn=ca,ou=cas,{SUFFIX}", [
            ("objectClass", ["organizationalRole", "pkiCA"]), ("cn", ["ca"]), (CRL, [crl])])
        equal("containers: not published yet",
              client.search(PUBLISHED, lc.SUB, "(mail=s@example.com)").entries, [])
        changed = root.replace(front, "olcChanceryContainer", '"ou=staff" "people"')
        equal("containers: changed", (changed.code, changed.text), (lc.OK, ""))
        answer = client.search(PUBLISHED, lc.SUB, "(mail=s@example.com)", [CERT])
        equal("containers: published at once", [e.values(CERT) for e in answer.entries], [[der]])
        equal("containers: the others are not any more",
              client.search(PUBLISHED, lc.SUB, f"(mail={ANNA})").entries, [])
        changed = root.replace(front, "olcChanceryContainer", '"ou=staff" "people"',
                               '"ou=cas" "authorities"')
        equal("containers: authorities moved", (changed.code, changed.text), (lc.OK, ""))
        answer = client.search(PUBLISHED, lc.SUB, "(mail=s@example.com)", [CERT])
        equal("containers: the CRL in the new one holds at once",
              [e.values(CERT) for e in answer.entries], [[]])
        equal("containers: the other's authority is not found by name",
              client.search("CN=Example Issuing CA,O=Example AG,C=CH", lc.BASE,
                            "(objectClass=*)").code, lc.NO_OBJECT)
        changed = root.modify(front, [(lc.MOD_DELETE, "olcChanceryContainer", [])])
        equal("containers: the default again", changed.code, lc.OK)
        answer = client.search(PUBLISHED, lc.SUB, f"(mail={ANNA})", [CERT])
        equal("containers: as before", [len(e.values(CERT)) for e in answer.entries], [1])
        for dn in (f"mail=s@example.com,ou=staff,{SUFFIX}", f"ou=staff,{SUFFIX}",
                   f"cn=ca,ou=cas,{SUFFIX}", f"ou=cas,{SUFFIX}"):
            equal(f"containers: {dn} removed", root.delete(dn).code, lc.OK)
    w.access = None


# --- options that make no sense ------------------------------------------------------

def bad_options():
    """(database or frontend, attribute, values)"""
    base, real = f'"{PUBLISHED}2"', f'"{SUFFIX}"'
    for value in (
            "", " ", '""', '"" ""', base, real, f"{base} {real} more", f'{base} {real} ""',
            f'"" {real}', f'{base} ""', f'"nonsense" {real}', f'{base} "nonsense"',
            f'"dc=" "x"', f'"=x" {real}', f'",dc=x" {real}', f'"dc=x," {real}',
            f'"dc=a,,dc=b" {real}', f'"nosuch=x" {real}', f'{base} "nosuch=x"',
            f'"dc=\\" {real}', f'"dc=x\\zz" {real}', f'{real} {real}',
            f'"ou=people,{SUFFIX}" {real}', f'"dc=com" {real}', f'{base} "dc=example2"',
            f'"{PUBLISHED}" {real}', f'"DC=EXAMPLE" {real}', f'"ou=x,{PUBLISHED}" {real}',
            f'"cn=config" {real}', f'"cn=monitor" {real}', f'"CN=Monitor" {real}',
            f'"{COMPANY}" {real}', f'"ou=x,{COMPANY}" {real}', f'"cn=subschema" {real}',
            f'"{"x" * 5000}" {real}', f'"dc={"x" * 5000}', '"', '"""',
            f'{base}{real}', f"dc=example2 dc=example,dc=com extra", "a b", "\\", f'{base} "',
            f'"dc=x;dc=y" {real} {real}', f'"dc=é\0x" {real}'):
        yield "front", "olcChanceryBase", [value]
    yield "front", "olcChanceryBase", [f'"dc=b{n}" {real}' for n in range(17)]
    yield "front", "olcChanceryBase", [f'"dc=b" {real}', f'"dc=c,dc=b" {real}']
    for value in ("", "maybe", "2", "onoff", "TRUE FALSE", "ON ", "-1", "0x1"):
        yield "front", "olcChanceryEmptyBase", [value]
        yield "front", "olcChanceryPlusTags", [value]
    for name in ("olcChanceryEmptyBase", "olcChanceryPlusTags"):
        yield "front", name, ["TRUE", "FALSE"]
    for value in ("", "ou=people", '"ou=people"', '"ou=x" "dogs"', '"ou=x" ""', '"" "people"',
                  '"nonsense" "people"', '"ou=x" "people" "keys"', '"nosuch=x" "people"',
                  '"ou=x,," "people"', "people ou=x", '"ou=x" "peoples"', '"ou=x" "structure"',
                  '"ou=x" "1"', '"', '"ou=x', f'"ou={"x" * 5000}" "person"'):
        yield "front", "olcChanceryContainer", [value]
    yield "front", "olcChanceryContainer", [f'"ou=c{n}" "people"' for n in range(17)]
    for value in ("", '""', "nosuch", "+nosuch", "-nosuch", "+", "-", "++cn", "+-cn", "--cn",
                  "*", "+*", "@person", "+@person", "!person", "userPassword", "+userPassword",
                  "USERPASSWORD", "2.5.4.35", "+2.5.4.35", "cn;lang-de", "+mail;binary",
                  "userPassword;binary", "mail,cn", "mail nosuch", "cn;", ";", " ", "1.2.3.4.5",
                  "9.9", "cn=x", "(cn)", "é", "x" * 5000,
                  " ".join(["mail"] * 100 + ["nosuch"]), " ".join(["mail"] * 300 + ["nosuch"]),
                  "mail cn sn userPassword", "-mail +userPassword"):
        yield "front", "olcChanceryAttributes", [value]
    for value in ("", "worst", "best all", "bests", "1", "none", "BEST ALL", "best,all", '"'):
        yield "db", "olcChanceryPublish", [value]
    yield "db", "olcChanceryPublish", ["best", "all"]
    for value in ("", "on", "maybe", "refuses", "off warn", "1", "REFUSE NOW", '"'):
        yield "db", "olcChanceryGuard", [value]
    yield "db", "olcChanceryGuard", ["off", "warn"]
    for value in ("", '""', "nonsense", "**", "* *", "anonymous", "users", "self", "dn=x",
                  "cn=a cn=b", "cn=x,,", "nosuch=x", "dn.subtree=cn=x", '"', " ", "=",
                  "cn=\\", f'cn={"x" * 70000},,'):
        yield "db", "olcChanceryDirect", [value]
    # where they do not belong
    for name, value in (("olcChanceryBase", f"{base} {real}"), ("olcChanceryEmptyBase", "TRUE"),
                        ("olcChanceryContainer", '"ou=x" "people"'),
                        ("olcChanceryAttributes", "+title"), ("olcChanceryPlusTags", "TRUE")):
        yield "db", name, [value]
    for name, value in (("olcChanceryPublish", "all"), ("olcChanceryGuard", "warn"),
                        ("olcChanceryDirect", "*")):
        yield "front", name, [value]
    for where in ("front", "db"):
        yield where, "olcChanceryNoSuch", ["x"]
        yield where, "olcOverlay", ["other"]


def test_bad_options(w, reference):
    reconfigured(w, config="config")
    count, wrong, silent, taken = 0, [], [], []
    with lc.as_root(w) as root:
        def overlay_of(text):
            return config_entry(root, config_entry(root, "cn=config", text),
                                "(objectClass=olcChanceryConfig)")
        where = {"front": overlay_of("(olcDatabase={-1}frontend)"),
                 "db": overlay_of(f"(olcSuffix={SUFFIX})")}

        def stored(place):
            return repr(root.search(where[place], lc.BASE, "(objectClass=*)",
                                    ["*"]).entries)
        before = {p: stored(p) for p in where}
        for place, name, values in bad_options():
            # replacing a base by itself, or by one below it, makes sense
            own = name == "olcChanceryBase" and len(values) == 1 and any(
                values[0].lower().startswith(f'"{front}{PUBLISHED}" ')
                for front in ("", "ou=x,")) and values[0].endswith(f'"{SUFFIX}"')
            for how in (lc.MOD_ADD, lc.MOD_REPLACE)[:1 if own else 2]:
                count += 1
                answer = root.modify(where[place], [(how, name, values)])
                short = f"{place} {name}: {values!r:.90}"
                if answer.code == lc.OK:
                    taken.append(short)
                    root.modify(where[place], [(lc.MOD_REPLACE, name, (
                        [f'"{PUBLISHED}" "{SUFFIX}"'] if name == "olcChanceryBase" else []))])
                elif not answer.text:
                    silent.append(f"{short}: {answer.code}")
                if stored(place) != before[place]:
                    wrong.append(f"{short}: left something behind")
                    break
        for place, what in (("front", "frontend"), ("db", "database")):
            parent = where[place].split(",", 1)[1]
            answer = root.add(f"olcOverlay=chancery,{parent}", [
                ("objectClass", ["olcOverlayConfig", "olcChanceryConfig"]),
                ("olcOverlay", ["chancery"])])
            check(f"a second one on the {what} is refused", answer.code != lc.OK
                  and answer.text, answer)
            answer = root.delete(where[place].replace("chancery", "chancerx"))
            check(f"deleting another one of the {what} is refused", answer.code != lc.OK)
        check(f"{count} changes that make no sense are refused", not taken, taken[:40])
        check("each with a text", not silent, silent[:20])
        check("and leave nothing behind", not wrong, wrong[:5])
    compared("the right answers afterwards", w, reference)
    w.restart()
    compared("slapd starts again from its slapd.d", w, reference)
    w.stop()
    reconfigured(w, config="conf")


def test_bad_lines(w):
    """The same in slapd.conf: slaptest names the line."""
    good = open(w.path("slapd.conf"), encoding="utf-8").read()
    at = f'chancery-base "{PUBLISHED}" "{SUFFIX}"'
    assert good.count(at) == 1
    for line in ("chancery-base", "chancery-base dc=x", "chancery-base dc=x nonsense",
                 f'chancery-base "dc=com" "{SUFFIX}"', "chancery-empty-base maybe",
                 "chancery-plus-tags", "chancery-container ou=x dogs",
                 "chancery-container ou=x", "chancery-attributes", "chancery-attributes nosuch",
                 "chancery-attributes +userPassword", "chancery-publish all",
                 "chancery-guard refuse", "chancery-direct *", "chancery-nosuch x"):
        with open(w.path("bad.conf"), "w", encoding="utf-8") as f:
            f.write(good.replace(at, f"{at}\n{line}"))
        ran = subprocess.run([f"{TOOLS}/slaptest", "-u", "-f", w.path("bad.conf")],
                             capture_output=True, text=True, env=w._environment(), timeout=60)
        number = good[:good.index(at)].count("\n") + 2
        check(f"slapd.conf: {line}", ran.returncode != 0
              and re.search(rf"line {number}\b", ran.stderr), ran.stderr[-400:])


def main():
    with World() as w:
        reference = answers(w)
        check("nothing leaks to begin with", len(reference) == len(QUERIES), reference[-1:])
        for test, arguments in (
                (test_backups, (w,)), (test_tools, (w,)), (test_version, (w,)),
                (test_beside, (w, reference)), (test_accesslog, (w,)),
                (test_container_moves, (w,)), (test_bad_options, (w, reference)),
                (test_bad_lines, (w,)), (test_comes_and_goes, (w, reference))):
            with case(test.__name__):
                test(*arguments)
                if w.process is None:
                    reconfigured(w)
    for test in (test_replication, test_translucent):
        with case(test.__name__):
            test()
    return done()


if __name__ == "__main__":
    sys.exit(main())
