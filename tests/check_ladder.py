#!/usr/bin/env python3
"""All rungs of the bench's ladder give the same answer.

Usage: check_ladder.py PROGRAM

Builds bench/ladder with sanitizers, runs every rung of the stack and every
switch turned back on a few thousand readings, and holds the answers against
PROGRAM's. Damaged rows must end the run with a word. Prints TAP.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))

# This needs the path above.
from harness import answers, ladder  # noqa: E402

FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-O1", "-g", "-ffp-contract=off",
         "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
READINGS = 6000
HEADER = "timestamp,device_id,voltage,current,power_factor\n"
ROW = "2024-02-29 08:00:00,A,230.1,1.5,0.98\n"
# What may stand in place of the good row.
DAMAGED = ["2023-02-29 08:00:00,A,230.1,1.5,0.98\n",
           "2024-02-29 24:00:00,A,230.1,1.5,0.98\n",
           "2024-02-29T08:00:00,A,230.1,1.5,0.98\n",
           "2024-02-29 08:00:00,,230.1,1.5,0.98\n",
           "2024-02-29 08:00:00,A,230.1,x,0.98\n",
           "2024-02-29 08:00:00,A,230.1,1.5\n",
           "2024-02-29 08:00:00,A,230.1,1.5,0.98,7\n",
           "2024-02-29 08:00:00,A,230.1,1.50001,0.98\n",
           "2024\n", "\n"]

n_tests = 0
n_failed = 0


def report(name, problem=None):
    """One TAP line."""
    global n_tests, n_failed
    n_tests += 1
    n_failed += 1 if problem else 0
    print(f"{'not ok' if problem else 'ok'} {n_tests} - {name}")
    if problem:
        print(f"# {problem}")


def run(program, folder, switches):
    return subprocess.run([program, folder, *ladder.words(switches)],
                          text=True, capture_output=True, check=False)


def check_rung(program, data, reference, name, switches, seen):
    """One rung's answer, which goes to a file as in the bench."""
    done = run(program, data, switches)
    if done.returncode != 0:
        return report(name, f"ended with {done.returncode}: "
                      f"{done.stderr[-500:]}")
    out = f"{data}.json"
    with open(out, "w", encoding="utf-8") as file:
        file.write(done.stdout)
    try:
        answers.check_ladder(out, reference)
    except answers.WrongAnswer as problem:
        return report(name, problem)
    if switches.get("sums") == "integer":
        # Power and energy in whole numbers: the same digits, whatever else.
        seen.add(tuple(re.findall(r'"(?:mean_power_w|energy_kwh)":([^,}]+)',
                                  done.stdout)))
    report(name, None if len(seen) <= 1 else "other digits of integer sums")


def check_damage(program, folder):
    """By hand and by the library, in lines and in blocks."""
    data = os.path.join(folder, "damaged")
    os.mkdir(data)
    file_name = os.path.join(data, "readings_0001.csv")
    for switches in ({}, ladder.full(),
                     {**ladder.full(), "number": "strtod", "time": "hand"}):
        wrong = []
        for row in [ROW, *DAMAGED]:
            with open(file_name, "w", encoding="utf-8") as file:
                file.write(HEADER + ROW.replace("A", "B") + row)
            done = run(program, data, switches)
            wanted = 0 if row == ROW else 2
            # Doubles take any number of decimals.
            if "1.50001" in row and not switches:
                wanted = 0
            if done.returncode != wanted:
                wrong.append(f"{row!r}: {done.returncode} {done.stderr[:200]}")
        report(f"damaged rows, {' '.join(ladder.words(switches)) or 'plain'}",
               "; ".join(wrong))


def main():
    wattle = os.path.abspath(sys.argv[1])
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="wattle-ladder-") as folder:
        program = os.path.join(folder, "ladder")
        ladder.build(program, FLAGS)
        data = os.path.join(folder, "data")
        subprocess.run([wattle, "generate", "--out", data, "--quiet",
                        "--devices", "7", "--readings", str(READINGS)],
                       check=True)
        answer = os.path.join(folder, "answer.json")
        with open(answer, "wb") as file:
            subprocess.run([wattle, "report", data, "--json"], check=True,
                           stdout=file, stderr=subprocess.DEVNULL)
        reference = answers.Reference(answer, READINGS)
        seen = set()
        for _, title, switches in [*ladder.rungs(), *ladder.turned_back()]:
            check_rung(program, data, reference, title, switches, seen)
        check_damage(program, folder)
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
