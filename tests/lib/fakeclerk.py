"""A stand-in for the clerk, for tests of the portal's HTTP alone: headers, limits,
escaping, what a page looks like. It knows the calls of ARCHITECTURE.md's table, checks
nothing that the clerk decides, and remembers which calls came, so that a test can say
that none did. Whatever is about rights, PINs or certificates is tested with the clerk.

    clerk = FakeClerk(path); clerk.start() ... clerk.calls ... clerk.stop()
"""
import base64
import json
import os
import socketserver
import threading
import time

DAY = 24 * 3600
PASSWORD = "right password"
CODE = "123456"
PIN = "7KQM-2FXA-WB3R-HTD5-6NPV-YJC4"
LINK = "abcdefghijklmnopqrstuvwx23"
EXPIRED_LINK = "expiredexpiredexpiredexp22"
SERIAL = "1f00aa5511bb"
MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


class FakeClerk:
    """Answers calls on a Unix socket until stop()."""

    def __init__(self, path):
        self.path = path
        self.calls = []  # every request that came
        self.answers = {}  # call -> answer or function, instead of the usual one
        self.sessions = {}
        self.state = "done"  # of the last request
        self.name = None  # instead of everybody's name
        self.lock = threading.Lock()

    def start(self):
        fake = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                for line in self.rfile:
                    answer = fake.answer(json.loads(line))
                    self.wfile.write(json.dumps(answer).encode() + b"\n")

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass  # the portal may leave before it has its answer

        if os.path.exists(self.path):
            os.unlink(self.path)
        self.server = Server(self.path, Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        os.unlink(self.path)

    def named(self, *calls):
        """The requests of these calls that came."""
        with self.lock:
            return [c for c in self.calls if c["call"] in calls]

    def forget(self):
        with self.lock:
            self.calls.clear()

    # --- answers -------------------------------------------------------------------

    def answer(self, request):
        with self.lock:
            self.calls.append(request)
        given = self.answers.get(request["call"])
        if given is not None:
            return given(request) if callable(given) else given
        method = getattr(self, "call_" + request["call"].replace(".", "_").replace("-", "_"),
                         None)
        if method is None:
            return refuse("unsupported")
        user = self.sessions.get(request.get("session"))
        if user is None and request["call"] not in ("session.login", "pki.get", "link.show"):
            return refuse("login")
        return method(request, user)

    def who(self, user, factor=None):
        roles = {"hilda.help": ["helpdesk"], "alex.approver": ["approver"],
                 "chief": ["helpdesk", "approver"],
                 "setup.user": ["helpdesk"]}.get(user["user"], [])
        name = {"anna.muster": "Anna Muster"}.get(user["user"], user["user"])
        return {"ok": True, "person": user["person"], "name": self.name or name,
                "mail": user["user"] + "@example.com", "roles": roles, "language": "en",
                "factor": factor or user["factor"], "until": int(time.time()) + 3600}

    def open(self, user):
        token = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
        self.sessions[token] = user
        return dict(self.who(user), session=token)

    def call_session_login(self, request, _user):
        if request["password"] != PASSWORD:
            return refuse("login", "User name or password is wrong")
        factor = {"hilda.help": "needed", "alex.approver": "needed", "chief": "needed",
                  "setup.user": "setup"}.get(request["user"], "none")
        return self.open({"user": request["user"], "person": "0123456789abcdef" * 2,
                          "factor": factor, "seen": 0})

    def call_session_factor(self, request, user):
        if request["code"] != CODE:
            return refuse("factor")
        self.sessions.pop(request["session"])
        return self.open(dict(user, factor="given"))

    def call_session_factor_setup(self, request, _user):
        if request["setup"] != "setupcode":
            return refuse("factor")
        secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
        return {"ok": True, "secret": secret,
                "uri": f"otpauth://totp/Chancery:hilda?secret={secret}&issuer=Chancery"}

    call_session_factor_confirm = call_session_factor

    def call_session_who(self, _request, user):
        return self.who(user)

    def call_session_logout(self, request, _user):
        self.sessions.pop(request["session"])
        return {"ok": True}

    def request(self, user, number=1):
        state = self.state_of(user)
        return {"id": f"{user['person']}-{number}", "number": number, "state": state,
                "begin": int(time.time()) - 60, "until": 0, "kind": "person",
                "mail": [user["user"] + "@example.com"], "by": self.name or "hilda.help",
                "delegates": [self.name or "bruno.keller@example.com"],
                **({"problem": "the signer refused"} if state == "failed" else {})}

    def state_of(self, user):
        """Of somebody's last request: some are known for what they are in the midst of."""
        if user["user"] == "working.user":
            steps = ("new", "prepared", "issued", "published", "done")
            return steps[min(user["seen"] // 2, 4)]
        return {"waiting.user": "waiting", "failed.user": "failed"}.get(
            user["user"], self.state)

    def certificates(self, user):
        now = int(time.time())
        mail = [user["user"] + "@example.com"]
        one = {"serial": SERIAL, "mail": mail, "begin": now - DAY, "until": now + 729 * DAY,
               "state": "valid", "request": "x-1"}
        if user["user"] == "soon.user":
            one["until"] = now + 20 * DAY
        if user["user"] == "ended.user":
            one["until"] = now - DAY
        old = {"serial": "0e77", "mail": mail, "begin": now - 731 * DAY, "until": now - DAY,
               "state": "replaced", "request": "x-0"}
        gone = dict(old, serial="0d66", state="revoked", reason="key-compromise")
        return [] if user["user"] in ("none.user", "waiting.user") else [one, old, gone]

    def deliveries(self, user):
        return [{"link": LINK, "state": "mailed", "until": int(time.time()) + 29 * DAY,
                 "address": user["user"] + "@example.com", "request": f"{user['person']}-1",
                 "recipient": user["person"], "person": user["person"], "shown": []}]

    def call_enroll_status(self, _request, user):
        none = user["user"] == "none.user"
        done = self.state_of(user) == "done"
        return {"ok": True, "number": 0 if none else 1,
                "request": None if none else self.request(user),
                "certificates": self.certificates(user),
                "deliveries": [] if none or not done else self.deliveries(user),
                "policy": {"own-key": True, "days": 730, "renew": 60, "link-days": 30}}

    def call_enroll_start(self, _request, user):
        return {"ok": True, "request": self.request(user)}

    def call_request_show(self, _request, user):
        user["seen"] += 1
        done = self.state_of(user) == "done"
        return {"ok": True, "request": self.request(user),
                "deliveries": self.deliveries(user) if done else []}

    def call_link_show(self, request, user):
        if user is None or request["link"] not in (LINK, EXPIRED_LINK):
            return refuse("login")
        if user["user"] != "anna.muster":
            return refuse("login")
        state = "open" if request["link"] == LINK else "expired"
        return {"ok": True, "address": self.name or "anna.muster@example.com", "state": state,
                "until": int(time.time()) + 29 * DAY}

    def call_pin_show(self, request, user):
        if request["password"] != PASSWORD:
            return refuse("login")
        if user["user"] != "anna.muster" or request["link"] != LINK:
            return refuse("denied")
        return {"ok": True, "pin": PIN, "until": int(time.time()) + 29 * DAY,
                "address": "anna.muster@example.com", "certificate": SERIAL, "files": files()}

    def call_pfx_get(self, request, _user):
        if request["password"] != PASSWORD:
            return refuse("login")
        return {"ok": True, "name": "2026-11-22_anna.muster@example.com.pfx",
                "pfx": encoded(b"0\x82pfx"), "pin": PIN}

    def call_renew_zip(self, request, _user):
        if request["password"] != PASSWORD:
            return refuse("login")
        names = ["2026-11-22_new_anna.muster@example.com.pfx",
                 "2024-11-20_old_anna.muster@example.com.pfx", "readme.txt"]
        return {"ok": True, "name": "2026-11-22_anna.muster@example.com.zip",
                "zip": encoded(b"PK\x03\x04zip"), "pin": PIN,
                "files": [{"name": n} for n in names]}

    def call_history(self, _request, user):
        return {"ok": True, "number": 1, "person": self.people()[0],
                "certificates": self.certificates(user), "requests": [self.request(user)],
                "deliveries": self.deliveries(user)}

    def call_revoke(self, request, _user):
        if request.get("password", PASSWORD) != PASSWORD:
            return refuse("login")
        return {"ok": True, "certificates": []}

    def people(self):
        user = {"user": "anna.muster", "person": "0123456789abcdef" * 2}
        return [{"person": user["person"], "kind": "person", "name": self.name or "Anna Muster",
                 "mail": "anna.muster@example.com", "problem": "",
                 "certificate": self.certificates(user)[0]},
                {"person": "f" * 32, "kind": "mailbox", "name": self.name or "Info",
                 "mail": "info@example.com", "problem": self.name or "two owners",
                 "certificate": None}]

    def call_person_find(self, _request, _user):
        return {"ok": True, "people": self.people()}

    def call_mailbox_enroll(self, _request, user):
        return {"ok": True, "request": self.request(user)}

    call_enroll_for = call_mailbox_enroll

    def call_resend(self, _request, _user):
        return {"ok": True, "deliveries": []}

    def call_approve_list(self, _request, user):
        return {"ok": True, "requests": [self.request(user)]}

    def call_approve_decide(self, _request, user):
        return {"ok": True, "request": self.request(user)}

    def call_explain(self, _request, _user):
        return {"ok": True, "lines": [
            {"client": "Outlook", "verdict": "good", "text": "finds 1 certificate"},
            {"client": "Thunderbird", "verdict": "bad", "text": self.name or "finds nothing"}]}

    def call_pki_get(self, request, _user):
        if request["name"] != "issuing.crl":
            return refuse("not-found")
        return {"ok": True, "bytes": encoded(b"0\x03crl"), "type": "application/pkix-crl"}


def refuse(word, text="no"):
    return {"ok": False, "error": word, "text": text, "id": "c1e4c0ffee00"}


def encoded(octets):
    return base64.b64encode(octets).decode()


def files():
    return [{"form": f, "name": f"2026-11-22_anna.muster@example.com{e}.pfx",
             "pfx": encoded(b"0\x82" + f.encode())}
            for f, e in (("modern", ""), ("compatible", "_compatible"))]
