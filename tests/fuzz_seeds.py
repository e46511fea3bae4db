#!/usr/bin/env python3
"""The fuzz target: `regress` runs the kept inputs once, `fuzz` searches on.

Needs clang with its sanitizer runtime; says so and skips where it is absent.
FUZZ_SECONDS (default 300) bounds `fuzz`.
"""
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "fuzz")
SEEDS = os.path.join(ROOT, "fuzz", "seeds")


def build():
    """The target's path; None where it cannot be built here."""
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
    done = subprocess.run(["ninja", "-C", BUILD, "fuzz/fuzz_csv"], text=True,
                          capture_output=True)
    if done.returncode != 0:
        print(done.stdout[-3000:])
        return ""
    return os.path.join(BUILD, "fuzz", "fuzz_csv")


def main():
    target = build()
    if target is None:
        print("ok 1 - fuzz target # SKIP no clang with libFuzzer here")
        return 0
    if not target:
        print("not ok 1 - the fuzz target does not build")
        return 1
    if sys.argv[1] == "regress":
        failed = 0
        for i, name in enumerate(sorted(os.listdir(SEEDS)), 1):
            done = subprocess.run([target, os.path.join(SEEDS, name)],
                                  capture_output=True, text=True)
            failed += done.returncode != 0
            print(f"{'not ok' if done.returncode else 'ok'} {i} - {name}")
            if done.returncode:
                print(done.stderr[-2000:])
        return 1 if failed else 0
    corpus = os.path.join(BUILD, "corpus")
    os.makedirs(corpus, exist_ok=True)
    seconds = os.environ.get("FUZZ_SECONDS", "300")
    done = subprocess.run([target, corpus, SEEDS, "-max_len=4000",
                           f"-max_total_time={seconds}", "-print_final_stats=1",
                           f"-artifact_prefix={BUILD}/"], text=True,
                          capture_output=True)
    print(done.stderr[-1500:])
    print(f"{'not ok' if done.returncode else 'ok'} 1 - fuzzing {seconds} s")
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
