"""Files that change between imports, and while one runs: they grow at any
byte, are replaced, rewritten, edited and cut off. What is recorded must be
what their complete lines say, each read once.

Named cases are small and exact; random ones ("random-17") write random files
in random pieces. csv_model.py tells what a text means, without the program.
"""
import gzip
import os
import random
import select
import struct
import subprocess
import threading
import time

import growing_random
from csv_model import CR, LF, Content
from growing_home import Home, append, content, differences
from many_at_once import Holder
from store_tools import counts_of, expect, with_offsets, write

HEAD = b"timestamp,device_id,power\n"
NOTED = b"timestamp,device_id,power,note\n"
CHANGES = ["append", "half", "replace", "rewrite", "shrink", "quote"]
SMALL = ["held_back", "held_quote", "whole_streams", "final_then_more",
         "header", "header_bytes", "middle", "same_size", "reverted",
         "folders", "same_content", "twins", "cr", "cr_grows", "mixed_ends", "numbers",
         "twice", "lines_of_all", "every_byte", "value_kinds",
         "behind_reading"]
LARGE = ["large_middle", "large_pieces", "large_quote", "large_cr",
         "large_parts", "large_waits"]
RACES = ["race_20", "race_2000", "race_rewrite"]


def cases(tier):
    if tier == "quick":
        return ["held_back", "held_quote", "header", "middle", "folders",
                "cr_grows", "numbers", "append-waits", "replace-waits",
                "random-0", "random-1"]
    changes = [name + way for name in CHANGES for way in ("", "-waits")]
    n_random = {"test": 40, "full": 1500}[tier]
    return LARGE + RACES + SMALL + changes + [
        f"random-{i}" for i in range(n_random)]


def row(i, device="a", power=None, more=""):
    return (f"2023-10-01 {i // 60 % 24:02}:{i % 60:02}:00,{device},"
            f"{i + 1 if power is None else power}{more}\n").encode()


def rows(first, last, device="a"):
    return b"".join(row(i, device) for i in range(first, last))


def is_counted(done, **wanted):
    counts = counts_of(done)
    wanted = {**dict.fromkeys(counts, 0), **wanted}
    expect(counts == wanted, "counts", counts, "not", wanted, done)


def is_known(done):
    is_counted(done)
    expect(b"known already" in done.out, "not known:", done)


def is_empty(home, *words):
    found = home.exported()
    expect(not found, *words, "readings", found)
    for table in ("device", "reject"):
        if os.path.exists(home.db) and os.path.getsize(home.db):
            found = home.rows(f"SELECT * FROM {table}")
            expect(not found, *words, table, found)


# ----------------------------------- a change, and one while an import waits

def changed(home, path, how):
    """Changes the file; what it was is rows 0 to 20 of device a."""
    old = os.stat(path)
    if how == "append":
        append(path, rows(20, 30))
        append(path, b"bad\n" + rows(30, 33))
    elif how == "half":
        append(path, rows(20, 25) + row(25, power="123.456")[:-4])
    elif how == "quote":
        append(path, b'2023-10-01 00:40:00,"a\n' + rows(41, 44))
    elif how == "replace":
        write(path + ".new", HEAD + row(3, power=77) + rows(4, 40, "b"))
        os.rename(path + ".new", path)
    elif how == "rewrite":  # as long as before
        text = content(path).replace(b",a,7\n", b",a,9\n")
        with open(path, "r+b") as file:
            file.write(text)
        os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
    elif how == "shrink":
        with open(path, "r+b") as file:
            file.truncate(len(HEAD + rows(0, 8)) + 9)


def change(home, how, waits):
    """The first import is done, or waits for the lock, when it happens."""
    path = write(home.path("x.csv"), HEAD + rows(0, 20))
    write(home.path("other.csv"), HEAD + row(0, "other"))
    home.step(home.path("other.csv"))
    if not waits:
        home.step(path)
        changed(home, path, how)
        home.step(path)
    else:
        done = home.step_while(lambda: changed(home, path, how), path)
        expect("waiting" in done.words(), "has not waited", done)
        home.step(path)
        home.step_while(lambda: changed(home, path, how), path)
        home.step(path)
    if how in ("half", "quote"):
        append(path, b"00\n" if how == "half" else b'",3\n')
        home.step(path)
    home.step(path, final=True)
    home.compare_powers()


def twice(home):
    """Two imports of one file wait together; each line counts once."""
    path = write(home.path("x.csv"), HEAD + rows(0, 20) + b"bad\n")
    write(home.path("other.csv"), HEAD + row(0, "other"))
    home.step(home.path("other.csv"))
    running = []

    def start_another():
        running.append(home.program.start("import", "--no-progress", "--db",
                                          home.db, path))
        time.sleep(0.15)
        append(path, b"bad too\n" + rows(20, 25) + b"half")

    home.step_while(start_another, path)
    home.program.end(running[0])
    home.readings = home.exported()
    home.step(path)
    rejects = home.rows("SELECT line, raw FROM reject ORDER BY line")
    expect(rejects == [(22, b"bad"), (23, b"bad too")], rejects)
    home.same.add(path)  # no second row of it
    home.step(path, final=True)


