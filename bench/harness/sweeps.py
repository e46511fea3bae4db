"""Further measurements of wattle: many runs on little data, and the shapes
that data come in, with DuckDB beside it."""

from . import answers, contenders, datasets, measure, paths
from .compare import Job, add_rates, first_answer, outcome, run_job

SLOW_WAY = ("--simd", "scalar", "--no-cache", "--threads", "1", "--reader",
            "pread")

# Shape, options of wattle generate, function of datasets.py that derives it,
# and whether its answer is the very bytes of the plain shape's answer.
SHAPES = [
    ("device_order", ["--order", "device"], None, True),
    ("devices_10", ["--devices", "10"], None, False),
    ("devices_100k", ["--devices", "100000"], None, False),
    ("crlf", [], "crlf", True),
    ("quoted", [], "quoted", True),
    ("decimals_3", [], "three_decimals", False),
    ("gz", ["--gzip"], None, True),
    ("zst", ["--zstd"], None, True),
]

def start_up(dataset, n_runs, settings, say):
    """Whole processes on little data, many runs, all kinds in turn."""
    settings.prepare(dataset)
    load = measure.OtherLoad()
    say(f"{dataset.name}: {n_runs} runs of each kind")
    reference = first_answer(dataset, contenders.wattle(), settings)
    report = [paths.WATTLE, "report", dataset.folder, "--no-progress"]
    kinds = [
        ("text", "text report", report, None),
        ("json", "report --json", [*report, "--json"], reference.hash),
        ("csv", "report --csv", [*report, "--csv"], None),
        ("text_1", "text report, 1 thread", [*report, "--threads", "1"], None),
        ("version", "wattle version (the process alone)",
         [paths.WATTLE, "version"], None),
    ]
    jobs = [Job(f"start_{name}", command, same_bytes(wanted), dataset)
            for name, _, command, wanted in kinds]
    runs = [[] for _ in jobs]
    for turn in range(n_runs + 1):
        for job, list_of_runs in zip(jobs, runs):
            figures = run_job(job, settings)
            if turn > 0:
                list_of_runs.append(figures)
    return {
        "dataset": dataset.facts(),
        "other_cpu_share": load.share(),
        "kinds": [{"name": name, "title": title, "runs": own_runs,
                   **measure.summarise_runs(own_runs)}
                  for (name, title, _, _), own_runs in zip(kinds, runs)],
    }


def same_bytes(wanted):
    """A check that all runs give the same bytes, those wanted if given."""
    seen = [wanted]

    def check(file_name):
        mark = answers.hash_of(file_name)
        if seen[0] is None:
            seen[0] = mark
        answers.expect("bytes of the answer", mark, seen[0])
    return check


def shapes(readings, settings, quick, say):
    """wattle on every shape of data, in pairs with the plain shape, and
    DuckDB in pairs with wattle where it is installed."""
    plain = datasets.Dataset("plain", readings)
    datasets.ensure(plain, say)
    settings.prepare(plain)
    reference = first_answer(plain, contenders.wattle(), settings)
    base = shape_job(plain, reference.hash)
    base_duckdb = beside_duckdb(base, plain, reference, settings, say)
    entries = []
    for shape, options, derive, same in SHAPES:
        dataset = datasets.Dataset(shape, readings, options, derive)
        datasets.ensure(dataset, say)
        settings.prepare(dataset)
        say(f"{dataset.name}: wattle")
        load = measure.OtherLoad()
        entry = {"name": shape, "dataset": dataset.facts()}
        entries.append(entry)
        try:
            wanted, confirmed = shape_answer(dataset, reference, same,
                                             settings, quick)
        except (answers.WrongAnswer, measure.CommandFailed) as error:
            entry.update(status="wrong", reason=str(error))
            continue
        job = shape_job(dataset, wanted.hash)
        entry.update(outcome(base, job, settings),
                     answer_confirmed_by=confirmed,
                     text_wall_s=text_times(dataset, settings),
                     duckdb=beside_duckdb(job, dataset, wanted, settings,
                                          say))
        entry["other_cpu_share"] = load.share()
    base = base_entry("plain", plain, entries)
    base["text_wall_s"] = text_times(plain, settings)
    base["duckdb"] = base_duckdb
    return {"readings": readings, "base": base, "entries": entries}


def shape_job(dataset, wanted):
    return Job(dataset.shape, contenders.wattle().command(dataset),
               same_bytes(wanted), dataset)


def beside_duckdb(job, dataset, reference, settings, say):
    """DuckDB on a shape, in pairs with wattle; None when it is missing."""
    peer = contenders.choose_peers("duckdb")[0]
    if not peer.is_ready():
        return None
    say(f"{dataset.name}: DuckDB")
    return outcome(job, Job("duckdb", peer.command(dataset),
                            lambda file: peer.check(file, reference),
                            dataset), settings)


def text_times(dataset, settings):
    """The same with the text report, which lists ten devices only: what is
    left when printing every device as JSON is not counted."""
    job = Job("text", [paths.WATTLE, "report", dataset.folder,
                       "--no-progress"], same_bytes(None), dataset)
    n_runs = measure.number_of_pairs(settings.rounds,
                                     run_job(job, settings)["wall_s"])
    return measure.summary([run_job(job, settings)["wall_s"]
                            for _ in range(n_runs)])


def shape_answer(dataset, plain_reference, same, settings, quick):
    """The answer that wattle must give, and who says so."""
    if same:
        return plain_reference, ["plain"]
    slow = contenders.wattle("slow_way", "the slow way", *SLOW_WAY)
    reference = first_answer(dataset, slow, settings)
    confirmed = ["slow way"]
    mawk = contenders.choose_peers("mawk")[0]
    if not quick and mawk.is_ready():
        run_job(Job("mawk_check", mawk.command(dataset),
                    lambda file: mawk.check(file, reference), dataset),
                settings)
        confirmed.append("mawk")
    return reference, confirmed


def base_entry(name, dataset, entries):
    """The base of a sweep, from its share of all the pairs."""
    runs = [run for entry in entries for run in entry.get("base_runs", [])]
    if not runs:
        return {"name": name, "status": "failed", "reason": "no pair was run"}
    entry = {"name": name, "status": "ok", **measure.summarise_runs(runs)}
    add_rates(entry, dataset)
    return entry
