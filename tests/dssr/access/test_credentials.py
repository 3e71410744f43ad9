"""From a header to a caller."""

import base64
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dssr.access import token_file, tokens
from dssr.access.credentials import _MOST_CHECKS, MISTAKES, Credentials
from dssr.access.scopes import Caller, Scope
from dssr.access.watched import LOOK_EVERY, WatchedTokens
from dssr.errors import TooMany, Unidentified

KEY = "jarvice:secret:ü"
HERE, THERE = "192.0.2.1", "192.0.2.2"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


class Counted:
    """Counts how often a hash is computed."""

    def __init__(self) -> None:
        self.times = 0
        self.hold = threading.Event()
        self.hold.set()

    def __call__(self, text: str, token: Any) -> bool:
        self.times += 1
        self.hold.wait(30)
        return self.real(text, token)

    real = staticmethod(tokens.verify)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    counted = Counted()
    monkeypatch.setattr("dssr.access.tokens.verify", counted)
    yield counted
    counted.hold.set()


@pytest.fixture
def made(tokens: Any, clock: Any) -> tuple[Credentials, str]:
    """Credentials of a key and of one token, 'ci', which may submit for two days; and that token's header."""
    text = tokens.new("ci", Scope.SUBMIT, days=2)
    return Credentials(KEY, WatchedTokens(tokens.path, clock), clock), f"Bearer {text}"


def test_the_key_is_an_admin_and_a_token_what_its_scope_says(made: tuple[Credentials, str]) -> None:
    """Each under its name; the scheme's name may be written in any case (RFC 9110, 11.1)."""
    credentials, header = made
    assert credentials.caller(basic(KEY), HERE) == Caller("jarvice", Scope.ADMIN, "basic")
    assert credentials.caller(header, HERE) == Caller("ci", Scope.SUBMIT, "token")
    assert credentials.caller(header.replace("Bearer", "bearer"), HERE).name == "ci"


@pytest.mark.parametrize(
    "header",
    [
        "Basic", "Basic ", "Basic !!!", "Bearer", "Bearer x", "Bearer dssr_ci_" + "x" * 43, "Bearer dssr_no_" + "x" * 43,
        "Digest username=x", "x", "\x00", "Bearer " + "x" * 60_000, "Basic " + "eDp5" * 9_999, "Bearer \udcff",
        basic("jarvice:secret"), basic("jarvice:"), basic(":"), basic(""), basic("other:secret:ü"), basic(KEY + "x"),
    ],
    ids=lambda header: ascii(header[:30]),
)  # fmt: skip
def test_anything_else_is_nobody(header: str, made: tuple[Credentials, str]) -> None:
    """One sentence for all of it, which does not say which part was wrong."""
    with pytest.raises(
        Unidentified, match="Neither the right password nor a valid token: send"
    ) as caught:
        made[0].caller(header, HERE)
    assert "JARVICE_SCHED_SERVER_KEY" in caught.value.message


def test_without_a_key_no_empty_password_is_right(tokens: Any, clock: Any) -> None:
    """A key that is not set is no key."""
    tokens.new("ci")
    credentials = Credentials("", WatchedTokens(tokens.path, clock), clock)
    for header in ("Basic ", basic(""), basic(":")):
        with pytest.raises(Unidentified):
            credentials.caller(header, HERE)


def test_a_token_is_hashed_once(made: tuple[Credentials, str], hashed: Counted) -> None:
    """Afterwards it is known by its digest; from another address it is looked at again."""
    credentials, header = made
    for _ in range(100):
        credentials.caller(header, HERE)
    assert hashed.times == 1
    credentials.caller(header, THERE)
    assert hashed.times == 2


def test_connections_that_open_together_cost_one_hash(
    made: tuple[Credentials, str], hashed: Counted
) -> None:
    """Sixteen threads with the same token wait for one look at it, and all are let in."""
    credentials, header = made
    hashed.hold.clear()
    with ThreadPoolExecutor(16) as pool:
        callers = [pool.submit(credentials.caller, header, HERE) for _ in range(16)]
        hashed.hold.set()
        assert {c.result().name for c in callers} == {"ci"}
    assert hashed.times <= 2  # one more where a thread came when the first had just ended


def test_unknown_names_cost_what_known_ones_do(
    made: tuple[Credentials, str], hashed: Counted
) -> None:
    """One hash each, so that nobody learns from the time which names there are."""
    for name in ("ci", "nobody"):
        with pytest.raises(Unidentified):
            made[0].caller(f"Bearer dssr_{name}_{'x' * 43}", HERE)
    assert hashed.times == 2


def test_what_is_revoked_counts_no_more_and_what_is_new_does(
    made: tuple[Credentials, str], tokens: Any, clock: Any
) -> None:
    """What is known in memory is judged anew when the file changes."""
    credentials, header = made
    credentials.caller(header, HERE)
    token_file.remove(tokens.path, "ci")
    new = tokens.new("dash")
    clock.now += LOOK_EVERY
    with pytest.raises(Unidentified):
        credentials.caller(header, HERE)
    assert credentials.caller(f"Bearer {new}", HERE).scope is Scope.READ


