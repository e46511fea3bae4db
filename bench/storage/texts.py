"""The results of run_store.py as tables for people."""

from harness.tables import memory, rate, ratio, seconds, share, spread, table


def span(figures):
    return f"{figures['min']:.2f} .. {figures['max']:.2f}"


def cells_of(entry, readings):
    """Wall time, its range, peak memory, readings a second."""
    return [seconds(entry["wall_s"]["median"]), spread(entry["wall_s"],
                                                       seconds),
            memory(entry["peak_rss_bytes"]["max"]),
            rate(readings / entry["wall_s"]["median"])]


def pair_cells(result, key="ratio"):
    if result["status"] != "ok":
        return [result["status"], result["reason"]]
    return [ratio(result[key]), span(result[key])]


def fill_text(result):
    data = result["dataset"]
    rows = [["", "wall", "min .. max", "peak memory", "readings", "to wattle",
             "min .. max", "file", "a reading"]]
    for key, title in (("import", "wattle import"),
                       ("import_1", "wattle import, 1 thread")):
        rows.append([title, *cells_of(result[key], data["readings"]), "1", "",
                     memory(result["file_bytes"]),
                     f"{result['bytes_per_reading']:.2f} B"])
    for entry in result["duckdb"].values():
        if entry["status"] != "ok":
            rows.append(f"{entry['title']}: {entry['reason']}")
            continue
        rows.append([entry["title"],
                     *cells_of(entry["other"], data["readings"]),
                     *pair_cells(entry), memory(entry["file_bytes"]),
                     f"{entry['bytes_per_reading']:.2f} B"])
    text = (f"Filling a database with {data['readings']:,} readings; others "
            f"used {share(result['other_cpu_share'])} of the CPU\n"
            + table(rows))
    entropy = result["entropy"]
    if entropy:
        text += (f"\n  entropy of the values: "
                 f"{entropy['bytes_per_reading']:.2f} B a reading "
                 f"({entropy['readings']:,} readings)")
    return text


def report_text(result):
    rows = [["", "wall", "min .. max", "peak memory", "readings", "to wattle",
             "min .. max", "inside", "to wattle"],
            ["wattle report DB", *cells_of(result["report"],
                                           result["readings"]),
             "1", "", "", ""]]
    for name, entry in result["pairs"].items():
        title = name.replace("_", " ")
        if entry["status"] != "ok":
            rows.append(f"{title}: {entry['reason']}")
            continue
        row = [title, *cells_of(entry["other"], result["readings"]),
               *pair_cells(entry), "", ""]
        if "inside_ratio" in entry:
            row[-2:] = [seconds(entry["other"]["inside_s"]["median"]),
                        ratio(entry["inside_ratio"])]
        rows.append(row)
    return (f"Report of a database of {result['readings']:,} readings\n"
            + table(rows))


def scan_text(result):
    return "Decoding every reading\n" + table(
        [["threads", "a pass", "min .. max", "readings"]]
        + [[one["threads"], seconds(one["pass_s"]["median"]),
            spread(one["pass_s"], seconds), rate(one["readings_per_s"])]
           for one in result["threads"]])


def sql_text(result):
    return "SQL over the view of readings\n" + table(
        [["", "wall", "min .. max", "rows"]]
        + [[one["sql"], seconds(one["wall_s"]["median"]),
            spread(one["wall_s"], seconds), rate(one["readings_per_s"])]
           for one in result["statements"]])


def repeats_text(result):
    return (f"Reports of {result['readings']:,} readings, again and again; the "
            f"import has paid after {result['break_even']}\n" + table(
                [["reports", "of the files", "import, then of the database"]]
                + [[one["n"], seconds(one["files"]["wall_s"]["median"]),
                    seconds(one["imported"]["wall_s"]["median"])]
                   for one in result["counts"]], left=0))


def queries_text(result):
    rows = [["", "rows", "inside", "DuckDB", "to wattle", "DuckDB, no energy",
             "whole process", "DuckDB", "to wattle"]]
    for one in result["questions"]:
        row = [one["title"], one["rows"],
               seconds(one["inside"]["inside_s"]["median"])]
        row += inside_cells(one.get("inside_pairs"), "inside_s",
                            "inside_ratio")
        row += inside_cells(one.get("power_pairs"), "inside_s",
                            "inside_ratio")[:1]
        row.append(seconds(one["whole"]["wall_s"]["median"]))
        row += inside_cells(one.get("whole_pairs"), "wall_s", "ratio")
        rows.append(row)
    return (f"Questions of {result['dataset']['readings']:,} readings of a "
            "home\n" + table(rows))


def inside_cells(result, key, ratio_key):
    if not result:
        return ["", ""]
    if result["status"] != "ok":
        return [result["status"], ""]
    return [seconds(result["other"][key]["median"]),
            ratio(result[ratio_key])]


def opening_text(result):
    rows = [["", "open, ask, close", "whole process"],
            ["wattle", seconds(result["inside"]["inside_s"]["median"]),
             seconds(result["whole"]["wall_s"]["median"])]]
    if result.get("duckdb", {}).get("status") == "ok":
        rows.append(["DuckDB", seconds(
            result["duckdb"]["other"]["inside_s"]["median"]), ""])
    return (f"Opening {memory(result['file_bytes'])} of "
            f"{result['dataset']['readings']:,} readings\n" + table(rows))


def real_text(result):
    return "Real files\n" + table(
        [["", "readings", "CSV", "database", "a reading", "import",
          "readings"]]
        + [[one["name"], f"{one['readings']:,}", memory(one["csv_bytes"]),
            memory(one["file_bytes"]), f"{one['bytes_per_reading']:.2f} B",
            seconds(one["import"]["wall_s"]["median"]),
            rate(one["readings_per_s"])] for one in result["sets"]])


def all_texts(results):
    texts = [fill_text(one) for one in results["fill"]]
    texts += [report_text(one) for one in results["report"]]
    for name, function in (("scan", scan_text), ("sql", sql_text),
                           ("repeats", repeats_text),
                           ("queries", queries_text),
                           ("opening", opening_text), ("real", real_text)):
        if results[name]:
            texts.append(function(results[name]))
    return "\n\n".join(texts) + "\n"
