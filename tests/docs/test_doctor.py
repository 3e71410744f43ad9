"""The handbook's page on the doctor, beside the code and the real Slurm cluster."""

import doctest
import os
import re
import subprocess
import sys

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
