"""The agent, as OpenSSH's own programs see it."""

import errno
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from connectors.transports.forwarding import agent as agents
from connectors.transports.forwarding.agent import Agent
from connectors.transports.keys import PrivateKey, private_key

SshKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
KEYS: dict[str, SshKey] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "ecdsa 256": ec.generate_private_key(ec.SECP256R1()),
    "ecdsa 384": ec.generate_private_key(ec.SECP384R1()),
    "ecdsa 521": ec.generate_private_key(ec.SECP521R1()),
    "rsa": rsa.generate_private_key(65537, 2048),
}


def read(name: str) -> PrivateKey:
    """That key, as the agent is given it."""
    text = KEYS[name].private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    return private_key(text.decode())


def public(name: str) -> str:
    """Its public part."""
    text = (
        KEYS[name]
        .public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    )
    return text.decode()


@pytest.fixture
def agent(folder: Path) -> Iterator[Path]:
    """The socket of an agent with all keys."""
    made = Agent(folder / "agent", [read(name) for name in KEYS])
    yield folder / "agent"
    made.close()


def ask(agent: Path, *words: str, data: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """One of OpenSSH's programs that asks this agent."""
    environment = {"SSH_AUTH_SOCK": str(agent), "PATH": "/usr/bin:/bin"}
    return subprocess.run(words, input=data, env=environment, capture_output=True, check=False)


def test_it_lists_its_keys(agent: Path) -> None:
    """``ssh-add -L`` prints the public part of each key."""
    listed = ask(agent, "ssh-add", "-L").stdout.decode().splitlines()
    assert [" ".join(line.split()[:2]) for line in listed] == [public(name) for name in KEYS]


@pytest.mark.parametrize("name", list(KEYS))
def test_it_signs(agent: Path, folder: Path, name: str) -> None:
    """``ssh-keygen`` verifies what the agent has signed with a key of each kind."""
    (folder / "key.pub").write_text(public(name))
    (folder / "allowed").write_text(f"me {public(name)}\n")
    words = ("ssh-keygen", "-Y", "sign", "-n", "file", "-f", str(folder / "key.pub"))
    signature = ask(agent, *words, data=b"hello")
    (folder / "signature").write_bytes(signature.stdout)
    verify = ("ssh-keygen", "-Y", "verify", "-n", "file", "-I", "me")
    files = ("-f", str(folder / "allowed"), "-s", str(folder / "signature"))
    assert ask(agent, *verify, *files, data=b"hello").returncode == 0, signature.stderr
    assert ask(agent, *verify, *files, data=b"other").returncode != 0


def test_it_does_nothing_else(agent: Path) -> None:
    """Keys can neither be added nor removed, and what is no message ends the connection."""
    assert ask(agent, "ssh-add", "-D").returncode != 0
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(agent))
        client.sendall(b"\0\0\0\1\x0d")  # a request to sign, without a key
        assert client.recv(10) == b"\0\0\0\1\5"
        client.sendall(b"\xff" * 4)
        assert client.recv(10) == b""
    assert len(ask(agent, "ssh-add", "-L").stdout.splitlines()) == len(KEYS)


def test_it_outlasts_a_lack_of_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that cannot open a file for a connection takes the next one."""
    accept, failures = socket.socket.accept, [errno.EMFILE, errno.ENFILE]

    def scarce(listener: socket.socket) -> Any:
        if failures:
            raise OSError(failures.pop(), "Too many open files")
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", scarce)
    made = Agent(folder / "agent", [read("ed25519")])
    assert len(ask(folder / "agent", "ssh-add", "-L").stdout.splitlines()) == 1
    assert failures == []
    made.close()


def test_a_client_that_asks_nothing_is_left(agent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which nothing is asked does not hold a thread for ever."""
    monkeypatch.setattr(agents, "_PATIENCE", 0.1)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(agent))
        assert client.recv(10) == b""
