#!/usr/bin/python3
"""The portal's HTTP: every address with every method, headers, cookies, forms of other
sites, limits in bytes and time, smuggling, enumeration, escaping. Before a stand-in for
the clerk (tests/lib/fakeclerk.py), which says what it was asked: so that a test can say
that nothing was. run: limit=300
"""
import http.client
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from check import case, check, done, equal, wait_until  # noqa: E402
from fakeclerk import EXPIRED_LINK, LINK, MARKUP, PASSWORD, PIN, SERIAL, refuse  # noqa: E402
from paths import ROOT, built  # noqa: E402
from portalworld import PortalWorld  # noqa: E402

PERSON = "0123456789abcdef" * 2
READING = {"session.who", "enroll.status", "request.show", "link.show", "history",
           "person.find", "approve.list", "explain", "pki.get"}
PARAMETERS = {"/l/*": LINK, "/request/*": PERSON + "-1", "/certificate/*": SERIAL,
              "/revoke/*": SERIAL, "/helpdesk/person/*": PERSON,
              "/helpdesk/request/*": PERSON + "-1", "/install/*": "iphone",
              "/static/*": "style.css"}
BARE = {"/static/*", "/favicon.ico", "/robots.txt", "/health"}
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT",
           "PROPFIND", "get", "X" * 40)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SAFETY = {
    "Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=()",
    "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY"}


def routes():
    """(method, pattern, who) of the table in routes.c."""
    with open(os.path.join(ROOT, "enroll/portal/routes.c"), encoding="utf-8") as f:
        rows = re.findall(r'\{"(GET|POST)",\s+"([^"]+)",\s+(ROUTE_\w+)', f.read())
    assert len(rows) > 30, rows
    return rows


def path_of(pattern):
    return pattern.replace("*", PARAMETERS.get(pattern, ""))


# --- every address --------------------------------------------------------------------

def test_every_route(w):
    table = routes()
    paths = sorted({p for _, p, _ in table})
    c = w.logged_in("chief")
    wrong, unsafe, changed = [], [], []
    for pattern in paths:
        has = {m for m, p, _ in table if p == pattern}
        for method in METHODS:
            w.clerk.forget()
            try:
                answer = c.request(method, path_of(pattern))
            except (http.client.HTTPException, OSError) as e:
                answer = None  # not worth an answer: CONNECT, methods without end
                if method in ("GET", "HEAD", "POST"):
                    wrong.append(f"{method} {pattern}: {e!r}")
            if answer is None:
                continue
            reading = method in ("GET", "HEAD")
            if reading and "GET" in has:
                fine = answer.status in (200, 303, 404) or (pattern, answer.status) == (
                    "/l/*", 403)
            elif method == "POST" and "POST" in has:
                fine = answer.status in (411, 415)  # nothing was sent
            else:
                fine = answer.status in (405, 411, 400, 501)
            if not fine:
                wrong.append(f"{method} {pattern}: {answer.status}")
            if answer.status == 405 and not answer.header("Allow"):
                wrong.append(f"{method} {pattern}: 405 without Allow")
            if answer.status != 501:
                unsafe += headers_missing(answer, f"{method} {pattern}")
            asked = {call["call"] for call in w.clerk.named(*[x["call"] for x in w.clerk.calls])}
            if asked - READING:
                changed.append(f"{method} {pattern}: {asked - READING}")
    check("every address answers every method as it should", not wrong, wrong)
    check("every answer has its safety headers", not unsafe, unsafe)
    check("only POST of a form ever asks for a change", not changed, changed)


def headers_missing(answer, what):
    found = []
    for name, begin in SAFETY.items():
        if not (answer.header(name) or "").startswith(begin):
            found.append(f"{what}: {name} is {answer.header(name)}")
    cached = answer.header("Cache-Control")
    if cached not in ("no-store", "no-cache"):
        found.append(f"{what}: Cache-Control {cached}")
    return found


def test_policy(w):
    policy = w.client().get("/login").header("Content-Security-Policy")
    for word in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'",
                 "base-uri 'none'"):
        check(f"policy has {word}", word in policy, policy)
    check("policy allows nothing inline and nothing foreign",
          "unsafe" not in policy and "http" not in policy and "*" not in policy, policy)
    problems = []
    for folder in ("pages",):
        for name in os.listdir(os.path.join(ROOT, "web", folder)):
            with open(os.path.join(ROOT, "web", folder, name), encoding="utf-8") as f:
                text = f.read()
            problems += [f"{name}: {m}" for m in re.findall(
                r"<style|<script(?![^>]*src=\"/static/)|\son\w+=|\sstyle=|https?://", text)]
    check("no template has an inline script, style or foreign address", not problems, problems)


