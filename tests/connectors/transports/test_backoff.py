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
    """The seconds at which a caller that asks every second may try, when each try fails like
    this."""
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
    """After a network failure there is a try each second for a minute, then one in five."""
    tried = attempts(ConnectFailed("no route"), 120)
    assert tried[:65] == list(range(65))
    assert [b - a for a, b in pairwise(tried[65:])] == [5] * (len(tried) - 66)


@pytest.mark.parametrize("kind", [LoginRefused, HostKeyRefused])
def test_a_refused_login_waits_for_minutes(kind: type[TransportError]) -> None:
    """After a refused login the pauses are 1, 5 and 15 minutes."""
    assert attempts(kind("no"), 3600) == [0, 60, 360, 1260, 2160, 3060]


def test_the_error_is_repeated_during_the_pause() -> None:
    """During the pause the same error is raised, with the seconds that are left."""
    clock = Clock()
    backoff = Backoff(clock)
    backoff.failed(LoginRefused("the key is not accepted"))
    clock.time += 20
    with pytest.raises(LoginRefused, match="the key is not accepted") as raised:
        backoff.check()
    assert raised.value.retry_after == 40


def test_success_forgets_all() -> None:
    """After a success the next failure is the first."""
    clock = Clock()
    backoff = Backoff(clock)
    for _ in range(3):
        backoff.failed(LoginRefused("no"))
    backoff.succeeded()
    assert backoff.remaining == 0
    backoff.check()
    backoff.failed(LoginRefused("no"))
    clock.time += 60
    assert backoff.remaining == 0
    backoff.check()


def test_attempts_that_wait_long_are_spaced_by_their_beginnings() -> None:
    """After a slow network failure the pause starts with the attempt; after a refusal, with its
    end."""
    clock = Clock()
    for error, left in ((ConnectFailed("no answer"), 0.0), (LoginRefused("no"), 60.0)):
        backoff = Backoff(clock)
        backoff.failed(error, began=clock.time - 2)
        assert backoff.remaining == left


def test_a_changed_host_key_waits_as_long_as_it_says() -> None:
    """The pause after a changed host key is the error's own."""
    assert attempts(HostKeyChanged("another", 90), 300) == [0, 90, 180, 270]


@pytest.fixture(params=[LoginPostponed, TrustUnreadable])
def not_tried(request: pytest.FixtureRequest) -> TransportError:
    """An error in which no host took part."""
    error: TransportError = request.param("others were refused, or a file cannot be read", 90)
    return error


def test_a_postponed_login_is_no_refusal(not_tried: TransportError) -> None:
    """The pause after a postponed login is the error's own, and the next refusal is the first."""
    assert attempts(not_tried, 300) == [0, 90, 180, 270]
    clock = Clock()
    backoff = Backoff(clock)
    for _ in range(3):
        backoff.failed(not_tried, clock())
    backoff.failed(LoginRefused("no"), clock())
    assert backoff.remaining == 60


def test_a_postponed_login_is_no_answer(not_tried: TransportError) -> None:
    """A postponed login does not end a series of logins that ended, and is not one of them."""
    backoff, ended = Backoff(Clock()), ClosedDuringLogin("it ended")
    for _ in range(2):
        assert backoff.failed(ended, 1000.0) is ended
    assert backoff.failed(not_tried, 1000.0) is not_tried
    assert type(backoff.failed(ended, 1000.0)) is LoginRefused
    assert backoff.failed(not_tried, 1000.0) is not_tried
    assert backoff.remaining == 90


def test_a_login_that_ends_without_an_answer_is_a_broken_connection() -> None:
    """A login that ends without an answer is a network failure twice in a row, then a refusal."""
    assert attempts(ClosedDuringLogin("it ended"), 1500) == [0, 1, 2, 62, 362, 1262]


def test_the_third_login_that_ended_is_a_refusal() -> None:
    """The third ending in a row is a refusal with the first one's words; another end restarts the
    series."""
    clock = Clock()
    for between in (
        Backoff.succeeded,
        lambda backoff: backoff.failed(ConnectFailed("refused"), clock()),
    ):
        backoff, ended = Backoff(clock), ClosedDuringLogin("it ended.")
        for _ in range(3):
            assert [backoff.failed(ended), backoff.failed(ended)] == [ended, ended]
            between(backoff)
        reported = []
        for _ in range(4):
            reported.append(type(backoff.failed(ended)))
            backoff.failed(ConnectFailed("a caller waits no longer"))  # no attempt
        assert reported == [ClosedDuringLogin, ClosedDuringLogin, LoginRefused, LoginRefused]
    backoff.failed(ended)
    with pytest.raises(LoginRefused, match=r"it ended\. That makes 5 times in a row") as raised:
        backoff.check()
    assert raised.value.retry_after == 900
