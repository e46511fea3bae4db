# pandas does the work of the benchmark: read_csv with the column types given,
# one groupby. Run it with a Python that has pandas.
#
#     python3 pandas_peer.py FOLDER

import glob
import json
import os
import sys
import time

import numpy
import pandas

TYPES = {"device_id": "category", "voltage": "float64", "current": "float64",
         "power_factor": "float64"}


def load(folder):
    frames = [
        pandas.read_csv(name, engine="c", dtype=TYPES,
                        parse_dates=["timestamp"])
        for name in sorted(glob.glob(os.path.join(folder, "readings_*.csv")))]
    devices = pandas.api.types.union_categoricals(
        [frame["device_id"] for frame in frames])
    table = pandas.concat(frames, ignore_index=True)
    table["device_id"] = devices
    return table


def analyse(table):
    factor = table["power_factor"]
    square = factor * factor
    table["power"] = table["voltage"] * table["current"] * factor
    table["efficiency"] = (factor * numpy.exp(-4 * square * (1 - square))
                           / (1 + numpy.log1p(table["current"])))
    return table.groupby("device_id", sort=False, observed=True).agg(
        count=("power", "size"), mean_power_w=("power", "mean"),
        efficiency=("efficiency", "mean"),
        first=("timestamp", "min"), last=("timestamp", "max"))


def main():
    started = time.perf_counter()
    table = load(sys.argv[1])
    loaded = time.perf_counter()
    devices = analyse(table)
    finished = time.perf_counter()
    instant = "%Y-%m-%dT%H:%M:%SZ"
    json.dump({
        "version": pandas.__version__,
        "total": len(table),
        "mean_power_w": table["power"].mean(),
        "efficiency": table["efficiency"].mean(),
        "per_device": {
            row.Index: [row.count_, row.mean_power_w, row.efficiency,
                        row.first.strftime(instant),
                        row.last.strftime(instant)]
            for row in devices.rename(columns={"count": "count_"}).itertuples()
        },
        "load_s": loaded - started,
        "analytics_s": finished - loaded,
    }, sys.stdout)


if __name__ == "__main__":
    main()
