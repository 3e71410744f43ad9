"""A front in a process of its own, as people run it."""

import asyncio
import contextlib
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dssr.services.front.control import ask

COMMAND = (sys.executable, "-m", "dssr.services.front")
PATIENCE = 30.0  # seconds; the machine may be busy


class RunningProcess:
    """A process of a service that has said where it listens.

    :ivar about: what it said first.
    """

    def __init__(self, command: Sequence[str], **settings: Any) -> None:
        self.settings = settings
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(self.settings).encode())
        self.process.stdin.close()
        self.about: dict[str, Any] = json.loads(self.process.stdout.readline())

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.about["port"])

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def order(self, do: str, **more: Any) -> dict[str, Any]:
        """What it answers to a command of its control socket."""
        asked = ask(Path(self.about["control"]), {"do": do, **more})
        with ThreadPoolExecutor(
            1
        ) as apart:  # where Playwright runs, this thread has a loop already
            return apart.submit(asyncio.run, asked).result()

    def connect(self) -> socket.socket:
        """A connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def get(self, path: str, method: str = "GET", **fields: str) -> "Answer":
        """The response to one request on a connection of its own."""
        with contextlib.closing(self.client()) as client:
            return answered(client, path, method, None, **fields)

    def client(self) -> http.client.HTTPConnection:
        """A client that keeps its connection."""
        return http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)

    def stop(self) -> int:
        """End it; its exit code."""
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return code


class RunningFront(RunningProcess):
    """A front whose first target is named by ``aim``."""

    def __init__(self, folder: Path, command: Sequence[str] = COMMAND, **settings: Any) -> None:
        super().__init__(
            command, **{"name": "demo", "folder": str(folder), "every": 0.2, **settings}
        )

    def aim(self, socket_path: Path, name: str = "first", **more: Any) -> dict[str, Any]:
        """Have it send new connections there; it must agree."""
        answer = self.order("target", name=name, socket=str(socket_path), **more)
        assert "error" not in answer, answer
        return answer


@dataclass(frozen=True)
class Answer:
    """A response that has been read."""

    status: int
    fields: http.client.HTTPMessage
    body: bytes

    @property
    def data(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def answered(
    client: http.client.HTTPConnection,
    path: str,
    method: str = "GET",
    body: bytes | None = None,
    **fields: str,
) -> Answer:
    """The response to one request; a hyphen in a field's name is written as an underscore."""
    client.request(method, path, body, {name.replace("_", "-"): v for name, v in fields.items()})
    response = client.getresponse()
    return Answer(response.status, response.headers, response.read())


class Load:
    """A client that sends one request after the other.

    :ivar failed: what was wrong.
    :ivar times: the seconds of each request.
    """

    def __init__(self, running: RunningFront, keeps: bool, pause: float) -> None:
        """``keeps``: whether all requests use one connection; ``pause``: seconds between them."""
        self._client, self._keeps, self._pause = running.client(), keeps, pause
        self._stopping = threading.Event()
        self.failed: list[str] = []
        self.times: list[float] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._stopping.set()
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        while not self._stopping.wait(self._pause):
            began = time.monotonic()
            try:
                answer = answered(self._client, "/whoami")
                if answer.status != 200:
                    self.failed.append(f"{answer.status} {answer.body!r}")
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
            self.times.append(time.monotonic() - began)
            if not self._keeps:
                self._client.close()


@contextmanager
def front(folder: Path, **settings: Any) -> Iterator[RunningFront]:
    """A front that ends with the block."""
    running = RunningFront(folder, **settings)
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.stop()


def until(look: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Whether that becomes true in time."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if look():
            return True
        time.sleep(0.02)
    return False
