"""What all measurements of the store share: files that hold readings, the
programs that ask them, and pairs of wattle and DuckDB.

Every figure of DuckDB is there twice: that of the whole process, in which
Node.js starts first, and that of the work inside it.
"""

import json
import os
import shutil
import subprocess

from harness import answers, compare, contenders, datasets, measure, paths

DUCKDB = ["node", f"{paths.PEERS}/duckdb_store.js"]
FILES = paths.WORK + "/stored"
SCAN = paths.WORK + "/store_scan"
QUERIES = paths.WORK + "/store_queries"
BUILD = "build/release"
SOURCES = "bench/storage"
LIBRARIES = ["-lzstd", "-lz", "-lisal", "-luring", "-lsqlite3", "-lxxhash",
             "-lm", "-lpthread"]


class Bench:
    """What the user asked for, and what is there to do it with.

    skipped: what was left out, with the reason.
    """

    def __init__(self, settings, quick, say):
        self.settings = settings
        self.quick = quick
        self.say = say
        self.skipped = {}
        self.has_duckdb = False
        self.has_queries = False

    def skip(self, name, reason):
        self.skipped[name] = reason
        self.say(f"skipped: {name}: {reason}")


class StoredFile:
    """One database file; looks like a Dataset to the harness."""

    def __init__(self, path, readings):
        self.path = path
        self.readings = readings

    def files(self):
        return [self.path]

    def size_bytes(self):
        return os.path.getsize(self.path)

    def remove(self):
        """Together with what lies beside it while it is written."""
        for end in ("", "-wal", "-shm", ".wal"):
            if os.path.exists(self.path + end):
                os.remove(self.path + end)
        shutil.rmtree(self.path + ".tmp", ignore_errors=True)

    def make_way(self):
        """Before a run that makes the file: nothing of the last one is left,
        and nothing is waiting to be written to the disk."""
        self.remove()
        os.sync()


def wattle_file(dataset):
    return StoredFile(f"{FILES}/{dataset.name}.db", dataset.readings)


def duckdb_file(dataset, kind):
    return StoredFile(f"{FILES}/{dataset.name}_{kind}.duckdb",
                      dataset.readings)


def prepare(bench):
    """Folders, DuckDB and the programs in C."""
    os.makedirs(FILES, exist_ok=True)
    _, skipped = contenders.prepare_peers(contenders.choose_peers("duckdb"),
                                          bench.say)
    bench.has_duckdb = not skipped
    for reason in skipped.values():
        bench.skip("DuckDB", reason)
    compile_c(SCAN, f"{SOURCES}/store_scan.c", "libwattle_inner.a", "src")
    if os.path.exists("include/wattle/query.h"):
        compile_c(QUERIES, f"{SOURCES}/store_queries.c", "libwattle.a",
                  "include")
        bench.has_queries = True
    else:
        bench.skip("queries", "this wattle has no query.h")


def compile_c(target, source, library, include):
    """Compile a program and link it with a library of the release build."""
    subprocess.run(
        [os.environ.get("CC", "cc"), "-std=gnu17", "-D_GNU_SOURCE", "-O2",
         "-Wall", "-Wextra", "-Iinclude", f"-I{include}", "-o", target,
         source, f"{BUILD}/{library}", *LIBRARIES],
        check=True)


def has_command(name):
    """Whether wattle knows a command."""
    return subprocess.run([paths.WATTLE, name, "--help"], check=False,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def lack_of(bench, dataset, factor=1.0):
    """Why there is no room for the data and what is made of them, or None."""
    wanted = dataset.readings * 45 * factor + (2 << 30)
    free = shutil.disk_usage(paths.DATA).free
    if os.path.isdir(dataset.folder) or wanted <= free:
        return None
    reason = (f"needs {wanted / 1e9:.0f} GB of disk, {free / 1e9:.0f} GB are "
              "free")
    bench.skip(dataset.name, reason)
    return reason


def import_command(dataset, target, *options):
    return [paths.WATTLE, "import", dataset.folder, "--db", target.path,
            "--quiet", "--no-progress", *options]


def ensure_imported(dataset, bench):
    """The data, and wattle's file of them, unless it is newer than they."""
    datasets.ensure(dataset, bench.say)
    target = wattle_file(dataset)
    target.remove()
    subprocess.run(import_command(dataset, target), check=True)
    return target


def ensure_duckdb(dataset, kind):
    """DuckDB's file of the same readings."""
    target = duckdb_file(dataset, kind)
    target.remove()
    subprocess.run([*DUCKDB, "load", dataset.folder, target.path, kind],
                   check=True, stdout=subprocess.DEVNULL)
    return target


def job(name, command, check, dataset, before=None):
    made = compare.Job(name, command, check, dataset)
    made.before = before
    return made


def alone(one, bench):
    """Runs of one job that nothing is compared with."""
    first = compare.run_job(one, bench.settings)
    n_runs = measure.number_of_pairs(bench.settings.rounds, first["wall_s"])
    runs = [compare.run_job(one, bench.settings) for _ in range(n_runs)]
    return entry_of(runs)


def entry_of(runs):
    """Figures of many runs; inside_s where the program tells it."""
    entry = {"status": "ok", "runs": runs, **measure.summarise_runs(runs)}
    inside = [run["inside_s"] for run in runs if "inside_s" in run]
    if inside:
        entry["inside_s"] = measure.summary(inside)
    return entry


def pairs(base, other, bench):
    """A job in pairs with one of wattle: {"wattle", "other", "ratio",
    "inside_ratio"}; where the other fails, its status and reason.

    inside_ratio: the other's work inside its process over wattle's inside, or
    over wattle's whole process where wattle does not tell the time inside.
    """
    result = compare.outcome(base, other, bench.settings)
    if result["status"] != "ok":
        return {"status": result["status"], "reason": result["reason"]}
    base_runs, runs = result["base_runs"], result["runs"]
    found = {"status": "ok", "wattle": entry_of(base_runs),
             "other": entry_of(runs), "ratio": result["ratio_to_wattle"],
             "cpu_ratio": result["cpu_ratio_to_wattle"]}
    if "inside_s" in runs[0]:
        found["inside_ratio"] = measure.summary(
            [run["inside_s"] / base_run.get("inside_s", base_run["wall_s"])
             for base_run, run in zip(base_runs, runs)])
    return found


def check_duckdb(file_name, reference):
    """The answer of DuckDB to the question of a report."""
    figures = answers.check_peer(file_name, reference)
    figures["inside_s"] = figures.pop("load_s") + figures.pop("analytics_s")
    return figures


def check_count(readings):
    """A check of how many readings a program says it has had."""
    def check(file_name):
        answer = answers.read_json(file_name)
        answers.expect("readings", answer.get("total", answer.get("readings")),
                       readings)
        return {key: answer[key] for key in ("inside_s", "times_s")
                if key in answer}
    return check


def read_output(name):
    with open(measure.output_file(name), encoding="utf-8") as file:
        return json.load(file)
