#!/usr/bin/env python3
"""Runs the tests of a tier and ends with a line "N passed, N failed".

Tiers: quick (seconds), test (all that a change must pass), full (also the
long ones). One suite can be run alone: run_tests.py --only cli.

A suite prints TAP lines ("ok 1 - name", "not ok 2 - name", "ok 3 - name #
SKIP why") or a closing line "N passed, N failed"; both are counted.
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("WATTLE_TZ", "UTC")  # not the zone of the machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.path.join(ROOT, "build", "release", "wattle")
CHECKED = os.path.join(ROOT, "build", "test", "wattle")

TIERS = ["quick", "test", "full"]

# Debian's own Python has python3-selenium, python3-xxhash and an SQLite that
# loads extensions; it may not be the first one.
DEBIAN_PYTHON = ("/usr/bin/python3" if os.path.exists("/usr/bin/python3")
                 else sys.executable)

# Unit tests that take seconds.
SLOW = ["test_reader", "test_csv_decoder", "test_power_cut", "test_kernels",
        "test_device_merge", "test_totals", "test_appender",
        "test_sorted_totals", "test_buckets", "test_allocation",
        "test_backend", "test_column_codec", "test_block_chunk",
        "test_csv_dialects"]


def python(script, *arguments):
    return [sys.executable, os.path.join(ROOT, "tests", script), *arguments]


def quick_suites():
    """What runs in seconds: the program as it is built, a few cases each."""
    return [
        ("cli", "quick", python("cli/run_cli_cases.py", RELEASE)),
        ("oracle", "quick",
         python("oracle/run_cases.py", RELEASE, "--count", "20")),
        ("query", "quick",
         python("oracle/check_query.py", RELEASE, "--count", "1")),
        ("store", "quick",
         python("check_store.py", RELEASE, "--tier", "quick", "--only",
                "differential,golden_files")),
        ("sql", "quick",
         [DEBIAN_PYTHON, os.path.join(ROOT, "tests/check_sql.py"), RELEASE,
          os.path.join(ROOT, "build/release/wattle_sqlite.so")]),
    ]


def suites(tier):
    """(name, tier it belongs to, command) of every suite, in order."""
    level = TIERS.index(tier)
    programs = sorted(glob.glob(os.path.join(ROOT, "build/test/tests/test_*")))
    found = [(os.path.basename(p),
              "test" if os.path.basename(p) in SLOW else "quick", [p])
             for p in programs if os.access(p, os.X_OK) and os.path.isfile(p)]
    n_cases, n_random = [("20", "20"), ("200", "300"), ("5000", "3000")][level]
    if level == 0:
        return quick_suites() + found  # the longest first
    return found + [
        ("oracle-selftest", "quick", python("oracle/selftest.py")),
        ("cli", "quick", python("cli/run_cli_cases.py", CHECKED)),
        ("oracle", "quick",
         python("oracle/run_cases.py", CHECKED, "--from", "1", "--count",
                n_cases)),
        ("oracle-release", "test",
         python("oracle/run_cases.py", RELEASE, "--from", "100000",
                "--count", n_random)),
        ("query", "quick",
         python("oracle/check_query.py", CHECKED, "--count",
                ["10", "30", "1000"][level])),
        ("query-release", "test",
         python("oracle/check_query.py", RELEASE, "--from", "10000", "--count",
                ["10", "80", "3000"][level])),
        ("format", "test",
         [DEBIAN_PYTHON, os.path.join(ROOT, "tests/oracle/check_format.py"),
          CHECKED]),
        ("store", "quick",
         python("check_store.py", CHECKED, "--tier", "quick")),
        ("store-release", "test",
         python("check_store.py", RELEASE, "--tier", tier)),
        ("sql", "quick",
         [DEBIAN_PYTHON, os.path.join(ROOT, "tests/check_sql.py"), CHECKED,
          os.path.join(ROOT, "build/release/wattle_sqlite.so")]),
        ("same-bytes", "test", python("same_bytes.py", RELEASE, tier)),
        ("generated", "test", python("check_generate.py", CHECKED, RELEASE)),
        ("trace", "quick", python("check_trace.py", CHECKED)),
        ("hard-inputs", "test", python("hard_inputs.py", CHECKED)),
        ("threats", "test", python("check_threats.py", CHECKED, RELEASE)),
        ("ladder", "test", python("check_ladder.py", RELEASE)),
        ("real-files", "test", python("real_files.py", CHECKED)),
        ("profile-page", "test",
         [DEBIAN_PYTHON, os.path.join(ROOT, "tests/check_profile_page.py"),
          RELEASE]),
        ("docs", "test", python("check_docs.py", RELEASE)),
        ("build", "test", python("check_build.py")),
        ("abi", "test", python("check_abi.py")),
        ("arm", "test", python("check_arm.py", RELEASE, tier)),
        ("guard", "test",
         [sys.executable, os.path.join(ROOT, "bench/check/bench_check.py")]),
        ("fuzz-seeds", "test", python("fuzz_seeds.py", "regress")),
        ("fuzz", "full", python("fuzz_seeds.py", "fuzz")),
        ("threads", "full", python("check_threads.py")),
    ]


def count(output):
    """Passed, failed and skipped, as the suite's own lines say."""
    closing = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$",
                         output, re.M)
    if closing:
        return [sum(int(row[i] or 0) for row in closing) for i in range(3)]
    ran = re.search(r"^Ran (\d+) tests? in", output, re.M)  # unittest
    if ran:
        bad = sum(int(n) for n in
                  re.findall(r"(?:failures|errors)=(\d+)", output))
        return [int(ran.group(1)) - bad, bad, 0]
    failed = len(re.findall(r"^not ok", output, re.M))
    skipped = len(re.findall(r"^ok .*# SKIP", output, re.M))
    passed = len(re.findall(r"^ok", output, re.M)) - skipped
    return [passed, failed, skipped]


