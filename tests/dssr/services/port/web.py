"""The server of an interactive job: a web program on a port of this machine."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.dssr.services.front.programs import Program, WebProgram


class _Handler(WebProgram):
    def _whoami(self, _: str) -> None:
        if self.server.silent:
            self.server.hanging.wait(60)
        self._send(self.server.name.encode(), self.server.status)


class TcpProgram(Program, socketserver.ThreadingTCPServer):
    """A web program. ``status``: of its answers; ``silent``: it does not answer."""

    daemon_threads = True

    def __init__(self) -> None:
        self.status, self.silent = 200, False
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


@contextmanager
def tcp_program(name: str) -> Iterator[TcpProgram]:
    """A program that ends with the block."""
    server: Any = TcpProgram()
    server.name = name
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.hanging.set()
        server.shutdown()
        server.server_close()
