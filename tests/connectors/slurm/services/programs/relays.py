"""A relay as a process of its own, and a program behind it that the test plays."""

import socket
import subprocess
import sys
from pathlib import Path

from connectors.slurm.services.programs import relay_text
from tests.end_to_end.service import eventually

SECRET = "5" * 48


class Relay:
    """A running relay, and a program behind it that the test plays."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.script = directory / "relay.py"
        self.script.write_text(relay_text())
        (directory / "secret").write_text(f"{SECRET}\n")
        self.program = socket.socket(socket.AF_UNIX)
        self.program.bind(str(directory / "socket"))
        self.program.listen(50)
        (directory / "target").write_text(f"unix {directory}/socket\n")
        argv = [sys.executable, str(self.script), "serve", str(directory), "20000", "20999"]
        self.process = subprocess.Popen(argv)
        eventually((directory / "relay.port").exists, patience=20)
        self.port = int((directory / "relay.port").read_text())

    def connect(self, preface: str = f"DSSR1 {SECRET}\n", more: bytes = b"") -> socket.socket:
        """A connection that has sent that much."""
        client = socket.create_connection(("127.0.0.1", self.port), 10)
        client.sendall(preface.encode() + more)
        return client

    def accept(self) -> socket.socket:
        """The program's end of the next connection."""
        self.program.settimeout(10)
        taken = self.program.accept()[0]
        taken.settimeout(10)
        return taken

    @property
    def used(self) -> int:
        """How many connections it reports."""
        return int((self.directory / "used").read_text().split()[0])
