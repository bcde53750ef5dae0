#!/usr/bin/python3
"""The texts for people: every language has every text, with the same placeholders, and
what the code and the templates name is there; nothing is there that nobody names.

Keys are stable ("mail.delivery.subject"), so a literal of the code or a word of a
template that begins with the name of a part (po/LANG/PART.po) is one. A literal that ends
with a dot is the beginning of keys that are put together at run time: all below it count
as used.
"""
import importlib.util
import os
import re

import tree

SOURCE_FOLDERS = ("enroll/", "cli/", "core/")


def load_catalog():
    spec = importlib.util.spec_from_file_location(
        "catalog", os.path.join(tree.TOP, "po", "catalog.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def literals(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return re.findall(r'"((?:[^"\\\n]|\\.)*)"', text)


def named(parts):
    """(keys, beginnings, where each is) that code and templates name."""
    key = re.compile(r"(?:%s)(?:\.[a-z0-9-]+)+\.?" % "|".join(sorted(parts)))
    keys, beginnings, where = set(), set(), {}
    for name in tree.files(".c", ".h", ".html"):
        text = tree.read(name)
        if name.startswith("web/"):
            found = re.findall(r"\{\{=([a-z0-9.-]+)", text)
        elif name.startswith(SOURCE_FOLDERS):
            found = [w for w in literals(text)
                     if key.fullmatch(w) or (w.endswith(".") and w[:-1] in parts)]
        else:
            continue
        for w in found:
            (beginnings if w.endswith(".") else keys).add(w)
            where.setdefault(w, name)
    return keys, beginnings, where


def main():
    catalog = load_catalog()
    texts = {language: catalog.catalog(language) for language in catalog.languages()}
    parts = {key.split(".")[0] for t in texts.values() for key in t}
    english = texts["en"]
    for language, found in texts.items():
        tree.report(f"{language} has every text", sorted(set(english) - set(found)))
        tree.report(f"{language} has no text that English lacks",
                    sorted(set(found) - set(english)))
        wrong = []
        for key in sorted(set(english) & set(found)):
            want = sorted(set(catalog.PLACEHOLDER.findall(english[key])))
            got = sorted(set(catalog.PLACEHOLDER.findall(found[key])))
            if got != want:
                wrong.append(f"{key}: has {got}, want {want}")
            rest = catalog.PLACEHOLDER.sub("", found[key])
            if "{" in rest or "}" in rest or "<" in rest or "%s" in rest:
                wrong.append(f"{key}: holds a brace, markup or format: {found[key][:60]}")
        tree.report(f"{language}: placeholders", wrong)
    keys, beginnings, where = named(parts)
    tree.report("code and templates name texts", [] if keys else ["found none"])
    tree.report("what is named is in the catalogs",
                [f"{where[k]}: {k}" for k in sorted(keys - set(english))] +
                [f"{where[b]}: {b}" for b in sorted(beginnings)
                 if not any(k.startswith(b) for k in english)])
    tree.report("what is in the catalogs is named",
                sorted(k for k in english
                       if k not in keys and not any(k.startswith(b) for b in beginnings)))
    # Formal German, with its letters: a transliteration is a mistake.
    tree.report("de: umlauts are written as such",
                sorted(f"{k}: {w[0]}" for k, t in texts.get("de", {}).items()
                       for w in re.finditer(r"\b\w*(?:fuer|ueber|koenn|muess|moeg|gueltig|"
                                            r"schluess|Schluess|oeffn|aender|laeuft)\w*", t)))
    tree.report("de: people are addressed formally",
                sorted(f"{k}: {w[0]}" for k, t in texts.get("de", {}).items()
                       for w in re.finditer(r"\b(?:du|dich|dir|dein\w*|Du|Dich|Dir|Dein\w*)\b",
                                            t)))
    tree.done()


main()
