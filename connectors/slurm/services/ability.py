"""What the connector does for services."""

from pathlib import Path

from connectors.slurm.services.services import SlurmServices
from connectors.slurm.services.way import way
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.accounts import Accounts
from connectors.slurm.shell.copies import copy_directory, service_files
from connectors.slurm.shell.remote import NO_JOB
from dssr.seams import CopyProgress, Way
from dssr.seams.services import Place, ServiceFiles


class HasServices:
    """A connector's part that runs services: see ``dssr.seams.RunsServices``."""

    _settings: SlurmSettings
    _accounts: Accounts

    def services(self, owner: str = "") -> SlurmServices:
        """See ``dssr.seams.RunsServices``. Its methods raise ``Denied`` for a user whom the bridge
        does not act for."""
        allowed = self._settings.sbatch_options
        return SlurmServices(lambda: self._accounts.for_owner(owner, NO_JOB), allowed)

    def copy_directory(self, local: Path, to: str, progress: CopyProgress, owner: str = "") -> str:
        """See ``dssr.seams.CopiesDirectories``."""
        return copy_directory(lambda: self._accounts.for_owner(owner, NO_JOB), local, to, progress)

    def service_files(self, place: Place, make: bool, owner: str = "") -> ServiceFiles:
        """See ``dssr.seams.KeepsServiceFiles``."""
        state_dir = self._settings.state_dir
        return service_files(
            lambda: self._accounts.for_owner(owner, NO_JOB), place.files, make, state_dir
        )

    def way(self) -> Way:
        """See ``dssr.seams.RunsServices``."""
        return way(self._settings)
