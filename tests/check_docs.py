#!/usr/bin/env python3
"""The documents say what the program does.

Usage: check_docs.py PROGRAM

Help, man pages and completions name the same options, values and defaults;
commands in the documents run and print what is shown; links lead somewhere;
no file names a path of the machine it was written on. Prints TAP.
"""
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

os.environ.setdefault("WATTLE_TZ", "UTC")  # not the zone of the machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

BUILD = os.path.join(ROOT, "build", "release")

# Documents whose commands are run, in one folder for each document.
RUN = ["README.md", "docs/database.md", "docs/formulas.md", "docs/input.md",
       "docs/library.md", "docs/sql.md"]

# Words that begin a command which belongs to a checkout or to root.
NOT_RUN = {"make", "sudo", "git", "apt-get", "cd"}

n_tests = 0
n_failed = 0


def report(name, problems, skip=None):
    """One TAP line; problems is a list of lines that say what is wrong."""
    global n_tests, n_failed
    n_tests += 1
    n_failed += 1 if problems else 0
    ending = f" # SKIP {skip}" if skip and not problems else ""
    print(f"{'not ok' if problems else 'ok'} {n_tests} - {name}{ending}")
    for problem in problems:
        print("# " + str(problem).replace("\n", "\n# "))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def differences(left, a, right, b):
    """What is in one of two sets only."""
    found = [f"{x}: in {left}, not in {right}" for x in sorted(a - b)]
    return found + [f"{x}: in {right}, not in {left}" for x in sorted(b - a)]


# ---- what the program says ----

class Help:
    """Commands, options, values and defaults, as the program has them."""

    def __init__(self, program):
        self.program = program
        listing = self.ask("help").split("Commands:\n")[1].split("\n\n")[0]
        self.all_commands = {line.split()[0] for line in listing.splitlines()}
        self.commands = sorted(self.all_commands - {"help", "version"})
        self.arguments = {}  # command -> {option: NAME of its value or ""}
        self.texts = {}      # command -> {option: help text}
        for command in self.commands:
            rows = re.findall(r"^  --([a-z-]+)(?: ([A-Z]+))?  +(.*)$",
                              self.ask("help", command), re.M)
            self.arguments[command] = {name: a for name, a, _ in rows}
            self.texts[command] = {name: text for name, _, text in rows}

    def ask(self, *arguments):
        done = subprocess.run([self.program, *arguments], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, check=False)
        return done.stdout

    def choices(self, command, option):
        """The words the option takes; empty when it takes any value."""
        # the second option is there so that nothing is ever done
        said = self.ask(command, f"--{option}=no such word", "--no-such-option")
        found = re.search(r"must be one of (.*); not 'no such word'", said)
        return set(found.group(1).split(", ")) if found else set()


# ---- man pages and completions ----

def man_items(command):
    """{option: (NAME of its value, text)} of a command's man page."""
    source = read(f"man/wattle-{command}.1")
    items = {}
    for item in re.split(r"^\.It ", source, flags=re.M)[1:]:
        head, _, body = item.partition("\n")
        found = re.match(r"Fl -([a-z-]+)(?: Ar ([A-Z]+))?$", head)
        if not found:
            continue
        body = re.split(r"^\.(?:El|Ss|Sh)\b", body, flags=re.M)[0]
        words = re.sub(r"^\.(?:Sq|Pa|Cm|Ar|Pq|Dq|Fl|Xr) ", "", body,
                       flags=re.M)
        items[found.group(1)] = (found.group(2) or "",
                                 re.sub(r" ([,;.)])", r"\1",
                                        " ".join(words.split())))
    return items


