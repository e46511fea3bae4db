"""Hostile databases with right checksums, from a seed.

    bases = Bases(program, folder)      # once
    forged = forge(bases, seed)         # a Home
    forged.write(path)
    forged.changes                      # what was done to it, by name

A sound database is changed in a few places, by changes drawn from a list
(`CHANGES`). Everything follows from the seed. Each change has random numbers
of its own, so `forge(bases, seed, only=[2])` makes the third change alone.
"""
import copy
import os
import random
import re
import sqlite3
import struct

from forge import (BITS, CHECKED, DAY_MS, DUPLICATES, FACTOR, WIDE_NW, HOUR_MS,
                   NONE_NW, POWER, PRESENCE, ROUNDED, TIME, WHEN, YEAR_0,
                   YEAR_9999, Bases, Block, Packed, Text, made_home,
                   count, make_column, reader, reshape_summary,
                   rewrite_columns, row_digest, signed, steps_of, wrap, xxh3)
from store_tools import START_MS

# The limits that format.md and input.md name.
LIMITS = [1000000000, 10 ** 18, 10 ** 15, 2 ** 53, 2 ** 46, 1024, 32768, 256,
          4096, 32, 31, 24, 64, 65, HOUR_MS, DAY_MS, YEAR_0, YEAR_9999,
          2 ** 63 - 1, -2 ** 63, -2 ** 63 + 1, 2 ** 24, 2 ** 23, 2 ** 31,
          2 ** 32, 100, 9, 10, 12]


# ---- values ----

def number(rng, near=0, bits=64):
    """A number that may hurt."""
    kind = rng.randrange(8)
    if kind == 0:
        return rng.choice([0, 1, -1, 2, 3, 7, -2])
    if kind == 1:
        return rng.choice([1, -1]) * 2 ** rng.randrange(bits) + \
            rng.choice([-1, 0, 1])
    if kind in (2, 3):
        return rng.choice([1, 1, -1]) * rng.choice(LIMITS) + \
            rng.choice([-1, 0, 0, 1])
    if kind == 4:
        edge = 2 ** (bits - 1)
        return rng.choice([edge - 1, -edge, -edge + 1, edge - 2])
    if kind == 5 and isinstance(near, int):
        return rng.choice([near - 1, near + 1, -near, 2 * near, near + 2 ** 32,
                           near + 60000])
    value = rng.getrandbits(rng.randint(1, bits - 1))
    return -value - 1 if rng.random() < .5 else value


def field_value(rng, field):
    """Another value for a field of its kind."""
    old = field.value
    if field.kind == "packed":
        return packed_value(rng, old)
    if field.kind == "byte":
        return rng.choice([0, 1, 2, old + 1, old - 1, 32, 33, 63, 64, 65, 255,
                           old ^ 1 << rng.randrange(8), rng.randrange(256)])
    if field.kind == "bytes":
        return rng.getrandbits(64).to_bytes(8, "little")
    if field.name.endswith("_nw") and rng.random() < .3:
        return rng.choice([NONE_NW, WIDE_NW, 2 ** 63 - 1])
    if field.name == "size" and rng.random() < .3:
        return rng.choice([0, 1, 5, 2 ** 64 - 1, 2 ** 32, 100000])
    bits = {"wide": rng.choice([64, 65, 128, 128, 130]), "number256": 256,
            "count": rng.choice([64, 64, 65, 70])}.get(field.kind, 64)
    value = number(rng, old or 0, bits)
    return abs(value) if field.kind == "count" else value


def packed_value(rng, old):
    new = Packed(old.numbers, old.width, old.lanes)
    kind = rng.randrange(5)
    if kind == 0:
        new.lanes = new.width <= 32 and len(new.numbers) != 1024
        new.numbers = (new.numbers + [0] * 1024)[:1024]
    elif kind == 1:
        new.width = rng.choice([0, 1, 63, 64, 65, 10, 32, 33])
    elif kind == 2 and new.numbers:
        new.numbers = new.numbers[:rng.randrange(len(new.numbers))]
    elif kind == 3:
        new.numbers = [rng.getrandbits(64) for _ in new.numbers]
    else:
        new.numbers = new.numbers or [0]
        for _ in range(rng.randint(1, 3)):
            new.numbers[rng.randrange(len(new.numbers))] = \
                rng.choice([-1, 0, 1, rng.getrandbits(64)])
    return new


def odd_value(rng):
    """(kind, value) of another type than the column's."""
    return rng.choice([
        ("NULL", None), ("TEXT", "x"), ("TEXT", ""), ("TEXT", "12"),
        ("REAL", 1.5), ("REAL", float("inf")), ("REAL", -1e308),
        ("REAL", 9.3e18), ("REAL", 5e-324), ("BLOB", b""), ("BLOB", b"\0"),
        ("BLOB", bytes(8)), ("BLOB", rng.getrandbits(400).to_bytes(50, "big")),
        ("huge TEXT", "x" * rng.choice([256, 65536, 3000000])),
        ("huge BLOB", bytes(rng.choice([65536, 3000000]))),
        ("bad UTF-8", Text(b"a\xff\xfe\xc3")), ("NUL in TEXT", Text(b"a\0b")),
        ("escapes", "\x1b[31m\a\r\n,\"'"), ("TEXT", "9" * 400)])


# ---- changes ----

CHANGES = []  # (weight, name, function)


def change(weight):
    """Registers a function (rng, home) -> what it did, or None."""
    def register(function):
        CHANGES.append((weight, function.__name__.replace("_", "-"),
                        function))
        return function
    return register


