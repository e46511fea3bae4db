#!/usr/bin/env python3
"""SQL over a database says what the CSV files say.

Usage: check_sql.py PROGRAM MODULE

PROGRAM is wattle, MODULE the wattle_sqlite.so that SQLite loads. The files are
read once more with Python's csv and exact fractions, and put into an ordinary
table; then the same questions go to both tables. Prints TAP.
"""
import csv
import fcntl
import io
import json
import os
import pty
import random
import re
import select
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import termios
import time
import zoneinfo
from datetime import datetime, timezone

from sql_home import COLUMNS, DEVICES, START_MS, Home, timestamp

os.environ.setdefault("WATTLE_TZ", "UTC")  # not the zone of the machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
N_RANDOM = 400

HAS_LOADING = hasattr(sqlite3.connect(":memory:"), "enable_load_extension")


class Skip(Exception):
    """What the test needs is not there."""


class Setting:
    program = module = home = folder = None


def connect(path=None):
    """A connection with the module, and the table `copy` beside."""
    if not HAS_LOADING:
        raise Skip("this Python loads no extensions into SQLite")
    connection = sqlite3.connect(path or Setting.home.database)
    connection.enable_load_extension(True)
    connection.load_extension(Setting.module)
    connection.execute("ATTACH ':memory:' AS other")
    connection.execute(
        "CREATE TABLE other.copy(device_id TEXT, timestamp TEXT, time_ms "
        "INTEGER, voltage REAL, current REAL, power_factor REAL, power_w REAL,"
        " energy_wh REAL, PRIMARY KEY(device_id, time_ms))")
    connection.executemany("INSERT INTO copy VALUES(?,?,?,?,?,?,?,?)",
                           Setting.home.rows)
    connection.commit()
    return connection


def ask(*arguments, text=None, code=0):
    """stdout of `wattle sql` on the home, or stderr when it must fail."""
    done = subprocess.run([Setting.program, "sql", Setting.home.database,
                           *arguments], text=True, input=text,
                          capture_output=True, check=False)
    assert done.returncode == code, (arguments, done.returncode, done.stderr)
    assert code != 0 or done.stderr == "", done.stderr
    return done.stderr if code else done.stdout


def fails(connection, sql, *words):
    try:
        connection.execute(sql).fetchall()
    except sqlite3.Error as error:
        for word in words:
            assert word in str(error), (word, str(error))
        return
    raise AssertionError("this should have failed: " + sql)


def plan(connection, sql, *values):
    rows = connection.execute("EXPLAIN QUERY PLAN " + sql, values)
    return "\n".join(row[3] for row in rows)


# ---- every reading ----

def every_reading_is_a_row():
    got = connect().execute("SELECT * FROM readings").fetchall()
    assert len(got) == len(Setting.home.rows)
    for a, b in zip(got, Setting.home.rows):
        assert a == b, (a, b)


def the_program_says_the_same():
    got = json.loads(ask("--json", "SELECT * FROM readings"))
    want = [dict(zip(COLUMNS, row)) for row in Setting.home.rows]
    assert got == want


def columns_by_themselves():
    connection = connect()
    for n, name in enumerate(COLUMNS):
        got = connection.execute(f"SELECT {name} FROM readings").fetchall()
        assert [row[0] for row in got] == [r[n] for r in Setting.home.rows]
    for name in COLUMNS[3:]:
        for function in ("count", "min", "max"):
            a, b = (connection.execute(
                f"SELECT {function}({name}) FROM {table}").fetchone()
                    for table in ("readings", "copy"))
            assert a == b, (name, function, a, b)


# ---- random questions ----

def some_time(rng):
    device = rng.choice(DEVICES)
    return START_MS + device[2] * rng.randrange(device[3]) + rng.choice(
        [0, 0, 1, -1])


def some_text(rng):
    """A text to compare timestamps with."""
    text = timestamp(some_time(rng))
    return rng.choice([text, text, text[:rng.randrange(len(text))],
                       text.replace("T", " "), text[:19], text + "x", "z", "",
                       "2023-10-01", "2023-10-05 08:00", ":"])


