#!/usr/bin/python3
"""The demonstration world: a slapd with Chancery, two dozen people and a past.

    demo/world.py run|up|down|build|fresh [--no-overlay]     (make run, up, ...)

and `World` for tests, each in a folder and on ports of its own:

    with World() as w:                    # built, started; ended on the way out
        w.search("dc=example", "(mail=anna.muster@example.com)")
        w.cert("anna.muster@example.com", "good")      # DER, as stored
        certs.make_crl(w.authority("issuing"), ...)    # its key is at hand

It holds what everybody's documentation names: the published tree under
dc=example,dc=com with the certificates of demo/people.py made at this moment,
and beside it, as a second database, a company directory against which people
log in (user ID: local part before the dot, password: demo- and the user ID).
Everything listens on loopback. Every private key and password here is for
demonstration only. State is in one folder (var/, STATE= overrides):
  slapd.conf, slapd.d  db/  run/ldapi, slapd.pid  log/  tls/  ca/  certs/  ldap.conf
and what demo/services.py adds for the programs of enrollment.
"""

import argparse
import atexit
import contextlib
import ctypes
import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

DEMO = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(DEMO)
if DEMO not in sys.path:
    sys.path.insert(0, DEMO)

import certs  # noqa: E402
import entries  # noqa: E402
import sanitizer  # noqa: E402
import services  # noqa: E402
import settings  # noqa: E402
from people import COMPANY, ORGANISATION, PUBLISHED, SUFFIX  # noqa: E402

DAY = 86400
VERSION = 1             # of what a kept state folder holds
KEPT_DAYS = 7           # older than that, "not yet valid" would no longer be true
START_SECONDS = 30
STOP_SECONDS = 30
TOOL_SECONDS = 300
LOAD_SECONDS = 900      # slapadd of 100,000 people takes a fraction of it
SOCKET_PATH_MAX = 107   # bytes in sockaddr_un.sun_path, without the final NUL
SLAPD = os.environ.get("SLAPD", "/usr/sbin/slapd")

STATE = os.path.join(ROOT, "var")       # where make run puts its world
CRL_URL = {
    "root": "http://pki.example.com/root.crl",
    "issuing": "http://pki.example.com/issuing.crl",
    "partner": "http://pki.partner.example/ca.crl",
}
# version 3 anonymous bind, message ID 1
BIND_REQUEST = bytes.fromhex("300c020101600702010304008000")


class WorldError(Exception):
    """One sentence that says what is wrong and what to do."""


# --- small things ----------------------------------------------------------------

