#!/usr/bin/env python3
"""Checks that no room imports upward (docs/design.md, "The house").

Every quoted #include below src/ must name a file of its own room, of a room
that the table allows, or a public header that the second table allows; src/cli
may use all of those, and the generator. The same holds for symbols: what an object leaves undefined must be
defined in its room or in one that it may use, so that no room calls a public
function of a room above it. Objects do not use each other in a circle. File
names are unique in the whole tree, and a module foo_bar.c exports only foo*,
and what foo_bar.h declares. wattle_* are in api, but for PUBLIC_MODULES.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# room: the rooms below it that it may use
ALLOWED = {
    "base": [],
    "simd": [],
    "model": ["base"],
    "input": ["base", "simd", "model"],
    "formats": ["base", "simd", "model"],
    "analytics": ["base", "simd", "model"],
    "backend": ["base", "model", "analytics"],
    "codec": ["base", "simd", "model", "analytics"],
    "sort": ["base", "simd", "model", "analytics", "codec"],
    "store": ["base", "simd", "model", "analytics", "backend", "codec", "sort"],
    "sqlext": ["base", "simd", "model", "analytics", "backend", "store"],
    "run": ["base", "simd", "model", "input", "formats", "analytics",
            "backend", "codec", "sort", "store", "output"],
    "output": ["base", "model"],
    "generate": ["base"],
    "api": ["base", "simd", "model", "input", "formats", "analytics",
            "backend", "store", "run", "output", "sqlext"],
    "cli": ["generate"],
}

# room: the public headers that it may use, for the types that it fills or
# takes; error.h goes everywhere, and api and cli may use all of them
PUBLIC = {
    "base": ["cancel.h", "experimental/trace.h", "zone.h"],
    "simd": ["experimental/tuning.h"],
    "model": ["measure.h", "result.h"],
    "input": ["experimental/tuning.h"],
    "formats": ["measure.h", "result.h"],
    "analytics": ["query.h", "result.h"],
    "backend": ["query.h"],
    "codec": [],
    "sort": [],
    "store": ["maintain.h", "measure.h", "result.h"],
    "sqlext": ["query.h"],
    "run": ["writer.h"],
    "output": ["experimental/trace.h", "maintain.h", "query.h", "report.h",
               "result.h", "version.h", "writer.h", "zone.h"],
    "generate": ["experimental/trace.h"],
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
            other, _, header = found.group(1).partition("/")
            if other == "wattle":
                if room not in PUBLIC or header in ["error.h", *PUBLIC[room]]:
                    continue
            elif other == room or other in ALLOWED[room]:
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


# Modules outside api that define public functions: those need nothing of the
# rooms above, and rooms below use them, too.
PUBLIC_MODULES = {("base", "cancel_flag"), ("base", "error"), ("base", "trace"),
                  ("base", "zone"),
                  ("model", "reason")}

ARCHIVES = ("libwattle_inner.a", "libwattle_generator.a")
OBJECT = re.compile(r"(?:.*_)?src_([a-z]+)_([a-z0-9_]+)\.c\.o$")


def read_symbols():
    """By object, a (room, module): what it defines, what it leaves undefined."""
    defined, undefined = {}, {}
    for archive in ARCHIVES:
        path = os.path.join(ROOT, "build/release", archive)
        if not os.path.exists(path):
            raise SystemExit(f"no {path}: run make first")
        done = subprocess.run(["nm", "-A", "-g", path], text=True,
                              capture_output=True, check=True)
        for line in done.stdout.splitlines():
            place, kind, symbol = line.rsplit(None, 2)
            member = OBJECT.match(os.path.basename(place.split(":")[1]))
            if not member:
                continue
            held = undefined if kind in "Uwv" else defined
            held.setdefault(member.groups(), set()).add(symbol)
    return defined, undefined


def check_exports(defined):
    """Global symbols of foo_bar.c begin with foo, or foo_bar.h declares them."""
    for (room, module), names in sorted(defined.items()):
        header = os.path.join(ROOT, "src", room, module + ".h")
        declared = ""
        if os.path.exists(header):
            with open(header, encoding="utf-8") as file:
                declared = file.read()
        for name in sorted(names):
            is_public = name.startswith("wattle_")
            if is_public and (room == "api" or
                              (room, module) in PUBLIC_MODULES or
                              room == "generate"):
                continue
            if name.startswith(module.split("_")[0]):
                continue
            if not re.search(rf"\b{name}\b", declared):
                yield f"{room}/{module}.c exports {name}"


def find_uses(defined, undefined):
    """By object: the objects it uses, each with one of the symbols."""
    home = {name: part for part, names in defined.items() for name in names}
    uses = {}
    for part, names in undefined.items():
        for name in sorted(names):
            if name in home and home[name] != part:
                uses.setdefault(part, {})[home[name]] = name
    return uses


def check_symbols(uses):
    for (room, module), others in sorted(uses.items()):
        for (other, other_module), name in sorted(others.items()):
            if other != room and other not in ALLOWED[room]:
                yield (f"{room}/{module}.c must not call {name} of "
                       f"{other}/{other_module}.c")


def check_sql(undefined):
    """SQLite belongs to the store and its tables, and to statements of users."""
    for (room, module), names in sorted(undefined.items()):
        calls = sorted(n for n in names if n.startswith("sqlite3_"))
        if calls and room not in ("store", "sqlext") and module != "sql_api":
            yield f"{room}/{module}.c must not call {calls[0]}"


def check_circles(uses):
    """What can be reached from an object must not reach it."""
    def reach(part):
        seen, left = set(), [part]
        while left:
            for other in uses.get(left.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    left.append(other)
        return seen

    reached = {part: reach(part) for part in uses}
    for part in sorted(uses):
        for other, name in sorted(uses[part].items()):
            if part < other and part in reached.get(other, ()):
                yield (f"{part[0]}/{part[1]}.c and {other[0]}/{other[1]}.c use "
                       f"each other ({name})")


def main():
    paths = sources()
    problems = list(check_names(paths))
    for path in paths:
        if path.startswith("src/"):
            problems += check_includes(path)
    defined, undefined = read_symbols()
    uses = find_uses(defined, undefined)
    problems += check_exports(defined)
    problems += check_symbols(uses)
    problems += check_circles(uses)
    problems += check_sql(undefined)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
