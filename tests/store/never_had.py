"""wattle forget and import --tz against databases that never had the readings.

Files of many kinds - powers, energies with spans, counters; with offsets and
with local times; packed, with ends of CR LF; late ones beside large chunks -
are imported, and some taken back or read again in another zone. Afterwards a
database answers as one into which only the others were imported, or those in
that zone from the start.
"""
import csv
import gzip
import json
import os
import random

from store_tools import expect, time_text, write

START_MS = 1729641600000  # 2024-10-23: clocks go back four days later
ZONES = ["Europe/Brussels", "America/New_York", "UTC", "Asia/Kathmandu",
         "Australia/Lord_Howe"]
KINDS = ["power", "energy", "counter", "value", "sides"]
ASKED = [("--every", "1h"), ("--every", "1d"), ("--every", "15min"),
         ("--every", "1month")]


def cases(tier):
    return list(range({"quick": 8, "test": 40}.get(tier, 300)))


def header_of(kind):
    return "timestamp,device_id," + {
        "power": "power", "energy": "energy_wh", "counter": "energy_total_wh",
        "value": "value", "sides": "power,energy_wh"}[kind] + "\n"


def make_rows(rng, kind, devices, n, is_local, phase):
    step = rng.choice([60, 300, 900, 3600, 5400]) * 1000
    start = START_MS + rng.randrange(0, 6 * 24) * 3600000
    lines, total = [], 0
    for device in devices:
        total = rng.randrange(1000)
        for i in range(n):
            ms = start + i * step + phase * 1000
            text = time_text(ms)[:19]
            if not is_local:
                text = text.replace(" ", "T") + "Z"
            total += rng.randrange(50)
            value = {"power": f"{rng.randrange(-50, 3000)}.{rng.randrange(10)}",
                     "energy": f"{rng.randrange(500)}e-1",
                     "counter": str(total), "value": str(total),
                     "sides": f"{rng.randrange(99)},{rng.randrange(99)}"}[kind]
            lines.append(f"{text},{device},{value}\n")
    if rng.random() < 0.3:
        rng.shuffle(lines)
    elif rng.random() < 0.2:
        lines.reverse()
    return lines


class File:
    def __init__(self, rng, folder, number, devices):
        self.kind = rng.choice(KINDS)
        self.is_local = rng.random() < 0.6
        n = rng.choice([1, 3, 40, 40, 300, 5000])
        self.zone = rng.choice(ZONES)
        # a phase of its own: no two files have a reading in common
        lines = make_rows(rng, self.kind,
                          rng.sample(devices, rng.randint(1, len(devices))),
                          n, self.is_local, number + 1)
        text = header_of(self.kind) + "".join(lines)
        end = rng.choice(["\n", "\n", "\r\n", "\r"])
        text = text.replace("\n", end).encode()
        name = f"{number}.csv"
        if rng.random() < 0.25:
            name, text = name + ".gz", gzip.compress(text, mtime=0)
        self.path = write(os.path.join(folder, name), text)
        self.said = []
        if self.kind == "value":
            self.said = ["--value", rng.choice(["power-w", "energy-kwh",
                                                "counter-kwh", "energy-wh"])]


def without_empty(table):
    """Rows without the columns that none of them has."""
    rows = list(csv.reader(table.decode().splitlines()))
    used = [i for i in range(len(rows[0]) if rows else 0)
            if any(row[i] for row in rows[1:])]
    return sorted(",".join(row[i] for i in used) for row in rows)


def answers(program, db, devices):
    found = {"export": sorted(program.run("export", db, code=None).out
                              .splitlines())}
    for asked in ASKED:
        found[asked] = sorted(program.run("query", db, *asked, "--csv",
                                          code=None).out.splitlines())
    found["raw"] = without_empty(program.run("query", db, "--raw", "--csv",
                                             code=None).out)
    report = json.loads(program.run("report", db, "--json", "--no-progress",
                                    code=None).out)
    for key, value in report.items():
        found["report", key] = value
    for view in ("daily", "hourly"):
        found[view] = program.run("sql", db, f"SELECT * FROM {view} ORDER BY "
                                  "1, 2", "--csv", code=None).out
    return found


def compare(program, a, b, devices, *words):
    program.check(a)
    found, wanted = (answers(program, db, devices) for db in (a, b))
    for key, value in wanted.items():
        # an undo brings no rejects back
        if "brought back" in words and key[-1] in ("lines", "rejects"):
            continue
        if found[key] != value:
            more = less = ""
            if isinstance(value, list):
                more = sorted(set(found[key]) - set(value))[:3]
                less = sorted(set(value) - set(found[key]))[:3]
            expect(False, *words, key, "differs: too many", more, "missing",
                   less)


def run_case(program, case, folder, _tier):
    rng = random.Random(f"never had {case}")
    devices = "abcde"[:rng.randint(1, 5)]
    files = [File(rng, folder, i, list(devices))
             for i in range(rng.randint(2, 5))]
    zone = rng.choice(ZONES)
    first = write(os.path.join(folder, "first.csv"),
                  header_of("power") + "2024-10-01T00:00:00Z,a,1\n")
    db, fresh = (os.path.join(folder, name) for name in ("a.db", "b.db"))
    env = {**os.environ, "TZ": "Pacific/Apia"}
    env.pop("WATTLE_TZ", None)

    def take(database, file):
        program.imports(database, file.path, *file.said, "--quiet", "--final",
                        "--tz", file.zone, env=env)

    for database in (db, fresh):
        program.imports(database, first, "--tz", zone, "--quiet")
    for file in files:
        take(db, file)
        if rng.random() < 0.2:
            program.run("compact", db, "--quiet")
    gone = rng.sample(files, rng.randint(1, len(files)))
    kept = [file for file in files if file not in gone]
    moved = [file for file in kept if rng.random() < 0.4]
    for file in moved:
        file.zone = rng.choice(ZONES)
        take(db, file)
    program.run("forget", db, *[file.path for file in gone], env=env)
    other = rng.choice([None, None, rng.choice(ZONES)])
    for file in kept:
        take(fresh, file)
    if other:
        for database in (db, fresh):
            program.run("compact", database, "--tz", other, "--quiet")
    compare(program, db, fresh, devices, "taken back")
    if any(file in moved for file in files):
        return None
    program.run("forget", db, "--undo", "last")
    for file in gone:
        take(fresh, file)
    compare(program, db, fresh, devices, "brought back")
    return None
