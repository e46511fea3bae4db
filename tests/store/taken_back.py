"""wattle forget: readings are taken back and brought back, beside a model.

Files overlap in time and disagree; they are imported, taken back, imported
again, devices are taken back for a while, and what was taken back comes again,
in any order. After each step the database holds what the model says, is sound,
and reports as many lines as there are.
"""
import json
import os
import random

from store_tools import counts_of, expect, time_text, write

HEADER = "timestamp,device_id,power\n"
START_MS = 1696118400000  # 2023-10-01


def cases(tier):
    return list(range({"quick": 8, "test": 50}.get(tier, 300)))


class Home:
    def __init__(self, rng, program, folder):
        self.rng, self.program, self.folder = rng, program, folder
        self.db = os.path.join(folder, "home.db")
        self.readings = {}  # (device, ms) -> value
        self.files = {}     # path -> rows
        self.known = set()
        self.journal = []   # [(number, readings)]
        self.next_entry = 1

    def make_file(self, name, n, is_large):
        rng = self.rng
        rows = []
        step = rng.choice([1, 60, 900]) * 1000
        first = START_MS + rng.randrange(40) * 3600000
        for device in rng.sample("abcd", rng.randint(1, 3)):
            count = n if is_large else rng.randint(1, n)
            rows += [(device, first + i * step, rng.randint(1, 3))
                     for i in range(count)]
            if count > 3 and rng.random() < 0.5:  # another value, later on
                again = rng.choice(rows)
                rows.append((*again[:2], again[2] + 1))
        if rng.random() < 0.5:
            rng.shuffle(rows)
        lines = [f"{time_text(ms)[:19]},{device},{value}\n"
                 for device, ms, value in rows]
        lines.insert(rng.randint(0, len(lines)), "broken\n")
        path = write(os.path.join(self.folder, name), HEADER + "".join(lines))
        self.files[path] = rows

    def do_import(self):
        path = self.rng.choice(list(self.files))
        done = self.program.imports(self.db, path)
        if path in self.known:
            expect(counts_of(done)["new"] == 0, "a known file", done)
            return
        self.known.add(path)
        for device, ms, value in self.files[path]:
            self.readings[device, ms] = value

    def import_again(self):
        """The file counts once more, and is noted once."""
        if not self.known:
            return
        path = self.rng.choice(sorted(self.known))
        self.program.imports(self.db, path, "--again")
        for device, ms, value in self.files[path]:
            self.readings[device, ms] = value

    def note(self, taken, done):
        expect(done.out.split(b":")[1].split()[0].replace(b",", b"") ==
               str(len(taken)).encode(), len(taken), done)
        for key in taken:
            del self.readings[key]
        if taken:
            self.journal.append((self.next_entry, taken))
            self.next_entry += 1

    def forget_file(self):
        if not self.known:
            return
        path = self.rng.choice(sorted(self.known))
        rows = set(self.files[path])
        taken = {key: value for key, value in self.readings.items()
                 if (*key, value) in rows}
        done = self.program.run("forget", self.db, path)
        self.known.discard(path)
        self.note(taken, done)

    def forget_device(self):
        rng = self.rng
        if not self.readings:
            return
        device, since = rng.choice(list(self.readings))
        since += rng.choice([0, 0, -5000, 1])
        until = since + rng.choice([1, 1000, 3600000, 86400000 * 400])
        taken = {key: value for key, value in self.readings.items()
                 if key[0] == device and since <= key[1] < until}
        self.note(taken, self.program.run(
            "forget", self.db, "--device", device, "--since",
            time_text(since).replace(" ", "T") + "Z", "--until",
            time_text(until).replace(" ", "T") + "Z"))

    def undo(self):
        if not self.journal:
            return
        at = self.rng.choice([len(self.journal) - 1,
                              self.rng.randrange(len(self.journal))])
        number, taken = self.journal.pop(at)
        is_last = at == len(self.journal)
        back = {key: value for key, value in taken.items()
                if key not in self.readings}
        left = {key: value for key, value in taken.items() if key not in back}
        done = self.program.run("forget", self.db, "--undo",
                                "last" if is_last and self.rng.random() < 0.5
                                else number)
        words = done.out.replace(b",", b"").decode()
        expect(f": {len(back)} reading" in words, len(back), done)
        expect((f"  {len(left)} stay" in words) == bool(left), len(left), done)
        self.readings.update(back)
        if left:  # for another time
            self.journal.insert(at, (number, left))
        elif is_last:  # the latest number is free again
            self.next_entry = 1 + max([n for n, _ in self.journal], default=0)

    def compact(self):
        self.program.run("compact", self.db, "--quiet")

    def compare(self, step):
        self.program.check(self.db)
        lines = [(device, ms, f"{time_text(ms)[:19]}Z".replace(" ", "T") +
                  f",{device},{value}\n")
                 for (device, ms), value in self.readings.items()]
        wanted = "".join(line for _, _, line in sorted(lines)).encode()
        found = self.program.export(self.db)
        found = found.split(b"\n", 1)[1] if b"\n" in found else b""
        expect(found == wanted, step, "readings")
        report = json.loads(self.program.run(
            "report", self.db, "--json", "--no-progress",
            code=0 if self.readings else None).out)
        expect("never_seen" not in [finding["kind"] for finding in
                                    report["findings"]], step, "never seen")
        expect(report["readings"] == len(self.readings), step)
        expect(report["rejects"]["total"] == len(self.known), step, "rejects")
        expect(report["lines"] == report["readings"] + report["duplicates"] +
               report["rejects"]["total"], step, "lines")
        files = self.program.run("sql", self.db, "--csv",
                                 "SELECT count(*) FROM files").out
        expect(int(files.split()[1]) == len(self.known), step, "files", files)
        listed = self.program.run("forget", self.db, "--list").out
        wanted = [(str(number), str(len(taken)))
                  for number, taken in self.journal]
        found = [(line.split()[0], line.split()[2].replace(",", ""))
                 for line in listed.decode().splitlines()]
        expect(found == wanted, step, "journal", found, wanted)


def run_case(program, case, folder, _tier):
    rng = random.Random(f"taken back {case}")
    home = Home(rng, program, folder)
    is_large = case % 5 == 4  # chunks that late readings are kept beside
    for i in range(rng.randint(2, 4)):
        home.make_file(f"{i}.csv", 5000 if is_large and i == 0 else 60,
                       is_large and i == 0)
    home.do_import()
    for i in range(rng.randint(4, 12)):
        step = rng.choice([home.do_import, home.do_import, home.forget_file,
                           home.forget_device, home.undo, home.compact,
                           home.import_again])
        step()
        home.compare(f"{i} {step.__name__}")
    return None