def write(path, data, mode=0o644):
    """Whole or not at all."""
    temporary = path + ".new"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(fd, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    os.rename(temporary, path)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def die_with_us():
    """A preexec_fn: the child ends when we are killed, so that a test that runs
    out of time leaves nothing behind. Not from another thread than the main one,
    because the signal comes when the thread that started the child ends."""
    if threading.current_thread() is not threading.main_thread():
        return None
    libc = ctypes.CDLL(None)
    PR_SET_PDEATHSIG = 1
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def built(*path):
    """A file of the build folder under test."""
    return os.path.join(ROOT, os.environ.get("CHANCERY_BUILD", "build"), *path)


# --- the world ---------------------------------------------------------------------

class World:
    """A slapd with the demonstration's directory.

    state           its folder; None for a temporary one, removed by close()
    overlay         False leaves Chancery's overlay and its options out
    module          another chancery.so than CHANCERY_BUILD's
    asan            preload AddressSanitizer; None: if the module needs it
    config          'conf' (slapd.conf) or 'config' (cn=config)
    published       published bases; the first is the one in documentation
    access          replaces the access rules of the database
    extra_config    lines of slapd.conf before the first database
    extra_frontend  lines after "overlay chancery" of the frontend
    extra_database  lines after "overlay chancery" of the database: its options,
                    or overlays above it
    below_overlay   lines before "overlay chancery" of the database: overlays
                    under it
    extra_tail      further databases
    ldif            further entries (text), loaded by slapadd after the people
    populate        False leaves the people and partners out
    now             the moment from which all dates count; seconds since 1970
    env             additional environment of slapd (faketime, ...)
    debug           slapd's -d, which goes to log/slapd.log
    enroll          True, or options of demo/services.py's Services as a dict: the
                    programs of enrollment run too, as w.services
    """

    def __init__(self, state=None, *, overlay=True, module=None, asan=None,
                 config="conf", published=(PUBLISHED,), access=None,
                 extra_config="", extra_frontend="", extra_database="",
                 below_overlay="", extra_tail="", ldif="", populate=True,
                 now=None, port=None, ldaps_port=None, env=None, debug="stats",
                 maxsize=4 << 30, enroll=False):
        if config not in ("conf", "config"):
            raise ValueError(f"config: {config}")
        self.temporary = state is None
        self.state = (tempfile.mkdtemp(prefix="chancery-")
                      if state is None else os.path.abspath(state))
        self.overlay = overlay
        self.module = module or built("overlay", "chancery.so")
        self.asan = asan
        self.config = config
        self.published = tuple(published)
        self.access = access
        self.extra_config = extra_config
        self.extra_frontend = extra_frontend
        self.extra_database = extra_database
        self.below_overlay = below_overlay
        self.extra_tail = extra_tail
        self.ldif = ldif
        self.populate = populate
        self.now = int(time.time() if now is None else now)
        self.own_ports = port is None
        self.port = port or free_port()
        self.ldaps_port = ldaps_port or free_port()
        self.env = dict(env or {})
        self.debug = debug
        self.maxsize = maxsize
        self.process = None
        self.services = services.Services(
            self, **(enroll if isinstance(enroll, dict) else {})) if enroll else None
        self.suffix = SUFFIX
        self.company = COMPANY
        self._authorities = {}
        atexit.register(self.close)

    # where things are

    def path(self, *parts):
        return os.path.join(self.state, *parts)

    @property
    def uri(self):
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def ldaps_uri(self):
        return f"ldaps://localhost:{self.ldaps_port}"

    @property
    def ldapi_uri(self):
        return "ldapi://" + urllib.parse.quote(self.path("run", "ldapi"), safe="")

    @property
    def ca_file(self):
        """Who vouches for the server's TLS certificate."""
        return self.path("tls", "ca.pem")

    @property
    def log(self):
        return self.path("log", "slapd.log")

    def log_text(self, last=4000):
        try:
            return read(self.log)[-last:].decode(errors="replace")
        except FileNotFoundError:
            return ""

    def config_arguments(self):
        """What tells slapd and its tools which configuration to read."""
        if os.path.isdir(self.path("slapd.d")):
            return ["-F", self.path("slapd.d")]
        return ["-f", self.path("slapd.conf")]

    # with World() as w

    def __enter__(self):
        try:
            self.build()
            self.start()
            if self.services:
                self.services.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception):
        try:
            if self.services:
                self.services.stop()
            self.stop()
        finally:
            self.close()

    def close(self):
        """Ends it, and removes a temporary folder. Never raises."""
        atexit.unregister(self.close)
        if self.services:
            self.services.close()
        if self.process is not None:
            try:
                self.stop()
            except WorldError as e:
                print(f"world: {e}", file=sys.stderr)
        if self.temporary and not os.environ.get("CHANCERY_KEEP"):
            shutil.rmtree(self.state, ignore_errors=True)

    # building

    def build(self):
        """Makes everything but the running server. The folder must be new."""
        self._check_programs()
        for name in ("db/directory", "db/company", "run", "log", "tls", "ca",
                     "certs", "mail"):
            os.makedirs(self.path(name), mode=0o700, exist_ok=True)
        os.chmod(self.state, 0o755)
        for name in ("run", "tls", "certs"):
            os.chmod(self.path(name), 0o755)
        if os.listdir(self.path("db", "directory")):
            raise WorldError(f"{self.state} already holds a world")
        self._make_authorities()
        self._make_tls()
        directory = entries.Directory(self._authorities, self.now, self._save)
        directory = directory.ldif(self.populate) + self.ldif
        company = entries.company_ldif()
        self._write_slapd_conf()
        self.slapadd(directory)
        self.slapadd(company, COMPANY)
        self.write_config()
        write(self.path("world.json"), json.dumps(
            {"version": VERSION, "now": self.now}) + '\n')

    def _save(self, folder, name, data):
        os.makedirs(self.path(folder), exist_ok=True)
        write(self.path(folder, name), data)

    def _check_programs(self):
        for program in (SLAPD, "/usr/bin/openssl"):
            if not os.access(program, os.X_OK):
                raise WorldError(f"{program} is not installed; "
                                 "packaging/needs installs what is missing")
        if self.overlay and not os.path.exists(self.module):
            raise WorldError(f'{self.module} is not built; "make overlay" '
                             "builds it, --no-overlay does without it")
        if len(self.path("run", "ldapi").encode()) > SOCKET_PATH_MAX:
            raise WorldError(f"{self.state}: the path is too long for a Unix "
                             "socket inside; choose a shorter STATE=")

    def write_config(self):
        """The configuration as the options say now, in the form chosen."""
        self._write_slapd_conf()
        if self.config == "config":
            os.mkdir(self.path("slapd.d"), 0o700)
            self.tool("slaptest", ["-f", self.path("slapd.conf"),
                                    "-F", self.path("slapd.d")])

    def _write_slapd_conf(self):
        # Without slapd.d the tools read slapd.conf: slaptest, which turns one
        # into the other, wants databases that exist already.
        shutil.rmtree(self.path("slapd.d"), ignore_errors=True)
        write(self.path("slapd.conf"), settings.slapd_conf(self), 0o600)
        write(self.path("ldap.conf"),
              f'URI {self.uri}\nTLS_CACERT {self.ca_file}\n'
              + "".join(f'BASE {base}\n' for base in self.published[:1]))

    def slapadd(self, ldif, suffix=SUFFIX):
        """Loads entries into the stopped server, as an administrator would.
        ldif: text, or pieces of it (a hundred thousand people do not fit well
        into memory at once)."""
        if self.process is not None:
            raise WorldError("slapadd needs a stopped server")
        path = self.path("load.ldif")
        with open(path, "w", encoding="utf-8") as f:
            f.writelines([ldif] if isinstance(ldif, str) else ldif)
        self.tool("slapadd", ["-q", "-b", suffix, "-l", path]
                  + self.config_arguments(), seconds=LOAD_SECONDS)
        os.unlink(path)

    def tool(self, name, arguments, text=None, seconds=TOOL_SECONDS):
        """Runs slapadd, slaptest ... in slapd's environment; its output."""
        command = [os.path.join(os.path.dirname(SLAPD), name)] + arguments
        try:
            done = subprocess.run(
                command, input=(text or "").encode(), capture_output=True,
                env=self._environment(), timeout=seconds,
                preexec_fn=die_with_us(), check=False)
        except subprocess.TimeoutExpired:
            raise WorldError(f"{name} did not end within {seconds} s") from None
        if done.returncode != 0:
            raise WorldError(f"{name} failed: "
                             + done.stderr.decode(errors="replace").strip())
        return done

    def _beside_module(self, name):
        path = os.path.join(os.path.dirname(self.module), name)
        return path if os.path.exists(path) else None

    def _environment(self):
        env = {**os.environ, **self.env}
        asan = self.asan
        if asan is None:
            asan = self.overlay and sanitizer.needs_asan(self.module)
        return sanitizer.environment(env) if asan else env

    # certificates

    def _make_authorities(self):
        first, last = self.now - 4500 * DAY, self.now + 3650 * DAY
        make = certs.Authority.create
        root = make(f"CN=Example Root CA,O={ORGANISATION},C=CH", first, last,
                    None, certs.pool_key("rsa2048", 0), CRL_URL["root"])
        issuing = make(f"CN=Example Issuing CA,O={ORGANISATION},C=CH", first,
                       last - DAY, root, certs.pool_key("rsa2048", 1),
                       CRL_URL["issuing"], path_length=0)
        partner = make("CN=Partner CA,O=Partner GmbH,C=DE", first, last, None,
                       certs.pool_key("rsa2048", 2), CRL_URL["partner"],
                       path_length=0)
        self._authorities = {"root": root, "issuing": issuing, "partner": partner}
        for name, ca in self._authorities.items():
            write(self.path("ca", name + ".der"), ca.der)
            write(self.path("ca", name + ".pem"), certs.pem(ca.der))
            write(self.path("ca", name + ".key"), certs.key_pem(ca.key), 0o600)

    def authority(self, name):
        """'root', 'issuing' or 'partner', with its key."""
        if name not in self._authorities:
            key = certs.serialization.load_pem_private_key(
                read(self.path("ca", name + ".key")), None)
            der = read(self.path("ca", name + ".der"))
            self._authorities[name] = certs.Authority(
                der, key, CRL_URL[name],
                self.authority("root") if name == "issuing" else None)
        return self._authorities[name]

    def _make_tls(self):
        """A server certificate for localhost, and the CA to trust for it."""
        first, last = self.now - DAY, self.now + 365 * DAY
        ca = certs.Authority.create("CN=Example TLS CA", first, last,
                                    key=certs.new_key("ec256"))
        key = certs.new_key("ec256")
        server = certs.make_cert(
            "CN=localhost", (), ca, first, last, key=key,
            key_usage=certs.SIGN, eku=("serverAuth",),
            # libldap compares with the machine's own name when asked for
            # localhost (tls_g.c, tlsg_session_chkhost).
            dns=sorted({"localhost", socket.gethostname(), socket.getfqdn()}),
            ips=("127.0.0.1", "::1"))
        write(self.path("tls", "ca.pem"), certs.pem(ca.der))
        write(self.path("tls", "server.pem"), certs.pem(server))
        write(self.path("tls", "server.key"), certs.key_pem(key), 0o600)

    def cert(self, mail, label):
        """A certificate of demo/people.py, as DER."""
        return read(self.path("certs", mail, label + ".der"))

    # running

    def start(self, detached=False):
        """Starts slapd and waits until it answers. A detached one outlives
        this program (make up)."""
        if self.process is not None:
            raise WorldError("this world is already running")
        self.check_not_running()
        for attempt in range(3):
            try:
                self._check_ports()
                self._launch(detached)
                return
            except WorldError:
                # Somebody took the port between our asking and slapd's.
                taken = "Address already in use" in self.log_text()
                if not (self.own_ports and taken and attempt < 2):
                    raise
                self.port, self.ldaps_port = free_port(), free_port()
                self.write_config()

    def check_not_running(self):
        running = self.running_pid()
        if running:
            raise WorldError(f"the world in {self.state} is already running "
                             f'(process {running}); "make down" ends it')

    def _check_ports(self):
        for port, variable in ((self.port, "LDAP_PORT"),
                               (self.ldaps_port, "LDAPS_PORT")):
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    s.bind(("127.0.0.1", port))
                except OSError as e:
                    if e.errno == errno.EADDRINUSE:
                        raise WorldError(
                            f"port {port} is in use by another program; choose "
                            f"another one with {variable}=") from e
                    raise WorldError(f"port {port}: {e.strerror}; choose another"
                                     f" one with {variable}=") from e

    def _launch(self, detached):
        listeners = " ".join((
            f"ldap://127.0.0.1:{self.port}",
            f"ldaps://127.0.0.1:{self.ldaps_port}", self.ldapi_uri))
        command = [SLAPD, "-d", self.debug, "-h", listeners,
                   *self.config_arguments()]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self._environment(), cwd=self.state,
                start_new_session=detached,
                preexec_fn=None if detached else die_with_us())
        try:
            self._wait_ready()
        except WorldError:
            self._kill()
            raise

    def _wait_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None:
                raise WorldError(
                    f"slapd ended with status {self.process.returncode} while "
                    f'starting:\n{self.log_text()}')
            if time.monotonic() > deadline:
                raise WorldError(f"slapd did not answer within {START_SECONDS} "
                                 f's:\n{self.log_text()}')
            time.sleep(0.02)

    def answers(self):
        """Whether slapd answers an anonymous bind over its Unix socket."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(2)
            try:
                s.connect(self.path("run", "ldapi"))
                s.sendall(BIND_REQUEST)
                return s.recv(64)[:1] == b'\x30'
            except OSError:
                return False

    def stop(self):
        """Ends slapd; complains if it had died, or would not."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is not None:
            raise WorldError(f"slapd had ended with status {process.returncode}"
                             f':\n{self.log_text()}')
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise WorldError(f'slapd did not end within {STOP_SECONDS} s:\n'
                             f"{self.log_text()}") from None
        if process.returncode != 0:
            raise WorldError(f'slapd ended with status {process.returncode}:\n'
                             f"{self.log_text()}")

    def restart(self):
        self.stop()
        self.start()

    def _kill(self):
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()

    def kill(self):
        """As a power cut would, for tests."""
        self._kill()

    def running_pid(self):
        """The process of this state folder's slapd, or None. A pid file that
        names some other program is not believed."""
        try:
            pid = int(read(self.path("run", "slapd.pid")))
            command = read(f"/proc/{pid}/cmdline").split(b'\0')
        except (OSError, ValueError):
            return None
        ours = {self.path("slapd.conf").encode(), self.path("slapd.d").encode()}
        if os.path.basename(command[0]) == b"slapd" and ours & set(command):
            return pid
        return None

    # talking to it (needs python3-ldap)

    def connect(self, uri=None, dn="", password=""):
        """A bound python-ldap connection; anonymous by default."""
        import ldap
        connection = ldap.initialize(uri or self.uri)
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, self.ca_file)
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 10)
        connection.set_option(ldap.OPT_TIMEOUT, 60)
        connection.set_option(ldap.OPT_REFERRALS, 0)
        connection.simple_bind_s(dn, password)
        return connection

    def connect_root(self):
        """A python-ldap connection over ldapi that may do everything."""
        import ldap
        connection = ldap.initialize(self.ldapi_uri)
        connection.set_option(ldap.OPT_TIMEOUT, 60)
        connection.sasl_non_interactive_bind_s("EXTERNAL")
        return connection

    def search(self, base, filterstr="(objectClass=*)", attrs=None, scope="sub"):
        """[(dn, {name: [bytes]})] as an anonymous client gets it."""
        import ldap
        scopes = {"base": ldap.SCOPE_BASE, "one": ldap.SCOPE_ONELEVEL,
                  "sub": ldap.SCOPE_SUBTREE}
        connection = self.connect()
        try:
            return connection.search_s(base, scopes[scope], filterstr, attrs)
        finally:
            connection.unbind_s()

    # load

    def add_people(self, n, first=0):
        """Loads n more people, user000000@load.example.com and so on, each with
        one certificate, into the stopped server. The certificates differ in
        serial number and address only, and their signatures do not verify:
        signing 100,000 would take minutes, and nothing here checks them."""
        self.slapadd(entries.load_people(
            n, first, self.authority("issuing"), self.now))


