"""The last requests that were refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dssr.access.scopes import Scope
from dssr.http.checks import refusals
from tests.dssr.http.v1.conftest import Served
from tests.dssr.http.web.conftest import ServedPortal


@pytest.fixture
def served() -> Iterator[Served]:
    """A bridge that asks for a password."""
    found = Served(server_key="admin:secret")
    yield found
    found.stop()


def test_the_last_refusals_are_remembered(served: Served) -> None:
    """A request that the gate refuses is remembered with its caller, address and reason; one that
    is answered is not, and no secret is kept."""
    served.call("GET", "/jobs", auth=("admin", "secret"))
    served.call("GET", "/jobs", auth=("admin", "guess"))
    served.call("GET", "/jobs/none", auth=("admin", "secret"))
    [one] = refusals.last(served.app)
    assert (one.call, one.status, one.address) == ("GET /api/v1/jobs", 401, "127.0.0.1")
    assert one.caller == ""
    assert one.reason
    assert "guess" not in str(one)


def test_of_many_refusals_the_last_are_kept(served: Served) -> None:
    """Memory does not grow with the number of refusals: the newest stay, and come first."""
    with requests.Session() as session:
        for n in range(510):
            session.get(f"{served.url}/jobs/{n}", timeout=30)
    found = refusals.last(served.app)
    assert len(found) == 500
    assert found[0].call == "GET /api/v1/jobs/509"


def test_a_caller_who_is_known_is_named(tmp_path: Path) -> None:
    """A caller whose scope is too small is refused by name."""
    portal = ServedPortal(tmp_path)
    portal.browser(Scope.READ).fill_in("/jobs", {"script": "true"})
    portal.stop()
    [one] = refusals.last(portal.app)
    assert (one.caller, one.status) == ("reader", 403)


def test_a_tab_whose_session_has_ended_is_no_guess(tmp_path: Path) -> None:
    """A tab that was left open asks again and again after its session's end, which is not
    remembered; a wrong token of the same browser is."""
    portal = ServedPortal(tmp_path)
    browser = portal.browser()
    for session in (portal.place / "web/sessions").iterdir():
        session.unlink()
    listens = {"Accept": "text/event-stream"}
    for path in ("/api/v1/events", "/follow/jobs/1/output"):
        assert browser.open(path, headers=listens).status_code == 401
    assert browser.open("/api/v1/jobs", headers={"Authorization": "Bearer x"}).status_code == 401
    assert browser.log_in("guess").status_code == 401
    portal.stop()
    found = [one.call for one in refusals.last(portal.app)]
    assert found == ["POST /login", "GET /api/v1/jobs"]
