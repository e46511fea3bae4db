#!/usr/bin/env python3
"""Independent test oracle for `wattle report`.

Reads electricity readings from CSV files and prints the same JSON report,
computed slowly and exactly from the written specification. It shares no code
with the program: everything here is plain Python and its standard library,
plus the `zstd` command for .zst files.

    python3 oracle.py PATH... [options]

How the numbers are kept, so that power and energy are exact:
  - a value read from a file is an integer count of 1e-9 (it is rounded to nine
    places when it is read, as specified);
  - a power is an integer count of 1e-27 W, because volts * amps * power factor
    has 27 decimals;
  - sums and means are fractions.Fraction; they become floats only on output,
    and float(Fraction) rounds correctly.
"""

import argparse
import fnmatch
import functools
import gzip
import json
import os
import re
import subprocess
import sys
from decimal import Context, Decimal
from fractions import Fraction

import meter_oracle
import zones

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS

VALUE_KINDS = ("power-w", "power-kw", "energy-wh", "energy-kwh", "counter-wh", "counter-kwh")
ENERGIES = ("energy", "returned", "total", "returned_total")

ROLE_NAMES = {
    "timestamp": ("timestamp", "time", "datetime", "date"),
    "device": ("device_id", "device", "id", "entity_id", "meter"),
    "voltage": ("voltage", "voltage_v", "volts"),
    "current": ("current", "amps", "current_a"),
    "pf": ("power_factor", "pf", "powerfactor"),
    "power": ("power", "power_w", "watts"),
    "energy": ("energy_wh",),
    "span": ("span_s",),
    "returned": ("energy_returned_wh",),
    "total": ("energy_total_wh",),
    "returned_total": ("energy_returned_total_wh",),
    "value": ("value",),
    "unit": ("unit", "units", "unit_of_measurement"),
}
KILO_NAMES = {b"power_kw": "power", b"energy_kwh": "energy", b"energy_returned_kwh": "returned",
              b"energy_total_kwh": "total", b"energy_returned_total_kwh": "returned_total"}
ROLE_OF_NAME = {name.encode(): role for role, names in ROLE_NAMES.items() for name in names}

MISSING_TOKENS = {b"", b"?", b"null", b"nan", b"none", b"n/a", b"na", b"unknown", b"unavailable"}


class UsageError(Exception):
    """Bad options, an unreadable path, or no usable file at all: exit code 2."""


class NoPower(UsageError):
    """No usable file, and the values of one at least are something else than power."""


class Options:
    """Everything that can be chosen on the command line."""

    def __init__(self, since=None, until=None, device=(), rate="0.15", return_rate="0", budget=None,
                 max_gap="1h", value=None, devices=None, rejects=None, strict=False, interpolation="linear",
                 tz="UTC", day=None, month=None, year=None):
        self.zone = zones.zone_named(tz)
        self.since = None if since is None else limit_time(since, self.zone)
        self.until = None if until is None else limit_time(until, self.zone)
        for text in (day, month, year):
            if text is not None:
                self.since, self.until = calendar_range(text, self.zone)
        self.globs = [os.fsencode(glob) for glob in device]
        self.rate = Fraction(str(rate))
        self.return_rate = Fraction(str(return_rate))
        self.budget = None if budget is None else Fraction(str(budget))
        self.max_gap_ms = gap_length(max_gap)
        if value is not None and value not in VALUE_KINDS:
            raise UsageError("unknown --value %r" % value)
        self.value = value
        self.holds = interpolation == "hold"
        self.devices_file = devices
        self.rejects_file = rejects
        self.strict = strict


def gap_length(text):
    match = re.fullmatch(r"([0-9]+)([smhd])", text)
    if not match:
        raise UsageError("bad --max-gap %r" % text)
    unit = {"s": 1000, "m": 60 * 1000, "h": HOUR_MS, "d": DAY_MS}[match.group(2)]
    return int(match.group(1)) * unit


def limit_time(text, zone=zones.UTC):
    """--since and --until: a timestamp as in the files, or a bare date."""
    data = os.fsencode(text)
    if re.fullmatch(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}", data):
        data += b" 00:00"
    ms, is_local = parse_instant(data)
    if ms is None:
        raise UsageError("bad time %r" % text)
    return zone.first_at(ms) if is_local else ms


def calendar_range(text, zone):
    """--day, --month and --year: from midnight to midnight."""
    year, month, day = ([int(part) for part in text.split("-")] + [1, 1])[:3]
    begin = days_of_date(year, month, day)
    if len(text) == 10:
        end = begin + 1
    elif len(text) == 7:
        end = begin + month_lengths(year)[month - 1]
    else:
        end = days_before_year(year + 1) - EPOCH
    return zone.first_at(begin * DAY_MS), zone.first_at(end * DAY_MS)


# ---------------------------------------------------------------- CSV

QUOTE, COMMA, LF, CR = b'",\n\r'


def mend_line_ends(data):
    """(data, whether CR ends lines): then a CR outside quotes that no LF follows becomes an LF.

    That is so when the first 64 KiB hold more CR without an LF behind them than LF, or when such a CR
    stands in the header line, outside quotes.
    """
    head = data[:65536]
    bare = [i for i in range(len(head) - 1) if head[i] == CR and head[i + 1] != LF]
    if len(bare) <= head.count(b"\n"):
        header = next((fields for _line, _raw, fields in records(data)), None)
        if header is None or not has_bare_cr(data):
            return data, False
    out = bytearray(data)
    for i in unquoted(data):
        if data[i] == CR and data[i + 1:i + 2] != b"\n":
            out[i] = LF
    return bytes(out), True


def unquoted(data):
    """Where the bytes are that are in no quotes; both kinds of line ends begin a field."""
    in_quotes, at_start, i = False, True, 0
    while i < len(data):
        if in_quotes:
            if data[i] == QUOTE and data[i + 1:i + 2] == b'"':
                i += 1
            elif data[i] == QUOTE:
                in_quotes = False
        elif data[i] == QUOTE and at_start:
            in_quotes, at_start = True, False
        else:
            yield i
            at_start = data[i] in b",\r\n"
        i += 1


