"""Keys that tokens are verified against, each bound to the algorithms of its own type.

A token's own word on its algorithm is only looked up in that list (RFC 8725, 2.1 and 3.1): a public
key never serves as a shared secret, and ``none`` is in no list. Algorithms and their key sizes are
from RFC 7518, 3.1 to 3.4, and RFC 8037.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt import algorithms
from jwt.exceptions import PyJWTError

from dssr.errors import SettingsError

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
_MIN_SECRET = 32  # bytes: RFC 7518, 3.2, for HS256; the others need as many as their digest has
_HMAC = {"HS256": 32, "HS384": 48, "HS512": 64}
_MIN_RSA = 2048  # bits: RFC 7518, 3.3
_MAX_RSA = 16384  # bits: a larger one costs more time than any issuer's
_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_FROM_JWK: dict[str, type[algorithms.Algorithm]] = {
    "RSA": algorithms.RSAAlgorithm,
    "EC": algorithms.ECAlgorithm,
    "OKP": algorithms.OKPAlgorithm,
}
_UNREADABLE = (
    PyJWTError,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
)
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True)
class TrustedKey:
    """A key, the algorithms that it may be used with, and its issuer's name for it (or '')."""

    algorithms: frozenset[str]
    material: PublicKey | bytes = field(repr=False)
    kid: str = ""


def from_secret(text: str) -> TrustedKey:
    """The shared secret of JARVICE_BEARER_SECRET, as the bytes of its text.

    Raises ``SettingsError`` when it is too short to resist guessing, or is a public key: those who
    know that could sign.
    """
    secret = text.encode()
    if len(secret) < _MIN_SECRET:
        raise SettingsError([
            f"JARVICE_BEARER_SECRET has {len(secret)} bytes, and one that cannot be guessed has "
            f"{_MIN_SECRET} at least: have the issuer make a longer one, or use its public key "
            "(JARVICE_BEARER_JWKS_URL, JARVICE_BEARER_PUBLIC_KEY)."
        ])  # fmt: skip
    try:
        algorithms.HMACAlgorithm(algorithms.HMACAlgorithm.SHA256).prepare_key(secret)
    except PyJWTError:
        raise SettingsError([
            "JARVICE_BEARER_SECRET holds a key of a pair, not a shared secret: set "
            "JARVICE_BEARER_PUBLIC_KEY instead."
        ]) from None  # fmt: skip
    return TrustedKey(
        frozenset(name for name, least in _HMAC.items() if len(secret) >= least), secret
    )


def from_text(text: str) -> tuple[TrustedKey, ...]:
    """The public keys of JARVICE_BEARER_PUBLIC_KEY.

    They are PEM, one or several, or one key in bare base64 as consoles show it. Raises
    ``SettingsError`` that says what is wrong with one of them.
    """
    pems = [match[0] for match in _PEM.finditer(text)]
    try:
        return tuple(
            from_key(key) for key in ([_from_pem(pem) for pem in pems] or [_from_base64(text)])
        )
    except (ValueError, UnsupportedAlgorithm) as error:
        why = str(error) if str(error).startswith("it ") else "it cannot be read"
        raise SettingsError([
            f"JARVICE_BEARER_PUBLIC_KEY is no usable public key: {why}. Set it to the issuer's key "
            "as PEM ('-----BEGIN PUBLIC KEY-----'), or JARVICE_BEARER_PUBLIC_KEY_FILE to a file "
            "that holds it."
        ]) from None  # fmt: skip


def from_jwk(entry: Mapping[str, Any]) -> TrustedKey:
    """A key of an issuer's set (RFC 7517, section 4).

    Raises ``ValueError`` that says why it cannot be used to verify tokens here.
    """
    read = _FROM_JWK.get(str(entry.get("kty")))
    if read is None:
        raise ValueError("it is of a type that has no public part")
    operations = entry.get("key_ops", ["verify"])
    if (
        entry.get("use", "sig") != "sig"
        or not isinstance(operations, list)
        or "verify" not in operations
    ):
        raise ValueError("it is not for signatures")
    try:
        made = read.from_jwk({name: value for name, value in entry.items() if name != "d"})
    except _UNREADABLE as error:
        raise ValueError("it cannot be read") from error
    key = from_key(made)
    named = entry.get("alg", "")
    allowed = frozenset(name for name in key.algorithms if named in ("", name))
    if not allowed:
        raise ValueError("it is for an algorithm that does not go with its type")
    kid = entry.get("kid", "")
    return TrustedKey(allowed, key.material, kid if isinstance(kid, str) else "")


def from_key(key: object) -> TrustedKey:
    """A public key with its algorithms. Raises ``ValueError`` for a weak one or another kind."""
    if isinstance(key, rsa.RSAPublicKey):
        if not _MIN_RSA <= key.key_size <= _MAX_RSA:
            raise ValueError(
                f"it is an RSA key of {key.key_size} bits, and {_MIN_RSA} is the least that is safe"
            )
        return TrustedKey(_RSA, key)
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return TrustedKey(frozenset({_CURVES[key.curve.name]}), key)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return TrustedKey(frozenset({"EdDSA"}), key)
    raise ValueError(
        "it is of a kind that is not used here: RSA, ECDSA (P-256, P-384, P-521) and Ed25519 are"
    )


def _from_pem(pem: str) -> object:
    if "PRIVATE KEY-----" in pem:
        raise ValueError("it is a private key, which the issuer alone should have")
    if "CERTIFICATE-----" in pem:
        raise ValueError(
            "it is a certificate: take the key out of it ('openssl x509 -pubkey -noout')"
        )
    return serialization.load_pem_public_key(pem.encode())


def _from_base64(text: str) -> object:
    try:
        return serialization.load_der_public_key(
            base64.b64decode("".join(text.split()), validate=True)
        )
    except binascii.Error:
        raise ValueError("it is neither PEM nor base64") from None
