"""Damage of all kinds: `check --salvage` ends, what it writes is whole, what is
lost is counted, and importing the files again brings it back."""
import json
import os
import random
import re
import sqlite3
import subprocess

from store_tools import HEADER, expect, plain_rows, write

N_DEVICES = 6
N_ROWS = 2500


def cases(tier):
    n = {"quick": 6, "test": 30, "full": 1500}[tier]
    return (["numbers", "cut", "counts", "schema", "views", "places", "heads",
             "ids", "missing", "reasons", "sums"]
            + [f"random-{i}" for i in range(n)])


class Home:
    """A database of several imports, as bytes that can be damaged."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        rows = [row for device in range(N_DEVICES)
                for row in plain_rows(f"dev{device}", N_ROWS, salt=device)]
        rows.insert(400, "bad line\n")
        rows.insert(500, "2023-10-01 00:00:00,dev0,ERR,1,1\n")
        late = [row for device in range(3)
                for row in plain_rows(f"dev{device}", 3, 7777777)]
        self.files = [write(self.path("a.csv"), HEADER + "".join(rows)),
                      write(self.path("b.csv"), HEADER + "".join(late))]
        self.db = self.path("h.db")
        for file in self.files:
            program.imports(self.db, file, "--quiet")
        self.wanted = program.export(self.db)
        with sqlite3.connect(self.db) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        with open(self.db, "rb") as file:
            self.bytes = file.read()

    def path(self, name):
        return os.path.join(self.folder, name)

    def damaged(self, content, name="x.db"):
        for end in ("-wal", "-shm"):
            if os.path.exists(self.path(name) + end):
                os.unlink(self.path(name) + end)
        return write(self.path(name), bytes(content))

    def changed(self, *statements, name="x.db"):
        """A copy that SQLite has changed."""
        path = self.damaged(self.bytes, name)
        db = sqlite3.connect(path)
        for statement in statements:
            db.execute(statement)
        db.commit()
        db.close()
        return path

    def salvage(self, path, out="y.db"):
        """Salvages, and looks whether the result is whole; -> readings, lost."""
        out = self.path(out)
        for end in ("", "-wal", "-shm"):
            if os.path.exists(out + end):
                os.unlink(out + end)
        try:
            done = self.program.run("check", path, "--salvage", out, code=None)
        except subprocess.TimeoutExpired:
            expect(False, "does not end")
        expect(done.code in (0, 1), done)
        self.program.check(out)
        found = re.match(rb".*: ([\d,]+) readings? of ([\d,]+) devices?; "
                         rb"([\d,]+) lost", done.out)
        expect(found, done)
        return [int(text.replace(b",", b"")) for text in found.groups()]

    def import_again(self, out="y.db"):
        self.program.imports(self.path(out), *self.files, "--quiet")
        self.program.check(self.path(out))
        return self.program.export(self.path(out))


def numbers(home):
    """One damaged number makes no loop, whatever it says."""
    for table, column in (("chunk", "device"), ("chunk", "number"),
                          ("chunk_data", "number"), ("device", "number"),
                          ("file", "number"), ("reject", "line"),
                          ("delta", "time_ms")):
        for number in (3000000000, 9 * 10 ** 15, 2 ** 63 - 1, -5):
            path = home.changed(
                f"UPDATE {table} SET {column} = {number} WHERE rowid = "
                f"(SELECT max(rowid) FROM {table})" if table not in
                ("reject", "delta") else
                f"UPDATE {table} SET {column} = {number} WHERE {column} = "
                f"(SELECT max({column}) FROM {table})")
            n_readings, _n_devices, n_lost = home.salvage(path)
            if table in ("chunk", "chunk_data"):
                expect(n_lost > 0, table, column, number)
            expect(n_readings > (N_DEVICES - 2) * N_ROWS, table, column)
            if table != "device":
                expect(home.import_again() == home.wanted, table, column,
                       number, "not all came back")


def sums(home):
    """No sum of damaged counts goes beyond what a number can hold."""
    for change in ("file SET n_lines = {}", "file SET n_rejects = {}",
                   "file SET n_lines = {0}, n_rejects = {0}, file_lines = {0}",
                   "meta SET value = {} WHERE key = 'lost'",
                   "meta SET value = {}", "reject_count SET n = {}",
                   "device SET number = number + {}"):
        for number in (2 ** 63 - 1 - 10 ** 6, -2 ** 63, 2 ** 62):
            path = home.changed(f"UPDATE {change.format(number)}")
            done = home.program.run("check", path, code=1)
            expect(b"damaged" in done.out or b"are missing" in done.out, done)
            home.salvage(path)


def cut(home):
    """A file that ends too early, at a page or in one."""
    for size in (len(home.bytes) - 8192, len(home.bytes) // 2 // 8192 * 8192,
                 len(home.bytes) - 100, 8192 * 3 + 17):
        path = home.damaged(home.bytes[:size])
        home.salvage(path)
        expect(home.import_again() == home.wanted or
               b"damaged-" in home.program.export(home.path("y.db")), size)
        for command in (["report", path], ["query", path], ["check", path]):
            done = home.program.run(*command, code=None)
            if done.code == 0:  # the end of the last page was not needed
                whole = home.program.run(command[0], home.db)
                expect(done.out.replace(b"x.db", b"h.db") == whole.out, done)
                continue
            expect(b"damaged" in done.err + done.out and
                   b"not CSV" not in done.err, "the message:", done)


def heads(home):
    """A report says of a damaged first byte what a query says."""
    for at in range(16):
        data = bytearray(home.bytes)
        data[at] ^= 0x20
        path = home.damaged(data)
        words = {home.program.run(command, path, code=2).err.split(b": ", 1)[1]
                 for command in ("report", "query", "check")}
        expect(len(words) == 1, at, words)


def counts(home):
    """Lost lines are counted by chunk, and no file is known any more."""
    path = home.changed("UPDATE file SET n_lines = n_lines + 1 WHERE number = 2",
                        "UPDATE chunk_data SET data = x'00' WHERE number = "
                        "(SELECT max(number) FROM chunk_data)")
    n_readings, _n_devices, n_lost = home.salvage(path)
    expect(n_lost >= N_ROWS, n_lost)
    expect(n_readings + n_lost >= home.wanted.count(b"\n") - 1, n_readings)
    out = home.path("y.db")
    known = home.program.imports(out, *home.files)
    expect(b"known already" not in known.out, known)
    expect(home.program.export(out) == home.wanted, "not all came back")
    info = home.program.run("info", out, "--json").out
    expect(0 <= json.loads(info)["lost"] < 10 ** 6, info)


def schema(home):
    """Triggers do nothing, and are named; false tables are refused."""
    trigger = home.changed(
        "CREATE TRIGGER evil BEFORE INSERT ON chunk BEGIN "
        "SELECT RAISE(IGNORE); END")
    more = write(home.path("c.csv"), HEADER + "".join(plain_rows("new", 5)))
    home.program.imports(trigger, more, "--quiet")
    expect(b"new," in home.program.export(trigger), "the trigger ran")
    done = home.program.run("check", trigger, code=1)
    expect(b"trigger evil" in done.out, done)
    for statements in (
            ["ALTER TABLE delta RENAME TO other",
             "CREATE VIEW delta AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL "
             "SELECT x FROM r) SELECT x AS device, x AS time_ms FROM r"],
            ["DROP VIEW daily", "CREATE VIEW daily AS SELECT randomblob(1e9)"],
            ["DROP TABLE correction"],
            ["DROP INDEX chunk_by_time",
             "CREATE INDEX chunk_by_time ON chunk(abs(device))"]):
        path = home.changed(*statements)
        before = content(path)
        for command in (["report", path], ["query", path], ["info", path],
                        ["check", path], ["export", path], ["compact", path],
                        ["sql", path, "SELECT * FROM delta"],
                        ["backup", path, home.path("copy.db")],
                        ["import", more, "--db", path, "--no-progress"]):
            done = home.program.run(*command, code=2)
            expect(b"damaged" in done.err, done)
            expect(content(path) == before, "changed by", done)
        home.salvage(path)
    mine = home.changed("CREATE TABLE mine(x)", "CREATE VIEW v AS SELECT 1",
                        "CREATE INDEX i ON chunk(n_readings)")
    home.program.check(mine)


def views(home):
    """A view over the module's own tables does not make it ask itself."""
    path = home.changed(
        "ALTER TABLE delta RENAME TO other",
        "CREATE VIEW delta AS SELECT 0 AS device, start AS time_ms FROM "
        "energy_buckets('dev0')")
    done = home.program.run("sql", path,
                            "SELECT * FROM energy_buckets('dev0')", code=2)
    expect(b"damaged" in done.err, done)
    home.salvage(path)


