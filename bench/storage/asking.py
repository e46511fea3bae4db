"""Asking a database: reports, scans that decode everything, questions about
days and years, opening, and rows for SQL."""

import json

from harness import answers, compare, contenders, datasets, measure, paths

from .filling import report_command
from .setting import (DUCKDB, QUERIES, SCAN, alone, check_count, check_duckdb,
                      ensure_duckdb, ensure_imported, has_command, job, pairs,
                      wattle_file, duckdb_file)

TIMES = 101  # questions of an open database in one run
SCAN_TIMES = 9


def reports(dataset, bench, reference):
    """A report of the database in pairs with everybody who can make it."""
    stored = wattle_file(dataset)
    bench.settings.prepare(stored)
    load = measure.OtherLoad()
    base = job("report", report_command(stored), same_as(reference), stored)
    others = {
        "csv": (dataset, contenders.wattle().command(dataset),
                same_as(reference)),
        "no_summaries": (stored, report_command(stored, "--no-summaries"),
                         same_as(reference)),
        "no_summaries_1": (stored, report_command(
            stored, "--no-summaries", "--threads", "1"), same_as(reference)),
    }
    if bench.has_duckdb:
        for kind in ("double", "decimal"):
            own = duckdb_file(dataset, kind)
            others[f"duckdb_{kind}"] = (
                own, [*DUCKDB, "report", own.path],
                lambda file: check_duckdb(file, reference))
    result = {"readings": dataset.readings, "report": alone(base, bench),
              "pairs": {}}
    for name, (data, command, check) in others.items():
        bench.say(f"{dataset.name}: report, {name.replace('_', ' ')}")
        datasets.read_back(data)
        result["pairs"][name] = pairs(base, job(name, command, check, data),
                                      bench)
    result["other_cpu_share"] = load.share()
    return result


def same_as(reference):
    return lambda file: answers.check_wattle(file, reference)


def scans(dataset, bench):
    """Readings decoded a second, with no account of them."""
    stored = wattle_file(dataset)
    bench.settings.prepare(stored)
    load = measure.OtherLoad()
    result = {"readings": dataset.readings, "threads": []}
    for threads in (1, 2):
        bench.say(f"{dataset.name}: scan, {threads} threads")
        figures = compare.run_job(
            job("scan", [SCAN, stored.path, str(threads), str(SCAN_TIMES)],
                check_count(dataset.readings), stored), bench.settings)
        times = measure.summary(figures["times_s"][1:])
        result["threads"].append({
            "threads": threads, "pass_s": times,
            "readings_per_s": dataset.readings / times["median"]})
    result["other_cpu_share"] = load.share()
    return result


class Question:
    """One question of a home: name, title, device (None = all together), first
    and last day, hour or day."""

    def __init__(self, name, title, device, since, until, every):
        self.name = name
        self.title = title
        self.device = device
        self.since = since
        self.until = until
        self.every = every

    def for_library(self, command, path, times):
        return [QUERIES, command, path, self.device or "-", self.since or "-",
                self.until or "-", self.every, str(times)]

    def for_program(self, path):
        words = [paths.WATTLE, "query", path, "--csv", "--every",
                 {"hour": "1h", "day": "1d"}[self.every]]
        words += ["--device", self.device] if self.device else ["--total"]
        words += ["--since", self.since] if self.since else []
        return words + (["--until", self.until] if self.until else [])

    def for_duckdb(self, command, path, times, energy=True):
        return [*DUCKDB, command, path, json.dumps(
            {"device": self.device, "since": self.since, "until": self.until,
             "every": self.every, "energy": energy}), str(times)]


QUESTIONS = [
    Question("device_day", "one device, one day by hour", "DEV0025",
             "2023-07-01", "2023-07-02", "hour"),
    Question("device_year_hour", "one device, a year by hour", "DEV0025",
             "2023-01-01", "2024-01-01", "hour"),
    Question("device_year_day", "one device, a year by day", "DEV0025",
             "2023-01-01", "2024-01-01", "day"),
    Question("home_year_day", "all 50 devices together, a year by day", None,
             "2023-01-01", "2024-01-01", "day"),
]


def check_rows(wanted):
    """A check of rows against those of the first answer; its inside time is
    the median of its answers. wanted is a list that the first run fills."""
    def check(file_name):
        answer = answers.read_json(file_name)
        answers.expect("an answer", bool(answer["rows"]), True)
        if not wanted:
            wanted.extend(answer["rows"])
        answers.expect("rows", len(answer["rows"]), len(wanted))
        for row, right in zip(answer["rows"], wanted):
            compare_rows(row, right)
        return {"inside_s": measure.summary(answer["times_s"])["median"],
                "inside_all_s": measure.summary(answer["times_s"])}
    return check


