"""The ladder: what each technique is worth. From the Python monitor over the
same work in plain C (bench/ladder) to wattle, one technique after the other;
then one technique off at a time; then readers with a cold cache.

Every answer of every rung is checked against wattle's, like all others.
"""

import glob
import json
import os
import subprocess

from . import answers, contenders, datasets, measure, paths
from .compare import Job, add_rates, first_answer, outcome, run_job

PROGRAM = paths.WORK + "/ladder"
SOURCES = "bench/ladder/*.c"
# The flags of the release build that bear on speed.
FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-O3", "-ffp-contract=off"]

READERS = ("pread", "mmap", "uring")

# The rungs of the C program: technique, title, the switch that it turns.
# Numbers of techniques are those of the sections of PERFORMANCE.md.
RUNGS = [
    ("language", "the same in plain C", {}),
    ("data structures", "+ devices by hash, not by linear search",
     {"lookup": "hash"}),
    ("parsing", "+ timestamps by hand, not by strptime", {"time": "hand"}),
    ("parsing", "+ decimals by hand, not by strtod", {"number": "hand"}),
    ("chunks", "+ blocks of 256 KiB, not fgets", {"input": "blocks"}),
    ("algorithms", "+ no trigonometry: the identity",
     {"efficiency": "identity"}),
    ("caching", "+ efficiency from tables", {"efficiency": "table"}),
    ("caching", "+ day of the date remembered", {"time": "memo"}),
    ("algorithms", "+ one pass, not five", {"passes": "one"}),
    ("chunks", "+ rows forgotten after 1,024, not all kept",
     {"keep": "batch"}),
    ("data structures", "+ columns, not row structs", {"layout": "columns"}),
    ("data structures", "+ next device guessed, hash only when wrong",
     {"lookup": "guess"}),
    ("algorithms", "+ integer sums, not double", {"sums": "integer"}),
]

# What one switch of the C program costs when it is turned back.
OFF = [
    ("data structures", "devices by hash, no guess", {"lookup": "hash"}),
    ("data structures", "devices by linear search", {"lookup": "linear"}),
    ("data structures", "row structs", {"layout": "rows"}),
    ("caching", "efficiency by formula", {"efficiency": "identity"}),
    ("caching", "date computed for every row", {"time": "hand"}),
    ("parsing", "timestamps by strptime", {"time": "strptime"}),
    ("parsing", "decimals by strtod", {"number": "strtod"}),
    ("algorithms", "efficiency by trigonometry",
     {"efficiency": "trigonometry"}),
    ("algorithms", "five passes over each batch", {"passes": "many"}),
    ("algorithms", "sums in double", {"sums": "double"}),
    ("algorithms", "sums in double, compensated", {"sums": "compensated"}),
    ("chunks", "fgets line by line", {"input": "lines"}),
    ("chunks", "all rows kept", {"keep": "all"}),
]


def full():
    """All switches of the C program as the last of its rungs has them."""
    switches = {}
    for _, _, change in RUNGS:
        switches.update(change)
    return switches


def rungs():
    """(technique, title, switches) of every rung of the C program."""
    switches = {}
    for technique, title, change in RUNGS:
        switches = {**switches, **change}
        yield technique, title, switches


def turned_back():
    """(technique, title, switches) with one switch turned back."""
    for technique, title, change in OFF:
        yield technique, title, {**full(), **change}


def words(switches):
    """Switches as arguments."""
    return [word for name, value in switches.items()
            for word in (f"--{name}", value)]


def build(program=PROGRAM, flags=None):
    """Compile the C program when it is missing or older than its sources."""
    sources = sorted(glob.glob(SOURCES))
    if (os.path.exists(program)
            and os.path.getmtime(program)
            > max(map(os.path.getmtime,
                      sources + glob.glob("bench/ladder/*.h")))):
        return
    subprocess.run([os.environ.get("CC", "cc"), *(flags or FLAGS), "-o",
                    program, *sources, "-lm"], check=True)


