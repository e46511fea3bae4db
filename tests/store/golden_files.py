"""Databases of every past format answer as they did when they were made."""
import glob
import gzip
import json
import os
import re
import sqlite3

from forge import row_digest, xxh3
from other_files import content
from store_tools import expect, with_offsets, write

GOLDEN = os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "data", "golden")
PRESENT = 3  # the format of the program
READABLE = 2  # the oldest that is read as it is
LATE = "SELECT count(*) FROM "
# a report in the time zone that the database has
PLAIN = {key: value for key, value in os.environ.items() if key != "WATTLE_TZ"}


def cases(_tier):
    kept_files = sorted(os.path.basename(path)[:-len(".db.gz")]
                        for path in glob.glob(f"{GOLDEN}/format-*.db.gz"))
    return kept_files + ["damaged-format-1", "many-upgrade-at-once",
                         "foreign-schema-format-1"]


def kept(name):
    with gzip.open(os.path.join(GOLDEN, name + ".gz")) as file:
        return file.read()


def number(path, sql):
    db = sqlite3.connect(path)
    try:
        return db.execute(sql).fetchone()[0]
    finally:
        db.close()


def format_of(case):
    return int(case.split("-")[1])


def is_refused(case):
    """Whether a reader refuses it; an import brings it up to date."""
    return format_of(case) < READABLE


def differing(kept_value, found, where="report"):
    """Where something kept has another value now; figures may be added."""
    if isinstance(kept_value, dict) and isinstance(found, dict):
        for key, value in kept_value.items():
            if key not in found:
                return f"{where}.{key} is missing"
            problem = differing(value, found[key], f"{where}.{key}")
            if problem:
                return problem
        return None
    if isinstance(kept_value, list) and isinstance(found, list):
        if len(kept_value) != len(found):
            return f"{where} has {len(found)} items, not {len(kept_value)}"
        for i, pair in enumerate(zip(kept_value, found)):
            problem = differing(*pair, f"{where}[{i}]")
            if problem:
                return problem
        return None
    return None if kept_value == found else \
        f"{where} is {found!r}, not {kept_value!r}"


def digits(text):
    """JSON whose numbers are compared digit by digit."""
    return json.loads(text, parse_float=str, parse_int=str)


def in_words_of_today(kept_value):
    """
    The kept report without figures that are defined in another way now: costs
    of a month, and mean powers, which were those of the readings.
    """
    if isinstance(kept_value, list):
        return [in_words_of_today(item) for item in kept_value]
    if not isinstance(kept_value, dict):
        return kept_value
    left_out = ("monthly_cost", "pooled_monthly_cost", "mean_power_w")
    today = {key: in_words_of_today(value)
             for key, value in kept_value.items() if key not in left_out}
    is_of_powers = "device" in kept_value and kept_value["min_power_w"]
    if "device" in kept_value:
        today["device_id"] = today.pop("device")
    if is_of_powers or "hour" in kept_value:
        today["reading_mean_w"] = kept_value["mean_power_w"]
    return today


def check_answers(program, path, case):
    program.check(path)
    export, kept_report = kept(case + ".csv"), digits(kept(case + ".json"))
    if format_of(case) < 3:
        export = with_offsets(export)
        kept_report = in_words_of_today(kept_report)
    expect(program.export(path) == export, "export differs")
    # paths of files are those of when it was made
    report = program.run("report", path, "--json", "--no-progress", env=PLAIN)
    problem = differing(kept_report, digits(report.out))
    expect(problem is None, problem)
    decoded = program.run("report", path, "--json", "--no-progress",
                          "--no-summaries", env=PLAIN)
    expect(decoded.out == report.out, "summaries differ from readings")
    expect(re.search(rb"\blate\b", program.run(
        "query", path, "--csv", "--raw").out, re.M) is not None, "query")


def restore(program, path, n_readings):
    """What was removed before the file was kept can be restored."""
    for n_removed in (16, 50):
        program.run("forget", path, "--undo", "last", "--quiet")
        program.check(path)
        n_readings += n_removed
        expect(len(program.export(path).splitlines()) == n_readings + 1,
               f"{n_removed} readings were not restored")


def try_dry_runs(program, path):
    """They change nothing, not even the format."""
    before = content(path)
    more = write(path + ".csv", "timestamp,device_id,power\n0,x,1\n")
    for arguments in (["import", more, "--db", path],
                      ["forget", path, "--device", "late"]):
        done = program.run(*arguments, "--dry-run", code=2)
        expect(b"old format" in done.err and b"wattle compact" in done.err,
               done)
    expect(content(path) == before, "a dry run has changed it")


def upgrade(program, path):
    """What only reads refuses an old file, and says what brings it up."""
    before = content(path)
    for command in (["report"], ["query"], ["info"], ["check"], ["export"]):
        done = program.run(*command, path, code=2)
        expect(b"old format 1" in done.err and b"wattle compact" in done.err,
               done)
    expect(content(path) == before, "a reader has changed it")
    n_late = number(path, LATE + "tail")
    expect(n_late > 0, "no late readings to bring over")
    # an import of a few readings upgrades, and leaves late ones where they are
    more = write(path + ".csv", "timestamp,device_id,power\n")
    program.imports(path, more)
    expect(number(path, "PRAGMA user_version") == PRESENT, "version")
    expect(number(path, LATE + "delta") == n_late, "late readings")


