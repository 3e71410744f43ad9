"""Keys and the algorithms that they may be used with."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dssr.errors import SettingsError
from dssr.identity import trusted
from tests.dssr.identity.issuer import SECRET, jwk, pem, private_pem, rsa_key

EC, ED = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
RSA_ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}


@pytest.mark.parametrize(
    ("key", "algorithms"), [(rsa_key(), RSA_ALGORITHMS), (EC, {"ES256"}), (ED, {"EdDSA"})]
)
def test_a_public_key_goes_with_the_algorithms_of_its_type(
    key: trusted.PublicKey, algorithms: set[str]
) -> None:
    """A public key has the same algorithms from PEM and from a key set, and never a shared secret's
    or none."""
    assert trusted.from_text(pem(key))[0].algorithms == algorithms  # type: ignore[arg-type]
    assert trusted.from_jwk(jwk(key)).algorithms == algorithms  # type: ignore[arg-type]


def test_several_keys_may_follow_each_other() -> None:
    """The setting may have several keys one after the other."""
    assert len(trusted.from_text(f"the old one\n{pem(EC)}\n{pem(rsa_key())}")) == 2


def test_bare_base64_is_a_key_too() -> None:
    """A key in bare base64, in lines or not, is read as well."""
    der = rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert trusted.from_text(base64.b64encode(der).decode())[0].algorithms == RSA_ALGORITHMS
    assert trusted.from_text(base64.encodebytes(der).decode())[0].algorithms == RSA_ALGORITHMS


CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("MARKEDxx", "cannot be read"),
        ("MARKED!", "neither PEM nor base64"),
        (private_pem(EC), "private key"),
        (CERTIFICATE, "openssl x509"),
        (pem(rsa_key(0, 1024)), "1024 bits"),
        (pem(ec.generate_private_key(ec.SECP256K1())), "kind that is not used"),
        (pem(ed448.Ed448PrivateKey.generate()), "kind that is not used"),  # type: ignore[arg-type]
        (pem(dsa.generate_private_key(1024)), "kind that is not used"),  # type: ignore[arg-type]
        (pem(EC).replace("MF", "MG"), "cannot be read"),
        (pem(EC) + pem(rsa_key(0, 1024)), "1024 bits"),
    ],
    ids=[
        "text",
        "no base64",
        "private",
        "certificate",
        "RSA-1024",
        "secp256k1",
        "Ed448",
        "DSA",
        "broken",
        "one weak of two",
    ],
)
def test_a_key_that_is_weak_or_none_is_refused_at_start_up(text: str, why: str) -> None:
    """A weak key, or a text that is none, is refused in one sentence that names the setting and
    shows nothing of the value."""
    with pytest.raises(SettingsError, match=why) as caught:
        trusted.from_text(text)
    assert caught.value.message.startswith("JARVICE_BEARER_PUBLIC_KEY")
    assert "MARKED" not in caught.value.message


@pytest.mark.parametrize(
    ("length", "algorithms"),
    [(32, {"HS256"}), (48, {"HS256", "HS384"}), (64, {"HS256", "HS384", "HS512"})],
)
def test_a_secret_goes_with_digests_that_are_no_longer_than_it(
    length: int, algorithms: set[str]
) -> None:
    """A shared secret has the algorithms with digests no longer than itself (RFC 7518, 3.2), and no
    public key's."""
    assert trusted.from_secret(SECRET[:length]).algorithms == algorithms


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("MARKED", "6 bytes"),
        ("x" * 31, "31 bytes"),
        (pem(EC), "not a shared"),
        (json.dumps(jwk(EC)), "not a shared"),
    ],
)
def test_a_secret_that_can_be_guessed_is_refused_at_start_up(secret: str, why: str) -> None:
    """A short secret and a public key are refused, and not shown."""
    with pytest.raises(SettingsError, match=why) as caught:
        trusted.from_secret(secret)
    assert "MARKED" not in caught.value.message


GOOD = jwk(rsa_key(), "one")


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "RSA"},
        {"kty": ["RSA"]},
        GOOD | {"use": "enc"},
        GOOD | {"key_ops": ["encrypt"]},
        GOOD | {"alg": "HS256"},
        GOOD | {"alg": "none"},
        GOOD | {"alg": "RSA-OAEP"},
        GOOD | {"n": "AQAB"},
        GOOD | {"n": 5},
        GOOD | {"n": "!"},
        GOOD | {"e": ""},
        jwk(EC) | {"crv": "P-384"},
        jwk(EC) | {"x": jwk(EC)["y"]},
        jwk(ED) | {"crv": "X25519"},
        jwk(ec.generate_private_key(ec.SECP256K1())),
    ],
    ids=lambda entry: f"{entry.get('kty')} {entry.get('crv', '')}",
)
def test_a_published_key_that_is_not_for_this_is_not_taken(entry: dict[str, object]) -> None:
    """A published key for another purpose causes a ValueError."""
    with pytest.raises(ValueError, match=r"^it "):
        trusted.from_jwk(entry)


def test_an_algorithm_that_a_published_key_names_is_the_only_one() -> None:
    """The algorithm that a published key names is the only one that it has, and the key keeps its
    name."""
    key = trusted.from_jwk(GOOD | {"alg": "RS256"})
    assert (set(key.algorithms), key.kid) == ({"RS256"}, "one")


def test_a_key_published_with_its_private_part_serves_by_its_public_one() -> None:
    """A key that an issuer publishes with its private part by mistake is used without that, and the
    bridge does not keep it."""
    from jwt.algorithms import RSAAlgorithm

    entry = RSAAlgorithm.to_jwk(rsa_key(), as_dict=True)
    entry.pop("key_ops")
    assert trusted.from_jwk(entry).material == rsa_key().public_key()


def test_a_key_does_not_show_itself() -> None:
    """The repr of a key does not show it."""
    assert SECRET[:9] not in repr(trusted.from_secret(SECRET))