def what_failed(output):
    """What failed first, then the end of the output: a sanitizer may write
    pages after an assertion."""
    lines = output.splitlines()
    wrong = [i for i, line in enumerate(lines) if re.match(
        r"not ok|#|.* is .*, not .* \(.*\)$|.*: error: |==\d+==ERROR", line)]
    near = sorted({k for i in wrong[:20] for k in (i - 1, i, i + 1)
                   if 0 <= k < len(lines)})
    return [lines[i] for i in near] + ["..."] + [output[-6000:]]


def run(name, command):
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", LC_ALL="C.UTF-8",
                       ASAN_OPTIONS="detect_leaks=1:abort_on_error=0",
                       UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True,
                          errors="replace", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    passed, failed, skipped = count(done.stdout)
    if done.returncode != 0 and failed == 0:
        failed = 1  # a crash counts, whatever was printed before
    if passed + failed + skipped == 0:
        failed = 1  # so does a suite that ran nothing
    seconds = time.monotonic() - began
    words = [f"{'ok  ' if failed == 0 else 'FAIL'} {name:18} {passed} passed, "
             f"{failed} failed, {skipped} skipped ({seconds:.1f} s)"]
    words += ["     " + line for line in done.stdout.splitlines()
              if "# SKIP" in line or line.startswith("skipped:")]
    if failed:
        words += what_failed(done.stdout)
    return passed, failed, skipped, "\n".join(words)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tier", choices=TIERS, default="test")
    parser.add_argument("--only", help="run only suites with this in the name")
    arguments = parser.parse_args()
    level = TIERS.index(arguments.tier)
    chosen = [(name, command) for name, tier, command
              in suites(arguments.tier) if TIERS.index(tier) <= level
              and (arguments.only or "") in name]
    if not chosen:
        print(f"no suite of tier {arguments.tier} has {arguments.only!r} in "
              "its name; there are: " + ", ".join(
                  name for name, _, _ in suites(arguments.tier)))
        return 2
    total = [0, 0, 0]
    with ThreadPoolExecutor(2) as pool:
        for *counts, words in pool.map(lambda suite: run(*suite), chosen):
            print(words, flush=True)
            total = [a + b for a, b in zip(total, counts)]
    skipped = f", {total[2]} skipped" if total[2] else ""
    print(f"{total[0]} passed, {total[1]} failed{skipped}")
    return 1 if total[1] or total[0] == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