def any_row(rng, home, *tables):
    """(table, row), or (None, None)."""
    found = [table for table in tables or sorted(home.rows)
             if home.rows.get(table)]
    if not found:
        return None, None
    table = rng.choice(found)
    return table, rng.choice(home.rows[table])


def any_chunk(rng, home):
    """(row, Chunk), or (None, None)."""
    _, row = any_row(rng, home, "chunk")
    chunk = home.chunk(row["number"]) if row else None
    return (row, chunk) if chunk else (None, None)


def any_block(rng, home):
    """(row, Chunk, index of a Block), or (None, None, None)."""
    row, chunk = any_chunk(rng, home)
    found = [i for i, block in enumerate(chunk.blocks if chunk else [])
             if isinstance(block, Block)]
    return (row, chunk, rng.choice(found)) if found else (None, None, None)


def new_value(rng, field):
    """Changes it; says how."""
    old = field.value
    field.value = field_value(rng, field)
    return f"{field.name}: {old} -> {field.value}"


@change(12)
def summary_field(rng, home):
    _, row = any_row(rng, home, "chunk")
    fields = home.summary(row) if row else None
    if not fields:
        return None
    # the hours are many; the account is where the sense is
    part = fields[:15] if rng.random() < .6 else fields
    return "; ".join(new_value(rng, rng.choice(part))
                     for _ in range(rng.choice([1, 1, 1, 2, 4])))


@change(5)
def summary_flags(rng, home):
    _, row = any_row(rng, home, "chunk")
    fields = home.summary(row) if row else None
    if not fields:
        return None
    flags = rng.choice([1, 2, 3, 4, 5, 6, 7, 7, 8, 255])
    fields = row["summary"] = reshape_summary(fields, flags)
    told = [f"flags: {flags}"]
    for _ in range(rng.randrange(4)):
        told.append(new_value(rng, rng.choice(
            [field for field in fields[2:] if field.kind == "number256"
             or not field.name.startswith(("hour", "day"))])))
    return "; ".join(told)


@change(4)
def summary_powers(rng, home):
    """First or last powers that are none, or wide, whatever the flags say."""
    told = []
    rows = home.rows["chunk"]
    if rows and rng.random() < .5:
        rows = [rng.choice(rows)]
    for row in rows:
        name = rng.choice(["first_nw", "last_nw"])
        for field in home.summary(row) or []:
            if field.name == name:
                field.value = rng.choice([NONE_NW, WIDE_NW, WIDE_NW])
                told.append(f"{name}: {field.value}")
    return "; ".join(told[:8]) or None


@change(4)
def chunk_counts(rng, home):
    """Counts of readings in a chunk's row, alone or in its summary too."""
    _, row = any_row(rng, home, "chunk")
    if not row:
        return None
    name = rng.choice(["n_readings", "n_readings", "n_duplicates",
                       "n_rounded"])
    old = row[name]
    row[name] = rng.choice([number(rng, old), -rng.getrandbits(63),
                            rng.getrandbits(63)])
    is_told = name == "n_readings" and rng.random() < .4
    for field in (home.summary(row) or []) if is_told else []:
        if field.name == "n":
            field.value = row[name] % 2 ** 64
    return f"{name}: {old} -> {wrap(row[name])}"


@change(6)
def directory_field(rng, home):
    _, chunk, i = any_block(rng, home)
    if not chunk:
        return None
    return new_value(rng, rng.choice(chunk.entries[i]))


@change(12)
def column_field(rng, home):
    _, chunk, i = any_block(rng, home)
    if not chunk:
        return None
    bit = rng.choice(sorted(chunk.blocks[i].columns))
    told = new_value(rng, rng.choice(chunk.blocks[i].columns[bit]))
    return f"{BITS[bit]}.{told}"


@change(4)
def block_shape(rng, home):
    _, chunk, i = any_block(rng, home)
    if not chunk:
        return None
    block = chunk.blocks[i]
    bit = rng.choice(sorted(block.columns))
    kind = rng.randrange(6)
    if kind == 0 and rng.random() < .5:
        block.n_columns = rng.choice([0, 1, 3, 17, 18, 2 ** 63, number(rng)])
        return f"n_columns: {block.n_columns}"
    if kind == 0:
        block.tags[bit] = rng.choice([0, 3, 4, 15, 16, 27, 28, 2 ** 31,
                                      2 ** 32, 2 ** 63, number(rng)])
        return f"tag of {BITS[bit]}: {block.tags[bit]}"
    if kind == 1:
        block.lengths[bit] = rng.choice([0, 1, 2 ** 24 - 1, 65536])
        return f"length of {BITS[bit]}: {block.lengths[bit]}"
    if kind == 2:
        del block.columns[bit]
        return f"without {BITS[bit]}"
    if kind == 3:
        other = rng.randint(1, len(BITS) - 1)
        block.columns[other] = copy.deepcopy(block.columns[bit])
        return f"{BITS[other]}: as {BITS[bit]}"
    if kind == 4:
        block.more = bytes(rng.choice([1, 8, 70000]))
        return f"more: {len(block.more)} bytes"
    other = rng.choice(sorted(block.columns))
    block.columns[bit], block.columns[other] = (block.columns[other],
                                                block.columns[bit])
    return f"{BITS[bit]} and {BITS[other]} swapped"