def complete_in_bash(*words):
    """What completions/wattle.bash offers for the last of the words."""
    script = ('. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              '_wattle; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(
        ["bash", "-c", script, "bash",
         os.path.join(ROOT, "completions/wattle.bash"), *words],
        text=True, capture_output=True, check=False)
    return set(done.stdout.split()) | set(done.stderr.split())


def zsh_options(command):
    """{option: set of its values} in completions/_wattle."""
    source = read("completions/_wattle")
    body = source.split(f"_wattle_{command}() {{\n")[1].split("\n}\n")[0]
    rows = re.findall(r"^ +'(?:\*|\([^)]*\))?--([a-z-]+)(=?)\[[^]]*\](.*)'",
                      body, re.M)
    found = {}
    for name, equals, rest in rows:
        words = re.search(r":\(([^)]*)\)$", rest)
        found[name] = (set(words.group(1).split()) if words else set(),
                       equals == "=")
    return found


def check_command(program, command):
    arguments = program.arguments[command]
    options = set(arguments)
    man = man_items(command)
    bash = {word[2:] for word in complete_in_bash("wattle", command, "--")}
    zsh = zsh_options(command)
    report(f"{command}: options in the help and the man page",
           differences("help", options, "man", set(man)) +
           [f"--{o}: {arguments[o]} in help, {man[o][0]} in man"
            for o in options & set(man) if arguments[o] != man[o][0]])
    report(f"{command}: options in the help and the completion for bash",
           differences("help", options, "bash", bash))
    report(f"{command}: options in the help and the completion for zsh",
           differences("help", options, "zsh", set(zsh)) +
           [f"--{o}: zsh is wrong about its taking a value"
            for o in options & set(zsh) if bool(arguments[o]) != zsh[o][1]])

    problems = []
    for option in sorted(options & set(man) & set(zsh)):
        words = program.choices(command, option)
        text = man[option][1]
        for form in re.findall(r"[\w.-]+ \(default\)|default:? [^);]+",
                               program.texts[command][option]):
            if form not in text:
                problems.append(f"--{option}: man does not say '{form}'")
        problems += [f"--{option}: man does not say {word}" for word in words
                     if not re.search(rf"(?<![\w-]){word}(?![\w-])", text)]
        problems += differences(f"program, --{option}", words, "zsh",
                                zsh[option][0])
        for before in ([f"--{option}"], [f"--{option}", "="]):
            offered = complete_in_bash("wattle", command, *before, "")
            if words:
                problems += differences(f"program, --{option}", words, "bash",
                                        offered)
    report(f"{command}: values and defaults", problems)


def check_commands(program):
    names = program.all_commands
    man = set(re.findall(r"^\.It Cm ([a-z]+)", read("man/wattle.1"), re.M))
    bash = complete_in_bash("wattle", "")
    bash = {word for word in bash if not word.startswith("-")}
    zsh = set(re.findall(r"^        '([a-z]+):", read("completions/_wattle"),
                         re.M))
    report("the list of commands", differences("help", names, "man", man) +
           differences("help", names, "bash", bash) +
           differences("help", names, "zsh", zsh))
    for command in program.commands:
        check_command(program, command)
    if shutil.which("zsh"):
        done = subprocess.run(
            ["zsh", "-n", os.path.join(ROOT, "completions/_wattle")],
            text=True, capture_output=True, check=False)
        report("zsh reads its completion", [done.stderr] if done.stderr else [])
    else:
        report("zsh reads its completion", [], "zsh is not installed")


def check_man_pages():
    pages = sorted(glob.glob(os.path.join(ROOT, "man", "*.[13]")))
    name = "man pages pass mandoc"
    if not shutil.which("mandoc"):
        report(name, [], "mandoc is not installed")
        return
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages],
                          text=True, capture_output=True, check=False)
    report(name, [done.stdout + done.stderr] if done.returncode else [])
    made = sorted(glob.glob(os.path.join(BUILD, "wattle-*.[57]")))
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "error", *made],
                          text=True, capture_output=True, check=False)
    problems = [done.stdout + done.stderr] if done.returncode else []
    for page in made:  # no Markdown is left, and no text is lost
        shown = subprocess.run(["mandoc", "-T", "utf8", page], text=True,
                               capture_output=True, check=False).stdout
        shown = re.sub(".\x08", "", shown)  # bold and italics
        problems += [f"{page}: {left}" for left in
                     re.findall(r"^.*(?:\]\(|\*\*|\|-+\|).*$", shown, re.M)]
    if len(made) != 5:
        problems.append(f"{len(made)} pages are made of documents, not 5")
    report("man pages made of documents", problems)


