"""A cluster for the faults alone, whole again after each test, and bridges onto it."""

import signal
from collections.abc import Callable, Iterator

import pytest

from tests.cluster import Cluster
from tests.conftest import FIGURE
from tests.faults import recovery
from tests.faults.relay import Relay
from tests.faults.upstream import Ledger, Upstream

Begin = Callable[..., Upstream]
_NODE = ("munged", "slurmd")
_DAEMONS = {
    "login": ("munged", "sshd", "mariadbd", "slurmdbd", "slurmctld"),
    "login2": ("munged", "sshd"),
    "node1": _NODE,
    "node2": _NODE,
}


def make_whole(cluster: Cluster) -> None:
    """Plug all cables in, run every daemon, and cancel all jobs."""
    for host in _DAEMONS:
        cluster.link(host, up=True)
    for host, daemons in _DAEMONS.items():
        for daemon in daemons:
            if cluster.record.options.accounting or daemon not in ("mariadbd", "slurmdbd"):
                cluster.resume(host, daemon)
                cluster.start(host, daemon)
    for user in ("jarvice", "bob"):
        cluster.run("login", ["/usr/bin/scancel", "-u", user])
    cluster.wait_idle()


@pytest.fixture(scope="package")
def site(cluster_possible: None) -> Iterator[Cluster]:
    """A well-behaved cluster for the faults of this directory."""
    booted = Cluster.up()
    yield booted
    booted.down()


@pytest.fixture
def whole(site: Cluster) -> Iterator[Cluster]:
    """The cluster, which is repaired after the test."""
    yield site
    make_whole(site)


@pytest.fixture
def configure(whole: Cluster) -> Iterator[Callable[..., None]]:
    """``configure("Name=value", ...)``: the controller restarts with these lines added, for this
    test."""
    conf = whole.path("/etc/slurm/slurm.conf")
    before = conf.read_text()

    def restart(text: str) -> None:
        conf.write_text(text)
        whole.stop("login", "slurmctld", signal.SIGTERM)
        whole.start("login", "slurmctld")

    yield lambda *lines: restart("\n".join([conf.read_text(), *lines, ""]))
    restart(before)


@pytest.fixture(scope="module")
def caller() -> type[Upstream]:
    """Who calls the bridges: an upstream by the legacy API."""
    return Upstream


@pytest.fixture(scope="module")
def begin(caller: type[Upstream]) -> Iterator[Begin]:
    """``begin(cluster, settings)``: bridges that end with the module."""
    begun: list[Upstream] = []

    def start(cluster: Cluster, settings: dict[str, str] | None = None) -> Upstream:
        begun.append(caller(cluster, settings))
        return begun[-1]

    yield start
    for upstream in begun:
        upstream.stop()


@pytest.fixture
def ledger(whole: Cluster) -> Ledger:
    """A fresh ledger."""
    return Ledger(whole)


@pytest.fixture(scope="module")
def upstream(site: Cluster, begin: Begin) -> Upstream:
    """One bridge for all tests of a module; each finds it as the previous one left it."""
    return begin(site)


@pytest.fixture(scope="module")
def relay(site: Cluster) -> Iterator[Relay]:
    """A relay in front of the login node."""
    made = Relay(site.address, site.port)
    yield made
    made.close()


@pytest.fixture(scope="module")
def relayed(site: Cluster, begin: Begin, relay: Relay) -> Upstream:
    """A bridge that reaches the login node through the relay."""
    return begin(site, through(relay))


def through(relay: Relay) -> dict[str, str]:
    """The settings that lead through the relay."""
    return {
        "JARVICE_SLURM_CLUSTER_ADDR": "127.0.0.1",
        "JARVICE_SLURM_CLUSTER_PORT": str(relay.port),
    }


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether faults have their full length."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def outage(long: bool) -> float:
    """How many seconds an outage lasts."""
    return 60.0 if long else 5.0


@pytest.fixture(autouse=True)
def figures(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """How soon responses were right again is part of the test's report, and of the run's
    summary."""
    yield
    for figure in recovery.figures():
        record_property(FIGURE, figure)
