"""Counters from many threads."""

from concurrent.futures import ThreadPoolExecutor

from connectors.transports.counters import Counters, UsageCounter


def test_nothing_is_counted_twice_or_lost() -> None:
    """Counts from many threads are complete, and a value that was read stays as it was."""
    usage = UsageCounter()
    before = usage.counters

    def count(_: int) -> None:
        with usage.lock:
            usage.connections += 1
            usage.channels += 2
            usage.commands += 3

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(100)))
    assert (before, usage.counters) == (Counters(), Counters(100, 200, 300))


def test_they_can_be_reported() -> None:
    """The counters are reported as metrics that only grow."""
    figures = Counters(1, 2, 3).figures()
    assert {figure.name: figure.value for figure in figures} == {
        "dssr_ssh_connections_total": 1,
        "dssr_ssh_channels_total": 2,
        "dssr_ssh_commands_total": 3,
    }
    assert {figure.kind for figure in figures} == {"counter"}
