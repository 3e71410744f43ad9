"""How a service's traffic passes the front, beside OpenSSH's own ``ssh -L`` through the same
sshd, with its own first cipher and with AES-GCM."""

import contextlib
import http.client
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.measure import TURNS, timed
from tests.bench.table import Figure
from tests.cluster import Cluster
from tests.connectors.transports.forwarding.conftest import program_on, settings_of
from tests.connectors.transports.forwarding.test_forwards_front import master_of, resident, web_on
from tests.dssr.services.front.running import RunningFront, front

_MB = 1 << 20
_PART = 256 << 10
_STOCK, _GCM = "ssh -L", "ssh -L AES-GCM"
_GOALS = {_STOCK: 1.0, _GCM: 0.7}
_IDLE, _IDLE_GOAL = 200, 60


def forward(bench: Bench) -> list[Figure]:
    """Streams, requests and connections through a front and through ``ssh -L``, in turns; what 200
    idle connections cost; how long no request is answered after the death of a master."""
    with contextlib.ExitStack() as opened:
        enter = opened.enter_context
        port = enter(program_on(bench.cluster, "node1"))
        ours = enter(front_to(bench, port))
        ways = {"ours": ours.port} | {
            name: enter(ssh_to(bench, port, *words)) for name, words in _baselines().items()
        }
        figures = [*_streams(bench, ways, turns=2 * TURNS), *_times(bench, ways)]
        jumping = enter(front_to(bench, port, name="jumping", jump=_jump(bench.cluster)))
        jumps = {"ours": jumping.port} | {
            name: enter(ssh_to(bench, port, *words, "-J", _jump(bench.cluster)))
            for name, words in _baselines().items()
        }
        figures += _streams(bench, jumps, turns=TURNS, where=", jump host")
        return [
            *figures,
            *_requests(bench),
            _idle(ours),
            _silence(ours, deaths=2 if bench.short else 9),
        ]


def _baselines() -> dict[str, tuple[str, ...]]:
    return {_STOCK: (), _GCM: ("-c", "aes128-gcm@openssh.com")}


def _jump(cluster: Cluster) -> str:
    return f"{cluster.user}@{cluster.address_of('jump')}"


@contextlib.contextmanager
def front_to(
    bench: Bench, port: int, http: bool = False, name: str = "demo", **changes: str
) -> Iterator[RunningFront]:
    """A front that leads to that port of node1."""
    how = {"forward_settings": settings_of(bench.cluster, bench.directory, **changes)}
    with tempfile.TemporaryDirectory(prefix="front.") as folder:  # its path must be short
        more = {"http": http, "every": 3600, "forwards": "openssh", **how}
        with front(Path(folder), name=name, **more) as running:
            answer = running.order("target", name="bench", host="node1", port=port, within=30)
            assert "error" not in answer, answer
            yield running


@contextlib.contextmanager
def ssh_to(bench: Bench, port: int, *words: str) -> Iterator[int]:
    """The local port of an ``ssh -L``."""
    settings = settings_of(bench.cluster, bench.directory)
    with socket.create_server(("127.0.0.1", 0)) as free:
        local = int(free.getsockname()[1])
    config = bench.directory / "config"
    config.write_text(
        f"IdentityFile {settings['identity']}\nUserKnownHostsFile {settings['known_hosts']}\n"
    )
    forwarded = f"127.0.0.1:{local}:{bench.cluster.address_of('node1')}:{port}"
    login = f"{bench.cluster.user}@{bench.cluster.address}"
    command = ["ssh", "-F", str(config), "-N", *words, "-L", forwarded, login]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(local)
            yield local
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            return _connect(port).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def _connect(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=120)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def _download(port: int, size: int) -> None:
    with _connect(port) as client:
        client.sendall(b"send %d\n" % size)
        found, buffer = 0, bytearray(_PART)
        while read := client.recv_into(buffer):
            found += read
    assert found == size


