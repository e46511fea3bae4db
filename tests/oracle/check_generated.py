#!/usr/bin/env python3
"""Checks a folder that `wattle generate` has filled.

    check_generated.py FOLDER

Plain Python, written from the description of the data and of the reader's
rules, not from the generator: columns, formats, decimals, times, mains,
ratings, the mix of devices; and where truth.json is there, every defect is
counted again. Prints what it found; exit 1 when something is wrong.
"""
import datetime
import glob
import gzip
import json
import os
import re
import subprocess
import sys

COLUMNS = ["timestamp", "device_id", "voltage", "current", "power_factor"]
DEVICE_COLUMNS = ["device_id", "name", "location", "power_rating_watts",
                  "is_active"]
MISSING = {"", "?", "null", "nan", "none", "n/a", "na", "unknown",
           "unavailable"}
CLEAN_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,DEV\d{4,8},"
                        r"\d{3}\.\d,\d{1,3}\.\d(\d{0,2}[1-9]|),[01]\.\d\d")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d):(\d\d):(\d\d)")
BOM = b"\xef\xbb\xbf"

# What the devices of a home are called, without the room.
KINDS = ["fridge", "freezer", "dehumidifier", "heat pump", "air conditioner",
         "boiler pump", "water heater", "towel rail", "EV charger",
         "e-bike charger", "washing machine", "tumble dryer", "dishwasher",
         "oven", "kettle", "microwave", "coffee machine", "TV", "computer",
         "sound system", "lights", "router"]

problems = []


def expect(condition, message):
    """Notes a problem; the first twenty are shown."""
    if not condition:
        problems.append(message)


def read_bytes(path):
    if path.endswith(".gz"):
        with gzip.open(path) as file:
            return file.read()
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dcq", path], check=True,
                              stdout=subprocess.PIPE).stdout
    with open(path, "rb") as file:
        return file.read()


def records(text):
    """Yields (raw, fields, line end); fields is None for a blank line."""
    at = 0
    while at < len(text):
        start = at
        fields = []
        while True:
            field, at = read_field(text, at)
            fields.append(field)
            if at >= len(text) or text[at] == "\n":
                break
            at += 1
        raw = text[start:at]
        end = "\n" if at < len(text) else ""
        at += 1
        stripped = raw.rstrip("\r")
        if len(stripped) < len(raw):
            end = "\r" + end
            fields[-1] = fields[-1].rstrip("\r")
        yield raw, (fields if stripped else None), end


def read_field(text, at):
    """One field from `at`, unquoted, and where its comma or newline is."""
    field = ""
    if text[at:at + 1] == '"':
        at += 1
        while at < len(text):
            quote = text.find('"', at)
            expect(quote >= 0, "a quote is not closed")
            if quote < 0:
                return text[at:], len(text)
            field += text[at:quote]
            at = quote + 1
            if text[at:at + 1] != '"':
                break
            field += '"'
            at += 1
    stop = at
    while stop < len(text) and text[stop] not in ",\n":
        stop += 1
    return field + text[at:stop], stop


def read_time(text):
    """Seconds since 1970, or None."""
    match = TIME.fullmatch(text)
    if not match:
        return None
    hour, minute, second = (int(match[i]) for i in (2, 3, 4))
    if hour > 23 or minute > 59 or second > 59:
        return None
    try:
        day = datetime.date.fromisoformat(match[1]).toordinal()
    except ValueError:
        return None
    return (day - 719163) * 86400 + hour * 3600 + minute * 60 + second


def reject_reason(fields):
    """Why a reader rejects the line, and which defect it is."""
    if len(fields) != len(COLUMNS):
        few = len(fields) < len(COLUMNS)
        return "fields", "missing_fields" if few else "extra_fields"
    time, device, *numbers = (field.strip(" \t") for field in fields)
    if time.lower() in MISSING:
        return "missing", "missing_values"
    if read_time(time) is None:
        return "timestamp", "bad_dates"
    if not device:
        return "device", "missing_devices"
    for column, number in zip(COLUMNS[2:], numbers):
        if number.lower() in MISSING:
            return "missing", "missing_values"
        if not NUMBER.fullmatch(number):
            return "number", "bad_numbers"
        if column != "power_factor" and float(number) < 0:
            expect(column == "current", "negative voltage: %r" % fields)
            return "range", "negative_currents"
        if column == "power_factor" and abs(float(number)) > 1:
            return "range", "bad_power_factors"
    return None, None


