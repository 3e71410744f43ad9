"""The header and the claims of a token."""

import json
from typing import Any

import pytest

from dssr.errors import Denied
from dssr.identity import compact
from tests.dssr.identity.issuer import claims, part, token, unsigned


def test_a_token_says_how_it_is_signed_and_by_which_key() -> None:
    """A token says how it is signed and by which key, whose name may be missing."""
    assert compact.header(token(header={"kid": "one"})) == compact.Header("RS256", "one")
    assert compact.header(token()) == compact.Header("RS256", None)


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt"])
def test_access_tokens_go_by_several_types(kind: str) -> None:
    """All types of access tokens of RFC 7519, 5.1, and RFC 9068, 2.1, are accepted."""
    assert compact.header(token(header={"typ": kind})).algorithm == "RS256"


FLATTENED = json.dumps({"protected": part({"alg": "HS256"}), "payload": part({}), "signature": "x"})


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "a.b",
        "a.b.c.d",
        "a.b.c.d.e",
        ".b.c",
        "a..c",
        "..",
        FLATTENED,
        "a.b=.c",
        "a.b.c\n",
        " a.b.c",
        "a.b.ü",
        "a/b.b.c",
        "Bearer a.b.c",
    ],
)
def test_what_is_no_signed_token_is_refused(text: str) -> None:
    """Other serialisations, encrypted tokens and stray characters are refused."""
    with pytest.raises(Denied, match="no signed JSON web token"):
        compact.header(text)


def test_a_token_has_a_largest_size() -> None:
    """A token that is too long is refused by its length alone."""
    with pytest.raises(Denied, match="32 KB"):
        compact.header("a" * 40_000 + ".b.c")


@pytest.mark.parametrize(
    "header",
    [
        b"x",
        b"[]",
        b'{"alg": "RS256", "alg": "none"}',
        b'{"alg": NaN}',
        b"\xff",
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
    ],
)
def test_a_header_that_is_no_object_is_refused(header: bytes) -> None:
    """A header that is no object, or repeats a name, is refused."""
    with pytest.raises(Denied, match="header cannot be read"):
        compact.header(unsigned(header))


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({}, "'alg'"),
        ({"alg": None}, "'alg'"),
        ({"alg": ["RS256"]}, "'alg'"),
        ({"alg": 1}, "'alg'"),
        ({"alg": "none"}, "not signed"),
        ({"alg": "NoNe"}, "not signed"),
        ({"jku": "https://x"}, "'jku'"),
        ({"jwk": {}}, "'jwk'"),
        ({"x5u": "https://x"}, "'x5u'"),
        ({"x5c": []}, "'x5c'"),
        ({"crit": []}, "'crit'"),
        ({"crit": ["exp"]}, "'crit'"),
        ({"b64": False}, "'b64'"),
        ({"zip": "DEF"}, "'zip'"),
        ({"enc": "A128GCM"}, "'enc'"),
        ({"typ": "dpop+jwt"}, "'typ'"),
        ({"typ": "logout+jwt"}, "'typ'"),
        ({"typ": 1}, "'typ'"),
        ({"kid": 1}, "'kid'"),
        ({"kid": ["a"]}, "'kid'"),
        ({"kid": "x" * 257}, "'kid'"),
    ],
    ids=str,
)
def test_a_header_that_asks_for_special_treatment_is_refused(
    header: dict[str, Any], why: str
) -> None:
    """A header that asks for special treatment is refused; the error names the parameter and not
    its value."""
    with pytest.raises(Denied, match=why) as caught:
        compact.header(unsigned(({"alg": "RS256"} | header) if header else {}))
    assert "https://x" not in caught.value.message


def test_claims_are_an_object_without_repeated_names() -> None:
    """Claims that are no object or repeat a name are refused even when they are signed."""
    assert compact.payload(unsigned({}, {"sub": "x"})) == {"sub": "x"}
    for payload in (b"[]", b'{"sub": "a", "sub": "b"}', b"x"):
        with pytest.raises(Denied, match="claims"):
            compact.payload(f"{part({})}.{part(payload)}.x")
    assert claims()["sub"] == "b2c1"


@pytest.mark.parametrize("kind", ["ID", "Refresh", "Offline", "Logout", "", None, 1, ["Bearer"]])
def test_claims_of_another_purpose_are_refused(kind: Any) -> None:
    """A token whose claims name another purpose is refused."""
    with pytest.raises(Denied, match="another purpose"):
        compact.payload(unsigned({}, {"typ": kind}))


@pytest.mark.parametrize("kind", ["Bearer", "bearer"])
def test_claims_of_an_access_token_may_say_so(kind: str) -> None:
    """A token whose claims name its type as an access token's, in any case of letters, is
    accepted."""
    assert compact.payload(unsigned({}, {"typ": kind})) == {"typ": kind}
