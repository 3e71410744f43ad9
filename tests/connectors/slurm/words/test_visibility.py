"""Whether Slurm hides jobs from the service user."""

from collections.abc import Mapping, Sequence

import pytest

from connectors.slurm.words.visibility import cure, sees_all, sees_nothing


@pytest.mark.parametrize(
    ("lines", "all_of_them"),
    [
        ({"controller": ["none"], "accounting": ["none", "none"], "level": ["None"]}, True),
        ({"controller": ["none"]}, True),  # without accounting
        ({"controller": ["accounts,usage"], "accounting": ["users"]}, True),
        ({"controller": ["jobs"], "level": ["None"]}, False),
        ({"controller": ["accounts,jobs,usage"]}, False),
        ({"controller": ["none"], "accounting": ["jobs"], "level": ["None"]}, False),
        ({"controller": ["jobs"], "accounting": ["jobs"], "level": ["Operator"]}, True),
        ({"controller": ["jobs"], "level": ["Administrator"]}, True),
        ({}, False),  # no answer
        ({"accounting": ["none"], "level": ["None"]}, False),
    ],
)
def test_what_is_hidden(lines: Mapping[str, Sequence[str]], all_of_them: bool) -> None:
    """PrivateData of the controller or the accounting hides jobs from all but operators; silence
    proves nothing."""
    assert sees_all(lines) is all_of_them


@pytest.mark.parametrize(
    ("lines", "nothing"),
    [
        ({"user": ["svc"], "controller": ["jobs"], "level": ["None"], "coordinates": [""]}, True),
        (
            {
                "user": ["svc"],
                "controller": ["accounts,jobs"],
                "slurm": ["slurm"],
                "level": ["None"],
            },
            True,
        ),
        (
            {
                "user": ["svc"],
                "controller": ["jobs"],
                "level": ["None"],
                "coordinates": ["research"],
            },
            False,
        ),
        (
            {"user": ["svc"], "controller": ["jobs"], "level": ["Operator"], "coordinates": [""]},
            False,
        ),
        ({"user": ["root"], "controller": ["jobs"], "level": ["None"]}, False),
        ({"user": ["slurm"], "controller": ["jobs"], "slurm": ["slurm"], "level": ["None"]}, False),
        (
            {"user": ["svc"], "controller": ["none"], "accounting": ["jobs"], "level": ["None"]},
            False,
        ),  # squeue hides none
        ({"user": ["svc"], "controller": ["jobs"]}, False),  # the accounting does not answer
        ({"user": ["svc"], "level": ["None"], "coordinates": [""]}, False),
        ({}, False),
    ],
)
def test_when_it_is_certain_that_nothing_is_seen(
    lines: Mapping[str, Sequence[str]], nothing: bool
) -> None:
    """Silence proves nothing, and a coordinator of an account sees some jobs."""
    assert sees_nothing(lines) is nothing


def test_the_cure_names_commands_that_can_be_pasted() -> None:
    """The cure's commands have the service user's name in them."""
    assert "sacctmgr add coordinator account=ACCOUNT names=svc" in cure("svc")
    assert "sacctmgr modify user name=svc set adminlevel=Operator" in cure("svc")
