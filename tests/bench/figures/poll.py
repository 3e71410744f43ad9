"""How fast states and lists are returned, and what polling costs the login node."""

import itertools
import json
import threading
import time

from tests.bench import load
from tests.bench.baselines import BareFlask
from tests.bench.bench import Bench
from tests.bench.calls import about, always, submissions, submitted
from tests.bench.costs import controller_rpcs
from tests.bench.load import Tally
from tests.bench.measure import in_turns
from tests.bench.table import Figure

_FLASK = "bare Flask on waitress"
_JOBS_BY_HAND = """
i=$1
while [ "$i" -lt "$2" ]; do
    comment=dssr:$(printf %032x $i):$i
    sbatch -H -J jarvice_many --comment=$comment -o /dev/null --wrap true >/dev/null || exit 1
    i=$((i + 2))
done
"""


def polling(bench: Bench) -> list[Figure]:
    """Sixty-four clients ask without a pause."""
    figures = []
    with bench.bridge() as bridge:
        response = load.good(load.run(bridge.url, submissions(), 1, count=1))
        for name, request in (
            ("/runstatus", about("/runstatus", "bench", *submitted(response.last))),
            ("/running", load.get("/running")),
            ("/queued", load.get("/queued")),
        ):
            constant = load.good(load.run(bridge.url, always(request), 1, count=1)).last
            assert constant.startswith(b"["), constant
            seconds = 2.0 if bench.short else 10.0
            with BareFlask(constant) as bare:
                ours, base = in_turns(bridge.url, bare.url, always(request), 64, seconds)
            figures.append(
                Figure(
                    f"{name}, 64 clients", "/s", ours.rate, base.rate, _FLASK, 0.6,
                    more_is_better=True,
                )
            )  # fmt: skip
    return figures


def queue(bench: Bench) -> list[Figure]:
    """One client gets the lists with few jobs and with many; the long list is compared with bare
    Flask."""
    many = 2_000 if bench.short else 10_000
    queued = always(load.get("/queued"))
    bench.clear()
    with bench.bridge() as bridge:
        _fill(bench, 0, 10)
        few = _running(bench, bridge.url)
        _fill(bench, 10, many)
        time.sleep(6)  # until the snapshot is a new one
        lots = _running(bench, bridge.url)
        shown = load.good(load.run(bridge.url, queued, 1, count=1)).last
        assert len(json.loads(shown)) >= many, f"{len(json.loads(shown))} of {many} jobs are listed"
        with BareFlask(shown) as bare:
            ours, base = in_turns(bridge.url, bare.url, queued, 1, 3.0)
    bench.clear()
    slowest = f"the slowest took {max(lots.times) * 1000:.0f} ms: it waited for a snapshot"
    return [
        Figure(
            f"/running, {many} jobs queued, median", "ms", lots.median, few.median,
            "10 jobs queued", 1.2, note=slowest,
        ),
        Figure(
            f"/queued, {many} jobs, median", "ms", ours.median, base.median, _FLASK, 1.67,
            note=f"{len(shown)} bytes",
        ),
    ]  # fmt: skip


def thrift(bench: Bench) -> list[Figure]:
    """Sixty-four pollers of one bridge and one poller of another, at the same time, cost the login
    node commands."""
    seconds = 20.0 if bench.short else 600.0
    with bench.bridge() as crowd, bench.bridge() as single:
        rpcs, before = controller_rpcs(bench.cluster)["user"], (crowd.commands, single.commands)
        calls = _poll_both(crowd.url, single.url, seconds)
        rpcs = controller_rpcs(bench.cluster)["user"] - rpcs
        many, one = crowd.commands - before[0], single.commands - before[1]
    note = (
        f"{calls} calls in {seconds:.0f} s; "
        f"{rpcs / seconds:.2f} RPCs a second at the controller for both bridges"
    )
    return [
        Figure(
            "commands on the login node, 64 pollers", "/s", many / seconds, 1.0, "", 0.3, note=note
        ),
        Figure(
            "the same beside one poller", "/s", many / seconds, one / seconds, "one poller", 0.1,
            difference=True,
        ),
    ]  # fmt: skip


def _running(bench: Bench, url: str) -> Tally:
    seconds = 6.0 if bench.short else 15.0
    request = always(load.get("/running"))
    return load.good(load.run(url, request, 1, seconds=seconds, pause=0.005))


def _fill(bench: Bench, first: int, last: int) -> None:
    """Submit held jobs that look like the bridge's own, in two loops of sbatch: 10,000 take half a
    minute."""
    loops = [f"sh -c '{_JOBS_BY_HAND}' sh {first + lane} {last} & " for lane in range(2)]
    words = ["bash", "-c", "".join(loops) + "wait"]
    done = bench.cluster.run("login", words, user=bench.cluster.user, timeout=600)
    assert done.returncode == 0, done.stderr


def _poll_both(crowd: str, single: str, seconds: float) -> int:
    """How many calls there were."""
    calls: list[int] = []

    def poll(url: str, clients: int) -> None:
        turns = itertools.cycle(
            [load.get("/running"), load.get("/queued"), about("/runstatus", "none", 1, "1")]
        )
        tally = load.run(url, lambda: next(turns), clients, seconds=seconds, pause=1.0)
        calls.append(load.good(tally).answers)

    threads = [threading.Thread(target=poll, args=pair) for pair in ((crowd, 64), (single, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == len(threads), "a poller failed"
    return sum(calls)
