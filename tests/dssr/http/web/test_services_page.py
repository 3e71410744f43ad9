"""The page of services. On a real cluster, tests/end_to_end/test_services_bridge.py uses it."""

import re
import time
from dataclasses import replace
from typing import Any

import pytest

from dssr.access.scopes import Scope
from dssr.errors import Conflict, Unavailable
from dssr.services.bridge_services import BridgeServices
from dssr.services.chain import chain
from dssr.services.shown import Shown
from dssr.services.sight import Sight
from tests.dssr.http.web.browsing import Browser, alerts, hidden, text_of
from tests.dssr.services.views import generation, view, waiting

ADDRESSES = {
    "url": "http://localhost:8123/?token=secret",
    "browser_url": "http://demo.localhost:8123/?token=secret",
}


def _shown(*generations: Any, **members: Any) -> Shown:
    seen = view(*generations, **members)
    return Shown(Sight(seen, chain(seen)), time.monotonic() - 7, ADDRESSES if generations else {})


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The orders that the bridge's services got; they have one service."""
    told: list[tuple[Any, ...]] = []
    demo = _shown(waiting(2), generation(1))
    monkeypatch.setattr(BridgeServices, "list", lambda *_: [demo])
    for name in ("put", "restart", "delete", "hold"):
        monkeypatch.setattr(
            BridgeServices,
            name,
            lambda _, *how, name=name, **more: told.append((name, *how, *more.items())),
        )
    return told


def test_a_bridge_without_a_cluster_says_so(browser: Browser) -> None:
    """Where services are not possible, the page has the sentence of the API, and no form."""
    sentence = browser.open("/api/v1/services").json()["detail"]
    page = browser.open("/services")
    assert page.status_code == 200
    assert sentence in text_of(page)
    assert "Start a service" not in page.text


def test_a_service_has_its_address_and_its_next_hand_over(
    given: list[tuple[Any, ...]], portal: Any, browser: Browser
) -> None:
    """The page has state, address, job, the next hand-over, and the line for a terminal."""
    page = browser.open("/services")
    assert 'data-service="ready"' in page.text
    assert 'href="http://demo.localhost:8123/?token=secret"' in page.text
    text = text_of(page)
    for part in (
        "Job 1 on node1", "Next hand-over to job 2 (PENDING)",
        f"dssr --url {portal.root} service connect demo", "ssh -L 8123:127.0.0.1:8123",
    ):  # fmt: skip
        assert part in text
    [age] = re.findall(r"Looked at (\d+) s ago", text)
    assert int(age) >= 7


