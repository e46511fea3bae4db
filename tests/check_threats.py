#!/usr/bin/env python3
"""What a stranger, or an unlucky moment, may bring: floods, odd packing, names
that a terminal would obey, closed and full streams, other users, the sandbox.

    check_threats.py CHECKED RELEASE [NAME]

CHECKED is built with sanitizers. How work grows is counted in instructions, not
timed. Each case makes its files in a fresh folder.
"""
import json
import os
import pty
import re
import resource
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKED = RELEASE = None
HEADER = b"timestamp,device_id,power\n"
ROW = b"2023-10-01 08:00:00,a,1000\n"


class Skipped(Exception):
    """Cannot be tried here; the words say why."""


def run(*arguments, code=0, program=None, **options):
    done = subprocess.run([program or CHECKED, *arguments],
                          stdout=options.pop("stdout", subprocess.PIPE),
                          stderr=subprocess.PIPE, timeout=300, **options)
    words = done.stderr.decode(errors="replace")
    assert "runtime error" not in words and "Sanitizer" not in words, words
    assert code is None or done.returncode == code, (arguments, words,
                                                     done.returncode)
    return done


def write(name, *parts):
    with open(name, "wb") as out:
        for part in parts:
            out.write(part)
    return name


def answers(*arguments, **options):
    return json.loads(run("report", "--json", "--no-progress", *arguments,
                          **options).stdout)


def n_instructions(*arguments):
    """As callgrind counts them."""
    if shutil.which("valgrind") is None:
        raise Skipped("there is no valgrind")
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         RELEASE, *arguments], capture_output=True, text=True, timeout=600,
        env=dict(os.environ, WATTLE_SANDBOX="off"))
    found = re.search(r"Collected : (\d+)", done.stderr)
    assert found and done.returncode == 0, done.stderr[-2000:]
    return int(found.group(1))


def assert_linear(small, large, factor, what):
    """Twice the input may take twice the work, and a little more."""
    assert large < small * factor * 1.35, (what, small, large)


# ---- floods -----------------------------------------------------------------

def ids_of_one_hash():
    """Ids that had one hash when the hash had no seed."""
    end = struct.pack("<Q", 0xbf58476d1ce4e5b9)

    def make(n):
        name = f"ids{n}.csv"
        write(name, HEADER, *[b"2023-01-01 00:00,%08d%sz,1\n" % (i, end)
                              for i in range(n)])
        return name
    # the start of a run costs the same for both
    base, small, large = [n_instructions("report", make(n), "--quiet",
                                         "--threads", "1")
                          for n in (2000, 4000, 8000)]
    assert_linear(small - base, large - small, 2, "ids")


def many_files():
    """Nothing is walked through for each file."""
    def make(n):
        folder = f"files{n}"
        os.mkdir(folder)
        for i in range(n):
            write(f"{folder}/{i:05}.csv", HEADER,
                  b"2023-01-01 00:00,d%06d,%d\n" % (i, i))
        return folder
    first, known, touched = [], [], []
    for n in (300, 600, 1200):
        folder = make(n)
        first.append(n_instructions("import", folder, "--db", f"{n}.db",
                                    "--quiet"))
        known.append(n_instructions("import", folder, "--db", f"{n}.db",
                                    "--quiet"))
        for entry in os.scandir(folder):
            os.utime(entry, (1, 1))
        touched.append(n_instructions("import", folder, "--db", f"{n}.db",
                                      "--quiet"))
    for name, counts in (("new", first), ("known", known),
                         ("touched", touched)):
        assert_linear(counts[1] - counts[0], counts[2] - counts[1], 2, name)


