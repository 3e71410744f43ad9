"""``python -m tests.bench.events --minutes 60``: server-sent events of a service, for an hour.

The service runs in a job of the real cluster, and a bridge leads to it: from its services port over
ssh and the relay. One stream sends an event each second, one each minute. Prints how many came, how
late, and how the memory of the front grew. The exit code is 1 when an event was lost.
"""

import argparse
import re
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from dssr.services.front.lock import owner_of
from tests.cluster import Cluster
from tests.end_to_end.interactive import Browser
from tests.end_to_end.test_services_bridge import Held, bridge

OFTEN, SELDOM = 1.0, 60.0  # seconds between events
SERVER = """#!/usr/bin/env python3
import os, socket, threading, time
def serve(client):
    path = client.recv(65536).split(b" ")[1]
    client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\n"
                   b"Connection: close\\r\\n\\r\\n")
    _, _, words = path.partition(b"?")
    count, _, seconds = words.partition(b",")
    for number in range(int(count or 0)):
        client.sendall(b"data: %d %f\\n\\n" % (number, time.time()))
        time.sleep(float(seconds))
    client.close()
listener = socket.socket(socket.AF_UNIX)
listener.bind(os.environ["DSSR_SOCKET"])
listener.listen(50)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],)).start()
"""


@dataclass
class Stream:
    """What came of one stream. ``late``: seconds from an event's sending to its arrival."""

    seconds: float  # between two events
    wanted: int
    late: list[float] = field(default_factory=list)
    broken: str = ""

    def follow(self, page: Browser) -> None:
        """Read it to its end."""
        try:
            with page.stream(f"/?{self.wanted},{self.seconds}") as answer:
                for line in answer.iter_lines(chunk_size=1):
                    if line:
                        number, sent = line.removeprefix(b"data: ").split()
                        assert int(number) == len(self.late), "an event is missing"
                        self.late.append(time.time() - float(sent))
        except Exception as error:
            self.broken = repr(error)

    @property
    def is_whole(self) -> bool:
        """Whether all events came."""
        return not self.broken and len(self.late) == self.wanted

    def __str__(self) -> str:
        late = f", the latest after {max(self.late) * 1000:.0f} ms" if self.late else ""
        found = f"{len(self.late)} of {self.wanted} events, one each {self.seconds:g} s{late}"
        return f"{found}; broken: {self.broken}" if self.broken else found


@dataclass(frozen=True)
class Report:
    """What came of all streams. ``memory``: MB of the front, before and after."""

    streams: tuple[Stream, ...]
    memory: tuple[float, float]

    @property
    def is_good(self) -> bool:
        """Whether no event was lost."""
        return all(stream.is_whole for stream in self.streams)

    def __str__(self) -> str:
        before, after = self.memory
        lines = [*map(str, self.streams), f"memory of the front: {before:.0f} MB, then {after:.0f}"]
        return "\n".join(lines)


def events(cluster: Cluster, seconds: float) -> Report:
    """Follow streams for so long."""
    streams = tuple(Stream(every, max(2, round(seconds / every))) for every in _paces(seconds))
    with (
        tempfile.TemporaryDirectory(prefix="ev.") as name,
        bridge(cluster, Path(name)) as running,
    ):
        person = Held(running)
        person.up("events", script=SERVER, walltime_seconds=int(seconds) + 600)
        page = Browser(person.ready("events")["browser_url"])
        page.get("/")
        (lock,) = Path(name).glob("bridges/*/events.lock")
        before = _memory(lock)
        threads = [threading.Thread(target=one.follow, args=(page,)) for one in streams]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after = _memory(lock)
        person.down("events")
    return Report(streams, (before, after))


def _paces(seconds: float) -> list[float]:
    return [OFTEN, SELDOM] if seconds > SELDOM else [OFTEN]


def _memory(lock: Path) -> float:
    """MB of the process that holds it."""
    owner = owner_of(lock)
    assert owner is not None
    status = Path(f"/proc/{owner['pid']}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def main() -> int:
    """The exit code is 1 when an event was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.events", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="for how long (default: 60)")
    minutes = parser.parse_args().minutes
    cluster = Cluster.up()
    try:
        report = events(cluster, minutes * 60)
    finally:
        cluster.down()
    print(report)
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
