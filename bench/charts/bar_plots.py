"""Charts with bars from left to right, one below the other, on a log scale."""

from .plots import AFTER, BEFORE, block, draw, quote
from .words import number, times

LADDER = "#59a5dd"
COLOUR = {"python": BEFORE, "ladder": LADDER, "wattle": AFTER}
PROGRAMS = [("python", "Python monitor"), ("ladder", "C program"),
            ("wattle", "wattle")]
ROW_PIXELS = 24
HEAD_PIXELS = 110


def nanoseconds(value):
    return f"{value:,.0f} ns" if value >= 100 else f"{value:.1f} ns"


def frame(n_rows, title, subtitle, low, high):
    """What these charts share. Rows count downward; heads stand at the left,
    above the names of the rows."""
    return (f"set label 1 {quote(title)} at screen 0.02, screen 0.99 "
            "offset 0,-1 font ',15' tc rgb '#111111'\n"
            f"set label 2 {quote(subtitle)} at screen 0.02, screen 0.99 "
            "offset 0,-2.3 font ',12' tc rgb '#555555'\n"
            "set tmargin 3.6\nset logscale x\nset border 1\nunset grid\n"
            "set grid xtics lc rgb '#dddddd' lt 1\nset ytics scale 0\n"
            f"set yrange [{n_rows - 0.3}:-0.7]\nset xrange [{low}:{high}]\n")


def bar(column, test, begin, half, names):
    """Bars of the rows that pass a test."""
    return (f"$bars using ({test}?${column}:NaN):1:({begin}):{column}:"
            f"($1-{half}):($1+{half}):ytic({names}) with boxxyerror")


def draw_rows(name, script, n_rows):
    return draw(name, script, (860, HEAD_PIXELS + ROW_PIXELS * n_rows))


def gain_label(entry):
    """Time a reading, and the gain over the step before."""
    gain = entry.get("gain")
    words = nanoseconds(entry["ns_per_reading"])
    return f"{words}    {times(gain['median'])}" if gain else words


def ladder(data):
    """Time a reading, one technique on the other."""
    entries = data.steps("stack")
    if not entries:
        return None
    names = [name for name, _ in PROGRAMS]
    rows = [[n, entry["ns_per_reading"], names.index(entry["program"]),
             quote(gain_label(entry)), quote(entry["title"])]
            for n, entry in enumerate(entries)]
    low = min(row[1] for row in rows) / 2
    high = max(row[1] for row in rows) * 30
    script = block("bars", rows) + frame(
        len(rows), "Time a reading, one technique on the other",
        f"{data.ladder['dataset']['readings']:,} readings, log scale; beside "
        "the time: how many times faster than the step before", low, high)
    script += "set key bottom right samplen 2\nset format x '%.0f ns'\nplot "
    script += ", ".join(
        bar(2, f"$3=={k}", low, 0.38, 5)
        + f' lc rgb "{COLOUR[name]}" title {quote(words)}'
        for k, (name, words) in enumerate(PROGRAMS))
    script += ", $bars using 2:1:4 with labels left offset 0.7,0 notitle\n"
    return draw_rows("ladder", script, len(rows))


def spread_bars(rows, low, colours):
    """Bars from 1 on with the range of their pairs. Rows: number, median, min,
    max, colour, label, name."""
    script = ("unset key\nset arrow from 1,graph 0 to 1,graph 1 nohead dt 2 "
              "lc rgb '#555555'\nset format x '%gx'\nplot ")
    script += ", ".join(bar(2, f"$5=={k}", max(low, 1), 0.36, 7)
                        + f' lc rgb "{colour}"'
                        for k, colour in enumerate(colours))
    return block("bars", rows) + script + (
        ", $bars using 3:1:($4-$3):(0) with vectors nohead lw 1.5 lc rgb "
        "'#333333', $bars using ($4>1?$4:1):1:6 with labels left "
        "offset 0.7,0\n")