@change(3)
def chunk_shape(rng, home):
    _, chunk, i = any_block(rng, home)
    if not chunk:
        return None
    kind = rng.randrange(4)
    if kind == 0:
        return new_value(rng, rng.choice(chunk.head))
    if kind == 1:
        for _ in range(rng.choice([1, 31, 254])):
            chunk.blocks.append(copy.deepcopy(chunk.blocks[i]))
            chunk.entries.append(copy.deepcopy(chunk.entries[i]))
        chunk.head[1].value = len(chunk.blocks)
        return f"{len(chunk.blocks)} blocks"
    if kind == 2:
        chunk.more = bytes(rng.choice([1, 100, 70000]))
        return f"more: {len(chunk.more)} bytes"
    rng.shuffle(chunk.blocks)
    return "shuffled"


@change(4)
def cut_blob(rng, home):
    table, name = rng.choice([("chunk", "summary"), ("chunk_data", "data"),
                              ("rollup", "hour_mwh")])
    _, row = any_row(rng, home, table)
    if not row:
        return None
    data = home.stored(row[name])
    if not isinstance(data, bytes):
        return None
    kind = rng.randrange(5)
    if kind == 0:
        row[name] = data[:rng.randrange(len(data) + 1)]
    elif kind == 1:
        row[name] = data + bytes(rng.randint(1, 20))
    elif kind == 2:
        row[name] = data[:1] + bytes(rng.randrange(256)
                                        for _ in data[1:])
    elif kind == 3:
        row[name] = bytes([1]) * len(data)
    else:
        at = rng.randrange(len(data) or 1)
        row[name] = data[:at] + bytes([255]) * 20 + data[at:]
    kind = ["cut", "longer", "random", "ones", "middle"][kind]
    return f"{table}.{name} {kind}: {len(data)} -> {len(row[name])}"


@change(16)
def row_number(rng, home):
    table, row = any_row(rng, home)
    names = [name for name, value in (row or {}).items()
             if isinstance(value, (int, float)) and name != "checksum"]
    if not names:
        return None
    told = []
    for _ in range(rng.choice([1, 1, 1, 2])):
        name = rng.choice(names)
        old = row[name]
        row[name] = number(rng, old)
        told.append(f"{table}.{name}: {old} -> {wrap(row[name])}")
    return "; ".join(told)


@change(6)
def whole_column(rng, home):
    """One absurd number in every row."""
    table, row = any_row(rng, home, "chunk", "delta", "rollup", "file",
                         "device")
    names = [name for name, value in (row or {}).items()
             if isinstance(value, int) and name not in
             ("checksum", "number")]
    if not names:
        return None
    name, value = rng.choice(names), number(rng)
    for row in home.rows[table]:
        row[name] = value
    return f"{table}.{name}: all {wrap(value)}"


@change(8)
def row_type(rng, home):
    table, row = any_row(rng, home)
    if not row:
        return None
    name = rng.choice([name for name in row if name != "checksum"])
    kind, value = odd_value(rng)
    row[name] = value
    return f"{table}.{name} {kind}: {str(value)[:20]!r}"


@change(6)
def damaged_row(rng, home):
    """Changed without another checksum, as damage does it."""
    table, row = any_row(rng, home, *CHECKED, "chunk_data")
    if not row:
        return None
    if table == "chunk_data":
        name = "number"
    else:
        name = rng.choice([name for name, value in row.items()
                           if isinstance(value, int) and name != "checksum"])
    row["checksum"] = row_digest(*[
        home.stored(value) for key, value in row.items()
        if key != "checksum" and not key.startswith("_")])
    if table == "chunk_data":
        row["checksum"] = xxh3(home.stored(row["data"]))
    old = row[name]
    row["_stale"] = True
    if table == "chunk_data" and rng.random() < .6:
        data = bytearray(home.stored(row["data"]))
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        row["data"] = bytes(data)
        return "chunk_data.data: a bit"
    row[name] = number(rng, old)
    if rng.random() < .3:
        row[name] = old + rng.choice([1, 1000, 3 * 10 ** 9, 2 ** 40])
    return f"{table}.{name}: {old} -> {wrap(row[name])}"


@change(5)
def rows_lost(rng, home):
    table, row = any_row(rng, home)
    if not row:
        return None
    rows = home.rows[table]
    if rng.random() < .3:
        rows.clear()
        return f"{table}: all"
    rows.remove(row)
    return f"{table}: {str(list(row.values())[0])[:20]}"


@change(5)
def rows_doubled(rng, home):
    """A row twice, under another number or the same one."""
    table, row = any_row(rng, home)
    if not row:
        return None
    twin = copy.deepcopy(row)
    key = list(row)[0]
    if rng.random() < .8 and isinstance(twin[key], int):
        twin[key] = number(rng, twin[key])
    home.rows[table].append(twin)
    if table == "chunk" and rng.random() < .7:
        data = [x for x in home.rows["chunk_data"]
                if x["number"] == row["number"]]
        home.rows["chunk_data"] += [dict(copy.deepcopy(x), number=twin[key])
                                    for x in data[:1]]
    return f"{table}: {str(row[key])[:20]} as {str(twin[key])[:20]}"


def set_numbers(rng, block, bit, numbers):
    try:
        block.columns[bit] = make_column(rng, numbers)
    except (OverflowError, ValueError):
        block.columns[bit] = make_column(rng, numbers, 2)


