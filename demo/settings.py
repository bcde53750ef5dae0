#!/usr/bin/python3
"""The demonstration's slapd.conf, as text, from a World's options.

slapd.conf.example is the one to learn from; this one has the same rules and
limits, loopback paths, a second database and places where tests put lines of
their own. Writes nothing. Called by demo/world.py.
"""
import os

from people import COMPANY, SUFFIX

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SLAPD_SCHEMA = "/etc/ldap/schema"
SERVICES = f"ou=services,{SUFFIX}"


def local_root():
    """Who we are over ldapi, as slapd names it."""
    return (f"gidNumber={os.getegid()}+uidNumber={os.geteuid()}"
            ",cn=peercred,cn=external,cn=auth")


def _schema():
    paths = [f"{SLAPD_SCHEMA}/{name}.schema"
             for name in ("core", "cosine", "inetorgperson")]
    paths += [os.path.join(ROOT, "schema", name + ".schema")
              for name in ("chancery", "openpgp")]
    paths.append(os.path.join(ROOT, "demo", "company.schema"))
    return "".join(f'include "{path}"\n' for path in paths)


def _access(overlay):
    status = f"""
access to attrs=chanceryStatus
	by dn.subtree="{SERVICES}" read
	by * none""" if overlay else ""
    public = "".join(f"""
access to dn.subtree="ou={branch},{SUFFIX}"
	by dn.exact="cn=clerk,{SERVICES}" write
	by * read""" for branch in ("people", "partners", "keys", "authorities"))
    return f"""access to *
	by dn.exact="{local_root()}" manage
	by * break
access to dn.subtree="{SERVICES}" attrs=userPassword
	by anonymous auth
	by * none
access to attrs=userPassword
	by * none{status}
access to dn.subtree="ou=registry,{SUFFIX}"
	by dn.exact="cn=clerk,{SERVICES}" write
	by dn.exact="cn=replica,{SERVICES}" read
	by * none
access to dn.subtree="{SERVICES}"
	by self read
	by dn.exact="cn=replica,{SERVICES}" read
	by * none{public}
access to dn.base="cn=PGPServerInfo,{SUFFIX}" by * read
access to dn.base="{SUFFIX}" by * read
access to *
	by dn.exact="cn=replica,{SERVICES}" read
	by * none"""


def _frontend(w):
    out = f"""database frontend
access to *
	by dn.exact="{local_root()}" manage
	by * break
access to dn.base="" by * read
access to dn.base="cn=Subschema" by * read
"""
    if w.overlay:
        out += "overlay chancery\n"
        out += "".join(f'chancery-base "{base}" "{SUFFIX}"\n' for base in w.published)
        out += w.extra_frontend
    return out


def _database_overlays(w):
    out = w.below_overlay + "\n"
    if w.overlay:
        out += "overlay chancery\n"
        if os.geteuid() != 0:
            # By default only root is let in over ldapi; naming one identity
            # replaces the default, so the others are named again.
            out += (f'chancery-direct "{local_root()}"\n'
                    f'chancery-direct "{SERVICES}"\n')
    return out + w.extra_database


def slapd_conf(w):
    module = f'moduleload "{w.module}"\n' if w.overlay else ""
    # Twice is an error; a test may load it for a database of its own.
    if "moduleload memberof" not in w.extra_config:
        module += "moduleload memberof\n"
    return f"""# The demonstration's slapd; slapd.conf.example explains a real one.
{_schema()}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload back_monitor
{module}
pidfile "{w.path('run', 'slapd.pid')}"
argsfile "{w.path('run', 'slapd.args')}"
loglevel 0

TLSCACertificateFile "{w.path('tls', 'ca.pem')}"
TLSCertificateFile "{w.path('tls', 'server.pem')}"
TLSCertificateKeyFile "{w.path('tls', 'server.key')}"
TLSCipherSuite SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2
TLSVerifyClient never

idletimeout 600
writetimeout 30
sockbuf_max_incoming_auth 16777215
maxfilterdepth 50
sizelimit 500
timelimit 30
{w.extra_config}

{_frontend(w)}

database config
access to * by dn.exact="{local_root()}" manage by * none

database mdb
suffix "{SUFFIX}"
directory "{w.path('db', 'directory')}"
maxsize {w.maxsize}
index objectClass eq
index mail,cn,sn,givenName,displayName eq,sub
index entryUUID,entryCSN eq
index pgpCertID,pgpKeyID,gpgFingerprint,gpgSubFingerprint,gpgMailbox eq
index pgpUserID sub
limits dn.exact="{local_root()}" size=unlimited time=unlimited
limits dn.subtree="{SERVICES}" size=unlimited time=unlimited
{w.access or _access(w.overlay)}
{_database_overlays(w)}

# The company directory: for logging in, and for nobody to see without.
database mdb
suffix "{COMPANY}"
# As whom memberof keeps memberOf; it has no password.
rootdn "cn=memberof,{COMPANY}"
directory "{w.path('db', 'company')}"
maxsize {1 << 28}
index objectClass eq
index mail,uid,member,memberOf eq
index sAMAccountName,userPrincipalName,proxyAddresses,objectGUID eq
index entryUUID,entryCSN eq
limits dn.subtree="ou=services,{COMPANY}" size=unlimited time=unlimited
access to *
	by dn.exact="{local_root()}" manage
	by * break
access to attrs=userPassword
	by anonymous auth
	by * none
access to attrs=userCertificate,userSMIMECertificate
	by dn.exact="uid=writer,ou=services,{COMPANY}" write
	by dn.exact="uid=reader,ou=services,{COMPANY}" read
	by * none
access to *
	by dn.subtree="ou=services,{COMPANY}" read
	by self read
	by * none
overlay memberof

database monitor
access to * by dn.exact="{local_root()}" read by * none
{w.extra_tail}
"""
