#!/usr/bin/env python3
"""Compares `wattle query` with query_oracle.py over random databases.

    check_query.py WATTLE [--from SEED] [--count N]

Each case makes readings of a few devices, imports them as CSV files, and asks
random questions as JSON; CSV must say the same. Prints "N passed, N failed".
"""
import argparse
import csv
import fnmatch
import io
import json
import os
import random
import subprocess
import sys
import tempfile
from decimal import Decimal
from fractions import Fraction

import casegen
import oracle
import query_oracle as q
import zones

os.environ.setdefault("WATTLE_TZ", "UTC")  # not the zone of the machine

HOUR_MS = 3600 * 1000
START_MS = 1696118400000  # 2023-10-01
IDS = ["fridge", "kettle", "DEV0001", "DEV0002", "heat pump, old", "tv"]
SPANS = [("1m", 60000, None), ("15m", 900000, None), ("1h", HOUR_MS, None),
         ("20m", 20 * 60000, None), ("45m", 45 * 60000, None),
         ("61m", 61 * 60000, None), ("90m", 90 * 60000, None),
         ("2h", 2 * HOUR_MS, None), ("6h", 6 * HOUR_MS, None),
         ("12h", 12 * HOUR_MS, None), ("1d", 24 * HOUR_MS, None),
         ("1d", 24 * HOUR_MS, None), ("25h", 25 * HOUR_MS, None),
         ("3d", 72 * HOUR_MS, None),
         ("1w", 7 * 24 * HOUR_MS, None), ("2w", 14 * 24 * HOUR_MS, None),
         ("1mo", None, 1), ("3mo", None, 3), ("1y", None, 12),
         (None, None, None)]

# ---- readings ----


# What columns of the files are to the oracle.
NAMES = {"value": "energy", "energy_wh": "energy",
         "energy_returned_wh": "returned", "energy_total_wh": "total",
         "energy_returned_total_wh": "returned_total", "span_s": "span_ms"}


def decimal(rng, most, places):
    """A value as the text that stands in the file."""
    return str(Decimal(rng.randrange(most * 10**places)).scaleb(-places))


def make_values(rng, kind, height=0):
    """Texts of the columns of one row; a counter stands at a height."""
    places = 9 if kind == "long" else 3
    values = {"voltage": decimal(rng, 240, places),
              "current": decimal(rng, 12, places),
              "power_factor": decimal(rng, 1, places)}
    if kind == "power":
        values = {"power": decimal(rng, 3000, rng.choice([0, 1, 3]))}
        if rng.random() < 0.2:
            values["power"] = "-" + values["power"]
    elif kind == "huge":
        values = {"power": decimal(rng, 10**9, 3)}
    elif kind == "mixed":
        values["power"] = decimal(rng, 3000, 3)
        for name in ("voltage", "current", "power_factor"):
            if rng.random() < 0.3:
                values[name] = ""
    elif kind == "energy":
        values = {"value": decimal(rng, 500, 3)}
    elif kind == "counter":
        values = {"power": decimal(rng, 3000, 3) if rng.random() < 0.3 else "",
                  "energy_total_wh": f"{height:.3f}"}
    elif kind == "spans":
        values = {"energy_wh": decimal(rng, 500, 3),
                  "energy_returned_wh": decimal(rng, 50, 3),
                  "span_s": rng.choice(["900", "900", "3600", "86400", ""])}
    elif kind == "both":
        values = {"power": decimal(rng, 3000, 3),
                  "energy_wh": decimal(rng, 500, 3)}
        if rng.random() < 0.3:
            values[rng.choice(["power", "energy_wh"])] = ""
    return values


def next_ms(rng, pace, ms):
    if pace == "even":
        return ms + 900000
    if pace == "rough":
        return ms + 890000 + rng.randrange(20000)
    return ms + rng.choice([1, 1000, 60000, 900000, HOUR_MS, HOUR_MS + 1,
                            rng.randrange(1, 3 * HOUR_MS),
                            rng.randrange(1, 40 * 24 * HOUR_MS)])


