"""Files with local times, which grow through the nights of clock changes.

Rows are made from instants, so it is known what each local time means. However
a file was cut into imports, the database holds those instants, and answers as
the file does and as a database that was filled at once.
"""
import datetime
import os
import random
import zoneinfo

from store_tools import expect, write

ZONES = ["Europe/Brussels", "America/New_York", "Australia/Lord_Howe",
         "America/Sao_Paulo", "Africa/Casablanca", "Asia/Kathmandu",
         "America/St_Johns", "Europe/Dublin", "UTC", "Pacific/Apia"]
HEADER = "timestamp,device_id,power\n"
UTC = datetime.timezone.utc


def cases(tier):
    return list(range({"quick": 10, "test": 60}.get(tier, 400)))


def changes(zone, year):
    """The hours of a year before which the offset of a zone changes."""
    at = datetime.datetime(year, 1, 1, tzinfo=UTC)
    found = []
    while at.year == year:
        later = at + datetime.timedelta(hours=1)
        if at.astimezone(zone).utcoffset() != later.astimezone(
                zone).utcoffset():
            found.append(later)
        at = later
    return found


def text_of(rng, at, zone, how):
    """An instant as a local time, or with an offset."""
    local = at.astimezone(zone)
    if how == "marked":
        how = rng.choice(["offset", "utc", "unix"])
    if how == "utc":
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if how == "unix":
        return str(int(at.timestamp()))
    text = local.strftime("%Y-%m-%d %H:%M:%S")
    if how == "offset" and local.utcoffset().total_seconds() % 60 == 0:
        return text + local.strftime("%z")
    return text


class Home:
    """Lines of a file in order, each with what it means."""

    def __init__(self, rng, zone_name, prefix=""):
        zone = zoneinfo.ZoneInfo(zone_name)
        year = rng.choice([2011, 2017, 2024, 2025])
        around = rng.choice(changes(zone, year) or
                            [datetime.datetime(year, 3, 30, 1, tzinfo=UTC)])
        step = datetime.timedelta(minutes=rng.choice([5, 15, 30, 60]))
        if zone_name == "Australia/Lord_Howe":  # puts back half an hour
            step = min(step, datetime.timedelta(minutes=30))
        start = around - datetime.timedelta(hours=rng.randint(3, 30))
        end = around + datetime.timedelta(hours=rng.randint(3, 30))
        devices = [prefix + name for name in "abcde"[:rng.randint(1, 5)]]
        how = {device: rng.choice(["local", "local", "local", "marked"])
               for device in devices}
        rows = []
        while start < end:
            rows += [(start, device) for device in devices]
            start += step
        order = rng.choice(["up", "down", "by device", "by device, down"])
        rows.sort(key=lambda row: row[0], reverse="down" in order)
        if "device" in order:
            rows.sort(key=lambda row: row[1])
        self.lines, self.readings = [], {}
        for n, (at, device) in enumerate(rows):
            text = text_of(rng, at, zone, how[device])
            self.lines.append(f"{text},{device},{n}\n")
            self.readings[device, at] = n


def cut(rng, text):
    """Where a file ends at each import: anywhere, behind its header."""
    places = sorted(rng.randint(len(HEADER), len(text))
                    for _ in range(rng.randint(1, 6)))
    return places + [len(text)]


def exported(readings):
    lines = [(device, at, f"{at.strftime('%Y-%m-%dT%H:%M:%SZ')},{device},{n}\n")
             for (device, at), n in readings.items()]
    return (HEADER + "".join(line for _, _, line in sorted(lines))).encode()


def expect_same(found, wanted, *words):
    found, wanted = (set(text.splitlines()) for text in (found, wanted))
    expect(found == wanted, *words, "too many", sorted(found - wanted)[:3],
           "missing", sorted(wanted - found)[:3])


# Of the machine: a zone that no case has.
ELSEWHERE = {**os.environ, "TZ": "America/Denver"}
ELSEWHERE.pop("WATTLE_TZ", None)


def run_case(program, case, folder, _tier):
    rng = random.Random(f"zoned {case}")
    zone = rng.choice(ZONES)
    other = rng.choice([zone, zone, rng.choice(ZONES)])
    home = Home(rng, zone)
    second = Home(rng, other, "second ")
    path = os.path.join(folder, "home.csv")
    second_path = os.path.join(folder, "second.csv")
    pieces, whole = (os.path.join(folder, name)
                     for name in ("pieces.db", "whole.db"))
    text = HEADER + "".join(home.lines)
    second_text = HEADER + "".join(second.lines)
    second_cut = rng.randint(len(HEADER), len(second_text))
    first = True

    def import_it(database, *arguments):
        environment = dict(ELSEWHERE)
        if "--tz" not in arguments and rng.random() < 0.3:
            environment["WATTLE_TZ"] = "Asia/Tokyo"  # not of files known
        program.imports(database, *arguments, env=environment)

    for end in cut(rng, text):
        write(path, text[:end])
        # what was said once holds for the file
        said = ["--tz", zone] if first or rng.random() < 0.3 else []
        import_it(pieces, path, *said, "--threads", rng.randint(1, 2))
        if first:
            write(second_path, second_text[:second_cut])
            import_it(pieces, second_path, "--tz", other)
        first = False
    write(second_path, second_text)
    import_it(pieces, second_path, "--final")
    import_it(pieces, path, "--final")
    program.check(pieces)
    wanted = exported({**home.readings, **second.readings})
    expect_same(program.export(pieces), wanted, zone, other, "readings")
    import_it(whole, path, "--tz", zone)
    import_it(whole, second_path, "--tz", other)
    expect_same(program.export(whole), wanted, zone, other, "read at once")
    asked = ["--json", "--no-progress", "--max-gap", "1h"]
    answers = [program.run("report", db, *asked, env=ELSEWHERE).out for db in (pieces, whole)]
    expect(answers[0] == answers[1], zone, other, "reports differ")
    if other == zone:
        of_files = program.run("report", path, second_path, "--tz", zone,
                               *asked).out
        expect(of_files == answers[0], zone, "files and database differ")
    for every in ("1h", "1d"):
        answers = [program.run("query", db, "--every", every, "--csv",
                               env=ELSEWHERE).out for db in (pieces, whole)]
        expect(answers[0] == answers[1], zone, every)
    third = rng.choice(ZONES)
    before = program.run("query", whole, "--every", "1d", "--tz", third).out
    program.run("compact", pieces, "--tz", third)
    program.check(pieces)  # all sums are of that zone
    expect(program.export(pieces) == wanted, third, "compacted")
    expect(program.run("query", pieces, "--every", "1d", env=ELSEWHERE).out ==
           before, zone, third, "compacted")
    return None
