"""Charts as SVG, drawn by gnuplot. They bring their own light background, so
that they can be read on light and on dark pages."""

import os
import shutil
import subprocess

from . import store
from .words import number

FOLDER = "docs/charts"
BEFORE, AFTER = "#c2571a", "#1f6fb2"
COLOURS = ["#1f6fb2", "#59a5dd", "#c2571a", "#2b8a3e", "#7b3fa0", "#a8860b",
           "#c2255c", "#0b7285", "#868e96", "#5c940d"]
STYLE = """
set encoding utf8
set border 3 lc rgb "#555555"
set tics nomirror textcolor rgb "#222222"
set grid ytics lc rgb "#dddddd" lt 1
set key textcolor rgb "#222222"
set title textcolor rgb "#111111"
set ylabel textcolor rgb "#222222"
set xlabel textcolor rgb "#222222"
set style fill solid 1.0 noborder
"""


def quote(text):
    return '"' + str(text).replace("\\", "").replace('"', "'") + '"'


def block(name, rows):
    """A gnuplot data block."""
    lines = [" ".join(cell if isinstance(cell, str) else repr(cell)
                      for cell in row) for row in rows]
    return f"${name} << EOD\n" + "\n".join(lines) + "\nEOD\n"


def draw(name, script, size=(760, 400)):
    """Run gnuplot; returns the file's name, or None where that fails."""
    if not shutil.which("gnuplot"):
        return None
    os.makedirs(FOLDER, exist_ok=True)
    file_name = f"{FOLDER}/{name}.svg"
    head = (f"set terminal svg size {size[0]},{size[1]} font 'sans-serif,13' "
            "background '#fafaf8' noenhanced\n"
            f"set output '{file_name}'\n")
    done = subprocess.run(["gnuplot"], input=head + STYLE + script, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    if done.returncode != 0:
        raise ValueError(f"gnuplot, {name}: {done.stdout.strip()}")
    return file_name


def short(value):
    """Three digits, without powers of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def before_after(data):
    """Time and memory of the monitor and of wattle."""
    readings = data.largest_with("before")
    if readings is None:
        return None
    old = data.entry(readings, "before")
    new = data.entry(readings, "wattle")
    stages = data.stages(readings, 1)
    times = []
    if stages:
        times += [
            ["loading", old["load_s"]["median"],
             store.stage_sum(stages, store.LOAD)],
            ["analytics", old["analytics_s"]["median"],
             store.stage_sum(stages, store.ANALYTICS)]]
    times.append(["total", old["wall_s"]["median"], new["wall_s"]["median"]])
    peak = [["memory", old["peak_rss_bytes"]["max"] / 2**20,
             new["peak_rss_bytes"]["max"] / 2**20]]
    times = [[name, old_s * 1000, new_s * 1000]
             for name, old_s, new_s in times]
    script = "".join(
        block(name, [[quote(a), b, c, quote(short(b)), quote(short(c))]
                     for a, b, c in rows])
        for name, rows in (("times", times), ("peak", peak)))
    bars = ('plot ${0} using 2:xtic(1) title "Python monitor" '
            f'lc rgb "{BEFORE}", "" using 3 title "wattle" '
            f'lc rgb "{AFTER}", "" using ($0-0.17):2:4 '
            'with labels offset 0,0.6 notitle, "" using ($0+0.17):3:5 '
            'with labels offset 0,0.6 notitle\n')
    script += ("set style data histogram\nset style histogram clustered gap 1"
               "\nset boxwidth 0.9\nset logscale y\n"
               f"set multiplot layout 1,2 title 'Before and after, "
               f"{readings:,} readings (log scale)'\n"
               f"set title 'milliseconds'\nset key top left\n"
               f"set xrange [-0.6:{len(times) - 0.4}]\n"
               f"set yrange [0.5:{30 * max(row[1] for row in times)}]\n"
               + bars.format("times")
               + "set title 'peak memory, MiB'\nset xrange [-1:1]\n"
               "unset key\n"
               f"set yrange [0.5:{3 * peak[0][1]}]\n" + bars.format("peak")
               + "unset multiplot\n")
    return draw("before_after", script)


def peers(data):
    """Time of everybody else relative to wattle's, pair by pair."""
    size = peer_size(data)
    if size is None:
        return None
    rows = sorted(((entry["title"], entry["ratio_to_wattle"])
                   for entry in peer_entries(data, size)),
                  key=lambda row: row[1]["median"])
    script = block("peers", [[n, ratio["median"], ratio["min"], ratio["max"],
                              quote(title)]
                             for n, (title, ratio) in enumerate(rows)])
    top = max(ratio["max"] for _, ratio in rows)
    low = min(min(ratio["min"] for _, ratio in rows), 1)
    script += ("set logscale x\nunset key\nset grid xtics lc rgb '#dddddd'\n"
               f"set title 'Time relative to wattle, {size:,} readings: median "
               "and range of pairs (log scale)'\n"
               f"set yrange [-0.7:{len(rows) - 0.3}]\n"
               f"set xrange [{low * 0.8}:{top * 2.5}]\n"
               "set arrow from 1,graph 0 to 1,graph 1 nohead dt 2 "
               "lc rgb '#555555'\n"
               "plot $peers using 2:1:3:4:($1-0.3):($1+0.3):ytic(5) with "
               f'boxxyerror lc rgb "#b9d3ea", "" using 2:1 with points pt 7 '
               f'ps 0.8 lc rgb "{AFTER}", "" using 4:1:(sprintf("  %.2fx",$2))'
               " with labels left\n")
    return draw("peers", script, (760, 120 + 40 * len(rows)))


def peer_size(data):
    """The size with the most peers; of these the largest."""
    sizes = [(len(peer_entries(data, readings)), readings)
             for readings in data.sizes]
    n_peers, readings = max(sizes, default=(0, None))
    return readings if n_peers else None


def peer_entries(data, readings):
    """The other engines with figures at a size."""
    return [entry for entry in data.sizes[readings]["contenders"]
            if entry["status"] == "ok" and entry["name"] != "before"
            and not entry["name"].startswith("wattle")]


def growth(data, name, title, label, value):
    """A figure of every contender over the number of readings."""
    if len(data.sizes) < 2:
        return None
    lines = {}  # title -> points
    for readings, result in data.in_order():
        for entry in result["contenders"]:
            if entry["status"] == "ok":
                title_of = lines.setdefault(entry["name"],
                                            (entry["title"], []))
                title_of[1].append([readings, value(entry)])
    packed = [[entry["readings"], value(entry)]
              for entry in data.packed_in_order()]
    if packed:
        lines["packed"] = ("wattle, packed (zstd)", packed)
    script, plots = "", []
    for index, (words, points) in enumerate(lines.values()):
        script += block(f"line{index}", points)
        is_packed = packed and points is packed
        colour = COLOURS[0 if is_packed else index % len(COLOURS)]
        plots.append(f"$line{index} with linespoints pt 7 ps 0.6 lw 2 dt "
                     f'{2 if is_packed else 1} lc rgb "{colour}" title '
                     + quote(words))
    all_sizes = sorted(set(data.sizes) | {point[0] for point in packed})
    tics = ", ".join(f"'{number(readings)}' {readings}"
                     for readings in all_sizes)
    script += ("set logscale xy\nset key outside right\n"
               f"set title {quote(title)}\nset ylabel {quote(label)}\n"
               f"set xlabel 'readings'\nset xtics ({tics})\n"
               f"set xrange [{all_sizes[0] / 1.3}:{all_sizes[-1] * 1.3}]\n"
               "plot " + ", \\\n ".join(plots) + "\n")
    return draw(name, script, (860, 440))


def scaling(data):
    return growth(data, "scaling", "Wall time of the whole process",
                  "seconds", lambda entry: entry["wall_s"]["median"])


def memory(data):
    return growth(data, "memory", "Peak memory", "MiB",
                  lambda entry: entry["peak_rss_bytes"]["max"] / 2**20)


def rate_bars(name, title, entries, step_of=None):
    """Bars of readings per second, with the range of the runs."""
    if not entries:
        return None
    rows = []
    for n, entry in enumerate(entries):
        rate = entry["readings_per_s"] / 1e6
        wall = entry["wall_s"]
        rows.append([n, rate, rate * wall["median"] / wall["max"],
                     rate * wall["median"] / wall["min"],
                     quote(step_of(entry) if step_of else entry["title"])])
    script = block("bars", rows) + (
        f"unset key\nset title {quote(title)}\n"
        "set ylabel 'million readings a second'\nset boxwidth 0.6\n"
        f"set xrange [-0.6:{len(rows) - 0.4}]\nset yrange [0:*]\n"
        "set offsets 0,0,graph 0.1,0\n"
        f'plot $bars using 1:2:xtic(5) with boxes lc rgb "{AFTER}", "" using '
        '1:3:(0):($4-$3) with vectors nohead lw 2 lc rgb "#222222", "" using '
        '1:4:'
        '(sprintf("%.3g",$2)) with labels offset 0,0.8\n')
    return draw(name, script)


def threads(data):
    entries = [entry for entry in data.steps("switch")
               if entry["title"].startswith("--threads")]
    return rate_bars("threads", "By number of threads (range of all runs)",
                     entries, lambda entry: entry["title"].split()[1])


def load(data):
    """Throughput and latency by the number of reports at once."""
    if not data.load:
        return None
    parts = data.load["parts"]
    script = ""
    for name, levels in parts.items():
        script += block(name, [
            [level["at_once"], level["readings_per_s"] / 1e6,
             (level["latency"]["median_s"] or 0) * 1000,
             (level["latency"]["p99_s"] or 0) * 1000] for level in levels])
    lines = [("processes", BEFORE), ("handles", AFTER)]
    lines = [line for line in lines if line[0] in parts]
    highest = max(level["at_once"] for levels in parts.values()
                  for level in levels)
    script += ("set multiplot layout 1,2\nset logscale x 2\n"
               f"set xrange [0.8:{highest * 1.25}]\n"
               "set key below center horizontal samplen 1.5 maxcols 2 "
               "font ',11' width -4\nset yrange [0:*]\n"
               "set title 'million readings a second, by reports at once'\n"
               "plot "
               + ", ".join(f'${name} using 1:2 with linespoints pt 7 ps 0.7 '
                           f'lw 2 lc rgb "{colour}" title "{name}"'
                           for name, colour in lines)
               + "\nset logscale y\nset yrange [*:*]\n"
               "set title 'latency in ms, by reports at once (log scale)'\n"
               "plot "
               + ", ".join(f'${name} using 1:{column} with linespoints '
                           f'pt 7 ps 0.7 lw 2 dt {dash} lc rgb "{colour}" '
                           f'title "{name}, {words}"'
                           for name, colour in lines
                           for column, dash, words in ((3, 1, "median"),
                                                       (4, 2, "99 %")))
               + "\nunset multiplot\n")
    return draw("load", script, (860, 430))


def all_charts(data):
    """Draw what the results allow: name -> file or None."""
    charts = (before_after, peers, scaling, memory, threads, load)
    return {chart.__name__: chart(data) for chart in charts}
