"""What an installation contains that is no editable one."""

import subprocess
import sys

from tests.source_tree import CODE, ROOT, tracked

# In a process of its own: setuptools puts its own copies of libraries before those installed.
LISTED = """
from setuptools import Distribution
distribution = Distribution()
distribution.parse_config_files()
command = distribution.get_command_obj("build_py")
command.ensure_finalized()
for _, source, _, names in command.data_files:
    for name in names:
        print(f"{source}/{name}")
"""


def test_every_file_is_installed() -> None:
    """Programs, pages, scripts and tables of the packages are installed with them, so that the
    bridge finds them there."""
    listed = subprocess.run(
        [sys.executable, "-c", LISTED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = {name for name in tracked() if name.split("/")[0] in CODE and name[-3:] != ".py"}
    assert files - set(listed.stdout.splitlines()) == set()
    assert len(files) > 50
