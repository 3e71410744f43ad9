"""When a connection may be tried again."""

from itertools import pairwise

import pytest

from connectors.transports.backoff import (
    Backoff,
    ClosedDuringLogin,
    LoginPostponed,
    TrustUnreadable,
)
from dssr.errors import ConnectFailed, HostKeyChanged, HostKeyRefused, LoginRefused, TransportError


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def attempts(error: TransportError, seconds: int) -> list[int]:
    """The seconds at which somebody who asks every second really tries, when each try fails like this."""
    clock, tried = Clock(), []
    backoff = Backoff(clock)
    for second in range(seconds):
        clock.time = 1000.0 + second
        try:
            backoff.check()
        except TransportError:
            continue
        tried.append(second)
        backoff.failed(error)
    return tried


def test_a_network_failure_is_tried_every_second_and_then_every_five() -> None:
    """One probe a second for a minute and until after its end, then one in five."""
    tried = attempts(ConnectFailed("no route"), 120)
    assert tried[:65] == list(range(65))
    assert [b - a for a, b in pairwise(tried[65:])] == [5] * (len(tried) - 66)


@pytest.mark.parametrize("kind", [LoginRefused, HostKeyRefused])
def test_a_refused_login_waits_for_minutes(kind: type[TransportError]) -> None:
    """1, 5 and then 15 minutes: hosts ban clients that keep failing."""
    assert attempts(kind("no"), 3600) == [0, 60, 360, 1260, 2160, 3060]


def test_the_same_error_is_told_while_it_is_too_early() -> None:
    """With the seconds that are left."""
    clock = Clock()
    backoff = Backoff(clock)
    backoff.failed(LoginRefused("the key is not accepted"))
    clock.time += 20
    with pytest.raises(LoginRefused, match="the key is not accepted") as raised:
        backoff.check()
    assert raised.value.retry_after == 40


def test_success_forgets_all() -> None:
    """The next failure begins anew."""
    clock = Clock()
    backoff = Backoff(clock)
    for _ in range(3):
        backoff.failed(LoginRefused("no"))
    backoff.succeeded()
    assert backoff.check() is None  # type: ignore[func-returns-value]
    backoff.failed(LoginRefused("no"))
    clock.time += 60
    assert backoff.check() is None  # type: ignore[func-returns-value]


def test_attempts_that_wait_long_are_spaced_by_their_beginnings() -> None:
    """A network failure that took two seconds to show leaves no pause; a refusal that took them does."""
    clock = Clock()
    for error, left in ((ConnectFailed("no answer"), 0.0), (LoginRefused("no"), 60.0)):
        backoff = Backoff(clock)
        backoff.failed(error, began=clock.time - 2)
        assert backoff.remaining == left


def test_a_changed_host_key_waits_as_long_as_it_says() -> None:
    """Its pauses are counted by whoever found it out, for all who log in there."""
    assert attempts(HostKeyChanged("another", 90), 300) == [0, 90, 180, 270]


@pytest.fixture(params=[LoginPostponed, TrustUnreadable])
def not_tried(request: pytest.FixtureRequest) -> TransportError:
    """What no host has had a part in."""
    error: TransportError = request.param("others were refused, or a file cannot be read", 90)
    return error


def test_who_was_not_tried_was_not_refused(not_tried: TransportError) -> None:
    """His pause is as long as the error says, and his first refusal after it is his first."""
    assert attempts(not_tried, 300) == [0, 90, 180, 270]
    clock = Clock()
    backoff = Backoff(clock)
    for _ in range(3):
        backoff.failed(not_tried, clock())
    backoff.failed(LoginRefused("no"), clock())
    assert backoff.remaining == 60


def test_who_was_not_tried_has_had_no_answer(not_tried: TransportError) -> None:
    """Logins that ended are counted on afterwards, and it is not told as one of them."""
    backoff, ended = Backoff(Clock()), ClosedDuringLogin("it ended")
    for _ in range(2):
        assert backoff.failed(ended, 1000.0) is ended
    assert backoff.failed(not_tried, 1000.0) is not_tried
    assert type(backoff.failed(ended, 1000.0)) is LoginRefused
    assert backoff.failed(not_tried, 1000.0) is not_tried
    assert backoff.remaining == 90


def test_a_login_that_ends_without_an_answer_is_a_broken_connection() -> None:
    """Once or twice in a row; the third, and each after it, is a refusal, with its pauses."""
    assert attempts(ClosedDuringLogin("it ended"), 1500) == [0, 1, 2, 62, 362, 1262]


def test_what_a_login_that_ended_counts_as() -> None:
    """The third one is told as a refusal, in the words of the first; any other end in between begins anew."""
    clock = Clock()
    for between in (
        Backoff.succeeded,
        lambda backoff: backoff.failed(ConnectFailed("refused"), clock()),
    ):
        backoff, ended = Backoff(clock), ClosedDuringLogin("it ended.")
        for _ in range(3):
            assert [backoff.failed(ended), backoff.failed(ended)] == [ended, ended]
            between(backoff)
        counts = []
        for _ in range(4):
            counts.append(type(backoff.failed(ended)))
            backoff.failed(ConnectFailed("somebody waits no longer"))  # which is no attempt
        assert counts == [ClosedDuringLogin, ClosedDuringLogin, LoginRefused, LoginRefused]
    backoff.failed(ended)
    with pytest.raises(LoginRefused, match=r"it ended\. That makes 5 times in a row") as raised:
        backoff.check()
    assert raised.value.retry_after == 900