def check_library_page():
    headers = "".join(
        read(path) for path in glob.glob(os.path.join(ROOT, "include/**/*.h"),
                                          recursive=True))
    headers = re.sub(r"/\*.*?\*/", "", headers, flags=re.S)
    declared = set(re.findall(r"\b(wattle_\w+)\(", headers))
    shown = set(re.findall(r"^\.F[no] (wattle_\w+)",
                           read("man/libwattle.3").split(".Sh DESCRIPTION")[0],
                           re.M))
    report("functions in the headers and in libwattle(3)",
           differences("headers", declared, "libwattle.3", shown))


# ---- commands in documents ----

def blocks(path):
    """(language, text) of the fenced blocks of a document."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", read(path), re.M | re.S)


def steps(path):
    """(commands, output shown or None) in the order of the document."""
    found = []
    for language, text in blocks(path):
        if language == "sh":
            found.append((text, None))
        elif language == "console":
            for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
                lines = part.splitlines()
                n = 1
                while n < len(lines) and lines[n].startswith("> "):
                    n += 1
                command = [lines[0]] + [line[2:] for line in lines[1:n]]
                found.append(("\n".join(command) + "\n", lines[n:]))
    return found


def invocations(text):
    """The simple commands of a shell text, each a list of words."""
    joined = re.sub(r"\\\n|(?<=\|)\n", " ", text)
    joined = re.sub(r"<<'(\w+)'\n.*?\n\1$", "", joined, flags=re.M | re.S)
    line = ""
    for more in joined.splitlines():
        line += more
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        try:
            found = list(lexer)
        except ValueError:  # a quoted word goes on
            line += " "
            continue
        line = ""
        words = []
        for word in found + [";"]:
            if set(word) <= set("|&;()"):
                if words:
                    yield words
                words = []
            else:
                words.append(word)


def complain_words(program, words):
    """What is wrong with one `wattle ...`; an empty list when nothing is."""
    command = words[1] if len(words) > 1 else ""
    if command in {"help", "version"}:
        return [] if set(words[2:]) <= set(program.commands) else [words]
    if command not in program.commands:
        return [f"unknown command: {' '.join(words)}"]
    known = program.arguments[command]
    return [f"unknown option {word}: {' '.join(words)}" for word in words[2:]
            if word.startswith("--") and word[2:].partition("=")[0] not in known]


def check_options_shown(program):
    for path in ["README.md"] + sorted(
            os.path.relpath(p, ROOT)
            for p in glob.glob(os.path.join(ROOT, "docs", "*.md"))):
        problems = []
        for text, _ in steps(path):
            for words in invocations(text):
                if os.path.basename(words[0]) == "wattle":
                    problems += complain_words(program, words)
        report(f"{path}: commands and options exist", problems)
    problems = []
    for page in glob.glob(os.path.join(ROOT, "man", "*.[13]")):
        for text in re.findall(r"^(?:\.Dl )?(.*\bwattle (?:" +
                               "|".join(program.commands) + r") .*)",
                               read(page), re.M):
            if re.match(r"\.[A-Z][a-z] ", text):
                continue
            for words in invocations(text):
                if words[0] == "wattle":
                    problems += complain_words(program, words)
    report("man: commands and options exist", problems)


def may_run(text):
    return all(words[0] not in NOT_RUN for words in invocations(text))


def is_as_shown(shown, printed):
    """True when equal; a line "..." stands for any lines."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(is_as_shown(shown[1:], printed[i:])
                   for i in range(len(printed) + 1))
    return (bool(printed) and shown[0].rstrip() == printed[0].rstrip() and
            is_as_shown(shown[1:], printed[1:]))


