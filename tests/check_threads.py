#!/usr/bin/env python3
"""ThreadSanitizer over all unit tests and over reports and imports.

Builds into build/threads; a data race in a program is a failed test. Programs
run with several threads whatever the machine has.
"""
import glob
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build/threads")
OPTIONS = dict(os.environ, TSAN_OPTIONS="halt_on_error=1:exitcode=66")

# It replaces the file system under SQLite.
LEFT_OUT = {"test_power_cut"}


def build():
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        subprocess.run(["meson", "setup", BUILD, "-Dtests=true",
                        "--buildtype=debugoptimized", "-Db_sanitize=thread",
                        "-Db_lundef=false"], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", BUILD, "--quiet"], cwd=ROOT, check=True)


def run(name, command, folder):
    done = subprocess.run(command, cwd=folder, env=OPTIONS, text=True,
                          errors="replace", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    race = "ThreadSanitizer" in done.stdout
    return name, done.returncode, race, done.stdout[-3000:]


def commands(folder):
    program = os.path.join(BUILD, "wattle")
    for path in sorted(glob.glob(os.path.join(BUILD, "tests/test_*"))):
        name = os.path.basename(path)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            yield name, None if name in LEFT_OUT else [path]
    yield "generate", [program, "generate", "--out", "made", "--devices", "60",
                       "--readings", "400000", "--dirty", "0.02", "--threads",
                       "4", "--quiet"]
    yield "report", [program, "report", "made", "--threads", "4"]
    yield "import", [program, "import", "made", "--db", "a.db", "--threads",
                     "4", "--quiet"]
    yield "report of a database", [program, "report", "a.db", "--threads", "4"]
    yield "compact", [program, "compact", "a.db"]


def main():
    failed = 0
    build()
    with tempfile.TemporaryDirectory(prefix="wattle-threads-") as folder:
        for number, (name, command) in enumerate(commands(folder), 1):
            if command is None:
                print(f"ok {number} - {name} # SKIP it replaces SQLite's files")
                continue
            name, code, race, words = run(name, command, folder)
            if race or (code != 0 and name.startswith("test_")) or code > 1:
                failed += 1
                print(f"not ok {number} - {name}: exit status {code}\n{words}")
            else:
                print(f"ok {number} - {name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
