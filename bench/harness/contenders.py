"""Who takes part: wattle, the Python monitor before it, and the peers.

A peer that is not on this machine is installed when it was asked for, and
named as skipped, with the reason, when that does not work.
"""

import os
import shutil
import subprocess
import sys

from . import answers, paths

DEBIAN_PYTHON = "/usr/bin/python3"


class Contender:
    """One command that answers questions about a data set.

    name:    short, unique, fit for a file name.
    title:   for people.
    command: a function from a data set to the list of arguments.
    check:   a function of answers.py.
    note:    what a fair reader wants to know about it.
    """

    def __init__(self, name, title, command, check, note=""):
        self.name = name
        self.title = title
        self.command = command
        self.check = check
        self.note = note


def wattle(name="wattle", title="wattle", *options):
    """wattle report --json with more options."""
    return Contender(
        name, title,
        lambda data: [paths.WATTLE, "report", data.folder, "--json",
                      "--no-progress", *options],
        answers.check_wattle,
        "validates every line, finds duplicates and gaps, and computes energy, "
        "hours and days besides")


def before():
    """The Python monitor, with the Python that runs the harness."""
    return Contender(
        "before", f"Python monitor ({sys.version.split()[0]})",
        lambda data: [sys.executable, "bench/before/monitor.py", data.folder,
                      "--json"],
        answers.check_before, "one thread, every reading kept as an object")


class Peer(Contender):
    """Another engine.

    ready:  a command that succeeds when the engine is there.
    needs:  what to install, for people.
    npm:    whether it comes with bench/peers/package.json.
    """

    def __init__(self, name, title, command, ready, needs, npm=False,
                 check=answers.check_peer, note=""):
        super().__init__(name, title, command, check, note)
        self.ready = ready
        self.needs = needs
        self.npm = npm

    def is_ready(self):
        """Whether the engine can be started."""
        try:
            return subprocess.run(self.ready, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL,
                                  check=False).returncode == 0
        except OSError:
            return False


def node_peer(name, title, module, note):
    script = f"{paths.PEERS}/{name}_peer.js"
    return Peer(
        name, title, lambda data: ["node", script, data.folder],
        ["node", "-e", f"require('./{paths.PEERS}/node_modules/{module}')"],
        f"nodejs, npm and the npm package {module}", npm=True, note=note)


PEERS = [
    Peer("pandas", "pandas",
         lambda data: [DEBIAN_PYTHON, f"{paths.PEERS}/pandas_peer.py",
                       data.folder],
         [DEBIAN_PYTHON, "-c", "import pandas"],
         "the Debian package python3-pandas",
         note="one thread by design"),
    node_peer("duckdb", "DuckDB", "@duckdb/node-api",
              "all cores; one query straight over the files"),
    node_peer("clickhouse", "ClickHouse (chDB)", "chdb",
              "all cores; one query straight over the files"),
    node_peer("polars", "Polars", "nodejs-polars",
              "all cores; one lazy query straight over the files"),
    Peer("datatable", "R data.table",
         lambda data: ["Rscript", f"{paths.PEERS}/datatable_peer.R",
                       data.folder],
         ["Rscript", "-e", "library(data.table)"],
         "the Debian packages r-base-core and r-cran-data.table",
         note="all cores"),
    Peer("mawk", "mawk",
         lambda data: ["mawk", "-f", f"{paths.PEERS}/mawk_peer.awk",
                       *data.files()],
         ["mawk", "BEGIN { exit 0 }"],
         "the Debian package mawk",
         note="one thread; compares times as text"),
    Peer("wc", "wc -l (floor)",
         lambda data: ["sh", f"{paths.PEERS}/wc_floor.sh", data.folder],
         ["wc", "--version"],
         "coreutils", check=answers.check_total,
         note="only counts lines"),
]


def choose_peers(names):
    """The peers of a list such as "all" or "pandas,duckdb"."""
    if names == "none":
        return []
    if names == "all":
        return PEERS
    known = {peer.name: peer for peer in PEERS}
    wanted = [name.strip() for name in names.split(",")]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ValueError(f"no such peer: {', '.join(unknown)}"
                         f" (there are {', '.join(known)})")
    return [known[name] for name in wanted]


def prepare_peers(peers, say):
    """Install what is missing. Returns the peers that can run, and a
    dictionary of the others with the reason."""
    missing = [peer for peer in peers if not peer.is_ready()]
    trouble = ""
    if any(not peer.npm for peer in missing):
        trouble += install_debian("peers", say)
    if any(peer.npm for peer in missing):
        trouble += install_npm(say)
    skipped = {peer.name: f"needs {peer.needs}{trouble}"
               for peer in missing if not peer.is_ready()}
    return [peer for peer in peers if peer.name not in skipped], skipped


def install_debian(purpose, say):
    """Install the packages that tools/packages.txt lists for a purpose."""
    say("installing Debian packages of the peers")
    result = subprocess.run(["sh", "tools/install_packages.sh", purpose],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            text=True, check=False)
    return last_line(result)


def install_npm(say):
    """Install the versions that the lock file in bench/peers names.

    Not with "npm ci": npm 11.19 refuses a lock file that lacks a
    package of another platform, and not every registry has all of them.
    """
    if not shutil.which("npm"):
        install_debian("npm", say)
    if not shutil.which("npm"):
        return "; npm is not installed"
    say("installing npm packages of the peers")
    result = subprocess.run(
        ["npm", "install", "--no-save", "--ignore-scripts", "--no-audit",
         "--no-fund", "--loglevel=error"], cwd=paths.PEERS, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, check=False)
    return last_line(result)


def last_line(result):
    if result.returncode == 0:
        return ""
    lines = result.stderr.strip().splitlines()
    return f"; {lines[-1]}" if lines else "; the installation failed"


def version_of(name):
    """Version of a peer that does not tell it with its answer."""
    command = {"mawk": ["mawk", "-W", "version"],
               "wc": ["wc", "--version"]}.get(name)
    if not command or not shutil.which(command[0]):
        return None
    words = subprocess.run(command, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True, check=False).stdout
    return words.splitlines()[0] if words else None


def copy_wattle(source):
    """Take a copy of the program, so that a build meanwhile changes nothing.
    """
    if not os.path.exists(source):
        raise FileNotFoundError(f"{source} is missing: run make first")
    shutil.copy2(source, paths.WATTLE)
