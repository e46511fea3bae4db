"""The section on readers of a database while somebody imports, from
bench/results/load_stored.json."""

from harness.tables import seconds, share

from .words import MAKE_LOAD_STORED, missing, ratio_span, table, times

TITLES = {"day": "a day of a device by hour", "hours": "its week by hour",
          "year": "its year by day", "total": "a day of all together by hour",
          "report": "a report of everything",
          "sql": "`wattle sql` over the days of all"}


def time_text(value):
    return "none" if value is None else seconds(value)


def job_row(job):
    own, others = job["handles"], job["processes"]
    during = job["handles_meanwhile"]
    return [TITLES[job["name"]], f"{own['n']:,}", time_text(own["median_s"]),
            time_text(own["p99_s"]), time_text(own["max_s"]),
            f"{during['n']:,}", time_text(during["p99_s"]),
            f"{others['n']:,}", time_text(others["median_s"]),
            time_text(others["p99_s"])]


def section(data, _charts):
    text = ["## Readers during an import\n"]
    load = data.load_stored
    if not load:
        return "\n".join(text + [missing(MAKE_LOAD_STORED)])
    alone = load["import_alone"]["wall_s"]["median"]
    beside = load["import_meanwhile"]["wall_s"]["median"]
    text += [
        f"{load['handles']} library handles in one process and "
        f"{load['processes']} readers that start `wattle` ask a database of "
        f"{load['base']['readings']:,} readings, each {load['pause_s']:g} s "
        f"after its last answer, for {load['seconds']:g} s; in the midst of "
        f"it {load['more']['readings']:,} later readings are imported. This "
        f"{load['rounds']} times over, each time into a fresh copy. Every "
        "answer must be that of before or that of after the import, byte for "
        "byte, and never the old one after the new.\n",
        table(["question", "handles", "median", "99 %", "longest",
               "during imports", "99 % of these", "processes", "median",
               "99 %"], [job_row(job) for job in load["jobs"]]),
        f"- no error: {yes(load['errors'] == 0)} ({load['errors']} beside "
        f"{load['answers']:,} answers)",
        f"- nothing half seen: {yes(load['wrong_answers'] == 0)} "
        f"({load['wrong_answers']} wrong; {load['meanwhile']:,} answers fell "
        "into imports)",
        f"- the import took {seconds(alone)} alone and {seconds(beside)} "
        f"beside the readers ({times(load['slow_down']['median'])} in pairs, "
        f"{ratio_span(load['slow_down'])}); the readers used "
        f"{share(load['reader_cpu_share'])} of the CPU\n"]
    return "\n".join(text)


def yes(holds):
    return "yes" if holds else "**no**"
