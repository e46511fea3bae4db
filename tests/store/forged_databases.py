"""Hostile databases with right checksums: every command stands up to them.

forge_changes.py makes a database from a seed; here each command that reads or
writes one runs over a copy of it. It may refuse the database or find damage,
with words; it must not crash, hang, take a lot of memory, write what `wattle
report` rejects, or change a file that it refuses. One database in ten is
sound, and there every command must do its work.

A few commands run for each seed; all with WATTLE_FORGE_ALL=1. With
WATTLE_FORGE_MEMORY=1 an overflow of numbers does not end a run, nor does it
count: what comes after it is of interest then. For hours:

    forged_databases.py PROGRAM --hours 2 [--from SEED] [--count N]

This prints each kind of failure once, with its seed, the changes that are to
blame, the command, and where in src/ it is.
"""
import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from forge import Bases, remove
from forge_changes import forge, kind_of
from store_tools import HEADER, START_MS, Program, plain_row, write

IS_MEMORY = bool(os.environ.get("WATTLE_FORGE_MEMORY"))
LIMIT_S = 20
LIMIT_KB = 1 << 20
LIMIT_BYTES = 1 << 30
N_COMMANDS = 5
CRASHED = 99  # the exit status of a sanitizer

SANITIZERS = {
    "ASAN_OPTIONS": f"detect_leaks=1:handle_abort=1:exitcode={CRASHED}:"
                    "allocator_may_return_null=1:hard_rss_limit_mb=3000",
    "UBSAN_OPTIONS": f"halt_on_error={0 if IS_MEMORY else 1}:"
                     f"print_stacktrace=1:exitcode={CRASHED}",
}

SQL = [
    "SELECT * FROM readings",
    "SELECT device_id, count(*), sum(power_w) FROM readings GROUP BY 1",
    "SELECT * FROM readings WHERE device_id = 'a' AND time_ms > "
    "1696118400000 ORDER BY time_ms DESC",
    "SELECT * FROM readings WHERE timestamp BETWEEN '2023' AND '2024'",
    "SELECT * FROM energy_buckets",
    "SELECT * FROM energy_buckets('a', NULL, NULL, '1d')",
    "SELECT count(*) FROM energy_buckets(NULL, '2023-10-01', '2023-10-03', "
    "'1h')",
    "SELECT d.device_id, b.* FROM devices d, energy_buckets(d.device_id, "
    "NULL, NULL, '1d') b",
    "SELECT r.*, d.name FROM readings r JOIN devices d USING (device_id)",
    "SELECT * FROM daily; SELECT * FROM hourly",
    "SELECT * FROM devices; SELECT * FROM files; SELECT * FROM corrections",
    "SELECT * FROM chunk, delta, rollup LIMIT 100",
]

# DB is a copy of the database, OUT a file that does not exist, OWN and LATE
# are files to import: readings of new devices, and such between those that
# the database has. DEVICE is one of its devices.
COMMANDS = [line.split() for line in """
report DB
report DB --json
report DB --csv --top 3
report DB --json --no-summaries
report DB --max-gap 2h
report DB --max-gap 10s --threads 2
report DB --since 2023-10-01T03:07 --until 2023-10-02T05:00
report DB --until 2023-10-01T02:30 --json
report DB --device DEVICE
report DB --device *
query DB
query DB --every 1h --since 2023-10-01 --until 2023-10-09
query DB --every 1d --total
query DB --every 1mo --what all --json
query DB --every 15m --fill null --until 2023-10-04 --since 2023-09-30
query DB --raw
query DB --raw --csv --device DEVICE --since 2023-10-01T01:00
query DB --what efficiency,voltage,current --max-gap 3h --rate 0.3
info DB
info DB --json
check DB
check DB
check DB --salvage OUT
check DB --salvage OUT
export DB
export DB --since 2023-10-01T00:30 --device *
export DB --out OUT
backup DB OUT
compact DB
compact DB
import OWN --db DB
import LATE --db DB
import LATE --db DB
import OWN LATE --db DB
""".strip().splitlines()] + [["sql", "DB", sql] for sql in SQL] + \
    [["sql", "DB", SQL[0], "--json"]]


def cases(tier):
    return list(range({"quick": 0, "test": 50, "full": 3000}[tier]))


# ---- one run ----

def settled(data):
    """A database without what turning its log on writes into page 1: the kind
    of log, and the counter of changes."""
    data = bytearray(data)
    for first, end in ((18, 20), (24, 28), (92, 100)):
        data[first:end] = bytes(end - first)
    return data


