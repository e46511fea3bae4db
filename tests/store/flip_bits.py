"""One flipped bit: it is found, or it changes nothing that anybody sees.

`check` must find whatever changes the content; a report, an export or a
query must fail with a message or give the right answer.
"""
import os
import random
import sqlite3

from store_tools import (HEADER, Failure, dump, expect, plain_rows, write)

# Of the bits of a page, one in so many.
PAGE_STEP = 13

# Where rows are looked up: a flip here may lead a look-up astray, and then a
# question does not see a row that is there. `check` must find it all the same.
LOOK_UPS = ["device", "chunk_by_time", "delta", "reject_count", "sqlite_master"]

QUESTIONS = [
    ["report", None, "--json", "--no-progress"],
    ["report", None, "--json", "--no-progress", "--no-summaries"],
    ["report", None, "--json", "--no-progress", "--device", "b",
     "--since", "2023-10-02"],
    ["export", None],
    ["query", None, "--every", "1h"],
    ["query", None, "--every", "1d", "--device", "a"],
]


def cases(tier):
    n = {"quick": 20, "test": 150, "full": 4000}[tier]
    parts = ["random 1", "random 2"]
    if tier == "full":
        parts += [f"page {i}" for i in range(4)]
    return [f"{part} {n}" for part in parts]


def make_database(program, folder):
    """Chunks, late readings, rejects, a correction, a device table."""
    path = os.path.join(folder, "whole.db")
    write(os.path.join(folder, "devices.csv"),
          "device_id,name,location,rated_power\na,Boiler,Cellar,2000\n"
          "b,Lamp,Hall,60\n")
    rows = plain_rows("a", 4500) + plain_rows("b", 1500, 300000)
    rows.insert(70, "garbage\n")
    rows.insert(700, "2023-10-01 00:00:00,a,1,1\n")
    first = write(os.path.join(folder, "1.csv"), HEADER + "".join(rows))
    late = plain_rows("a", 5, 7200000, salt=3) + plain_rows("c", 3)
    second = write(os.path.join(folder, "2.csv"),
                   HEADER + "".join(late) + "nothing\n")
    program.imports(path, first)
    program.imports(path, second)
    return path


def contents(path):
    """All rows, and the schema; None when SQLite cannot read them."""
    try:
        rows = dump(path)
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            rows["schema"] = sorted(db.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE "
                "lower(tbl_name) NOT LIKE 'sqlite_stat%'"))
    except (sqlite3.Error, UnicodeDecodeError):
        return None
    # a count of imports: readers compare it with itself alone
    rows["meta"] = [row for row in rows["meta"] if row[0] != "generation"]
    return rows


def look_up_pages(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        roots = dict(db.execute("SELECT name, rootpage FROM sqlite_master"))
    return {roots.get(name, 1) - 1 for name in LOOK_UPS}


class Flipped:
    """A database, its answers, and copies of it with one bit changed."""

    def __init__(self, program, folder):
        self.program = program
        whole = make_database(program, folder)
        self.contents = contents(whole)
        self.answers = [self.ask(question, whole) for question in QUESTIONS]
        self.look_ups = look_up_pages(whole)
        expect(all(done.code == 0 for done in self.answers), "set up")
        with open(whole, "rb") as file:
            self.bytes = file.read()
        for end in ("", "-wal", "-shm"):
            if os.path.exists(whole + end):
                os.unlink(whole + end)
        self.path = whole

    def ask(self, question, path):
        return self.program.run(*[path if word is None else word
                                  for word in question], code=None)

    def write(self, bit):
        changed = bytearray(self.bytes)
        changed[bit // 8] ^= 1 << bit % 8
        for end in ("-wal", "-shm"):
            if os.path.exists(self.path + end):
                os.unlink(self.path + end)
        write(self.path, bytes(changed))

    def look(self, bit):
        """What is wrong about one bit, as a list of sentences."""
        self.write(bit)
        wrong = []
        misled = []
        done = self.program.run("check", self.path, code=None)
        if done.code == 0 and contents(self.path) != self.contents:
            wrong.append("check finds nothing")
        if done.code != 0 and not (done.out + done.err).strip():
            wrong.append("check says nothing")
        for question, expected in zip(QUESTIONS, self.answers):
            answer = self.ask(question, self.path)
            if answer.code == 2 and answer.err.strip():
                continue
            if (answer.code, answer.out) != (expected.code, expected.out):
                misled.append(f"{' '.join(w or 'DB' for w in question)}: "
                              "a wrong answer")
        is_known = done.code != 0 and bit // 65536 in self.look_ups
        return wrong + ([] if is_known else misled)


def bits_of(case, flipped):
    what, number, n = case.split()
    n_bits = len(flipped.bytes) * 8
    if what == "random":
        rng = random.Random(case)
        return [rng.randrange(n_bits) for _ in range(int(n))]
    n_pages = len(flipped.bytes) // 8192
    page = int(number) * n_pages // 4
    # an odd step, so that every bit of a byte has its turn
    return range(page * 65536, (page + 1) * 65536, PAGE_STEP)


def run_case(program, case, folder, _tier):
    flipped = Flipped(program, folder)
    problems = []
    for bit in bits_of(case, flipped):
        try:
            problems += [f"bit {bit} (byte {bit // 8 % 8192} of page "
                         f"{bit // 65536}): {text}"
                         for text in flipped.look(bit)]
        except Failure as failure:
            problems.append(f"bit {bit}: {failure}")
    return "\n  ".join([f"{len(problems)} problems", *problems[:25]]) \
        if problems else None
