"""What the load test reads, and the answers it expects.

The data are made anew by `wattle generate` for every run: it takes a second.
The expected answers are computed alone, before any load, with one thread.
"""

import json
import os
import random
import shutil
import subprocess

DIRTY_SHARE = "0.05"

# One round of work: large reports lie between small ones, and every kind has
# about as much to do as in a place with many small homes and a few big ones.
ROUND = ("tiny", "10k", "100k", "tiny", "10k", "dirty", "tiny", "1M",
         "tiny", "10k", "shuffled", "tiny", "10k", "100k", "tiny")


class Job:
    """One folder of readings, with what a report on it has to say."""

    def __init__(self, name, readings, *options):
        self.name = name
        self.readings = readings
        self.options = options
        self.folder = None
        self.expected_file = None
        self.expected = None

    def process_words(self):
        """The arguments of load_processes for it."""
        return [self.folder, self.expected_file]

    def handle_words(self):
        """The arguments of load_handles for it."""
        answers = self.expected
        return [self.folder, str(answers["lines"]), str(answers["readings"]),
                str(answers["duplicates"]), str(answers["rejects"]["total"]),
                str(answers["devices"]), number_text(answers["energy_kwh"]),
                number_text(answers["monthly_cost"])]

    def facts(self):
        """What the results say about it."""
        return {"name": self.name, "generate_options": list(self.options),
                "bytes": sum(os.path.getsize(f"{self.folder}/{name}")
                             for name in os.listdir(self.folder)
                             if name.startswith("readings_")),
                "lines": self.expected["lines"],
                "readings": self.expected["readings"],
                "rejects": self.expected["rejects"]["total"],
                "devices": self.expected["devices"],
                "in_a_round": ROUND.count(self.name)}


def number_text(value):
    """A double that reads back to the same bits."""
    return "nan" if value is None else repr(float(value))


def make_jobs():
    return [
        Job("tiny", 10, "--devices", "5", "--files", "1"),
        Job("10k", 10_000, "--devices", "100", "--files", "1"),
        Job("100k", 100_000, "--devices", "200", "--files", "2"),
        Job("1M", 1_000_000, "--devices", "1000", "--files", "4"),
        Job("dirty", 100_000, "--devices", "200", "--files", "2",
            "--dirty", DIRTY_SHARE),
        Job("shuffled", 100_000, "--devices", "200", "--files", "1"),
    ]


def shuffle(folder):
    """Put the rows of every file in random order, the same in every run."""
    chance = random.Random(1)
    for name in sorted(os.listdir(folder)):
        if not name.startswith("readings_"):
            continue
        with open(f"{folder}/{name}", "rb") as file:
            head, *rows = file.read().splitlines(keepends=True)
        chance.shuffle(rows)
        with open(f"{folder}/{name}", "wb") as file:
            file.writelines([head, *rows])


def prepare(jobs, wattle, work):
    """Make the data and compute what is expected."""
    for job in jobs:
        job.folder = f"{work}/data/{job.name}"
        job.expected_file = f"{work}/data/{job.name}.expected.json"
        shutil.rmtree(job.folder, ignore_errors=True)
        subprocess.run([wattle, "generate", "--out", job.folder, "--quiet",
                        "--readings", str(job.readings), *job.options],
                       check=True)
        if job.name == "shuffled":
            shuffle(job.folder)
        with open(job.expected_file, "wb") as file:
            subprocess.run([wattle, "report", "--json", "--quiet",
                            "--threads", "1", job.folder],
                           check=True, stdout=file)
        with open(job.expected_file, encoding="utf-8") as file:
            job.expected = json.load(file)
    check(jobs)


def check(jobs):
    """Things that must hold before any comparison means something."""
    by_name = {job.name: job for job in jobs}
    for job in jobs:
        answers = job.expected
        parts = (answers["readings"] + answers["duplicates"]
                 + answers["rejects"]["total"])
        if answers["lines"] != parts or answers["lines"] < job.readings:
            raise ValueError(f"{job.name}: {answers['lines']} lines, but "
                             f"{parts} readings, duplicates and rejects")
    if by_name["dirty"].expected["rejects"]["total"] == 0:
        raise ValueError("the dirty readings have no rejects")
    if by_name["shuffled"].expected != by_name["100k"].expected:
        raise ValueError("shuffled readings give another report")


def round_digits(jobs):
    """ROUND as the load programs want it."""
    numbers = {job.name: str(number) for number, job in enumerate(jobs)}
    return "".join(numbers[name] for name in ROUND)
