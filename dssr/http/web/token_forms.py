"""The tokens of a bridge on the page of an account: made and revoked by those who may do all."""

import re
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, request

from dssr.access import token_file
from dssr.access.scopes import GRANTED, Scope
from dssr.access.tokens import Token, mint
from dssr.errors import BadRequest, DssrError, NotFound, SettingsError
from dssr.http.call import Calls, Needs
from dssr.http.request import current
from dssr.http.web.api import WebCalls
from dssr.http.web.rendering import Pages

_DAYS = re.compile("[1-9][0-9]{0,4}")
_CHANGE = Needs(scope=Scope.ADMIN, audit=("name",))


@dataclass(frozen=True)
class TokenList:
    """The tokens that a page shows. ``problem``: why a change was not made; ``made``: the text of a
    new one, which is shown once. ``commands``: that make and revoke tokens, where the bridge cannot
    write the file."""

    tokens: Sequence[Token] = ()
    problem: str = ""
    made: str = ""
    commands: Sequence[str] = ()


def tokens_for(path: str, problem: str = "", made: str = "") -> TokenList | None:
    """The tokens for the caller of this request; ``None``: the caller may not see them, or there is
    no file of them."""
    caller = current().caller
    if not path or caller is None or caller.scope < Scope.ADMIN:
        return None
    commands = () if token_file.is_writable(path) else (_new(path), _revoke(path))
    try:
        found = token_file.read(path)
    except SettingsError as error:
        return TokenList((), problem or error.message, made, commands)
    return TokenList([found[name] for name in sorted(found)], problem, made, commands)


def _new(path: str, name: str = "NAME", scope: str = "submit", days: str = "") -> str:
    words = ["dssr", "token", "new", name, "--scope", scope, *(["--days", days] if days else [])]
    return shlex.join([*words, "--file", path])


def _revoke(path: str, name: str = "NAME") -> str:
    return shlex.join(["dssr", "token", "revoke", name, "--file", path])


def calls(web: WebCalls, pages: Pages, path: str) -> Calls:
    """What the forms do. ``path``: of the file of tokens; empty: there is none."""
    calls = web.private("tokens")

    @calls.post("/account/tokens", _CHANGE)
    def make_token() -> Response:
        name, scope = request.form.get("name", "").strip(), request.form.get("scope", "")
        days = request.form.get("days", "").strip()
        current().arguments = {"name": name}
        try:
            _check(path, scope, days)
            token, text = mint(name, GRANTED[scope], time.time(), int(days) if days else None)
            token_file.add(path, token)
        except DssrError as error:
            command = _new(path, name, scope, days)
            cure = f" On the bridge's machine: {command}" if _is_of_file(error) else ""
            return _shown(pages, path, 409 if cure else 400, f"{error.message}{cure}")
        return _shown(pages, path, 200, made=text)

    @calls.post("/account/tokens/revoke", _CHANGE)
    def revoke_token() -> Response:
        name = request.form.get("name", "")
        current().arguments = {"name": name}
        if "confirmed" not in request.form:
            return pages.page("token_revoke.html", name=name)
        try:
            token_file.remove(path, name)
        except DssrError as error:
            command = _revoke(path, name)
            cure = f" On the bridge's machine: {command}" if _is_of_file(error) else ""
            status = 404 if isinstance(error, NotFound) else 409
            return _shown(pages, path, status, f"{error.message}{cure}")
        return pages.redirect("web-account.show_account")

    return calls


def _check(path: str, scope: str, days: str) -> None:
    if not path:
        raise SettingsError(["This bridge has no file of tokens (JARVICE_SCHED_TOKENS_FILE)."])
    if scope not in GRANTED:
        raise BadRequest(f"Choose one of the scopes {', '.join(GRANTED)}.")
    if days and not _DAYS.fullmatch(days):
        raise BadRequest(f"{days[:20]!r} is no whole number of days.")


def _is_of_file(error: DssrError) -> bool:
    return isinstance(error, SettingsError)


def _shown(pages: Pages, path: str, status: int, problem: str = "", made: str = "") -> Response:
    now = current()
    now.failure = problem
    return pages.page("tokens.html", status, tokens=tokens_for(path, problem, made))
