"""Files from public sources, when they lie beside the project: what their
readings take in a database, and how quickly they come in.

The project does not carry these files. Their columns are renamed to what
wattle reads, as tests/real_files.py does; values and times stay as they are.
"""

import csv
import glob
import os
import shutil
import subprocess

from harness import datasets, measure, paths

from .setting import StoredFile, alone, import_command, job

DATA = os.path.join(os.path.dirname(paths.ROOT), "shared", "data")
WORK = paths.WORK + "/real"


class RealSet(datasets.Dataset):
    """A folder of converted files."""

    def __init__(self, name):
        super().__init__(name, 0)
        self.name = name
        self.folder = f"{WORK}/{name}"

    def files(self):
        return sorted(glob.glob(f"{self.folder}/*.csv"))


def convert(source, target, header, rows_of, delimiter=","):
    """rows_of gives any number of new rows for each row of the source."""
    with open(source, newline="", encoding="utf-8-sig") as file, \
            open(target, "w", newline="", encoding="utf-8") as out:
        reader, writer = csv.reader(file, delimiter=delimiter), csv.writer(out)
        next(reader)
        writer.writerow(header)
        for row in reader:
            writer.writerows(rows_of(row))


def plug(folder):
    """A plug, each second."""
    convert(f"{DATA}/tuya_plug_1s/2025-08-17.csv", f"{folder}/plug.csv",
            ["timestamp", "device_id", "voltage", "current", "power"],
            lambda row: [[row[0], "plug", row[1], row[2], row[3]]])
    return []


def mains(folder):
    """A house, each minute: power in kW to W, voltage, current."""
    def rows(row):
        if "?" in row or not row[2]:
            return []
        day, month, year = row[0].split("/")
        watts = f"{float(row[2]) * 1000:.0f}"
        return [[f"{year}-{month:0>2}-{day:0>2} {row[1]:0>8}", "house",
                 row[4], row[5], watts]]
    convert(f"{DATA}/uci_household/household_power_consumption_first48k.csv",
            f"{folder}/house.csv",
            ["timestamp", "device_id", "voltage", "current", "power"], rows)
    return []


def households(folder):
    """Half hours of many households, in kWh."""
    for source in sorted(glob.glob(f"{DATA}/lcl_households/MAC*.csv")):
        convert(source, f"{folder}/{os.path.basename(source)}",
                ["device", "time", "value"], lambda row: [row[:3]])
    return ["--value", "energy-kwh"]


def appliances(folder):
    """Nine appliances and the whole of a house, every few seconds."""
    for source in sorted(glob.glob(f"{DATA}/refit_houses/House_*.csv")):
        house = os.path.basename(source)[:-4]
        convert(source, f"{folder}/{house}.csv",
                ["timestamp", "device_id", "power"],
                lambda row, house=house: [[row[1], f"{house}/{n}", value]
                                          for n, value in enumerate(row[2:])])
    return []


def phases(folder):
    """Ten minutes of three phases, in Wh."""
    for source in sorted(glob.glob(f"{DATA}/shelly_em3/em_data_phase*.csv")):
        phase = os.path.basename(source)[:-4]
        convert(source, f"{folder}/{phase}.csv",
                ["timestamp", "device_id", "value"],
                lambda row, phase=phase: [[row[0], phase, row[1]]])
    return ["--value", "energy-wh"]


def history(folder):
    """What a home automation logged of a battery's voltage."""
    convert(f"{DATA}/ha_history_ups/UPS_Voltage_2026-3-26_to_2026-4-4.csv",
            f"{folder}/history.csv", ["entity_id", "value", "time"],
            lambda row: [row])
    return []


CASES = [plug, mains, households, appliances, phases, history]


def one_set(case, bench):
    """Convert, import, measure."""
    dataset = RealSet(case.__name__)
    shutil.rmtree(dataset.folder, ignore_errors=True)
    os.makedirs(dataset.folder)
    options = case(dataset.folder)
    bench.settings.prepare(dataset)
    bench.say(f"real files: {dataset.name}")
    target = StoredFile(f"{WORK}/{dataset.name}.db", 0)
    entry = alone(job("real", import_command(dataset, target, *options),
                      lambda _: {}, dataset, target.make_way), bench)
    target.readings = readings_of(target)
    return {"name": dataset.name, "words": case.__doc__.rstrip("."),
            "readings": target.readings, "csv_bytes": dataset.size_bytes(),
            "file_bytes": target.size_bytes(),
            "bytes_per_reading": target.size_bytes() / target.readings,
            "readings_per_s": target.readings / entry["wall_s"]["median"],
            "import": entry}


def readings_of(target):
    """As a report counts them: what is stored twice counts once."""
    done = subprocess.run([paths.WATTLE, "report", target.path, "--csv"],
                          check=True, stdout=subprocess.PIPE, text=True)
    rows = list(csv.DictReader(done.stdout.splitlines()))
    return sum(int(row["readings"]) for row in rows)


def real_files(bench):
    """All sets; None where there are none."""
    if not os.path.isdir(DATA):
        bench.skip("real files", "they are not here (they are not part of the "
                   "project)")
        return None
    load = measure.OtherLoad()
    sets = []
    for case in CASES:
        try:
            sets.append(one_set(case, bench))
        except (FileNotFoundError, measure.CommandFailed) as error:
            bench.skip(f"real files: {case.__name__}", os.path.basename(
                str(error)))
    shutil.rmtree(WORK, ignore_errors=True)
    return {"sets": sets, "other_cpu_share": load.share()}
