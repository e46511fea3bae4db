"""A database beside a model of what it must hold: every import is checked
against the rules for files that grow."""
import os
import select
import sqlite3
from fractions import Fraction

from csv_model import KEPT, Content, exported
from many_at_once import Holder
from store_tools import COUNTS, counts_of, expect

NONE = {name: 0 for name in COUNTS}


def content(path):
    with open(path, "rb") as file:
        return file.read()


def append(path, data):
    with open(path, "ab", buffering=0) as file:
        file.write(data)


def differences(found, wanted):
    """A few of them, as text."""
    words = []
    for key in sorted(set(found) | set(wanted)):
        if found.get(key) != wanted.get(key) and len(words) < 5:
            words.append(f"{key}: {found.get(key)}, not {wanted.get(key)}")
    return "; ".join(words)


def power_of(values):
    """The nearest double to a reading's power in W, or None."""
    by_role = dict(zip(KEPT, values))
    if by_role["power"] is not None:
        return float(Fraction(by_role["power"], 10**9))
    product = Fraction(1)
    for role in ("voltage", "current", "power_factor"):
        if by_role[role] is None:
            return None
        product *= Fraction(by_role[role], 10**9)
    return float(product)


class Home:
    """A database, and what has been read into it."""

    def __init__(self, program, folder, name="home.db"):
        self.program, self.folder = program, folder
        self.db = os.path.join(folder, name)
        self.readings = {}
        self.known = {}      # path: its complete lines at the last import
        self.size = {}       # path: its size then
        self.same = set()    # paths that only ever grew
        self.unsure = set()  # paths of which the last import read one state
        #                      or another
        self.shrunk = set()  # paths that were shorter once: what comes back
        #                      may be known or be read again

    def path(self, name):
        return os.path.join(self.folder, name)

    # ------------------------------------------------------------- the model

    def apply(self, lines, counts):
        for _, _, reading, _, _ in lines:
            if reading is None:
                counts["rejected"] += 1
                continue
            key, values = reading
            old = self.readings.get(key)
            counts["new" if old is None else
                   "unchanged" if old == values else "replaced"] += 1
            self.readings[key] = values

    def take(self, path, read, counts):
        """An import of a file; False when its counts are not certain."""
        known, text = self.known.get(path), read.text
        if not read.columns:
            if known is not None:
                self.unsure.add(path)
                self.same.discard(path)
            return True
        grew = known is not None and text.startswith(known)
        if len(text) < self.size.get(path, 0):
            self.shrunk.add(path)
        certain = path not in self.unsure and path not in self.shrunk
        if known is None and path not in self.unsure:
            self.same.add(path)
        elif not grew:
            self.same.discard(path)
        start = len(known) if grew and path not in self.unsure else 0
        self.apply([line for line in read.lines if line[0] >= start], counts)
        self.known[path] = text[:read.read_to]
        self.size[path] = len(text)
        self.unsure.discard(path)
        return certain

    # ----------------------------------------------------------- the program

    def imports(self, *paths, args=(), code=0, **options):
        done = self.program.imports(self.db, *args, *paths, code=code,
                                    **options)
        self.check()
        return done

    def check(self):
        if os.path.exists(self.db):
            done = self.program.check(self.db)
            expect(b": OK, " in done.out or b"nothing was imported" in done.out,
                   "not whole:", done)

    def exported(self):
        if not os.path.exists(self.db) or not os.path.getsize(self.db):
            return {}
        done = self.program.run("export", self.db, code=None)
        if done.code:
            expect("no such readings" in done.words() or
                   "empty" in done.words(), done)
            return {}
        return exported(done.out)

    def rows(self, statement, *values):
        if not os.path.exists(self.db):
            return []
        db = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)
        try:
            return db.execute(statement, values).fetchall()
        finally:
            db.close()

    # ------------------------------------------------------------ comparing

    def compare_readings(self, *words):
        found = self.exported()
        expect(found == self.readings, *words, "readings differ:",
               differences(found, self.readings))
        devices = {row[0].encode() for row in
                   self.rows("SELECT device_id FROM device")}
        wanted = {device for device, _ in self.readings}
        # and those that rejected lines name
        wanted |= {row[0].encode() for row in self.rows(
            "SELECT device_id FROM device WHERE number IN (SELECT device FROM "
            "reject_device)")}
        expect(devices == wanted, *words, "devices", devices, "not", wanted)

    def compare_rejects(self, path, read, *words):
        """The file has a row with exactly its rejects. One that has only ever
        grown has no other row; one that was changed keeps the old ones."""
        wanted = (len(read.lines), read.rejects())
        found = []
        for number, n_lines, n_rejects in self.rows(
                "SELECT number, n_lines, n_rejects FROM file "
                "WHERE path = ? AND is_usable", path):
            rejects = {(line, reason, raw.rstrip(b"\r\n") if reason == 0
                        else raw) for line, reason, raw in self.rows(
                "SELECT line, reason, raw FROM reject WHERE file = ?",
                number)}
            expect(len(rejects) == n_rejects, *words, "n_rejects is wrong")
            found.append((n_lines, rejects))
        nothing = (0, set())  # a row of a header line, say
        right = wanted in found
        if path in self.same:
            right = [one for one in found if one != nothing] == [
                one for one in [wanted] if one != nothing]
        if read.columns and not right:
            last = found[-1] if found else (0, set())
            expect(False, *words, path, "lines and rejects",
                   [len(rejects) for _, rejects in found],
                   [n_lines for n_lines, _ in found], "not",
                   len(wanted[1]), wanted[0], "such as",
                   sorted(last[1] ^ wanted[1])[:4])

    def compare_words(self, done, path, read):
        """Only what is held back is called so."""
        name = os.path.basename(path)
        said = any("held back" in line and name in line
                   for line in done.words().splitlines())
        if read.held.strip(b"\r") and read.has_header:
            expect(said, name, "has an incomplete last line:", done)
        elif not read.held and not read.is_skipped:
            expect(not said, name, "has no incomplete line:", done)

    def step(self, *paths, final=False, args=(), words=()):
        """Imports files and compares everything."""
        reads = [Content(content(path), final) for path in paths]
        before = {path: self.known.get(path) for path in paths}
        sizes = {path: self.size.get(path) for path in paths}
        unsure = set(self.unsure)
        done = self.imports(*paths, args=[*args, *(["--final"] * final)],
                            code=None)
        usable = any(read.columns for read in reads)
        # every line of files that are new to it was rejected
        is_nothing = "there is no reading: " in done.words()
        expect(done.code == 0 or
               (done.code == 2 and (is_nothing or not usable)),
               *words, "exit status:", done)
        self.compare(paths, reads, before, sizes, unsure, done, words)
        return done

    def compare(self, paths, reads, before, sizes, unsure, done, words):
        counts, certain = dict(NONE), True
        for path, read in zip(paths, reads):
            certain = self.take(path, read, counts) and certain
            # what is known already may be left alone without a word
            if path not in unsure and (
                    before[path] != read.text[:read.read_to] or
                    sizes[path] != len(read.text)):
                self.compare_words(done, path, read)
        found = counts_of(done) if done.out else counts
        for name in COUNTS if certain else ("new",):
            expect(found[name] == counts[name], *words, "counts", found,
                   "not", counts, done)
        self.compare_readings(*words)
        for path, read in zip(paths, reads):
            self.compare_rejects(path, read, *words)

    def compare_powers(self):
        """Times and values as `wattle query --raw` shows them."""
        done = self.program.run("query", self.db, "--raw", "--csv", "--what",
                                "power", code=None)
        found = {} if done.code else {
            key: values[3] / 10**9
            for key, values in Content(done.out, True).readings().items()}
        wanted = {key: power_of(values)
                  for key, values in self.readings.items()}
        for key, value in wanted.items():
            near = found.get(key)
            expect((near is None) == (value is None) and
                   (value is None or abs(near - value) < 1e-6),
                   "power of", key, "is", near, "not", value)

    # ---------------------------------------------------------------- races

    def step_while(self, change, *paths, args=()):
        """An import that waits for the lock while `change` changes files. It
        may have read what was there before or after; every value must be one
        of either."""
        expect(os.path.exists(self.db), "no database to wait for")
        allowed = {}
        for key, values in self.readings.items():
            allowed.setdefault(key, set()).add(values)
        self.allow(paths, allowed)
        holder = Holder(self.db)
        process = self.program.start("import", "--no-progress", "--db",
                                     self.db, *args, *paths)
        try:
            # until it says that it waits
            select.select([process.stderr], [], [], 5)
            change()
            self.allow(paths, allowed)
        finally:
            holder.release()
        done = self.program.end(process, code=None)
        expect(done.code in (0, 2), done)
        self.check()
        found = self.exported()
        for key, values in found.items():
            expect(values in allowed.get(key, ()), "nobody wrote", key,
                   values, "while an import waited:", done)
        lost = set(self.readings) - set(found)
        expect(not lost, "lost while an import waited:", lost)
        self.readings = found
        for path in paths:
            self.unsure.add(path)
            self.same.discard(path)
        return done

    @staticmethod
    def allow(paths, allowed):
        for path in paths:
            for _, _, reading, _, _ in Content(content(path)).lines:
                if reading:
                    allowed.setdefault(reading[0], set()).add(reading[1])
