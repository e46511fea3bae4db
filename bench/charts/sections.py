"""The sections of PERFORMANCE.md. Prose stands here, figures come from results
only; where there are none, the section names the command that makes them."""

from harness.tables import memory, rate, seconds, share

from . import (load, load_stored, plots, store, stored, targets,
               techniques)
from .words import (MAKE_BASELINE, MAKE_COLD, MAKE_GROWTH, MAKE_LADDER,
                    MAKE_LOAD, MAKE_LOAD_STORED, MAKE_PAGE, MAKE_SHAPES,
                    MAKE_SIZES, MAKE_STORE, MAKE_WATTLE, missing, picture, ratio_span, span, table,
                    times)

def head_section(data, _charts):
    text = ["# Performance\n",
            "Written by `bench/make_performance.py` from the results in "
            "`bench/results/`; do not edit. "
            "How each figure comes about stands in "
            "[bench/README.md](bench/README.md), how to look for the next "
            "bottleneck in [docs/profiling.md](docs/profiling.md).\n"]
    if not data.used:
        return "\n".join(text + ["No results were found.\n"])
    rows = []
    for name, content in data.used:
        software = content["software"]
        rows.append([name.replace("_", " "), content["taken_at"][:10],
                     f"`{(software['commit'] or 'unknown')[:10]}`",
                     f"`{software['wattle_sha256'][:10]}`",
                     share(busy_share(content))])
    machine = data.used[0][1]["machine"]
    software = data.used[0][1]["software"]
    text.append(
        f"Measured on {machine['cpu']}, {machine['cores']} cores, "
        f"{memory(machine['memory_bytes'])}, {machine['system']}, kernel "
        f"{machine['kernel']}; built by {software['compiler']}; Python "
        f"{software['python']}. Times are medians of whole processes, page "
        "cache warm, unless a table says otherwise.\n")
    text.append(table(["figures", "taken", "commit", "program",
                       "others used of the CPU"], rows))
    if len({row[3] for row in rows}) > 1:
        text.append("**The figures come from different builds of wattle.**\n")
    if len({content["machine"]["cpu"] for _, content in data.used}) > 1:
        text.append("**The figures come from different machines.**\n")
    if max(busy_share(content) or 0 for _, content in data.used) > 0.05:
        text.append("**Others kept more than 5 % of the machine busy during "
                    "some runs; their times are not to be trusted.**\n")
    if any(content.get("quick") for _, content in data.used):
        text.append("**Some figures come from quick runs.**\n")
    return "\n".join(text)


def busy_share(content):
    return content.get("other_cpu_share_max", content.get("other_cpu_share"))


def baseline_section(data, _charts):
    text = ["## Baseline Performance\n",
            "The program that wattle replaces is a Python monitor "
            "(`bench/before/monitor.py`): the csv module, one object for each "
            "reading, all kept in a list, three passes over it.\n"]
    rows = []
    for readings, _ in data.in_order():
        entry = data.entry(readings, "before")
        if entry:
            rows.append([f"{readings:,}", seconds(entry["load_s"]["median"]),
                         seconds(entry["analytics_s"]["median"]),
                         seconds(entry["wall_s"]["median"]),
                         span(entry["wall_s"]),
                         memory(entry["peak_rss_bytes"]["max"]),
                         rate(entry["readings_per_s"])])
    if not rows:
        return "\n".join(text + [missing(MAKE_SIZES)])
    text.append(table(["readings", "loading", "analytics", "total",
                       "range of total", "peak memory", "readings/s"], rows))
    text += [f"At {readings:,} it was left out: {entry['reason']}.\n"
             for readings, result in data.in_order()
             for entry in result["contenders"]
             if entry["name"] == "before" and entry["status"] != "ok"]
    return "\n".join(text)