def test_login_needed(w):
    wrong = []
    for method, pattern, who in routes():
        if method != "GET" or who in ("ROUTE_BARE", "ROUTE_ANYONE"):
            continue
        w.clerk.forget()
        path = path_of(pattern)
        answer = w.client().get(path)
        if answer.status != 303 or not answer.location.startswith("/login"):
            wrong.append(f"{path}: {answer.status} {answer.location}")
        if w.clerk.calls:
            wrong.append(f"{path}: the clerk was asked {w.clerk.calls}")
        c = w.client()
        c.cookies["__Host-chancery"] = "A" * 43
        answer = c.get(path)
        if answer.status != 303 or not answer.location.startswith("/login"):
            wrong.append(f"{path} with an ended session: {answer.status}")
    check("who has not logged in gets the login and nothing else", not wrong, wrong)
    wrong = []
    c = w.logged_in("anna.muster")
    for method, pattern, who in routes():
        if who in ("ROUTE_HELPDESK", "ROUTE_APPROVER") and method == "GET":
            answer = c.get(path_of(pattern))
            if answer.status != 403:
                wrong.append(f"{pattern}: {answer.status}")
    check("without a role its pages are refused", not wrong, wrong)


# --- sessions, forms, other sites --------------------------------------------------------

def test_cookies(w):
    c = w.client()
    page = c.get("/login")
    answer = c.submit(page, "/login", user="anna.muster", password=PASSWORD)
    lines = answer.headers.get_all("Set-Cookie")
    session = [x for x in lines if x.startswith("__Host-chancery=")]
    check("login gives one session", len(session) == 1, lines)
    for word in ("; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"):
        check(f"its cookie has {word[2:]}", word in session[0], session)
    check("its cookie has no domain and ends with the browser",
          "Domain" not in session[0] and "Max-Age" not in session[0], session)
    first = c.cookies["__Host-chancery"]
    again = c.submit(page, "/login", user="anna.muster", password=PASSWORD)
    check("a page from before the login cannot be sent after it", again.status == 403,
          again.status)
    w.clerk.forget()
    c.cookies["__Host-chancery"] = "fixed-by-somebody-else-0000000000000000000"
    answer = c.submit(c.get("/login"), "/login", user="anna.muster", password=PASSWORD)
    check("login never takes over a session that was there",
          c.cookies["__Host-chancery"] not in (first,) and
          not c.cookies["__Host-chancery"].startswith("fixed"), c.cookies)
    check("the login is asked without it",
          all("session" not in call for call in w.clerk.named("session.login")),
          w.clerk.named("session.login"))
    answer = c.submit(c.get("/"), "/logout")
    check("logging out ends the cookie and the clerk's session",
          answer.status == 303 and "__Host-chancery" not in c.cookies and
          "cookies" in answer.header("Clear-Site-Data") and
          w.clerk.named("session.logout"), answer.headers.as_string())


def test_forms(w):
    """Each form with a wrong token, without one, with another form's, from elsewhere."""
    c = w.logged_in("chief")
    other = w.logged_in("chief")
    pages = {"/enroll": "/enroll", "/renew": "/renew", f"/certificate/{SERIAL}": None,
             f"/revoke/{SERIAL}": None, "/logout": "/", "/approve": "/approve",
             "/helpdesk/enroll": f"/helpdesk/person/{PERSON}",
             "/helpdesk/resend": f"/helpdesk/person/{PERSON}",
             "/helpdesk/revoke": f"/helpdesk/person/{PERSON}"}
    accepted, asked = [], []

    def attempt(what, action, fields, headers=None):
        w.clerk.forget()
        answer = c.post(action, fields, headers)
        if answer.status != 403:
            accepted.append(f"{what} {action}: {answer.status}")
        if [x for x in w.clerk.calls if x["call"] not in READING]:
            asked.append(f"{what} {action}: {w.clerk.calls}")

    for action, page in pages.items():
        form = c.get(page or action).form(action)["fields"]
        foreign = other.get(page or action).form(action)["fields"]
        attempt("no token", action, {**form, "token": ""})
        attempt("wrong token", action, {**form, "token": "0" * 32})
        attempt("another session's token", action, {**form, "token": foreign["token"]})
        attempt("another form's token", action,
                {**form, "token": c.get("/").form("/logout")["fields"]["token"]}
                if action != "/logout" else {**form, "token": "1" * 32})
        attempt("cross-site", action, form, {"Sec-Fetch-Site": "cross-site"})
        attempt("same-site", action, form, {"Sec-Fetch-Site": "same-site"})
        attempt("foreign origin", action, form,
                {"Sec-Fetch-Site": None, "Origin": "https://evil.example"})
        attempt("foreign sandbox", action, form,
                {"Sec-Fetch-Site": "cross-site", "Origin": "null"})
        attempt("origin of another port", action, form,
                {"Sec-Fetch-Site": None, "Origin": "https://localhost:1"})
    check("no form is taken that is not ours", not accepted, accepted)
    check("nothing is asked of the clerk for one", not asked, asked)
    form = c.get("/enroll").form("/enroll")["fields"]
    for name, headers in (("browsers that hide the origin",
                           {"Origin": "null", "Sec-Fetch-Site": "same-origin"}),
                          ("old browsers", {"Sec-Fetch-Site": None}),
                          ("browsers that say nothing",
                           {"Sec-Fetch-Site": None, "Origin": None})):
        equal(f"our own form is taken from {name}",
              c.post("/enroll", form, headers).status, 303)


