"""What about the owners of jobs stops the start."""

import os
import subprocess
import sys


def test_unusable_keys_and_mapping_files_stop_the_start() -> None:
    """Unusable keys and mapping files are reported together and end the bridge with exit code 2; no
    secret is shown."""
    given = {
        "JARVICE_BAREMETAL_CONNECTOR": "tests.dssr.identity.recording:ManyUsers",
        "JARVICE_SLURM_USERS": "file",
        "JARVICE_BEARER_SECRET": "MARKED",
        "JARVICE_SLURM_USERS_MAPPING_FILE": "/none",
        "WAITRESS_PORT": "0",
    }
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JARVICE_", "WAITRESS_"))
    }
    command = [sys.executable, "-m", "dssr", "serve"]
    done = subprocess.run(
        command, env=kept | given, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "JARVICE_BEARER_SECRET has 6 bytes" in done.stderr
    assert (
        "JARVICE_SLURM_USERS_MAPPING_FILE: /none cannot be read: No such file or directory."
        in done.stderr
    )
    assert "MARKED" not in done.stderr