def mix_in(rng, numbers, values):
    """Some or all of the numbers replaced by these."""
    share = rng.choice([0, .02, .5, 1])
    out = [rng.choice(values) if rng.random() < share else x
           for x in numbers]
    for value in values[:1 + rng.randrange(2)]:
        out[rng.randrange(len(out))] = value
    return out


def hurting(rng, bit, n=6):
    """Values of a column, also beyond what input.md allows."""
    limit = {FACTOR: 10 ** 9, PRESENCE: 31}.get(bit, 10 ** 18)
    kind = rng.randrange(6)
    if kind == 0:
        return [2 ** 63 - 1, -2 ** 63, 0, -1]
    if kind == 5:  # few digits, as what readings have in common
        return [rng.choice([1, 1, -1]) * 10 ** 6 *
                rng.getrandbits(rng.randint(1, 43)) for _ in range(n)]
    if kind == 1:
        return [limit, -limit, limit + 1, -limit - 1]
    if kind == 2:
        return [-rng.getrandbits(rng.randint(1, 63)) for _ in range(n)]
    if kind == 3:
        return [2 ** 63 - 1 - rng.getrandbits(8), -2 ** 63 +
                rng.getrandbits(8)] + [wrap(rng.getrandbits(64))
                                       for _ in range(n)]
    return [wrap(number(rng)) for _ in range(n)]


def sums_again(chunk, i):
    """The directory's sums of block i as its values have them; of the step
    into it nothing is known here."""
    block = chunk.blocks[i]
    columns = {bit: block.numbers(bit) for bit in block.columns}
    rows = [(columns[TIME][k],
             {bit: columns[bit][k] for bit in columns if 1 <= bit <= 5
              and (PRESENCE not in columns or
                   columns[PRESENCE][k] >> (bit - 1) & 1)})
            for k in range(block.n)]
    steps = list(steps_of(rows))
    entry = {field.name: field for field in chunk.entries[i]}
    entry["sum_nw"].value = sum(x[1] for x in steps if x[1] > WIDE_NW)
    entry["energy"].value = sum(x[2] for x in steps)


@change(16)
def values(rng, home):
    """Readings that cannot be, soundly encoded."""
    _, chunk, i = any_block(rng, home)
    if not chunk:
        return None
    block = chunk.blocks[i]
    told = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        bit = rng.choice(sorted(set(block.columns) & {1, 2, 3, 4, 5}) or
                         [POWER])
        if rng.random() < .15:
            bit = rng.randint(1, 5)
        old = block.numbers(bit) if bit in block.columns else [0] * block.n
        found = hurting(rng, bit)
        set_numbers(rng, block, bit, mix_in(rng, old, found))
        told.append(f"{BITS[bit]}: {found[:3]}")
    if rng.random() < .5:
        sums_again(chunk, i)
        told.append("with sums")
    return "; ".join(told)


@change(6)
def values_of_absent_rows(rng, home):
    """Beside a presence column, what is not there holds anything."""
    _, chunk, i = any_block(rng, home)
    if not chunk:
        return None
    block = chunk.blocks[i]
    presence = block.numbers(PRESENCE) if PRESENCE in block.columns else \
        [sum(1 << (bit - 1) for bit in block.columns if 1 <= bit <= 5)] * \
        block.n
    bits = sorted(rng.sample([1, 2, 3, 4, 5], rng.randint(1, 4)))
    for bit in bits:
        if bit not in block.columns:
            block.columns[bit] = make_column(rng, [0] * block.n)
            is_there = [0] * block.n
        else:
            is_there = [x >> (bit - 1) & 1 for x in presence]
        found = hurting(rng, bit, 200)
        set_numbers(rng, block, bit, [
            x if there else rng.choice(found)
            for x, there in zip(block.numbers(bit), is_there)])
        if all(is_there):
            # make one that is absent, unless nothing else would be left
            at = rng.randrange(block.n)
            if presence[at] & ~(1 << (bit - 1)) & 0x18:
                presence[at] &= ~(1 << (bit - 1))
    set_numbers(rng, block, PRESENCE, presence)
    return "+".join(BITS[bit] for bit in bits)


@change(5)
def presence(rng, home):
    _, chunk, i = any_block(rng, home)
    if not chunk:
        return None
    block = chunk.blocks[i]
    everything = sum(1 << (b - 1) for b in block.columns if 1 <= b <= 5)
    found = rng.choice([[0], [1], [2, 4], [31], [32], [-1], [8, 16, 24],
                        [wrap(number(rng)) for _ in range(4)]])
    set_numbers(rng, block, PRESENCE,
                mix_in(rng, [everything] * block.n, found))
    return f"{found}"


@change(5)
def counts_of_readings(rng, home):
    _, chunk, i = any_block(rng, home)
    if not chunk:
        return None
    bit = rng.choice([DUPLICATES, ROUNDED])
    found = [wrap(number(rng)) for _ in range(3)]
    set_numbers(rng, chunk.blocks[i], bit,
                mix_in(rng, [0] * chunk.blocks[i].n, found))
    return f"{BITS[bit]}: {found}"


