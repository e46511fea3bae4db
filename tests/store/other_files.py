"""Files that are no database of ours, or a newer one: refused, and left as
they are. Also what a salvaged database keeps, and files that grow."""
import json
import os
import sqlite3

from store_tools import (HEADER, counts_of, dump, expect, one_line,
                         plain_rows, write)


def cases(_tier):
    return ["newer", "foreign", "odd", "names", "salvage", "grown",
            "line_numbers", "raw_rows"]


def commands(path, readings, folder):
    return [["import", "--no-progress", "--quiet", "--db", path, readings],
            ["check", path], ["export", path], ["query", path],
            ["info", path], ["compact", "--quiet", path],
            ["backup", path, os.path.join(folder, "copy.db")],
            ["check", path, "--salvage", os.path.join(folder, "saved.db")]]


def content(path):
    with open(path, "rb") as file:
        return file.read()


def refused(program, path, command, words, is_wal=False):
    """One line, and the file as it was; reading one that keeps a journal may
    leave an empty journal."""
    before = content(path)
    done = program.run(*command, code=2)
    line = one_line(done)
    expect(all(word in line for word in words), "not clear:", line)
    expect(content(path) == before, "changed by", command)
    left = [name for name in os.listdir(os.path.dirname(path))
            if name.startswith(("copy.db", "saved.db")) or
            name.endswith("-journal") or
            (name.endswith(("-wal", "-shm")) and not is_wal)]
    expect(not left, "left behind by", command, left)


def newer(program, folder, readings):
    path = os.path.join(folder, "home.db")
    program.imports(path, readings)
    with sqlite3.connect(path) as db:
        known = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute("PRAGMA user_version = 99")
    db.close()
    for name in (path + "-wal", path + "-shm"):
        if os.path.exists(name):
            os.unlink(name)
    for command in commands(path, readings, folder) + [["report", path]]:
        refused(program, path, command, ["newer", "99", str(known)],
                is_wal=True)


def foreign(program, folder, readings):
    path = os.path.join(folder, "other.db")
    for mode in ("delete", "wal"):
        with sqlite3.connect(path) as db:
            db.execute(f"PRAGMA journal_mode = {mode}")
            db.execute(f"CREATE TABLE {mode}_notes(text)")
            db.execute(f"INSERT INTO {mode}_notes VALUES('mine')")
        db.close()
        for command in commands(path, readings, folder):
            refused(program, path, command, ["not a wattle database"],
                    is_wal=mode == "wal")


def odd(program, folder, readings):
    text = write(os.path.join(folder, "text.db"), "hello\n" * 200)
    for command in commands(text, readings, folder):
        refused(program, text, command, ["not a wattle database"])
    os.mkdir(os.path.join(folder, "folder.db"))
    for command in commands(os.path.join(folder, "folder.db"), readings,
                            folder):
        one_line(program.run(*command, code=2))
    absent = os.path.join(folder, "absent.db")
    for command in commands(absent, readings, folder)[1:]:
        one_line(program.run(*command, code=2))
        expect(not os.path.exists(absent), "made by", command)
    empty = write(os.path.join(folder, "empty.db"), b"")
    program.check(empty)  # an import may be cut off before it has begun
    for command in commands(empty, readings, folder)[2:]:
        refused(program, empty, command, ["empty"])
    program.imports(empty, readings)  # as good as none
    program.check(empty)


def names(program, folder, readings):
    """What SQLite takes for something else is the name of a file here."""
    for name in (":memory:", "file:home.db?mode=ro", "a b%20c.db"):
        path = os.path.join(folder, name)
        for place, cwd in ((path, None), (name, folder)):
            program.imports(place, readings, cwd=cwd)
            expect(os.path.isfile(path), "no file", path)
            program.run("check", place, cwd=cwd)
            os.unlink(path)
    for name in ("", os.path.join(folder, "nothing/"), folder):
        one_line(program.imports(name, readings, code=2))
        expect(not os.path.exists(os.path.join(folder, "nothing")), "made")


