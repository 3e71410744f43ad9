"""Attacks on the bearer: real tokens, over real HTTP, against the bridge as it is started."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dssr.identity import keyset
from tests.dssr.identity.attacks import (
    ATTACKS,
    EC,
    GOOD,
    KIDS,
    NOT_SIGNED,
    ONE,
    SHAPELESS,
    SIGNATURE,
    TWO,
    by_hmac,
)
from tests.dssr.identity.issuer import SECRET, Issuer, jwk, rsa_key, token, unsigned
from tests.dssr.identity.site import Site


@pytest.fixture
def site(issuer: Issuer, keys_dir: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Users by claim: Alice and Bob have keys. The issuer publishes an RSA and an EC key."""
    monkeypatch.setattr(keyset, "PAUSE", 0.0)
    issuer.publish(jwk(rsa_key(), "one"), jwk(EC, "two"))
    site = Site(
        bearer_jwks_url=issuer.url,
        user_keys_dir=str(keys_dir("alice", "bob", "root", "svc")),
        ssh_user="svc",
    )
    yield site
    site.stop()


@pytest.fixture
def sites(keys_dir: Any) -> Iterator[Callable[..., Site]]:
    """Sites with settings of the test's own, and a key for Alice."""
    made: list[Site] = []

    def make(**changed: Any) -> Site:
        made.append(Site(**({"user_keys_dir": str(keys_dir("alice"))} | changed)))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def is_nowhere(bearer: str, *texts: str) -> bool:
    """Whether none of the texts holds a part of the token that is long enough to be one."""
    parts = [word for word in (bearer, *bearer.split(".")) if len(word) >= 16]
    return not any(word in text for word in parts for text in texts)


def test_good_tokens_run_as_their_users(site: Site) -> None:
    """A token by either key, with the key's name or without, runs as its user."""
    for bearer in (
        GOOD,
        token(EC, "ES256", TWO, preferred_username="bob"),
        token(),
        token(EC, "ES256"),
    ):
        answer = site.submit(bearer)
        assert answer.status_code == 200, answer.text
    assert site.owners() == ["alice", "bob", "alice", "alice"]


