"""Runs commands and measures them: one run, pairs of runs, and what else the
machine was doing meanwhile.

A run is a dictionary as run_once.c prints it (wall_s, user_s, sys_s,
peak_rss_bytes, ...). Runs of two contenders alternate, A B A B, so that both
meet the same weather; their ratio is taken pair by pair.
"""

import json
import os
import statistics
import subprocess
import time

from . import paths

RUN_ONCE = paths.WORK + "/run_once"
SOURCE = "bench/harness/run_once.c"

# Quick contenders run more often than asked for: until this much time has
# gone into the pairs, or this many pairs were run.
QUICK_BUDGET_S = 4.0
QUICK_PAIRS = 21
# Slow contenders run less often: three pairs above this time for one run.
SLOW_RUN_S = 20.0
SLOW_PAIRS = 3


# The status of a command that was killed, as shells tell it.
KILLED = 128 + 9


class CommandFailed(Exception):
    """A command ended with an exit status that was not expected."""


class TooSlow(Exception):
    """A command was stopped because it ran longer than the limit."""


class TooLarge(Exception):
    """A command was stopped because it took more memory than the limit."""


def build_run_once():
    """Compile run_once when it is missing or older than its source."""
    if (os.path.exists(RUN_ONCE)
            and os.path.getmtime(RUN_ONCE) > os.path.getmtime(SOURCE)):
        return
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", RUN_ONCE, SOURCE],
                   check=True)


def output_file(name):
    """Where the standard output of a contender goes."""
    return f"{paths.OUT}/{name}.out"


def run(name, command, limit_s, limit_bytes=0):
    """Run a command once. Returns its figures; its output is in a file."""
    errors = f"{paths.OUT}/{name}.err"
    answer = subprocess.run(
        [RUN_ONCE, str(limit_s), str(int(limit_bytes)), output_file(name),
         errors, *command], check=True, stdout=subprocess.PIPE)
    figures = json.loads(answer.stdout)
    if figures.pop("timed_out"):
        raise TooSlow(f"stopped: one run takes longer than {limit_s:g} s")
    if figures.pop("too_large"):
        raise TooLarge("stopped: one run takes more than "
                       f"{limit_bytes / 2**30:.0f} GiB of memory")
    status = figures.pop("exit_status")
    if status == KILLED:
        raise TooLarge("stopped by the system, as it does when memory ends")
    if status != 0:
        with open(errors, encoding="utf-8", errors="replace") as file:
            words = file.read().strip().splitlines()
        raise CommandFailed(words[-1] if words else f"exit status {status}")
    return figures


def number_of_pairs(rounds, pair_s):
    """How many pairs to run when one pair takes this long."""
    if pair_s > SLOW_RUN_S:
        return min(rounds, SLOW_PAIRS)
    return max(rounds, min(QUICK_PAIRS, int(QUICK_BUDGET_S / pair_s)))


def summary(values):
    """Median and spread of a list of numbers."""
    ordered = sorted(values)
    if len(ordered) > 1:
        quarters = statistics.quantiles(ordered, n=4, method="inclusive")
    else:
        quarters = ordered * 3
    return {"n": len(ordered), "median": statistics.median(ordered),
            "min": ordered[0], "quartile_1": quarters[0],
            "quartile_3": quarters[2], "max": ordered[-1]}


def summarise_runs(runs):
    """Median and spread of every figure of a list of runs."""
    return {
        "wall_s": summary([run["wall_s"] for run in runs]),
        "user_s": summary([run["user_s"] for run in runs]),
        "sys_s": summary([run["sys_s"] for run in runs]),
        "cpu_s": summary([run["user_s"] + run["sys_s"] for run in runs]),
        "peak_rss_bytes": summary([run["peak_rss_bytes"] for run in runs]),
    }


class OtherLoad:
    """The share of the machine that others used while this one measured.

    From the kernel's clock of busy CPU time, less what the measured commands
    and the harness used. Above a few percent, timings are not to be trusted.
    """

    def __init__(self):
        self.started = time.monotonic()
        self.busy = busy_cpu_s()
        self.own = own_cpu_s()

    def share(self):
        """Busy CPU time of others over all CPU time there was."""
        elapsed = time.monotonic() - self.started
        if elapsed <= 0:
            return 0.0
        others = (busy_cpu_s() - self.busy) - (own_cpu_s() - self.own)
        return max(0.0, others / (elapsed * os.cpu_count()))


def busy_cpu_s():
    """CPU time that was not idle, of all cores, in seconds since the start."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = ticks
    return ((user + nice + system + irq + softirq + steal)
            / os.sysconf("SC_CLK_TCK"))


def own_cpu_s():
    """CPU time of this process and of all that it ran, in seconds."""
    times = os.times()
    return (times.user + times.system + times.children_user
            + times.children_system)
