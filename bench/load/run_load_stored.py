#!/usr/bin/env python3
"""The load test of a database: many readers while somebody imports into it.

    python3 bench/load/run_load_stored.py            about two minutes
    python3 bench/load/run_load_stored.py --quick    two short rounds

A round: a fresh database of 2 million readings, 32 readers (24 library
handles in the threads of one process, 8 that start `wattle`), and in the midst
of it an import of 10 million later readings. Each reader asks, waits a quarter
of a second, and asks again; mostly for a day of a device. Every answer must
be, byte for byte, that of before or that of after the import; old answers
after the import has ended, or new ones before it began, are wrong. Between
rounds the same import runs alone. The exit status is 1 when an error or a
wrong answer occurred. Prints tables and writes bench/results/NAME.json
(load_stored, or load_stored_quick with --quick).
"""

import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

# These need the path above.
from harness import (datasets, machine, measure, paths, records, tables)  # noqa: E402
from run_load import latency_summary, percentile  # noqa: E402
from storage import setting  # noqa: E402

SCHEMA = 1
WORK = paths.WORK + "/load_stored"
PROGRAM = WORK + "/load_stored"
SOURCE = "bench/load/load_stored.c"

DEVICES = 1000
STEPS_A_DAY = 96
BASE = 2_000_000
MORE = 10_000_000
QUICK_MORE = 1_000_000
START = datetime.datetime(2023, 1, 1, tzinfo=datetime.timezone.utc)

IMPORT_LIMIT_S = 300
IMPORT_AFTER_S = 2.0
GRACE_S = 120
SHOWN_MESSAGES = 5
BUSY_SHARE = 0.05

# One round of a reader's questions, by the names of jobs.
ROUND = ("day", "day", "year", "day", "day", "total", "day", "sql", "day",
         "day", "hours", "day", "day", "report", "day")


def arguments():
    parser = argparse.ArgumentParser(
        description="Ask a database while somebody imports into it.")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help="default 6; quick: 2")
    parser.add_argument("--seconds", type=float, metavar="S",
                        help="time for each round (default 10; quick: 5)")
    parser.add_argument("--handles", type=int, default=24, metavar="N",
                        help="readers in one process (default 24)")
    parser.add_argument("--processes", type=int, default=8, metavar="N",
                        help="readers that start wattle (default 8)")
    parser.add_argument("--pause", type=float, default=0.25, metavar="S",
                        help="what a reader waits between answer and question "
                        "(default 0.25)")
    parser.add_argument("--quick", action="store_true",
                        help="little data, two rounds")
    parser.add_argument("--name", metavar="NAME",
                        help="name of the results (default load_stored)")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 6)
    options.seconds = options.seconds or (5.0 if options.quick else 10.0)
    options.name = options.name or ("load_stored_quick" if options.quick
                                    else "load_stored")
    options.more = QUICK_MORE if options.quick else MORE
    if options.handles < 0 or options.processes < 0 or \
            not 1 <= options.handles + options.processes <= 1024:
        parser.error("there may be 1 to 1024 readers")
    return options


def say(words):
    """Progress, on stderr."""
    print(f"... {words}", file=sys.stderr, flush=True)


def time_text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_after(readings):
    """When the readings up to that number end."""
    return START + datetime.timedelta(
        days=readings / DEVICES / STEPS_A_DAY)


class Home:
    """The data: what is there before, and what comes."""

    def __init__(self, more):
        self.base = datasets.Dataset(
            "stored_base", BASE, ["--devices", str(DEVICES)])
        self.more = datasets.Dataset(
            "stored_more", more, ["--devices", str(DEVICES), "--seed", "2",
                                  "--start", time_text(moment_after(BASE))])
        self.before = setting.StoredFile(f"{WORK}/before.db", BASE)
        self.after = setting.StoredFile(f"{WORK}/after.db", BASE + more)
        self.live = setting.StoredFile(f"{WORK}/live.db", BASE + more)

    def prepare(self):
        for dataset in (self.base, self.more):
            datasets.ensure(dataset, say)
        for stored in (self.before, self.after):
            stored.remove()
            run_import(self.base, stored)
        run_import(self.more, self.after)
        datasets.read_back(self.more)

    def make_live(self):
        """The database as it is before; nothing of it waits to be written."""
        self.live.remove()
        shutil.copyfile(self.before.path, self.live.path)
        os.sync()


