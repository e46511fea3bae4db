"""What was measured on what: machine, system, compiler, versions, commit."""

import hashlib
import json
import os
import platform
import re
import subprocess

from . import paths


def first_match(file_name, pattern):
    """The first group of a pattern in a text file, or None."""
    try:
        with open(file_name, encoding="utf-8", errors="replace") as file:
            match = re.search(pattern, file.read(), re.MULTILINE)
    except OSError:
        return None
    return match[1].strip() if match else None


def machine():
    """The machine and its system."""
    return {
        "cpu": first_match("/proc/cpuinfo", r"^model name\s*:\s*(.*)$")
        or platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE")
        * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
        "system": first_match("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "libc": " ".join(platform.libc_ver()),
        "governor": first_match(
            "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "(.*)"),
    }


def software():
    """wattle and what built it."""
    with open(paths.WATTLE, "rb") as file:
        program = file.read()
    compiler = (re.search(rb"GCC: \([^)]*\) [\d.]+", program)
                or re.search(rb"[^\0]*clang version [^\0]*", program))
    return {
        "wattle": subprocess.run(
            [paths.WATTLE, "version"], check=True, stdout=subprocess.PIPE,
            text=True).stdout.strip(),
        "wattle_sha256": hashlib.sha256(program).hexdigest(),
        "commit": commit(),
        "compiler": compiler[0].decode() if compiler else None,
        "build_type": build_type(),
        "python": platform.python_version(),
        "node": version_of_node(),
    }


def build_type():
    """Meson's build type of build/release."""
    try:
        with open("build/release/meson-info/intro-buildoptions.json",
                  encoding="utf-8") as file:
            options = {option["name"]: option["value"]
                       for option in json.load(file)}
    except (OSError, ValueError):
        return None
    return options.get("buildtype")


def version_of_node():
    try:
        return subprocess.run(["node", "--version"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def commit():
    """The commit that is checked out, read from git's own files."""
    folder = ".git"
    if os.path.isfile(folder):
        folder = first_match(folder, r"^gitdir: (.*)$") or folder
    head = first_match(f"{folder}/HEAD", "(.*)")
    if not head or not head.startswith("ref: "):
        return head
    name = head[len("ref: "):]
    common = os.path.join(folder, first_match(f"{folder}/commondir", "(.*)")
                          or ".")
    return (first_match(f"{common}/{name}", "(.*)")
            or first_match(f"{common}/packed-refs",
                           rf"^([0-9a-f]+) {re.escape(name)}$"))
