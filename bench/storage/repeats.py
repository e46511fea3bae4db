"""How often one must ask before a database pays: reports over the files, and
an import with the same reports over the database."""

import math

from harness import measure, paths

from .setting import alone, import_command, job, wattle_file

LOOP = 'i=0; while [ $i -lt "$1" ]; do "$2" report "$3" --quiet ' \
    '--no-progress; i=$((i+1)); done'


def loop(n, path):
    """A shell that makes N reports, one after the other."""
    return ["sh", "-c", LOOP, "loop", str(n), paths.WATTLE, path]


def repeats(dataset, bench):
    """N reports both ways, for several N; and from which N on the database is
    ahead, by the medians of one import and one report of each kind."""
    stored = wattle_file(dataset)
    load = measure.OtherLoad()
    counts = (1, 10, 100) if not bench.quick else (1, 10)
    result = {"readings": dataset.readings, "counts": []}
    into = import_command(dataset, stored)
    for n in counts:
        bench.say(f"{dataset.name}: {n} reports from files, and imported")
        files = alone(job("repeat_files", loop(n, dataset.folder), no_check,
                          dataset), bench)
        both = ["sh", "-c", '"$0" "$@" && ' + LOOP.replace("$1", str(n))
                .replace("$2", paths.WATTLE).replace("$3", stored.path), *into]
        imported = alone(job("repeat_imported", both, no_check, dataset,
                             stored.make_way), bench)
        result["counts"].append({"n": n, "files": files,
                                 "imported": imported})
    result["break_even"] = break_even(dataset, bench)
    result["other_cpu_share"] = load.share()
    return result


def no_check(_file_name):
    return {}


def break_even(dataset, bench):
    """Reports after which an import has paid; None when it never does."""
    stored = wattle_file(dataset)
    walls = [alone(job(name, command, no_check, dataset, before), bench)
             ["wall_s"]["median"] for name, command, before in (
                 ("once_files", loop(1, dataset.folder), None),
                 ("once_import", import_command(dataset, stored),
                  stored.make_way),
                 ("once_stored", loop(1, stored.path), None))]
    files_s, import_s, stored_s = walls
    if stored_s >= files_s:
        return None
    return math.ceil(import_s / (files_s - stored_s))
