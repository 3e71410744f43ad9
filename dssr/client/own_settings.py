"""The settings of a bridge in the program's own process."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from dssr.client.errors import BadTarget
from dssr.client.target import Target, config_directory

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
    return _BY_SSH | read_profile(profile_path(target.cluster, environ)) | own | chosen | _ALWAYS


def profile_path(cluster: str, environ: Mapping[str, str]) -> Path:
    """Where the site profile of a cluster is, if there is one."""
    return config_directory(environ) / "sites" / f"{cluster}.env"


def read_profile(path: Path) -> dict[str, str]:
    """The variables of a file of lines ``NAME=value``, quoted as a shell has it, if it is there.

    Raises ``BadTarget``.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadTarget(f"The site profile {path} cannot be read: {error}.") from error
    found = {}
    for number, line in enumerate(lines, 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise BadTarget(f"Line {number} of the site profile {path}: {error}.") from error
        for word in words[1:] if words[:1] == ["export"] else words:
            name, equals, value = word.partition("=")
            if not equals or not name.replace("_", "").isalnum():
                raise BadTarget(
                    f"Line {number} of the site profile {path} is not NAME=value: quote a value "
                    "that has spaces."
                )
            found[name] = value
    return found
