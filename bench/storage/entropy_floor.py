#!/usr/bin/env python3
"""The entropy of readings: what a code for single values would need at least.

    /usr/bin/python3 entropy_floor.py FILE.csv ... [--most N]

For each device and column the values are taken in blocks of 1,024, in order of
time. The entropy of a block is the sum over its distinct values of
count * log2(1,024 / count): the bits of an ideal code that knows how often
each value comes, without the table that would tell the decoder. Zeros that all
values of a block end with (230.100 V beside 231.400 V) change nothing, as only
equality counts. The same once more for differences of neighbours. Times are
taken as steps: where all steps are equal they need nothing.

Prints JSON, in bytes a reading. Shares no code with wattle. Of more than N
readings (default four million) it takes some devices, drawn by lot, always the
same.
"""

import argparse
import json
import random
import sys

try:
    import numpy
    import pandas
except ImportError as error:
    sys.exit(f"needs the Debian package python3-pandas: {error}")

BLOCK = 1024
COLUMNS = ("voltage", "current", "power_factor")
CHUNK_ROWS = 1 << 20


def entropy_bits(values):
    """Bits of one block, whole."""
    _, counts = numpy.unique(values, return_counts=True)
    return float((counts * numpy.log2(len(values) / counts)).sum())


def of_blocks(values):
    return sum(entropy_bits(values[first:first + BLOCK])
               for first in range(0, len(values), BLOCK))


def chosen_devices(files, most):
    """Ids of devices, drawn so that about `most` readings remain."""
    n_rows, ids = 0, set()
    for file in files:
        for chunk in pandas.read_csv(file, usecols=["device_id"],
                                     chunksize=CHUNK_ROWS):
            n_rows += len(chunk)
            ids.update(chunk["device_id"].unique())
    n_wanted = max(1, round(len(ids) * min(1, most / n_rows)))
    return set(random.Random(1).sample(sorted(ids), n_wanted)), n_rows


def read(files, devices):
    """The readings of some devices as integers: time in s, thousandths."""
    parts = []
    for file in files:
        for chunk in pandas.read_csv(file, chunksize=CHUNK_ROWS):
            parts.append(chunk[chunk["device_id"].isin(devices)])
    rows = pandas.concat(parts)
    rows["time"] = pandas.to_datetime(
        rows["timestamp"]).to_numpy().astype("datetime64[s]").astype("int64")
    for column in COLUMNS:
        rows[column] = (rows[column] * 1000).round().astype("int64")
    return rows


def measure(rows):
    bits = dict.fromkeys(("time", *COLUMNS), 0.0)
    differences = dict.fromkeys(COLUMNS, 0.0)
    for _, own in rows.groupby("device_id", sort=False):
        own = own.sort_values("time")
        bits["time"] += of_blocks(numpy.diff(own["time"].to_numpy()))
        for column in COLUMNS:
            values = own[column].to_numpy()
            bits[column] += of_blocks(values)
            differences[column] += of_blocks(numpy.diff(values))
    return bits, differences


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", metavar="FILE.csv")
    parser.add_argument("--most", type=int, default=4_000_000, metavar="N")
    options = parser.parse_args()
    devices, n_all = chosen_devices(options.files, options.most)
    rows = read(options.files, devices)
    bits, differences = measure(rows)
    each = {name: value / 8 / len(rows) for name, value in bits.items()}
    steps = {name: value / 8 / len(rows)
             for name, value in differences.items()}
    least = {name: min(value, steps.get(name, value))
             for name, value in each.items()}
    print(json.dumps({
        "readings": len(rows), "of_readings": n_all, "devices": len(devices),
        "block": BLOCK, "bytes_per_reading": sum(each.values()),
        "columns": each, "differences": steps,
        "bytes_per_reading_least": sum(least.values())}))


if __name__ == "__main__":
    main()
