"""Reports over a database and over the files it was made of are the same.

Random files (those of the oracle's case maker, and larger ones of our own)
are imported in random groups, compacted now and then; afterwards everything
that can be asked must be as over the files.
"""
import json
import os
import random
import sys

from store_tools import Failure, counts_of, expect, time_text, write

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                os.pardir, "oracle"))
import casegen  # noqa: E402

SECOND, MINUTE, HOUR, DAY = 1000, 60000, 3600000, 86400000
STARTS_MS = [1696118400000] * 4 + [-5 * DAY, 0, -62135596800000 + DAY,
                                   4133894400000, 253402300799999 - 40 * DAY]


# ------------------------------------------------- larger files of our own

def number(rng, style, low, high):
    if style == "nine":
        return f"{rng.uniform(low, high):.9f}"
    if style == "huge" and rng.random() < 0.01:
        return rng.choice(["1000000000", "999999999.999999999", "1e9"])
    if style == "few":
        return f"{rng.choice([low, high, (low + high) / 2]):.1f}"
    if style == "finest" and rng.random() < 0.01:
        return f"{rng.uniform(low, high):.14f}"
    return f"{rng.uniform(low, high):.3f}"


LAYOUTS = {
    "electric": (["voltage", "current", "power_factor"],
                 [(200, 250), (0, 16), (0, 1)]),
    "power": (["power"], [(0, 3000)]),
    "kilowatt": (["power_kw"], [(0, 3)]),
    "all": (["power", "voltage", "current", "power_factor"],
            [(0, 3000), (200, 250), (0, 16), (0, 1)]),
    "energy": (["energy_wh"], [(0, 900)]),
    "power+energy": (["power", "energy_wh"], [(-500, 3000), (0, 900)]),
    "value": (["value"], [(0, 900)]),
}


def device_rows(rng, device, n_rows, start_ms):
    """(ms, device) of a device: regular, with holes, or odd."""
    step = rng.choice([SECOND, 10 * SECOND, MINUTE, 15 * MINUTE, HOUR, 1])
    holes = rng.choice([0, 0, 0.001, 0.05])
    rows, ms = [], start_ms + rng.randrange(0, 3 * HOUR) // step * step
    for _ in range(n_rows):
        rows.append((ms, device))
        ms += step
        if rng.random() < holes:
            ms += rng.choice([step, HOUR, HOUR + 1, 7 * HOUR, 30 * DAY])
    return [row for row in rows if row[0] <= 253402300799999]


def spoil(rng, line):
    return rng.choice(["garbage", line.replace(",", ";"), line + ",1",
                       "2023-13-01 00:00:00,a,1,1,1", "", ",,,,", '"open',
                       line.replace("-", "", 1)]).replace('"open', "open")


