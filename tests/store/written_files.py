"""Files that are written: nothing that exists is lost by a slip of the hand."""
import os
import signal
import sqlite3
import stat
import time

from store_tools import expect, one_line, write

GOOD = "timestamp,device_id,power\n2023-01-01 00:00,a,1\n"
MIXED = GOOD + "2023-01-01 00:10,a,x\n"
REJECTS = b"file,line,reason,raw\n"


def cases(_tier):
    return ["rejects", "trace", "new_names", "logs", "side_names",
            "permissions", "closed", "signals"]


class Home:
    """A folder with a database, its file, and its bytes."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.csv = write(self.path("a.csv"), MIXED)
        self.db = self.path("h.db")
        program.imports(self.db, self.csv, "--quiet")
        with sqlite3.connect(self.db) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        self.more = write(self.path("more.csv"),
                          MIXED.replace("2023-01-01", "2023-01-02"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def content(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def refused(self, names, *command):
        """One line, status 2, and the named files as they were."""
        before = {name: self.content(name) for name in names}
        before_names = sorted(os.listdir(self.folder))
        done = self.program.run(*command, code=2)
        one_line(done)
        for name, bytes_ in before.items():
            expect(self.content(name) == bytes_, name, "was changed:", done)
        left = set(os.listdir(self.folder)) - set(before_names)
        left = {name for name in left if not name.endswith(("-wal", "-shm"))}
        expect(not left, "left behind:", left, done)


def rejects(home):
    """--rejects never replaces a database, an input, or a stranger's file."""
    os.symlink(home.db, home.path("soft"))
    os.link(home.db, home.path("hard"))
    write(home.path("notes.txt"), "mine\n")
    os.link(home.more, home.path("more2.csv"))
    for target in ("h.db", "soft", "hard", "notes.txt", "more.csv",
                   "more2.csv"):
        for extra in ([], ["--dry-run"]):
            home.refused(["h.db", "more.csv", "notes.txt"], "import",
                         home.more, "--db", home.db, "--no-progress",
                         "--rejects", home.path(target), *extra)
    for target in ("h.db", "hard", "notes.txt", "a.csv"):
        home.refused(["h.db", "a.csv", "notes.txt"], "report", home.csv,
                     "--quiet", "--rejects", home.path(target))
        home.refused(["h.db"], "report", home.db, "--quiet", "--rejects",
                     home.db)
    for side in ("-wal", "-journal", "-shm"):
        new = home.path("new.db")
        home.refused([], "import", home.more, "--db", new, "--no-progress",
                     "--rejects", new + side)
        home.refused([], "import", home.more, "--db", new, "--no-progress",
                     "--rejects", new)
    home.program.run("report", home.csv, "--quiet", "--rejects",
                     home.path("r.csv"))
    first = home.content("r.csv")
    expect(first.startswith(REJECTS) and first.count(b"\n") == 2, first)
    home.program.run("report", home.csv, "--quiet", "--rejects",
                     home.path("r.csv"))
    expect(home.content("r.csv") == first, "not replaced by its own kind")
    home.program.run("report", home.csv, "--quiet", "--rejects", "/dev/null")
    home.program.check(home.db)


def trace(home):
    """--trace does not, either, also where the database is not there yet."""
    new = home.path("new.db")
    write(home.path("notes.txt"), "mine\n")
    for target in (home.db, home.csv, home.path("notes.txt")):
        home.refused(["h.db", "a.csv", "notes.txt"], "import", home.csv,
                     "--db", home.db, "--no-progress", "--trace", target)
    for target in (new, new + "-wal", new + "-journal"):
        home.refused([], "import", home.more, "--db", new, "--no-progress",
                     "--trace", target)
    home.refused([], "report", home.csv, "--quiet", "--trace",
                 home.path("t.json"), "--rejects", home.path("t.json"))
    home.program.run("report", home.csv, "--quiet", "--trace",
                     home.path("t.json"))
    home.program.check(home.db)


def new_names(home):
    """A copy, a salvage and an export: only where nothing is."""
    write(home.path("there"), "mine\n")
    os.symlink(home.path("elsewhere"), home.path("hanging"))
    for name in ("x", "y", "z"):
        write(home.path(name + ".part"), "a stranger's\n")
    for out in ("there", "hanging"):
        for command in (["backup", home.db, home.path(out)],
                        ["check", home.db, "--salvage", home.path(out)],
                        ["export", home.db, "--out", home.path(out)]):
            home.refused(["there", "h.db"], *command)
    home.program.run("backup", home.db, home.path("x"))
    home.program.run("check", home.db, "--salvage", home.path("y"))
    home.program.run("export", home.db, "--out", home.path("z"))
    for name in ("x", "y", "z"):
        expect(home.content(name + ".part") == b"a stranger's\n", name)
    home.program.check(home.path("x"))
    home.program.check(home.path("y"))
    expect(not os.path.exists(home.path("elsewhere")), "a link was followed")


