"""The services that a command's options name."""

from typing import Any

import pytest

from dssr.cli.commands.service import calls
from dssr.cli.failure import Failure
from dssr.cli.invocation import Invocation
from dssr.client import BadRequest, NotFound

BRIDGE = Invocation({}, options={"url": "http://localhost:1"})


class Served:
    """In place of a bridge's services."""

    def __init__(self, _target: object, patience: float) -> None:
        self.patience = patience

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(autouse=True)
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is such a bridge."""
    monkeypatch.setattr(calls, "ServedServices", Served)


@pytest.mark.parametrize(("waits", "seconds"), [(False, 10), (True, 60)])
def test_a_command_that_does_not_wait_answers_soon(waits: bool, seconds: float) -> None:
    """A bridge whose cluster is lost is asked again for as long as by the commands of jobs; for
    longer by a command that waits for a service anyway."""
    with calls.services_of(BRIDGE, waits=waits) as own:
        found: Any = own
        assert found.patience == seconds


def test_a_service_that_is_not_there_has_a_hint() -> None:
    """The error says which command shows those that are."""
    with pytest.raises(Failure) as error, calls.services_of(BRIDGE):
        raise NotFound("There is no service 'x'.")
    assert "dssr service list" in error.value.cure


def test_an_option_of_sbatch_is_where_a_person_wrote_it() -> None:
    """The words of the API about an option become those of the command line."""
    with pytest.raises(Failure) as error, calls.services_of(BRIDGE):
        raise BadRequest("sbatch has no option --bogus (in 'options' of the request).")
    assert error.value.message == "sbatch has no option --bogus (behind --)."