# --- the command -------------------------------------------------------------------

def open_state(world):
    """Builds the world, or goes on with the one that is there."""
    world.check_not_running()
    stamp = world.path("world.json")
    if not os.path.exists(stamp):
        if os.path.isdir(world.state) and os.listdir(world.state):
            raise WorldError(f"{world.state} holds something that is not a "
                             "whole world; remove it, or choose another STATE=")
        world.build()
        return
    kept = json.loads(read(stamp))
    days = (world.now - kept["now"]) / DAY
    if kept["version"] != VERSION or not 0 <= days <= KEPT_DAYS:
        made = time.strftime("%Y-%m-%d", time.gmtime(kept["now"]))
        raise WorldError(f"{world.state} holds a world of {made} that no longer "
                         'fits; remove it ("make fresh"), or choose another '
                         "STATE=")
    world._check_programs()
    world.write_config()


def what_to_try(world):
    shown = os.path.relpath(world.state)
    if shown.startswith(".."):
        shown = world.state
    # The command finds var/ by itself, and other folders by STATE.
    state = "" if world.state == STATE else f"STATE={world.state} "
    base = world.published[0] if world.overlay else SUFFIX
    title = "Chancery's demonstration world" if world.overlay else (
        "The demonstration's directory, plain, without Chancery,")
    who = ("root, in this demonstration only" if os.geteuid() == 0
           else "your own user")
    return f"""
{title} is up (in {shown}/, slapd runs as {who}).

  LDAP   127.0.0.1:{world.port} (StartTLS too)      LDAPS  localhost:{world.ldaps_port}
  search base   {base}        TLS CA   {shown}/tls/ca.pem

Try what Outlook asks when somebody types a name:
  ldapsearch -LLL -x -H {world.uri} -b {base} -a always -z 100 \\
    '(&(|(mail=bruno*)(cn=bruno*)(sn=bruno*)(givenName=bruno*)(displayName=bruno*)))' \\
    cn mail displayName userCertificate

gpgsm, and what it finds for Petra, who is outside:
  G=$(mktemp -d); echo 'ldapserver 127.0.0.1:{world.port}:::{base}:' > $G/dirmngr.conf
  gpgsm --homedir $G --list-external-keys petra.partner@partner.example

Which certificate each mail program gets for Bruno, and why not the others:
  {state}build/bin/chancery explain bruno.keller@example.com
{world.services.what_to_try() if world.services else ""}"""


