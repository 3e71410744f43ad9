"""An issuer's keys over time: fetched, kept, changed, and the issuer not answering."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from dssr.errors import Denied, Unavailable
from dssr.identity import keyset
from dssr.identity.keyset import FIRST_PAUSE, KEEP, PAUSE, FetchedKeys
from tests.dssr.identity.issuer import Issuer, jwk, rsa_key

EC = ec.generate_private_key(ec.SECP256R1())
ONE, TWO = jwk(rsa_key(), "one"), jwk(EC, "two")


def names(keys: Any) -> list[str]:
    return [key.kid for key in keys]


def test_keys_are_fetched_once_and_kept(issuer: Issuer, clock: Any) -> None:
    """Keys are fetched once, and again after ``KEEP`` seconds."""
    keys = FetchedKeys(issuer.url, clock=clock)
    for _ in range(5):
        assert names(keys.matching("one")) == ["one"]
        clock.now += KEEP / 5 - 1
    assert issuer.asked == 1
    clock.now += 5
    keys.matching("one")
    assert issuer.asked == 2


def test_a_token_without_a_keys_name_may_be_any_keys(issuer: Issuer, clock: Any) -> None:
    """A token without the name of a key may be signed by any of the keys."""
    issuer.publish(ONE, TWO)
    assert names(FetchedKeys(issuer.url, clock=clock).matching(None)) == ["one", "two"]


def test_a_new_key_is_fetched_as_soon_as_a_token_names_it(issuer: Issuer, clock: Any) -> None:
    """A new key is fetched as soon as a token names it, and a withdrawn key is no longer trusted
    then."""
    keys = FetchedKeys(issuer.url, clock=clock)
    keys.matching("one")
    issuer.publish(TWO)
    clock.now += PAUSE
    assert names(keys.matching("two")) == ["two"]
    clock.now += PAUSE
    with pytest.raises(Denied, match="its issuer does not have"):
        keys.matching("one")


def test_names_that_are_made_up_do_not_make_requests(issuer: Issuer, clock: Any) -> None:
    """The issuer is asked once in a while; callers in between get the time to try again."""
    keys = FetchedKeys(issuer.url, clock=clock)
    with pytest.raises(Denied):
        keys.matching("made-up")
    for number in range(500):
        clock.now += 0.01
        with pytest.raises(Unavailable) as caught:
            keys.matching(f"made-up-{number}")
    assert (issuer.asked, caught.value.retry_after) == (1, 25)
    assert names(keys.matching("one")) == ["one"]


def test_the_last_good_set_stays_while_the_issuer_is_away(
    issuer: Issuer, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The last good keys stay in use while the issuer is away, which is logged once; the issuer is
    asked again once in a while."""
    keys = FetchedKeys(issuer.url, clock=clock)
    keys.matching("one")
    issuer.answer = (500, {}, b"")
    for _ in range(10):
        clock.now += KEEP
        assert names(keys.matching("one")) == ["one"]
        clock.now += 1
        assert names(keys.matching("one")) == ["one"]
    assert issuer.asked == 11
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == [
        f"NO KEYS FROM {issuer.url}: it answers with status 500. "
        "The 1 keys fetched last stay in force."
    ]
    with pytest.raises(Unavailable):
        keys.matching("two")