def has_bare_cr(data):
    """Whether the first record that is not blank has a CR in it, outside quotes, that ends no line."""
    start = 0
    while True:
        end = next((i for i in unquoted(data) if i >= start and data[i] == LF), len(data))
        if data[start:end].strip(b"\r") or end == len(data):
            break
        start = end + 1
    places = [i for i in unquoted(data) if start <= i < end]
    last = end
    while last > start and data[last - 1] == CR:
        last -= 1
    return any(data[i] == CR for i in places if i < last)


def records(data, counts_cr=False):
    """Yield (line, raw, fields) for every record that is not a blank line.

    line is the physical line where the record starts, raw its bytes without
    the line end, fields a list of bytes (unquoted, not trimmed), or None when
    the data ends inside an open quote.
    """
    pos, line = 0, 1
    while pos < len(data):
        end = data.find(b"\n", pos)
        if end < 0:
            end = len(data)
        if data.find(b'"', pos, end) < 0:
            # No quote before the next line feed: the record is this line.
            raw = data[pos:end].rstrip(b"\r")
            if raw:
                yield line, raw, raw.split(b",")
        else:
            fields, end = quoted_record(data, pos)
            raw = data[pos:end]
            yield line, (raw if fields is None else raw.rstrip(b"\r")), fields
        line += data.count(b"\n", pos, end) + 1
        if counts_cr:
            line += sum(data[i] == CR and data[i + 1:i + 2] != b"\n" for i in range(pos, end))
        pos = end + 1


def quoted_record(data, pos):
    """Read one record byte by byte. Returns (fields or None, where it ends)."""
    fields = []
    field = bytearray()
    at_start = True       # at the first byte of a field
    in_quotes = False
    i = pos
    while i < len(data):
        byte = data[i]
        if in_quotes:
            if byte != QUOTE:
                field.append(byte)
            elif data[i + 1:i + 2] == b'"':
                field.append(QUOTE)
                i += 1
            else:
                in_quotes = False
        elif byte == QUOTE and at_start:
            in_quotes = True
            at_start = False
        elif byte == COMMA:
            fields.append(bytes(field))
            field = bytearray()
            at_start = True
        elif byte == LF:
            break
        else:
            # Also a quote that does not open the field, bytes after a closing
            # quote, and a CR (which may turn out to belong to the line end).
            field.append(byte)
            at_start = False
        i += 1
    if in_quotes:
        return None, len(data)
    # CRs directly before the line feed (or the end of the data) are line end.
    # They cannot be quoted ones: a closing quote would stand between.
    j = i
    while j > pos and data[j - 1] == CR:
        j -= 1
        field.pop()
    fields.append(bytes(field))
    return fields, i


def as_utf8(text):
    """Bytes that are not UTF-8 are Windows-1252."""
    try:
        text.decode("utf-8")
        return text
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace").encode("utf-8")


def trim(field):
    return field.strip(b" \t")


# ---------------------------------------------------------------- numbers

NUMBER = re.compile(rb"([+-]?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")


class Reject(Exception):
    """A data line is not accepted; the argument is the reason."""


def parse_number(text, role, kilo=False):
    """Trimmed text -> (value in 1e-9, whether rounding changed it).

    Raises Reject with `missing`, `number` or `range`.
    """
    if text.lower() in MISSING_TOKENS:
        raise Reject("missing")
    if len(text) > 400:
        raise Reject("number")
    match = NUMBER.fullmatch(text)
    if not match:
        raise Reject("number")
    sign, whole, fraction, exponent = match.groups()
    fraction = fraction or b""
    digits = int(whole + fraction)
    if digits == 0:
        return 0, False                     # -0 is 0; the exponent is of no matter
    # The exact value is digits * 10**exp10.
    exp10 = int(exponent or b"0") - len(fraction)
    negative = sign == b"-"

    # Range, on the exact value. First the magnitude, so that huge exponents
    # never become huge integers: 10**(size-1) <= |value| < 10**size.
    size = len(str(digits)) + exp10
    if size > 10:
        raise Reject("range")
    if negative and role in ("voltage", "current", "span", "returned"):
        raise Reject("range")
    if size < -20:
        return 0, True                      # far below half of 1e-9
    exact = Fraction(digits) * Fraction(10) ** exp10
    if exact > (1 if role == "pf" else 10**6 if kilo else 10**9):
        raise Reject("range")

    scaled = exact * 10**9
    nano = round(scaled)                    # Fraction rounds half to even
    return (-nano if negative else nano), nano != scaled


# ---------------------------------------------------------------- time

TIME = re.compile(rb"([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2})"
                  rb"(?::([0-9]{2})(?:\.([0-9]+))?)?"
                  rb"(?:(Z)|([+-])([0-9]{2})(?::?([0-9]{2})|:([0-9]{2}):([0-9]{2}))?)?")
UNIX = re.compile(rb"([0-9]{1,15})(?:\.([0-9]+))?")


def days_before_year(year):
    """Days from 0000-01-01 to the first of January of the year."""
    return 365 * year + (year + 3) // 4 - (year + 99) // 100 + (year + 399) // 400


EPOCH = days_before_year(1970)


def month_lengths(year):
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def valid_date(year, month, day):
    return 1 <= month <= 12 and 1 <= day <= month_lengths(year)[month - 1]


def days_of_date(year, month, day):
    """Days since 1970-01-01."""
    return days_before_year(year) - EPOCH + sum(month_lengths(year)[:month - 1]) + day - 1