def compare_rows(row, right):
    """Rows of a total have no powers on wattle's side."""
    answers.expect("start and readings", row[:2], right[:2])
    if len(row) == len(right):
        for value, wanted in zip(row[2:5], right[2:5]):
            answers.expect_close(f"power at {row[0]}", value, wanted)
    answers.expect_close(f"energy at {row[0]}", row[-1], right[-1])


def check_power_rows(wanted):
    """The same for rows without energy."""
    def check(file_name):
        answer = answers.read_json(file_name)
        answers.expect("rows", [row[:2] for row in answer["rows"]],
                       [row[:2] for row in wanted])
        return {"inside_s": measure.summary(answer["times_s"])["median"]}
    return check


def same_text():
    """A check that all runs print the same."""
    seen = []

    def check(file_name):
        seen.append(answers.hash_of(file_name))
        answers.expect("bytes of the answer", seen[-1], seen[0])
        return {}
    return check


def ask(question, stored, own, bench):
    """One question: inside open databases, and as whole processes."""
    bench.say(f"{question.title}")
    wanted = []
    times = TIMES if not bench.quick else 11
    base = job("inside", question.for_library("query", stored.path, times),
               check_rows(wanted), stored)
    whole = job("whole", question.for_program(stored.path), same_text(),
                stored)
    result = {"name": question.name, "title": question.title,
              "inside": alone(base, bench), "whole": alone(whole, bench)}
    result["rows"] = len(wanted)
    if own is None:
        return result
    result["inside_pairs"] = pairs(
        base, job("duckdb_inside",
                  question.for_duckdb("query", own.path, times),
                  check_rows(wanted), own), bench)
    result["power_pairs"] = pairs(
        base, job("duckdb_power",
                  question.for_duckdb("query", own.path, times, False),
                  check_power_rows(wanted), own), bench)
    result["whole_pairs"] = pairs(
        whole, job("duckdb_whole", question.for_duckdb("query", own.path, 1),
                   check_rows(wanted), own), bench)
    return result


def questions(dataset, bench):
    """All questions of one home."""
    stored = ensure_imported(dataset, bench)
    own = ensure_duckdb(dataset, "double") if bench.has_duckdb else None
    bench.settings.prepare(stored)
    load = measure.OtherLoad()
    result = {"dataset": dataset.facts(), "file_bytes": stored.size_bytes(),
              "questions": [ask(one, stored, own, bench)
                            for one in QUESTIONS]}
    result["other_cpu_share"] = load.share()
    return result


def opening(dataset, bench):
    """Opening a file of many years and one answer from it, again and again,
    each time from the start."""
    stored = ensure_imported(dataset, bench)
    bench.settings.prepare(stored)
    question = QUESTIONS[0]
    times = TIMES if not bench.quick else 11
    load = measure.OtherLoad()
    base = job("opening", question.for_library("open", stored.path, times),
               check_rows([]), stored)
    whole = job("whole", question.for_program(stored.path), same_text(),
                stored)
    result = {"dataset": dataset.facts(), "file_bytes": stored.size_bytes(),
              "title": question.title, "inside": alone(base, bench),
              "whole": alone(whole, bench)}
    if bench.has_duckdb:
        own = ensure_duckdb(dataset, "double")
        result["duckdb"] = pairs(
            base, job("duckdb_opening",
                      question.for_duckdb("open", own.path, times),
                      check_rows([]), own), bench)
        own.remove()
    result["other_cpu_share"] = load.share()
    return result


SQL = [("count", "SELECT count(*) FROM readings"),
       ("sum", "SELECT sum(voltage) FROM readings"),
       ("where", "SELECT count(*) FROM readings WHERE current > 1"),
       ("group", "SELECT device_id, avg(voltage) FROM readings GROUP BY "
        "device_id")]


def sql(dataset, bench):
    """Rows a second that SQL sees through the view of readings."""
    if not has_command("sql"):
        bench.skip("sql", "this wattle has no command sql")
        return None
    stored = wattle_file(dataset)
    bench.settings.prepare(stored)
    load = measure.OtherLoad()
    result = {"readings": dataset.readings, "statements": []}
    for name, words in SQL:
        bench.say(f"{dataset.name}: {words}")
        entry = alone(job(f"sql_{name}", [paths.WATTLE, "sql", stored.path,
                                          words], same_text(), stored), bench)
        result["statements"].append({
            "name": name, "sql": words, **entry, "readings_per_s":
            dataset.readings / entry["wall_s"]["median"]})
    result["other_cpu_share"] = load.share()
    return result
