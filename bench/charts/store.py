"""Reads results files and picks what PERFORMANCE.md shows.

Of several results for the same thing the fuller one counts, then the later.
Quick runs count only where there is nothing else.
"""

import json


class Store:
    """All results, by what they are about. Missing ones are None or empty."""

    def __init__(self, file_names):
        self.sizes = {}        # readings -> result of that size, warm
        self.start_up = None
        self.shapes = None
        self.ladder = None
        self.cold_ladder = None
        self.packed = {}       # readings -> result on packed files
        self.load = None
        self.load_stored = None
        self.stored = {}       # part of run_store.py -> its result
        self.baseline = None
        self.wattle = None
        self.skipped = {}
        self.used = []         # (section, the whole results it comes from)
        self._sources = {}
        found = []
        for name in file_names:
            with open(name, encoding="utf-8") as file:
                content = json.load(file)
            content["file"] = name
            if "machine" in content:
                found.append(content)
        found.sort(key=lambda one: (not one.get("quick"), one["taken_at"]))
        for content in found:
            self._add(content)
        self.used = sorted(self._sources.items(), key=lambda one: (
            one[0].split()[0], len(one[0]), one[0]))

    def _add(self, content):
        kind = content.get("kind")
        if kind == "baseline_profile":
            self._set("baseline", content, content)
        elif kind == "wattle_profile":
            self._set("wattle", content, content)
        elif kind in ("load", "load_stored"):
            self._set(kind, content, content)
        elif kind == "store":
            self._add_stored(content)
        elif content.get("cache", "").startswith("cold"):
            if content["ladder"]:
                self._set("cold_ladder", content["ladder"], content)
        else:
            self._add_bench(content)

    def _add_stored(self, content):
        """Sizes beside those of other results, parts in place of them."""
        for part in ("fill", "report"):
            for result in content[part]:
                readings = readings_of(result)
                self.stored.setdefault(part, {})[readings] = result
                self._sources[f"stored {readings:,}"] = content
        for part in STORED_PARTS:
            if content.get(part):
                self.stored[part] = content[part]
                self._sources[f"stored {part}"] = content
        if content.get("skipped"):
            self.stored["skipped"] = content["skipped"]

    def stored_sizes(self, part):
        """(readings, result) of fill or report, from small to large."""
        return sorted(self.stored.get(part, {}).items())

    def _set(self, name, value, content):
        setattr(self, name, value)
        self._sources[name] = content

    def _add_bench(self, content):
        for name in ("start_up", "shapes", "ladder"):
            if content.get(name):
                self._set(name, content[name], content)
        self.skipped.update(content.get("skipped") or {})
        for result in content.get("packed") or []:
            self.packed[result["readings"]] = result
            self._sources["growth, packed"] = content
        for result in content.get("sizes", []):
            readings = result["dataset"]["readings"]
            old = self.sizes.get(readings)
            if old is None or n_ok(result) >= n_ok(old):
                self.sizes[readings] = result
                self._sources[f"sizes {readings:,}"] = content

    def in_order(self):
        """(readings, result) from small to large."""
        return sorted(self.sizes.items())

    def entry(self, readings, name):
        """A contender's entry at a size, if its figures count."""
        result = self.sizes.get(readings)
        for entry in result["contenders"] if result else []:
            if entry["name"] == name and entry["status"] == "ok":
                return entry
        return None

    def largest_with(self, name):
        """The largest size at which a contender has figures, or None."""
        return max((readings for readings in self.sizes
                    if self.entry(readings, name)), default=None)

    def one_thread(self, readings):
        """wattle with one thread."""
        return self.entry(readings, "wattle_1") or (
            self.entry(readings, "wattle") if self.cores() == 1 else None)

    def cores(self):
        return self.used[0][1]["machine"]["cores"] if self.used else None

    def stages(self, readings, threads):
        """wattle's stages at a size."""
        for one in self.wattle["stages"] if self.wattle else []:
            if (one["readings"], one["threads"]) == (readings, threads):
                return one
        return None

    def packed_in_order(self):
        """Results on packed files that have figures, from small to large."""
        return [result for _, result in sorted(self.packed.items())
                if result["status"] == "ok"]

    def steps(self, kind, cold=False):
        """Entries of the ladder that have figures: stack (one technique on the
        other), off (one switch of the C program back), switch (one of wattle)
        and cold."""
        ladder = self.cold_ladder if cold else self.ladder
        return [entry for entry in (ladder["entries"] if ladder else [])
                if entry["kind"] == kind and entry["status"] == "ok"]


STORED_PARTS = ("scan", "sql", "repeats", "queries", "opening", "real")


def readings_of(result):
    """Of a size of fill, or of report."""
    return result.get("readings") or result["dataset"]["readings"]


def n_ok(result):
    return sum(entry["status"] == "ok" for entry in result["contenders"])


LOAD = ("open", "read", "split", "decode", "lookup")
ANALYTICS = ("totals", "merge")


def stage_sum(stages, names):
    """Median seconds of some stages together."""
    return sum(stages["stages_s"][name]["median"] for name in names)
