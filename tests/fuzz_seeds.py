#!/usr/bin/env python3
"""The fuzz targets: `regress` runs the kept inputs once, `fuzz` searches on.

Needs clang with its sanitizer runtime; says so and skips where it is absent.
FUZZ_SECONDS (default 300) bounds `fuzz`, for each target. Kept inputs of
fuzz_csv lie in fuzz/seeds, those of the others in fuzz/seeds/chunk and
fuzz/seeds/database; more are made here from small databases.
"""
import glob
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "fuzz")
SEEDS = os.path.join(ROOT, "fuzz", "seeds")

# name: (folder of kept inputs, longest input)
TARGETS = {"fuzz_csv": (SEEDS, 4000),
           "fuzz_chunk": (os.path.join(SEEDS, "chunk"), 20000),
           "fuzz_database": (os.path.join(SEEDS, "database"), 200000)}


def build():
    """Whether the targets could be built; None where that cannot be."""
    if not shutil.which("clang"):
        return None
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        done = subprocess.run(
            ["meson", "setup", BUILD, "-Dfuzz=true",
             "-Db_sanitize=address,undefined", "-Db_lundef=false",
             "--buildtype=debugoptimized"], cwd=ROOT, text=True,
            env=dict(os.environ, CC="clang"), capture_output=True)
        if done.returncode != 0:
            print(done.stdout + done.stderr)
            return None
    done = subprocess.run(["ninja", "-C", BUILD, "wattle",
                           *(f"fuzz/{name}" for name in TARGETS)], text=True,
                          capture_output=True)
    if done.returncode != 0:
        print(done.stdout[-3000:])
    return done.returncode == 0


def wattle(*arguments):
    subprocess.run([os.path.join(BUILD, "wattle"), *arguments], check=True,
                   capture_output=True)


def make_seeds(folder):
    """Small databases, and chunks and summaries taken out of them."""
    os.makedirs(f"{folder}/fuzz_chunk")
    os.makedirs(f"{folder}/fuzz_database")
    kinds = [("electric", "voltage,current,power_factor", "230.1,{0}.5,0.9"),
             ("power", "power", "{0}"), ("rest", "power,voltage,energy_wh",
                                         "{0}.123456789,,7")]
    for name, columns, values in kinds:
        database = f"{folder}/fuzz_database/{name}"
        for part, n in (("all", 5000), ("late", 30)):
            path = f"{folder}/{name}-{part}.csv"
            with open(path, "w", encoding="ascii") as out:
                out.write(f"timestamp,device_id,{columns}\n")
                for i in range(n):
                    ms = 1696118400 + i * (60 if part == "all" else 977)
                    out.write(f"{ms},d{i % 50 == 7},"
                              + values.format(i * i % 97) + "\n")
                out.write("garbage\n")
            wattle("import", "--quiet", "--db", database, path)
        with sqlite3.connect(f"file:{database}?immutable=1", uri=True) as db:
            blobs = [row[0] for row in db.execute(
                "SELECT data FROM chunk_data UNION ALL SELECT summary FROM "
                "chunk")]
        for i, blob in enumerate(blobs):
            with open(f"{folder}/fuzz_chunk/{name}-{i}", "wb") as out:
                out.write(bytes([i % 4]) + blob)


def inputs(name, made):
    return [path for path in sorted(glob.glob(f"{TARGETS[name][0]}/*")
                                    + glob.glob(f"{made}/{name}/*"))
            if os.path.isfile(path)]


def regress(made):
    """Runs every input once, and every database with a few pieces missing."""
    failed = number = 0
    for name in TARGETS:
        for path in inputs(name, made):
            number += 1
            done = subprocess.run([os.path.join(BUILD, "fuzz", name), path],
                                  capture_output=True, text=True,
                                  errors="replace")
            failed += done.returncode != 0
            print(f"{'not ok' if done.returncode else 'ok'} {number} - {name} "
                  f"{os.path.basename(path)}")
            if done.returncode:
                print(done.stderr[-2000:])
    return 1 if failed else 0


def fuzz(made, only):
    seconds = os.environ.get("FUZZ_SECONDS", "300")
    failed = 0
    for number, (name, (kept, longest)) in enumerate(TARGETS.items(), 1):
        if only not in name:
            continue
        corpus = os.path.join(BUILD, f"corpus_{name}")
        os.makedirs(corpus, exist_ok=True)
        folders = [folder for folder in (kept, f"{made}/{name}")
                   if os.path.isdir(folder)]
        done = subprocess.run(
            [os.path.join(BUILD, "fuzz", name), corpus, *folders,
             f"-max_len={longest}", f"-max_total_time={seconds}",
             "-print_final_stats=1", "-rss_limit_mb=4096",
             f"-artifact_prefix={BUILD}/{name}-"], text=True,
            errors="replace", capture_output=True)
        print(done.stderr[-6000:] if done.returncode else done.stderr[-800:])
        print(f"{'not ok' if done.returncode else 'ok'} {number} - {name} "
              f"{seconds} s")
        failed += done.returncode != 0
    return 1 if failed else 0


def main():
    built = build()
    if built is None:
        print("ok 1 - fuzz targets # SKIP no clang with libFuzzer here")
        return 0
    if not built:
        print("not ok 1 - the fuzz targets do not build")
        return 1
    with tempfile.TemporaryDirectory(prefix="wattle-fuzz-") as made:
        make_seeds(made)
        if sys.argv[1] == "regress":
            return regress(made)
        return fuzz(made, sys.argv[2] if len(sys.argv) > 2 else "")


if __name__ == "__main__":
    sys.exit(main())
