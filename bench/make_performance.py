#!/usr/bin/env python3
"""Writes PERFORMANCE.md and its charts from results of measurements.

    python3 bench/make_performance.py                     all named results
    python3 bench/make_performance.py --results FILE ...  only these

Every figure comes from a results file; why a target was missed, from
bench/notes.json. Where a result is missing, the page names the command that
measures it. Charts go to docs/charts/ and need gnuplot.
"""

import argparse
import glob
import os
import re
import sys

from charts import bar_plots, plots, sections, store
from harness import paths

# Results without a name of their own.
UNNAMED = ("latest.json", "quick.json", "load_quick.json", "store_quick.json",
           "load_stored_quick.json")


def main():
    parser = argparse.ArgumentParser(
        description="Write PERFORMANCE.md from results.")
    parser.add_argument("--results", nargs="+", metavar="FILE",
                        help="results (default: all in bench/results but "
                        "latest.json and quick.json)")
    parser.add_argument("--output", metavar="FILE", default=None,
                        help="default PERFORMANCE.md in the project's root")
    parser.add_argument("--charts", metavar="FOLDER",
                        help=f"default {plots.FOLDER} in the project's root")
    options = parser.parse_args()
    if options.charts:
        plots.FOLDER = os.path.abspath(options.charts)
    files = [os.path.abspath(name) for name in options.results or []]
    output = os.path.abspath(options.output) if options.output else \
        os.path.join(paths.ROOT, "PERFORMANCE.md")
    os.chdir(paths.ROOT)
    if not files:
        files = sorted(name for name in glob.glob(f"{paths.RESULTS}/*.json")
                       if os.path.basename(name) not in UNNAMED)
    data = store.Store(files)
    charts = {**plots.all_charts(data), **bar_plots.all_charts(data)}
    charts = {name: drawn and os.path.relpath(drawn, os.path.dirname(output))
              for name, drawn in charts.items()}
    text = "\n".join(section(data, charts) for section in sections.SECTIONS)
    text = re.sub(r"\n{3,}", "\n\n", text)
    with open(output, "w", encoding="utf-8") as file:
        file.write(text.strip() + "\n")
    for name in filter(None, charts.values()):
        print(name)
    for name in (name for name, drawn in charts.items() if not drawn):
        print(f"no chart {name}: no results for it, or no gnuplot")
    print(os.path.relpath(output))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"make_performance: {error!r}")
