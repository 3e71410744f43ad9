"""A portal over this machine's jobs, and a browser in which its user has logged in."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from tests.end_to_end.service import Service, eventually


class Portal:
    """A bridge with a portal, on the embedded default. ``token``: of scope submit;
    ``admin_token``: of scope admin; ``tokens_file``: which holds both; ``other_hosts``: where its
    users go besides, to log in."""

    other_hosts: Sequence[str] = ()

    def __init__(self, place: Path, settings: Mapping[str, str] | None = None, **more: str) -> None:
        """``settings``: of another connector. ``more``: settings of the bridge."""
        self.tokens_file = str(place / "tokens.json")
        token, self.token = mint("alice", Scope.SUBMIT, time.time(), None)
        admin, self.admin_token = mint("olivia", Scope.ADMIN, time.time(), None)
        for one in (token, admin):
            token_file.add(self.tokens_file, one)
        self.service = Service({
            **(on_this_machine(place) if settings is None else settings),
            "JARVICE_WEB": "true",
            "JARVICE_WEB_STATE": str(place / "web"),
            "JARVICE_SCHED_TOKENS_FILE": self.tokens_file,
            "WAITRESS_BIND_ADDRESS": "127.0.0.1",
            **more,
        })  # fmt: skip

    @property
    def url(self) -> str:
        """Its address."""
        return self.service.url

    def token_of(self, name: str, scope: Scope) -> str:
        """The token of a new user, which the bridge has read."""
        token, text = mint(name, scope, time.time(), None)
        token_file.add(self.tokens_file, token)
        jobs, owner = f"{self.url}/api/v1/jobs", {"Authorization": f"Bearer {text}"}
        eventually(lambda: requests.get(jobs, headers=owner, timeout=60).status_code == 200)
        return text

    def log_in(self, page: Page, token: str = "") -> None:
        """Log in as a user does. ``token``: another one than that of scope submit."""
        page.goto(f"{self.url}/login")
        page.get_by_label("Token").fill(token or self.token)
        page.get_by_role("button", name="Log in").click()
        page.locator("form.logout").first.wait_for()
        ready(page)

    def log_out(self, page: Page) -> None:
        """Log out as a user does."""
        page.click("form.logout button")
        page.wait_for_url("**/login?ended=1")

    def submit(self, page: Page, name: str, script: str) -> str:
        """Submit a job by the form; the address of its page."""
        page.goto(f"{self.url}/submit")
        page.locator("[name=name]").fill(name)
        page.locator("[name=script]").fill(script)
        page.get_by_role("button", name="Submit", exact=True).click()
        ready(page)
        page.locator("[data-state]").first.wait_for()
        return page.url

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Call the API with the token, beside any browser."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.url}/api/v1{path}"
        return requests.request(method, url, headers=headers, timeout=60, **more)


def on_this_machine(place: Path) -> Mapping[str, str]:
    """The settings of a bridge whose jobs are processes of this machine."""
    return {
        "JARVICE_BAREMETAL_CONNECTOR": "local",
        "JARVICE_STATE_DIR": str(place / "state"),
        "JARVICE_JOB_SCRATCH_DIR": str(place / "scratch"),
    }


def ready(page: Page) -> None:
    """Wait until the page is done."""
    page.locator("body[data-ready]").wait_for()
