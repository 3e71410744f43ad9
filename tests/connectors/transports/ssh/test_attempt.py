"""Logging in where the host ends the connection instead of answering: a real server on the loopback interface."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.known_hosts import known_hosts_line
from connectors.transports.shared_budget import SharedBudget
from connectors.transports.ssh import Login
from connectors.transports.trust import KnownHostsFile
from dssr.errors import CommandTimeout, ConnectFailed, LoginRefused, TransportError
from tests.connectors.transports.conftest import Connect, trusting
from tests.connectors.transports.ssh.impostor import Impostor, made
from tests.connectors.transports.test_backoff import Clock

SOON = 30.0  # seconds; no test waits for it to pass


def failure(run: Callable[[], object]) -> TransportError:
    """What it raises."""
    with pytest.raises(TransportError) as raised:
        run()
    return raised.value


def test_a_connection_that_ends_at_the_login_is_tried_again(
    welcomed: Login, impostor: Impostor, connect: Connect
) -> None:
    """As after a failure of the network: an sshd that was killed meanwhile is no refusal, and nobody's key is blamed."""
    impostor.endings = 2
    transport = connect(welcomed)
    first = failure(lambda: transport.run(["true"], timeout=SOON))
    assert isinstance(first, ConnectFailed)
    assert "ended the connection while 'jarvice' was logging in" in first.message
    assert first.retry_after <= 2
    until = time.monotonic() + SOON
    while "channel session" not in impostor.told and time.monotonic() < until:
        failure(lambda: transport.run(["true"], timeout=0.5))  # he lets all in, and runs nothing
    assert impostor.visits == 3
    assert isinstance(failure(lambda: transport.run(["true"], timeout=0.5)), CommandTimeout)


def test_a_host_that_always_does_so_is_left_alone(
    welcomed: Login, impostor: Impostor, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """The third in a row counts as a refused login, loudly: he may be banning his guest in this way."""
    impostor.endings = 100
    caplog.set_level(logging.WARNING)
    transport, until = connect(welcomed), time.monotonic() + SOON
    while not isinstance(
        error := failure(lambda: transport.run(["true"], timeout=SOON)), LoginRefused
    ):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert error.retry_after > 30
    assert "That makes 3 times in a row" in error.message
    assert "That makes 3 times in a row" in caplog.text
    assert impostor.visits == 3


def test_nobody_else_is_kept_out_by_it(
    welcomed: Login, impostor: Impostor, connect: Connect
) -> None:
    """What ended was not refused: users who were not let in before are still tried."""
    impostor.endings = 100
    budget = SharedBudget(100, time.monotonic)
    for n in range(8):
        transport = connect(replace(welcomed, user=f"user{n}"), budget=budget)
        error = failure(partial(transport.run, ["true"], timeout=SOON))
        assert isinstance(error, ConnectFailed)
    assert budget.check(str(welcomed.address), "user9") is None  # type: ignore[func-returns-value]


def test_a_jump_host_is_not_stormed_for_a_host_behind_it(
    welcomed: Login, impostor: Impostor, connect: Connect
) -> None:
    """It is there, and the host behind it is not: one user finds out, and the others do not log in at the jump host."""
    clock = Clock()
    budget, behind = (
        SharedBudget(32, clock),
        replace(welcomed, jumps=(replace(welcomed, is_jump=True),), port=1),
    )
    users = [connect(replace(behind, user=f"user{n}"), budget=budget) for n in range(6)]
    for visits in (1, 2):
        for transport in users:
            error = failure(lambda transport=transport: transport.run(["true"], timeout=SOON))  # type: ignore[misc]
            assert "No way from jump host 127.0.0.1" in error.message
        assert impostor.visits == visits
        clock.time += 60
        users = [connect(replace(behind, user=f"later{n}"), budget=budget) for n in range(6)]


def test_after_an_outage_a_host_is_asked_for_all_its_keys(
    welcomed: Login, connect: Connect
) -> None:
    """Which takes a connection for each type: once the first was made the host counts as within reach."""
    clock, him = Clock(), Impostor("ssh-ed25519", "ssh-rsa")
    try:
        login = replace(welcomed, port=him.port, verifier=trusting(made("ssh-rsa", 1).fingerprint))
        budget = SharedBudget(32, clock)
        budget.unreachable(str(login.address), ConnectFailed("no route"))
        clock.time += 1
        until, transport = time.monotonic() + SOON, connect(login, budget=budget)
        while "channel session" not in him.told and time.monotonic() < until:
            failure(
                lambda: transport.run(["true"], timeout=0.5)
            )  # he lets all in, and runs nothing
        assert him.visits == 2
    finally:
        him.close()


def test_a_file_of_known_hosts_that_cannot_be_read(
    welcomed: Login,
    impostor: Impostor,
    connect: Connect,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody is connected to for nothing, and mended it counts at once."""
    monkeypatch.setattr("connectors.transports.trust._UNREADABLE", 900)
    path = tmp_path / "known_hosts"
    path.mkdir()
    transport = connect(replace(welcomed, verifier=HostKeyVerifier(KnownHostsFile(str(path)))))
    for _ in range(3):
        error = failure(lambda: transport.run(["true"], timeout=SOON))
        assert "cannot be read" in error.message
        assert error.retry_after > 800
    assert impostor.visits == 0
    path.rmdir()
    path.write_text(known_hosts_line(welcomed.address, made("ssh-ed25519", 1)))
    until = time.monotonic() + SOON
    while "channel session" not in impostor.told and time.monotonic() < until:
        failure(lambda: transport.run(["true"], timeout=0.5))  # he lets all in, and runs nothing
    assert impostor.visits == 1
