"""Logins by a provider that have begun."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dssr.access import pending_logins
from dssr.access.pending_logins import VALID, PendingLogins

SECRET = "the browser's"


@pytest.fixture
def logins(clock: Any, tmp_path: Path) -> PendingLogins:
    """None yet."""
    return PendingLogins(tmp_path, clock)


def test_what_was_kept_is_had_once(logins: PendingLogins) -> None:
    """Of many who come back at once with the same state, one gets what was kept."""
    state, begun = logins.begin("/jobs", {"name": "relax"}, SECRET)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: logins.take(state, SECRET), range(8)))
    assert [one for one in found if one] == [begun]


@pytest.mark.parametrize("secret", ["", "another browser's", "ä\ud800"])
def test_another_browser_gets_nothing_and_ends_nothing(secret: str, logins: PendingLogins) -> None:
    """Who does not have the browser's secret gets nothing, and the login goes on."""
    state, begun = logins.begin("/", {}, SECRET)
    assert logins.take(state, secret) is None
    assert logins.take(state, SECRET) == begun


@pytest.mark.parametrize("state", ["", "x", "../sessions/x", "x" * 43, "\x00" * 43])
def test_an_unknown_state_is_no_login(state: str, logins: PendingLogins) -> None:
    """A state that the bridge has not made finds nothing, whatever it looks like."""
    logins.begin("/", {}, SECRET)
    assert logins.take(state, SECRET) is None


def test_a_login_ends_after_a_while(logins: PendingLogins, clock: Any, tmp_path: Path) -> None:
    """After ten minutes a login cannot be completed."""
    state, _ = logins.begin("/", {}, SECRET)
    clock.now += VALID + 1
    assert logins.find(state, SECRET) is None


def test_too_many_push_out_the_oldest(
    logins: PendingLogins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory holds a bounded number of logins, the newest, however many begin."""
    monkeypatch.setattr(pending_logins, "_MOST", 5)
    states = [logins.begin("/", {}, SECRET)[0] for _ in range(9)]
    assert len(list((tmp_path / "logins").iterdir())) == 5
    assert logins.find(states[-1], SECRET)
    assert logins.find(states[0], SECRET) is None


def test_large_forms_push_out_large_forms_alone(
    logins: PendingLogins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of forms that are too large together, the oldest are dropped; logins without a form stay."""
    monkeypatch.setattr(pending_logins, "_LARGEST", 100_000)
    usual, begun = logins.begin("/jobs", {}, SECRET)
    states = [logins.begin("/", {"script": "#" * 30_000}, SECRET)[0] for _ in range(9)]
    assert logins.find(usual, SECRET) == begun
    assert logins.find(states[-1], SECRET)
    assert logins.find(states[0], SECRET) is None
    assert len(list((tmp_path / "logins").iterdir())) == 1 + 4
