"""Compares contenders on one data set: a trial run whose answer is checked,
then pairs with wattle, every answer checked before its time counts."""

from . import answers, datasets, measure


# Less than this of the data in the page cache is no warm cache.
CACHED = 0.99

# From here on a job is long, see run_pairs.
LONG_RUN_S = 1.0
UNCOUNTED_RUNS = 3


class Job:
    """A command on a data set, and how to check what it prints.

    is_cold: drop the data from the page cache before every run of it.
    before:  a function called before every run, or None.
    """

    is_cold = False
    before = None

    def __init__(self, name, command, check, dataset):
        self.name = name
        self.command = command
        self.check = check
        self.dataset = dataset


class Settings:
    """What the user asked for, as far as running is concerned."""

    def __init__(self, rounds, limit_s, memory_bytes, cold):
        self.rounds = rounds
        self.limit_s = limit_s
        self.memory_bytes = memory_bytes
        self.cold = cold

    def prepare(self, dataset):
        """Bring the data into the cache, or out of it."""
        if self.cold:
            datasets.drop(dataset)
        else:
            datasets.read_back(dataset)


def run_job(job, settings):
    """One run with a checked answer. Returns its figures."""
    if settings.cold or job.is_cold:
        datasets.drop(job.dataset)
    if job.before:
        job.before()
    figures = measure.run(job.name, job.command, settings.limit_s,
                          settings.memory_bytes)
    figures.update(job.check(measure.output_file(job.name)) or {})
    return figures


def run_pairs(base, job, settings, n_pairs=None):
    """A trial run of the job, then pairs: base, job, base, job ...

    What a long run leaves behind - memory still being given back, a core gone
    to sleep - is not the time of the short one after it: behind a job ten times
    as long the base runs uncounted before its run that counts.

    Returns the runs of the base and those of the job, the trial not counted.
    """
    trial = run_job(job, settings)
    is_long = trial["wall_s"] >= LONG_RUN_S and not settings.cold
    if is_long:
        first = run_job(base, settings)
        is_long = trial["wall_s"] >= 10 * first["wall_s"]
    pairs = []
    while n_pairs is None or len(pairs) < n_pairs:
        for _ in range(UNCOUNTED_RUNS if is_long else 0):
            run_job(base, settings)
        pairs.append((run_job(base, settings), run_job(job, settings)))
        if n_pairs is None:
            pair_s = trial["wall_s"] + pairs[0][0]["wall_s"]
            n_pairs = measure.number_of_pairs(settings.rounds, pair_s)
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def outcome(base, job, settings, n_pairs=None):
    """What the results say about a job: status "ok" with its figures, or why
    there are none. Runs of the base are under base_runs."""
    try:
        base_runs, runs = run_pairs(base, job, settings, n_pairs)
    except measure.TooSlow as error:
        return {"status": "too_slow", "reason": str(error)}
    except measure.TooLarge as error:
        return {"status": "too_large", "reason": str(error)}
    except measure.CommandFailed as error:
        return {"status": "failed", "reason": str(error)}
    except answers.WrongAnswer as error:
        return {"status": "wrong", "reason": str(error)}
    result = {"status": "ok", "base_runs": base_runs, "runs": runs}
    result.update(measure.summarise_runs(runs))
    ratios = [run["wall_s"] / base_run["wall_s"]
              for base_run, run in zip(base_runs, runs)]
    result["ratio_to_wattle"] = measure.summary(ratios)
    cpu_ratios = [(run["user_s"] + run["sys_s"])
                  / (base_run["user_s"] + base_run["sys_s"])
                  for base_run, run in zip(base_runs, runs)]
    result["cpu_ratio_to_wattle"] = measure.summary(cpu_ratios)
    for key in ("load_s", "analytics_s"):
        values = [run[key] for run in runs if run.get(key) is not None]
        if values:
            result[key] = measure.summary(values)
    result["version"] = runs[0].get("version")
    add_rates(result, job.dataset)
    return result


def add_rates(result, dataset):
    """Throughput, from the median wall time of the whole process."""
    wall_s = result["wall_s"]["median"]
    result["readings_per_s"] = dataset.readings / wall_s
    result["bytes_per_s"] = dataset.size_bytes() / wall_s
    result["ns_per_reading"] = wall_s / dataset.readings * 1e9


