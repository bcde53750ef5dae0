#!/usr/bin/python3
"""The command `chancery` against a running world: what it says, what it writes,
how it ends. Every verb is run as people run it, as a program of its own.

run: limit=600
"""
import base64
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from paths import built  # noqa: E402
import certs  # noqa: E402
from check import case, check, done, equal, skip  # noqa: E402
from world import World  # noqa: E402

DAY = 86400
COMMAND = built("bin", "chancery")
CLIENTS = ("outlook", "thunderbird", "evolution", "gpgsm")


def run(*arguments, seconds=60, **env):
    """Runs the command; environment of its settings only from env."""
    clean = {k: v for k, v in os.environ.items()
             if not k.startswith("CHANCERY_") and k != "STATE" and not k.startswith("LDAP")}
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True,
                          timeout=seconds, stdin=subprocess.DEVNULL,
                          env={**clean, "LC_ALL": "C.UTF-8", **env})


def serial(der):
    return "%X" % certs.serial_of(der)


def same_serial(text, der):
    return text is not None and int(text["serial"], 16) == certs.serial_of(der)


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)
    return path


def ldif(dn, *pairs):
    out = f"dn: {dn}\n"
    for name, value in pairs:
        data = value if isinstance(value, bytes) else value.encode()
        out += f"{name}:: {base64.b64encode(data).decode()}\n"
    return out + "\n"


# --- explain -----------------------------------------------------------------------

def explain(w, address, *more, **env):
    p = run("explain", "--json", *more, address, **(env or {"STATE": w.state}))
    return p, json.loads(p.stdout) if p.stdout else None


# address; the label of the certificate that all get, or a result a program
EXPLAINED = (
    ("anna.muster@example.com", "good"),
    ("anna@example.com", "good"),
    ("A.MUSTER@EXAMPLE.COM", "good"),
    ("bruno.keller@example.com", "newer"),
    ("info@example.com", "good"),
    ("office@example.com", "good"),
    ("petra.partner@partner.example", "good"),
    ("otto.extern@partner.example", "ec"),
    ("zoe.mueller@example.com", "good"),
    ("hilda.help@example.com", "good"),
    ("sean.o'brien@example.com", "good"),
    ("xenia.lang@xn--bcher-kva.example", "good"),
    ("xenia.lang@bücher.example", "good"),
    ("carla.rossi@example.com", None),
    ("dora.weiss@example.com", None),
    ("gregor.novak@example.com", None),
    ("karin.vogel@example.com", None),
    ("nobody@example.com", None),
)
PRIMARY = {"anna@example.com": "anna.muster@example.com",
           "A.MUSTER@EXAMPLE.COM": "anna.muster@example.com",
           "office@example.com": "info@example.com",
           "xenia.lang@bücher.example": "xenia.lang@xn--bcher-kva.example"}


def explains_each(w):
    for address, label in EXPLAINED:
        p, x = explain(w, address)
        if label is None:
            wanted = {c: "no-certificate" for c in CLIENTS}
            wanted["evolution"] = "no-entry"
            if address.startswith("nobody"):
                wanted = {c: "no-entry" for c in CLIENTS}
            equal(f"explain {address}: results", {c["client"]: c["result"]
                                                  for c in x["clients"]}, wanted)
            equal(f"explain {address}: exit code", p.returncode, 1)
            check(f"explain {address}: says what to do", x["advice"], p.stdout)
            continue
        der = w.cert(PRIMARY.get(address, address), label)
        equal(f"explain {address}: exit code", p.returncode, 0)
        check(f"explain {address}: all get {label}",
              [c["client"] for c in x["clients"]] == list(CLIENTS) and
              all(same_serial(c["certificate"], der) and c["usable"]
                  for c in x["clients"]), p.stdout)
        equal(f"explain {address}: no advice", x["advice"], [])


REASONS = {
    "carla.rossi@example.com": "not published: has expired",
    "dora.weiss@example.com": "not published: revoked",
    "karin.vogel@example.com": "not published: has a key that cannot encrypt",
    "luca.ferrari@example.com": "not published: names no address of this entry",
    "maria.santos@example.com": "not published: not for mail",
    "paul.dupont@example.com": "not published: revoked",
    "nils.hansen@example.com": "not published: has a key that cannot encrypt",
}


def explains_why_not(w):
    for address, reason in REASONS.items():
        p = run("explain", address, STATE=w.state)
        check(f"explain {address}: why not", reason in p.stdout and
              "What to do:" in p.stdout and p.returncode == 1, p.stdout + p.stderr)
    _, x = explain(w, "bruno.keller@example.com")
    status = x["stored"][0]["status"]
    check("explain bruno: one line a stored certificate", len(status) == 4 and
          sum(": published until" in s for s in status) == 1, status)
    p = run("explain", "--as", "outlook", "anna.muster@example.com", STATE=w.state)
    check("explain --as outlook: only Outlook", "Outlook" in p.stdout and
          "Thunderbird" not in p.stdout and p.returncode == 0, p.stdout)
    check("explain: Outlook's own memory is named", "auto-complete" in p.stdout, p.stdout)


def explains_aliases(w):
    """A certificate that does not name the alias: who keeps it by address fails."""
    _, x = explain(w, "e.gross@example.com")
    equal("explain alias that no certificate names",
          {c["client"]: c["usable"] for c in x["clients"]},
          {"outlook": True, "thunderbird": False, "evolution": True, "gpgsm": False})
    check("explain alias: says so", any("names" in a for a in x["advice"]), x["advice"])
    _, x = explain(w, "anna.muster+news@example.com")
    check("explain tagged address: finds what is stored without the tag",
          x["stored"] and x["stored"][0]["dn"].startswith("mail=anna.muster@"), x)


