"""Whether a token is its issuer's."""

import json
import time
from collections.abc import Sequence

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from dssr.errors import Denied, Unavailable
from dssr.identity import trusted
from dssr.identity.bearer import FixedKeys, Verifier
from dssr.identity.claims import Expected, user
from dssr.identity.trusted import TrustedKey
from tests.dssr.identity.issuer import (
    AUDIENCE,
    ISSUER,
    SECRET,
    PrivateKey,
    claims,
    pem,
    rsa_key,
    token,
)

EXPECTED = Expected(ISSUER, (AUDIENCE,))
EC, EC384, ED = (
    ec.generate_private_key(ec.SECP256R1()),
    ec.generate_private_key(ec.SECP384R1()),
    ed25519.Ed25519PrivateKey.generate(),
)
PAIRS = Verifier(
    FixedKeys(trusted.from_text(pem(rsa_key()) + pem(EC) + pem(EC384) + pem(ED))), EXPECTED
)
SHARED = Verifier(FixedKeys([trusted.from_secret(SECRET)]), EXPECTED)
GOOD = token()


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        *((rsa_key(), name) for name in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
        (EC, "ES256"),
        (EC384, "ES384"),
        (ED, "EdDSA"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_token_by_a_trusted_key_is_believed(key: PrivateKey, algorithm: str) -> None:
    """Any of the issuer's keys may have signed it, under any name that the token gives it."""
    assert PAIRS.verify(token(key, algorithm))["preferred_username"] == "alice"
    assert PAIRS.verify(token(key, algorithm, {"kid": "any"}))["sub"] == "b2c1"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_token_by_a_shared_secret_is_believed(algorithm: str) -> None:
    """A token by a shared secret is accepted when the secret is long enough for its digest."""
    assert SHARED.verify(token(SECRET, algorithm))["preferred_username"] == "alice"


def test_another_key_of_the_same_type_is_not_believed() -> None:
    """Another key or another secret does not verify the token."""
    for verifier, signed in ((PAIRS, token(rsa_key(1))), (SHARED, token(SECRET[::-1], "HS256"))):
        with pytest.raises(Denied, match="signature is not its issuer's"):
            verifier.verify(signed)


@pytest.mark.parametrize("algorithm", ["HS256", "none ", "RS1", "ES256K", "", "rs256", "Ed25519"])
def test_only_the_algorithms_of_the_trusted_keys_are_used(algorithm: str) -> None:
    """The token's algorithm must be exactly one of those of a trusted key."""
    from tests.dssr.identity.issuer import unsigned

    with pytest.raises(Denied, match="does not go with its issuer's key"):
        PAIRS.verify(unsigned({"alg": algorithm}, signature=GOOD.split(".")[2]))


def test_a_shared_secret_verifies_no_pairs_signature() -> None:
    """A key is used with the algorithms of its own type alone."""
    with pytest.raises(Denied, match="does not go with"):
        SHARED.verify(GOOD)


@settings(deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.sampled_from("AZaz09-_.=+/ \n\0é"))
def test_a_token_with_one_character_changed_is_not_believed(where: int, other: str) -> None:
    """A token with one changed character is refused, wherever the change is."""
    changed = GOOD[:where] + other + GOOD[where + 1 :]
    if changed == GOOD:
        assert PAIRS.verify(changed)
    else:
        with pytest.raises(Denied):
            PAIRS.verify(changed)


@settings(deadline=None)
@given(st.integers(0, len(GOOD) - 1))
def test_a_truncated_token_is_not_believed(length: int) -> None:
    """A truncated token is refused, wherever the cut is."""
    with pytest.raises(Denied):
        PAIRS.verify(GOOD[:length])


@settings(deadline=None)
@given(
    st.text(max_size=200)
    | st.lists(st.binary(max_size=60), min_size=3, max_size=3).map(
        lambda parts: ".".join(p.hex() for p in parts)
    )
)
def test_whatever_comes_is_refused_in_one_line(text: str) -> None:
    """Any text causes ``Denied`` and no other exception, without a part of it in the message."""
    with pytest.raises(Denied) as caught:
        PAIRS.verify(text)
    assert "\n" not in caught.value.message
    assert len(text) < 20 or text not in caught.value.message


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from((ISSUER, AUDIENCE, "true")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
NAMES = ("iss", "aud", "exp", "nbf", "iat", "email", "email_verified", "preferred_username")
CLAIMS = st.dictionaries(st.sampled_from(NAMES), JSON)


@settings(deadline=None)
@given(CLAIMS, st.sampled_from(("email", "preferred_username")))
def test_whatever_the_issuer_signs_is_a_user_or_refused(odd: dict[str, object], claim: str) -> None:
    """Claims of any type in the issuer's own tokens give a name or a refusal of one line."""
    signed = jwt.PyJWS().encode(json.dumps(claims() | odd).encode(), SECRET, "HS256")
    assert outcome(signed, claim).isprintable()


def outcome(signed: str, claim: str) -> str:
    """The user's name, or why there is none."""
    try:
        return user(SHARED.verify(signed), claim)
    except Denied as error:
        return error.message


def test_times_are_looked_at_after_the_signature() -> None:
    """The times in a token are checked after its signature, so the maker of a forged token learns
    nothing from the error."""
    with pytest.raises(Denied, match="signature"):
        PAIRS.verify(token(rsa_key(1), exp=int(time.time()) - 999))
    with pytest.raises(Denied, match="expired"):
        PAIRS.verify(token(exp=int(time.time()) - 999))


class _Away:
    def matching(self, kid: str | None) -> Sequence[TrustedKey]:
        raise Unavailable("away")


def test_preparing_raises_nothing() -> None:
    """An issuer that does not answer is logged, and reported again to each submission."""
    verifier = Verifier(_Away(), EXPECTED)
    verifier.prepare()
    with pytest.raises(Unavailable):
        verifier.verify(GOOD)
