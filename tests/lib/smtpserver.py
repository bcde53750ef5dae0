"""A mail relay for tests: a real SMTP server on loopback that can be told to misbehave.

    relay = Relay(tls=(certificate, key), auth={"user": "password"})
    relay.start(); relay.port
    relay.mails          # [Mail(sender, recipients, octets, tls, user)]
    relay.say = {"RCPT": "450 4.2.0 not now"}   # another answer to a command
    relay.hang = "DATA"  # answers nothing to this command; "greeting" too
    relay.drop = "."     # closes the connection instead of answering; what came is kept
    relay.stop()         # the port is free afterwards; start() again takes the same

Commands: greeting, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, "." (the end of the content).
A value in `say` may be a list: the first is used once and taken away. Content is stored
as sent, with the dots of RFC 5321 section 4.5.2 taken out. Runs in threads of its own.
"""
import base64
import dataclasses
import socket
import ssl
import threading


@dataclasses.dataclass
class Mail:
    sender: str
    recipients: list
    octets: bytes
    tls: bool
    user: str


class Relay:
    def __init__(self, tls=None, auth=None, smtps=False, starttls=True):
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
        self.auth = auth
        self.smtps = smtps
        self.starttls = starttls and tls is not None and not smtps
        self.mails, self.commands = [], []
        self.say, self.hang, self.drop = {}, None, None
        self.connections = 0
        self.port = 0
        self._listener = None
        self._open = set()
        self._lock = threading.Lock()

    def start(self):
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def stop(self):
        """Also ends the connections that are there."""
        listener, self._listener = self._listener, None
        if listener:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            for c in list(self._open):
                try:
                    c.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _accept(self, listener):
        while True:
            try:
                c, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(c)
                self.connections += 1
            threading.Thread(target=self._serve, args=(c,), daemon=True).start()

    def _serve(self, c):
        try:
            _Session(self, c).run()
        except (OSError, ssl.SSLError, ConnectionError):
            pass
        finally:
            with self._lock:
                self._open.discard(c)
            c.close()

    def answer(self, command, usual):
        """What to say; None: nothing (hang); closes by raising."""
        with self._lock:
            self.commands.append(command)
            if self.drop == command:
                raise ConnectionError
            if self.hang == command:
                return None
            said = self.say.get(command)
            if isinstance(said, list):
                said = said.pop(0) if said else None
            return said or usual


class _Session:
    def __init__(self, relay, c):
        self.relay, self.c = relay, c
        self.tls = False
        self.user = None
        self.buffer = b""

    def line(self):
        while b"\r\n" not in self.buffer:
            more = self.c.recv(65536)
            if not more:
                raise ConnectionError
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def reply(self, command, usual):
        said = self.relay.answer(command, usual)
        if said is None:
            while self.c.recv(65536):  # until the client gives up
                pass
            raise ConnectionError
        self.c.sendall(said.encode() + b"\r\n")
        return said[0] in "23"

    def wrap(self):
        self.c = self.relay.context.wrap_socket(self.c, server_side=True)
        self.tls, self.buffer = True, b""

    def ehlo(self):
        lines = ["loopback"]
        if self.relay.starttls and not self.tls:
            lines.append("STARTTLS")
        if self.relay.auth and (self.tls or not self.relay.context):
            lines.append("AUTH PLAIN LOGIN")
        lines += ["SIZE 20000000", "8BITMIME"]
        text = "\r\n".join(f"250{'-' if i + 1 < len(lines) else ' '}{x}"
                           for i, x in enumerate(lines))
        self.reply("EHLO", text)

    def authenticate(self, words):
        """RFC 4954, PLAIN and LOGIN."""
        def ask(prompt):
            self.c.sendall(f"334 {prompt}\r\n".encode())
            return self.line()
        kind = words[1].upper()
        if kind == b"PLAIN":
            given = words[2] if len(words) > 2 else ask("")
            _, user, password = base64.b64decode(given).split(b"\0")
        else:
            user = base64.b64decode(words[2] if len(words) > 2 else ask("VXNlcm5hbWU6"))
            password = base64.b64decode(ask("UGFzc3dvcmQ6"))
        fine = self.relay.auth.get(user.decode()) == password.decode()
        if self.reply("AUTH", "235 2.7.0 fine" if fine else "535 5.7.8 wrong") and fine:
            self.user = user.decode()

    def data(self, sender, recipients):
        if not self.reply("DATA", "354 go on"):
            return
        lines = []
        while (line := self.line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        mail = Mail(sender, recipients, b"\r\n".join(lines) + b"\r\n", self.tls, self.user)
        # Kept, or not, before the answer: the sender may look at once. An answer that is
        # lost leaves the sender in the dark: the mail is here.
        answer = self.relay.say.get(".") or "2"
        if (answer if isinstance(answer, str) else answer[0]).startswith("2"):
            self.relay.mails.append(mail)
        self.reply(".", "250 2.0.0 taken")

    def run(self):
        if self.relay.smtps:
            self.wrap()
        self.reply("greeting", "220 loopback ESMTP")
        sender, recipients = None, []
        while True:
            words = self.line().split()
            verb = words[0].upper() if words else b""
            if verb in (b"EHLO", b"HELO"):
                self.ehlo()
            elif verb == b"STARTTLS":
                if self.reply("STARTTLS", "220 go on"):
                    self.wrap()
            elif verb == b"AUTH":
                self.authenticate(words)
            elif verb == b"MAIL":
                usual = "250 2.1.0 fine"
                if self.relay.auth and not self.user:
                    usual = "530 5.7.0 authentication required"
                sender = words[1][5:].decode().strip("<>")
                recipients = []
                self.reply("MAIL", usual)
            elif verb == b"RCPT":
                to = words[1][3:].decode().strip("<>")
                if self.reply("RCPT", "250 2.1.5 fine"):
                    recipients.append(to)
            elif verb == b"DATA":
                self.data(sender, recipients)
            elif verb == b"QUIT":
                self.c.sendall(b"221 bye\r\n")
                return
            else:
                self.c.sendall(b"250 fine\r\n" if verb in (b"RSET", b"NOOP")
                               else b"502 what\r\n")
