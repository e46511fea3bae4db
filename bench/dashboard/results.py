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
    """The steps from plain C up to the default, and the single switches."""
    data = read("ladder.json")
    if not data or not data.get("ladder"):
        return None
    steps = [{"kind": entry["kind"], "title": entry["title"],
              "wall_s": entry["wall_s"]["median"],
              "ns_per_reading": entry["ns_per_reading"],
              "ratio": entry["ratio_to_wattle"]["median"]}
             for entry in data["ladder"]["entries"] if entry["status"] == "ok"]
    return {**source_of(data), "steps": steps,
            "readings": data["ladder"]["dataset"]["readings"],
            "base_wall_s": data["ladder"]["base"]["wall_s"]["median"]}


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
