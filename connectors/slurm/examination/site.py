"""The cluster that is examined: its settings, the way to its login node, and the scripts that run
there."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.remote import Reply
from dssr.seams import Completed, Purpose, Transport

_PATIENCE = 20.0  # seconds for one command


@dataclass(frozen=True)
class Site:
    """The cluster that is examined, as the bridge reaches it."""

    settings: SlurmSettings
    transport: Transport

    def run(
        self, *argv: str, timeout: float = _PATIENCE, purpose: Purpose = Purpose.STATUS
    ) -> Completed:
        """Run a command on the login node. Raises ``TransportError``."""
        return self.transport.run(argv, timeout=timeout, purpose=purpose)

    def script(
        self,
        name: str,
        *words: str,
        timeout: float = _PATIENCE,
        purpose: Purpose = Purpose.STATUS,
    ) -> Completed:
        """Run a script of ``programs`` in a shell of the login node, which has the functions of
        ``connectors.slurm.shell.programs``."""
        argv = ("/bin/sh", "-c", script_text(name), "dssr", *words)
        return self.run(*argv, timeout=timeout, purpose=purpose)

    def ask(self, name: str, *words: str, timeout: float = _PATIENCE) -> Reply:
        """The same for a script that prints lines of a word and its value."""
        return Reply.read(self.script(name, *words, timeout=timeout).stdout)

    @property
    def user(self) -> str:
        """The service user."""
        return self.settings.ssh_user


@cache
def script_text(name: str) -> str:
    """The text of a script of ``programs``."""
    return (files("connectors.slurm.examination.programs") / f"{name}.sh").read_text()
