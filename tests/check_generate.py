#!/usr/bin/env python3
"""Generated data: the file checker agrees, and so does the report.

For several kinds of output: tests/oracle/check_generated.py looks at every
row; the report's counts must be what truth.json (or the request) says; the
sanitized and the release program must write the same bytes.
"""
import hashlib
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

CASES = [
    ("plain", ["--readings", "20000", "--devices", "100"]),
    ("device order", ["--readings", "9973", "--devices", "37", "--order",
                      "device", "--files", "3"]),
    ("dirty", ["--readings", "20000", "--devices", "100", "--dirty", "0.05"]),
    ("very dirty", ["--readings", "6000", "--devices", "11", "--dirty",
                    "0.5", "--seed", "5", "--order", "device"]),
    ("zstd", ["--readings", "10000", "--zstd", "--dirty", "0.02"]),
    ("gzip", ["--readings", "10000", "--gzip", "--mains", "120"]),
]


def digest(folder):
    total = hashlib.sha256()
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            total.update(name.encode() + file.read())
    return total.hexdigest()


def expected_counts(folder, options):
    path = os.path.join(folder, "truth.json")
    if not os.path.exists(path):
        n = int(options[options.index("--readings") + 1])
        return {"lines": n, "readings": n, "duplicates": 0, "rejects": {}}
    with open(path, encoding="utf-8") as file:
        truth = json.load(file)
    rejects = {k: v for k, v in truth["rejects"]["by_reason"].items() if v}
    return {"lines": truth["lines"], "readings": truth["readings"],
            "duplicates": truth["duplicates"], "rejects": rejects}


def check(checked, release, folder, options):
    one, two = os.path.join(folder, "one"), os.path.join(folder, "two")
    subprocess.run([checked, "generate", "--quiet", "--threads", "1", "--out",
                    one, *options], check=True)
    subprocess.run([release, "generate", "--quiet", "--threads", "3", "--out",
                    two, *options], check=True)
    if digest(one) != digest(two):
        return "one thread and three write different bytes"
    looked = subprocess.run(
        [sys.executable, os.path.join(HERE, "oracle/check_generated.py"),
         one], capture_output=True, text=True)
    if looked.returncode != 0:
        return looked.stdout[-2000:] + looked.stderr[-2000:]
    report = json.loads(subprocess.run(
        [checked, "report", one, "--json", "--no-progress"],
        check=True, capture_output=True).stdout)
    got = {"lines": report["lines"], "readings": report["readings"],
           "duplicates": report["duplicates"],
           "rejects": report["rejects"]["by_reason"]}
    wanted = expected_counts(one, options)
    return None if got == wanted else f"wanted {wanted}, got {got}"


def main():
    checked, release = map(os.path.abspath, sys.argv[1:3])
    failed = 0
    for i, (name, options) in enumerate(CASES, 1):
        with tempfile.TemporaryDirectory(prefix="wattle-gen-") as folder:
            problem = check(checked, release, folder, options)
        print(f"{'not ok' if problem else 'ok'} {i} - {name}")
        if problem:
            print(problem)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