def blank_lines():
    """Lines that are nothing but ends cost a fraction of an instruction."""
    for end in (b"\n", b"\r\n"):
        counts = []
        for n in (1 << 20, 3 << 20):
            write("blank.csv", HEADER, end * (n // len(end)), ROW)
            counts.append(n_instructions("report", "blank.csv", "--quiet",
                                         "--threads", "1"))
        assert (counts[1] - counts[0]) / (2 << 20) < 2, counts
        found = answers("blank.csv", "--rejects", "r.csv")
        assert found["lines"] == 1 and found["readings"] == 1
    write("number.csv", HEADER, b"\n" * 70000, b"bad\n", b"\r\n" * 70000,
          b"bad\n")
    run("report", "number.csv", "--quiet", "--rejects", "r2.csv", code=2)
    with open("r2.csv", "rb") as file:
        lines = [line.split(b",")[1] for line in file.readlines()[1:]]
    assert lines == [b"70002", b"140003"], lines


def kept_rejects():
    """A database keeps some rejects of a file, and counts all."""
    n = 100300
    write("bad.csv", HEADER, b",,\n" * n, ROW)
    run("import", "bad.csv", "--db", "a.db", "--quiet", program=RELEASE)
    run("check", "a.db", program=RELEASE)
    with sqlite3.connect("a.db") as db:
        assert db.execute("SELECT count(*), max(line) FROM reject"
                          ).fetchone() == (100000, 100001)
        assert db.execute("SELECT sum(n) FROM reject_count").fetchone()[0] == n
    db.close()
    found = answers("a.db", program=RELEASE)
    assert found["rejects"]["total"] == n and found["lines"] == n + 1
    done = run("report", "a.db", "--rejects", "r.csv", program=RELEASE)
    assert b"only 100000 of 100300" in done.stderr, done.stderr
    with open("bad.csv", "ab") as file:
        file.write(b"x\n")
    run("import", "bad.csv", "--db", "a.db", "--quiet", program=RELEASE)
    run("check", "a.db", program=RELEASE)
    write("long.csv", HEADER, (b"x" * 1000000 + b"\n") * 40)
    run("import", "long.csv", "--db", "b.db", "--quiet", program=RELEASE,
        code=2)
    run("check", "b.db", program=RELEASE)
    assert os.path.getsize("b.db") < 20 << 20


def zstd_frame(data, window=None):
    """A frame that holds the data as it is; with a window of its own size."""
    if window is None:
        head = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data))
    else:
        head = b"\x28\xb5\x2f\xfd\x00" + bytes([(window - 10) << 3])
    return head + struct.pack("<I", 1 | len(data) << 3)[:3] + data


def odd_packing():
    import gzip
    text = HEADER + ROW
    skippable = struct.pack("<II", 0x184D2A55, 5) + b"12345"
    write("a.csv.zst", skippable, skippable, zstd_frame(text), skippable)
    write("b.csv.zst", zstd_frame(text[:30]), skippable, zstd_frame(text[30:]))
    write("c.csv.gz", gzip.compress(text), bytes(10240))
    write("d.csv.gz", gzip.compress(text[:9]), gzip.compress(text[9:]),
          bytes(1))
    write("e.csv.zst", zstd_frame(text), bytes(511))
    for name in ("a.csv.zst", "b.csv.zst", "c.csv.gz", "d.csv.gz",
                 "e.csv.zst"):
        found = answers(name)
        assert found["readings"] == 1 and not found["skipped_files"], name
        with open(name, "rb") as file:
            found = answers("-", stdin=file)
        assert found["readings"] == 1 and not found["skipped_files"], name
    for name, end in (("f.csv.gz", gzip.compress(text)),
                      ("g.csv.zst", zstd_frame(text))):
        write(name, end, bytes(100), b"x")
        assert "damaged" in answers(name)["skipped_files"][0]["reason"], name
    write("only.zst", skippable)
    assert b"is empty" in run("report", "only.zst", code=2).stderr
    write("large.zst", zstd_frame(text, 30))
    done = run("report", "large.zst", code=2)
    assert b"--zstd-long 31" in done.stderr, done.stderr
    assert answers("large.zst", "--zstd-long", "30")["readings"] == 1
    run("import", "large.zst", "--db", "a.db", "--quiet", code=2)
    run("import", "large.zst", "--db", "a.db", "--quiet", "--zstd-long", "31")


def pipes_beside():
    """A pipe named devices.csv makes nobody wait."""
    write("a.csv", HEADER, ROW)
    os.mkfifo("devices.csv")
    found = answers("a.csv")
    assert found["readings"] == 1
    assert "not a regular file" in found["skipped_files"][0]["reason"]
    run("import", "a.csv", "--db", "a.db", "--quiet")


# ---- terminals --------------------------------------------------------------

EVIL = (b"\x1b]0;evil\x07\x1b[31m", b"\xc2\x9b31m", "‮".encode(),
        b"K\xfcche", "冷蔵庫".encode())


