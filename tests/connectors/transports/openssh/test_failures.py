"""What ssh said in real runs, each as the error that it is."""

import re
from pathlib import Path

import pytest

from connectors.transports.backoff import ClosedDuringLogin
from connectors.transports.host_keys import SETTING
from connectors.transports.openssh.failures import (
    failure,
    has_reached_a_host,
    is_prohibited,
    is_session_refused,
)
from dssr.errors import ConnectFailed, HostKeyChanged, HostKeyRefused, LoginRefused, TransportError

RECORDED = Path(__file__).parent / "recorded"
CASES: dict[str, tuple[type[TransportError], str]] = {
    "refused-login": (LoginRefused, r"^hpc cannot log in: jarvice@198.* denied \(publickey\)"),
    "no-identity": (LoginRefused, r"^hpc cannot log in: jarvice@198.*Permission denied"),
    "behind-jump-refused-login": (LoginRefused, r"jarvice@198\.18\.1\.2: Permission denied"),
    "jump-refused-login": (LoginRefused, r"jarvice@198\.18\.1\.4: Permission denied"),
    "changed-key": (
        HostKeyChanged,
        r'^198\.18\.1\.2 presents another host key \(SHA256:\w.*known_hosts.*ssh-keygen -f "',
    ),
    "jump-changed-key": (HostKeyChanged, r"^198\.18\.1\.4 presents another .*\(SHA256:gKfpB9K"),
    "revoked-key": (HostKeyChanged, r"^198\.18\.1\.2 presents a host key that is marked as rev"),
    "unknown-key": (HostKeyRefused, r"^No trusted host key is known for 198\.18\.1\.2 .*by hand"),
    "behind-jump-unknown-key": (HostKeyRefused, r"^No trusted host key is known for hpc .*way"),
    "unknown-name": (ConnectFailed, r"^The host name no-such-host\.invalid is not known here"),
    "jump-unknown-name": (ConnectFailed, r"^The host name no-such-jump\.invalid is not known"),
    "connection-refused": (ConnectFailed, r"^Cannot connect to 198.* port 23: Connection refused"),
    "jump-refused": (ConnectFailed, r"^Cannot connect to 198\.18\.1\.4 port 23: .*refused"),
    "timeout": (ConnectFailed, r"^Cannot connect to 198\.18\.1\.99 port 22: .*timed out"),
    "jump-timeout": (ConnectFailed, r"^Cannot connect to 198\.18\.1\.99 port 22: .*timed out"),
    "jump-leads-nowhere": (ConnectFailed, r"jump host to hpc: it cannot connect there itself \(c"),
    "jump-leads-to-silence": (ConnectFailed, r"^hpc: no answer as SSH comes over its jump host"),
    "jump-forwards-nothing": (ConnectFailed, r"it forwards no connections.*AllowTcpForwarding"),
    "closed-before-greeting": (
        ConnectFailed,
        r"takes connections, but .* fails: kex_.*MaxStartups",
    ),
    "silent-server": (ConnectFailed, r"takes connections, but SSH .*timed out during banner"),
    "bad-config": (ConnectFailed, r"cannot use its configuration .*Bad configuration option: n"),
    "session-refused": (ConnectFailed, r"Session open refused by peer"),
}


def said(name: str) -> str:
    """A recording."""
    return (RECORDED / f"{name}.txt").read_text()


def test_all_recordings_are_used() -> None:
    """Each recording has its case."""
    assert {path.stem for path in RECORDED.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_each_failure_is_what_it_is(name: str) -> None:
    """The error has the type of what happened, and says where and what to do."""
    kind, words = CASES[name]
    error = failure(said(name), "hpc")
    assert type(error) is kind
    with pytest.raises(kind, match=words):
        raise error


def test_the_cure_for_a_key_of_the_setting() -> None:
    """Where the trusted keys are those of the setting, the cure names it."""
    pinned = said("changed-key").replace("known_hosts", SETTING)
    words = failure(re.sub(r"in \S*JARVICE", "in JARVICE", pinned), "hpc").message
    assert words.endswith(f"put its key into {SETTING} and start the bridge again.")


def test_an_end_during_the_login() -> None:
    """A connection that ends after the greeting may be a refusal, and counts towards one."""
    error = failure("Connection closed by 198.18.1.2 port 22\n", "hpc")
    assert type(error) is ClosedDuringLogin


def test_unknown_words_are_shown() -> None:
    """Words that are not known are in the error, on one line, without control characters."""
    error = failure("@@@@\nfirst\x1b[31m\n\nsecond\n", "hpc")
    assert error.message == "ssh does not connect to hpc: first?[31m; second."
    assert "it said nothing" in failure("", "hpc").message


@pytest.mark.parametrize("name", CASES)
def test_what_counts_as_a_handshake(name: str) -> None:
    """An attempt counts unless the first host could not be connected to."""
    unreached = {"unknown-name", "connection-refused", "timeout"} | {
        f"jump-{what}" for what in ("unknown-name", "refused", "timeout")
    }
    assert has_reached_a_host(said(name)) is (name not in unreached)


def test_refusals_of_an_open_connection() -> None:
    """A session too many, and a forward that is prohibited, are found in ssh's words."""
    assert [name for name in CASES if is_session_refused(said(name))] == ["session-refused"]
    assert [name for name in CASES if is_prohibited(said(name))] == ["jump-forwards-nothing"]
