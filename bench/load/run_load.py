#!/usr/bin/env python3
"""The load test: many reports at once, every answer checked.

    python3 bench/load/run_load.py              both parts, a minute a level
    python3 bench/load/run_load.py --quick      three levels of three seconds
    python3 bench/load/run_load.py --levels 1,8,64 --seconds 20 --name trial

Part one keeps 1, 2, 4 ... processes of `wattle report` running and compares
every output byte for byte; part two does the same with library handles in the
threads of one process. The exit status is 1 when an error or a wrong answer
occurred. Prints tables and writes bench/results/NAME.json (load, or load_quick
with --quick), from which PERFORMANCE.md has its section on load.

Every run of a level does whole rounds of the same mix of work (ROUND in
load_data.py), so levels can be compared. Throughput is all that was finished
over the time until the last report ended.
"""

import argparse
import datetime
import json
import math
import os
import shutil
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

# These need the path above.
from harness import machine, measure, paths, records, tables  # noqa: E402
import load_data  # noqa: E402

SCHEMA = 1
WORK = paths.WORK + "/load"
SOURCES = "bench/load"
BUILD = "build/release"
LIBRARIES = ["-lzstd", "-lz", "-lisal", "-luring", "-lsqlite3", "-lxxhash",
             "-lm", "-lpthread"]

SECONDS = 60.0
LEVELS = "1,2,4,8,16,32,64"
QUICK_SECONDS = 3.0
QUICK_LEVELS = "1,4,16"
MAX_LEVEL = 1024

# What ends a level that does not end by itself.
MAX_REPORTS = 500_000
REPORT_LIMIT_S = 60
GRACE_S = 2 * REPORT_LIMIT_S

HOLDS_SHARE = 0.9
BUSY_SHARE = 0.05
SHOWN_MESSAGES = 5
HEAP_LEFT_BYTES = 1 << 20


