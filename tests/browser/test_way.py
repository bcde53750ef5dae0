#!/usr/bin/python3
"""The whole way of a certificate in a browser (way.mjs), with slapd, signer, clerk,
examine and portal as in the demonstration. The saved files are opened here.
run: campaign limit=600
"""
import email
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from paths import ROOT  # noqa: E402
from check import case, check, done, skip  # noqa: E402
from world import World  # noqa: E402


def browser_is_there():
    return (os.path.exists("/usr/bin/chromium") or os.environ.get("CHROMIUM")) and \
        os.path.exists(os.path.join(ROOT, "build/browser/node_modules/playwright-core"))


def opens(path, pin):
    """Whether OpenSSL opens a PFX with this PIN, and who it says it is for."""
    p = subprocess.run(["openssl", "pkcs12", "-in", path, "-passin", "stdin", "-nokeys",
                        "-clcerts"], input=pin + "\n", capture_output=True, text=True, check=False)
    return p.returncode == 0 and "anna.muster@example.com" in p.stdout, p.stderr


def open_files(folder, facts):
    with open(facts["mail"], "rb") as f:
        message = email.message_from_binary_file(f)
    parts = [x for x in message.walk() if x.get_content_type() == "application/x-pkcs12"]
    mailed = os.path.join(folder, "mailed.pfx")
    with open(mailed, "wb") as f:
        f.write(parts[0].get_payload(decode=True))
    for name, path, pin in (("the mailed file", mailed, facts["pin"]),
                            ("the modern file", facts["modern"], facts["pin"]),
                            ("the compatible file", facts["compatible"], facts["pin"]),
                            ("the file downloaded again", facts["again"], facts["again_pin"])):
        good, why = opens(path, pin)
        check(f"{name} opens with its PIN", good, why)
        check(f"{name} opens with no other", not opens(path, pin[::-1])[0], "it does")
    with zipfile.ZipFile(facts["zip"]) as z:
        names = z.namelist()
        z.extractall(folder)
    check("the archive has .pfx files named by date",
          any(re.match(r"\d{4}-\d\d-\d\d_new_.*\.pfx$", n) for n in names), names)
    for name in names:
        if name.endswith(".pfx"):
            good, why = opens(os.path.join(folder, name), facts["zip_pin"])
            check("a file of the archive opens with its PIN", good, why)


def secrets_stay(w, facts):
    """PINs and passwords stand in no log."""
    text = "".join(w.services.log_text(n, 1 << 24) for n in ("portal", "clerk", "signer"))
    for name, secret in (("PIN", facts["pin"]), ("archive's PIN", facts["zip_pin"]),
                         ("password", "demo-anna")):
        check(f"no log has the {name}", secret not in text, "one has")


def main():
    if not browser_is_there():
        skip("way", "no browser; make test-browser installs one")
        return done()
    with World(enroll={"options": {"portal": {"connections-per-address": "200"}}}) as w, \
            tempfile.TemporaryDirectory() as folder:
        if w.services.missing:
            skip("way", f"not built: {' '.join(w.services.missing)}")
            return done()
        codes = {u: w.services.call("clerk", "factor.allow", user=u)["code"]
                 for u in ("hilda", "anna")}
        p = subprocess.run(
            ["node", os.path.join(HERE, "way.mjs")], check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PORTAL_URL": w.services.portal_url, "WAY_FOLDER": folder,
                 "WAY_MAILS": w.path("mail"), "WAY_CODES": json.dumps(codes)})
        print(p.stdout, end="", flush=True)
        if p.returncode != 0:
            print(w.services.log_text("portal"), w.services.log_text("clerk"))
        with case("what was saved"):
            with open(os.path.join(folder, "facts.json"), encoding="utf-8") as f:
                facts = json.load(f)
            open_files(folder, facts)
            secrets_stay(w, facts)
    return done() or p.returncode


sys.exit(main())
