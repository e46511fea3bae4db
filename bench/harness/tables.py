"""Results as tables for people."""


def table(rows, left=1):
    """Rows of text in columns; the first LEFT columns are aligned left, and a
    row that is a single text stands across."""
    rows = [row if isinstance(row, str) else [str(cell) for cell in row]
            for row in rows]
    full = [row for row in rows if not isinstance(row, str)]
    widths = [max(len(row[column]) for row in full)
              for column in range(len(full[0]))]
    lines = []
    for row in rows:
        if isinstance(row, str):
            lines.append("  " + row)
            continue
        cells = [cell.ljust(width) if column < left else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def seconds(value):
    if value < 1:
        return f"{value * 1000:.1f} ms"
    return f"{value:.2f} s"


def memory(value):
    if value >= 2**30:
        return f"{value / 2**30:.1f} GiB"
    return f"{value / 2**20:.1f} MiB"


def rate(value):
    if value >= 1e6:
        return f"{value / 1e6:.1f} M/s"
    return f"{value / 1e3:.0f} k/s"


def share(value):
    return "unknown" if value is None else f"{value * 100:.0f} %"


def spread(figures, text):
    return f"{text(figures['min'])} .. {text(figures['max'])}"


def ratio(figures):
    return f"{figures['median']:.2f}x"


HEAD = ["", "wall median", "min .. max", "CPU", "peak memory", "readings",
        "to wattle", "min .. max", "runs"]


def figures_row(title, entry):
    """One contender as a row under HEAD."""
    if entry["status"] != "ok":
        return f"{title}: {entry['status'].replace('_', ' ')}: " \
               f"{entry['reason']}"
    row = [title, seconds(entry["wall_s"]["median"]),
           spread(entry["wall_s"], seconds),
           seconds(entry["cpu_s"]["median"]),
           memory(entry["peak_rss_bytes"]["max"]),
           rate(entry["readings_per_s"])]
    ratios = entry.get("ratio_to_wattle")
    if ratios:
        row += [ratio(ratios), f"{ratios['min']:.2f} .. {ratios['max']:.2f}"]
    else:
        row += ["1", ""]
    return row + [entry["wall_s"]["n"]]


def size_text(result):
    data = result["dataset"]
    confirmed = result["answer_confirmed_by"]
    lines = [
        f"{data['readings']:,} readings, {data['bytes'] / 1e6:.1f} MB in "
        f"{data['files']} files; "
        f"{share(result['cached_share_before'])} of them in the page cache; "
        f"others used {share(result['other_cpu_share'])} of the CPU",
        table([HEAD] + [figures_row(entry["title"], entry)
                        for entry in result["contenders"]]),
        "  answers agree with wattle's: "
        + (", ".join(confirmed) if confirmed else "none was run"),
    ]
    return "\n".join(lines)


def skipped_text(skipped):
    return "\n".join(f"  skipped: {name}: {reason}"
                     for name, reason in skipped.items())


def start_up_text(result):
    rows = [["", "wall median", "quartiles", "min", "CPU", "peak memory",
             "runs"]]
    for kind in result["kinds"]:
        wall = kind["wall_s"]
        rows.append([kind["title"], seconds(wall["median"]),
                     f"{seconds(wall['quartile_1'])} .. "
                     f"{seconds(wall['quartile_3'])}",
                     seconds(wall["min"]), seconds(kind["cpu_s"]["median"]),
                     memory(kind["peak_rss_bytes"]["max"]), wall["n"]])
    return (f"Whole process on {result['dataset']['readings']:,} readings; "
            f"others used {share(result['other_cpu_share'])} of the CPU\n"
            + table(rows))


def head_to(name, *more):
    """HEAD with another base than wattle's default."""
    return [f"to {name}" if cell == "to wattle" else cell
            for cell in HEAD] + list(more)


def shapes_text(result):
    rows = [head_to("plain", "text report", "DuckDB", "to wattle")]
    for title, entry in ([("plain", result["base"])]
                         + [(entry["name"], entry)
                            for entry in result["entries"]]):
        row = figures_row(title, entry)
        if isinstance(row, list):
            row.append(seconds(entry["text_wall_s"]["median"]))
            row += duckdb_cells(entry.get("duckdb"))
        rows.append(row)
    busy = max((entry.get("other_cpu_share", 0)
                for entry in result["entries"]), default=0)
    return (f"Shapes of {result['readings']:,} readings, report --json in "
            f"pairs with plain; others used up to {share(busy)} of the CPU\n"
            + table(rows))


def duckdb_cells(result):
    """DuckDB's time on a shape, and how it compares with wattle's."""
    if not result:
        return ["", ""]
    if result["status"] != "ok":
        return [result["status"].replace("_", " "), ""]
    return [seconds(result["wall_s"]["median"]),
            ratio(result["ratio_to_wattle"])]


def packed_text(results):
    """Growth on packed files."""
    rows = [["", "wall median", "min .. max", "CPU", "peak memory",
             "readings", "runs"]]
    for entry in results:
        row = figures_row(f"{entry['readings']:,}", entry)
        rows.append(row[:6] + row[-1:] if isinstance(row, list) else row)
    return "Packed with zstd, wattle alone\n" + table(rows)


LADDER_TABLES = [
    ("stack", "One technique on the other, in pairs with the step before",
     "times faster", "gain"),
    ("off", "One switch of the C program back, in pairs with all on",
     "times as long", "ratio_to_wattle"),
    ("switch", "One switch of wattle, in pairs with its defaults",
     "times as long", "ratio_to_wattle"),
    ("cold", "Cold cache, in pairs with the same on a warm cache",
     "times as long", "ratio_to_wattle")]


def ladder_text(result):
    texts = [f"Ladder on {result['dataset']['readings']:,} readings; others "
             f"used {share(result['other_cpu_share'])} of the CPU"]
    for kind, title, head, key in LADDER_TABLES:
        rows = [ladder_row(entry, key) for entry in result["entries"]
                if entry["kind"] == kind]
        if rows:
            texts.append(title + "\n" + table(
                [["", "wall median", "min .. max", "CPU", "peak memory",
                  "readings", head, "min .. max", "runs"]] + rows))
    return "\n\n".join(texts)


def ladder_row(entry, key):
    """A rung as a row; key names the ratio that is told."""
    title = entry["title"]
    if entry["kind"] == "cold":
        title += f" --threads {entry['threads']}"
    row = figures_row(title, entry)
    if isinstance(row, list):
        figures = entry.get(key)
        row[6:8] = [ratio(figures),
                    f"{figures['min']:.2f} .. {figures['max']:.2f}"] \
            if figures else ["", ""]
    return row


def headline_text(headline):
    rows = []
    for entry in headline["throughput"]:
        threads = entry["threads"]
        rows.append([
            f"throughput at {entry['readings']:,}, {threads} "
            f"thread{'s' if threads > 1 else ''}",
            f"{entry['readings_per_s'] / 1e6:.1f} M readings/s "
            f"({entry['bytes_per_s'] / 1e9:.2f} GB/s)"])
    for entry in headline["peak_memory"]:
        rows.append([f"peak memory at {entry['readings']:,}",
                     memory(entry["peak_rss_bytes"])])
    for entry in headline["small_run"]:
        rows.append([f"whole process at {entry['readings']:,}, "
                     f"{entry['title']}",
                     f"{entry['median_s'] * 1000:.2f} ms "
                     f"(median of {entry['runs']})"])
    for entry in headline["before"]:
        rows.append([f"faster than the Python monitor at "
                     f"{entry['readings']:,}",
                     f"{entry['ratio']:.0f} times"])
    return "wattle in short\n" + (table(rows, left=2) if rows
                                  else "  nothing was measured")