def condition(rng, values):
    """A condition on readings; what stands for ? goes to values, or None when
    nothing should."""
    def put(value):
        if values is not None and rng.random() < 0.5 and value is not None:
            values.append(value)
            return "?"
        if isinstance(value, str):
            return "'" + value.replace("'", "''") + "'"
        return "NULL" if value is None else repr(value)

    ids = [device[0] for device in DEVICES] + ["none", "", "FRIDGE"]
    kind = rng.randrange(9)
    op = rng.choice(["=", "<", "<=", ">", ">=", "<>", "IS"])
    if kind == 0:
        return f"device_id = {put(rng.choice(ids))}"
    if kind == 1:
        some = ", ".join(put(rng.choice(ids + [5, None]))
                         for _ in range(rng.randrange(4)))
        return f"device_id {rng.choice(['', 'NOT '])}IN ({some})"
    if kind == 2:
        return rng.choice(["device_id LIKE 'FR%'", "device_id GLOB 'k*'",
                           "device_id LIKE '%e%'", "device_id GLOB 'K*'",
                           "device_id = 'FRIDGE' COLLATE NOCASE",
                           "device_id = 5", "device_id = 5.0",
                           "device_id = CAST(5 AS INTEGER)",
                           "device_id = x'35'", "device_id = NULL",
                           "device_id >= 'f'", "device_id IN (SELECT 5)",
                           "device_id IN (SELECT CAST(5 AS INTEGER))",
                           "device_id IN (SELECT device_id FROM devices "
                           "WHERE location = 'Kitchen')"])
    if kind in (3, 4, 5):
        value = rng.choice([some_time(rng), some_time(rng) + 0.5,
                            str(some_time(rng)), None, "x", 1e300, -1e300,
                            2**63 - 1, float(some_time(rng))])
        return f"time_ms {op} {put(value)}"
    if kind in (6, 7):
        return f"timestamp {op} {put(some_text(rng))}"
    return f"power_w {op} {put(rng.randrange(2000))}"


def question(rng, values):
    words = [condition(rng, values)]
    while rng.random() < 0.6:
        words.append(rng.choice(["AND", "AND", "AND", "OR"]))
        words.append(condition(rng, values))
    where = " ".join(words)
    what = rng.choice(["*", "count(*)", "device_id, time_ms, power_w",
                       "max(voltage), min(timestamp)", "DISTINCT device_id",
                       "device_id, count(power_w)"])
    sql = f"SELECT {what} FROM {{}} WHERE {where}"
    if what.startswith("device_id, c"):
        sql += " GROUP BY device_id"
    is_plain = "(" not in what and "DISTINCT" not in what
    if is_plain and rng.random() < 0.7:
        sql += " ORDER BY " + rng.choice(
            ["device_id, time_ms", "time_ms, device_id",
             "device_id DESC, time_ms", "device_id, time_ms DESC"])
        if rng.random() < 0.5:
            sql += f" LIMIT {rng.randrange(50)} OFFSET {rng.randrange(2000)}"
    return sql


def ask_both(connection, sql, values):
    """Rows of the table and of the copy. That a number is equal to the ids 5
    and 05 is allowed to be an error when the order of time is wanted."""
    want = connection.execute(sql.format("copy"), values).fetchall()
    try:
        got = connection.execute(sql.format("readings"), values).fetchall()
    except sqlite3.OperationalError as error:
        assert "several devices" in str(error), (sql, values, error)
        assert re.search(r"device_id = (5|CAST)", sql) and "ORDER" in sql, sql
        got = want
    return got, want


def random_questions():
    connection = connect()
    rng = random.Random(7)
    n_found = 0
    for _ in range(N_RANDOM):
        values = []
        sql = question(rng, values)
        got, want = ask_both(connection, sql, values)
        if "ORDER BY" not in sql:
            got, want = sorted(map(repr, got)), sorted(map(repr, want))
        assert got == want, (sql, values, len(got), len(want))
        n_found += len(want) > 0
    assert n_found > N_RANDOM / 4, n_found


