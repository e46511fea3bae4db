"""Rejected lines are counted by the device that they name, on every route.

Files with some good and many bad lines are reported on together, and imported
one by one, in pieces that grow, as another kind, and again; the findings are
those of a count in plain Python each time.
"""
import json
import os
import random

from store_tools import expect, write

HEADER = "timestamp,device_id,value\n"
START = 1696118400
LEAST, SHARE = 10, 10  # docs/formulas.md


def cases(tier):
    return list(range({"quick": 5, "test": 30}.get(tier, 200)))


def make_rows(rng):
    """[(line, device or None, is it a reading)]"""
    rows = []
    devices = rng.sample("abcdefg", rng.randint(1, 5)) + ["none at all"]
    bad_share = {device: rng.choice([0, 0.05, 0.1, 0.5, 1])
                 for device in devices}
    for i in range(rng.choice([3, 40, 300, 2500])):
        device = rng.choice(devices)
        second = START + i
        if rng.random() >= bad_share[device]:
            rows.append((f"{second},{device},{i % 50}", device, True))
            continue
        line, named = rng.choice([
            (f"{second},{device},ERR", device),
            (f"{second},{device},", device),
            (f"{second},{device},1e300", device),
            (f"yesterday,{device},1", device),
            (f'{second},"{device}",nan', device),
            (f"{second},{device}", None),
            (f"{second},,5", None)])
        rows.append((line, named, False))
    return rows


def wanted(files):
    """{device: rejected lines} of those with many."""
    good, bad = {}, {}
    for rows in files:
        for _line, device, is_good in rows:
            if device is not None:
                count = good if is_good else bad
                count[device] = count.get(device, 0) + 1
    # a reading of a time that is there already is not another one
    times = {}
    for rows in files:
        for line, device, is_good in rows:
            if is_good:
                times.setdefault(device, set()).add(line.split(",")[0])
    return {device: n for device, n in bad.items()
            if n >= LEAST and
            n * (SHARE - 1) >= len(times.get(device, ()))}


def found(program, paths, *options):
    done = program.run("report", *paths, "--json", "--no-progress", *options,
                       code=None)
    if not done.out:
        return None
    return {finding["device_id"]: finding["value"]
            for finding in json.loads(done.out)["findings"]
            if finding["kind"] == "rejects"}


def run_case(program, case, folder, _tier):
    rng = random.Random(f"device rejects {case}")
    files = [make_rows(rng) for _ in range(rng.choice([1, 2, 4]))]
    if not any(is_good for rows in files for _, _, is_good in rows):
        files[0].append((f"{START},a,1", "a", True))
    paths = [os.path.join(folder, f"{i}.csv") for i in range(len(files))]
    db = os.path.join(folder, "home.db")
    value = ["--value", "power-w"]
    for path, rows in zip(paths, files):
        cut = rng.choice([len(rows), rng.randint(0, len(rows))])
        for part in (rows[:cut], rows):  # it grows
            write(path, HEADER + "".join(row[0] + "\n" for row in part))
            program.imports(db, path, *value, "--quiet", code=None)
    many = wanted(files)
    for options in ([], ["--threads", "3", "--block", "100"], ["--no-cache"]):
        expect(found(program, paths, *value, *options) == many, "files", many)
    expect(found(program, [db]) == many, "database", many)
    program.check(db)
    # read again as another kind: the rejects of before are replaced
    again = rng.choice(paths)
    program.imports(db, again, "--value", "power-kw", "--quiet", code=None)
    expect(found(program, [db]) == many, "another kind", many)
    program.check(db)
    program.run("compact", db, "--quiet")
    copy = os.path.join(folder, "copy.db")
    program.run("check", db, "--salvage", copy)
    program.check(copy)
    expect(found(program, [copy]) == many, "a salvaged one", many)
    # and without one of them
    if program.run("forget", db, again, "--quiet", code=None).code == 0:
        rest = [rows for path, rows in zip(paths, files) if path != again]
        program.check(db)
        expect(found(program, [db]) == wanted(rest), "forgotten")
