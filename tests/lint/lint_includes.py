#!/usr/bin/python3
"""Includes point one way, and core decides without the outside world.

core <- crypto, directory <- cli and the programs; the overlay takes core and
slapd's headers only. Only crypto knows OpenSSL, only directory and the overlay
know libldap. core's objects may call nothing that has a file, a clock, a
socket or an end of the process in it, whatever their includes say.
"""
import os
import re

import tree

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)

# Whose headers of the tree may a folder include, beside its own?
MAY = {
    "core": (),
    "crypto": ("core",),
    "directory": ("core",),
    "overlay": ("core",),
    "cli": ("core", "crypto", "directory", "enroll"),
    "keyserver": ("core", "crypto", "directory"),
    "enroll": ("core", "crypto", "directory"),
    "bench": (),
}
# Which folders may include these headers of others? (tests may include all)
ONLY = {
    r"openssl/": ("crypto",),
    r"(gpgme|zip)\.h$": ("crypto",),
    r"(ldap|lber|ldap_\w+|lber_\w+)\.h$": ("directory", "overlay"),
    r"(slap|portable|slap-config|config)\.h$": ("overlay",),
    r"lmdb\.h$": ("keyserver",),
    r"microhttpd\.h$": ("keyserver", "enroll"),
    r"(curl/|gmime/|seccomp\.h|qrencode\.h)": ("enroll",),
}
# What a program's own files never include: its boundaries, beside those of its folder.
OTHERS = r"^enroll/(?!%s/)(clerk|signer|examine|portal)/"
NEVER = {
    "enroll/portal/": (r"^(crypto|directory|cli)/", OTHERS % "portal",
                       r"^(curl/|gmime/|seccomp\.h)"),
    "enroll/signer/": (r"^directory/", OTHERS % "signer",
                       r"^(curl/|gmime/|microhttpd\.h|qrencode\.h|gnutls/)"),
    "enroll/clerk/": (OTHERS % "clerk", r"^(seccomp\.h|microhttpd\.h|qrencode\.h|gnutls/)"),
    "enroll/examine/": (r"^directory/", OTHERS % "examine",
                        r"^(curl/|microhttpd\.h|qrencode\.h|gnutls/)"),
}
CORE_HEADERS = {"assert.h", "ctype.h", "endian.h", "inttypes.h", "limits.h", "stdalign.h", "stdarg.h",
                "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h",
                "strings.h"}
# What core's objects may want from outside: memory, strings, formatting into
# a buffer, sorting; the compiler's own names beside them.
CORE_CALLS = re.compile(
    r"^(_?_?mem(cpy|move|set|cmp|chr|rchr|mem|pcpy)|str(n?len|n?cmp|n?casecmp|r?chr|n?cpy|str|"
    r"n?cat|n?dup|spn|cspn|pbrk|casestr)|stpn?cpy|explicit_bzero|m?alloc|calloc|realloc|reallocarray|free|v?sn?printf|"
    r"qsort(_r)?|bsearch|strto(u?l|u?ll)|__isoc23_strto\w+|__\w+_chk|__stack_chk_fail|"
    r"_GLOBAL_OFFSET_TABLE_|__ctype_\w+|__errno_location|__(asan|ubsan|gcov|sanitizer)_\w+)$")


def main():
    unknown, wrong, world, absent = [], [], [], []
    for name in tree.files(".c", ".h"):
        folder = name.split("/")[0]
        if folder == "tests":
            continue
        if folder not in MAY:
            unknown.append(f"{name}: no rule for the folder {folder}/")
            continue
        for kind, header in INCLUDE.findall(tree.read(name)):
            top = header.split("/")[0]
            ours = os.path.exists(os.path.join(tree.TOP, header))
            if ours and top != folder and top not in MAY[folder]:
                wrong.append(f"{name}: {folder} may not include {header}")
            if kind == '"' and not ours and folder != "overlay":
                absent.append(f'{name}: "{header}" is not in the tree (name it from the top)')
            if folder == "core" and not ours and header not in CORE_HEADERS:
                world.append(f"{name}: core may not include <{header}>")
            for program, patterns in NEVER.items():
                if name.startswith(program) and any(re.match(p, header) for p in patterns):
                    wrong.append(f"{name}: {program} never includes {header}")
            for pattern, allowed in ONLY.items():
                if not ours and re.match(pattern, header) and folder not in allowed:
                    wrong.append(f"{name}: only {' and '.join(allowed)} may include {header}")
    tree.report("every folder has its rule", unknown)
    tree.report("includes point one way", wrong)
    tree.report("own headers are named from the top", absent)
    tree.report("core includes libc only", world)

    library = os.path.join(tree.BUILD, "libcore.a")
    status, text = tree.command("nm", "-A", "-P", library)
    if status != 0:
        tree.report("core calls nothing of the outside world", [text])
        tree.done()
    symbols = [(line.split("[")[1].split("]")[0], *line.split("]: ")[1].split()[:2])
               for line in text.splitlines() if "]: " in line]
    defined = {s for _, s, kind in symbols if kind not in "Uw"}
    tree.report("core calls nothing of the outside world",
                sorted({f"{obj}: {s}" for obj, s, kind in symbols
                        if kind == "U" and s not in defined and not CORE_CALLS.match(s)}))
    tree.done()


main()