def explains_from_outside(w):
    p, x = explain(w, "carla.rossi@example.com", "-H", w.uri, CHANCERY_CONF="/dev/null")
    check("explain -H: no administrator is asked", x["stored"] is None and
          "root" in " ".join(x["advice"]) and p.returncode == 1, p.stdout)
    equal("explain -H: finds the base by itself", x["base"], "dc=example")
    p, x = explain(w, "anna.muster@example.com", "-b", "dc=nowhere", STATE=w.state)
    check("explain with a wrong base: errors, and advice",
          all(c["result"] == "error" for c in x["clients"]) and
          any("search base" in a for a in x["advice"]) and p.returncode == 1, p.stdout)


def explains_a_plain_slapd():
    """Without the overlay each program shows its own weakness."""
    with World(overlay=False) as w:
        p, x = explain(w, "bruno.keller@example.com", "-b", w.suffix)
        got = {c["client"]: c for c in x["clients"]}
        newer, older = (w.cert("bruno.keller@example.com", x) for x in ("newer", "older"))
        check("plain slapd, bruno: Outlook takes the first that fits",
              got["outlook"]["usable"] and
              same_serial(got["outlook"]["certificate"], older), got["outlook"])
        check("plain slapd, bruno: Thunderbird takes any good one",
              got["thunderbird"]["usable"], got["thunderbird"])
        for client in ("evolution", "gpgsm"):
            check(f"plain slapd, bruno: {client} takes the first, which has expired",
                  not got[client]["usable"] and got[client]["reason"] == "expired",
                  got[client])
        check("plain slapd, bruno: the reasons are judged here",
              all("judged here" in s for s in x["stored"][0]["status"]), x["stored"])
        check("plain slapd, bruno: exit code", p.returncode == 1 and newer, p.returncode)
        _, x = explain(w, "carla.rossi@example.com", "-b", w.suffix)
        outlook = x["clients"][0]
        check("plain slapd, carla: Outlook stays with a bad userSMIMECertificate",
              outlook["attribute"] == "userSMIMECertificate" and
              outlook["reason"] == "expired" and outlook["note"], outlook)
        p = run("doctor", "--json", "-b", w.suffix, STATE=w.state)
        bad, warned = ({c["check"] for c in json.loads(p.stdout)["checks"]
                        if c["verdict"] == v} for v in ("fail", "warn"))
        check("plain slapd: doctor names what is missing",
              {"overlay", "suffix", "empty base"} <= bad | warned and p.returncode == 1,
              (bad, warned))
    with World(overlay=False, access="access to * by * read") as w:
        _, found, _ = doctor(w, "-b", w.suffix)
        check("doctor: a password that anybody sees", ("password", "fail") in found, found)
        check("doctor: a registry that anybody sees", ("private", "fail") in found, found)


# --- list and export ---------------------------------------------------------------

def lists(w):
    p = run("list", "--problems", "--json", STATE=w.state)
    got = {x["mail"][0]: x["reason"] for x in json.loads(p.stdout)}
    equal("list --problems", got, {
        # of several, the one that ends last
        "carla.rossi@example.com": "expired", "dora.weiss@example.com": "not-yet",
        "gregor.novak@example.com": "no-certificate", "karin.vogel@example.com": "key",
        "luca.ferrari@example.com": "address", "maria.santos@example.com": "ext-usage",
        "nils.hansen@example.com": "key", "paul.dupont@example.com": "revoked",
        "sales@example.com": "no-certificate", "yusuf.demir@partner.example": "expired"})
    equal("list --problems: exit code", p.returncode, 1)
    p = run("list", "--expiring", "30d", STATE=w.state)
    equal("list --expiring 30d", sorted(re.findall(r"^\S+@\S+", p.stdout, re.M)),
          ["quentin.roux@example.com", "renate.huber@example.com"])
    p = run("list", "--expiring=1d", STATE=w.state)
    equal("list --expiring 1d: nobody", (p.returncode, p.stdout), (0, ""))
    everybody = json.loads(run("list", "--json", STATE=w.state).stdout)
    check("list: everybody once", len(everybody) == len({x["dn"] for x in everybody}) and
          len(everybody) > 25, len(everybody))
    anna = next(x for x in everybody if x["mail"][0] == "anna.muster@example.com")
    ends = time.strftime("%Y-%m-%d", time.gmtime(w.now + 630 * DAY))
    check("list: anna's certificate, not the chain's", anna["until"].startswith(ends), anna)
    p = run("list", "-H", w.uri, CHANCERY_CONF="/dev/null")
    check("list from outside: what anybody sees, and it says so",
          "anybody" in p.stderr and "anna.muster@example.com" in p.stdout and
          p.returncode == 0, p.stderr)
    check("list from outside: and what to set for more",
          "(-H says nothing about the administrator's way in: set "
          "CHANCERY_ADMIN=ldapi://...)" in p.stderr, p.stderr)


