#!/usr/bin/env python3
"""Runs random cases through the oracle and the program, and compares them.

    python3 run_cases.py WATTLE --from SEED --count N [--jobs J] [--keep-failures DIR]

Each case runs twice through the program with different measuring switches
(threads, SIMD, reader, cache, block size), which must not change a single byte
of its output. With `-` for WATTLE only the oracle runs, to test and time it.
"""

import argparse
import json
import multiprocessing
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import casegen
import oracle
from compare import compare

os.environ.setdefault("WATTLE_TZ", "UTC")  # not the zone of the machine

TIMEOUT = 60          # seconds for one run of the program


READERS = ["auto", "pread", "mmap", "uring"]


def pick_switches(rng):
    switches = ["--threads", str(rng.randint(1, 4)),
                "--simd", rng.choice(["scalar", "auto"]),
                "--reader", rng.choice(READERS)]
    if rng.random() < 0.5:
        switches.append("--no-cache")
    block = rng.choice([1, 7, 64, 100, 1000, 65536, None])
    if block is not None:
        switches += ["--block", str(block)]
    return switches


class Outcome:
    """What one run of the program left behind."""

    def __init__(self, command, rejects_file):
        if rejects_file and os.path.exists(rejects_file):
            os.remove(rejects_file)
        self.command = command
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=TIMEOUT)
            self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as error:
            self.code, self.out, self.err = "timeout", error.stdout or b"", error.stderr or b""
        self.rejects = None
        if rejects_file and os.path.exists(rejects_file):
            with open(rejects_file, "rb") as stream:
                self.rejects = stream.read()


def check_rejects(expected, data):
    """Compare the --rejects file, field by field: how it quotes is its own affair."""
    if data is None:
        return ["rejects file: not written"]
    rows = [fields for _line, _raw, fields in oracle.records(data)]
    head, rows = rows[:1], rows[1:]
    if head != [[b"file", b"line", b"reason", b"raw"]]:
        return ["rejects file: wrong header %r" % head]
    messages = []
    if len(rows) != len(expected):
        messages.append("rejects file: expected %d rows, got %d" % (len(expected), len(rows)))
    for index, (want, got) in enumerate(zip(expected, rows)):
        file, line, reason, raw = want
        want = [os.fsencode(file), b"%d" % line, reason.encode(), raw]
        if reason == "quote" and got is not None and len(got) == 4:
            # Whether a line end inside the open quote belongs to it is left open.
            want[3], got = raw.rstrip(b"\r\n"), got[:3] + [got[3].rstrip(b"\r\n")]
        if got != want:
            messages.append("rejects file: row %d: expected %.300r, got %.300r" % (index + 1, want, got))
    return messages


def check_report(result, outcome, rejects_file):
    messages = []
    if outcome.code != result.exit_code:
        messages.append("exit code: expected %s, got %s; stderr: %s"
                        % (result.exit_code, outcome.code, outcome.err[-300:].decode("utf-8", "replace")))
    try:
        actual = json.loads(outcome.out.decode("utf-8", "surrogateescape"))
    except ValueError as error:
        return messages + ["output is not JSON: %s: %.200r" % (error, outcome.out)]
    messages += compare(result.report, actual)
    if rejects_file:
        messages += check_rejects(result.rejects, outcome.rejects)
    return messages


