"""Filling a database: wattle import in pairs with DuckDB's load, the sizes of
the files, and what the entropy of the values would take."""

import json
import os
import subprocess

from harness import answers, contenders, datasets, measure, paths

from .setting import (DUCKDB, alone, check_count, duckdb_file,
                      import_command, job, pairs, wattle_file)

FLOOR = "bench/storage/entropy_floor.py"
# Sorted and written by DuckDB in as many types as this.
KINDS = {"double": "DuckDB, DOUBLE", "decimal": "DuckDB, DECIMAL"}


def fill(dataset, bench, reference):
    """One size: all of the above. The files stay for other measurements."""
    bench.settings.prepare(dataset)
    load = measure.OtherLoad()
    bench.say(f"{dataset.name}: import")
    target = wattle_file(dataset)
    result = {"dataset": dataset.facts(),
              "import": alone(import_job(dataset), bench),
              "import_1": alone(import_job(dataset, "--threads", "1"), bench),
              "duckdb": {}}
    for kind, title in KINDS.items() if bench.has_duckdb else ():
        bench.say(f"{dataset.name}: {title}")
        result["duckdb"][kind] = {"title": title,
                                  **load_pairs(dataset, kind, bench)}
    check_import(dataset, bench, reference)
    for name in ("import", "import_1"):
        add_rate(result[name], dataset)
    result.update(size_of(target), entropy=floor(dataset, bench),
                  other_cpu_share=load.share())
    return result


def import_job(dataset, *options):
    target = wattle_file(dataset)
    return job("import", import_command(dataset, target, *options),
               lambda _: {}, dataset, target.make_way)


def load_pairs(dataset, kind, bench):
    """DuckDB's load in pairs with wattle import."""
    target = duckdb_file(dataset, kind)
    load = job(f"load_{kind}",
               [*DUCKDB, "load", dataset.folder, target.path, kind],
               check_count(dataset.readings), dataset, target.make_way)
    result = pairs(import_job(dataset), load, bench)
    if result["status"] == "ok":
        result.update(size_of(target))
        result["readings_per_s"] = (dataset.readings
                                    / result["other"]["wall_s"]["median"])
    return result


def check_import(dataset, bench, reference):
    """A report of the database must be that of the files, byte for byte."""
    measure.run("imported", report_command(wattle_file(dataset)),
                bench.settings.limit_s)
    answers.expect("report of the database",
                   answers.hash_of(measure.output_file("imported")),
                   reference.hash)


def report_command(stored, *options):
    return [paths.WATTLE, "report", stored.path, "--json", "--no-progress",
            *options]


def add_rate(entry, dataset):
    wall_s = entry["wall_s"]["median"]
    entry["readings_per_s"] = dataset.readings / wall_s
    entry["bytes_per_s"] = dataset.size_bytes() / wall_s


def size_of(stored):
    """The file, and what has not found its way into it yet."""
    size = sum(os.path.getsize(stored.path + end) for end in ("", "-wal")
               if os.path.exists(stored.path + end))
    return {"file_bytes": size, "bytes_per_reading": size / stored.readings}


def floor(dataset, bench):
    """Entropy of the values, computed by a program of its own; None where it
    cannot run."""
    bench.say(f"{dataset.name}: entropy of the values")
    done = subprocess.run(
        [contenders.DEBIAN_PYTHON, FLOOR, *dataset.files()],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or ["no words"]
        bench.skip(f"entropy of {dataset.name}", words[-1])
        return None
    return json.loads(done.stdout)


def first_reference(dataset, bench):
    """What the files say, which all answers are held against."""
    datasets.ensure(dataset, bench.say)
    command = contenders.wattle().command(dataset)
    measure.run("reference", command, bench.settings.limit_s)
    return answers.Reference(measure.output_file("reference"),
                             dataset.readings)
