"""Cases of a Python test: prints the lines that tests/run counts.

    with case("the partner is found"):
        assert answer == wanted, f"got {answer}, wanted {wanted}"
    check("two answers", len(answers) == 2, f"got {answers}")
    equal("address", got, wanted)
    skip("thunderbird", "not installed")
    sys.exit(done())

An exception inside case() fails that case and no other. done() is the exit
status: 1 if a case failed or none ran.
"""
import contextlib
import os
import sys
import time
import traceback

_passed = _failed = _skipped = 0
DETAIL_MAX = 2000  # characters of a failure that still help


def _one_line(text):
    text = " ".join(str(text).split())
    return text if len(text) <= DETAIL_MAX else text[:DETAIL_MAX] + " ..."


def check(name, condition, detail=""):
    """One case. Returns whether it passed."""
    global _passed, _failed
    if condition:
        _passed += 1
        print(f"ok {_one_line(name)}", flush=True)
    else:
        _failed += 1
        print(f"not ok {_one_line(name)}: {_one_line(detail)}", flush=True)
    return bool(condition)


def equal(name, got, wanted):
    return check(name, got == wanted, f"got {got!r}, wanted {wanted!r}")


def skip(name, why):
    global _skipped
    _skipped += 1
    print(f"skip {_one_line(name)}: {_one_line(why)}", flush=True)


@contextlib.contextmanager
def case(name):
    """One case: fails if an exception leaves it; later cases still run."""
    try:
        yield
    except Exception as e:  # a test's own mistake is a failed case too
        at = traceback.extract_tb(e.__traceback__)[-1]
        check(name, False, f"{os.path.basename(at.filename)}:{at.lineno}: "
                           f"{type(e).__name__}: {e}")
        if not isinstance(e, AssertionError):
            traceback.print_exc(file=sys.stderr)
    else:
        check(name, True)


def wait_until(condition, seconds=10, step=0.02):
    """Whether condition() became true before the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def done():
    if _passed + _failed == 0 and _skipped == 0:
        print("not ok nothing ran: a test without a case proves nothing")
        return 1
    return 1 if _failed else 0
