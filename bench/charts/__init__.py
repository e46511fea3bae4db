"""The parts of bench/make_performance.py: results, charts, text."""