class Device:
    def __init__(self, rng, name, start_ms):
        self.id = name
        self.location = rng.choice(["Kitchen", "Living room", ""])
        self.kind = rng.choice(["milli"] * 3 + ["long", "power", "huge",
                                                "mixed", "energy", "both",
                                                "counter", "spans"])
        pace = rng.choice(["even", "even", "rough", "wild"])
        ms = start_ms + rng.randrange(-30, 30) * HOUR_MS
        if rng.random() < 0.15:
            ms = rng.randrange(-30000, 30000) * HOUR_MS * 24 // 10
        self.rows = []
        n = rng.choice([1, 2, 50, 300, 1500])
        for height in casegen.counter_values(rng, n):
            ms = next_ms(rng, pace, ms)
            self.rows.append((ms, make_values(rng, self.kind, height)))
        for _ in range(rng.choice([0, 0, 3])):  # later ones replace
            self.rows.append((rng.choice(self.rows)[0],
                              make_values(rng, self.kind)))
        self.readings = {}
        for ms, values in self.rows:
            self.readings[ms] = {
                NAMES.get(name, name):
                int(text) * 1000 if name == "span_s" else Fraction(text)
                for name, text in values.items() if text != ""}


def make_home(rng, zone):
    """Devices that are read around the same time, often when clocks change."""
    n = rng.randrange(1, 5)
    change = casegen.put_back(rng, zone) if rng.random() < 0.7 else None
    start_ms = START_MS if change is None else change.at // 1000 * 1000
    return [Device(rng, name, start_ms) for name in rng.sample(IDS, n)]


# ---- the database ----


def write_csv(device, path):
    names = list(device.rows[0][1])
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["timestamp", "device_id"] + names)
        for ms, values in device.rows:
            out.writerow([oracle.show_time(ms), device.id] +
                         [values[name] for name in names])


def run(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=120)


def make_database(wattle, home, folder, rng):
    """Imports all devices, in one go or file by file."""
    table = os.path.join(folder, "devices.csv")
    with open(table, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["device_id", "name", "location"])
        for device in home:
            out.writerow([device.id, "", device.location])
    files = {}
    for i, device in enumerate(home):
        path = os.path.join(folder, f"{i}.csv")
        write_csv(device, path)
        kind = "energy-wh" if device.kind == "energy" else "power-w"
        files.setdefault(kind, []).append(path)
    path = os.path.join(folder, "home.db")
    for kind, paths in sorted(files.items()):
        rounds = [paths] if rng.random() < 0.5 else [[p] for p in paths]
        for some in rounds:
            done = run([wattle, "import", *some, "--db", path, "--value", kind,
                        "--devices", table])
            if done.returncode != 0:
                raise RuntimeError("import failed: " + done.stderr)
    return path


# ---- questions ----


def time_text(rng, ms, zone):
    """With an offset, or as the clock of the zone shows it."""
    if rng.random() < 0.5:
        return oracle.show_time(ms, rng.choice([zone, zones.UTC]))
    return oracle.show_time(zone.local(ms))[:-1]


