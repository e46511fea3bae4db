"""The data that contenders read: made by `wattle generate`, kept in
build/bench/data between runs, and made anew when the generator changes.

Some shapes are derived from generated files: the same readings with CRLF line
ends, with some fields in quotes, or with three decimals everywhere.
"""

import ctypes
import hashlib
import json
import mmap
import os
import random
import re
import shutil
import subprocess

from . import paths

PROBE_READINGS = 20000
BLOCK_BYTES = 8 << 20


class Dataset:
    """A folder of readings.

    options: arguments of wattle generate, without --out and --readings.
    derive:  None, or the name of a function below that rewrites a block of
             whole rows of the plain data of the same options.
    """

    def __init__(self, shape, readings, options=(), derive=None):
        self.shape = shape
        self.readings = readings
        self.options = list(options)
        self.derive = derive
        self.name = f"{shape}_{short_number(readings)}"
        self.folder = f"{paths.DATA}/{self.name}"

    def files(self):
        """The files of readings, sorted by name."""
        return sorted(f"{self.folder}/{name}"
                      for name in os.listdir(self.folder)
                      if name.startswith("readings_"))

    def size_bytes(self):
        return sum(os.path.getsize(name) for name in self.files())

    def facts(self):
        """What the results say about the data."""
        return {"name": self.name, "shape": self.shape,
                "readings": self.readings, "bytes": self.size_bytes(),
                "files": len(self.files()), "generate_options": self.options,
                "derived_by": self.derive}


def short_number(number):
    """100000 -> 100k, 10000000 -> 10M."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1000, "k")):
        if number >= size and number % size == 0:
            return f"{number // size}{letter}"
    return str(number)


def parse_number(text):
    """100k -> 100000, 10M -> 10000000."""
    match = re.fullmatch(r"(\d+)([kMG]?)", text.strip())
    if not match or int(match[1]) == 0:
        raise ValueError(f"not a number of readings: {text!r}")
    return int(match[1]) * {"": 1, "k": 1000, "M": 10**6, "G": 10**9}[match[2]]


def fingerprint(dataset):
    """A hash that changes when the generator would make other bytes."""
    probe = subprocess.run(
        [paths.WATTLE, "generate", "--out", "-", "--quiet", "--readings",
         str(min(dataset.readings, PROBE_READINGS)), *dataset.options],
        check=True, stdout=subprocess.PIPE).stdout
    mark = hashlib.sha256(probe)
    mark.update(json.dumps([dataset.readings, dataset.options]).encode())
    if dataset.derive:
        with open(__file__, "rb") as file:
            mark.update(file.read())
    return mark.hexdigest()


def ensure(dataset, say):
    """Make the data unless they are there already."""
    stamp = dataset.folder + ".stamp"
    mark = fingerprint(dataset)
    if os.path.isdir(dataset.folder) and os.path.exists(stamp):
        with open(stamp, encoding="ascii") as file:
            if file.read() == mark:
                return
    say(f"making {dataset.name}")
    shutil.rmtree(dataset.folder, ignore_errors=True)
    if os.path.exists(stamp):
        os.remove(stamp)
    if dataset.derive:
        plain = Dataset("plain", dataset.readings, dataset.options)
        ensure(plain, say)
        derive(plain, dataset)
    else:
        subprocess.run(
            [paths.WATTLE, "generate", "--out", dataset.folder, "--quiet",
             "--no-progress", "--readings", str(dataset.readings),
             *dataset.options], check=True)
    with open(stamp, "w", encoding="ascii") as file:
        file.write(mark)


def derive(plain, dataset):
    """Rewrite the files of one data set into another."""
    change = globals()[dataset.derive]
    chance = random.Random(1)
    os.makedirs(dataset.folder)
    shutil.copy(f"{plain.folder}/devices.csv", dataset.folder)
    for name in plain.files():
        target = f"{dataset.folder}/{os.path.basename(name)}"
        with open(name, "rb") as source, open(target, "wb") as file:
            file.write(change(source.readline(), chance))
            rest = b""
            while block := source.read(BLOCK_BYTES):
                rows, newline, rest = (rest + block).rpartition(b"\n")
                file.write(change(rows + newline, chance))
            file.write(change(rest, chance))


def crlf(rows, _chance):
    """Line ends as Windows writes them."""
    return rows.replace(b"\n", b"\r\n")


def quoted(rows, chance):
    """One field in a hundred in quotes; the header stays as it is."""
    lines = rows.split(b"\n")
    if lines[0].startswith(b"timestamp"):
        return rows
    full = len(lines) - 1 if not lines[-1] else len(lines)
    n_fields = lines[0].count(b",") + 1
    for number in chance.sample(range(full * n_fields),
                                full * n_fields // 100):
        line, column = divmod(number, n_fields)
        fields = lines[line].split(b",")
        if not fields[column].startswith(b'"'):
            fields[column] = b'"' + fields[column] + b'"'
        lines[line] = b",".join(fields)
    return b"\n".join(lines)


ROW_END = re.compile(rb"(\d+\.\d),(\d+\.\d{1,3}),([01]\.\d\d)(?=\n)")


def three_decimals(rows, _chance):
    """Voltage, current and power factor with three decimals each; the new
    digits are copied from the row's own."""
    if rows.startswith(b"timestamp"):
        return rows

    def longer(match):
        volts, amps, factor = match.groups()
        digits = factor[-1:] + volts[-1:]
        amps = (amps + digits)[:amps.index(b".") + 4]
        last = b"0" if factor == b"1.00" else volts[-1:]
        return b"%b%b,%b,%b%b" % (volts, digits, amps, factor, last)

    changed, n_changed = ROW_END.subn(longer, rows)
    if n_changed != rows.count(b"\n"):
        raise ValueError("rows have another form than the generator's; "
                         "three_decimals has to follow")
    return changed


def read_back(dataset):
    """Bring the files into the page cache as reading them does.

    Freshly written files lie there in small pieces and are slower to read, so
    they are written out, dropped, and read once from the start.
    """
    drop(dataset)
    buffer = bytearray(4 << 20)
    for name in dataset.files():
        with open(name, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def drop(dataset):
    """Take the files out of the page cache."""
    for name in dataset.files():
        descriptor = os.open(name, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def cached_share(dataset):
    """How much of the files is in the page cache, from 0 to 1; None when the
    system does not tell."""
    mincore = ctypes.CDLL(None, use_errno=True).mincore
    pages = 0
    cached = 0
    for name in dataset.files():
        size = os.path.getsize(name)
        with open(name, "rb") as file, mmap.mmap(
                file.fileno(), size, access=mmap.ACCESS_COPY) as view:
            n_pages = -(-size // mmap.PAGESIZE)
            marks = (ctypes.c_ubyte * n_pages)()
            anchor = ctypes.c_char.from_buffer(view)
            failed = mincore(ctypes.c_void_p(ctypes.addressof(anchor)),
                             ctypes.c_size_t(size), marks)
            del anchor
            if failed:
                return None
            pages += n_pages
            cached += sum(mark & 1 for mark in bytes(marks))
    return cached / pages if pages else None
