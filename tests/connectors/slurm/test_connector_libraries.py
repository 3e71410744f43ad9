"""What is loaded for a connection by the ssh program."""

import subprocess
import sys

_CODE = """
import sys
from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.settings.reading import parse
settings = {"JARVICE_SLURM_CLUSTER_ADDR": "login", "JARVICE_SLURM_SSH_CLIENT": "openssh"}
SlurmConnector(parse(settings, SlurmSettings)).close()
print([name for name in sys.modules if name.partition(".")[0] == "paramiko"])
"""


def test_the_ssh_program_needs_no_paramiko() -> None:
    """A connector that uses OpenSSH's own program does not load the other client's library."""
    done = subprocess.run(
        [sys.executable, "-c", _CODE], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
