"""What the records of many jobs cost the login node and the bridge."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell import login_nodes
from connectors.slurm.words import journal
from connectors.slurm.words.journal import EndFacts, Ending, Submission
from dssr.job import JobSpec, JobState, Resources
from dssr.seams import Completed, Purpose, Sink, Transport
from dssr.settings.reading import parse
from tests.bench import load
from tests.bench.bench import Bench
from tests.bench.calls import always
from tests.bench.measure import timed
from tests.bench.table import Figure

_ENDED = EndFacts(
    *(1795600790.0, 1795604390.0, 0, None, 12345, ("squeue",), "node[1-2]"),
    Resources("batch", "research", "normal", 2, 16, 32000, None, 7200),
)


@dataclass(frozen=True, order=True)
class Cost:
    """What a call took: milliseconds, commands on the login node, and bytes of their answers."""

    spent: float
    commands: int
    received: int


class Counted:
    """A transport that counts what goes over it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.commands = self.received = 0

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        done = self._transport.run(argv, input=input, timeout=timeout, purpose=purpose, sink=sink)
        self.commands += 1
        self.received += len(done.stdout)
        return done

    def close(self) -> None:
        self._transport.close()


def records(bench: Bench) -> list[Figure]:
    """The first list of many jobs that have ended, a list that is young, and one that is read anew
    while nothing has changed; each beside a query of the snapshot alone."""
    jobs = 500 if bench.short else 10_000
    with planted(bench, jobs) as home:
        own = {"JARVICE_STATE_DIR": home, "JARVICE_SNAPSHOT_AGE": "0"}
        every = parse(bench.cluster.settings() | own, SlurmSettings)
        return list(_costs(every, jobs))


def list_jobs(bench: Bench) -> list[Figure]:
    """One client lists the first hundred of many jobs that have ended, while the list is young."""
    jobs = 500 if bench.short else 10_000
    path = always(load.get("/api/v1/jobs?limit=100"))
    with (
        planted(bench, jobs) as home,
        bench.bridge({"JARVICE_STATE_DIR": home, "JARVICE_SNAPSHOT_AGE": "3600"}) as bridge,
    ):
        first = load.good(load.run(bridge.url, path, 1, count=1))
        before = bridge.commands
        tally = load.good(load.run(bridge.url, path, 1, count=500))
        commands = bridge.commands - before
    page = json.loads(tally.last)
    assert (len(page["items"]), page["next"] is None) == (100, False)
    note = (
        f"{commands} commands for 500 lists of {len(tally.last)} bytes; the slowest took "
        f"{max(tally.times) * 1000:.0f} ms, and the first one, which reads all, "
        f"{first.median:.0f} ms"
    )
    name = f"GET /jobs?limit=100 of {jobs} jobs"
    return [Figure(name, "ms", tally.median, 5.0, "", 1.0, note=note)]


@contextmanager
def planted(bench: Bench, jobs: int) -> Iterator[str]:
    """A state directory on the cluster with the records of so many jobs; its path there."""
    home, user = f"/home/{bench.cluster.user}/bench-records", bench.cluster.user
    state = bench.cluster.path(home)
    for number in range(jobs):
        _keep(state, number)
    bench.cluster.run("login", ["chown", "-R", "-h", user, home]).check_returncode()
    yield home
    shutil.rmtree(state)


def _costs(every: SlurmSettings, jobs: int) -> Iterator[Figure]:
    young = replace(every, snapshot_age=3600.0)
    with _connected(every) as (connector, counted):
        base = _quickest(connector.snapshot, counted)
        first = _cost(connector.records, counted)
        assert len(connector.records().jobs) == jobs
        again = _quickest(connector.records, counted)
        yield _figure(f"first list of {jobs} records", first, base, 200)
        yield _figure("... read anew, nothing new", again, base, 5)
    with _connected(young) as (connector, counted):
        connector.records()
        fresh = _quickest(connector.records, counted)
        yield _figure("... while it is young", fresh, base, 1)


def _keep(state: Path, number: int) -> None:
    """Make the directory and the two entries of a job that has ended."""
    spec = JobSpec(
        f"relax-{number % 50}", number, 1, source="x", script="x", executor="native",
        keeps_files=True, labels=(("project", "water"), ("step", str(number))),
    )  # fmt: skip
    directory = f"jobs/2026-11-{number % 30 + 1:02}/{spec.token}.{number:012x}"
    ref = replace(spec.ref, native_id=str(number + 1))
    output = f"/home/jarvice/.jarvice/{spec.name}.{number}.out"
    about = journal.about(spec)
    entry = Submission(directory, ref, "", 1795600780.0, about, output)
    text = journal.submission_text(ref, about, 1795600780.0 + number)
    [submission] = journal.submission_entries(entry, text)
    end = journal.end_text(ref, directory, "", Ending(JobState.COMPLETED, 3600), _ENDED)
    (state / directory).mkdir(parents=True)
    for serial, link in ((2 * number + 1, submission), (2 * number + 2, end)):
        shelf = state / "journal" / str(serial // 1000)
        shelf.mkdir(parents=True, exist_ok=True)
        (shelf / str(serial)).symlink_to(link)


@contextmanager
def _connected(settings: SlurmSettings) -> Any:
    """A connector that has a connection and an open shell."""
    counted = Counted(login_nodes.transport(settings))
    connector = SlurmConnector(settings, counted)
    for _ in range(3):
        counted.run(["true"], timeout=30.0)
    yield connector, counted
    connector.close()


def _cost(work: Callable[[], object], counted: Counted) -> Cost:
    commands, received = counted.commands, counted.received
    spent = timed(work)
    return Cost(spent, counted.commands - commands, counted.received - received)


def _quickest(work: Callable[[], object], counted: Counted) -> Cost:
    return min(_cost(work, counted) for _ in range(5))


def _figure(name: str, ours: Cost, snapshot: Cost, goal: float) -> Figure:
    note = f"{ours.commands} commands, the snapshot's among them; {ours.received} bytes"
    return Figure(name, "ms", ours.spent, snapshot.spent, "snapshot query", goal, note=note)