class Run:
    """A run of the program that has ended; `problem` is None or a word."""

    def __init__(self, words, code, out, err, peak_kb, is_late):
        self.words, self.code, self.out, self.err = words, code, out, err
        self.problem, self.place = None, ""
        text = err.decode("utf-8", "replace")
        if IS_MEMORY:
            text = re.sub(r"(?m)^.* runtime error: .*\n(    #\d.*\n)*", "",
                          text)
        self.text = text
        if is_late:
            self.problem = f"does not end in {LIMIT_S} s"
        elif "Sanitizer" in text or "runtime error:" in text:
            self.problem = self.summary(text)
        elif code < 0 or code >= 128 or code == CRASHED:
            self.problem = f"killed, status {code}"
        elif code not in (0, 1, 2):
            self.problem = f"exit status {code}"
        elif code == 2 and not text.strip():
            self.problem = "exit status 2 without a word"
        elif peak_kb > LIMIT_KB:
            self.problem = f"{peak_kb // 1024} MiB of memory"
        if self.problem:
            self.place = self.first_frame(text)

    @staticmethod
    def summary(text):
        found = re.search(r"runtime error: (.*)", text)
        if found:
            return re.sub(r"-?\d{3,}", "N", found.group(1))[:90]
        found = re.search(r"ERROR: (\w+Sanitizer: [\w -]+)", text)
        return re.sub(r" on .*| 0x.*", "", found.group(1)) if found \
            else "sanitizer"

    @staticmethod
    def first_frame(text):
        """The first function in src/ that the sanitizer names."""
        found = re.search(r"(src/[\w./]+\.[ch]:\d+):\d+: runtime error", text)
        place = found.group(1) if found else ""
        for name, file in re.findall(
                r"^\s*#\d+ \S+ in (\S+) (?!\S*libsanitizer)\S*?"
                r"(src/[\w./]+:\d+)", text, re.M):
            return f"{name} {place or file}"
        return place

    def frames(self, n=4):
        return re.findall(r"^\s*#\d+ \S+ in (\S+ \S*?:\d+)",
                          self.text, re.M)[:n]

    def __str__(self):
        words = " ".join(os.path.basename(word) if "/" in word else word
                         for word in self.words)
        return f"{words}: {self.problem or f'exit {self.code}'}" + \
            (f" in {self.place}" if self.place else "")


class Runner:
    """Runs the program in a folder, within limits."""

    def __init__(self, program, folder):
        self.program, self.folder, self.n_runs = program, folder, 0
        self.environment = dict(os.environ, **SANITIZERS, NO_COLOR="1",
                                TMPDIR=folder)

    def run(self, *words):
        self.n_runs += 1
        with tempfile.TemporaryFile() as out, \
                tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                [self.program.path, *words], stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, cwd=self.folder,
                env=self.environment)
            try:
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE,
                                 (LIMIT_BYTES, LIMIT_BYTES))
            except (ProcessLookupError, PermissionError):
                pass  # it has ended already
            code, peak_kb, is_late = self.wait(process)
            out.seek(0)
            err.seek(0)
            return Run([os.path.basename(self.program.path), *words], code,
                       out.read(), err.read(1 << 20), peak_kb, is_late)

    @staticmethod
    def wait(process):
        """(exit status, peak memory in KiB, whether time was up)"""
        late = threading.Event()
        # an abort makes the sanitizer tell where it is
        timers = [threading.Timer(LIMIT_S, late.set),
                  threading.Timer(LIMIT_S, os.kill,
                                  (process.pid, signal.SIGABRT)),
                  threading.Timer(LIMIT_S + 8, os.kill,
                                  (process.pid, signal.SIGKILL))]
        for timer in timers:
            timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        for timer in timers:
            timer.cancel()
        process.returncode = (-os.WTERMSIG(status) if os.WIFSIGNALED(status)
                              else os.WEXITSTATUS(status))
        return process.returncode, usage.ru_maxrss, late.is_set()


# ---- one database ----

