"""A company directory that misbehaves: hangs, refuses, lies, stops half-way.

    with FalseDirectory(Directory(), tls=context) as d:     # a thread, a port of its own
        ... ldaps://localhost:{d.port} ...
        d.binds        # [(dn, password)] that it was sent; d.plain: octets before TLS

What it answers is a Directory's: a good one by default, and a subclass for each way to
be a bad one. It speaks as much of LDAP (RFC 4511) as a login needs, and believes what
it is sent. Listens on loopback. Called by test_login.py.
"""
import contextlib
import select
import socket
import ssl
import threading
import time

import ber

BIND, UNBIND, SEARCH, ABANDON, EXTENDED = 0x60, 0x42, 0x63, 0x50, 0x77
BIND_ANSWER, ENTRY, DONE, REFERENCE, EXTENDED_ANSWER = 0x61, 0x64, 0x65, 0x73, 0x78
START_TLS = b"1.3.6.1.4.1.1466.20037"
SUCCESS, REFERRAL, INVALID_CREDENTIALS = 0, 10, 49
MESSAGE_MAX = 1 << 16

E = ber.Encoder(False)


def elements(octets):
    """[(tag, content)] of definite lengths."""
    out, at = [], 0
    while at < len(octets):
        tag, length = octets[at], octets[at + 1]
        at += 2
        if length & 0x80:
            n = length & 0x7F
            length = int.from_bytes(octets[at:at + n], "big")
            at += n
        out.append((tag, octets[at:at + length]))
        at += length
    return out


def result(tag, code, text="", referral=()):
    parts = [E.enumerated(code), E.octets(""), E.octets(text)]
    if referral:
        parts.append(E.sequence(*(E.octets(u) for u in referral), tag=0xA3))
    return E.sequence(*parts, tag=tag)


def entry(dn, attributes):
    """attributes: {name: [bytes]}"""
    rows = [E.sequence(E.octets(name), E.sequence(*(E.octets(v) for v in values), tag=0x31))
            for name, values in attributes.items()]
    return E.sequence(E.octets(dn), E.sequence(*rows), tag=ENTRY)


class Directory:
    """Answers as a good directory with one person would. Each function gives a list of
    operations to send; None closes the connection, HANG says nothing any more."""

    HANG = object()
    BASE = "dc=false,dc=example"
    READER = "cn=reader," + BASE
    PERSON = "cn=anna," + BASE
    GUID = bytes(range(16))
    PASSWORD = b"right"

    def person(self):
        return {"objectGUID": [self.GUID], "sAMAccountName": [b"anna"],
                "displayName": [b"Anna"], "mail": [b"anna@example.com"]}

    def start_tls(self):
        return [result(EXTENDED_ANSWER, SUCCESS)]

    def bind(self, dn, password):
        right = self.PASSWORD if dn == self.PERSON else b"reader"
        return [result(BIND_ANSWER, SUCCESS if password == right else INVALID_CREDENTIALS)]

    def search(self, _who, _base, _scope):
        return [entry(self.PERSON, self.person()), result(DONE, SUCCESS)]

    def connected(self, _sock):
        """Before anything else; None goes on."""


class FalseDirectory:
    def __init__(self, directory, tls=None, start_tls=False):
        """tls: an ssl.SSLContext; used at once, or after StartTLS."""
        self.directory, self.tls, self.start_tls = directory, tls, start_tls
        self.binds, self.searches, self.plain = [], [], b""
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.ended = threading.Event()
        self.threads, self.sockets = [], []

    def __enter__(self):
        self._thread(self._accept)
        return self

    def __exit__(self, *exception):
        self.ended.set()
        self.listener.close()
        for sock in self.sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for t in self.threads:
            t.join(5)
        for sock in self.sockets:
            sock.close()

    def _thread(self, target, *arguments):
        t = threading.Thread(target=target, args=arguments, daemon=True)
        self.threads.append(t)
        t.start()

    def _accept(self):
        while not self.ended.is_set():
            try:
                if not select.select([self.listener], [], [], 0.1)[0]:
                    continue
                sock, _ = self.listener.accept()
                self.sockets.append(socket.fromfd(sock.fileno(), sock.family, sock.type))
            except (OSError, ValueError):
                return
            self._thread(self._serve, sock)

    def _serve(self, sock):
        try:
            sock.settimeout(30)
            if self.directory.connected(sock) is Directory.HANG:
                self.hang(sock)
                return
            if self.tls and not self.start_tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            self._talk(sock)
        except (OSError, ssl.SSLError, IndexError):
            pass
        finally:
            sock.close()

    def hang(self, sock):
        """Reads, and says nothing, until the other side or the test ends."""
        sock.settimeout(0.2)
        while not self.ended.is_set():
            try:
                piece = sock.recv(4096)
                if not piece:
                    return
                self.plain += piece if not isinstance(sock, ssl.SSLSocket) else b""
            except (socket.timeout, ssl.SSLWantReadError):
                continue

    def _message(self, sock):
        """One whole message, or None at the end."""
        head = sock.recv(2)
        if len(head) < 2:
            return None
        n = head[1]
        if n & 0x80:
            n = int.from_bytes(sock.recv(n & 0x7F), "big")
        body = b""
        while len(body) < min(n, MESSAGE_MAX):
            piece = sock.recv(n - len(body))
            if not piece:
                return None
            body += piece
        return elements(body)

    def _talk(self, sock):
        who = ""
        while not self.ended.is_set():
            message = self._message(sock)
            if not message or message[1][0] == UNBIND:
                return
            number, (tag, content) = message[0][1], message[1]
            if not isinstance(sock, ssl.SSLSocket):
                self.plain += content
            if tag == ABANDON:
                continue
            if tag == BIND:
                dn, password = (x[1] for x in elements(content)[1:3])
                who = dn.decode()
                self.binds.append((who, password))
                answers = self.directory.bind(who, password)
            elif tag == SEARCH:
                parts = elements(content)
                base, scope = parts[0][1].decode(), parts[1][1][0]
                self.searches.append((who, base, parts[6]))
                answers = self.directory.search(who, base, scope)
            else:
                answers = self.directory.start_tls()
            if answers is None:
                return
            if answers is Directory.HANG:
                self.hang(sock)
                return
            if isinstance(answers, bytes):          # as they are
                sock.sendall(answers)
                continue
            for operation in answers:
                sock.sendall(E.sequence(E.element(0x02, number), operation))
            if tag == EXTENDED and self.tls and operation[2 + 2] == SUCCESS:
                sock = self.tls.wrap_socket(sock, server_side=True)


def drip(sock, octets, seconds):
    """One octet at a time, so slowly that no single wait is long."""
    for octet in octets:
        sock.sendall(bytes([octet]))
        time.sleep(seconds)


def context(certificate, key):
    """For a server with this certificate and key (files)."""
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(certificate, key)
    return c