def test_a_service_without_an_address_says_why(
    given: list[tuple[Any, ...]], browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a service that was started elsewhere the page says that this bridge does not hold it, with
    a button that has it do so; one that has ended can be removed, and not be stopped."""
    seen, over = view(generation(1)), view()
    shown = [Shown(Sight(one, chain(one)), time.monotonic(), {}) for one in (seen, over)]
    monkeypatch.setattr(BridgeServices, "list", lambda *_: shown[:1])
    page = browser.open("/services")
    assert "none here: it was started elsewhere" in text_of(page)
    assert ("Hold it here" in page.text, "Remove …" in page.text) == (True, False)
    held = replace(shown[0], is_held=True)
    monkeypatch.setattr(BridgeServices, "list", lambda *_: [held])
    page = browser.open("/services")
    assert "none yet: no job of it answers" in text_of(page)
    assert "Hold it here" not in page.text
    monkeypatch.setattr(BridgeServices, "list", lambda *_: shown[1:])
    page = browser.open("/services")
    assert "none: it has ended" in text_of(page)
    assert [word in page.text for word in ("Hold it here", ">Stop<", "Remove …")] == [
        False,
        False,
        True,
    ]


def test_who_may_only_read_sees_no_token(given: list[tuple[Any, ...]], portal: Any) -> None:
    """The token of an address is for those who may submit."""
    page = portal.browser(Scope.READ).open("/services")
    assert "http://demo.localhost:8123/" in page.text
    assert "secret" not in page.text


def test_who_may_only_read_sees_no_buttons(given: list[tuple[Any, ...]], portal: Any) -> None:
    """Who may only read sees one sentence, and no button but that of the logout."""
    page = portal.browser(Scope.READ).open("/services")
    assert text_of(page).count("may only read") == 1
    assert (page.text.count("<button"), "Start a service" in page.text) == (1, False)


def test_the_forms_give_the_orders_of_the_api(
    given: list[tuple[Any, ...]], browser: Browser
) -> None:
    """Up, restart, down, the removal and the holding are those of the bridge's services."""
    fields = {"name": "new", "script": "#!/bin/sh\r\nserve\r\n", "walltime": "2:00:00"}
    assert browser.fill_in("/services", fields).url.endswith("/services")
    browser.fill_in("/services/demo/restart")
    browser.fill_in("/services/demo/down")
    browser.fill_in("/services/demo/remove", {"confirmed": "1"})
    browser.fill_in("/services/demo/hold")
    [(up, members, owner), restart, down, remove, hold] = given
    assert hold == ("hold", "demo", "")
    assert (up, owner, restart, down) == (
        "put",
        "",
        ("restart", "demo", ""),
        ("delete", "demo", ""),
    )
    assert remove == ("delete", "demo", "", ("purge", True))
    assert (members["name"], members["script"]) == ("new", "#!/bin/sh\nserve\n")
    assert members["walltime"] == 7200


def test_a_removal_asks_first(given: list[tuple[Any, ...]], browser: Browser) -> None:
    """The button leads to a page that says what goes, and removes nothing by itself."""
    page = browser.fill_in("/services/demo/remove")
    assert "Remove the service demo?" in text_of(page)
    assert "its folder on the cluster, with all files in it" in text_of(page)
    assert (hidden(page, "confirmed"), given) == ("1", [])


@pytest.mark.parametrize(
    "path",
    ["/services", *(f"/services/demo/{word}" for word in ("restart", "down", "remove", "hold"))],
)
def test_an_order_needs_the_scope_and_the_form(
    path: str, given: list[tuple[Any, ...]], portal: Any, browser: Browser
) -> None:
    """Who may only read, and a form of another page, change nothing."""
    assert portal.browser(Scope.READ).fill_in(path, {"name": "x"}).status_code == 403
    assert browser.fill_in(path, {"name": "x", "form_token": "x"}).status_code == 403
    assert given == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(Conflict("Taken: name it otherwise."), 409), (Unavailable("Silent."), 503)],
)
def test_a_refused_order_keeps_what_was_written(
    error: Exception,
    status: int,
    given: list[tuple[Any, ...]],
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the service says is shown in its own words, above the form as it was filled in."""

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(BridgeServices, "put", refuse)
    page = browser.fill_in("/services", {"name": "taken", "script": "<b>serve"})
    assert page.status_code == status
    assert alerts(page)[0] == str(error)
    assert page.text.index(str(error)) > page.text.index("Start a service")
    assert 'value="taken"' in page.text
    assert "&lt;b&gt;serve" in page.text


def test_what_was_written_stays_while_the_cluster_is_silent(
    given: list[tuple[Any, ...]], browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form that could not be carried out is shown as it was filled in, also where the services
    are not known at the moment."""

    def silent(*_: object) -> None:
        raise Unavailable("The cluster does not answer.")

    for name in ("list", "put"):
        monkeypatch.setattr(BridgeServices, name, silent)
    page = browser.fill_in("/services", {"name": "new", "script": "serve"})
    assert page.status_code == 503
    assert 'value="new"' in page.text
    assert "\nserve</textarea>" in page.text


def test_a_form_comes_back_after_the_login(
    given: list[tuple[Any, ...]], portal: Any, browser: Browser
) -> None:
    """What a user had filled in when the session ended is in the form after the next login, and
    nothing was started."""
    fields = {"service": hidden(browser.open("/services"), "service"), "name": "new"}
    browser.fill_in("/logout")
    login = browser.fill_in("/services", fields | {"script": "serve", "form_token": "x"})
    kept = re.findall(r'name="(kept\.[^"]*)" hidden>\n([^<]*)</textarea>', login.text)
    sent = {"token": portal.tokens[Scope.SUBMIT], **dict(kept)}
    own = {"Origin": portal.root}
    page = browser.post(f"{portal.root}/login", data=sent, headers=own, timeout=30)
    assert (login.status_code, given) == (401, [])
    assert 'name="name" value="new"' in page.text
    assert "\nserve</textarea>" in page.text


def test_wrong_fields_start_nothing(given: list[tuple[Any, ...]], browser: Browser) -> None:
    """A wrong field is reported in its place, and nothing is started."""
    page = browser.fill_in("/services", {"name": "x", "script": " ", "walltime": "soon"})
    assert page.status_code == 400
    assert "Nothing was started." in alerts(page)
    assert any(alert.startswith("'soon' is no time") for alert in alerts(page))
    assert given == []
