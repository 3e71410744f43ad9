"""How fast jobs are submitted: by one client, by sixteen, and from far away."""

import contextlib
import itertools
import statistics
from collections.abc import Callable, Mapping
from uuid import uuid4

from connectors.slurm.shell import programs
from connectors.slurm.shell.remote import program
from connectors.transports.framing import command
from tests.bench import load
from tests.bench.baselines import BareSsh, rate_of, round_trip
from tests.bench.bench import Bench
from tests.bench.calls import PLAIN_SCRIPT, SCRIPT, always, submissions
from tests.bench.load import Tally
from tests.bench.measure import TURNS, timed
from tests.bench.table import Figure
from tests.faults.relay import Relay

SBATCH = "sbatch --parsable -H -J bare -N 1 --ntasks-per-node=1 -n 1 --mem=0 -o /dev/null"
_entries = itertools.count()  # of the journal that the part without sbatch writes
_ON_DISK, _IN_MEMORY = "records on slurmctld's disk", "records in memory"


def submit(bench: Bench) -> list[Figure]:
    """One client submits; between any two of its submissions, a bare sbatch runs, and the parts
    that both are made of.

    There are two rows, because the test cluster has one disk for all hosts. With each submission
    slurmctld syncs its state to that disk, and a process that creates a file there at that moment
    waits for the journal. sbatch creates none. The bridge's records do not wait where they are on
    another file system than slurmctld's state, as on a real cluster.
    """
    request, bare = submissions(), []
    ours = {_ON_DISK: Tally(), _IN_MEMORY: Tally()}
    with contextlib.ExitStack() as stack:
        ssh = stack.enter_context(BareSsh(bench.cluster))
        bridges = {_ON_DISK: bench.bridge(), _IN_MEMORY: bench.bridge(bench.in_memory())}
        clients = {  # their connections stay open, as the baseline's does
            where: stack.enter_context(load.connected(stack.enter_context(bridge).url))
            for where, bridge in bridges.items()
        }
        first = {
            where: load.good(load.exchange(client, request, count=1)).median
            for where, client in clients.items()
        }
        parts = _Parts(bench, ssh, clients[_ON_DISK])
        for _ in range(25 if bench.short else 200):
            for where, client in clients.items():
                ours[where] += load.good(load.exchange(client, request, count=1))
            bare.append(timed(lambda: ssh.run(SBATCH, PLAIN_SCRIPT.encode())))
            parts.measure()
    notes = {_ON_DISK: f"the first one took {first[_ON_DISK]:.0f} ms", _IN_MEMORY: str(parts)}
    return [
        Figure(
            f"/submit, one client, {where}", "ms", tally.median, statistics.median(bare),
            "bare sbatch", 1.0, note=notes[where],
        )
        for where, tally in ours.items()
    ]  # fmt: skip


class _Parts:
    """The times of what a submission is made of, in milliseconds."""

    def __init__(self, bench: Bench, ssh: BareSsh, client: load.Clients) -> None:
        shell = ssh.shell()
        without_sbatch = ssh.shell(
            f"{programs.shell_prelude()}sbatch() {{ echo 1; }}\nHOME={bench.memory}\n"
        )
        self._work: Mapping[str, Callable[[], object]] = {
            "HTTP": lambda: load.good(load.exchange(client, always(load.get("/live")), count=1)),
            "a command's way": lambda: shell("true"),
            "sbatch in a long-lived shell": lambda: shell(f"{SBATCH} <<'END'\n{PLAIN_SCRIPT}END"),
            "all that the remote shell does besides sbatch": lambda: without_sbatch(_program()),
        }
        self._times: dict[str, list[float]] = {part: [] for part in self._work}

    def measure(self) -> None:
        """Each part once."""
        for part, work in self._work.items():
            self._times[part].append(timed(work))

    def __str__(self) -> str:
        return ", ".join(
            f"{part} {statistics.median(times):.1f} ms" for part, times in self._times.items()
        )


def _program() -> str:
    """The program that submits, with as many words, files and bytes as for a real job; sbatch is a
    function there."""
    key, token = uuid4().hex, uuid4().hex
    place = f"bench/{token}.{key[:12]}"
    words = (
        "", f"{key[:2]}/{key}", token, "bench", "1", place, "", SCRIPT, "x" * 1100, "x" * 3700, "",
        "x" * 300, "", "", "", str(next(_entries)), key[:16], *SBATCH.split()[1:],
    )  # fmt: skip
    return command(program("submit", words), None, "mark")


def rate(bench: Bench) -> list[Figure]:
    """Sixteen clients submit as fast as they can; two rows, for the reason that ``submit``
    gives."""
    seconds = 3.0 if bench.short else 10.0
    bare, ours = [], {_ON_DISK: Tally(), _IN_MEMORY: Tally()}
    with (
        bench.bridge() as on_disk,
        bench.bridge(bench.in_memory()) as in_memory,
        BareSsh(bench.cluster) as ssh,
    ):
        for _ in range(2 if bench.short else TURNS):
            for where, bridge in ((_ON_DISK, on_disk), (_IN_MEMORY, in_memory)):
                ours[where] += load.good(load.run(bridge.url, submissions(), 16, seconds=seconds))
            bare.append(rate_of(ssh, SBATCH, PLAIN_SCRIPT.encode(), 8, seconds))
    bench.clear()
    return [
        Figure(
            f"/submit, 16 clients, {where}", "/s", tally.rate, statistics.mean(bare),
            "bare sbatch, 8 channels", 0.7, more_is_better=True,
        )
        for where, tally in ours.items()
    ]  # fmt: skip


def distance(bench: Bench) -> list[Figure]:
    """One client submits over a link that takes 50 ms each way."""
    with Relay(bench.cluster.address, bench.cluster.port, 0.05) as relay:
        trip, before = round_trip(relay.port), relay.connections
        link = {
            "JARVICE_SLURM_CLUSTER_ADDR": "127.0.0.1",
            "JARVICE_SLURM_CLUSTER_PORT": str(relay.port),
        }
        with bench.bridge(link) as bridge:
            load.good(load.run(bridge.url, submissions(), 1, count=1))
            count = 10 if bench.short else 40
            ours = load.good(load.run(bridge.url, submissions(), 1, count=count))
    note = f"{relay.connections - before} connection; the work on the login node is included"
    return [
        Figure(
            "/submit, 50 ms away, median", "ms", ours.median, trip, "one round trip", 2.5, note=note
        )
    ]
