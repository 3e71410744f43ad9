"""``python -m tests.bench.soak --minutes M``: hundreds of short jobs while a fault strikes every half minute.

Prints what was lost, doubled and wrongly reported, all of which must be 0 (the exit code says so), and what it cost.
"""

import argparse
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import counted, strikes
from tests.bench.rig import controller_rpcs, rss
from tests.bench.truth import PLACE, Verdict, judge, plan
from tests.bench.upstreams import Calls, Upstreams
from tests.cluster import Cluster
from tests.end_to_end.service import Service

_TO_THE_END = 300.0  # seconds after the last submission in which all ends must be known


@dataclass
class Report:
    """What a soak has found."""

    jobs: int
    seconds: float
    verdict: Verdict
    calls: Calls
    struck: list[str]
    recovery: float  # seconds from a fault's end to the first right answer, at most
    connections: int
    commands: int
    rpcs: int
    memory: tuple[float, float]  # MB at start and end

    def __str__(self) -> str:
        v, seconds = self.verdict, self.seconds
        rows = [
            f"{self.jobs} jobs, {seconds:.0f} s, {len(self.struck)} faults: {', '.join(self.struck)}",
            f"lost {len(v.lost)}, doubled {len(v.doubled)}, wrongly reported {len(v.wrong)}",
            f"failed by Slurm itself {len(v.spoilt)}, run again by it {len(v.rerun)}",
            f"the last to be told of an end was told {v.latest:.0f} s after it",
            f"the first right answer after a fault came {self.recovery:.1f} s after its end, at the latest",
            f"calls by status: {dict(sorted(self.calls.answers.items()))}; the slowest took {self.calls.slowest:.1f} s",
            f"connections opened {self.connections}; commands on the login node {self.commands / seconds:.2f} a second",
            f"the controller's RPCs from the service user {self.rpcs / seconds:.2f} a second",
            f"memory of the bridge {self.memory[0]:.0f} MB at start, {self.memory[1]:.0f} MB at end",
        ]
        kinds = {
            "lost": v.lost,
            "doubled": v.doubled,
            "wrong": v.wrong,
            "spoilt": v.spoilt,
            "unexpected": self.calls.unexpected,
        }
        return "\n".join(
            [*rows, *(f"  {kind}: {what}" for kind, found in kinds.items() for what in found[:20])]
        )


@dataclass
class _RpcMeter:
    """Adds the controller's counter up over its restarts, which set it to 0."""

    cluster: Cluster
    total: int = 0
    _last: int = -1
    _ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self._ended.wait(3.0):
            self._look()

    def _look(self) -> None:
        found = controller_rpcs(self.cluster)
        if found.get("REQUEST_STATS_INFO"):  # else it did not answer
            self.total += (
                max(0, found["user"] - self._last) if self._last <= found["user"] else found["user"]
            )
            self._last = found["user"]

    def stop(self) -> int:
        self._ended.set()
        return self.total


def soak(
    cluster: Cluster,
    *,
    jobs: int,
    seconds: float,
    faults: Sequence[strikes.Fault],
    every: float,
    submitters: int = 16,
    pollers: int = 64,
) -> Report:
    """Run one on that cluster. Returns when the end of every job is known, or could have been for minutes."""
    cluster.run("login", ["mkdir", "-p", PLACE], user=cluster.user)
    with tempfile.TemporaryDirectory() as directory:
        tally, calls = Path(directory) / "tally", Calls(_free_port())
        service = Service(_settings(cluster, tally, calls.port))
        meter = _RpcMeter(cluster)
        try:
            calls.ask("/running")
            threading.Thread(target=meter.run, daemon=True).start()
            start, began = rss(service), time.monotonic()
            planned = list(plan(jobs, int(time.time()) * 1000))
            struck = _live(
                cluster,
                service,
                Upstreams(calls, planned, seconds, submitters, pollers),
                faults,
                every,
                seconds,
            )
            took = time.monotonic() - began
            return Report(
                jobs, took, judge(planned, cluster), calls, struck.done, struck.slowest, _connections(service.log),
                counted.count(tally), meter.stop(), (start, rss(service)),
            )  # fmt: skip
        finally:
            meter.stop()
            service.stop()


def _live(
    cluster: Cluster,
    service: Service,
    upstreams: Upstreams,
    faults: Sequence[strikes.Fault],
    every: float,
    seconds: float,
) -> strikes.Strikes:
    with strikes.Strikes(cluster, service, faults, every) as struck:
        timer = threading.Timer(seconds, struck.stop)
        timer.start()
        try:
            upstreams.run(seconds + _TO_THE_END)
        finally:
            timer.cancel()
    return struck


def _settings(cluster: Cluster, tally: Path, port: int) -> dict[str, str]:
    return cluster.settings() | {
        "JARVICE_BAREMETAL_EXECUTOR": "native",
        "JARVICE_BAREMETAL_CONNECTOR": counted.NAME,
        counted.VARIABLE: str(tally),
        "JARVICE_SNAPSHOT_AGE": "5",
        "WAITRESS_PORT": str(port),
    }


def _connections(log: list[str]) -> int:
    return sum("connected to" in line for line in log)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def main() -> int:
    """The exit code is 1 when anything was lost, doubled or wrongly reported."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="how long jobs are submitted; 10 without it"
    )
    parser.add_argument("--jobs", type=int, help="50 a minute without it")
    names = {fault.__name__: fault for fault in (*strikes.ALL, strikes.controller_killed)}
    parser.add_argument("--fault", nargs="+", choices=names, help="these faults only")
    parser.add_argument(
        "--every",
        type=float,
        default=30.0,
        help="seconds from one fault's beginning to the next one's; 30 without it",
    )
    arguments = parser.parse_args()
    cluster = Cluster.up()
    try:
        seconds = arguments.minutes * 60
        jobs = arguments.jobs or round(50 * arguments.minutes)
        faults = [names[name] for name in arguments.fault] if arguments.fault else strikes.ALL
        report = soak(cluster, jobs=jobs, seconds=seconds, faults=faults, every=arguments.every)
    finally:
        cluster.down()
    print(report)
    verdict = report.verdict
    return 1 if verdict.lost or verdict.doubled or verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
