"""No space, no permission, a limit on file sizes: one clear line, exit status
2, and the database as it was."""
import os
import resource
import shutil
import signal
import subprocess

from kill_imports import copy_database, is_unborn, sides
from store_tools import Program, expect, one_line

NOBODY = 65534


def cases(_tier):
    return ["tmpfs", "limit", "limit-backup", "folder", "file", "temporary"]


def generate(program, folder):
    """Two lots of readings, and a database of the first."""
    lots = []
    for seed, n in (("1", "60000"), ("2", "90000")):
        path = os.path.join(folder, f"lot{seed}")
        program.run("generate", "--quiet", "--out", path, "--devices", "30",
                    "--readings", n, "--seed", seed)
        lots.append(path)
    before = os.path.join(folder, "before.db")
    program.imports(before, lots[0])
    return lots, before


def check_untouched(program, path, expected, done, words=("space", "limit",
                                                          "large", "permission",
                                                          "full", "write")):
    line = one_line(done)
    expect(any(word in line for word in words), "not a clear line:", line)
    program.check(path)
    expect(program.export(path) == expected, "the database has changed")


def tmpfs(program, folder):
    mount = os.path.join(folder, "mount")
    os.mkdir(mount)
    lots, before = generate(program, folder)
    expected = program.export(before)
    size = os.path.getsize(before)
    if os.getuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size + (200 << 10)}",
             "tmpfs", mount], capture_output=True).returncode != 0:
        return "# SKIP tmpfs: needs root and the right to mount"
    try:
        path = os.path.join(mount, "home.db")
        shutil.copy(before, path)
        done = program.imports(path, lots[1], "--quiet", code=2)
        check_untouched(program, path, expected, done, ("no space left",))
        done = program.run("backup", path, path + ".copy", code=2)
        check_untouched(program, path, expected, done, ("no space left",))
        expect(os.listdir(mount) in (["home.db"], ["home.db", "home.db-wal"],
               ["home.db", "home.db-shm"]) or
               not os.path.exists(path + ".copy"), os.listdir(mount))
        done = program.run("compact", path, "--quiet", code=None)
        if done.code != 0:
            check_untouched(program, path, expected, done, ("no space left",))
    finally:
        subprocess.run(["umount", mount], check=True)
    return None


def limited(n_bytes):
    def prepare():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))
    return prepare


def limit(program, folder):
    lots, before = generate(program, folder)
    path = os.path.join(folder, "home.db")
    after = os.path.join(folder, "after.db")
    copy_database(before, after)
    program.imports(after, lots[1])
    expected, wanted = program.export(before), program.export(after)
    most = os.path.getsize(after)
    for part in (0, 8192, 32768, 65536, most // 4, most // 2, 3 * most // 4):
        copy_database(before, path)
        done = program.imports(path, lots[1], "--quiet", code=None,
                               preexec_fn=limited(part))
        if done.code == 2:
            check_untouched(program, path, expected, done)
            expect("disk I/O" not in done.words(), "which is not clear:", done)
        else:  # it is in the journal, which a limit did not reach
            expect(done.code == 0 and program.export(path) == wanted, done)
        for name in sides(path):
            if os.path.exists(name):
                os.unlink(name)
        done = program.imports(path, lots[1], "--quiet", code=None,
                               preexec_fn=limited(part))
        expect(done.code != 2 or len(done.words().splitlines()) == 1, done)
        expect(done.code != 2 or is_unborn(path) or
               program.export(path).count(b"\n") == 1, "half a database")
        program.imports(path, lots[1], "--quiet")
        program.check(path)


def limit_backup(program, folder):
    _lots, before = generate(program, folder)
    copy = os.path.join(folder, "copy.db")
    for part in (0, 8192, os.path.getsize(before) - 8192):
        done = program.run("backup", before, copy, code=2,
                           preexec_fn=limited(part))
        one_line(done)
        expect(not os.path.exists(copy), "half a copy")
    program.run("backup", before, copy)
    expect(program.export(copy) == program.export(before), "copy")
    done = program.run("export", before, "--out", os.path.join(folder, "x"),
                       code=2, preexec_fn=limited(4096))
    one_line(done)
    expect(not os.path.exists(os.path.join(folder, "x")), "half an export")


def become_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def as_somebody(program, folder):
    """The program where anybody may run it, and how to be anybody."""
    os.chmod(folder, 0o755)
    path = os.path.join(folder, "wattle")
    shutil.copy(program.path, path)
    os.chmod(path, 0o755)
    return Program(path), ({"preexec_fn": become_nobody}
                           if os.getuid() == 0 else {})


def readable(program, folder):
    """A database and files that anybody may read; what it should answer."""
    lots, before = generate(program, folder)
    home = os.path.join(folder, "home")
    os.mkdir(home)
    path = os.path.join(home, "home.db")
    shutil.copy(before, path)
    for lot in lots:
        os.chmod(lot, 0o755)
    os.chmod(path, 0o444)
    return lots, path, program.export(before)


def folder_without_rights(program, folder):
    lots, path, expected = readable(program, folder)
    anybody, options = as_somebody(program, folder)
    os.chmod(os.path.dirname(path), 0o555)
    done = anybody.imports(path, lots[1], "--quiet", code=2, **options)
    one_line(done)
    other = os.path.join(os.path.dirname(path), "other.db")
    one_line(anybody.imports(other, lots[1], "--quiet", code=2, **options))
    one_line(anybody.run("compact", path, "--quiet", code=2, **options))
    one_line(anybody.run("backup", path, other, code=2, **options))
    expect(anybody.run("export", path, **options).out == expected, "export")
    anybody.run("report", path, "--quiet", **options)
    anybody.run("query", path, **options)
    anybody.run("check", path, **options)
    expect(os.listdir(os.path.dirname(path)) == ["home.db"], "left behind")


def file_without_rights(program, folder):
    lots, path, expected = readable(program, folder)
    anybody, options = as_somebody(program, folder)
    os.chmod(os.path.dirname(path), 0o777)
    for command in (["import", "--no-progress", "--quiet", "--db", path,
                     lots[1]], ["compact", "--quiet", path]):
        one_line(anybody.run(*command, code=2, **options))
        expect(anybody.run("export", path, **options).out == expected,
               "export")
    anybody.run("check", path, **options)


def temporary(program, folder):
    """Readings that must be spilled while TMPDIR does not exist or is full."""
    lots, before = generate(program, folder)
    expected = program.export(before)
    done = program.imports(before, lots[1], "--quiet", code=None,
                           env=dict(os.environ, TMPDIR="/nowhere/at/all"))
    expect(done.code in (0, 2), done)
    if done.code == 2:
        check_untouched(program, before, expected, done, ("/nowhere",))


RUN = {"tmpfs": tmpfs, "limit": limit, "limit-backup": limit_backup,
       "folder": folder_without_rights, "file": file_without_rights,
       "temporary": temporary}


def run_case(program, case, folder, _tier):
    return RUN[case](program, folder)