def run_import(dataset, stored):
    subprocess.run(setting.import_command(dataset, stored), check=True)


class Job:
    """A question: kind and words as load_stored wants them."""

    def __init__(self, name, kind, *words):
        self.name = name
        self.words = [kind, *words, *["-"] * (4 - len(words))]

    def command(self, path):
        """The command of wattle that answers it."""
        kind, device, since, until, every = self.words
        if kind == "report":
            return [paths.WATTLE, kind, path, "--json", "--no-progress"]
        if kind == "sql":
            return [paths.WATTLE, kind, path, device]
        which = ["--total"] if device == "-" else ["--device", device]
        return [paths.WATTLE, kind, path, "--csv", "--every",
                {"hour": "1h", "day": "1d"}[every], "--since", since,
                "--until", until, *which]

    def expect(self, home):
        """Ask both databases alone; returns its line of the jobs file."""
        files = []
        for state, stored in (("before", home.before), ("after", home.after)):
            files.append(f"{WORK}/{self.name}.{state}")
            with open(files[-1], "wb") as file:
                subprocess.run(self.command(stored.path), check=True,
                               stdout=file)
        return "\t".join(self.words + files) + "\n"


def make_jobs():
    """The questions, about the time where old readings end and new begin."""
    edge = moment_after(BASE).replace(hour=0, minute=0)
    day = datetime.timedelta(days=1)
    around = [time_text(edge), time_text(edge + day)]
    week = [time_text(edge - 3 * day), time_text(edge + 4 * day)]
    jobs = [Job("day", "query", "DEV0500", *around, "hour"),
            Job("hours", "query", "DEV0321", *week, "hour"),
            Job("year", "query", "DEV0123", time_text(START),
                time_text(START + 365 * day), "day"),
            Job("total", "query", "-", *around, "hour"),
            Job("report", "report")]
    if setting.has_command("sql"):
        jobs.append(Job("sql", "sql", "SELECT sum(energy_kwh), count(*) FROM "
                        "daily"))
    return jobs


def round_digits(jobs):
    """ROUND as load_stored wants it; what wattle cannot do is left out."""
    numbers = {job.name: str(number) for number, job in enumerate(jobs)}
    return "".join(numbers[name] for name in ROUND if name in numbers)