def _upload(port: int, size: int) -> None:
    with _connect(port) as client:
        client.sendall(b"take\n")
        block = memoryview(bytes(_PART))
        for _ in range(size // _PART):
            client.sendall(block)
        client.shutdown(socket.SHUT_WR)
        assert int(client.recv(100)) == size


def _eight(port: int, size: int) -> None:
    threads = [threading.Thread(target=_download, args=(port, size // 8)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _streams(bench: Bench, ways: dict[str, int], turns: int, where: str = "") -> list[Figure]:
    works = {"one stream": _download, "eight streams": _eight, "upload": _upload}
    return [
        figure
        for name, work in works.items()
        for figure in _rates(bench, ways, turns, name + where, work)
    ]


def _rates(
    bench: Bench, ways: dict[str, int], turns: int, name: str, work: Callable[[int, int], None]
) -> list[Figure]:
    """The fastest of several turns: all else is what other processes take away."""
    size = (64 if bench.short else 512) * _MB
    times = _Turns(ways)
    for _ in range(1 if bench.short else turns):
        times.take(lambda port: timed(partial(work, port, size)))
    rate = {way: size / 1e6 / (min(taken) / 1000) for way, taken in times.found.items()}
    return [
        Figure(name, "MB/s", rate["ours"], rate[way], way, goal, more_is_better=True)
        for way, goal in _GOALS.items()
    ]


@dataclass
class _Turns:
    """Each way is measured in its turn, so that all meet the same moods of the machine."""

    ways: dict[str, int]
    found: dict[str, list[float]] = field(default_factory=dict)

    def take(self, measure: Callable[[int], float]) -> None:
        """One turn."""
        for way, port in self.ways.items():
            self.found.setdefault(way, []).append(measure(port))

    def figure(self, name: str, goal: float) -> Figure:
        """The best median of the turns, beside that of stock ``ssh -L``."""
        ours, stock = min(self.found["ours"]), min(self.found[_STOCK])
        return Figure(name, "ms", ours, stock, _STOCK, goal, difference=True)


def _times(bench: Bench, ways: dict[str, int]) -> list[Figure]:
    count = 50 if bench.short else 500
    figures = []
    for name, measure, goal in (("kept request", _kept, 0.2), ("new connection", _new, 0.6)):
        turns = _Turns({way: ways[way] for way in ("ours", _STOCK)})
        for _ in range(TURNS):
            turns.take(partial(measure, count))
        figures.append(turns.figure(name, goal))
    return figures


def _kept(count: int, port: int) -> float:
    with _connect(port) as client:
        client.sendall(b"echo x\n")
        client.recv(10)

        def once() -> None:
            client.sendall(b"x" * 100)
            assert client.recv(1000)

        return _median(count, once)


def _new(count: int, port: int) -> float:
    def once() -> None:
        with _connect(port) as client:
            client.sendall(b"echo hello\n")
            assert client.recv(10) == b"hello\n"

    return _median(count, once)


def _median(count: int, work: Callable[[], object]) -> float:
    return statistics.median(timed(work) for _ in range(count))


def _requests(bench: Bench) -> Sequence[Figure]:
    """A GET on a kept connection, each of which the front reads."""
    with web_on(bench.cluster, "node1") as (port, _), contextlib.ExitStack() as opened:
        ours = opened.enter_context(front_to(bench, port, http=True, name="web"))
        ways = {"ours": ours.port, _STOCK: opened.enter_context(ssh_to(bench, port))}
        turns, count = _Turns(ways), 50 if bench.short else 500
        for _ in range(TURNS):
            turns.take(partial(_kept_get, count))
    return [turns.figure("kept HTTP request", 0.2)]


def _kept_get(count: int, port: int) -> float:
    client = http.client.HTTPConnection("localhost", port, timeout=60)

    def once() -> None:
        client.request("GET", "/whoami")
        assert client.getresponse().read() == b"first"

    with contextlib.closing(client):
        return _median(count, once)


def _idle(ours: RunningFront) -> Figure:
    """The memory of front and master with connections that have all carried a request."""
    with contextlib.ExitStack() as opened:
        for _ in range(_IDLE):
            client = opened.enter_context(_connect(ours.port))
            client.sendall(b"echo hello\n")
            assert client.recv(10)
        memory = resident(ours.pid) + resident(master_of(ours))
    name = f"{_IDLE} idle connections"
    return Figure(name, "MB", memory, 0, "nothing", _IDLE_GOAL, difference=True)


def _silence(ours: RunningFront, deaths: int) -> Figure:
    """From the death of the master until a connection is answered."""
    found = []
    for _ in range(deaths):
        os.kill(master_of(ours), signal.SIGKILL)
        found.append(timed(partial(_answered, ours.port)) / 1000)
        time.sleep(1.5)
    median = statistics.median(found)
    return Figure(
        "no answer after a master's death", "s", median, 0, "nothing", 0.5, difference=True,
        note=f"the longest: {max(found):.2f} s",
    )  # fmt: skip


def _answered(port: int) -> None:
    while True:
        with contextlib.suppress(OSError), _connect(port) as client:
            client.sendall(b"echo hello\n")
            if client.recv(10) == b"hello\n":
                return
