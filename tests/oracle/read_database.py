#!/usr/bin/env python3
"""Reads a database of wattle's as docs/format.md describes it.

Usage: read_database.py DATABASE        (prints every reading as CSV)

Written from that page alone, with sqlite3 and struct; it shares no code with
the program. Checksums are looked at when Python has the module xxhash (Debian:
python3-xxhash). Whatever is not as the page says raises Broken.
"""
import sqlite3
import struct
import sys

try:
    import xxhash
except ImportError:
    xxhash = None

APPLICATION_ID = 0x57617474
VERSION = 3
VALUES = ["voltage", "current", "power_factor", "power", "energy_wh",
          "span_s", "energy_returned_wh", "energy_total_wh",
          "energy_returned_total_wh", "apparent_power_va",
          "reactive_power_var", "frequency_hz"]
TIME, PRESENCE, DUPLICATES, ROUNDED, VALUE = 0, 1, 2, 3, 16
NANO = 10 ** 9
WRAP = 1 << 64


class Broken(Exception):
    """The bytes are not what docs/format.md says."""


def demand(condition, what):
    if not condition:
        raise Broken(what)


# ---- bytes ----

class Bytes:
    """Reads on from a place in some bytes."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, n):
        demand(self.at + n <= len(self.data), "the bytes end too early")
        self.at += n
        return self.data[self.at - n:self.at]

    def byte(self):
        return self.take(1)[0]

    def count(self, bits=64):
        value = 0
        for shift in range(0, bits, 7):
            byte = self.byte()
            value |= (byte & 0x7f) << shift
            if byte < 0x80:
                return value % (1 << bits)
        raise Broken("a count is too long")

    def signed(self, bits=64):
        value = self.count(bits)
        return -(value + 1) // 2 if value % 2 else value // 2

    def wide(self):
        return self.signed(128)

    def number256(self):
        return int.from_bytes(self.take(32), "little", signed=True)

    def end(self):
        demand(self.at == len(self.data), "bytes are left over")


def packed_size(n, width):
    return 128 * width if n == 1024 and width <= 32 else (n * width + 7) // 8


def unpack(data, n, width):
    """n unsigned numbers of width bits."""
    demand(width <= 64, "more than 64 bits")
    mask = (1 << width) - 1
    if n != 1024 or width > 32 or width == 0:
        stream = int.from_bytes(data, "little")
        return [stream >> (i * width) & mask for i in range(n)]
    words = struct.unpack(f"<{32 * width}I", data)
    lanes = [sum(words[32 * w + lane] << (32 * w) for w in range(width))
             for lane in range(32)]
    return [lanes[i % 32] >> (i // 32 * width) & mask for i in range(n)]


def packed(source, n, width):
    return unpack(source.take(packed_size(n, width)), n, width)


def wrap(value):
    """Modulo 2^64, as a signed number."""
    value %= WRAP
    return value - WRAP if value >= WRAP // 2 else value


# ---- columns, blocks, chunks ----

def runs(source, n, low):
    width, length_width = source.byte(), source.byte()
    k = source.count()
    numbers = packed(source, k, width)
    more = packed(source, k, length_width)
    out = []
    for number, extra in zip(numbers, more):
        out += [low + number] * (extra + 1)
    demand(len(out) == n, "runs of another length")
    return out


def dictionary(source, n, low):
    width = source.byte()
    k = source.count()
    demand(1 <= k <= 256, "entries of a dictionary")
    numbers = packed(source, k, width)
    which = packed(source, n, (k - 1).bit_length())
    demand(max(which) < k, "no such entry")
    return [low + numbers[i] for i in which]


def patched(source, n, low):
    width, high_width = source.byte(), source.byte()
    k = source.count()
    out = [low + number for number in packed(source, n, width)]
    at = packed(source, k, 10)
    for place, high in zip(at, packed(source, k, high_width)):
        demand(place < n, "a patch beyond the end")
        out[place] += high << width
    return out


def steps(source, n):
    value, low = source.signed(), source.signed()
    numbers = packed(source, n, source.byte())
    out = [value]
    for number in numbers[1:]:
        value += low + number
        out.append(value)
    return out


def column(data, n):
    """The numbers of a column, in nano, ms or plain."""
    source = Bytes(data)
    way, exponent = divmod(source.byte(), 16)
    demand(way <= 6 and exponent <= 9, "an unknown way or exponent")
    if way == 3:
        out = steps(source, n)
    else:
        low = source.signed()
        if way == 0:
            out = [low] * n
        elif way == 1:
            step = source.signed()
            out = [low + i * step for i in range(n)]
        elif way == 2:
            out = [low + x for x in packed(source, n, source.byte())]
        else:
            out = [runs, dictionary, patched][way - 4](source, n, low)
    source.end()
    return [wrap(number * 10 ** exponent) for number in out], way


def block(data, n, ways=None):
    """[(time_ms, {value: nano}, duplicates, rounded)] of a block."""
    source = Bytes(data)
    columns, before = {}, -1
    for _ in range(source.count()):
        tag = source.count()
        demand(tag > before and (tag <= ROUNDED or
                                 VALUE <= tag < VALUE + len(VALUES)), "a tag")
        size = int.from_bytes(source.take(3), "little")
        columns[tag], way = column(source.take(size), n)
        before = tag
        if ways is not None:
            ways[way] = ways.get(way, 0) + 1
    source.end()
    everything = sum(1 << (tag - VALUE) for tag in columns if tag >= VALUE)
    demand(TIME in columns and everything, "columns of a block")
    rows = []
    for i in range(n):
        presence = everything
        if PRESENCE in columns:
            presence &= columns[PRESENCE][i]
        values = {name: columns[VALUE + k][i] for k, name in enumerate(VALUES)
                  if presence >> k & 1}
        rows.append((columns[TIME][i], values,
                     columns[DUPLICATES][i] if DUPLICATES in columns else 0,
                     columns[ROUNDED][i] if ROUNDED in columns else 0))
    return rows


def directory(data):
    """[{n, first_ms, last_ms, power_nw, energy, data}] of a chunk."""
    source = Bytes(data)
    demand(source.byte() == 2, "version of a chunk")
    blocks, last_ms = [], 0
    for _ in range(source.byte()):
        n = source.count()
        first_ms = last_ms + source.signed()
        last_ms = first_ms + source.count()
        size = source.count()
        sums = Bytes(source.take(source.count()))
        blocks.append({"n": n, "first_ms": first_ms, "last_ms": last_ms,
                       "power_nw": sums.wide(), "energy": sums.wide(),
                       "size": size})
    for entry in blocks:
        entry["data"] = source.take(entry["size"])
    source.end()
    return blocks


def chunk(data, ways=None):
    rows = []
    for entry in directory(data):
        part = block(entry["data"], entry["n"], ways)
        demand(part[0][0] == entry["first_ms"], "first time of a block")
        demand(part[-1][0] == entry["last_ms"], "last time of a block")
        rows += part
    demand(all(a[0] < b[0] for a, b in zip(rows, rows[1:])), "order of times")
    return rows


# ---- summaries ----

def energy(source, flags):
    found = {"units": source.wide()}
    found["rest"] = source.wide() if flags & 4 else 0
    found["wide"] = source.number256() if flags & 2 else 0
    return found


def summary(data):
    source = Bytes(data)
    demand(source.byte() == 2, "version of a summary")
    sections = {}
    while source.at < len(data):
        tag = source.count()
        demand(tag not in sections, "a section twice")
        sections[tag] = Bytes(source.take(source.count()))
    demand(1 in sections and 2 in sections, "sections of a summary")
    return totals(sections[1]) | profile(sections[2])


def totals(source):
    flags = source.byte()
    found = {"n_readings": source.count()}
    for name in ("first_ms", "first_nw", "last_ms", "last_nw", "min_nw",
                 "max_nw"):
        found[name] = source.signed()
    found["sum_nw"], found["energy"] = source.wide(), source.wide()
    found["n_efficiency"], found["efficiency"] = source.count(), source.wide()
    found["n_gaps"], found["gap_ms"] = source.count(), source.signed()
    if flags & 1:
        found["n_energy"] = source.count()
        found["other_efficiency"] = source.wide()
        if flags & 2:
            found["n_wide"] = source.count()
            found["wide"] = [source.number256() for _ in range(6)]
    source.end()
    return found


def profile(source):
    flags = source.byte()
    found = {"hours": []}
    for _ in range(24):
        hour = {"n_readings": source.count(), "power_nw": source.wide()}
        hour["wide"] = source.number256() if flags & 2 else 0
        hour["energy"] = energy(source, flags)
        found["hours"].append(hour)
    found["days"], day = {}, 0
    for _ in range(source.count()):
        step = source.signed()
        day += step >> 1
        found["days"][day] = dict(energy(source, flags), has_readings=step & 1)
    source.end()
    return found


def late_values(data):
    """{value: nano} of a row of delta."""
    source = Bytes(data)
    found = {}
    for _ in range(source.count()):
        name = VALUES[source.count()]
        demand(name not in found, "a value twice")
        found[name] = source.signed()
    source.end()
    return found


# ---- tables ----

def digest(fields):
    state = xxhash.xxh3_64()
    for field in fields:
        if field is None:
            state.update(struct.pack("<q", -1))
        elif isinstance(field, int):
            state.update(struct.pack("<q", field))
        elif isinstance(field, float):
            state.update(struct.pack("<d", field))
        else:
            text = field.encode() if isinstance(field, str) else field
            state.update(struct.pack("<q", len(text)) + text)
    return wrap(state.intdigest())


class Database:
    def __init__(self, path):
        with open(path, "rb") as file:
            header = file.read(100)
        demand(header[:16] == b"SQLite format 3\0", "not an SQLite file")
        demand(struct.unpack(">I", header[68:72])[0] == APPLICATION_ID,
               "not a database of wattle's")
        self.sql = sqlite3.connect(path)
        demand(self.one("PRAGMA user_version") == VERSION, "another version")
        self.ways = {}  # of columns -> how many were read

    def one(self, text, *values):
        return self.sql.execute(text, values).fetchone()[0]

    def devices(self):
        """[(number, device_id)] in the bytewise order of the ids."""
        rows = self.sql.execute("SELECT number, device_id FROM device")
        return sorted(rows, key=lambda row: row[1].encode())

    def metered(self):
        """Numbers of devices that have energies."""
        bits = self.one("SELECT value FROM meta WHERE key = 'metered'")[8:]
        return {8 * i + b for i, byte in enumerate(bits) for b in range(8)
                if byte >> b & 1}

    def zone(self):
        return self.one("SELECT value FROM meta WHERE key = 'zone'")

    def local_files(self):
        """{file: (zone, has local times, {device: (ms, step, flags)})}"""
        found = {}
        for file, zone, has_times, states in self.sql.execute(
                "SELECT file, zone, has_times, states FROM local_file"):
            devices = {device: state for device, *state in
                       struct.iter_unpack("<IqqB", states)}
            demand(list(devices) == sorted(devices), "order of states")
            found[file] = (zone, has_times == 1, devices)
        return found

    def chunks(self, device):
        return self.sql.execute(
            "SELECT c.number, c.first_ms, c.last_ms, c.n_readings, "
            "c.n_duplicates, c.n_rounded, c.summary, d.data FROM chunk c JOIN "
            "chunk_data d ON d.number = c.number WHERE device = ? "
            "ORDER BY first_ms", (device,))

    def readings(self, device):
        """{time_ms: {value: nano}}, ascending."""
        found = {}
        for _, first, last, n, duplicates, rounded, _, data in \
                self.chunks(device):
            rows = chunk(data, self.ways)
            demand((rows[0][0], rows[-1][0], len(rows)) == (first, last, n),
                   "readings of a chunk")
            demand(sum(row[2] for row in rows) == duplicates, "duplicates")
            demand(sum(row[3] for row in rows) == rounded, "rounded")
            demand(not found or max(found) < first, "chunks overlap")
            found.update((row[0], row[1]) for row in rows)
        for time_ms, data, n_shadowed in self.sql.execute(
                "SELECT time_ms, data, n_shadowed FROM delta WHERE device = ?",
                (device,)):
            demand((time_ms in found) == (n_shadowed > 0), "n_shadowed")
            found[time_ms] = late_values(data)
        return dict(sorted(found.items()))

    def days(self, device):
        """{(day, hour or None): mWh}"""
        found = {}
        for row, total, hours, low, data in self.sql.execute(
                "SELECT number, energy_mwh, hours, hour_low_mwh, hour_mwh "
                "FROM rollup WHERE number >> 24 = ?", (device,)):
            day = row % 2 ** 24 - 2 ** 23
            width = len(data) // 12
            digits = data.hex()
            found[day, None] = total
            for h in range(24):
                if hours >> h & 1:
                    above = digits[h * width:(h + 1) * width]
                    found[day, h] = low + int(above, 16)
        return found

    def check_checksums(self):
        """Every one of them; how many there were."""
        n = 0
        for table in ("device", "file", "local_file", "forgotten", "reject",
                      "reject_device", "chunk", "delta", "correction"):
            for *fields, checksum in self.sql.execute(f"SELECT * FROM {table}"):
                demand(digest(fields) == checksum, f"checksum in {table}")
                n += 1
        for checksum, data in self.sql.execute(
                "SELECT checksum, data FROM chunk_data"):
            demand(wrap(xxhash.xxh3_64_intdigest(data)) == checksum,
                   "checksum of a chunk")
            n += 1
        return n


def decimal(nano):
    """A number of nano units as a decimal without idle zeros."""
    whole, part = divmod(abs(nano), NANO)
    text = f"{whole}.{part:09}".rstrip("0").rstrip(".")
    return "-" + text if nano < 0 else text


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: read_database.py DATABASE")
    database = Database(sys.argv[1])
    print("device_id,time_ms," + ",".join(VALUES))
    for number, device_id in database.devices():
        for time_ms, values in database.readings(number).items():
            print(device_id, time_ms, *(
                decimal(values[name]) if name in values else ""
                for name in VALUES), sep=",")


if __name__ == "__main__":
    main()
