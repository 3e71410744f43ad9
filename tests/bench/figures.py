"""What is measured, one function a row or two of the table. Each takes ours and the baseline in turns."""

import contextlib
import json
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from connectors.slurm.shell import programs
from tests.bench import load
from tests.bench.bare import BareFlask, BareSsh, rate_of, round_trip
from tests.bench.load import Tally
from tests.bench.rig import (
    PLAIN,
    SBATCH,
    Rig,
    call,
    check,
    controller_rpcs,
    rss,
    submissions,
    without_sbatch,
)
from tests.bench.table import Figure
from tests.faults.relay import Relay

TURNS = 3
_ON_DISK, _IN_MEMORY = "records on slurmctld's disk", "records in memory"
_WITHOUT_SBATCH = programs.shell_prelude() + "sbatch() { echo 1; }\n"
_AROUND = "all that the remote shell does besides sbatch"
_FLASK = "bare Flask on waitress"
_JOBS_BY_HAND = """
i=$1
while [ "$i" -lt "$2" ]; do
    sbatch -H -J jarvice_many --comment="dssr:$(printf %032x $i):$i" -o /dev/null --wrap true >/dev/null || exit 1
    i=$((i + 2))
done
"""


def submit(rig: Rig) -> list[Figure]:
    """One client submits; between any two of its submissions, sbatch is run bare, and the parts that both are made of.

    Twice: the test cluster has one disk for all hosts. Each submission has slurmctld sync its state to it, and whoever makes
    a file there at that moment waits for the journal. sbatch makes none; the bridge's records do not wait where they lie
    on another file system than slurmctld's state, as they do on a real cluster.
    """
    request, bare = submissions(), []
    ours = {_ON_DISK: Tally(), _IN_MEMORY: Tally()}
    parts: dict[str, list[float]] = {
        kind: [] for kind in ("HTTP", "a command's way", "sbatch in a long-lived shell", _AROUND)
    }
    with contextlib.ExitStack() as stack:
        ssh = stack.enter_context(BareSsh(rig.cluster))
        bridges = {_ON_DISK: rig.bridge(), _IN_MEMORY: rig.bridge(**rig.in_memory())}
        urls = {name: stack.enter_context(bridge).url for name, bridge in bridges.items()}
        lines = {
            name: stack.enter_context(load.connected(url)) for name, url in urls.items()
        }  # kept open, as ssh's is
        shell, own = ssh.shell(), ssh.shell(_WITHOUT_SBATCH + f"HOME={rig.memory}\n")
        first = {
            name: check(load.exchange(line, request, count=1)).median
            for name, line in lines.items()
        }
        for _ in range(25 if rig.short else 200):
            for name, line in lines.items():
                ours[name] += check(load.exchange(line, request, count=1))
            bare.append(_timed(lambda: ssh.run(SBATCH, PLAIN.encode())))
            parts["HTTP"].append(
                check(load.exchange(lines[_ON_DISK], _always(load.get("/live")), count=1)).median
            )
            parts["a command's way"].append(_timed(lambda: shell("true")))
            parts["sbatch in a long-lived shell"].append(
                _timed(lambda: shell(f"{SBATCH} <<'END'\n{PLAIN}END"))
            )
            parts[_AROUND].append(_timed(lambda: own(without_sbatch())))
    made_of = ", ".join(
        f"{name} {statistics.median(times):.1f} ms" for name, times in parts.items()
    )
    notes = {_ON_DISK: f"the first one took {first[_ON_DISK]:.0f} ms", _IN_MEMORY: made_of}
    return [
        Figure(
            f"/submit, one client, {name}",
            "ms",
            tally.median,
            statistics.median(bare),
            "bare sbatch",
            1.0,
            note=notes[name],
        )
        for name, tally in ours.items()
    ]