def start_services(world):
    """The programs of enrollment, where there is Chancery."""
    if world.services:
        services.check_ports(world.services)
        world.services.start()


def stop_services(world):
    if world.services:
        world.services.stop()


def command_run(world):
    open_state(world)
    # SIGTERM ends us as Ctrl-C does, so that slapd never stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    world.start()
    try:
        start_services(world)
        print(what_to_try(world))
        print("Ctrl-C ends it.", flush=True)
        status = world.process.wait()
        world.process = None
        if status != 0:
            raise WorldError(f'slapd ended with status {status}:\n'
                             f"{world.log_text()}")
        print("The world was ended from outside.")
    except KeyboardInterrupt:
        # All got the same signal from the terminal, and may be gone already.
        print()
        with contextlib.suppress(WorldError, services.ServiceError):
            stop_services(world)
        with contextlib.suppress(WorldError):
            world.stop()
    finally:
        world.close()


def command_up(world):
    open_state(world)
    world.start(detached=True)
    if world.services:
        world.services.detached = True
    start_services(world)
    text = what_to_try(world)
    # They outlive us: nothing to end at exit.
    world.process.returncode = 0
    world.process = None
    if world.services:
        world.services.detach()
    print(text)
    print('"make down" ends it.')


def command_down(world):
    if world.services:
        world.services.end_others()
    pid = world.running_pid()
    if pid is None:
        print(f"No world is running in {world.state}.")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while world.running_pid() == pid:
        if time.monotonic() > deadline:
            raise WorldError(f"slapd (process {pid}) did not end within "
                             f"{STOP_SECONDS} s; see {world.log}")
        time.sleep(0.02)
    print("The world is down.")