class Foresight:
    """Tells from smaller sizes whether a run would take too long or too much
    memory, along the straight line through the last two sizes.

    One size alone says little about one that is much larger: then the run is
    tried, and stopped at the limit.
    """

    FAR = 20

    def __init__(self, settings):
        self.settings = settings
        self.seen = {}

    def learn(self, name, readings, result):
        """Keep what a size has shown; sizes come in rising order."""
        points = self.seen.setdefault(name, [])
        if result["status"] == "ok":
            points.append((readings, result["wall_s"]["median"],
                           result["peak_rss_bytes"]["median"]))
        elif result["status"] == "too_slow":
            points[:] = [(readings, self.settings.limit_s, 0)]

    def objection(self, name, readings):
        """Why not to run, as a result, or None."""
        points = [(0, 0.0, 0)] + self.seen.get(name, [])
        if len(points) == 1:
            return None
        (n_1, wall_1, peak_1), (n_2, wall_2, peak_2) = points[-2:]
        if n_1 == 0 and readings > self.FAR * n_2:
            return None
        steps = (readings - n_2) / (n_2 - n_1)
        wall_s = wall_2 + steps * (wall_2 - wall_1)
        peak_bytes = peak_2 + steps * (peak_2 - peak_1)
        if wall_s > self.settings.limit_s:
            return {"status": "too_slow", "reason":
                    f"one run would take about {wall_s:.0f} s, "
                    f"the limit is {self.settings.limit_s:g} s"}
        if peak_bytes > self.settings.memory_bytes:
            return {"status": "too_large", "reason":
                    f"one run would need about {peak_bytes / 2**30:.0f} GiB, "
                    "the limit is "
                    f"{self.settings.memory_bytes / 2**30:.0f} GiB"}
        return None


def keep_cached(dataset, settings):
    """Read the data again where a hungry contender has pushed them out."""
    share = datasets.cached_share(dataset)
    if not settings.cold and share is not None and share < CACHED:
        datasets.read_back(dataset)


def compare(dataset, base, contenders, settings, foresight, say):
    """All contenders on one data set, each in pairs with the base."""
    settings.prepare(dataset)
    cached_before = datasets.cached_share(dataset)
    load = measure.OtherLoad()

    say(f"{dataset.name}: {base.title}")
    reference = first_answer(dataset, base, settings)

    def job_of(contender):
        return Job(contender.name, contender.command(dataset),
                   lambda file: contender.check(file, reference), dataset)

    base_job = job_of(base)
    base_runs = []
    entries = []
    for contender in contenders:
        result = foresight.objection(contender.name, dataset.readings)
        if result is None:
            say(f"{dataset.name}: {contender.title}")
            keep_cached(dataset, settings)
            result = outcome(base_job, job_of(contender), settings)
        foresight.learn(contender.name, dataset.readings, result)
        base_runs += result.get("base_runs", [])
        entries.append({"name": contender.name, "title": contender.title,
                        "note": contender.note, **result})
    if len(base_runs) < settings.rounds:
        first = run_job(base_job, settings)
        base_runs += [first] + [
            run_job(base_job, settings) for _ in range(measure.number_of_pairs(
                settings.rounds, first["wall_s"]) - 1)]
    own = {"name": base.name, "title": base.title, "note": base.note,
           "status": "ok", "runs": base_runs,
           **measure.summarise_runs(base_runs)}
    add_rates(own, dataset)
    return {
        "dataset": dataset.facts(),
        "cached_share_before": cached_before,
        "cached_share_after": datasets.cached_share(dataset),
        "other_cpu_share": load.share(),
        "answer_confirmed_by": [
            entry["name"] for entry, contender in zip(entries, contenders)
            if entry["status"] == "ok"
            and contender.check is not answers.check_wattle],
        "contenders": [own] + entries,
    }


def first_answer(dataset, base, settings):
    """wattle's answer, which all others are held against."""
    measure.run("reference", base.command(dataset), settings.limit_s)
    return answers.Reference(measure.output_file("reference"),
                             dataset.readings)
