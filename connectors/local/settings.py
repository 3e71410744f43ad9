"""The settings of the local connector."""

from dataclasses import dataclass

from dssr.settings import Settings, setting, types


@dataclass(frozen=True)
class LocalSettings(Settings):
    """The core's, and how much of this machine jobs may use."""

    local_cores: int = setting(
        "JARVICE_LOCAL_CORES",
        types.whole(0, 100_000),
        0,
        "Cores that local jobs may use together; 0: all of this machine's.",
    )

    @property
    def jobs_run_here(self) -> bool:
        """See ``Settings``: jobs always run on this machine."""
        return True
