"""What a bridge does with services: over services of this machine, with real fronts."""

import os
from pathlib import Path
from typing import Any

import pytest

from dssr.errors import BadRequest, Conflict, NotFound, Unavailable
from dssr.seams import Way
from dssr.seams.services import FrontUse, Place, ServiceView, Started
from dssr.service import ServiceSpec
from dssr.services.bridge_services import BridgeServices
from dssr.services.front.lock import owner_of
from dssr.services.port import services_port
from dssr.services.port.services_port import ServicesPort
from dssr.settings import Settings
from tests.dssr.services.bridges import DEMO, Begin, served
from tests.dssr.services.folders import FoldersConnector
from tests.dssr.services.front.running import until
from tests.end_to_end.interactive import Browser


def test_a_service_is_kept_at_its_address(begin: Begin) -> None:
    """A service that is started has an address; another script takes over there, and the same one
    joins it."""
    services = begin()
    assert not services.put(DEMO, "").joined
    page = served(services)
    assert page.get("/whoami").text == "demo 1"
    assert services.put(DEMO, "").joined
    assert services.put(DEMO | {"script": "other"}, "").handing_over
    assert until(lambda: page.get("/whoami").text == "demo 2")


def test_a_service_that_was_started_elsewhere_is_held(
    begin: Begin, connector: FoldersConnector
) -> None:
    """The bridge keeps the address of a service that it did not start, from then on, and its job
    stays."""
    connector.services("").start(ServiceSpec.of(DEMO), "")
    services = begin()
    assert not services.get("demo", "").is_held
    services.hold("demo", "")
    assert until(lambda: bool(services.get("demo", "").addresses))
    shown = services.get("demo", "")
    assert (shown.is_held, shown.sight.view.generations[0].number) == (True, 1)


def test_looks_do_not_follow_callers(begin: Begin, connector: FoldersConnector) -> None:
    """A service that is held is not looked at because callers ask for it."""
    services = begin()
    services.put(DEMO, "")
    served(services)
    before = connector.users[""].looks
    for _ in range(200):
        services.get("demo", "")
    assert connector.users[""].looks - before <= 2


def test_another_bridge_holds_what_the_first_one_held(begin: Begin) -> None:
    """The next bridge holds the services of the one before, at the same address, and leaves those
    alone that were stopped."""
    first = begin()
    for name in ("demo", "gone"):
        first.put(DEMO | {"name": name}, "")
    url = served(first).url
    first.delete("gone", "")
    first.close()
    second = begin()
    second.resume()
    assert served(second).url == url
    assert second.get("gone", "").addresses == {}