def check_case(wattle, seed, folder, keep=False):
    """-> (messages, seconds in the oracle)."""
    case = casegen.make_case(seed, folder)
    paths, args = case["paths"], case["args"]
    started = time.perf_counter()
    _paths, options = oracle.parse_args(args + ["--"] + paths)
    has_no_power = False
    try:
        result = oracle.run(paths, options)
    except oracle.NoPower:
        result, has_no_power = None, True
    except oracle.UsageError:
        result = None
    seconds = time.perf_counter() - started
    is_refused = has_no_power or case.get("expect_exit") == 2 or oracle.is_empty_range(options)
    if (result is None) != is_refused:
        return ["the case itself is wrong: %s" % ("no usable file" if result is None else "usable files")], seconds

    if wattle == "-":
        return [], seconds
    rng = random.Random("switches %d" % seed)
    rejects_file = options.rejects_file
    outcomes = [Outcome([wattle, "report"] + paths + ["--json", "--no-progress"] + args + pick_switches(rng),
                        rejects_file)
                for _ in range(2)]
    if result is None:
        messages = ["exit code: expected 2, got %s" % outcome.code for outcome in outcomes if outcome.code != 2]
    else:
        messages = check_report(result, outcomes[0], rejects_file)
        first, second = outcomes
        if second.code != first.code:
            messages.append("exit codes of the two runs differ: %s and %s; stderr: %s"
                            % (first.code, second.code, second.err[-300:].decode("utf-8", "replace")))
        if second.out != first.out:
            messages.append("outputs of the two runs differ; the second run against the oracle:")
            messages += check_report(result, second, rejects_file)[:5]
        if second.rejects != first.rejects:
            messages.append("rejects files of the two runs differ")
    if messages:
        messages.append("switches: %s" % " | ".join(shlex.join(outcome.command[len(paths) + 4 + len(args):])
                                                    for outcome in outcomes))
    if keep:
        for index, outcome in enumerate(outcomes, 1):
            with open(os.path.join(folder, "actual-%d.json" % index), "wb") as out:
                out.write(outcome.out)
        with open(os.path.join(folder, "expected.json"), "w") as out:
            json.dump(result.report if result else None, out, indent=2)
        with open(os.path.join(folder, "commands.txt"), "w", errors="surrogateescape") as out:
            out.write("".join(shlex.join(outcome.command) + "\n" for outcome in outcomes))
            out.write("".join("# %s\n" % line.encode("utf-8", "replace").decode() for line in messages))
    return messages, seconds


def one_seed(job):
    wattle, seed, keep_in = job
    folder = tempfile.mkdtemp(prefix="wattle-case-")
    try:
        try:
            messages, seconds = check_case(wattle, seed, folder)
            if messages and keep_in:
                kept = os.path.join(keep_in, "seed-%d" % seed)
                shutil.rmtree(kept, ignore_errors=True)
                os.makedirs(kept)
                if wattle != "-":
                    check_case(wattle, seed, kept, keep=True)
        except Exception:
            messages, seconds = ["error in the test itself:\n" + traceback.format_exc()], 0.0
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return seed, messages, seconds


def main(argv):
    parser = argparse.ArgumentParser(description="Compare the program with the oracle on random cases.")
    parser.add_argument("wattle", metavar="WATTLE_BINARY")
    parser.add_argument("--from", dest="start", metavar="SEED", type=int, default=1)
    parser.add_argument("--count", metavar="N", type=int, default=200)
    parser.add_argument("--jobs", metavar="J", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep-failures", metavar="DIR")
    parser.add_argument("--no-uring", action="store_true", help="where the system has no io_uring")
    options = parser.parse_args(argv)
    if options.no_uring:
        READERS.remove("uring")
    wattle = options.wattle
    if wattle != "-":
        wattle = os.path.abspath(wattle)
        if not os.access(wattle, os.X_OK):
            print("run_cases: no program at %s" % options.wattle, file=sys.stderr)
            return 2
    keep_in = os.path.abspath(options.keep_failures) if options.keep_failures else None
    jobs = [(wattle, seed, keep_in) for seed in range(options.start, options.start + options.count)]
    passed = failed = 0
    total = 0.0
    with multiprocessing.Pool(max(1, options.jobs)) as pool:
        for seed, messages, seconds in pool.imap(one_seed, jobs):
            total += seconds
            if not messages:
                passed += 1
                continue
            failed += 1
            print("seed %d: failed" % seed)
            shown = messages if len(messages) <= 7 else messages[:6] + messages[-1:]
            for message in shown:
                print("    " + message.encode("utf-8", "backslashreplace").decode())
            if len(messages) > len(shown):
                print("    (%d messages in all)" % len(messages))
            sys.stdout.flush()
    if wattle == "-":
        print("oracle only: %.1f s" % total)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
