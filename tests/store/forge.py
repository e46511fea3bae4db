"""Writes databases with any content and right checksums, by docs/format.md.

It shares no code with the program, and needs it only to fill the databases
that others are made of (`Bases`). A database is held as a tree (`Home`):
tables of rows, in them chunks and summaries, in these named fields. Whatever
the fields hold is written and gets the checksum that belongs to it.
forge_changes.py makes hostile ones.
"""
import copy
import ctypes
import os
import random
import re
import sqlite3
import struct
import sys

from store_tools import HEADER, START_MS, plain_rows, time_text, write

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "oracle"))
import read_database as reader  # noqa: E402

HOUR_MS, DAY_MS = 3600000, 86400000
NONE_NW, WIDE_NW = -2 ** 63, -2 ** 63 + 1  # a power that is no number of nW
YEAR_0, YEAR_9999 = -62167219200000, 253402300799999
TIME, VOLTAGE, CURRENT, FACTOR, POWER, ENERGY, PRESENCE = range(7)
DUPLICATES, ROUNDED = 7, 8
OTHERS = range(9, 26)  # measures from number 5 on, also such as there are not
BITS = ["time", "voltage", "current", "power_factor", "power", "energy",
        "presence", "duplicates", "rounded"] + [f"measure {bit - 4}"
                                                for bit in OTHERS]
CHECKED = ["device", "file", "reject", "reject_device", "local_file",
           "forgotten", "forgotten_data", "chunk", "delta", "correction"]
WHEN = "2023-10-01T08:00:00Z"


# ---- checksums ----

def _digest():
    library = ctypes.CDLL("libxxhash.so.0")
    library.XXH3_64bits.restype = ctypes.c_uint64
    library.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return library.XXH3_64bits


_XXH3 = []


def xxh3(data):
    """XXH3 of some bytes, as the signed number that a column holds."""
    if not _XXH3:
        _XXH3.append(_digest())
    return wrap(_XXH3[0](data, len(data)))


def row_digest(*values):
    """The checksum of a row whose columns hold these values."""
    parts = []
    for value in values:
        if value is None:
            parts.append(struct.pack("<q", -1))
        elif isinstance(value, int):
            parts.append(struct.pack("<q", value))
        elif isinstance(value, float):
            parts.append(struct.pack("<d", value))
        else:
            data = value.encode() if isinstance(value, str) else value
            parts.append(struct.pack("<q", len(data)) + data)
    return xxh3(b"".join(parts))


def wrap(value, bits=64):
    """Modulo 2^bits, as a signed number."""
    value %= 1 << bits
    return value - (1 << bits) if value >> (bits - 1) else value


# ---- numbers in bytes ----

def count(value):
    """Any number, also beyond 128 bits; a negative one modulo 2^64."""
    if value < 0:
        value %= 1 << 64
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value):
    return count(2 * value if value >= 0 else -2 * value - 1)


def number256(value):
    return (value % (1 << 256)).to_bytes(32, "little")


