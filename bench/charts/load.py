"""The section "Load test", from bench/results/load.json."""

from harness.tables import memory, rate, seconds, share

from .words import MAKE_LOAD, missing, picture, table

TITLES = {"processes": "Processes of `wattle report` at once",
          "handles": "Library handles at once, in the threads of one process"}


def part_table(levels):
    return table(
        ["at once", "readings/s", "reports/s", "median", "99 %",
         "memory a report", "reports", "errors", "wrong answers",
         "others used of the CPU"],
        [[level["at_once"], rate(level["readings_per_s"]),
          f"{level['reports_per_s']:.1f}",
          time_text(level["latency"]["median_s"]),
          time_text(level["latency"]["p99_s"]),
          memory(level["peak_rss_bytes_per_report"]),
          f"{level['reports']:,}", level["errors"], level["wrong_answers"],
          share(level["other_cpu_share"])] for level in levels])


def time_text(value):
    return "none" if value is None else seconds(value)


def verdict(one):
    mark = {True: "yes", False: "no", None: "not tested"}[one["holds"]]
    return f"- {one['claim']}: {mark} ({one['words']})"


def section(data, charts):
    text = ["## Load test\n"]
    load = data.load
    if not load:
        return "\n".join(text + [missing(MAKE_LOAD)])
    kinds = ", ".join(f"{job['readings']:,} ({job['name']}, "
                      f"{job['in_a_round']} in {len(load['round'])})"
                      for job in load["data"])
    text.append(
        "Many reports at once, every answer compared with one made alone "
        f"before: {load['seconds']:g} s for each level, always the same mix "
        f"of inputs, by readings: {kinds}. Latency is that of a whole report, "
        "whatever its size, so the slowest hundredth are the large ones.\n")
    for part, levels in load["parts"].items():
        text += [f"{TITLES[part]}:\n", part_table(levels)]
    text += [picture(charts, "load", "throughput and latency under load"),
             "\n".join(verdict(one) for one in load["verdicts"]) + "\n"]
    return "\n".join(text)
