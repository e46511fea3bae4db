#!/usr/bin/env python3
"""Which branches of each room the tests take: `make coverage`.

Builds into build/coverage with gcov's counters, runs the unit tests and the
suites that use the program, and prints lines and branches by room. Ends with 1
when a room is below the least share of branches. With a room's name as the
argument, its files are listed, the worst first.
"""
import argparse
import collections
import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build/coverage")
PROGRAM = os.path.join(BUILD, "wattle")
LEAST = 0.80

# Not counted: kernels of other machines; and a process in the sandbox cannot
# write its counters, so it is off here (tests/check_threats.py has its tests).
LEFT_OUT = {"kernels_neon.c", "sandbox.c"}


def build():
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        subprocess.run(["meson", "setup", BUILD, "-Dtests=true",
                        "--buildtype=debug", "-Db_coverage=true",
                        "-Db_lundef=false"], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", BUILD, "--quiet"], cwd=ROOT, check=True)
    for path in glob.glob(os.path.join(BUILD, "**/*.gcda"), recursive=True):
        os.remove(path)


def commands():
    for path in sorted(glob.glob(os.path.join(BUILD, "tests/test_*"))):
        if os.path.isfile(path) and os.access(path, os.X_OK):
            yield [path]

    def python(script, *arguments):
        return [sys.executable, os.path.join(ROOT, "tests", script),
                *arguments]
    yield python("cli/run_cli_cases.py", PROGRAM)
    yield python("oracle/run_cases.py", PROGRAM, "--count", "100")
    yield python("oracle/check_query.py", PROGRAM, "--count", "20")
    yield python("check_store.py", PROGRAM, "--tier", "test", "--only",
                 "differential,flip_bits,golden,salvaged,forged,growing,other,"
                 "written,full_disks,many_at_once,kill")
    # Debian's own Python has an SQLite that loads extensions
    yield ["/usr/bin/python3", os.path.join(ROOT, "tests/check_sql.py"),
           PROGRAM, os.path.join(BUILD, "wattle_sqlite.so")]
    yield python("check_generate.py", PROGRAM, PROGRAM)
    yield python("check_trace.py", PROGRAM)
    yield python("hard_inputs.py", PROGRAM)
    yield python("check_threats.py", PROGRAM, PROGRAM)


def run(command):
    # processes that end by a signal in a sandbox cannot write their counters
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          errors="replace",
                          env=dict(os.environ, WATTLE_SANDBOX="off"))
    if done.returncode != 0:
        name = " ".join(os.path.basename(word) for word in command[:2])
        print(f"{name}: exit status {done.returncode}")


def read_counts():
    """By file: {line: count}, {(line, branch): count}."""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    branches = collections.defaultdict(lambda: collections.defaultdict(int))
    data = glob.glob(os.path.join(BUILD, "**/*.gcda"), recursive=True)
    for path in data:
        done = subprocess.run(["gcov", "--json-format", "--stdout",
                               "--branch-probabilities", path], cwd=BUILD,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=True)
        for text in done.stdout.splitlines():
            for file in json.loads(text)["files"]:
                name = os.path.relpath(os.path.join(BUILD, file["file"]), ROOT)
                if not name.startswith("src/"):
                    continue
                for line in file["lines"]:
                    at = line["line_number"]
                    lines[name][at] += line["count"]
                    for i, branch in enumerate(line["branches"]):
                        if not branch["throw"]:
                            branches[name][at, i] += branch["count"]
    return lines, branches


def share(counts):
    return sum(1 for n in counts if n > 0), len(counts)


def print_table(rows):
    print(f"{'':26} {'lines':>16} {'branches':>16}")
    for name, (line_hits, n_lines), (hits, n) in rows:
        print(f"{name:26} {line_hits:6}/{n_lines:<6}"
              f"{100 * line_hits / max(n_lines, 1):3.0f} %"
              f"{hits:7}/{n:<6}{100 * hits / max(n, 1):3.0f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("room", nargs="?")
    parser.add_argument("--only-count", action="store_true",
                        help="count what earlier runs have left")
    arguments = parser.parse_args()
    if not arguments.only_count:
        build()
        for command in commands():
            run(command)
    lines, branches = read_counts()
    by_room = collections.defaultdict(lambda: ([], []))
    rows = []
    for name in sorted(lines):
        if os.path.basename(name) in LEFT_OUT:
            continue
        room = name.split("/")[1]
        by_room[room][0].extend(lines[name].values())
        by_room[room][1].extend(branches[name].values())
        if room == arguments.room:
            rows.append((os.path.basename(name), share(lines[name].values()),
                         share(branches[name].values())))
    if arguments.room:
        rows.sort(key=lambda row: row[2][0] - row[2][1])
        print_table(rows)
        return 0
    rows = [(room, share(a), share(b)) for room, (a, b) in by_room.items()]
    print_table(rows)
    poor = [name for name, _, (hits, n) in rows if hits < LEAST * n]
    if poor:
        print(f"below {100 * LEAST:.0f} % of branches: {', '.join(poor)}")
    return 1 if poor else 0


if __name__ == "__main__":
    sys.exit(main())