def rate(rig: Rig) -> list[Figure]:
    """Sixteen clients submit as fast as they can; twice, for the reason that ``submit`` gives."""
    seconds = 3.0 if rig.short else 10.0
    bare, ours = [], {_ON_DISK: Tally(), _IN_MEMORY: Tally()}
    with (
        rig.bridge() as on_disk,
        rig.bridge(**rig.in_memory()) as in_memory,
        BareSsh(rig.cluster) as ssh,
    ):
        for _ in range(2 if rig.short else TURNS):
            for name, bridge in {_ON_DISK: on_disk, _IN_MEMORY: in_memory}.items():
                ours[name] += check(load.run(bridge.url, submissions(), 16, seconds=seconds))
            bare.append(rate_of(ssh, SBATCH, PLAIN.encode(), 8, seconds))
    rig.clear()
    base, beside = statistics.mean(bare), "bare sbatch, 8 channels"
    return [
        Figure(
            f"/submit, 16 clients, {name}", "/s", tally.rate, base, beside, 0.7, more_is_better=True
        )
        for name, tally in ours.items()
    ]


def polling(rig: Rig) -> list[Figure]:
    """Sixty-four clients ask without a pause."""
    figures = []
    with rig.bridge() as service:
        submitted = check(load.run(service.url, submissions(), 1, count=1))
        jobid = json.loads(submitted.last)[0]
        number = int(json.loads(submitted.last)[1].partition("number ")[2].partition(".")[0])
        status = call("/runstatus", "bench", number, jobid)
        for name, request in (
            ("/runstatus", status),
            ("/running", load.get("/running")),
            ("/queued", load.get("/queued")),
        ):
            constant = check(load.run(service.url, _always(request), 1, count=1)).last
            assert constant.startswith(b"["), constant
            with BareFlask(constant) as bare:
                ours, base = _in_turns(service.url, bare.url, request, 2.0 if rig.short else 10.0)
            figures.append(
                Figure(
                    f"{name}, 64 clients",
                    "/s",
                    ours.rate,
                    base.rate,
                    _FLASK,
                    0.6,
                    more_is_better=True,
                )
            )
    return figures


def queue(rig: Rig) -> list[Figure]:
    """The lists with few jobs and with many, as one client gets them; and the long one beside Flask alone."""
    many = 2_000 if rig.short else 10_000
    running, queued = load.get("/running"), load.get("/queued")
    rig.clear()
    with rig.bridge() as service:
        _fill(rig, 0, 10)
        few = _ten_seconds(rig, service.url, running)
        _fill(rig, 10, many)
        time.sleep(6)  # until the snapshot is a new one
        lots = _ten_seconds(rig, service.url, running)
        shown = check(load.run(service.url, _always(queued), 1, count=1)).last
        assert len(json.loads(shown)) >= many, f"{len(json.loads(shown))} of {many} jobs are listed"
        with BareFlask(shown) as bare:
            ours, base = _in_turns(service.url, bare.url, queued, 3.0, clients=1)
    rig.clear()
    note = f"the slowest took {max(lots.times) * 1000:.0f} ms: it waited for a look at the cluster"
    return [
        Figure(
            f"/running, {many} jobs queued, median",
            "ms",
            lots.median,
            few.median,
            "10 jobs queued",
            1.2,
            note=note,
        ),
        Figure(
            f"/queued, {many} jobs, median",
            "ms",
            ours.median,
            base.median,
            _FLASK,
            1.67,
            note=f"{len(shown)} bytes",
        ),
    ]


def thrift(rig: Rig) -> list[Figure]:
    """What 64 pollers cost the login node, and what one costs, each with a bridge of his own, at the same time."""
    seconds = 20.0 if rig.short else 600.0
    with rig.bridge() as crowd, rig.bridge() as single:
        before = rig.commands(crowd), rig.commands(single), controller_rpcs(rig.cluster)["user"]
        asked = _poll_both(crowd.url, single.url, seconds)
        after = rig.commands(crowd), rig.commands(single), controller_rpcs(rig.cluster)["user"]
    many, one = ((after[i] - before[i]) / seconds for i in range(2))
    note = f"{asked} calls in {seconds:.0f} s; {(after[2] - before[2]) / seconds:.2f} RPCs a second at the controller for both"
    return [
        Figure("commands on the login node, 64 pollers", "/s", many, 1.0, "", 0.3, note=note),
        Figure("the same beside one poller", "/s", many, one, "one poller", 0.1, difference=True),
    ]


