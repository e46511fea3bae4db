#!/usr/bin/env python3
"""Programs that were compiled for one version of the library, and the library
of another one.

A later library is made of this tree, in which every structure of options and
results has more members. A program of today's headers runs with it, and one of
the later headers with today's library; both must print what they print with
their own.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "release")
# What may grow: all that begins with a size, or is reached by pointers.
FIXED = {"wattle_error", "wattle_sql_value", "wattle_writer", "wattle_column"}


def sh(*command, **options):
    done = subprocess.run(command, text=True, capture_output=True, **options)
    if done.returncode != 0:
        raise AssertionError(" ".join(command) + "\n" +
                             (done.stdout + done.stderr)[-3000:])
    return done.stdout


def add_members(path):
    """Appends members to every structure that may grow; counts them."""
    n = 0

    def grow(match):
        nonlocal n
        if match[1] in FIXED:
            return match[0]
        n += 1
        return match[0][:-2] + "    double later_number;\n" \
                               "    void *later_pointer;\n};"

    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"^struct (wattle_\w+) \{.*?^\};", grow, text,
                  flags=re.S | re.M)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return n


def make_later(folder):
    """The tree with larger structures, and its library."""
    tree = os.path.join(folder, "later")
    for name in ("include", "src", "man", "completions", "tools", "docs"):
        shutil.copytree(os.path.join(ROOT, name), os.path.join(tree, name))
    for name in ("meson.build", "meson_options.txt", "README.md", "CHANGELOG.md",
                 "LICENSE"):
        shutil.copy(os.path.join(ROOT, name), tree)
    n = sum(add_members(path) for path in
            glob.glob(os.path.join(tree, "include/wattle/**/*.h"),
                      recursive=True))
    assert n >= 20, f"only {n} structures have grown"
    build = os.path.join(tree, "build")
    sh("meson", "setup", build, tree, "--buildtype=plain")
    version = sh("sh", os.path.join(ROOT, "tools/version.sh")).strip()
    sh("ninja", "-C", build, f"libwattle.so.{version}")
    return tree, build


def compile_caller(folder, name, include, library):
    program = os.path.join(folder, name)
    sh("cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", include,
       os.path.join(ROOT, "tests/abi/caller.c"), "-o", program, "-L", library,
       "-lwattle")
    return program


def run(folder, program, library, data):
    database = os.path.join(folder, "home.db")
    for name in glob.glob(database + "*"):
        os.unlink(name)
    return sh(program, data, database,
              env=dict(os.environ, LD_LIBRARY_PATH=library))


def check(folder):
    data = os.path.join(folder, "data")
    sh(os.path.join(BUILD, "wattle"), "generate", "--readings", "3000",
       "--devices", "7", "--dirty", "0.05", "--quiet", "--out", data)
    tree, later = make_later(folder)
    now = os.path.join(ROOT, "include")
    old = compile_caller(folder, "old", now, BUILD)
    new = compile_caller(folder, "new", os.path.join(tree, "include"), later)
    wanted = run(folder, old, BUILD, data)
    assert wanted.count("\n") > 100, wanted
    for what, program, library in (
            ("a later library", old, later), ("an earlier library", new, BUILD),
            ("its own library", new, later)):
        yield what, run(folder, program, library, data) == wanted


def main():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="wattle-abi-") as folder:
        try:
            for i, (what, is_same) in enumerate(check(folder), 1):
                print(f"{'ok' if is_same else 'not ok'} {i} - a program with "
                      f"{what}")
                failed += not is_same
        except AssertionError as problem:
            print(f"not ok 1 - {problem}")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