class Folder:
    """What was read from all files."""

    def __init__(self, is_dirty):
        self.is_dirty = is_dirty
        self.lines = 0
        self.rejects = {}
        self.defects = {}
        self.seen = {}       # (device, time) -> (voltage, current, power)
        self.latest = {}     # device -> latest time so far
        self.first_time = None
        self.last_time = None
        self.file_lines = []
        self.voltages = [1e9, 0.0]
        self.energy = {}     # device -> sum of power
        self.counts = {}     # device -> readings
        self.peaks = {}      # device -> highest power
        self.idle = 0
        self.decimals = {1: 0, 2: 0, 3: 0}
        self.is_time_ordered = True
        self.is_device_ordered = True
        self.previous = None

    def add_defect(self, name, n=1):
        self.defects[name] = self.defects.get(name, 0) + n

    def add_file(self, path):
        data = read_bytes(path)
        if data.startswith(BOM):
            data = data[len(BOM):]
            self.add_defect("byte_order_marks")
        text = data.decode("utf-8")
        if not text.endswith("\n"):
            self.add_defect("no_last_newline")
        was_blank = False
        is_header = True
        n_before = self.lines
        for raw, fields, end in records(text):
            if fields is None:
                if not was_blank:
                    self.add_defect("blank_lines")
                was_blank = True
                continue
            was_blank = False
            if is_header:
                expect(fields == COLUMNS, "%s: header is %r" % (path, raw))
                is_header = False
                continue
            self.add_record(raw, fields, end)
        expect(not is_header, path + ": no header")
        self.file_lines.append(self.lines - n_before)

    def add_record(self, raw, fields, end):
        self.lines += 1
        reason, defect = reject_reason(fields)
        if reason:
            self.rejects[reason] = self.rejects.get(reason, 0) + 1
            self.add_defect(defect)
            return
        is_plain = True
        for name, is_so in (("quoted_newlines", "\n" in raw),
                            ("quoted_fields", '"' in raw),
                            ("padded_fields",
                             any(f != f.strip(" \t") for f in fields)),
                            ("crlf_lines", end.startswith("\r"))):
            if is_so:
                self.add_defect(name)
                is_plain = False
                break
        if is_plain:
            expect(CLEAN_LINE.fullmatch(raw), "bad format: %r" % raw)
        self.add_reading([field.strip(" \t") for field in fields])

    def add_reading(self, fields):
        time = read_time(fields[0])
        device = fields[1]
        voltage, current, factor = (float(field) for field in fields[2:])
        self.decimals[len(fields[3].split(".")[1])] += 1
        values = (voltage, current, voltage * current * factor)
        before = self.seen.get((device, time))
        self.seen[device, time] = values
        if before is not None:
            self.add_defect("duplicates")
            expect(before != values, "a duplicate with the same values")
            return
        if time < self.latest.get(device, time):
            self.add_defect("out_of_order_rows", 2)
        else:
            self.latest[device] = time
        if self.previous is not None:
            last_device, last_time = self.previous
            self.is_time_ordered &= time >= last_time
            self.is_device_ordered &= (device > last_device or
                                       device == last_device and
                                       time > last_time)
        self.previous = (device, time)

    def add_up(self):
        """Sums over the readings; of duplicates the last one counts."""
        for (device, time), (voltage, current, power) in self.seen.items():
            if self.first_time is None:
                self.first_time = self.last_time = time
            self.first_time = min(self.first_time, time)
            self.last_time = max(self.last_time, time)
            self.voltages = [min(self.voltages[0], voltage),
                             max(self.voltages[1], voltage)]
            expect(current < 60, "current of %s A" % current)
            self.idle += current < 0.05
            self.energy[device] = self.energy.get(device, 0.0) + power
            self.counts[device] = self.counts.get(device, 0) + 1
            self.peaks[device] = max(self.peaks.get(device, 0.0), power)


def check_readings(folder):
    low, high = folder.voltages
    mains = 120 if high < 180 else 230
    expect(mains * 0.97 - 0.1 <= low and high <= mains * 1.03 + 0.1,
           "mains of %s to %s V" % (low, high))
    n = len(folder.seen)
    if n > 1000:
        expect(0.2 < folder.idle / n < 0.95,
               "%d of %d readings are idle" % (folder.idle, n))
        expect(len(folder.counts) < 7 or all(folder.decimals.values()),
               "currents lack variety: %r"
               % folder.decimals)
    if not folder.is_dirty:
        expect(folder.is_time_ordered or folder.is_device_ordered,
               "neither in time order nor in device order")
        expect(max(folder.file_lines) - min(folder.file_lines) <= 1,
               "files are cut unevenly: %r" % folder.file_lines)


def check_interval(folder):
    """Each device is read at every step from the first to its last."""
    if folder.is_dirty:
        return
    times = {}
    for device, time in folder.seen:
        times.setdefault(device, []).append(time)
    steps = set()
    for device, those in times.items():
        those.sort()
        expect(those[0] == folder.first_time, device + " begins late")
        steps.update(b - a for a, b in zip(those, those[1:]))
    expect(len(steps) <= 1, "steps of %r s" % sorted(steps)[:5])


