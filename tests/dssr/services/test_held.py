"""A service that a bridge holds: over services of this machine, with real fronts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dssr.errors import Conflict, NotFound
from dssr.seams import Way
from dssr.seams.services import FrontUse, Place, Request, ServiceView
from dssr.service import ServiceSpec
from dssr.services import held as holding
from dssr.services.fronts import Fronts
from dssr.services.held import Held
from dssr.services.memory import Memory
from tests.dssr.services.folders import Folders, FoldersConnector
from tests.dssr.services.front.running import until

SPEC = ServiceSpec(name="demo", script="run", health="/whoami")


class Failing:
    """A service that runs, of which looks raise what the test wants."""

    def __init__(self, services: Folders, folder: Path) -> None:
        self.error: Exception | None = None
        self.looks = 0
        self._view = services.view
        services.start(SPEC, "launch")
        setattr(services, "view", self.view)  # noqa: B010
        self.fronts = Fronts(folder / "f", Memory(folder / "m"), lambda: Way("", {}))
        self.held = Held(services, Place("demo"), "", self.fronts, self.fronts.get)
        assert until(lambda: bool(self.held.addresses))

    def view(self, place: Place, use: FrontUse | None = None) -> ServiceView:
        """The service now."""
        self.looks += 1
        if self.error:
            raise self.error
        return self._view(place)

    def fail(self, error: Exception) -> None:
        """Have two looks fail from now on."""
        self.error, self.looks = error, 0
        self.held.go_on()
        assert until(lambda: self.looks >= 2)


@pytest.fixture
def failing(
    folder: Path, connector: FoldersConnector, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Failing]:
    """A service that is held, whose failures are soon followed by another attempt."""
    monkeypatch.setattr(holding, "_AGAIN", 0.1)
    made = Failing(connector.services(""), folder)
    yield made
    made.held.leave()
    made.fronts.end("demo")


def test_a_folder_is_removed_once_its_jobs_have_ended(
    failing: Failing, connector: FoldersConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that is to be removed is kept until its folder is gone, though a job of it is still
    ending; its front ends then."""
    services, removed = connector.services(""), list[Place]()
    monkeypatch.setattr(holding, "_DUE", 0.1)

    def remove(place: Place) -> None:
        removed.append(place)
        if len(removed) < 3:
            raise Conflict("Generation 1 may still run.")

    monkeypatch.setattr(services, "remove", remove)
    failing.held.end(purge=True)
    services.request(Place("demo"), Request.DOWN)
    assert until(lambda: not failing.held.is_alive)
    assert len(removed) == 3
    assert until(lambda: failing.fronts.running("demo") is None)


def test_a_service_is_removed_once_more(
    failing: Failing, connector: FoldersConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that is started just when it has been removed is removed as patiently the next
    time."""
    services, removed = connector.services(""), list[Place]()
    monkeypatch.setattr(holding, "_DUE", 0.1)
    monkeypatch.setattr(holding, "_TICK", 2.0)  # it is not found to have ended before the start

    def remove(place: Place) -> None:
        removed.append(place)
        if len(removed) == 2:
            raise Conflict("Generation 2 may still run.")

    monkeypatch.setattr(services, "remove", remove)
    failing.held.end(purge=True)
    services.request(Place("demo"), Request.DOWN)
    assert until(lambda: len(removed) == 1)
    assert failing.held.go_on()
    failing.held.end(purge=True)
    assert until(lambda: not failing.held.is_alive)
    assert len(removed) == 3


def test_a_service_that_is_started_again_is_not_removed(
    failing: Failing, connector: FoldersConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start takes back that the folder is to be removed."""
    services, removed = connector.services(""), list[Place]()
    monkeypatch.setattr(holding, "_DUE", 0.1)
    monkeypatch.setattr(services, "remove", removed.append)
    failing.held.end(purge=True)
    assert failing.held.go_on()
    services.request(Place("demo"), Request.DOWN)
    assert until(lambda: failing.held.seen is not None and failing.held.seen[0].is_over)
    assert failing.held.is_alive
    assert not removed


@pytest.mark.parametrize("error", [KeyError("spec"), OSError(11, "again"), NotFound("gone")])
def test_no_single_fault_ends_a_front(failing: Failing, error: Exception) -> None:
    """An unexpected fault, or a folder that is not found for a moment, leaves the front to
    its callers, and the service is held again as soon as it is seen."""
    failing.fail(error)
    assert failing.held.problem
    assert failing.held.addresses
    failing.error = None
    assert until(lambda: not failing.held.problem)
    assert failing.held.is_alive


def test_a_folder_that_stays_away_ends_the_front(
    failing: Failing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service whose folder has not been found for a while is held no more."""
    monkeypatch.setattr(holding, "_ABSENT", 0.3)
    failing.fail(NotFound("gone"))
    assert until(lambda: failing.fronts.running("demo") is None)
    assert not failing.held.is_alive
