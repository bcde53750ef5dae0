"""A portal of its own, before a FakeClerk: for tests of HTTP and of how pages look.

    with PortalWorld() as w:
        page = w.client().get("/login")

Client is a small browser: cookies, redirects only when asked, forms filled from the
page. It speaks to 127.0.0.1 but says the portal's name, as a browser would.
"""
import html
import html.parser
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.parse

from fakeclerk import CODE, PASSWORD, FakeClerk
from paths import ROOT, built

START_SECONDS = 20


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class PortalWorld:
    def __init__(self, options=None, clerk=True, env=None):
        self.options = options or {}
        self.with_clerk = clerk
        self.env = env or {}

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="portal-")
        self.port, self.http_port = free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self.clerk = FakeClerk(self.path("clerk.sock"))
        if self.with_clerk:
            self.clerk.start()
        self.make_certificate()
        self.write_config()
        self.log = open(self.path("portal.log"), "wb")
        self.process = subprocess.Popen(
            [built("bin", "chancery-portal"), "-d", "-c", self.path("portal.conf")],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**os.environ, **self.env})
        self.wait()
        return self

    def __exit__(self, *exception):
        self.process.terminate()
        try:
            self.status = self.process.wait(20)
        finally:
            self.process.kill()
            self.log.close()
            if self.with_clerk:
                self.clerk.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def make_certificate(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", self.path("key.pem"), "-out", self.path("cert.pem"),
             "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
            check=True, capture_output=True)

    def write_config(self):
        options = {"url": self.url, "listen": f"127.0.0.1:{self.port}",
                   "listen-http": f"127.0.0.1:{self.http_port}",
                   "certificate": self.path("cert.pem"), "key": self.path("key.pem"),
                   "clerk": self.path("clerk.sock"), "web": os.path.join(ROOT, "web"),
                   "locale": built("locale"), "organization": "Example AG", **self.options}
        with open(self.path("portal.conf"), "w", encoding="utf-8") as f:
            f.writelines(f"{k} = {v}\n" for k, v in options.items())

    def wait(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the portal did not start: " + self.log_text()) from None
                time.sleep(0.02)

    def log_text(self):
        with open(self.path("portal.log"), "rb") as f:
            return f.read().decode(errors="replace")

    def client(self, **more):
        return Client(self.port, self.path("cert.pem"), **more)

    def logged_in(self, user="anna.muster", **more):
        c = self.client(**more)
        c.log_in(user)
        return c

    def raw(self, timeout=10):
        """A TLS connection to write to as one likes."""
        context = ssl.create_default_context(cafile=self.path("cert.pem"))
        s = socket.create_connection(("127.0.0.1", self.port), timeout)
        return context.wrap_socket(s, server_hostname="localhost")


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body
        self.text = body.decode("utf-8", errors="replace")

    def header(self, name):
        return self.headers.get(name)

    @property
    def location(self):
        return self.headers.get("Location")

    def forms(self):
        """[{"action":, "method":, "fields": {}}] of the page."""
        parser = Forms()
        parser.feed(self.text)
        return parser.found

    def form(self, action):
        for form in self.forms():
            if form["action"] == action:
                return form
        raise AssertionError(f"no form for {action} on the page: {self.text[:400]}")

    @property
    def words(self):
        """The page's text without its tags."""
        text = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", " ", self.text)
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


class Forms(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "form":
            self.found.append({"action": a.get("action"), "method": a.get("method", "get"),
                               "fields": {}})
        elif tag in ("input", "textarea") and self.found and "name" in a:
            if a.get("type") in ("radio", "checkbox") and "checked" not in a:
                return
            self.found[-1]["fields"][a["name"]] = a.get("value") or ""


class Client:
    """One browser."""

    def __init__(self, port, ca_file, language="en", agent="Mozilla/5.0 (Windows NT 10.0)"):
        self.port = port
        self.context = ssl.create_default_context(cafile=ca_file)
        self.cookies = {}
        self.headers = {"Accept-Language": language, "User-Agent": agent}
        self.origin = f"https://localhost:{port}"

    def request(self, method, path, body=None, headers=None, cookies=True):
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=30,
                                                 context=self.context)
        head = dict(self.headers)
        if cookies and self.cookies:
            head["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        head.update(headers or {})
        head = {k: v for k, v in head.items() if v is not None}
        try:
            connection.request(method, path, body, head)
            response = connection.getresponse()
            answer = Answer(response, response.read())
        finally:
            connection.close()
        if cookies:
            self.take_cookies(answer)
        return answer

    def take_cookies(self, answer):
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.split(";")[0].partition("=")
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, fields, headers=None, **more):
        head = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin,
                "Sec-Fetch-Site": "same-origin", **(headers or {})}
        return self.request("POST", path, urllib.parse.urlencode(fields), head, **more)

    def submit(self, page, action, headers=None, **fields):
        """Sends a form of a page, with these fields changed."""
        form = page.form(action)
        return self.post(action, {**form["fields"], **fields}, headers)

    def follow(self, answer):
        while answer.status == 303:
            answer = self.get(answer.location)
        return answer

    def log_in(self, user, password=PASSWORD):
        page = self.get("/login")
        answer = self.submit(page, "/login", user=user, password=password)
        if answer.status == 303 and answer.location.startswith("/factor"):
            answer = self.submit(self.get(answer.location), "/factor", code=CODE)
        return answer