def read_devices(path):
    with open(os.path.join(path, "devices.csv"), encoding="utf-8") as file:
        lines = file.read().split("\n")
    expect(lines[-1] == "", "devices.csv does not end with a newline")
    expect(lines[0].split(",") == DEVICE_COLUMNS, "devices.csv: " + lines[0])
    devices = {}
    for line in lines[1:-1]:
        fields = line.split(",")
        expect(len(fields) == 5, "devices.csv: " + line)
        devices[fields[0]] = dict(zip(DEVICE_COLUMNS, fields))
    expect(len(devices) == len(lines) - 2, "devices.csv names one twice")
    return devices


def kind_of(device):
    for kind in KINDS:
        if device["name"].endswith(" " + kind):
            return kind
    expect(False, "unknown kind: " + device["name"])
    return "?"


def check_devices(folder, devices):
    n_over = 0
    kinds = {}
    for name, device in devices.items():
        rating = int(device["power_rating_watts"])
        expect(5 <= rating <= 12000, "%s is rated %d W" % (name, rating))
        expect(device["is_active"] in ("true", "false"), name + " is_active")
        kind = kind_of(device)
        kinds[kind] = kinds.get(kind, 0) + 1
        peak = folder.peaks.get(name, 0.0)
        n_over += peak > rating
        expect(peak < 1.15 * rating + 1, "%s peaks at %d W, rated %d"
               % (name, peak, rating))
        expect(device["is_active"] == "true" or peak == 0,
               name + " is not active and draws power")
    expect(n_over <= 0.1 * len(devices) + 1,
           "%d devices exceed their rating" % n_over)
    expect(len(devices) < 200 or set(kinds) == set(KINDS),
           "kinds that lack: %r" % sorted(set(KINDS) - set(kinds)))
    for device in folder.counts:
        plain = device.split(",")[0]
        expect(plain in devices, device + " is not in devices.csv")
    n_locations = len({d["location"] for d in devices.values()})
    return n_over, n_locations


def print_kinds(folder, devices):
    """Mean power of each kind and of a home, as a year's energy."""
    watts = {}
    for name, device in devices.items():
        if folder.counts.get(name):
            mean = folder.energy[name] / folder.counts[name]
            watts.setdefault(kind_of(device), []).append(mean)
    for kind in KINDS:
        if kind in watts:
            mean = sum(watts[kind]) / len(watts[kind])
            print("  %-16s %5d devices %8.1f W %8.0f kWh/a"
                  % (kind, len(watts[kind]), mean, mean * 8.766))
    total = sum(sum(those) for those in watts.values())
    n_homes = len(devices) / 20
    home_kwh = total * 8.766 / n_homes
    print("  a home of 20 devices: %.0f kWh/a at this rate" % home_kwh)
    days = (folder.last_time - folder.first_time) / 86400
    if days > 300 and n_homes >= 5:
        expect(2000 < home_kwh < 5000, "a home uses %d kWh/a" % home_kwh)


def check_truth(folder, truth):
    found = dict.fromkeys(truth["defects"], 0)
    found.update(folder.defects)
    for name, n in sorted(found.items()):
        expect(n == truth["defects"].get(name, 0), "%s: %d found, %r told"
               % (name, n, truth["defects"].get(name)))
    n_rejects = sum(folder.rejects.values())
    told = truth["rejects"]
    expect(folder.rejects == told["by_reason"], "rejects: %r found, %r told"
           % (folder.rejects, told["by_reason"]))
    for name, n in (("lines", folder.lines), ("readings", len(folder.seen)),
                    ("duplicates", found["duplicates"])):
        expect(n == truth[name], "%s: %d found, %r told"
               % (name, n, truth[name]))
    expect(n_rejects == told["total"], "%d rejects found" % n_rejects)
    expect(truth["lines"] == truth["readings"] + truth["duplicates"] +
           told["total"], "the truth does not add up")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    path = sys.argv[1]
    truth_path = os.path.join(path, "truth.json")
    is_dirty = os.path.exists(truth_path)
    folder = Folder(is_dirty)
    names = sorted(glob.glob(os.path.join(path, "readings_*")))
    for i, name in enumerate(names):
        expect(re.fullmatch(r"readings_%04d\.csv(\.gz|\.zst)?" % (i + 1),
                            os.path.basename(name)), "named " + name)
        folder.add_file(name)
    if not folder.seen:
        sys.exit("no readings in " + path)
    folder.add_up()
    devices = read_devices(path)
    check_readings(folder)
    check_interval(folder)
    n_over, n_locations = check_devices(folder, devices)
    if is_dirty:
        with open(truth_path, encoding="utf-8") as file:
            check_truth(folder, json.load(file))
    else:
        expect(not folder.defects, "defects: %r" % folder.defects)
        expect(not folder.rejects, "rejects: %r" % folder.rejects)

    print("%d lines, %d readings, %d devices (%d above their rating), "
          "%d locations, %.1f to %.1f V, %.0f %% idle"
          % (folder.lines, len(folder.seen), len(devices), n_over,
             n_locations, *folder.voltages,
             100 * folder.idle / len(folder.seen)))
    print_kinds(folder, devices)
    for problem in problems[:20]:
        print("PROBLEM: " + problem)
    print("%d problems" % len(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