def test_an_issuer_that_never_answered_is_unavailable(
    issuer: Issuer, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller gets the time to try again; the first answer of the issuer is used."""
    good, issuer.answer = issuer.answer, (503, {}, b"")
    keys = FetchedKeys(issuer.url, clock=clock)
    for _ in range(3):
        with pytest.raises(Unavailable, match="issuer's keys cannot be had") as caught:
            keys.matching("one")
    assert (issuer.asked, caught.value.retry_after) == (1, FIRST_PAUSE)
    assert "No bearer can be verified" in caplog.text
    issuer.answer = good
    clock.now += FIRST_PAUSE
    assert names(keys.matching("one")) == ["one"]


def test_many_callers_share_one_request(issuer: Issuer) -> None:
    """All callers who need the keys at once share one request and get its result."""
    issuer.delay = 0.3
    keys = FetchedKeys(issuer.url)
    with ThreadPoolExecutor(30) as pool:
        found = list(pool.map(keys.matching, ["one"] * 30))
    assert [names(one) for one in found] == [["one"]] * 30
    assert issuer.asked == 1


def test_a_caller_does_not_wait_for_an_issuer_that_hangs(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller waits until its deadline at most; an attempt that never ends is given up, and its
    late result is not used."""
    monkeypatch.setattr(keyset, "DEADLINE", 0.05)
    never = threading.Event()
    asked: list[str] = []

    def get(url: str, _: float) -> bytes:
        asked.append(url)
        if len(asked) == 1:
            never.wait(30)
        return json.dumps({"keys": [ONE if len(asked) > 1 else TWO]}).encode()

    keys = FetchedKeys("http://issuer.example", clock=clock, get=get)
    with pytest.raises(Unavailable):
        keys.matching("one")
    clock.now += PAUSE
    monkeypatch.setattr(keyset, "DEADLINE", 30)
    assert names(keys.matching("one")) == ["one"]
    never.set()


@responses.activate
@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"keys": {}}',
        '{"keys": []}',
        '{"keys": ["x", 1, null, []]}',
        '{"keys": [{"kty": "oct", "k": "AAAA"}]}',
        '{"keys": [], "keys": []}',
        "<html>",
        "x" * 1000,
    ],
)
def test_an_answer_without_a_key_is_none(
    body: str, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer without a key leaves the keys fetched last in force."""
    responses.get("http://issuer.example/", json={"keys": [ONE]})
    keys = FetchedKeys("http://issuer.example/", clock=clock)
    assert names(keys.matching("one")) == ["one"]
    responses.replace(responses.GET, "http://issuer.example/", body=body)
    clock.now += KEEP
    assert names(keys.matching("one")) == ["one"]
    assert "NO KEYS FROM http://issuer.example/: its " in caplog.text


def test_an_unexpected_exception_is_an_answer_too(
    clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The waiting callers get an error also when the fetch raises an unexpected exception."""

    def fail(*_: Any) -> bytes:
        raise RuntimeError("MARKED")

    with pytest.raises(Unavailable):
        FetchedKeys("http://issuer.example", clock=clock, get=fail).matching("one")
    assert "cannot be read (RuntimeError)" in caplog.text


def test_keys_that_are_weak_or_for_other_purposes_are_left_out() -> None:
    """Weak keys and those for other purposes are left out; the others are used, two of one name
    both."""
    weak, encrypting = jwk(rsa_key(0, 1024), "weak"), ONE | {"kid": "enc", "use": "enc"}
    document = json.dumps({"keys": [weak, encrypting, ONE, TWO, TWO | {"kid": "one"}, 5]}).encode()
    assert names(keyset.read(document)) == ["one", "two", "one"]


def test_an_issuer_that_comes_back_is_logged(
    issuer: Issuer, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An error is logged when it goes and a line when it is back, and nothing in between."""
    caplog.set_level("INFO")
    keys = FetchedKeys(issuer.url, clock=clock)
    good = issuer.answer
    bad: tuple[int, dict[str, str], bytes] = (500, {}, b"")
    for answer in (good, good, bad, good):
        issuer.answer = answer
        keys.matching("one")
        clock.now += KEEP
    assert [record.levelname for record in caplog.records if record.name == keyset.__name__] == [
        "INFO",
        "ERROR",
        "INFO",
    ]


WORDS = ("AQAB", "RSA", "EC", "OKP", "P-256", "Ed25519")
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=9)
    | st.sampled_from(("AQAB", "RSA", "EC", "OKP", "P-256", "Ed25519")),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
FIELDS = st.sampled_from(("kty", "use", "key_ops", "alg", "kid", "n", "e", "crv", "x", "y", "d"))


@settings(deadline=None)
@given(st.dictionaries(FIELDS, VALUES), st.sampled_from((ONE, TWO, {})))
def test_an_odd_key_does_not_spoil_the_others(odd: dict[str, Any], whole: dict[str, Any]) -> None:
    """An odd key beside a good one does not keep the good one from being used."""
    assert "one" in names(keyset.read(json.dumps({"keys": [whole | odd, ONE]}).encode()))


def test_an_issuer_that_hangs_for_good_holds_few_threads(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An issuer that hangs is asked again only when one of the attempts has ended."""
    monkeypatch.setattr(keyset, "DEADLINE", 0.01)
    ended, asked = threading.Event(), threading.Semaphore(0)

    def get(_url: str, _timeout: float) -> bytes:
        asked.release()
        ended.wait(30)
        raise ValueError("nothing")

    keys = FetchedKeys("http://issuer.example/", clock=clock, get=get)
    for _ in range(10):
        with pytest.raises(Unavailable):
            keys.matching("one")
        clock.now += 1000
    assert [asked.acquire(timeout=5) for _ in range(3)] == [True] * 3
    assert not asked.acquire(blocking=False)
    ended.set()
