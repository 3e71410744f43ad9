"""``python -m tests.bench.soak --minutes M``: hundreds of short jobs run while a fault strikes
every half minute.

Prints the jobs that were lost, doubled or wrongly reported (the exit code is 1 if there is one),
and what it cost.
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

from tests.bench import counting_connector, soak_faults
from tests.bench.costs import controller_rpcs, resident_memory
from tests.bench.soak_jobs import PLACE, planned
from tests.bench.soak_report import Report
from tests.bench.soak_upstreams import Calls, Upstreams
from tests.bench.soak_verdict import judge
from tests.cluster import Cluster
from tests.end_to_end.service import Service

_TO_THE_END = 300.0  # seconds after the last submission in which all ends must be known


@dataclass(frozen=True)
class Plan:
    """How many jobs are submitted in how many seconds, and which fault strikes every so many
    seconds."""

    jobs: int
    seconds: float
    faults: Sequence[soak_faults.Fault]
    every: float
    submitters: int = 16
    pollers: int = 64


@dataclass
class _RpcMeter:
    """Adds up the controller's counter, which each of its restarts sets to 0."""

    cluster: Cluster
    total: int = 0
    _last: int | None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        self._look()
        while not self._ended.wait(3.0):
            self._look()

    def _look(self) -> None:
        found = controller_rpcs(self.cluster)
        if not found.get("REQUEST_STATS_INFO"):
            return  # the controller did not respond
        if self._last is not None:
            restarted = found["user"] < self._last
            self.total += found["user"] if restarted else found["user"] - self._last
        self._last = found["user"]

    def stop(self) -> int:
        self._ended.set()
        return self.total


def soak(cluster: Cluster, plan: Plan) -> Report:
    """Run one on that cluster. Returns when the end of every job is known, or could have been for
    minutes."""
    cluster.run("login", ["mkdir", "-p", PLACE], user=cluster.user)
    with tempfile.TemporaryDirectory() as directory:
        commands, calls = Path(directory) / "commands", Calls(_free_port())
        service = Service(_settings(cluster, commands, calls.port))
        meter = _RpcMeter(cluster)
        try:
            calls.ask("/running")
            threading.Thread(target=meter.run, daemon=True).start()
            start, began = resident_memory(service), time.monotonic()
            jobs = [*planned(plan.jobs, int(time.time()) * 1000)]
            upstreams = Upstreams(calls, jobs, plan.seconds, plan.submitters, plan.pollers)
            struck = _live(cluster, service, upstreams, plan)
            return Report(
                jobs=plan.jobs,
                seconds=time.monotonic() - began,
                verdict=judge(jobs, cluster),
                calls=calls,
                faults=struck.done,
                recovery=struck.slowest,
                connections=sum("connected to" in line for line in service.log),
                commands=counting_connector.count(commands),
                rpcs=meter.stop(),
                memory=(start, resident_memory(service)),
            )
        finally:
            meter.stop()
            service.stop()


def _live(
    cluster: Cluster, service: Service, upstreams: Upstreams, plan: Plan
) -> soak_faults.Schedule:
    with soak_faults.Schedule(cluster, service, plan.faults, plan.every) as struck:
        timer = threading.Timer(plan.seconds, struck.stop)
        timer.start()
        try:
            upstreams.run(plan.seconds + _TO_THE_END)
        finally:
            timer.cancel()
    return struck


def _settings(cluster: Cluster, commands: Path, port: int) -> dict[str, str]:
    return cluster.settings() | {
        "JARVICE_BAREMETAL_EXECUTOR": "native",
        "JARVICE_BAREMETAL_CONNECTOR": counting_connector.NAME,
        counting_connector.VARIABLE: str(commands),
        "JARVICE_SNAPSHOT_AGE": "5",
        "WAITRESS_PORT": str(port),
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def main() -> int:
    """The exit code is 1 when a job was lost, doubled or wrongly reported."""
    plan = _plan()
    cluster = Cluster.up()
    try:
        report = soak(cluster, plan)
    finally:
        cluster.down()
    print(report)
    return 0 if report.is_good else 1


def _plan() -> Plan:
    names = {fault.__name__: fault for fault in (*soak_faults.ALL, soak_faults.controller_killed)}
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="how long jobs are submitted (default: 10)"
    )
    parser.add_argument("--jobs", type=int, help="how many jobs (default: 50 a minute)")
    parser.add_argument("--fault", nargs="+", choices=names, help="only these faults strike")
    parser.add_argument(
        "--every",
        type=float,
        default=30.0,
        help="seconds from the beginning of a fault to the next one's (default: 30)",
    )
    arguments = parser.parse_args()
    faults = [names[name] for name in arguments.fault] if arguments.fault else soak_faults.ALL
    jobs = arguments.jobs or round(50 * arguments.minutes)
    return Plan(jobs, arguments.minutes * 60, faults, arguments.every)


if __name__ == "__main__":
    sys.exit(main())