def test_addresses_end_with_the_last_bridge(
    begin: Begin, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a bridge is there, the addresses stay; with the last one, the port and its fronts end.
    The next bridge has them again."""
    first, second = begin(), begin()
    first.put(DEMO, "")
    url = served(first).url
    second.resume()
    monkeypatch.setattr(services_port, "RETURNS", 0.2)
    first.close()
    assert served(second).url == url
    second.close()
    assert until(lambda: owner_of(folder / "bridges/b/_port.held") is None)
    assert until(lambda: owner_of(folder / "bridges/b/demo.lock") is None)
    third = begin()
    third.resume()
    assert served(third).get("/whoami").status_code == 200


def test_a_service_that_is_stopped_has_no_front(begin: Begin, folder: Path) -> None:
    """With the service, its front ends; it can be started again at once, at the same address."""
    services = begin()
    services.put(DEMO, "")
    url = served(services).url
    services.delete("demo", "")
    assert until(lambda: services.get("demo", "").sight.is_over)
    assert until(lambda: not list(folder.glob("bridges/b/demo.control")))
    services.restart("demo", "")
    assert served(services).url == url


def test_each_user_has_their_own_services(begin: Begin) -> None:
    """A user neither sees nor takes the name of another user's service."""
    services = begin()
    services.put(DEMO, "alice")
    served(services, owner="alice")
    with pytest.raises(NotFound):
        services.get("demo", "bob")
    with pytest.raises(Conflict, match="Another user of this bridge has a service 'demo'"):
        services.put(DEMO, "bob")
    assert [one.name for one in services.list("alice")] == ["demo"]
    assert services.list("bob") == []


def test_the_next_owner_of_a_name_has_another_token(begin: Begin, folder: Path) -> None:
    """An address that one user had does not open the service of that name of the next one."""
    services = begin()
    services.put(DEMO, "alice")
    old = served(services, owner="alice").url
    services.delete("demo", "alice")
    assert until(lambda: not list(folder.glob("bridges/b/demo.control")))
    services.put(DEMO, "bob")
    assert served(services, owner="bob").get("/whoami").status_code == 200
    assert Browser(old).get("/whoami").status_code == 401


def test_two_users_who_start_one_name_at_once(
    begin: Begin, connector: FoldersConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one user's start is under way, the name is theirs; a start that fails leaves it."""
    services, calls = begin(), []

    def start(spec: ServiceSpec, launch: str) -> Started:
        with pytest.raises(Conflict) as raised:
            services.put(DEMO, "bob")
        calls.append(raised.value)
        raise Unavailable("The login node is away.")

    with monkeypatch.context() as slow:
        slow.setattr(connector.services("alice"), "start", start)
        with pytest.raises(Unavailable):
            services.put(DEMO, "alice")
    assert len(calls) == 1
    assert not services.put(DEMO, "bob").joined


def test_a_service_that_was_stopped_is_found_again(
    begin: Begin, connector: FoldersConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service in a directory of its own can be started again after it was stopped."""
    services, places = begin(), []
    view = connector.services("").view

    def seen(place: Place, use: FrontUse | None = None) -> ServiceView:
        places.append(place)
        return view(place, use)

    monkeypatch.setattr(connector.services(""), "view", seen)
    services.put(DEMO | {"directory": "/shared"}, "")
    services.delete("demo", "")
    services.restart("demo", "")
    assert set(places) == {Place("demo", "/shared")}


@pytest.mark.parametrize("name", ["*", "d*", "..", "Demo"])
def test_what_is_no_name_is_no_service(begin: Begin, name: str) -> None:
    """Only a service's name reaches the cluster, where a star would be all services."""
    services = begin()
    services.put(DEMO, "")
    for call in (services.get, services.delete, services.restart):
        with pytest.raises(NotFound, match="the name of a service has"):
            call(name, "")


def test_a_name_of_a_job_is_refused(begin: Begin) -> None:
    """A service cannot have the name of a job's address."""
    with pytest.raises(BadRequest, match="'job-'"):
        begin().put(DEMO | {"name": "job-7-1"}, "")


def test_a_service_runs_where_its_files_are(begin: Begin, connector: FoldersConnector) -> None:
    """Files that come with a request are written before the start, and what is a script can be
    run; the service runs in their directory, unless the request names another one."""
    services = begin()
    contents = {"sub/data": b"1", "run.sh": b"#!/bin/sh\n"}
    services.put(DEMO, "alice", contents)
    place = connector.files / "alice" / "dssr-services/demo"
    assert (place / "sub/data").read_bytes() == b"1"
    assert os.access(place / "run.sh", os.X_OK)
    view = services.get("demo", "alice").sight.view
    assert view.spec.working_directory == str(place)
    assert services.put(DEMO, "alice", contents).joined
    services.put(DEMO | {"working_directory": "/data"}, "alice", {})
    assert connector.services("alice").view(Place("demo")).spec.working_directory == "/data"


def test_nothing_is_written_for_a_request_that_is_wrong(
    begin: Begin, connector: FoldersConnector
) -> None:
    """What cannot be meant, and a name that another user has, leave no files."""
    services = begin()
    services.put(DEMO, "alice")
    with pytest.raises(Conflict):
        services.put(DEMO, "bob", {"data": b"1"})
    with pytest.raises(BadRequest):
        services.put(DEMO | {"retries": -1}, "bob", {"data": b"1"})
    assert not connector.files.exists()


def test_a_connector_without_services(folder: Path) -> None:
    """Where jobs run on no cluster, each call says so, and a bridge begins without services."""
    port = ServicesPort(folder / "b", Settings(), lambda: Way("", {}))
    connector: Any = object()
    services = BridgeServices(connector, port, folder / "known", lambda _: "", 1)
    services.resume()
    for call in (services.get, services.delete, services.restart):
        with pytest.raises(NotFound, match="they need a Slurm cluster"):
            call("demo", "")
