"""From a header to a caller."""

import base64
from pathlib import Path
from typing import Any

import pytest

from dssr.access import token_file
from dssr.access.credentials import MISTAKES, Credentials
from dssr.access.scopes import Caller, Scope
from dssr.access.watched import LOOK_EVERY, WatchedTokens
from dssr.errors import TooMany, Unidentified

KEY = "jarvice:secret:ü"
HERE, THERE = "192.0.2.1", "192.0.2.2"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.fixture
def made(tokens: Any, clock: Any) -> tuple[Credentials, str]:
    """Credentials of a key and of one token, 'ci', which may submit for two days; and that token's
    header.
    """
    text = tokens.new("ci", Scope.SUBMIT, days=2)
    return Credentials(KEY, WatchedTokens(tokens.path, clock), clock), f"Bearer {text}"


def test_the_key_is_an_admin_and_a_token_what_its_scope_says(made: tuple[Credentials, str]) -> None:
    """The key and each token are accepted under their names; the scheme's name may be written in
    any case (RFC 9110, 11.1)."""
    credentials, header = made
    assert credentials.caller(basic(KEY), HERE) == Caller("jarvice", Scope.ADMIN, "basic")
    assert credentials.caller(header, HERE) == Caller("ci", Scope.SUBMIT, "token")
    assert credentials.caller(header.replace("Bearer", "bearer"), HERE).name == "ci"


@pytest.mark.parametrize(
    "header",
    [
        "Basic", "Basic ", "Basic !!!", "Bearer", "Bearer x", "Bearer dssr_ci_" + "x" * 43,
        "Bearer dssr_no_" + "x" * 43, "Digest username=x", "x", "\x00", "Bearer " + "x" * 60_000,
        "Basic " + "eDp5" * 9_999, "Bearer \udcff", basic("jarvice:secret"), basic("jarvice:"),
        basic(":"), basic(""), basic("other:secret:ü"), basic(KEY + "x"),
    ],
    ids=lambda header: ascii(header[:30]),
)  # fmt: skip
def test_any_other_header_is_refused(header: str, made: tuple[Credentials, str]) -> None:
    """All wrong headers get the same error, which does not say which part is wrong."""
    with pytest.raises(
        Unidentified, match="Neither the right password nor a valid token: send"
    ) as caught:
        made[0].caller(header, HERE)
    assert "JARVICE_SCHED_SERVER_KEY" in caught.value.message


def test_without_a_key_no_empty_password_is_right(tokens: Any, clock: Any) -> None:
    """Where no key is set, an empty password is refused."""
    tokens.new("ci")
    credentials = Credentials("", WatchedTokens(tokens.path, clock), clock)
    for header in ("Basic ", basic(""), basic(":")):
        with pytest.raises(Unidentified):
            credentials.caller(header, HERE)


def test_a_revoked_token_is_invalid_and_a_new_one_is_valid(
    made: tuple[Credentials, str], tokens: Any, clock: Any
) -> None:
    """A revoked token is refused and a new one is accepted at the next look at the file."""
    credentials, header = made
    credentials.caller(header, HERE)
    token_file.remove(tokens.path, "ci")
    new = tokens.new("dash")
    clock.now += LOOK_EVERY
    with pytest.raises(Unidentified):
        credentials.caller(header, HERE)
    assert credentials.caller(f"Bearer {new}", HERE).scope is Scope.READ


def test_a_change_of_the_file_affects_only_its_own_token(
    made: tuple[Credentials, str], tokens: Any, clock: Any
) -> None:
    """After a revocation, and wrong logins from the same address, the password and other tokens are
    still valid.
    """
    credentials, header = made
    gone = f"Bearer {tokens.new('poller')}"
    clock.now += LOOK_EVERY
    for sent in (basic(KEY), header, gone):
        credentials.caller(sent, HERE)
    token_file.remove(tokens.path, "poller")
    clock.now += LOOK_EVERY
    wrong(credentials, MISTAKES, HERE)
    names = [credentials.caller(sent, HERE).name for sent in (basic(KEY), header)]
    assert names == ["jarvice", "ci"]
    with pytest.raises(Unidentified):
        credentials.caller(gone, HERE)


def test_polling_with_a_revoked_or_expired_token_locks_no_other_caller_out(
    made: tuple[Credentials, str], tokens: Any, clock: Any
) -> None:
    """Polls with a revoked or expired token do not count as guesses: other credentials are accepted
    from the same address."""
    credentials, header = made
    gone = f"Bearer {tokens.new('poller')}"
    clock.now += LOOK_EVERY
    credentials.caller(gone, HERE)
    token_file.remove(tokens.path, "poller")
    new = tokens.new("poller")
    clock.now += 2 * 86400
    for _ in range(MISTAKES + 1):
        with pytest.raises(Unidentified, match="Neither"):
            credentials.caller(gone, HERE)
        with pytest.raises(Unidentified, match="expired"):
            credentials.caller(header, HERE)
    assert [credentials.caller(sent, HERE).name for sent in (f"Bearer {new}", basic(KEY))] == [
        "poller",
        "jarvice",
    ]


