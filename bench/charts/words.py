"""What the sections of PERFORMANCE.md share: the commands that measure, and
small forms of text."""

from harness.tables import seconds

RUN = "python3 bench/run_bench.py"
MAKE_SIZES = f"{RUN} --sizes 100k,1M,10M --peers all --limit 150 --name final"
MAKE_GROWTH = (f"{RUN} --growth --limit 300 --name growth "
               "--peers duckdb,clickhouse,polars,datatable,wc")
MAKE_SHAPES = f"{RUN} --shapes --peers duckdb --name shapes"
MAKE_LADDER = f"{RUN} --ladder --limit 150 --name ladder"
MAKE_COLD = f"{RUN} --ladder --cold --name ladder_cold"
MAKE_BASELINE = "python3 bench/profile_baseline.py"
MAKE_WATTLE = "python3 bench/profile_wattle.py"
MAKE_LOAD = "python3 bench/load/run_load.py"
MAKE_STORE = "python3 bench/run_store.py --rows 10M,100M"
MAKE_LOAD_STORED = "python3 bench/load/run_load_stored.py"
MAKE_PAGE = "python3 bench/make_performance.py"


def missing(command):
    return f"Not measured yet; this makes the figures:\n\n    {command}\n"


def table(head, rows):
    """A Markdown table; the first column is left, the others right."""
    lines = ["| " + " | ".join(head) + " |",
             "|---" + "|---:" * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |"
              for row in rows]
    return "\n".join(lines) + "\n"


def picture(charts, name, words):
    return f"![{words}]({charts[name]})\n" if charts.get(name) else ""


def span(figures, text=seconds):
    return f"{text(figures['min'])} .. {text(figures['max'])}"


def times(value):
    return f"{value:.0f}x" if value >= 20 else f"{value:.2f}x"


def ratio_span(figures):
    return f"{figures['min']:.2f} .. {figures['max']:.2f}"


def percent(value):
    return "" if value is None else f"{value * 100:.3f} %"


def number(readings):
    """100k, 10M, 1G."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (1000, "k")):
        if readings >= size and readings % size == 0:
            return f"{readings // size}{letter}"
    return str(readings)
