"""A real browser at the fronts of two services."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.dssr.services.front.programs import web_program
from tests.dssr.services.front.running import RunningFront, front

FETCH = """
([url, method]) => fetch(url, {method, mode: "no-cors", credentials: "include"}).then(() => 0)
"""


@pytest.fixture
def two(folder: Path) -> Iterator[tuple[RunningFront, RunningFront]]:
    """The fronts of the services demo and other, each with a program."""
    with (
        web_program(folder / "a", "demo") as one,
        web_program(folder / "b", "other") as another,
        front(folder / "f") as demo,
        front(folder / "f", name="other") as other,
    ):
        demo.aim(one.path)
        other.aim(another.path)
        yield demo, other


def test_the_address_for_browsers_works(two: tuple[RunningFront, RunningFront], page: Page) -> None:
    """NAME.localhost leads a browser to the service of that name."""
    for running in two:
        page.goto(f"{running.about['browser_url']}whoami")
        assert page.inner_text("body") == running.settings["name"]


def test_two_services_have_their_own_cookies(
    two: tuple[RunningFront, RunningFront], page: Page
) -> None:
    """A cookie of one service is not sent to another one of this machine, though browsers share
    cookies between ports: two services with a login do not log each other out."""
    for running in two:
        name = running.settings["name"]
        page.goto(f"{running.about['browser_url']}whoami")
        page.evaluate("name => {document.cookie = `session=${name}; path=/`}", name)
    for running in two:
        page.goto(f"{running.about['browser_url']}whoami")
        assert page.evaluate("document.cookie") == f"session={running.settings['name']}"


def test_a_page_of_another_site_changes_nothing(folder: Path, page: Page) -> None:
    """A page of another origin cannot have the browser change something at a service, and a name
    that was pointed at this machine leads to no service."""
    with (
        web_program(folder / "a") as program,
        web_program(folder / "b") as foreign,
        front(folder / "f") as demo,
        front(folder / "f", name="evil") as evil,
    ):
        demo.aim(program.path)
        evil.aim(foreign.path)
        page.goto(f"{evil.about['browser_url']}whoami")
        before = list(program.requests)
        page.evaluate(FETCH, [f"{demo.about['browser_url']}upload", "POST"])
        assert [seen for seen in program.requests if seen not in before] == []
        answer = page.goto(f"http://rebound.localhost:{demo.port}/whoami")
        assert answer is not None
        assert answer.status == 421
