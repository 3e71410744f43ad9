"""The first login on a terminal, where ssh asks a person, in a process with a real terminal."""

import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from connectors.transports.openssh import Target
from dssr.errors import LoginRefused
from dssr.testing.transport import PATIENCE, unharmed
from tests.cluster import Cluster
from tests.connectors.transports.openssh.conftest import (
    ANOTHER_PORT,
    Connect,
    another_sshd,
    masters_in,
)
from tests.terminal import on_terminal

pytestmark = pytest.mark.cluster

PROGRAM = """\
import sys
from connectors.transports.openssh import OpensshTransport, Target
transport = OpensshTransport(
    Target("hpc", config=sys.argv[1]), directory=sys.argv[2])
transport.ask_at_terminal()
for _ in range(2):
    try:
        done = transport.run(["sh", "-c", "echo answer: $USER"], timeout=5)
        print(done.stdout.decode())
    except Exception as error:
        print(type(error).__name__)
transport.close()
"""


@pytest.fixture
def config(site: Cluster, tmp_path: Path) -> str:
    """A user's configuration, with a key that has a passphrase."""
    key = serialization.load_ssh_private_key(site.private_key.encode(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.BestAvailableEncryption(b"open sesame"),
    )
    (tmp_path / "key").write_bytes(locked)
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "known").touch()
    (tmp_path / "config").write_text(
        f"Host hpc\n HostName {site.address}\n User {site.user}\n IdentityFile {tmp_path}/key\n"
        f" IdentityAgent none\n UserKnownHostsFile {tmp_path}/known\n"
        " NumberOfPasswordPrompts 1\n"
    )
    return str(tmp_path / "config")


def test_it_is_asked_once(site: Cluster, connect: Connect, config: str, directory: str) -> None:
    """ssh asks for an unknown host's key and a passphrase on the terminal, which may take longer
    than a command's deadline; later commands, of other processes too, are not asked."""
    answers = {"fingerprint])?": "yes", "Enter passphrase": "open sesame"}
    shown = on_terminal(PROGRAM, answers, config, directory)
    assert shown.count("answer: jarvice") == 2
    assert shown.count("Enter passphrase") == 1
    assert len(masters_in(directory)) == 1
    later = connect(Target("hpc", config=config))
    assert unharmed(later)
    assert later.counters.connections == 0


def test_a_second_factor_is_asked_for_once(
    site: Cluster, connect: Connect, directory: str, tmp_path: Path
) -> None:
    """Where sshd wants a password after the key, a person gives it once for all commands."""
    hashed = site.run("login", ["openssl", "passwd", "-6", "opensesame"]).stdout.decode().strip()
    (tmp_path / "key").write_text(site.private_key)
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "known").write_text(f"* {site.host_key}\n")
    config = tmp_path / "config"
    config.write_text(
        f"Host hpc\n HostName {site.address}\n Port {ANOTHER_PORT}\n User alice\n"
        f" IdentityFile {tmp_path}/key\n UserKnownHostsFile {tmp_path}/known\n"
    )
    both = "AuthenticationMethods=publickey,password"
    assert site.run("login", ["usermod", "-p", hashed, "alice"]).returncode == 0
    try:
        with another_sshd(site, "login", "PasswordAuthentication=yes", both):
            shown = on_terminal(PROGRAM, {"password:": "opensesame"}, str(config), directory)
            assert shown.count("answer: alice") == 2
            assert shown.count("password:") == 1
            later = connect(Target("hpc", config=str(config)))
            assert unharmed(later)
            assert later.counters.connections == 0
    finally:
        site.run("login", ["usermod", "-p", "*", "alice"])


def test_a_wrong_answer_is_not_asked_for_again(config: str, directory: str) -> None:
    """A login that is refused on the terminal is an error for each command, and asked for once."""
    answers = {"fingerprint])?": "yes", "Enter passphrase": "wrong"}
    shown = on_terminal(PROGRAM, answers, config, directory)
    assert shown.count("LoginRefused") == 2
    assert shown.count("Enter passphrase") == 1


def test_without_a_terminal_nothing_is_asked(site: Cluster, connect: Connect, config: str) -> None:
    """A process without a terminal fails at once where ssh would have to ask."""
    keys = Path(config).with_name("known")
    keys.write_text(f"{site.address} {site.host_key}\n")
    began = time.monotonic()
    with pytest.raises(LoginRefused, match="on a terminal only"):
        connect(Target("hpc", config=config)).run(["true"], timeout=PATIENCE)
    assert time.monotonic() - began < PATIENCE / 2
