"""How long commands take until they are done, beside a Python that does nothing."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.measure import timed
from tests.bench.table import Figure

_PYTHON = "python -c pass"
_GOAL = 300.0  # ms more than that
_PROGRAM = str(Path(sys.executable).parent / "dssr")


def start_up(bench: Bench) -> list[Figure]:
    """The help, which needs no library, and a list of jobs of a bridge that is served."""
    runs = 5 if bench.short else 30
    with bench.bridge() as bridge:
        commands = {
            "dssr --help": [_PROGRAM, "--help"],
            "dssr jobs, a served bridge": [_PROGRAM, "jobs", "--url", bridge.url],
        }
        return [_figure(name, words, runs) for name, words in commands.items()]


def _figure(name: str, words: list[str], runs: int) -> Figure:
    bare, ours = [], []
    for _ in range(runs):
        bare.append(timed(lambda: _run([sys.executable, "-c", "pass"])))
        ours.append(timed(lambda: _run(words)))
    return Figure(
        name, "ms", statistics.median(ours), statistics.median(bare), _PYTHON, _GOAL,
        difference=True,
    )  # fmt: skip


def _run(words: list[str]) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("DSSR_")}
    subprocess.run(words, env=environ, stdout=subprocess.DEVNULL, check=True)
