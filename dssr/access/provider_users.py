"""The users who log in by a provider: what they may do, and whose jobs are theirs."""

from collections.abc import Callable, Collection

from dssr.access.scopes import Caller, Scope
from dssr.errors import Denied

OIDC = "oidc"  # how such a caller is authenticated


class ProviderUsers:
    """The users of one provider."""

    def __init__(
        self, known_by: str, admins: Collection[str], owner_of: Callable[[str], str]
    ) -> None:
        """``known_by``: what names the provider and the portal there. ``owner_of``: the local user
        for a provider's one, who must be mapped where users are; raises ``Denied``."""
        self._known_by, self._admins, self._owner_of = known_by.encode(), admins, owner_of

    def caller(self, name: str) -> Caller:
        """The user of that name. Raises ``Denied`` for one who is not mapped."""
        self._owner_of(name)
        return Caller(name, self._scope(name), OIDC)

    def known(self, name: str) -> tuple[Scope, bytes] | None:
        """What the user may do now, and what the login is known by; ``None``: nothing any more."""
        try:
            self._owner_of(name)
        except Denied:
            return None
        return self._scope(name), self._known_by

    def _scope(self, name: str) -> Scope:
        return Scope.ADMIN if name in self._admins else Scope.SUBMIT
