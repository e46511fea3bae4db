#!/usr/bin/env python3
"""Measures wattle: against the Python monitor before it, against other
engines, on shapes of data, and switch by switch.

    python3 bench/run_bench.py                    the plain bench (make bench)
    python3 bench/run_bench.py --quick            the same, in a minute
    python3 bench/run_bench.py --peers all        with other engines
    python3 bench/run_bench.py --sizes 10M,100M   other sizes
    python3 bench/run_bench.py --shapes --ladder  only these sweeps
    python3 bench/run_bench.py --growth           100 k to 1 billion readings

Prints tables and writes bench/results/NAME.json. bench/README.md tells how
each figure comes about.
"""

import argparse
import datetime
import os
import subprocess
import sys

from harness import (compare, contenders, datasets, growth, ladder, machine,
                     measure, paths, records, sweeps, tables)

SCHEMA = 1
SIZES = "100k,1M,10M"
QUICK_SIZES = "100k,1M"
GROWTH_SIZES = "100k,1M,10M,100M"
GROWTH_PACKED = "100M,1G"
HEADLINE_READINGS = 10_000_000
SMALL_READINGS = 100_000
MEMORY_SHARE = 0.85  # of what is free when the run begins
BUSY_SHARE = 0.05


def arguments():
    parser = argparse.ArgumentParser(
        description="Measure wattle and what it is compared with.")
    parser.add_argument("--sizes", metavar="LIST",
                        help=f"numbers of readings (default {SIZES})")
    parser.add_argument("--rounds", type=int, default=None, metavar="N",
                        help="pairs for each contender (default 5); quick "
                        "ones run more, those above 20 s three at most")
    parser.add_argument("--peers", default="none", metavar="LIST",
                        help="all, none (default), or some of "
                        + ", ".join(peer.name for peer in contenders.PEERS))
    parser.add_argument("--shapes", action="store_true",
                        help="sweep the shapes of data")
    parser.add_argument("--ladder", action="store_true",
                        help="stack the techniques one on the other, then "
                        "switch off one at a time; with --cold only readers, "
                        "cold beside warm")
    parser.add_argument("--growth", action="store_true",
                        help="wattle on more and more data; peers at the last "
                        "plain size")
    parser.add_argument("--growth-sizes", metavar="LIST",
                        default=GROWTH_SIZES,
                        help=f"plain sizes of --growth (default "
                        f"{GROWTH_SIZES})")
    parser.add_argument("--growth-packed", metavar="LIST",
                        default=GROWTH_PACKED,
                        help="sizes packed with zstd (default "
                        f"{GROWTH_PACKED}; none)")
    parser.add_argument("--sweep-size", metavar="N",
                        help="readings for --shapes and --ladder "
                        "(default 10M)")
    parser.add_argument("--quick", action="store_true",
                        help="small sizes, few rounds")
    parser.add_argument("--cold", action="store_true",
                        help="drop the data from the page cache before every "
                        "run (default: warm)")
    parser.add_argument("--limit", type=float, default=60.0, metavar="S",
                        help="a contender stops at the size where one run "
                        "would take longer (default 60)")
    parser.add_argument("--no-before", action="store_true",
                        help="leave out the Python monitor")
    parser.add_argument("--wattle", default="build/release/wattle",
                        metavar="FILE", help="the program to measure")
    parser.add_argument("--name", metavar="NAME",
                        help="name of the results (default latest)")
    options = parser.parse_args()
    try:
        finish_arguments(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def finish_arguments(options):
    """Fill in what depends on other arguments."""
    only_sweeps = options.shapes or options.ladder or options.growth
    default_sizes = QUICK_SIZES if options.quick else SIZES
    options.sizes = sizes_of(options.sizes
                             or ("" if only_sweeps else default_sizes))
    options.growth_sizes = sizes_of(options.growth_sizes)
    options.growth_packed = sizes_of("" if options.growth_packed == "none"
                                     else options.growth_packed)
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.sweep_size = datasets.parse_number(
        options.sweep_size or ("1M" if options.quick else "10M"))
    options.start_up_runs = 31 if options.quick else 101
    options.name = options.name or ("quick" if options.quick else "latest")
    options.peers = contenders.choose_peers(options.peers)
    if options.rounds < 1 or options.limit <= 0:
        raise ValueError("--rounds and --limit must be above zero")


def sizes_of(text):
    """Numbers of readings of a list, from small to large."""
    return sorted({datasets.parse_number(size)
                   for size in text.split(",") if size})


def available_memory():
    """Bytes of memory that could be used now."""
    text = machine.first_match("/proc/meminfo", r"^MemAvailable:\s*(\d+) kB")
    return int(text) * 1024 if text else 1 << 30


def say(words):
    """Progress, on stderr."""
    print(f"... {words}", file=sys.stderr, flush=True)


def show(text):
    print(text + "\n", flush=True)


def thread_variants():
    """wattle with one and with two threads, where that is not the default."""
    return [contenders.wattle(f"wattle_{threads}", f"wattle --threads "
                              f"{threads}", "--threads", str(threads))
            for threads in (1, 2) if threads != os.cpu_count()]


def measure_sizes(options, settings, results):
    """The main comparison, size by size."""
    peers = ready_peers(options, results)
    others = [] if options.no_before else [contenders.before()]
    base = contenders.wattle(
        title=f"wattle ({os.cpu_count()} threads)")
    foresight = compare.Foresight(settings)
    for readings in options.sizes:
        dataset = datasets.Dataset("plain", readings)
        datasets.ensure(dataset, say)
        result = compare.compare(dataset, base,
                                 thread_variants() + others + peers, settings,
                                 foresight, say)
        for entry in result["contenders"]:
            if not entry.get("version"):
                entry["version"] = contenders.version_of(entry["name"])
        results["sizes"].append(result)
        show(tables.size_text(result))


def measure_start_up(options, settings, results):
    """Whole processes on little data."""
    dataset = datasets.Dataset("plain", SMALL_READINGS)
    datasets.ensure(dataset, say)
    results["start_up"] = sweeps.start_up(dataset, options.start_up_runs,
                                          settings, say)
    show(tables.start_up_text(results["start_up"]))


def ready_peers(options, results):
    """The peers that were asked for and are there."""
    peers, skipped = contenders.prepare_peers(options.peers, say)
    results["skipped"].update(skipped)
    if skipped:
        show(tables.skipped_text(skipped))
    return peers


def measure_growth(options, settings, results):
    """More and more data. Plain sizes stand beside those of the comparison."""
    plain, packed = growth.growth(
        options.growth_sizes, options.growth_packed,
        ready_peers(options, results), settings, say,
        lambda result: show(tables.size_text(result)))
    results["sizes"] += plain
    results["packed"] = packed
    if packed:
        show(tables.packed_text(packed))


def measure_ladder(options):
    """The whole ladder on a warm cache; with --cold the readers only."""
    settings = compare.Settings(options.rounds, options.limit, 0, False)
    if options.cold:
        return ladder.cold(options.sweep_size, settings, say)
    return ladder.warm(options.sweep_size, settings, not options.no_before,
                       say)


def entry_named(result, name):
    """A contender's entry in the result of a size, if its figures count."""
    for entry in result["contenders"]:
        if entry["name"] == name and entry["status"] == "ok":
            return entry
    return None


def headline(results):
    """The few figures that people ask for first."""
    throughput = []
    memory = []
    before = []
    largest = max((result["dataset"]["readings"]
                   for result in results["sizes"]), default=0)
    for result in results["sizes"]:
        readings = result["dataset"]["readings"]
        if readings == min(HEADLINE_READINGS, largest):
            names = [(1, "wattle_1"), (2, "wattle_2"),
                     (os.cpu_count(), "wattle")]
            for threads, name in names:
                entry = entry_named(result, name)
                if entry:
                    throughput.append({
                        "readings": readings, "threads": threads,
                        "readings_per_s": entry["readings_per_s"],
                        "bytes_per_s": entry["bytes_per_s"]})
        if readings >= min(HEADLINE_READINGS, largest):
            memory.append({
                "readings": readings, "peak_rss_bytes":
                entry_named(result, "wattle")["peak_rss_bytes"]["max"]})
        python = entry_named(result, "before")
        if python:
            before.append({"readings": readings,
                           "ratio": python["ratio_to_wattle"]["median"]})
    small = []
    if results["start_up"]:
        small = [{"readings": results["start_up"]["dataset"]["readings"],
                  "title": kind["title"], "runs": kind["wall_s"]["n"],
                  "median_s": kind["wall_s"]["median"]}
                 for kind in results["start_up"]["kinds"]
                 if kind["name"] in ("text", "json")]
    return {"throughput": throughput, "peak_memory": memory,
            "small_run": small, "before": before}


def shares_of_others(results):
    """How busy others kept the machine, section by section."""
    sections = results["sizes"] + [results["start_up"], results["ladder"]]
    if results["shapes"]:
        sections += results["shapes"]["entries"]
    sections += results["packed"] or []
    return [section["other_cpu_share"] for section in sections
            if section and "other_cpu_share" in section]


def wrong_answers(results):
    """What did not give the right answer, or no answer at all."""
    entries = [(result["dataset"]["name"], entry)
               for result in results["sizes"]
               for entry in result["contenders"]]
    for sweep in ("shapes", "ladder"):
        if results[sweep]:
            entries += [(sweep, entry) for entry in results[sweep]["entries"]]
    for entry in (results["shapes"] or {"entries": []})["entries"]:
        if entry.get("duckdb"):
            entries.append((f"shapes, {entry['name']}",
                            {"title": "DuckDB", **entry["duckdb"]}))
    return [f"{where}: {entry.get('title') or entry['name']}: "
            f"{entry['reason']}"
            for where, entry in entries
            if entry["status"] in ("wrong", "failed")]


def write(results, name):
    """Write the results; returns the file's name."""
    file_name = f"{paths.RESULTS}/{name}.json"
    with open(file_name, "w", encoding="utf-8") as file:
        records.dump(results, file)
    return file_name


def main():
    options = arguments()
    wattle_file = os.path.abspath(options.wattle)
    paths.make_folders()
    if not os.path.exists(wattle_file):
        wattle_file = options.wattle
    contenders.copy_wattle(wattle_file)
    measure.build_run_once()
    settings = compare.Settings(
        options.rounds, options.limit,
        MEMORY_SHARE * available_memory(), options.cold)
    results = {
        "schema": SCHEMA, "name": options.name,
        "taken_at": datetime.datetime.now(datetime.timezone.utc)
        .strftime("%Y-%m-%dT%H:%M:%SZ"),
        "quick": options.quick, "rounds": options.rounds,
        "limit_s": options.limit,
        "cache": "cold: files dropped from the page cache before every run"
        if options.cold else
        "warm: files written out, dropped, and read back once before",
        "machine": machine.machine(), "software": machine.software(),
        "load_average_before": os.getloadavg(),
        "skipped": {}, "sizes": [], "start_up": None, "shapes": None,
        "ladder": None, "packed": None,
    }
    show(f"{results['software']['wattle']}, {results['machine']['cpu']}, "
         f"{results['machine']['cores']} cores, "
         f"kernel {results['machine']['kernel']}, "
         f"{results['software']['compiler']}\n{results['cache']}")
    if options.sizes:
        measure_sizes(options, settings, results)
        measure_start_up(options, settings, results)
    if options.growth:
        measure_growth(options, settings, results)
    if options.shapes:
        if not options.sizes and not options.growth:
            ready_peers(options, results)
        results["shapes"] = sweeps.shapes(options.sweep_size, settings,
                                          options.quick, say)
        show(tables.shapes_text(results["shapes"]))
    if options.ladder:
        results["ladder"] = measure_ladder(options)
        show(tables.ladder_text(results["ladder"]))
    results["load_average_after"] = os.getloadavg()
    results["headline"] = headline(results)
    if options.sizes:
        show(tables.headline_text(results["headline"]))
    busy = max(shares_of_others(results), default=0)
    results["other_cpu_share_max"] = busy
    if busy > BUSY_SHARE:
        show(f"Note: others kept up to {tables.share(busy)} of the machine "
             "busy meanwhile; do not trust the times.")
    wrong = wrong_answers(results)
    for words in wrong:
        show(f"WRONG: {words}")
    print(f"Results: {write(results, options.name)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"run_bench: {error}")
    except KeyboardInterrupt:
        sys.exit("run_bench: stopped")
