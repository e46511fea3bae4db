#!/usr/bin/env python3
"""Runs the cases in tests/cli/*.case against the program.

A case file holds any number of cases:

    == name of the case
    -- file data/a.csv        (what follows, up to the next mark, is written)
    timestamp,device_id,power
    ...
    $ wattle report data      (run in a fresh folder)
    exit 0
    out| a line that stdout must hold, in this order
    out- text that stdout must not hold
    err| a line that stderr must hold
    err- text that stderr must not hold
    err=                      (stderr must be empty)
    out=                      (stdout must be empty)

`{{...}}` in an expected line is a regular expression. Several commands may
follow each other in one case.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

os.environ.setdefault("WATTLE_TZ", "UTC")  # not the zone of the machine

HERE = os.path.dirname(os.path.abspath(__file__))


def parse(path):
    """[(name, [steps])]; a step is ("file", name, text) or ("run", ...)."""
    cases, text, steps = [], None, None
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if line.startswith("== "):
                steps, text = [], None
                cases.append((line[3:], steps))
            elif line.startswith("-- file "):
                text = []
                steps.append(["file", line[8:], text])
            elif line.startswith("$ "):
                text = None
                steps.append(["run", line[2:], []])
            elif text is not None:
                text.append(line)
            elif re.match(r"(exit \d+|(out|err)(=|[|-] .*))$", line):
                steps[-1][2].append(line)
            elif line and not line.startswith("#"):
                raise SystemExit(f"{path}:{number}: not understood: {line}")
    return cases


def pattern(expected):
    parts = re.split(r"\{\{(.*?)\}\}", expected)
    return "".join(p if i % 2 else re.escape(p) for i, p in enumerate(parts))


def check_stream(name, text, checks):
    """Complaints about one stream."""
    rest = text.splitlines()
    for check in checks:
        kind, wanted = check[3], check[5:]
        if kind == "=" and text:
            return [f"{name} is not empty: {text[:300]!r}"]
        if kind == "-" and wanted in text:
            return [f"{name} holds {wanted!r}"]
        if kind == "|":
            found = [i for i, line in enumerate(rest)
                     if re.search(pattern(wanted), line)]
            if not found:
                return [f"{name} lacks {wanted!r}:\n{text[:1500]}"]
            rest = rest[found[0]:]
    return []


def run_step(program, folder, step):
    path = os.path.dirname(program) + os.pathsep + os.environ["PATH"]
    done = subprocess.run(["sh", "-c", step[1]], cwd=folder, text=True,
                          errors="replace", capture_output=True,
                          env=dict(os.environ, PATH=path),
                          stdin=subprocess.DEVNULL, timeout=120)
    wanted = [c for c in step[2] if c.startswith("exit ")]
    code = int(wanted[0][5:]) if wanted else 0
    problems = []
    if done.returncode != code:
        problems.append(f"exit {done.returncode}, not {code}; "
                        f"stderr: {done.stderr[:1500]}")
    for name, text in (("out", done.stdout), ("err", done.stderr)):
        problems += check_stream(name, text,
                                 [c for c in step[2] if c.startswith(name)])
    return [f"$ {step[1]}: {p}" for p in problems]


def run_case(program, steps):
    problems = []
    with tempfile.TemporaryDirectory(prefix="wattle-cli-") as folder:
        for step in steps:
            if step[0] == "file":
                path = os.path.join(folder, step[1])
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as out:
                    out.write("\n".join(step[2]) + "\n" if step[2] else "")
            else:
                problems += run_step(program, folder, step)
    return problems


def main():
    program = os.path.abspath(sys.argv[1])
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    passed = failed = 0
    for path in sorted(glob.glob(os.path.join(HERE, "*.case"))):
        for name, steps in parse(path):
            if wanted not in name and wanted != os.path.basename(path):
                continue
            problems = run_case(program, steps)
            passed += not problems
            failed += bool(problems)
            for problem in problems:
                print(f"not ok: {os.path.basename(path)}: {name}\n  {problem}")
    if passed + failed == 0:
        print(f"no case has {wanted!r} in its title")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
