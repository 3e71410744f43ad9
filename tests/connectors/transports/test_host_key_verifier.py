"""Which host keys are accepted, and what follows a mismatch."""

import logging
from pathlib import Path

import pytest

from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.host_keys import KINDS, Host, HostKey
from connectors.transports.known_hosts import known_hosts_line
from connectors.transports.trust import FirstUse, KnownHostsFile, Pinned
from dssr.errors import HostKeyChanged, HostKeyRefused
from tests.connectors.transports.ssh.impostor import made
from tests.connectors.transports.test_backoff import Clock

RIGHT, WRONG, RSA = made("ssh-ed25519"), made("ssh-ed25519", 2), made("ssh-rsa")
LOGIN, OTHER = Host("login", 22), Host("other", 22)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(clock: Clock) -> HostKeyVerifier:
    """A verifier that trusts one key."""
    return HostKeyVerifier(Pinned(RIGHT.text), clock)


def mismatch_of(verifier: HostKeyVerifier, key: HostKey = WRONG) -> HostKeyChanged:
    """The error when the login node presents a wrong key."""
    with pytest.raises(HostKeyChanged) as raised:
        verifier.verify(LOGIN, "login", key)
    return raised.value


def test_a_trusted_key_is_accepted(verifier: HostKeyVerifier) -> None:
    """A trusted key is accepted and is no mismatch."""
    verifier.verify(LOGIN, "login", RIGHT)
    verifier.raise_recent_mismatch([LOGIN])
    assert verifier.mismatch([LOGIN]) == ""
    assert not verifier.is_changed(LOGIN)


def test_a_mismatch_says_all_that_an_operator_needs(verifier: HostKeyVerifier) -> None:
    """A mismatch names the host, both fingerprints, the setting and what to do."""
    words = mismatch_of(verifier).message
    for part in (
        "login presents another",
        WRONG.fingerprint,
        RIGHT.fingerprint,
        "JARVICE_SLURM_SSH_HOST_KEY",
        "administrator",
    ):
        assert part in words
    assert verifier.mismatch([OTHER, LOGIN]) == words
    assert verifier.is_changed(LOGIN)
    assert not verifier.is_changed(OTHER)
    assert verifier.mismatch([OTHER]) == ""


def test_a_host_is_asked_again_after_longer_and_longer_pauses(
    verifier: HostKeyVerifier, clock: Clock
) -> None:
    """The pauses are 1, 5 and 15 minutes, for all logins on the host and not on others."""
    for minutes in (1, 5, 15, 15):
        assert mismatch_of(verifier).retry_after == minutes * 60
        clock.time += minutes * 60 - 1
        with pytest.raises(HostKeyChanged) as raised:
            verifier.raise_recent_mismatch([OTHER, LOGIN])
        assert raised.value.retry_after == 1
        verifier.raise_recent_mismatch([OTHER])
        clock.time += 1
        verifier.raise_recent_mismatch([LOGIN])


def test_a_mismatch_is_logged_once(
    verifier: HostKeyVerifier, caplog: pytest.LogCaptureFixture
) -> None:
    """Each wrong key is logged as an error once, and so is the end of the mismatch."""
    caplog.set_level(logging.DEBUG)
    for key in (WRONG, WRONG, RSA, RSA, RSA):
        mismatch_of(verifier, key)
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 2
    assert WRONG.fingerprint in errors[0]
    assert RSA.fingerprint in errors[1]
    verifier.verify(LOGIN, "login", RIGHT)
    assert "presents a trusted host key again" in caplog.records[-1].getMessage()
    assert verifier.mismatch([LOGIN]) == ""


def test_a_corrected_file_ends_the_pause(tmp_path: Path, clock: Clock) -> None:
    """A corrected file ends the pause."""
    path = tmp_path / "known_hosts"
    path.write_text(known_hosts_line(LOGIN, RIGHT))
    verifier = HostKeyVerifier(KnownHostsFile(str(path)), clock)
    assert "which takes effect at once" in mismatch_of(verifier).message
    with pytest.raises(HostKeyChanged):
        verifier.raise_recent_mismatch([LOGIN])
    path.write_text(known_hosts_line(LOGIN, WRONG) + "# the node was reinstalled\n")
    verifier.raise_recent_mismatch([LOGIN])
    verifier.verify(LOGIN, "login", WRONG)
    assert not verifier.is_changed(LOGIN)


def test_an_unknown_host(tmp_path: Path) -> None:
    """An unknown host is refused with the cure; in mode first_use its first key is trusted."""
    for trust in (Pinned(""), KnownHostsFile(str(tmp_path / "known_hosts")).read_only()):
        verifier = HostKeyVerifier(trust)
        with pytest.raises(
            HostKeyRefused, match="No trusted host key is known for login"
        ) as raised:
            verifier.verify(LOGIN, "login", RIGHT)
        assert not isinstance(raised.value, HostKeyChanged)
        assert RIGHT.text in raised.value.message
        assert raised.value.message.endswith("'. `dssr hostkey` shows all its keys.")
        assert "\n" not in raised.value.message, "responses and a line of the log contain it"
        assert not verifier.is_changed(LOGIN)
    verifier = HostKeyVerifier(FirstUse(str(tmp_path / "learnt")))
    verifier.verify(LOGIN, "login", RIGHT)
    assert WRONG.fingerprint in mismatch_of(verifier).message
    verifier.verify(OTHER, "other", WRONG)


def test_a_revoked_key_is_a_mismatch(tmp_path: Path) -> None:
    """A revoked key is a mismatch, in mode first_use too and without another known key."""
    path = tmp_path / "known_hosts"
    path.write_text(f"@revoked * {WRONG.text}\n")
    for trust in (KnownHostsFile(str(path)), FirstUse(str(path))):
        verifier = HostKeyVerifier(trust)
        assert "revokes" in mismatch_of(verifier).message
        assert verifier.is_changed(LOGIN)


def test_what_is_asked_for_first() -> None:
    """A host is asked for a key of a known type first, then for all other types."""
    verifier = HostKeyVerifier(Pinned(f"{RSA.text},{made('ecdsa-sha2-nistp256').text}"))
    assert verifier.kinds(LOGIN)[:3] == ("ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519")
    assert set(verifier.kinds(LOGIN)) == set(KINDS)
    verifier.verify(OTHER, "other", made("ecdsa-sha2-nistp256"))
    assert verifier.kinds(OTHER)[0] == "ecdsa-sha2-nistp256", (
        "what was right before is asked for first"
    )
    assert verifier.kinds(LOGIN)[0] == "ssh-rsa"


def test_which_keys_decide_nothing_yet() -> None:
    """A key of another type decides nothing while the host may have the trusted one."""
    by_key, by_print = HostKeyVerifier(Pinned(RSA.text)), HostKeyVerifier(Pinned(RSA.fingerprint))
    assert by_key.may_have_a_trusted_key(LOGIN, [RIGHT])
    assert not by_key.may_have_a_trusted_key(LOGIN, [RIGHT, made("ssh-rsa", 2)])
    assert not by_key.may_have_a_trusted_key(LOGIN, [RSA])
    assert by_print.may_have_a_trusted_key(LOGIN, [RIGHT, made("ecdsa-sha2-nistp256")])
    assert not by_print.may_have_a_trusted_key(LOGIN, [HostKey(kind, b"") for kind in KINDS])
    assert not HostKeyVerifier(Pinned("")).may_have_a_trusted_key(LOGIN, [RIGHT])