@pytest.mark.parametrize(("bearer", "why"), ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_refused(
    bearer: str, why: str, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """An attack gets 403 and one sentence; nothing reaches the cluster, and no log holds the
    token."""
    caplog.set_level(1)
    answer = site.submit(bearer)
    assert (answer.status_code, site.owners()) == (403, [])
    assert why in answer.text
    assert len(answer.text.splitlines()) == 1
    assert is_nowhere(bearer, answer.text, caplog.text, str(answer.headers))


@pytest.mark.parametrize("kid", KIDS.values(), ids=KIDS)
def test_a_keys_name_is_a_name_and_nothing_else(
    kid: str, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """A name that is none of those that the issuer publishes gets 403."""
    for bearer in (by_hmac(b"", kid=kid), by_hmac(b"AA", kid=kid), token(header={"kid": kid})):
        answer = site.submit(bearer)
        assert (answer.status_code, site.owners()) == (403, [])
        assert "a key that its issuer does not have ('kid')" in answer.text
    assert not any("\n" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("kid", SHAPELESS.values(), ids=SHAPELESS)
def test_a_keys_name_that_is_none_is_not_looked_up(kid: Any, site: Site) -> None:
    """A key's name that is no text, or too long, gets 403."""
    answer = site.submit(unsigned({"alg": "RS256", "kid": kid}, signature=SIGNATURE))
    assert (answer.status_code, site.owners()) == (403, [])
    assert "('kid')" in answer.text


def test_no_key_is_fetched_from_where_a_token_says(site: Site) -> None:
    """The server that a token names is never asked."""
    evil = Issuer()
    evil.publish(jwk(rsa_key(1), "evil"))
    for name in ("jku", "x5u", "iss", "kid"):
        site.submit(token(rsa_key(1), header={"kid": "evil", name: evil.url}, iss=evil.url))
    evil.stop()
    assert (evil.asked, site.owners()) == (0, [])


@pytest.mark.parametrize(
    "bearer", [5, True, ["a"], {"a": 1}, "x" * 70_000, "\ud800"], ids=lambda value: str(type(value))
)
def test_a_bearer_that_is_no_text_is_a_mistake_of_the_request(bearer: Any, site: Site) -> None:
    """A bearer that is no text gets 400, as every argument of a wrong type does."""
    assert (site.submit(bearer).status_code, site.owners()) == (400, [])


def test_a_shared_secret_is_not_guessed(sites: Callable[..., Site]) -> None:
    """Other secrets and the keys of pairs are refused where a secret is shared."""
    site = sites(bearer_secret=SECRET)
    assert site.submit(token(SECRET, "HS256")).status_code == 200
    for bearer in (by_hmac(b""), by_hmac(SECRET[:-1].encode()), token(), *NOT_SIGNED.values()):
        assert site.submit(bearer).status_code == 403
    assert site.owners() == ["alice"]


def test_an_issuer_that_was_never_there_is_503(
    issuer: Issuer, sites: Callable[..., Site], monkeypatch: Any
) -> None:
    """While an issuer has never answered, submissions get 503 with Retry-After; once it is up, the
    same submission succeeds."""
    monkeypatch.setattr(keyset, "FIRST_PAUSE", 0.0)
    good, issuer.answer = issuer.answer, (500, {}, b"")
    site = sites(bearer_jwks_url=issuer.url)
    answer = site.submit(GOOD)
    assert (answer.status_code, site.owners()) == (503, [])
    assert int(answer.headers["Retry-After"]) >= 1
    assert issuer.url not in answer.text
    issuer.answer = good
    assert site.submit(GOOD).status_code == 200


def test_an_issuer_that_goes_away_is_not_missed(
    issuer: Issuer, sites: Callable[..., Site], monkeypatch: Any
) -> None:
    """Good tokens are accepted and bad ones are not while the keys cannot be fetched again."""
    site = sites(bearer_jwks_url=issuer.url)
    assert site.submit(GOOD).status_code == 200
    issuer.stop()
    monkeypatch.setattr(keyset, "KEEP", 0.0)
    monkeypatch.setattr(keyset, "PAUSE", 0.0)
    assert site.submit(GOOD).status_code == 200
    assert site.submit(token(rsa_key(1), header=ONE)).status_code == 403
    assert site.submit(token(rsa_key(1), header={"kid": "new"})).status_code == 503
    assert site.owners() == ["alice", "alice"]


def test_a_changed_key_takes_effect_at_once(issuer: Issuer, site: Site) -> None:
    """A changed key is trusted with the first token that names it, and the old key no longer."""
    assert site.submit(GOOD).status_code == 200
    issuer.publish(jwk(rsa_key(1), "new"))
    assert site.submit(token(rsa_key(1), header={"kid": "new"})).status_code == 200
    answer = site.submit(GOOD)
    assert (answer.status_code, "('kid')" in answer.text) == (403, True)


def test_made_up_keys_do_not_make_the_bridge_ask(
    issuer: Issuer, sites: Callable[..., Site]
) -> None:
    """Hundreds of made-up key names cause one request, and users of known keys go through."""
    site = sites(bearer_jwks_url=issuer.url)
    assert site.submit(GOOD).status_code == 200
    answers = [
        site.submit(token(rsa_key(1), header={"kid": f"made up {number}"})) for number in range(50)
    ]
    assert {answer.status_code for answer in answers} <= {403, 503}
    assert answers[-1].status_code == 503
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 30
    assert issuer.asked <= 2
    assert site.submit(GOOD).status_code == 200


def test_a_bad_bearer_is_refused_where_none_is_needed(
    issuer: Issuer, sites: Callable[..., Site]
) -> None:
    """A bearer that is not needed is verified as long as there are keys; without keys no bearer is
    looked at."""
    with_keys = sites(users="service", bearer_jwks_url=issuer.url, connector="dummy")
    assert [with_keys.submit(bearer).status_code for bearer in ("", None, GOOD)] == [200, 200, 200]
    assert with_keys.submit(ATTACKS["a tampered payload"][0]).status_code == 403
    without = sites(users="service", connector="dummy")
    assert without.submit("anything").status_code == 200


def test_the_audit_log_says_whose_job_it_is(
    issuer: Issuer, sites: Callable[..., Site], tmp_path: Any
) -> None:
    """The audit log has the owner or the refusal, and nothing of the token."""
    audit = tmp_path / "audit"
    site = sites(bearer_jwks_url=issuer.url, audit_log=str(audit))
    site.submit(GOOD)
    site.submit(ATTACKS["another's key"][0])
    lines = [json.loads(line) for line in audit.read_text().splitlines()]
    assert [(line.get("owner"), line["status"]) for line in lines] == [("alice", 200), (None, 403)]
    assert is_nowhere(GOOD, audit.read_text())