def test_redirects(w):
    wrong = []
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil",
                   "evil", "/l/%0d%0aSet-Cookie:x", "/nowhere", "/logout", "/x\r\ny",
                   "/login?next=/", "javascript:alert(1)", "/" * 300, "/l/a b", "/../x"):
        c = w.client()
        page = c.get("/login")
        answer = c.submit(page, "/login", user="anna.muster", password=PASSWORD, next=target)
        if answer.status != 303 or answer.location != "/":
            wrong.append(f"{target!r}: {answer.status} {answer.location!r}")
    check("a login leads to pages of ours only", not wrong, wrong)
    c = w.client()
    answer = c.get(f"/l/{LINK}")
    equal("a link leads to the login", answer.location, f"/login?next=/l/{LINK}")
    answer = c.submit(c.get(answer.location), "/login", user="anna.muster", password=PASSWORD)
    equal("and the login back to the link", answer.location, f"/l/{LINK}")


def test_hosts(w):
    c = w.client()
    equal("another host's name is refused",
          c.get("/login", headers={"Host": "evil.example"}).status, 421)
    equal("health answers under any name",
          c.get("/health", headers={"Host": "10.0.0.1"}).status, 200)
    w.clerk.forget()
    c.headers["X-Forwarded-For"] = "6.6.6.6"
    c.log_in("anna.muster")
    equal("an address that nobody trusted said is not believed",
          w.clerk.named("session.login")[0]["address"], "127.0.0.1")


# --- the link, PINs, files ---------------------------------------------------------------

def test_links(w):
    """Without a session every link looks the same; with one, all that are not mine."""
    texts = set()
    for link in (LINK, EXPIRED_LINK, "z" * 26, "short", "a" * 60, "%3Cx%3E", LINK + "=3D"):
        c = w.client()
        w.clerk.forget()
        answer = c.get(f"/l/{link}")
        page = c.follow(answer)
        texts.add((answer.status, page.status, re.sub(
            r'value="[^"]*"', "", page.text.replace(link, "LINK"))))
        check(f"the clerk is not asked about {link[:12]} without a session",
              not w.clerk.calls, w.clerk.calls)
    check("links without a session give one page", len({t[:2] for t in texts}) == 1 and
          len(texts) <= 2, [t[:2] for t in texts])  # with and without "behind your link"
    texts = set()
    bruno = w.logged_in("bruno.keller")
    for link in (LINK, EXPIRED_LINK, "z" * 26, "short", LINK.upper(), "x" + LINK):
        answer = bruno.get(f"/l/{link}")
        texts.add((answer.status, re.sub(r'value="[^"]*"', "", answer.text)))
    check("links that are not mine give one page", len(texts) == 1,
          [(s, t[-400:]) for s, t in texts])
    chief = w.logged_in("chief")
    check("the helpdesk sees no PIN behind one", chief.get(f"/l/{LINK}").status == 403, "")
    anna = w.logged_in("anna.muster")
    answer = anna.get(f"/l/{EXPIRED_LINK}")
    check("an expired link says so and leads to a new order", answer.status == 410 and
          "30 days" in answer.words and 'href="/enroll"' in answer.text, answer.words)
    for tail in (".", ")", ",", "%20"):
        check(f"a link with {tail!r} behind it is still found",
              anna.get(f"/l/{LINK}{tail}").form(f"/l/{LINK}"), "")


def test_scanners(w):
    """Fetched as scanners of links do, by each method, and its forms sent."""
    anna = w.logged_in("anna.muster")
    w.clerk.forget()
    for c in (w.client(), anna):
        for _ in range(25):
            c.get(f"/l/{LINK}")
            c.request("HEAD", f"/l/{LINK}")
    c = w.client()
    page = c.follow(c.get(f"/l/{LINK}"))
    for form in page.forms():
        c.post(form["action"], form["fields"])
    c.post(f"/l/{LINK}", {})
    check("nothing but reading came of it", not [
        x for x in w.clerk.calls if x["call"] not in READING], w.clerk.calls[-3:])
    form = anna.get(f"/l/{LINK}").form(f"/l/{LINK}")["fields"]
    w.clerk.forget()
    answer = anna.post(f"/l/{LINK}", {**form, "password": ""})
    check("an empty password is no attempt",
          answer.status == 403 and not w.clerk.named("pin.show"), w.clerk.calls)
    answer = anna.post(f"/l/{LINK}", {**form, "password": "wrong"})
    check("a wrong password shows the form again", answer.status == 403 and
          PIN not in answer.text and answer.form(f"/l/{LINK}"), answer.words)
    answer = anna.post(f"/l/{LINK}", {**form, "password": PASSWORD})
    check("the owner's password shows the PIN, in groups and spelled", answer.status == 200 and
          all(g in answer.text for g in PIN.split("-")) and "Kilo" in answer.text, answer.words)
    check("a QR code holds the address, not the PIN", "<path d=\"M4 4h7v1h-7z" in answer.text, "")
    return answer


