#!/usr/bin/python3
"""The measurement in a short form: it runs, and every answer in it is right.

2,000 people, about ten seconds. The ratios are shown but never judged, because
whoever runs the tests may have a busy machine; make bench measures.

run: alone ordinary limit=240
"""
import json
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("CHANCERY_BUILD", "build")


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.json")
        p = subprocess.run(
            [os.path.join(TOP, "bench/bench.py"), "--build", BUILD, "--entries", "2000",
             "--seconds", "1", "--warm", "0.4", "--rounds", "1", "--json", out],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False)
        if p.returncode != 0:
            print(p.stdout)
            print(f"not ok bench: exit status {p.returncode}")
            return 1
        with open(out, encoding="utf-8") as f:
            results = json.load(f)
    for r in results:
        plain, chancery = r["plain"], r["chancery"]
        same = abs(plain["entries"] / chancery["entries"] - 1) < 0.2
        bad += not same
        print(f"{'ok' if same else 'not ok'} bench_{r['workload']}: {chancery['entries']:.1f} "
              f"entries an answer, plain slapd {plain['entries']:.1f}")
        print(f"note {r['text']}: operations {r['ratio_ops']:.2f}, CPU {r['ratio_cpu']:.2f} "
              "times plain slapd")
    return 1 if bad or not results else 0


if __name__ == "__main__":
    sys.exit(main())
