#!/usr/bin/env python3
"""The same output, byte for byte, whatever the measuring switches.

Runs the program on a few inputs with threads 1..8, every SIMD level the CPU
has, every reader, with and without caches, and several block sizes, and
compares --json (with --rejects) and text. Tier "full" tries every
combination, "test" every value of each switch with a spread of the others.
"""
import gzip
import hashlib
import itertools
import os
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("WATTLE_TZ", "UTC")  # not the zone of the machine

SWITCHES = {
    "--threads": [str(n) for n in range(1, 9)],
    "--simd": ["scalar", "avx2", "avx512", "neon"],
    "--reader": ["mmap", "pread", "uring"],
    "--no-cache": [False, True],
    "--block": [None, "100", "4096", "65536", "1000000"],
}


def run(program, paths, arguments, rejects, text=None):
    """All that a run says; text = what comes on standard input."""
    command = [program, "report", *paths, "--no-progress", *arguments]
    if rejects:
        command += ["--rejects", rejects]
    source = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
    done = subprocess.run(command, capture_output=True, **source)
    output = done.stdout + done.stderr + str(done.returncode).encode()
    if rejects:
        with open(rejects, "rb") as file:
            output += file.read()
        os.unlink(rejects)
    return output


def available(program, folder):
    """Levels and readers that this machine has; the others are named."""
    usable = {}
    path = os.path.join(folder, "probe.csv")
    with open(path, "w", encoding="ascii") as out:
        out.write("timestamp,device_id,power\n2023-01-01 00:00:00,a,1\n")
    for switch in ("--simd", "--reader"):
        usable[switch] = []
        for value in SWITCHES[switch]:
            done = subprocess.run([program, "report", path, "--quiet",
                                   switch, value], capture_output=True)
            if done.returncode == 0:
                usable[switch].append(value)
            else:
                print(f"skipped: {switch} {value}: "
                      f"{done.stderr.decode().strip()}")
    return usable


def combinations(tier, usable):
    values = {**SWITCHES, **usable}
    every = list(itertools.product(*values.values()))
    random.Random(7).shuffle(every)
    chosen = every if tier == "full" else every[:120]
    for choice in chosen:
        arguments = []
        for switch, value in zip(values, choice):
            if value is True:
                arguments.append(switch)
            elif value:
                arguments += [switch, value]
        yield arguments


def make_inputs(program, folder):
    """(name, paths): clean, dirty, shuffled, quoted, devices in long ids."""
    def generate(name, *options):
        path = os.path.join(folder, name)
        subprocess.run([program, "generate", "--quiet", "--out", path,
                        *options], check=True)
        return path
    clean = generate("clean", "--readings", "60000", "--devices", "300")
    dirty = generate("dirty", "--readings", "50000", "--devices", "70",
                     "--dirty", "0.03")
    packed = generate("packed", "--readings", "20000", "--devices", "50",
                      "--zstd", "--files", "3")
    shuffled = os.path.join(folder, "shuffled.csv")
    quoted = os.path.join(folder, "quoted.csv")
    with open(os.path.join(clean, "readings_0001.csv"), encoding="ascii") as f:
        header, *rows = f.read().splitlines()
    random.Random(1).shuffle(rows)
    with open(shuffled, "w", encoding="ascii") as out:
        out.write("\n".join([header, *rows]) + "\n")
    with open(quoted, "w", encoding="ascii") as out:
        out.write(header + ",note\r\n")
        for i, row in enumerate(sorted(rows)):
            note = ('"line one\nline, two ""x"""', "-", "")[i % 3]
            out.write(f"{row},{note}\r\n")
    return [("clean", [clean]), ("dirty", [dirty]), ("packed", [packed]),
            ("shuffled", [shuffled]), ("quoted", [quoted]),
            ("together", [dirty, quoted, packed, clean])]


def make_autumn(folder):
    """(path, text): a file in which many devices repeat an hour, up and down,
    at paces that put the hour behind, across and between blocks."""
    choose = random.Random(3)
    queues = []
    for number in range(40):
        step = choose.choice([5, 10, 15, 30, 60])
        clock = [minute for day in (25, 26) for minute in
                 range(day * 1440, (day + 1) * 1440, step)]
        at = clock.index(26 * 1440 + 180)
        clock[at:at] = clock[at - 60 // step:at]
        if number % 3 == 0:
            clock.reverse()
        queues.append((f"dev{number}", clock))
    rows = ["timestamp,device_id,power"]
    while queues:
        queue = choose.choice(queues)
        for _ in range(choose.choice([1, 1, 30])):
            if not queue[1]:
                queues.remove(queue)
                break
            minute = queue[1].pop(0)
            rows.append(f"2025-10-{minute // 1440} {minute // 60 % 24:02}:"
                        f"{minute % 60:02},{queue[0]},{choose.randrange(999)}")
    text = ("\n".join(rows) + "\n").encode()
    path = os.path.join(folder, "autumn.csv")
    for name, data in ((path, text), (path + ".gz", gzip.compress(text))):
        with open(name, "wb") as out:
            out.write(data)
    return path, text


def cases(program, folder):
    """(name, paths, arguments, standard input, group): what is read alike in
    a group gives the same answer."""
    inputs = make_inputs(program, folder)
    for name, paths in inputs:
        yield name, paths, [], None, name
    path, text = make_autumn(folder)
    zone = ["--tz", "Europe/Brussels"]
    yield "autumn", [path], zone, None, "autumn"
    yield "autumn packed", [path + ".gz"], zone, None, "autumn"
    yield "autumn from a pipe", ["-"], zone, text, "autumn"
    for start, order in (("2023-11-04", "time"), ("2023-03-11", "device")):
        path = os.path.join(folder, start)
        subprocess.run([program, "generate", "--quiet", "--out", path,
                        "--start", start, "--order", order, "--readings",
                        "30000", "--devices", "100", "--dirty", "0.02"],
                       check=True)
        yield start, [path], ["--tz", "America/New_York"], None, start


def main():
    program = os.path.abspath(sys.argv[1])
    tier = sys.argv[2] if len(sys.argv) > 2 else "test"
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="wattle-same-") as folder:
        usable = available(program, folder)
        digests = {}
        for name, paths, zone, text, group in cases(program, folder):
            expected = run(program, paths,
                           ["--json", "--threads", "1", "--simd", "scalar",
                            "--no-cache", *zone],
                           os.path.join(folder, "rejects"), text)
            digest = hashlib.sha256(expected).hexdigest()
            if digests.setdefault(group, digest) != digest:
                failed += 1
                print(f"not ok: {name}: not as {group}")

            def one(item):
                number, arguments = item
                rejects = os.path.join(folder, f"rejects-{number}")
                output = run(program, paths, ["--json", *arguments, *zone],
                             rejects, text)
                return arguments, hashlib.sha256(output).hexdigest() == digest

            with ThreadPoolExecutor(os.cpu_count()) as pool:
                for arguments, same in pool.map(
                        one, enumerate(combinations(tier, usable))):
                    passed += same
                    failed += not same
                    if not same:
                        print(f"not ok: {name}: {' '.join(arguments)}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