def profile_section(data, _charts):
    text = ["## Profiling Evidence\n"]
    base = data.baseline
    if not base:
        return "\n".join(text + [missing(MAKE_BASELINE)])
    text.append(
        "The top five bottlenecks of the monitor: the functions with the most "
        "own time, by "
        f"cProfile on {base['dataset']['readings']:,} readings. Without the "
        f"profiler the same work takes {seconds(base['load_s'])} for loading "
        f"and {seconds(base['analytics_s'])} for analytics; with it "
        f"{seconds(base['profiled_s'])}.\n")
    text.append(table(
        ["function", "where", "calls", "own time", "own share",
         "share with callees"],
        [[f"`{one['function']}`", one["where"], f"{one['calls']:,}",
          seconds(one["own_s"]), share(one["own_share"]),
          share(one["whole_share"])] for one in base["functions"][:5]]))
    text.append("Where wattle's own time goes now:\n")
    if not data.wattle:
        return "\n".join(text + [missing(MAKE_WATTLE)])
    largest = max(one["readings"] for one in data.wattle["stages"])
    runs = [one for one in data.wattle["stages"]
            if one["readings"] == largest]
    head = [f"stage, {largest:,} readings"]
    rows = [[name] for name in runs[0]["stages_s"]]
    for one in runs:
        total = stage_total(one)
        head += [f"{one['threads']} thread{'s' * (one['threads'] > 1)}",
                 "share"]
        for row, figures in zip(rows, one["stages_s"].values()):
            row += [seconds(figures["median"]),
                    share(figures["median"] / total)]
    text.append(table(head, rows))
    text.append("Stages of several threads are summed over the threads.\n")
    return "\n".join(text)


def stage_total(one):
    return sum(figures["median"] for figures in one["stages_s"].values())


def final_section(data, charts):
    text = ["## Final Performance\n"]
    sizes = [readings for readings, _ in data.in_order()
             if data.entry(readings, "before")]
    if not sizes:
        return "\n".join(text + [missing(MAKE_SIZES)])
    for readings in sizes:
        text.append(factor_table(data, readings))
    if not data.wattle:
        text.append("Loading and analytics of wattle apart:\n\n"
                    + missing(MAKE_WATTLE))
    text.append(
        "wattle does loading and analytics in one pass, block by block. "
        "Loading is its stages open, read, split, decode and look up, "
        "analytics its totals and merging, on one thread as the monitor "
        "has; writing and starting count in the total only. The factor of the "
        "total is the median of pairs that ran in turn, with their range.\n")
    text.append(picture(charts, "before_after", "before and after"))
    if data.start_up:
        text.append(f"Whole processes on "
                    f"{data.start_up['dataset']['readings']:,} readings:\n")
        text.append(table(
            ["", "wall", "quartiles", "peak memory", "runs"],
            [[kind["title"], seconds(kind["wall_s"]["median"]),
              f"{seconds(kind['wall_s']['quartile_1'])} .. "
              f"{seconds(kind['wall_s']['quartile_3'])}",
              memory(kind["peak_rss_bytes"]["max"]), kind["wall_s"]["n"]]
             for kind in data.start_up["kinds"]]))
    return "\n".join(text)


def factor_table(data, readings):
    old = data.entry(readings, "before")
    new = data.entry(readings, "wattle")
    one = data.one_thread(readings)
    stages = data.stages(readings, 1)
    rows = []
    for title, key, names in (("loading", "load_s", store.LOAD),
                              ("analytics", "analytics_s", store.ANALYTICS)):
        if stages:
            mine = store.stage_sum(stages, names)
            theirs = old[key]["median"]
            rows.append([f"{title}, 1 thread", seconds(theirs), seconds(mine),
                         times(theirs / mine), ""])
    if one:
        rows.append(["total, 1 thread", seconds(old["wall_s"]["median"]),
                     seconds(one["wall_s"]["median"]),
                     times(old["wall_s"]["median"]
                           / one["wall_s"]["median"]), ""])
    rows.append([f"total, {data.cores()} threads",
                 seconds(old["wall_s"]["median"]),
                 seconds(new["wall_s"]["median"]),
                 times(old["ratio_to_wattle"]["median"]),
                 ratio_span(old["ratio_to_wattle"])])
    theirs, mine = (one["peak_rss_bytes"]["max"] for one in (old, new))
    rows.append(["peak memory", memory(theirs), memory(mine),
                 times(theirs / mine), ""])
    return table([f"{readings:,} readings", "Python monitor", "wattle",
                  "factor", "range of pairs"], rows)


