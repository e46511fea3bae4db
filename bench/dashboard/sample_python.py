#!/usr/bin/env python3
"""Runs the Python monitor and samples its call stack by a timer.

    python3 sample_python.py FILE INTERVAL_MS MONITOR [arguments of MONITOR...]

Writes {"stacks": [[[[name, kind], ...], n], ...]} to FILE. The handler
runs between two steps of the interpreter, so time in C code, such as the CSV
reader's, counts for the Python function that called it.
"""

import importlib.util
import json
import os
import signal
import sys


def describe(code, own_folder):
    """Name and kind of a function."""
    name = getattr(code, "co_qualname", code.co_name)
    file_name = os.path.basename(code.co_filename)
    is_own = os.path.dirname(os.path.abspath(code.co_filename)) == own_folder
    kind = "python" if is_own else "stdlib"
    return f"{name} ({file_name}:{code.co_firstlineno})", kind


def main():
    out, interval_ms, monitor, *arguments = sys.argv[1:]
    interval_s = float(interval_ms) / 1000
    spec = importlib.util.spec_from_file_location("monitor", monitor)
    module = importlib.util.module_from_spec(spec)
    counts = {}

    def take(_signal, frame):
        codes = []
        while frame is not None:
            codes.append(frame.f_code)
            frame = frame.f_back
        key = tuple(codes)
        counts[key] = counts.get(key, 0) + 1

    spec.loader.exec_module(module)
    sys.argv = [monitor, *arguments]
    signal.signal(signal.SIGALRM, take)
    signal.setitimer(signal.ITIMER_REAL, interval_s, interval_s)
    try:
        module.main()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    folder = os.path.dirname(os.path.abspath(monitor))
    mine = {main.__code__}
    stacks = [[[describe(code, folder) for code in reversed(codes)
                if code not in mine], n] for codes, n in counts.items()]
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"stacks": stacks}, file)


if __name__ == "__main__":
    main()