def run_document(path, program, folder):
    """Problems of running a document's commands in a folder."""
    todo = [step for step in steps(path) if may_run(step[0])]
    script = ["exec 2>&1", "set -o pipefail"]
    for text, shown in todo:
        script.append(f"(set -e\n{text})" if shown is None else text)
        script.append("s=$?; printf '\\036%d\\036' $s; (exit $s)")
    os.mkdir(os.path.join(folder, "bin"))
    os.symlink(program, os.path.join(folder, "bin", "wattle"))
    here = os.path.join(folder, "here")
    os.mkdir(here)
    shutil.copytree(os.path.join(ROOT, "docs"), os.path.join(here, "docs"))
    # stands for an installed library
    with open(os.path.join(folder, "wattle.pc"), "w") as file:
        file.write("Name: wattle\nDescription: as built\nVersion: 0\n"
                   f"Cflags: -I{ROOT}/include\nLibs: -L{BUILD} -lwattle\n")
    environment = dict(
        os.environ, LC_ALL="C.UTF-8", LD_LIBRARY_PATH=BUILD,
        PATH=os.path.join(folder, "bin") + ":" + os.environ["PATH"],
        PKG_CONFIG_PATH=folder)
    done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=here,
                          env=environment, text=True, stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, check=False)
    pieces = done.stdout.split("\036")
    problems = []
    for i, (text, shown) in enumerate(todo):
        printed, status = (pieces[2 * i:2 * i + 2] + ["", ""])[:2]
        if shown is None and status != "0":
            problems.append(f"{text}exit status {status}\n{printed}")
        if shown is not None and not is_as_shown(shown, printed.splitlines()):
            problems.append(f"$ {text}does not print what is shown, but\n"
                            f"{printed}")
    return problems


def check_runs(program):
    for path in RUN:
        name = f"{path}: the commands do what is shown"
        if path == "docs/library.md" and not os.path.exists(
                os.path.join(BUILD, "libwattle.so")):
            report(name, [], "build/release has no library to link with")
            continue
        with tempfile.TemporaryDirectory() as folder:
            report(name, run_document(path, program.program, folder))


# ---- the rest ----

def check_example():
    shown = [text for language, text in blocks("docs/library.md")
             if language == "c"]
    for name in ("docs/example_report.c", "docs/example_import.c",
                 "docs/example_append.c"):
        report(f"{name} stands in docs/library.md",
               [] if read(name) in shown else ["it is not shown as it is"])


def check_targets():
    targets = set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), re.M))
    named = set(re.findall(r"(?:^|`|sudo )make ([a-z]+)", read("README.md"),
                           re.M))
    report("make targets in README.md exist",
           [f"make {name}" for name in sorted(named - targets)])


def project_files():
    """Text files of the project; without git, all that is not built."""
    git = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"],
                         cwd=ROOT, text=True, capture_output=True, check=False)
    names = git.stdout.splitlines() if git.returncode == 0 else []
    if not names:
        for folder, folders, files in os.walk(ROOT):
            folders[:] = [f for f in folders if f not in
                          {"build", ".git", "__pycache__", "node_modules"}]
            names += [os.path.relpath(os.path.join(folder, f), ROOT)
                      for f in files]
    for name in sorted(names):
        path = os.path.join(ROOT, name)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                content = file.read()
            if b"\0" not in content:
                yield name, content.decode("utf-8", "replace")


def check_paths():
    # spelled so that this file does not match itself
    always = re.compile(r"(?<![\w.])/(?:wor" r"k|roo" r"t)/")
    in_words = re.compile(r"(?<![\w.])/tm" r"p/")
    is_code = re.compile(r"\.(c|h|py|sh|js|case)$")
    problems = []
    for name, text in project_files():
        for number, line in enumerate(text.splitlines(), 1):
            if always.search(line) or (in_words.search(line) and
                                       not is_code.search(name)):
                problems.append(f"{name}:{number}: {line.strip()[:100]}")
    report("no file names a path of its author's machine", problems)


def anchors(text):
    """The anchors that headings get where Markdown is shown."""
    plain = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", plain, re.M)}


def check_links():
    problems = []
    for name, text in project_files():
        if not name.endswith(".md"):
            continue
        plain = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", plain):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            where = os.path.normpath(os.path.join(os.path.dirname(name), path)
                                     if path else name)
            if not os.path.exists(os.path.join(ROOT, where)):
                problems.append(f"{name}: {target} is not there")
            elif anchor and anchor not in anchors(read(where)):
                problems.append(f"{name}: no heading for {target}")
    report("links in *.md lead somewhere", problems)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check_docs.py PROGRAM")
    program = Help(os.path.abspath(sys.argv[1]))
    check_commands(program)
    check_man_pages()
    check_library_page()
    check_example()
    check_options_shown(program)
    check_runs(program)
    check_targets()
    check_paths()
    check_links()
    print(f"1..{n_tests}")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
