"""A command that waits for news while nothing reads its output any more."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from subprocess import PIPE

import pytest

from tests.dssr.cli.running import Dssr

_SOON = 30.0  # seconds, on a machine that has much to do


def said_at_its_end(words: Sequence[str], environ: Mapping[str, str], begun: float) -> bytes:
    """What the command says on stderr when it has ended at once as by SIGPIPE, because its reader
    has gone. ``begun``: seconds after which it waits."""
    command = [sys.executable, "-m", "dssr", *words]
    with subprocess.Popen(command, env=environ, stdout=PIPE, stderr=PIPE) as run:
        time.sleep(begun)
        assert run.poll() is None
        assert run.stdout is not None
        assert run.stderr is not None
        began = time.monotonic()
        run.stdout.close()
        assert run.wait(60) == 141
        assert time.monotonic() - began < _SOON
        return run.stderr.read()


@pytest.mark.parametrize("words", [("events",), ("logs", "-f", "-"), ("jobs", "--watch")])
def test_it_ends_with_its_reader(words: tuple[str, ...], user: dict[str, str], dssr: Dssr) -> None:
    """When the reader has gone, the command ends at once as by SIGPIPE, though there is nothing to
    print, and the job goes on."""
    job = dssr.submit("sleep 60")
    assert said_at_its_end(words, user, begun=2) == b""
    assert dssr("job", job, "--json").document["is_final"] is False
    assert dssr("cancel", job).code == 0


def test_without_a_bridge_that_is_served(user: dict[str, str]) -> None:
    """A bridge in the command's own process does not hold up the end either."""
    environ = {name: value for name, value in user.items() if name != "DSSR_URL"}
    said_at_its_end(("events",), environ, begun=3)