@change(10)
def times(rng, home):
    """Times that do not ascend, or lie far away."""
    row, chunk, i = any_block(rng, home)
    if not chunk:
        return None
    block = chunk.blocks[i]
    if TIME not in block.columns:
        return None
    old = block.numbers(TIME)
    kind = rng.choice(["equal", "descending", "spread", "jump", "random",
                       "edge"])
    if kind == "equal":
        new = [old[0]] * block.n
    elif kind == "descending":
        new = old[::-1]
    elif kind == "spread":
        step = rng.getrandbits(rng.randint(20, 62)) + 1
        new = [old[0] + k * step for k in range(block.n)]
    elif kind == "edge":
        edge = rng.choice([YEAR_0, YEAR_9999, -2 ** 63, 2 ** 63 - 1])
        new = [edge + x - old[rng.choice([0, -1])] for x in old]
    else:
        new = list(old)
        for _ in range(1 if kind == "jump" else block.n):
            new[rng.randrange(block.n)] = number(rng, old[0])
    new = [wrap(x) for x in new]
    set_numbers(rng, block, TIME, new)
    told = f"{kind}: {new[0]}..{new[-1]}"
    if rng.random() < .7:
        tell_times(rng, home, row, chunk, i, new)
        told += " (told)"
    return told


def tell_times(rng, home, row, chunk, i, new):
    """Directory, row and summary say the times that the block has."""
    last = 0
    for entry in chunk.entries[:i]:
        last += entry[1].value + entry[2].value
    chunk.entries[i][1].value = wrap(new[0] - last)
    chunk.entries[i][2].value = (new[-1] - new[0]) % 2 ** 64
    if i == 0:
        row["first_ms"] = new[0]
    if i == len(chunk.blocks) - 1:
        row["last_ms"] = new[-1]
    fields = home.summary(row)
    if fields and rng.random() < .7:
        for field in fields:
            if field.name in ("first_ms", "last_ms"):
                field.value = row[field.name]


@change(6)
def shifted_chunk(rng, home):
    """A whole chunk at another time: over others, or at the edges."""
    row, chunk = any_chunk(rng, home)
    if not chunk or not all(isinstance(x, Block) for x in chunk.blocks):
        return None
    if not isinstance(row["first_ms"], int):
        return None
    shift = rng.choice([
        number(rng), YEAR_9999 - row["first_ms"], YEAR_0 - row["last_ms"],
        2 ** 63 - 1 - row["last_ms"], -2 ** 63 - row["first_ms"],
        -3600000, 60000, rng.getrandbits(62)])
    for block in chunk.blocks:
        if TIME in block.columns:
            set_numbers(rng, block, TIME, [wrap(x + shift) for x in
                                           block.numbers(TIME)])
    chunk.entries[0][1].value = wrap(chunk.entries[0][1].value + shift)
    for name in ("first_ms", "last_ms"):
        row[name] = wrap(row[name] + shift)
    for field in home.summary(row) or []:
        if field.name in ("first_ms", "last_ms"):
            field.value = wrap(field.value + shift)
    return f"by {shift}"


@change(5)
def other_device(rng, home):
    """A chunk, a late reading or a correction of a device that is not there, or
    is another."""
    table, row = any_row(rng, home, "chunk", "delta", "correction")
    if not row:
        return None
    n = len(home.rows["device"])
    old = row["device"]
    row["device"] = rng.choice([n, n + 1, 1000, 0, -1, 2 ** 31, 2 ** 39,
                                2 ** 40, 2 ** 63 - 1, number(rng)])
    return f"{table}: {old} -> {wrap(row['device'])}"


@change(6)
def device_number(rng, home):
    """A hole in the numbers, or absurd ones, with what belongs to them."""
    _, row = any_row(rng, home, "device")
    if not row or not isinstance(row["number"], int):
        return None
    old = row["number"]
    new = rng.choice([old + 1, old + 100, 2 ** 20, 2 ** 31 - 1, 2 ** 32,
                      2 ** 39, 2 ** 63 - 1, -1, number(rng)])
    row["number"] = new
    if rng.random() < .6:
        for table in ("chunk", "delta", "correction"):
            for other in home.rows[table]:
                if other["device"] == old:
                    other["device"] = new
        for other in home.rows["rollup"]:
            if isinstance(other["number"], int) and \
                    other["number"] >> 24 == old:
                other["number"] += (new - old) << 24
    return f"{old} -> {wrap(new)}"


@change(5)
def device_id(rng, home):
    _, row = any_row(rng, home, "device")
    if not row:
        return None
    name = rng.choice(["device_id", "device_id", "name", "location"])
    row[name] = rng.choice([
        "", "x" * 255, "x" * 256, "\u00e9" * 128, "x" * 5000000, "a\nb",
        "a\"b,c", "\x1b]0;x\a", Text(b"a\0b"), Text(b"\xff" * 40),
        Text(b"\0"), "*", "a[b", "=1+1", "'", None, 5, b"blob",
        rng.choice(home.rows["device"])["device_id"]])
    return f"{name}: {str(row[name])[:20]!r}"


def late_data(values, n=None):
    """The values of a late reading: pairs of measure and nano."""
    return count(len(values) if n is None else n) + b"".join(
        count(measure) + signed(nano) for measure, nano in values)


def late_row(rng, home):
    device = rng.choice(home.rows["device"])["number"] \
        if home.rows["device"] else 0
    measures = rng.choice([[3], [3], [0, 1, 2], [4], [0, 1, 2, 3], [3, 4],
                           [0, 1, 2, 3, 4], [3, 5, 11]])
    values = [(measure, rng.randrange(10 ** 9)) for measure in measures]
    return {"device": device,
            "time_ms": START_MS + rng.randrange(-1000, 100000) * 1000,
            "n_duplicates": 0, "n_rounded": 0, "n_shadowed": 0,
            "data": late_data(values), "checksum": 0}


