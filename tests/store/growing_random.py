"""Random files, written in random pieces, for growing_files.py."""
import os
import random

from csv_model import CR, LF, has_stray_ends
from growing_home import Home, append, content
from store_tools import START_MS, time_text, write

LAYOUTS = [("power",), ("power",), ("voltage", "current", "power_factor"),
           ("power", "voltage", "current", "power_factor"), ("value",),
           ("energy_wh",), ("power", "energy_wh")]
HIGH = {"voltage": 260, "current": 16, "power_factor": 1}
OTHER_NAMES = {"timestamp": ["time", "Date", "datetime", "TIMESTAMP"],
               "device_id": ["device", "ID", "entity_id", "Meter"],
               "voltage": ["Volts"], "current": ["amps", "current_a"],
               "power_factor": ["pf", "PowerFactor"],
               "power": ["power_w", "Watts"]}
DEVICES = ["a", "b7", "Küche", "冷蔵庫", "x, y", 'the "big" one', "l 1\nl 2",
           "🔌"]
TEXTS = ["", "plain", "a, b", 'say "hi"', "größer", "電力, 高い", "one\ntwo",
         "one\r\ntwo", "x\ry", ",,,", '"', "\n\n", "🔌🔌"]


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


class Writer:
    """Makes the text of a file, line by line."""

    def __init__(self, rng, name):
        self.rng, self.n = rng, 0
        self.ends = rng.choice([["\n"], ["\n"], ["\r\n"], ["\r"],
                                ["\n", "\r\n", "\r\r\n"]])
        self.devices = [f"{name} {device}" for device in
                        rng.sample(DEVICES, rng.randint(1, 4))]
        self.values = rng.choice(LAYOUTS)
        self.columns = ["timestamp", "device_id", *self.values]
        self.columns += rng.sample(["note", "other"], rng.randint(0, 2))
        if rng.random() < 0.3:
            rng.shuffle(self.columns)
        self.dirt = rng.choice([0, 0.05, 0.3])
        self.ms = START_MS + rng.randrange(1000) * 60000
        self.step = rng.choice([1, 1000, 60000, 900000])
        self.style = rng.choice(["T", " ", "unix", "zone"])

    def end(self):
        return self.rng.choice(self.ends)

    def cell(self, text):
        """Quoted when it must be, now and then when it need not be."""
        is_bare = not any(c in text for c in ',"\r\n')
        if is_bare and self.rng.random() < 0.9:
            return self.rng.choice(["", "", " ", "\t"]) + text
        return quoted(text)

    def text(self):
        """For a column that is not read; LF is none of ours with CR."""
        text = self.rng.choice(TEXTS)
        return text if self.ends != ["\r"] else text.replace("\n", "/")

    def header(self):
        rng, cells = self.rng, []
        for name in self.columns:
            if rng.random() < 0.2:
                name = rng.choice(OTHER_NAMES.get(name, [name.upper()]))
            cells.append(self.cell(name))
        start = "\ufeff" if rng.random() < 0.2 else ""
        if rng.random() < 0.1 and self.ends != ["\r"]:
            start += self.end()
        return start + ",".join(cells) + self.end()

    def time(self):
        rng = self.rng
        ms = self.ms
        if rng.random() < 0.1:  # late, or one that was there before
            ms -= self.step * rng.randint(1, 20)
        else:
            self.ms += self.step * rng.choice([1, 1, 1, 2])
        if self.style == "unix":
            return str(ms)
        text = time_text(ms)
        if self.style == "zone":
            return time_text(ms + 5400000) + "+01:30"
        return text.replace(" ", self.style)

    def value(self, name):
        """Another one each time, as good as always."""
        self.n += 1
        rng, high = self.rng, HIGH.get(name, 3000)
        text = f"{rng.random() * high:.{rng.choice([1, 3, 6, 9, 12])}f}"
        if name not in HIGH and rng.random() < 0.2:
            text = "-" + text
        if rng.random() < 0.05:
            text = f"{rng.randrange(1, 1000)}e-3"
        return text

    def line(self):
        rng = self.rng
        if rng.random() < 0.04:
            return self.end()
        cells = {name: self.value(name) for name in self.values}
        cells["timestamp"] = self.time()
        cells["device_id"] = rng.choice(self.devices)
        if self.ends == ["\r"]:
            cells["device_id"] = cells["device_id"].replace("\n", "/")
        spoilt = rng.random() < self.dirt
        if spoilt:
            self.spoil(cells)
        row = [self.cell(cells[name]) if name in cells
               else self.cell(self.text()) for name in self.columns]
        if spoilt and rng.random() < 0.4:
            row = rng.choice([row[1:], row + ["1"], ["garbage"], [" "],
                              row + [""], ["größer"]])
        if spoilt and rng.random() < 0.05:
            row[-1] = '"open'
        return ",".join(row) + self.end()

    def spoil(self, cells):
        rng, name = self.rng, self.rng.choice(self.values)
        bad = rng.choice([
            ("timestamp", ["2023-02-29 08:00", "", "yesterday", "20231001",
                           "2023-10-01", "2023-10-01 24:00"]),
            ("device_id", ["", "x" * 256]),
            (name, ["12 W", ".5", "1,5", "0x10", "--1"]),
            (name, ["unknown", "", "n/a", "?"]),
            (name, ["1e10", "-2e9", "1000000000.1"])])
        cells[bad[0]] = rng.choice(bad[1])

    def whole(self, n_lines):
        return (self.header() + "".join(
            self.line() for _ in range(n_lines))).encode()


