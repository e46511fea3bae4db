"""What the suites of check_store.py share: running the program, looking into
databases, and files of readings that make large and small chunks."""
import os
import re
import sqlite3
import subprocess

HEADER = "timestamp,device_id,voltage,current,power_factor\n"
COUNTS = ("new", "replaced", "unchanged", "rejected")


class Failure(Exception):
    """What was expected did not happen."""


def expect(condition, *words):
    if not condition:
        raise Failure(" ".join(str(word) for word in words))


class Done:
    """A run of the program that has ended."""

    def __init__(self, command, code, out, err):
        self.command, self.code, self.out, self.err = command, code, out, err

    def words(self):
        return self.err.decode("utf-8", "replace")

    def __str__(self):
        return (f"{' '.join(map(str, self.command))}: exit {self.code}: "
                f"{self.words()[-2000:]} {self.out[-300:]!r}")


class Program:
    """The program under test."""

    def __init__(self, path):
        self.path = os.path.abspath(path)

    def start(self, *arguments, **options):
        return subprocess.Popen([self.path, *map(str, arguments)],
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **options)

    def end(self, process, code=0):
        """Waits; any other status than `code` is a failure (None: all)."""
        out, err = process.communicate(timeout=600)
        done = Done(process.args, process.returncode, out, err)
        crashed = (b"Sanitizer" in err or b"runtime error" in err
                   or done.code in (134, 135, 136, 139)
                   or done.code in (-6, -7, -8, -11))
        expect(not crashed, "crash:", done)
        expect(code is None or done.code == code, "exit is not", code, done)
        return done

    def run(self, *arguments, code=0, **options):
        return self.end(self.start(*arguments, **options), code)

    def imports(self, database, *arguments, code=0, **options):
        return self.run("import", "--no-progress", "--db", database,
                        *arguments, code=code, **options)

    def export(self, database):
        return self.run("export", database).out

    def check(self, database):
        return self.run("check", database)

    def is_checked(self):
        """Whether it was built with sanitizers, which is slower."""
        with open(self.path, "rb") as file:
            return b"__asan_init" in file.read()


def counts_of(done):
    """{new, replaced, unchanged, rejected} as an import tells them."""
    found = dict(re.findall(rb"^  (\w+) +([\d,]+)", done.out, re.M))
    expect(set(found) == {name.encode() for name in COUNTS}, done)
    return {name: int(found[name.encode()].replace(b",", b""))
            for name in COUNTS}


def one_line(done):
    """The only line on stderr."""
    lines = done.words().splitlines()
    expect(len(lines) == 1, "not one line:", done)
    return lines[0]


def write(path, text):
    with open(path, "wb") as out:
        out.write(text.encode() if isinstance(text, str) else text)
    return path


def dump(path):
    """Every row of every table, as SQLite reads them; not its statistics,
    which only guide the search for a way."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        tables = [row[0] for row in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND "
            "lower(name) NOT LIKE 'sqlite_stat%' ORDER BY 1")]
        return {table: sorted(db.execute(f"SELECT * FROM {table}"), key=repr)
                for table in tables}


def time_text(ms):
    """2023-10-01 08:00:00.000 of any year from 1 to 9999."""
    days, rest = divmod(ms, 86400000)
    days += 719468
    era, day_of_era = divmod(days, 146097)
    year = (day_of_era - day_of_era // 1460 + day_of_era // 36524
            - day_of_era // 146096) // 365
    day = day_of_era - (365 * year + year // 4 - year // 100)
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    month += 3 if month < 10 else -9
    year += era * 400 + (month < 3)
    return (f"{year:04}-{month:02}-{day:02} {rest // 3600000:02}:"
            f"{rest // 60000 % 60:02}:{rest // 1000 % 60:02}"
            f".{rest % 1000:03}")


START_MS = 1696118400000  # 2023-10-01


def plain_row(ms, device, n):
    return (f"{time_text(ms)[:19]},{device},{2200 + n % 97}e-1,"
            f"{n * 7 % 9973}e-3,0.{90 + n % 10}\n")


def plain_rows(device, n_rows, step_ms=60000, start_ms=START_MS, salt=0):
    """Rows of one device, in order."""
    return [plain_row(start_ms + i * step_ms, device, i + salt)
            for i in range(n_rows)]


def with_offsets(lines):
    """Lines that begin with times of UTC, as `wattle export` writes those."""
    return re.sub(rb"^(\d+-\d\d-\d\d) ([\d:.]+),", rb"\1T\2Z,", lines,
                  flags=re.M)
