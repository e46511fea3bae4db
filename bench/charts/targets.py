"""The section "Targets": what was asked for, what was measured, and whether
that is enough. Figures come from results, reasons from bench/notes.json."""

import json
import os

from harness.tables import memory, rate, seconds

from .stored_targets import STORED
from .words import missing, MAKE_SIZES, number, table, times

NOTES = "bench/notes.json"

# Below this number of readings start-up decides, and other targets hold.
LARGE = 10_000_000
SMALL = 100_000
DEVICES = 1000


class Target:
    """key:     as in bench/notes.json.
    title:   what was asked for.
    measure: a function of the store; returns the words of the figure, and
             whether it is enough. None = not measured.
    """

    def __init__(self, key, title, measure):
        self.key = key
        self.title = title
        self.measure = measure


def large_sizes(data, name):
    """Sizes that count for throughput: 10 million and more; of smaller ones
    the largest, where there is no other."""
    sizes = [readings for readings, _ in data.in_order()
             if data.entry(readings, name)]
    return [readings for readings in sizes if readings >= LARGE] or sizes[-1:]


def at_least(name, wanted):
    """At every size that counts, so many times as fast as another."""
    def measured(data):
        sizes = large_sizes(data, name)
        if not sizes:
            return None
        ratios = [data.entry(readings, name)["ratio_to_wattle"]["median"]
                  for readings in sizes]
        return (", ".join(f"{times(ratio)} at {number(readings)}"
                          for readings, ratio in zip(sizes, ratios)),
                min(ratios) >= wanted)
    return measured


def to_floor(data):
    sizes = large_sizes(data, "wc")
    if not sizes:
        return None
    ratios = [1 / data.entry(readings, "wc")["ratio_to_wattle"]["median"]
              for readings in sizes]
    return (", ".join(f"{times(ratio)} at {number(readings)}"
                      for readings, ratio in zip(sizes, ratios)),
            max(ratios) <= 1.5)


def throughput(data):
    rates = {readings: data.entry(readings, "wattle")["readings_per_s"]
             for readings in large_sizes(data, "wattle")}
    if not rates:
        return None
    return (", ".join(f"{rate(value)} at {number(readings)}"
                      for readings, value in rates.items())
            + f", {data.cores()} cores", max(rates.values()) >= 150e6)


def vectors(data):
    for entry in data.steps("stack"):
        if entry["title"] == "+ AVX-512":
            return (f"{times(entry['gain']['median'])}, 1 thread",
                    entry["gain"]["median"] <= 1.4)
    found = {entry["title"]: entry["ratio_to_wattle"]["median"]
             for entry in data.steps("switch")}
    if not {"--simd avx2", "--simd avx512"} <= found.keys():
        return None
    ratio = found["--simd avx2"] / found["--simd avx512"]
    return f"{times(ratio)}, {data.cores()} threads", ratio <= 1.6


def beside_duckdb(data):
    """DuckDB's time to wattle's on every shape that it was run on."""
    return {entry["name"]: entry["duckdb"]["ratio_to_wattle"]["median"]
            for entry in (data.shapes["entries"] if data.shapes else [])
            if (entry.get("duckdb") or {}).get("status") == "ok"}


def shapes(data):
    ratios = beside_duckdb(data)
    if not ratios:
        return None
    return (", ".join(f"{name.replace('_', ' ')} {times(ratio)}"
                      for name, ratio in ratios.items()),
            min(ratios.values()) >= 1)


def quoted(data):
    ratio = beside_duckdb(data).get("quoted")
    return None if ratio is None else (times(ratio), ratio >= 5)


def small(data):
    if not data.start_up or \
            data.start_up["dataset"]["readings"] != SMALL:
        return None
    kinds = {kind["name"]: kind["wall_s"]["median"]
             for kind in data.start_up["kinds"]}
    return (f"{seconds(kinds['text'])} for the text report, "
            f"{seconds(kinds['json'])} for --json, "
            f"{seconds(kinds['csv'])} for --csv", kinds["text"] <= 0.004)


def peak(data):
    peaks = {readings: data.entry(readings, "wattle")["peak_rss_bytes"]["max"]
             for readings, _ in data.in_order()}
    for entry in data.packed_in_order():
        readings = entry["readings"]
        peaks[readings] = max(peaks.get(readings, 0),
                              entry["peak_rss_bytes"]["max"])
    if not peaks:
        return None
    most = max(peaks, key=peaks.get)
    return (f"at most {memory(peaks[most])} ({number(most)}), up to "
            f"{number(max(peaks))} readings", peaks[most] <= 32 << 20)


TARGETS = [
    Target("before", "at least 1,000 times as fast as the Python monitor",
           at_least("before", 1000)),
    Target("duckdb", "at least 20 times as fast as DuckDB",
           at_least("duckdb", 20)),
    Target("clickhouse", "at least 20 times as fast as ClickHouse",
           at_least("clickhouse", 20)),
    Target("polars", "at least 15 times as fast as Polars",
           at_least("polars", 15)),
    Target("datatable", "at least 15 times as fast as data.table",
           at_least("datatable", 15)),
    Target("wc", "at most 1.5 times as long as `wc -l`", to_floor),
    Target("throughput", "150 million readings a second on two cores",
           throughput),
    Target("vectors", "AVX2 takes at most 1.4 times as long as AVX-512",
           vectors),
    Target("shapes", "no shape slower than DuckDB (how many times as fast)",
           shapes),
    Target("quoted", "1 % of fields in quotes: at least 5 times as fast as "
           "DuckDB", quoted),
    Target("small", f"{SMALL:,} readings in at most 4 ms, the whole process",
           small),
    Target("memory", f"at most 32 MiB with {DEVICES:,} devices, whatever the "
           "number of readings", peak),
    *(Target(*target) for target in STORED),
]


def read_notes():
    if not os.path.exists(NOTES):
        return {}
    with open(NOTES, encoding="utf-8") as file:
        return json.load(file)


def section(data, _charts):
    if not data.used:
        return "## Targets\n\n" + missing(MAKE_SIZES)
    rows, reasons = [], []
    notes = read_notes()
    for target in TARGETS:
        found = target.measure(data)
        words, is_met = found or ("not measured", None)
        rows.append([target.title, words,
                     {True: "yes", False: "**no**", None: ""}[is_met]])
        if is_met is False and notes.get(target.key):
            reasons.append(f"- {target.title[0].upper()}{target.title[1:]}: "
                           f"{notes[target.key]}")
    text = ["## Targets\n",
            "Times are those of whole processes unless a line says otherwise, "
            "every ratio the median of "
            "pairs in the same run; a target with several sizes is met when "
            "it is at all of them (throughput and import: at one).\n",
            table(["target", "measured", "met"], rows)]
    if reasons:
        text += ["Where a target is missed:\n", "\n".join(reasons) + "\n"]
    return "\n".join(text)
