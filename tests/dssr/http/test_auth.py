"""Who may call, over real HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from dssr.settings import Settings

KEY = "jarvice:geheim:ü"
ALL = ["/gc", "/running", "/queued", "/nodes", "/submit", "/no-such-call"]


@pytest.fixture
def locked(serve: Callable[[Settings], Any]) -> Any:
    return serve(Settings(server_key=KEY, bind="127.0.0.1"))


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("auth", [None, (b"jarvice", b"wrong"), (b"jarvice", b""), (b"", b""), (b"other", "geheim:ü".encode())])
def test_without_the_key_there_is_401_and_nothing_else(path: str, auth: Any, locked: Any, failures: Any) -> None:
    """401 asks for HTTP Basic, the sentence names the setting, the log has one line without a secret."""
    answer = locked.get(path, auth=auth)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert "JARVICE_SCHED_SERVER_KEY" in answer.text
    assert locked.connector.calls == []
    assert len(failures()) == 1
    assert "geheim" not in answer.text + failures()[0]


def test_with_the_key_the_calls_are_answered(locked: Any) -> None:
    """User and password as in the setting; the password may hold colons and umlauts."""
    assert locked.get("/gc", auth=(b"jarvice", "geheim:ü".encode())).status_code == 200


@pytest.mark.parametrize(
    "header", ["Bearer geheim", "Basic", "Basic !!!", "Basic /////", "basic eDp5", "", "Digest username=x"]
)
def test_other_credentials_are_refused(header: str, locked: Any) -> None:
    """Whatever stands in the header, the answer is 401."""
    assert locked.get("/running", headers={"Authorization": header}).status_code == 401


def test_live_is_free(locked: Any) -> None:
    """A liveness probe has no password."""
    assert locked.get("/live").status_code == 200


def test_a_body_is_not_looked_at_before_the_key(locked: Any) -> None:
    """A bad body without the key is 401, not 400."""
    assert requests.post(locked.url + "/submit", data=b"x", timeout=30).status_code == 401