def test_a_change_of_the_file_holds_up_nobody_whom_it_does_not_concern(
    made: tuple[Credentials, str], tokens: Any, clock: Any, hashed: Counted
) -> None:
    """After a revocation, beside wrong logins from the same address: the password and the other tokens go on, unhashed."""
    credentials, header = made
    gone = f"Bearer {tokens.new('poller')}"
    clock.now += LOOK_EVERY
    for sent in (basic(KEY), header, gone):
        credentials.caller(sent, HERE)
    hashes = hashed.times
    token_file.remove(tokens.path, "poller")
    clock.now += LOOK_EVERY
    wrong(credentials, MISTAKES, HERE)
    assert [credentials.caller(sent, HERE).name for sent in (basic(KEY), header)] == [
        "jarvice",
        "ci",
    ]
    with pytest.raises(Unidentified):
        credentials.caller(gone, HERE)
    assert hashed.times == hashes


def test_whoever_polls_with_what_was_revoked_or_has_expired_locks_nobody_out(
    made: tuple[Credentials, str], tokens: Any, clock: Any
) -> None:
    """It was right once, so it is no guess: a new token and the password are let in from the same address, a proxy's."""
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


def test_a_revoked_token_that_is_put_back_counts_again(
    made: tuple[Credentials, str], tokens: Any, clock: Any
) -> None:
    """An older copy of the file is what an operator falls back on."""
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
    """Its holder, and nobody else, is told that it has expired."""
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
    """Then not even what is right is looked at, so that guessing tells nothing; other addresses are not held up."""
    credentials, header = made
    wrong(credentials, MISTAKES, THERE)
    for guess in (basic(KEY), header, basic("x:y")):
        with pytest.raises(TooMany, match="too many wrong logins") as caught:
            credentials.caller(guess, THERE)
        assert 1 <= caught.value.retry_after <= 10
    assert credentials.caller(basic(KEY), HERE).name == "jarvice"


def test_who_is_known_is_not_held_up_by_wrong_logins_beside_him(
    made: tuple[Credentials, str], hashed: Counted
) -> None:
    """Many callers may come by one proxy's address."""
    credentials, header = made
    credentials.caller(header, HERE)
    wrong(credentials, MISTAKES, HERE)
    assert credentials.caller(header, HERE).name == "ci"
    assert hashed.times == 1


def test_a_password_alone_is_known_again_too() -> None:
    """Without a file of tokens there is none that could change."""
    credentials = Credentials(KEY, None)
    credentials.caller(basic(KEY), HERE)
    wrong(credentials, MISTAKES, HERE)
    assert credentials.caller(basic(KEY), HERE).name == "jarvice"
    with pytest.raises(TooMany):
        credentials.caller(basic("x:y"), HERE)


def test_an_ipv6_host_has_one_place(made: tuple[Credentials, str]) -> None:
    """However many addresses of its network it uses."""
    for i in range(MISTAKES):
        wrong(made[0], 1, f"2001:db8::{i:x}")
    with pytest.raises(TooMany):
        made[0].caller("Basic x", "2001:db8::ffff")


def test_wrong_tokens_from_everywhere_do_not_take_all_threads(
    made: tuple[Credentials, str], hashed: Counted
) -> None:
    """A few wait for their hash; one more is told to come again, and who is known is served."""
    credentials, header = made
    credentials.caller(header, HERE)
    hashed.hold.clear()
    with ThreadPoolExecutor(_MOST_CHECKS) as pool:
        began = threading.Barrier(_MOST_CHECKS + 1)

        def attack(i: int) -> None:
            began.wait()
            with pytest.raises(Unidentified):
                credentials.caller(f"Bearer dssr_ci_{i:043}", f"198.51.100.{i}")

        attacks = [pool.submit(attack, i) for i in range(_MOST_CHECKS)]
        began.wait()
        while len(credentials._checks) < _MOST_CHECKS:
            pass
        with pytest.raises(TooMany, match="Too many logins are being checked"):
            credentials.caller(f"Bearer dssr_ci_{99:043}", "203.0.113.9")
        assert credentials.caller(header, HERE).name == "ci"
        hashed.hold.set()
        assert [a.result() for a in attacks] == [None] * _MOST_CHECKS


def test_many_addresses_do_not_fill_the_memory(
    made: tuple[Credentials, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a bound they are forgotten and looked at again."""
    monkeypatch.setattr("dssr.access.credentials._MOST_KNOWN", 10)
    for i in range(100):
        assert made[0].caller(basic(KEY), f"198.51.100.{i}").name == "jarvice"
    assert len(made[0]._seen.known) <= 10
