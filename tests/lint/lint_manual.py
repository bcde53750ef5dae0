#!/usr/bin/python3
"""The manual pages: well-formed, and saying all that the code can do.

Every option of the overlay (rows in overlay/) and of the programs (enroll/*/conf.c),
and every flag and verb of the command (tables in cli/) stands in its page, and no page names one that is not
in the code. Both sides are read as text: what looks like an option is one.
"""
import os
import re

import tree

# Names that look like options of the overlay but are other programs.
PROGRAMS = {"chancery-keyserver", "chancery-portal", "chancery-clerk", "chancery-signer",
            "chancery-examine", "chancery-admin"}


def page(name):
    """A page's text with roff's hyphens and font changes taken away; or None."""
    path = os.path.join(tree.TOP, "man", name)
    if not os.path.exists(path):
        return None
    text = tree.read("man/" + name)
    text = "\n".join(x for x in text.split("\n") if not x.startswith('.\\"'))
    text = text.replace("\\-", "-").replace("\\(hy", "-").replace("\\(en", "-")
    return re.sub(r"\\f[A-Z]|\\f\[\w*\]|\\&", "", text)


def literals(folder):
    """All string literals of a folder's C files."""
    found = set()
    for name in tree.files(".c"):
        if name.startswith(folder + "/"):
            text = re.sub(r"/\*.*?\*/", " ", tree.read(name), flags=re.S)
            found |= set(re.findall(r'"((?:[^"\\\n]|\\.)*)"', text))
    return found


def compare(what, code, manual, name):
    tree.report(f"{what} of the code are in {name}", sorted(code - manual))
    tree.report(f"{what} in {name} are in the code", sorted(manual - code))


def overlay():
    name = "slapo-chancery.5"
    text = page(name)
    if text is None:
        tree.report(name, ["is missing"])
        return
    words = literals("overlay")
    options = {w for w in words if re.fullmatch(r"chancery(-[a-z]+)+", w)} - PROGRAMS
    attributes = {a for w in words for a in re.findall(r"'(olcChancery\w+)'", w)}
    if not options:
        tree.report("options of the overlay", ["found no row in overlay/"])
    compare("options", options,
            set(re.findall(r"(?<![\w/-])chancery(?:-[a-z]+)+", text)) - PROGRAMS, name)
    compare("cn=config names", attributes, set(re.findall(r"\bolcChancery\w+", text)), name)


def flags_of_page(text):
    """--long and -x, also as mdoc writes them: .Fl -long, Fl x."""
    found = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*)", text))
    found |= {"--" + w for w in re.findall(r"\bFl +-([a-z][a-z-]*)", text)}
    found |= {"-" + w for w in re.findall(r"\bFl +([A-Za-z])\b(?!-)", text)}
    found |= {"-" + w for w in re.findall(r"(?<![\w-])-([A-Za-z])(?![\w-])", text)}
    return found


def cli():
    name = "chancery.1"
    text = page(name)
    if text is None:
        tree.report(name, ["is missing"])
        return
    words = literals("cli")
    code = {w for w in words if re.fullmatch(r"--[a-z][a-z-]*|-[A-Za-z]", w)}
    if not code:
        tree.report("flags of the command", ["found none in cli/"])
    # Examples in the page show other programs' flags; only what the page
    # describes (a list item, a synopsis) must be in the code.
    described = "\n".join(x for x in text.split("\n")
                          if x.startswith((".It", ".Op", ".Fl", ".Nm", ".OP", ".B", ".SY")))
    tree.report(f"flags of the code are in {name}", sorted(code - flags_of_page(text)))
    tree.report(f"flags described in {name} are in the code",
                sorted(flags_of_page(described) - code))


def programs():
    """The options of configuration files: rows of enroll/NAME/conf.c, NAME("option", ...
    or {"option", CONF_...; the page has them as list items, .It Cm option."""
    for path in tree.files(".c"):
        found = re.fullmatch(r"enroll/(\w+)/conf\.c", path)
        if not found:
            continue
        name = f"chancery-{found.group(1)}.8"
        text = page(name)
        if text is None:
            tree.report(name, ["is missing"])
            continue
        code = set(re.findall(r'(?:[A-Z0-9]+\(|\{)"([a-z][a-z0-9-]*)",', tree.read(path)))
        compare("options", code, set(re.findall(r"^\.It Cm ([a-z0-9-]+)", text, re.M)), name)


def main():
    pages = [n for n in tree.files(".1", ".5", ".7", ".8") if n.startswith("man/")]
    for name in pages:
        status, text = tree.command("mandoc", "-T", "lint", "-W", "warning", name)
        tree.report("mandoc " + name, [text] if status or text.strip() else [])
    overlay()
    cli()
    programs()
    tree.done()


main()
