"""The section "A database of readings", from bench/results/store.json."""

from harness.tables import memory, rate, seconds

from .words import (MAKE_STORE, missing, picture, ratio_span, span, table,
                    times)

KINDS = {"double": "DuckDB, DOUBLE", "decimal": "DuckDB, DECIMAL"}
REPORTS = {"csv": "`wattle report` of the CSV files",
           "no_summaries": "the database, `--no-summaries`",
           "no_summaries_1": "the same, 1 thread",
           "duckdb_double": "DuckDB, DOUBLE",
           "duckdb_decimal": "DuckDB, DECIMAL"}


def bytes_text(value):
    return f"{value:.2f}"


def wall_cells(entry, readings):
    return [seconds(entry["wall_s"]["median"]), span(entry["wall_s"]),
            rate(readings / entry["wall_s"]["median"]),
            memory(entry["peak_rss_bytes"]["max"])]


def failed(result):
    return f"{result['status'].replace('_', ' ')}: {result['reason']}"


def size_cells(result):
    return [memory(result["file_bytes"]),
            bytes_text(result["bytes_per_reading"])]


def fill_table(result):
    """One size: who fills a file how quickly, and how large it becomes."""
    readings = result["dataset"]["readings"]
    rows = []
    for key, title in (("import", "**wattle import**"),
                       ("import_1", "wattle import, 1 thread")):
        rows.append([title, *wall_cells(result[key], readings),
                     "1" if key == "import" else "", "",
                     *size_cells(result), result[key]["wall_s"]["n"]])
    for entry in result["duckdb"].values():
        if entry["status"] != "ok":
            rows.append([entry["title"], failed(entry)] + [""] * 8)
            continue
        rows.append([entry["title"], *wall_cells(entry["other"], readings),
                     times(entry["ratio"]["median"]),
                     ratio_span(entry["ratio"]), *size_cells(entry),
                     entry["ratio"]["n"]])
    return table([f"{readings:,} readings", "wall", "range", "readings/s",
                  "peak memory", "to wattle", "range of pairs", "file",
                  "bytes a reading", "runs"], rows)


def entropy_text(entropy):
    """What the entropy of the values says about sizes."""
    if not entropy:
        return ""
    columns = ", ".join(
        f"{name.replace('_', ' ')} {bytes_text(value)}"
        for name, value in entropy["columns"].items())
    return (
        "Entropy: a code that knew how often each value comes in its block of "
        f"{entropy['block']:,} readings of a device, without being told, "
        "would take "
        f"{bytes_text(entropy['bytes_per_reading'])} bytes a reading "
        f"({columns}); with differences of neighbours where these are less, "
        f"{bytes_text(entropy['bytes_per_reading_least'])}. So much "
        f"says a program of its own, from {entropy['readings']:,} readings. "
        "The file holds the tables of codes, directories, checksums, summaries "
        "and days besides.\n")


def fill_text(data):
    text = ["### Into the database\n",
            "The same CSV files become one file: by `wattle import`, and by "
            "DuckDB's `CREATE TABLE ... AS SELECT ... ORDER BY device_id, "
            "timestamp` with a checkpoint and its default compression. Whole "
            "processes, each load in pairs with an import; the files of the "
            "run before are removed first. The report of the database is "
            "that of the files, byte for byte.\n"]
    for _, result in data.stored_sizes("fill"):
        text += [fill_table(result), entropy_text(result["entropy"])]
    return "\n".join(text)


def report_rows(result):
    readings = result["readings"]
    rows = [["**`wattle report` of the database**",
             *wall_cells(result["report"], readings), "1", "", "", ""]]
    for key, title in REPORTS.items():
        entry = result["pairs"].get(key)
        if not entry:
            continue
        if entry["status"] != "ok":
            rows.append([title, failed(entry)] + [""] * 7)
            continue
        row = [title, *wall_cells(entry["other"], readings),
               times(entry["ratio"]["median"]), ratio_span(entry["ratio"])]
        inside = entry.get("inside_ratio")
        row += [seconds(entry["other"]["inside_s"]["median"]),
                times(inside["median"])] if inside else ["", ""]
        rows.append(row)
    return rows


def report_text(data):
    text = ["### Reports\n",
            "`report --json` of the database, in pairs with the others. "
            "DuckDB answers what it does for the CSV files, from its own file; "
        "\"inside\" "
            "is its time without the start of Node.js, set against wattle's "
            "whole process.\n"]
    for _, result in data.stored_sizes("report"):
        text.append(table(
            [f"{result['readings']:,} readings", "wall", "range",
             "readings/s", "peak memory", "to wattle", "range of pairs",
             "inside", "inside to wattle"], report_rows(result)))
    return "\n".join(text)


