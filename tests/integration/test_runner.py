#!/usr/bin/python3
"""The test runner itself: whatever goes wrong in a test must count as a failure.

Runs tests/run on small made-up tests and looks at its last line and its exit
status. It stands on nothing but the runner, so it prints its cases by itself.
"""
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# name, text of a test, last line wanted, exit status wanted
TABLE = (
    ("passes", "print('ok a'); print('ok b')", "2 passed, 0 failed", 0),
    ("skips", "print('ok a'); print('skip b: why')", "1 passed, 0 failed, 1 skipped", 0),
    ("case_fails", "print('ok a'); print('not ok b: got 1'); exit(1)",
     "1 passed, 1 failed", 1),
    ("fails_but_exits_0", "print('ok a'); print('not ok b: got 1')", "1 passed, 1 failed", 1),
    ("dies_after_cases", "print('ok a', flush=True); import os; os.abort()",
     "1 passed, 1 failed", 1),
    ("says_nothing", "pass", "0 passed, 1 failed", 1),
    ("only_skips", "print('skip a: why')", "0 passed, 0 failed, 1 skipped", 1),
    ("runs_for_ever", "# run: limit=1\nprint('ok a', flush=True)\nimport time; time.sleep(60)",
     "1 passed, 1 failed", 1),
    ("leaves_a_process", "import subprocess\nsubprocess.Popen(['sleep', '60'])\nprint('ok a')",
     "1 passed, 1 failed", 1),
    ("sanitizer_spoke",
     "import os\nopen(os.environ['TMPDIR'] + '/sanitizer.1', 'w').write('bad')\nprint('ok a')",
     "1 passed, 1 failed", 1),
    ("okay_is_no_case", "print('okay'); print('ok a')", "1 passed, 0 failed", 0),
)


def main():
    bad = 0
    for name, text, line, status in TABLE:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "test_it.py")
            with open(path, "w", encoding="utf-8") as f:
                f.write(text + "\n")
            p = subprocess.run([os.path.join(TOP, "tests/run"), path], check=False, timeout=60,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        got = (p.stdout.splitlines() or [""])[-1], p.returncode
        if got == (line, status):
            print("ok", name)
        else:
            bad += 1
            print(f"not ok {name}: got {got}, want {(line, status)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
