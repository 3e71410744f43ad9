"""The Slurm connector with a count of the commands that it sends to the login node, in a file that
outlives the bridge."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.seams import Completed
from dssr.settings import setting, types

NAME = "tests.bench.counting_connector"
VARIABLE = "JARVICE_BENCH_COMMANDS"  # the file's path


@dataclass(frozen=True)
class CountingSettings(SlurmSettings):
    """Those of Slurm, and the file of the count."""

    commands_file: str = setting(VARIABLE, types.text, "", "The file of the count.")


class CountingConnector(SlurmConnector):
    """Adds a byte to the file for each command."""

    settings_class = CountingSettings

    def __init__(self, settings: CountingSettings) -> None:
        super().__init__(settings)
        transport = self._transport
        file = os.open(settings.commands_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        run = transport.run

        def counted(*words: Any, **how: Any) -> Completed:
            os.write(file, b".")
            return run(*words, **how)

        transport.run = counted  # type: ignore[method-assign]


def count(file: Path) -> int:
    """How many commands have been sent."""
    return file.stat().st_size if file.exists() else 0


plugin = CountingConnector
