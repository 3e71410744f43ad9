"""The protocol of an SSH agent, as far as a login needs it: which keys there are, and signatures.
Pure.

draft-ietf-sshm-ssh-agent. What else a client asks for is answered with a failure, which it takes
for an agent that cannot do it.
"""

import base64
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from connectors.transports.keys import PrivateKey

LONGEST = 256 << 10  # bytes of a message
_FAILURE = b"\x05"
_LIST, _KEYS = 11, b"\x0c"
_SIGN, _SIGNED = 13, b"\x0e"
_SHA512, _SHA256 = 4, 2  # flags of a request to sign with RSA
_CURVES: dict[int, tuple[bytes, type[hashes.HashAlgorithm]]] = {
    256: (b"ecdsa-sha2-nistp256", hashes.SHA256),
    384: (b"ecdsa-sha2-nistp384", hashes.SHA384),
    521: (b"ecdsa-sha2-nistp521", hashes.SHA512),
}


@dataclass(frozen=True)
class AgentKey:
    """A key in memory, and its public part as the protocol has it."""

    key: object
    public: bytes

    @classmethod
    def of(cls, private: PrivateKey) -> "AgentKey":
        """From a key that has been read."""
        key = serialization.load_ssh_private_key(private.openssh.encode(), None)
        text = key.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        return cls(key, base64.b64decode(text.split()[1]))

    def __repr__(self) -> str:
        return "AgentKey()"

    def sign(self, data: bytes, flags: int) -> bytes | None:
        """The signature; ``None`` for an algorithm that no server should accept any more."""
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return _string(b"ssh-ed25519") + _string(self.key.sign(data))
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            name, digest = _CURVES[self.key.curve.key_size]
            first, second = decode_dss_signature(self.key.sign(data, ec.ECDSA(digest())))
            return _string(name) + _string(_integer(first) + _integer(second))
        if isinstance(self.key, rsa.RSAPrivateKey) and flags & (_SHA512 | _SHA256):
            name, kind = (
                (b"rsa-sha2-512", hashes.SHA512()) if flags & _SHA512
                else (b"rsa-sha2-256", hashes.SHA256())
            )  # fmt: skip
            return _string(name) + _string(self.key.sign(data, padding.PKCS1v15(), kind))
        return None


def answer(message: bytes, keys: Sequence[AgentKey]) -> bytes:
    """The agent's answer to a message, both without their lengths."""
    if message[:1] == bytes([_LIST]):
        listed = b"".join(_string(key.public) + _string(b"") for key in keys)
        return _KEYS + struct.pack(">I", len(keys)) + listed
    if message[:1] == bytes([_SIGN]):
        public, rest = _first(message[1:])
        data, rest = _first(rest)
        flags = int.from_bytes(rest[:4], "big")
        for key in keys:
            if key.public == public and (signature := key.sign(data, flags)):
                return _SIGNED + _string(signature)
    return _FAILURE


def framed(message: bytes) -> bytes:
    """A message with its length."""
    return _string(message)


def _first(data: bytes) -> tuple[bytes, bytes]:
    """The string at the beginning, and what follows it."""
    length = int.from_bytes(data[:4], "big")
    return data[4 : 4 + length], data[4 + length :]


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _integer(number: int) -> bytes:
    # One bit more than it has: a first bit of 1 would be a minus.
    return _string(number.to_bytes(number.bit_length() // 8 + 1, "big"))