def odd_late_data(rng, found):
    """Values that cannot be, or bytes that are none."""
    kind = rng.randrange(6)
    values = [(rng.choice([0, 1, 2, 3, 4]), rng.choice(found))
              for _ in range(rng.choice([1, 1, 2, 5]))]
    if kind == 0:
        values = [(rng.choice([12, 31, 32, 63, 64, 2 ** 32, 2 ** 63]),
                   rng.choice(found))] + values
    elif kind == 1:
        values = []
    elif kind == 2:
        values.sort(reverse=True)
    else:
        values = sorted(dict(values).items())
    data = late_data(values, rng.choice([0, 2 ** 63, 300])
                     if kind == 3 else None)
    return data[:rng.randrange(len(data) + 1)] if kind == 4 else data


@change(10)
def late_rows(rng, home):
    told = []
    found = hurting(rng, POWER, 50)
    for _ in range(rng.choice([1, 2, 40, 200])):
        row = late_row(rng, home)
        for name in rng.sample(list(row)[:-1], rng.randint(0, 3)):
            if name not in ("device", "time_ms") or rng.random() < .2:
                row[name] = odd_late_data(rng, found) if name == "data" \
                    else number(rng, row[name])
                told.append(name)
        home.rows["delta"].append(row)
    return "+".join(sorted(set(told))[:3]) or "plain"


@change(2)
def too_many_late_rows(rng, home):
    n = rng.choice([1024, 1025, 1500, 4000])
    first = late_row(rng, home)
    home.rows["delta"] += [dict(first, time_ms=first["time_ms"] + k * 1000)
                           for k in range(n)]
    return f"{n}"


@change(6)
def rollup(rng, home):
    _, row = any_row(rng, home, "rollup")
    if not row:
        return None
    kind = rng.randrange(4)
    if kind == 0:
        width = rng.choice([0, 1, 5, 12, 13, 24, 1000])
        row["hour_mwh"] = bytes([255]) * (12 * width +
                                          rng.choice([0, 0, 1, 11]))
        return f"hour_mwh: {len(row['hour_mwh'])} bytes"
    if kind == 1:
        row["hours"] = rng.choice([0, -1, 2 ** 24, -2, 2 ** 63 - 1])
        row["hour_low_mwh"] = number(rng)
        return f"hours: {row['hours']}, low {row['hour_low_mwh']}"
    if kind == 2:
        row["number"] = rng.choice([0, -1, 2 ** 63 - 1, -2 ** 63,
                                    row["number"] + 2 ** 24,
                                    row["number"] + 1, 2 ** 24 - 1])
        return f"number: {row['number']}"
    for name in ("mean_mw", "min_mw", "max_mw", "energy_mwh"):
        row[name] = number(rng)
    return "powers"


@change(5)
def file_row(rng, home):
    row = {"number": number(rng), "path": "new.csv", "is_usable": 1,
           "problem": None, "size_bytes": 100, "modified_ns": 0,
           "n_lines": 0, "n_rejects": 0, "file_lines": 1, "parts": bytes(8),
           "imported_at": WHEN, "checksum": 0}
    if home.rows["file"] and rng.random() < .6:
        row = rng.choice(home.rows["file"])
    else:
        home.rows["file"].append(row)
    name, value = rng.choice([
        ("size_bytes", number(rng)), ("n_lines", number(rng)),
        ("n_rejects", number(rng)), ("file_lines", number(rng)),
        ("is_usable", rng.choice([3, -1, 0])), ("modified_ns", number(rng)),
        ("parts", bytes(rng.choice([0, 1, 7, 9, 80, 800001]))),
        ("parts", None), ("path", rng.choice(["", "-", "own.csv", "late.csv",
                                              "x" * 100000])),
        ("imported_at", "never"), ("problem", "x" * 100000)])
    row[name] = value
    if name == "path" and rng.random() < .5:
        row["size_bytes"] = number(rng)
    return f"{name}: {str(value)[:20]}"


@change(4)
def meta(rng, home):
    key = rng.choice(["generation", "lost", "lost", "lost", "more", "",
                      "x" * 70000, "zone", "max_gap_ms", "max_gap_ms",
                      "n_measures"])
    value = rng.choice([number(rng), -1, None, "x", 2 ** 63 - 1, -2 ** 63,
                        odd_value(rng)[1], 1000, 60000, "Europe/Berlin"])
    rows = home.rows["meta"]
    rows[:] = [row for row in rows if row["key"] != key]
    is_missing = rng.random() < .2
    if not is_missing:
        rows.append({"key": key, "value": value})
    return f"{key[:12]}: {'missing' if is_missing else str(value)[:24]}"


@change(3)
def rejects(rng, home):
    if rng.random() < .5:
        home.rows["reject"].append(
            {"file": rng.choice([1, 9, number(rng)]), "line": number(rng),
             "reason": rng.choice([7, -1, 0, 255, number(rng)]),
             "raw": rng.choice([b"", b"x" * 3000000, b"\0\xff\n"]),
             "checksum": 0})
        row = home.rows["reject"][-1]
        return f"reason: {row['reason']}, line {row['line']}"
    if rng.random() < .5:
        home.rows["reject_device"].append(
            {"file": rng.choice([1, 9, number(rng)]),
             "device": rng.choice([0, 1, 77, number(rng)]), "n": number(rng),
             "checksum": 0})
        return f"reject_device: {home.rows['reject_device'][-1]}"
    home.rows["reject_count"].append(
        {"file": rng.choice([1, 9]), "reason": rng.choice([0, 6, 7, -1]),
         "n": number(rng)})
    return f"n: {home.rows['reject_count'][-1]['n']}"


