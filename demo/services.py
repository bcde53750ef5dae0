#!/usr/bin/python3
"""The programs of enrollment, beside a World's slapd: signer, clerk, examine, portal.

    with World(enroll=True) as w:                       # those that are built
        w.services.call("clerk", "status")              # one call, its answer
        w.services.kill("signer"); w.services.start("signer")

PROGRAMS is the table: what each reads as its configuration, and how one sees that it
answers. Everything is in the World's folder:
  etc/NAME.conf  etc/secrets/  NAME/ (its state)  run/NAME.sock  run/NAME.pid
  log/NAME.log   root/ (the CA's root)  mail/ (mails, instead of a relay)
A program that is not built is left out, with a note. Stopped by pid, never by name.
Every key and password here is for demonstration only.
"""
import base64
import contextlib
import errno
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

from people import COMPANY, ORGANISATION, SUFFIX

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PORTAL_PORT, PKI_PORT = 8443, 8880   # of make run
START_SECONDS = 60      # the signer's first start fills its pool
STOP_SECONDS = 30
LOG_SHOWN = 4000
ROOT_PASSPHRASE = "demo-root-passphrase"
SECRETS = {"clerk": "demo-clerk", "reader": "demo-reader", "writer": "demo-writer",
           "root": ROOT_PASSPHRASE}


class ServiceError(Exception):
    """One sentence that says what is wrong."""


class Refused(ServiceError):
    """An answer that says no. word, text: as ARCHITECTURE.md has them."""

    def __init__(self, answer):
        self.answer = answer
        self.word, self.text = answer.get("error"), answer.get("text")
        super().__init__(f"{self.word}: {self.text}")


# --- the protocol ----------------------------------------------------------------

