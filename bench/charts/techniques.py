"""The section "Optimizations Applied": what each technique is, where it lives,
and what it is worth, from the results of the ladder."""

from harness.tables import memory, rate, seconds

from .words import (MAKE_COLD, MAKE_LADDER, MAKE_WATTLE, missing, percent,
                    picture, ratio_span, span, table, times)

# A step below this is called one that pays little.
PAYS = 1.05


class Technique:
    """key:   as in the results of the ladder; further keys after it.
    what:  one sentence for the overview.
    where: files.
    words: the rest that a reader should know.
    """

    def __init__(self, keys, title, what, where, words):
        self.keys = keys
        self.title = title
        self.what = what
        self.where = where
        self.words = words


TECHNIQUES = [
    Technique(
        ["vectors"], "Vectorized scanning, decoding and arithmetic",
        "AVX2 or AVX-512 finds newlines and decodes whole rows by moving "
        "bytes; plain C defines what is right",
        "`src/simd/`, one file for each instruction set",
        "Chosen once by CPU, or by `--simd`. A row is decoded by vectors only "
        "when its template is known, so this stands on the cache of templates."),
    Technique(
        ["data structures"], "Data structures",
        "devices become small numbers: first the guess that a device follows "
        "the same device as last time, then a hash; readings lie in columns "
        "of 1,024 rows",
        "`src/model/batch.c`, `src/model/registry.c`, "
        "`src/formats/csv_decoder.c`",
        "wattle has no switch for these; the C program has. Linear search is "
        "what C offers without a library; the Python monitor has "
        "dictionaries, which are hash tables. Columns alone need not pay "
        "where a batch fits the cache; they are what vectors work on."),
    Technique(
        ["caching"], "Caching",
        "the template of rows, the day of a date, and the two factors of "
        "efficiency by their decimal values are computed once",
        "`src/formats/csv_decoder.c`, `template_builder.c`, "
        "`src/analytics/efficiency.c`",
        "`--no-cache` switches off all three; without templates there is no "
        "vectorized decoding either, so its figure covers both."),
    Technique(
        ["threads"], "Parallel work",
        "each thread takes a stretch of the input; one without work takes "
        "half of the longest rest",
        "`src/run/scheduler.c`, `split.c`",
        "Sums are exact, so the number of threads changes no byte."),
    Technique(
        ["algorithms"], "Algorithms",
        "no trigonometry (sin(2 acos x)^2 = 4 x^2 (1 - x^2)), one pass for "
        "all questions, sums in integers",
        "`docs/formulas.md`, `src/analytics/totals_block.c`, "
        "`efficiency.c`",
        "Integer sums are there for exactness first: any order of adding, so "
        "any number of threads, gives the same bytes. They save time as well, "
        "as thousandths need not be divided into doubles. Sums in double with "
        "compensation are the other way to good sums, and still depend on "
        "the order."),
    Technique(
        ["parsing"], "Parsing by hand",
        "timestamps and decimals are read digit by digit into whole numbers, "
        "not by strptime and strtod",
        "`src/base/civil_time.c`, `decimal.c`, `src/formats/row_values.c`",
        "In wattle this is what the plain C way does; vectors do the same for "
        "whole rows."),
    Technique(
        ["chunks"], "Lazy, chunked reading",
        "a block is read, decoded, added up and forgotten, so memory grows "
        "with devices and days, not with readings",
        "`src/input/reader_buffer.c`, `src/run/split.c`",
        "The monitor keeps all readings; so does the C program until the "
        "step that forgets them."),
    Technique(
        ["readers"], "Asynchronous reads",
        "`--reader uring` asks the kernel for the next block while this one "
        "is decoded; `mmap` maps the files; `pread` waits for each block, but "
        "the kernel reads ahead for it as well",
        "`src/input/reader_uring.c`, `reader_mmap.c`, `reader.c`",
        "These are ways to choose from, not steps: `pread` is the default."),
]


def plain_title(entry):
    return entry["title"].removeprefix("+ ").removeprefix("or with ")


def of(data, technique, kind):
    """The ladder's entries of one technique."""
    return [entry for entry in data.steps(kind)
            if entry.get("technique") in technique.keys]


def short_title(entry):
    return plain_title(entry).split(", ")[0]


