"""A command that waits for news while nothing reads its output any more."""

import subprocess
import sys
import time

import pytest

from tests.dssr.cli.running import Dssr

_SOON = 30.0  # seconds, on a machine that has much to do


@pytest.mark.parametrize("words", [("events",), ("logs", "-f", "-"), ("jobs", "--watch")])
def test_it_ends_with_its_reader(words: tuple[str, ...], user: dict[str, str], dssr: Dssr) -> None:
    """When the reader has gone, the command ends at once as by SIGPIPE, though there is nothing to
    print, and the job goes on."""
    job = dssr.submit("sleep 60")
    command = [sys.executable, "-m", "dssr", *words]
    with subprocess.Popen(command, env=user, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        time.sleep(2)
        assert run.poll() is None
        assert run.stdout is not None
        began = time.monotonic()
        run.stdout.close()
        assert run.wait(60) == 141
        assert time.monotonic() - began < _SOON
        assert run.stderr is not None
        assert run.stderr.read() == b""
    assert dssr("job", job, "--json").document["is_final"] is False
    assert dssr("cancel", job).code == 0


def test_without_a_bridge_that_is_served(user: dict[str, str]) -> None:
    """A bridge in the command's own process does not hold up the end either."""
    environ = {name: value for name, value in user.items() if name != "DSSR_URL"}
    command = [sys.executable, "-m", "dssr", "events"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as run:
        time.sleep(3)
        assert run.poll() is None
        assert run.stdout is not None
        began = time.monotonic()
        run.stdout.close()
        assert run.wait(60) == 141
        assert time.monotonic() - began < _SOON
