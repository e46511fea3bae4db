#!/usr/bin/env python3
"""Measures wattle as a store of readings, with DuckDB beside it.

    python3 bench/run_store.py                     10 million readings
    python3 bench/run_store.py --rows 10M,100M     other sizes
    python3 bench/run_store.py --quick             small, in a minute or two
    python3 bench/run_store.py --only fill,queries some parts

Parts: fill (import, sizes, entropy), report, scan, sql and repeats on the
first size (fill and report on all), queries on a home of 50 devices and a
year, opening on the same of ten years, real on files from public sources.

Prints tables and writes bench/results/NAME.json (store, or store_quick with
--quick). bench/README.md tells how each figure comes about. What is left out
is named with the reason. The exit status is 1 when an answer was wrong.
"""

import argparse
import datetime
import os
import shutil
import subprocess
import sys

from harness import (answers, compare, contenders, datasets, growth, machine,
                     measure, paths, records, tables)
from storage import asking, filling, real_files, repeats, setting, texts

SCHEMA = 1
PARTS = ["fill", "report", "scan", "sql", "repeats", "queries", "opening",
         "real"]
NEED_FILE = {"report", "scan", "sql", "repeats"}
HOME = ["--devices", "50"]
YEAR = 50 * 96 * 365
TEN_YEARS = 50 * 96 * 3653
QUICK_YEARS = 50 * 96 * 731
BUSY_SHARE = 0.05


def arguments():
    parser = argparse.ArgumentParser(
        description="Measure wattle as a store of readings.")
    parser.add_argument("--rows", metavar="LIST",
                        help="numbers of readings (default 10M; quick: 1M)")
    parser.add_argument("--only", metavar="LIST",
                        help="some of " + ", ".join(PARTS))
    parser.add_argument("--rounds", type=int, metavar="N",
                        help="pairs (default 5); quick ones run more")
    parser.add_argument("--limit", type=float, default=300.0, metavar="S",
                        help="one run may take so long (default 300)")
    parser.add_argument("--quick", action="store_true",
                        help="small sizes, few rounds")
    parser.add_argument("--wattle", default="build/release/wattle",
                        metavar="FILE", help="the program to measure")
    parser.add_argument("--name", metavar="NAME",
                        help="name of the results (default store)")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.name = options.name or ("store_quick" if options.quick
                                    else "store")
    options.only = options.only.split(",") if options.only else PARTS
    try:
        options.rows = sorted(
            {datasets.parse_number(size) for size in
             (options.rows or ("1M" if options.quick else "10M")).split(",")})
    except ValueError as error:
        parser.error(str(error))
    if not set(options.only) <= set(PARTS):
        parser.error("parts are " + ", ".join(PARTS))
    return options


def say(words):
    """Progress, on stderr."""
    print(f"... {words}", file=sys.stderr, flush=True)


def measure_size(readings, is_first, options, bench, results):
    """Everything that is measured on one size of plain readings."""
    dataset = datasets.Dataset("plain", readings)
    if setting.lack_of(bench, dataset, 1.3):
        return
    wanted = set(options.only) if is_first else \
        set(options.only) & {"fill", "report"}
    reference = filling.first_reference(dataset, bench)
    if "fill" in wanted:
        results["fill"].append(filling.fill(dataset, bench, reference))
    else:
        setting.ensure_imported(dataset, bench)
        for kind in filling.KINDS if bench.has_duckdb else ():
            setting.ensure_duckdb(dataset, kind)
    if "report" in wanted:
        results["report"].append(asking.reports(dataset, bench, reference))
    for part, function in (("scan", asking.scans), ("sql", asking.sql),
                           ("repeats", repeats.repeats)):
        if part in wanted:
            results[part] = function(dataset, bench)
    growth.remove_large(dataset)


def measure_sizes(options, bench, results):
    """The sizes, and room given back after each."""
    if not set(options.only) & (NEED_FILE | {"fill"}):
        return
    for readings in options.rows:
        measure_size(readings, readings == options.rows[0], options, bench,
                     results)
        clear_files()


def measure_homes(options, bench, results):
    """Questions of a home, in a year and in ten."""
    if not bench.has_queries:
        return
    year = datasets.Dataset("home", YEAR, HOME)
    years = datasets.Dataset("home", QUICK_YEARS if options.quick
                             else TEN_YEARS, HOME)
    if "queries" in options.only:
        results["queries"] = asking.questions(year, bench)
        clear_files()
    if "opening" in options.only and not setting.lack_of(bench, years, 1.3):
        results["opening"] = asking.opening(years, bench)
        clear_files()


def clear_files():
    shutil.rmtree(setting.FILES, ignore_errors=True)
    os.makedirs(setting.FILES)


def new_results(options):
    return {
        "schema": SCHEMA, "kind": "store", "name": options.name,
        "taken_at": datetime.datetime.now(datetime.timezone.utc)
        .strftime("%Y-%m-%dT%H:%M:%SZ"),
        "quick": options.quick, "rounds": options.rounds,
        "limit_s": options.limit,
        "machine": machine.machine(), "software": machine.software(),
        "fill": [], "report": [], "scan": None, "sql": None, "repeats": None,
        "queries": None, "opening": None, "real": None,
    }


def shares_of_others(results):
    sections = results["fill"] + results["report"] + [
        results[name] for name in ("scan", "sql", "repeats", "queries",
                                   "opening", "real")]
    return [section["other_cpu_share"] for section in sections if section]


def wrong_answers(node, where=""):
    """Every entry, wherever it stands, that was wrong or failed."""
    if isinstance(node, list):
        return [words for one in node for words in wrong_answers(one, where)]
    if not isinstance(node, dict):
        return []
    if node.get("status") in ("wrong", "failed"):
        return [f"{where}: {node['reason']}"]
    return [words for key, one in node.items()
            for words in wrong_answers(one, key)]


def write(results, options):
    file_name = f"{paths.RESULTS}/{options.name}.json"
    with open(file_name, "w", encoding="utf-8") as file:
        records.dump(results, file)
    return file_name


def main():
    options = arguments()
    wattle_file = os.path.abspath(options.wattle)
    paths.make_folders()
    contenders.copy_wattle(wattle_file)
    measure.build_run_once()
    bench = setting.Bench(compare.Settings(options.rounds, options.limit, 0,
                                           False), options.quick, say)
    setting.prepare(bench)
    results = new_results(options)
    measure_sizes(options, bench, results)
    measure_homes(options, bench, results)
    if "real" in options.only:
        results["real"] = real_files.real_files(bench)
    results["skipped"] = bench.skipped
    busy = max(shares_of_others(results), default=0)
    results["other_cpu_share_max"] = busy
    print(texts.all_texts(results))
    if busy > BUSY_SHARE:
        print(f"Note: others kept up to {tables.share(busy)} of the machine "
              "busy meanwhile; do not trust the times.\n")
    wrong = wrong_answers(results)
    for words in wrong:
        print(f"WRONG: {words}")
    print(f"Results: {write(results, options)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, answers.WrongAnswer, measure.CommandFailed,
            subprocess.CalledProcessError) as error:
        sys.exit(f"run_store: {error}")
    except KeyboardInterrupt:
        sys.exit("run_store: stopped")
