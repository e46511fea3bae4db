"""What the page shows of earlier measurements: the ladder and the benchmark of
bench/results, and the profile before this one."""

import json
import os
import subprocess

from harness import machine

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.join(os.path.dirname(HERE), "results")


def software(program):
    """Version and commit of the program."""
    version = subprocess.run([program, "version"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.strip()
    return {"wattle": version, "commit": machine.commit()}


def read(name):
    try:
        with open(os.path.join(RESULTS, name), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def source_of(data):
    return {"taken_at": data["taken_at"], "cpu": data["machine"]["cpu"],
            "cores": data["machine"]["cores"]}


def ladder():
    """One technique on the other, and one switched off at a time."""
    data = read("ladder.json")
    if not data or not data.get("ladder"):
        return None
    steps, below = [], None
    for entry in data["ladder"]["entries"]:
        if entry["status"] != "ok" or entry["kind"] == "cold":
            continue
        step = {"kind": KINDS.get(entry["kind"], entry["kind"]),
                "title": entry["title"],
                "program": entry.get("program", "wattle"),
                "wall_s": entry["wall_s"]["median"]}
        step["gain"] = gain_of(entry, below)
        below = step if step["kind"] == "stack" else None
        steps.append(step)
    return {**source_of(data), "steps": steps,
            "readings": data["ladder"]["dataset"]["readings"]}


# Results of an earlier form call the stack so.
KINDS = {"stairs": "stack"}


def gain_of(entry, below):
    """How many times faster than what it was paired with; None for the
    first."""
    if "gain" in entry:
        return entry["gain"]["median"]
    if entry["kind"] == "stairs":
        return below and below["wall_s"] / entry["wall_s"]["median"]
    if entry["kind"] == "switch":
        return 1 / entry["ratio_to_wattle"]["median"]
    return None


def before_and_after():
    """The Python monitor and wattle in the last full benchmark."""
    data = read("final.json")
    if not data:
        return None
    rows = []
    for size in data["sizes"]:
        ok = {entry["name"]: entry for entry in size["contenders"]
              if entry["status"] == "ok"}
        if "wattle" in ok and "before" in ok:
            rows.append({
                "readings": size["dataset"]["readings"],
                "ratio": ok["before"]["ratio_to_wattle"]["median"],
                **{name: {"wall_s": entry["wall_s"]["median"],
                          "peak_rss_bytes": entry["peak_rss_bytes"]["median"]}
                   for name, entry in ok.items()
                   if name in {"wattle", "before"}}})
    return {**source_of(data), "rows": rows} if rows else None


def summary_of(profile):
    """The figures of an earlier profile that this one is compared with."""
    ours = profile["wattle"]
    counted = ours["instructions"]
    return {
        "taken_at": profile["taken_at"], "software": profile["software"],
        "other_cpu_share": profile["other_cpu_share"],
        "readings": ours["readings"], "wall_s": ours["wall_s"],
        "one_thread_wall_s": ours["one_thread"]["wall_s"],
        "peak_rss_bytes": ours["peak_rss_bytes"],
        "counted_readings": counted and counted["readings"],
        "instructions_per_reading": counted and counted["per_reading"],
        "functions": {row["name"]: row["per_reading"]
                      for row in counted["functions"]} if counted else {},
    }
