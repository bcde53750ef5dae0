#!/usr/bin/python3
"""Every page of the portal in a browser (pages.mjs), before a stand-in for the clerk.
run: limit=600
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from paths import ROOT  # noqa: E402
from portalworld import PortalWorld  # noqa: E402


def browser_is_there():
    return (os.path.exists("/usr/bin/chromium") or os.environ.get("CHROMIUM")) and \
        os.path.exists(os.path.join(ROOT, "build/browser/node_modules/playwright-core"))


def main():
    if not browser_is_there():
        print("skip pages: no browser; make test-browser installs one")
        return 0
    with PortalWorld({"connections-per-address": "200"}) as w:
        p = subprocess.run(["node", os.path.join(HERE, "pages.mjs")], check=False,
                           env={**os.environ, "PORTAL_URL": w.url}, stdin=subprocess.DEVNULL)
        if p.returncode != 0:
            print(w.log_text()[-1500:])
        return p.returncode


sys.exit(main())
