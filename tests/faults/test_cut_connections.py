"""The connection between bridge and login node is cut, or falls silent, at every interesting byte
of a submission."""

import pytest

from tests.end_to_end.service import eventually
from tests.faults.person import Person
from tests.faults.recovery import wait_for_recovery
from tests.faults.relay import Relay, Way
from tests.faults.upstream import (
    Ledger,
    Pair,
    Upstream,
    ends_well,
    measure,
    recovers,
    submit_once,
    submit_until_taken,
)

pytestmark = pytest.mark.cluster
PADDING = 100_000  # the request takes several packets: it can be cut in its middle


@pytest.fixture(scope="module", params=[Upstream, Person])
def caller(request: pytest.FixtureRequest) -> type[Upstream]:
    """Who calls the bridges: the same holds for both APIs."""
    kind: type[Upstream] = request.param
    return kind


def positions(sizes: dict[Way, int], long: bool) -> list[tuple[Way, int]]:
    """Where to cut: from before the first byte of the request to before the last one of the
    answer."""
    up, down = sizes["up"], sizes["down"]
    if long:
        # An answer comes in blocks of 16 bytes (RFC 4253, section 6): half a block is none.
        return [("up", at) for at in range(0, up, up // 60)] + [
            ("down", at) for at in range(0, down, 16)
        ]
    middle: list[tuple[Way, int]] = [
        ("up", up // 4),
        ("up", up // 2),
        ("up", up - 100),
        ("up", up - 1),
    ]
    return [
        ("up", 0),
        ("up", 1),
        *middle,
        ("down", 0),
        *(("down", down * i // 5) for i in range(1, 5)),
        ("down", down - 1),
    ]


@pytest.mark.timeout(1200)  # with --long
def test_a_cut_at_every_interesting_byte(
    relayed: Upstream, relay: Relay, ledger: Ledger, long: bool
) -> None:
    """Wherever the connection is cut, the upstream gets 503 and sends again, and there is one job:
    none before the request is complete, the same one afterwards."""
    struck = 0
    told = []
    places = positions(measure(relayed, relay, ledger, PADDING), long)
    for number, (way, after) in enumerate(places):
        assert eventually(lambda: relayed.get("/gc"), lambda a: a.status_code == 200)
        task = ledger.task(f"cut-{way}-{number}", padding=PADDING)
        relay.cut(way, after)
        first = submit_once(relayed, task)
        struck += relay.struck.is_set()
        relay.relent()
        job = submit_until_taken(relayed, task)
        assert first.status_code == 503 or relayed.accepted(task, first).jobid == job.jobid
        told.append((task, job))
    assert struck >= 0.75 * len(places)  # an answer's size varies: not every one is long enough
    for task, job in told:
        ends_well(relayed, ledger, task, job)


@pytest.mark.parametrize(("way", "share"), [("up", 0.5), ("down", 0.0)])
def test_a_connection_that_falls_silent(
    relayed: Upstream, relay: Relay, ledger: Ledger, way: Way, share: float
) -> None:
    """When a connection takes data and never answers, as behind a firewall that has forgotten it,
    the request is answered in time, the next one uses a new connection, and there is one job."""
    size = measure(relayed, relay, ledger, PADDING)[way]
    task = ledger.task(f"silent-{way}", padding=PADDING)
    relay.stall(way, int(size * share))
    assert submit_once(relayed, task).status_code == 503
    assert relay.struck.is_set()
    ends_well(relayed, ledger, task, submit_until_taken(relayed, task))


def test_a_listing_that_is_cut_or_falls_silent(
    relayed: Upstream, relay: Relay, ledger: Ledger
) -> None:
    """While a job runs, it is in its list or the list is not returned, wherever an answer
    breaks."""
    task = ledger.task("watched", waits=True)
    job = submit_until_taken(relayed, task)
    for fault, after in ((relay.cut, 0), (relay.cut, 1), (relay.cut, 150), (relay.stall, 150)):
        fault("down", after)
        while not relay.struck.is_set():
            assert relayed.listed(job) is not False
        eventually(lambda: relayed.listed(job), lambda listed: listed is not None)
        assert relayed.listed(job) is not False
    ledger.may_end(task)
    ends_well(relayed, ledger, task, job)


def test_a_link_with_a_long_delay(relayed: Upstream, relay: Relay, ledger: Ledger) -> None:
    """Answers over a link with a long delay are right."""
    relay.delay = 0.1
    try:
        recovers(relayed, ledger, "delayed")
    finally:
        relay.delay = 0.0


def test_connections_refused(
    relayed: Upstream, relay: Relay, ledger: Ledger, outage: float
) -> None:
    """While no sshd listens every call gets 503; afterwards everything is as it was."""
    pair = Pair.begin(relayed, ledger)
    relay.refuse()
    pair.silent(outage)
    relay.listen()
    wait_for_recovery(relayed)
    pair.end()