class Rung:
    """One step of the stack."""

    def __init__(self, technique, title, program, options, job,
                 is_choice=False):
        self.facts = {"technique": technique, "title": title,
                      "program": program, "options": options}
        self.job = job
        self.is_choice = is_choice  # another way, nothing stands on it


def ladder_job(dataset, reference, switches):
    return Job("rung", [PROGRAM, dataset.folder, *words(switches)],
               lambda file: answers.check_ladder(file, reference), dataset)


def wattle_job(dataset, reference, options, name="rung"):
    return Job(name, [*contenders.wattle().command(dataset), *options],
               lambda file: answers.check_wattle(file, reference), dataset)


def wattle_rungs():
    """wattle's own rungs: technique, title, options, is it a choice."""
    one = ["--threads", "1"]
    cores = ["--threads", str(os.cpu_count())]
    return [
        ("wattle", "wattle itself, plain C, 1 thread, nothing remembered",
         ["--simd", "scalar", "--no-cache", *one], False),
        ("caching", "+ templates, dates, efficiencies remembered",
         ["--simd", "scalar", *one], False),
        ("vectors", "+ AVX2", ["--simd", "avx2", *one], False),
        ("vectors", "+ AVX-512", ["--simd", "avx512", *one], False),
        ("threads", f"+ {os.cpu_count()} threads", cores, False),
        ("readers", "or with --reader mmap", [*cores, "--reader", "mmap"],
         True),
        ("readers", "or with --reader uring", [*cores, "--reader", "uring"],
         True),
    ]


def all_rungs(dataset, reference, with_before):
    """The stack, from the Python monitor to wattle."""
    steps = []
    if with_before:
        before = contenders.before()
        steps.append(Rung(
            "before", before.title, "python", [],
            Job("rung_before", before.command(dataset),
                lambda file: answers.check_before(file, reference), dataset)))
    for technique, title, switches in rungs():
        steps.append(Rung(technique, title, "ladder", words(switches),
                          ladder_job(dataset, reference, switches)))
    for technique, title, options, is_choice in wattle_rungs():
        steps.append(Rung(technique, title, "wattle", options,
                          wattle_job(dataset, reference, options), is_choice))
    for number, step in enumerate(steps):
        step.job.name = f"rung_{number}"
    return steps


def first_rung(rung, settings):
    """The first rung stands alone: a trial, then as many runs as pairs."""
    try:
        trial = run_job(rung.job, settings)
        n_runs = measure.number_of_pairs(settings.rounds, trial["wall_s"])
        runs = [run_job(rung.job, settings) for _ in range(n_runs)]
    except (measure.TooSlow, measure.TooLarge) as error:
        return {"status": "too_slow", "reason": str(error)}
    except (measure.CommandFailed, answers.WrongAnswer) as error:
        return {"status": "wrong", "reason": str(error)}
    result = {"status": "ok", "runs": runs, **measure.summarise_runs(runs)}
    add_rates(result, rung.job.dataset)
    return result


def paired(base, job, settings):
    """A job in pairs with another. gain is how many times faster it is. wattle
    refuses what a machine does not have; that is no fault."""
    result = outcome(base, job, settings)
    if result["status"] == "failed" and job.command[0] == paths.WATTLE:
        result["status"] = "skipped"
    if result["status"] == "ok":
        result["gain"] = measure.summary([
            one["wall_s"] / other["wall_s"] for one, other
            in zip(result["base_runs"], result["runs"])])
        result["memos"] = take_memos(result["runs"])
        take_memos(result["base_runs"])
    return result


def take_memos(runs):
    """Move the hit rates out of the runs, which all have the same."""
    found = [run.pop("memos", None) for run in runs]
    return found[0] if found else None


def stack(steps, settings, say):
    """Each rung in pairs with the one below it."""
    entries, below = [], None
    for step in steps:
        say(f"ladder: {step.facts['title']}")
        result = first_rung(step, settings) if below is None else \
            paired(below.job, step.job, settings)
        entries.append({"kind": "stack", "is_choice": step.is_choice,
                        "on": below.facts["title"] if below else None,
                        **step.facts, **result})
        if result["status"] == "ok" and not step.is_choice:
            below = step
    return entries


