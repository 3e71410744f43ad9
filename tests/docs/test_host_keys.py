"""The handbook's page on host keys, beside the real Slurm cluster."""

import doctest
import os
import re
import subprocess
import sys

import pytest

from tests.cluster import Cluster
from tests.docs.markdown import handbook

pytestmark = pytest.mark.cluster


def test_the_command_prints_what_is_shown(cluster: Cluster) -> None:
    """`dssr hostkey` prints the page's lines, with the cluster's own address and fingerprints."""
    command, _, shown = handbook("host-keys").block("hostkey").partition("\n")
    assert command == "$ dssr hostkey"
    words = [sys.executable, "-m", "dssr", "hostkey"]
    done = subprocess.run(
        words, env=os.environ | cluster.settings(), capture_output=True, text=True, check=False
    )
    got = done.stdout.replace(f"{cluster.address}:{cluster.port}", "login.example.org:22")
    shown, got = (re.sub(r"SHA256:\S+", "SHA256:...", text) for text in (shown, got))
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert done.returncode == 0, done.stderr
    assert doctest.OutputChecker().check_output(shown, got, flags), got
