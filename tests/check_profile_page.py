#!/usr/bin/env python3
"""The profile page: made from a small run, and used in a headless browser.

Usage: check_profile_page.py PROGRAM

Without Chromium only the making of the page is tested. Prints TAP.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))

from dashboard import browser, stacks  # noqa: E402

# what `perf script -F comm,ip,sym,dso` prints
PERF = """wattle
\tffffffff8100 clear_page ([kernel.kallsyms])
\t    7f0000001 __libc_pread (/usr/lib/libc.so.6)
\t    55550002 lane_run.constprop.0 (/opt/wattle)
\t    55550001 main (/opt/wattle)

wattle
\t    55550003 [unknown] (/usr/lib/libzstd.so.1)
\t    55550001 main (/opt/wattle)
"""

# two calls of f, one of them from g, which f calls again
CALLGRIND = """fl=src/engine/lane.c
fn=main
1 10
cfi=src/base/ascii.c
cfn=f
calls=1 3
2 100
cfn=g
calls=1 9
3 50

fl=src/base/ascii.c
fn=f
3 60
fi=src/base/inlined.h
4 60

fl=src/engine/lane.c
fn=g
9 30
cfi=src/base/ascii.c
cfn=f
calls=1 3
9 20
"""


def width_of(driver, element):
    return driver.execute_script(
        "return arguments[0].getBoundingClientRect().width", element)


def widths(driver):
    """{place of the frame: (label, width)} of all frames that are seen."""
    return dict(driver.execute_script("""
        return [...document.querySelectorAll(".frame")]
            .map((f, i) => [String(i), [f.dataset.name,
                Math.round(f.getBoundingClientRect().width)], f.hidden])
            .filter(row => !row[2]).map(row => [row[0], row[1]]);"""))


def nodes_of(tree, parents=()):
    """(node, what it lies below), for every node of a tree."""
    yield tree, parents
    for child in tree[3]:
        yield from nodes_of(child, (*parents, tree))


class Page:
    """Each method that begins with check_ is a test of the open page."""

    def __init__(self, driver, profile):
        self.driver = driver
        self.profile = profile
        self.tree = profile["wattle"]["flame"]["tree"]

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys):
        from selenium.webdriver import ActionChains
        ActionChains(self.driver, duration=50).send_keys(*keys).perform()

    def check_figures_come_from_the_run(self):
        words = self.find("#cards").text
        readings = f"{self.profile['wattle']['readings']:,} readings"
        assert readings in words, words
        counted = self.profile["wattle"]["instructions"]
        if counted:
            assert f"{counted['per_reading']:,.0f}"[:3] in words, words
        rows = self.run("return document.querySelectorAll("
                        "'#top-tables table').length")
        assert rows == 2, rows

    def check_click_zooms_and_reset_restores(self):
        before = widths(self.driver)
        whole = width_of(self.driver, self.find("#frames"))
        frames = self.driver.find_elements("css selector", ".frame")
        chosen = next(
            int(i) for i, (_, width) in before.items()
            if whole * .05 < width < whole * .9 and int(i) > 0)
        label, width = before[str(chosen)]
        frames[chosen].click()
        after = widths(self.driver)
        assert abs(after[str(chosen)][1] - whole) <= 1, (label, width, after)
        factor = whole / width
        assert len(after) != len(before) or factor < 1.1
        for i, (name, wide) in after.items():
            assert abs(wide - whole) <= 1 or int(i) > chosen, name
            if int(i) > chosen and i in before and wide < whole - 1:
                assert abs(wide - before[i][1] * factor) <= factor + 1, name
        assert label in self.find("#detail").text
        reset = self.find("#reset")
        assert reset.is_enabled()
        reset.click()
        assert widths(self.driver) == before
        assert not reset.is_enabled()

    def check_search_counts(self):
        names = [node[0] for node, _ in nodes_of(self.tree)][1:]
        word = max(set(names), key=len)[:6].lower()
        hits = [(node, parents) for node, parents in nodes_of(self.tree)
                if word in node[0].lower() and parents]
        outer = [node[2] for node, parents in hits
                 if not any(word in p[0].lower() for p in parents[1:])]
        self.find("#search").send_keys(word.upper())
        said = self.find("#matches").text
        wanted = re.match(r"(\d+) frames?, ([\d.]+) % of all$", said)
        assert wanted and int(wanted[1]) == len(hits), (said, len(hits))
        share = sum(outer) / self.tree[2] * 100
        assert abs(float(wanted[2]) - share) < 0.06, (said, share)
        marked = self.driver.find_elements("css selector", ".frame.hit")
        assert len(marked) == len(hits)
        self.run("const s = document.getElementById('search'); s.value = '';"
                 "s.dispatchEvent(new Event('input'));")
        assert self.find("#matches").text == ""
        assert not self.driver.find_elements("css selector", ".frame.hit")

    def check_keys(self):
        from selenium.webdriver.common.keys import Keys
        self.run("document.querySelector('.frame[tabindex=\"0\"]').focus()")
        self.press(Keys.ARROW_DOWN)
        name = self.run("return document.activeElement.dataset.name")
        assert name == self.tree[3][0][0], name
        self.press(Keys.ENTER)
        assert self.find("#reset").is_enabled()
        self.press(Keys.ESCAPE)
        assert not self.find("#reset").is_enabled()
        self.press("/")
        assert self.run("return document.activeElement.id") == "search"
        self.run("document.activeElement.blur()")

    def check_other_program(self):
        buttons = self.driver.find_elements("css selector",
                                            "#flame-choice button")
        assert [b.text for b in buttons] == ["wattle", "Python monitor"]
        buttons[1].click()
        names = {name for name, _ in widths(self.driver).values()}
        assert any(n.startswith("load_readings") for n in names), names
        buttons[0].click()

    def check_timeline(self):
        painted = self.run("""
            return [...document.querySelectorAll("#timeline canvas")].map(c =>
                c.getContext("2d").getImageData(0, 0, c.width, c.height)
                    .data.some(byte => byte !== 0));""")
        assert len(painted) >= 3 and all(painted), painted
        whole = self.find("#time-range").text
        for _ in range(4):
            self.find("#time-in").click()
        assert self.find("#time-range").text != whole
        self.find("#time-left").click()
        self.find("#time-reset").click()
        assert self.find("#time-range").text == whole
        from selenium.webdriver import ActionChains
        canvas = self.find("#timeline canvas")
        actions = ActionChains(self.driver, duration=50)
        actions.move_to_element_with_offset(canvas, -200, 0).click_and_hold()
        actions.move_by_offset(300, 0).release().perform()
        assert self.find("#time-range").text != whole
        actions = ActionChains(self.driver, duration=50)
        actions.double_click(canvas).perform()
        assert self.find("#time-range").text == whole

    def check_light_and_dark(self):
        def colour():
            return self.run("return document.documentElement.dataset.theme + "
                            "' ' + getComputedStyle(document.body)"
                            ".backgroundColor")
        seen = []
        for scheme in ("dark", "light"):
            browser.set_colours(self.driver, scheme)
            for _ in range(50):  # the page is told a moment later
                if colour().startswith(scheme):
                    break
                time.sleep(0.05)
            assert colour().startswith(scheme), colour()
            seen.append(colour())
        self.find("#theme").click()
        assert colour() == seen[0], (colour(), seen)
        self.find("#theme").click()
        assert colour() == seen[1], (colour(), seen)

    def check_narrow(self):
        browser.set_size(self.driver, 390, 800)
        wide = self.run("return document.documentElement.scrollWidth")
        shown = len(widths(self.driver))
        browser.set_size(self.driver, 1280, 900)
        assert wide <= 390, wide
        assert shown > 1

    def check_nothing_is_fetched_and_nothing_complains(self):
        messages = [entry["message"] for entry in
                    self.driver.get_log("browser")]
        assert not messages, messages
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                if event["params"]["documentURL"].startswith("file:"):
                    url = event["params"]["request"]["url"]
                    assert re.match(r"(file|data):", url), url


def check_perf_stacks():
    found = stacks.parse_perf(PERF, {"main": "cli", "lane_run": "engine"}.get)
    assert found == [
        ([("main", "cli"), ("lane_run", "engine"), ("__libc_pread", "library"),
          ("clear_page", "kernel")], 1),
        ([("main", "cli"), ("libzstd.so.1", "library")], 1)], found
    tree = stacks.tree(found, "all")
    assert tree[2] == 2 and tree[3][0][:3] == ["main", "cli", 2], tree
    top = stacks.functions(found, 10)
    assert {row["name"]: (row["own"], row["whole"]) for row in top} == {
        "clear_page": (1, 1), "libzstd.so.1": (1, 1)}, top


def check_callgrind_stacks():
    own, calls = stacks.parse_callgrind(CALLGRIND)
    f, g = ("f", "src/base/ascii.c"), ("g", "src/engine/lane.c")
    main_ = ("main", "src/engine/lane.c")
    assert own == {main_: 10, f: 120, g: 30}, own
    assert calls == {main_: {f: 100, g: 50}, g: {f: 20}}, calls
    found = stacks.stacks_of_calls(own, calls)
    sums = {"/".join(name for name, _ in frames): n for frames, n in found}
    assert sums == {"main": 10, "main/f": 100, "main/g": 30,
                    "main/g/f": 20}, sums
    assert found[0][0][-1][1] in {"engine", "base"}, found


def make_page(program, folder):
    """Runs the real thing on little data; returns page and profile."""
    done = subprocess.run(
        [sys.executable, os.path.join(ROOT, "bench/make_dashboard.py"),
         "--readings", "60k", "--before-readings", "5k",
         "--callgrind-readings", "2k", "--runs", "1", "--sample-s", "0.3",
         "--wattle", program, "--out", folder], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    with open(os.path.join(folder, "profile.json"), encoding="utf-8") as file:
        return os.path.join(folder, "index.html"), json.load(file)


def check_is_one_file(page):
    with open(page, encoding="utf-8") as file:
        text = file.read()
    assert not re.search(r"""(src|href)=["'](?!#|data:)""", text)
    assert ROOT not in text and "/home/" not in text


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check_profile_page.py PROGRAM")
    counts = [0, 0]

    def attempt(name, test, skip=None):
        counts[0] += 1
        if skip:
            print(f"ok {counts[0]} - {name} # SKIP {skip}")
            return
        try:
            test()
            print(f"ok {counts[0]} - {name}", flush=True)
        except Exception as problem:  # a browser has errors of its own
            counts[1] += 1
            print(f"not ok {counts[0]} - {name}: {type(problem).__name__} "
                  f"{str(problem)[:1500]}", flush=True)

    attempt("check_perf_stacks", check_perf_stacks)
    attempt("check_callgrind_stacks", check_callgrind_stacks)
    names = [name for name in dir(Page) if name.startswith("check_")]
    names.sort(key=lambda name: "complains" in name)  # that one last
    with tempfile.TemporaryDirectory(prefix="wattle-page-") as folder:
        made = []
        attempt("make_page", lambda: made.extend(
            make_page(os.path.abspath(sys.argv[1]), folder)))
        if not made:
            return 1
        attempt("check_is_one_file", lambda: check_is_one_file(made[0]))
        why = browser.missing()
        if why or not made[1]["wattle"]["flame"]:
            for name in names:
                attempt(name, None, why or "neither perf nor valgrind")
            return 1 if counts[1] else 0
        with browser.opened(1280, 900, folder) as driver:
            browser.set_size(driver, 1280, 900)
            browser.set_colours(driver, "light")
            driver.get("file://" + made[0])
            page = Page(driver, made[1])
            for name in names:
                attempt(name, getattr(page, name))
    return 1 if counts[1] else 0


if __name__ == "__main__":
    sys.exit(main())