def peers_section(data, charts):
    text = ["## Comparison with other engines\n",
            "Each runs in turn with wattle; time relative to wattle's is "
            "taken pair by pair (above 1: wattle is faster). All but `wc -l` "
            "answer the same question; wattle checks every line and computes "
            "energy, hours and days besides.\n"]
    size = plots.peer_size(data)
    if size is None:
        return "\n".join(text + [missing(MAKE_SIZES)])
    for readings, _ in reversed(data.in_order()):
        entries = sorted(plots.peer_entries(data, readings),
                         key=lambda one: one["ratio_to_wattle"]["median"])
        if not entries:
            continue
        own = data.entry(readings, "wattle")
        rows = [["**wattle**", seconds(own["wall_s"]["median"]),
                 span(own["wall_s"]), "1", "",
                 seconds(own["cpu_s"]["median"]),
                 memory(own["peak_rss_bytes"]["max"]), own["wall_s"]["n"]]]
        rows += [[one["title"], seconds(one["wall_s"]["median"]),
                  span(one["wall_s"]),
                  times(one["ratio_to_wattle"]["median"]),
                  ratio_span(one["ratio_to_wattle"]),
                  seconds(one["cpu_s"]["median"]),
                  memory(one["peak_rss_bytes"]["max"]),
                  one["ratio_to_wattle"]["n"]] for one in entries]
        text.append(table([f"{readings:,} readings", "wall", "range",
                           "to wattle", "range of pairs", "CPU",
                           "peak memory", "runs"], rows))
        text += [f"{entry['title']}: {entry['status'].replace('_', ' ')}: "
                 f"{entry['reason']}.\n"
                 for entry in data.sizes[readings]["contenders"]
                 if entry["status"] != "ok" and entry["name"] != "before"]
    text += [f"{name} was skipped: {reason}.\n"
             for name, reason in data.skipped.items()
             if data.largest_with(name) is None]
    text.append(picture(charts, "peers", "time relative to wattle"))
    return "\n".join(text)


def growth_rows(data):
    """wattle at every size, from plain files and from packed ones."""
    found = [(readings, "plain", result["dataset"]["bytes"],
              data.entry(readings, "wattle"))
             for readings, result in data.in_order()]
    found += [(entry["readings"], "packed (zstd)", entry["dataset"]["bytes"],
               entry) for entry in data.packed_in_order()]
    return [[f"{readings:,}", form, memory(size),
             seconds(entry["wall_s"]["median"]), span(entry["wall_s"]),
             f"{entry['ns_per_reading']:.1f} ns",
             rate(entry["readings_per_s"]),
             memory(entry["peak_rss_bytes"]["max"]), entry["wall_s"]["n"]]
            for readings, form, size, entry in found]


def growth_section(data, charts):
    text = ["## Growth from 100 k to 1 B\n"]
    if len(data.sizes) < 2:
        return "\n".join(text + [missing(MAKE_GROWTH)])
    text.append(table(["readings", "files", "data", "wall", "range",
                       "a reading", "readings/s", "peak memory", "runs"],
                      growth_rows(data)))
    text += [f"{readings:,} readings, packed: {result['reason']}.\n"
             for readings, result in data.packed.items()
             if result["status"] != "ok"]
    if data.packed:
        text.append("Packed input is there so that a billion readings fit on "
                    "the disk; unpacking is part of its time, and a packed "
                    "file is read by one thread.\n")
    if max(data.sizes) < 100_000_000 or not data.packed:
        text.append("For all sizes:\n\n    " + MAKE_GROWTH + "\n")
    text += [picture(charts, "scaling", "wall time by readings"),
             picture(charts, "memory", "peak memory by readings")]
    return "\n".join(text)


def shape_cells(entry):
    """DuckDB on a shape: time, times as long as wattle, range."""
    duckdb = entry.get("duckdb")
    if not duckdb:
        return ["", "", ""]
    if duckdb["status"] != "ok":
        return [duckdb["reason"], "", ""]
    ratio = duckdb["ratio_to_wattle"]
    return [seconds(duckdb["wall_s"]["median"]), times(ratio["median"]),
            ratio_span(ratio)]


def shapes_section(data, charts):
    text = ["## Shapes of data\n"]
    if not data.shapes:
        return "\n".join(text + [missing(MAKE_SHAPES)])
    text.append(f"The same {data.shapes['readings']:,} readings in other "
                "forms, `report --json`, in pairs with the plain form; and "
                "DuckDB on the same files, in pairs with wattle. The text "
                "report lists ten devices only, so its time shows what "
                "printing every device costs.\n")
    rows = []
    for title, one in [("plain", data.shapes["base"])] + [
            (one["name"], one) for one in data.shapes["entries"]]:
        title = title.replace("_", " ")
        if one["status"] != "ok":
            rows.append([title, f"{one['status']}: {one['reason']}"]
                        + [""] * 8)
            continue
        ratio = one.get("ratio_to_wattle")
        rows.append([title, seconds(one["wall_s"]["median"]),
                     span(one["wall_s"]),
                     times(ratio["median"]) if ratio else "1",
                     ratio_span(ratio) if ratio else "",
                     memory(one["peak_rss_bytes"]["max"]),
                     seconds(one["text_wall_s"]["median"]),
                     *shape_cells(one)])
    text.append(table(["shape", "wall", "range", "to plain",
                       "range of pairs", "peak memory", "text report",
                       "DuckDB", "DuckDB to wattle", "range of pairs"], rows))
    text.append(picture(charts, "duckdb_shapes",
                        "DuckDB relative to wattle by shape"))
    return "\n".join(text)


