#!/usr/bin/python3
"""The environment in which Debian's slapd loads a module built with
AddressSanitizer: libasan must come first, and slapd itself is not built for it.

One trap lies there. libp11-kit (loaded for GnuTLS) calls newlocale() in its
constructor, which holds a lock of libc's while it allocates; the first
allocation starts AddressSanitizer, which looks for the function swift_demangle,
and the text of dlerror() that it is missing takes and drops the same lock. The
lock is broken from then on, and every program hangs when it ends. So a library
that has such a function, and does nothing, is loaded too.
"""
import os
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHIM = os.path.join(ROOT, "build", "swift_demangle.so")
SHIM_SOURCE = b"char *swift_demangle(void) { return 0; }\n"


def needs_asan(module):
    with open(module, "rb") as f:
        return b"libasan.so" in f.read()


def _shim():
    if not os.path.exists(SHIM):
        os.makedirs(os.path.dirname(SHIM), exist_ok=True)
        with tempfile.TemporaryDirectory(dir=os.path.dirname(SHIM)) as folder:
            made = os.path.join(folder, "shim.so")
            subprocess.run(["gcc", "-shared", "-fPIC", "-o", made, "-x", "c", "-"],
                           input=SHIM_SOURCE, check=True)
            os.rename(made, SHIM)
    return SHIM


def environment(env):
    """A copy of env with which slapd and its tools can be started."""
    env = dict(env)
    libasan = subprocess.run(["gcc", "-print-file-name=libasan.so"],
                             capture_output=True, text=True, check=True)
    preload = [libasan.stdout.strip(), _shim(), env.get("LD_PRELOAD")]
    env["LD_PRELOAD"] = ":".join(p for p in preload if p)
    # slapd itself frees little when it ends.
    options = ["detect_leaks=0", env.get("ASAN_OPTIONS")]
    env["ASAN_OPTIONS"] = ":".join(o for o in options if o)
    return env
