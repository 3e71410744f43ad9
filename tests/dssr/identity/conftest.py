"""An issuer that listens, a clock to turn, and users' private keys."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dssr.identity import keyset
from tests.dssr.identity.issuer import Issuer, jwk, rsa_key


class Clock:
    """A monotonic clock that moves only when a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that the test moves."""
    return Clock()


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    """An issuer that publishes one RSA key, named 'one'.

    Callers wait for it as long as a busy machine needs.
    """
    monkeypatch.setattr(keyset, "DEADLINE", 30.0)
    issuer = Issuer()
    issuer.publish(jwk(rsa_key(), "one"))
    yield issuer
    issuer.stop()


@pytest.fixture(scope="session")
def private_key() -> str:
    """A user's private key, as ssh-keygen writes it."""
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        .decode()
    )


@pytest.fixture
def keys_dir(tmp_path: Path, private_key: str) -> Callable[..., Path]:
    """Make a directory with the keys of these users."""

    def make(*users: str) -> Path:
        place = tmp_path / "keys"
        place.mkdir(mode=0o700, exist_ok=True)
        for user in users:
            (place / user).write_text(private_key)
            (place / user).chmod(0o600)
        return place

    return make


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of mode 600."""

    def write(text: str, mode: int = 0o600, name: str = "file") -> Path:
        path = tmp_path / name
        path.write_text(text)
        path.chmod(mode)
        return path

    return write
