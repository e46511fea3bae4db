"""A small home for check_sql.py: CSV files with every kind of reading, and
what SQL must say of them, computed with exact fractions."""
import csv
import datetime
import os
import random
import subprocess
from decimal import Decimal
from fractions import Fraction

START_MS = 1696118400000  # 2023-10-01
FACTORS = ["voltage", "current", "power_factor"]

# A file for each kind of reading: its columns, options of the import.
FILES = {"factors.csv": (FACTORS, []),
         "powers.csv": (FACTORS + ["power"], []),
         "energies.csv": (["value"], ["--value", "energy-wh"])}
COLUMNS = ["device_id", "timestamp", "time_ms", "voltage", "current",
           "power_factor", "power_w", "energy_wh"]

# id, kind of readings, ms between them, how many
DEVICES = [("fridge", "milli", 900000, 3100), ("kettle", "long", 60000, 1500),
           ("Boiler", "power", 1000, 2100), ("05", "mixed", 937, 900),
           ("5", "huge", 3600000, 40), ("o'brien [*?]", "milli", 333, 1025),
           ("küche", "energy", 900000, 1100), ("tv", "mixed", 1, 1500)]
LOCATIONS = {"fridge": "Kitchen", "kettle": "Kitchen", "tv": "Living room"}


def decimal(rng, most, places):
    return str(Decimal(rng.randrange(most * 10**places)).scaleb(-places))


def make_values(rng, kind):
    """Texts of the columns of a reading."""
    places = rng.choice([4, 7, 9]) if kind == "long" else rng.choice([0, 1, 3])
    values = {"voltage": decimal(rng, 240, places),
              "current": decimal(rng, 16, places),
              "power_factor": decimal(rng, 1, places)}
    if rng.random() < 0.1 and kind in ("milli", "long"):
        values["power_factor"] = "-" + values["power_factor"]
    if kind == "power":
        return {"power": rng.choice(["", "-"]) + decimal(rng, 3000, places)}
    if kind == "huge":
        return {"voltage": decimal(rng, 10**9, 9), "current":
                decimal(rng, 10**9, 9), "power_factor": decimal(rng, 1, 9)}
    if kind == "energy":
        return {"value": decimal(rng, 500, places)}
    if kind == "mixed" and rng.random() < 0.6:
        values["power"] = decimal(rng, 10**rng.randrange(1, 9), 3)
        for name in ("voltage", "current", "power_factor"):
            if rng.random() < 0.4:
                del values[name]
    return values


def timestamp(time_ms):
    at = datetime.datetime.fromtimestamp(time_ms // 1000, datetime.timezone.utc)
    ms = f".{time_ms % 1000:03}" if time_ms % 1000 else ""
    return at.strftime("%Y-%m-%dT%H:%M:%S") + ms + "Z"


def file_of(values):
    return ("energies.csv" if "value" in values else
            "powers.csv" if "power" in values else "factors.csv")


def write_files(folder, rows):
    """rows: (device, time, values) in order."""
    os.mkdir(folder)
    for name, (fields, _) in FILES.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8",
                  newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["timestamp", "device_id", *fields])
            for device, time_ms, values in rows:
                if file_of(values) == name:
                    writer.writerow([timestamp(time_ms), device,
                                     *(values.get(f, "") for f in fields)])


def import_files(program, folder, database):
    for name, (_, options) in FILES.items():
        subprocess.run([program, "import", os.path.join(folder, name), "--db",
                        database, "--quiet", "--strict", *options], check=True)


def read_files(folder, readings):
    """The files again, read by Python's csv; later lines replace."""
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    for name in FILES:
        with open(os.path.join(folder, name), encoding="utf-8",
                  newline="") as file:
            for row in csv.DictReader(file):
                text = row["timestamp"].replace("Z", "+00:00")
                at = datetime.datetime.fromisoformat(text)
                ms = (at - epoch) // datetime.timedelta(milliseconds=1)
                readings[row["device_id"], ms] = row


def exact(text):
    return Fraction(Decimal(text)) if text else None


def as_sql(key, row):
    """The row that SQL must give."""
    voltage, current, factor, power, energy = (
        exact(row.get(name)) for name in [*FACTORS, "power", "value"])
    if power is None and None not in (voltage, current, factor):
        power = voltage * current * factor
    numbers = [voltage, current, factor, power, energy]
    return (key[0], timestamp(key[1]), key[1],
            *(None if n is None else float(n) for n in numbers))


class Home:
    """A folder with home.db, and the rows that must be in it."""

    def __init__(self, program, folder, seed=1):
        rng = random.Random(seed)
        self.database = os.path.join(folder, "home.db")
        readings = {}
        rows, late = [], []
        for device, kind, step, n in DEVICES:
            for i in range(n):
                row = (device, START_MS + i * step, make_values(rng, kind))
                (late if rng.random() < 0.01 else rows).append(row)
                if rng.random() < 0.01:  # corrected later
                    late.append((*row[:2], make_values(rng, kind)))
        for name, part in (("first", rows), ("late", late)):
            part_folder = os.path.join(folder, name)
            write_files(part_folder, part)
            if name == "first":
                with open(os.path.join(part_folder, "devices.csv"), "w",
                          encoding="utf-8") as file:
                    file.write("device_id,name,location\n")
                    for device, place in LOCATIONS.items():
                        file.write(f"{device},,{place}\n")
            import_files(program, part_folder, self.database)
            read_files(part_folder, readings)
        self.rows = sorted((as_sql(key, row) for key, row in readings.items()),
                           key=lambda row: (row[0].encode(), row[2]))