def ratio_row(n, ratio, colour, title):
    return [n, ratio["median"], ratio["min"], ratio["max"], colour,
            quote(times(ratio["median"])), quote(title)]


def ladder_off(data):
    """What it costs to switch one technique off."""
    if not data.steps("off"):
        return None
    entries = [(0, "C program: " + entry["title"], entry["ratio_to_wattle"])
               for entry in data.steps("off")]
    entries += [(1, "wattle: " + entry["title"], entry["ratio_to_wattle"])
                for entry in data.steps("switch")]
    entries.sort(key=lambda one: (one[0], -one[2]["median"]))
    rows = [ratio_row(n, ratio, program, title)
            for n, (program, title, ratio) in enumerate(entries)]
    low = min(0.7, *(row[2] * 0.9 for row in rows))
    script = frame(len(rows), "One technique off at a time",
                   "times as long as with everything on: median and range of "
                   "pairs, log scale", low, max(row[3] for row in rows) * 2)
    return draw_rows("ladder_off", script
                     + spread_bars(rows, low, (LADDER, AFTER)), len(rows))


def duckdb_shapes(data):
    """DuckDB's time to wattle's on every shape."""
    if not data.shapes:
        return None
    entries = [("plain", data.shapes["base"])] + [
        (one["name"].replace("_", " "), one)
        for one in data.shapes["entries"]]
    entries = [(title, one["duckdb"]["ratio_to_wattle"])
               for title, one in entries
               if (one.get("duckdb") or {}).get("status") == "ok"]
    if not entries:
        return None
    rows = [ratio_row(n, ratio, 0, title)
            for n, (title, ratio) in enumerate(entries)]
    low = min(0.7, *(row[2] * 0.9 for row in rows))
    script = frame(len(rows), "DuckDB's time relative to wattle's, by shape",
                   f"{data.shapes['readings']:,} readings, median and range "
                   "of pairs, log scale", low,
                   max(row[3] for row in rows) * 2)
    return draw_rows("duckdb_shapes",
                     script + spread_bars(rows, low, (AFTER,)), len(rows))


def stored_ratios(data):
    """(words, DuckDB's time to wattle's) of import, report and questions; of
    two forms of DuckDB's tables the quicker, of a question the work inside."""
    found = []
    for readings, result in data.stored_sizes("fill"):
        found.append((f"import of {number(readings)}",
                      [one["ratio"] for one in result["duckdb"].values()
                       if one["status"] == "ok"]))
    for readings, result in data.stored_sizes("report"):
        own = [result["pairs"].get(f"duckdb_{kind}", {})
               for kind in ("double", "decimal")]
        found.append((f"report of {number(readings)}, DuckDB without its "
                      "start",
                      [one["inside_ratio"] for one in own
                       if one.get("status") == "ok"]))
    for one in (data.stored.get("queries") or {"questions": []})["questions"]:
        for key, words in (("inside_pairs", ""),
                           ("power_pairs", ", DuckDB without energy")):
            pair = one.get(key) or {}
            found.append((one["title"] + words,
                          [pair["inside_ratio"]]
                          if pair.get("status") == "ok" else []))
    return [(words, min(ratios, key=lambda ratio: ratio["median"]))
            for words, ratios in found if ratios]


def stored(data):
    """DuckDB's time to wattle's with a database of its own."""
    entries = stored_ratios(data)
    if not entries:
        return None
    rows = [ratio_row(n, ratio, 0, title)
            for n, (title, ratio) in enumerate(entries)]
    low = min(0.7, *(row[2] * 0.9 for row in rows))
    script = frame(len(rows), "DuckDB's time relative to wattle's, each with "
                   "its own database", "median and range of pairs, log scale",
                   low, max(row[3] for row in rows) * 2)
    return draw_rows("stored", script + spread_bars(rows, low, (AFTER,)),
                     len(rows))


def all_charts(data):
    """Draw what the results allow: name -> file or None."""
    charts = (ladder, ladder_off, duckdb_shapes, stored)
    return {chart.__name__: chart(data) for chart in charts}
