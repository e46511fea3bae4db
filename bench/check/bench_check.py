#!/usr/bin/env python3
"""Guards speed without a clock: counts instructions per reading and heap
allocations, which are the same on a busy machine, and fails when one is more
than 5 % above bench/check/recorded.json.

    python3 bench/check/bench_check.py             check build/release/wattle
    python3 bench/check/bench_check.py --record    keep today's counts

Instructions are counted by callgrind on two sizes of the same input; the
difference over the difference in readings leaves start-up out. callgrind knows
no AVX-512, so what is counted is the AVX2 way with one thread. Allocations are
those of a whole run, from memcheck. Inputs come from `wattle generate` with
fixed seeds; their hashes are recorded, too.

Prints TAP. SKIP with the reason where there is no valgrind, where the CPU has
no AVX2, or where another compiler built the program than the one recorded.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "build", "release", "wattle")
RECORDED = os.path.join(ROOT, "bench", "check", "recorded.json")

ALLOWED = 1.05
LOWER = 0.98  # below this the record is out of date
SMALL, LARGE = 50_000, 150_000
DEVICES = 200
LIMIT_S = 120

# Name, more options of wattle generate, whether some fields get quotes, and
# what is counted: a report of the file, its import into a new database, or a
# report of that database which decodes every reading.
CASES = [
    ("time order", ["--seed", "11"], False, "report"),
    ("device order", ["--seed", "12", "--order", "device"], False, "report"),
    ("dirty", ["--seed", "13", "--dirty", "0.02"], False, "report"),
    ("quoted", ["--seed", "14"], True, "report"),
    ("import", ["--seed", "11"], False, "import"),
    ("database", ["--seed", "11"], False, "stored"),
]


class Unusable(Exception):
    """The check cannot be made here; the words tell why."""


def run(command):
    """Run a command; returns its words, both streams."""
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          timeout=LIMIT_S)
    if done.returncode != 0:
        last = (done.stdout.strip().splitlines() or ["no words"])[-1]
        raise RuntimeError(f"{os.path.basename(command[0])} ended with "
                           f"{done.returncode}: {last}")
    return done.stdout


def compiler_of(program):
    """What built the program, from its own bytes."""
    with open(program, "rb") as file:
        content = file.read()
    match = (re.search(rb"GCC: \([^)]*\) [\d.]+", content)
             or re.search(rb"[^\0\n]*clang version [^\0\n]*", content))
    return match[0].decode() if match else "unknown"


def quote_some(data):
    """One field of every twentieth row in quotes, the fields in turn."""
    lines = data.split(b"\n")
    for row in range(20, len(lines) - 1, 20):
        fields = lines[row].split(b",")
        at = row // 20 % len(fields)
        fields[at] = b'"' + fields[at] + b'"'
        lines[row] = b",".join(fields)
    return b"\n".join(lines)


def make_input(program, case, readings, folder):
    """Write a case's input; returns its name and its hash."""
    name, options, quoted, kind = case
    data = subprocess.run(
        [program, "generate", "--out", "-", "--quiet", "--devices",
         str(DEVICES), "--readings", str(readings), *options],
        check=True, stdout=subprocess.PIPE, timeout=LIMIT_S).stdout
    if quoted:
        data = quote_some(data)
    file_name = os.path.join(folder, f"{name.replace(' ', '_')}_{readings}.csv")
    with open(file_name, "wb") as file:
        file.write(data)
    if kind == "stored":
        database = file_name + ".db"
        run([program, "import", file_name, "--db", database, "--quiet"])
        file_name = database
    return file_name, hashlib.sha256(data).hexdigest()


def command(program, kind, file_name):
    """What is counted. An import gets a database that is not there yet."""
    words = [program, "import" if kind == "import" else "report", file_name,
             "--quiet", "--no-progress", "--threads", "1", "--simd", "avx2"]
    if kind == "import":
        folder = tempfile.mkdtemp(dir=os.path.dirname(file_name))
        words += ["--db", os.path.join(folder, "new.db")]
    if kind == "stored":
        words.append("--no-summaries")
    return words


def instructions(program, kind, file_name):
    words = run(["valgrind", "--tool=callgrind",
                 "--callgrind-out-file=/dev/null",
                 *command(program, kind, file_name)])
    match = re.search(r"Collected : (\d+)", words)
    if not match:
        raise RuntimeError("callgrind printed no count")
    return int(match[1])


def allocations(program, kind, file_name):
    words = run(["valgrind", "--undef-value-errors=no",
                 *command(program, kind, file_name)])
    match = re.search(r"total heap usage: ([\d,]+) allocs", words)
    if not match:
        raise RuntimeError("valgrind printed no heap usage")
    return int(match[1].replace(",", ""))


