#!/usr/bin/env python3
"""docs/format.md says what is in a database.

Usage: check_format.py PROGRAM

Makes databases of many kinds of readings, reads them with read_database.py and
compares with `wattle export`, with the sums that are stored beside the
readings, and with the views. Prints TAP.
"""
import csv
import io
import os
import random
import subprocess
import sys
import tempfile
import zoneinfo
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import read_database
from read_database import VALUES, Broken, Database, demand

os.environ.setdefault("WATTLE_TZ", "UTC")  # not the zone of the machine

HOUR_MS = 3600000
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
UNITS_PER_MWH = 7200000000000
n_tests = 0
n_failed = 0


def report(name, problem=None, skip=None):
    global n_tests, n_failed
    n_tests += 1
    n_failed += problem is not None
    print(f"{'ok' if problem is None else 'not ok'} {n_tests} - {name}" +
          (f" # SKIP {skip}" if skip else ""))
    if problem is not None:
        print(f"# {problem}")


# ---- readings of many kinds ----

def time_text(ms):
    when = datetime.fromtimestamp(ms // 1000, timezone.utc)
    return f"{when:%Y-%m-%d %H:%M:%S}.{ms % 1000:03}"


def write(path, names, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["timestamp", "device_id", *names])
        out.writerows([time_text(row[0]), *row[1:]] for row in rows)


def measured(rng, start_ms, n):
    """Voltage, current, power factor; times and values of every pattern."""
    rows, shapes = [], [
        lambda i: 230, lambda i: i, lambda i: 230 + i % 3,
        lambda i: rng.randrange(100), lambda i: i // 100,
        lambda i: rng.choice([0, 0, 0, 0, 0, 0, 0, 900]),
        lambda i: 5 * i + rng.randrange(3),
        lambda i: rng.randrange(2 ** 20), lambda i: rng.randrange(10 ** 9),
        lambda i: rng.randrange(100) + (10 ** 8 if i % 97 == 0 else 0),
        lambda i: Decimal(rng.randrange(10 ** 18)).scaleb(-9)]
    for device, shape in enumerate(shapes):
        at = start_ms
        for i in range(n):
            at += 1 + rng.randrange(50000) if device % 2 else 60000
            rows.append((at, f"m{device}", shape(i),
                         Decimal(rng.randrange(3000)).scaleb(-3),
                         Decimal(rng.randrange(1001)).scaleb(-3)))
    rng.shuffle(rows)
    return rows


def mixed(rng, start_ms, n):
    """Power or energy or both, and voltage in some; one value is huge."""
    rows = []
    for device in ("both", "énergie", "q\"uoted, one"):
        at = start_ms
        for i in range(n):
            at += rng.choice([60000, 900000, 7200000])
            power = Decimal(rng.randrange(-10 ** 6, 10 ** 7)).scaleb(-3)
            if i == n // 2:
                power = Decimal("-999999999.000000001")
            kind = rng.randrange(3)
            rows.append((at, device, rng.choice(["", "229.5"]),
                         power if kind != 1 else "",
                         rng.randrange(500) if kind != 0 else ""))
    return rows


def write_local(path, rng, name):
    """Local times of a year, which say an hour twice in autumn."""
    zone = zoneinfo.ZoneInfo(name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("timestamp,device_id,power\n")
        for device in ("bell", "oven"):
            at = datetime(2017, 1, 1, tzinfo=timezone.utc)
            while at.year < 2018:
                file.write(f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S},{device},"
                           f"{rng.randrange(3000)}\n")
                at += timedelta(minutes=rng.choice([15, 30, 60, 90]))


def make(folder, wattle):
    """[(name, path)] of databases."""
    rng = random.Random(7)
    start_ms = 1672531200000
    os.mkdir(os.path.join(folder, "home"))
    run = lambda *arguments: subprocess.run(
        [wattle, *arguments], cwd=folder, check=True, text=True,
        capture_output=True).stdout
    run("generate", "--devices", "12", "--readings", "60000", "--out",
        "home/made", "--dirty", "0.01")
    run("import", "home/made", "--db", "made.db", "--quiet")
    write(os.path.join(folder, "m.csv"),
          ["voltage", "current", "power_factor"],
          measured(rng, -start_ms, 3000))
    run("import", "m.csv", "--db", "measured.db", "--quiet")
    write(os.path.join(folder, "x.csv"), ["voltage", "power", "energy_wh"],
          mixed(rng, start_ms, 2500))
    run("import", "x.csv", "--db", "mixed.db", "--quiet")
    # late readings: over old ones, in between, and over late ones
    rows = measured(rng, start_ms, 6000)
    names = ["voltage", "current", "power_factor"]
    write(os.path.join(folder, "l.csv"), names, rows)
    run("import", "l.csv", "--db", "late.db", "--quiet")
    for k in range(3):
        late = [(row[0] + rng.choice([0, 0, 7]), row[1], 231 + k, 1, 1)
                for row in rng.sample(rows, 40)] + [(*rows[0][:2], k, 1, 1)]
        write(os.path.join(folder, f"l{k}.csv"), names, late)
        run("import", f"l{k}.csv", "--db", "late.db", "--quiet")
    run("backup", "late.db", "compact.db")
    run("compact", "compact.db", "--quiet")
    zoned = ("Europe/Brussels", "Australia/Lord_Howe", "Asia/Kathmandu",
             "America/Sao_Paulo")
    write(os.path.join(folder, "old.csv"), names, measured(rng, -start_ms, 100))
    for zone in zoned:
        write_local(os.path.join(folder, "z.csv"), rng, zone)
        name = os.path.basename(zone)
        run("import", "z.csv", "old.csv", "--db", f"{name}.db", "--quiet",
            "--tz", zone)
        if zone == zoned[0]:  # the same days from other chunks
            run("compact", f"{name}.db", "--quiet")
    return [(name, os.path.join(folder, name + ".db"))
            for name in ["made", "measured", "mixed", "late", "compact"] +
            [os.path.basename(zone) for zone in zoned]]


# ---- comparisons ----

def to_ms(text):
    when = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    seconds = when.replace(tzinfo=timezone.utc) - EPOCH
    demand(text[-1] == "Z", "a time without its offset")
    return (seconds.days * 86400 + seconds.seconds) * 1000 + int(
        text[20:-1] or 0)


def check_readings(database, exported):
    """The same readings, in the same order, with every decimal."""
    rows = iter(csv.DictReader(io.StringIO(exported, newline="")))
    for number, device_id in database.devices():
        for time_ms, values in database.readings(number).items():
            row = next(rows, None)
            demand(row is not None, "the export has fewer readings")
            theirs = {name: int(Decimal(row[name]) * 10 ** 9)
                      for name in VALUES if row.get(name)}
            demand((row["device_id"], to_ms(row["timestamp"]), theirs) ==
                   (device_id, time_ms, values),
                   f"{row} is {device_id} {time_ms} {values} here")
    demand(next(rows, None) is None, "the export has more readings")


def power_nw(values):
    """nW as a fraction, or None."""
    if "power" in values:
        return Fraction(values["power"])
    if {"voltage", "current", "power_factor"} <= set(values):
        return Fraction(values["voltage"] * values["current"] *
                        values["power_factor"], 10 ** 18)
    return None


def is_narrow(power):
    return power is not None and power.denominator == 1 and \
        abs(power) < 2 ** 53


def check_sums(database):
    """Directories and summaries say what their readings do."""
    for number, _ in database.devices():
        for *_, stored, data in database.chunks(number):
            summary = read_database.summary(stored)
            before, total, units, n_gaps = None, 0, 0, 0
            n_readings = n_power = 0
            is_plain = True
            for entry in read_database.directory(data):
                block_units = block_power = 0
                for time_ms, values, *_ in read_database.block(
                        entry["data"], entry["n"]):
                    power = power_nw(values)
                    n_readings += 1
                    n_power += power is not None
                    is_plain = is_plain and is_narrow(power)
                    block_power += power if is_narrow(power) else 0
                    if before is not None:
                        step = time_ms - before[0]
                        n_gaps += step > HOUR_MS
                        if step <= HOUR_MS and is_narrow(power) and \
                                is_narrow(before[1]):
                            block_units += (power + before[1]) * step
                    before = time_ms, power
                units += block_units
                total += block_power
                demand(entry["power_nw"] == block_power, "power of a block")
                demand(not is_plain or entry["energy"] == block_units,
                       "energy of a block")
            demand(summary["n_readings"] == n_readings, "readings")
            demand(summary["sum_nw"] == total, "sum of powers")
            demand(summary["n_gaps"] == n_gaps, "gaps")
            demand(sum(hour["n_readings"] for hour in summary["hours"]) ==
                   n_power, "readings of the hours")
            demand(not is_plain or summary["energy"] == units, "energy")
            demand(sum(day["units"] for day in summary["days"].values()) +
                   (sum(day["rest"] for day in summary["days"].values()) >> 60)
                   == summary["energy"], "energy of the days")


QUARTER_MS = 900000  # clocks are changed when one begins


class Clock:
    """What clocks of a zone show."""

    def __init__(self, name):
        self.zone = zoneinfo.ZoneInfo(name)
        self.known = {}

    def local(self, time_ms):
        """The local time, as if it were UTC."""
        quarter = time_ms // QUARTER_MS
        if quarter not in self.known:
            at = EPOCH + timedelta(seconds=quarter * 900)
            offset = at.astimezone(self.zone).utcoffset()
            self.known[quarter] = offset // timedelta(milliseconds=1)
        return time_ms + self.known[quarter]

    def hour(self, time_ms):
        return self.local(time_ms) // HOUR_MS

    def end(self, time_ms):
        """A later time up to which the hour is the same."""
        return min((time_ms // QUARTER_MS + 1) * QUARTER_MS,
                   time_ms + HOUR_MS - self.local(time_ms) % HOUR_MS)


def hours_of(readings, clock):
    """{local hour since 1970: energy units, as a fraction}"""
    found, before = {}, None
    for time_ms, values in readings.items():
        power = power_nw(values)
        if power is None:
            hour = clock.hour(time_ms)
            found[hour] = found.get(hour, 0) + Fraction(
                values["energy_wh"]) * HOUR_MS * 2
        if before is not None and power is not None and \
                before[1] is not None and time_ms - before[0] <= HOUR_MS:
            step, rise = time_ms - before[0], power - before[1]
            upto = lambda ms: 2 * before[1] * ms + rise * ms * ms / step
            at = before[0]
            while at < time_ms:
                end = min(time_ms, clock.end(at))
                hour = clock.hour(at)
                found[hour] = found.get(hour, 0) + upto(
                    end - before[0]) - upto(at - before[0])
                at = end
        before = time_ms, power
    return found


def check_powers(database, number, clock):
    """Mean, smallest and largest power of each day, in mW."""
    powers = {}
    for time_ms, values in database.readings(number).items():
        day = powers.setdefault(clock.hour(time_ms) // 24, [])
        day += [power for power in [power_nw(values)] if power is not None]
    rows = database.sql.execute("SELECT number % 16777216 - 8388608, mean_mw, "
                                "min_mw, max_mw FROM rollup WHERE "
                                "number >> 24 = ?", (number,))
    for day, *stored in rows:
        found = powers.pop(day)
        wanted = [sum(found) / len(found), min(found), max(found)] if found \
            else [None] * 3
        demand(all((a is None) == (b is None) and (a is None or abs(
            a - b / 10 ** 6) <= Fraction(51, 100)) for a, b in
                   zip(stored, wanted)), f"powers of day {day}: {stored}")
    demand(not powers, "days without a row")


def check_days(database):
    """Rollups follow from the readings, and views show the rollups."""
    clock = Clock(database.zone())
    for number, device_id in database.devices():
        hours = hours_of(database.readings(number), clock)
        days = database.days(number)
        for (day, hour), mwh in days.items():
            keys = [day * 24 + hour] if hour is not None else \
                range(day * 24, day * 24 + 24)
            units = sum(hours.get(key, 0) for key in keys)
            demand(abs(mwh - units / UNITS_PER_MWH) <= Fraction(51, 100),
                   f"{device_id}: day {day}, hour {hour}: {mwh} mWh, not "
                   f"{float(units / UNITS_PER_MWH)}")
        for hour, units in hours.items():
            demand((hour // 24, hour % 24) in days or
                   abs(units) < UNITS_PER_MWH, "an hour without a sum")
        check_powers(database, number, clock)
        view = database.sql.execute(
            "SELECT unixepoch(hour) / 3600, round(energy_kwh * 1e6) FROM "
            "hourly WHERE device_id = ?", (device_id,))
        is_known = number not in database.metered()
        demand(dict(view) == {day * 24 + hour: mwh if is_known else None
                              for (day, hour), mwh in days.items()
                              if hour is not None}, "the view hourly")
        view = database.sql.execute(
            "SELECT unixepoch(day) / 86400, round(energy_kwh * 1e6) FROM "
            "daily WHERE device_id = ?", (device_id,))
        demand(dict(view) == {day: mwh if is_known else None
                              for (day, hour), mwh in days.items()
                              if hour is None}, "the view daily")


def check_lines(database):
    """Nothing has vanished."""
    lines = database.one("SELECT sum(n_lines) FROM file") - database.one(
        "SELECT value FROM meta WHERE key = 'lost'")
    found = database.one(
        "SELECT (SELECT sum(n_readings + n_duplicates) FROM chunk) + (SELECT "
        "ifnull(sum(1 + n_duplicates - n_shadowed), 0) FROM delta) + (SELECT "
        "count(*) FROM reject)")
    demand(lines == found, f"{lines} lines, {found} found")
    n_readings = sum(len(database.readings(number))
                     for number, _ in database.devices())
    demand(n_readings == database.one("SELECT sum(n_readings) FROM devices"),
           "readings in the view devices")


def check_local_files(database):
    """Whose clocks local times are of, and where devices have come to."""
    zone, found = database.zone(), database.local_files()
    if zone == "UTC":
        demand(all(not states for _, _, states in found.values()), "states")
        return
    demand(set(found) == {1, 2}, "a file without its zone")
    demand(found[2] == (zone, True, {}), "old.csv")
    name, has_times, states = found[1]
    demand(name == zone and has_times, "the zone of a file")
    for device, (local_ms, step_ms, flags) in states.items():
        day = EPOCH + timedelta(milliseconds=local_ms)
        demand(day.year == 2017 and flags in (0, 1) and
               0 <= step_ms <= 6 * HOUR_MS,
               f"state of {device}: {day} {step_ms} {flags}")
    # clocks of Nepal were not changed in these years
    demand(len(states) == (0 if zone == "Asia/Kathmandu" else 2), "devices")


def try_out(name, function, *arguments):
    try:
        function(*arguments)
        report(name)
    except (Broken, ValueError, IndexError) as problem:
        report(name, problem)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check_format.py PROGRAM")
    wattle = os.path.abspath(sys.argv[1])
    ways = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, path in make(folder, wattle):
            exported = subprocess.run([wattle, "export", path], check=True,
                                      capture_output=True).stdout.decode()
            database = Database(path)
            try_out(f"{name}: readings", check_readings, database, exported)
            try_out(f"{name}: sums of chunks", check_sums, database)
            try_out(f"{name}: days and hours", check_days, database)
            try_out(f"{name}: lines", check_lines, database)
            try_out(f"{name}: local files", check_local_files, database)
            if read_database.xxhash is None:
                report(f"{name}: checksums", skip="no python3-xxhash")
            else:
                try_out(f"{name}: checksums", database.check_checksums)
            for way, n in database.ways.items():
                ways[way] = ways.get(way, 0) + n
        late = Database(os.path.join(folder, "late.db"))
        report("there are late readings", None if late.one(
            "SELECT count(*) FROM delta WHERE n_shadowed > 0") else "none")
    report("every way of a column was met", None if set(ways) == set(range(7))
           else f"only {sorted(ways)}")
    print(f"1..{n_tests}")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
