#!/usr/bin/env python3
"""Writes random test cases for `wattle report`: input files and options.

    python3 casegen.py SEED FOLDER

The same seed always gives the same files and options (paths aside). Six kinds
of case: small ones with every oddity of the specification (most of them),
large clean ones that suit the fast paths of the program, ones where rows repeat
one shape, ones around a change of clocks, ones with NUL bytes late in a file,
and rarely one without any usable file. Half of all have a time zone. What the specification leaves open is kept out where possible.
"""

import gzip
import os
import random
import shlex
import subprocess
import sys

import zones

SECOND, MINUTE, HOUR, DAY = 1000, 60000, 3600000, 86400000

MISSING = [b"", b"?", b"null", b"nan", b"none", b"n/a", b"na", b"unknown", b"unavailable",
           b"NULL", b"NaN", b"None", b"N/A", b"NA", b"Unknown", b"UNAVAILABLE", b" ", b"\t? "]

BAD_NUMBERS = [b"abc", b".5", b"5.", b"1.2.3", b"--1", b"+-1", b"1e", b"1e+", b"e5", b"0x10", b"1 2",
               b"1_000", b"inf", b"-inf", b"Infinity", b"-nan", b"1,5", b"1\r", b"\r1", b"+", b"-", b".",
               b"1e1.5", b"\xd9\xa1", b"12V", b'1"', b"1e5e5", b"\xc2\xa05", b"0" * 401, b"1." + b"0" * 399]

BAD_TIMES = [b"2023-02-29 00:00:00", b"2023-13-01 00:00:00", b"2023-00-10 00:00:00",
             b"2023-10-00 00:00:00", b"2023-04-31 00:00", b"2023-10-01 24:00:00",
             b"2023-10-01 23:60:00", b"2023-10-01 23:59:60", b"2023-1-1 00:00:00", b"20231001",
             b"18991231", b"21010101", b"202310011030", b"20231001103000", b"9999123123",
             b"19000101", b"21001231", b"2023-10-01", b"2023-10-01 10", b"2023-10-01t10:00:00",
             b"2023-10-01T10:00:00z", b"2023-10-01 10:00:00+24:00", b"2023-10-01 10:00:00+05:60",
             b"2023-10-01 10:00:00 Z", b"2023-10-01  10:00:00", b"2023-10-01 10:00:00.",
             b"2023-10-01 10:00.5", b"1696118400000000", b"-5", b"+5", b"123.", b".5", b"1e9",
             b"10000-01-01 00:00:00", b"2023/10/01 10:00:00", b"01-10-2023 10:00:00", b"yesterday",
             b"2023-10-01 10:00:00+1", b"2023-10-01 10:00:00+01:0", b"2023-10-01 10:00:00+010",
             b"2023-10-01 10:00:00Z0", b"2023-10-01 10:00:00+01:00:60", b"2023-10-01 10:00:00+010000", b"1900-02-29 00:00:00", b"2100-02-29 00:00", b"20240229",
             b"2023-10-01T10:00:00,5", b"0x65", b"2023-10-0110:00:00", b"2023-10-01 1:00:00",
             b"2023-10-01 10:00:00.12a", b"2023-10-01 10:00:00--01", b"1696118400.5.5"]

# Odd, yet valid.
ODD_TIMES = [b"20231332", b"2023100110", b"202310012460", b"20231001.0", b"000020231001", b"0", b"00", b"0.0009",
             b"99999999999", b"99999999999.999", b"100000000000", b"100000000000.9", b"1696118400123.7",
             b"2023-10-01 10:00", b"2023-10-01T10:00Z", b"2023-10-01 10:00+05", b"2023-10-01T10:00-0530",
             b"2023-10-01 10:00:00-00:00", b"2023-10-01 10:00:00.0009999", b"2023-10-01 10:00:00.1",
             b"2023-10-01 10:00:00.12", b"2023-10-01 10:00:00.999999999999999999999999+23:59",
             b"2000-02-29 12:00", b"2024-02-29T23:59:59.999Z", b"0000-02-29 10:00:00",
             b"9999-12-31 23:59:59.999", b"1969-12-31T23:59:59.999Z", b"1900-02-28 23:59",
             b"2023-10-01 00:30:00+01:00", b"2023-12-31T23:30:00-01:00", b"1696118400." + b"1" * 300]
# Within the years 0000 to 9999 or not, as the zone is.
EDGE_TIMES = [b"0000-01-01 00:00", b"0000-01-01 00:30", b"0000-01-01 05:45", b"0000-01-02 00:00", b"9999-12-31 23:30",
              b"9999-12-31 20:29:59.999", b"9999-12-31T19:00", b"9999-12-31 12:00:00"]
# Energy that is spread over thousands of years takes the oracle minutes.
FAR_TIMES = [b"99999999999", b"99999999999.999", b"0000-02-29 10:00:00", b"9999-12-31 23:59:59.999"]

ERAS = ["2023-10-01", "2024-02-28", "2023-02-28", "2023-12-31", "2023-10-31", "2000-02-29",
        "1900-02-28", "1969-12-31", "1970-01-01", "1970-08-20", "2100-02-28", "5138-11-15",
        "9999-12-20", "0001-01-03"]


