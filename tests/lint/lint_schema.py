#!/usr/bin/python3
"""The schema's two forms, slapd.conf's and cn=config's, say the same."""
import tree

status, text = tree.command("/usr/bin/python3", "schema/schema2ldif.py", "--check")
tree.report("both forms of the schema are equal", [text or "exit status"] if status else [])
tree.done()