class Packed:
    """Numbers of some width; `lanes` overrules the layout."""

    def __init__(self, numbers, width, lanes=None):
        self.numbers, self.width, self.lanes = list(numbers), width, lanes

    def encode(self):
        width, n = self.width, len(self.numbers)
        if width == 0:
            return b""
        mask = (1 << width) - 1
        lanes = self.lanes
        if lanes is None:
            lanes = n == 1024 and width <= 32
        if not lanes:
            parts = []  # since one large number would take quadratic time
            for at in range(0, n, 8):
                stream = 0
                for i, number in enumerate(self.numbers[at:at + 8]):
                    stream |= (number & mask) << (i * width)
                parts.append(stream.to_bytes(width, "little"))
            return b"".join(parts)[:(n * width + 7) // 8]
        streams = [0] * 32
        for i, number in enumerate(self.numbers):
            streams[i % 32] |= (number & mask) << (i // 32 * width)
        return b"".join(struct.pack("<I", streams[lane] >> (32 * word)
                                    & 0xffffffff)
                        for word in range(width) for lane in range(32))

    def __repr__(self):
        return f"{len(self.numbers)} numbers of {self.width} bits"


class Field:
    """A named number of some kind, or bytes."""

    def __init__(self, name, kind, value):
        self.name, self.kind, self.value = name, kind, value

    def encode(self):
        return ENCODERS[self.kind](self.value)


ENCODERS = {"byte": lambda value: bytes([value & 255]), "count": count,
            "signed": signed, "wide": signed, "number256": number256,
            "packed": Packed.encode, "bytes": bytes}


def encode(fields):
    return b"".join(field.encode() for field in fields)


# ---- columns ----

def read_column(data, n):
    """The fields of a column of n numbers."""
    source = reader.Bytes(data)
    out = [Field("way", "byte", source.byte())]

    def take(name, kind):
        value = {"byte": source.byte, "count": source.count,
                 "signed": source.signed}[kind]()
        out.append(Field(name, kind, value))
        return value

    def take_packed(name, k, width):
        out.append(Field(name, "packed",
                         Packed(reader.packed(source, k, width), width)))

    way = out[0].value >> 4
    take("v" if way in (0, 1, 3) else "low", "signed")
    if way in (1, 3):
        take("step" if way == 1 else "low", "signed")
    if way < 2:
        return out
    width = take("width", "byte")
    if way in (4, 6):
        other = take("length_width" if way == 4 else "high_width", "byte")
    k = n if way in (2, 3) else take("k", "count")
    take_packed("p", n if way == 6 else k, width)
    if way == 4:
        take_packed("more", k, other)
    elif way == 5:
        take_packed("which", n, (k - 1).bit_length())
    elif way == 6:
        take_packed("at", k, 10)
        take_packed("high", k, other)
    return out


def make_column(rng, numbers, way=None):
    """Fields that stand for the numbers, in any way that can hold them."""
    exponent = 0
    if rng.random() < .5:
        while exponent < 9 and all(x % 10 ** (exponent + 1) == 0
                                   for x in numbers):
            exponent += 1
    numbers = [x // 10 ** exponent for x in numbers]
    low, n = min(numbers), len(numbers)
    spread = max(numbers) - low
    steps = [b - a for a, b in zip(numbers, numbers[1:])]
    ways = [2, 4]
    if spread == 0:
        ways += [0, 0]
    if len(set(steps)) <= 1:
        ways += [1, 1]
    if steps and max(steps) - min(steps) < 2 ** 64:
        ways.append(3)
    if len(set(numbers)) <= 256:
        ways.append(5)
    if n > 1:
        ways.append(6)
    way = rng.choice(ways) if way not in ways else way
    out = [Field("way", "byte", way * 16 + exponent)]

    def add(name, kind, value):
        out.append(Field(name, kind, value))

    def add_packed(name, values, width):
        add(name, "packed", Packed(values, width))

    if way in (0, 1):
        add("v", "signed", numbers[0])
        if way == 1:
            add("step", "signed", steps[0] if steps else 0)
        return out
    distances = [x - low for x in numbers]
    width = spread.bit_length()
    if rng.random() < .2:
        width = rng.randint(width, 64)
    if way == 3:
        low = min(steps)
        width = (max(steps) - low).bit_length()
        add("v", "signed", numbers[0])
    add("low", "signed", low)
    if way == 2:
        add("width", "byte", width)
        add_packed("p", distances, width)
    elif way == 3:
        add("width", "byte", width)
        add_packed("p", [0] + [x - low for x in steps], width)
    elif way == 4:
        runs = []
        for x in distances:
            if runs and runs[-1][0] == x:
                runs[-1][1] += 1
            else:
                runs.append([x, 0])
        more = max(run[1] for run in runs).bit_length()
        add("width", "byte", width)
        add("length_width", "byte", more)
        add("k", "count", len(runs))
        add_packed("p", [run[0] for run in runs], width)
        add_packed("more", [run[1] for run in runs], more)
    elif way == 5:
        entries = list(dict.fromkeys(distances))
        add("width", "byte", width)
        add("k", "count", len(entries))
        add_packed("p", entries, width)
        add_packed("which", [entries.index(x) for x in distances],
                   (len(entries) - 1).bit_length())
    else:
        width = rng.randint(0, spread.bit_length())
        at = [i for i, x in enumerate(distances) if x >> width]
        high = [distances[i] >> width for i in at]
        high_width = max(high, default=0).bit_length()
        add("width", "byte", width)
        add("high_width", "byte", high_width)
        add("k", "count", len(at))
        add_packed("p", distances, width)
        add_packed("at", at, 10)
        add_packed("high", high, high_width)
    return out


# ---- chunks ----

TAGS = {TIME: 0, PRESENCE: 1, DUPLICATES: 2, ROUNDED: 3,
        **{bit: 15 + bit for bit in range(VOLTAGE, ENERGY + 1)},
        **{bit: 12 + bit for bit in OTHERS}}
BIT_OF = {tag: bit for bit, tag in TAGS.items()}


class Block:
    """Columns by bit. `n_columns`, `tags` and `lengths` may say what is not
    true."""

    def __init__(self, n, columns):
        self.n, self.columns = n, columns
        self.n_columns, self.tags, self.lengths = None, {}, {}
        self.more = b""

    @classmethod
    def read(cls, data, n):
        source = reader.Bytes(data)
        columns = {}
        for _ in range(source.count()):
            bit = BIT_OF[source.count()]
            size = int.from_bytes(source.take(3), "little")
            columns[bit] = read_column(source.take(size), n)
        return cls(n, columns)

    def encode(self):
        out = [count(len(self.columns) if self.n_columns is None
                     else self.n_columns)]
        for bit, fields in sorted(self.columns.items(),
                                  key=lambda item: TAGS[item[0]]):
            data = encode(fields)
            size = self.lengths.get(bit, len(data))
            out.append(count(self.tags.get(bit, TAGS[bit])) +
                       (size % (1 << 24)).to_bytes(3, "little") + data)
        return b"".join(out) + self.more

    def numbers(self, bit):
        return reader.column(encode(self.columns[bit]), self.n)[0]


class Chunk:
    """Directory and blocks; a size of None is that of the block."""

    def __init__(self, entries, blocks):
        self.head = [Field("version", "byte", 2),
                     Field("n_blocks", "byte", len(blocks))]
        self.entries, self.blocks, self.more = entries, blocks, b""

    @classmethod
    def read(cls, data):
        entries, blocks, last = [], [], 0
        for found in reader.directory(data):
            entries.append(directory_entry(
                found["n"], found["first_ms"] - last,
                found["last_ms"] - found["first_ms"], found["power_nw"],
                found["energy"]))
            last = found["last_ms"]
            blocks.append(Block.read(found["data"], found["n"]))
        return cls(entries, blocks)

    def encode(self):
        blocks = [block if isinstance(block, bytes) else block.encode()
                  for block in self.blocks]
        out = encode(self.head)
        for i, entry in enumerate(self.entries):
            size = len(blocks[i]) if i < len(blocks) else 0
            out += encode(entry[:3])
            for field, own in zip(entry[3:5], (size, len(encode(entry[5:])))):
                out += count(own) if field.value is None else field.encode()
            out += encode(entry[5:])
        return out + b"".join(blocks) + self.more


def directory_entry(n, first, span, power, energy):
    return [Field("n", "count", n), Field("first", "signed", first),
            Field("span", "count", span), Field("size", "count", None),
            Field("sums", "count", None), Field("sum_nw", "wide", power),
            Field("energy", "wide", energy)]


def power_of(values):
    """The power of a reading in nW, WIDE_NW or NONE_NW; values by bit."""
    if POWER in values:
        power = values[POWER] * 10 ** 18
    elif all(bit in values for bit in (VOLTAGE, CURRENT, FACTOR)):
        power = values[VOLTAGE] * values[CURRENT] * values[FACTOR]
    else:
        return NONE_NW
    whole, rest = divmod(power, 10 ** 18)
    return whole if rest == 0 and abs(whole) < 2 ** 53 else WIDE_NW


def steps_of(readings):
    """(time, power, energy of the step to it in half nW ms)."""
    before = None
    for time_ms, values in readings:
        power = power_of(values)
        energy = 0
        if before and power > WIDE_NW and before[1] > WIDE_NW and \
                time_ms - before[0] <= HOUR_MS:
            energy = (before[1] + power) * (time_ms - before[0])
        before = (time_ms, power)
        yield time_ms, power, energy


def make_chunk(rng, readings):
    """A sound chunk of [(time_ms, {bit: value})]."""
    steps = list(steps_of(readings))
    entries, blocks, at, last = [], [], 0, 0
    while at < len(readings):
        # all blocks but the last are full, as the program expects it
        n = min(1024, len(readings) - at)
        part = readings[at:at + n]
        of_part = steps[at:at + n]
        kinds = {bit for _, values in part for bit in values}
        columns = {TIME: make_column(rng, [row[0] for row in part])}
        for bit in kinds:
            columns[bit] = make_column(rng, [row[1].get(bit, 0)
                                             for row in part])
        if any(set(row[1]) != kinds for row in part):
            columns[PRESENCE] = make_column(
                rng, [sum(1 << (bit - 1) for bit in row[1]) for row in part])
        entries.append(directory_entry(
            n, part[0][0] - last, part[-1][0] - part[0][0],
            sum(step[1] for step in of_part if step[1] > WIDE_NW),
            sum(step[2] for step in of_part)))
        last = part[-1][0]
        blocks.append(Block(n, columns))
        at += n
    return Chunk(entries, blocks)


# ---- summaries ----

def read_summary(data):
    """The fields of a summary. The sections have neither tag nor length here:
    see encode_summary."""
    source = reader.Bytes(data)
    out = [Field("version", "byte", source.byte())]
    kinds = {"count": source.count, "signed": source.signed,
             "wide": source.wide, "number256": source.number256}
    n_days, flags = [], 0
    for _ in range(2):
        source.count()
        source.count()
        flags |= source.byte()
        if len(out) == 1:
            names = totals_shape(flags)
            out.append(Field("flags", "byte", flags))
        else:
            out[1].value = flags
            names = profile_shape(flags, n_days)
        for name, kind in names:
            value = kinds[kind]()
            out.append(Field(name, kind, value))
            if name == "n_days":
                n_days.append(value)
    return out


def encode_summary(fields):
    """With the flags of both sections, their tags and lengths."""
    version, flags, *rest = fields
    at = next((i for i, field in enumerate(rest)
               if field.name.startswith(("hour", "n_days"))), len(rest))
    out = version.encode()
    for tag, part, mask in ((1, rest[:at], 0xfb), (2, rest[at:], 0xfe)):
        data = bytes([flags.value & mask & 255]) + encode(part)
        out += count(tag) + count(len(data)) + data
    return out


def summary_shape(flags, n_days):
    yield from totals_shape(flags)
    yield from profile_shape(flags, n_days)


def totals_shape(flags):
    """(name, kind) of the fields behind the flags."""
    yield from [("n", "count"), ("first_ms", "signed"),
                ("first_nw", "signed"), ("last_ms", "signed"),
                ("last_nw", "signed"), ("min_nw", "signed"),
                ("max_nw", "signed"), ("sum_nw", "wide"), ("energy", "wide"),
                ("n_efficiency", "count"), ("efficiency", "wide"),
                ("n_gaps", "count"), ("gap_ms", "signed")]
    if flags & 1:
        yield from [("n_energy", "count"), ("other_efficiency", "wide")]
    if flags & 3 == 3:
        yield ("n_wide", "count")
        yield from [(f"wide_{name}", "number256") for name in
                    ("sum", "min", "max", "first", "last", "steps")]


def profile_shape(flags, n_days):
    """The same; `n_days` may be filled while they are read."""
    energy = [("energy", "wide")] + [("rest", "wide")] * (flags >> 2 & 1) + \
        [("wide_energy", "number256")] * (flags >> 1 & 1)
    for _ in range(24):
        yield from [("hour.n", "count"), ("hour.sum_nw", "wide")]
        if flags & 2:
            yield ("hour.wide", "number256")
        yield from [("hour." + name, kind) for name, kind in energy]
    yield ("n_days", "count")
    for _ in range(n_days[0] if n_days else 0):
        yield ("day.step", "signed")
        yield from [("day." + name, kind) for name, kind in energy]


def reshape_summary(fields, flags):
    """The same summary as if it had other flags; what is new is 0."""
    old = {}
    for field in fields:
        old.setdefault(field.name, []).append(field.value)
    out = [fields[0], Field("flags", "byte", flags)]
    for name, kind in summary_shape(flags, old.get("n_days", [0])):
        values = old.get(name)
        out.append(Field(name, kind, values.pop(0) if values else 0))
    return out


def make_summary(readings):
    """A sound summary of readings with narrow powers only, of which every
    full hour has one: no step is split."""
    steps = list(steps_of(readings))
    powers = [step[1] for step in steps]
    gaps = [b[0] - a[0] for a, b in zip(steps, steps[1:])
            if b[0] - a[0] > HOUR_MS]
    fields = {"n": len(steps), "first_ms": steps[0][0],
              "first_nw": powers[0], "last_ms": steps[-1][0],
              "last_nw": powers[-1], "min_nw": min(powers),
              "max_nw": max(powers), "sum_nw": sum(powers),
              "energy": sum(step[2] for step in steps),
              "n_gaps": len(gaps), "gap_ms": sum(gaps)}
    hours = [[0, 0, 0] for _ in range(24)]
    days = {}
    for time_ms, power, energy in steps:
        hour = hours[time_ms // HOUR_MS % 24]
        hour[0] += 1
        hour[1] += power
        # the step belongs to the hour it began in
        hours[(time_ms - 1) // HOUR_MS % 24][2] += energy
        days.setdefault(time_ms // DAY_MS, [0])
        if energy:
            days.setdefault((time_ms - 1) // DAY_MS, [0])[0] += energy
    out = [Field("version", "byte", 2), Field("flags", "byte", 0)]
    queue, day_before = [x for hour in hours for x in hour], 0
    for day in sorted(days):
        queue += [(day - day_before) * 2 + 1, days[day][0]]
        day_before = day
    for name, kind in summary_shape(0, [len(days)]):
        if name.startswith(("hour.", "day.")):
            value = queue.pop(0)
        else:
            value = len(days) if name == "n_days" else fields.get(name, 0)
        out.append(Field(name, kind, value))
    return out


def rounded(numerator, denominator):
    """To the nearest, halves away from zero."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def make_rollups(device, readings):
    """The rows of `rollup` for readings as those of make_summary."""
    days = {}

    def day_at(time_ms):
        return days.setdefault(time_ms // DAY_MS, ([], {}))

    for time_ms, power, energy in steps_of(readings):
        day_at(time_ms)[0].append(power)
        day_at(time_ms)[1].setdefault(time_ms // HOUR_MS % 24, 0)
        if energy:
            hours = day_at(time_ms - 1)[1]
            hour = (time_ms - 1) // HOUR_MS % 24
            hours[hour] = hours.get(hour, 0) + energy
    for day, (powers, hours) in sorted(days.items()):
        mwh = {hour: rounded(energy, 7200000000000)
               for hour, energy in hours.items()}
        low = min(mwh.values())
        width = max(1, *((len(f"{x - low:x}") for x in mwh.values())))
        digits = "".join(f"{mwh[hour] - low if hour in mwh else 0:0{width}x}"
                         for hour in range(24))
        bits = sum(1 << hour for hour in hours)
        yield {"number": device * 2 ** 24 + day + 2 ** 23,
               "n_readings": len(powers),
               "mean_mw": rounded(sum(powers), 1000000 * len(powers)),
               "min_mw": rounded(min(powers), 1000000),
               "max_mw": rounded(max(powers), 1000000),
               "energy_mwh": rounded(sum(hours.values()), 7200000000000),
               "hours": -1 if bits == 0xffffff else bits,
               "hour_low_mwh": low, "hour_mwh": bytes.fromhex(digits)}


# ---- a database as a tree ----

def remove(path):
    """A database and what lies beside it."""
    for end in ("", "-wal", "-shm", "-journal"):
        if os.path.isdir(path + end):
            os.rmdir(path + end)
        elif os.path.exists(path + end):
            os.unlink(path + end)


class Text(bytes):
    """TEXT of any bytes."""


class Home:
    """Rows by table; a row is a dict of its columns. The chunks that were
    looked at are objects, and so are the summaries."""

    def __init__(self):
        self.schema, self.rows = [], {}
        self.settings = {"page_size": 8192, "encoding": "UTF-8",
                         "application_id": reader.APPLICATION_ID,
                         "user_version": 3, "journal": "WAL", "vacuum": 0}
        self.loose = set()      # tables without constraints
        self.statements = []    # SQL that is run in the end
        self.file_edits = []    # functions of the path
        self.changes = []       # (name, detail)
        self.is_sound, self.is_balanced = True, False
        self.devices = []       # ids that an import can bring readings for

    @classmethod
    def read(cls, path):
        home = cls()
        with sqlite3.connect(path) as db:
            home.schema = list(db.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT "
                "NULL AND name NOT LIKE 'sqlite_%' ORDER BY type = 'view', "
                "type = 'index', rowid"))
            for kind, name, _ in home.schema:
                if kind == "table":
                    found = db.execute(f"SELECT * FROM {name}")
                    names = [column[0] for column in found.description]
                    home.rows[name] = [dict(zip(names, row)) for row in found]
        db.close()
        for row in home.rows["file"]:
            row["modified_ns"], row["imported_at"] = 10 ** 18, WHEN
        for row in home.rows["correction"]:
            row["imported_at"] = WHEN
        home.devices = [row["device_id"] for row in home.rows["device"]]
        return home

    def chunk(self, number):
        """The chunk's data as an object, or None."""
        for row in self.rows["chunk_data"]:
            if row["number"] == number:
                if isinstance(row["data"], bytes):
                    try:
                        row["data"] = Chunk.read(row["data"])
                    except (reader.Broken, struct.error):
                        return None
                found = row["data"]
                return found if isinstance(found, Chunk) else None
        return None

    def summary(self, row):
        if isinstance(row["summary"], bytes):
            try:
                row["summary"] = read_summary(row["summary"])
            except reader.Broken:
                return None
        return row["summary"] if isinstance(row["summary"], list) else None

    def balance(self):
        """Makes the counts of lines add up as format.md says."""
        if not self.rows.get("file") or self.is_sound:
            return
        try:
            n = sum(row["n_readings"] + row["n_duplicates"]
                    for row in self.rows["chunk"])
            n += sum(1 + row["n_duplicates"] - row["n_shadowed"]
                     for row in self.rows["delta"])
            n += len(self.rows["reject"])
            first, *others = self.rows["file"]
            first["n_lines"] = n - sum(row["n_lines"] for row in others)
        except (TypeError, KeyError):
            return  # one of them is no number
        self.is_balanced = True

    # ---- writing ----

    def write(self, path):
        for _ in range(12):
            remove(path)
            db = sqlite3.connect(path, isolation_level=None)
            try:
                table = self.fill(db)
            finally:
                db.close()
            if table is None:
                break
            self.loose.add(table)
        for edit in self.file_edits:
            edit(path)

    def fill(self, db):
        """None, or the table whose constraints a row does not keep."""
        settings = self.settings
        db.execute(f"PRAGMA page_size = {settings['page_size']}")
        db.execute(f"PRAGMA encoding = '{settings['encoding']}'")
        db.execute(f"PRAGMA auto_vacuum = {settings['vacuum']}")
        db.execute(f"PRAGMA journal_mode = {settings['journal']}")
        db.execute("PRAGMA synchronous = OFF")
        db.create_function("row_digest", -1, row_digest)
        db.create_function("blob_digest", 1, lambda data: xxh3(data or b""))
        db.execute("BEGIN")
        for kind, name, sql in self.schema:
            if kind != "view":
                db.execute(self.loosened(name, sql))
        for table, rows in self.rows.items():
            try:
                self.insert(db, table, rows)
            except sqlite3.IntegrityError:
                db.execute("ROLLBACK")
                if table in self.loose:
                    raise
                return table
        for _, _, sql in [row for row in self.schema if row[0] == "view"]:
            db.execute(sql)
        db.execute("COMMIT")
        for sql in self.statements:
            try:
                db.execute(sql)
            except sqlite3.Error as error:
                self.changes.append(("not-done", f"{sql[:80]}: {error}"))
        if db.in_transaction:
            db.execute("COMMIT")
        for name in ("application_id", "user_version"):
            db.execute(f"PRAGMA {name} = {wrap(settings[name], 32)}")
        return None

    def loosened(self, name, sql):
        if not any(name.startswith(table) for table in self.loose):
            return sql
        sql = re.sub(r"PRIMARY KEY\([^)]*\)|,\s*PRIMARY KEY\([^)]*\)", "",
                     sql)
        sql = re.sub(r"NOT NULL|UNIQUE|PRIMARY KEY|WITHOUT ROWID", "", sql)
        return re.sub(r",\s*\)", ")", sql)

    def insert(self, db, table, rows):
        stale, is_utf8 = [], self.settings["encoding"] == "UTF-8"
        for row in rows:
            values = {name: self.stored(value) for name, value in row.items()
                      if not name.startswith("_")}
            if not is_utf8:
                values = {name: value.decode("latin-1")
                          if isinstance(value, Text) else value
                          for name, value in values.items()}
            marks = ["CAST(? AS TEXT)" if isinstance(value, Text) else "?"
                     for value in values.values()]
            db.execute(f"INSERT INTO {table}({', '.join(values)}) VALUES("
                       f"{', '.join(marks)})",
                       [bytes(value) if isinstance(value, Text) else value
                        for value in values.values()])
            if row.get("_stale"):
                stale.append(values)
        if not rows:
            return
        if table == "chunk_data":
            db.execute("UPDATE chunk_data SET checksum = "
                       "blob_digest(CAST(data AS BLOB))")
        elif table in CHECKED:
            names = [name for name in rows[0] if name != "checksum"
                     and not name.startswith("_")]
            columns = [f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS "
                       f"BLOB) ELSE {name} END" if is_utf8 else name
                       for name in names]
            db.execute(f"UPDATE {table} SET checksum = "
                       f"row_digest({', '.join(columns)})")
        for values in stale:
            key = list(values)[0]
            db.execute(f"UPDATE {table} SET checksum = ? WHERE {key} IS ?",
                       (values["checksum"], values[key]))

    def stored(self, value):
        if isinstance(value, Chunk):
            return value.encode()
        if isinstance(value, list):
            return encode_summary(value)
        return wrap(value) if isinstance(value, int) else value


# ---- databases to begin with ----

class Bases:
    """Sound databases that the program has made, each filled once."""

    NAMES = ["tiny", "plain", "kinds", "late", "many"]

    def __init__(self, program, folder):
        self.program, self.folder, self.made = program, folder, {}

    def get(self, name):
        if name not in self.made:
            folder = os.path.join(self.folder, "base-" + name)
            os.makedirs(folder, exist_ok=True)
            path = os.path.join(folder, "home.db")
            for number, text in enumerate(getattr(self, name)(folder)):
                file = f"{number}.csv"
                write(os.path.join(folder, file), text)
                self.program.imports(path, file, "--quiet", cwd=folder)
            self.made[name] = Home.read(path)
        return copy.deepcopy(self.made[name])

    def tiny(self, _folder):
        return ["timestamp,device_id,power\n2023-10-01 00:00,a,1\n"
                "2023-10-01 00:10,a,2\n"]

    def plain(self, folder):
        write(os.path.join(folder, "devices.csv"),
              "device_id,name,location,rated_power\na,Boiler,Cellar,2000\n"
              "b,Lamp,Hall,60\n")
        for part in range(3):
            start = START_MS + part * 250 * 60000
            rows = plain_rows("a", 250, 60000, start) + \
                plain_rows("b", 90, 300000, START_MS + part * 40000000)
            yield HEADER + "".join(rows) + "garbage\n" + \
                plain_rows("a", 1, 60000, start)[0]

    def kinds(self, _folder):
        """Powers, energies, both; more decimals than nine; gaps."""
        rng = random.Random(7)
        for part in range(2):
            rows = ["timestamp,device_id,power,energy_wh\n"]
            for i in range(300):
                time = time_text(START_MS + (part * 400 + i) * 400000)
                rows.append(f"{time},p,{rng.randrange(10 ** 6)}e-3,\n")
                rows.append(f"{time},e,,{rng.randrange(10 ** 4)}e-4\n")
                if i % 3:
                    rows.append(f"{time},m,{-i if i % 2 else ''},"
                                f"{'' if i % 2 else '1.12345678901'}\n")
            yield "".join(rows)
        yield HEADER + "".join(
            f"{time_text(START_MS + i * 500000)},f,230.123456789,"
            f"0.{i + 1:09},0.{900000001 + i * 7}\n" for i in range(150))

    def late(self, _folder):
        """A large chunk, late readings and a correction."""
        yield HEADER + "".join(plain_rows("a", 4500) + plain_rows("b", 20))
        yield HEADER + "".join(
            plain_rows("a", 9, 7200000, START_MS + 30500) +
            plain_rows("a", 4, 600000, salt=5))

    def many(self, _folder):
        for part in range(2):
            yield HEADER + "".join(
                row for device in range(14) for row in plain_rows(
                    f"dev{device:02}", 30, 900000,
                    START_MS + part * 30 * 900000, device))


def made_home(bases, rng):
    """A sound database of which every byte is encoded here."""
    home = bases.get("tiny")
    file = home.rows["file"][0]
    for table in home.rows:
        if table not in ("meta", "file"):
            home.rows[table] = []
    n_lines, number = 0, rng.randint(1, 9)
    home.devices = [f"made {i}" for i in range(rng.randint(1, 5))]
    for device, device_id in enumerate(home.devices):
        home.rows["device"].append(
            {"number": device, "device_id": device_id, "name": None,
             "location": rng.choice([None, "Hall"]),
             "rated_w": rng.choice([None, 60.5]), "checksum": 0})
        readings = made_readings(rng)
        home.rows["rollup"] += make_rollups(device, readings)
        n_lines += len(readings)
        while readings:
            size = min(len(readings), rng.randint(1, 2500))
            home.rows["chunk"].append(chunk_row(number, device,
                                                readings[:size]))
            home.rows["chunk_data"].append(
                {"number": number, "checksum": 0,
                 "data": make_chunk(rng, readings[:size])})
            readings = readings[size:]
            number += 1
    file.update(n_lines=n_lines, n_rejects=0)
    return home


def made_readings(rng):
    step = rng.choice([60000, 120000, 600000, 900000, HOUR_MS])
    time_ms = START_MS - rng.choice([0, 0, 20000, 40000]) * DAY_MS
    scale = 10 ** rng.randint(0, 12)
    readings = []
    for _ in range(rng.choice([1, 2, 30, 300, 1024, 1500, 3000])):
        values = {POWER: rng.randrange(-scale, 1000 * scale)}
        if rng.random() < .9:
            values[VOLTAGE] = rng.choice([230, 231, 229]) * 10 ** 9
        readings.append((time_ms, values))
        time_ms += step
        if rng.random() < .01 and time_ms % HOUR_MS == 0:
            time_ms += rng.randint(2, 60) * HOUR_MS
    return readings


def chunk_row(number, device, readings):
    steps = list(steps_of(readings))
    powers = [step[1] for step in steps]
    return {"number": number, "device": device, "first_ms": steps[0][0],
            "last_ms": steps[-1][0], "n_readings": len(steps),
            "n_duplicates": 0, "n_rounded": 0,
            "energy_kwh": sum(step[2] for step in steps) / 72 / 10 ** 17,
            "mean_power_w": sum(powers) / (10 ** 9 * len(powers)),
            "min_power_w": min(powers) / 10 ** 9,
            "max_power_w": max(powers) / 10 ** 9,
            "summary": make_summary(readings), "checksum": 0}


def rewrite_columns(home, rng):
    """The same numbers in other ways; still sound."""
    for row in home.rows["chunk"][:8]:
        chunk = home.chunk(row["number"])
        for block in chunk.blocks[:2]:
            for bit in list(block.columns):
                numbers = block.numbers(bit)
                block.columns[bit] = make_column(rng, numbers,
                                                 rng.randrange(7))