def on_terminal(*arguments):
    """What reaches a terminal: both streams are one."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(RELEASE, [RELEASE, *arguments],
                  dict(os.environ, NO_COLOR="1", LC_ALL="C.UTF-8",
                       TERM="dumb"))
    out = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.waitpid(pid, 0)
    os.close(fd)
    return out.replace(b"\r\n", b"\n")


def has_control(out):
    text = out.decode("utf-8")  # what goes out is UTF-8, whatever came in
    return [c for c in text if (ord(c) < 32 and c != "\n")
            or 127 <= ord(c) < 160 or 0x202a <= ord(c) <= 0x202e]


def terminals():
    folder = b"dir\x1b[2J\x07"
    os.mkdir(folder)
    name = folder + b"/a\x1b[31m.csv"
    write(name, HEADER, *[b"2023-01-01 00:0%d,%s,%d\n" % (i, d, i)
                          for i, d in enumerate(EVIL)], b"bad\n", b"half")
    write(folder + b"/b.csv", b"no header\n")
    shown = [on_terminal("import", folder, "--db", b"h\x1b[1m.db",
                         "--no-progress")]
    for command in (
            ["report", folder], ["report", folder, "--csv"],
            ["report", folder, "--json"], ["report", b"h\x1b[1m.db"],
            ["query", b"h\x1b[1m.db"], ["query", b"h\x1b[1m.db", "--csv"],
            ["query", b"h\x1b[1m.db", "--raw", "--json"],
            ["query", b"h\x1b[1m.db", "--device", b"\x1b[31mnone"],
            ["info", b"h\x1b[1m.db"], ["info", b"h\x1b[1m.db", "--json"],
            ["check", b"h\x1b[1m.db"], ["export", b"h\x1b[1m.db"],
            ["sql", b"h\x1b[1m.db", "SELECT * FROM readings"],
            ["sql", b"h\x1b[1m.db", "SELECT * FROM readings", "--csv"],
            ["sql", b"h\x1b[1m.db", "SELECT path, char(27) FROM files",
             "--json"],
            ["sql", b"h\x1b[1m.db", "SELECT char(27, 91, 50, 74) AS \"\x1b\""],
            ["sql", b"h\x1b[1m.db", b"SELECT \x1b[31m"],
            ["compact", b"h\x1b[1m.db"], ["report", b"none\x1b[31m.csv"],
            ["backup", b"h\x1b[1m.db", b"h\x1b[1m.db"],
            ["import", folder, "--db", b"h\x1b[1m.db", "--reader",
             b"\x1b[31m"], [b"\x1b[31m"], ["report", b"--\x1b[31m"],
            ["help", b"\x1b[31m"]):
        shown.append(on_terminal(*command))
    for out in shown:
        assert out and not has_control(out), (has_control(out), out)
    with sqlite3.connect(b"h\x1b[1m.db".decode()) as db:
        db.text_factory = bytes
        for table in ("device", "file", "place"):
            for row in db.execute(f"SELECT * FROM {table}"):
                for value in row:
                    if isinstance(value, bytes) and table != "file":
                        value.decode("utf-8")
        ids = {row[0] for row in db.execute("SELECT device_id FROM device")}
    db.close()
    assert "Küche".encode() in ids and EVIL[0] in ids, ids


def tables_align():
    write("a.csv", HEADER, *[b"2023-01-01 00:00,%s,5\n" % d for d in
                             (EVIL[4], "Küche".encode(), b"plain",
                              "e\u0301".encode())])
    run("import", "a.csv", "--db", "a.db", "--quiet")
    out = run("info", "a.db").stdout.decode()
    ends = set()
    for line in out.splitlines()[-4:]:
        text = line[:line.index("2023-")]
        ends.add(sum(2 if "\u3000" <= c <= "\u9fff" else
                     0 if c == "\u0301" else 1 for c in text))
    assert len(ends) == 1, out
    done = run("sql", "a.db", "SELECT char(65, 0, 66) AS a, 'tail' AS b")
    assert [len(line.split()) for line in done.stdout.splitlines()] == [2, 2]
    done = run("sql", "a.db", "SELECT char(65, 0, 66) AS a, 'tail' AS b",
               "--json")
    assert json.loads(done.stdout)[0] == {"a": "A\0B", "b": "tail"}


# ---- streams, limits, other users -------------------------------------------

def full_streams():
    """What could not be printed is no success."""
    write("a.csv", HEADER, ROW)
    run("import", "a.csv", "--db", "a.db", "--quiet")
    commands = [["help"], ["help", "report"], ["version"], ["--version"],
                ["report", "a.csv"], ["report", "a.csv", "--json"],
                ["report", "a.csv", "--csv"], ["query", "a.db"],
                ["query", "a.db", "--csv"], ["sql", "a.db", "SELECT 1"],
                ["sql", "a.db", "SELECT 1", "--json"], ["info", "a.db"],
                ["check", "a.db"], ["export", "a.db"], ["compact", "a.db"],
                ["check", "a.db", "--salvage", "s.db"],
                ["import", "a.csv", "--db", "b.db"],
                ["generate", "--out", "-", "--readings", "10"],
                ["generate", "--out", "g", "--readings", "10"]]
    for command in commands:
        with open("/dev/full", "wb") as full:
            done = run(*command, code=2, stdout=full)
        assert done.stderr.count(b"\n") == 1, (command, done.stderr)
        closed = subprocess.run(["sh", "-c", '"$@" >&- 2>&- <&-', "sh",
                                 RELEASE, *command], timeout=100)
        assert closed.returncode in (0, 2), (command, closed.returncode)


def interrupts():
    """A job whose interrupts are ignored goes on."""
    write("a.csv", HEADER, *[b"2023-10-01 %02d:%02d:%02d,a,%d\n" %
                             (i // 3600, i // 60 % 60, i % 60, i)
                             for i in range(80000)])
    for command in (["report", "a.csv"], ["import", "a.csv", "--db", "a.db"]):
        job = subprocess.Popen(
            [CHECKED, *command], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        for _ in range(20):
            if job.poll() is None:
                job.send_signal(signal.SIGINT)
        job.communicate(timeout=100)
        assert job.returncode == 0, (command, job.returncode)


def few_descriptors():
    """Too many open files is said as such, and never a missing reading."""
    write("a.csv", HEADER, ROW)
    run("import", "a.csv", "--db", "a.db", "--quiet", program=RELEASE)
    for n in range(4, 12):
        for command in (["report", "a.db"], ["query", "a.db"],
                        ["report", "a.csv"], ["check", "a.db"],
                        ["import", "a.csv", "--db", f"new{n}.db"]):
            done = run(*command, code=None, program=RELEASE,
                       preexec_fn=lambda n=n: resource.setrlimit(
                           resource.RLIMIT_NOFILE, (n, n)))
            words = done.stderr.decode()
            assert done.returncode in (0, 2, 127), (command, words)
            assert done.returncode == 0 or "oo many open files" in words or \
                "shared librar" in words or "rror 24" in words, \
                (n, command, words)


def only_rejects():
    write("a.csv", HEADER, b"bad\n" * 5)
    run("import", "a.csv", "--db", "a.db", "--quiet", code=2)
    out = run("check", "a.db").stdout
    assert b"empty" not in out and b"rejected lines: 5" in out, out


def other_users():
    """Who may only read can read: with wattle, and with SQLite alone."""
    if os.getuid() != 0:
        raise Skipped("only root can become another user")
    write("a.csv", HEADER, ROW)
    run("import", "a.csv", "--db", "a.db", "--quiet", program=RELEASE)
    program = shutil.copy(RELEASE, "wattle")
    os.chmod(".", 0o755)
    os.chmod(program, 0o755)
    folder = os.getcwd()

    def become_nobody():
        os.setgid(65534)
        os.setuid(65534)

    def look():
        ask = ("import sqlite3, sys\n"
               f"db = sqlite3.connect('file:{folder}/a.db?mode=ro', uri=True)\n"
               "print(db.execute('SELECT n_readings FROM devices')"
               ".fetchone()[0])")
        done = subprocess.run(["/usr/bin/python3", "-c", ask],
                              capture_output=True, preexec_fn=become_nobody,
                              timeout=60)
        assert done.returncode == 0, done.stderr
        for command in ("report", "query", "info", "check", "export"):
            subprocess.run([f"{folder}/wattle", command, f"{folder}/a.db"],
                           check=True, stdout=subprocess.DEVNULL, timeout=60,
                           preexec_fn=become_nobody)
        return int(done.stdout)
    assert look() == 1
    write("b.csv", HEADER, b"2023-10-01 09:00:00,a,1000\n")
    run("import", "b.csv", "--db", "a.db", "--quiet", program=RELEASE)
    assert look() == 2
    run("compact", "a.db", "--quiet", program=RELEASE)
    run("report", "a.db", program=RELEASE)
    assert look() == 2
    for end in ("-wal", "-shm"):  # and where they were left behind
        os.unlink("a.db" + end)
    for command in ("report", "query"):
        subprocess.run([f"{folder}/wattle", command, f"{folder}/a.db"],
                       check=True, stdout=subprocess.DEVNULL, timeout=60,
                       preexec_fn=become_nobody)


# ---- how it is built --------------------------------------------------------

def built_hard():
    if shutil.which("readelf") is None:
        raise Skipped("there is no readelf")
    words = subprocess.run(["readelf", "-hldW", "--dyn-syms", RELEASE],
                           capture_output=True, text=True, check=True).stdout
    assert re.search(r"Type:\s+DYN", words), "not position-independent"
    assert "GNU_RELRO" in words and "BIND_NOW" in words, "relocations"
    assert re.search(r"GNU_STACK.* RW ", words), "an executable stack"
    assert "__stack_chk_fail" in words, "no stack protector"
    assert re.search(r"__\w+_chk\b", words.replace("__stack_chk_fail", "")), \
        "no checked functions"


def sandbox():
    """What is given up is gone, in every command that only reads."""
    write("a.csv", HEADER, ROW)
    write("secret", b"mine")
    os.mkdir("home")
    shutil.move("a.csv", "home/a.csv")
    run("import", "home/a.csv", "--db", "home/a.db", "--quiet",
        program=RELEASE)
    probe = os.path.abspath("probe.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", probe,
                    os.path.join(HERE, "sandbox_probe.c")], check=True)
    required = dict(os.environ, WATTLE_SANDBOX="require")
    done = subprocess.run([RELEASE, "query", "home/a.db"], env=required,
                          capture_output=True)
    if b"this kernel has not" in done.stderr:
        raise Skipped("this kernel has not both Landlock and seccomp")
    home = tempfile.mkdtemp(prefix="wattle-secret-", dir="/var")
    secret = write(os.path.join(home, "secret"), b"mine")
    try:
        for command in (["report", "home/a.db"], ["query", "home/a.db"],
                        ["sql", "home/a.db", "SELECT * FROM readings"],
                        ["check", "home/a.db"], ["info", "home/a.db"],
                        ["export", "home/a.db"],
                        ["export", "home/a.db", "--out", "home/e.csv"]):
            found = {}
            for mode in ("off", "require"):
                done = subprocess.run(
                    [RELEASE, *command], capture_output=True, timeout=60,
                    env=dict(os.environ, WATTLE_SANDBOX=mode,
                             LD_PRELOAD=probe, PROBE_SECRET=secret))
                found[mode] = dict(re.findall(r"^probe (\w+) (\w+)$",
                                              done.stderr.decode(), re.M))
            assert found["off"].get("read") == "done", (command, found)
            assert found["require"] == {
                "read": "EACCES", "write": "EACCES", "socket": "EPERM",
                "fork": "EPERM", "exec": "EPERM"}, (command, found)
    finally:
        shutil.rmtree(home)
    assert b"mine" == open("secret", "rb").read()


def suites_in_the_sandbox():
    """The command lines do in it what they do without."""
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "cli", "run_cli_cases.py"),
         RELEASE], env=dict(os.environ, WATTLE_SANDBOX="require"),
        capture_output=True, text=True, timeout=600)
    if "this kernel has not" in done.stdout:
        raise Skipped("this kernel has not both Landlock and seccomp")
    assert done.returncode == 0, done.stdout[-3000:]


CASES = [ids_of_one_hash, many_files, blank_lines, kept_rejects, odd_packing,
         pipes_beside, terminals, tables_align, full_streams, interrupts,
         few_descriptors, only_rejects, other_users, built_hard, sandbox,
         suites_in_the_sandbox]


def main():
    global CHECKED, RELEASE
    CHECKED, RELEASE = (os.path.abspath(path) for path in sys.argv[1:3])
    failed = 0
    for i, case in enumerate(CASES, 1):
        if len(sys.argv) > 3 and sys.argv[3] not in case.__name__:
            continue
        folder = tempfile.mkdtemp(prefix="wattle-threats-")
        os.chdir(folder)
        try:
            case()
            print(f"ok {i} - {case.__name__}", flush=True)
        except Skipped as why:
            print(f"ok {i} - {case.__name__} # SKIP {why}", flush=True)
        except (AssertionError, subprocess.SubprocessError, OSError) as problem:
            print(f"not ok {i} - {case.__name__}: {problem!r}", flush=True)
            failed += 1
        finally:
            os.chdir("/")
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
