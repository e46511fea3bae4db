#!/usr/bin/env python3
"""Files from public sources, when they lie beside the project.

Columns are renamed to what the report reads (the project does not carry
these files); the oracle must agree on the whole.
"""
import csv
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(os.path.dirname(os.path.dirname(HERE)), "shared", "data")
sys.path.insert(0, os.path.join(HERE, "oracle"))

import compare  # noqa: E402
import oracle   # noqa: E402


def convert(source, target, header, row_of, limit=20000):
    with open(source, newline="", encoding="utf-8-sig") as file, \
            open(target, "w", newline="", encoding="utf-8") as out:
        reader, writer = csv.reader(file), csv.writer(out)
        next(reader)
        writer.writerow(header)
        for n, row in enumerate(reader):
            if n == limit:
                break
            writer.writerow(row_of(row))


def plug(folder):
    convert(f"{DATA}/tuya_plug_1s/2025-08-17.csv", f"{folder}/plug.csv",
            ["timestamp", "device_id", "voltage", "power"],
            lambda r: [r[0], "plug", r[1], r[3]])
    return []


def households(folder):
    for name in ("MAC000002", "MAC000003", "MAC000005"):
        convert(f"{DATA}/lcl_households/{name}.csv", f"{folder}/{name}.csv",
                ["device", "time", "value"], lambda r: r[:3], 5000)
    return ["--value", "energy-kwh"]


def history(folder):
    name = "UPS_Voltage_2026-3-26_to_2026-4-4.csv"
    convert(f"{DATA}/ha_history_ups/{name}", f"{folder}/history.csv",
            ["entity_id", "value", "time"], lambda r: r)
    return ["--max-gap", "30s"]


def laboratory(folder):
    name = "3combi_kettle+vacuum+wheater__train_data__main.csv"
    convert(f"{DATA}/lab_appliances_pf/{name}", f"{folder}/main.csv",
            ["timestamp", "device", "current", "power", "pf"],
            lambda r: [r[0], "main", r[1], r[5], r[7]])
    return []


CASES = [plug, households, history, laboratory]


def check(program, case):
    with tempfile.TemporaryDirectory(prefix="wattle-real-") as folder:
        arguments = case(folder)
        ours = subprocess.run([program, "report", folder, "--json",
                               *arguments], capture_output=True, check=True)
        theirs = subprocess.run(
            [sys.executable, os.path.join(HERE, "oracle", "oracle.py"),
             folder, *arguments], capture_output=True, check=True)
        actual = json.loads(ours.stdout)
        assert actual["lines"] > 300
        return compare.compare(json.loads(theirs.stdout), actual)


def main():
    program = os.path.abspath(sys.argv[1])
    failed = 0
    for i, case in enumerate(CASES, 1):
        name = case.__name__
        if not os.path.isdir(DATA):
            print(f"ok {i} - {name} # SKIP its files are not here (they are not part "
                  "of the project)")
            continue
        problems = check(program, case)
        print(f"{'not ok' if problems else 'ok'} {i} - {name}")
        for problem in problems[:10]:
            print("  ", problem)
        failed += bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