@change(5)
def more_in_the_schema(rng, home):
    table = rng.choice(sorted(home.rows))
    kind, sql = rng.choice([
        ("table", "CREATE TABLE more(x); INSERT INTO more VALUES(1)"),
        ("view", f"CREATE VIEW more AS SELECT * FROM {table}"),
        ("index", f"CREATE INDEX more ON {table}(1)"),
        ("trigger that ignores", f"CREATE TRIGGER more BEFORE INSERT ON "
         f"{table} BEGIN SELECT RAISE(IGNORE); END"),
        ("trigger that deletes", f"CREATE TRIGGER more AFTER INSERT ON "
         f"{table} BEGIN DELETE FROM chunk; END"),
        ("trigger on updates", f"CREATE TRIGGER more BEFORE UPDATE ON {table}"
         " BEGIN SELECT RAISE(ABORT, 'no'); END"),
        ("endless trigger", f"CREATE TRIGGER more AFTER INSERT ON {table} "
         "BEGIN INSERT INTO meta WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL "
         "SELECT x + 1 FROM r) SELECT max(x), 1 FROM r; END"),
        ("readings", "CREATE TABLE readings(x)"),
        ("energy_buckets", "CREATE VIEW energy_buckets AS SELECT 1"),
        ("fts5", "CREATE VIRTUAL TABLE more USING fts5(x)"),
        ("rtree", "CREATE VIRTUAL TABLE more USING rtree(a, b, c)"),
        ("ANALYZE", "ANALYZE"),
        ("statistics that lie", "ANALYZE; UPDATE sqlite_stat1 SET stat = "
         "'9223372036854775807 0 -5 unordered'")])
    home.statements += sql.split("; ") if "BEGIN" not in sql else [sql]
    return f"{kind}: {table}"


@change(6)
def another_thing_instead(rng, home):
    """A view or a virtual table where a table belongs, or a view that is
    another."""
    table = rng.choice(sorted(home.rows))
    sql = next((sql for _, name, sql in home.schema if name == table), "")
    names = re.findall(r"[(,] *([a-z_]+)(?= |,|\))", sql)
    names = ", ".join(dict.fromkeys(names)) or "x"
    kinds = {
        "view": [f"CREATE VIEW {table} AS SELECT * FROM old"],
        "endless view": [f"CREATE VIEW {table} AS WITH RECURSIVE r(x) AS "
                         "(SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT "
                         "old.* FROM r, old"],
        "view of energy_buckets": [
            f"CREATE VIEW {table} AS SELECT old.* FROM old, "
            "energy_buckets"],
        "view of readings": [f"CREATE VIEW {table} AS SELECT old.* FROM old, "
                             "readings"],
        "fts5": [f"CREATE VIRTUAL TABLE {table} USING fts5({names})"],
        "virtual table": [
            "PRAGMA writable_schema = 1",
            "INSERT INTO sqlite_master VALUES('table', "
            f"'{table}', '{table}', 0, 'CREATE VIRTUAL TABLE {table} USING "
            f"{rng.choice(['readings', 'energy_buckets', 'none'])}')"],
        "nothing": [],
        "empty table": [f"CREATE TABLE {table}({names})"],
        "other order": [f"CREATE TABLE {table} AS SELECT "
                        f"{', '.join(reversed(names.split(', ')))} FROM old"],
    }
    kind = rng.choice(sorted(kinds))
    if rng.random() < .25:
        view = rng.choice(["devices", "daily", "hourly", "files",
                           "corrections"])
        home.statements += [f"DROP VIEW {view}",
                            f"CREATE VIEW {view} AS " + rng.choice([
                                "SELECT 1", "SELECT * FROM " + view,
                                "SELECT * FROM readings",
                                "SELECT * FROM absent"])]
        return f"another view: {view}"
    views = [name for what, name, _ in home.schema if what == "view"]
    home.statements += [f"DROP VIEW IF EXISTS {view}" for view in views]
    home.statements += [f"ALTER TABLE {table} RENAME TO old"] + kinds[kind]
    home.statements += [sql for what, _, sql in home.schema
                        if what == "view"]
    return f"{kind}: {table}"


@change(4)
def columns_of_a_table(rng, home):
    table = rng.choice(sorted(home.rows))
    if not home.rows[table]:
        return None
    names = [name for name in home.rows[table][0]
             if not name.startswith("_")]
    name = rng.choice(names[1:] or names)
    kind = rng.choice(["generated", "added", "renamed", "dropped",
                       "computed", "no index"])
    if kind in ("dropped", "computed"):
        home.loose.add(table)
        home.statements += [f"DROP INDEX {index}" for what, index, _ in
                            home.schema if what == "index"]
    home.statements += {
        "generated": [f"ALTER TABLE {table} ADD COLUMN g AS ({name})"],
        "added": [f"ALTER TABLE {table} ADD COLUMN more DEFAULT 5"],
        "renamed": [f"ALTER TABLE {table} RENAME COLUMN {name} TO other"],
        "no index": ["DROP INDEX chunk_by_time"],
        "dropped": [f"DROP VIEW IF EXISTS {view}" for view in
                    ("devices", "daily", "hourly", "files", "corrections",
                     "rejected_lines")] +
        [f"ALTER TABLE {table} DROP COLUMN {name}"],
        "computed": [f"DROP VIEW IF EXISTS {view}" for view in
                     ("devices", "daily", "hourly", "files", "corrections",
                     "rejected_lines")] +
        [f"ALTER TABLE {table} DROP COLUMN {name}",
         f"ALTER TABLE {table} ADD COLUMN {name} AS "
         f"({rng.choice(['1', 'random()', 'abs(5)', 'zeroblob(1e9)'])})"],
    }[kind]
    return f"{kind}: {table}.{name}"