def exports(w):
    anna, bruno = "anna.muster@example.com", "bruno.keller@example.com"
    p = run("export", anna, STATE=w.state)
    equal("export: PEM of what is published", [base64.b64decode(b) for b in re.findall(
        "-----BEGIN CERTIFICATE-----(.*?)-----END", p.stdout, re.S)], [w.cert(anna, "good")])
    lines = p.stdout.splitlines()
    check("export: lines of 64", max(map(len, lines)) == 64 or
          max(len(x) for x in lines if not x.startswith("serial")) == 64, lines[:3])
    p = run("export", "--all", bruno, STATE=w.state)
    equal("export --all: all that is stored", {base64.b64decode(b) for b in re.findall(
        "-----BEGIN CERTIFICATE-----(.*?)-----END", p.stdout, re.S)},
        {w.cert(bruno, x) for x in ("expired", "signing", "older", "newer")})
    path = w.path("out.der")
    p = run("export", "--der", path, bruno, STATE=w.state)
    with open(path, "rb") as f:
        equal("export --der: the best one", f.read(), w.cert(bruno, "newer"))
    p = run("export", "carla.rossi@example.com", STATE=w.state)
    check("export: nothing is published", p.returncode == 1 and not p.stdout and
          "explain" in p.stderr, p.stderr)
    p = run("export", "--der", "/nonexistent/x.der", bruno, STATE=w.state)
    check("export: a file that cannot be written", p.returncode == 5 and
          "/nonexistent/x.der" in p.stderr, (p.returncode, p.stderr))


# --- import ------------------------------------------------------------------------

def imported(w, *arguments):
    p = run("import", "--json", *arguments, STATE=w.state)
    return p, json.loads(p.stdout) if p.stdout else {}


def outsider(w, address, name="Nora Neu", **more):
    ca = w.authority("partner")
    return certs.make_cert(f"CN={name},O=Neu GmbH", (address,), ca, w.now - DAY,
                           w.now + 300 * DAY, **more)


def values(w, address, attr="userCertificate;binary"):
    found = w.connect_root().search_s(w.suffix, 2, f"(mail={address})", [attr])
    return [(dn, e.get(attr, [])) for dn, e in found if "ou=registry" not in dn]


def imports_into_entries(w, folder):
    gregor = "gregor.novak@example.com"
    der = certs.make_cert("CN=Gregor Novak", (gregor,), w.authority("issuing"),
                          w.now - DAY, w.now + 300 * DAY)
    path = write(f"{folder}/gregor.pem", "Gregor's\n" + certs.pem(der))
    p, x = imported(w, "--dry-run", path, path)
    check("import --dry-run: says what would happen, twice the same once",
          x["imported"] == 1 and x["present"] == 1 and x["dry_run"] and p.returncode == 0,
          p.stdout + p.stderr)
    equal("import --dry-run: writes nothing", values(w, gregor)[0][1], [])
    p, x = imported(w, path)
    check("import: PEM onto the entry of its address",
          x["imported"] == 1 and x["new_partners"] == 0 and p.returncode == 0, p.stdout)
    equal("import: stored byte for byte", values(w, gregor)[0][1], [der])
    p, x = imported(w, path, write(f"{folder}/gregor.der", der))
    check("import: nothing twice", x["imported"] == 0 and x["present"] == 2 and
          p.returncode == 0, p.stdout)
    with case("import: published at once"):
        got = run("export", gregor, STATE=w.state)
        assert got.returncode == 0, got.stderr


def imports_outsiders(w, folder):
    nora = "nora.neu@neu.example"
    der, two = outsider(w, nora, "Nora Zoë Neu"), outsider(w, nora, "Nora Neu")
    p7b = certs.make_certs_only([der, w.authority("partner").der])
    p, x = imported(w, write(f"{folder}/nora.p7b", p7b))
    check("import: P7B of an outsider; the authority is passed over",
          x["imported"] == x["new_partners"] == 1 and x["authorities_passed_over"] == 1 and
          p.returncode == 0, p.stdout + p.stderr)
    found = w.connect_root().search_s(w.suffix, 2, f"(mail={nora})")
    dn, entry = found[0]
    equal("import: the partner's entry", (dn, entry["objectClass"], entry["cn"], entry["sn"]),
          (f"mail={nora},ou=partners,{w.suffix}", [b"inetOrgPerson", b"chanceryPartner"],
           ["Nora Zoë Neu".encode()], [b"Neu"]))
    p, x = imported(w, write(f"{folder}/nora2.cer", two))
    check("import: the second onto the same entry", x["imported"] == 1 and
          x["new_partners"] == 0 and len(values(w, nora)[0][1]) == 2, p.stdout)
    p = run("explain", nora, STATE=w.state)
    equal("import: and every program gets one", p.returncode, 0)

    odd = certs.make_cert("O=Neu GmbH", ("max@neu.example", "m.odd@neu.example"),
                          w.authority("partner"), w.now - DAY, w.now + 300 * DAY)
    imported(w, write(f"{folder}/odd.der", odd))
    dn, entry = w.connect_root().search_s(w.suffix, 2, "(mail=m.odd@neu.example)")[0]
    equal("import: without a common name, the address is the name; all addresses",
          (dn.split(",")[0], entry["cn"], entry["mail"]),
          ("mail=max@neu.example", [b"max@neu.example"],
           [b"max@neu.example", b"m.odd@neu.example"]))


