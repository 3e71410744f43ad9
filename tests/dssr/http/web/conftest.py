"""A portal over the dummy connector, with a token for each scope."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dssr.access import token_file
from dssr.access.one_time_codes import OneTimeCodes
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from tests.dssr.http.v1.conftest import SCRIPT, Served
from tests.dssr.http.v1.served_files import ServedFiles
from tests.dssr.http.web.browsing import Browser
from tests.dssr.http.web.provided import logged_in, settings_for
from tests.dssr.identity.provider.fake import FakeProvider


class ServedPortal(Served):
    """A bridge with a portal. ``tokens``: the text of a token of each scope."""

    def __init__(self, place: Path, **settings: Any) -> None:
        self.place, self.tokens_path = place, str(place / "tokens.json")
        self.tokens = {scope: self.new_token(f"{scope.word}er", scope) for scope in list(Scope)[1:]}
        given = {"web": True, "web_state": f"{place}/web/", "tokens_file": self.tokens_path}
        super().__init__(**given | {"bind": "127.0.0.1"} | settings)

    def new_token(self, name: str, scope: Scope) -> str:
        """Make a token; its text."""
        token, text = mint(name, scope, time.time(), None)
        token_file.add(self.tokens_path, token)
        return text

    def code(self) -> str:
        """A one-time code, as a command makes it."""
        return OneTimeCodes(self.place / "web").make()

    def submit_as(self, scope: Scope = Scope.SUBMIT, **asked: Any) -> dict[str, Any]:
        """Submit a job over the API; returns it."""
        header = {"Authorization": f"Bearer {self.tokens[scope]}"}
        answer = self.post("/jobs", json={"script": SCRIPT} | asked, headers=header)
        assert answer.status_code == 201, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def browser(self, scope: Scope = Scope.SUBMIT) -> Browser:
        """A browser in which someone with that scope has logged in."""
        browser = Browser(self.root)
        assert browser.log_in(self.tokens[scope]).status_code == 200
        return browser


@pytest.fixture
def serve_portal(tmp_path: Path) -> Iterator[Callable[..., ServedPortal]]:
    """Serve a portal with settings of one's own, until the test is over."""
    running: list[ServedPortal] = []

    def start(**settings: Any) -> ServedPortal:
        place = tmp_path / f"{len(running)}"
        place.mkdir()
        running.append(ServedPortal(place, **settings))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def portal(serve_portal: Callable[..., ServedPortal]) -> ServedPortal:
    """A portal whose jobs wait for 5 s and run for 10 s."""
    return serve_portal()


@pytest.fixture
def browser(portal: ServedPortal) -> Browser:
    """A browser of someone who may submit."""
    return portal.browser()


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """An OpenID Connect provider."""
    found = FakeProvider()
    yield found
    found.stop()


@pytest.fixture
def provided(serve_portal: Callable[..., ServedPortal], provider: FakeProvider) -> ServedPortal:
    """A portal whose users log in there, or by a token."""
    return serve_portal(**settings_for(provider))


@pytest.fixture
def alice(provided: ServedPortal) -> Browser:
    """A browser in which the provider's user has logged in."""
    return logged_in(provided)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFiles]:
    """A portal with a job whose files a test makes."""
    place = tmp_path_factory.mktemp("files")
    served = ServedFiles(place, web=True, web_state=f"{place}/web/")
    yield served
    served.stop()


@pytest.fixture
def files(shared: ServedFiles) -> ServedFiles:
    """The same with an empty directory."""
    for path in sorted(shared.directory.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    return shared


@pytest.fixture
def visitor(files: ServedFiles) -> Browser:
    """A browser at the portal, which asks for no credentials."""
    browser = Browser(files.root)
    browser.open("/")
    return browser


@pytest.fixture
def here(files: ServedFiles) -> str:
    """The path of the page of files."""
    return f"/jobs/{files.job['id']}/files"
