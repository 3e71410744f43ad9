"""What a provider says about itself."""

import json
from typing import Any

import pytest

from dssr.errors import Unavailable
from dssr.identity.provider.metadata import KEEP, PAUSE, Discovery, read

ISSUER = "https://id.example.org/realms/hpc"


def _document(**changed: Any) -> bytes:
    usual = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/auth",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/certs",
    }
    return json.dumps({k: v for k, v in (usual | changed).items() if v is not None}).encode()


class _Web:
    """Serves one document; ``asked``: the addresses, in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: bytes | Exception = _document()
        self.breaks = 0  # connections
        self.now = 0.0

    def get(self, url: str, _timeout: float) -> bytes:
        self.asked.append(url)
        if len(self.asked) <= self.breaks:
            raise ValueError("the connection broke")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def web() -> _Web:
    """The provider's host."""
    return _Web()


@pytest.fixture
def discovery(web: _Web) -> Discovery:
    """What asks it."""
    return Discovery(ISSUER, clock=lambda: web.now, get=web.get)


def test_nothing_is_asked_before_it_is_needed(discovery: Discovery, web: _Web) -> None:
    """A provider is first asked when someone logs in, and then not again for a while."""
    assert web.asked == []
    for _ in range(3):
        assert discovery.current().token_endpoint == f"{ISSUER}/token"
    assert web.asked == [f"{ISSUER}/.well-known/openid-configuration"]
    web.now += KEEP + 1
    discovery.current()
    assert len(web.asked) == 2


def test_a_connection_that_breaks_refuses_no_login(discovery: Discovery, web: _Web) -> None:
    """A provider whose first connection breaks is asked once more for the same login; one that
    calls itself otherwise is not."""
    web.breaks = 1
    assert discovery.current().token_endpoint == f"{ISSUER}/token"
    assert len(web.asked) == 2
    web.answer = _document(issuer="https://other.example.org")
    with pytest.raises(Unavailable, match="calls itself"):
        discovery.current(age=-1)
    assert len(web.asked) == 3


def test_a_silent_provider_is_not_pressed(discovery: Discovery, web: _Web) -> None:
    """While it does not answer, all get the same sentence, it is asked again after a pause, and
    once it answers all is well."""
    web.answer = ValueError("cannot connect")
    for _ in range(3):
        with pytest.raises(Unavailable, match=r"at the moment \(cannot connect"):
            discovery.current()
    assert len(web.asked) == 2
    web.answer = _document()
    web.now += PAUSE + 1
    assert discovery.current()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": f"{ISSUER}/"}, "exactly"),
        ({"issuer": None}, "calls itself None"),
        ({"token_endpoint": None}, "has no 'token_endpoint'"),
        ({"token_endpoint": "http://id.example.org/token"}, "begins with http://"),
        ({"jwks_uri": "file:///etc/passwd"}, "must be a URL"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "must be a URL"),
        ({"end_session_endpoint": ["x"]}, "is no URL"),
    ],
    ids=str,
)
def test_what_cannot_be_trusted_is_not_used(changed: dict[str, Any], said: str) -> None:
    """A description of another issuer, or with places that are not by TLS, is refused."""
    with pytest.raises(ValueError, match=said):
        read(_document(**changed), ISSUER)


def test_a_place_that_is_null_is_none() -> None:
    """A provider that writes null for what it does not have has no such place."""
    document = json.loads(_document()) | {"end_session_endpoint": None, "userinfo_endpoint": None}
    found = read(json.dumps(document).encode(), ISSUER)
    assert (found.end_session_endpoint, found.userinfo_endpoint) == ("", "")
    document["token_endpoint"] = None
    with pytest.raises(ValueError, match="has no 'token_endpoint'"):
        read(json.dumps(document).encode(), ISSUER)


@pytest.mark.parametrize(
    ("offered", "used"),
    [
        (None, "client_secret_basic"),
        (7, "client_secret_basic"),
        (["client_secret_post"], "client_secret_post"),
        (["private_key_jwt", "client_secret_basic"], "client_secret_basic"),
    ],
)
def test_the_portal_authenticates_as_the_provider_takes_it(offered: object, used: str) -> None:
    """HTTP Basic where the provider takes it or says nothing, else the form."""
    found = read(_document(token_endpoint_auth_methods_supported=offered), ISSUER)
    assert found.token_authentication == used
