"""The parts of the benchmark harness, put together by bench/run_bench.py."""
