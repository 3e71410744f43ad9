"""A bridge in a process of its own."""

import re
import subprocess
import sys
from collections.abc import Mapping


class Process:
    """A running ``dssr``: its lines of log, and its end."""

    def __init__(self, environ: Mapping[str, str], *command: str) -> None:
        self._process = subprocess.Popen(
            command or (sys.executable, "-m", "dssr", "serve"),
            env=dict(environ),
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = ""

    def until_listening(self) -> str:
        """The address, once it listens."""
        return self.until(r"listening on (http://\S+)")[1]

    def until(self, pattern: str) -> re.Match[str]:
        """Read the log up to the line that matches."""
        assert self._process.stderr
        for line in self._process.stderr:
            self.log += line
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"it never said {pattern!r}:\n{self.log}")

    def end(self, number: int) -> int:
        """Send a signal and return the exit code."""
        self._process.send_signal(number)
        self.log += self._process.communicate(timeout=30)[1]
        return self._process.returncode

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()
