"""Where things are: importing this makes demo/ and tests/lib/ importable.

Every Python test begins with
    import os, sys
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))
    from paths import ROOT, BUILD, built
Must not start anything or touch a file.
"""
import os
import sys

LIB = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(LIB))
# The build under test: build, build/asan, ...
BUILD = os.path.join(ROOT, os.environ.get("CHANCERY_BUILD", "build"))
DATA = os.path.join(ROOT, "tests", "data")

for folder in (LIB, os.path.join(ROOT, "demo")):
    if folder not in sys.path:
        sys.path.insert(0, folder)


def built(*path):
    """A file of the build under test: built("bin", "chancery")."""
    return os.path.join(BUILD, *path)
