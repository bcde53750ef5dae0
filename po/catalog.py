#!/usr/bin/python3
"""Makes the catalogs that the programs read from the translators' files.

    po/catalog.py FOLDER        writes FOLDER/LANG.json for each po/LANG/*.po

The msgid of a text is a stable key ("mail.delivery.subject"), its first part the name of
its file: wording is changed in one place, English is a translation like the others, and a
text that a language lacks is seen at once, where an English sentence as msgid would hide
it. msgfmt -c checks each file; whether the languages agree is for tests/lint/lint_texts.py.
Fuzzy translations are left out, as everywhere with gettext.
"""
import ast
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def languages():
    return sorted(n for n in os.listdir(HERE) if os.path.isdir(os.path.join(HERE, n)))


def files(language):
    folder = os.path.join(HERE, language)
    return sorted(os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".po"))


def check(path):
    """msgfmt's own checks; SystemExit with its words."""
    p = subprocess.run(["msgfmt", "-c", "-o", "/dev/null", path], capture_output=True, text=True,
                       check=False)
    if p.returncode != 0 or p.stderr.strip():
        raise SystemExit(p.stderr.strip() or f"{path}: msgfmt -c failed")


def read(path):
    """{key: text} of one file."""
    found, entry, field, fuzzy = {}, {}, None, False

    def close():
        if entry.get("msgid") and entry.get("msgstr") and not fuzzy:
            found[entry["msgid"]] = entry["msgstr"]

    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.strip()
            if line.startswith("#"):
                if line.startswith("#,"):
                    close()
                    entry, field, fuzzy = {}, None, "fuzzy" in line
                continue
            begin = re.match(r'(msgid|msgstr) +(".*")$', line)
            if begin and begin[1] == "msgid":
                if field == "msgstr":
                    close()
                    entry, fuzzy = {}, False
                field = "msgid"
                entry[field] = ast.literal_eval(begin[2])
            elif begin:
                field = "msgstr"
                entry[field] = ast.literal_eval(begin[2])
            elif line.startswith('"') and field:
                entry[field] += ast.literal_eval(line)
            elif line:
                raise SystemExit(f"{path}: {line[:60]!r} is nothing that a catalog may have")
    close()
    return found


def catalog(language):
    texts = {}
    for path in files(language):
        check(path)
        part = os.path.splitext(os.path.basename(path))[0]
        for key, text in read(path).items():
            if not re.fullmatch(re.escape(part) + r"(\.[a-z0-9-]+)+", key):
                raise SystemExit(f"{path}: the key {key!r} does not begin with {part}.")
            texts[key] = text
    return texts


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for language in languages():
        out = os.path.join(sys.argv[1], language + ".json")
        with open(out + ".new", "w", encoding="utf-8") as f:
            json.dump(catalog(language), f, ensure_ascii=False, indent=1, sort_keys=True)
            f.write("\n")
        os.replace(out + ".new", out)


if __name__ == "__main__":
    main()
