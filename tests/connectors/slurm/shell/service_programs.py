"""A service on a login node whose sbatch and squeue say what the test wants."""

from pathlib import Path

from tests.connectors.slurm.login_node import LoginNode

CONTENTS = ('{"name": "demo", "script": "x"}', "x", "x", "", "--time=60\n", "#!/bin/sh\n", "relay")
SILENT = "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1"
GONE = "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1"


def start(login: LoginNode, version: str = "d1.x", **tools: str) -> list[str]:
    """What the start of the service "demo" prints."""
    usual = {"sbatch": "echo 41", "squeue": SILENT}
    words = ("", "demo", "", version, *CONTENTS)
    return login.run("service_start", *words, gone=False, **(usual | tools)).splitlines()


def folder(login: LoginNode) -> Path:
    """That of the service."""
    return login.home / ".dssr/services/demo"