def places(home):
    """What is whole stays known: a file goes on where it ended."""
    rows = "".join(plain_rows("dev0", 20))
    first = write(home.path("c.csv"), HEADER + rows)
    other = write(home.path("d.csv"), HEADER + re.sub(
        r"(?m)^([^,]*),([^,]*),.*$", r"\1,\2,500,1,1", rows))
    path = home.path("p.db")
    home.program.imports(path, first, "--quiet")
    home.program.imports(path, other, "--quiet")
    wanted = home.program.export(path)
    _n_readings, _n_devices, n_lost = home.salvage(path)
    expect(n_lost == 0, n_lost)
    with open(first, "a", encoding="ascii") as file:
        file.write("".join(plain_rows("dev0", 21)[20:]))
    done = home.program.imports(home.path("y.db"), first, other)
    expect(re.search(rb"new +1\n +replaced +0\n", done.out), done)
    found = home.program.export(home.path("y.db"))
    expect(found.startswith(wanted), "corrections are undone")
    for change in ("content = content + 1", "ends_record = 7",
                   "real_path = x'00'", "file = file + 5"):
        path = home.changed(f"UPDATE place SET {change}")
        done = home.program.run("check", path, code=1)
        expect(b"the place of file" in done.out, done)
        home.salvage(path)
        expect(home.import_again() == home.wanted, change)


