#!/usr/bin/env python3
"""The program for 64-bit ARM, run by QEMU, does what the native one does.

    check_arm.py PROGRAM [test|full]

Builds build/arm, runs the unit tests there (they hold NEON against plain C),
command lines and random cases, and compares reports and generated files byte
by byte with those of PROGRAM. Tier "test" takes less than a minute, "full"
(`make arm`) leaves nothing out. Nothing is installed: `make arm` does that,
and where it has not been run this is one skipped test.
"""
import glob
import itertools
import os
import platform
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import same_bytes

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "arm")
LIBRARIES = os.path.join(ROOT, "build", "arm-root")
QEMU = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]

# Unit tests of tier "test": those nearest to the kernels, and quick ones.
SHORT = {"test_kernels", "test_running", "test_csv_decoder", "test_profile",
         "test_record_parser", "test_report_api", "test_block_chunk"}

n_tests = n_failed = 0


def report(name, problem):
    global n_tests, n_failed
    n_tests += 1
    n_failed += bool(problem)
    print(f"{'not ok' if problem else 'ok'} {n_tests} - {name}", flush=True)
    if problem:
        print(problem[-3000:])


def why_not():
    """The reason why nothing can be checked here, or None."""
    if platform.machine() == "aarch64":
        return "this machine is ARM itself: the other suites check it"
    for tool in ("aarch64-linux-gnu-gcc", QEMU[0]):
        if not shutil.which(tool):
            return f"no {tool}; make arm installs it"
    if not os.path.exists(os.path.join(LIBRARIES, "unpacked")):
        return "no arm64 libraries; make arm unpacks them"
    return None


def run(command, **options):
    """What a command prints; a problem when it fails."""
    done = subprocess.run(command, cwd=ROOT, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, **options)
    return done.stdout, (f"exit status {done.returncode}\n{done.stdout}"
                         if done.returncode else "")


def build():
    """A problem, or an empty text when build/arm is up to date."""
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        _, problem = run(
            ["meson", "setup", BUILD, "--buildtype=release", "-Dtests=true",
             "--cross-file", "tools/cross/aarch64.ini",
             "--cross-file", os.path.join(LIBRARIES, "root.ini")])
        if problem:
            return problem
    printed, problem = run(["ninja", "-C", BUILD])
    if not problem and "warning:" in printed:
        problem = "the compiler warns:\n" + printed
    return problem


def make_runner(folder):
    """A program named wattle that runs the ARM one."""
    path = os.path.join(folder, "wattle")
    with open(path, "w", encoding="utf-8") as out:
        out.write(f'#!/bin/sh\nexec {" ".join(QEMU)} '
                  f"'{BUILD}/wattle' \"$@\"\n")
    os.chmod(path, 0o755)
    return path


# ---- suites that exist ----

def check_units(tier):
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP")
    for path in sorted(glob.glob(os.path.join(BUILD, "tests", "test_*"))):
        name = os.path.basename(path)
        if not os.path.isfile(path):
            continue
        if tier != "full" and name not in SHORT:
            continue
        _, problem = run([*QEMU, path], env=environment)
        report(name, problem)


def check_suites(runner, tier, has_uring):
    python = [sys.executable]
    folder = os.path.join(ROOT, "tests")
    count = "300" if tier == "full" else "10"
    oracle = [*python, f"{folder}/oracle/run_cases.py", runner, "--from",
              "200000", "--count", count]
    report("command lines",
           run([*python, f"{folder}/cli/run_cli_cases.py", runner])[1])
    report(f"{count} random cases against the oracle",
           run(oracle if has_uring else oracle + ["--no-uring"])[1])
    if tier == "full":
        report("hard inputs",
               run([*python, f"{folder}/hard_inputs.py", runner])[1])


# ---- the same bytes ----

def rewrite(source, target, change, end="\n"):
    """A file whose rows, after the header, are changed by a function."""
    with open(source, encoding="ascii") as file:
        header, *rows = file.read().splitlines()
    with open(target, "w", encoding="ascii", newline="") as out:
        out.write(end.join([header, *map(change, rows), ""]))
    return [target]


def with_quotes(row):
    fields = row.split(",")
    return ",".join([fields[0], f'"{fields[1]}"', *fields[2:]])


def with_three_decimals(row):
    return re.sub(r",(-?\d+)(\.\d+)?(?=,|$)",
                  lambda m: f",{m[1]}{(m[2] or '.'):0<4}", row)


def with_negatives(row):
    """Seconds with milliseconds, a zone, a negative power factor."""
    row = re.sub(r"^(\S+) (\S+?),", r"\1T\2.125-03:30,", row)
    return re.sub(r",([^,]+)$", r",-\1", row)


def make_inputs(program, folder):
    yield from same_bytes.make_inputs(program, folder)
    plain = os.path.join(folder, "clean", "readings_0001.csv")

    def derived(name, *how):
        return name, rewrite(plain, os.path.join(folder, f"{name}.csv"), *how)
    yield derived("crlf", str, "\r\n")
    yield derived("quoted-ids", with_quotes)
    yield derived("three-decimals", with_three_decimals)
    yield derived("negative", with_negatives)
    gzipped = os.path.join(folder, "gzipped")
    subprocess.run([program, "generate", "--quiet", "--gzip", "--readings",
                    "20000", "--out", gzipped], check=True)
    yield "gzip", [gzipped]
    for seed in sorted(glob.glob(os.path.join(ROOT, "fuzz", "seeds", "*"))):
        name = f"seed {os.path.basename(seed)}"
        with open(seed, "rb") as file, \
                open(os.path.join(folder, name), "wb") as out:
            out.write(file.read()[2:])  # two bytes are for the fuzz target
        yield name, [os.path.join(folder, name)]