def test_files(w):
    anna = w.logged_in("anna.muster")
    page = anna.submit(anna.get(f"/l/{LINK}"), f"/l/{LINK}", password=PASSWORD)
    form = page.form("/save")["fields"]
    answer = anna.post("/save", form)
    equal("a file comes as it was made", answer.body, b"0\x82modern")
    equal("to be saved under its name", answer.header("Content-Disposition"),
          'attachment; filename="2026-11-22_anna.muster@example.com.pfx"')
    equal("as what it is", answer.header("Content-Type"), "application/x-pkcs12")
    wrong = []
    for change in ({"data": "PGh0bWw+"}, {"name": "evil.html"}, {"token": "0" * 32},
                   {"token": ""}, {"name": ""}, {"data": ""}):
        if anna.post("/save", {**form, **change}).status != 403:
            wrong.append(change)
    if w.logged_in("anna.muster").post("/save", form).status != 403:
        wrong.append("another session's")
    check("no file is given back that we did not make, in this session", not wrong, wrong)
    iphone = w.logged_in("anna.muster", agent="Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)")
    page = iphone.submit(iphone.get(f"/l/{LINK}"), f"/l/{LINK}", password=PASSWORD)
    first = re.search(r'name="name" value="([^"]*)"', page.text)[1]
    check("an iPhone is offered the compatible form first", "compatible" in first, first)
    page = anna.submit(anna.get("/renew"), "/renew", password=PASSWORD)
    answer = anna.submit(page, "/save")
    check("the archive comes as a ZIP", answer.body.startswith(b"PK") and
          answer.header("Content-Type") == "application/zip", answer.headers.as_string())
    for path in ("/renew", f"/certificate/{SERIAL}", f"/revoke/{SERIAL}"):
        answer = anna.submit(anna.get(path), path, password="wrong")
        check(f"{path}: a wrong password shows the form again", answer.status == 403 and
              answer.form(path) and PIN not in answer.text, answer.status)


# --- what strangers write ------------------------------------------------------------------

def test_escaping(w):
    w.clerk.name = MARKUP
    marked = []
    try:
        c = w.logged_in("chief")
        anna = w.logged_in("anna.muster")
        paths = ["/", "/enroll", "/history", "/renew", "/approve", "/helpdesk",
                 "/helpdesk?q=" + "%3Cscript%3Ealert(1)%3C/script%3E%22%27",
                 f"/helpdesk/person/{PERSON}", f"/helpdesk/request/{PERSON}-1",
                 "/helpdesk/explain?address=%3Cscript%3E%22%27", f"/certificate/{SERIAL}",
                 "/help", "/login?next=%22%3E%3Cscript%3E", "/%3Cscript%3E", "/?lang=%3Cscript%3E"]
        for state in ("done", "failed", "waiting"):
            w.clerk.state = state
            pages = [(p, c.get(p)) for p in paths] + [
                (p, anna.get(p)) for p in (f"/l/{LINK}", f"/request/{PERSON}-1", "/")]
            for path, answer in pages:
                if re.search(r"<script>|<img|alert\(1\)</script>", answer.text):
                    marked.append(path)
                if re.search(r"=[^\"> ]*\"'>", answer.text):
                    marked.append(path + " attribute")
        w.clerk.state = "done"
        shown = c.get("/").text
    finally:
        w.clerk.name, w.clerk.state = None, "done"
    check("no text becomes markup, on any page", not marked, marked)
    check("and it is shown", "&lt;script&gt;alert(1)&lt;/script&gt;" in shown, "")
    for word in ("internal", "denied", "not-found", "limit", "policy", "syntax", "busy",
                 "<script>", "nonsense", "conflict", "expired", "unsupported"):
        w.clerk.answers["enroll.status"] = refuse(word, MARKUP)
        answer = w.logged_in("anna.muster").get("/")
        check(f"a refusal {word!r} is a page with a sentence and its id",
              answer.status >= 400 and "c1e4c0ffee00" in answer.text and
              "<script>alert" not in answer.text and "portal." not in answer.words,
              f"{answer.status} {answer.words}")
    w.clerk.answers.clear()


