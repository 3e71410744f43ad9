"""The services of a cluster that this process logs in to as its user, and their fronts on this
machine."""

import hashlib
import sys
from collections.abc import Mapping

from dssr import configuration
from dssr.assembly import assemble
from dssr.client.errors import BadTarget
from dssr.client.own_settings import settings_of
from dssr.client.target import Target
from dssr.errors import PluginError, SettingsError
from dssr.jobs.launchers import Launchers
from dssr.seams import AsksAtTerminal, RunsServices
from dssr.services.fronts import Fronts
from dssr.services.launching import launch
from dssr.services.memory import Memory, runtime_directory, state_directory
from dssr.services.use_cases import ServiceUses


class OwnServices:
    """Needs no bridge: Slurm and the service's folder know all that must be known.

    ``uses``: the use cases. ``fronts``: of this machine, for this cluster.
    """

    def __init__(self, target: Target, environ: Mapping[str, str]) -> None:
        """Raises ``BadTarget`` for settings that are wrong, and for a target that is no cluster."""
        try:
            configured = configuration.load(settings_of(target, environ))
            self._bridge, _ = assemble(configured)
        except SettingsError as error:
            raise BadTarget(" ".join(error.problems)) from error
        except PluginError as error:
            raise BadTarget(error.message) from error
        connector = self._bridge.connector
        if not isinstance(connector, RunsServices):
            self._bridge.close()
            raise BadTarget(
                f"Services need a cluster, and jobs run on {target} here: name a login node with "
                "--cluster or DSSR_CLUSTER."
            )
        if isinstance(connector, AsksAtTerminal) and sys.stderr.isatty():
            connector.ask_at_terminal()
        settings = self._bridge.settings
        launchers = Launchers(
            settings.executor, self._bridge.executor, self._bridge.executor_settings, settings
        )
        self.uses = ServiceUses(connector.services(), lambda spec: launch(spec, launchers.find))
        place = _place(target, environ)
        self.memory = Memory(state_directory(environ) / place)
        folder = runtime_directory(environ) / "fronts" / place
        self.fronts = Fronts(folder, self.memory, connector.way)

    def close(self) -> None:
        """Close the connections of this process; services and fronts go on."""
        self._bridge.close()


def _place(target: Target, environ: Mapping[str, str]) -> str:
    """A short name for one cluster, as one user of this machine reaches it: paths of sockets have
    little room."""
    words = (str(target), environ.get("JARVICE_SLURM_SSH_USER", ""), str(state_directory(environ)))
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogateescape")).hexdigest()[:8]
