"""The Slurm connector with a tally of the commands that it sends to the login node, kept in a file that outlives the bridge."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.seams import Completed
from dssr.settings import setting, types

NAME = "tests.bench.counted"
VARIABLE = "JARVICE_BENCH_TALLY"  # the file's path


@dataclass(frozen=True)
class CountedSettings(SlurmSettings):
    """Those of Slurm, and where the tally is kept."""

    tally: str = setting(VARIABLE, types.text, "", "The file of the tally.")


class CountedConnector(SlurmConnector):
    """Adds a byte to the tally for each command."""

    settings_class = CountedSettings

    def __init__(self, settings: CountedSettings) -> None:
        super().__init__(settings)
        transport = self._transport
        tally = os.open(settings.tally, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        run = transport.run

        def counted(*words: Any, **how: Any) -> Completed:
            os.write(tally, b".")
            return run(*words, **how)

        transport.run = counted  # type: ignore[method-assign]


def count(tally: Path) -> int:
    """How many commands have been sent."""
    return tally.stat().st_size if tally.exists() else 0


plugin = CountedConnector