def gains(data, technique):
    """What each step of a technique gains over the step before it."""
    return ", ".join(f"{short_title(entry)}: {times(entry['gain']['median'])}"
                     for entry in of(data, technique, "stack")
                     if entry.get("gain"))


def losses(data, technique):
    """What it costs to switch a technique off, by its dearest switch."""
    entries = of(data, technique, "off") + of(data, technique, "switch")
    if not entries:
        return ""
    one = max(entries, key=lambda entry: entry["ratio_to_wattle"]["median"])
    title = one["title"] if one["kind"] == "off" else f"`{one['title']}`"
    return f"{title}: {times(one['ratio_to_wattle']['median'])}"


def overview(data):
    rows = [[technique.title, technique.what, technique.where,
             gains(data, technique), losses(data, technique)]
            for technique in TECHNIQUES]
    lines = ["| technique | what it is | where it lives | stacked: times "
             "faster | off: times as long, at most |", "|---|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def stack_table(data):
    steps = data.steps("stack")
    if not steps:
        return missing(MAKE_LADDER)
    rows = []
    for entry in steps:
        gain = entry.get("gain")
        rows.append([
            entry["title"], seconds(entry["wall_s"]["median"]),
            seconds(entry["cpu_s"]["median"]),
            f"{entry['ns_per_reading']:.1f} ns",
            times(gain["median"]) if gain else "",
            ratio_span(gain) if gain else "",
            times(steps[0]["wall_s"]["median"] / entry["wall_s"]["median"]),
            memory(entry["peak_rss_bytes"]["max"]), entry["wall_s"]["n"]])
    text = table(["technique", "wall", "CPU", "a reading",
                  "faster than the step before", "range of pairs",
                  "than the first", "peak memory", "runs"], rows)
    skipped = [f"{entry['title'].removeprefix('+ ')}: {entry['reason']}."
               for entry in data.ladder["entries"]
               if entry["kind"] == "stack" and entry["status"] != "ok"]
    return text + "".join(f"\n{words}\n" for words in skipped)


def little_text(data):
    """The steps that pay little or nothing, by name."""
    small = [f"{plain_title(entry)} ({times(entry['gain']['median'])})"
             for entry in data.steps("stack")
             if entry.get("gain") and entry["gain"]["median"] < PAYS
             and entry["technique"] not in ("wattle", "readers")]
    if not small:
        return ""
    return (f"Steps that gain less than {(PAYS - 1) * 100:.0f} % here, or "
            "lose: " + "; ".join(small) + ".\n")


def stack_words(data):
    n_readings = data.ladder["dataset"]["readings"]
    return (
        f"From the Python monitor to wattle on the same {n_readings:,} "
        "readings, one technique on the other. The C program "
        "(`bench/ladder/`) does the monitor's work, and tells energy, first "
        "and last instants besides; every technique is a switch of it. Each "
        "step ran in pairs with the one before it. Every answer was checked: "
        "counts and instants equal, means, energy and costs to one part in "
        "1e9; all runs of wattle give the same bytes.\n\n"
        "The step to wattle itself goes back: it checks every line, takes "
        "any order of rows and columns, quotes and packed files, finds "
        "duplicates and gaps, computes hours and days, and at first remembers "
        "nothing.\n")


def off_table(data, technique):
    """One switch back, of the C program and of wattle."""
    rows = []
    for kind, prefix in (("off", "C program: "), ("switch", "wattle: ")):
        for entry in of(data, technique, kind):
            title = entry["title"] if kind == "off" else \
                f"`{entry['title']}`"
            ratio = entry["ratio_to_wattle"]
            rows.append([prefix + title, seconds(entry["wall_s"]["median"]),
                         seconds(entry["cpu_s"]["median"]),
                         times(ratio["median"]), ratio_span(ratio),
                         memory(entry["peak_rss_bytes"]["max"])])
    return table(["one switch at a time", "wall", "CPU",
                  "times as long as with all on", "range of pairs",
                  "peak memory"], rows) if rows else ""


MEMOS = [("next_device", "next device guessed"), ("date", "day of the date"),
         ("efficiency_by_current", "efficiency by current"),
         ("efficiency_by_factor", "efficiency by power factor")]


def hits_table(data):
    """Hit rates, from the full C program and from wattle itself."""
    full = [entry for entry in data.steps("stack")
            if entry.get("program") == "ladder"]
    if not full:
        return missing(MAKE_LADDER)
    memos = full[-1].get("memos") or {}
    rows = []
    if data.ladder.get("layout_hit_rate") is not None:
        rows.append(["template of the row",
                     f"{data.ladder['dataset']['readings']:,}", "",
                     percent(data.ladder["layout_hit_rate"]),
                     "wattle, `--json --timings`"])
    for key, title in MEMOS:
        if key in memos:
            one = memos[key]
            rows.append([title, f"{one['n']:,}",
                         f"{one['n'] - one['hits']:,}",
                         percent(one["hits"] / one["n"]), "C program"])
    rows += callgrind_rows(data)
    return table(["memo", "asked", "misses", "hit rate", "counted in"], rows)


def callgrind_rows(data):
    memos = (data.wattle or {}).get("memos")
    return [[one["title"], f"{memos['readings']:,}", f"{one['misses']:,}",
             percent(one["hit_rate"]), "wattle, by callgrind"]
            for one in (memos["entries"] if memos else [])
            if one["misses"] is not None]


def chunk_table(data):
    if not data.wattle:
        return missing(MAKE_WATTLE)
    blocks = data.wattle["blocks"]
    rows = []
    for one in blocks["entries"]:
        title = "default block" if one["block_bytes"] is None else \
            f"`--block {one['block_bytes']}`"
        if one["is_whole_file"]:
            title += " (a whole file)"
        rows.append([title, memory(one["peak_rss_bytes"]["max"]),
                     seconds(one["wall_s"]["median"])]
                    if one["status"] == "ok" else
                    [title, "failed", one["reason"]])
    before = data.entry(blocks["readings"], "before")
    if before:
        rows.append(["Python monitor (keeps everything)",
                     memory(before["peak_rss_bytes"]["max"]),
                     seconds(before["wall_s"]["median"])])
    return (f"wattle, {blocks['readings']:,} readings, "
            f"{memory(blocks['bytes'])} in files of up to "
            f"{memory(blocks['largest_file_bytes'])}, one thread:\n\n"
            + table(["read at once", "peak memory", "wall"], rows))


def cold_table(data):
    entries = data.steps("cold", cold=True)
    if not entries:
        return missing(MAKE_COLD)
    rows = [[f"`{entry['title']}`", entry["threads"],
             seconds(entry["warm_wall_s"]["median"]),
             seconds(entry["wall_s"]["median"]), span(entry["wall_s"]),
             times(entry["ratio_to_wattle"]["median"]),
             seconds(entry["warm_cpu_s"]["median"]),
             seconds(entry["cpu_s"]["median"]),
             rate(entry["readings_per_s"])] for entry in entries]
    ladder = data.cold_ladder
    share = ladder.get("cached_share_when_cold")
    note = "" if share is None else (
        f" After dropping, {percent(share)} of the files were in the cache.")
    return ("Cold and warm told apart, "
            f"{ladder['dataset']['readings']:,} readings: the files are "
            "dropped from the page cache before every cold run, and each "
            f"cold run is paired with a warm one.{note} A virtual machine's "
            "host may still hold them.\n\n"
            + table(["reader", "threads", "warm", "cold", "range of cold",
                     "cold to warm", "CPU warm", "CPU cold",
                     "readings/s cold"], rows))


def subsection(data, charts, technique):
    text = [f"### {technique.title}\n",
            f"{technique.what[0].upper()}{technique.what[1:]}. In "
            f"{technique.where}. {technique.words}\n",
            off_table(data, technique)]
    key = technique.keys[0]
    if key == "caching":
        text.append(hits_table(data))
    elif key == "threads":
        text.append(picture(charts, "threads",
                            "readings a second by threads"))
    elif key == "chunks":
        text.append(chunk_table(data))
    elif key == "readers":
        text.append(cold_table(data))
    return "\n".join(text)


def section(data, charts):
    text = ["## Optimizations Applied\n"]
    if not data.steps("stack"):
        text.append(missing(MAKE_LADDER))
    else:
        text += [overview(data), stack_words(data), stack_table(data),
                 little_text(data),
                 picture(charts, "ladder", "one technique on the other"),
                 "Then one technique off at a time, everything else on, in "
                 "pairs with everything on:\n",
                 picture(charts, "ladder_off", "one technique off at a time")]
    return "\n".join(text + [subsection(data, charts, technique)
                             for technique in TECHNIQUES])
