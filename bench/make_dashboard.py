#!/usr/bin/env python3
"""Profiles wattle and the Python monitor that it replaces, and writes one page.

    make profile
    python3 bench/make_dashboard.py --readings 1M --before-readings 100k

The page, build/profile/index.html, needs no network and no other file. What it
shows is kept in profile.json beside it; the next run compares with that.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time

from dashboard import collect, page, results
from harness import datasets, machine, measure, paths

SCHEMA = 1


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Profile wattle and write a page about it.")
    parser.add_argument("--readings", default="10M", metavar="N",
                        help="for wattle (10M)")
    parser.add_argument("--before-readings", default="1M", metavar="N",
                        help="for the Python monitor, and wattle beside it; "
                        "0 = leave it out (1M)")
    parser.add_argument("--callgrind-readings", default="500k", metavar="N",
                        help="for counting instructions (500k)")
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    parser.add_argument("--sample-s", type=float, default=6.0, metavar="S",
                        help="CPU time of wattle under perf (6)")
    parser.add_argument("--wattle", default="build/profile-build/wattle",
                        metavar="FILE")
    parser.add_argument("--out", default="build/profile", metavar="DIR")
    parser.add_argument("--from", dest="recorded", metavar="FILE",
                        help="make the page from a profile.json")
    return parser.parse_args()


def number(text):
    return 0 if text == "0" else datasets.parse_number(text)


def collect_all(options, say):
    """Everything that the page shows."""
    bench = collect.Bench(options.out, options.wattle, say)
    load = measure.OtherLoad()
    n_before = number(options.before_readings)
    found = {
        "schema": SCHEMA,
        "taken_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine.machine(),
        "software": results.software(options.wattle),
        "wattle": collect.wattle(bench, number(options.readings),
                                 number(options.callgrind_readings),
                                 options.runs, options.sample_s),
        "before": collect.before(bench, n_before, min(3, options.runs))
        if n_before else None,
        "ladder": results.ladder(),
        "bench": results.before_and_after(),
    }
    found["other_cpu_share"] = load.share()
    found["notes"] = bench.notes
    for name in os.listdir(options.out):
        if name.startswith("data_"):
            shutil.rmtree(os.path.join(options.out, name))
    return found


def read_earlier(file_name):
    """The profile before this one, None when there is none."""
    try:
        with open(file_name, encoding="utf-8") as file:
            earlier = json.load(file)
    except (OSError, ValueError):
        return None
    return earlier if earlier.get("schema") == SCHEMA else None


def main():
    options = parse_arguments()
    for name in ("wattle", "out", "recorded"):
        value = getattr(options, name)
        setattr(options, name, value and os.path.abspath(value))
    os.chdir(paths.ROOT)
    os.makedirs(options.out, exist_ok=True)
    kept = os.path.join(options.out, "profile.json")

    def say(words):
        print(f"... {words}", file=sys.stderr, flush=True)

    if options.recorded:
        with open(options.recorded, encoding="utf-8") as file:
            found = json.load(file)
    else:
        earlier = read_earlier(kept)
        found = collect_all(options, say)
        found["earlier"] = earlier and results.summary_of(earlier)
        with open(kept, "w", encoding="utf-8") as file:
            json.dump(found, file)
    file_name = os.path.join(options.out, "index.html")
    page.write(found, file_name)
    print(f"{os.path.relpath(file_name)} "
          f"({os.path.getsize(file_name) / 1e3:.0f} kB)")


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, measure.CommandFailed, measure.TooSlow,
            subprocess.CalledProcessError) as error:
        sys.exit(f"make_dashboard: {error}")
