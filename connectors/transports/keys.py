"""Reads private keys as operators write them, or says in one sentence what is wrong with them."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from dssr.errors import SettingsError

KeyKind = Literal["ed25519", "ecdsa", "rsa"]
_KEY = "JARVICE_SLURM_SSH_PKEY"
_HEADER = re.compile(r"(Proc-Type|DEK-Info):\s*(\S+)")
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_CURVES = ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1


@dataclass(frozen=True)
class PrivateKey:
    """A usable private key, as OpenSSH text without a passphrase."""

    kind: KeyKind
    openssh: str

    @property
    def public(self) -> str:
        """The public key, as a line of authorized_keys."""
        key = serialization.load_ssh_private_key(self.openssh.encode(), None)
        form = serialization.PublicFormat.OpenSSH
        return key.public_key().public_bytes(serialization.Encoding.OpenSSH, form).decode()

    def __repr__(self) -> str:
        return f"PrivateKey({self.kind})"


def private_key(text: str, passphrase: str = "") -> PrivateKey:
    """Read OpenSSH, PEM or PKCS8 text of an Ed25519, ECDSA or RSA key, or base64 of that text in
    any column width.

    A passphrase that the key does not need is ignored. Raises ``SettingsError``, which says what
    is wrong with the key and contains no part of it.
    """
    pem, label = _pem(text)
    is_openssh = label == "OPENSSH PRIVATE KEY"
    load = serialization.load_pem_private_key
    try:
        key = _read(serialization.load_ssh_private_key if is_openssh else load, pem, passphrase)
        return PrivateKey(_kind(key), _as_openssh(key))
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error) as error:
        raise _error(_what_is_wrong(str(error), pem, label, passphrase)) from None


def private_keys(text: str, passphrase: str, setting: str) -> tuple[PrivateKey, ...]:
    """Read several keys: PEM texts one after the other, or base64 of each with commas between.
    ``setting``: its name for errors."""
    blocks = [match[0] for match in _PEM.finditer(text) if match[1].endswith("PRIVATE KEY")]
    try:
        return tuple(private_key(part, passphrase) for part in blocks or text.split(","))
    except SettingsError as error:
        problems = [problem.replace(_KEY, setting) for problem in error.problems]
        raise SettingsError(problems) from None


def _error(problem: str) -> SettingsError:
    return SettingsError([problem])


def _pem(text: str) -> tuple[bytes, str]:
    """The block of the private key with new line breaks, and its label."""
    text = text.replace("\\n", "\n").strip()  # environment files often hold the two characters '\n'
    if "-----BEGIN" not in text:
        text = _decoded(text)
    for label, body in _PEM.findall(text):  # openssl puts EC PARAMETERS before the key
        if label.endswith("PRIVATE KEY"):
            return _block(label, body).encode(), label
    if "PUBLIC KEY" in text or text.startswith(("ssh-", "ecdsa-", "---- BEGIN SSH2 PUBLIC")):
        raise _error(
            f"{_KEY} holds a public key: it needs the private one, the file without '.pub'."
        )
    if text.startswith("PuTTY-User-Key-File"):
        raise _error(
            f"{_KEY} holds a key in PuTTY's format: export it as OpenSSH key (puttygen -O "
            "private-openssh)."
        )
    raise _error(f"{_KEY} holds no complete private key: it needs all from -----BEGIN to -----END.")


def _decoded(text: str) -> str:
    if text.startswith(("ssh-", "ecdsa-", "PuTTY")):
        return text
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode().strip()
    except (binascii.Error, ValueError):
        problem = f"{_KEY} is neither a private key (-----BEGIN ...) nor base64 of one."
        raise _error(problem) from None


def _block(label: str, body: str) -> str:
    # Traditional PEM with a passphrase has two headers and an empty line (RFC 1421, 4.6).
    headers = "".join(f"{name}: {value}\n" for name, value in _HEADER.findall(body))
    data = "".join(_HEADER.sub("", body).split())
    rows = "\n".join(data[i : i + 64] for i in range(0, len(data), 64))
    top = f"{headers}\n" if headers else ""
    return f"-----BEGIN {label}-----\n{top}{rows}\n-----END {label}-----\n"


def _read(read: Callable[..., object], pem: bytes, passphrase: str) -> object:
    if passphrase:
        try:
            return read(pem, passphrase.encode())
        except TypeError:  # the key has none
            pass
    return read(pem, None)


def _what_is_wrong(reason: str, pem: bytes, label: str, passphrase: str) -> str:
    if not _is_locked(pem, label):
        return (
            f"{_KEY} cannot be read as an Ed25519, ECDSA (nistp256, 384, 521) or RSA private key: "
            "it is of another type, damaged or cut short."
        )
    if not passphrase:
        return (
            f"{_KEY} has a passphrase: set {_KEY}_PASSPHRASE, or make a key without one "
            "(ssh-keygen -N '')."
        )
    words = "password", "decrypt", "checksum", "corrupt"
    if any(word in reason.lower() for word in words):
        return f"{_KEY}_PASSPHRASE does not open the key in {_KEY}."
    # What a wrong passphrase makes of a key looks like a key in one case of 256, since its padding
    # is valid (RFC 8018, 6.1.2).
    return (
        f"{_KEY}_PASSPHRASE does not open the key in {_KEY}, or the key is of another type, "
        "damaged or cut short."
    )


def _is_locked(pem: bytes, label: str) -> bool:
    if label != "OPENSSH PRIVATE KEY":
        return b"ENCRYPTED" in pem
    try:  # the format's third field names the key derivation: 'bcrypt' or 'none'
        return b"bcrypt" in base64.b64decode(pem.splitlines()[1])
    except (binascii.Error, ValueError):
        return False


def _kind(key: object) -> KeyKind:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, _CURVES):
        return "ecdsa"
    if isinstance(key, rsa.RSAPrivateKey):
        return "rsa"
    raise _error(
        f"{_KEY} is of another type ({type(key).__name__}): use an Ed25519, ECDSA or RSA key "
        "(ssh-keygen -t ed25519)."
    )


def _as_openssh(key: object) -> str:
    assert isinstance(
        key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    ).decode()
