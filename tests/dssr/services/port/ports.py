"""A services port in a process of its own, and the fronts behind it."""

import contextlib
import http.client
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.dssr.services.front.programs import web_program
from tests.dssr.services.front.running import (
    PATIENCE,
    Answer,
    RunningFront,
    RunningProcess,
    answered,
    front,
)

COMMAND = (sys.executable, "-m", "dssr.services.port")
TOKEN = "a-token-of-some-length"
COOKIE = "Cookie"


class RunningPort(RunningProcess):
    """A services port."""

    def __init__(self, folder: Path, command: Sequence[str] = COMMAND, **settings: Any) -> None:
        super().__init__(command, **{"folder": str(folder), "port": 0, **settings})

    def ask(self, host: str, path: str = "/whoami", method: str = "GET", **fields: str) -> Answer:
        """The response to one request on a connection of its own."""
        with closing(self.client()) as client:
            return answered(client, path, method, None, Host=host, **fields)

    def enter(self, name: str, entrance: str = f"/?token={TOKEN}") -> str:
        """The cookie that the service gives for its token."""
        given = self.ask(f"{name}.localhost", entrance).fields["Set-Cookie"]
        return str(given).partition(";")[0]

    def client(self) -> http.client.HTTPConnection:
        """A client that keeps its connection."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)


@contextmanager
def services_port(folder: Path, **settings: Any) -> Iterator[RunningPort]:
    """A services port that ends with the block."""
    running = RunningPort(folder, **settings)
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.stop()


@contextmanager
def service(folder: Path, name: str, **settings: Any) -> Iterator[RunningFront]:
    """The front of a service that listens nowhere itself, and its program, which says its name."""
    program = folder / f"{name}.program"
    how = {"bind": [], "address": f"http://{name}.localhost:1/", "admit": "token", "token": TOKEN}
    with (
        web_program(program, name),
        front(folder, **{"name": name, **how, **settings}) as running,
    ):
        running.aim(program)
        yield running