def date_of_days(days):
    """The other way round: days since 1970-01-01 -> (year, month, day)."""
    days += EPOCH
    year = days * 400 // 146097
    while days_before_year(year) > days:
        year -= 1
    while days_before_year(year + 1) <= days:
        year += 1
    days -= days_before_year(year)
    month = 1
    for length in month_lengths(year):
        if days < length:
            break
        days -= length
        month += 1
    return year, month, days + 1


def first_three(fraction):
    """Digits of a decimal fraction, cut to thousandths."""
    return int(((fraction or b"") + b"000")[:3])


def is_digits_of_date(whole, fraction):
    """YYYYMMDD, YYYYMMDDHH, YYYYMMDDHHMM or YYYYMMDDHHMMSS; a fraction needs a time of day."""
    if len(whole) not in (8, 10, 12, 14) or (fraction is not None and len(whole) == 8):
        return False
    if not valid_date(int(whole[:4]), int(whole[4:6]), int(whole[6:8])):
        return False
    clock = [int(whole[at:at + 2]) for at in range(8, len(whole), 2)]
    return all(part <= most for part, most in zip(clock, (23, 59, 59)))


FIRST_MS = days_of_date(0, 1, 1) * DAY_MS
LAST_MS = (days_of_date(9999, 12, 31) + 1) * DAY_MS - 1


def parse_time(text, zone=zones.UTC):
    """Trimmed timestamp -> (ms, whether that is what a clock shows, and not an instant); None when not valid.

    The instant must lie in the years 0000 to 9999, UTC; and clocks must show the time.
    """
    ms, is_local = parse_instant(text)
    if ms is None:
        return None
    instants = zone.instants(ms) if is_local else [ms]
    return (ms, is_local) if instants and FIRST_MS <= instants[0] and instants[-1] <= LAST_MS else None


def parse_instant(text):
    """The same without the limits; (None, False) when not valid."""
    match = TIME.fullmatch(text)
    if match:
        year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
        second = int(match.group(6) or 0)
        if not valid_date(year, month, day) or hour > 23 or minute > 59 or second > 59:
            return None, False
        offset_ms = 0
        if match.group(9):
            offset_hour, offset_minute = int(match.group(10)), int(match.group(11) or match.group(12) or 0)
            offset_second = int(match.group(13) or 0)       # as the report itself writes offsets of old
            if offset_hour > 23 or offset_minute > 59 or offset_second > 59:
                return None, False
            offset_ms = ((offset_hour * 60 + offset_minute) * 60 + offset_second) * 1000
            if match.group(9) == b"-":
                offset_ms = -offset_ms
        local = (days_of_date(year, month, day) * DAY_MS
                 + ((hour * 60 + minute) * 60 + second) * 1000 + first_three(match.group(7)))
        return local - offset_ms, not (match.group(8) or match.group(9))
    match = UNIX.fullmatch(text)
    if match:
        whole, fraction = match.groups()
        number = int(whole)
        unix_ms = number * 1000 + first_three(fraction) if number < 10**11 else number
        is_plausible = 631152000000 <= unix_ms < 4102444800000
        if is_digits_of_date(whole, fraction) and not is_plausible:
            return None, False              # a date like 20231001, not a unix time
        return unix_ms, False
    return None, False


def show_day(day):
    return "%04d-%02d-%02d" % date_of_days(day)


