"""A World with the clerk alone, for tests of its calls: logs people in as the portal
does, counts the binds that reach the company directory.

    with ClerkWorld(options={"session-idle": "5s"}) as w:
        s = w.login("anna")                     # the answer; AssertionError if refused
        w.refused("session.login", "login", user="anna", password="wrong", address="::1")

Starts nothing but what a World starts. Called by test_login*.py.
"""
import os
import re

import overlayworld
from people import COMPANY, PEOPLE

# As Active Directory has them; demo/company.schema stands in for its classes.
OPTIONS = {"company-kind": "ad", "company-people": "(objectClass=companyUser)",
           "login-delay": "0s"}
STAFF = f"ou=staff,{COMPANY}"


class ClerkWorld(overlayworld.World):
    def __init__(self, options=None, only=("clerk",), **more):
        super().__init__(enroll={"only": only, "options": {"clerk": {**OPTIONS, **(options or {})}}},
                         **more)

    def ask(self, call, seconds=30, **fields):
        return self.services.ask("clerk", call, seconds, **fields)

    def call(self, call, **fields):
        answer = self.ask(call, **fields)
        assert answer.get("ok") is True, answer
        return answer

    def try_login(self, user, password=None, address="192.0.2.1", **more):
        return self.ask("session.login", user=user, address=address,
                        password=f"demo-{user}" if password is None else password, **more)

    def login(self, user, password=None, **more):
        answer = self.try_login(user, password, **more)
        assert answer.get("ok") is True, answer
        return answer

    def refused(self, call, word, **fields):
        """The answer; AssertionError unless it is this refusal, with sentence and id."""
        answer = self.ask(call, **fields)
        assert answer.get("ok") is False and answer.get("error") == word, f"{answer}, wanted {word}"
        assert answer.get("text") and re.fullmatch(r"[0-9a-f]{12,16}", answer.get("id", "")), answer
        return answer

    # the company directory, as its administrator

    def company_change(self, dn, **attributes):
        """Replaces attributes; None deletes one."""
        import ldap
        c = self.connect_root()
        try:
            c.modify_s(dn, [(ldap.MOD_REPLACE, name, None if value is None else
                             [v.encode() for v in ([value] if isinstance(value, str) else value)])
                            for name, value in attributes.items()])
        finally:
            c.unbind_s()

    def company_rename(self, dn, rdn):
        c = self.connect_root()
        try:
            c.rename_s(dn, rdn)
        finally:
            c.unbind_s()

    def company_add(self, dn, **attributes):
        c = self.connect_root()
        try:
            c.add_s(dn, [(n, [v if isinstance(v, bytes) else v.encode() for v in
                              (values if isinstance(values, (list, tuple)) else [values])])
                         for n, values in attributes.items()])
        finally:
            c.unbind_s()

    def binds(self, name, since=0):
        """How many binds with a password slapd saw, as entries whose DN begins so."""
        with open(self.log, "rb") as f:
            f.seek(since)
            return len(re.findall(rb'BIND dn="' + re.escape(name.encode()) + rb'[^"]*" method=128',
                                  f.read()))

    def registry(self, filterstr):
        """[(dn, {name: [bytes]})]"""
        import ldap
        c = self.connect_root()
        try:
            return c.search_s(f"ou=registry,{self.suffix}", ldap.SCOPE_SUBTREE, filterstr)
        finally:
            c.unbind_s()


def person(user):
    return next(p for p in PEOPLE if p.uid == user and not p.mailbox)


def clerk_log(w):
    with open(w.services.log("clerk"), encoding="utf-8", errors="replace") as f:
        return f.read()


def log_size(w):
    return os.path.getsize(w.log)
