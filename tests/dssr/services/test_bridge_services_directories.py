"""Services in directories that their users have chosen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dssr.errors import Conflict, NotFound, Unavailable
from dssr.seams.services import Place
from dssr.service import ServiceSpec
from tests.dssr.services.bridges import DEMO, Begin
from tests.dssr.services.folders import FoldersConnector
from tests.dssr.services.front.running import until


@pytest.fixture
def shared(tmp_path: Path) -> str:
    """A directory for a team."""
    return str(tmp_path / "shared")


@pytest.fixture
def share(
    connector: FoldersConnector, shared: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Lets a user read and use what alice has in that directory."""
    theirs = connector.services("alice")

    def let(user: str) -> None:
        for name in ("view", "request"):
            own, team = (getattr(whose, name) for whose in (connector.services(user), theirs))

            def chosen(place: Place, *more: Any, own: Any = own, team: Any = team) -> Any:
                return (team if place.directory == shared else own)(place, *more)

            monkeypatch.setattr(connector.services(user), name, chosen)

    return let


def test_a_member_of_a_team_stops_its_service(
    begin: Begin, connector: FoldersConnector, shared: str, share: Callable[[str], None]
) -> None:
    """A user who did not start a team's service sees and stops it where it is, and it is held no
    more; their own service of that name is meant where they have one."""
    services = begin()
    services.put(DEMO | {"directory": shared}, "alice")
    share("bob")
    assert services.get("demo", "bob").sight.view.spec.directory == shared
    services.delete("demo", "bob")
    assert until(lambda: services.get("demo", "alice").sight.is_over)
    assert services._memory.get("demo").is_ended
    share("carol")
    connector.services("carol").start(ServiceSpec.of(DEMO), "")
    assert services.get("demo", "carol").sight.view.spec.directory == ""


def test_who_is_in_no_team_learns_nothing(
    begin: Begin, connector: FoldersConnector, shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may not read the team's directory gets the same answer as for a name that no one has,
    and stops nothing."""
    services = begin()
    services.put(DEMO | {"directory": shared}, "alice")
    view = connector.services("bob").view

    def unread(place: Place, *more: Any) -> Any:
        if place.directory:
            raise Unavailable(f"{place.directory} cannot be read now.")
        return view(place, *more)

    monkeypatch.setattr(connector.services("bob"), "view", unread)
    for call in (services.get, services.delete, services.restart):
        with pytest.raises(NotFound, match=r"^There is no service demo\.$"):
            call("demo", "bob")
    assert not services.get("demo", "alice").sight.is_over


def test_a_service_stays_in_its_directory(begin: Begin, shared: str) -> None:
    """A request without a directory means that in which the service is, for its files and for its
    jobs."""
    services = begin()
    services.put(DEMO | {"directory": shared}, "alice")
    services.put(DEMO, "alice", {"data": b"1"})
    spec = services.get("demo", "alice").sight.view.spec
    files = Place("demo", shared).files
    assert (spec.directory, spec.working_directory) == (shared, files)
    assert services._memory.get("demo").directory == shared
    assert services.put(DEMO | {"working_directory": files}, "alice").joined


def test_a_service_runs_in_one_directory(begin: Begin, shared: str, tmp_path: Path) -> None:
    """While it runs, it is not started elsewhere, where it would have no address, and no files are
    written there; once it has ended it may be."""
    other = str(tmp_path / "other")
    services = begin()
    services.put(DEMO | {"directory": shared}, "alice")
    with pytest.raises(Conflict, match=f"'demo' is in {shared}: stop it before"):
        services.put(DEMO | {"directory": other}, "alice", {"data": b"1"})
    assert not Path(other).exists()
    services.delete("demo", "alice")
    assert until(lambda: services._own("demo", "alice") is None)
    assert not services.put(DEMO | {"directory": other}, "alice").joined
    assert services._memory.get("demo").directory == other
