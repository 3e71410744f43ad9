"""Refused logins, as all processes of a user remember them."""

import pytest

from connectors.transports.backoff import LoginPostponed
from connectors.transports.openssh.directory import PrivateDirectory
from connectors.transports.openssh.refusals import Refusals
from dssr.errors import LoginRefused
from dssr.testing.transport import PATIENCE
from tests.cluster import Cluster
from tests.connectors.transports.openssh.conftest import Connect, target
from tests.connectors.transports.ssh.conftest import OTHER_KEY
from tests.connectors.transports.test_backoff import Clock

NAME = "0123456789abcdef"


@pytest.fixture
def clock() -> Clock:
    """A clock that the test moves."""
    return Clock()


def another(directory: str, clock: Clock) -> Refusals:
    """What another process knows."""
    return Refusals(PrivateDirectory(directory), clock)


def test_the_pauses_grow(directory: str, clock: Clock) -> None:
    """After refused logins in a row the pauses are 1, 5 and 15 minutes, for every process."""
    for pause in (60, 300, 900, 900):
        another(directory, clock).note(NAME, "No.")
        clock.time += pause - 2
        with pytest.raises(LoginPostponed, match=r"No\. That was \d+ s ago.*in 2 s") as raised:
            another(directory, clock).check(NAME)
        assert raised.value.retry_after == 2
        another(directory, clock).check("another")
        clock.time += 2
        another(directory, clock).check(NAME)


def test_what_ends_the_pauses(directory: str, clock: Clock) -> None:
    """A login that succeeds, a long time, and a clock that was put back end a pause, and the next
    one is short again."""
    refusals = another(directory, clock)
    refusals.note(NAME, "No.")
    refusals.forget(NAME)
    refusals.check(NAME)
    refusals.note(NAME, "No.")
    clock.time += 1000
    refusals.note(NAME, "No.")
    clock.time += 61
    refusals.check(NAME)
    refusals.note(NAME, "No.")
    clock.time -= 3600
    refusals.check(NAME)


@pytest.mark.parametrize("text", ["", "{}", "[]", "no", '{"count": "x", "when": 1, "message": 1}'])
def test_a_file_that_cannot_be_read(text: str, directory: str, clock: Clock) -> None:
    """What is no note of a refusal prevents no login."""
    PrivateDirectory(directory).write(f"{NAME}.refused", text)
    another(directory, clock).check(NAME)


@pytest.mark.cluster
def test_the_next_command_does_not_try(site: Cluster, connect: Connect) -> None:
    """Commands that follow a refused login reach no sshd: each says at once how long the pause is.
    With another key there is no pause."""
    wrong = target(site, key=OTHER_KEY)
    with pytest.raises(LoginRefused):
        connect(wrong).run(["true"], timeout=PATIENCE)
    for _ in range(5):
        transport = connect(wrong)
        with pytest.raises(LoginPostponed, match=r"Permission denied.*the next try is possible"):
            transport.run(["true"], timeout=PATIENCE)
        assert transport.counters.connections == 0
    assert connect(target(site)).run(["true"], timeout=PATIENCE).returncode == 0