def choices(tier, readers):
    """Arguments of the runs to compare, both SIMD levels in turn."""
    usable = {"--reader": readers, "--threads": ["1", "2", "5"],
              "--block": [None, "7", "4096", "65536"]}
    for output in ("--json", "--csv", None):
        n = (24 if tier == "full" else 2) if output == "--json" else 1
        for simd in ("neon", "scalar"):
            found = same_bytes.combinations("full",
                                            {**usable, "--simd": [simd]})
            for arguments in itertools.islice(found, n):
                yield ([output] if output else []), arguments


def check_reports(program, runner, tier, readers, folder):
    def one(item):
        number, (paths, output, arguments) = item
        mine, theirs = (os.path.join(folder, f"rejects-{number}-{who}")
                        for who in ("arm", "native"))
        return arguments, (
            same_bytes.run(runner, paths, output + arguments, mine) ==
            same_bytes.run(program, paths, output, theirs))

    for name, paths in make_inputs(program, folder):
        if name == "together" and tier != "full":
            continue  # the others, once more
        items = [(paths, output, arguments)
                 for output, arguments in choices(tier, readers)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            different = [" ".join(arguments) for arguments, same
                         in pool.map(one, enumerate(items)) if not same]
        report(f"{name}: {len(items)} reports as those of the native program",
               "\n".join(different))


def check_generated(program, runner, folder):
    """The same options give the same bytes on every machine."""
    for name, options in (("plain", []), ("dirty", ["--dirty", "0.05"]),
                          ("zstd", ["--zstd"]), ("gzip", ["--gzip"])):
        content = []
        for who in (program, runner):
            out = tempfile.mkdtemp(dir=folder)
            subprocess.run([who, "generate", "--quiet", "--readings", "20000",
                            "--out", out, *options], check=True)
            content.append([])
            for path in sorted(glob.glob(os.path.join(out, "*"))):
                with open(path, "rb") as file:
                    content[-1].append((os.path.basename(path), file.read()))
        report(f"generate {name}: the same files",
               "" if content[0] == content[1] else "they differ")


# Questions to a database.
QUESTIONS = [["check"], ["export"], ["report", "--json"], ["info"],
             ["report", "--json", "--no-summaries"],
             ["query", "--csv", "--every", "1h"], ["query", "--csv", "--raw"]]
SQL = "SELECT device_id, count(*), sum(power_w) FROM readings GROUP BY 1"


def answers(who, path, here):
    """What it says about a database; the path is the same for both."""
    words = [[who, command, path, *options]
             for command, *options in QUESTIONS] + [[who, "sql", path, SQL]]
    return [subprocess.run(one, cwd=here, stdout=subprocess.PIPE, check=True,
                           stdin=subprocess.DEVNULL).stdout for one in words]


def check_databases(program, runner, folder):
    """Each of the two makes a database, both answer from it, and their chunks
    are the same bytes."""
    readings = os.path.join(folder, "stored")
    subprocess.run([program, "generate", "--quiet", "--readings", "60000",
                    "--devices", "5", "--dirty", "0.02", "--out", readings],
                   check=True)
    chunks = []
    for who, name in ((program, "native"), (runner, "ARM")):
        path = os.path.join(folder, f"{name}.db")
        subprocess.run([who, "import", "--quiet", "--no-progress", "--db",
                        path, readings], check=True)
        with sqlite3.connect(path) as db:
            chunks.append(db.execute(
                "SELECT data, summary FROM chunk_data JOIN chunk USING "
                "(number) ORDER BY device, first_ms").fetchall())
        db.close()
        found = [answers(one, path, folder) for one in (program, runner)]
        report(f"a database of the {name} program: the same answers",
               "" if found[0] == found[1] else "they differ")
    report("a database: the same chunks and summaries",
           "" if chunks[0] == chunks[1] else "they differ")


def usable_readers(runner, folder):
    """Names those that do not work under QEMU."""
    path = os.path.join(folder, "probe.csv")
    with open(path, "w", encoding="ascii") as out:
        out.write("timestamp,device_id,power\n2023-01-01 00:00:00,a,1\n")
    readers = []
    for reader in same_bytes.SWITCHES["--reader"]:
        printed, problem = run([runner, "report", path, "--quiet",
                                "--reader", reader])
        if problem:
            print(f"skipped: --reader {reader} under QEMU: {printed.strip()}")
        else:
            readers.append(reader)
    return readers


def main():
    program = os.path.abspath(sys.argv[1])
    tier = sys.argv[2] if len(sys.argv) > 2 else "test"
    reason = why_not()
    if reason:
        print(f"ok 1 - 64-bit ARM under QEMU # SKIP {reason}")
        return 0
    problem = build()
    report("builds without warnings", problem)
    if problem:
        return 1
    with tempfile.TemporaryDirectory(prefix="wattle-arm-") as folder:
        runner = make_runner(folder)
        readers = usable_readers(runner, folder)
        check_units(tier)
        check_suites(runner, tier, "uring" in readers)
        check_reports(program, runner, tier, readers, folder)
        check_generated(program, runner, folder)
        check_databases(program, runner, folder)
    print(f"1..{n_tests}")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
