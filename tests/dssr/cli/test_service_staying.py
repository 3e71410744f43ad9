"""A command that leads to a service."""

import webbrowser
from typing import Any

import pytest

from dssr.cli import service_staying
from dssr.cli.failure import Interrupted
from dssr.cli.invocation import Invocation


class Ready:
    """A service that is ready at that address, and at whose command a person presses Ctrl-C."""

    name = "demo"

    def __init__(self, browser_url: str, path: str) -> None:
        self._found = {
            "name": "demo", "state": "ready", "job": "1", "node": "node1", "generation": 1,
            "url": "http://localhost:1/", "browser_url": browser_url, "path": path,
        }  # fmt: skip

    def wait_ready(self, **_: Any) -> None:
        """It is."""

    def status(self) -> dict[str, Any]:
        """The service's document."""
        return self._found

    def check(self) -> None:
        """Ctrl-C."""
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("url", "path", "opened"),
    [
        ("http://demo.localhost:1/", "/", "http://demo.localhost:1/"),
        ("http://demo.localhost:1/", "/lab", "http://demo.localhost:1/lab"),
        ("http://demo.localhost:1/?token=abc", "/", "http://demo.localhost:1/?token=abc"),
        ("http://demo.localhost:1/?token=abc", "/lab", "http://demo.localhost:1/lab?token=abc"),
        ("http://demo.localhost:1/?token=a", "/l?b=c", "http://demo.localhost:1/l?b=c&token=a"),
    ],
)
def test_the_page_that_is_opened_and_shown(
    url: str,
    path: str,
    opened: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The address for browsers leads to the service's first page, and its token stays a token."""
    seen: list[str] = []
    monkeypatch.setattr(webbrowser, "open", seen.append)
    service: Any = Ready(url, path)
    with pytest.raises(Interrupted):
        service_staying.lead(Invocation({}), service, service, daemonize=False, browse=True)
    assert seen == [opened]
    assert f"for browsers:  {opened}\n" in capsys.readouterr().out
