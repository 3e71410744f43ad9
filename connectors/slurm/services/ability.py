"""What the connector does for services."""

from connectors.slurm.services.services import SlurmServices
from connectors.slurm.services.way import way
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.accounts import Accounts
from connectors.slurm.shell.remote import NO_JOB
from dssr.seams import Way


class HasServices:
    """A connector's part that runs services: see ``dssr.seams.RunsServices``."""

    _settings: SlurmSettings
    _accounts: Accounts

    def services(self, owner: str = "") -> SlurmServices:
        """See ``dssr.seams.RunsServices``. Its methods raise ``Denied`` for a user whom the bridge
        does not act for."""
        allowed = self._settings.sbatch_options
        return SlurmServices(lambda: self._accounts.for_owner(owner, NO_JOB), allowed)

    def way(self) -> Way:
        """See ``dssr.seams.RunsServices``."""
        return way(self._settings)