class Question:
    def __init__(self, rng, home, zone):
        self.zone = zone
        times = [ms for device in home for ms in device.readings]
        low, high = min(times), max(times)
        self.since = self.until = None
        if rng.random() < 0.6:
            self.since = rng.choice([low, low + 1, rng.randint(low, high),
                                     rng.choice(times), low - HOUR_MS])
        if rng.random() < 0.6:
            self.until = rng.choice([high, high + 1, rng.randint(low, high),
                                     rng.choice(times), high + HOUR_MS])
        changes = zone.changes(low, min(high, low + 800 * 24 * HOUR_MS))
        if changes and rng.random() < 0.3:
            self.since = rng.choice(changes).at + rng.choice([0, 0, -HOUR_MS,
                                                              HOUR_MS, 1])
        # A time that the clock shows twice is the first one.
        self.range = []
        for name in ("since", "until"):
            if getattr(self, name) is not None:
                text = time_text(rng, getattr(self, name), zone)
                setattr(self, name, oracle.limit_time(text, zone))
                self.range += ["--" + name, text]
        if None not in (self.since, self.until) and self.since >= self.until:
            self.until = self.since + 1
            self.range = ["--since", oracle.show_time(self.since),
                          "--until", oracle.show_time(self.until)]
        self.every, span_ms, months = rng.choice(SPANS)
        if (high - low) / 60000 > 20000 and span_ms is not None:
            self.every, span_ms, months = "1d", 24 * HOUR_MS, None
        self.raw = rng.random() < 0.15
        if self.raw:
            self.every = span_ms = months = None
        self.rule = q.Rule(span_ms, months, zone)
        self.total = not self.raw and rng.random() < 0.3
        self.fill = "none" if self.raw else rng.choice(["none", "none", "null",
                                                        "zero"])
        self.max_gap = rng.choice([("1h", HOUR_MS)] * 3 +
                                  [("10m", 600000), ("3d", 72 * HOUR_MS)])
        self.holds = not self.raw and rng.random() < 0.1
        self.rate = rng.choice([None, None, "0.15", "0.3217"])
        self.return_rate = rng.choice(["0", "0", "0.08", "-0.02"])
        self.what = rng.choice([None, "all", "all",
                                ",".join(rng.sample(list(q.COLUMNS), 2))])
        self.globs = rng.choice([[], [], [home[0].id], ["*"],
                                 [home[0].id, home[-1].id]])

    def arguments(self):
        found = ["--tz", self.zone.name] + self.range
        for name, value in (("every", self.every), ("rate", self.rate),
                            ("return-rate", self.return_rate),
                            ("what", self.what)):
            if value is not None:
                found += ["--" + name, value]
        for glob in self.globs:
            found += ["--device", glob]
        found += ["--fill", self.fill, "--max-gap", self.max_gap[0]]
        found += ["--interpolation", "hold"] * self.holds
        return found + ["--raw"] * self.raw + ["--total"] * self.total

    def columns(self):
        """Names of the figures, as a set."""
        if self.what is None:
            words = (list(q.COLUMNS) if self.raw else
                     ["energy"] if self.total else ["power", "energy"])
        else:
            words = (list(q.COLUMNS) if self.what == "all" else
                     self.what.split(","))
        found = {name for word in words for name in q.COLUMNS[word]}
        if self.rate is not None:
            found |= {"energy_kwh", "cost"}
        if self.raw:
            found -= {"min_power_w", "max_power_w", "reading_mean_w",
                      "imported_kwh", "returned_kwh"}
        return found

    def expected(self, home):
        """[(device or None, start, readings, figures)]"""
        rate = None if self.rate is None else Fraction(self.rate)
        chosen = sorted((d for d in home if not self.globs or
                         any(fnmatch.fnmatchcase(d.id, g) for g in self.globs)),
                        key=lambda d: os.fsencode(d.id))
        if self.raw:
            return [(d.id, *row) for d in chosen for row in
                    q.raw_rows(d.readings, self.since, self.until, rate)]
        many = [(d.id, q.buckets_of(d.readings, self.rule, self.since,
                                    self.until, self.max_gap[1],
                                    bool({"energy_kwh", "mean_power_w",
                                          "imported_kwh", "returned_kwh"} &
                                         self.columns()), self.holds))
                for d in chosen]
        if self.total:
            many = [(None, q.joined(buckets for _, buckets in many))]
        return [(name, *row) for name, buckets in many for row in
                q.rows_of(buckets, self.rule, self.since, self.until,
                          self.fill, rate, Fraction(self.return_rate))]


RAW_NAMES = {"mean_power_w": "power_w",
             "energy_kwh": "energy_wh"}


def is_near(column, wanted, got):
    if wanted is None or got is None:
        return wanted is None and got is None
    wanted = float(wanted)
    return abs(wanted - got) <= max(1e-12 * abs(wanted), 1e-24)