def many_at_once(program, folder):
    """Each finds it upgraded, or does it; none sees half of it."""
    path = write(os.path.join(folder, "home.db"), kept("format-1.db"))
    running = [program.start("compact", path, "--quiet") for _ in range(6)]
    for process in running:
        expect(process.wait() == 0, "compact failed")
    check_answers(program, path, "format-1")


def damaged(program, folder):
    """An upgrade that fails leaves every byte as it was."""
    changes = [
        "UPDATE chunk SET n_readings = n_readings + 1 WHERE number = 4",
        "UPDATE chunk SET summary = zeroblob(300)",
        "UPDATE chunk_data SET data = data || x'00' WHERE number = "
        "(SELECT max(number) FROM chunk_data)",
        "DELETE FROM chunk_data WHERE number = 1",
        "UPDATE tail SET power_nano = 7",
        "UPDATE tail SET n_hidden = NULL",
        "PRAGMA writable_schema = 1; UPDATE sqlite_master SET sql = "
        "replace(sql, 'n_hidden', 'other') WHERE name = 'tail'",
    ]
    for change in changes:
        path = write(os.path.join(folder, "home.db"), kept("format-1.db"))
        db = sqlite3.connect(path)
        try:
            db.execute("PRAGMA ignore_check_constraints = 1")
            db.executescript(change)
        except sqlite3.IntegrityError:
            continue  # the table refuses it
        finally:
            db.close()
        check_refused(program, path, change)
    # checksums that hold, of bytes that are no summary, chunk or block
    for column, data in (("summary", b"\x01\x00\xff"), ("summary", b"\x02"),
                         ("data", b"\x01\x21"), ("data", b"\x01\x01\x01"),
                         ("data", b"")):
        path = write(os.path.join(folder, "home.db"), kept("format-1.db"))
        db = sqlite3.connect(path)
        with db:
            forge(db, column, data)
        db.close()
        check_refused(program, path, f"{column} {data}")


def forge(db, column, data):
    if column == "data":
        db.execute("UPDATE chunk_data SET data = ?, checksum = ? WHERE "
                   "number = 1", (data, xxh3(data)))
        return
    row = list(db.execute("SELECT * FROM chunk WHERE number = 1").fetchone())
    row[-2] = data
    db.execute("UPDATE chunk SET summary = ?, checksum = ? WHERE number = 1",
               (data, row_digest(*row[:-1])))


def check_refused(program, path, why):
    before = content(path)
    done = program.run("compact", path, code=None)
    expect(done.code == 2, why, done)
    expect(b"damaged" in done.err, why, done)
    expect(number(path, "PRAGMA user_version") == 1, why, "version")
    expect(content(path) == before, why, "changed")


def foreign_schema(program, folder):
    """What stands in place of a table of format 1 is not taken for it."""
    for statements in (
            "ALTER TABLE tail RENAME TO other; CREATE VIEW tail AS SELECT * "
            "FROM other",
            "ALTER TABLE chunk RENAME TO other; CREATE VIEW chunk AS SELECT "
            "* FROM other",
            "CREATE TABLE delta(x)",
            "DROP INDEX chunk_by_time; CREATE INDEX chunk_by_time ON "
            "chunk(abs(device))"):
        path = write(os.path.join(folder, "home.db"), kept("format-1.db"))
        db = sqlite3.connect(path)
        views = [row[0] for row in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'view'")]
        for view in views:
            db.execute(f"DROP VIEW {view}")
        db.executescript(statements)
        db.close()
        program.run("compact", path, code=2)
        expect(number(path, "PRAGMA user_version") == 1, statements)


def run_case(program, case, folder, _tier):
    if case == "damaged-format-1":
        return damaged(program, folder)
    if case == "many-upgrade-at-once":
        return many_at_once(program, folder)
    if case == "foreign-schema-format-1":
        return foreign_schema(program, folder)
    path = write(os.path.join(folder, "home.db"), kept(case + ".db"))
    if format_of(case) < PRESENT:
        try_dry_runs(program, path)
    if is_refused(case):
        upgrade(program, path)
    before = content(path)
    check_answers(program, path, case)
    expect(content(path) == before, "a reader has changed it")
    # and it can still be written to, in the format of today
    more = write(os.path.join(folder, "more.csv"),
                 "timestamp,device_id,power\n2024-02-01 00:00:00,new,5\n")
    program.imports(path, more)
    program.check(path)
    expect(number(path, "PRAGMA user_version") == PRESENT, "version")
    program.run("compact", path, "--quiet")
    program.check(path)
    n_kept = kept(case + ".csv").count(b"\n")
    lines = program.export(path).splitlines()
    expect(len(lines) == n_kept + 1, "readings")
    expect(sum(b"2024-02-01T00:00:00Z,new," in line for line in lines) == 1,
           "the new reading")
    if format_of(case) >= 3:
        restore(program, path, n_kept)
    return None
