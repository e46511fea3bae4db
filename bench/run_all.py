#!/usr/bin/env python3
"""Measures everything that PERFORMANCE.md shows, and writes the page.

    python3 bench/run_all.py            one to two hours, on a quiet machine
    python3 bench/run_all.py --quick    minutes, small, without peers
    python3 bench/run_all.py --list     the commands only
    python3 bench/run_all.py --only growth,ladder

--quick writes results and page to build/bench/quick and leaves bench/results
and PERFORMANCE.md alone. A step that fails is named at the end; the others
are made all the same.
"""

import argparse
import os
import shlex
import subprocess
import sys
import time

from harness import contenders, paths

BENCH = "python3 bench/run_bench.py"
QUICK = paths.WORK + "/quick"

# Name, command, command of the light run.
STEPS = [
    ("baseline", "python3 bench/profile_baseline.py",
     "python3 bench/profile_baseline.py"),
    # The limit lets the Python monitor finish ten million readings.
    ("final", f"{BENCH} --sizes 100k,1M,10M --peers all --limit 150",
     f"{BENCH} --quick"),
    ("growth", f"{BENCH} --growth --limit 300 "
     "--peers duckdb,clickhouse,polars,datatable,wc",
     f"{BENCH} --quick --growth --growth-sizes 100k,1M,4M "
     "--growth-packed 4M"),
    ("shapes", f"{BENCH} --shapes --peers duckdb",
     f"{BENCH} --quick --shapes --sweep-size 400k"),
    ("ladder", f"{BENCH} --ladder --limit 150",
     f"{BENCH} --quick --ladder --sweep-size 200k"),
    ("ladder_cold", f"{BENCH} --ladder --cold",
     f"{BENCH} --quick --ladder --cold"),
    ("wattle", "python3 bench/profile_wattle.py",
     "python3 bench/profile_wattle.py --sizes 100k,1M --runs 3"),
    ("store", "python3 bench/run_store.py --rows 10M,100M",
     "python3 bench/run_store.py --quick"),
    ("load", "python3 bench/load/run_load.py",
     "python3 bench/load/run_load.py --quick"),
    ("load_stored", "python3 bench/load/run_load_stored.py",
     "python3 bench/load/run_load_stored.py --quick"),
]
# Results that are not called as their step.
NAMES = {"baseline": "baseline_profile", "wattle": "wattle_profile"}


def arguments():
    parser = argparse.ArgumentParser(
        description="Measure all that PERFORMANCE.md shows.")
    parser.add_argument("--quick", action="store_true",
                        help=f"small runs, into {QUICK}")
    parser.add_argument("--only", metavar="LIST",
                        help="some of " + ", ".join(name for name, _, _
                                                    in STEPS))
    parser.add_argument("--list", action="store_true",
                        help="print the commands and end")
    options = parser.parse_args()
    known = [name for name, _, _ in STEPS]
    options.only = options.only.split(",") if options.only else known
    for name in options.only:
        if name not in known:
            parser.error(f"no such step: {name}")
    return options


def commands(options):
    """Name and command of every step, the page last."""
    for name, full, quick in STEPS:
        if name in options.only:
            command = quick if options.quick else full
            yield name, f"{command} --name {NAMES.get(name, name)}"
    page = "python3 bench/make_performance.py"
    if options.quick:
        page += (f" --output {QUICK}/PERFORMANCE.md --charts {QUICK}/charts"
                 f" --results {QUICK}/*.json")
    yield "page", page


def install_peers():
    """Before all measuring, so that nothing is installed meanwhile."""
    _, skipped = contenders.prepare_peers(
        contenders.PEERS, lambda words: print(f"... {words}", flush=True))
    for name, reason in skipped.items():
        print(f"skipped: {name}: {reason}", flush=True)


def run(command, environment):
    """Seconds that a command took, and whether it went well. No shell is
    asked; a last word *.json stands for all such files of its folder."""
    began = time.monotonic()
    print(f"\n=== {command}\n", flush=True)
    words = shlex.split(command)
    words[0] = sys.executable
    if words[-1].endswith("*.json"):
        folder = os.path.dirname(words.pop())
        words += sorted(f"{folder}/{name}" for name in os.listdir(folder)
                        if name.endswith(".json"))
    done = subprocess.run(words, env=environment, check=False)
    return time.monotonic() - began, done.returncode == 0


def main():
    options = arguments()
    steps = list(commands(options))
    if options.list:
        for _, command in steps:
            print(command)
        return 0
    paths.make_folders()
    environment = dict(os.environ)
    if options.quick:
        os.makedirs(QUICK, exist_ok=True)
        environment["WATTLE_RESULTS"] = QUICK
    else:
        install_peers()
    results = [(name, *run(command, environment)) for name, command in steps]
    print("\nstep          time  went well")
    for name, seconds, went_well in results:
        print(f"{name:11} {seconds:6.0f} s  {'yes' if went_well else 'NO'}")
    return 0 if all(went_well for _, _, went_well in results) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError) as error:
        sys.exit(f"run_all: {error}")
    except KeyboardInterrupt:
        sys.exit("run_all: stopped")
