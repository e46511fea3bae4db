#!/usr/bin/env python3
"""--trace writes JSON whose events nest, come in order, and add up.

Usage: check_trace.py PROGRAM
"""
import json
import os
import subprocess
import sys
import tempfile

N_READINGS = 60000
STAGES = ["open", "read", "split", "decode", "lookup", "totals", "merge"]


def run(program, *arguments, **options):
    done = subprocess.run([program, *arguments], text=True,
                          capture_output=True, check=False, **options)
    assert done.returncode == 0, done.stderr[:2000]
    return done.stdout


def check_event(event):
    """What every event must have, by its kind."""
    assert event["pid"] == 1 and isinstance(event["name"], str), event
    if event["ph"] == "M":
        assert event["args"], event
        return
    assert event["ph"] in "XC" and event["ts"] >= 0, event
    assert event["tid"] >= 1, event
    if event["ph"] == "X":
        assert event["dur"] >= 0, event
        assert event["cat"] in {"span", "block", "stage"}, event
    else:
        assert event["args"]["resident_bytes"] > 0, event


def check_nesting(events):
    """Of one thread: in order of begin, and inside what is still open. Times
    are compared in whole nanoseconds."""
    open_ends, last_ns = [], 0
    for event in events:
        begin_ns = round(event["ts"] * 1000)
        end_ns = begin_ns + round(event["dur"] * 1000)
        assert begin_ns >= last_ns, event
        last_ns = begin_ns
        while open_ends and open_ends[-1] <= begin_ns:
            open_ends.pop()
        assert not open_ends or end_ns <= open_ends[-1], (event, open_ends)
        if end_ns > begin_ns:
            open_ends.append(end_ns)


def read_trace(path):
    """The events of a trace, checked."""
    with open(path, encoding="utf-8") as file:
        trace = json.load(file)
    assert trace["otherData"]["dropped_spans"] == 0, trace["otherData"]
    events = trace["traceEvents"]
    for event in events:
        check_event(event)
    named = {e["tid"] for e in events if e["name"] == "thread_name"}
    threads = {e["tid"] for e in events if e["ph"] == "X"}
    assert threads <= named, (threads, named)
    for thread in threads:
        check_nesting([e for e in events
                       if e["ph"] == "X" and e["tid"] == thread])
    samples = [e["ts"] for e in events if e["ph"] == "C"]
    assert samples and samples == sorted(samples)
    return events


def stage_sum_s(events, stage):
    name = "look up" if stage == "lookup" else stage
    return sum(e["dur"] for e in events
               if e.get("cat") == "stage" and e["name"] == name) / 1e6


def check_sums(events, answer, n_scans):
    """The trace and --timings, of one run, tell the same."""
    timings = answer["timings"]
    for stage in STAGES:
        took_s = stage_sum_s(events, stage)
        assert abs(took_s - timings[f"{stage}_s"]) < 1e-6, (
            stage, took_s, timings[f"{stage}_s"])
    rows = sum(e["args"]["rows"] for e in events if e.get("cat") == "block")
    assert rows == n_scans * answer["lines"], (rows, answer["lines"])
    scans = [e for e in events if e["name"] == "scan"]
    assert len(scans) == n_scans == timings["scans"], scans


class Checks:
    """Each method that begins with check_ is a test."""

    def __init__(self, program, folder):
        self.program = program
        self.trace = os.path.join(folder, "trace.json")
        self.data = os.path.join(folder, "data")
        self.devices = os.path.join(folder, "devices")
        self.made = os.path.join(folder, "made")
        run(program, "generate", "--readings", str(N_READINGS), "--out",
            self.data, "--quiet")
        run(program, "generate", "--readings", str(N_READINGS), "--order",
            "device", "--files", "1", "--out", self.devices, "--quiet")

    def report(self, *arguments, n_scans=1, **options):
        answer = json.loads(run(
            self.program, "report", *arguments, "--json", "--timings",
            "--quiet", "--trace", self.trace, **options))
        events = read_trace(self.trace)
        check_sums(events, answer, n_scans)
        return events

    def check_one_thread(self):
        events = self.report(self.data, "--threads", "1")
        assert {e["tid"] for e in events if e["ph"] == "X"} == {1}

    def check_four_threads(self):
        events = self.report(self.data, "--threads", "4", "--block", "4096")
        assert len({e["tid"] for e in events if e["ph"] == "X"}) > 1

    def check_bounded(self):
        """More blocks than are kept: joined, and nothing is missing."""
        self.report(self.data, "--threads", "1", "--block", "100")
        with open(self.trace, encoding="utf-8") as file:
            assert json.load(file)["otherData"]["joined_blocks"] > 0
        assert os.path.getsize(self.trace) < 8 << 20

    def check_two_scans(self):
        names = [os.path.join(self.data, f"readings_000{i}.csv")
                 for i in (2, 1, 2)]
        self.report(*names, n_scans=2)

    def check_readers(self):
        for reader in ("mmap", "pread", "uring"):
            self.report(self.devices, "--reader", reader)

    def check_stream(self):
        with open(os.path.join(self.devices, "readings_0001.csv"),
                  encoding="ascii") as file:
            self.report("-", stdin=file)

    def check_generate(self):
        for more in ([], ["--gzip"], ["--zstd"]):
            run(self.program, "generate", "--readings", str(N_READINGS),
                "--threads", "3", "--out", self.made, "--force", "--quiet",
                "--trace", self.trace, *more)
            events = read_trace(self.trace)
            rows = sum(e["args"]["rows"] for e in events
                       if e.get("cat") == "block")
            assert rows == N_READINGS, rows
            assert stage_sum_s(events, "make") > 0
            assert (stage_sum_s(events, "pack") > 0) == bool(more)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check_trace.py PROGRAM")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="wattle-trace-") as folder:
        checks = Checks(os.path.abspath(sys.argv[1]), folder)
        names = [name for name in dir(checks) if name.startswith("check_")]
        for i, name in enumerate(names, 1):
            try:
                getattr(checks, name)()
                print(f"ok {i} - {name}")
            except (AssertionError, OSError, ValueError, KeyError) as problem:
                failed += 1
                print(f"not ok {i} - {name}: {type(problem).__name__} "
                      f"{str(problem)[:2000]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
