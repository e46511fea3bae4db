#!/usr/bin/env python3
"""Measures what bench/run_bench.py does not: where wattle's time goes by stage,
how often its memos hit, and memory when everything is read at once.

    python3 bench/profile_wattle.py        a minute

Results go to bench/results/wattle_profile.json. Memo misses are calls counted
by callgrind; without valgrind they are left out and the results say so.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import (contenders, datasets, machine, measure, paths, records)  # noqa: E402

SCHEMA = 1
STAGES = ["open", "read", "split", "decode", "lookup", "totals", "merge",
          "print"]
BLOCKS = [None, 1 << 20, 1 << 24]  # None = the default; and the largest file
LIMIT_S = 120
MEMO_READINGS = 1_000_000
# A memo's misses are the calls of the function that computes the value.
MISSES = [
    ("efficiency by current", "efficiency_load_fill",
     "src/analytics/efficiency.c"),
    ("efficiency by power factor", "efficiency_shape_fill",
     "src/analytics/efficiency.c"),
    ("date", "civil_day_from_date", "src/formats/csv_decoder.c"),
]


def report(dataset, *options):
    return [paths.WATTLE, "report", dataset.folder, "--json", "--no-progress",
            *options]


def stages(dataset, threads, n_runs):
    """Seconds of every stage, median over some runs."""
    taken = []
    for _ in range(n_runs + 1):
        done = subprocess.run(
            report(dataset, "--timings", "--threads", str(threads)),
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        taken.append(json.loads(done.stdout)["timings"])
    taken = taken[1:]  # the first warms up
    return {
        "readings": dataset.readings, "threads": threads,
        "simd": taken[0]["simd"], "reader": taken[0]["reader"],
        "layout_hit_rate": taken[0]["cache_hit_rate"],
        "wall_s": measure.summary([one["wall_s"] for one in taken]),
        "stages_s": {stage: measure.summary([one[f"{stage}_s"]
                                             for one in taken])
                     for stage in STAGES},
    }


def count_calls(words, function):
    """How often a function was called, from callgrind's output; None when
    its name does not occur (inlined, or renamed)."""
    numbers = set(re.findall(rf"fn=\((\d+)\) {function}$", words, re.M))
    total = 0
    for number in numbers:
        total += sum(int(calls) for calls in re.findall(
            rf"^cfn=\({number}\).*\ncalls=(\d+)", words, re.M))
    return total if numbers else None


def memos(dataset):
    """Misses of each memo, counted by callgrind; None without valgrind."""
    if not shutil.which("valgrind"):
        return None
    out = f"{paths.OUT}/callgrind.out"
    subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
         paths.WATTLE, "report", dataset.folder, "--quiet", "--no-progress",
         "--threads", "1", "--simd", "avx2"], check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(out, encoding="utf-8", errors="replace") as file:
        words = file.read()
    # the prefix "cfn=" of a first mention is matched by "fn=" as well
    entries = []
    for title, function, where in MISSES:
        misses = count_calls(words, function)
        entries.append({"title": title, "function": function, "where": where,
                        "misses": misses, "hit_rate": None if misses is None
                        else 1 - misses / dataset.readings})
    return {"readings": dataset.readings, "entries": entries}


def blocks(dataset, n_runs):
    """Memory and time by how much is read at once, one thread: the default,
    larger ones, and a block as large as the largest file."""
    whole = max(os.path.getsize(name) for name in dataset.files())
    entries = []
    for size in [*BLOCKS, whole]:
        options = ["--threads", "1"]
        options += ["--block", str(size)] if size else []
        try:
            runs = [measure.run("block", report(dataset, *options), LIMIT_S)
                    for _ in range(n_runs)]
            entry = {"status": "ok", **measure.summarise_runs(runs)}
        except measure.CommandFailed as error:
            entry = {"status": "failed", "reason": str(error)}
        entries.append({"block_bytes": size, "is_whole_file": size == whole,
                        **entry})
    return {"readings": dataset.readings, "bytes": dataset.size_bytes(),
            "largest_file_bytes": whole, "entries": entries}


def main():
    parser = argparse.ArgumentParser(
        description="Measure wattle's stages, memos and memory by block size.")
    parser.add_argument("--sizes", default="100k,1M,10M", metavar="LIST")
    parser.add_argument("--runs", type=int, default=7, metavar="N")
    parser.add_argument("--wattle", default="build/release/wattle",
                        metavar="FILE")
    parser.add_argument("--name", default="wattle_profile")
    options = parser.parse_args()
    wattle_file = os.path.abspath(options.wattle)
    paths.make_folders()
    contenders.copy_wattle(wattle_file if os.path.exists(wattle_file)
                           else options.wattle)
    measure.build_run_once()

    def say(words):
        print(f"... {words}", file=sys.stderr, flush=True)

    load = measure.OtherLoad()
    results = {
        "schema": SCHEMA, "kind": "wattle_profile",
        "taken_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine.machine(), "software": machine.software(),
        "stages": [],
    }
    for size in sorted(datasets.parse_number(word)
                       for word in options.sizes.split(",")):
        dataset = datasets.Dataset("plain", size)
        datasets.ensure(dataset, say)
        datasets.read_back(dataset)
        for threads in sorted({1, os.cpu_count()}):
            say(f"{dataset.name}: stages, {threads} threads")
            results["stages"].append(stages(dataset, threads, options.runs))
    say(f"{dataset.name}: blocks")
    results["blocks"] = blocks(dataset, min(5, options.runs))
    small = datasets.Dataset("plain", MEMO_READINGS)
    datasets.ensure(small, say)
    say(f"{small.name}: memos")
    results["memos"] = memos(small)
    results["other_cpu_share"] = load.share()
    file_name = f"{paths.RESULTS}/{options.name}.json"
    with open(file_name, "w", encoding="utf-8") as file:
        records.dump(results, file)
    print(f"Results: {file_name}")


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, measure.CommandFailed, measure.TooSlow,
            subprocess.CalledProcessError) as error:
        sys.exit(f"profile_wattle: {error}")
