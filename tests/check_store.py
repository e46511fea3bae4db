#!/usr/bin/env python3
"""Whether the database can be trusted: imports, damage, crashes, full disks.

    check_store.py WATTLE [--tier test|full] [--only NAME] [--from N --count N]

Each suite is a module in tests/store/ and says what it does there. Prints a
line for whatever fails and ends with "N passed, N failed, N skipped".
"""
import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "store"))

import store_tools  # noqa: E402
from store_tools import Failure  # noqa: E402

os.environ.setdefault("WATTLE_TZ", "UTC")  # not the zone of the machine

SUITES = ["differential", "kill_imports", "flip_bits", "full_disks",
          "other_files", "many_at_once", "query_plans",
          "large_inputs", "golden_files", "growing_files",
          "forged_databases", "written_files", "salvaged", "zoned_imports",
          "taken_back", "never_had", "zone_races",
          "device_rejects"]


def run_one(job):
    """Runs a case of a suite in a folder of its own; None, or what failed."""
    suite, case, path, tier, keep = job
    module = __import__(suite)
    folder = tempfile.mkdtemp(prefix=f"wattle-{suite}-")
    problem = None
    try:
        problem = module.run_case(store_tools.Program(path), case, folder,
                                  tier)
    except Failure as failure:
        problem = str(failure)
    except Exception:
        problem = "error in the test itself:\n" + traceback.format_exc()
    if keep and problem and not problem.startswith("# SKIP"):
        print(f"kept: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return suite, case, problem


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--tier", choices=["quick", "test", "full"],
                        default="test")
    parser.add_argument("--only", default="", help="suites with one of these names, as in a,b")
    parser.add_argument("--case", help="only this case")
    parser.add_argument("--from", type=int, default=0, dest="first",
                        help="number added to random seeds")
    parser.add_argument("--count", type=int, help="random cases of a suite")
    parser.add_argument("--keep", action="store_true",
                        help="keep the folders of what fails")
    options = parser.parse_args()
    jobs = []
    for suite in SUITES:
        if not any(name in suite for name in options.only.split(",")):
            continue
        cases = __import__(suite).cases(options.tier)
        if cases and isinstance(cases[0], int):
            n = options.count if options.count is not None else len(cases)
            cases = range(options.first, options.first + n)
        jobs += [(suite, case, os.path.abspath(options.program), options.tier,
                  options.keep) for case in cases
                 if options.case in (None, str(case))]
    n = [0, 0, 0]
    with multiprocessing.Pool(min(2, os.cpu_count() or 1)) as pool:
        for suite, case, problem in pool.imap_unordered(run_one, jobs):
            skipped = problem is not None and problem.startswith("# SKIP")
            n[2 if skipped else 1 if problem else 0] += 1
            if skipped:
                print(f"skipped: {suite} {case}: {problem[7:]}", flush=True)
            elif problem:
                print(f"not ok: {suite} {case}: {problem}", flush=True)
    print(f"{n[0]} passed, {n[1]} failed, {n[2]} skipped")
    return 1 if n[1] or n[0] == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
