"""The users of a provider."""

import pytest

from dssr.access.provider_users import OIDC, ProviderUsers
from dssr.access.scopes import Caller, Scope
from dssr.errors import Denied


def _owner_of(name: str) -> str:
    if name == "eve":
        raise Denied("not mapped")
    return ""


USERS = ProviderUsers("issuer", ("root",), _owner_of)


def test_a_user_may_submit_and_an_admin_do_all() -> None:
    """Users have the scope submit, those of the setting admin, exactly as they are written."""
    assert USERS.caller("alice") == Caller("alice", Scope.SUBMIT, OIDC)
    assert USERS.caller("root").scope is Scope.ADMIN
    assert USERS.caller("Root").scope is Scope.SUBMIT


def test_who_is_not_mapped_is_nobody() -> None:
    """A user without a local user is refused, and a session of theirs is not valid."""
    with pytest.raises(Denied):
        USERS.caller("eve")
    assert USERS.known("eve") is None
    assert USERS.known("alice") == (Scope.SUBMIT, b"issuer")