def imports_odd_names(w, folder):
    """What a stranger's subject may not do to an entry."""
    name = certs.x509.Name([
        certs.x509.NameAttribute(certs.x509.NameOID.GIVEN_NAME, "Żaneta"),
        certs.x509.NameAttribute(certs.x509.NameOID.COMMON_NAME,
                                 "  Żaneta\u202e\n  Żak ", _type=certs.x509.name._ASN1Type.BMPString)])
    for address, subject, wanted in (
            ("zaneta@neu.example", name, ("Żaneta Żak", "Żak", "Żaneta")),
            ("long@neu.example", "CN=" + "x" * 64, ("x" * 64, "x" * 64, None)),
            ("blank@neu.example", certs.x509.Name([certs.x509.NameAttribute(
                certs.x509.NameOID.COMMON_NAME, "   ")]), ("blank@neu.example",) * 2 + (None,))):
        der = certs.make_cert(subject, (address,), w.authority("partner"), w.now - DAY,
                              w.now + 300 * DAY)
        p, _ = imported(w, write(f"{folder}/odd-name.der", der))
        found = w.connect_root().search_s(w.suffix, 2, f"(mail={address})")
        got = tuple(found[0][1].get(a, [b""])[0].decode() or None
                    for a in ("cn", "sn", "givenName")) if found else p.stdout
        equal(f"import: the name of {address}", got, wanted)


def imports_domains(w, folder):
    """Direct: a certificate for a whole domain, whose entry is named by it."""
    root, domain = w.connect_root(), "direct.example"
    root.add_s(f"mail={domain},ou=partners,{w.suffix}", [
        ("objectClass", [b"inetOrgPerson", b"chanceryPartner"]), ("cn", [b"Direct"]),
        ("sn", [b"Direct"]), ("mail", [domain.encode()])])
    der = certs.make_cert("CN=Direct", (), w.authority("partner"), w.now - DAY,
                          w.now + 300 * DAY, dns=(domain,))
    p, x = imported(w, write(f"{folder}/direct.der", der))
    check("import: a domain's certificate onto the domain's entry", x["imported"] == 1 and
          values(w, domain)[0][1] == [der], p.stdout)


def serves_ordinary_users(w):
    """Who is not root sees what anybody sees, and is told so."""
    if os.geteuid() != 0:
        skip("the command as another user", "only root can become somebody else")
        return
    os.chmod(w.path("run", "ldapi"), 0o777)
    if os.path.dirname(w.state) != "/tmp":  # the runner's own folder
        os.chmod(os.path.dirname(w.state), 0o711)
    if subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                       "test", "-x", COMMAND], check=False).returncode != 0:
        skip("the command as another user", "only root reaches this folder")
        return

    def run_as_nobody(*arguments):
        return subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
             COMMAND, *arguments], capture_output=True, text=True, timeout=60,
            stdin=subprocess.DEVNULL, env={"STATE": w.state, "PATH": os.environ["PATH"]})
    p = run_as_nobody("explain", "carla.rossi@example.com")
    check("nobody's explain: answers, no reasons", p.returncode == 1 and
          "finds the entry, but no certificate" in p.stdout and
          "expired" not in p.stdout and "root" in p.stdout, p.stdout + p.stderr)
    p = run_as_nobody("export", "--all", "carla.rossi@example.com")
    check("nobody's export --all: refused", p.returncode == 1 and not p.stdout and
          "root" in p.stderr, (p.returncode, p.stdout, p.stderr))
    p = run_as_nobody("import", w.path("certs"))
    check("nobody's import: refused", p.returncode == 1 and "root" in p.stderr,
          (p.returncode, p.stderr))


def refuses(w, folder):
    """Each with its sentence, and nothing written."""
    ca, soon = w.authority("partner"), (w.now - DAY, w.now + 300 * DAY)
    key = certs.pool_key("rsa2048")
    table = {
        "internal": (certs.make_cert("CN=X", ("not.there@example.com",), ca, *soon),
                     "internal domain"),
        "expired": (certs.make_cert("CN=X", ("x1@neu.example",), ca, w.now - 9 * DAY,
                                    w.now - DAY), "ended|expired"),
        "weak": (outsider(w, "x2@neu.example", key="rsa1024"), "1024"),
        "no-address": (certs.make_cert("CN=X", (), ca, *soon), "no mail address"),
        "server": (certs.make_cert("CN=X", (), ca, *soon, dns=("www.neu.example",)),
                   "www.neu.example"),
        "md5": (outsider(w, "x3@neu.example", sig_hash="md5"), "md5|MD5"),
        "request": (certs.make_csr("CN=X", ("x4@neu.example",)), "request|PKCS#10|CSR"),
        "crl": (certs.make_crl(ca, [], w.now - DAY, w.now + DAY), "CRL|revocation"),
        "pfx": (certs.make_pfx(outsider(w, "x5@neu.example"), key), "private|PKCS#12|PFX"),
        "key": (certs.key_pem(key), "private key"),
        "mixed": (certs.pem(outsider(w, "x6@neu.example")).encode() + certs.key_pem(key),
                  "private key"),
        "text": (b"good morning\n", "neither PEM, DER nor PKCS#7"),
        "empty": (b"", "is empty"),
        "cut": (outsider(w, "x7@neu.example")[:-20], "not one SEQUENCE|well-formed|DER"),
    }
    before = len(w.connect_root().search_s(w.suffix, 2, "(mail=*)", ["1.1"]))
    for name, (data, wanted) in table.items():
        p, x = imported(w, write(f"{folder}/bad-{name}.der", data))
        check(f"import refuses {name}, with the reason", p.returncode == 1 and
              len(x["refused"]) == 1 and x["imported"] == 0 and
              re.search(wanted, x["refused"][0]["reason"]), p.stdout + p.stderr)
        check(f"import refuses {name}: names the file",
              f"bad-{name}.der" in x["refused"][0]["source"], x)
    after = len(w.connect_root().search_s(w.suffix, 2, "(mail=*)", ["1.1"]))
    equal("import refuses: nothing was written", after, before)
    p = run("import", f"{folder}/bad-weak.der", f"{folder}/missing.pem", STATE=w.state)
    check("import: refused ones stand on stderr", p.stderr.count("refused: ") == 2 and
          "missing.pem" in p.stderr and "2 refused" in p.stdout, p.stderr + p.stdout)


