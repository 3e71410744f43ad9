"""The sessions of the portal."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dssr.access import token_file
from dssr.access.credentials import Credentials
from dssr.access.provider_users import ProviderUsers
from dssr.access.scopes import Caller, Scope
from dssr.access.sessions import IDLE, LINK, LONGEST, Sessions
from dssr.access.watched import LOOK_EVERY, WatchedTokens

KEY = "admin:secret"
CI = Caller("ci", Scope.SUBMIT, "token")


@pytest.fixture
def made(tokens: Any, clock: Any, tmp_path: Path) -> Sessions:
    """Sessions on a bridge with a password and a token, 'ci', which is valid for one day."""
    tokens.new("ci", Scope.SUBMIT, days=1)
    return Sessions(tmp_path, Credentials(KEY, WatchedTokens(tokens.path, clock), clock), clock)


@pytest.mark.parametrize(
    "caller",
    [CI, Caller("admin", Scope.ADMIN, "basic"), Caller("alice", Scope.ADMIN, LINK)],
    ids=lambda caller: caller.by,
)
def test_a_session_names_the_caller_who_began_it(caller: Caller, made: Sessions) -> None:
    """A session is that of the same caller as the credentials are, with the same scope."""
    found = made.find(made.begin(caller))
    assert found is not None
    assert found.caller == caller


def test_each_login_has_an_id_of_its_own(made: Sessions) -> None:
    """Two logins of one caller are two sessions, each with its own key for forms."""
    ids = [made.begin(CI) for _ in range(2)]
    found = [made.find(id) for id in ids]
    assert found[0]
    assert found[1]
    assert found[0].form_key != found[1].form_key
    assert {session.key for session in made.of(CI)} == {found[0].key, found[1].key}


def test_logins_at_once_keep_each_other(made: Sessions) -> None:
    """A login removes what is over, and no session that begins at the same moment."""
    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda _: made.begin(CI), range(200)))
    assert None not in [made.find(id) for id in ids]


@pytest.mark.parametrize("id", ["", "x", "../../etc/passwd", "a" * 43, "\x00" * 43, "ä" * 43])
def test_an_unknown_id_is_no_session(id: str, made: Sessions) -> None:
    """A text that is the id of no session finds none, whatever it looks like."""
    made.begin(CI)
    assert made.find(id) is None


def test_a_session_that_has_ended_is_not_found(made: Sessions) -> None:
    """The id of a session that has ended is worth nothing: it cannot be replayed."""
    id = made.begin(CI)
    session = made.find(id)
    assert session
    made.end(session.key)
    assert made.find(id) is None
    assert made.of(CI) == []


def test_a_request_brings_no_session_back(
    made: Sessions, clock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that has read the entry before a logout removes it finds no session, and the entry
    stays removed."""
    id = made.begin(CI)
    [path] = (tmp_path / "sessions").iterdir()

    def log_out_meanwhile(name: str, by: str) -> tuple[Scope, bytes] | None:
        made.end(path.name)
        return known

    known, clock.now = made._known(CI.name, CI.by), clock.now + 600
    monkeypatch.setattr(made, "_known", log_out_meanwhile)
    assert made.find(id) is None
    assert not path.exists()


def test_a_session_ends_when_it_is_not_used(made: Sessions, clock: Any, tokens: Any) -> None:
    """A session ends after eight hours without a request, and not before."""
    id = made.begin(Caller("admin", Scope.ADMIN, "basic"))
    for _ in range(2):
        clock.now += IDLE - 100
        assert made.find(id)
    clock.now += IDLE + 100
    assert made.find(id) is None