def days_of(year, month, day):
    """Days since 1970-01-01 (years from March, so that leap days come last)."""
    year -= month < 3
    month = (month + 9) % 12
    return (365 * year + year // 4 - year // 100 + year // 400
            + (153 * month + 2) // 5 + day - 1 - 719468)


def civil(ms):
    """ms since 1970 -> (year, month, day, hour, minute, second, ms)."""
    days, rest = divmod(ms, DAY)
    days += 719468
    era, of_era = divmod(days, 146097)
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year += era * 400 + (month < 3)
    return (year, month, day, rest // HOUR, rest // MINUTE % 60, rest // SECOND % 60, rest % SECOND)


def era_start(text):
    return days_of(int(text[:4]), int(text[5:7]), int(text[8:])) * DAY


# ---------------------------------------------------------------- zones

ZONES = ["Europe/Brussels", "Europe/Brussels", "America/New_York", "America/New_York", "Australia/Lord_Howe",
         "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "America/St_Johns", "Pacific/Apia",
         "Africa/Casablanca", "America/Sao_Paulo", "America/Sao_Paulo", "Asia/Kolkata", "Africa/Monrovia",
         "America/Havana", "Europe/Dublin", "Asia/Beirut", "America/Nuuk", "Pacific/Kwajalein", "Atlantic/Azores",
         "America/Scoresbysund", "Antarctica/Troll", "Europe/Amsterdam", "Pacific/Honolulu", "America/Caracas",
         "Asia/Pyongyang", "Asia/Manila", "America/Juneau", "Africa/Cairo", "Europe/London"]
CHANGES_FROM, CHANGES_TO = -5000000000000, 4100000000000    # 1811 to 2099


def pick_zone(rng):
    return zones.zone_named(rng.choice(ZONES) if rng.random() < 0.5 else "UTC")


def pick_change(rng, zone):
    """A change of the zone's clocks, most often one that there has been not long ago."""
    for _ in range(4):
        low, high = rng.choice([(946684800000, 1900000000000)] * 3 + [(CHANGES_FROM, CHANGES_TO)])
        begin = rng.randrange(low, high)
        if high == CHANGES_TO and rng.random() < 0.3:
            found = zone.changes(low, begin)[:1]        # from local mean time
        else:
            found = zone.changes(begin, begin + 400 * DAY)
        if found:
            return rng.choice(found)
    return None


def pick_start(rng, zone, eras, back=12 * HOUR):
    """When a case begins: in an era, or shortly before clocks are changed."""
    change = pick_change(rng, zone) if rng.random() < 0.8 else None
    if change is None:
        return era_start(rng.choice(eras))
    return change.at - rng.randrange(back) // MINUTE * MINUTE


def put_back(rng, zone):
    """The same, but one that makes the clock show times twice, if there is one."""
    changes = [pick_change(rng, zone) for _ in range(6)]
    changes = [change for change in changes if change is not None]
    return next((change for change in changes if change.after < change.before), (changes + [None])[0])


def skipped_time(rng, zone, ms):
    """What the clock does not show when it is put forward next; or None."""
    for change in zone.changes(ms, ms + 400 * DAY):
        if change.after > change.before:
            return change.at + rng.choice([change.before, change.after - 1, rng.randrange(change.before, change.after)])
    return None


# ---------------------------------------------------------------- cells

TIME_STYLES = ["space", "t", "tz", "short", "ms", "long", "offset", "unix", "unix-fraction", "unix-ms",
               "unix-ms-fraction"]


def clock_text(local):
    return b"%04d-%02d-%02d %02d:%02d:%02d.%03d" % civil(local)


def time_cell(rng, ms, style, zone=zones.UTC):
    """The time in the wished style, or in one near it that can hold it; local where it has no offset."""
    whole = ms % SECOND == 0
    if style.startswith("unix") and ms >= 0:
        fraction = b"." + b"%03d" % (ms % SECOND)
        if style == "unix" and whole and ms < 10**14:
            return b"%d" % (ms // SECOND)
        if style in ("unix", "unix-fraction") and ms < 10**14:
            return b"%d" % (ms // SECOND) + fraction + rng.choice([b"", b"0", b"999", b"123456"])
        if ms >= 10**11:
            return b"%d" % ms + (rng.choice([b".0", b".999", b".5"]) if style.endswith("fraction") else b"")
        return b"%d" % (ms // SECOND) + fraction
    suffix, shift = b"", zone.offset(ms)
    if style == "offset":
        minutes = [0, 60, 120, -300, 330, 345, -570, 765, 1439, -1439]
        of_zone, shift = shift, 0
        if civil(ms)[0] in range(1, 9999):
            shift = rng.choice([number * MINUTE for number in minutes] + [of_zone] * 5)
            minute, second = divmod(abs(shift) // SECOND, 60)
            hour, minute = divmod(minute, 60)
            forms = [b"%02d:%02d" % (hour, minute), b"%02d%02d" % (hour, minute)]
            if minute == 0:
                forms.append(b"%02d" % hour)
            if second or rng.random() < 0.1:
                forms = [b"%02d:%02d:%02d" % (hour, minute, second)]
            sign = b"-" if shift < 0 or (shift == 0 and rng.random() < 0.5) else b"+"
            suffix = sign + rng.choice(forms)
        else:
            suffix = b"Z"
    elif style in ("tz", "ms", "long"):
        suffix = rng.choice([b"", b"Z"]) if style != "tz" else b"Z"
        shift = 0 if suffix else shift
    year, month, day, hour, minute, second, rest = civil(ms + shift)
    between = {"space": b" ", "short": b" ", "t": b"T", "tz": b"T"}.get(style) or rng.choice([b" ", b"T"])
    out = b"%04d-%02d-%02d%s%02d:%02d" % (year, month, day, between, hour, minute)
    if style == "short" and second == 0 and rest == 0:
        return out + suffix
    out += b":%02d" % second
    if style == "long":
        out += b".%03d" % rest + bytes(rng.choice(b"0123456789") for _ in range(rng.choice([1, 3, 6, 20])))
    elif rest or style == "ms":
        out += b".%03d" % rest
    return out + suffix


def decimal_text(rng, low, high, places):
    """A plain decimal number between low and high, with so many places."""
    scaled = rng.randint(int(low * 10**places), int(high * 10**places))
    sign, scaled = ("-" if scaled < 0 else ""), abs(scaled)
    if places == 0:
        return ("%s%d" % (sign, scaled)).encode()
    whole, fraction = divmod(scaled, 10**places)
    return ("%s%d.%0*d" % (sign, whole, places, fraction)).encode()


RANGES = {"voltage": (0, 250), "current": (0, 16), "pf": (-1, 1), "power": (-500, 5000), "value": (-500, 5000)}
ODD_VALUES = {
    "voltage": [b"0", b"-0", b"-0.0", b"+0.000", b"1000000000", b"1e9", b"1E+9", b"0.0000000005", b"1e-10",
                b"0.00000000049999", b"0e999999999999999", b"1e-99999999999999999999", b"230.0000000015"],
    "current": [b"0", b"-0e5", b"+1.5", b"1e-9", b"0.0000000025", b"15E-1", b"1000000000.000", b"00001.5"],
    "pf": [b"1", b"-1", b"+1.000000000000", b"0", b"-0", b"-0.5", b"0.9999999999", b"-0.9999999995", b"98e-2",
           b"10E-1", b"0.0000000005", b"-0.0000000015", b"1e-400"],
    "power": [b"-1000000000", b"1e9", b"-0", b"0", b"1.5e3", b"-2.5E-3", b"+7", b"1e-10", b"-1e-10",
              b"0.0000000005", b"0.0000000015", b"-0.0000000025", b"999999999.9999999999",
              b"0." + b"0" * 397 + b"1", b"1" + b"." + b"0" * 398, b"1000000000.0", b"5000e-1"],
}
ODD_VALUES["value"] = ODD_VALUES["power"]
OUT_OF_RANGE = {
    "voltage": [b"-1", b"-0.0000000000001", b"1000000000.0000000001", b"1e10", b"-1e-400", b"1e99999999999999999"],
    "current": [b"-0.5", b"-1e-10", b"1000000001", b"1e300", b"-2"],
    "pf": [b"1.1", b"-1.5", b"1.0000000000001", b"-1.0000000001", b"2", b"98", b"1e9"],
    "power": [b"1000000000.0000000001", b"-1000000001", b"1e10", b"-1e99999", b"12345678901", b"9" * 400],
}
OUT_OF_RANGE["value"] = OUT_OF_RANGE["power"]


class NumberStyle:
    """How one file writes its numbers: all alike, or each in a way of its own (wild)."""

    def __init__(self, rng):
        self.wild = rng.random() < 0.3
        self.places = {role: rng.choice([0, 1, 2, 3, 3, 6, 9]) for role in RANGES}
        self.places["pf"] = rng.choice([2, 2, 3, 4, 9])
        self.positive = rng.random() < 0.6

    def cell(self, rng, role):
        low, high = RANGES[role]
        if self.positive:
            low = max(low, 0)
        if not self.wild:
            return decimal_text(rng, low, high, self.places[role])
        roll = rng.random()
        if roll < 0.25:
            return rng.choice(ODD_VALUES[role])
        out = decimal_text(rng, low, high, rng.choice([0, 1, 2, 3, 5, 8, 9, 10, 10, 11, 12, 15, 30]))
        if roll < 0.4:
            # Write it with an exponent.
            if role == "pf":
                return b"%de-3" % rng.randint(-999, 999)
            shift = rng.randint(-3, 3)
            sign = b"+" if shift >= 0 and rng.random() < 0.5 else b""
            mantissa = decimal_text(rng, low, high / 1000, rng.choice([1, 4, 9]))
            return mantissa + rng.choice([b"e", b"E"]) + sign + b"%d" % shift
        if roll < 0.5 and not out.startswith(b"-"):
            return b"+" + out
        return out


def quoted(cell):
    return b'"' + cell.replace(b'"', b'""') + b'"'


def needs_quotes(cell):
    return cell.startswith(b'"') or any(byte in cell for byte in b",\n") or cell.endswith(b"\r")


def written(rng, cell, quote, pad):
    """A cell as it stands in the file: perhaps quoted, perhaps padded."""
    if pad and rng.random() < pad:
        spaces = [b" ", b"  ", b"\t", b" \t ", b""]
        cell = rng.choice(spaces) + cell + rng.choice(spaces)
    if needs_quotes(cell) or (quote and rng.random() < quote):
        shown = quoted(cell)
        # Bytes after the closing quote belong to the field.
        if quote and rng.random() < 0.03:
            shown += rng.choice([b" ", b"\t"])
        return shown
    return cell


EXTRA = [b"", b"ok", b"note, with comma", b'say "hi"', b'stray " quote', b"two\nlines", b"a\r\nb\r\n", b"\n\n",
         b"\xc3\xa9\xe2\x82\xac", b"x" * 300, b"lone\rcr", b'""', b'"', b"'", b"\xff\xfe", b" ", b"-", b"1.5"]

UNIT_CELLS = [b"W", b"W", b"kW", b"kW", b"w", b"Watts", b"kilowatt", b"", b" ", b"kWh", b"\xc2\xb0C", b"W/h"]

PLAIN_DEVICES = ["DEV%04d", "dev-%d", "sensor.kitchen_%d_power", "%d", "meter %d", "Küche %d", "機器%d", "a%db", "%d energy", "sensor.a%d_kWh"]
ODD_DEVICES = [b"x" * 15, b"x" * 16, b"x" * 17, b"x" * 16 + b"y", b"y" * 63, b"y" * 64, b"y" * 65, b"z" * 255,
               b"z" * 254 + b"a", b"\xc3\xa9" * 127, b"with space", b"comma, inside", b'quo"te', b"new\nline",
               b"null", b"?", b"NaN", b"0", b"-1", b"a", b"A", b"\xf0\x9f\x94\x8c", b"tab\tinside", b"back\\slash",
               b"cr\rinside", b"\x01\x1f\x7f", b"'single'", b"[x]", b"x*y", b"DEV0001 ", b"Dev0001", b"\"q\""]


def device_pool(rng):
    pattern = rng.choice(PLAIN_DEVICES[:2] * 4 + PLAIN_DEVICES)
    count = rng.choice([1, 1, 2, 3, 3, 5, 8, 20])
    start = rng.choice([0, 1, 7, 95])
    pool = [(pattern % (start + n)).encode() for n in range(count)]
    if rng.random() < 0.3:
        pool += rng.sample(ODD_DEVICES, rng.randint(1, 6))
    return [device.strip(b" \t") for device in pool]


# ---------------------------------------------------------------- rows in time

def pick_step(rng, max_gap):
    return rng.choice([SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, 20 * MINUTE, HOUR, 7 * MINUTE + SECOND,
                       37 * MINUTE, 90 * MINUTE, max_gap, max_gap])


def device_times(rng, start, count, max_gap, align):
    """Times of one device, rising."""
    pattern = rng.choice(["regular", "regular", "irregular", "mixed", "mixed", "gaps"])
    step = pick_step(rng, max_gap)
    now = start + rng.randrange(0, 2 * HOUR) // align * align
    if rng.random() < 0.3:
        # Start close before the end of a day.
        now = now // DAY * DAY + DAY - rng.choice([1, 15, 40, 90]) * MINUTE
    times = []
    for _ in range(count):
        times.append(now)
        if pattern == "irregular":
            step = rng.randrange(1, 2 * max_gap)
        elif pattern == "mixed":
            step = rng.choice([pick_step(rng, max_gap), max_gap, max_gap + align, max(max_gap - align, 1), step])
        elif pattern == "gaps" and rng.random() < 0.2:
            now += rng.choice([max_gap + 1, 3 * max_gap, DAY, 40 * DAY]) // align * align
        now += max(step // align, 1) * align
    return times


def make_events(rng, zone, devices, total, max_gap):
    """(ms, device) pairs in some order, with duplicates."""
    start = pick_start(rng, zone, ERAS[:6] * 4 + ERAS)
    align = rng.choice([1, SECOND, SECOND, SECOND, MINUTE, MINUTE])
    events = []
    share = max(1, -(-total // len(devices)))
    for device in devices:
        events += [(ms, device) for ms in device_times(rng, start, share, max_gap, align)]
    # In other zones the last day may be of the year 10000, which has no name.
    last = era_start("9999-12-31") + (DAY - 1 if zone is zones.UTC else -DAY)
    events = [event for event in events if event[0] <= last]
    if total < len(devices):
        events = events[:total]

    order = rng.choice(["time", "time", "time", "device", "shuffled", "newest", "late"])
    if order != "device":
        events.sort()
    if order == "shuffled":
        rng.shuffle(events)
    elif order == "newest":
        events.reverse()
    elif order == "late" and events:
        for _ in range(1 + len(events) // 20):
            events.append(events.pop(rng.randrange(len(events))))

    if events and rng.random() < 0.5:
        for _ in range(rng.randint(1, 1 + len(events) // 8)):
            where = rng.randrange(len(events))
            if rng.random() < 0.5:
                events.insert(where + rng.choice([0, 1, 2]), events[where])      # near
            else:
                events.insert(rng.randint(0, len(events)), events[where])        # far
    return events


# ---------------------------------------------------------------- files

HEADER_NAMES = {
    "timestamp": ["timestamp", "timestamp", "timestamp", "time", "datetime", "date"],
    "device": ["device_id", "device_id", "device_id", "device", "id", "entity_id", "meter"],
    "voltage": ["voltage", "voltage", "volts"],
    "current": ["current", "current", "amps", "current_a"],
    "pf": ["power_factor", "power_factor", "pf", "powerfactor"],
    "power": ["power", "power_w", "watts"],
    "value": ["value"],
    "unit": ["unit", "units", "unit_of_measurement"],
}
EXTRA_NAMES = ["note", "status", "unit", "energy", "", "power (W)", "quality", "Vrms", "is_active", "temps"]


def header_cell(rng, role, fancy):
    name = rng.choice(HEADER_NAMES[role]) if fancy else HEADER_NAMES[role][0]
    if fancy:
        name = rng.choice([name, name, name.upper(), name.title(),
                           "".join(rng.choice([c, c.upper()]) for c in name)])
    return name.encode()


def pick_roles(rng, family):
    """The roles of a file's columns; family says where its power comes from."""
    electric = ["voltage", "current", "pf"]
    if family == "electric":
        roles = list(electric) + (["value"] if rng.random() < 0.1 else [])
    elif family == "power":
        roles = ["power"] + (["value"] if rng.random() < 0.1 else [])
    elif family == "power+":
        roles = ["power"] + rng.choice([electric, electric, ["current", "pf"], ["voltage"], ["pf"], ["current"]])
    else:
        roles = ["value"]
        if rng.random() < 0.1:
            roles += rng.choice([["voltage"], ["current"], ["voltage", "current"], ["pf"]])
    return roles


class FileMaker:
    """Turns events into the bytes of one file."""

    def __init__(self, rng, family, dirty, zone=zones.UTC):
        self.rng = rng
        self.zone = zone
        # A file may be of a clock that is not changed, whatever the options say.
        self.is_fixed = rng.random() < 0.15
        self.fixed_zone = None
        self.family = family
        self.dirty = dirty
        fancy = rng.random() < 0.35
        self.roles = ["timestamp", "device"] + pick_roles(rng, family)
        if family == "value" and rng.random() < 0.3:
            self.roles.append("unit")
        if fancy:
            rng.shuffle(self.roles)
        names = [header_cell(rng, role, fancy) for role in self.roles]
        if rng.random() < 0.25:
            for _ in range(rng.randint(1, 3)):
                where = rng.randint(0, len(self.roles))
                self.roles.insert(where, "extra")
                names.insert(where, rng.choice(EXTRA_NAMES).encode())
        if rng.random() < 0.06:
            # A second column for a role: the first one counts.
            role = rng.choice([role for role in self.roles if role != "extra"])
            where = rng.randint(self.roles.index(role) + 1, len(self.roles))
            self.roles.insert(where, "extra")
            names.insert(where, header_cell(rng, role, True))
        self.names = names
        self.unit = rng.choice(UNIT_CELLS)
        self.numbers = NumberStyle(rng)
        self.quote = rng.choice([0, 0, 0, 0, 0.05, 0.3, 1])
        self.pad = rng.choice([0, 0, 0, 0, 0.1, 0.5])
        style = rng.choice(TIME_STYLES[:3] * 3 + TIME_STYLES)
        self.time_styles = TIME_STYLES if rng.random() < 0.15 else [style]
        self.extra_odd = rng.random() < 0.5

    def header(self):
        return b",".join(written(self.rng, name, self.quote, self.pad) for name in self.names)

    def row(self, ms, device):
        rng = self.rng
        cells = []
        for role in self.roles:
            if role == "timestamp":
                cell = time_cell(rng, ms, rng.choice(self.time_styles), self.clock_zone(ms))
            elif role == "device":
                cell = device
            elif role == "unit":
                cell = self.unit if rng.random() < 0.99 else rng.choice(UNIT_CELLS)
            elif role == "extra":
                cell = rng.choice(EXTRA) if self.extra_odd else rng.choice([b"ok", b"", b"7"])
            else:
                cell = self.numbers.cell(rng, role)
                if self.family == "power+" and role != "power" and rng.random() < 0.05:
                    cell = rng.choice(MISSING)
                elif role in self.unused() and rng.random() < 0.2:
                    cell = rng.choice(BAD_NUMBERS + MISSING)
            cells.append(cell)
        if self.dirty and rng.random() < self.dirty:
            spoiled = self.spoil(cells, ms)
            if isinstance(spoiled, bytes):
                return spoiled
            cells = spoiled
        return b",".join(written(rng, cell, self.quote, self.pad) for cell in cells)

    def clock_zone(self, ms):
        if not self.is_fixed:
            return self.zone
        if self.fixed_zone is None:
            self.fixed_zone = zones.Fixed("", self.zone.offset(ms))
        return self.fixed_zone

    def unused(self):
        """Columns that exist and are not looked at."""
        if self.family == "value":
            return ("voltage", "current", "pf")
        return ("value",)

    def spoil(self, cells, ms):
        """Make the row odd in one way; most ways make it a reject."""
        rng = self.rng
        where = rng.choice(["time", "time", "device", "number", "number", "number", "fields", "text"])
        if where == "time":
            index = self.roles.index("timestamp")
            cells[index] = rng.choice(BAD_TIMES + BAD_TIMES + MISSING + ODD_TIMES + EDGE_TIMES)
            if self.family == "value" and cells[index] in FAR_TIMES + EDGE_TIMES:
                cells[index] = b"2023-10-01 10:00"
            skipped = skipped_time(rng, self.zone, ms)
            if skipped is not None and rng.random() < 0.5:
                cells[index] = clock_text(skipped)
        elif where == "device":
            index = self.roles.index("device")
            cells[index] = rng.choice([b"", b"  ", b"\t", b"d" * 256, b"d" * 257, b"\xc3\xa9" * 128, b"e" * 255,
                                       b"w" * 5000])
        elif where == "number":
            roles = [role for role in self.roles if role in RANGES]
            for role in rng.sample(roles, rng.choice([1, 1, min(2, len(roles))])):
                cells[self.roles.index(role)] = rng.choice(
                    rng.choice([BAD_NUMBERS, OUT_OF_RANGE[role], MISSING, ODD_VALUES[role]]))
        elif where == "fields":
            for _ in range(rng.choice([1, 1, 2])):
                if rng.random() < 0.5 and len(cells) > 1:
                    cells.pop(rng.randrange(len(cells)))
                else:
                    cells.insert(rng.randint(0, len(cells)), rng.choice([b"", b"x", b"1"]))
        else:
            return rng.choice([b" ", b"\t", b",", b",,,,", b",,,,,,,,,,", b'""', b'"a"b"c",', b"# comment",
                               b"garbage \xff\xfe bytes", b'""""', b";".join(cells[:1]) + b";1;2", self.header(),
                               b"x" * rng.choice([100, 5000]), b"a\rb\rc"])
        return cells

    def build(self, events):
        """-> (bytes, offset of the first byte after the header line)."""
        rng = self.rng
        ends = rng.choice([[b"\n"]] * 6 + [[b"\r\n"]] * 2 + [[b"\n", b"\r\n"], [b"\n", b"\r\n", b"\r\r\n"]])
        blanks = rng.choice([0, 0, 0, 0.05, 0.3])

        def end():
            return rng.choice(ends)

        out = [b"\xef\xbb\xbf"] if rng.random() < 0.12 else []
        while blanks and rng.random() < blanks:
            out.append(end())
        out.append(self.header() + end())
        body = sum(len(part) for part in out)
        row = None
        for ms, device in events:
            while blanks and rng.random() < blanks:
                out.append(end())
            if row is None or rng.random() >= 0.02:
                row = self.row(ms, device)          # else: the very same row again
            out.append(row + end())
        if rng.random() < 0.03:
            out.append(rng.choice([b'"', b'2023-10-01 10:00:00,"open', b'a,b,"c,d\n1,2,3\n', b'"x""', b'1,"\n\n\n']))
        elif events and rng.random() < 0.15:
            out[-1] = out[-1].rstrip(b"\r\n") + rng.choice([b"", b"", b"\r", b"\r\r"])
        elif rng.random() < 0.05:
            out.append(rng.choice([b"\n\n", b"\r\n\r\n", b"\r", b"\n\r"]))
        data = b"".join(out)
        if len(data) > body:
            if rng.random() < 0.06:
                data = mutate(rng, data, body)
            if rng.random() < 0.04:
                for _ in range(rng.randint(1, 3)):
                    at = rng.randint(body, len(data))
                    data = data[:at] + b"\r" + data[at:]        # a lone CR
        return data, body


def mutate(rng, data, start):
    """A few random byte changes behind the header; never a NUL byte."""
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 3, 10])):
        if len(out) <= start:
            break
        at = rng.randrange(start, len(out))
        byte = rng.choice([rng.randint(1, 255), rng.choice(b',"\n\r .-+eE0123456789ZT:')])
        way = rng.random()
        if way < 0.5:
            out[at] = byte
        elif way < 0.7:
            out.insert(at, byte)
        elif way < 0.85:
            del out[at]
        elif way < 0.93:
            end = min(len(out), at + rng.randint(1, 80))
            out[at:at] = out[at:end]
        else:
            del out[at:at + rng.randint(1, 80)]
    return bytes(out)


def unusable(rng):
    """The bytes of a file that has no usable header, or is not text."""
    good = b"timestamp,device_id,voltage,current,power_factor\n2023-10-01 00:00:00,DEV1,230,1,1\n"
    return rng.choice([
        b"", b"\n\n\r\n", b"a,b,c\n1,2,3\n", b"timestamp,voltage,current,power_factor\n",
        b"timestamp,device_id,voltage,current\n2023-10-01,a,1,2\n", b"device_id,power\na,1\n",
        good.replace(b",DEV1", b",DE\0V1"), b"\0\0\0\0", b"timestamp;device_id;power\n2023-10-01 00:00;a;1\n",
        b"\xef\xbb\xbf", b"2023-10-01 00:00:00,DEV1,230,1,1\n", b"time stamp,device_id,power\n",
        b"\xff\xfet\0i\0m\0e\0", b'"timestamp,device_id,power"\n2023-10-01 00:00:00,a,1\n', b"hello\n"])


# ---------------------------------------------------------------- a case

class Case:
    """Collects the files and options of one case."""

    def __init__(self, rng, folder):
        self.rng = rng
        self.folder = folder
        self.inputs = os.path.join(folder, "in")
        os.makedirs(self.inputs, exist_ok=True)
        self.paths = []
        self.zone = pick_zone(rng)
        self.args = [] if self.zone is zones.UTC and rng.random() < 0.7 else ["--tz", self.zone.name]
        self.names = set()

    def new_name(self):
        rng = self.rng
        while True:
            name = rng.choice(["a", "b", "B", "Z", "data-%d" % rng.randint(1, 12), "readings", "x y", "m\u00e4tare",
                               "2023-10", "_", "export.v2", "devices-1"])
            if name not in self.names:
                self.names.add(name)
                return name

    def add(self, data, compress=0.08):
        """Write one input file, perhaps compressed."""
        rng = self.rng
        path = os.path.join(self.inputs, self.new_name() + ".csv")
        roll = rng.random()
        if roll < compress / 2:
            path += ".gz"
            cut = rng.randint(0, len(data)) if rng.random() < 0.1 else len(data)
            write(path, gzip.compress(data[:cut], mtime=0)
                  + (gzip.compress(data[cut:], mtime=0) if cut < len(data) else b""))
        elif roll < compress:
            path += ".zst"
            done = subprocess.run(["zstd", "-qc", "-%d" % rng.choice([1, 3, 9])], input=data,
                                  stdout=subprocess.PIPE, check=True)
            write(path, done.stdout)
        else:
            write(path, data)
        self.paths.append(path)

    def finish(self):
        """Decide how the paths are given: the files, or their folder."""
        rng = self.rng
        if rng.random() < 0.25:
            # The folder; whatever else lies in it is none of our business.
            self.paths = [self.inputs]
            if rng.random() < 0.5:
                write(os.path.join(self.inputs, "README.txt"), b"not,readings\n")
                write(os.path.join(self.inputs, "a.csv.bak"), b"timestamp,device_id,power\n")
                os.makedirs(os.path.join(self.inputs, "sub"), exist_ok=True)
                write(os.path.join(self.inputs, "sub", "deep.csv"), b"timestamp,device_id,power\n0,deep,1\n")
        else:
            if rng.random() < 0.3:
                rng.shuffle(self.paths)
            if rng.random() < 0.06:
                self.paths.insert(rng.randint(0, len(self.paths)), rng.choice(self.paths))
        return {"paths": self.paths, "args": self.args}


def write(path, data):
    with open(path, "wb") as out:
        out.write(data)


def add_details(rng, case, devices):
    """devices.csv beside the readings, or another file for --devices."""
    places = rng.sample([b"Kitchen", b"Garage", b"Wohnzimmer", b"B\xc3\xbcro", b"attic, left", b'the "lab"',
                         b"a", b"Z"], rng.randint(1, 5))
    if rng.random() < 0.4:
        places.append(b"")
    columns = [b"device_id", b"name", b"location", b"power_rating_watts", b"is_active"]
    if rng.random() < 0.2:
        rng.shuffle(columns)
    rows = [b",".join(columns)]
    known = list(dict.fromkeys(devices))
    rng.shuffle(known)
    for device in known[:rng.randint(0, len(known))] + [b"not-in-the-readings"]:
        cells = {
            b"device_id": device,
            b"name": rng.choice([b"Fridge", b"Heat pump", b"K\xc3\xbchlschrank", b"Oven, big", b'TV 55"', b""]),
            b"location": rng.choice(places),
            b"power_rating_watts": rng.choice([b"1500", b"60.5", b"2000", b"0.5", b"75", b""]),
            b"is_active": rng.choice([b"true", b"false", b"1"]),
        }
        rows.append(b",".join(written(rng, cells[column], 0.1, 0) for column in columns))
    end = rng.choice([b"\n", b"\n", b"\r\n"])
    data = rng.choice([b"", b"", b"\xef\xbb\xbf"]) + end.join(rows) + end
    beside = rng.random() < 0.6
    if beside:
        write(os.path.join(case.inputs, "devices.csv"), data)
    if not beside or rng.random() < 0.1:
        path = os.path.join(case.folder, "meta.csv")
        write(path, data)
        case.args += ["--devices", path]


def pick_limit(rng, zone, times):
    """A time for --since or --until, near one of the readings or when clocks are changed."""
    ms = rng.choice(times)
    changes = zone.changes(ms - 3 * DAY, ms + 3 * DAY)
    if changes and rng.random() < 0.3:
        ms = rng.choice(changes).at
    ms += rng.choice([0, 0, 0, 1, -1, HOUR, -DAY])
    return min(max(ms, era_start("0001-01-02")), era_start("9998-12-31"))


def add_options(rng, case, devices, times, gap_text, value_kind):
    args = case.args
    times = times or [era_start("2023-10-01")]
    if gap_text:
        args += ["--max-gap", gap_text]
    if value_kind:
        args += ["--value", value_kind]
    zone = case.zone
    chance = 0.15
    if rng.random() < 0.08:
        chance = 0
        date = "%04d-%02d-%02d" % civil(zone.local(pick_limit(rng, zone, times)))[:3]
        option, size = rng.choice([("--day", 10), ("--day", 10), ("--month", 7), ("--year", 4)])
        args += [option, date[:size]]
    for option in ("--since", "--until"):
        if rng.random() < chance:
            ms = pick_limit(rng, zone, times)
            skipped = skipped_time(rng, zone, ms)
            if rng.random() < 0.3:
                args += [option, "%04d-%02d-%02d" % civil(zone.local(ms))[:3]]
            elif skipped is not None and rng.random() < 0.1:
                args += [option, clock_text(skipped).decode()]
            else:
                shown = time_cell(rng, ms, rng.choice(TIME_STYLES), zone).decode()
                # Eight digits may be a date: then write the time in full.
                args += [option, shown if len(shown) != 8 else time_cell(rng, ms, "tz").decode()]
    if rng.random() < 0.15 and devices:
        for _ in range(rng.choice([1, 1, 2])):
            device = rng.choice(devices)
            plain = device.isalnum() and len(device) < 20
            name = device.decode("utf-8", "surrogateescape")
            if plain:
                globs = [name, name[:-1] + "?", name[:3] + "*", "*" + name[-1], name[:-1] + "[0-4]",
                         name[:-1] + "[!0-4]", "*", "nothing*", name.lower()]
            else:
                globs = ["*", "DEV*", "dev-[1-3]", "sensor.*_[02468]_*", "*1", "*e*"]
            args += ["--device", rng.choice(globs)]
    if rng.random() < 0.2:
        args += ["--rate", rng.choice(["0.3", "0.2875", "1", "0.123456789", "12.5", "0.15"])]
    if rng.random() < 0.2:
        args += ["--return-rate", rng.choice(["0.08", "-0.02", "0.15", "1"])]
    if rng.random() < 0.2:
        args += ["--budget", rng.choice(["0.013", "1.37", "12.345", "77.7", "500.05", "99999.5"])]
    if rng.random() < 0.15:
        args += ["--strict"]
    if rng.random() < 0.3:
        args += ["--rejects", os.path.join(case.folder, "rejects.out")]


GAPS = {"1h": HOUR, "30m": 30 * MINUTE, "90s": 90 * SECOND, "2d": 2 * DAY, "15m": 15 * MINUTE, "24h": DAY,
        "1s": SECOND, "6h": 6 * HOUR, "3600s": HOUR}


def pick_gap(rng):
    """-> (text for --max-gap or None, ms)."""
    if rng.random() < 0.7:
        return None, HOUR
    text = rng.choice(sorted(GAPS))
    return text, GAPS[text]


def split_events(rng, events, count):
    """Share the events among files; some files overlap at their borders."""
    if count == 1:
        return [events]
    way = rng.choice(["chunks", "chunks", "device", "random"])
    if way == "chunks":
        cuts = sorted(rng.randint(0, len(events)) for _ in range(count - 1))
        parts = [events[a:b] for a, b in zip([0] + cuts, cuts + [len(events)])]
        if rng.random() < 0.5:
            for left, right in zip(parts, parts[1:]):
                if left:
                    right.insert(0, left[-1])           # a duplicate at the border
        return parts
    parts = [[] for _ in range(count)]
    of_device = {}
    for event in events:
        if way == "device":
            index = of_device.setdefault(event[1], rng.randrange(count))
        else:
            index = rng.randrange(count)
        parts[index].append(event)
    return parts


def make_small(rng, case):
    gap_text, max_gap = pick_gap(rng)
    value_kind = None
    families = ["electric", "electric", "electric", "power", "power+"]
    if rng.random() < 0.25:
        # A kind is given, and at least most files have a value column.
        value_kind = rng.choice(["power-w", "power-kw", "energy-wh", "energy-kwh"])
        families = ["value"] if rng.random() < 0.85 else ["value", "electric", "power"]
    elif rng.random() < 0.2:
        families += ["value", "value"]
    files = rng.choice([1, 1, 1, 1, 1, 2, 2, 3, 4])
    total = rng.randint(0, 3) if rng.random() < 0.12 else int(5 * 40 ** rng.random())
    devices = device_pool(rng)
    if total < 4:
        devices = devices[:rng.choice([1, 1, 2])]
    dirty = rng.choice([0, 0, 0.03, 0.1, 0.3, 0.8])
    events = make_events(rng, case.zone, devices, total, max_gap)
    one_family = rng.choice(families)
    for part in split_events(rng, events, files):
        family = one_family if rng.random() < 0.7 else rng.choice(families)
        maker = FileMaker(rng, family, dirty, case.zone)
        data, body = maker.build(part)
        if rng.random() < 0.01:
            data = add_long_field(rng, data, body)
        case.add(data)
    if rng.random() < 0.07:
        case.add(unusable(rng))
    if rng.random() < 0.02:
        # A file with a damaged header may be usable or not.
        data, body = FileMaker(rng, rng.choice(families), 0, case.zone).build(events[:5])
        case.add(mutate(rng, data[:body], 0) + data[body:])
    if rng.random() < 0.3:
        add_details(rng, case, devices)
    add_options(rng, case, devices, [ms for ms, _device in events], gap_text, value_kind)


def clock_times(rng, zone, change):
    """Times of one device around a change, and perhaps around some of later years, in an order of its own."""
    times = []
    step = rng.choice([5, 10, 15, 15, 15, 20, 29, 30, 30, 45, 60, 60, 60, 90, 120, 360, 1440]) * MINUTE
    for at in [change.at] + [later.at for later in zone.changes(change.at + DAY, change.at + 800 * DAY)
                             if rng.random() < 0.3]:
        now = at - rng.choice([0, 0, 1, 2, 3, 8, 30]) * step - rng.choice([0, 0, 0, rng.randrange(step)])
        now -= rng.choice([0, abs(change.after - change.before)])
        for _ in range(rng.choice([2, 3, 5, 10, 20, 50])):
            times.append(now)
            now += step if rng.random() < 0.9 else rng.choice([1, 2 * step, 3 * HOUR, 2 * SECOND])
    order = rng.choice(["up", "up", "down", "down", "shuffled", "late"])
    if order == "down":
        times.reverse()
    elif order == "shuffled":
        rng.shuffle(times)
    elif order == "late":
        for _ in range(rng.choice([1, 2, 5])):
            times.insert(rng.randint(0, len(times)), times.pop(rng.randrange(len(times))))
    for _ in range(rng.choice([0, 0, 1, 3])):
        where = rng.randrange(len(times))
        times.insert(where, times[where])
    return times


def make_clocks(rng, case):
    """Rows around a change of clocks, each device in an order of its own."""
    case.zone = zones.zone_named(rng.choice(ZONES))
    change = put_back(rng, case.zone)
    if change is None:
        make_small(rng, case)
        return
    case.args[:] = ["--tz", case.zone.name]
    devices = device_pool(rng)[:4]
    queues = {device: clock_times(rng, case.zone, change) for device in devices}
    events = []
    while queues:
        device = rng.choice(list(queues))
        events.append((queues[device].pop(0), device))
        if not queues[device]:
            del queues[device]
    dirty = rng.choice([0, 0, 0.05])
    for part in split_events(rng, events, rng.choice([1, 1, 1, 2, 3])):
        maker = FileMaker(rng, rng.choice(["power", "power", "electric"]), dirty, case.zone)
        if rng.random() < 0.7:
            maker.time_styles = [rng.choice(["space", "t", "short"])]
        case.add(maker.build(part)[0])
    gap_text = rng.choice([None, None, "2d", "15m"])
    add_options(rng, case, devices, [ms for ms, _device in events], gap_text, None)


def add_long_field(rng, data, body):
    """Put a row with a very long field behind the header."""
    size = rng.choice([5000, 40000, 70000, 200000])
    cell = rng.choice([b"x" * size, b'"' + b"long,\n" * (size // 6) + b'"', b"1" * size, b" " * size + b"1",
                       b'"' + b'""' * (size // 2) + b'"', b"\r" * size + b"x"])
    row = b"2023-10-01 00:00:00,DEV0001," + cell + b"," + rng.choice([b"1", b"", cell[:10]]) + b",0.5\n"
    return data[:body] + row + data[body:]


def make_large(rng, case):
    """Clean, regular rows of many devices in time order, and a few dirty ones."""
    count = rng.choice([4, 10, 16, 33, 64, 200])
    rows = rng.randint(2000, 5000)
    step = rng.choice([MINUTE, 15 * MINUTE, 15 * MINUTE, 15 * MINUTE, HOUR, 10 * SECOND])
    devices = [b"DEV%04d" % n for n in range(1, count + 1)]
    kind = rng.choice(["electric"] * 5 + ["power", "power+"])
    columns = {
        "electric": b"timestamp,device_id,voltage,current,power_factor",
        "power": b"timestamp,device_id,power",
        "power+": b"timestamp,device_id,power,voltage,current,power_factor",
    }[kind]
    places = (1, 3, 2) if rng.random() < 0.8 else (rng.randint(0, 9), rng.randint(0, 9), rng.randint(1, 9))
    style = rng.choice(["space", "space", "space", "tz", "t", "unix"])
    end = rng.choice([b"\n", b"\n", b"\n", b"\r\n"])
    order = rng.choice(["time", "time", "time", "device", "newest"])
    missing_rows = rng.choice([0, 0, 0.01])
    now = pick_start(rng, case.zone, ERAS[:4]) + rng.choice([0, 15 * MINUTE, 1234 * SECOND])
    events = []
    while len(events) < rows:
        events += [(now, device) for device in devices if rng.random() >= missing_rows]
        now += step if rng.random() < 0.999 else 5 * HOUR
    if order == "device":
        events.sort(key=lambda event: event[1])
    elif order == "newest":
        events.reverse()
    dirty = set(rng.sample(range(len(events)), rng.choice([0, 1, 3, 10])))

    def row(event):
        ms, device = event
        cells = [time_cell(rng, ms, style, case.zone), device]
        if kind != "electric":
            cells.append(decimal_text(rng, 0, 3000, places[0]))
        if kind != "power":
            cells += [decimal_text(rng, 215, 245, places[0]), decimal_text(rng, 0, 15, places[1]),
                      decimal_text(rng, 0.5, 1, places[2])]
        return cells

    out = []
    for index, event in enumerate(events):
        cells = row(event)
        if index in dirty:
            way = rng.choice(["number", "time", "device", "fields", "quote", "blank", "twice", "odd"])
            if way == "number":
                cells[-1] = rng.choice(BAD_NUMBERS[:8] + OUT_OF_RANGE["pf"] + [b"", b"nan"])
            elif way == "time":
                cells[0] = rng.choice(BAD_TIMES + ODD_TIMES)
            elif way == "device":
                cells[1] = rng.choice([b"", b"d" * 256] + ODD_DEVICES)
                cells[1] = quoted(cells[1]) if needs_quotes(cells[1]) else cells[1]
            elif way == "fields":
                cells.append(b"x")
            elif way == "quote":
                cells = [quoted(cell) for cell in cells]
            elif way == "blank":
                cells[0] = end + cells[0]
            elif way == "twice":
                out.append(b",".join(row(rng.choice(events))))
            else:
                cells[-1] = b" " + cells[-1] + b"0000000001 "
        out.append(b",".join(cells))
    if rng.random() < 0.03:
        out.append(b'2023-10-01 00:00:00,"DEV0001,1,1,1')
    files = rng.choice([1, 1, 1, 2, 3])
    size = -(-len(out) // files)
    for part in range(files):
        data = end.join([columns] + out[part * size:(part + 1) * size]) + (end if rng.random() < 0.9 else b"")
        if rng.random() < 0.1:
            data = mutate(rng, data, len(columns) + 2)
        case.add(data)
    if rng.random() < 0.3:
        add_details(rng, case, devices)
    gap_text = pick_gap(rng)[0] if rng.random() < 0.3 else None
    add_options(rng, case, devices, [ms for ms, _device in events], gap_text, None)


def make_shapes(rng, case):
    """Rows of one shape again and again, with equal cells, and a near miss now and then."""
    devices = rng.sample([b"DEV0001", b"DEV0002", b"DEV0003", b"DEV0010"], rng.randint(1, 4))
    volts = [decimal_text(rng, 100, 249, 1) for _ in range(rng.choice([1, 2, 5]))]
    amps = [decimal_text(rng, 1, 9, 3) for _ in range(rng.choice([1, 2, 5]))]
    factors = [decimal_text(rng, 0.5, 0.99, 2) for _ in range(rng.choice([1, 2]))]
    now = pick_start(rng, case.zone, ERAS[:6], 2 * DAY)
    times, out = [], []
    for _ in range(rng.randint(30, 400)):
        if rng.random() < 0.7:
            now += rng.choice([15 * MINUTE, 15 * MINUTE, HOUR, MINUTE])
        times.append(now)
        cells = [time_cell(rng, now, "space", case.zone), rng.choice(devices), rng.choice(volts), rng.choice(amps),
                 rng.choice(factors)]
        if rng.random() < 0.03:
            # Same length and places, one byte different.
            index = rng.randrange(len(cells))
            cell = bytearray(cells[index])
            cell[rng.randrange(len(cell))] = rng.choice(b"0123456789-+e. :xT")
            cells[index] = bytes(cell)
        out.append(b",".join(cells))
    header = b"timestamp,device_id,voltage,current,power_factor"
    for part in split_events(rng, [(line, b"") for line in out], rng.choice([1, 1, 2])):
        case.add(b"\n".join([header] + [line for line, _none in part]) + b"\n")
    add_options(rng, case, devices, times, None, None)


def make_cancelling(rng, case):
    """Power factors of both signs whose efficiencies nearly cancel, of a device or of several."""
    devices = device_pool(rng)[:rng.choice([1, 2, 2, 4, 9])]
    now = pick_start(rng, case.zone, ERAS[:6], 2 * DAY)
    places = rng.choice([2, 3, 3, 3, 6, 9])
    lines, times = [], []
    for index in range(rng.choice([1, 3, 30, 400])):
        pf = rng.choice([0.5, 0.9, 1, 0.25, rng.random()])
        current = rng.choice([1, 6, 10, 60, 16 * rng.random(), 64.9 * rng.random()])
        pair = rng.choice([devices[:1], devices[:1], devices]) * 2
        for sign, device in ((1, pair[0]), (-1, pair[1])):
            beside = current + rng.choice([0, 1, 1, 3]) * rng.choice([0.001, 0.001, 10**-places])
            now += rng.choice([MINUTE, 15 * MINUTE])
            times.append(now)
            lines.append(b",".join([time_cell(rng, now, "space", case.zone), device, b"230",
                                    b"%.*f" % (max(places, 3), beside), b"%.*f" % (places, sign * pf)]))
    if rng.random() < 0.4:
        rng.shuffle(lines)
    header = b"timestamp,device_id,voltage,current,power_factor"
    for part in split_events(rng, [(line, b"") for line in lines], rng.choice([1, 1, 2])):
        case.add(b"\n".join([header] + [line for line, _none in part]) + b"\n")
    if rng.random() < 0.6:
        add_details(rng, case, devices)
    add_options(rng, case, devices, times, None, None)


METER_COLUMNS = {"power": b"power", "energy": b"energy_wh", "span": b"span_s", "returned": b"energy_returned_wh",
                 "total": b"energy_total_wh", "returned_total": b"energy_returned_total_wh",
                 "current": b"current", "pf": b"power_factor"}


def counter_values(rng, count):
    """Heights of a counter as they would be read, with every fault."""
    height = rng.choice([0, 0, 5, 250, 12345.678, 99999])
    usual = rng.choice([0.5, 3, 40, 700])
    faults = rng.choice([0, 0, 0.03, 0.15, 0.4])
    out = []
    while len(out) < count:
        height += rng.choice([0, usual, usual, usual * rng.random(), usual * 30 * rng.random()])
        fault = rng.choice(["spike", "glitch", "zero", "dip", "reset", "change", "noise"])
        if rng.random() >= faults:
            out.append(height)
            continue
        for _ in range(rng.choice([1, 1, 2, 3, 4])):
            height += rng.choice([0, usual])
            if fault == "spike":
                out.append(height + usual * rng.choice([2, 12, 1000]))
            elif fault == "glitch":
                out.append(height * rng.choice([0.5, 0.05, 0.93]))
            elif fault == "zero":
                out.append(0)
            elif fault == "dip":
                out.append(height * rng.uniform(0.9, 1))
            elif fault == "noise":
                out.append(height - rng.choice([0.001, usual, -usual]))
        if fault == "reset":
            height *= rng.choice([0, 0, 0.02, 0.099])
        elif fault == "change":
            height *= rng.choice([0.2, 0.5, 0.89])
    return out[:count]


def meter_rows(rng, start, count, align):
    """[(ms, {role: value})] of a device that has energies, in order of time."""
    scenes = ["usual", "spans", "fine", "counter", "counter", "returned", "powers", "rising"]
    chosen = rng.sample(scenes, rng.choice([1, 1, 1, 2, 2, 3]))
    rows = {}
    for scene in chosen:
        step = rng.choice([MINUTE, 15 * MINUTE, 15 * MINUTE, HOUR, HOUR, DAY, 7 * MINUTE + SECOND])
        now = start + rng.randrange(0, 3 * DAY) // align * align
        share = max(2, count // len(chosen))
        heights = counter_values(rng, share)
        others = counter_values(rng, share)
        for index in range(share):
            row = rows.setdefault(now, {})
            if scene == "usual":
                row["energy"] = rng.uniform(-5 if rng.random() < 0.1 else 0, 800)
            elif scene == "spans":
                row["energy"] = rng.uniform(0, 500)
                row["span"] = rng.choice([step // SECOND, step // SECOND, 900, 3600, 86400, 0, 0.5])
            elif scene == "fine":
                row.update({"energy": rng.uniform(0, 90), "span": 900})
                hour = now // HOUR * HOUR
                if index % 4 == 0 and hour not in rows:
                    rows[hour] = {"energy": rng.uniform(0, 400), "span": 3600}
            elif scene == "counter":
                row["total"] = heights[index]
            elif scene == "returned":
                row.update({"energy": rng.uniform(0, 50), "returned": rng.uniform(0, 50)})
                if rng.random() < 0.5:
                    row["returned_total"] = others[index]
            elif scene == "powers":
                row["power"] = rng.uniform(-300, 3000)
                if rng.random() < 0.2:
                    row.update({"current": rng.uniform(0, 9), "pf": rng.uniform(0.3, 1)})
            else:
                row["energy"] = heights[0] + index * rng.choice([0, 1, 2.5])
            now += step
            roll = rng.random()
            if roll < 0.06:
                now += rng.choice([step, HOUR + 1, 5 * HOUR, DAY, 9 * DAY]) // align * align
            elif roll < 0.12:
                now += rng.choice([-step // 2, align, step // 3]) // align * align
    return sorted(rows.items())


def make_meters(rng, case):
    """Devices with energies of intervals, counters with faults, and powers beside them."""
    align = rng.choice([1, SECOND, SECOND, MINUTE])
    start = pick_start(rng, case.zone, ERAS[:6], 4 * DAY)
    devices = device_pool(rng)[:rng.choice([1, 1, 2, 3])]
    places = rng.choice([0, 1, 3, 3, 6, 9])
    lines = []
    roles = set()
    for device in devices:
        for ms, row in meter_rows(rng, start, rng.choice([2, 5, 30, 120, 400]), align):
            if row:
                lines.append((ms, device, row))
                roles |= set(row)
    order = rng.choice(["time", "time", "device", "shuffled", "newest"])
    if order != "device":
        lines.sort(key=lambda line: line[:2])
    if order == "shuffled":
        rng.shuffle(lines)
    elif order == "newest":
        lines.reverse()
    for _ in range(rng.choice([0, 0, 1, 9])):
        lines.insert(rng.randint(0, len(lines)), rng.choice(lines))
    roles = sorted(roles)
    style = rng.choice(TIME_STYLES[:3] * 3 + TIME_STYLES[:8])
    for part in split_events(rng, [(line, line[1]) for line in lines], rng.choice([1, 1, 2, 3])):
        used = [role for role in roles if any(role in line[2] for line, _device in part)]
        if not used:
            continue
        kilo = {role: b"_kwh" for role in used if METER_COLUMNS[role].endswith(b"_wh") and rng.random() < 0.1}
        out = [b",".join([b"timestamp", b"device_id"] +
                         [METER_COLUMNS[role].replace(b"_wh", kilo.get(role, b"_wh")) for role in used])]
        for (ms, device, row), _device in part:
            cells = [time_cell(rng, ms, style, case.zone), quoted(device) if needs_quotes(device) else device]
            for role in used:
                value = row.get(role)
                value = value / 1000 if value is not None and role in kilo else value
                cells.append(b"" if value is None else b"%.*f" % (places, value))
            out.append(b",".join(cells))
        case.add(b"\n".join(out) + b"\n")
    if not case.paths:
        case.add(b"timestamp,device_id,energy_wh\n2023-10-01 00:00:00,DEV0001,5\n")
    if rng.random() < 0.3:
        add_details(rng, case, devices)
    if rng.random() < 0.3:
        case.args += ["--interpolation", rng.choice(["hold", "hold", "linear"])]
    add_options(rng, case, devices, [ms for ms, _device, _row in lines],
                rng.choice([None, None, None, "15m", "2d", "6h"]), None)


def make_late_nul(rng, case):
    """NUL bytes inside rows, all of them behind the first 64 KiB."""
    out = bytearray(b"timestamp,device_id,voltage,current,power_factor,note\n")
    now = pick_start(rng, case.zone, ["2023-10-01"], 20 * DAY)
    times = []
    count = rng.randint(1100, 1800)
    for index in range(count):
        now += 15 * MINUTE
        times.append(now)
        cells = [time_cell(rng, now, "space", case.zone), b"DEV%04d" % rng.randint(1, 4), decimal_text(rng, 220, 240, 1),
                 decimal_text(rng, 0, 9, 3), decimal_text(rng, 0, 1, 2), b"a note of some length to fill the file"]
        if len(out) > 66000 and rng.random() < 0.05:
            where = rng.randrange(len(cells))
            at = rng.randint(0, len(cells[where]))
            cells[where] = cells[where][:at] + b"\0" * rng.choice([1, 1, 5]) + cells[where][at:]
            if rng.random() < 0.3:
                cells[where] = quoted(cells[where])
        out += b",".join(cells) + b"\n"
    case.add(bytes(out))
    add_options(rng, case, [b"DEV0001", b"DEV0003"], times, None, None)


def make_case(seed, folder):
    """Write the case into the folder. Returns {"paths": [...], "args": [...]};
    with "expect_exit": 2 when no file of the case is usable."""
    rng = random.Random(seed)
    case = Case(rng, folder)
    roll = rng.random()
    if roll < 0.01:
        for _ in range(rng.choice([1, 1, 2])):
            case.add(unusable(rng))
        add_options(rng, case, [b"DEV0001"], [], None, None)
        return dict(case.finish(), expect_exit=2)
    if roll < 0.11:
        make_large(rng, case)
    elif roll < 0.15:
        make_shapes(rng, case)
    elif roll < 0.17:
        make_late_nul(rng, case)
    elif roll < 0.32:
        make_meters(rng, case)
    elif roll < 0.45:
        make_clocks(rng, case)
    elif roll < 0.47:
        make_cancelling(rng, case)
    else:
        make_small(rng, case)
    return case.finish()


def main(argv):
    if len(argv) != 2:
        print("usage: casegen.py SEED FOLDER", file=sys.stderr)
        return 2
    case = make_case(int(argv[0]), argv[1])
    print(" ".join(shlex.quote(word) for word in case["paths"] + case["args"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