def distance(rig: Rig) -> list[Figure]:
    """Submitting over a link that is 50 ms long each way."""
    with Relay(rig.cluster.address, rig.cluster.port, 0.05) as relay:
        trip, before = round_trip(relay.port), relay.connections
        with rig.bridge(
            JARVICE_SLURM_CLUSTER_ADDR="127.0.0.1", JARVICE_SLURM_CLUSTER_PORT=str(relay.port)
        ) as service:
            check(load.run(service.url, submissions(), 1, count=1))
            ours = check(load.run(service.url, submissions(), 1, count=10 if rig.short else 40))
    note = f"{relay.connections - before} connection; the work on the login node is in it"
    return [
        Figure(
            "/submit, 50 ms away, median", "ms", ours.median, trip, "one round trip", 2.5, note=note
        )
    ]


def memory(rig: Rig) -> list[Figure]:
    """Jobs submitted, looked at, cancelled and asked for their end, and what the bridge has kept of them."""
    jobs = 100 if rig.short else 10_000
    with rig.bridge() as service:
        _whole_lives(service.url, 1)
        start = rss(service)
        _whole_lives(service.url, jobs)
        end = rss(service)
    return [Figure(f"memory after {jobs} jobs", "MB", end, start, "at start", 50, difference=True)]


# In this order: some leave thousands of jobs, which Slurm lists for five minutes more (MinJobAge); thrift takes ten.
ALL: dict[str, Callable[[Rig], list[Figure]]] = {
    f.__name__: f for f in (submit, polling, queue, distance, rate, thrift, memory)
}  # fmt: skip


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.monotonic()
    work()
    return (time.monotonic() - began) * 1000


def _always(request: bytes) -> load.Request:
    return lambda: request


def _in_turns(
    ours: str, bare: str, request: bytes, seconds: float, clients: int = 64
) -> tuple[Tally, Tally]:
    measured, base = Tally(), Tally()
    for _ in range(TURNS):
        measured += check(load.run(ours, _always(request), clients, seconds=seconds / TURNS))
        base += check(load.run(bare, _always(request), clients, seconds=seconds / TURNS))
    return measured, base


def _ten_seconds(rig: Rig, url: str, request: bytes) -> Tally:
    return check(
        load.run(url, _always(request), 1, seconds=6.0 if rig.short else 15.0, pause=0.005)
    )


def _fill(rig: Rig, first: int, last: int) -> None:
    """Held jobs that look like the bridge's own, by two loops of sbatch: 10,000 take half a minute."""
    words = [f"sh -c '{_JOBS_BY_HAND}' sh {first + lane} {last} & " for lane in range(2)]
    script = "".join(words) + "wait"
    done = rig.cluster.run("login", ["bash", "-c", script], user=rig.cluster.user, timeout=600)
    assert done.returncode == 0, done.stderr


def _poll_both(crowd: str, single: str, seconds: float) -> int:
    asked: list[int] = []

    def poll(url: str, clients: int) -> None:
        turns = [load.get("/running"), load.get("/queued"), call("/runstatus", "nobody", 1, "1")]
        calls = iter(range(1 << 60))
        asked.append(
            check(
                load.run(url, lambda: turns[next(calls) % 3], clients, seconds=seconds, pause=1.0)
            ).answers
        )

    threads = [threading.Thread(target=poll, args=pair) for pair in ((crowd, 64), (single, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == len(threads), "a poller failed"
    return sum(asked)


def _whole_lives(url: str, jobs: int) -> None:
    """Eight upstreams, each with one job after the other."""
    with ThreadPoolExecutor(8) as pool:
        for outcome in [pool.submit(_whole_life, url) for _ in range(jobs)]:
            outcome.result()


def _whole_life(url: str) -> None:
    submitted = check(load.run(url, submissions(), 1, count=1))
    jobid, text = json.loads(submitted.last)
    number = int(text.partition("number ")[2].partition(".")[0])
    for path in ("/runstatus", "/terminate"):
        check(load.run(url, _always(call(path, "bench", number, jobid)), 1, count=1))
    end = check(load.run(url, _always(call("/exitstatus", "bench", number, jobid)), 1, count=1))
    assert json.loads(end.last)[0] == -15, end.last
