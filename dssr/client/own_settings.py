"""The settings of a bridge in the program's own process."""

import shutil
from collections.abc import Mapping

from dssr.client.errors import BadTarget
from dssr.client.target import Target
from dssr.errors import SettingsError
from dssr.settings import profile

# About those who call a bridge from outside: here the only caller is the program itself.
_OF_CALLERS = (
    *("JARVICE_SCHED_", "JARVICE_SLURM_USER", "JARVICE_BEARER_"),
    "JARVICE_ANSWER_TIMEOUT",
)
# Seconds: the first login may ask its user for something.
_ALWAYS = {"JARVICE_ANSWER_TIMEOUT": "60"}
_ON_THIS_MACHINE = {"JARVICE_SNAPSHOT_AGE": "0.5"}  # seconds: to look at own processes costs little
_BY_SSH = {"JARVICE_SLURM_SSH_CLIENT": "openssh"}


def settings_of(target: Target, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables: those of the environment before those of the cluster's site profile.

    Raises ``BadTarget`` for a profile that cannot be read.
    """
    own = {
        name: value
        for name, value in environ.items()
        if value and name.startswith("JARVICE_") and not name.startswith(_OF_CALLERS)
    }
    if not target.cluster:
        usual = {} if own.get("JARVICE_SLURM_CLUSTER_ADDR") else _ON_THIS_MACHINE
        return usual | own | _ALWAYS
    chosen = {
        "JARVICE_SLURM_CLUSTER_ADDR": target.cluster,
        "JARVICE_BAREMETAL_CONNECTOR": "slurm",
    }
    if target.user:
        chosen["JARVICE_SLURM_SSH_USER"] = target.user
    # Where there is no ssh, the settings have to say what its configuration would.
    by_ssh = _BY_SSH if shutil.which("ssh", path=environ.get("PATH")) else {}
    return by_ssh | _profile_of(target.cluster, environ) | own | chosen | _ALWAYS


def _profile_of(cluster: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The site profile of a cluster, if there is one."""
    path = profile.place(environ, cluster)
    try:
        return dict(profile.read(path)) if path.exists() else {}
    except SettingsError as error:
        raise BadTarget(" ".join(error.problems)) from error
