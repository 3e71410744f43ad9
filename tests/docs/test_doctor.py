"""The handbook's page on the doctor, beside the code and the real Slurm cluster."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dssr.seams import CHECKS
from tests.cluster import Cluster
from tests.docs.markdown import handbook

_ROW = re.compile(r"^\| `([a-z-]+)` \|", re.MULTILINE)


def test_the_names_are_those_of_the_code() -> None:
    """The page's table has each check once, in the order of the code."""
    section = handbook("doctor").text.partition("## What is examined")[2].partition("\n## ")[0]
    assert tuple(_ROW.findall(section)) == CHECKS


@pytest.mark.cluster
def test_the_command_prints_what_is_shown(cluster: Cluster) -> None:
    """`dssr doctor` prints the page's lines, but for line breaks, with the cluster's own address
    and figures."""
    command, _, shown = handbook("doctor").block("doctor").partition("\n")
    assert command == "$ dssr doctor"
    done = subprocess.run(
        [sys.executable, "-m", "dssr", "doctor"],
        env=os.environ | cluster.settings(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    got = done.stdout.replace(cluster.address, "login.example.org")
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert done.returncode == 0, done.stdout + done.stderr
    assert doctest.OutputChecker().check_output(shown, got, flags), got


@pytest.mark.cluster
def test_the_profile_is_enough_for_a_bridge(cluster: Cluster, tmp_path: Path) -> None:
    """The profile that --save writes, and the secret that it leaves out, are all that a bridge
    needs."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("JARVICE_")}
    command = [sys.executable, "-m", "dssr", "doctor", "--quick"]
    file = tmp_path / "site.env"
    settings = cluster.settings()
    secret = {"JARVICE_SLURM_SSH_PKEY": settings["JARVICE_SLURM_SSH_PKEY"]}
    saved = subprocess.run(
        [*command, "--save", file], env=kept | settings, capture_output=True, check=False
    )
    profile = {"JARVICE_SITE_PROFILE": str(file)}
    again = subprocess.run(command, env=kept | secret | profile, capture_output=True, check=False)

    assert (saved.returncode, again.returncode) == (0, 0), saved.stderr + again.stdout
    assert secret["JARVICE_SLURM_SSH_PKEY"] not in file.read_text()
    assert f"jarvice at {cluster.address}, port 22".encode() in again.stdout