def imports_folders(w, folder):
    top = f"{folder}/many"
    for i in range(5):
        write(f"{top}/{'deep/' * i}c{i}.crt", certs.pem(outsider(w, f"f{i}@neu.example")))
    write(f"{top}/README", "not a certificate")
    write(f"{top}/.hidden.pem", "not read")
    os.symlink("/", f"{top}/loop")
    p, x = imported(w, top)
    check("import: a folder and those inside", x["new_partners"] == 5 and
          x["files"] == 5 and x["files_passed_over"] == 2 and p.returncode == 0, p.stdout)
    write(f"{folder}/abyss/{'d/' * 20}c.crt", certs.pem(outsider(w, "deep@neu.example")))
    p, x = imported(w, f"{folder}/abyss")
    check("import: folders too deep", p.returncode == 1 and
          "too deep" in x["refused"][0]["reason"], p.stdout)


def imports_ldif(w, folder):
    lena, otto = "lena.ldif@neu.example", "otto.ldif@neu.example"
    a, b = outsider(w, lena, "Lena LDIF"), outsider(w, otto, "Otto LDIF")
    bad = outsider(w, "weak.ldif@neu.example", key="rsa1024")
    signed = certs.make_signed(a, certs.pool_key("rsa2048"), [w.authority("partner").der])
    text = ("version: 1\n\n" +
            ldif("cn=Lena,o=Old", ("cn", "Lena"), ("mail", lena),
                 ("userSMIMECertificate;binary", signed), ("userCertificate;binary", a)) +
            ldif("cn=Otto,o=Old", ("userCertificate", b)) +
            "dn: cn=broken\ncn: Zo\xeb\n\n" +
            ldif("cn=Weak,o=Old", ("2.5.4.36;binary", bad)) +
            ldif("cn=CA,o=Old", ("cACertificate;binary", w.authority("partner").der)) +
            "search: 2\nresult: 0 Success\n")
    p, x = imported(w, write(f"{folder}/old.ldif", text.encode("latin-1")))
    check("import: LDIF export", x["imported"] == 3 and x["new_partners"] == 2 and
          p.returncode == 1, p.stdout + p.stderr)
    reasons = {r["source"]: r["reason"] for r in x["refused"]}
    check("import: LDIF: bad records are named by line, the others go on",
          len(reasons) == 2 and any("1024" in r for r in reasons.values()) and
          any("line" in r and "base64" in r for r in reasons.values()), reasons)
    equal("import: LDIF: the signed value too",
          values(w, lena, "userSMIMECertificate")[0][1], [signed])
    p, x = imported(w, "--anchor", f"{folder}/old.ldif")
    check("import --anchor: LDIF's cACertificate, which is there", x["present"] == 1 and
          x["imported"] == 0, p.stdout)


def imports_anchors(w, folder):
    make = certs.Authority.create
    key = certs.pool_key("rsa2048", 1)
    one = make("CN=New Root,O=Neu GmbH", w.now - DAY, w.now + 900 * DAY, key=key)
    again = make("CN=New Root,O=Neu GmbH", w.now - DAY, w.now + 1900 * DAY,
                 key=certs.pool_key("rsa2048", 2))
    other = make("CN=New Root,O=Alt GmbH", w.now - DAY, w.now + 900 * DAY, key=key)
    path = write(f"{folder}/roots.pem", "".join(map(certs.pem, (
        one.der, again.der, other.der))))
    said = run("import", "--anchor", "--dry-run", path, STATE=w.state).stdout
    equal("import --anchor --dry-run: says how many are new", said,
          "dry run: 3 of 3 certificates would be imported: 1 for entries that were there, "
          "2 for new authorities\n")
    p, x = imported(w, "--anchor", path)
    check("import --anchor", x["imported"] == 3 and x["new_authorities"] == 2 and
          p.returncode == 0, p.stdout + p.stderr)
    found = dict(w.connect_root().search_s(f"ou=authorities,{w.suffix}", 2,
                                           "(cn=New Root*)", ["cACertificate;binary"]))
    held = sorted(len(e["cACertificate;binary"]) for e in found.values())
    equal("import --anchor: one entry a subject", held, [1, 2])
    p, x = imported(w, "--anchor", path)
    equal("import --anchor: nothing twice", (x["imported"], x["present"]), (0, 3))
    p, x = imported(w, "--anchor", write(f"{folder}/leaf.pem", certs.pem(
        outsider(w, "leaf@neu.example"))))
    check("import --anchor refuses a person's", p.returncode == 1 and
          "basicConstraints" in x["refused"][0]["reason"], x)
    p, x = imported(w, path)
    check("import: authorities are no persons", x["authorities_passed_over"] == 3 and
          x["imported"] == 0 and p.returncode == 0, x)


