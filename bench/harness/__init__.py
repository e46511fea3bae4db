"""The parts of the benchmark harness; bench/run_bench.py puts them together."""
