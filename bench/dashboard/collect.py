"""Runs wattle and the Python monitor under profilers and measures them.

Everything that is written goes to one folder. A tool that is missing or not
allowed is left out; its part of the result is then None, and `notes` says why.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

from harness import measure, paths

from . import stacks, timeline

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MONITOR = os.path.join(ROOT, "bench/before/monitor.py")
SAMPLER = os.path.join(HERE, "sample_python.py")

PERF_HZ = 1999     # not in step with anything that ticks
MAX_LOOPS = 300    # runs in a row under perf
LIMIT_S = 600
N_FUNCTIONS = 10   # in the tables of samples
N_COUNTED = 14     # in the list of instructions


class Bench:
    """A folder to work in, the programs, and what there is to say."""

    def __init__(self, folder, wattle, say):
        self.folder = os.path.abspath(folder)
        self.wattle = os.path.abspath(wattle)
        self.say = say
        self.notes = []
        os.makedirs(self.folder, exist_ok=True)
        # not where the benchmark has them: it may run at the same time
        paths.OUT = self.folder
        measure.RUN_ONCE = self.path("run_once")
        measure.build_run_once()

    def path(self, name):
        return os.path.join(self.folder, name)

    def data(self, readings):
        """A folder with so many readings, made when missing."""
        folder = self.path(f"data_{readings}")
        if not os.path.exists(os.path.join(folder, "devices.csv")):
            subprocess.run([self.wattle, "generate", "--readings",
                            str(readings), "--out", folder, "--quiet"],
                           check=True)
        return folder

    def report(self, folder, *options):
        return [self.wattle, "report", folder, "--no-progress", *options]


def size_bytes(folder):
    return sum(os.path.getsize(os.path.join(folder, name))
               for name in os.listdir(folder) if name.startswith("readings_"))


# ---- wall time and memory ----

def measured(command, n_runs):
    """Median wall time, CPU time and peak memory of whole processes."""
    runs = [measure.run("run", command, LIMIT_S) for _ in range(n_runs)]

    def median(key):
        return statistics.median(run[key] for run in runs)
    return {"runs": n_runs, "wall_s": median("wall_s"),
            "cpu_s": statistics.median(run["user_s"] + run["sys_s"]
                                       for run in runs),
            "peak_rss_bytes": median("peak_rss_bytes")}


def memory_curve(bench, command, step_s):
    """[[seconds, resident bytes]] while a command runs."""
    page = os.sysconf("SC_PAGE_SIZE")
    points = []
    with open(bench.path("run.out"), "wb") as out:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=out,
                                 stderr=subprocess.DEVNULL)
        with open(f"/proc/{child.pid}/statm", "rb", buffering=0) as statm:
            while child.poll() is None:
                try:
                    statm.seek(0)
                    pages = int(statm.read().split()[1])
                except (OSError, IndexError):
                    break
                if pages:
                    points.append([round(time.perf_counter() - began, 6),
                                   pages * page])
                time.sleep(step_s)
        child.wait()
    return thinned(points, 600)


def thinned(points, n_kept):
    """At most so many points, first and last among them."""
    if len(points) <= n_kept:
        return points
    step = (len(points) - 1) / (n_kept - 1)
    return [points[round(i * step)] for i in range(n_kept)]


# ---- where the time goes ----

def perf_event(bench):
    """The event to sample by, or None with a note."""
    if not shutil.which("perf"):
        bench.notes.append("perf is not installed (linux-perf)")
        return None
    for event in ("cycles", "cpu-clock"):
        file_name = bench.path("try.data")
        tried = subprocess.run(
            ["perf", "record", "-q", "-e", event, "-g", "-o", file_name,
             bench.wattle, "version"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, check=False)
        if tried.returncode == 0 and os.path.exists(file_name):
            return event
    bench.notes.append("perf may not sample here "
                       "(kernel.perf_event_paranoid, or a container)")
    return None


def kinds(bench):
    """A function that tells the room of one of wattle's functions."""
    listing = subprocess.run(["nm", "-l", bench.wattle], text=True,
                             stdout=subprocess.PIPE, check=True,
                             stderr=subprocess.DEVNULL).stdout
    rooms = stacks.rooms_by_name(listing)
    return lambda name: rooms.get(name, "other")