def test_a_session_ends_after_a_day(made: Sessions, clock: Any) -> None:
    """A session that is used all the time ends 24 hours after its login."""
    id = made.begin(Caller("admin", Scope.ADMIN, "basic"))
    for _ in range(LONGEST // IDLE * 2):
        assert made.find(id)
        clock.now += IDLE / 2
    clock.now += 1
    assert made.find(id) is None


def test_a_login_by_a_provider_ends_as_others_do(clock: Any, tmp_path: Path) -> None:
    """A session of a provider's user ends after eight hours without a request, and a day after the
    login; on a bridge of another provider it is not valid."""
    users = ProviderUsers("issuer", (), lambda _: "")
    sessions = Sessions(tmp_path, None, clock, users)
    idle, used = (sessions.begin(users.caller("alice")) for _ in range(2))
    for _ in range(LONGEST // IDLE * 2):
        assert sessions.find(used)
        clock.now += IDLE / 2
    assert sessions.find(idle) is None
    clock.now += 1
    assert sessions.find(used) is None
    id = sessions.begin(users.caller("alice"))
    others = ProviderUsers("another issuer", (), lambda _: "")
    assert Sessions(tmp_path, None, clock, others).find(id) is None
    assert Sessions(tmp_path, None, clock).find(id) is None


def test_a_session_ends_with_its_token(made: Sessions, tokens: Any, clock: Any) -> None:
    """A token that is revoked takes its sessions with it; another one of the same name does not
    bring them back."""
    id = made.begin(CI)
    token_file.remove(tokens.path, "ci")
    clock.now += LOOK_EVERY + 1
    assert made.find(id) is None
    tokens.new("ci", Scope.ADMIN)
    clock.now += LOOK_EVERY + 1
    assert made.find(id) is None


def test_a_session_ends_when_its_token_expires(made: Sessions, clock: Any) -> None:
    """A session is valid no longer than its token."""
    clock.now += 86_400 - 600
    id = made.begin(CI)
    assert made.find(id)
    clock.now += 601
    assert made.find(id) is None


def test_a_session_ends_with_the_password(made: Sessions, clock: Any, tmp_path: Path) -> None:
    """A session by password is not valid on a bridge with another password."""
    id = made.begin(Caller("admin", Scope.ADMIN, "basic"))
    assert Sessions(tmp_path, Credentials(KEY, None, clock), clock).find(id)
    assert Sessions(tmp_path, Credentials("admin:other", None, clock), clock).find(id) is None
    assert Sessions(tmp_path, Credentials("root:secret", None, clock), clock).find(id) is None


def test_sessions_outlast_a_restart(made: Sessions, clock: Any, tmp_path: Path) -> None:
    """A bridge that starts with the same directory knows the sessions."""
    id = made.begin(Caller("admin", Scope.ADMIN, "basic"))
    assert Sessions(tmp_path, Credentials(KEY, None, clock), clock).find(id)


def test_the_directory_holds_no_secret(made: Sessions, tokens: Any, tmp_path: Path) -> None:
    """Files are of mode 0600, and hold neither the session's id nor anything of a token."""
    id = made.begin(CI)
    [path] = (tmp_path / "sessions").iterdir()
    text = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert id not in text + path.name
    assert json.loads(Path(tokens.path).read_text())["tokens"][0]["hash"][7:] not in text


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": 1}', "\x00" * 100])
def test_a_broken_file_is_no_session(text: str, made: Sessions, tmp_path: Path) -> None:
    """A file that is cut or of another version is no session, and the next login removes it."""
    id = made.begin(CI)
    [path] = (tmp_path / "sessions").iterdir()
    path.write_text(text)
    assert made.find(id) is None
    made.begin(CI)
    assert not path.exists()


def test_where_no_credentials_are_needed_a_session_is_anyone_s(clock: Any, tmp_path: Path) -> None:
    """On an open bridge there are sessions for the sake of the forms; one that came by credentials
    is not valid there."""
    sessions = Sessions(tmp_path, None, clock)
    found = sessions.find(sessions.begin(Caller("anyone", Scope.ADMIN)))
    assert found
    assert found.caller.scope is Scope.ADMIN
    by_key = Sessions(tmp_path, Credentials(KEY, None, clock), clock)
    id = by_key.begin(Caller("admin", Scope.ADMIN, "basic"))
    assert sessions.find(id) is None


def test_a_session_whose_token_was_revoked_is_known(
    made: Sessions, tokens: Any, clock: Any
) -> None:
    """After its token was revoked, a session is said to be revoked; one that is valid, was ended,
    or never was, is not."""
    id = made.begin(CI)
    assert not made.is_revoked(id)
    token_file.remove(tokens.path, "ci")
    clock.now += LOOK_EVERY + 1
    assert made.is_revoked(id)
    found = made.begin(Caller("alice", Scope.ADMIN, LINK))
    session = made.find(found)
    assert session is not None
    made.end(session.key)
    for other in (found, "", "x" * 43, "../instance"):
        assert not made.is_revoked(other)