def random_questions_to_the_program():
    connection = connect()
    rng = random.Random(8)
    questions = [question(rng, None) for _ in range(N_RANDOM // 4)]
    questions = [q for q in questions
                 if not re.search(r"device_id = (5|CAST)", q)]
    decoder = json.JSONDecoder(parse_int=float)
    text = ask("-", "--json", text=";\n".join(
        q.format("readings") for q in questions))
    for sql in questions:
        got, end = decoder.raw_decode(text)  # one array after the other
        text = text[end:].lstrip()
        cursor = connection.execute(sql.format("copy"))
        names = [column[0] for column in cursor.description]
        # JSON has one kind of number
        want = [json.loads(json.dumps(dict(zip(names, row))), parse_int=float)
                for row in cursor]
        if "ORDER BY" not in sql:
            got, want = sorted(map(repr, got)), sorted(map(repr, want))
        assert got == want, (sql, len(got), len(want))
    assert text == ""


# ---- plans ----

def conditions_are_pushed_down():
    connection = connect()
    rows = [
        ("device_id = 'tv'", "device="),
        ("device_id = ? AND time_ms < 5", "device= time<"),
        ("device_id IN ('tv', '5')", "device-in"),
        ("device_id GLOB 't*'", "device-glob"),
        ("device_id LIKE 't%'", "device-like"),
        ("time_ms BETWEEN 5 AND 6", "time>= time<="),
        ("timestamp > '2023'", "timestamp>"),
        ("device_id = 'tv' COLLATE NOCASE", ""),
        ("timestamp > '2023' COLLATE NOCASE", ""),
    ]
    for where, names in rows:
        sql = f"SELECT * FROM readings WHERE {where}"
        got = plan(connection, sql, *["tv"] * where.count("?"))
        assert got.endswith(":" + names), (sql, got)


def order_needs_no_sorting():
    connection = connect()
    rows = [
        ("ORDER BY device_id, time_ms", False),
        ("ORDER BY device_id", False),
        ("WHERE device_id IN ('tv', '5') ORDER BY device_id, time_ms", False),
        ("WHERE device_id = 'tv' ORDER BY time_ms", False),
        ("WHERE device_id = 'tv' ORDER BY device_id DESC, time_ms", False),
        ("WHERE time_ms > 7 GROUP BY device_id", False),
        ("ORDER BY time_ms", True),
        ("ORDER BY device_id, time_ms DESC", True),
        ("ORDER BY device_id DESC", True),
        ("ORDER BY device_id, timestamp", True),
        ("ORDER BY device_id COLLATE NOCASE", True),
    ]
    for rest, is_sorted in rows:
        got = plan(connection, "SELECT * FROM readings " + rest)
        assert ("TEMP B-TREE" in got) == is_sorted, (rest, got)


def joins():
    connection = connect()
    rows = [
        "SELECT d.device_id, r.time_ms, r.power_w FROM devices d JOIN {} r ON "
        "r.device_id = d.device_id WHERE d.location = 'Kitchen'",
        "SELECT count(*), max(b.voltage) FROM {0} a JOIN {0} b USING(device_id,"
        " time_ms) WHERE a.device_id = 'fridge'",
        "SELECT r.device_id, r.time_ms FROM (SELECT 5 AS n UNION ALL SELECT 6)"
        " LEFT JOIN {} r ON r.device_id = n",
        "SELECT d.device_id, (SELECT max(time_ms) FROM {} r WHERE r.device_id "
        "= d.device_id) FROM devices d",
        "SELECT d.number, r.time_ms FROM device d JOIN {} r ON r.device_id = "
        "d.number + 1",
    ]
    for sql in rows:
        got, want = (sorted(connection.execute(sql.format(table)).fetchall(),
                            key=repr) for table in ("readings", "copy"))
        assert got == want and want, (sql, len(got), len(want))
    got = plan(connection, rows[0].format("readings"))
    assert got.endswith(":device="), got  # of each device that is found


# ---- views ----

def views_need_no_module():
    plain = sqlite3.connect(Setting.home.database)
    rows = Setting.home.rows
    days, counts = {}, {}
    for row in rows:
        days[row[0], row[1][:10]] = days.get((row[0], row[1][:10]), 0) + 1
        counts[row[0]] = counts.get(row[0], 0) + 1
    got = dict(plain.execute("SELECT device_id, n_readings FROM devices"))
    assert got == counts, got
    got = {(device, day): n for device, day, n in plain.execute(
        "SELECT device_id, day, n_readings FROM daily WHERE n_readings > 0")}
    assert got == days
    assert plain.execute("SELECT count(*) FROM files").fetchone() == (6,)
    assert plain.execute("SELECT sum(n_replaced) FROM corrections"
                         ).fetchone()[0] > 0


def views_agree_with_buckets():
    connection = connect()
    for view, name, every, length in (("daily", "day", "1d", 10),
                                      ("hourly", "hour", "1h", 20)):
        got = {row[:2]: row[2] for row in connection.execute(
            f"SELECT device_id, {name}, energy_kwh FROM {view} "
            "WHERE energy_kwh <> 0 AND device_id <> '5'")}
        want = {(device, start[:length]): kwh for device, start, kwh in
                connection.execute("SELECT device_id, start, energy_kwh FROM "
                                   "energy_buckets(NULL, NULL, NULL, ?)",
                                   (every,))}
        assert len(got) > 20, (view, len(got))
        for key, kwh in got.items():  # a view has whole mWh
            assert abs(want[key] - kwh) <= 0.6e-6, (key, kwh, want[key])


def days_have_powers():
    connection = connect()
    got = connection.execute(
        "SELECT device_id, reading_mean_w, min_power_w, max_power_w FROM daily "
        "WHERE device_id <> '5' ORDER BY 1, day").fetchall()
    want = connection.execute(
        "SELECT device_id, avg(power_w), min(power_w), max(power_w) "
        "FROM readings WHERE device_id <> '5' "
        "GROUP BY 1, time_ms / 86400000 ORDER BY 1, time_ms / 86400000"
    ).fetchall()
    assert len(got) == len(want)
    for a, b in zip(got, want):
        for x, y in zip(a[1:], b[1:]):  # a view has whole mW
            assert (x is None) == (y is None), (a, b)
            assert x is None or abs(x - y) <= 0.501e-3, (a, b)


# ---- energy_buckets ----

def buckets_are_those_of_query():
    connection = connect()
    for every, how, gap in (("15m", None, None), ("1h", "hold", None),
                            ("1d", "linear", "10m"), ("1w", "hold", "2d"),
                            ("1mo", None, "3h")):
        more = ["--interpolation", how] if how else []
        more += ["--max-gap", gap] if gap else []
        done = subprocess.run(
            [Setting.program, "query", Setting.home.database, "--json",
             "--every", every, "--since", "2023-10-01T01:30", "--until",
             "2023-10-15", *more], text=True, capture_output=True, check=True)
        want = [tuple(row[name] for name in (
            "device_id", "start", "readings", "energy_kwh", "mean_power_w",
            "min_power_w", "max_power_w"))
                for row in json.loads(done.stdout)["rows"]]
        got = connection.execute(
            "SELECT device_id, start, readings, energy_kwh, mean_power_w, "
            "min_power_w, max_power_w FROM energy_buckets(NULL, "
            "'2023-10-01 01:30', 1697328000000, ?, ?, ?)",
            (every, how, gap)).fetchall()
        assert got == want, every
    assert got


def in_a_time_zone():
    """Spans, labels and times without an offset are those of the database."""
    zone = zoneinfo.ZoneInfo("America/St_Johns")
    path = os.path.join(Setting.folder, "zoned.db")
    shutil.copy(Setting.home.database, path)
    subprocess.run([Setting.program, "compact", path, "--tz", zone.key],
                   check=True, capture_output=True)
    environment = {name: value for name, value in os.environ.items()
                   if name != "WATTLE_TZ"}
    connection = connect(path)
    for every in ("15m", "1h", "1d", "1mo"):
        done = subprocess.run(
            [Setting.program, "query", path, "--json", "--every", every,
             "--since", "2023-10-01 01:30", "--until", "2023-11-15"],
            text=True, capture_output=True, check=True, env=environment)
        want = [(row["device_id"], row["start"], row["energy_kwh"])
                for row in json.loads(done.stdout)["rows"]]
        got = connection.execute(
            "SELECT device_id, start, energy_kwh FROM energy_buckets(NULL, "
            "'2023-10-01 01:30', '2023-11-15', ?)", (every,)).fetchall()
        assert got == want and want, every
        assert want[-1][1][-6:] in ("-02:30", "-03:30"), want[-1]
    for text, want in (("2023-10-01", datetime(2023, 10, 1, tzinfo=zone)),
                       ("2023-07-05 08:00", datetime(2023, 7, 5, 8,
                                                     tzinfo=zone)),
                       ("2023-07-05 08:00Z", datetime(2023, 7, 5, 8,
                                                      tzinfo=timezone.utc))):
        got = connection.execute("SELECT wattle_time_ms(?)", (text,)
                                 ).fetchone()[0]
        assert got == want.timestamp() * 1000, (text, got)
    for time_ms, text, local in connection.execute(
            "SELECT time_ms, timestamp, local_time FROM readings LIMIT 500"):
        at = datetime.fromtimestamp(time_ms / 1000, zone)
        assert text.endswith("Z"), text
        assert datetime.fromisoformat(local) == at, (time_ms, local)
        assert local.startswith(at.strftime("%Y-%m-%dT%H:%M:%S")), local
    hours = {row[0]: row[1] for row in connection.execute(
        "SELECT substr(hour, 1, 10), sum(energy_kwh) FROM hourly WHERE "
        "device_id <> '5' GROUP BY 1")}
    days = {row[0]: row[1] for row in connection.execute(
        "SELECT day, sum(energy_kwh) FROM daily WHERE device_id <> '5' "
        "GROUP BY 1")}
    assert set(hours) <= set(days) and len(hours) > 10
    for day, kwh in hours.items():
        assert abs(days[day] - kwh) < 1e-4, (day, kwh, days[day])


def all_measures_are_columns():
    """Those that few devices have are hidden; each can be named."""
    path = os.path.join(Setting.folder, "measures.csv")
    names = ("energy_returned_wh", "energy_total_wh",
             "energy_returned_total_wh", "apparent_power_va",
             "reactive_power_var", "frequency_hz")
    with open(path, "w", encoding="utf-8") as file:
        file.write("timestamp,device_id,power," + ",".join(names) + "\n"
                   "2025-01-01T00:00Z,meter,5,1.5,2.5,3.5,4.5,-5.5,50.25\n"
                   "2025-01-01T01:00Z,meter,6,,,,,,\n")
    subprocess.run([Setting.program, "import", path, "--db", path + ".db"],
                   check=True, capture_output=True)
    connection = connect(path + ".db")
    got = connection.execute(f"SELECT {', '.join(names)} FROM readings"
                             ).fetchall()
    assert got == [(1.5, 2.5, 3.5, 4.5, -5.5, 50.25), (None,) * 6], got
    got = connection.execute("SELECT * FROM readings").fetchall()
    assert len(got[0]) == 8, got


def buckets_of_devices():
    connection = connect()
    everything = connection.execute(
        "SELECT * FROM energy_buckets(NULL, NULL, NULL, '1d')").fetchall()
    one_by_one = connection.execute(
        "SELECT b.* FROM devices d JOIN energy_buckets(d.device_id, NULL, "
        "NULL, '1d') b").fetchall()
    assert one_by_one == everything
    got = connection.execute(
        "SELECT b.* FROM device d JOIN energy_buckets b ON b.device_id = "
        "d.device_id WHERE b.every = '1d' ORDER BY b.device_id, b.time_ms"
    ).fetchall()
    assert got == everything
    either = connection.execute(
        "SELECT * FROM energy_buckets WHERE every = '1d' AND (device = 'tv' "
        "OR device = 'fridge')").fetchall()
    assert sorted(either, key=repr) == sorted(
        (r for r in everything if r[0] in ("tv", "fridge")), key=repr)
    whole = connection.execute("SELECT device_id, readings FROM energy_buckets"
                               ).fetchall()
    assert [r[0] for r in whole] == sorted({r[0] for r in everything},
                                           key=str.encode)
    assert sum(r[1] for r in whole) == len(Setting.home.rows)


def buckets_without_sense():
    connection = connect()
    count = "SELECT count(*) FROM energy_buckets"
    for arguments in ("'none'", "'fri*'", "'tv', 2000000000000",
                      "'tv', '2023-12-01', '2023-11-01'"):
        got = connection.execute(f"{count}({arguments})").fetchone()[0]
        assert got == 0, (arguments, got)
    fails(connection, f"{count}('tv', 'x')", "since", "'x'")
    fails(connection, f"{count}('tv', NULL, 'x')", "until", "'x'")
    for every in ("5", "h", "0h", "-1h", "1.5h", "99999999999999999999h", ""):
        fails(connection, f"{count}('tv', NULL, NULL, '{every}')", "every",
              f"'{every}'")
    fails(connection, f"{count}('tv', NULL, NULL, NULL, 'x')",
          "interpolation must be linear or hold", "'x'")
    for gap in ("1y", "x", "0h", "400d"):
        fails(connection, f"{count}('tv', NULL, NULL, NULL, NULL, '{gap}')",
              "max_gap must be a span", f"'{gap}'")
    got = plan(connection, "SELECT * FROM energy_buckets(NULL, NULL, NULL, "
               "'1d') ORDER BY device_id, time_ms")
    assert "TEMP B-TREE" not in got, got


def times_of_texts():
    connection = connect()
    for text, want in (("2023-10-01", START_MS), ("1696118400", START_MS),
                       (" 2023-10-01T02:00+02:00 ", START_MS), ("x", None),
                       (None, None)):
        got = connection.execute("SELECT wattle_time_ms(?)", (text,))
        assert got.fetchone() == (want,), text


# ---- damage, other databases, other programs ----

def damage_is_told_and_stays_where_it_is():
    path = os.path.join(Setting.folder, "damaged.db")
    shutil.copy(Setting.home.database, path)
    plain = sqlite3.connect(path)
    number, = plain.execute(
        "SELECT min(c.number) FROM chunk c JOIN device d ON c.device = "
        "d.number WHERE d.device_id = 'fridge'").fetchone()
    data, = plain.execute("SELECT data FROM chunk_data WHERE number = ?",
                          (number,)).fetchone()
    middle = len(data) // 2
    data = data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1:]
    plain.execute("UPDATE chunk_data SET data = ? WHERE number = ?",
                  (data, number))
    plain.commit()
    plain.close()
    connection = connect(path)
    words = ["fridge", "damaged", "from 2023-10-01T00:00:00Z"]
    fails(connection, "SELECT count(*) FROM readings", *words)
    fails(connection, "SELECT max(power_w) FROM readings WHERE device_id = "
          "'fridge'", *words)
    fails(connection, "SELECT * FROM energy_buckets('fridge')", *words)
    got, want = (connection.execute(
        f"SELECT count(*), max(power_w) FROM {t} WHERE device_id IN ('tv', "
        "'kettle')").fetchone() for t in ("readings", "copy"))
    assert got == want
    done = subprocess.run([Setting.program, "sql", path,
                           "SELECT * FROM readings"], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 2 and "fridge" in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1


def other_databases_are_refused():
    if not HAS_LOADING:
        raise Skip("this Python loads no extensions into SQLite")
    connection = sqlite3.connect(":memory:")
    connection.enable_load_extension(True)
    connection.load_extension(Setting.module)
    fails(connection, "SELECT * FROM readings", "not a wattle database")
    fails(connection, "SELECT * FROM energy_buckets", "not a wattle database")


def a_statement_sees_one_state():
    path = os.path.join(Setting.folder, "grows.db")
    shutil.copy(Setting.home.database, path)
    connection = connect(path)
    more = os.path.join(Setting.folder, "more.csv")
    with open(more, "w", encoding="utf-8") as file:
        file.write("timestamp,device_id,power\n2024-01-01 00:00,tv,7\n"
                   "2024-01-01 00:00,zzz,7\n")
    cursor = connection.execute("SELECT device_id FROM readings")
    cursor.fetchone()
    subprocess.run([Setting.program, "import", more, "--db", path, "--quiet"],
                   check=True)
    n = 1 + len(cursor.fetchall())
    assert n == len(Setting.home.rows), n
    n, = connection.execute("SELECT count(*) FROM readings").fetchone()
    assert n == len(Setting.home.rows) + 2, n


def the_shell_loads_it():
    if not shutil.which("sqlite3"):
        raise Skip("sqlite3 is not installed")
    done = subprocess.run(
        ["sqlite3", "-readonly", Setting.home.database, ".load " +
         Setting.module[:-3], "SELECT count(*) FROM readings"], text=True,
        capture_output=True, check=False)
    assert done.stdout.strip() == str(len(Setting.home.rows)), (
        done.stdout, done.stderr)


STRANGER = r"""
#include <sqlite3.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    sqlite3 *db;
    char *message = NULL;
    (void)argc;
    sqlite3_open(":memory:", &db);
    sqlite3_enable_load_extension(db, 1);
    int result = sqlite3_load_extension(db, argv[1], NULL, &message);
    puts(message != NULL ? message : "loaded");
    sqlite3_close(db);
    return result != SQLITE_OK;
}
"""


def an_sqlite_of_ones_own_is_refused():
    source = os.path.join(Setting.folder, "stranger.c")
    program = os.path.join(Setting.folder, "stranger")
    with open(source, "w", encoding="utf-8") as file:
        file.write(STRANGER)
    built = subprocess.run(
        ["cc", source, "-o", program, "-Wl,-Bstatic", "-lsqlite3",
         "-Wl,-Bdynamic", "-lm", "-ldl", "-lpthread", "-lz"], text=True,
        capture_output=True, check=False)
    if built.returncode != 0:
        raise Skip("there is no static libsqlite3")
    done = subprocess.run([program, Setting.module], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 1 and "of its own" in done.stdout, (
        done.returncode, done.stdout, done.stderr)


# ---- wattle sql ----

def forms_of_output():
    sql = ("SELECT 1 AS a, 'x\"y,\nz' AS b, x'01ff' AS c, NULL AS d, 0.1 AS e,"
           " '' AS f; SELECT 'ü' AS g WHERE 0; -- no more\n;")
    rows = list(csv.reader(io.StringIO(ask("--csv", sql), newline="")))
    assert rows == [list("abcdef"), ["1", 'x"y,\nz', "01FF", "", "0.1", ""],
                    [], ["g"]], rows
    got = ask(sql, "--json")
    decoder = json.JSONDecoder()
    first, at = decoder.raw_decode(got)
    assert first == [{"a": 1, "b": 'x"y,\nz', "c": "01FF", "d": None, "e": 0.1,
                      "f": ""}], first
    assert json.loads(got[at:]) == []
    for number in (0, -1, 10, 2**63 - 1, -2**63):
        assert ask("--csv", f"SELECT {number} AS n") == f"n\n{number}\n"
    got = ask("-", text="SELECT device_id AS id, n_readings AS n FROM devices "
              "WHERE id IN ('5', 'fridge')")
    n = {device: sum(r[0] == device for r in Setting.home.rows)
         for device in ("5", "fridge")}
    assert got == (f"id         n\n5         {n['5']}\nfridge  {n['fridge']}\n"
                   ), got


def a_long_table_goes_on():
    got = ask("SELECT device_id, time_ms FROM readings").splitlines()
    assert len(got) == 1 + len(Setting.home.rows)
    assert got[-1].split() == ["tv", str(Setting.home.rows[-1][2])] or \
        Setting.home.rows[-1][0] != "tv"


def mistakes_are_one_line():
    rows = [
        ("SELECT nope FROM readings", "line 1, column 8: no such column: nope"),
        ("SELECT 1;\nSELCT", "line 2, column 1: near \"SELCT\": syntax error"),
        ("SELECT 'ü', nope", "line 1, column 13: no such column: nope"),
        ("SELECT * FROM energy_buckets('tv', 'x')", "since must be a time"),
        ("SELECT '", "unrecognized token"),
    ]
    for sql, words in rows:
        got = ask(sql, code=2)
        assert words in got and len(got.splitlines()) == 1, (sql, got)
    got = subprocess.run([Setting.program, "sql", Setting.module, "SELECT 1"],
                         text=True, capture_output=True, check=False)
    assert got.returncode == 2 and "not a wattle database" in got.stderr


def nothing_is_written():
    with open(Setting.home.database, "rb") as file:
        before = file.read()
    made = os.path.join(Setting.folder, "made.db")
    for sql in ("DELETE FROM device", "DROP VIEW devices", "VACUUM",
                f"VACUUM INTO '{made}'", "CREATE TEMP TABLE x(a)",
                f"ATTACH '{made}' AS made", "UPDATE readings SET time_ms = 1",
                "INSERT INTO readings(device_id, time_ms) VALUES('a', 1)",
                "PRAGMA journal_mode = DELETE",
                "PRAGMA query_only = 0; DELETE FROM device",
                "BEGIN IMMEDIATE", "SELECT load_extension('x')"):
        ask(sql, code=2)
    with open(Setting.home.database, "rb") as file:
        assert file.read() == before
    assert not os.path.exists(made)


def take_terminal():
    """Makes standard input the terminal that Ctrl-C comes from."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def at_a_terminal(typed):
    """What a terminal shows of the program when these lines are typed."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([Setting.program, "sql", Setting.home.database],
                          stdin=theirs, stdout=theirs, stderr=theirs,
                          env={**os.environ, "TERM": "dumb", "HOME": "/"},
                          start_new_session=True,
                          preexec_fn=take_terminal) as program:
        os.close(theirs)
        try:
            shown = talk(ours, typed)
            code = program.wait(timeout=20)
        except subprocess.TimeoutExpired:
            code = "does not end"
        finally:
            program.kill()
            os.close(ours)
    assert code == 0, (code, shown)
    return shown.decode().replace("\r", "")


def talk(terminal, typed):
    """Types line after line, each when there is a prompt and nothing more comes."""
    shown = b""
    for line in typed:
        shown += read_until_quiet(terminal, b"> ")
        os.write(terminal, line)
        if line is FOREVER:
            time.sleep(1)
            os.write(terminal, b"\3")
    return shown + read_until_quiet(terminal, None)


def read_until_quiet(terminal, prompt):
    """What comes up to a prompt at which the program waits; up to the end when prompt is None."""
    shown, deadline = b"", time.monotonic() + 20
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.3)
        if not ready and prompt is not None and shown.endswith(prompt):
            return shown
        try:
            more = os.read(terminal, 65536) if ready else None
        except OSError:     # the other side is closed
            more = b""
        if more == b"":
            break
        shown += more or b""
    assert prompt is None, shown
    return shown


def a_terminal_gets_a_prompt():
    shown = at_a_terminal([b"SELECT count(*) AS n,\n", b"  7 * 6 AS answer\n",
                           b"FROM readings;\n", b"SELCT;\n", b".tables\n",
                           b".help\n", b"\n", b".quit\n"])
    assert "(read-only)" in shown, shown
    assert re.search(rf"{len(Setting.home.rows)} +42", shown), shown
    assert "line 1, column 1: near \"SELCT\": syntax error" in shown, shown
    assert "energy_buckets(device" in shown and "Ctrl-D" in shown, shown
    assert "   ...>" in shown, shown
    shown = at_a_terminal([b"SELECT 1 AS one;\n", b"\4"])
    assert "one" in shown, shown
    shown = at_a_terminal([b"SELECT 1,\n", b"\3", b"SELECT 7 * 6 AS n;\n",
                           FOREVER, b"SELECT 6 * 9 AS n;\n", b"quit\n"])
    assert re.search(r"\n *42\n", shown), shown
    assert re.search(r"\n *54\n", shown), shown
    assert "no .tabels" in at_a_terminal([b".tabels\n", b"exit\n"])


# A statement without an end, and Ctrl-C while it runs.
FOREVER = (b"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
           b"SELECT max(i) FROM n;\n")


CASES = [every_reading_is_a_row, the_program_says_the_same,
         columns_by_themselves, random_questions,
         random_questions_to_the_program, conditions_are_pushed_down,
         order_needs_no_sorting, joins, views_need_no_module,
         views_agree_with_buckets, days_have_powers,
         buckets_are_those_of_query, in_a_time_zone, all_measures_are_columns,
         buckets_of_devices, buckets_without_sense, times_of_texts,
         damage_is_told_and_stays_where_it_is, other_databases_are_refused,
         a_statement_sees_one_state, the_shell_loads_it,
         an_sqlite_of_ones_own_is_refused, forms_of_output,
         a_long_table_goes_on, mistakes_are_one_line, nothing_is_written,
         a_terminal_gets_a_prompt]


def main():
    failed = 0
    Setting.program, Setting.module = map(os.path.abspath, sys.argv[1:3])
    with tempfile.TemporaryDirectory(prefix="wattle-sql-") as folder:
        Setting.folder = folder
        Setting.home = Home(Setting.program, folder)
        for i, case in enumerate(CASES, 1):
            try:
                case()
                print(f"ok {i} - {case.__name__}", flush=True)
            except Skip as why:
                print(f"ok {i} - {case.__name__} # SKIP {why}", flush=True)
            except (AssertionError, TypeError, sqlite3.Error) as problem:
                words = repr(problem)[:3000]
                print(f"not ok {i} - {case.__name__}: {words}", flush=True)
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