def switches_off(dataset, reference, settings, say):
    """One switch of the C program back, in pairs with all switched on."""
    base = ladder_job(dataset, reference, full())
    base.name = "rung_full"
    for technique, title, switches in turned_back():
        say(f"ladder: {title}")
        result = paired(base, ladder_job(dataset, reference, switches),
                        settings)
        yield {"kind": "off", "technique": technique, "title": title,
               "options": words(switches), **result}


def wattle_switches():
    """One switch of wattle at a time: technique, options."""
    yield "caching", ["--no-cache"]
    for level in ("scalar", "avx2", "avx512"):
        yield "vectors", ["--simd", level]
    threads = 1
    while threads <= os.cpu_count():
        yield "threads", ["--threads", str(threads)]
        threads *= 2
    for reader in READERS:
        yield "readers", ["--reader", reader]
    for size in (65536, 1 << 20, 4 << 20):
        yield "chunks", ["--block", str(size)]


def wattle_off(dataset, reference, settings, say):
    """One switch of wattle, in pairs with its defaults."""
    base = wattle_job(dataset, reference, [], "rung_default")
    for technique, options in wattle_switches():
        title = " ".join(options)
        say(f"ladder: {title}")
        result = paired(base, wattle_job(dataset, reference, options),
                        settings)
        yield {"kind": "switch", "technique": technique, "title": title,
               "options": options, **result}


def layout_hit_rate(dataset):
    """How often wattle knows the template of a row; it counts that itself."""
    done = subprocess.run(
        [*contenders.wattle().command(dataset), "--timings"], check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(done.stdout)["timings"]["cache_hit_rate"]


def prepared(readings, settings, say):
    """The data in the cache, and wattle's answer about them."""
    dataset = datasets.Dataset("plain", readings)
    datasets.ensure(dataset, say)
    datasets.read_back(dataset)
    return dataset, first_answer(dataset, contenders.wattle(), settings)


def warm(readings, settings, with_before, say):
    """The stack, then one technique off at a time. All with a warm cache."""
    build()
    dataset, reference = prepared(readings, settings, say)
    load = measure.OtherLoad()
    entries = stack(all_rungs(dataset, reference, with_before), settings, say)
    entries += switches_off(dataset, reference, settings, say)
    entries += wattle_off(dataset, reference, settings, say)
    return {"dataset": dataset.facts(), "is_cold": False,
            "layout_hit_rate": layout_hit_rate(dataset),
            "other_cpu_share": load.share(), "entries": entries}


def cold(readings, settings, say):
    """The readers with a cold cache, each in pairs with itself on a warm
    one."""
    dataset, reference = prepared(readings, settings, say)
    load = measure.OtherLoad()
    entries = []
    for threads in sorted({1, os.cpu_count()}):
        for reader in READERS:
            options = ["--threads", str(threads), "--reader", reader]
            say(f"ladder, cold cache: {' '.join(options)}")
            job = wattle_job(dataset, reference, options)
            job.is_cold = True
            result = paired(wattle_job(dataset, reference, options, "warm"),
                            job, settings)
            if result["status"] == "ok":
                result["warm_wall_s"] = measure.summary(
                    [run["wall_s"] for run in result["base_runs"]])
                result["warm_cpu_s"] = measure.summary(
                    [run["user_s"] + run["sys_s"]
                     for run in result["base_runs"]])
            entries.append({"kind": "cold", "technique": "readers",
                            "title": f"--reader {reader}", "reader": reader,
                            "threads": threads, "options": options, **result})
    datasets.drop(dataset)
    return {"dataset": dataset.facts(), "is_cold": True,
            "cached_share_when_cold": datasets.cached_share(dataset),
            "other_cpu_share": load.share(), "entries": entries}
