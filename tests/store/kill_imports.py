"""kill -9 at random moments: the database is as before or as after."""
import os
import random
import shutil
import signal
import time

from store_tools import expect


def cases(tier):
    n = {"quick": 2, "test": 15, "full": 100}[tier]
    return [f"{what} {n}" for what in ("new", "existing", "late", "compact")]


def generate(program, folder, name, *options):
    path = os.path.join(folder, name)
    program.run("generate", "--quiet", "--out", path, "--devices", "40",
                *options)
    return path


def sides(path):
    return [path + end for end in ("", "-wal", "-shm")]


def copy_database(source, target):
    for path in sides(target):
        if os.path.exists(path):
            os.unlink(path)
    for old, new in zip(sides(source), sides(target)):
        if os.path.exists(old):
            shutil.copy(old, new)


def is_unborn(path):
    """Not there, or an SQLite file in which nothing has been committed."""
    if not os.path.exists(path) or os.path.getsize(path) == 0:
        return True
    with open(path, "rb") as file:
        head = file.read(100)
    return head[68:72] == b"\0\0\0\0" and not (
        os.path.exists(path + "-wal") and os.path.getsize(path + "-wal") > 32)


class Disturbed:
    """A command on a database that is killed again and again."""

    def __init__(self, program, folder, before, command):
        self.program, self.before, self.command = program, before, command
        self.path = os.path.join(folder, "home.db")
        self.undisturbed = os.path.join(folder, "undisturbed.db")
        self.states = set()
        if before:
            copy_database(before, self.undisturbed)
            self.states.add(program.export(before))
        began = time.monotonic()
        self.go(self.undisturbed)
        self.seconds = time.monotonic() - began
        self.after = program.export(self.undisturbed)
        self.states.add(self.after)

    def arguments(self, path):
        return [path if word is None else word for word in self.command]

    def go(self, path):
        self.program.run(*self.arguments(path))

    def strike(self, delay_s):
        """Starts, waits, kills; True when it was still running."""
        if self.before:
            copy_database(self.before, self.path)
        else:
            for path in sides(self.path):
                if os.path.exists(path):
                    os.unlink(path)
        process = self.program.start(*self.arguments(self.path))
        time.sleep(delay_s)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return process.returncode == -signal.SIGKILL

    def look(self):
        """-> whether the command had come through."""
        if os.path.exists(self.path):
            self.program.check(self.path)
        # a journal that was left has been played back now
        if not self.before and is_unborn(self.path):
            self.go(self.path)
            expect(self.program.export(self.path) == self.after,
                   "a run after an early kill differs")
            return False
        found = self.program.export(self.path)
        expect(found in self.states or (not self.before and
                                        found.count(b"\n") == 1),
               "neither the state before nor the one after")
        self.go(self.path)
        self.program.check(self.path)
        expect(self.program.export(self.path) == self.after,
               "a run after the kill does not complete it")
        return found == self.after


def run_case(program, case, folder, _tier):
    what, n = case.split()
    rng = random.Random(case)
    first = generate(program, folder, "first", "--readings", "150000",
                     "--seed", "1", "--dirty", "0.01")
    second = generate(program, folder, "second", "--readings", "60000",
                      "--seed", "2")
    before = os.path.join(folder, "before.db") if what != "new" else None
    if before:
        program.imports(before, first)
    command = ["import", "--no-progress", "--quiet", "--db", None, second]
    if what == "new":
        command[-1] = first
    if what == "late":
        program.imports(before, second)
        late = generate(program, folder, "late", "--readings", "1500",
                        "--seed", "3")
        command[-1] = late
    if what == "compact":
        program.imports(before, second)
        command = ["compact", "--quiet", None]
    disturbed = Disturbed(program, folder, before, command)
    n_killed = 0
    for _ in range(int(n)):
        n_killed += disturbed.strike(rng.uniform(0, 1.1 * disturbed.seconds))
        disturbed.look()
    if n_killed == 0 and int(n) > 5:
        return "no run was killed before its end"
    return None
