"""The health of an instance."""

from dssr.services.front.health import Check, Health, Observation, Outcome, State, Verdict

NEEDED = (Check.PORT, Check.PATH)


def seen(*observations: tuple[Check, Outcome, float], detail: str = "why") -> Health:
    """The health after these, of an instance that began at 0."""
    health = Health(began=0.0, needed=NEEDED, start=120.0)
    for check, outcome, at in observations:
        health = health.after(Observation(check, outcome, at, detail))
    return health


READY = ((Check.PORT, Outcome.OK, 1.0), (Check.PATH, Outcome.OK, 1.0))


def failures(
    check: Check, begin: float, end: float, outcome: Outcome = Outcome.FAILED
) -> list[tuple[Check, Outcome, float]]:
    """A failure each second."""
    return [(check, outcome, float(at)) for at in range(int(begin), int(end) + 1)]


def test_it_is_ready_when_all_that_is_needed_was_seen() -> None:
    """An instance is healthy once its port and its path have been seen well."""
    assert seen(READY[0]).verdict(2).state is State.STARTING
    assert seen(*READY).verdict(2) == Verdict(State.HEALTHY)


def test_a_port_that_opens_late_is_no_failure() -> None:
    """While it starts, a closed port is waited for, up to the limit and no longer."""
    closed = seen(*failures(Check.PORT, 1, 100))
    assert closed.verdict(100) == Verdict(State.STARTING, Check.PORT, "why")
    never = closed.verdict(121)
    assert never.state is State.UNHEALTHY
    assert never.reason == "not ready within 120 seconds: why"


def test_what_has_failed_is_the_reason_before_what_was_not_seen() -> None:
    """While it starts, a check that has failed is named before one of which nothing is known."""
    assert seen().verdict(1).reason == "the port has not been seen yet"
    closed = seen((Check.PATH, Outcome.FAILED, 1.0), detail="closed without an answer")
    assert closed.verdict(1) == Verdict(State.STARTING, Check.PATH, "closed without an answer")


def test_a_job_that_ends_at_once_is_an_error_at_once() -> None:
    """The end of the job is not waited for until the time limit: its reason is the verdict."""
    verdict = seen((Check.JOB, Outcome.FAILED, 2.0), detail="exit 1: no module x").verdict(2)
    assert verdict == Verdict(State.UNHEALTHY, Check.JOB, "exit 1: no module x")


def test_each_check_has_its_own_tolerance() -> None:
    """A port may be closed for some seconds, a path may be silent for a minute."""
    for check, tolerated in ((Check.PORT, 5), (Check.PATH, 60), (Check.HOST, 30)):
        within = seen(*READY, *failures(check, 10, 10 + tolerated - 1))
        beyond = seen(*READY, *failures(check, 10, 10 + tolerated))
        assert within.verdict(99).state is State.FAILING
        assert beyond.verdict(99) == Verdict(State.UNHEALTHY, check, "why")


def test_few_failures_in_a_long_time_are_tolerated() -> None:
    """Two failures a minute apart are too few, since both number and time must be exceeded."""
    health = seen(*READY, (Check.PORT, Outcome.FAILED, 10.0), (Check.PORT, Outcome.FAILED, 70.0))
    assert health.verdict(70).state is State.FAILING


def test_time_without_observations_is_no_evidence() -> None:
    """After a pause of the observer, one old failure is still one failure."""
    health = seen(*READY, (Check.PATH, Outcome.FAILED, 10.0))
    assert health.verdict(10_000).state is State.FAILING


def test_a_success_forgets_the_failures() -> None:
    """A check that succeeds again begins anew."""
    health = seen(*READY, *failures(Check.PATH, 10, 200), (Check.PATH, Outcome.OK, 201.0))
    assert health.verdict(201) == Verdict(State.HEALTHY)


def test_a_failed_query_is_not_evidence() -> None:
    """What is unknown neither fails a check nor makes it well."""
    unknown = failures(Check.JOB, 10, 300, Outcome.UNKNOWN)
    assert seen(*READY, *unknown).verdict(300).state is State.HEALTHY
    failing = seen(*READY, (Check.PORT, Outcome.FAILED, 10.0), (Check.PORT, Outcome.UNKNOWN, 11.0))
    assert failing.verdict(11).state is State.FAILING


def test_the_first_check_is_the_reason() -> None:
    """When the host is lost, the port and the path that fail with it are not the reason."""
    health = seen(
        *READY,
        *failures(Check.PATH, 10, 100),
        *failures(Check.PORT, 10, 100),
        *failures(Check.HOST, 10, 100),
    )
    assert health.verdict(100).check is Check.HOST


def test_silence_is_a_failure() -> None:
    """A program that accepts and never answers is unhealthy after the path's tolerance."""
    health = seen(*READY, *failures(Check.PATH, 10, 80, Outcome.SILENT))
    assert health.verdict(80).state is State.UNHEALTHY