def test_languages(w):
    german = w.client(language="de-CH, fr;q=0.5")
    check("the browser's language", "Anmelden" in german.get("/login").words, "")
    english = w.client(language="fr")
    check("English for everybody else", "Log in" in english.get("/login").words, "")
    check("a switch", "Anmelden" in english.get("/login?lang=de").words, "")
    check("that stays", "Anmelden" in english.get("/login").words, english.cookies)
    check("and leads back", "Log in" in english.get("/login?lang=en").words, "")
    odd = [x for x in ("de,en;q=bad", "de" * 500, "*", ",,,;q=", "\x80\xff", "DE-at")
           if w.client(language=x).get("/login").status != 200]
    check("odd preferences harm nobody", not odd, odd)
    missing = []
    for language in ("en", "de"):
        c = w.logged_in("chief", language=language)
        for method, pattern, who in routes():
            if method == "GET" and who != "ROUTE_BARE":
                words = c.follow(c.get(path_of(pattern))).text
                missing += re.findall(r"portal\.(?!js)[a-z.-]+", words)
    check("every page has its texts in both languages", not missing, missing)


# --- limits --------------------------------------------------------------------------------

def raw_answer(w, octets, timeout=20):
    """What comes back for these octets, until the end or the first answer's headers."""
    s = w.raw(timeout)
    try:
        s.sendall(octets)
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = s.recv(65536)
            if not piece:
                break
            answer += piece
        return answer
    except (ConnectionError, ssl.SSLError):
        return b""
    finally:
        s.close()


def status_of(answer):
    m = re.match(rb"HTTP/1\.[01] (\d+)", answer)
    return int(m[1]) if m else None


