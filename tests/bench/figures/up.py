"""How soon a service's address is there: from the moment in which its job begins until the command
``dssr service up`` has checked the address and printed it, and after the death of sshd."""

import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.table import Figure
from tests.cluster import Cluster
from tests.end_to_end.laptop import Document, Laptop, get
from tests.end_to_end.web_service import PROGRAM

_WORDS = ("--walltime", "10m")


def up(bench: Bench) -> list[Figure]:
    """Services one after the other, each of a small web program."""
    begun: list[float] = []
    lost: list[float] = []
    with tempfile.TemporaryDirectory() as directory, _laptop(bench.cluster) as laptop:
        script = Path(directory) / "web.py"
        script.write_text(PROGRAM)
        for number in range(1 if bench.short else 9):
            name = f"up{number}"
            found = laptop.lead("up", name, str(script), *_WORDS).ready()
            begun.append(time.time() - _begin(bench.cluster, name))
            lost.append(_without_sshd(bench.cluster, found))
            laptop.run("down", name)
    return [_figure("up, from the job's start", begun, 2.0), _figure("sshd killed", lost, 1.0)]


def _figure(name: str, seconds: list[float], goal: float) -> Figure:
    note = f"from {min(seconds):.2f} s to {max(seconds):.2f} s"
    median = statistics.median(seconds)
    return Figure(name, "s", median, 0, "nothing", goal, difference=True, note=note)


@contextlib.contextmanager
def _laptop(cluster: Cluster) -> Iterator[Laptop]:
    made = Laptop(cluster)
    try:
        yield made
    finally:
        made.end()


def _begin(cluster: Cluster, name: str) -> float:
    """When the first thing was written that a job writes."""
    link = f"/home/jarvice/.dssr/services/{name}/gen/1/begun"
    return float(cluster.run("login", ["stat", "-c", "%.9Y", link]).stdout)


def _without_sshd(cluster: Cluster, found: Document) -> float:
    """Seconds for the first request after the death of sshd and all of its connections."""
    cluster.stop("login", "sshd")
    cluster.start("login", "sshd")
    began = time.monotonic()
    assert get(found["url"]) == (200, found["job"])
    return time.monotonic() - began