def imports_many(w, folder):
    """Long enough for progress; the speed is the directory's."""
    n, width = 1000, 5
    template = outsider(w, "load00000@neu.example", serial=0x5a5a5a5a << 64)
    old = (0x5a5a5a5a << 64).to_bytes(12, "big")
    text = []
    for i in range(n):
        der = template.replace(old, ((0x5a5a5a5a << 64) + i).to_bytes(12, "big"))
        der = der.replace(b"load00000@", b"load%0*d@" % (width, i))
        text.append(certs.pem(der))
    path = write(f"{folder}/load.pem", "".join(text))
    began = time.monotonic()
    p, x = imported(w, path)
    took = time.monotonic() - began
    check("import: thousands", x.get("new_partners") == n and p.returncode == 0,
          p.stdout[-500:] + p.stderr[-500:])
    check("import: progress where it takes longer than a second",
          took < 1 or re.search(r"^\d+ certificates \.\.\.$", p.stderr, re.M), p.stderr)
    print(f"note {n} certificates imported in {took:.1f} s")
    p = run("list", "--json", STATE=w.state)
    check("list: thousands, past slapd's usual size limit",
          len(json.loads(p.stdout)) > n, p.stderr)


# --- doctor ------------------------------------------------------------------------

def doctor(w, *arguments, **env):
    p = run("doctor", "--json", *arguments, **(env or {"STATE": w.state}))
    x = json.loads(p.stdout)
    return p, {(c["check"], c["verdict"]): c for c in x["checks"]}, x


def doctors_a_healthy_world(w):
    p, found, x = doctor(w)
    equal("doctor: nothing fails in the demonstration",
          [c for c in x["checks"] if c["verdict"] == "fail"], [])
    equal("doctor: exit code", p.returncode, 0)
    wanted = {"server", "overlay", "tls", "contexts", "search", "outlook", "thunderbird",
              "evolution", "gpgsm", "spellings", "empty base", "suffix", "private",
              "containers", "password", "authorities", "user name", "clock"}
    equal("doctor: every check ran", wanted - {c for c, v in found if v == "ok"}, set())
    check("doctor: error 34 is explained", "34" in found["user name", "ok"]["text"], x)
    check("doctor: people with problems are counted", ("people", "warn") in found, x)
    check("doctor: TLS certificate's end is told",
          re.search(r"until 20\d\d-", found["tls", "ok"]["text"]), found["tls", "ok"])
    p = run("doctor", STATE=w.state)
    check("doctor: for people", re.search(r"^ok +server ", p.stdout, re.M) and
          "0 FAIL" in p.stdout and "-> " in p.stdout, p.stdout)
    p, found, _ = doctor(w, "-H", w.ldaps_uri.replace("localhost", "127.0.0.1"),
                         CHANCERY_CONF="/dev/null", CHANCERY_TLS_CACERT=w.ca_file)
    check("doctor: over ldaps, without administrator", ("tls", "ok") in found and
          ("administrator", "skip") in found and p.returncode == 0, p.stdout)


def doctors_a_sick_world(w):
    """One thing wrong at a time; each is found, and healed again."""
    root = w.connect_root()
    ca_dn = f"cn=Partner CA,ou=authorities,{w.suffix}"
    crl = "certificateRevocationList;binary"

    old = certs.make_crl(w.authority("partner"), [], w.now - 40 * DAY, w.now - DAY)
    kept = root.search_s(ca_dn, 0, attrlist=[crl])[0][1][crl]
    root.modify_s(ca_dn, [(2, crl, [old])])
    p, found, _ = doctor(w)
    check("doctor: an old CRL", "Partner CA" in found["authorities", "fail"]["text"] and
          p.returncode == 1, p.stdout)
    root.modify_s(ca_dn, [(2, crl, [certs.make_crl(
        w.authority("partner"), [], w.now + DAY, w.now + 9 * DAY)])])
    _, found, _ = doctor(w)
    check("doctor: a CRL of the future", "future" in found["authorities", "warn"]["text"],
          found)
    root.modify_s(ca_dn, [(1, crl, None)])
    _, found, _ = doctor(w)
    check("doctor: no CRL", "CRL" in found["authorities", "warn"]["text"], found)
    root.modify_s(ca_dn, [(2, crl, kept)])

    ending = certs.Authority.create("CN=Ending CA", w.now - DAY, w.now + 20 * DAY,
                                    key=certs.pool_key("rsa2048", 1))
    dn = f"cn=Ending CA,ou=authorities,{w.suffix}"
    root.add_s(dn, [("objectClass", [b"organizationalRole", b"pkiCA"]),
                    ("cn", [b"Ending CA"]), ("cACertificate;binary", [ending.der]),
                    (crl, [certs.make_crl(ending, [], w.now - DAY, w.now + 9 * DAY)])])
    _, found, _ = doctor(w)
    check("doctor: an authority that ends soon",
          "Ending CA: its certificate ends" in found["authorities", "warn"]["text"], found)
    root.delete_s(dn)

    twice = f"mail=twice@example.com,ou=people,{w.suffix}"
    root.add_s(twice, [("objectClass", [b"inetOrgPerson", b"chanceryPerson"]),
                       ("cn", [b"Twice"]), ("sn", [b"Twice"]),
                       ("mail", [b"twice@example.com", b"INFO@example.com"])])
    _, found, _ = doctor(w)
    check("doctor: one address on two entries",
          "info@example.com" in found["people", "fail"]["text"].lower(), found)
    p, x = explain(w, "info@example.com")
    check("explain: one address on two entries", any("Several" in a for a in x["advice"]),
          p.stdout)
    info = certs.make_cert("CN=Info", ("info@example.com",), w.authority("issuing"),
                           w.now - DAY, w.now + DAY)
    p, x = imported(w, write(w.path("twice", "info.der"), info))
    check("import refuses an address on two entries", p.returncode == 1 and
          "several entries" in x["refused"][0]["reason"], x)
    root.delete_s(twice)

    _, found, _ = doctor(w, "-b", "dc=nowhere")
    check("doctor: a base that is not there", ("search", "fail") in found and
          ("contexts", "warn") in found, found)
    p, found, _ = doctor(w, "-H", w.uri, CHANCERY_CONF="/dev/null")
    equal("doctor: a TLS certificate of an unknown issuer", (p.returncode, found["tls", "fail"]["text"]), (
        1, f"StartTLS at {w.uri}: the issuer of the server's certificate (CN=localhost) is "
        "not known here: CN=Example TLS CA"))
    check("doctor: and what to do about it",
          "tls_cacert" in found["tls", "fail"]["todo"], found["tls", "fail"])


