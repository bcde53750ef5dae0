"""A Thunderbird without a screen, steered by Marionette (Mozilla's remote
control, protocol 3): JSON messages with a decimal length before each, over a
socket on loopback. Only what the client tests need: one session, scripts with
Thunderbird's own rights.

Thunderbird gets a home of its own and is ended by the process it was started
as. The caller fills the profile (certificates, preferences) before starting.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_SECONDS = 90
SCRIPT_SECONDS = 60

# Nothing that would reach for the network, ask a question or show a first page.
QUIET = {
    "marionette.port": 0,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "security.OCSP.enabled": 0,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}


class MarionetteError(Exception):
    pass


class Thunderbird:
    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="chancery-tb-")
        self.profile = os.path.join(self.home, "profile")
        os.mkdir(self.profile)
        self.process = self.sock = None
        self.buffer, self.count = b"", 0

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self, preferences):
        with open(os.path.join(self.profile, "user.js"), "w", encoding="utf-8") as f:
            for name, value in {**QUIET, **preferences}.items():
                f.write("user_pref(%s, %s);\n" % (json.dumps(name), json.dumps(value)))
        env = dict(os.environ, HOME=self.home, MOZ_HEADLESS="1", XDG_RUNTIME_DIR=self.home,
                   XDG_CONFIG_HOME=os.path.join(self.home, "config"),
                   XDG_CACHE_HOME=os.path.join(self.home, "cache"))
        with open(self.log(), "wb") as log:
            self.process = subprocess.Popen(
                ["thunderbird", "--headless", "--marionette", "--remote-allow-system-access",
                 "--no-remote", "--profile", self.profile],
                env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        self.sock = socket.create_connection(("127.0.0.1", self.port()), SCRIPT_SECONDS + 10)
        hello = self.receive()
        if hello.get("marionetteProtocol") != 3:
            raise MarionetteError("unknown greeting: %r" % hello)
        self.command("WebDriver:NewSession", {"capabilities": {}})
        self.command("Marionette:SetContext", {"value": "chrome"})
        self.command("WebDriver:SetTimeouts", {"script": SCRIPT_SECONDS * 1000})

    def log(self):
        return os.path.join(self.home, "thunderbird.log")

    def log_text(self):
        with open(self.log(), encoding="utf-8", errors="replace") as f:
            return "".join(line for line in f if "Gtk" not in line and "WARNING" not in line)[-3000:]

    def port(self):
        """The port it chose, which it writes into the profile."""
        path = os.path.join(self.profile, "MarionetteActivePort")
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with open(path, encoding="ascii") as f:
                    text = f.read()
                if text:
                    return int(text)
            except FileNotFoundError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise MarionetteError("Thunderbird did not start: " + self.log_text())
            time.sleep(0.05)

    def stop(self):
        if self.sock is not None:
            self.sock.close()
            self.sock = None
        if self.process is not None:
            # It has children of its own, all in the session started for it.
            for sign in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(self.process.pid, sign)
                    self.process.wait(20)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    pass
            self.process = None

    def receive(self):
        while b":" not in self.buffer:
            self.fill()
        length, _, self.buffer = self.buffer.partition(b":")
        while len(self.buffer) < int(length):
            self.fill()
        text, self.buffer = self.buffer[:int(length)], self.buffer[int(length):]
        return json.loads(text)

    def fill(self):
        piece = self.sock.recv(65536)
        if not piece:
            raise MarionetteError("Thunderbird closed the connection: " + self.log_text())
        self.buffer += piece

    def command(self, name, parameters):
        self.count += 1
        text = json.dumps([0, self.count, name, parameters]).encode()
        self.sock.sendall(b"%d:%s" % (len(text), text))
        while True:
            kind, number, error, result = self.receive()
            if kind == 1 and number == self.count:
                break
        if error:
            raise MarionetteError("%s: %s" % (error.get("error"), error.get("message")))
        return result

    def script(self, text, *arguments):
        """Runs the body of an async function, its parameters in `args`, and
        returns what it returns."""
        answer = self.command("WebDriver:ExecuteAsyncScript", {
            "script": """
                const done = arguments[arguments.length - 1];
                const body = async args => {%s};
                body(Array.from(arguments).slice(0, -1)).then(
                    value => done({value: value === undefined ? null : value}),
                    error => done({error: error + "\\n" + error.stack}));""" % text,
            "args": list(arguments), "newSandbox": True, "sandbox": "system"})["value"]
        if "error" in answer:
            raise MarionetteError(answer["error"])
        return answer["value"]
