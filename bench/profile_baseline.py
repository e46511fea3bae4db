#!/usr/bin/env python3
"""Profiles the Python monitor that wattle replaces, with cProfile, on 100,000
readings, and keeps what takes longest in bench/results/baseline_profile.json.

    python3 bench/profile_baseline.py

cProfile makes every call dearer, so shares are of the profiled run; the time
without a profiler stands beside them.
"""

import argparse
import cProfile
import importlib.util
import io
import os
import pstats
import sys
import time

from harness import contenders, datasets, machine, measure, paths, records

SCHEMA = 1
MONITOR = "bench/before/monitor.py"
N_KEPT = 12


def load_monitor():
    """The monitor as a module."""
    spec = importlib.util.spec_from_file_location("monitor", MONITOR)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def work(monitor, folder):
    """What the monitor does, without printing; returns both times."""
    started = time.perf_counter()
    readings = monitor.load_readings(folder)
    loaded = time.perf_counter()
    monitor.analyse(readings, monitor.PRICE_PER_KWH, None)
    return loaded - started, time.perf_counter() - loaded


def place(key):
    """Where a function stands, without the machine's folders."""
    file_name, line, name = key
    if file_name == "~":
        return name.strip("<>"), "built in"
    return name, f"{os.path.basename(file_name)}:{line}"


def entries(profile, total_s):
    """The functions by own time, the dearest first."""
    stats = pstats.Stats(profile, stream=io.StringIO()).stats
    rows = sorted(stats.items(), key=lambda item: -item[1][2])[:N_KEPT]
    return [{"function": place(key)[0], "where": place(key)[1],
             "calls": calls, "own_s": own_s, "with_callees_s": whole_s,
             "own_share": own_s / total_s, "whole_share": whole_s / total_s}
            for key, (_, calls, own_s, whole_s, _) in rows]


def main():
    parser = argparse.ArgumentParser(
        description="Profile the Python monitor with cProfile.")
    parser.add_argument("--readings", default="100k", metavar="N")
    parser.add_argument("--wattle", default="build/release/wattle",
                        metavar="FILE", help="makes the readings")
    parser.add_argument("--name", default="baseline_profile")
    options = parser.parse_args()
    wattle_file = os.path.abspath(options.wattle)
    paths.make_folders()
    contenders.copy_wattle(wattle_file if os.path.exists(wattle_file)
                           else options.wattle)
    dataset = datasets.Dataset("plain", datasets.parse_number(
        options.readings))
    datasets.ensure(dataset, lambda words: print(f"... {words}",
                                                 file=sys.stderr))
    monitor = load_monitor()
    load = measure.OtherLoad()
    work(monitor, dataset.folder)
    load_s, analytics_s = min(work(monitor, dataset.folder)
                              for _ in range(3))
    profile = cProfile.Profile()
    profiled = profile.runcall(work, monitor, dataset.folder)
    found = entries(profile, sum(profiled))
    results = {
        "schema": SCHEMA, "kind": "baseline_profile",
        "taken_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine.machine(), "software": machine.software(),
        "dataset": dataset.facts(), "load_s": load_s,
        "analytics_s": analytics_s, "profiled_s": sum(profiled),
        "functions": found, "other_cpu_share": load.share(),
    }
    file_name = f"{paths.RESULTS}/{options.name}.json"
    with open(file_name, "w", encoding="utf-8") as file:
        records.dump(results, file)
    for entry in found[:5]:
        print(f"{entry['own_share']:6.1%} own  {entry['whole_share']:6.1%} "
              f"with callees  {entry['calls']:>8,} calls  "
              f"{entry['function']} ({entry['where']})")
    print(f"Results: {file_name}")


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(f"profile_baseline: {error}")
