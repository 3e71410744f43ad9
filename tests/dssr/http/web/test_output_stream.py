"""The stream of lines that a job's output page receives."""

from collections.abc import Callable
from typing import Any

import requests

from dssr.access.scopes import Scope
from tests.dssr.http.v1.listening import Event, Listener
from tests.dssr.http.web.browsing import Browser


def listener(browser: Browser, path: str, **more: Any) -> Listener:
    """A listener with the browser's session."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
    return Listener(browser.root + path, headers={"Cookie": cookies}, **more)


def lines(events: list[Event]) -> list[Any]:
    """The complete lines of these events."""
    return [line for event in events if event.name == "lines" for line in event.data["lines"]]


def test_an_output_arrives_as_lines(portal: Any, browser: Browser) -> None:
    """The page receives all lines from the byte on that it names, and the output's end."""
    path = browser.submit()
    portal.now += 60
    everything = listener(browser, f"{path}/output/lines").until("end")
    printed = lines(everything)
    assert printed
    size = everything[-1].data["offset"]
    assert lines(listener(browser, f"{path}/output/lines?after={size}").until("end")) == []
    again = listener(browser, f"{path}/output/lines?after={size}", last_id="0")
    assert lines(again.until("end")) == printed


def test_a_stream_needs_a_session(portal: Any, browser: Browser) -> None:
    """Without a session there is the login instead of the stream."""
    path = browser.submit()
    answer = requests.get(f"{portal.root}{path}/output/lines", allow_redirects=False, timeout=30)
    assert (answer.status_code, "/login" in answer.headers["Location"]) == (303, True)


def test_a_job_that_is_not_there_has_no_stream(
    serve_portal: Callable[..., Any],
) -> None:
    """The stream of an unknown job is 404."""
    portal = serve_portal()
    browser = portal.browser(Scope.READ)
    assert browser.open("/jobs/nothing/output/lines").status_code == 404
