"""Jobs of which nothing shows how they ended, and an accounting that is silent."""

import pytest

from dssr.errors import NotFinal, Unavailable
from dssr.job import JobState
from tests.connectors.slurm.words.test_evidence import (
    ACCOUNTING,
    NOW,
    SETTLING,
    UNKNOWN,
    evidence,
)


def test_a_lost_job_says_why() -> None:
    """A lost job has the result -9 with a reason, and before that an error that says how long it
    takes."""
    with pytest.raises(NotFinal, match="120 s"):
        evidence(squeue=[UNKNOWN], missing=[str(NOW - 119)]).ending(SETTLING)
    ending = evidence(squeue=[UNKNOWN], missing=[str(NOW - 120)]).ending(SETTLING)
    assert ending.state is JobState.UNKNOWN
    assert "no longer lists the job" in ending.reason


@pytest.mark.parametrize(
    ("code", "words", "counts"),
    [
        ("1", ["sacct: error: Problem talking to the database: Connection refused"], True),
        ("124", [], True),
        ("1", ["Slurm accounting storage is disabled"], False),
        ("127", ["timeout: failed to run command 'sacct': No such file or directory"], False),
        ("0", [], False),
    ],
)
def test_a_silent_accounting_is_waited_for(code: str, words: list[str], counts: bool) -> None:
    """A silent accounting is waited for, for a day at most, but not where there is none."""
    look = {"squeue": [UNKNOWN], "sacct": words, "accounting": [code], "missing": [str(NOW - 200)]}
    if counts:
        with pytest.raises(Unavailable, match="accounting does not answer"):
            evidence(**look).ending(SETTLING)
        with pytest.raises(NotFinal):
            evidence(**{**look, "missing": [str(NOW - 100)]}).ending(SETTLING)
        look["now"] = [str(int(look["missing"][0]) + 86_400)]
    assert evidence(**look).ending(SETTLING).state is JobState.UNKNOWN


@pytest.mark.parametrize(
    ("silent", "lost"), [("9000", True), (str(NOW - 119), False), (str(NOW), False)]
)
def test_an_accounting_that_is_back_may_have_old_rows(silent: str, lost: bool) -> None:
    """The settling time begins when a silent accounting is back."""
    found = evidence(
        squeue=[UNKNOWN], sacct=ACCOUNTING["running"], missing=["5000"], silent=[silent]
    )
    if lost:
        assert found.ending(SETTLING).state is JobState.UNKNOWN
    else:
        with pytest.raises(NotFinal, match="reported as lost"):
            found.ending(SETTLING)