def scan_text(data):
    scan = data.stored.get("scan")
    if not scan:
        return ""
    return ("Decoding every reading of the database and computing nothing "
            f"({scan['readings']:,} readings, `bench/storage/store_scan.c`):\n\n"
            + table(["threads", "a pass", "range", "readings/s"],
                    [[one["threads"], seconds(one["pass_s"]["median"]),
                      span(one["pass_s"]), rate(one["readings_per_s"])]
                     for one in scan["threads"]]))


def repeats_text(data):
    result = data.stored.get("repeats")
    if not result:
        return ""
    even = result["break_even"]
    words = f"The import has paid after {even} reports." if even else \
        "The import never pays."
    return (f"Reports again and again, {result['readings']:,} readings, each "
            "a process of its own:\n\n"
            + table(["reports", "of the files", "import, and of the database"],
                    [[one["n"], seconds(one["files"]["wall_s"]["median"]),
                      seconds(one["imported"]["wall_s"]["median"])]
                     for one in result["counts"]]) + f"\n{words}\n")


def other_cells(result, key, ratio_key):
    """Time of DuckDB and how it compares."""
    if not result:
        return ["", ""]
    if result["status"] != "ok":
        return [failed(result), ""]
    return [seconds(result["other"][key]["median"]),
            times(result[ratio_key]["median"])]


def question_row(one):
    return [one["title"], f"{one['rows']:,}",
            seconds(one["inside"]["inside_s"]["median"]),
            *other_cells(one.get("inside_pairs"), "inside_s", "inside_ratio"),
            other_cells(one.get("power_pairs"), "inside_s",
                        "inside_ratio")[0],
            seconds(one["whole"]["wall_s"]["median"]),
            *other_cells(one.get("whole_pairs"), "wall_s", "ratio")]


def questions_text(data):
    result = data.stored.get("queries")
    text = ["### Questions\n"]
    if not result:
        return "\n".join(text + [missing(MAKE_STORE)])
    readings = result["dataset"]["readings"]
    text += [
        f"A home of 50 devices, a reading every 15 minutes for a year "
        f"({readings:,} readings, {memory(result['file_bytes'])}): readings, "
        "mean, least and greatest power, and energy; of all together the "
        "energy. \"Inside\" is the median of many answers of an open database, "
        "by the library and by DuckDB's; a process is `wattle query --csv`, "
        "and node with DuckDB. DuckDB's energy looks at each reading beside "
        "the next, which costs it much of its time; without energy it stands "
        "alone. Both give the same rows.\n",
        table(["question", "rows", "inside", "DuckDB", "to wattle",
               "DuckDB without energy", "process", "DuckDB", "to wattle"],
              [question_row(one) for one in result["questions"]])]
    return "\n".join(text + [opening_text(data), sql_text(data)])


def opening_text(data):
    result = data.stored.get("opening")
    if not result:
        return ""
    text = (f"Opening {memory(result['file_bytes'])} with "
            f"{result['dataset']['readings']:,} readings, one answer "
            f"({result['title']}), closing: "
            f"{seconds(result['inside']['inside_s']['median'])} in a process "
            f"that runs, {seconds(result['whole']['wall_s']['median'])} as a "
            "process of its own")
    duckdb = result.get("duckdb", {})
    if duckdb.get("status") == "ok":
        text += (f"; DuckDB in a process that runs: "
                 f"{seconds(duckdb['other']['inside_s']['median'])}")
    return text + ".\n"


def sql_text(data):
    result = data.stored.get("sql")
    if not result:
        return ""
    return (f"`wattle sql` over {result['readings']:,} readings, whole "
            "processes:\n\n" + table(
                ["statement", "wall", "range", "rows/s"],
                [[f"`{one['sql']}`", seconds(one["wall_s"]["median"]),
                  span(one["wall_s"]), rate(one["readings_per_s"])]
                 for one in result["statements"]]))


def real_text(data):
    result = data.stored.get("real")
    if not result or not result["sets"]:
        return ""
    return ("### Files from public sources\n\n"
            "Not part of the project; columns were renamed, nothing else. "
            "Small files take little more than the start of a process.\n\n"
            + table(["files", "readings", "CSV", "database",
                     "bytes a reading", "import", "readings/s"],
                    [[one["words"], f"{one['readings']:,}",
                      memory(one["csv_bytes"]), memory(one["file_bytes"]),
                      bytes_text(one["bytes_per_reading"]),
                      seconds(one["import"]["wall_s"]["median"]),
                      rate(one["readings_per_s"])]
                     for one in result["sets"]]))


def section(data, charts):
    text = ["## A database of readings\n"]
    if not data.stored.get("fill"):
        return "\n".join(text + [missing(MAKE_STORE)])
    text += [fill_text(data), picture(charts, "stored",
                                      "DuckDB relative to wattle"),
             report_text(data), scan_text(data), repeats_text(data),
             questions_text(data), real_text(data)]
    text += [f"{name} was skipped: {reason}.\n"
             for name, reason in data.stored.get("skipped", {}).items()]
    return "\n".join(text)
