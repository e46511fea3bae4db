#!/usr/bin/env python3
"""Checks that no room imports upward (docs/design.md, "The house").

Every quoted #include below src/ must name a file of its own room, of a room
that the table allows, or of the public headers; src/cli may use those and the
generator. File names are unique in the whole tree, and a module foo.c of
the library exports only foo_* and the public wattle_*.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# room: the rooms below it that it may use
ALLOWED = {
    "base": [],
    "simd": ["base"],
    "model": ["base"],
    "input": ["base", "simd", "model"],
    "formats": ["base", "simd", "model"],
    "analytics": ["base", "simd", "model"],
    "backend": ["base", "simd", "model", "analytics"],
    "codec": ["base", "simd", "model", "analytics"],
    "sort": ["base", "simd", "model", "analytics", "codec"],
    "store": ["base", "simd", "model", "analytics", "backend", "codec", "sort"],
    "sqlext": ["base", "simd", "model", "analytics", "backend", "codec",
               "sort", "store"],
    "run": ["base", "simd", "model", "input", "formats", "analytics",
            "backend", "codec", "sort", "store", "output"],
    "output": ["base", "model"],
    "generate": ["base"],
    "api": ["base", "simd", "model", "input", "formats", "analytics",
            "backend", "codec", "sort", "store", "run",
            "output", "sqlext"],
    "cli": ["generate"],
}


def sources():
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard",
                           "src", "include"], cwd=ROOT, text=True,
                          capture_output=True, check=True)
    return [p for p in done.stdout.split() if p.endswith((".c", ".h"))]


def check_includes(path):
    room = path.split("/")[1]
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not found:
                continue
            other = found.group(1).split("/")[0]
            if other in (room, "wattle") or other in ALLOWED[room]:
                continue
            yield f"{path}:{number}: {room} must not use {found.group(1)}"


def check_names(paths):
    seen = {}
    for path in paths:
        name = os.path.basename(path)
        if name in seen and not path.startswith("include/"):
            if not seen[name].startswith("include/"):
                yield f"{path}: same file name as {seen[name]}"
        seen[name] = path


def check_exports(archive):
    """Global symbols of each object must begin with the module's name."""
    if not os.path.exists(archive):
        return
    done = subprocess.run(["nm", "--defined-only", "-g", archive], text=True,
                          capture_output=True, check=True)
    module = ""
    for line in done.stdout.splitlines():
        member = re.match(r"(?:.*_)?src_[a-z]+_([a-z0-9_]+)\.c\.o:$", line)
        member = member or re.match(r"([a-z0-9_]+)\.c\.o:$", line)
        if member:
            module = member.group(1)
        symbol = re.match(r"[0-9a-f]+ [A-Z] (\w+)$", line)
        if not symbol or not module:
            continue
        name = symbol.group(1)
        # foo_bar.c may also export foo_*, the name of what it is a part of
        if not name.startswith(("wattle_", module, module.split("_")[0])):
            yield f"{module}.c exports {name}"


def main():
    paths = sources()
    problems = list(check_names(paths))
    for path in paths:
        if path.startswith("src/"):
            problems += check_includes(path)
    for archive in ("libwattle_inner.a", "libwattle_generator.a"):
        problems += check_exports(os.path.join(ROOT, "build/release", archive))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