def changes_section(_data, _charts):
    return """## Code Changes

| where | what it does for speed |
|---|---|
| `src/input/reader*.c` | bytes in blocks by pread, mmap or io_uring |
| `src/formats/csv_decoder.c`, `template_builder.c` | the quick path through rows of a known shape |
| `src/simd/` | splitting, decoding and column loops for each instruction set |
| `src/model/batch.c`, `registry.c` | columns, numbers for devices |
| `src/analytics/totals_block.c` | ordinary rows as columns, added eight devices at a time |
| `src/analytics/efficiency.c` | efficiency without floating point, kept in tables |
| `src/sort/`, `src/run/sorted_totals.c` | sorting in bounded memory, only where it is needed |
| `src/run/` | splits, threads, sinks |
| `src/store/` | readings of a device in compressed blocks of 1,024, with sums that spare decoding |
| `bench/ladder/` | the monitor's work in C with every technique as a switch; for measuring only |
| `bench/` | measuring, profiling, this page |

[docs/design.md](docs/design.md) says why each is as it is.
"""


def recommendations_section(data, _charts):
    text = ["## Recommendations\n"]
    shapes = {one["name"]: one for one in
              (data.shapes["entries"] if data.shapes else [])
              if one["status"] == "ok"}
    if shapes:
        dearest = max(shapes.values(),
                      key=lambda one: one["ratio_to_wattle"]["median"])
        text.append(f"- The dearest shape is {dearest['name']}"
                    .replace("_", " ") + " ("
                    f"{times(dearest['ratio_to_wattle']['median'])} of plain):"
                    " look there first.")
    if data.wattle:
        one = max(data.wattle["stages"],
                  key=lambda run: (run["readings"], -run["threads"]))
        name, figures = max(one["stages_s"].items(),
                            key=lambda item: item[1]["median"])
        text.append(f"- The dearest stage is {name}, with "
                    f"{share(figures['median'] / stage_total(one))} of the "
                    "time on one thread: a gain there counts most.")
    text += [
        "- Leave the switches at their defaults; they are there for measuring, "
        "and for machines where the tables above come out otherwise.",
        "- Give wattle several files or one large plain file: these are shared "
        "between threads; a packed file is read by one.",
        "- Run `bench/check/bench_check.py` before and after a change: it "
        "counts instructions, so a busy machine does not matter. It counts "
        "the AVX2 way only; AVX-512, caches and threads need times.",
        "- Take times only on a quiet machine; the results say how busy it "
        "was.\n"]
    return "\n".join(text)


def reproduce_section(_data, _charts):
    commands = [MAKE_BASELINE, MAKE_SIZES, MAKE_GROWTH, MAKE_SHAPES,
                MAKE_LADDER, MAKE_COLD, MAKE_WATTLE, MAKE_STORE, MAKE_LOAD,
                MAKE_LOAD_STORED, MAKE_PAGE]
    return ("## How to reproduce\n\nAll at once, in about two hours, "
            "with packages and peers installed where they are missing; or in "
            "some minutes with fewer and smaller runs, which write "
            "build/bench/quick/PERFORMANCE.md and leave this page alone:\n\n"
            "    make bench\n    make bench-quick\n\n"
            "Or one by one:\n\n    make\n"
            + "".join(f"    {command}\n" for command in commands)
            + "\nReadings are generated from fixed seeds, the same everywhere. "
            "Growth needs 9 GB of disk, given back afterwards. "
            "Charts need gnuplot, memo misses of wattle valgrind.\n")


SECTIONS = [head_section, targets.section, baseline_section, profile_section,
            techniques.section, final_section, peers_section, growth_section,
            stored.section, load.section, load_stored.section, shapes_section, changes_section,
            recommendations_section, reproduce_section]