class Answers:
    """What load_stored printed."""

    def __init__(self, file_name):
        self.rows = []  # job, reader, asked, latency, outcome
        self.end = None
        with open(file_name, encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("{"):
                    self.end = json.loads(line)
                    continue
                words = line.split()
                if len(words) == 5:
                    self.rows.append((int(words[0]), words[1],
                                      float(words[2]), float(words[3]),
                                      words[4]))

    def judge(self, began, ended):
        """Old answers that came too late and new ones that came too early are
        wrong; began and ended are those of the import."""
        return [(job, reader, asked, latency,
                 "wrong" if (outcome == "before" and asked > ended)
                 or (outcome == "after" and asked + latency < began)
                 else outcome)
                for job, reader, asked, latency, outcome in self.rows]


def import_once(home):
    """Import into the live database; its figures, with begin and end."""
    began = time.monotonic()
    figures = measure.run("load_import", setting.import_command(
        home.more, home.live), IMPORT_LIMIT_S)
    return {**figures, "began_s": began, "ended_s": time.monotonic()}


def one_round(number, home, options, digits):
    """Readers for their time, an import in the midst of it."""
    home.make_live()
    name = f"{WORK}/round-{number}"
    command = [PROGRAM, home.live.path, paths.WATTLE, str(options.handles),
               str(options.processes), str(options.seconds),
               str(options.pause), digits, f"{WORK}/jobs"]
    with open(f"{name}.out", "wb") as out, open(f"{name}.err", "wb") as err, \
            subprocess.Popen(command, stdout=out, stderr=err) as readers:
        try:
            time.sleep(IMPORT_AFTER_S)
            figures = import_once(home)
            status = readers.wait(options.seconds + GRACE_S)
        except BaseException:
            readers.kill()
            raise
    answers = Answers(f"{name}.out")
    with open(f"{name}.err", encoding="utf-8", errors="replace") as file:
        messages = file.read().splitlines()
    if status != 0 or answers.end is None:
        messages.append(f"the readers ended with {status}")
    rows = answers.judge(figures["began_s"], figures["ended_s"])
    return {"import": figures, "rows": rows, "messages": messages,
            "end": answers.end or {},
            "is_broken": status != 0 or answers.end is None}


def is_meanwhile(row, figures):
    """Whether an answer was asked for or came while the import ran."""
    return (row[2] < figures["ended_s"]
            and row[2] + row[3] > figures["began_s"])


def summary_of(rounds, jobs):
    """Counts and latencies, of all answers and of those during an import."""
    rows = [(row, is_meanwhile(row, one["import"]))
            for one in rounds for row in one["rows"]]
    return {
        "answers": len(rows),
        "meanwhile": sum(during for _, during in rows),
        "outcomes": {word: sum(row[4] == word for row, _ in rows)
                     for word in ("before", "after", "same", "wrong",
                                  "error")},
        "jobs": [job_summary(number, job, rows)
                 for number, job in enumerate(jobs)],
    }


def job_summary(number, job, rows):
    """Latencies of one question: by handles and by processes, all and during
    imports."""
    result = {"name": job.name, "words": job.words}
    for reader, title in (("h", "handles"), ("p", "processes")):
        own = [(row[3], during) for row, during in rows
               if row[0] == number and row[1] == reader
               and row[4] not in ("wrong", "error")]
        result[title] = latency_summary(sorted(one for one, _ in own))
        result[f"{title}_meanwhile"] = latency_summary(
            sorted(one for one, during in own if during))
    return result


def slow_down(alone, rounds):
    """How many times as long an import takes beside the readers; each is
    paired with the one alone before it."""
    return measure.summary([one["import"]["wall_s"] / before["wall_s"]
                            for before, one in zip(alone, rounds)])


def day_percentile(rounds):
    """The 99th percentile of a device's day in a library handle, over all."""
    return percentile(sorted(row[3] for one in rounds for row in one["rows"]
                             if row[0] == 0 and row[1] == "h"), 0.99)


def run_rounds(home, options, digits):
    """Imports alone and beside readers, in turn."""
    alone, rounds = [], []
    for number in range(options.rounds + 1):
        home.make_live()
        figures = import_once(home)
        if number == 0:
            continue  # the first is not counted
        alone.append(figures)
        say(f"round {number} of {options.rounds}")
        rounds.append(one_round(number, home, options, digits))
        for words in rounds[-1]["messages"][:SHOWN_MESSAGES]:
            say(f"  {words}")
    return alone, rounds


def results_of(options, home, jobs, alone, rounds):
    """What goes to the results file."""
    summary = summary_of(rounds, jobs)
    broken = sum(one["is_broken"] for one in rounds)
    return {
        "schema": SCHEMA, "kind": "load_stored", "name": options.name,
        "taken_at": datetime.datetime.now(datetime.timezone.utc)
        .strftime("%Y-%m-%dT%H:%M:%SZ"),
        "quick": options.quick, "rounds": options.rounds,
        "seconds": options.seconds, "pause_s": options.pause,
        "handles": options.handles, "processes": options.processes,
        "machine": machine.machine(), "software": machine.software(),
        "base": home.base.facts(), "more": home.more.facts(),
        "round": [name for name in ROUND
                  if name in [job.name for job in jobs]],
        **summary, "errors": summary["outcomes"]["error"] + broken,
        "wrong_answers": summary["outcomes"]["wrong"],
        "messages": [words for one in rounds for words in one["messages"]]
        [:100],
        "day_p99_s": day_percentile(rounds),
        "import_alone": measure.summarise_runs(alone),
        "import_meanwhile": measure.summarise_runs(
            [one["import"] for one in rounds]),
        "slow_down": slow_down(alone, rounds),
        "reader_cpu_share": sum(
            one["end"].get("cpu_s", 0) + one["end"].get("process_cpu_s", 0)
            for one in rounds) / (options.seconds * len(rounds)
                                  * os.cpu_count()),
    }


def latency_text(value):
    return "none" if value is None else tables.seconds(value)


def text_of(results):
    rows = [["", "handles", "median", "99 %", "longest", "processes",
             "median", "99 %", "during imports"]]
    for job in results["jobs"]:
        own, others = job["handles"], job["processes"]
        rows.append([
            job["name"], f"{own['n']:,}", latency_text(own["median_s"]),
            latency_text(own["p99_s"]), latency_text(own["max_s"]),
            f"{others['n']:,}", latency_text(others["median_s"]),
            latency_text(others["p99_s"]),
            f"{job['handles_meanwhile']['n']:,} + "
            f"{job['processes_meanwhile']['n']:,}"])
    alone = results["import_alone"]["wall_s"]["median"]
    beside = results["import_meanwhile"]["wall_s"]["median"]
    return "\n".join([
        f"{results['handles']} handles and {results['processes']} processes "
        f"ask {results['base']['readings']:,} readings while "
        f"{results['more']['readings']:,} come in",
        tables.table(rows),
        f"  {results['answers']:,} answers, {results['meanwhile']:,} of them "
        f"during imports; {results['errors']} errors, "
        f"{results['wrong_answers']} wrong",
        f"  import alone {tables.seconds(alone)}, beside the readers "
        f"{tables.seconds(beside)} "
        f"({tables.ratio(results['slow_down'])}); readers used "
        f"{tables.share(results['reader_cpu_share'])} of the CPU"])


def prepare():
    """Folders, a copy of the program, and the readers' program."""
    paths.make_folders()
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    paths.WATTLE = WORK + "/wattle"
    shutil.copy2(f"{setting.BUILD}/wattle", paths.WATTLE)
    measure.build_run_once()
    setting.compile_c(PROGRAM, SOURCE, "libwattle.a", "include")


def main():
    options = arguments()
    if not os.path.exists("include/wattle/query.h"):
        print("skipped: this wattle has no query.h")
        return 0
    prepare()
    home = Home(options.more)
    say("making the data and what is expected of them")
    home.prepare()
    jobs = make_jobs()
    with open(f"{WORK}/jobs", "w", encoding="utf-8") as file:
        file.writelines(job.expect(home) for job in jobs)
    others = measure.OtherLoad()
    alone, rounds = run_rounds(home, options, round_digits(jobs))
    results = results_of(options, home, jobs, alone, rounds)
    results["other_cpu_share_max"] = others.share()
    print(text_of(results))
    if results["other_cpu_share_max"] > BUSY_SHARE:
        print(f"Note: others kept {tables.share(others.share())} of the "
              "machine busy meanwhile; do not trust the times.")
    file_name = f"{paths.RESULTS}/{options.name}.json"
    with open(file_name, "w", encoding="utf-8") as file:
        records.dump(results, file)
    print(f"Results: {file_name}")
    for stored in (home.before, home.after, home.live):
        stored.remove()
    return 1 if results["errors"] or results["wrong_answers"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, measure.CommandFailed,
            subprocess.SubprocessError) as error:
        sys.exit(f"run_load_stored: {error}")
    except KeyboardInterrupt:
        sys.exit("run_load_stored: stopped")
