"""Targets of the database: what was asked for, what was measured. Each function
returns words and whether it is enough, or None without results."""

from harness.tables import memory, rate, seconds

from .words import number, times

LARGE = 10_000_000
MIB = 1 << 20


def sizes(data, part):
    """Sizes that count: 10 million and more; else the largest there is."""
    found = data.stored_sizes(part)
    return [one for one in found if one[0] >= LARGE] or found[-1:]


def loads(result):
    """DuckDB's loads with figures."""
    return [one for one in result["duckdb"].values()
            if one["status"] == "ok"]


def joined(words):
    return ", ".join(words)


def file_size(data):
    found = sizes(data, "fill")
    if not found:
        return None
    words, is_met = [], True
    for readings, result in found:
        own = result["bytes_per_reading"]
        text = f"{own:.2f} bytes at {number(readings)}"
        is_met = is_met and own <= 3
        theirs = [one["bytes_per_reading"] for one in loads(result)]
        if theirs:
            text += f" (DuckDB {min(theirs):.2f})"
            is_met = is_met and own <= min(theirs) / 2
        words.append(text)
    return joined(words), is_met


def import_to_duckdb(data):
    found = [(readings, min(one["ratio"]["median"] for one in loads(result)))
             for readings, result in sizes(data, "fill") if loads(result)]
    if not found:
        return None
    return (joined(f"{times(ratio)} at {number(readings)}"
                   for readings, ratio in found),
            min(ratio for _, ratio in found) >= 10)


def import_rate(data):
    found = [(readings, result["import"]["readings_per_s"])
             for readings, result in sizes(data, "fill")]
    if not found:
        return None
    return (joined(f"{rate(value)} at {number(readings)}"
                   for readings, value in found),
            max(value for _, value in found) >= 20e6)


def import_memory(data):
    found = [(readings, result["import"]["peak_rss_bytes"]["max"])
             for readings, result in data.stored_sizes("fill")]
    if not found:
        return None
    return (joined(f"{memory(value)} at {number(readings)}"
                   for readings, value in found),
            max(value for _, value in found) <= 256 * MIB)


def ratios_of(data, names, key):
    """The least ratio of some contenders at each size that counts."""
    found = []
    for readings, result in sizes(data, "report"):
        ratios = [result["pairs"][name][key]["median"] for name in names
                  if result["pairs"].get(name, {}).get("status") == "ok"]
        if ratios:
            found.append((readings, min(ratios)))
    return found


def report_to(names, key, wanted):
    def measured(data):
        found = ratios_of(data, names, key)
        if not found:
            return None
        return (joined(f"{times(ratio)} at {number(readings)}"
                       for readings, ratio in found),
                min(ratio for _, ratio in found) >= wanted)
    return measured


def scan_rate(data):
    scan = data.stored.get("scan")
    if not scan:
        return None
    best = {one["threads"]: one["readings_per_s"] for one in scan["threads"]}
    return (joined(f"{rate(value)}, {threads} thread{'s' * (threads > 1)}"
                   for threads, value in best.items()), best[2] >= 500e6)


def question(data, name):
    """Seconds inside and of the whole process, or None."""
    result = data.stored.get("queries")
    for one in result["questions"] if result else []:
        if one["name"] == name:
            return (one["inside"]["inside_s"]["median"],
                    one["whole"]["wall_s"]["median"])
    return None


def device_day(data):
    found = question(data, "device_day")
    if not found:
        return None
    inside, whole = found
    return (f"{fine(inside)} inside, {seconds(whole)} as a process",
            inside <= 0.5e-3 and whole <= 10e-3)


def device_year(data):
    found = [question(data, f"device_year_{every}")
             for every in ("hour", "day")]
    if None in found:
        return None
    (by_hour, _), (by_day, _) = found
    return (f"{fine(by_hour)} by hour, {fine(by_day)} by day",
            max(by_hour, by_day) <= 1e-3)


def home_year(data):
    found = question(data, "home_year_day")
    return found and (fine(found[0]), found[0] <= 20e-3)


def opening(data):
    result = data.stored.get("opening")
    if not result:
        return None
    value = result["inside"]["inside_s"]["median"]
    return (f"{fine(value)}, {result['dataset']['readings']:,} readings",
            value <= 5e-3)


def sql_rows(data):
    result = data.stored.get("sql")
    if not result:
        return None
    found = {one["name"]: one["readings_per_s"]
             for one in result["statements"]}
    return (joined(f"{rate(value)} ({name})"
                   for name, value in found.items()), found["sum"] >= 10e6)


def load_right(data):
    load = data.load_stored
    if not load:
        return None
    return (f"{load['errors']} errors and {load['wrong_answers']} wrong beside "
            f"{load['answers']:,} answers",
            load["errors"] == 0 and load["wrong_answers"] == 0)


def load_p99(data):
    load = data.load_stored
    if not load or load["day_p99_s"] is None:
        return None
    during = load["jobs"][0]["handles_meanwhile"]["p99_s"]
    words = f"{fine(load['day_p99_s'])}"
    if during is not None:
        words += f", {fine(during)} of those during imports"
    return words, max(load["day_p99_s"], during or 0) <= 20e-3


def load_import(data):
    load = data.load_stored
    if not load:
        return None
    ratio = load["slow_down"]["median"]
    return f"{times(ratio)} as long", ratio < 2


def fine(value):
    """Milliseconds with two decimals where they are few."""
    return f"{value * 1000:.2f} ms" if value < 0.01 else seconds(value)


# Key in bench/notes.json, what was asked for, how it is measured.
STORED = [
    ("store_size", "a database takes at most 3 bytes a reading and at most "
     "half of DuckDB's", file_size),
    ("store_import", "import at least 10 times as fast as DuckDB's load",
     import_to_duckdb),
    ("store_import_rate", "20 million readings a second into a database",
     import_rate),
    ("store_memory", "an import takes at most 256 MiB", import_memory),
    ("store_report", "report of a database at least 20 times as fast as "
     "DuckDB (its time inside, to wattle's whole process)",
     report_to(["duckdb_double", "duckdb_decimal"], "inside_ratio", 20)),
    ("store_report_csv", "report of a database at least 5 times as fast as of "
     "the CSV files", report_to(["csv"], "ratio", 5)),
    ("store_scan", "500 million readings a second decoded on two cores",
     scan_rate),
    ("store_day", "a day of a device in at most 0.5 ms, and 10 ms as a process",
     device_day),
    ("store_year", "a year of a device in at most 1 ms", device_year),
    ("store_home", "a home of 50 devices by day for a year in at most 20 ms",
     home_year),
    ("store_open", "a file of ten years opened and asked in at most 5 ms",
     opening),
    ("store_sql", "10 million rows a second for SQL (the sum)", sql_rows),
    ("store_load", "32 readers during an import: no error, nothing half seen",
     load_right),
    ("store_load_day", "their day of a device: 99 % within 20 ms", load_p99),
    ("store_load_import", "the import beside them takes less than twice as "
     "long", load_import),
]
