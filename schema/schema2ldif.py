#!/usr/bin/python3
"""Makes schema/NAME.ldif (for cn=config) from schema/NAME.schema (slapd.conf).

    schema/schema2ldif.py [--check]

The .schema files are the ones to edit. --check writes nothing and fails where
an .ldif is not what its .schema gives; tests call it so. Knows only the three
directives that our files use, and refuses others.
"""
import glob
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
ATTRIBUTES = {
    "objectidentifier": "olcObjectIdentifier",
    "attributetype": "olcAttributeTypes",
    "objectclass": "olcObjectClasses",
}


def directives(text):
    """Lists of physical lines: a directive, then its continuation lines."""
    found = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] in " \t":
            found[-1].append(line.strip())
        else:
            found.append([line.strip()])
    return found


def ldif(path):
    name = os.path.splitext(os.path.basename(path))[0]
    with open(path, encoding="utf-8") as f:
        text = f.read()
    out = [f"# Generated from {name}.schema by schema2ldif.py; edit there.",
           f"dn: cn={name},cn=schema,cn=config",
           "objectClass: olcSchemaConfig",
           f"cn: {name}"]
    for first, *rest in directives(text):
        word, value = first.split(None, 1)
        if word.lower() not in ATTRIBUTES:
            raise SystemExit(f"{path}: unknown directive {word}")
        out.append(f"{ATTRIBUTES[word.lower()]}: {' '.join(value.split())}")
        # In LDIF a continuation line loses its first space, and only that.
        out += ["  " + line for line in rest]
    return "\n".join(out) + "\n"


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        raise SystemExit(__doc__)
    stale = 0
    for path in sorted(glob.glob(os.path.join(FOLDER, "*.schema"))):
        target = os.path.splitext(path)[0] + ".ldif"
        wanted = ldif(path)
        try:
            with open(target, encoding="utf-8") as f:
                same = f.read() == wanted
        except FileNotFoundError:
            same = False
        if same:
            continue
        if check:
            print(f"{target} is not what {os.path.basename(path)} gives; "
                  "run schema/schema2ldif.py")
            stale = 1
        else:
            with open(target + ".new", "w", encoding="utf-8") as f:
                f.write(wanted)
            os.rename(target + ".new", target)
    return stale


if __name__ == "__main__":
    sys.exit(main())
