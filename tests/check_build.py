#!/usr/bin/env python3
"""What is installed, what the library shows, and headers by themselves."""
import glob
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "release")


# What the static library needs; as in wattle.pc.
PRIVATE = ["-lzstd", "-lz", "-lisal", "-luring", "-lsqlite3", "-lxxhash", "-lm",
           "-lpthread"]


def sh(*command, **options):
    done = subprocess.run(command, text=True, capture_output=True, cwd=ROOT,
                          **options)
    assert done.returncode == 0, " ".join(command) + "\n" + (
        done.stdout + done.stderr)[-3000:]
    return done.stdout


def only_public_symbols_are_visible():
    library = os.path.join(BUILD, "libwattle.so")
    names = [line.split()[-1] for line in
             sh("nm", "-D", "--defined-only", library).splitlines()]
    assert "wattle_report_open" in names
    strange = [n for n in names if not n.startswith("wattle_")]
    assert not strange, strange


def static_library_takes_no_names():
    """A program may call its own functions what the library calls its own."""
    library = os.path.join(BUILD, "libwattle.a")
    names = [line.split()[-1] for line in
             sh("nm", "-g", "--defined-only", library).splitlines()
             if len(line.split()) == 3]
    assert "wattle_report_open" in names
    strange = [n for n in names if not n.startswith("wattle_")]
    assert not strange, strange
    with tempfile.TemporaryDirectory(prefix="wattle-static-") as folder:
        source, program = (os.path.join(folder, name) for name in ("a.c", "a"))
        with open(source, "w", encoding="ascii") as file:
            file.write('''#include <stdio.h>
#include "wattle/wattle.h"
int error_set(void); int buffer_append(void); int reader_open(void);
int error_set(void) { return 1; }
int buffer_append(void) { return 2; }
int reader_open(void) { return 3; }
int main(void)
{
    struct wattle_report *report = NULL;
    int status = wattle_report_open(&report, NULL, NULL);
    wattle_report_close(report);
    printf("%s %d %d", wattle_version(), status,
           error_set() + buffer_append() + reader_open());
    return wattle_version_number() != WATTLE_VERSION_NUMBER;
}
''')
        sh("cc", "-std=c11", "-Wall", "-Werror", "-Iinclude", source, library,
           "-o", program, *PRIVATE)
        version = sh("sh", "tools/version.sh").strip()
        assert sh(program) == f"{version} 0 6", sh(program)


def headers():
    return sorted(glob.glob(os.path.join(ROOT, "include/wattle/**/*.h"),
                            recursive=True))


def headers_compile_alone():
    for path in headers():
        sh("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
           "-Iinclude", "-fsyntax-only", "-x", "c", path)


def every_public_function_is_defined():
    text = ""
    for path in headers():
        with open(path, encoding="utf-8") as file:
            text += re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    declared = set(re.findall(r"\b(wattle_\w+)\(", text))
    declared -= set(re.findall(r"static inline [\w ]+\s+(wattle_\w+)\(", text))
    defined = sh("nm", "-D", "--defined-only",
                 os.path.join(BUILD, "libwattle.so"))
    missing = [n for n in declared if not re.search(rf" {n}$", defined, re.M)]
    assert not missing, missing


def install(folder):
    sh("make", "install", f"DESTDIR={folder}", "PREFIX=/usr")
    return os.path.join(folder, "usr")


def installation_is_complete():
    with tempfile.TemporaryDirectory(prefix="wattle-inst-") as folder:
        usr = install(folder)
        found = {os.path.relpath(os.path.join(where, name), usr)
                 for where, _, names in os.walk(usr) for name in names}
        wanted = [r"bin/wattle", r"lib/.*libwattle\.so\.0\.1\.0",
                  r"lib/.*libwattle\.a", r"lib/.*pkgconfig/wattle\.pc",
                  r"include/wattle/report\.h", r"share/man/man1/wattle\.1",
                  r"share/man/man1/wattle-report\.1",
                  r"share/man/man1/wattle-generate\.1",
                  r"share/man/man1/wattle-sql\.1",
                  r"lib/.*wattle/wattle_sqlite\.so",
                  r"share/man/man3/libwattle\.3",
                  r"share/man/man7/wattle-input\.7",
                  r"share/man/man7/wattle-formulas\.7",
                  r"share/man/man7/wattle-database\.7",
                  r"share/man/man7/wattle-tables\.7",
                  r"share/man/man5/wattle-format\.5",
                  r"share/doc/wattle/README\.md",
                  r"share/doc/wattle/LICENSE", r"share/doc/wattle/input\.md",
                  r"share/bash-completion/completions/wattle",
                  r"share/zsh/site-functions/_wattle"]
        for pattern in wanted:
            assert any(re.fullmatch(pattern, f) for f in found), (
                pattern, sorted(found))
        sh(os.path.join(usr, "bin/wattle"), "version")
        sh("make", "uninstall", f"DESTDIR={folder}")
        left = [n for _, _, names in os.walk(usr) for n in names]
        assert not left, left


def example_program_runs():
    """The tutorial's program, against the installed library."""
    with tempfile.TemporaryDirectory(prefix="wattle-example-") as folder:
        usr = install(folder)
        config = glob.glob(os.path.join(usr, "lib/**/wattle.pc"),
                           recursive=True)[0]
        flags = sh("pkg-config", f"--define-variable=prefix={usr}", "--cflags",
                   "--libs", config).split()
        program = os.path.join(folder, "example")
        sh("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
           "docs/example_report.c", "-o", program, *flags)
        data = os.path.join(folder, "data")
        sh(os.path.join(BUILD, "wattle"), "generate", "--readings", "1000",
           "--devices", "10", "--quiet", "--out", data)
        library = os.path.dirname(os.path.dirname(config))
        done = subprocess.run([program, data], text=True, capture_output=True,
                              env=dict(os.environ, LD_LIBRARY_PATH=library))
        assert done.returncode == 0 and "kWh" in done.stdout + done.stderr, (
            done.returncode, done.stdout[:500], done.stderr[:500])
        sh("make", "uninstall", f"DESTDIR={folder}")


CASES = [only_public_symbols_are_visible, static_library_takes_no_names,
         headers_compile_alone,
         every_public_function_is_defined, installation_is_complete,
         example_program_runs]


def main():
    failed = 0
    for i, case in enumerate(CASES, 1):
        try:
            case()
            print(f"ok {i} - {case.__name__}")
        except AssertionError as problem:
            print(f"not ok {i} - {case.__name__}: {problem}")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