def head(w, line, *fields):
    lines = [line, f"Host: localhost:{w.port}", *fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def test_framing(w):
    form = "Content-Type: application/x-www-form-urlencoded"
    smuggled = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    cases = {
        "length and chunked": head(w, "POST /login HTTP/1.1", form, "Content-Length: 5",
                                   "Transfer-Encoding: chunked") + b"0\r\n\r\n" + smuggled,
        "chunked and length": head(w, "POST /login HTTP/1.1", form,
                                   "Transfer-Encoding: chunked", "Content-Length: 5")
        + b"0\r\n\r\n" + smuggled,
        "chunked alone": head(w, "POST /login HTTP/1.1", form, "Transfer-Encoding: chunked")
        + b"5\r\na=b&c\r\n0\r\n\r\n" + smuggled,
        "chunked, misspelled": head(w, "POST /login HTTP/1.1", form,
                                    "Transfer-Encoding: xchunked", "Content-Length: 5")
        + b"a=b&c" + smuggled,
        "chunked before a blank": head(w, "POST /login HTTP/1.1", form,
                                       "Transfer-Encoding : chunked", "Content-Length: 5")
        + b"a=b&c" + smuggled,
        "two lengths": head(w, "POST /login HTTP/1.1", form, "Content-Length: 5",
                            "Content-Length: 0") + b"a=b&c" + smuggled,
        "two equal lengths": head(w, "POST /login HTTP/1.1", form, "Content-Length: 5",
                                  "Content-Length: 5") + b"a=b&c" + smuggled,
        "a negative length": head(w, "POST /login HTTP/1.1", form, "Content-Length: -5")
        + smuggled,
        "a length with a plus": head(w, "POST /login HTTP/1.1", form, "Content-Length: +5")
        + b"a=b&c" + smuggled,
        "a length in hex": head(w, "POST /login HTTP/1.1", form, "Content-Length: 0x5")
        + b"a=b&c" + smuggled,
        "a length list": head(w, "POST /login HTTP/1.1", form, "Content-Length: 5, 5")
        + b"a=b&c" + smuggled,
        "a huge length": head(w, "POST /login HTTP/1.1", form,
                              "Content-Length: 18446744073709551621") + b"a=b&c" + smuggled,
        "a GET with a body": head(w, "GET /health HTTP/1.1", "Content-Length: 34") + smuggled,
        "no host": b"GET /login HTTP/1.1\r\n\r\n" + smuggled,
        "two hosts": head(w, "GET /login HTTP/1.1", "Host: evil") + smuggled,
        "a folded header": head(w, "GET /login HTTP/1.1", "X-A: b\r\n c: d", "Host: evil")
        + smuggled,
        "a NUL in a header": head(w, "GET /login HTTP/1.1", "X-A: b\0c", "Host: evil"),
        "no version": b"GET /login\r\n\r\n" + smuggled,
        "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "an absolute target": head(w, "GET http://evil/login HTTP/1.1") + b"",
        "no path": head(w, "GET login HTTP/1.1"),
        "a star": head(w, "OPTIONS * HTTP/1.1"),
        "two cookies": head(w, "GET /login HTTP/1.1", "Cookie: a=b", "Cookie: c=d"),
    }
    wrong = []
    for name, octets in cases.items():
        s = w.raw(10)
        got = b""
        try:
            s.sendall(octets)
            while True:
                piece = s.recv(65536)
                if not piece:
                    break
                got += piece
        except (OSError, ssl.SSLError):
            pass
        finally:
            s.close()
        codes = [int(x) for x in re.findall(rb"(?m)^HTTP/1\.[01] (\d+)", got)]
        # libmicrohttpd 0.9.75 writes the head of an answer of its own twice.
        if any(x < 400 for x in codes):
            wrong.append(f"{name}: {codes}")
    check("what two readers could frame differently is refused, and the rest dropped",
          not wrong, wrong)
    s = w.raw(10)
    s.sendall(head(w, "GET /health HTTP/1.1") * 3 + head(w, "GET /health HTTP/1.1",
                                                         "Connection: close"))
    got = b""
    while True:
        piece = s.recv(65536)
        if not piece:
            break
        got += piece
    s.close()
    equal("pipelined requests are answered in order", got.count(b"HTTP/1.1 200"), 4)


def test_sizes(w):
    c = w.client()
    form = c.get("/login").form("/login")["fields"]
    base = len("token=&next=&user=&password=") + sum(len(v) for v in form.values()) + 2
    answer = c.post("/login", {**form, "user": "u", "password": "p" * (65536 - base - 40)})
    check("a form just below 64 KiB is read", answer.status in (403, 413, 400, 429) and
          answer.status != 413, answer.status)
    began = time.monotonic()
    answer = raw_answer(w, head(w, "POST /login HTTP/1.1", "Content-Length: 65537",
                                "Content-Type: application/x-www-form-urlencoded"))
    equal("one byte more is refused at once", status_of(answer), 413)
    answer = raw_answer(w, head(w, "POST /login HTTP/1.1", "Content-Length: 104857600",
                                "Content-Type: application/x-www-form-urlencoded")
                        + b"a" * 100000)
    check("100 MB are refused before they come", status_of(answer) in (413, None) and
          time.monotonic() - began < 10, answer[:100])
    equal("a file's form may have 256 KiB", status_of(raw_answer(
        w, head(w, "POST /save HTTP/1.1", "Content-Length: 262145",
                "Content-Type: application/x-www-form-urlencoded"))), 413)
    for kind in ("multipart/form-data; boundary=x", "text/plain", "application/json", None):
        fields = ["Content-Length: 3"] + ([f"Content-Type: {kind}"] if kind else [])
        equal(f"a body of {kind} is refused", status_of(raw_answer(
            w, head(w, "POST /login HTTP/1.1", *fields) + b"a=b")), 415)
    for octets, name in ((b"a=%zz", "half an escape"), (b"a=%ff", "no UTF-8"),
                         (b"a=%00", "a NUL"), (b"&".join([b"a=b"] * 65), "65 fields")):
        equal(f"a form with {name} is refused", status_of(raw_answer(
            w, head(w, "POST /login HTTP/1.1", f"Content-Length: {len(octets)}",
                    "Content-Type: application/x-www-form-urlencoded") + octets)), 400)
    equal("64 headers are read", status_of(raw_answer(
        w, head(w, "GET /login HTTP/1.1", *[f"X-{i}: y" for i in range(63)]))), 200)
    equal("65 are refused", status_of(raw_answer(
        w, head(w, "GET /login HTTP/1.1", *[f"X-{i}: y" for i in range(64)]))), 431)
    equal("a long address is refused", status_of(raw_answer(
        w, head(w, "GET /login?" + "a" * 2048 + " HTTP/1.1"))), 414)
    answer = raw_answer(w, head(w, "GET /login HTTP/1.1", "X-A: " + "b" * 100000))
    check("endless headers are refused", status_of(answer) in (431, 400, 413, 414, None),
          answer[:60])


def send_slowly(w, first, seconds, piece=b"x", pause=0.4):
    """How long a sender of one byte now and then is listened to."""
    s = w.raw(30)
    began = time.monotonic()
    try:
        s.sendall(first)
        while time.monotonic() - began < seconds:
            s.sendall(piece)
            s.settimeout(pause)
            try:
                if s.recv(1) == b"":
                    break
            except (TimeoutError, ssl.SSLWantReadError):
                pass
            s.settimeout(30)
    except (ConnectionError, ssl.SSLError, BrokenPipeError, OSError):
        pass
    finally:
        s.close()
    return time.monotonic() - began


def test_slow():
    options = {"header-time": "3s", "body-time": "3s", "idle-time": "3s", "send-time": "5s",
               "connections-per-address": "12"}
    with PortalWorld(options) as w:
        results = {}

        def run(name, *args, **more):
            results[name] = send_slowly(w, *args, **more)

        threads = [threading.Thread(target=run, args=a, kwargs=k) for a, k in (
            (("slow request line", b"G", 20), {}),
            (("slow headers", head(w, "GET /login HTTP/1.1")[:-2], 20), {"piece": b"a: b\r\n"}),
            (("slow body", head(w, "POST /login HTTP/1.1", "Content-Length: 60000",
                                "Content-Type: application/x-www-form-urlencoded"), 20), {}),
            (("idle after an answer", head(w, "GET /health HTTP/1.1"), 20), {"piece": b""}))]
        for t in threads:
            t.start()
        quick = w.client().get("/login").status
        for t in threads:
            t.join()
        for name, seconds in results.items():
            check(f"{name}: cut off in time", seconds < 9, f"{seconds:.1f} s")
        equal("others are served meanwhile", quick, 200)
        held = []
        for _ in range(30):
            try:
                held.append(socket.create_connection(("127.0.0.1", w.port), 5))
            except OSError:
                break
        time.sleep(0.3)
        closed = 0
        for s in held:
            s.setblocking(False)
            try:
                closed += s.recv(1) == b""
            except (BlockingIOError, InterruptedError):
                pass
            except OSError:
                closed += 1
        check("one address has no more than its connections", closed >= 30 - 12,
              f"{closed} of 30 closed")
        for s in held:
            s.close()
        check("afterwards it serves again",
              wait_until(lambda: w.client().get("/health").status == 200), w.log_text()[-300:])


# --- plain HTTP, TLS, the clerk away ------------------------------------------------------------

def http_get(w, path, method="GET", **more):
    c = http.client.HTTPConnection("127.0.0.1", w.http_port, timeout=30)
    try:
        c.request(method, path, **more)
        r = c.getresponse()
        return r, r.read()
    finally:
        c.close()


def test_pki(w):
    w.clerk.forget()
    answers = [http_get(w, "/pki/issuing.crl") for _ in range(20)]
    check("a CRL over plain HTTP", all(
        r.status == 200 and body == b"0\x03crl" and
        r.getheader("Content-Type") == "application/pkix-crl" for r, body in answers),
        answers[0][0].status)
    check("the clerk is asked once for all", len(w.clerk.named("pki.get")) == 1,
          w.clerk.calls)
    r, body = http_get(w, "/pki/issuing.crl", "HEAD")
    check("HEAD has no body", r.status == 200 and body == b"", body)
    for path, status in (("/", 404), ("/login", 404), ("/pki/", 404), ("/pki/../login", 404),
                         ("/pki/nothing.crl", 404), ("/pki/" + "a" * 200, 404),
                         ("/pki/%2e%2e", 404), ("/pki/.hidden", 404), ("/l/" + LINK, 404)):
        r, body = http_get(w, path)
        check(f"plain HTTP {path[:20]}: {status}, no redirect, no cookie",
              r.status == status and not r.getheader("Location") and
              not r.getheader("Set-Cookie"), f"{r.status} {body[:80]}")
    equal("nothing can be sent there", http_get(w, "/pki/issuing.crl", "POST")[0].status, 405)
    equal("nor with a body", http_get(w, "/pki/issuing.crl", "GET", body="x")[0].status, 400)


def test_tls(w):
    def handshake(version):
        context = ssl.create_default_context(cafile=w.path("cert.pem"))
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that TLS 1.1 is old is the point
            context.minimum_version = context.maximum_version = version
        try:
            with socket.create_connection(("127.0.0.1", w.port), 5) as s:
                return context.wrap_socket(s, server_hostname="localhost").version()
        except (ssl.SSLError, OSError):
            return None

    equal("TLS 1.3", handshake(ssl.TLSVersion.TLSv1_3), "TLSv1.3")
    equal("TLS 1.2", handshake(ssl.TLSVersion.TLSv1_2), "TLSv1.2")
    equal("no TLS 1.1", handshake(ssl.TLSVersion.TLSv1_1), None)
    with socket.create_connection(("127.0.0.1", w.port), 5) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            answer = s.recv(100)
        except OSError:
            answer = b""
    check("plain HTTP on the HTTPS port shows nothing", b"200" not in answer, answer)


def test_away():
    with PortalWorld(clerk=False) as w:
        c = w.client()
        equal("without the clerk the login page is there", c.get("/login").status, 200)
        answer = c.log_in("anna.muster")
        check("and says that something does not answer", answer.status == 503 and
              "does not answer" in answer.words, answer.words)
        check("the id on the page stands in the log", re.search(
            r'<span class="mono">([0-9a-f]{12})', answer.text)[1] in w.log_text(), "")
        equal("CRLs cannot be had", http_get(w, "/pki/issuing.crl")[0].status, 503)
    with PortalWorld({"clerk-time": "2s"}) as w:
        w.clerk.answers["session.login"] = lambda _: time.sleep(30)
        began = time.monotonic()
        answer = w.client().log_in("anna.muster")
        check("a clerk that hangs is given up in time",
              answer.status == 503 and time.monotonic() - began < 8, answer.status)


def test_secrets(w):
    """What was typed and shown stands in no log, and in no argument."""
    text = w.log_text()
    for name, secret in (("password", PASSWORD), ("PIN", PIN), ("PIN's group", "2FXA"),
                         ("link", LINK)):
        check(f"the log has no {name}", secret not in text, "it has")
    sessions = list(w.clerk.sessions)
    check("the log has no session", not any(s in text for s in sessions), "it has")
    with open(f"/proc/{w.process.pid}/cmdline", "rb") as f:
        check("arguments are two options", len(f.read().split(b"\0")) <= 6, "more")


def test_boundaries(w):
    """What it is not linked with, it cannot do; what it opened, it has."""
    text = subprocess.run(["readelf", "-d", built("bin", "chancery-portal")], check=True,
                          capture_output=True, text=True).stdout
    linked = {re.match(r"lib\w+", x)[0] for x in re.findall(r"NEEDED.*\[(.*?)\]", text)}
    allowed = {"libmicrohttpd", "libgnutls", "libqrencode", "libjansson", "libc", "libasan",
               "libubsan", "libm"}
    check("neither OpenSSL nor LDAP nor mail", linked <= allowed, linked - allowed)
    fds = [os.readlink(f"/proc/{w.process.pid}/fd/{n}")
           for n in os.listdir(f"/proc/{w.process.pid}/fd")]
    files = [x for x in fds if x.startswith("/") and x not in ("/dev/null", w.path("portal.log"))]
    check("no file is open while it serves", not files, files)
    with open(f"/proc/{w.process.pid}/limits", encoding="ascii") as f:
        check("it leaves no core", re.search(r"Max core file size +0 +0", f.read()), "it may")


def test_start(w):
    """What is wrong is said at the start, in one sentence, with status 1."""
    program = built("bin", "chancery-portal")

    def start(change, *args):
        with open(w.path("portal.conf"), encoding="utf-8") as f:
            lines = dict(line.rstrip("\n").split(" = ", 1) for line in f)
        lines.update(change)
        with open(w.path("other.conf"), "w", encoding="utf-8") as f:
            f.writelines(f"{k} = {v}\n" for k, v in lines.items() if v is not None)
        p = subprocess.run([program, "-c", w.path("other.conf"), "-n", *args], text=True,
                           capture_output=True, timeout=20, check=False)
        return p.returncode, p.stderr

    equal("a good configuration", start({}), (0, ""))
    os.makedirs(w.path("web", "pages"), exist_ok=True)
    os.makedirs(w.path("web", "static"), exist_ok=True)
    with open(w.path("web", "pages", "bad.html"), "w", encoding="utf-8") as f:
        f.write("<p>\n<a href=\"{{x}}\">")
    with open(w.path("rsa.pem"), "w", encoding="utf-8") as f:
        f.write("no key\n")
    os.chmod(w.path("rsa.pem"), 0o600)
    with open(w.path("open.pem"), "wb") as f, open(w.path("key.pem"), "rb") as key:
        f.write(key.read())
    os.chmod(w.path("open.pem"), 0o644)
    for name, change, word in (
            ("http url", {"url": "http://localhost"}, "https://"),
            ("url with a path", {"url": "https://localhost/x"}, "https://"),
            ("unknown option", {"urls": "x"}, "urls"),
            ("no certificate", {"certificate": w.path("none.pem")}, "none.pem"),
            ("no key", {"key": w.path("rsa.pem")}, "rsa.pem"),
            ("a key that others can read", {"key": w.path("open.pem")}, "0644"),
            ("no texts", {"locale": w.path("none")}, "none"),
            ("bad template", {"web": w.path("web")}, "line 2")):
        status, text = start(change)
        check(f"start: {name}", status == 1 and word in text and text.count("\n") == 1,
              f"{status} {text}")


def main():
    with PortalWorld() as w:
        for test in (test_every_route, test_policy, test_login_needed, test_cookies, test_forms,
                     test_redirects, test_hosts, test_links, test_scanners, test_files,
                     test_escaping, test_languages, test_framing, test_sizes, test_pki,
                     test_tls, test_secrets, test_boundaries, test_start):
            with case(test.__name__):
                test(w)
        check("it is still running", w.process.poll() is None, w.log_text()[-2000:])
    equal("it ends by itself when told to", w.status, 0)
    for test in (test_slow, test_away):
        with case(test.__name__):
            test()
    sys.exit(done())


main()