@change(6)
def settings(rng, home):
    name, value = rng.choice([
        ("page_size", rng.choice([512, 1024, 4096, 65536])),
        ("encoding", rng.choice(["UTF-16le", "UTF-16be"])),
        ("application_id", number(rng, reader.APPLICATION_ID)),
        ("user_version", rng.choice([0, 1, 2, 4, -1, 99, 2 ** 31 - 1])),
        ("journal", "DELETE"), ("vacuum", rng.choice([1, 2]))])
    home.settings[name] = value
    return f"{name}: {value}"


def keep_journal(path, end, is_cut):
    """The files as a killed writer leaves them."""
    db = sqlite3.connect(path, isolation_level=None)
    try:
        mode = "WAL" if end == "-wal" else "DELETE"
        db.execute(f"PRAGMA journal_mode = {mode}")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("PRAGMA cache_size = 2")
        db.execute("BEGIN")
        for i in range(200):
            db.execute("INSERT INTO reject_count VALUES(?, 1, 1)",
                       (1000 + i,))
        db.execute("UPDATE rollup SET n_readings = n_readings + 0")
        if end == "-wal":
            db.execute("COMMIT")
        kept = {}
        for name in (path, path + end):
            if os.path.exists(name):
                with open(name, "rb") as file:
                    kept[name] = file.read()
    except sqlite3.Error:
        kept = {}  # the tables are too odd
    finally:
        db.close()
    for name, data in kept.items():
        with open(name, "wb") as file:
            file.write(data[:len(data) * 2 // 3] if is_cut and name != path
                       else data)


@change(5)
def leftovers(rng, home):
    """What a crash or another program leaves beside or in the file."""
    kind = rng.choice(["-wal zero", "-wal random", "-wal header",
                       "-journal random", "-journal header", "-shm random",
                       "cut", "longer", "-wal folder", "header",
                       "-wal kept", "-wal kept, cut", "-journal kept"])
    seed = rng.getrandbits(32)

    def edit(path):
        if "kept" in kind:
            keep_journal(path, kind.split()[0], kind.endswith("cut"))
            return
        numbers = random.Random(seed)
        noise = numbers.getrandbits(8 * 40000).to_bytes(40000, "little")
        end = kind.split()[0]
        if kind.endswith("folder"):
            os.makedirs(path + end, exist_ok=True)
        elif end == "cut":
            size = os.path.getsize(path)
            os.truncate(path, size - numbers.choice([1, 8192, size // 2]))
        elif end in ("longer", "header"):
            with open(path, "r+b") as file:
                if end == "longer":
                    file.seek(0, 2)
                    file.write(noise[:numbers.choice([1, 8192, 20000])])
                else:
                    file.seek(numbers.choice([18, 20, 28, 32, 36, 44, 52]))
                    file.write(noise[:numbers.choice([1, 4])])
        else:
            head = {"-wal": struct.pack(">IIII", 0x377f0682, 3007000, 8192,
                                        0),
                    "-journal": bytes.fromhex("d9d505f920a163d7") +
                    struct.pack(">IIII", 3, 0, 8, 512)}.get(end, b"")
            if not kind.endswith("header"):
                head = b""
            with open(path + end, "wb") as file:
                file.write(bytes(40000) if kind.endswith("zero")
                           else head + noise)
    home.file_edits.append(edit)
    return kind


# ---- a database from a seed ----

def forge(bases, seed, only=None):
    """The database of a seed: a Home. One in ten is sound. Of the changes
    only those with these numbers are made, unless `only` is None."""
    rng = random.Random(seed)
    base = rng.choice(Bases.NAMES + ["made", "made"])
    home = made_home(bases, rng) if base == "made" else bases.get(base)
    if rng.random() < .4:
        rewrite_columns(home, rng)
        base += " rewritten"
    home.base = base
    if seed % 10 == 0:
        if rng.random() < .5:
            home.settings["page_size"] = rng.choice([512, 1024, 65536])
        home.settings["journal"] = rng.choice(["WAL", "DELETE"])
        return home
    home.is_sound = False
    n = rng.choice([1, 1, 1, 1, 2, 2, 3, 4])
    is_balanced = rng.random() < .7
    weights = [row[0] for row in CHANGES]
    for i in range(n):
        own = random.Random(f"{seed} {i}")
        if only is not None and i not in only:
            continue
        for _ in range(20):  # not each of them can be made everywhere
            _, name, function = own.choices(CHANGES, weights)[0]
            try:
                detail = function(own, home)
            except (reader.Broken, TypeError, IndexError, KeyError,
                    struct.error):
                detail = None  # the tree is too broken for it by now
            if detail is not None:
                home.changes.append((name, detail))
                break
    if is_balanced:
        home.balance()
    return home


def kind_of(name, detail):
    """The name of a change without its numbers, to group by."""
    kinds = [part.split(":")[0].split(" (")[0].strip()
             for part in detail.split("; ")]
    if name in ("presence", "too-many-late-rows", "device-number",
                "shifted-chunk", "meta"):
        return name
    return f"{name} {'+'.join(sorted(set(kinds))[:2])}"
