"""What a verified token must say."""

import time
from typing import Any

import pytest

from dssr.errors import Denied
from dssr.identity.claims import LEEWAY, Expected, check, user
from tests.dssr.identity.issuer import AUDIENCE, ISSUER, claims

NOW = 1_800_000_000.0
EXPECTED = Expected(ISSUER, ("other", AUDIENCE))


def at(**changed: Any) -> dict[str, Any]:
    """Claims that are valid at ``NOW``, but for what is changed."""
    return claims(**{"iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 60} | changed)


def accepted(claims: dict[str, Any], expected: Expected = EXPECTED, now: float = NOW) -> bool:
    """Whether the claims hold at that time."""
    try:
        check(claims, expected, lambda: now)
    except Denied:
        return False
    return True


def refusal(expected: Expected = EXPECTED, **changed: Any) -> str:
    with pytest.raises(Denied) as caught:
        check(at(**changed), expected, lambda: NOW)
    return caught.value.message


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"nbf": None, "iat": None},
        {"aud": ["x", AUDIENCE]},
        {"aud": "other"},
        {"exp": NOW - LEEWAY + 1},
        {"nbf": NOW + LEEWAY - 1},
        {"iat": NOW + LEEWAY},
        {"exp": NOW + 0.5},
        {"exp": NOW + 10 * 365 * 86400},
    ],
    ids=str,
)
def test_what_holds_is_taken(changed: dict[str, Any]) -> None:
    """Claims that hold are accepted, with clocks that differ by half a minute too."""
    assert accepted(at(**changed))


def test_an_expired_token_is_refused_with_the_time() -> None:
    """An expired token is refused with the time of its expiry and the request for a new one."""
    message = refusal(exp=NOW - LEEWAY)
    assert "has expired (at 2027-01-15 07:59:30 UTC; it is 2027-01-15 08:00:00 UTC)" in message
    assert "sign in again" in message


def test_a_token_must_expire() -> None:
    """A token without an expiry is refused."""
    assert "'exp'" in refusal(exp=None)


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_a_token_from_the_future_is_refused_with_the_time(claim: str) -> None:
    """A token from beyond the leeway is refused with the time from which it is valid."""
    changed: dict[str, Any] = {claim: NOW + 31}
    assert f"not good before 2027-01-15 08:00:31 UTC (its '{claim}')" in refusal(**changed)


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value", ["1800000060", True, [], {}, "never", -1, 10**30, float("inf"), 253402300800]
)
def test_times_are_numbers(claim: str, value: Any) -> None:
    """Times in a token are seconds since 1970, up to the end of the calendar."""
    assert f"'{claim}' is no time" in refusal(**{claim: value})


@pytest.mark.parametrize(
    "value",
    [None, "", ISSUER + "/", ISSUER.upper(), "https://evil.example", [ISSUER], {"x": 1}, True],
)
def test_the_issuer_is_compared_exactly(value: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The issuer is compared exactly; the log has the token's and the setting's."""
    assert "another issuer" in refusal(iss=value)
    assert f"JARVICE_BEARER_ISSUER is '{ISSUER}'" in caplog.text


@pytest.mark.parametrize(
    "value", [None, "", "dss", [], ["x"], [[AUDIENCE]], {"dssr": 1}, f"{AUDIENCE} x", True]
)
def test_one_audience_must_be_the_bridges(value: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A token for another application is refused."""
    assert "not meant for this bridge" in refusal(aud=value)
    assert "JARVICE_BEARER_AUDIENCE" in caplog.text


def test_hostile_claims_forge_no_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Line breaks and colours in claims are escaped in the log."""
    refusal(iss="x\nERROR all is lost\x1b[0m" + "y" * 5000)
    [line] = [record.getMessage() for record in caplog.records]
    assert "\n" not in line
    assert "\x1b" not in line
    assert len(line) < 600


def test_without_an_expectation_neither_is_looked_at() -> None:
    """Without an expected issuer and audience any are accepted."""
    assert accepted(at(iss="x", aud="y"), Expected())
    assert not accepted(at(iss="x", aud="y"))


def test_time_is_the_machines_unless_given() -> None:
    """The machine's clock decides whether a token holds: one made now does, an expired one not."""
    expired = claims(exp=time.time() - LEEWAY - 1)
    assert accepted(claims(), now=time.time())
    with pytest.raises(Denied, match="has expired"):
        check(expired, EXPECTED)
    check(claims(), EXPECTED)


@pytest.mark.parametrize("claim", ["preferred_username", "email", "sub"])
def test_the_user_is_named_by_the_claim_that_was_chosen(claim: str) -> None:
    """The user is named by the claim that the operator has chosen, whichever that is."""
    assert user(claims(), claim) == claims()[claim]


@pytest.mark.parametrize(
    "value",
    [None, "", 1, True, ["alice"], {"name": "alice"}, "a\nb", "a\0b", "x" * 257, "a\u202eb"],
)
def test_a_user_who_is_no_name_is_refused(value: Any) -> None:
    """A value of another type is never turned into a name."""
    with pytest.raises(Denied, match="preferred_username"):
        user(claims(preferred_username=value), "preferred_username")


@pytest.mark.parametrize("verified", [False, "false", "no", 0, "", [], None, "null"])
def test_an_address_that_is_not_verified_is_refused(verified: Any) -> None:
    """A mail address that the issuer has not verified is refused."""
    with pytest.raises(Denied, match="email_verified"):
        user({"email": "root@example.org", "email_verified": verified}, "email")


def test_an_address_without_a_word_on_it_is_refused() -> None:
    """A mail address without the claim that it is verified is refused, and the error says what to
    choose instead."""
    with pytest.raises(Denied, match=r"does not say .*JARVICE_SLURM_USERNAME_CLAIM"):
        user({"email": "root@example.org"}, "email")


@pytest.mark.parametrize("verified", [{"email_verified": True}, {"email_verified": "true"}])
def test_an_address_that_is_verified_names_its_user(verified: dict[str, Any]) -> None:
    """A verified mail address names its user, whether the claim is a truth value or a string."""
    assert user({"email": "alice@example.org"} | verified, "email") == "alice@example.org"


def test_other_claims_need_no_verified_address() -> None:
    """Claims other than the address need no verified address: the issuer vouches for them."""
    assert user(claims(email_verified=False), "sub") == "b2c1"