def renew_tls(w, last, dns=(), ips=("127.0.0.1",)):
    """Another certificate for the server, valid until then, for these hosts."""
    first = w.now - 9 * DAY
    ca = certs.Authority.create("CN=Other TLS CA", first, w.now + 900 * DAY,
                                key=certs.new_key("ec256"))
    key = certs.new_key("ec256")
    server = certs.make_cert("CN=localhost", (), ca, first, last, key=key,
                             key_usage=certs.SIGN, eku=("serverAuth",), dns=dns, ips=ips)
    w.stop()
    for name, text in (("ca.pem", certs.pem(ca.der)), ("server.pem", certs.pem(server)),
                       ("server.key", certs.key_pem(key))):
        write(w.path("tls", name), text)
    w.start()


def doctors_open_worlds():
    with World(extra_database='chancery-direct "*"\n') as w:
        p, found, _ = doctor(w)
        check("doctor: a real suffix that anybody sees", ("suffix", "fail") in found and
              p.returncode == 1, found)
    with World(extra_frontend="chancery-empty-base off\n"
               "chancery-container ou=people people\n"
               "chancery-container ou=partners people\n") as w:
        p, found, _ = doctor(w)
        check("doctor: no empty base", ("empty base", "warn") in found, found)
        check("doctor: a container that is left out", p.returncode == 0 and
              "sees ou=authorities under" in found["containers", "warn"]["text"], found)
        for days, words, verdict in ((-1, "has expired on 20", "fail"),
                                     (1, "ends in 1 day (20", "warn"),
                                     (20, "ends in 20 days (20", "warn")):
            renew_tls(w, w.now + days * DAY + DAY // 2)
            _, found, _ = doctor(w)
            check(f"doctor: a TLS certificate that ends in {days} days",
                  words in found["tls", verdict]["text"] and
                  "renew" in found["tls", verdict]["todo"], found)
        own = socket.gethostname()
        local = w.uri.replace("127.0.0.1", "localhost")
        for uri, dns, ips, wanted in (
                (w.uri, ("a.example", "b.example"), (), "is for a.example, b.example, not for 127.0.0.1"),
                (w.uri, (), ("127.0.0.2",), "is for CN=localhost, not for 127.0.0.1"),
                (local, ("a.example",), ("127.0.0.1",), "is for a.example, not for localhost"),
                (local, (own,), (), None)):
            renew_tls(w, w.now + 90 * DAY, dns, ips)
            _, found, _ = doctor(w, "-H", uri, CHANCERY_CONF="/dev/null",
                                 CHANCERY_TLS_CACERT=w.ca_file)
            equal(f"doctor: TLS at {uri[:16]} with a certificate for {dns}, {ips}",
                  found.get(("tls", "fail"), {}).get("text"),
                  wanted and f"StartTLS at {uri}: the server's certificate {wanted}")


# --- servers that are none ---------------------------------------------------------

BIND_OK = bytes.fromhex("300c02010161070a010004000400")
ENTRY = bytes.fromhex("3009020102640404003000")  # without a name, to message 2


class Stub:
    """Accepts connections and answers the first octets of each: with nothing
    (None), or with `answer`; then hangs up, or goes on in `manner`: "silent", or
    "drip", an entry a second for ever."""

    def __init__(self, answer, manner="close"):
        self.answer, self.manner = answer, manner
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.held = []
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def port(self):
        return self.socket.getsockname()[1]

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.held.append(connection)
            threading.Thread(target=self.speak, args=(connection,), daemon=True).start()

    def speak(self, connection):
        try:
            if self.answer is None:
                return
            connection.recv(4096)
            connection.sendall(self.answer)
            while self.manner == "drip":
                connection.sendall(ENTRY)
                time.sleep(0.5)
        except OSError:
            return
        if self.manner == "close":
            connection.close()

    def close(self):
        self.socket.close()
        for connection in self.held:
            connection.close()


def meet(name, stub, verb, scheme, least, most):
    began = time.monotonic()
    p = run(*verb, "-H", f"{scheme}://127.0.0.1:{stub.port}", "-b", "dc=x",
            CHANCERY_CONF="/dev/null", seconds=120)
    took = time.monotonic() - began
    check(f"{name}: exit code 3, in time", p.returncode == 3 and p.stdout + p.stderr and
          least <= took < most, (p.returncode, took, p.stdout, p.stderr))
    stub.close()


def meets_bad_servers():
    explain_it = ("explain", "a@b.example")
    threads = [threading.Thread(target=meet, args=row) for row in (
        ("a silent server", Stub(None), explain_it, "ldap", 4, 15),
        ("a server silent in TLS", Stub(None), explain_it, "ldaps", 4, 15),
        ("a server that hangs up", Stub(b""), explain_it, "ldap", 0, 10),
        ("a server that speaks HTTP", Stub(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
         explain_it, "ldap", 0, 15),
        ("HTTP where TLS is wanted", Stub(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
         explain_it, "ldaps", 0, 15),
        ("a server that takes the bind, and leaves", Stub(BIND_OK), explain_it, "ldap",
         0, 10),
        ("a server that takes the bind, and is silent", Stub(BIND_OK, "silent"),
         explain_it, "ldap", 4, 15),
        ("a server that answers without end", Stub(BIND_OK, "drip"), explain_it, "ldap",
         25, 60))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    p = run("doctor", "-H", "ldap://127.0.0.1:1", CHANCERY_CONF="/dev/null")
    check("doctor without a server", p.returncode == 3 and "FAIL  server" in p.stdout,
          p.stdout + p.stderr)


# --- options and settings ----------------------------------------------------------

def takes_options(w):
    for line, code, words in (
            ((), 2, "usage"), (("--help",), 0, "explain"), (("nothing",), 2, "no verb"),
            (("explain",), 2, "ADDRESS"), (("explain", "--help"), 0, "--as"),
            (("explain", "--as", "mutt", "a@b"), 2, "want outlook|"),
            (("explain", "no address"), 2, "address"),
            (("explain", "a@b", "c@d"), 2, "found 2"),
            (("explain", "-H", "http://x", "a@b.c"), 2, "not an LDAP URI"),
            (("list", "--expiring", "0d"), 2, "want days"),
            (("list", "extra"), 2, "no operand"), (("import",), 2, "FILE"),
            (("import", "--help"), 0, "--anchor"), (("doctor", "--help"), 0, "ADDRESS"),
            (("export", "--help"), 0, "--der"), (("list", "--nope"), 2, "no such option")):
        p = run(*line, CHANCERY_CONF="/dev/null")
        check(f"chancery {' '.join(line)}", p.returncode == code and
              words in p.stdout + p.stderr, (p.returncode, p.stdout, p.stderr))


def reads_settings(w, folder):
    good = write(f"{folder}/chancery.conf", f"# where\nuri = {w.uri}\nBASE dc=example\n"
                 f"admin={w.ldapi_uri}\n\ntls_cacert\t{w.ca_file}\n")
    p = run("list", "--json", CHANCERY_CONF=good)
    check("settings: a file", p.returncode == 0 and "carla" in p.stdout, p.stderr)
    _, x = explain(w, "anna@example.com", CHANCERY_CONF=good, CHANCERY_BASE="dc=other")
    equal("settings: the environment before the file", x["base"], "dc=other")
    _, x = explain(w, "anna@example.com", "-b", "dc=third", CHANCERY_CONF=good,
                   CHANCERY_BASE="dc=other")
    equal("settings: a flag before the environment", x["base"], "dc=third")
    for name, text, words in (
            ("unknown", "nope = 1\n", "line 1: there is no setting"),
            ("long", "uri = " + "x" * 2000 + "\n", "more than"),
            ("large", "# \n" * 30000, "more than")):
        p = run("list", CHANCERY_CONF=write(f"{folder}/{name}.conf", text))
        check(f"settings: {name} is refused", p.returncode == 2 and words in p.stderr,
              p.stderr)
    p = run("list", CHANCERY_CONF=f"{folder}/absent.conf")
    equal("settings: a named file must be there", p.returncode, 2)
    internal = certs.make_cert("CN=X", ("x@second.example",), w.authority("issuing"),
                               w.now - DAY, w.now + DAY)
    p = run("import", write(f"{folder}/second.der", internal), CHANCERY_CONF=good,
            CHANCERY_DOMAINS="first.example, second.example")
    check("settings: internal domains", p.returncode == 1 and
          "internal domain" in p.stderr, p.stderr)


def deceives_nobody(w):
    """What stands in the directory cannot steer a terminal."""
    root = w.connect_root()
    dn = f"mail=evil@example.com,ou=people,{w.suffix}"
    root.add_s(dn, [("objectClass", [b"inetOrgPerson", b"chanceryPerson"]),
                    ("cn", [b"Evil"]), ("sn", [b"x"]), ("mail", [
                        b"\x1b[31mred@example.com", b"evil@example.com"])])
    p = run("list", "--problems", STATE=w.state)
    check("no escape sequence reaches the terminal", "\x1b" not in p.stdout and
          "?[31mred@example.com" in p.stdout, repr(p.stdout))
    root.delete_s(dn)


def main():
    with World() as w, tempfile.TemporaryDirectory() as folder:
        explains_each(w)
        explains_why_not(w)
        explains_aliases(w)
        explains_from_outside(w)
        lists(w)
        exports(w)
        takes_options(w)
        reads_settings(w, folder)
        deceives_nobody(w)
        doctors_a_healthy_world(w)
        doctors_a_sick_world(w)
        imports_into_entries(w, folder)
        imports_outsiders(w, folder)
        imports_odd_names(w, folder)
        imports_domains(w, folder)
        serves_ordinary_users(w)
        refuses(w, folder)
        imports_folders(w, folder)
        imports_ldif(w, folder)
        imports_anchors(w, folder)
        imports_many(w, folder)
    explains_a_plain_slapd()
    doctors_open_worlds()
    meets_bad_servers()
    return done()


if __name__ == "__main__":
    sys.exit(main())
