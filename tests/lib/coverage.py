#!/usr/bin/python3
"""What the tests reached: coverage.py BUILD, after a run against that build.

Reads what gcov says of every object of core and the overlay (crypto, directory
and cli too), prints lines and branches a file and a folder, lowest first.
Parsers of core should be at 95 % of lines; that is a reading, not a gate.
Called by make coverage.
"""
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile

FOLDERS = ("core", "overlay", "crypto", "directory", "cli")


def read(build, folder):
    """{source file: {line: (hits, branches taken, branches)}}"""
    found = {}
    objects = glob.glob(os.path.join(build, "obj", folder, "*.gcno"))
    with tempfile.TemporaryDirectory() as out:
        for notes in sorted(os.path.abspath(o) for o in objects):
            subprocess.run(["gcov", "--json-format", "--branch-probabilities", notes], cwd=out,
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for path in glob.glob(os.path.join(out, "*.gcov.json.gz")):
            with gzip.open(path) as f:
                for source in json.load(f)["files"]:
                    if source["file"].startswith(folder + "/"):
                        merge(found.setdefault(source["file"], {}), source["lines"])
    return found


def merge(lines, more):
    for line in more:
        hits, taken, branches = lines.get(line["line_number"], (0, 0, 0))
        own = [b for b in line["branches"] if not b["throw"]]
        lines[line["line_number"]] = (
            hits + line["count"], max(taken, sum(b["count"] > 0 for b in own)),
            max(branches, len(own)))


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def figures(lines):
    return (sum(hits > 0 for hits, _, _ in lines.values()), len(lines),
            sum(taken for _, taken, _ in lines.values()),
            sum(branches for _, _, branches in lines.values()))


def main():
    build = sys.argv[1]
    print(f"{'':<32} {'lines':>16} {'branches':>16}")
    for folder in FOLDERS:
        files = {name: figures(lines) for name, lines in read(build, folder).items()}
        rows = sorted(files.items(), key=lambda x: percent(x[1][0], x[1][1]))
        total = [sum(column) for column in zip(*files.values())]
        for name, f in rows + ([(folder + "/", total)] if total else []):
            print(f"{name:<32} {percent(f[0], f[1]):6.1f} % of {f[1]:<5d}"
                  f" {percent(f[2], f[3]):6.1f} % of {f[3]:<5d}")


if __name__ == "__main__":
    main()
