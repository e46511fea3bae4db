"""Databases of every past format answer as they did when they were made."""
import glob
import gzip
import os
import re

from store_tools import expect, write

GOLDEN = os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "data", "golden")


def cases(_tier):
    return sorted(os.path.basename(path)[:-len(".db.gz")]
                  for path in glob.glob(f"{GOLDEN}/format-*.db.gz"))


def kept(name):
    with gzip.open(os.path.join(GOLDEN, name + ".gz")) as file:
        return file.read()


def run_case(program, case, folder, _tier):
    path = write(os.path.join(folder, "home.db"), kept(case + ".db"))
    program.check(path)
    expect(program.export(path) == kept(case + ".csv"), "export differs")
    # paths of files are those of when it was made
    report = program.run("report", path, "--json", "--no-progress")
    expect(report.out == kept(case + ".json"), "report differs")
    decoded = program.run("report", path, "--json", "--no-progress",
                          "--no-summaries")
    expect(decoded.out == report.out, "summaries differ from readings")
    expect(re.search(rb"\blate\b", program.run(
        "query", path, "--csv", "--raw").out, re.M) is not None, "query")
    # and it can still be written to
    more = write(os.path.join(folder, "more.csv"),
                 "timestamp,device_id,power\n2024-02-01 00:00:00,new,5\n")
    program.imports(path, more)
    program.check(path)
