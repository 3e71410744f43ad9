"""Orders to jobs: ``dssr cancel``, ``hold`` and ``release``."""

import json
import re

import pytest

from tests.dssr.cli.running import Dssr, Terminal


def test_several_jobs(dssr: Dssr) -> None:
    """An order is carried out for each job, also where another one is not, and is silent."""
    jobs = [dssr.submit("true", "--held") for _ in range(2)]
    done = dssr("cancel", jobs[0], "there-is-none", jobs[1])
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("there-is-none: There is no job 'there-is-none'")
    states = [dssr("job", "--json", job).document["state"] for job in jobs]
    assert states == ["CANCELLED", "CANCELLED"]


def test_a_few_characters_are_no_order(dssr: Dssr) -> None:
    """An order needs more of a name than other commands, and says on stderr which job it meant."""
    job = dssr.submit("true", "--held", "--name", "unmistakable")
    assert dssr("job", "unmis", "--json").document["id"] == job
    done = dssr("cancel", "unmis")
    assert (done.code, done.out) == (1, "")
    assert f"job {job} alone begins so, but an order needs its id" in done.err
    assert dssr("job", job, "--json").document["state"] == "HELD"
    done = dssr("cancel", "unmistak")
    assert (done.code, done.err) == (0, f"unmistak is job {job}, unmistakable.\n")
    assert dssr("job", job, "--json").document["state"] == "CANCELLED"


def test_the_last_job_is_named_in_errors(dssr: Dssr) -> None:
    """An error about '-' names the job that it means."""
    job = dssr.submit("true")
    assert dssr("wait", "-").code == 0
    assert dssr("hold", "-").err.startswith(f"{job}: Job {job} is COMPLETED")


def test_names_of_several_jobs(dssr: Dssr) -> None:
    """Where several jobs fit, they are listed with id, name, state and age; orders do nothing."""
    jobs = [dssr.submit("true", "--held", "--name", "twofold") for _ in range(2)]
    for words in (("cancel", "twofold"), ("job", "twofold"), ("job", "twof")):
        done = dssr(*words)
        assert (done.code, done.out) == (1, "")
        for job in jobs:
            assert re.search(rf"\n  {job}  twofold  HELD  \d+s old\n", done.err), done.err
    assert [dssr("job", job, "--json").document["state"] for job in jobs] == ["HELD", "HELD"]


def test_hold_and_release(dssr: Dssr) -> None:
    """A held job starts when it is released."""
    job = dssr.submit("true", "--held")
    assert dssr("hold", job).code == 0
    done = dssr("release", job)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert dssr("wait", job).code == 0


@pytest.mark.parametrize("order", ["hold", "release"])
def test_a_job_that_has_ended(order: str, dssr: Dssr) -> None:
    """A job in another state is not done: exit code 1 and a sentence."""
    job = dssr.submit("true")
    assert dssr("wait", job).code == 0
    done = dssr(order, job)
    assert (done.code, done.out) == (1, "")
    assert "is COMPLETED: only a job that waits can be" in done.err
    assert dssr("cancel", job).code == 0


def test_as_json(dssr: Dssr) -> None:
    """With --json each job's document is a line."""
    jobs = [dssr.submit("true", "--held") for _ in range(2)]
    lines = [json.loads(line) for line in dssr("cancel", "--json", *jobs).out.splitlines()]
    assert [line["id"] for line in lines] == jobs


def test_on_a_terminal(user: dict[str, str], dssr: Dssr) -> None:
    """On a terminal it says what was done, or that the job had ended before."""
    job = dssr.submit("true", "--held")
    for said in ("is cancelled", "had ended before"):
        terminal = Terminal(user, "cancel", job)
        assert terminal.end() == 0
        assert f"{job} {said}; it is CANCELLED." in terminal.shown


def test_an_order_that_comes_too_late_is_said(dssr: Dssr) -> None:
    """That a job had ended before its cancellation is said off a terminal, too; the code is 0."""
    job = dssr.submit("true")
    assert dssr("wait", job).code == 0
    done = dssr("cancel", job)
    assert (done.code, done.out) == (0, "")
    assert done.err == f"{job} had ended before; it is COMPLETED.\n"