def _encode(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def ask(path, call, seconds=30, **fields):
    """One call over a Unix socket, whatever the answer says. Bytes become base64."""
    line = {"call": call, **{k: _encode(v) for k, v in fields.items()}}
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(seconds)
        s.connect(path)
        # Who refuses a line too long does so before it has read it all.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            s.sendall(json.dumps(line).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            piece = s.recv(1 << 16)
            if not piece:
                raise ServiceError(f"{path} closed without an answer to {call}")
            answer += piece
    return json.loads(answer)


# --- what each program is told ------------------------------------------------------

def _own_user():
    return pwd.getpwuid(os.geteuid()).pw_name


def _group(name):
    return f"cn={name},ou=groups,{COMPANY}"


def _signer(s):
    return {"state": s.path("signer"), "socket": s.socket("signer"),
            "audit": s.path("signer", "audit.log"), "caller": [_own_user()],
            "domain": ["example.com"], "key": s.key_kind, "pool": s.pool}


def _clerk(s):
    w = s.world
    return {"state": s.path("clerk"), "socket": s.socket("clerk"),
            "audit": s.path("clerk", "audit.log"), "portal-user": _own_user(),
            "signer": s.socket("signer"), "suffix": SUFFIX, "domain": ["example.com"],
            "directory": w.ldapi_uri, "directory-dn": f"cn=clerk,ou=services,{SUFFIX}",
            "directory-password": s.secret("clerk"),
            "company": w.ldaps_uri, "company-ca": w.ca_file, "company-base": COMPANY,
            "company-dn": f"uid=reader,ou=services,{COMPANY}",
            "company-password": s.secret("reader"),
            # As Active Directory, but for its classes: demo/company.schema.
            "company-kind": "ad", "company-people": "(objectClass=companyUser)",
            "mail-folder": s.path("mail"), "mail-from": "chancery@example.com",
            "portal-url": s.portal_url, "locale": s.built("locale"),
            "web": os.path.join(ROOT, "web"),
            "role-helpdesk": [_group("helpdesk")],
            "role-approver": [_group("approvers")],
            "role-administrator": [_group("administrators")]}


def _examine(s):
    return {"socket": s.socket("examine")}


def _portal(s):
    w = s.world
    return {"url": s.portal_url, "listen": f"127.0.0.1:{s.portal_port}",
            "listen-http": f"127.0.0.1:{s.pki_port}", "clerk": s.socket("clerk"),
            "certificate": w.path("tls", "server.pem"), "key": w.path("tls", "server.key"),
            "web": os.path.join(ROOT, "web"), "locale": s.built("locale"),
            "organization": ORGANISATION}


def _answers_status(s, name):
    """Whether there is an answer at all; what it says is nothing to us."""
    try:
        ask(s.socket(name), "status", seconds=2)
        return True
    except (OSError, ValueError, ServiceError):
        return False


def _answers_tcp(s, _name):
    try:
        socket.create_connection(("127.0.0.1", s.portal_port), 2).close()
        return True
    except OSError:
        return False


class Program:
    """A row: options(services) is its configuration (lists: an option each value);
    ready(services, name) whether it answers."""

    def __init__(self, name, options, ready):
        self.name, self.options, self.ready = name, options, ready


# In the order of starting.
PROGRAMS = {p.name: p for p in (
    Program("signer", _signer, _answers_status),
    Program("examine", _examine, _answers_status),
    Program("clerk", _clerk, _answers_status),
    Program("portal", _portal, _answers_tcp),
)}


# --- the programs --------------------------------------------------------------------

class Services:
    """The programs of a World.

    options      {"clerk": {"login-delay": "0s", "role-approver": []}}: replaces lines
                 of the configuration; None leaves one out
    env          additional environment of each program (faketime, ...); where it is a
                 function, it gets the program's name
    only         names of those to start; None for all that are built
    key_kind     of people's keys; the demonstration has stronger ones than tests
    pool         keys that the signer keeps ready
    detached     they outlive this program (make up)
    wrap         {"signer": ["strace", "-D", ...]}: a command that becomes the program
    """

    def __init__(self, world, *, options=None, env=None, only=None, key_kind="rsa2048",
                 pool=4, portal_port=None, pki_port=None, detached=False, wrap=None):
        self.world = world
        self.options = options or {}
        self.env = env or {}
        self.only = only
        self.key_kind = key_kind
        self.pool = pool
        self.portal_port = portal_port or _free_port()
        self.pki_port = pki_port or _free_port()
        self.detached = detached
        self.wrap = wrap or {}
        self.processes = {}
        self.missing = []       # what is not built

    def path(self, *parts):
        return self.world.path(*parts)

    def socket(self, name):
        return self.path("run", name + ".sock")

    def secret(self, name):
        """The file with a password."""
        return self.path("etc", "secrets", name)

    def config(self, name):
        return self.path("etc", name + ".conf")

    def log(self, name):
        return self.path("log", name + ".log")

    def log_text(self, name, last=LOG_SHOWN):
        try:
            with open(self.log(name), "rb") as f:
                return f.read()[-last:].decode(errors="replace")
        except FileNotFoundError:
            return ""

    @staticmethod
    def built(*parts):
        return os.path.join(ROOT, os.environ.get("CHANCERY_BUILD", "build"), *parts)

    def binary(self, name):
        return self.built("bin", "chancery-" + name)

    @property
    def portal_url(self):
        return f"https://localhost:{self.portal_port}"

    @property
    def pki_url(self):
        """Where CRLs and CA certificates are fetched: stands in every certificate."""
        return f"http://localhost:{self.pki_port}/pki"

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception):
        self.stop()

    # preparing

    def prepare(self):
        """Folders, passwords, the CA (once), and the configuration as it is now."""
        for name in ("etc", "etc/secrets", "log", "run", "mail",
                     *(n for n in PROGRAMS if n != "signer")):
            os.makedirs(self.path(name), mode=0o700, exist_ok=True)
        for name, password in SECRETS.items():
            _write(self.secret(name), password + "\n", 0o600)
        self._make_ca()
        for program in PROGRAMS.values():
            self.write_config(program.name)

    def _make_ca(self):
        if os.path.isdir(self.path("signer", "ca")):
            return
        command = [self.built("bin", "chancery"), "ca", "init",
                   "--state", self.path("signer"), "--root", self.path("root"),
                   "--base-url", self.pki_url, "--organization", ORGANISATION,
                   "--country", "CH", "--key-kind", self.key_kind,
                   "--root-key-kind", self.key_kind,
                   "--passphrase-file", self.secret("root")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL, env=self._environment("ca"),
                              check=False)
        if done.returncode != 0:
            raise ServiceError(f"chancery ca init: {done.stderr.strip()}")

    def write_config(self, name):
        options = {**PROGRAMS[name].options(self), **self.options.get(name, {})}
        text = "# The demonstration's; written anew at each start.\n"
        for option, value in options.items():
            values = value if isinstance(value, list) else [value]
            text += "".join(f"{option} = {v}\n" for v in values if v is not None)
        _write(self.config(name), text, 0o600)

    # running

    def start(self, *names):
        """Starts these programs, or all; waits until each answers."""
        if not names:
            self.prepare()
            names = [n for n in PROGRAMS if self.only is None or n in self.only]
        for name in names:
            if not os.access(self.binary(name), os.X_OK):
                self.missing.append(name)
                continue
            self._launch(name)
            self._wait_ready(name)

    def _environment(self, name):
        # Not root's own: a program must not need it.
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("CHANCERY_", "LDAP", "LISTEN_"))}
        more = self.env(name) if callable(self.env) else self.env
        return {**env, **self.world.env, **more}

    def _launch(self, name):
        from world import die_with_us
        if name in self.processes:
            raise ServiceError(f"{name} is already running")
        with open(self.log(name), "ab") as log:
            process = subprocess.Popen(
                [*self.wrap.get(name, []), self.binary(name), "-d", "-c",
                 self.config(name)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.world.state,
                env=self._environment(name), start_new_session=self.detached,
                preexec_fn=None if self.detached else die_with_us())
        self.processes[name] = process
        _write(self.path("run", name + ".pid"), f"{process.pid}\n")

    def _wait_ready(self, name):
        process = self.processes[name]
        deadline = time.monotonic() + START_SECONDS
        while not PROGRAMS[name].ready(self, name):
            if process.poll() is not None:
                del self.processes[name]
                raise ServiceError(f"{name} ended with status {process.returncode} while "
                                   f"starting:\n{self.log_text(name)}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{name} did not answer within {START_SECONDS} s:\n"
                                   f"{self.log_text(name)}")
            time.sleep(0.02)

    def pid(self, name):
        return self.processes[name].pid

    def running(self, name):
        return name in self.processes and self.processes[name].poll() is None

    def stop(self, *names):
        """Ends these programs, or all, the last first; complains if one had died, or
        would not end, or ended badly."""
        bad = []
        for name in names or reversed(list(self.processes)):
            process = self.processes.pop(name, None)
            if process is None:
                continue
            early = process.poll()
            if early is None:
                process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if early is not None or process.returncode != 0:
                bad.append(f"{name} {'had ' if early is not None else ''}ended with status "
                           f"{process.returncode}:\n{self.log_text(name)}")
        if bad:
            raise ServiceError("\n".join(bad))

    def kill(self, name):
        """As a power cut would (SIGKILL)."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def restart(self, name, **options):
        """Ends it and starts it again; with other options (underscores for hyphens)."""
        self.stop(name)
        if options:
            self.options.setdefault(name, {}).update(
                {k.replace("_", "-"): v for k, v in options.items()})
            self.write_config(name)
        self.start(name)

    def close(self):
        """Ends what still runs. Never raises."""
        for name in list(self.processes):
            try:
                self.kill(name)
            except OSError:
                pass

    def detach(self):
        """From now on they are nobody's children (make up)."""
        for process in self.processes.values():
            process.returncode = 0
        self.processes = {}

    # those of another run (make down)

    def running_pid(self, name):
        """The process of this folder's program, or None. A pid file that names some
        other program is not believed."""
        try:
            with open(self.path("run", name + ".pid"), encoding="ascii") as f:
                pid = int(f.read())
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                command = f.read().split(b"\0")
        except (OSError, ValueError):
            return None
        ours = os.path.basename(command[0]) == f"chancery-{name}".encode()
        return pid if ours and self.config(name).encode() in command else None

    def end_others(self):
        """Ends those that another run left; their names."""
        ended = []
        for name in reversed(PROGRAMS):
            pid = self.running_pid(name)
            if pid is None:
                continue
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while self.running_pid(name) == pid:
                if time.monotonic() > deadline:
                    raise ServiceError(f"{name} (process {pid}) did not end within "
                                       f"{STOP_SECONDS} s; see {self.log(name)}")
                time.sleep(0.02)
            ended.append(name)
        return ended

    # talking to them

    def ask(self, name, call, seconds=30, **fields):
        """One call; the answer, whatever it says."""
        return ask(self.socket(name), call, seconds, **fields)

    def call(self, name, call, seconds=30, **fields):
        """One call; the answer, or Refused."""
        answer = self.ask(name, call, seconds, **fields)
        if not answer.get("ok"):
            raise Refused(answer)
        return answer

    def what_to_try(self):
        """For people who ran `make run`."""
        out = ""
        if "portal" in self.processes:
            out += f"""
Get a certificate: log in as anna with demo-anna, or as nina, who is new, with demo-nina:
  {self.portal_url}          its TLS CA: {self.world.path("tls", "ca.pem")}
Mails are files in {self.path("mail")}/. The same for Zoë, by an administrator:
  build/bin/chancery enroll -S {self.socket("clerk")} zoe.mueller@example.com
"""
        if self.missing:
            out += f"Not built, and so not running: {', '.join(self.missing)}.\n"
        return out


def check_ports(services):
    """Says in time whose port is taken."""
    for port, variable in ((services.portal_port, "PORTAL_PORT"),
                           (services.pki_port, "PKI_PORT")):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError as e:
                what = ("is in use by another program" if e.errno == errno.EADDRINUSE
                        else e.strerror)
                raise ServiceError(f"port {port} {what}; choose another one with "
                                   f"{variable}=") from e


def _free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _write(path, text, mode=0o644):
    fd = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(fd, "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(path + ".new", path)


def remove_state(world):
    """The programs' folders: the next start makes another CA."""
    for name in (*PROGRAMS, "etc", "root"):
        shutil.rmtree(world.path(name), ignore_errors=True)