def show_time(ms, zone=zones.UTC):
    if ms is None:
        return None
    local, suffix = zone.local(ms), zone.suffix(ms)
    if not FIRST_MS <= local <= LAST_MS:
        local, suffix = ms, "+00:00"        # its year has no four digits there
    day, rest = divmod(local, DAY_MS)
    seconds, thousandths = divmod(rest, 1000)
    text = "%sT%02d:%02d:%02d" % (show_day(day), seconds // 3600, seconds // 60 % 60, seconds % 60)
    return text + (".%03d" % thousandths if thousandths else "") + suffix


# ---------------------------------------------------------------- input files

def input_files(paths):
    """The readings files in input order, as paths like the ones given."""
    files = []
    for path in paths:
        if os.path.isdir(path):
            base = path if path.endswith("/") else path + "/"
            names = [name for name in os.listdir(path)
                     if name.endswith((".csv", ".csv.gz", ".csv.zst")) and name != "devices.csv"
                     and os.path.isfile(base + name)]
            files += [base + name for name in sorted(names, key=os.fsencode)]
        else:
            files.append(path)
    return [path for path in files if os.path.basename(path) != "devices.csv"]


def read_file(path):
    """The (uncompressed) bytes of a file."""
    try:
        if path.endswith(".zst"):
            done = subprocess.run(["zstd", "-dcq", "--", path], stdout=subprocess.PIPE, check=True)
            return done.stdout
        with (gzip.open(path) if path.endswith(".gz") else open(path, "rb")) as stream:
            return stream.read()
    except (OSError, EOFError, subprocess.CalledProcessError) as error:
        raise UsageError("cannot read %s: %s" % (path, error))


class Columns:
    """Which column has which role, and how a file's power is found."""

    def __init__(self, header):
        self.count = len(header)
        self.index, self.kilo = {}, set()
        for position, name in enumerate(header):
            name = trim(name).lower()
            role = ROLE_OF_NAME.get(name, KILO_NAMES.get(name))
            if role is not None and role not in self.index:     # the first one counts
                self.index[role] = position
                if name in KILO_NAMES:
                    self.kilo.add(role)
        electric = [role for role in ("voltage", "current", "pf") if role in self.index]
        if any(role in self.index for role in ENERGIES):
            self.mode = "energy"
            self.numbers = [role for role in ("voltage", "current", "pf", "power", "energy", "span", "returned",
                                              "total", "returned_total") if role in self.index]
        elif "power" in self.index:
            self.mode = "power"
            self.numbers = electric + ["power"]
        elif len(electric) == 3:
            self.mode = "electric"
            self.numbers = electric
        elif "value" in self.index:
            self.mode = "value"
            self.numbers = ["value"]
        else:
            self.mode = None
        if "timestamp" not in self.index or "device" not in self.index:
            self.mode = None


HEAD_BYTES = 65536
UNITS = {b"w": "power-w", b"watt": "power-w", b"watts": "power-w",
         b"kw": "power-kw", b"kilowatt": "power-kw", b"kilowatts": "power-kw"}
OTHER_NAMES = {b"energy", b"wh", b"kwh", b"mwh", b"voltage", b"current", b"temperature", b"humidity", b"frequency"}


ALL_UNITS = {**{unit: kind.split("-")[1] for unit, kind in UNITS.items()}, b"wh": "wh", b"kwh": "kwh"}


def kind_from_rows(head, is_whole, columns, said=None):
    """
    What the column value of a file holds: (kind, assumed); (None, False) where it is not all power, or, where the
    kind is said, not all of its unit.
    """
    kinds = set()
    rows = list(records(head))[1:]
    if not is_whole and rows and (rows[-1][2] is None or not head.endswith(b"\n")):
        rows.pop()
    for _line, _raw, fields in rows:
        if fields is None or len(fields) != columns.count:
            continue
        number = trim(fields[columns.index["value"]])
        if number.lower() in MISSING_TOKENS or len(number) > 400 or not NUMBER.fullmatch(number):
            continue
        unit = trim(fields[columns.index["unit"]]).lower() if "unit" in columns.index else b""
        last_word = re.search(rb"[A-Za-z]*$", trim(fields[columns.index["device"]])).group().lower()
        if said is not None:
            if ALL_UNITS.get(unit, said.split("-")[1]) != said.split("-")[1]:
                return None, False
        elif unit:
            kinds.add(UNITS.get(unit))
        elif last_word in OTHER_NAMES:
            kinds.add(None)
    if said is not None:
        return said, False
    if None in kinds or len(kinds) > 1:
        return None, False
    return (kinds.pop(), False) if kinds else ("power-w", True)


class Reading:
    """One accepted data line. A power, or an energy at least, is not None."""

    __slots__ = ("power", "energy", "current", "pf", "returned", "total", "returned_total", "span_ms")

    def __init__(self, power, values, span_ms):
        self.power = power                      # in 1e-27 W
        self.current = values.get("current")    # in 1e-9 A
        self.pf = values.get("pf")              # in 1e-9
        self.energy = values.get("energy")      # the rest in 1e-9 Wh
        self.returned = values.get("returned")
        self.total = values.get("total")
        self.returned_total = values.get("returned_total")
        self.span_ms = span_ms


def device_of(fields, columns):
    device = trim(fields[columns.index["device"]])
    if not 1 <= len(device) <= 255 or b"\0" in device:
        raise Reject("device")
    device = as_utf8(device)
    if len(device) > 255:
        raise Reject("device")
    return device


def interpret(fields, columns, value_kind, clock):
    """One data line -> (device, ms, reading, number of rounded values) or Reject."""
    if fields is None:
        raise Reject("quote")
    if len(fields) != columns.count:
        raise Reject("fields")

    text = trim(fields[columns.index["timestamp"]])
    if text.lower() in MISSING_TOKENS:
        raise Reject("missing")
    parsed = parse_time(text, clock.zone)
    if parsed is None:
        raise Reject("timestamp")

    device = device_of(fields, columns)
    values = {}
    rounded = 0
    for role in columns.numbers:
        text = trim(fields[columns.index[role]])
        if (columns.mode == "energy" or (columns.mode == "power" and role != "power")) and (
                text.lower() in MISSING_TOKENS):
            continue              # only absent: another one will do
        kilo = role in columns.kilo or (role == "value" and value_kind.endswith(("-kw", "-kwh")))
        values[role], changed = parse_number(text, role, kilo)
        values[role] *= 1000 if role in columns.kilo else 1
        rounded += changed

    if columns.mode == "value":
        measure, unit = value_kind.split("-")
        amount = values["value"] * (1000 if unit.startswith("k") else 1)
        values = {{"power": "power", "energy": "energy", "counter": "total"}[measure]: amount}
    power = span_ms = None
    if "power" in values:
        power = values["power"] * 10**18
    elif all(role in values for role in ("voltage", "current", "pf")):
        power = values["voltage"] * values["current"] * values["pf"]
    if power is None and not any(role in values for role in ENERGIES):
        raise Reject("missing")
    if "span" in values:
        span_ms = (values["span"] + 500000) // 10**6
    ms, is_local = parsed
    if is_local:
        ms = clock.resolve(device, ms)
    return device, ms, Reading(power, values, span_ms), rounded


class Collected:
    """Everything read from the files, before the formulas."""

    def __init__(self):
        self.readings = {}        # device id -> {time in ms: Reading}
        self.around = {}          # the same, with those outside the range
        self.seen = set()         # devices with a reading, wanted or not
        self.duplicates = 0
        self.filtered = 0
        self.rounded = 0
        self.rejects = []         # (file, line, reason, raw)
        self.rejects_of = {}      # device id -> rejects that name it
        self.skipped = []         # (file, why)
        self.assumed = 0          # files whose values were taken as W for want of a word


def collect(files, options):
    got = Collected()
    usable = 0
    for path in files:
        data = read_file(path)
        if b"\0" in data[:65536]:
            got.skipped.append((path, "not text"))
            continue
        is_whole = len(data) < HEAD_BYTES
        head_bytes = HEAD_BYTES
        if data.startswith(b"\xef\xbb\xbf"):
            data = data[3:]
            head_bytes -= 3
        data, counts_cr = mend_line_ends(data)
        rows = records(data, counts_cr)
        _line, _raw, header = next(rows, (1, b"", None))
        columns = None if header is None else Columns(header)
        if columns is None or columns.mode is None:
            got.skipped.append((path, "no usable header"))
            continue
        kind = options.value
        if columns.mode == "value":
            kind, is_assumed = kind_from_rows(data[:head_bytes], is_whole, columns, kind)
            if kind is None:
                got.skipped.append((path, "not power"))
                continue
            got.assumed += is_assumed
        usable += 1
        clock = zones.LocalClock(options.zone)
        for line, raw, fields in rows:
            try:
                device, ms, reading, rounded = interpret(fields, columns, kind, clock)
            except Reject as reject:
                got.rejects.append((path, line, reject.args[0], raw))
                if reject.args[0] not in ("quote", "fields"):
                    try:
                        named = device_of(fields, columns)
                        got.rejects_of[named] = got.rejects_of.get(named, 0) + 1
                    except Reject:
                        pass
                continue
            got.seen.add(device)
            if not wants_device(device, options):
                got.filtered += 1
                continue
            got.around.setdefault(device, {})[ms] = reading
            if not in_range(ms, options):
                got.filtered += 1
                continue
            got.rounded += rounded
            of_device = got.readings.setdefault(device, {})
            if ms in of_device:
                got.duplicates += 1
            of_device[ms] = reading
    if not usable:
        is_other = any(why == "not power" for _path, why in got.skipped)
        raise (NoPower if is_other else UsageError)("no usable file")
    return got


def in_range(ms, options):
    return ((options.since is None or ms >= options.since) and
            (options.until is None or ms < options.until))


def wants_device(device, options):
    if options.globs:
        # Bytes as Latin-1 characters: matching is bytewise.
        name = device.decode("latin-1")
        return any(fnmatch.fnmatchcase(name, glob.decode("latin-1")) for glob in options.globs)
    return True


def device_details(files, options):
    """Device id -> (name, location, rating as Fraction), from devices.csv."""
    if options.devices_file is not None:
        sources = [options.devices_file]
    else:
        folders = dict.fromkeys(os.path.dirname(path) or "." for path in files)
        sources = [os.path.join(folder, "devices.csv") for folder in folders]
        sources = [path for path in sources if os.path.isfile(path)]
    details = {}
    for path in sources:
        data = read_file(path)
        if data.startswith(b"\xef\xbb\xbf"):
            data = data[3:]
        rows = records(*mend_line_ends(data))
        header = next(rows, (1, b"", None))[2] or []
        position = {}
        for index, name in enumerate(header):
            position.setdefault(trim(name).lower(), index)
        for _line, _raw, fields in rows:
            if fields is None:
                continue

            def cell(column):
                index = position.get(column)
                return as_utf8(trim(fields[index])) if index is not None and index < len(fields) else b""

            try:
                nano, _changed = parse_number(cell(b"power_rating_watts"), "power")
                rating = Fraction(nano, 10**9)
            except Reject:
                rating = None
            is_active = cell(b"is_active").lower() not in (b"false", b"no", b"0", b"off")
            details.setdefault(cell(b"device_id"),
                               (cell(b"name") or None, cell(b"location") or None, rating,
                                is_active))
    return details


# ---------------------------------------------------------------- formulas

class FractionSum:
    """Exact sum of many fractions.

    Numerators are added per denominator, and the few denominators are brought
    together only at the end: adding Fractions one by one would get very slow
    when there are thousands of different step lengths.
    """

    def __init__(self):
        self.numerators = {}

    def add(self, numerator, denominator):
        self.numerators[denominator] = self.numerators.get(denominator, 0) + numerator

    def total(self):
        parts = [(number, denominator) for denominator, number in self.numerators.items()]
        while len(parts) > 1:
            # Add neighbours pairwise.
            pairs = [(n1 * d2 + n2 * d1, d1 * d2)
                     for (n1, d1), (n2, d2) in zip(parts[0::2], parts[1::2])]
            parts = pairs + parts[len(pairs) * 2:]
        return Fraction(*parts[0]) if parts else Fraction(0)


# Areas are sums in 1e-27 W * ms; one kWh is this many of them.
AREA_PER_KWH = 10**27 * 1000 * HOUR_MS
# Energies of readings are in 1e-9 Wh. As an area:
AREA_PER_NANO_WH = Fraction(AREA_PER_KWH, 10**12)
assert AREA_PER_NANO_WH.denominator == 1
AREA_PER_NANO_WH = AREA_PER_NANO_WH.numerator

E_PLACES = 45
DECIMAL = Context(prec=60)


@functools.lru_cache(maxsize=100000)
def efficiency_term(current, pf):
    """pf * exp(-4 pf^2 (1 - pf^2)) / (1 + ln(1 + current)) in units of 1e-45."""
    current = DECIMAL.scaleb(Decimal(current), -9)
    pf = DECIMAL.scaleb(Decimal(pf), -9)
    square = DECIMAL.multiply(pf, pf)
    power = DECIMAL.multiply(DECIMAL.multiply(-4, square), DECIMAL.subtract(1, square))
    above = DECIMAL.multiply(pf, DECIMAL.exp(power))
    below = DECIMAL.add(1, DECIMAL.ln(DECIMAL.add(1, current)))
    return int(DECIMAL.to_integral_value(DECIMAL.scaleb(DECIMAL.divide(above, below), E_PLACES)))


class Device:
    """The results of one device; also feeds the hour and day sums."""

    def __init__(self, name, readings, around, options, hours, days):
        self.id = name
        max_gap_ms, zone = options.max_gap_ms, options.zone
        times = sorted(readings)
        self.count = len(times)
        self.first, self.last = (times[0], times[-1]) if times else (None, None)
        self.powers = [reading.power for reading in readings.values() if reading.power is not None]
        terms = [efficiency_term(reading.current, reading.pf) for reading in readings.values()
                 if reading.current is not None and reading.pf is not None]
        self.term_sum, self.term_count = sum(terms), len(terms)
        self.gaps = 0
        self.gap_ms = 0
        self.estimated_kwh = Fraction(0)
        self.events, self.is_rising = {}, False
        self.has_energies = any(meter_oracle.has_energies(row) for row in around.values())
        for ms in times:
            days.setdefault(zone.day(ms), FractionSum())
            if readings[ms].power is not None:
                hours[hour_of_day(ms, zone)].powers.append(readings[ms].power)
        if options.holds or self.has_energies:
            self.add_metered(around, options, hours, days)
            return
        double_area = 0           # twice the area, to stay an integer
        returned = FractionSum()  # twice the area below zero
        for start, end in zip(times, times[1:]):
            length = end - start
            if length > max_gap_ms:
                self.gaps += 1
                self.gap_ms += length
                continue
            power0, power1 = readings[start].power, readings[end].power
            if power0 is None or power1 is None:
                continue
            double_area += (power0 + power1) * length
            returned.add(*returned_area(power0, power1, length))
            for from_ms, to_ms, number, denominator in split_step(zone, start, power0, end, power1):
                hours[hour_of_day(from_ms, zone)].area.add(number, denominator)
                days.setdefault(zone.day(from_ms), FractionSum()).add(number, denominator)
        self.edge_ms = 0
        edges = FractionSum()     # areas of parts of steps over the range's ends
        for start, begin, stop, end in cut_steps(around, options):
            power0, power1 = around[start].power, around[end].power
            if end - start > max_gap_ms or power0 is None or power1 is None:
                continue
            self.edge_ms += stop - begin
            slope = Fraction(power1 - power0, end - start)
            left, right = (power0 + slope * (ms - start) for ms in (begin, stop))
            returned.add(*returned_area(left, right, stop - begin))
            for from_ms, to_ms, number, denominator in split_step(
                    zone, start, power0, end, power1, begin, stop):
                edges.add(number, denominator)
                hours[hour_of_day(from_ms, zone)].area.add(number, denominator)
                days.setdefault(zone.day(from_ms), FractionSum()).add(number, denominator)
        self.kwh = (Fraction(double_area, 2) + edges.total()) / AREA_PER_KWH
        self.returned_kwh = returned.total() / (2 * AREA_PER_KWH)

        # Over the time that is covered, which is all but the gaps.
        covered_ms = self.edge_ms
        if times:
            covered_ms += self.last - self.first - self.gap_ms
        self.set_means(covered_ms)

    def add_metered(self, around, options, hours, days):
        """The energy of a device that has more than powers joined by lines."""
        meter = meter_oracle.Meter(around, options.max_gap_ms, options.since, options.until, options.holds,
                                   AREA_PER_NANO_WH, 10**27)
        zone = options.zone
        net, returned, estimated = FractionSum(), FractionSum(), FractionSum()
        for flow, begin, end in meter.pieces:
            amounts = flow.between(begin, end)
            net.add(*amounts[0].as_integer_ratio())
            returned.add(*amounts[1].as_integer_ratio())
            if flow.is_estimated:
                estimated.add(*(amounts[0] + 2 * amounts[1]).as_integer_ratio())
            while True:
                border = min(end, zone.hour_end(begin))
                part = flow.between(begin, border)[0].as_integer_ratio()
                hours[hour_of_day(begin, zone)].area.add(*part)
                days.setdefault(zone.day(begin), FractionSum()).add(*part)
                begin = border
                if begin >= end:
                    break
        self.kwh = net.total() / AREA_PER_KWH
        self.returned_kwh = returned.total() / AREA_PER_KWH
        self.estimated_kwh = estimated.total() / AREA_PER_KWH
        covered = meter.covered
        self.gaps = max(len(covered) - 1, 0)
        if covered:
            self.gap_ms = covered[-1][1] - covered[0][0] - meter.covered_ms()
        self.edge_ms = meter.covered_ms()
        self.events, self.is_rising = meter.events, meter.is_rising()
        self.set_means(meter.covered_ms())

    def set_means(self, covered_ms):
        self.covered_ms = covered_ms
        covered_h = Fraction(covered_ms, HOUR_MS)
        self.mean_w = self.kwh * 1000 / covered_h if covered_h else None
        self.returned_mean_w = (self.returned_kwh * 1000 / covered_h
                                if covered_h else 0)


def cut_steps(around, options):
    """Steps of which the range has a part: (start, begin, stop, end)."""
    if options.since is None and options.until is None:
        return
    times = sorted(around)
    for start, end in zip(times, times[1:]):
        begin = start if options.since is None else max(start, options.since)
        stop = end if options.until is None else min(end, options.until)
        # A step between two readings of the range is whole.
        is_whole = in_range(start, options) and in_range(end, options)
        if begin < stop and not is_whole:
            yield start, begin, stop, end


def returned_area(power0, power1, length):
    """Twice the area of a step below zero, as numerator and denominator."""
    if power0 >= 0 and power1 >= 0:
        return 0, 1
    if power0 <= 0 and power1 <= 0:
        return -(power0 + power1) * length, 1
    # A triangle: as high as the end below zero, as long as its share.
    below = min(power0, power1)
    return below * below * length, abs(power0) + abs(power1)


def hour_of_day(ms, zone):
    return zone.local(ms) // HOUR_MS % 24


def split_step(zone, start, power0, end, power1, begin=None, stop=None):
    """Cut one step, or its part from begin to stop, at the hour borders in it.

    Yields (from, to, numerator, denominator): numerator/denominator is the
    area under the straight line from (start, power0) to (end, power1).
    """
    length = end - start
    left = start if begin is None else begin
    stop = end if stop is None else stop
    while left < stop:
        right = min(stop, zone.hour_end(left))
        # (right-left) * (line(left) + line(right)) / 2, with
        # line(t) = power0 + (power1 - power0) * (t - start) / length
        both_ends = 2 * power0 * length + (power1 - power0) * (left - start + right - start)
        yield left, right, (right - left) * both_ends, 2 * length
        left = right


class HourOfDay:
    def __init__(self):
        self.powers = []
        self.area = FractionSum()


def number(value):
    """Fraction or None -> float or None."""
    return None if value is None else float(value)


def text(data):
    return None if data is None else data.decode("utf-8", "surrogateescape")


def monthly_cost(mean, rate):
    return None if mean is None else mean / 1000 * 720 * rate


def summary(devices, rate, return_rate):
    """The figures that a device, a location and the whole home have in common."""
    powers = [power for device in devices for power in device.powers]
    means = [device.mean_w for device in devices if device.mean_w is not None]
    terms = sum(device.term_count for device in devices)
    kwh = sum((device.kwh for device in devices), Fraction(0))
    returned = sum((device.returned_kwh for device in devices), Fraction(0))
    returned_means = sum((device.returned_mean_w for device in devices), Fraction(0))
    return {
        "readings": sum(device.count for device in devices),
        "energy_kwh": kwh,
        "imported_kwh": kwh + returned,
        "returned_kwh": returned,
        "estimated_kwh": sum((device.estimated_kwh for device in devices), Fraction(0)),
        "cost": (kwh + returned) * rate - returned * return_rate,
        "monthly_cost": (monthly_cost(sum(means) + returned_means, rate) -
                         monthly_cost(returned_means, return_rate) if means else None),
        "mean_power_w": sum(means) if means else None,
        "reading_mean_w": (Fraction(sum(powers), len(powers) * 10**27)
                           if powers else None),
        "min_power_w": Fraction(min(powers), 10**27) if powers else None,
        "max_power_w": Fraction(max(powers), 10**27) if powers else None,
        "efficiency": (Fraction(sum(device.term_sum for device in devices), terms * 10**E_PLACES)
                       if terms else None),
        "gaps": sum(device.gaps for device in devices),
        "gap_hours": Fraction(sum(device.gap_ms for device in devices), HOUR_MS),
    }


def find_strange(devices, details, options, seen, rejects_of):
    """Devices that are silent, never seen, stuck, far above their rating, and the like."""
    # One of every fifty devices has come as far, but for a day: others are ahead.
    lasts = sorted((device.last for device in devices if device.count), reverse=True)
    newest, wanted = None, -(-len(lasts) // 50)
    for i in range(len(lasts) - wanted + 1 if lasts else 0):
        newest = lasts[i]
        if sum(last > newest - DAY_MS for last in lasts[i:]) >= wanted:
            break
    found = []

    def note(order, kind, name, since, value):
        told = details.get(name, (None, None, None, True))
        found.append((order, name, {
            "kind": kind, "device_id": text(name), "name": text(told[0]),
            "location": text(told[1]),
            "since": None if since is None else show_time(since, options.zone),
            "value": None if value is None else float(value)}))

    for device in devices:
        if not device.count:
            continue
        behind, length = newest - device.last, device.last - device.first
        if behind > DAY_MS and behind * max(device.count - 1, 1) > 10 * length:
            note((0, device.last), "silent", device.id, device.last, None)
        if device.last - newest > DAY_MS:
            note((11, device.last), "ahead", device.id, device.last,
                 Fraction(device.last - newest, DAY_MS))
        if device.powers and device.count >= 24 and min(device.powers) == max(device.powers):
            power = Fraction(device.powers[0], 10**27)
            if length >= (DAY_MS if power else 7 * DAY_MS):
                note((2, power == 0, device.first), "stuck", device.id, device.first, power)
        rating = details.get(device.id, (None, None, None, True))[2]
        if device.powers and rating is not None and rating > 0:
            times = Fraction(max(device.powers), 10**27) / rating
            if times > Fraction(3, 2):
                note((3, -times), "over_rating", device.id, None, times)
        if not device.has_energies and device.gaps >= 2 and device.count >= 3 and \
                2 * device.covered_ms < length and 2 * device.gaps * DAY_MS >= length:
            note((4, -device.gaps), "mostly_gaps", device.id, None, device.gaps)
        if device.is_rising:
            note((5, 0), "rising_energy", device.id, None, None)
        for order, event in enumerate(meter_oracle.EVENTS, 6):
            if device.events.get(event):
                note((order, -device.events[event]), event, device.id, None, device.events[event])
    counts = {device.id: device.count for device in devices}
    if options.since is None and options.until is None:
        for name, count in rejects_of.items():
            if count >= 10 and 9 * count >= counts.get(name, 0) and wants_device(name, options):
                note((12, -count), "rejects", name, None, count)
    for name, told in details.items():
        if told[3] and name and name not in seen and name not in rejects_of and wants_device(name, options) and len(name) <= 255:
            note((1, 0), "never_seen", name, None, None)
    return [entry for _order, _name, entry in sorted(found, key=lambda item: item[:2])]


def floats(figures):
    return {key: float(value) if isinstance(value, Fraction) else value
            for key, value in figures.items()}


def is_empty_range(options):
    return (options.since is not None and options.until is not None and
            options.since >= options.until)


class Result:
    """The JSON report, the rejects and the exit code of one run."""

    def __init__(self, report, rejects, exit_code):
        self.report = report
        self.rejects = rejects
        self.exit_code = exit_code


def run(paths, options):
    """Do everything; returns a Result. Raises UsageError where the exit code is 2."""
    if is_empty_range(options):
        raise UsageError("--since must be before --until")
    zone = options.zone
    files = input_files(paths)
    got = collect(files, options)
    details = device_details(files, options)

    hours = [HourOfDay() for _ in range(24)]
    days = {}
    devices = [Device(name, got.readings.get(name, {}), got.around[name],
                      options, hours, days)
               for name in sorted(got.around)]
    devices = [device for device in devices if device.count or device.edge_ms]
    home = summary(devices, options.rate, options.return_rate)

    per_device = []
    locations = {}
    for device in devices:
        name, location, rating, _active = details.get(device.id, (None, None, None, True))
        locations.setdefault(location, []).append(device)
        entry = {"device_id": text(device.id), "name": text(name), "location": text(location)}
        figures = summary([device], options.rate, options.return_rate)
        peak = figures["max_power_w"]
        entry.update(floats(figures))
        entry.update({
            "first": show_time(device.first, zone),
            "last": show_time(device.last, zone),
            "rated_w": number(rating),
            "peak_over_rating": (float(peak / rating)
                                 if peak is not None and rating is not None and rating > 0
                                 else None),
        })
        per_device.append(entry)

    by_location = []
    if any(location is not None for location in locations):
        for location in sorted(locations, key=lambda place: (place is None, place or b"")):
            members = locations[location]
            by_location.append(dict({"location": text(location), "devices": len(members)},
                                    **floats(summary(members, options.rate, options.return_rate))))

    by_hour = []
    for hour, data in enumerate(hours):
        mean = Fraction(sum(data.powers), len(data.powers) * 10**27) if data.powers else None
        by_hour.append({"hour": hour, "reading_mean_w": number(mean),
                        "energy_kwh": float(data.area.total() / AREA_PER_KWH)})

    days_with_readings = {zone.day(ms) for times in got.readings.values() for ms in times}
    by_day = []
    for day in sorted(days):
        area = days[day].total()
        if area or day in days_with_readings:
            by_day.append({"day": show_day(day), "energy_kwh": float(area / AREA_PER_KWH)})

    by_reason = {}
    for _file, _line, reason, _raw in got.rejects:
        by_reason[reason] = by_reason.get(reason, 0) + 1
    exceeded = (options.budget is not None and home["monthly_cost"] is not None and
                home["monthly_cost"] > options.budget)

    report = {
        "lines": home["readings"] + got.duplicates + len(got.rejects),
        "readings": home["readings"],
        "duplicates": got.duplicates,
        "filtered": got.filtered,
        "rounded": got.rounded,
        "rejects": {
            "total": len(got.rejects),
            "by_reason": by_reason,
            "first": [{"file": path, "line": line, "reason": reason}
                      for path, line, reason, _raw in got.rejects[:5]],
        },
        "devices": len(devices),
        "first": show_time(min((device.first for device in devices if device.count),
                               default=None), zone),
        "last": show_time(max((device.last for device in devices if device.count),
                              default=None), zone),
        "zone": zone.name,
    }
    report.update(floats(home))
    report.update({
        "pooled_monthly_cost": number(monthly_cost(home["reading_mean_w"], options.rate)),
        "rate": float(options.rate),
        "return_rate": float(options.return_rate),
        "budget": (None if options.budget is None
                   else {"limit": float(options.budget), "exceeded": exceeded}),
        "max_gap_hours": options.max_gap_ms / HOUR_MS,
        "interpolation": "hold" if options.holds else "linear",
        "per_device": per_device,
        "by_location": by_location,
        "by_hour": by_hour,
        "by_day": by_day,
        "findings": find_strange(devices, details, options, got.seen, got.rejects_of),
        "skipped_files": [{"file": path, "reason": why} for path, why in got.skipped],
        "assumed_value_files": got.assumed,
    })
    failed = exceeded or (options.strict and bool(got.rejects or got.skipped))
    # Lines, and not one of them a reading: nothing was understood.
    is_nothing = got.rejects and not home["readings"] and not got.filtered
    # One device is asked for, at any time, and is not there.
    asked = len(options.globs)
    if got.filtered and not home["readings"] and asked == 1 and \
            options.since is None and options.until is None:
        is_nothing = True
    return Result(report, got.rejects, 2 if is_nothing else 1 if failed else 0)


def compute(paths, options=None):
    """The report as a dict. options: an Options, or a dict of its arguments."""
    if options is None or isinstance(options, dict):
        options = Options(**(options or {}))
    return run(paths, options).report


# ---------------------------------------------------------------- command line

def csv_field(data):
    if re.search(rb'[",\r\n]', data):
        return b'"' + data.replace(b'"', b'""') + b'"'
    return data


def write_rejects(path, rejects):
    with open(path, "wb") as out:
        out.write(b"file,line,reason,raw\n")
        for file, line, reason, raw in rejects:
            cells = (os.fsencode(file), b"%d" % line, reason.encode(), raw)
            out.write(b",".join(csv_field(cell) for cell in cells) + b"\n")


def parse_args(argv):
    """Command line -> (paths, Options)."""
    parser = argparse.ArgumentParser(description="Test oracle for `wattle report`.")
    parser.add_argument("paths", metavar="PATH", nargs="+")
    parser.add_argument("--since", metavar="T")
    parser.add_argument("--until", metavar="T")
    parser.add_argument("--day", metavar="DATE")
    parser.add_argument("--month", metavar="MONTH")
    parser.add_argument("--year", metavar="YEAR")
    parser.add_argument("--tz", metavar="ZONE", default="UTC")
    parser.add_argument("--device", metavar="GLOB", action="append", default=[])
    parser.add_argument("--rate", default="0.15")
    parser.add_argument("--return-rate", default="0")
    parser.add_argument("--budget")
    parser.add_argument("--max-gap", default="1h")
    parser.add_argument("--value", choices=VALUE_KINDS)
    parser.add_argument("--interpolation", choices=("linear", "hold"), default="linear")
    parser.add_argument("--devices", metavar="FILE")
    parser.add_argument("--rejects", metavar="FILE")
    parser.add_argument("--strict", action="store_true")
    chosen = vars(parser.parse_args(argv))
    paths = chosen.pop("paths")
    return paths, Options(**chosen)


def main(argv):
    try:
        paths, options = parse_args(argv)
        result = run(paths, options)
    except UsageError as error:
        print("oracle: %s" % error, file=sys.stderr)
        return 2
    if options.rejects_file:
        write_rejects(options.rejects_file, result.rejects)
    print(json.dumps(result.report, indent=2))
    return result.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
