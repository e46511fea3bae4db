#!/usr/bin/env python3
"""Compares the report of the oracle with the report of the program.

    python3 compare.py EXPECTED.json ACTUAL.json

Counts, strings, times, booleans and null must be equal; floats may differ by
one part in 1e12. Keys that only the program prints are ignored.
"""

import json
import sys

RELATIVE = 1e-12
ABSOLUTE = 1e-300
# Terms of efficiencies are rounded to 2^-90, so what cancels may leave that.
EFFICIENCY_ABSOLUTE = 2.0**-89
# Where a line crosses zero, its two parts are counted in 1e-18 of half a nW ms,
# which is 1.4e-37 kWh.
DIRECTED = ("imported_kwh", "returned_kwh", "cost")
DIRECTED_ABSOLUTE = 1e-34

# What identifies an entry of a list, for readable messages.
NAMED_BY = {"per_device": "device_id", "by_location": "location", "by_hour": "hour",
            "by_day": "day", "skipped_files": "file"}


def compare(expected, actual):
    """Returns a list of messages, one for each difference."""
    differences = []
    compare_value("", expected, actual, differences)
    return differences


def compare_value(path, expected, actual, out):
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            wrong(path, expected, actual, out)
            return
        for key, value in expected.items():
            below = path + "." + key if path else key
            if key not in actual:
                out.append("%s: missing, expected %s" % (below, show(value)))
            elif path.startswith("skipped_files") and key == "reason":
                pass              # the wording is free
            else:
                compare_value(below, value, actual[key], out)
        if path == "rejects.by_reason":
            # Here a further key is a further count.
            for key in actual:
                if key not in expected:
                    out.append("%s.%s: unexpected, got %s" % (path, key, show(actual[key])))
    elif isinstance(expected, list):
        if isinstance(actual, list):
            compare_list(path, expected, actual, out)
        else:
            wrong(path, expected, actual, out)
    elif not same(expected, actual, allowed(path)):
        wrong(path, expected, actual, out)


def compare_list(path, expected, actual, out):
    key = NAMED_BY.get(path)
    names = [entry_name(entry, key, index) for index, entry in enumerate(expected)]
    got = [entry_name(entry, key, index) for index, entry in enumerate(actual)]
    if names == got:
        for name, left, right in zip(names, expected, actual):
            compare_value("%s[%s]" % (path, name), left, right, out)
        return
    # Not the same entries in the same order: say what is missing or too much,
    # and compare those that both have.
    if len(names) != len(got):
        out.append("%s: expected %d entries, got %d" % (path, len(names), len(got)))
    for name in names:
        if name not in got:
            out.append("%s[%s]: missing" % (path, name))
    for name in got:
        if name not in names:
            out.append("%s[%s]: unexpected" % (path, name))
    if sorted(names) == sorted(got):
        out.append("%s: order differs: expected %s, got %s" % (path, show(names), show(got)))
    for name, left in zip(names, expected):
        if names.count(name) == 1 and got.count(name) == 1:
            compare_value("%s[%s]" % (path, name), left, actual[got.index(name)], out)


def entry_name(entry, key, index):
    if key is None or not isinstance(entry, dict):
        return str(index)
    name = entry.get(key)
    return comparable(name) if isinstance(name, str) else json.dumps(name)


def allowed(path):
    if path.endswith(DIRECTED):
        return DIRECTED_ABSOLUTE
    return EFFICIENCY_ABSOLUTE if path.endswith("efficiency") else ABSOLUTE


def same(expected, actual, absolute=ABSOLUTE):
    if expected is None or isinstance(expected, bool):
        return actual is expected
    if isinstance(expected, str):
        return isinstance(actual, str) and comparable(expected) == comparable(actual)
    if isinstance(actual, bool) or not isinstance(actual, (int, float)):
        return False
    if isinstance(expected, int):
        return isinstance(actual, int) and actual == expected
    return abs(actual - expected) <= max(RELATIVE * abs(expected), absolute)


def comparable(text):
    """How bytes that are not UTF-8 are shown is free: as they are, or as U+FFFD."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    while "\ufffd\ufffd" in text:
        text = text.replace("\ufffd\ufffd", "\ufffd")
    return text


def show(value):
    text = json.dumps(value)
    return text if len(text) <= 200 else text[:200] + "..."


def wrong(path, expected, actual, out):
    out.append("%s: expected %s, got %s" % (path, show(expected), show(actual)))


def main(argv):
    if len(argv) != 2:
        print("usage: compare.py EXPECTED.json ACTUAL.json", file=sys.stderr)
        return 2
    reports = []
    for path in argv:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            reports.append(json.load(stream))
    differences = compare(*reports)
    for line in differences:
        print(line.encode("utf-8", "replace").decode())
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