def ids(home):
    """The index of ids names a device whose row is damaged."""
    for change in ("location = 'x'", "rated_w = 5", "checksum = 7",
                   "name = x'ff'"):
        path = home.changed(f"UPDATE device SET {change}")
        n_readings, n_devices, n_lost = home.salvage(path)
        expect((n_devices, n_lost) == (N_DEVICES, 0), n_devices, n_lost)
        expect(n_readings == home.wanted.count(b"\n") - 1, n_readings)
        expect(home.program.export(home.path("y.db")) == home.wanted, change)
        expect(home.import_again() == home.wanted, change)
    path = home.changed("DELETE FROM device WHERE number = 2")
    out = home.path("z.db")
    done = home.program.run("check", path, "--salvage", out, code=1)
    expect(b"the ids of 1 device are damaged" in done.out, done)
    expect(b"damaged-2" in home.program.export(out), "the readings")


def missing(home):
    """A device whose row is gone is missed, by every command."""
    for statement in [f"DELETE FROM device WHERE number = {number}"
                      for number in range(N_DEVICES)] + [
                          "UPDATE chunk SET device = 99 + device",
                          "DELETE FROM device"]:
        path = home.changed(statement)
        done = home.program.run("check", path, code=1)
        expect(b"rows of the table device are missing" in done.out, done)
        for command in (["report", path], ["query", path], ["info", path],
                        ["export", path],
                        ["sql", path, "SELECT * FROM devices"],
                        ["import", home.files[0], "--db", path]):
            done = home.program.run(*command, code=2)
            expect(b"the table device is damaged" in done.err, done)


def reasons(home):
    """Counts of rejects that a report refuses are found by a check."""
    for statement in ("DELETE FROM reject_count",
                      "UPDATE reject_count SET reason = -(1 << 63) WHERE reason = 1",
                      "UPDATE reject_count SET reason = 99 WHERE reason = 1",
                      "UPDATE reject_count SET n = -n",
                      "UPDATE reject_count SET file = 77",
                      "UPDATE reject_device SET n = n + 1",
                      "UPDATE reject_device SET file = 77",
                      "UPDATE reject_device SET device = 12345"):
        path = home.changed(statement)
        home.program.run("check", path, code=1)
        home.salvage(path)
        expect(home.import_again() == home.wanted, statement)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def random_damage(home, rng):
    data = bytearray(home.bytes)
    n_pages = len(data) // 8192
    kind = rng.choice(["cut", "page", "zero", "swap", "flips"])
    page = rng.randrange(1, n_pages)
    if kind == "cut":
        data = data[:rng.randrange(8192, len(data))]
    elif kind == "page":
        data[page * 8192:(page + 1) * 8192] = bytes(
            rng.randrange(256) for _ in range(8192))
    elif kind == "zero":
        data[page * 8192:(page + 1) * 8192] = bytes(8192)
    elif kind == "swap":
        other = rng.randrange(1, n_pages)
        a, b = page * 8192, other * 8192
        data[a:a + 8192], data[b:b + 8192] = (data[b:b + 8192],
                                              data[a:a + 8192])
    else:
        for _ in range(rng.randrange(1, 40)):
            data[rng.randrange(8192, len(data))] ^= 1 << rng.randrange(8)
    return kind, data


def one_random(home, case):
    rng = random.Random(case)
    kind, data = random_damage(home, rng)
    path = home.damaged(data)
    checked = home.program.run("check", path, code=None)
    n_readings, _n_devices, n_lost = home.salvage(path)
    if checked.code == 0:
        expect(n_lost == 0, kind, n_lost)
    again = home.import_again()
    if b"damaged-" not in again:  # a device whose name is lost keeps readings
        expect(again == home.wanted, kind, "not all came back", n_readings)


def run_case(program, case, folder, _tier):
    home = Home(program, folder)
    if case.startswith("random-"):
        one_random(home, case)
    else:
        globals()[case](home)