class Growing:
    """A file on the disk, and what is still to be written of it."""

    def __init__(self, rng, home, name):
        self.rng, self.name = rng, name
        self.path = home.path(f"{name}.csv")
        self.writer = Writer(rng, name)
        self.rest = self.writer.whole(rng.choice([0, 3, 20, 80]))
        self.text = b""
        write(self.path, b"")

    def piece(self):
        rng = self.rng
        n = rng.choice([0, 1, 2, rng.randint(0, 60), rng.randint(0, 2000),
                        len(self.rest)])
        append(self.path, self.rest[:n])
        self.text, self.rest = self.text + self.rest[:n], self.rest[n:]

    def is_clear(self, text, rest):
        return not has_stray_ends(text + rest) and not has_stray_ends(text)

    def put(self, text, rest=None):
        """Other content in place of the old one, when it is clear what its
        lines are."""
        rest = self.rest if rest is None else rest
        if not self.is_clear(text, rest):
            return False
        with open(self.path, "r+b", buffering=0) as file:
            file.write(text)
            file.truncate()
        self.text, self.rest = text, rest
        return True

    def edit(self):
        """A digit, or some bytes more or less."""
        rng, text = self.rng, self.text
        digits = [i for i in range(len(text)) if 48 <= text[i] <= 57]
        if not digits:
            return
        at = rng.choice(digits)
        kind = rng.choice(["digit", "digit", "digit", "less", "more"])
        new = str((text[at] - 48 + rng.randint(1, 9)) % 10).encode()
        old = os.stat(self.path)
        if kind == "digit":
            self.put(text[:at] + new + text[at + 1:])
            if rng.random() < 0.5:
                os.utime(self.path, ns=(old.st_atime_ns, old.st_mtime_ns))
        elif kind == "less":
            self.put(text[:at] + text[at + rng.randint(1, 30):])
        else:
            line = self.writer.line().encode()
            at = text.rfind(line[-1:], 0, at) + 1
            self.put(text[:at] + line + text[at:])

    def cut(self):
        """Shorter; what comes next may join half a line."""
        keep = self.rng.randint(0, len(self.text))
        rest = self.rest
        if self.rng.random() < 0.5:
            rest = "".join(self.writer.line() for _ in range(10)).encode()
        self.put(self.text[:keep], rest)

    def replace(self):
        """Another file under the same name."""
        rng = self.rng
        if rng.random() < 0.5:
            self.writer = Writer(rng, self.name)
            text = self.writer.whole(rng.choice([0, 5, 40]))
        else:
            text = self.text + self.rest
        keep = rng.choice([len(text), rng.randint(0, len(text))])
        other = write(self.path + ".new", text[:keep])
        os.rename(other, self.path)
        self.text, self.rest = text[:keep], text[keep:]

    def more(self):
        self.rest += "".join(self.writer.line() for _ in range(
            self.rng.randint(1, 20))).encode()

    def touch(self):
        when = self.rng.choice([None, (1600000000, 1600000000)])
        os.utime(self.path, when)

    def change(self):
        rng = self.rng
        action = rng.choice(["piece"] * 12 + ["edit"] * 2 + [
            "cut", "replace", "touch", "more"])
        getattr(self, action)()
        return action


def arguments(rng):
    return ["--threads", rng.choice([1, 2, 4]),
            "--reader", rng.choice(["mmap", "mmap", "pread"])]


def run(program, seed, folder, pieces=True):
    """A few files that grow, and imports now and then."""
    rng = random.Random(f"growing {seed}")
    home = Home(program, folder)
    files = [Growing(rng, home, f"f{i}") for i in range(
        rng.choice([1, 1, 1, 2, 3]))]
    done = []
    for _ in range(rng.randint(4, 12) if pieces else 0):
        for file in files:
            for _ in range(rng.choice([0, 1, 1, 1, 2])):
                done.append(f"{file.name} {file.change()}")
        some = rng.sample(files, rng.randint(1, len(files)))
        paths = [file.path for file in some]
        if rng.random() < 0.1 and home.readings:
            done.append("waits")
            home.step_while(lambda: some[0].change(), *paths,
                            args=arguments(rng))
        else:
            done.append("import")
            home.step(*paths, args=arguments(rng), words=[done])
    for file in files:
        keep = rng.choice([len(file.rest)] * 3 + [
            rng.randint(0, len(file.rest))])
        append(file.path, file.rest[:keep])
        if content(file.path)[-1:] not in (LF, CR) and not pieces:
            append(file.path, LF)
    done.append("final")
    home.step(*[file.path for file in files], final=True,
              args=arguments(rng), words=[done])
    home.compare_powers()