def command_build(world):
    open_state(world)


def command_fresh(world):
    command_down(world)
    if not os.path.exists(world.state):
        return
    # Never remove a folder that is not ours.
    if not os.path.exists(world.path("world.json")) and os.listdir(world.state):
        raise WorldError(f"{world.state} holds no world; not removed")
    shutil.rmtree(world.state)
    print(f"{world.state} is removed; the next start makes a new world.")


def port_of(variable, default):
    text = os.environ.get(variable) or str(default)
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise WorldError(f"{variable}={text}: wanted a port from 1 to 65535")
    return int(text)


def main():
    commands = {"run": command_run, "up": command_up, "down": command_down,
                "build": command_build, "fresh": command_fresh}
    parser = argparse.ArgumentParser(
        description="The demonstration world. STATE, LDAP_PORT, LDAPS_PORT, PORTAL_PORT "
        "and PKI_PORT in the environment override var/, 3890, 6360, 8443 and 8880.")
    parser.add_argument("command", choices=commands)
    parser.add_argument("--no-overlay", action="store_true",
                        help="a plain slapd, without Chancery")
    parser.add_argument("--config", choices=("conf", "config"), default="conf",
                        help="slapd.conf (default) or cn=config")
    arguments = parser.parse_args()
    try:
        enroll = {"key_kind": "rsa3072", "pool": 20,
                  "portal_port": port_of("PORTAL_PORT", services.PORTAL_PORT),
                  "pki_port": port_of("PKI_PORT", services.PKI_PORT)}
        world = World(os.path.join(ROOT, os.environ.get("STATE") or STATE),
                      overlay=not arguments.no_overlay, config=arguments.config,
                      port=port_of("LDAP_PORT", 3890),
                      ldaps_port=port_of("LDAPS_PORT", 6360),
                      enroll=False if arguments.no_overlay else enroll)
        commands[arguments.command](world)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read our words has enough of them: what they spoke of is done. The
        # interpreter must not try once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (WorldError, services.ServiceError) as e:
        print(f"world: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