def test_a_revoked_token_that_is_put_back_is_valid_again(
    made: tuple[Credentials, str], tokens: Any, clock: Any
) -> None:
    """A revoked token that is in the file again, such as in an older copy, is accepted."""
    credentials, header = made
    credentials.caller(header, HERE)
    before = Path(tokens.path).read_text()
    token_file.remove(tokens.path, "ci")
    clock.now += LOOK_EVERY
    with pytest.raises(Unidentified):
        credentials.caller(header, HERE)
    Path(tokens.path).write_text(before)
    clock.now += LOOK_EVERY
    assert credentials.caller(header, HERE).name == "ci"


def test_a_token_in_use_expires_to_the_second(made: tuple[Credentials, str], clock: Any) -> None:
    """A token in use expires to the second, and only its holder learns that it has expired."""
    credentials, header = made
    clock.now += 2 * 86400 - 1
    credentials.caller(header, HERE)
    clock.now += 1
    with pytest.raises(Unidentified, match="'ci' expired at 2001-09-11T01:46:40Z"):
        credentials.caller(header, HERE)
    with pytest.raises(Unidentified, match="nor a valid token"):
        credentials.caller(f"{header[:-1]}{'y' if header.endswith('x') else 'x'}", THERE)


def wrong(credentials: Credentials, times: int, address: str) -> None:
    for i in range(times):
        with pytest.raises(Unidentified):
            credentials.caller(basic(f"jarvice:{i}"), address)


def test_an_address_may_be_wrong_a_few_times(made: tuple[Credentials, str]) -> None:
    """After a few wrong logins from an address the right credentials are refused too, so that
    guesses reveal nothing; other addresses are not affected."""
    credentials, header = made
    wrong(credentials, MISTAKES, THERE)
    for guess in (basic(KEY), header, basic("x:y")):
        with pytest.raises(TooMany, match="too many wrong logins") as caught:
            credentials.caller(guess, THERE)
        assert 1 <= caught.value.retry_after <= 10
    assert credentials.caller(basic(KEY), HERE).name == "jarvice"


def test_wrong_logins_do_not_lock_out_a_known_caller_at_the_same_address(
    made: tuple[Credentials, str],
) -> None:
    """A caller who has logged in from an address before is not locked out by wrong logins from
    there."""
    credentials, header = made
    credentials.caller(header, HERE)
    wrong(credentials, MISTAKES, HERE)
    assert credentials.caller(header, HERE).name == "ci"
    with pytest.raises(TooMany):
        credentials.caller(basic(KEY), HERE)


def test_a_caller_with_the_password_is_remembered_without_a_file_of_tokens() -> None:
    """Without a file of tokens a caller with the password is not locked out by wrong logins, and
    wrong logins are refused."""
    credentials = Credentials(KEY, None)
    credentials.caller(basic(KEY), HERE)
    wrong(credentials, MISTAKES, HERE)
    assert credentials.caller(basic(KEY), HERE).name == "jarvice"
    with pytest.raises(TooMany):
        credentials.caller(basic("x:y"), HERE)


def test_a_wrong_login_costs_one_of_ten(made: tuple[Credentials, str], clock: Any) -> None:
    """A refused login costs nothing more: after ten seconds the next one is examined."""
    credentials = Credentials(KEY, None)
    credentials._mistakes._clock = clock
    wrong(credentials, MISTAKES, HERE)
    for _ in range(3):
        with pytest.raises(TooMany) as caught:
            credentials.caller(basic("x:y"), HERE)
        assert caught.value.retry_after == 10
    clock.now += 10
    wrong(credentials, 1, HERE)


def test_an_ipv6_host_has_one_place(made: tuple[Credentials, str]) -> None:
    """All addresses of an IPv6 host's /64 network share one limit."""
    for i in range(MISTAKES):
        wrong(made[0], 1, f"2001:db8::{i:x}")
    with pytest.raises(TooMany):
        made[0].caller("Basic x", "2001:db8::ffff")


def test_many_addresses_do_not_fill_the_memory(
    made: tuple[Credentials, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above a limit, addresses are forgotten."""
    monkeypatch.setattr("dssr.access.credentials.MOST_KNOWN", 10)
    for i in range(100):
        assert made[0].caller(basic(KEY), f"198.51.100.{i}").name == "jarvice"
    assert len(made[0]._known) <= 10