def arguments():
    parser = argparse.ArgumentParser(
        description="Make many reports at once and check every answer.")
    parser.add_argument("--seconds", type=float, metavar="S",
                        help=f"time for each level (default {SECONDS:g})")
    parser.add_argument("--levels", metavar="LIST",
                        help=f"reports at once (default {LEVELS})")
    parser.add_argument("--parts", default="processes,handles",
                        metavar="LIST",
                        help="what to run (default processes,handles)")
    parser.add_argument("--report-threads", type=int, default=0, metavar="N",
                        help="threads of each report (default: wattle's own "
                        "choice, one for each core)")
    parser.add_argument("--quick", action="store_true",
                        help=f"{QUICK_SECONDS:g} s for each of the levels "
                        f"{QUICK_LEVELS}")
    parser.add_argument("--name", metavar="NAME",
                        help="name of the results (default load, or "
                        "load_quick)")
    options = parser.parse_args()
    try:
        finish_arguments(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def finish_arguments(options):
    """Fill in what depends on other arguments."""
    options.seconds = options.seconds or (
        QUICK_SECONDS if options.quick else SECONDS)
    text = options.levels or (QUICK_LEVELS if options.quick else LEVELS)
    options.levels = sorted({int(level) for level in text.split(",")})
    options.parts = options.parts.split(",")
    options.name = options.name or ("load_quick" if options.quick else "load")
    if not 1 <= options.levels[0] <= options.levels[-1] <= MAX_LEVEL:
        raise ValueError(f"levels go from 1 to {MAX_LEVEL}")
    if not 0 < options.seconds <= 3600:
        raise ValueError("--seconds goes up to 3600")
    if not 0 <= options.report_threads <= 256:
        raise ValueError("--report-threads goes from 0 to 256")
    if not set(options.parts) <= {"processes", "handles"}:
        raise ValueError("parts are processes and handles")


def say(words):
    """Progress, on stderr."""
    print(f"... {words}", file=sys.stderr, flush=True)


def build():
    """Compile both load programs; take a copy of wattle, so that a build
    meanwhile changes nothing (the library is linked statically)."""
    for name in ("wattle", "libwattle.a"):
        if not os.path.exists(f"{BUILD}/{name}"):
            raise FileNotFoundError(f"{BUILD}/{name} is missing: "
                                    "run make first")
    shutil.copy2(f"{BUILD}/wattle", paths.WATTLE)
    compiler = [os.environ.get("CC", "cc"), "-std=gnu17", "-D_GNU_SOURCE",
                "-O2", "-Wall", "-Wextra", "-Iinclude"]
    subprocess.run([*compiler, "-o", f"{WORK}/load_processes",
                    f"{SOURCES}/load_processes.c"], check=True)
    subprocess.run([*compiler, "-o", f"{WORK}/load_handles",
                    f"{SOURCES}/load_handles.c", f"{BUILD}/libwattle.a",
                    *LIBRARIES], check=True)


def processes_command(level, options, jobs):
    command = [f"{WORK}/load_processes", paths.WATTLE, str(level),
               str(options.seconds), str(MAX_REPORTS), str(REPORT_LIMIT_S),
               str(options.report_threads), load_data.round_digits(jobs)]
    for job in jobs:
        command += job.process_words()
    return command


def handles_command(level, options, jobs):
    command = [f"{WORK}/load_handles", str(level), str(options.seconds),
               str(MAX_REPORTS), str(options.report_threads),
               load_data.round_digits(jobs)]
    for job in jobs:
        command += job.handle_words()
    return command


COMMANDS = {"processes": processes_command, "handles": handles_command}


class Reports:
    """What a load program printed: one line for each report, and a JSON
    object at the end, which is missing when it did not end well."""

    def __init__(self, file_name):
        self.rows = []
        self.end = None
        with open(file_name, encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("{"):
                    self.end = json.loads(line)
                    continue
                words = line.split()
                if len(words) == 5:
                    self.rows.append((int(words[0]), float(words[1]),
                                      words[2], int(words[3]) * 1024))

    def count(self, outcome):
        return sum(row[2] == outcome for row in self.rows)

    def latencies(self, job=None):
        """Of the right answers, ascending; of one job or of all."""
        return sorted(row[1] for row in self.rows
                      if row[2] == "ok" and job in (None, row[0]))

    def peak_memory(self, job=None):
        return max((row[3] for row in self.rows if job in (None, row[0])),
                   default=0)


def percentile(ordered, share):
    """The nearest rank; None of nothing."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def latency_summary(ordered):
    return {"n": len(ordered),
            "median_s": statistics.median(ordered) if ordered else None,
            "p99_s": percentile(ordered, 0.99),
            "max_s": ordered[-1] if ordered else None}


def run_program(part, level, options, jobs):
    """Run one load program. Returns its reports, what it said on stderr, and
    why it failed as a whole, if it did."""
    name = f"{WORK}/{part}-{level}"
    failure = None
    with open(f"{name}.out", "wb") as out, open(f"{name}.err", "wb") as err:
        try:
            done = subprocess.run(COMMANDS[part](level, options, jobs),
                                  stdout=out, stderr=err,
                                  timeout=options.seconds + GRACE_S)
            if done.returncode != 0:
                failure = f"the load program ended with {done.returncode}"
        except subprocess.TimeoutExpired:
            failure = "the load program did not end in time"
    reports = Reports(f"{name}.out")
    with open(f"{name}.err", encoding="utf-8", errors="replace") as file:
        messages = file.read().splitlines()
    if failure is None and reports.end is None:
        failure = "the load program did not finish its output"
    return reports, messages, failure


def is_leaking(end):
    """Whether closed handles left something behind. What the C library keeps
    for itself does not grow with the number of reports."""
    return (end.get("descriptors_left", 0) > 0
            or end.get("threads_left", 0) > 0
            or end.get("heap_left_bytes", 0) > HEAP_LEFT_BYTES)


def measure_level(part, level, options, jobs):
    """One level of one part, as the results have it."""
    others = measure.OtherLoad()
    reports, messages, failure = run_program(part, level, options, jobs)
    other_share = others.share()
    end = reports.end or {}
    elapsed = end.get("elapsed_s") or options.seconds
    right = reports.count("ok")
    readings = sum(jobs[row[0]].expected["lines"] for row in reports.rows
                   if row[2] == "ok")
    errors = reports.count("error") + (failure is not None)
    if is_leaking(end):
        errors += 1
        messages.append(f"left behind: {end['descriptors_left']} descriptors, "
                        f"{end['threads_left']} threads, "
                        f"{end['heap_left_bytes']} bytes")
    if failure:
        messages.append(failure)
    result = {
        "at_once": level, "elapsed_s": elapsed,
        "reports": right, "errors": errors,
        "wrong_answers": reports.count("wrong"),
        "messages": messages[:100],
        "readings_per_s": readings / elapsed,
        "reports_per_s": right / elapsed,
        # The other load on the machine hardly changes this one.
        "readings_per_cpu_s": (readings / end["cpu_s"]
                               if end.get("cpu_s") else 0),
        "latency": latency_summary(reports.latencies()),
        "cpu_s": end.get("cpu_s", 0),
        "cpu_share": end.get("cpu_s", 0) / (elapsed * os.cpu_count()),
        "other_cpu_share": other_share,
        "jobs": [{"name": job.name, **latency_summary(
            reports.latencies(number))} for number, job in enumerate(jobs)],
    }
    if part == "processes":
        result["peak_rss_bytes_per_report"] = reports.peak_memory()
        result["driver_cpu_share"] = (end.get("driver_cpu_s", 0)
                                      / (elapsed * os.cpu_count()))
        # No process can show less than the driver that started it.
        result["driver_peak_rss_bytes"] = (
            end.get("driver_peak_rss_kib", 0) * 1024)
        for number, job in enumerate(result["jobs"]):
            job["peak_rss_bytes"] = reports.peak_memory(number)
    else:
        peak = end.get("peak_rss_kib", 0) * 1024
        result["peak_rss_bytes"] = peak
        result["peak_rss_bytes_per_report"] = peak // level
        result["rss_bytes_after"] = end.get("rss_after_kib", 0) * 1024
        result["heap_left_bytes"] = end.get("heap_left_bytes", 0)
    return result


def latency_text(value):
    return "none" if value is None else tables.seconds(value)


TITLES = {"processes": "Processes of wattle report at once",
          "handles": "Library handles at once, in one process"}


def part_text(part, levels):
    rows = [["at once", "reports", "errors", "wrong", "readings", "of a CPU",
             "reports/s", "median", "99 %", "memory each", "CPU", "others"]]
    for level in levels:
        rows.append([
            level["at_once"], f"{level['reports']:,}", level["errors"],
            level["wrong_answers"], tables.rate(level["readings_per_s"]),
            tables.rate(level["readings_per_cpu_s"]),
            f"{level['reports_per_s']:.1f}",
            latency_text(level["latency"]["median_s"]),
            latency_text(level["latency"]["p99_s"]),
            tables.memory(level["peak_rss_bytes_per_report"]),
            tables.share(level["cpu_share"]),
            tables.share(level["other_cpu_share"])])
    return f"{TITLES[part]}\n{tables.table(rows, left=0)}"


def jobs_text(levels):
    """Latency by kind of report, for the least and the greatest load."""
    ends = [levels[0], levels[-1]] if len(levels) > 1 else levels
    rows = [[""] + [f"{words} at {level['at_once']}" for level in ends
                    for words in ("median", "99 %", "longest")]]
    for number, job in enumerate(levels[0]["jobs"]):
        row = [job["name"]]
        for level in ends:
            figures = level["jobs"][number]
            row += [latency_text(figures[key])
                    for key in ("median_s", "p99_s", "max_s")]
        rows.append(row)
    return "Latency by kind of report\n" + tables.table(rows)


def holding(levels, cores, key):
    """The least of a figure past the cores as a share of its peak, and where;
    None when no level is past the cores."""
    peak = max(level[key] for level in levels)
    past = [level for level in levels if level["at_once"] > cores]
    if not past or peak == 0:
        return None
    least = min(past, key=lambda level: level[key])
    return {"share": least[key] / peak, "at_once": least["at_once"]}


def verdicts(results):
    """Lines of the summary: what was asked, whether it holds, and how."""
    every = [level for levels in results["parts"].values() for level in levels]
    reports = sum(level["reports"] for level in every)
    errors = sum(level["errors"] for level in every)
    wrong = sum(level["wrong_answers"] for level in every)
    lines = [
        {"claim": "no error", "holds": errors == 0,
         "words": f"{errors} beside {reports:,} reports"},
        {"claim": "no wrong answer", "holds": wrong == 0 and reports > 0,
         "words": f"{wrong} beside {reports:,} right ones"}]
    cores = os.cpu_count()
    for part, levels in results["parts"].items():
        found = holding(levels, cores, "readings_per_s")
        claim = f"throughput of {part} holds within 10 % of its peak"
        if found is None:
            lines.append({"claim": claim, "holds": None,
                          "words": f"no level is past {cores} cores"})
            continue
        of_cpu = holding(levels, cores, "readings_per_cpu_s")
        lines.append({
            "claim": claim, "holds": found["share"] >= HOLDS_SHARE,
            "least": found, "least_of_a_cpu": of_cpu,
            "words": f"least past {cores} cores: "
            f"{tables.share(found['share'])} of it, at {found['at_once']}; "
            f"for the same CPU time {tables.share(of_cpu['share'])}, at "
            f"{of_cpu['at_once']}"})
    return lines


def verdict_text(verdict):
    mark = {True: "yes", False: "NO", None: "not tested"}[verdict["holds"]]
    return f"{mark}: {verdict['claim']} ({verdict['words']})"


def run_part(part, options, jobs):
    levels = []
    for level in options.levels:
        say(f"{level} {part} at once")
        result = measure_level(part, level, options, jobs)
        for words in result["messages"][:SHOWN_MESSAGES]:
            say(f"  {words}")
        levels.append(result)
    print(part_text(part, levels) + "\n")
    print(jobs_text(levels) + "\n", flush=True)
    return levels


def main():
    options = arguments()
    paths.make_folders()
    os.makedirs(WORK + "/data", exist_ok=True)
    # The harness describes this program, not the copy that run_bench took.
    paths.WATTLE = WORK + "/wattle"
    build()
    jobs = load_data.make_jobs()
    say("making the data and what is expected of them")
    load_data.prepare(jobs, paths.WATTLE, WORK)
    results = {
        "schema": SCHEMA, "kind": "load", "name": options.name,
        "taken_at": datetime.datetime.now(datetime.timezone.utc)
        .strftime("%Y-%m-%dT%H:%M:%SZ"),
        "quick": options.quick, "seconds": options.seconds,
        "report_threads": options.report_threads,
        "max_reports": MAX_REPORTS, "report_limit_s": REPORT_LIMIT_S,
        "machine": machine.machine(), "software": machine.software(),
        "round": list(load_data.ROUND), "data": [job.facts() for job in jobs],
        "parts": {},
    }
    print(f"{results['software']['wattle']}, {results['machine']['cpu']}, "
          f"{results['machine']['cores']} cores, {options.seconds:g} s for "
          "each level\n", flush=True)
    for part in options.parts:
        results["parts"][part] = run_part(part, options, jobs)
    results["verdicts"] = verdicts(results)
    results["other_cpu_share_max"] = max(
        level["other_cpu_share"]
        for levels in results["parts"].values() for level in levels)
    for verdict in results["verdicts"]:
        print(verdict_text(verdict))
    busy = results["other_cpu_share_max"]
    if busy > BUSY_SHARE:
        print(f"Note: others kept up to {tables.share(busy)} of the machine "
              "busy meanwhile; do not trust the times.")
    file_name = f"{paths.RESULTS}/{options.name}.json"
    with open(file_name, "w", encoding="utf-8") as file:
        records.dump(results, file)
    print(f"Results: {file_name}")
    failed = any(level["errors"] or level["wrong_answers"]
                 for levels in results["parts"].values() for level in levels)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"run_load: {error}")
    except KeyboardInterrupt:
        sys.exit("run_load: stopped")
