"""The zone of a database changes while others write, read and check it.

A writer that waits for another finds another zone when it is its turn: what
it adds up must be of that one. So must be what a check and a report add up.
"""
import json
import os
import random
import threading

from store_tools import expect, plain_rows, write

HEADER = "timestamp,device_id,voltage,current,power_factor\n"
START_MS = 1696118400000
ZONES = ["UTC", "Asia/Kathmandu", "America/New_York", "Asia/Tokyo"]


def cases(tier):
    return list(range({"quick": 2, "test": 4}.get(tier, 20)))


def first_imports(program, rng, folder):
    """Two at once fill a database; the zone is that of one of them."""
    db = os.path.join(folder, "first.db")
    paths = [write(os.path.join(folder, f"first{i}.csv"), HEADER + "".join(
        row for device in "abcdefgh"
        for row in plain_rows(device, 3000, start_ms=START_MS + i * 30000)))
        for i in range(2)]
    fill_at_once(program, db, list(zip(paths, rng.sample(ZONES, 2))), 6)
    # small ones: one looks at the file while another makes its tables
    small = write(os.path.join(folder, "small.csv"),
                  HEADER + "".join(plain_rows("a", 50, start_ms=START_MS)))
    fill_at_once(program, db, [(small, zone) for zone in ZONES], 60)


def fill_at_once(program, db, imports, n_rounds):
    for _ in range(n_rounds):
        for end in ("", "-wal", "-shm"):
            if os.path.exists(db + end):
                os.unlink(db + end)
        running = [program.start("import", path, "--db", db, "--quiet", "--tz",
                                 zone) for path, zone in imports]
        for process in running:
            program.end(process)
        program.check(db)


def writers(program, rng, folder):
    """Writers, a report and a check beside compact --tz."""
    db = os.path.join(folder, "home.db")
    paths = [write(os.path.join(folder, f"{i}.csv"), HEADER + "".join(
        row for device in "abc" for row in plain_rows(
            device, 1000, start_ms=START_MS + i * 10000))) for i in range(3)]
    program.imports(db, *paths, "--tz", "UTC", "--quiet")
    failures = []
    n = 25

    def run(*arguments, code=None):
        try:
            return program.run(*arguments, code=code)
        except Exception as failure:  # of a thread
            failures.append(failure)
            return None

    def compact():
        for i in range(n):
            run("compact", db, "--tz", ZONES[i % len(ZONES)], "--quiet",
                code=0)

    def change(seed):
        own = random.Random(seed)
        for _ in range(n):
            path = own.choice(paths)
            run("forget", db, path, "--quiet")
            run("import", path, "--db", db, "--quiet", code=0)

    def look():
        for _ in range(n):
            run("check", db, code=0)
            done = run("report", db, "--json", "--no-progress")
            if done is not None and done.code == 0:
                found = json.loads(done.out)
                total = sum(day["energy_kwh"] for day in found["by_day"])
                if abs(total - found["energy_kwh"]) > 1e-6:
                    failures.append(f"days of {total}")

    threads = [threading.Thread(target=compact),
               threading.Thread(target=change, args=(rng.random(),)),
               threading.Thread(target=look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(not failures, *failures[:1])
    program.check(db)


def run_case(program, case, folder, _tier):
    rng = random.Random(f"zone races {case}")
    first_imports(program, rng, folder)
    writers(program, rng, folder)
    return None