def measure(program):
    """All counts: name -> value, and the hashes of the inputs."""
    counts, inputs, waiting = {}, {}, []
    with tempfile.TemporaryDirectory() as folder, \
            ThreadPoolExecutor(os.cpu_count()) as pool:
        for case in CASES:
            small, mark_small = make_input(program, case, SMALL, folder)
            large, mark_large = make_input(program, case, LARGE, folder)
            name, kind = case[0], case[3]
            inputs[name] = mark_small[:16] + mark_large[:16]
            waiting.append((
                name, pool.submit(instructions, program, kind, small),
                pool.submit(instructions, program, kind, large),
                pool.submit(allocations, program, kind, large)))
        for name, small, large, heap in waiting:
            counts[f"instructions per reading, {name}"] = round(
                (large.result() - small.result()) / (LARGE - SMALL), 2)
            counts[f"allocations, {name}"] = heap.result()
    return counts, inputs


def check_tools():
    """Raise Unusable where nothing can be counted."""
    if not shutil.which("valgrind"):
        raise Unusable("valgrind is not installed")
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            if "avx2" not in file.read():
                raise Unusable("this CPU has no AVX2")
    except FileNotFoundError as error:
        raise Unusable("this system does not tell its CPU's features") \
            from error


def skip_all(names, reason):
    for number, name in enumerate(names, 1):
        print(f"ok {number} - {name} # SKIP {reason}")


def judge(counts, recorded):
    """Print a TAP line for each count; returns the number of failures."""
    failed, lower = 0, []
    for number, (name, value) in enumerate(counts.items(), 1):
        before = recorded["counts"].get(name)
        if before is None:
            failed += 1
            print(f"not ok {number} - {name}: {value}, nothing is recorded")
            continue
        change = f"{value:g}, recorded {before:g} ({value / before - 1:+.1%})"
        if value > before * ALLOWED:
            failed += 1
            print(f"not ok {number} - {name}: {change}")
        else:
            print(f"ok {number} - {name}: {change}")
        if value < before * LOWER:
            lower.append(name)
    if lower:
        print("# Lower than recorded: " + "; ".join(lower))
        print("# Keep the gain: python3 bench/check/bench_check.py --record")
    if failed:
        print("# If the rise is meant: python3 bench/check/bench_check.py "
              "--record, and say why in the commit")
    return failed


def write_record(counts, inputs, compiler):
    with open(RECORDED, "w", encoding="utf-8") as file:
        json.dump({"compiler": compiler,
                   "valgrind": run(["valgrind", "--version"]).strip(),
                   "readings": [SMALL, LARGE], "devices": DEVICES,
                   "inputs": inputs, "counts": counts}, file, indent=1)
        file.write("\n")


def read_record():
    try:
        with open(RECORDED, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def names_of_counts():
    return [f"{what}, {case[0]}" for case in CASES
            for what in ("instructions per reading", "allocations")]


def main():
    parser = argparse.ArgumentParser(
        description="Compare instruction and allocation counts with the "
        "recorded ones.")
    parser.add_argument("--record", action="store_true",
                        help="keep the counts instead of comparing them")
    parser.add_argument("--wattle", default=PROGRAM, metavar="FILE",
                        help="the program (default build/release/wattle)")
    options = parser.parse_args()
    names = names_of_counts()
    print(f"1..{len(names)}")
    program = os.path.abspath(options.wattle)
    if not os.path.exists(program):
        sys.exit(f"bench_check: {options.wattle} is missing: run make first")
    compiler = compiler_of(program)
    recorded = read_record()
    try:
        check_tools()
        if recorded is None and not options.record:
            raise Unusable("nothing is recorded: run with --record")
        if not options.record and recorded["compiler"] != compiler:
            raise Unusable(f"built by {compiler}, recorded with "
                           f"{recorded['compiler']}")
    except Unusable as reason:
        skip_all(names, reason)
        return 1 if options.record else 0
    with tempfile.TemporaryDirectory() as folder:
        # a copy, so that a build meanwhile changes nothing
        copy = shutil.copy2(program, folder)
        counts, inputs = measure(copy)
    if options.record:
        write_record(counts, inputs, compiler)
        for number, (name, value) in enumerate(counts.items(), 1):
            print(f"ok {number} - {name}: {value:g} recorded")
        return 0
    if inputs != recorded["inputs"]:
        for number, name in enumerate(counts, 1):
            print(f"not ok {number} - {name}: not comparable")
        print("# wattle generate makes other bytes than recorded: "
              "python3 bench/check/bench_check.py --record")
        return 1
    return 1 if judge(counts, recorded) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, RuntimeError, subprocess.SubprocessError) as problem:
        sys.exit(f"bench_check: {problem}")