class Trial:
    """A database, and the commands over copies of it."""

    def __init__(self, program, home, folder):
        self.home, self.folder = home, folder
        self.runner = Runner(program, folder)
        self.path = os.path.join(folder, "forged.db")
        home.write(self.path)
        write(os.path.join(folder, "own.csv"), HEADER + "".join(
            plain_row(START_MS + i * 60000, f"own{i % 2}", i)
            for i in range(40)))
        devices = home.devices[:2] or ["a"]
        write(os.path.join(folder, "late.csv"), HEADER + "".join(
            plain_row(START_MS + i * 777000, device, i)
            for i in range(1, 9) for device in devices))

    def copy(self):
        """Fresh, with what lies beside it."""
        for name in ("db", "out"):
            remove(os.path.join(self.folder, name))
        for end in ("", "-wal", "-shm", "-journal"):
            source = self.path + end
            if os.path.isdir(source):
                os.mkdir(os.path.join(self.folder, "db" + end))
            elif os.path.exists(source):
                shutil.copyfile(source, os.path.join(self.folder, "db" + end))

    def has(self, name):
        return os.path.exists(os.path.join(self.folder, name))

    def look(self, command):
        """[(run, what is wrong)] of a command and what follows from it."""
        self.copy()
        names = {"DB": "db", "OUT": "out", "OWN": "own.csv",
                 "LATE": "late.csv", "DEVICE": self.home.devices[0]}
        words = [names.get(word, word) for word in command]
        if command[0] == "import":
            words += ["--quiet", "--no-progress", "--wait", "1s"]
        elif command[0] == "report":
            words.append("--no-progress")
        run = self.runner.run(*words)
        if run.problem:
            return [(run, run.problem)]
        if self.home.is_sound and run.code != 0:
            return [(run, f"exit {run.code} for a sound database: "
                     f"{(run.out + run.err)[:300].decode(errors='replace')}")]
        after = getattr(self, "after_" + command[0], None)
        return after(run, command) if after else []

    def follow(self, *words):
        """A run whose own failure counts."""
        run = self.runner.run(*words)
        return run, [(run, run.problem)] if run.problem else []

    def after_check(self, run, command):
        wrong = []
        if "--salvage" in command:
            if self.has("out"):
                again, wrong = self.follow("check", "out")
                if not wrong and again.code != 0:
                    said = again.out + again.err
                    wrong = [(again, "what was salvaged is not whole: " +
                              said[:200].decode(errors="replace"))]
                lost = self.lost_lines()
                if not wrong and not (isinstance(lost, int) and lost >= 0):
                    wrong = [(run, f"the lines that are lost: {lost}")]
                wrong += self.follow("report", "out")[1]
                wrong += self.follow("export", "out")[1]
            elif run.code != 2:
                wrong = [(run, "salvages nothing, without an error")]
        elif run.code == 0 and command[1] == "DB":
            one, wrong = self.follow("report", "db", "--json")
            other, more = self.follow("report", "db", "--json",
                                      "--no-summaries")
            wrong += more
            if not wrong and (one.code, one.out) != (other.code, other.out):
                wrong = [(other, "check says whole, but the summaries are "
                          "not those of the readings")]
        return wrong

    def lost_lines(self):
        """What the salvaged database says; 0 when it is empty."""
        db = sqlite3.connect(os.path.join(self.folder, "out"))
        try:
            found = db.execute("SELECT value FROM meta WHERE key = 'lost'")
            return (found.fetchone() or [0])[0]
        except sqlite3.Error:
            return 0
        finally:
            db.close()

    def after_export(self, run, command):
        if run.code != 0:
            return []
        path = os.path.join(self.folder, "export.csv")
        if "--out" in command:
            if not self.has("out"):
                return [(run, "wrote no file")]
            shutil.copyfile(os.path.join(self.folder, "out"), path)
        else:
            write(path, run.out)
        again, wrong = self.follow("report", "export.csv", "--json",
                                   "--no-progress")
        if wrong:
            return wrong
        try:
            n_rejects = json.loads(again.out)["rejects"]["total"]
        except (ValueError, KeyError):
            return [(run, "what it exports cannot be read: " +
                     again.err[:200].decode(errors="replace"))]
        if n_rejects:
            first = json.loads(again.out)["rejects"]["by_reason"]
            return [(run, f"exports readings that cannot be: {first}")]
        return []

    def after_import(self, run, command):
        if run.code == 2:
            with open(self.path, "rb") as old, \
                    open(os.path.join(self.folder, "db"), "rb") as new:
                is_alone = not any(os.path.exists(self.path + end)
                                   for end in ("-wal", "-journal"))
                if is_alone and settled(old.read()) != settled(new.read()):
                    return [(run, "changes a database that it refuses: " +
                             run.err[:200].decode(errors="replace"))]
            return []
        wrong = self.follow("check", "db")[1]
        if run.code == 0 and "OWN" in command and not wrong:
            again, wrong = self.follow("export", "db", "--device", "own?")
            n_lines = again.out.count(b"\n")
            if again.code == 0 and n_lines != 41 or \
                    b"no device" in again.err:
                wrong.append((run, f"of its 40 readings {n_lines - 1} are "
                              "there"))
        return wrong

    def after_compact(self, run, _command):
        return self.follow("check", "db")[1] if run.code == 0 else []

    def after_backup(self, run, _command):
        if run.code == 0 and not self.has("out"):
            return [(run, "wrote no copy")]
        return self.follow("info", "out")[1] if run.code == 0 else []


def commands_of(seed):
    if os.environ.get("WATTLE_FORGE_ALL"):
        return COMMANDS
    return random.Random(f"{seed} commands").sample(COMMANDS, N_COMMANDS)


_BASES = {}


