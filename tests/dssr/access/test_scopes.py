"""The table of what every call needs."""

import pytest

from dssr.access.scopes import GRANTED, NEEDED, Scope, changes, needed
from dssr.bridge import Bridge
from dssr.http.app import create_app
from dssr.settings import Settings


def test_every_call_is_in_the_table_and_nothing_else_is() -> None:
    """Whoever adds a route has to decide who may call it."""
    app = create_app(Bridge(None, None, Settings()), Settings())  # type: ignore[arg-type]
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(NEEDED)


@pytest.mark.parametrize(
    ("endpoint", "path", "scope"),
    [
        ("legacy.live", "/live", Scope.NONE),
        ("legacy.running", "/running", Scope.READ),
        ("legacy.submit", "/submit", Scope.SUBMIT),
        ("legacy.job_request", "/request/job/1/1/tail", Scope.READ),
        ("legacy.job_request", "/request/job/1/1/whatever", Scope.READ),
        ("legacy.job_request", "/request/job/1/1/abort", Scope.SUBMIT),
        ("legacy.job_request", "/request/job/1/1/shutdown/", Scope.SUBMIT),
        ("legacy.job_request", "/request/job/1/1/shutdown//", Scope.SUBMIT),
        ("legacy.new_call", "/new", Scope.ADMIN),
        (None, "/no-such-call", Scope.ADMIN),
    ],
)
def test_what_a_call_needs(endpoint: str | None, path: str, scope: Scope) -> None:
    """By its endpoint; below /request by its method; what nobody has decided needs admin."""
    assert needed(endpoint, path) is scope


def test_scopes_hold_the_ones_before_them() -> None:
    """read < submit < admin; a token can be made for each of these and for nothing less."""
    assert list(GRANTED) == ["read", "submit", "admin"]
    assert sorted(GRANTED.values()) == list(GRANTED.values())
    assert [changes(scope) for scope in Scope] == [False, False, True, True]