def salvage(program, folder, readings):
    """Damaged data: check names device and time, the rest is kept."""
    path = os.path.join(folder, "home.db")
    program.imports(path, readings)
    whole = dump(path)
    with sqlite3.connect(path) as db:
        number, first = db.execute(
            "SELECT number, first_ms FROM chunk WHERE device = 0 "
            "ORDER BY first_ms LIMIT 1").fetchone()
        data = bytearray(db.execute("SELECT data FROM chunk_data WHERE "
                                    "number = ?", (number,)).fetchone()[0])
        data[len(data) // 2] ^= 16
        db.execute("UPDATE chunk_data SET data = ? WHERE number = ?",
                   (bytes(data), number))
    db.close()
    done = program.run("check", path, code=1)
    lines = done.out.decode().splitlines()
    expect(any("a, " in line and "2023-10-01" in line for line in lines),
           lines)
    done = program.run("export", path, code=2)
    expect("damaged" in one_line(done), done)
    saved = os.path.join(folder, "saved.db")
    program.run("check", path, "--salvage", saved, code=1)
    program.check(saved)
    kept = dump(saved)
    expect(len(kept["chunk"]) == len(whole["chunk"]) - 1, "chunks are lost")
    for table in ("device", "reject", "delta", "correction"):
        expect(kept[table] == whole[table], table, "differs")
    expect([row[:4] + row[6:9] for row in kept["file"]] ==
           [row[:4] + row[6:9] for row in whole["file"]], "file differs")
    report = json.loads(program.run("report", saved, "--json").out)
    lost = dict(kept["meta"])["lost"]
    expect(report["lines"] == sum(row[6] for row in whole["file"]) - lost,
           "lines", report["lines"], lost)
    # the files are not known any more: what was lost comes back
    program.imports(saved, readings)
    program.check(saved)
    undamaged = os.path.join(folder, "undamaged.db")
    program.imports(undamaged, readings)
    expect(program.export(saved) == program.export(undamaged), "not restored")


def grown(program, folder, _readings):
    """Only new lines are read of a file that has grown at its end alone; one
    that was also changed in its middle is read again. A last line counts when
    it has its end."""
    rows = plain_rows("a", 260000, 1000)
    path = os.path.join(folder, "grown.csv")
    database = os.path.join(folder, "home.db")
    write(path, HEADER + "".join(rows))
    expect(os.path.getsize(path) > 3 * (4 << 20) - 4000000, "too small")
    first = counts_of(program.imports(database, path))
    expect(first == {"new": 260000, "replaced": 0, "unchanged": 0,
                     "rejected": 0}, first)
    more = plain_rows("a", 50, 1000, 1696118400000 + 260000 * 1000)
    old = bytearray(content(path)) + "".join(more).encode()
    write(path, bytes(old))
    done = program.imports(database, path)
    second = counts_of(done)
    expect(second == {"new": 50, "replaced": 0, "unchanged": 0,
                      "rejected": 0}, second)
    expect(b"from where it had ended" in done.out, done)
    program.check(database)
    write(path, bytes(old) + b"half a li")
    half = program.imports(database, path)
    expect("held back" in one_line(half), half)
    expect(not any(counts_of(half).values()), half)
    write(path, bytes(old) + b"half a line\n"
          + plain_rows("a", 1, 1000, 1700000000000)[0].encode())
    last = counts_of(program.imports(database, path))
    expect(last == {"new": 1, "replaced": 0, "unchanged": 0,
                    "rejected": 1}, last)
    program.check(database)
    # the same length, in none of the parts at the ends
    text = bytearray(content(path))
    at = text.index(b"e-1,", 5 << 20)
    text[at - 1:at] = b"0" if text[at - 1:at] != b"0" else b"1"
    write(path, bytes(text) + plain_rows("a", 1, 1000, 1700000001000)[0]
          .encode())
    fixed = counts_of(program.imports(database, path))
    expect(fixed["new"] == 1 and fixed["replaced"] == 1, fixed)
    program.check(database)
    return None


def line_numbers(program, folder, _readings):
    """Rejects of lines that were added have the number they have in the file,
    whatever ended where: at the last file, or with the last lane."""
    lots = os.path.join(folder, "lots")
    os.mkdir(lots)
    texts = [HEADER + "".join(plain_rows(f"d{i}", 4000, salt=i)) for i in range(3)]
    for threads in (1, 2, 3, 5):
        path = os.path.join(folder, f"home{threads}.db")
        grown = list(texts)
        for turn in range(4):
            for i, text in enumerate(grown):
                write(os.path.join(lots, f"{i}.csv"), text)
            program.imports(path, lots, "--quiet", "--threads", threads)
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
                found = sorted(db.execute("SELECT path, file_lines FROM file"))
                rejects = sorted(db.execute(
                    "SELECT path, line, CAST(raw AS TEXT) FROM reject JOIN "
                    "file ON file.number = reject.file"))
            db.close()
            paths = [os.path.join(lots, f"{i}.csv") for i in range(3)]
            expect(found == [(name, text.count("\n"))
                             for name, text in zip(paths, grown)], found)
            expect(rejects == sorted(
                (name, n, line) for name, text in zip(paths, grown)
                for n, line in enumerate(text.splitlines(), 1)
                if line.startswith("bad")), rejects)
            program.check(path)
            grown = [text + "".join(f"bad {turn}\n" for _ in range(i + 1)) +
                     "".join(plain_rows(f"d{i}", 3, 1000,
                                        1700000000000 + turn * 100000))
                     for i, text in enumerate(grown)]


def raw_rows(program, folder, _readings):
    """Raw rows can be read as readings, energies beside powers too."""
    rows = "".join(f"2023-10-01 {i // 60:02}:{i % 60:02}:00,a,"
                   f"{round(i * 7.3, 3) if i % 3 else ''},{round(i * 1.123, 3) if i % 2 else ''}"
                   "\n" for i in range(1, 1200) if i % 6)
    path = write(os.path.join(folder, "both.csv"),
                 "timestamp,device_id,power,energy_wh\n" + rows)
    database = os.path.join(folder, "home.db")
    again = os.path.join(folder, "again.db")
    program.imports(database, path, "--quiet")
    raw = write(os.path.join(folder, "raw.csv"), program.run(
        "query", database, "--raw", "--csv", "--what", "power,energy").out)
    counts = counts_of(program.imports(again, raw))
    expect(counts["rejected"] == 0 and counts["new"] > 900, counts)
    expect(program.export(again) == program.export(database), "not the same")


def run_case(program, case, folder, _tier):
    rows = plain_rows("a", 40000) + plain_rows("b", 500)
    readings = write(os.path.join(folder, "readings.csv"),
                     HEADER + "".join(rows) + "garbage\n")
    return globals()[case](program, folder, readings)
