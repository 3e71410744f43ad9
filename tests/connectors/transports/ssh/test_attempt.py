"""Logins with hosts that end the connection instead of answering, against a server on loopback."""

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
    """The error that it raises."""
    with pytest.raises(TransportError) as raised:
        run()
    return raised.value


def test_a_connection_that_ends_at_the_login_is_tried_again(
    welcomed: Login, impostor: Impostor, connect: Connect
) -> None:
    """A connection that ends during the login is a failure of the network, not a refused key."""
    impostor.endings = 2
    transport = connect(welcomed)
    first = failure(lambda: transport.run(["true"], timeout=SOON))
    assert isinstance(first, ConnectFailed)
    assert "ended the connection while 'jarvice' was logging in" in first.message
    assert first.retry_after <= 2
    until = time.monotonic() + SOON
    while "channel session" not in impostor.received and time.monotonic() < until:
        failure(lambda: transport.run(["true"], timeout=0.5))  # the impostor runs nothing
    assert impostor.visits == 3
    assert isinstance(failure(lambda: transport.run(["true"], timeout=0.5)), CommandTimeout)


def test_a_host_that_always_does_so_is_left_alone(
    welcomed: Login, impostor: Impostor, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """The third ending in a row is a refused login, and is logged: it may be a ban."""
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


def test_other_users_are_still_tried(welcomed: Login, impostor: Impostor, connect: Connect) -> None:
    """An ended login is no refusal: users who were not let in before are still tried."""
    impostor.endings = 100
    budget = SharedBudget(100, time.monotonic)
    for n in range(8):
        transport = connect(replace(welcomed, user=f"user{n}"), budget=budget)
        error = failure(partial(transport.run, ["true"], timeout=SOON))
        assert isinstance(error, ConnectFailed)
    transport = connect(replace(welcomed, user="user9"), budget=budget)
    assert "ended the connection" in failure(partial(transport.run, ["true"], timeout=SOON)).message


def test_a_jump_host_is_not_stormed_for_a_host_behind_it(
    welcomed: Login, impostor: Impostor, connect: Connect
) -> None:
    """While the host behind a jump host is unreachable, only one user logs in at the jump host."""
    clock = Clock()
    budget, behind = (
        SharedBudget(32, clock),
        replace(welcomed, jumps=(replace(welcomed, is_jump=True),), port=1),
    )
    users = [connect(replace(behind, user=f"user{n}"), budget=budget) for n in range(6)]
    for visits in (1, 2):
        for transport in users:
            error = failure(partial(transport.run, ["true"], timeout=SOON))
            assert "No way from jump host 127.0.0.1" in error.message
        assert impostor.visits == visits
        clock.time += 60
        users = [connect(replace(behind, user=f"later{n}"), budget=budget) for n in range(6)]


def test_after_an_outage_a_host_is_asked_for_all_its_keys(
    welcomed: Login, connect: Connect
) -> None:
    """One attempt may connect once for each key type, also right after an outage."""
    clock, other = Clock(), Impostor("ssh-ed25519", "ssh-rsa")
    try:
        login = replace(
            welcomed, port=other.port, verifier=trusting(made("ssh-rsa", 1).fingerprint)
        )
        budget = SharedBudget(32, clock)
        budget.unreachable(str(login.address), ConnectFailed("no route"))
        clock.time += 1
        until, transport = time.monotonic() + SOON, connect(login, budget=budget)
        while "channel session" not in other.received and time.monotonic() < until:
            failure(lambda: transport.run(["true"], timeout=0.5))  # the impostor runs nothing
        assert other.visits == 2
    finally:
        other.close()


def test_a_file_of_known_hosts_that_cannot_be_read(
    welcomed: Login,
    impostor: Impostor,
    connect: Connect,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a readable file no connection is made, and a mended file takes effect at once."""
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
    while "channel session" not in impostor.received and time.monotonic() < until:
        failure(lambda: transport.run(["true"], timeout=0.5))  # the impostor runs nothing
    assert impostor.visits == 1
