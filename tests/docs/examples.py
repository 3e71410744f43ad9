"""Runs the scripts of deploy/examples as a user does."""

import os
import shutil
import subprocess

import pytest

from tests.docs.markdown import ROOT

EXAMPLES = ROOT / "deploy/examples"
DONE, JOB_FAILED, USAGE, REFUSED, NOT_THERE, NOT_NOW = range(
    6
)  # the exit codes, as common.sh documents them


def require_curl() -> None:
    """Skip a test on a machine without curl."""
    if shutil.which("curl") is None:
        pytest.skip("needs curl: install it, as tests/run.sh does for root on Debian")


def example(url: str, name: str, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run an example script with /bin/sh against the bridge at ``url``."""
    env = os.environ | {"DSSR_URL": url, "DSSR_INTERVAL": "0.2", **environ}
    words = ("/bin/sh", str(EXAMPLES / name), *words)
    done = subprocess.run(words, capture_output=True, env=env, timeout=120, check=False)
    return subprocess.CompletedProcess(
        words, done.returncode, done.stdout.decode(), done.stderr.decode()
    )