def order_rows(rng, rows):
    order = rng.choice(["time", "time", "device", "reversed", "shuffled",
                        "late"])
    if order in ("time", "late"):
        rows.sort()
    if order == "reversed":
        rows.sort(reverse=True)
    if order == "shuffled":
        rng.shuffle(rows)
    for _ in range(len(rows) // 50 if order == "late" else 0):
        rows.append(rows.pop(rng.randrange(len(rows))))


def file_text(rng, layout, rows):
    columns, ranges = LAYOUTS[layout]
    style = rng.choice(["plain", "plain", "nine", "huge", "few", "finest"])
    missing = rng.choice([0, 0, 0.02]) if len(columns) > 1 else 0
    dirty = rng.choice([0, 0, 0.002, 0.05])
    lines = ["timestamp,device_id," + ",".join(columns)]
    for ms, device in rows:
        cells = [number(rng, style, *wide) for wide in ranges]
        if layout == "all" and rng.random() < missing:
            cells[rng.randrange(1, len(cells))] = ""
        line = f"{time_text(ms)},{device}," + ",".join(cells)
        lines.append(line if rng.random() >= dirty else spoil(rng, line))
    return "\n".join(lines) + "\n"


def pick_rows(rng, pool, late):
    """A file's rows: a span of some devices, or a few scattered ones."""
    if late:
        return rng.sample(pool, min(len(pool), rng.randint(1, 300)))
    low, high = sorted(rng.sample(range(len(pool) + 1), 2))
    return pool[low:high]


def make_large(seed, folder):
    """Files whose readings overlap; {"paths", "args"} like casegen's."""
    rng = random.Random(f"large {seed}")
    layout = rng.choice([*LAYOUTS, "electric", "electric"])
    start_ms = rng.choice(STARTS_MS)
    pool = []
    n_rows = rng.choice([300, 5000, 9000, 40000])
    for i in range(rng.choice([1, 1, 2, 5])):
        pool += device_rows(rng, f"DEV{i:03}",
                            max(1, n_rows // (i + 1)), start_ms)
    args, paths = [], []
    if layout == "value":
        args = ["--value", rng.choice(["power-w", "power-kw", "energy-wh",
                                       "energy-kwh"])]
    if rng.random() < 0.5:
        args += ["--tz", rng.choice(["Europe/Brussels", "Asia/Kathmandu",
                                     "Australia/Lord_Howe", "Pacific/Apia"])]
    os.makedirs(os.path.join(folder, "in"))
    for i in range(rng.randint(1, 6)):
        rows = list(pool) if i == 0 else pick_rows(rng, pool,
                                                   rng.random() < 0.6)
        order_rows(rng, rows)
        rows += [rng.choice(rows) for _ in range(rng.choice([0, 0, 5, 50]))
                 if rows]
        paths.append(write(os.path.join(folder, "in", f"{i}.csv"),
                           file_text(rng, layout, rows)))
    return {"paths": paths, "args": args}


# ------------------------------------------------------------- questions

def questions(rng, times, devices):
    """Options for report; times in ms that readings may have."""
    def at():
        ms = rng.choice(times) + rng.choice([0, 0, 1, -1, HOUR, -DAY])
        return time_text(min(max(ms, -62135596800000), 253402300799999))
    yield ["--json"]
    yield ["--json", "--no-summaries"]
    yield ["--csv"]
    yield ["--top", "3"]
    yield ["--json", "--since", at()]
    yield ["--json", "--until", at()]
    yield ["--json", "--since", min(at(), at()), "--until", max(at(), at())]
    yield ["--json", "--device", rng.choice(devices)]
    yield ["--json", "--max-gap", rng.choice(["2h", "30m", "1s", "3600s"])]
    yield ["--json", "--threads", rng.choice(["1", "2", "3"]),
           "--simd", rng.choice(["scalar", "auto"]), "--strict",
           "--rate", "0.2875", "--budget", "12.345"]


# A database has a zone of its own, whatever that of the machine.
ELSEWHERE = {**os.environ, "TZ": "America/Denver"}
ELSEWHERE.pop("WATTLE_TZ", None)


def answer(program, paths, arguments, rejects, environment=None):
    if os.path.exists(rejects):
        os.unlink(rejects)
    done = program.run("report", *paths, "--no-progress", *arguments,
                       "--rejects", rejects, code=None, env=environment)
    words = b""
    if os.path.exists(rejects):
        with open(rejects, "rb") as file:
            words = file.read()
    return done, (done.code, done.out, done.err, words)


def compare(program, files, database, asked, rejects, value):
    """One question to both."""
    one, left = answer(program, files, asked + value, rejects)
    two, right = answer(program, [database], asked, rejects, ELSEWHERE)
    if left == right:
        return
    what = [name for name, a, b in zip(("exit status", "output", "stderr",
                                        "rejects file"), left, right) if a != b]
    raise Failure(f"{asked}: {what} differ\n--- files: {one}\n"
                  f"--- database: {two}")


# ----------------------------------------------------------------- a case

def unique(paths):
    """Without files given twice or of the same content: they are known."""
    seen, kept = set(), []
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        if content not in seen:
            kept.append(path)
        seen.add(content)
    return kept


def split_arguments(args):
    """(for both, for import only): what a reading is, and device tables. The
    zone of a database is that of its import."""
    both, once, i = [], [], 0
    while i < len(args):
        if args[i] in ("--value", "--tz"):
            both += args[i:i + 2]
            i += 1
        elif args[i] == "--devices":
            once += args[i:i + 2]
            i += 1
        i += 1
    return both, once


def import_groups(program, rng, database, files, arguments, one_group):
    """-> sums of the counts of all imports."""
    sums = {}
    left = list(files)
    while left:
        n = len(left) if one_group else rng.randint(1, len(left))
        group, left = left[:n], left[n:]
        done = program.imports(
            database, *group, *arguments, "--final", "--threads", rng.randint(1, 4),
            "--reader", rng.choice(["mmap", "pread"]),
            "--simd", rng.choice(["auto", "scalar"]), code=None)
        # every line of the group was rejected
        is_nothing = "there is no reading: " in done.words()
        expect(done.code == (2 if is_nothing else 0), "exit status:", done)
        for name, count in counts_of(done).items():
            sums[name] = sums.get(name, 0) + count
        if rng.random() < 0.25:
            program.run("compact", database, "--quiet")
    return sums


def times_of(rng, report):
    """Some moments from the first reading to the last, in ms."""
    if not report["first"]:
        return [0]
    first, last = (casegen.era_start(text[:10]) + DAY // 2
                   for text in (report["first"], report["last"]))
    return [first, last] + [rng.randint(first, last) for _ in range(20)]


def check_counts(report, sums):
    expect(sums["new"] == report["readings"], "new", sums, report["readings"])
    expect(sums["replaced"] + sums["unchanged"] == report["duplicates"],
           "replaced + unchanged", sums, report["duplicates"])
    expect(sums["rejected"] == report["rejects"]["total"], "rejected", sums)
    expect(sum(sums.values()) == report["lines"], "lines", sums)
    expect(report["lines"] == report["readings"] + report["duplicates"]
           + report["rejects"]["total"], "the report's own counts", report)


def check_export(program, folder, database):
    """Export, import, export: the same; and the same files change nothing."""
    before = program.export(database)
    copy = write(os.path.join(folder, "exported.csv"), before)
    again = os.path.join(folder, "again.db")
    if before.count(b"\n") < 2:
        return before
    program.imports(again, copy)
    expect(program.export(again) == before, "export of an export differs")
    program.check(again)
    return before


def check_known(program, database, files, arguments, before):
    known = program.imports(database, *files, *arguments, "--final")
    expect(sum(counts_of(known).values()) == 0 and
           b": 0 files read, " in known.out and b" known already" in known.out,
           "files are not known:", known)
    expect(program.export(database) == before, "known files change readings")


def cases(tier):
    return list(range({"quick": 10, "test": 60, "full": 3000}[tier]))


def run_case(program, seed, folder, _tier):
    rng = random.Random(f"store {seed}")
    if seed % 4 == 0:
        case = make_large(seed, folder)
    else:
        case = casegen.make_case(seed, folder)
    files = case["paths"]
    if not any(map(os.path.isdir, files)):
        files = unique(list(dict.fromkeys(files)))
    for folder_ in filter(os.path.isdir, files):
        names = [os.path.join(folder_, name)
                 for name in sorted(os.listdir(folder_))]
        names = list(filter(os.path.isfile, names))
        for path in set(names) - set(unique(names)):
            os.unlink(path)
    both, once = split_arguments(case["args"])
    database = os.path.join(folder, "home.db")
    rejects = os.path.join(folder, "rejects")
    plain = program.run("report", *files, "--json", "--no-progress", *both,
                        *once, code=None)
    if plain.code == 2:
        # --final, or a last line without its end would wait.
        program.imports(database, *files, *both, *once, "--final", code=2)
        return
    report = json.loads(plain.out.decode("utf-8", "surrogateescape"))
    skipped = report["skipped_files"]
    sums = import_groups(program, rng, database, files, both + once,
                         bool(skipped) or len(files) == 1)
    program.check(database)
    check_counts(report, sums)
    times = times_of(rng, report)
    devices = [d["device_id"] for d in report["per_device"]][:5] or ["*"]
    for asked in questions(rng, times, devices):
        compare(program, files + once, database, asked, rejects, both)
    before = check_export(program, folder, database)
    if not skipped:
        check_known(program, database, files, both + once, before)
