"""The energy monitor that wattle replaces, as it was: plain Python, one object
per reading, everything kept in a list.

    python3 monitor.py FOLDER [--json] [--rate PRICE] [--budget AMOUNT]

It stands here as the "before" of the benchmark: only --json and the two clocks
around loading and computing were added for measuring.
"""

import argparse
import csv
import json
import math
import os
import resource
import sys
import time
from datetime import datetime

HOURS_PER_MONTH = 24 * 30
PRICE_PER_KWH = 0.15


class Reading:
    """One measurement of one device at one instant."""

    def __init__(self, timestamp, device_id, voltage, current, power_factor):
        self.timestamp = timestamp
        self.device_id = device_id
        self.voltage = voltage
        self.current = current
        self.power_factor = power_factor

    def power(self):
        """Real power in W."""
        return self.voltage * self.current * self.power_factor

    def efficiency(self):
        """How well the device turns current into work, from 0 to 1."""
        angle = math.acos(self.power_factor)
        distortion = math.exp(-math.sin(2 * angle) ** 2)
        return self.power_factor * distortion / (1 + math.log1p(self.current))


def load_readings(folder):
    """Read every CSV file of a folder, but not its table of devices."""
    readings = []
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".csv") or name == "devices.csv":
            continue
        with open(os.path.join(folder, name), newline="") as file:
            rows = csv.reader(file)
            next(rows, None)
            for row in rows:
                readings.append(Reading(
                    datetime.strptime(row[0], "%Y-%m-%d %H:%M:%S"),
                    row[1],
                    float(row[2]),
                    float(row[3]),
                    float(row[4])))
    return readings


def calculate_total_consumption(readings):
    """Sum of the power of all readings, in W."""
    total = 0.0
    for reading in readings:
        total += reading.power()
    return total


def average_per_device(readings):
    """Number of readings and mean power in W of every device."""
    counts = {}
    sums = {}
    for reading in readings:
        device = reading.device_id
        if device not in counts:
            counts[device] = 0
            sums[device] = 0.0
        counts[device] += 1
        sums[device] += reading.power()
    return {device: (counts[device], sums[device] / counts[device])
            for device in counts}


def efficiency_per_device(readings):
    """Mean efficiency of every device."""
    counts = {}
    sums = {}
    for reading in readings:
        device = reading.device_id
        if device not in counts:
            counts[device] = 0
            sums[device] = 0.0
        counts[device] += 1
        sums[device] += reading.efficiency()
    return {device: sums[device] / counts[device] for device in counts}


def monthly_projection(mean_power_w, rate=PRICE_PER_KWH):
    """Cost of a month of thirty days at this power."""
    return mean_power_w / 1000 * HOURS_PER_MONTH * rate


def check_budget(monthly_cost, budget):
    """True when the cost of a month exceeds the budget."""
    return monthly_cost > budget


def analyse(readings, rate, budget):
    """All answers about the readings, as one dictionary."""
    total_w = calculate_total_consumption(readings)
    averages = average_per_device(readings)
    efficiencies = efficiency_per_device(readings)
    mean_power_w = total_w / len(readings) if readings else 0.0
    per_device = {}
    for device, (count, device_mean_w) in sorted(averages.items()):
        per_device[device] = {
            "readings": count,
            "mean_power_w": device_mean_w,
            "efficiency": efficiencies[device],
            "monthly_cost": monthly_projection(device_mean_w, rate),
        }
    monthly_cost = monthly_projection(mean_power_w, rate)
    return {
        "readings": len(readings),
        "mean_power_w": mean_power_w,
        "pooled_monthly_cost": monthly_cost,
        "budget_exceeded": None if budget is None
        else check_budget(monthly_cost, budget),
        "per_device": per_device,
    }


def print_report(answer):
    """The report for people."""
    print(f"Readings:      {answer['readings']:,}")
    print(f"Mean power:    {answer['mean_power_w']:.2f} W")
    print(f"Monthly cost:  {answer['pooled_monthly_cost']:.2f}")
    if answer["budget_exceeded"]:
        print("The budget is exceeded.")
    for device, values in answer["per_device"].items():
        print(f"{device:<12} {values['readings']:>9,} readings"
              f" {values['mean_power_w']:>10.2f} W"
              f"  efficiency {values['efficiency']:.3f}"
              f"  {values['monthly_cost']:>8.2f} a month")


def main():
    parser = argparse.ArgumentParser(description="Smart home energy monitor")
    parser.add_argument("folder")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rate", type=float, default=PRICE_PER_KWH)
    parser.add_argument("--budget", type=float)
    options = parser.parse_args()

    started = time.perf_counter()
    readings = load_readings(options.folder)
    loaded = time.perf_counter()
    answer = analyse(readings, options.rate, options.budget)
    finished = time.perf_counter()

    if not options.json:
        print_report(answer)
        return
    answer["load_s"] = loaded - started
    answer["analytics_s"] = finished - loaded
    answer["peak_memory_bytes"] = 1024 * resource.getrusage(
        resource.RUSAGE_SELF).ru_maxrss
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
