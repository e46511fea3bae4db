"""Several programs at one database: writers wait for each other, readers and
copies see one state and never a part of one."""
import os
import threading
import time

from kill_imports import copy_database, generate
from store_tools import expect, one_line


def cases(_tier):
    return ["writers", "short-wait", "readers", "backup", "first",
            "first-waits"]


def lots(program, folder, n_readings=("120000", "90000")):
    return [generate(program, folder, f"lot{i}", "--readings", n, "--seed",
                     str(i)) for i, n in enumerate(n_readings)]


def writers(program, folder):
    """Both end well, and the result is that of one after the other."""
    one, two = lots(program, folder)
    found = set()
    for order in ([one, two], [two, one]):
        path = os.path.join(folder, f"order{len(found)}.db")
        for lot in order:
            program.imports(path, lot, "--quiet")
        found.add(program.export(path))
    path = os.path.join(folder, "home.db")
    running = [program.start("import", "--no-progress", "--quiet", "--db",
                             path, lot) for lot in (one, two)]
    for process in running:
        program.end(process)
    program.check(path)
    expect(program.export(path) in found, "not as one after the other")


class Holder:
    """Holds the write lock of a database, or keeps everybody out."""

    def __init__(self, path, lock="IMMEDIATE"):
        import sqlite3
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("BEGIN " + lock)

    def release(self):
        self.db.execute("ROLLBACK")
        self.db.close()


def give_up(program, path, lot):
    """An import that waits a second for a lock which is held longer."""
    began = time.monotonic()
    done = program.imports(path, lot, "--quiet", "--wait", "1s", code=2)
    expect("writing" in one_line(done), done)
    expect(0.9 < time.monotonic() - began < 8, "waited", done)


def wait_for(program, path, lot, holder):
    """An import that waits until the lock is released."""
    process = program.start("import", "--no-progress", "--wait", "1m", "--db",
                            path, lot)
    time.sleep(1)
    holder.release()
    done = program.end(process)
    expect(b"waiting" in done.err, "says nothing while it waits:", done)
    program.check(path)


def short_wait(program, folder):
    one, two = lots(program, folder, ("5000", "5000"))
    path = os.path.join(folder, "home.db")
    program.imports(path, one, "--quiet")
    before = program.export(path)
    holder = Holder(path)
    give_up(program, path, two)
    one_line(program.run("compact", path, "--wait", "1s", code=2))
    expect(program.export(path) == before, "changed")
    wait_for(program, path, two, holder)


def first_waits(program, folder):
    """While the first import of a new file is long, others cannot even look
    into it."""
    one, = lots(program, folder, ("5000",))
    path = os.path.join(folder, "home.db")
    holder = Holder(path, "EXCLUSIVE")
    give_up(program, path, one)
    wait_for(program, path, one, holder)


def ask_until(program, path, process, states, problems):
    """Questions of all kinds as long as a process runs."""
    questions = [["export", path], ["report", path, "--json"],
                 ["query", path, "--every", "1d", "--json"]]
    n = 0
    while process.poll() is None or n < 6:
        question = questions[n % len(questions)]
        done = program.run(*question, code=None)
        if (done.code, done.out) not in states[question[0]]:
            problems.append(f"{question}: neither the old nor the new state: "
                            f"{done}")
            break
        n += 1


def answers(program, path):
    return {question[0]: (0, program.run(*question).out) for question in
            (["export", path], ["report", path, "--json"],
             ["query", path, "--every", "1d", "--json"])}


def readers(program, folder):
    one, two = lots(program, folder, ("60000", "200000"))
    path, after = (os.path.join(folder, name) for name in ("h.db", "after.db"))
    program.imports(path, one, "--quiet")
    copy_database(path, after)
    program.imports(after, two, "--quiet")
    old, new = answers(program, path), answers(program, after)
    states = {name: {old[name], new[name]} for name in old}
    problems = []
    process = program.start("import", "--no-progress", "--quiet", "--db", path,
                            two)
    threads = [threading.Thread(target=ask_until, args=(
        program, path, process, states, problems)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    program.end(process)
    expect(answers(program, path) == new, "not the state after")
    return "\n".join(problems) or None


def backup(program, folder):
    one, two = lots(program, folder, ("60000", "200000"))
    path, after = (os.path.join(folder, name) for name in ("h.db", "after.db"))
    program.imports(path, one, "--quiet")
    copy_database(path, after)
    program.imports(after, two, "--quiet")
    states = {program.export(path), program.export(after)}
    process = program.start("import", "--no-progress", "--quiet", "--db", path,
                            two)
    n = 0
    while process.poll() is None or n < 2:
        copy = os.path.join(folder, f"copy{n}.db")
        program.run("backup", path, copy)
        program.check(copy)
        expect(program.export(copy) in states, "a copy of neither state")
        os.unlink(copy)
        n += 1
    program.end(process)
    expect(one_line(program.run("backup", path, after, code=2)), "overwrites")


def first(program, folder):
    """A database that is being made for the first time has no answers yet."""
    one, _two = lots(program, folder)
    path = os.path.join(folder, "home.db")
    process = program.start("import", "--no-progress", "--quiet", "--db", path,
                            one)
    words = set()
    while process.poll() is None:
        done = program.run("check", path, code=None)
        words.add((done.code, done.words().strip()))
        expect(done.code != 1, "damage that is none:", done)
    program.end(process)
    program.check(path)


def run_case(program, case, folder, _tier):
    return globals()[case.replace("-", "_")](program, folder)