# ----------------------------------------------------------- the last line

def held_back(home):
    """No reading, no device, no reject comes of it; then it is read once."""
    path = write(home.path("x.csv"), HEAD + rows(0, 3))
    home.step(path)
    pieces = [b"2023-10-01 02:00:00,b,1", b"2", b"5", b".5\n", b"ba", b"d\n",
              b"2023-10-01 02:01:00,c,1\r", b"\n", b"\r", b"\n", b"\n",
              row(5) + b"2023-10-01 02:02:00,d,"]
    for piece in pieces:
        append(path, piece)
        home.step(path, words=[content(path)[-30:]])
    done = home.step(path, final=True)  # no value at all: a reject
    is_counted(done, rejected=1)
    append(path, b"12\n")
    home.imports(path)
    home.imports(path, args=["--final"])
    home.readings[b"d", 1696125720000] = (None, None, None, 12 * 10**9, None)
    home.compare_readings()


def held_quote(home):
    """A record that is open is held back, line ends in it or not."""
    path = write(home.path("x.csv"), NOTED + row(0, more=',"a\nb"'))
    home.step(path)
    for piece in [b'2023-10-01 03:00:00,b,7,"one\n', b"two\n", b'three ""',
                  b'"', b"\n", b'2023-10-01 03:01:00,"c\n',
                  row(7, more=","), row(8, more=","), b'",5,\n',
                  b'2023-10-01 03:02:00,d,8,"open\n']:
        append(path, piece)
        home.step(path, words=[content(path)[-30:]])
    is_counted(home.step(path, final=True), rejected=1)


def zstd_frame(data):
    """A frame that holds the data as it is."""
    return (b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data)) +
            struct.pack("<I", 1 | len(data) << 3)[:3] + data)


def whole_streams(home):
    """Standard input, pipes and packed files have an end."""
    text = HEAD + rows(0, 3) + row(3)[:-1]
    wanted = Content(text, True).readings()
    expect(len(wanted) == 4, "four rows")
    places = {"x.csv.gz": gzip.compress(text), "x.csv.zst": zstd_frame(text),
              "-": text, "pipe": text}
    for i, (name, data) in enumerate(places.items()):
        other = Home(home.program, home.folder, f"{i}.db")
        command = [home.program.path, "import", "--no-progress", "--db",
                   other.db]
        if name == "-":
            done = subprocess.run(command + ["-"], input=data, check=True,
                                  capture_output=True)
        elif name == "pipe":
            os.mkfifo(home.path(name))
            writer = threading.Thread(target=write, args=(home.path(name),
                                                          data))
            writer.start()
            done = subprocess.run(command + [home.path(name)], check=True,
                                  capture_output=True)
            writer.join()
        else:
            done = subprocess.run(command + [write(home.path(name), data)],
                                  check=True, capture_output=True)
        expect(b"held back" not in done.stderr, name, done.stderr)
        other.readings = dict(wanted)
        other.compare_readings(name)


def final_then_more(home):
    """A last line that was taken as it was is corrected when it has grown,
    and its line counts once."""
    path = write(home.path("x.csv"), HEAD + rows(0, 3) + row(3, power=1)[:-1])
    home.step(path, final=True)
    append(path, b"25\n" + row(4))
    home.imports(path)
    home.imports(path, args=["--final"])
    home.readings = Content(content(path)).readings()
    home.compare_readings()
    lines = home.rows("SELECT n_lines FROM file ORDER BY number")[-1][0]
    expect(lines == 5, "data lines", lines)


# ---------------------------------------------------------------- headers

def header(home):
    """A header that may go on is none yet."""
    path = write(home.path("x.csv"), b"timestamp,device_id,power")
    for piece in (b"", b"_factor", b",voltage,current"):
        append(path, piece)
        done = home.imports(path, code=None)
        expect(done.code in (0, 2), done)
        expect("x.csv" in done.words(), "not named:", done)
        is_empty(home, content(path))
    append(path, b"\n2023-10-01 00:00:00,a,1,230,2\n")
    home.step(path)
    expect(len(home.readings) == 1, home.readings)
    append(path, b"2023-10-01 00:01:00,a,0.5,230,2\n")
    is_counted(home.step(path), new=1)


def header_bytes(home):
    """Cut anywhere in a header that has a mark, a quote and a line end."""
    text = ('\ufeff\r\n"Power","no\nte",DEVICE,time,"power_w"\r\n'
            '5,"x\ny",a,2023-10-01 00:00:00,77\r\n').encode()
    n_header = text.index(b"5,")
    for i in range(0, n_header + 1, 3):
        one = Home(home.program, home.folder, f"{i}.db")
        path = write(home.path("x.csv"), text[:i])
        done = one.imports(path, code=None)
        expect(done.code in (0, 2), text[:i], done)
        is_empty(one, text[:i])
        append(path, text[i:])
        is_counted(one.step(path, words=[text[:i]]), new=1)


