"""The private key and the host key as operators write them -> what SSH needs, or one clear sentence."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from dssr.errors import SettingsError

KeyKind = Literal["ed25519", "ecdsa", "rsa"]
_KEY = "JARVICE_SLURM_SSH_PKEY"
_HOST_KEY = "JARVICE_SLURM_SSH_HOST_KEY"
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


@dataclass(frozen=True)
class PrivateKey:
    """A usable private key, as OpenSSH text without a passphrase."""

    kind: KeyKind
    openssh: str

    def __repr__(self) -> str:
        return f"PrivateKey({self.kind})"


def private_key(text: str, passphrase: str = "") -> PrivateKey:
    """Read OpenSSH, PEM or PKCS8 text of an Ed25519, ECDSA or RSA key, or base64 of that text in any column width.

    Raises ``SettingsError`` that says what is wrong with it, without a part of it.
    """
    pem, label = _pem(text)
    password = passphrase.encode() if passphrase else None
    try:
        if label == "OPENSSH PRIVATE KEY":
            key = serialization.load_ssh_private_key(pem, password)
        else:
            key = serialization.load_pem_private_key(pem, password)  # type: ignore[assignment]
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error) as error:
        raise SettingsError([_what_is_wrong(str(error), passphrase)]) from None
    return PrivateKey(_kind(key), _as_openssh(key))


def host_key_matches(expected: str, kind: str, blob: bytes) -> bool:
    """Whether a presented host key (its type and wire form) is one of the expected (``host_keys`` of the setting)."""
    return f"{kind} {base64.b64encode(blob).decode()}" in host_keys(expected) or fingerprint(blob) in host_keys(expected)


def host_keys(expected: str) -> tuple[str, ...]:
    """The setting's entries as ``type base64`` or ``SHA256:...``. Raises ``SettingsError`` for one that is neither."""
    found = []
    for entry in re.split(r"[,\n]", expected):
        words = [w for w in entry.split() if w]
        while len(words) > 1 and not words[0].startswith(("ssh-", "ecdsa-", "SHA256:")):
            words.pop(0)  # a known_hosts line begins with the host's name
        if words and words[0].startswith("SHA256:"):
            found.append(words[0].rstrip("="))
        elif len(words) >= 2 and re.fullmatch(r"[A-Za-z0-9+/=]+", words[1]):
            found.append(" ".join(words[:2]))
        elif words:
            raise SettingsError([
                f"{_HOST_KEY} holds {entry.strip()[:40]!r}, which is neither a host key ('ssh-ed25519 AAAA...') nor a "
                "fingerprint ('SHA256:...')."
            ])  # fmt: skip
    return tuple(found)


def key_types(expected: str) -> tuple[str, ...]:
    """The host key types that the setting names, so that the server can be asked for one of these."""
    return tuple(dict.fromkeys(entry.split()[0] for entry in host_keys(expected) if " " in entry))


def fingerprint(blob: bytes) -> str:
    """A key's fingerprint as ``ssh-keygen -l`` shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _pem(text: str) -> tuple[bytes, str]:
    text = text.replace("\\n", "\n").strip()  # environment files often hold the two characters '\n'
    if "-----BEGIN" not in text:
        try:
            text = base64.b64decode("".join(text.split()), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise SettingsError([f"{_KEY} is neither a private key (-----BEGIN ...) nor base64 of one."]) from None
    if "ENCRYPTED" in text and "DEK-Info" in text:
        return text.encode(), "PEM"
    match = _PEM.search(text)
    if not match:
        what = "a public key" if text.startswith(("ssh-", "ecdsa-")) else "no complete private key"
        raise SettingsError([f"{_KEY} holds {what}: it needs all from -----BEGIN to -----END."])
    label, body = match[1], "".join(match[2].split())
    rows = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
    return f"-----BEGIN {label}-----\n{rows}\n-----END {label}-----\n".encode(), label


def _what_is_wrong(reason: str, passphrase: str) -> str:
    lower = reason.lower()
    if "password" in lower or "encrypted" in lower or "decrypt" in lower:
        if passphrase:
            return f"{_KEY}_PASSPHRASE does not open the key in {_KEY}."
        return f"{_KEY} has a passphrase: set {_KEY}_PASSPHRASE, or make a key without one (ssh-keygen -N '')."
    return f"{_KEY} cannot be read as an Ed25519, ECDSA or RSA private key; it may be damaged or cut short."


def _kind(key: object) -> KeyKind:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return "ecdsa"
    if isinstance(key, rsa.RSAPrivateKey):
        return "rsa"
    raise SettingsError([f"{_KEY} is a {type(key).__name__}: use an Ed25519, ECDSA or RSA key (ssh-keygen -t ed25519)."])


def _as_openssh(key: object) -> str:
    assert isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    ).decode()
