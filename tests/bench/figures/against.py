"""This checkout beside another one: both bridges run on one cluster, and are measured in turns."""

from pathlib import Path

from tests.bench import load
from tests.bench.bench import HERE, Bench
from tests.bench.calls import about, always, submissions, submitted
from tests.bench.load import Request, Tally
from tests.bench.measure import in_turns
from tests.bench.table import Figure

_NOISE = 0.1  # of a figure: two runs of the same checkout differ by as much on a busy machine


def against(bench: Bench, other: Path, seconds: float) -> list[Figure]:
    """Four rows: one client submits, sixteen submit, and sixty-four ask for a state or a list.

    Each side is loaded for so many ``seconds`` a row, without a pause.
    """
    with (
        bench.bridge(bench.in_memory("ours"), HERE) as ours,
        bench.bridge(bench.in_memory("theirs"), other) as theirs,
    ):
        urls = ours.url, theirs.url
        response = load.good(load.run(ours.url, submissions(), 1, count=1))
        state = about("/runstatus", "bench", *submitted(response.last))
        figures = [
            _latency("/submit, one client", _submit_in_turns(*urls, round(10 * seconds)), other),
            _rate("/runstatus, 64 clients", urls, always(state), 64, seconds, other),
            _rate("/running, 64 clients", urls, always(load.get("/running")), 64, seconds, other),
            _rate("/submit, 16 clients", urls, submissions(), 16, seconds, other),
        ]
    bench.clear()
    return figures


def _submit_in_turns(ours: str, theirs: str, count: int) -> tuple[Tally, Tally]:
    request, tallies = submissions(), [Tally(), Tally()]
    with load.connected(ours) as our_client, load.connected(theirs) as their_client:
        for at in range(count):
            for side in (0, 1) if at % 2 == 0 else (1, 0):
                client = (our_client, their_client)[side]
                tallies[side] += load.good(load.exchange(client, request, count=1))
    return tallies[0], tallies[1]


def _latency(name: str, tallies: tuple[Tally, Tally], other: Path) -> Figure:
    ours, theirs = (tally.median for tally in tallies)
    return Figure(name, "ms", ours, theirs, str(other), 1 + _NOISE)


def _rate(
    name: str, urls: tuple[str, str], request: Request, clients: int, seconds: float, other: Path
) -> Figure:
    ours, theirs = in_turns(*urls, request, clients, seconds, turns=6)
    return Figure(name, "/s", ours.rate, theirs.rate, str(other), 1 - _NOISE, more_is_better=True)