def perf_stacks(bench, event, folder, n_runs, options):
    """Stacks of so many runs in a row, sampled by perf."""
    file_name = bench.path("perf.data")
    loop = ('n=$1; shift; while [ "$n" -gt 0 ]; do "$@" >/dev/null; '
            'n=$((n - 1)); done')
    subprocess.run(
        ["perf", "record", "-q", "-e", event, "-F", str(PERF_HZ), "-g", "-o",
         file_name, "sh", "-c", loop, "sh", str(n_runs),
         *bench.report(folder, "--quiet", *options)],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    text = subprocess.run(
        ["perf", "script", "-i", file_name, "--comm",
         os.path.basename(bench.wattle), "-F", "comm,ip,sym,dso",
         "--no-inline"], check=True, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return stacks.parse_perf(text, kinds(bench))


def sampled_by(bench):
    """The event that perf really used: it takes the clock where the machine
    does not count cycles."""
    text = subprocess.run(["perf", "evlist", "-i", bench.path("perf.data")],
                          check=True, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout
    return text.split()[0].split(":")[0] if text.split() else "?"


def flame(found, tool, unit, command):
    """What the page shows of a set of stacks."""
    return {"tool": tool, "unit": unit, "command": command,
            "tree": stacks.tree(found, "all"),
            "top": stacks.functions(found, N_FUNCTIONS)}


def instructions(bench, readings):
    """Instructions of each function, counted by callgrind; and its calls."""
    if not shutil.which("valgrind"):
        bench.notes.append("instructions are not counted: valgrind is not "
                           "installed")
        return None, None
    folder = bench.data(readings)
    out = bench.path("callgrind.out")
    options = ["--quiet", "--threads", "1", "--simd", "avx2"]
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
         "--compress-strings=no", "--compress-pos=no",
         *bench.report(folder, *options)], check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if done.returncode != 0:
        bench.notes.append("instructions are not counted: valgrind failed")
        return None, None
    with open(out, encoding="utf-8", errors="replace") as file:
        own, calls = stacks.parse_callgrind(file.read())
    total = sum(own.values())
    rows = sorted(own.items(), key=lambda item: -item[1])
    counted = {
        "readings": readings, "total": total,
        "per_reading": total / readings,
        "command": "wattle report --threads 1 --simd avx2",
        "functions": [{"name": name, "kind": stacks.kind_of_file(file_name),
                       "file": source_name(file_name),
                       "per_reading": cost / readings, "share": cost / total}
                      for (name, file_name), cost in rows[:N_COUNTED]],
    }
    return counted, stacks.stacks_of_calls(own, calls)


def source_name(path):
    """A path inside the project; of others only the file's name."""
    match = re.search(r"\b(src/.*)$", path)
    return match[1] if match else os.path.basename(path).replace("???", "")


# ---- the programs ----

def wattle(bench, readings, callgrind_readings, n_runs, sample_s):
    """Everything about wattle; so many seconds of it under perf."""
    folder = bench.data(readings)
    bench.say(f"wattle, {readings:,} readings: time and memory")
    plain = bench.report(folder, "--quiet")
    measured(plain, 1)
    found = {"readings": readings, "bytes": size_bytes(folder),
             **measured(plain, n_runs),
             "one_thread": measured([*plain, "--threads", "1"], n_runs)}
    bench.say("wattle: --timings and --trace")
    answer = subprocess.run(
        bench.report(folder, "--json", "--timings", "--quiet", "--trace",
                     bench.path("trace.json")),
        check=True, stdout=subprocess.PIPE).stdout
    found["timings"] = json.loads(answer)["timings"]
    with open(bench.path("trace.json"), encoding="utf-8") as file:
        found["trace"] = timeline.from_trace(json.load(file))
    bench.say("wattle: instructions")
    counted, arcs = instructions(bench, callgrind_readings)
    found["instructions"] = counted
    bench.say("wattle: stacks")
    event = perf_event(bench)
    if event:
        n_loops = max(1, min(MAX_LOOPS, round(sample_s / found["cpu_s"])))
        taken = perf_stacks(bench, event, folder, n_loops, [])
        found["flame"] = flame(
            taken, f"perf, {sampled_by(bench)}, {n_loops} runs in a row",
            "samples", "wattle report")
    elif arcs:
        found["flame"] = flame(arcs, "callgrind", "instructions",
                               counted["command"])
    else:
        found["flame"] = None
    return found


def before(bench, readings, n_runs):
    """Everything about the Python monitor, and wattle on the same data."""
    folder = bench.data(readings)
    command = [sys.executable, MONITOR, folder, "--json"]
    ours = bench.report(folder, "--quiet")
    bench.say(f"Python monitor, {readings:,} readings: time and memory")
    found = {"readings": readings, "bytes": size_bytes(folder),
             "python": {**measured(command, n_runs),
                        "memory": memory_curve(bench, command, 0.005)},
             "wattle": {**measured(ours, max(5, n_runs)),
                        "memory": memory_curve(bench, ours, 0.0002)}}
    bench.say("Python monitor: stacks")
    out = bench.path("python.json")
    subprocess.run([sys.executable, SAMPLER, out, "1", MONITOR, folder,
                    "--json"], check=True, stdout=subprocess.DEVNULL)
    with open(out, encoding="utf-8") as file:
        sampled = json.load(file)
    taken = [([tuple(frame) for frame in frames], n)
             for frames, n in sampled["stacks"] if frames]
    found["python"]["flame"] = flame(
        taken, "a timer's signal; time in C code counts for the Python "
        "function that called it", "samples", "python3 monitor.py --json")
    return found
