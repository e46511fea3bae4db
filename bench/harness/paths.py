"""Where things are. Every command runs in the root of the project and is given
paths relative to it, so that results name no machine's folders."""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
WORK = "build/bench"
DATA = WORK + "/data"
OUT = WORK + "/out"
WATTLE = WORK + "/wattle"
PEERS = "bench/peers"
# Another folder keeps a trial apart from the results that the page is made of.
RESULTS = os.environ.get("WATTLE_RESULTS", "bench/results")


def make_folders():
    """Go to the root and make the folders that the harness writes to."""
    os.chdir(ROOT)
    for folder in (DATA, OUT, RESULTS):
        os.makedirs(folder, exist_ok=True)
