"""Many devices, many readings, no order at all: right, and in little memory."""
import json
import os
import random
import shutil
import sys

from store_tools import HEADER, counts_of, expect, plain_row, time_text, write

MOST_MIB = 256

# Runs a command and tells its peak memory in KiB.
MEASURE = ("import os, subprocess, resource, sys; "
           "code = subprocess.run(sys.argv[1:]).returncode; "
           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, "
           "file=sys.stderr); sys.exit(code)")


def cases(tier):
    few = ["backwards", "devices 20000", "shuffled 300000", "one 1000000"]
    if tier == "quick":
        return ["backwards", "devices 2000"]
    return few if tier == "test" else few + [
        "devices 100000", "shuffled 20000000", "one 100000000"]


def peak_mib(program, *arguments):
    import subprocess
    done = subprocess.run([sys.executable, "-c", MEASURE, program.path,
                           *map(str, arguments)], capture_output=True,
                          check=False)
    expect(done.returncode == 0, done.stderr[-500:])
    return int(done.stderr.split()[-1]) / 1024, done


def expect_same_report(program, files, database):
    for options in (["--json"], ["--json", "--max-gap", "2h"]):
        wanted = program.run("report", *files, "--no-progress", *options)
        found = program.run("report", database, "--no-progress", *options)
        expect(wanted.out == found.out, options, "differ")
    return json.loads(found.out)


def import_in_little(program, folder, path, n_readings):
    """In little memory, all of them, and with the report of the files."""
    database = os.path.join(folder, "home.db")
    mib, done = peak_mib(program, "import", "--no-progress", "--db", database,
                         path)
    expect(mib < MOST_MIB, "peak memory", mib, "MiB")
    expect(f"{n_readings:,}".encode() in done.stdout, done.stdout)
    expect_same_report(program, [path], database)
    program.check(database)


def backwards(program, folder, _n):
    """A clock that is put back again and again within a file."""
    rng = random.Random(3)
    rows, ms = [], 1696118400000
    for i in range(30000):
        ms += 60000
        if rng.random() < 0.002:
            ms -= rng.choice([1000, 60000, 3600000, 86400000, 30 * 86400000])
        rows.append(plain_row(ms, f"d{i % 3}", i))
    path = write(os.path.join(folder, "back.csv"), HEADER + "".join(rows))
    database = os.path.join(folder, "home.db")
    counts = counts_of(program.imports(database, path))
    report = expect_same_report(program, [path], database)
    expect(counts["new"] == report["readings"], counts)
    program.check(database)


def devices(program, folder, n):
    """A few readings of each of very many devices, in turns."""
    path = os.path.join(folder, "many.csv")
    with open(path, "w", encoding="ascii") as out:
        out.write("timestamp,device_id,power\n")
        for turn in range(3):
            when = time_text(1696118400000 + turn * 900000)[:19]
            out.writelines(f"{when},device-{i:06},{i % 977}\n"
                           for i in range(n))
    import_in_little(program, folder, path, 3 * n)


def shuffled(program, folder, n):
    """No order at all, by time and by device."""
    if n > 1000000 and shutil.disk_usage(folder).free < 10 << 30:
        return "# SKIP shuffled: less than 10 GB are free"
    rng = random.Random(9)
    path = os.path.join(folder, "shuffled.csv")
    with open(path, "w", encoding="ascii") as out:
        out.write("timestamp,device_id,power\n")
        for _ in range(n):
            out.write(f"{1696118400 + rng.randrange(40 * n)},"
                      f"d{rng.randrange(50)},{rng.randrange(9999)}\n")
    database = os.path.join(folder, "home.db")
    mib, _done = peak_mib(program, "import", "--no-progress", "--quiet",
                          "--db", database, path)
    expect(mib < MOST_MIB, "peak memory", mib, "MiB")
    expect_same_report(program, [path], database)
    program.check(database)
    return None


def one(program, folder, n):
    """One device with very many readings."""
    if n > 10000000 and shutil.disk_usage(folder).free < n * 60:
        return f"# SKIP one {n}: less than {n * 60 >> 30} GB are free"
    path = os.path.join(folder, "one")
    program.run("generate", "--quiet", "--devices", "1", "--readings", n,
                "--out", path)
    import_in_little(program, folder, path, n)
    return None


def run_case(program, case, folder, _tier):
    name, *n = case.split()
    if program.is_checked() and name != "backwards":
        return f"# SKIP {case}: sanitizers take memory of their own"
    return globals()[name](program, folder, int(n[0]) if n else 0)