def bases_of(program):
    """The databases to begin with, filled once by each process."""
    if program.path not in _BASES:
        with tempfile.TemporaryDirectory(prefix="wattle-bases-") as folder:
            bases = _BASES[program.path] = Bases(program, folder)
            for name in Bases.NAMES:
                bases.get(name)
    return _BASES[program.path]


def run_case(program, case, folder, _tier):
    home = forge(bases_of(program), case)
    trial = Trial(program, home, folder)
    wrong = []
    for command in commands_of(case):
        wrong += trial.look(command)
        if any("does not end" in what for _, what in wrong):
            break
    if not wrong:
        return None
    changes = [f"{name}: {detail}"[:200] for name, detail in home.changes]
    return "\n  ".join([
        f"{home.base}, " + ("; ".join(changes) or "sound"),
        *[f"{run}: {what}" if what != run.problem else str(run)
          for run, what in wrong]])


# ---- for hours ----

class Hunt:
    """Seed after seed; failures by what is to blame and where they are."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.n_databases = self.n_runs = self.n_failures = 0
        self.groups = {}  # (changes, place) -> [number, line]
        self.seen = {}    # (all changes, place) -> group

    def trial(self, seed, only=None):
        folder = tempfile.mkdtemp(dir=self.folder)
        home = forge(bases_of(self.program), seed, only)
        return Trial(self.program, home, folder)

    def seed(self, seed, only=None):
        trial = self.trial(seed, only)
        self.n_databases += 1
        for command in commands_of(seed):
            for run, what in trial.look(command):
                self.n_failures += 1
                self.tell(seed, trial.home, command, run, what)
                if "does not end" in what:
                    break
            else:
                continue
            break
        self.n_runs += trial.runner.n_runs
        shutil.rmtree(trial.folder, ignore_errors=True)

    def blamed(self, seed, home, command, what):
        """The first of the changes that does it alone, or all of them."""
        n = len([name for name, _ in home.changes if name != "not-done"])
        for i in range(n if n > 1 else 0):
            trial = self.trial(seed, [i])
            found = trial.look(command)
            shutil.rmtree(trial.folder, ignore_errors=True)
            if any(other[:20] == what[:20] for _, other in found):
                return trial.home.changes, f" --only {i}"
        return home.changes, ""

    def tell(self, seed, home, command, run, what):
        kinds = " & ".join(sorted({kind_of(*x) for x in home.changes}))
        place = run.place or what.split(":")[0][:60]
        if (kinds, place) in self.seen:
            self.groups[self.seen[kinds, place]][0] += 1
            return
        changes, only = self.blamed(seed, home, command, what)
        group = (" & ".join(sorted({kind_of(*x) for x in changes})) or
                 "sound", place)
        self.seen[kinds, place] = group
        if group in self.groups:
            self.groups[group][0] += 1
            return
        self.groups[group] = [1, f"seed {seed}{only}: "
                              f"{' '.join(command)}: {what}"[:150]]
        print(f"seed {seed}{only} ({home.base})")
        for name, detail in changes:
            print(f"  change   {name}: {detail}"[:300])
        print(f"  command  {run}")
        if what != run.problem:
            print(f"  wrong    {what}"[:400])
        for frame in run.frames():
            print(f"  frame    {frame}"[:160])
        sys.stdout.flush()

    def close(self):
        by_place = {}
        for (kinds, place), (n, line) in self.groups.items():
            by_place.setdefault(place, []).append((n, kinds, line))
        print("\nfailures by place, and by change:")
        for place, rows in sorted(by_place.items(),
                                  key=lambda x: -sum(y[0] for y in x[1])):
            print(f"{sum(row[0] for row in rows):5} {place}")
            for n, kinds, line in sorted(rows, reverse=True)[:6]:
                print(f"      {n:4} {kinds[:80]}\n           {line}")
        print(f"{self.n_databases} databases, {self.n_runs} runs, "
              f"{self.n_failures} failures")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--hours", type=float, default=1e9)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--count", type=int, default=10 ** 12)
    parser.add_argument("--only", type=int, action="append",
                        help="make only the change with this number")
    parser.add_argument("--keep", help="write the first database to this file "
                        "and do no more")
    options = parser.parse_args()
    program = Program(options.program)
    end = time.monotonic() + options.hours * 3600
    with tempfile.TemporaryDirectory(prefix="wattle-forged-") as folder:
        if options.keep:
            home = forge(bases_of(program), options.first, options.only)
            home.write(options.keep)
            print("\n".join(f"{name}: {detail}"
                            for name, detail in home.changes))
            return 0
        hunt = Hunt(program, folder)
        seed = options.first
        try:
            while time.monotonic() < end and \
                    seed < options.first + options.count:
                hunt.seed(seed, options.only)
                seed += 1
        except KeyboardInterrupt:
            pass
        hunt.close()
    return 1 if hunt.n_failures else 0


if __name__ == "__main__":
    sys.exit(main())