# ---------------------------------------------------------------- changes

def middle(home):
    """What was read is read again when any of it has changed."""
    path = write(home.path("x.csv"), HEAD + rows(0, 300) + b"bad 1\n")
    home.step(path)
    text = content(path).replace(b",a,151\n", b",a,999\n")
    write(path, text + rows(301, 303))
    is_counted(home.step(path), new=2, replaced=1, unchanged=299, rejected=1)
    text = content(path).replace(b"bad 1\n", row(1300)[:5] + b"\n")
    write(path, text + b"half")  # a reject of the same length
    home.step(path)
    write(path, content(path).replace(b",a,7\n", b",a,8\n") + b" a line\n")
    is_counted(home.step(path), replaced=1, unchanged=301, rejected=2)
    write(path, content(path).replace(HEAD, b"timestamp,device_id,watts\n"))
    home.step(path)
    home.step(path, final=True)


def same_size(home):
    """Another value, the same size, the same time of change."""
    for i, n_rows in enumerate((5, 2000, 145000)):
        one = Home(home.program, home.folder, f"{i}.db")
        name = "abc"[i]
        body = b"".join(f"{1696118400 + j},{name},{j % 10}\n".encode()
                        for j in range(n_rows))
        path = write(home.path(f"{name}.csv"), HEAD + body)
        expect(os.path.getsize(path) < 4 << 20, "too large")
        old = os.stat(path)
        is_counted(one.imports(path), new=n_rows)
        for j in (0, n_rows // 2, n_rows - 1):
            line = f"{1696118400 + j},{name},".encode()
            text = content(path)
            at = text.index(line) + len(line)
            with open(path, "r+b") as file:
                file.write(text[:at] + b"x0123456789"[1 + (j + 5) % 10:][:1] +
                           text[at + 1:])
            os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
            is_counted(one.imports(path), replaced=1, unchanged=n_rows - 1)
        one.readings = Content(content(path)).readings()
        one.compare_readings()


def reverted(home):
    """A correction that is taken back is a change like any other."""
    path = write(home.path("x.csv"), HEAD + rows(0, 20))
    text = content(path)
    home.step(path)
    write(path, text.replace(b",a,7\n", b",a,9\n"))
    is_counted(home.step(path), replaced=1, unchanged=19)
    write(path, text)
    home.step(path)
    is_counted(home.imports(path))


# ----------------------------------------------------- other files, copies

def folders(home):
    """Same relative name, size and time, in other folders."""
    for i, name in enumerate("abc"):
        os.mkdir(home.path(name))
        path = write(home.path(f"{name}/x.csv"), HEAD + rows(0, 5, name))
        os.utime(path, ns=(0, 1700000000123456789))
        is_counted(home.imports("x.csv", cwd=home.path(name)), new=5)
        home.readings.update(Content(content(path)).readings())
        home.compare_readings(name)
        if i:  # the one before has not been forgotten
            before = home.path("abc"[i - 1])
            is_known(home.imports("x.csv", cwd=before))
    path = write(home.path("a/x.csv"), HEAD + rows(0, 9, "a"))
    home.imports("x.csv", cwd=home.path("a"))
    home.readings.update(Content(content(path)).readings())
    home.compare_readings()


def same_content(home):
    """The same content is known under any name, in pieces or not."""
    path = write(home.path("x.csv"), HEAD + rows(0, 50) + b"bad\n")
    home.step(path)
    copy = write(home.path("copy.csv"), content(path))
    is_known(home.imports(copy))
    os.link(path, home.path("link.csv"))
    is_known(home.imports(home.path("link.csv")))
    append(path, rows(50, 60) + row(60)[:5])
    home.step(path)
    append(path, row(60)[5:] + b"bad\n")
    home.step(path)
    write(copy, content(path))
    is_known(home.imports(copy))
    os.rename(path, home.path("moved.csv"))
    is_known(home.imports(home.path("moved.csv")))
    home.compare_readings()
    expect(len(home.rows("SELECT * FROM reject")) == 2, "rejects twice")
    append(home.path("moved.csv"), rows(61, 65))
    counts = counts_of(home.imports(home.path("moved.csv")))
    expect(counts["new"] == 4 and not counts["replaced"], counts)


def twins(home):
    """Of two files of one content the later place counts, as in a report."""
    first = write(home.path("1.csv"), HEAD + row(0, power=1))
    other = write(home.path("2.csv"), HEAD + row(0, power=2))
    again = write(home.path("3.csv"), HEAD + row(0, power=1))
    done = home.imports(first, other, again)
    is_counted(done, new=1, replaced=1)
    expect(b"1 known already" in done.out, done)
    found = home.program.export(home.db)
    expect(found.rstrip().endswith(b",1"), "not that of the last file", found)
    is_known(home.imports(first))
    is_known(home.imports(again, other))
    home.check()


# -------------------------------------------------------- CR as a line end

def with_cr(data):
    return data.replace(LF, CR)


def cr(home):
    path = write(home.path("x.csv"), with_cr(
        HEAD + rows(0, 5) + b"bad\n\n" + rows(5, 8) + b"bad too\n"))
    is_counted(home.step(path, final=True), new=8, rejected=2)
    lines = [line for line, in home.rows(
        "SELECT line FROM reject ORDER BY line")]
    expect(lines == [7, 12], lines)
    path = write(home.path("y.csv"), with_cr(
        NOTED + row(0, "y", more=',"one\ntwo"') + b"bad 4\n" +
        row(1, "y", more=',",,"')))
    home.step(path)
    rejects = home.rows("SELECT line, raw FROM reject WHERE file = 2")
    expect(rejects == [(4, b"bad 4")], rejects)


def cr_grows(home):
    path = write(home.path("x.csv"), with_cr(HEAD) + b"2023")
    home.step(path)
    for piece in (b"-10-01 00:00:00,a,5", b"0\r", b"bad 3\r20", b"\r",
                  with_cr(rows(1, 4)), b"\rbad 9\r", with_cr(row(9))[:-1]):
        append(path, piece)
        home.step(path, words=[content(path)])
    is_counted(home.step(path, final=True), new=1)
    lines = [line for line, in home.rows(
        "SELECT line FROM reject ORDER BY line")]
    expect(lines == [3, 4, 9], lines)
    expect(len(home.readings) == 5, home.readings)


def mixed_ends(home):
    """Nothing is lost without a word: each line is a reading, or is found in
    a reject."""
    noted = NOTED[:-1]
    lines = [row(i, more=f",n{i}")[:-1] for i in range(6)]
    texts = {"first CR": noted + CR + LF.join(lines) + LF,
             "first LF": noted + LF + CR.join(lines) + LF,
             "first LF, no LF": noted + LF + CR.join(lines) + CR,
             "then LF": CR.join([noted] + lines[:3]) + CR +
                        LF.join(lines[3:]) + LF,
             "then CR": LF.join([noted] + lines[:3]) + LF +
                        CR.join(lines[3:]) + CR,
             "then CR LF": CR.join([noted] + lines[:3]) + CR +
                           b"\r\n".join(lines[3:]) + b"\r\n",
             "by turns": CR.join([noted, lines[0]]) + LF +
                         CR.join(lines[1:3]) + LF + CR.join(lines[3:]) + LF,
             "CR in a quoted header": noted.replace(b"note", b'"no\rte"') +
                                      LF + LF.join(lines) + LF}
    wanted = Content(NOTED + LF.join(lines) + LF).readings()
    for name, text in texts.items():
        for split in (None, 5, len(noted) + 1, len(text) // 2):
            one = Home(home.program, home.folder, f"{name} {split}.db")
            path = write(home.path(f"{name}.csv"), text[:split])
            one.imports(path, code=None)
            if split:
                append(path, text[split:])
                one.imports(path, code=None)
            one.imports(path, args=["--final"], code=None)
            found = one.exported()
            rejects = LF.join(raw for raw, in one.rows(
                "SELECT raw FROM reject"))
            for key, values in found.items():
                expect(wanted.get(key) == values, name, split, key, values)
            for line in lines:
                key, = Content(NOTED + line + LF).readings()
                expect(key in found or line in rejects, name, split, line,
                       "is lost")
            expect(name[:3] == "CR " or not found or
                   len(found) + rejects.count(b"2023-") >= 6, name, split,
                   len(found), rejects)


# -------------------------------------------------------- numbers of lines

NUMBERS = (b"\n\n" + NOTED + b"bad 4\n\r\n" +
           b'2023-10-01 00:00:00,a,5,"line 6\nline 7\r\nline 8"\r\n'
           b"bad 9\r\n" b'bad 10,"a\nb\n\nc"\n' b"\n" b"bad 15\n" +
           row(9, more=",") + b'2023-10-01 00:01:00,"17\n18",x,\n' +
           b"bad 19\n")
NUMBERED = [4, 9, 10, 15, 17, 19]


def numbers(home):
    """The numbers of lines do not depend on pieces."""
    rng = random.Random(3)
    for i in range(12):
        one = Home(home.program, home.folder, f"{i}.db")
        path = write(home.path(f"{i}.csv"), b"")
        cuts = sorted(rng.sample(range(1, len(NUMBERS)), i % 5))
        said = []
        for start, stop in zip([0] + cuts, cuts + [len(NUMBERS)]):
            append(path, NUMBERS[start:stop])
            done = one.step(path, words=[cuts])
            said += [int(line.split(":")[-2].split()[0])
                     for line in done.words().splitlines()
                     if ": rejected (" in line]
        lines = [line for line, in one.rows(
            "SELECT line FROM reject ORDER BY line")]
        expect(lines == NUMBERED, cuts, lines)
        expect(said == NUMBERED[:len(said)] or len(cuts) > 1, cuts, said)
        expect(set(said) <= set(NUMBERED) and len(said) > 4, cuts, said)
        done = home.program.run("sql", one.db, "--csv", "SELECT line, "
                                "hex(raw) FROM reject ORDER BY line")
        shown = done.out.decode().split()[1:]
        expect([int(line.split(",")[0]) for line in shown] == NUMBERED, shown)
        expect(bytes.fromhex(shown[0].split(",")[1]) == b"bad 4", shown)


def every_byte(home):
    """An import after each byte."""
    text = NOTED + ('2023-10-01 00:00,ü,5.25,"é\r\n""\n"\r\n'
                    'é\r\n\r\n2023-10-01 00:01,b,78,\n').encode()
    path = write(home.path("x.csv"), text[:len(NOTED)])
    home.step(path)
    for i in range(len(NOTED), len(text)):
        append(path, text[i:i + 1])
        home.step(path, words=[text[:i + 1]])
    expect(len(home.readings) == 2, home.readings)


def lines_of_all(home):
    """Readings and rejects are all data lines, of a folder in pieces too."""
    os.mkdir(home.path("lots"))
    rng = random.Random(9)
    texts = [HEAD + b"".join(b"bad\n" if rng.random() < 0.2 else row(i, name)
                             for i in range(100)) for name in "abc"]
    ends = [0, 0, 0]
    for turn in range(5):
        for i, text in enumerate(texts):
            path = home.path(f"lots/{i}.csv")
            ends[i] = len(text) if turn == 4 else rng.randint(
                ends[i], min(len(text), ends[i] + 1200))
            write(path, text[:ends[i]])
        home.imports(home.path("lots"), code=None)
        wanted = [Content(text[:end]) for text, end in zip(texts, ends)]
        n_lines = sum(len(one.lines) for one in wanted)
        n_rejects = sum(len(one.rejects()) for one in wanted)
        rejects = home.rows("SELECT count(*) FROM reject")
        expect(rejects == [(n_rejects,)] or not n_lines, rejects, n_rejects)
        found = home.exported()
        expect(len(found) + n_rejects == n_lines, len(found), n_rejects,
               n_lines)
        for read in wanted:
            home.readings.update(read.readings())
        home.compare_readings()


# ------------------------------------------------------------ large files

PAD = "x" * 100


def large_rows(n_rows, device="a", first=0, notes=False):
    """Lines, and how `wattle export` writes them."""
    lines, out = [], []
    for i in range(first, first + n_rows):
        day, rest = divmod(i, 1440)
        start = (f"2023-{day // 28 + 1:02}-{day % 28 + 1:02} "
                 f"{rest // 60:02}:{rest % 60:02}:00,{device},{i % 1000 + 1}")
        note = f',"{PAD}, ""{PAD}\n"' if notes and i % 50 == 0 else "," + PAD
        lines.append(start + note + "\n")
        out.append(start + "\n")
    return lines, out


def joined(lines):
    return "".join(lines).encode()


def is_exported(home, out, *words):
    """Compares bytes: the rows are written as the program writes them."""
    found = home.program.export(home.db)
    wanted = HEAD + with_offsets(joined(out))
    if found != wanted:
        pairs = zip(found.split(LF), wanted.split(LF))
        at = next((pair for pair in pairs if pair[0] != pair[1]), None)
        expect(False, *words, "exported", found.count(LF), "lines, not",
               wanted.count(LF), "first difference", at)


def large_middle(home):
    """20 MB, changed at one place as long as before, and grown."""
    lines, out = large_rows(160000)
    path = write(home.path("x.csv"), NOTED + joined(lines))
    size = os.path.getsize(path)
    expect(size > 19 << 20, "too small", size)
    is_counted(home.imports(path), new=160000)
    n = 160000
    for i, threads in ((70000, 1), (31000, 4), (159990, 2)):
        value = "999" if lines[i].split(",")[2] != "999" else "888"
        old = lines[i].encode()
        cells = lines[i].split(",", 3)
        width = len(cells[2])
        cells[2] = value[:width]
        expect(lines[i].split(",")[2] != cells[2], "the same value")
        lines[i] = ",".join(cells)
        out[i] = ",".join(cells[:3]) + "\n"
        with open(path, "r+b") as file:
            file.seek(len(NOTED) + sum(map(len, lines[:i])))
            expect(file.read(len(old)) == old, "not the line")
            file.seek(-len(old), os.SEEK_CUR)
            file.write(lines[i].encode())
        more, more_out = large_rows(3, first=n)
        append(path, joined(more))
        lines, out = lines + more, out + more_out
        is_counted(home.imports(path, args=["--threads", threads]), new=3,
                   replaced=1, unchanged=n - 1)
        n += 3
        is_exported(home, out, i)


def large_pieces(home):
    """Pieces of megabytes, with rejects and notes, cut at any byte."""
    rng = random.Random(8)
    lines, out = large_rows(105000, notes=True)
    bad = {}
    number = 2
    for i, line in enumerate(lines):
        if i % 977 == 5:
            lines[i], out[i] = f"bad {i}\n", ""
            bad[number] = f"bad {i}".encode()
        number += lines[i].count("\n")
    text = NOTED + joined(lines)
    expect(len(text) > 12 << 20, "too small")
    for threads in (1, 2, 4):
        one = Home(home.program, home.folder, f"{threads}.db")
        path = write(home.path(f"{threads}.csv"), b"")
        cuts = sorted(rng.sample(range(1 << 20, len(text)), 2)) + [len(text)]
        done_lines, start = 0, 0
        for cut in cuts:
            append(path, text[start:cut])
            done = one.imports(path, args=["--threads", threads])
            counts = counts_of(done)
            n = record_ends(text, cut) - 1
            expect(counts["new"] + counts["rejected"] == n - done_lines and
                   not counts["unchanged"] and not counts["replaced"],
                   counts, "not", n - done_lines, "lines", cuts, threads)
            done_lines, start = n, cut
        is_exported(one, out, threads, cuts)
        found = dict(one.rows("SELECT line, raw FROM reject"))
        expect(found == bad, "rejects", threads, cuts,
               sorted(set(found.items()) ^ set(bad.items()))[:4])


def record_ends(text, cut):
    """How many complete records there are; notes hold two LF and an even
    number of quotes where they are closed."""
    n, is_open = 0, False
    for line in text[:cut].split(LF)[:-1]:
        is_open ^= line.count(b'"') % 2 == 1
        n += not is_open
    return n


def large_quote(home):
    """A quote near the start that stays open for megabytes."""
    lines, out = large_rows(75000)
    first, rest = joined(lines[:100]), joined(lines[100:])
    path = write(home.path("x.csv"), NOTED + first +
                 b'2023-12-31 00:00:00,z,1,"' + rest)
    done = home.imports(path, args=["--threads", 2])
    is_counted(done, new=100)
    expect("held back" in done.words(), done)
    is_exported(home, out[:100])
    append(path, b'"')
    is_counted(home.imports(path, args=["--threads", 2]))
    more, more_out = large_rows(2, first=75000)
    append(path, LF + joined(more) + b"2023")
    is_counted(home.imports(path, args=["--threads", 4]), new=3)
    is_exported(home, out[:100] + more_out + ["2023-12-31 00:00:00,z,1\n"])


def large_cr(home):
    lines, out = large_rows(75000)
    lines[40000], out[40000] = "bad\n", ""
    text = with_cr(NOTED + joined(lines))
    expect(len(text) > 9 << 20, "too small")
    for threads in (1, 4):
        one = Home(home.program, home.folder, f"{threads}.db")
        path = write(home.path(f"{threads}.csv"), text[:-50])
        done = one.imports(path, args=["--threads", threads])
        is_counted(done, new=74998, rejected=1)
        expect("held back" in done.words(), done)
        append(path, text[-50:])
        is_counted(one.imports(path), new=1)
        is_exported(one, out, threads)
        rejects = one.rows("SELECT line, raw FROM reject")
        expect(rejects == [(40002, b"bad")], rejects)


def large_parts(home):
    """Sizes next to whole numbers of 4 MiB, grown a little and changed."""
    lines, out = large_rows(76000)
    text = NOTED + joined(lines)
    for i, size in enumerate([(4 << 20) - 1, 4 << 20, (8 << 20) + 1]):
        one = Home(home.program, home.folder, f"{i}.db")
        path = write(home.path(f"{i}.csv"), text[:size])
        n = text[:size].count(LF) - 1
        is_counted(one.imports(path), new=n)
        append(path, text[size:size + 300])
        grown = text[:size + 300].count(LF) - 1
        is_counted(one.imports(path), new=grown - n)
        copy = write(home.path(f"copy{i}.csv"), content(path))
        done = one.imports(copy)
        expect(not any(counts_of(done)[name] for name in ("new", "replaced")),
               done)
        at = text.rindex(b",a,", 0, size // 2) + 3
        with open(path, "r+b") as file:
            file.seek(at)
            digit = file.read(1)
            file.seek(at)
            file.write(b"8" if digit != b"8" else b"7")
        append(path, text[size + 300:size + 900])
        last = text[:size + 900].count(LF) - 1
        is_counted(one.imports(path), new=last - grown, replaced=1,
                   unchanged=grown - 1)


def large_waits(home):
    """A large file that changes while its import waits for the lock."""
    lines, out = large_rows(75000)
    more, more_out = large_rows(2000, first=75000)
    write(home.path("other.csv"), HEAD + row(0, "A"))
    head = ["2023-10-01 00:00:00,A,1\n"]
    for i, how in enumerate(("grow", "replace", "edit")):
        one = Home(home.program, home.folder, f"{i}.db")
        one.imports(home.path("other.csv"))
        path = write(home.path(f"{i}.csv"), NOTED + joined(lines))
        final = (list(lines), list(out))
        if how == "grow":
            final = (lines + more, out + more_out)
        elif how == "edit":
            cells = lines[50000].split(",")
            cells[2] = cells[2][::-1].replace("1", "2")
            final[0][50000] = ",".join(cells)
            final[1][50000] = ",".join(cells[:3]) + "\n"
        else:
            final = large_rows(75000)
            final[0][1000] = final[1][1000] = ""
            final[0][2000], final[1][2000] = large_rows(1, first=123456)
            final = [["".join(line) for line in part] for part in final]

        def change_it(path=path, final=final, how=how):
            data = NOTED + joined(final[0])
            if how == "replace":
                os.rename(write(path + ".new", data), path)
            elif how == "grow":
                append(path, data[os.path.getsize(path):])
            else:
                with open(path, "r+b") as file:
                    file.write(data)

        holder = Holder(one.db)
        process = one.program.start("import", "--no-progress", "--db", one.db,
                                    path)
        select.select([process.stderr], [], [], 5)
        change_it()
        holder.release()
        one.program.end(process)
        one.check()
        one.imports(path, args=["--final"])
        wanted = head + final[1]
        if how == "replace":  # one may have been read before it went
            found = set(one.program.export(one.db).splitlines(True))
            wanted = set(with_offsets(joined(wanted)).splitlines(True))
            former = set(with_offsets(joined(out)).splitlines(True))
            lost = wanted - found
            foreign = found - wanted - former - {HEAD}
            lost.discard(b"")
            expect(not lost and not foreign, how, lost, foreign)
        else:
            is_exported(one, wanted, how)


# ------------------------------------------------------------------ races

def import_during(home, write_all, seconds, path, allowed):
    """Imports back to back while a thread writes; every reading must be an
    allowed one, and none is lost again."""
    stop = threading.Event()
    thread = threading.Thread(target=write_all, args=(stop,))
    timer = threading.Timer(seconds, stop.set)
    thread.start()
    timer.start()
    try:
        return import_until(home, stop, path, allowed)
    finally:
        timer.cancel()
        stop.set()
        thread.join()


def import_until(home, stop, path, allowed):
    seen, n = {}, 0
    while not stop.is_set():
        done = home.imports(path, code=None)
        expect(done.code in (0, 2), done)
        n += 1
        if n % 3 == 0:
            found = home.exported()
            for key, values in found.items():
                expect(values in allowed.get(key, ()), "nobody wrote", key,
                       values)
            expect(set(seen) <= set(found), "lost", set(seen) - set(found))
            seen = found
    return n


def race(home, rate, seconds):
    """A thread that appends lines, cut anywhere."""
    path = write(home.path("x.csv"), HEAD)
    rng = random.Random(rate)
    allowed, wanted, bad, text = {}, {}, [], [HEAD]

    def write_lines(stop):
        i, half = 0, b""
        began = time.monotonic()
        while not stop.is_set():
            n = int((time.monotonic() - began) * rate) - i
            lines = []
            for i in range(i, i + n):
                key = (b"abc"[i % 3:][:1], 1696118400000 + i * 1000)
                value = i * 7919 % 100003
                if i % 11 == 10:
                    bad.append((i + 2, b"bad line"))
                    lines.append(b"bad line\n")
                    continue
                wanted[key] = (None, None, None, value * 10**9, None)
                allowed[key] = {wanted[key]}
                lines.append(b"%d,%s,%d\n" % (key[1] // 1000, key[0], value))
            i += n > 0
            data = half + b"".join(lines)
            cut = rng.randint(0, len(data))
            half = data[cut:]
            append(path, data[:cut])
            text.append(data[:cut])
            time.sleep(1 / rate if rate < 200 else 0.004)
        append(path, half)
        text.append(half)

    n = import_during(home, write_lines, seconds, path, allowed)
    home.imports(path, args=["--final"])
    expect(n > 3, "only", n, "imports")
    expect(content(path) == b"".join(text), "the test is wrong")
    found = home.exported()
    expect(found == wanted, n, "imports:", differences(found, wanted))
    rejects = home.rows("SELECT line, raw FROM reject ORDER BY line")
    expect(rejects == bad, n, "imports: rejects", len(rejects), len(bad),
           sorted(set(rejects) ^ set(bad))[:4])
    lines = home.rows("SELECT n_lines FROM file")
    expect(lines == [(len(wanted) + len(bad),)], "data lines", lines)


def race_rewrite(home, seconds):
    """A thread that writes other values over the old ones, at once, by
    rename, or a piece at the end. Lines have 64 bytes, so that none is torn
    where a page ends."""
    path = home.path("x.csv")
    rng = random.Random(1)
    allowed = {}

    def line(i, version):
        value = version * 1000 + i
        key = (b"a", 1696118400000 + i * 1000)
        allowed.setdefault(key, set()).add(
            (None, None, None, value * 10**9, None))
        return b"%d,a,%d" % (1696118400 + i, value)

    def write_versions(stop):
        version, text = 0, b""
        while not stop.is_set():
            version += 1
            how = rng.choice(["over", "rename", "append", "cut", "anew"])
            n = rng.randint(1, 900)
            if how == "append" or not text:
                first = len(text) // 64 - 1 if text else 0
                new = b"".join(line(i, version).ljust(63) + LF
                               for i in range(first, first + n % 50))
                new = new if text else header_line + new
                append(path, new)
                text += new
            else:
                text = header_line + b"".join(
                    line(i, version).ljust(63) + LF for i in range(n))
                if how == "rename":
                    os.rename(write(path + ".new", text), path)
                elif how == "anew":
                    write(path, text)
                else:
                    with open(path, "r+b", buffering=0) as file:
                        file.write(text)
                        file.truncate()
            time.sleep(rng.choice([0, 0.002, 0.02, 0.05]))

    header_line = HEAD[:-1].ljust(63) + LF
    write(path, b"")
    import_during(home, write_versions, seconds, path, allowed)
    home.imports(path, args=["--final"])
    found, last = home.exported(), Content(content(path), True).readings()
    wrong = {key: values for key, values in last.items()
             if found.get(key) != values}
    expect(not wrong, "not as in the file:", differences(
        {key: found.get(key) for key in wrong}, wrong))


def behind_reading(home):
    """A file that is written over, and grows, when its lines were read but it is
    not noted yet: the import waits for its rejects to be taken."""
    bad = b"".join(b"x" * 90 + b"%07d\n" % i for i in range(3000))
    for n, rest in enumerate((b"", row(700)[:9], row(700)[:-1])):
        for more in (b"", row(800), row(800) + row(801)):
            one = Home(home.program, home.folder, f"{n}-{len(more)}.db")
            path = write(home.path("x.csv"), HEAD + bad + b"".join(
                row(i, power=100 + i) for i in range(20)) + rest)
            pipe = home.path("rejects")
            os.mkfifo(pipe)
            process = home.program.start("import", "--no-progress", "--db",
                                         one.db, path, "--rejects", pipe)
            with open(pipe, "rb", buffering=0) as rejects:
                rejects.read(1)
                later = HEAD + bad + b"".join(
                    row(i, power=900 + i) for i in range(20)) + rest
                with open(path, "r+b", buffering=0) as file:
                    file.write(later + more)
                while rejects.read(65536):
                    pass
            home.program.end(process)
            home.program.imports(one.db, path, "--final")
            found = one.program.export(one.db)
            lost = [line for line in content(path).split(LF)
                    if b",a,9" in line and line.split(b",")[2] not in found]
            expect(not lost, "not read again:", n, len(more), lost[:3])
            os.unlink(pipe)


def value_kinds(home):
    """A file whose column `value` means something else now is read again."""
    def reads_again(n, *args, before="energy-kwh", now="power-w"):
        done = home.program.imports(home.db, *args)
        is_counted(done, replaced=n)
        expect(f"was imported as {before}; it is read again as {now}" in
               done.words(), done)
        is_known(home.program.imports(home.db, *args))

    head = b"timestamp,device_id,value\n"
    path = write(home.path("kwh.csv"), head + rows(0, 5))
    kwh, w = ["--value", "energy-kwh"], ["--value", "power-w"]
    home.program.imports(home.db, path, *kwh)
    is_known(home.program.imports(home.db, path, *kwh))
    # what was said holds until something else is said
    is_known(home.program.imports(home.db, path))
    reads_again(5, path, *w)
    expect(b"power" in home.program.export(home.db).splitlines()[0], "power")
    reads_again(5, path, *kwh, before="power-w", now="energy-kwh")
    expect(b"power" not in home.program.export(home.db).splitlines()[0], "energy")
    home.program.check(home.db)
    # of the same content, in another place
    other = write(home.path("copy.csv"), content(path))
    is_known(home.program.imports(home.db, other, *kwh))
    # one that has grown, too: all of it
    append(path, rows(5, 8))
    done = home.program.imports(home.db, path, *w)
    is_counted(done, new=3, replaced=5)
    home.program.imports(home.db, path, *kwh)
    append(path, rows(8, 9))
    is_counted(home.program.imports(home.db, path), new=1)
    # without such a column nothing hangs on it
    new = write(home.path("new.csv"), HEAD + rows(20, 22))
    home.program.imports(home.db, new, *kwh)
    append(new, rows(22, 24))
    is_counted(home.program.imports(home.db, new), new=2)
    # on request
    is_known(home.program.imports(home.db, new))
    is_counted(home.program.imports(home.db, new, "--again"), unchanged=4)
    home.program.check(home.db)


# -------------------------------------------------------------------- all

def run_case(program, case, folder, tier):
    seconds = 10 if tier == "full" else 3
    if case.startswith("random-"):
        return growing_random.run(program, int(case[7:]), folder)
    home = Home(program, folder)
    name = case.replace("-waits", "")
    if name in CHANGES:
        return change(home, name, case != name)
    if case in ("race_20", "race_2000"):
        return race(home, int(case[5:]), seconds)
    if case == "race_rewrite":
        return race_rewrite(home, seconds)
    return globals()[case](home)
