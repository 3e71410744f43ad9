"""The guard at the door: whom it lets in, and what becomes of an alarm."""

import logging
from pathlib import Path

import pytest

from connectors.transports.guard import Guard
from connectors.transports.host_keys import KINDS, Host, HostKey
from connectors.transports.known_hosts import written
from connectors.transports.trust import FirstUse, KnownHostsFile, Pinned
from dssr.errors import HostKeyChanged, HostKeyRefused
from tests.connectors.transports.impostor import made

RIGHT, WRONG, RSA = made("ssh-ed25519"), made("ssh-ed25519", 2), made("ssh-rsa")
LOGIN, OTHER = Host("login", 22), Host("other", 22)


class Clock:
    """Goes by what a test adds."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guard(clock: Clock) -> Guard:
    """One that trusts a pinned key."""
    return Guard(Pinned(RIGHT.text), clock)


def alarm(guard: Guard, key: HostKey = WRONG) -> HostKeyChanged:
    """Have the login node present a wrong key."""
    with pytest.raises(HostKeyChanged) as raised:
        guard.admit(LOGIN, "login", key)
    return raised.value


def test_a_trusted_key_is_let_in(guard: Guard) -> None:
    """And there is no alarm."""
    guard.admit(LOGIN, "login", RIGHT)
    guard.hold([LOGIN])
    assert guard.alarm([LOGIN]) == ""
    assert not guard.is_changed(LOGIN)


def test_an_alarm_says_all_that_an_operator_needs(guard: Guard) -> None:
    """The host, both fingerprints, where the old one stands, and what to do."""
    words = alarm(guard).message
    for part in (
        "login presents another",
        WRONG.fingerprint,
        RIGHT.fingerprint,
        "JARVICE_SLURM_SSH_HOST_KEY",
        "administrator",
    ):
        assert part in words
    assert guard.alarm([OTHER, LOGIN]) == words
    assert guard.is_changed(LOGIN)
    assert not guard.is_changed(OTHER)
    assert guard.alarm([OTHER]) == ""


def test_a_host_is_asked_again_after_longer_and_longer_pauses(guard: Guard, clock: Clock) -> None:
    """1, 5 and 15 minutes, for all who want to log in there together; other hosts are not held up."""
    for minutes in (1, 5, 15, 15):
        assert alarm(guard).retry_after == minutes * 60
        clock.time += minutes * 60 - 1
        with pytest.raises(HostKeyChanged) as raised:
            guard.hold([OTHER, LOGIN])
        assert raised.value.retry_after == 1
        guard.hold([OTHER])
        clock.time += 1
        guard.hold([LOGIN])


def test_the_log_tells_it_once(guard: Guard, caplog: pytest.LogCaptureFixture) -> None:
    """As an error when it happens, and again when the key is yet another; then that it is over."""
    caplog.set_level(logging.DEBUG)
    for key in (WRONG, WRONG, RSA, RSA, RSA):
        alarm(guard, key)
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 2
    assert WRONG.fingerprint in errors[0]
    assert RSA.fingerprint in errors[1]
    guard.admit(LOGIN, "login", RIGHT)
    assert "presents a trusted host key again" in caplog.records[-1].getMessage()
    assert guard.alarm([LOGIN]) == ""


def test_a_corrected_file_ends_the_pause(tmp_path: Path, clock: Clock) -> None:
    """The operator does not wait for a quarter of an hour."""
    path = tmp_path / "known_hosts"
    path.write_text(written(LOGIN, RIGHT))
    guard = Guard(KnownHostsFile(str(path)), clock)
    assert "which counts at once" in alarm(guard).message
    with pytest.raises(HostKeyChanged):
        guard.hold([LOGIN])
    path.write_text(written(LOGIN, WRONG) + "# the node was reinstalled\n")
    guard.hold([LOGIN])
    guard.admit(LOGIN, "login", WRONG)
    assert not guard.is_changed(LOGIN)


def test_of_whom_nothing_is_known(tmp_path: Path) -> None:
    """He is refused with the cure, and that is no alarm; on first use he is believed, and then kept to it."""
    for trust in (Pinned(""), KnownHostsFile(str(tmp_path / "known_hosts")).unlearning()):
        guard = Guard(trust)
        with pytest.raises(HostKeyRefused, match="Nothing says which host key login has") as raised:
            guard.admit(LOGIN, "login", RIGHT)
        assert not isinstance(raised.value, HostKeyChanged)
        assert RIGHT.text in raised.value.message
        assert raised.value.message.endswith("'. `dssr hostkey` shows all its keys.")
        assert "\n" not in raised.value.message, "it stands in answers and in a line of the log"
        assert not guard.is_changed(LOGIN)
    guard = Guard(FirstUse(str(tmp_path / "learnt")))
    guard.admit(LOGIN, "login", RIGHT)
    assert WRONG.fingerprint in alarm(guard).message
    guard.admit(OTHER, "other", WRONG)


def test_a_revoked_key_is_an_alarm(tmp_path: Path) -> None:
    """Also on first use, and where nothing else is known."""
    path = tmp_path / "known_hosts"
    path.write_text(f"@revoked * {WRONG.text}\n")
    for trust in (KnownHostsFile(str(path)), FirstUse(str(path))):
        guard = Guard(trust)
        assert "revokes" in alarm(guard).message
        assert guard.is_changed(LOGIN)


def test_what_is_asked_for_first() -> None:
    """The type of a known key, and then the others: a host that has none of the known ones shows what it has instead."""
    guard = Guard(Pinned(f"{RSA.text},{made('ecdsa-sha2-nistp256').text}"))
    assert guard.kinds(LOGIN)[:3] == ("ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519")
    assert set(guard.kinds(LOGIN)) == set(KINDS)
    guard.admit(OTHER, "other", made("ecdsa-sha2-nistp256"))
    assert guard.kinds(OTHER)[0] == "ecdsa-sha2-nistp256", (
        "what was right before is asked for first"
    )
    assert guard.kinds(LOGIN)[0] == "ssh-rsa"


def test_which_keys_tell_nothing_yet() -> None:
    """One of another type than a known key may be one of several; of a fingerprint all types must be seen."""
    by_key, by_print = Guard(Pinned(RSA.text)), Guard(Pinned(RSA.fingerprint))
    assert by_key.may_have_another(LOGIN, [RIGHT])
    assert not by_key.may_have_another(LOGIN, [RIGHT, made("ssh-rsa", 2)])
    assert not by_key.may_have_another(LOGIN, [RSA])
    assert by_print.may_have_another(LOGIN, [RIGHT, made("ecdsa-sha2-nistp256")])
    assert not by_print.may_have_another(LOGIN, [HostKey(kind, b"") for kind in KINDS])
    assert not Guard(Pinned("")).may_have_another(LOGIN, [RIGHT])
