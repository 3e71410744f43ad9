"""The page for operators."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dssr.access.scopes import Scope
from dssr.errors import ConnectFailed
from dssr.http.web.operator_page import audit_rows
from tests.dssr.http.web.browsing import Browser, text_of
from tests.end_to_end.service import eventually


def test_settings_figures_and_refusals_are_shown(
    serve_portal: Callable[..., Any], tmp_path: Path
) -> None:
    """The page has the start-up report, the figures, and the end of the audit log, a refused login
    in it; a filter leaves refusals alone."""
    portal = serve_portal(audit_log=str(tmp_path / "audit"))
    admin = portal.browser(Scope.ADMIN)
    for _ in range(5):
        Browser(portal.root).log_in("guess<b>")
    portal.submit_as(name="seen")
    page = admin.open("/operator")
    text = text_of(page)
    assert "connector dummy" in text
    assert "dssr_listeners" in text
    assert "127.0.0.1 was refused 5 times in the last hour." in text
    assert "Listeners 0 of 1,000" in text
    assert re.search(r"Calls \d+ run, 0 wait for their turn", text)
    assert "submiter 127.0.0.1 201 POST /api/v1/jobs" in text
    assert "unknown 127.0.0.1 401 POST /login This is not valid" in text
    refused = text_of(admin.open("/operator?refused=1"))
    assert "401 POST /login" in refused
    assert "POST /api/v1/jobs 201" not in refused
    assert portal.tokens[Scope.ADMIN] not in page.text


def test_the_page_is_for_administrators(portal: Any, browser: Browser) -> None:
    """Who may submit sees neither the page nor a link to it."""
    assert browser.open("/operator").status_code == 403
    assert "/operator" not in browser.open("/account").text
    assert "No audit log" in text_of(portal.browser(Scope.ADMIN).open("/operator"))


@pytest.mark.parametrize("text", ["", "no JSON\n", "[1]\n", '{"call": "x"}\n{"cut'])
def test_a_strange_log_is_read_all_the_same(text: str, tmp_path: Path) -> None:
    """Lines that are not the bridge's are left out."""
    (tmp_path / "log").write_text(text)
    found = audit_rows(str(tmp_path / "log"), lambda _: True)
    assert [row.get("call") for row in found.rows] in ([], ["x"])


def test_of_a_long_log_the_end_is_read(tmp_path: Path) -> None:
    """Of a log of many megabytes the last lines are read, and no part of a line."""
    lines = (f'{{"nth": {n}, "text": "{"x" * 100}"}}\n' for n in range(20_000))
    (tmp_path / "log").write_text("".join(lines))
    found = audit_rows(str(tmp_path / "log"), lambda _: True)
    assert [row["nth"] for row in found.rows] == list(range(19_999, 19_899, -1))
    assert "cannot be read" in audit_rows(str(tmp_path / "none"), lambda _: True).problem


def test_without_an_audit_log_refusals_are_shown_all_the_same(portal: Any) -> None:
    """The last refused logins are on the page, whether there is an audit log or not; where nothing
    is broken, the page says so."""
    admin = portal.browser(Scope.ADMIN)
    assert "Nothing is broken, as far as the bridge knows." in text_of(admin.open("/operator"))
    Browser(portal.root).log_in("guess")
    assert "unknown 127.0.0.1 401 POST /login" in text_of(admin.open("/operator"))


def test_a_cluster_that_is_silent_is_a_sentence(
    portal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is broken comes first on the page, in words."""

    def fail() -> None:
        raise ConnectFailed("login1 <b> does not answer.")

    admin = portal.browser(Scope.ADMIN)
    monkeypatch.setattr(portal.connector, "cluster", fail)
    text = text_of(admin.open("/operator"))
    assert "The cluster does not answer: login1 <b> does not answer." in text
    assert text.index("What is broken") < text.index("Refused logins")


def test_the_doctor_examines_on_request(files: Any, visitor: Browser) -> None:
    """The button examines the cluster, and the page has what was found."""
    assert "data-check" not in visitor.open("/operator").text
    page = visitor.fill_in("/operator/doctor")
    assert page.url.endswith("/operator#doctor")
    found = eventually(lambda: visitor.open("/operator").text, lambda text: "It examined" in text)
    assert found.count("data-check=") == len(files.connector.checks)


def test_a_connector_without_a_doctor_says_so(portal: Any, browser: Browser) -> None:
    """Where there is nothing to examine, there is no button; the order is for administrators."""
    assert "nothing to examine" in text_of(portal.browser(Scope.ADMIN).open("/operator"))
    assert browser.fill_in("/operator/doctor").status_code == 403
