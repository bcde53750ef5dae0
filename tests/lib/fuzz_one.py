#!/usr/bin/python3
"""Runs one fuzzer for a while: fuzz_one.py NAME BUILD SECONDS SEED.

Begins with the seeds in tests/fuzz/seeds/NAME/ (among them every input that
once found a bug) and what earlier runs found in BUILD/fuzz/corpus/NAME; a
dictionary tests/fuzz/NAME.dict is used where there is one. What crashes is
kept in BUILD/fuzz/found/. Prints one case. Called by tests/run.
"""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main():
    name, build, seconds, seed = sys.argv[1:5]
    program = os.path.join(build, "fuzz", name)
    corpus = os.path.join(build, "fuzz/corpus", name)
    found = os.path.join(build, "fuzz/found")
    seeds = os.path.join(TOP, "tests/fuzz/seeds", name)
    words = os.path.join(TOP, "tests/fuzz", name + ".dict")
    os.makedirs(corpus, exist_ok=True)
    os.makedirs(found, exist_ok=True)
    command = [program, f"-max_total_time={seconds}", f"-seed={seed}", "-timeout=10",
               "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=1",
               f"-artifact_prefix={found}/{name}-"]
    if os.path.exists(words):
        command.append(f"-dict={words}")
    command.append(corpus)
    if os.path.isdir(seeds):
        command.append(seeds)
    p = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False)
    text = p.stdout.decode(errors="replace")
    runs = re.search(r"number_of_executed_units: (\d+)", text)
    covered = re.findall(r"\bcov: (\d+)", text)
    if p.returncode == 0 and runs and int(runs.group(1)) > 0:
        edges = covered[-1] if covered else "?"
        print(f"ok {name}: {runs.group(1)} runs, {edges} edges, seed {seed}")
        return 0
    print(text)
    print(f"not ok {name}: exit status {p.returncode}, seed {seed}; inputs are in {found}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
