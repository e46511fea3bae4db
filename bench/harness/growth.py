"""Growth: wattle from little to very much data, and peers where they still
finish.

Up to 100 million readings from plain files; above that packed with zstd, so
that a billion needs 6 GB of disk and not 43. Unpacking costs time that plain
files do not, so the last plain size is measured packed as well. Data above
KEEP_READINGS are removed afterwards.
"""

import os
import shutil

from . import compare, contenders, datasets, measure, paths

KEEP_READINGS = 20_000_000
PACKED_FILES = 8
# What a reading takes on disk, rounded up.
PLAIN_BYTES = 45
PACKED_BYTES = 8
SPARE_BYTES = 2 << 30


def plain(readings):
    return datasets.Dataset("plain", readings)


def packed(readings):
    return datasets.Dataset("zst_files", readings,
                            ["--zstd", "--files", str(PACKED_FILES)])


def lack_of_disk(readings, bytes_each):
    """Why the data cannot be made, or None."""
    wanted = readings * bytes_each + SPARE_BYTES
    free = shutil.disk_usage(paths.DATA).free
    if wanted > free:
        return (f"needs {wanted / 1e9:.0f} GB of disk, "
                f"{free / 1e9:.0f} GB are free")
    return None


def remove_large(dataset):
    """Give the disk back."""
    if dataset.readings > KEEP_READINGS:
        shutil.rmtree(dataset.folder, ignore_errors=True)
        if os.path.exists(dataset.folder + ".stamp"):
            os.remove(dataset.folder + ".stamp")


def measure_plain(readings, peers, settings, say):
    """wattle at one size; peers beside it, each in pairs with it. Each peer is
    tried, not foreseen, and stopped where it takes too much."""
    dataset = plain(readings)
    reason = lack_of_disk(readings, PLAIN_BYTES)
    if reason and not os.path.isdir(dataset.folder):
        say(f"{dataset.name}: {reason}")
        return None
    try:
        datasets.ensure(dataset, say)
        return compare.compare(
            dataset, contenders.wattle(title=f"wattle ({os.cpu_count()} "
                                       "threads)"),
            peers, settings, compare.Foresight(settings), say)
    finally:
        remove_large(dataset)


def measure_packed(readings, settings, say):
    """wattle alone on packed files. One answer checked, all others the same
    bytes."""
    dataset = packed(readings)
    reason = lack_of_disk(readings, PACKED_BYTES)
    if reason and not os.path.isdir(dataset.folder):
        return {"readings": readings, "status": "skipped", "reason": reason}
    try:
        datasets.ensure(dataset, say)
        settings.prepare(dataset)
        say(f"{dataset.name}: wattle")
        return {"readings": readings,
                **runs_alone(dataset, settings)}
    finally:
        remove_large(dataset)


def runs_alone(dataset, settings):
    load = measure.OtherLoad()
    wattle = contenders.wattle()
    try:
        reference = compare.first_answer(dataset, wattle, settings)
        job = compare.Job(
            "packed", wattle.command(dataset),
            lambda file: wattle.check(file, reference), dataset)
        first = compare.run_job(job, settings)
        n_runs = measure.number_of_pairs(settings.rounds, first["wall_s"])
        runs = [first] + [compare.run_job(job, settings)
                          for _ in range(n_runs - 1)]
    except measure.TooSlow as error:
        return {"status": "too_slow", "reason": str(error)}
    result = {"status": "ok", "dataset": dataset.facts(), "runs": runs,
              "other_cpu_share": load.share(), **measure.summarise_runs(runs)}
    compare.add_rates(result, dataset)
    return result


def growth(sizes, packed_sizes, peers, settings, say, show):
    """Results of plain sizes, the largest with peers, and of packed ones."""
    plain_results = []
    for readings in sizes:
        result = measure_plain(
            readings, peers if readings == sizes[-1] else [], settings, say)
        if result:
            plain_results.append(result)
            show(result)
    packed_results = [measure_packed(readings, settings, say)
                      for readings in packed_sizes]
    return plain_results, packed_results
