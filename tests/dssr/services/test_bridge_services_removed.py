"""How a bridge removes services: over services of this machine, with real fronts."""

import threading

import pytest

from dssr.errors import Conflict
from dssr.seams.services import Place
from dssr.service import ServiceSpec
from dssr.services.fronts import Front, Fronts
from tests.dssr.services.bridges import DEMO, Begin, served
from tests.dssr.services.folders import FoldersConnector
from tests.dssr.services.front.running import until


def test_a_folder_is_removed(begin: Begin) -> None:
    """A service that is removed is not known any more, whether it ran or had been stopped; its name
    can be used again."""
    services = begin()
    services.put(DEMO, "")
    services.put(DEMO | {"name": "gone"}, "")
    served(services)
    services.delete("gone", "")
    for name in ("demo", "gone"):
        services.delete(name, "", purge=True)
    assert until(lambda: services.list("") == [])
    services.put(DEMO, "")
    assert served(services).get("/whoami").status_code == 200


def test_a_removal_that_is_refused_ends_nothing(begin: Begin, connector: FoldersConnector) -> None:
    """A user whose service has the name of another user's goes on with it where a bridge cannot
    remove it."""
    services, bobs = begin(), connector.services("bob")
    services.put(DEMO, "alice")
    bobs.start(ServiceSpec.of(DEMO), "launch")
    with pytest.raises(Conflict):
        services.delete("demo", "bob", purge=True)
    assert not services.get("demo", "bob").sight.is_over
    services.delete("demo", "bob")
    assert services.get("demo", "bob").sight.is_over


def test_a_start_while_a_removal_ends(
    begin: Begin, connector: FoldersConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that its user starts again while the front of the removed one still ends is held
    as that user's."""
    services, stop, ending = begin(), Fronts.stop, threading.Event()
    services.put(DEMO, "ada")
    served(services, owner="ada")

    def slowly(fronts: Fronts, front: Front) -> None:
        ending.set()
        assert until(lambda: bool(connector.services("ada").views()))  # it is started again
        stop(fronts, front)

    monkeypatch.setattr(Fronts, "stop", slowly)
    services.delete("demo", "ada", purge=True)
    assert ending.wait(60)
    services.put(DEMO, "ada")
    assert served(services, owner="ada").get("/whoami").text == "demo 2"


def test_the_next_bridge_removes_what_the_first_one_was_to_remove(
    begin: Begin, connector: FoldersConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A removal that a bridge did not live to see is done by the next one."""
    first = begin()
    first.put(DEMO, "")

    def remove(place: Place) -> None:
        raise Conflict("A job of it may still run.")

    with monkeypatch.context() as running:
        running.setattr(connector.services(""), "remove", remove)
        first.delete("demo", "", purge=True)
        first.close()
    second = begin()
    second.resume()
    assert until(lambda: second.list("") == [])