def compare(question, expected, rows):
    if len(expected) != len(rows):
        yield f"{len(expected)} rows expected, {len(rows)} found"
    columns = question.columns()
    has_meters = question.raw and "energy_kwh" in columns and any(
        figures[name] is not None for *_, figures in expected
        for name in q.METERS.values())
    if has_meters or (rows and question.raw and "energy_total_wh" in rows[0]):
        columns = columns | set(q.METERS.values())
    time_name = "timestamp" if question.raw else "start"
    for number, ((device, start, n, figures), row) in enumerate(
            zip(expected, rows)):
        where = f"row {number}: "
        wanted = {time_name: oracle.show_time(start, question.zone)}
        if device is not None:
            wanted["device_id"] = device
        if not question.raw:
            wanted["readings"] = n
        names = {RAW_NAMES.get(c, c) if question.raw else c: c for c in columns}
        for name, value in wanted.items():
            if row.get(name) != value:
                yield f"{where}{name}: expected {value}, got {row.get(name)}"
        extra = set(row) - set(wanted) - set(names) - {"name", "location"}
        if extra or set(names) - set(row):
            yield f"{where}columns {sorted(row)} for {sorted(names)}"
            continue
        for name, column in names.items():
            if not is_near(column, figures[column], row[name]):
                value = figures[column]
                yield (f"{where}{name}: expected "
                       f"{None if value is None else float(value)}, "
                       f"got {row[name]}")


def compare_csv(rows, text):
    """CSV has the numbers of JSON, digit by digit."""
    lines = list(csv.DictReader(io.StringIO(text)))
    if len(lines) != len(rows):
        yield f"CSV has {len(lines)} rows, JSON {len(rows)}"
    for number, (row, line) in enumerate(zip(rows, lines)):
        for name, field in line.items():
            value = row[name]
            same = (field == ("" if value is None else value)
                    if value is None or isinstance(value, str)
                    else float(field) == value)
            if not same:
                yield f"CSV row {number}: {name}: {field!r} for {value!r}"


def check_question(wattle, path, question, home):
    command = [wattle, "query", path, *question.arguments()]
    done = run(command + ["--json"])
    if done.returncode != 0:
        return [f"exit {done.returncode}: {done.stderr[-1000:]}"]
    answer = json.loads(done.stdout)
    rows = answer["rows"]
    problems = list(compare(question, question.expected(home), rows))
    if answer["zone"] != question.zone.name:
        problems.append(f"zone: {answer['zone']}")
    problems += compare_csv(rows, run(command + ["--csv"]).stdout)
    text = run(command)
    if text.returncode != 0 or bool(text.stdout) != bool(rows):
        problems.append(f"text: exit {text.returncode}: {text.stderr[-1000:]}")
    return problems[:8] + ([f"{len(problems)} in all"] if problems[8:] else [])


def check_case(wattle, seed):
    """Problems of one home and some questions about it."""
    rng = random.Random(f"query {seed}")
    zone = casegen.pick_zone(rng)
    home = make_home(rng, zone)
    problems = []
    with tempfile.TemporaryDirectory(prefix="wattle-query-") as folder:
        path = make_database(wattle, home, folder, rng)
        for _ in range(6):
            asked = zone if rng.random() < 0.7 else casegen.pick_zone(rng)
            question = Question(rng, home, asked)
            found = check_question(wattle, path, question, home)
            if found:
                problems.append(" ".join(question.arguments()))
                problems += ["  " + line for line in found]
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("wattle")
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    arguments = parser.parse_args()
    wattle = os.path.abspath(arguments.wattle)
    if "\n  import " not in run([wattle, "help"]).stdout:
        print("ok 1 - queries # SKIP the program has no import")
        return 0
    failed = 0
    for seed in range(arguments.first, arguments.first + arguments.count):
        problems = check_case(wattle, seed)
        if problems:
            failed += 1
            print(f"seed {seed}: failed\n  " + "\n  ".join(problems),
                  flush=True)
    print(f"{arguments.count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