def logs(home):
    """The log of another database is not taken for that of a new one."""
    for end in ("-wal", "-journal"):
        out = home.path("copy.db")
        write(out + end, "x" * 5000)
        for command in (["backup", home.db, out],
                        ["check", home.db, "--salvage", out],
                        ["import", home.more, "--db", out, "--no-progress"]):
            home.refused(["copy.db" + end], *command)
        os.unlink(out + end)
    write(home.path("copy.db-wal"), "")  # holds nothing
    home.program.run("backup", home.db, home.path("copy.db"))
    home.program.check(home.path("copy.db"))


def side_names(home):
    """No file gets a name that makes it a part of a database beside it."""
    for end in ("-wal", "-shm", "-journal"):
        out = home.db + end
        if os.path.exists(out):
            os.unlink(out)
        for command in (["backup", home.db, out],
                        ["export", home.db, "--out", out],
                        ["check", home.db, "--salvage", out],
                        ["report", home.csv, "--rejects", out],
                        ["report", home.csv, "--trace", out],
                        ["import", home.more, "--db", out, "--no-progress"]):
            if os.path.exists(out):  # SQLite's own, while the database is read
                os.unlink(out)
            home.refused(["h.db", "a.csv"], *command)
        write(out, "")
        done = home.program.run("import", home.more, "--db", out, code=2)
        one_line(done)
        expect(os.path.getsize(out) == 0, out, "was written")
        os.unlink(out)
    home.program.check(home.db)


def permissions(home):
    """A copy of a private database is private."""
    before = os.umask(0o022)
    try:
        for mode in (0o600, 0o640, 0o644):
            os.chmod(home.db, mode)
            outs = [home.path(f"{kind}{mode:o}") for kind in "bse"]
            home.program.run("backup", home.db, outs[0])
            home.program.run("check", home.db, "--salvage", outs[1])
            home.program.run("export", home.db, "--out", outs[2])
            for out in outs:
                found = stat.S_IMODE(os.stat(out).st_mode)
                expect(found == mode, out, oct(found))
    finally:
        os.umask(before)


def closed(home):
    """A closed stream is not replaced by a file that is opened."""
    import subprocess
    out = home.path("t.json")
    subprocess.run(["sh", "-c", '"$0" report "$1" --trace "$2" >&-',
                    home.program.path, home.csv, out],
                   stderr=subprocess.PIPE, check=False)
    if os.path.exists(out):
        expect(home.content("t.json").startswith(b'{"displayTimeUnit"'),
               "the report went into the trace")
    home.program.check(home.db)


def interrupt(home, number, wait_s, *command):
    """Sends a signal after a while; whether it came when a file was being made.
    Then nothing is left, and the program has ended by the signal."""
    process = home.program.start(*command)
    time.sleep(wait_s)
    process.send_signal(number)
    done = home.program.end(process, code=None)
    left = [name for name in os.listdir(home.folder) if name.startswith("out")]
    for name in left:
        os.unlink(home.path(name))
    expect(done.code in (0, -number), done)
    if done.code == -number and not done.err:  # it came before all
        expect(not left, "left behind:", left, done)
        return False
    if done.code == 0:  # it was done before
        expect("out" in left, "not written:", done)
        return False
    expect(not left, "left behind:", left, done)
    expect(b"cancelled" in one_line(done).encode(), done)
    return True


def signals(home):
    """A copy that is interrupted leaves nothing."""
    home.program.run("generate", "--devices", 300, "--readings", 600000,
                     "--quiet", "--out", home.path("large"))
    home.program.imports(home.db, home.path("large"), "--quiet")
    before = home.program.export(home.db)
    for command in (["backup", home.db, home.path("out")],
                    ["check", home.db, "--salvage", home.path("out")],
                    ["export", home.db, "--out", home.path("out")]):
        began = time.monotonic()
        home.program.run(*command)
        took = time.monotonic() - began
        os.unlink(home.path("out"))
        n = sum(interrupt(home, (signal.SIGINT, signal.SIGTERM,
                                 signal.SIGHUP)[i % 3], took * i / 40, *command)
                for i in range(40))
        expect(n > 0, "never in time:", command)
    # a signal that is ignored stays so
    process = home.program.start(
        "backup", home.db, home.path("out"),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
    home.program.end(process)
    expect(home.program.export(home.path("out")) == before, "another copy")
    expect(home.program.export(home.db) == before, "the database has changed")


def run_case(program, case, folder, _tier):
    globals()[case](Home(program, folder))
