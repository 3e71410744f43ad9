"""What a caller may do: scopes, of which each includes the ones before it."""

import enum
from dataclasses import dataclass


class Scope(enum.IntEnum):
    """How much a caller may do."""

    NONE = 0
    READ = 1
    SUBMIT = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The scope as an operator writes it."""
        return self.name.lower()


GRANTED = {scope.word: scope for scope in Scope if scope}  # the scopes that a token can have


@dataclass(frozen=True)
class Caller:
    """Who sends a request.

    ``by`` says how the caller is authenticated: ``basic``, ``token``, or ``""`` where the settings
    do not restrict callers.
    """

    name: str
    scope: Scope
    by: str = ""
