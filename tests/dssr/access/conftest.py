"""A file of tokens, and a clock that tests set."""

from pathlib import Path

import pytest

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint


class Clock:
    """Returns the time that a test has set."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


class TokenFile:
    """A file of tokens, and how to add to it."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def new(
        self,
        name: str,
        scope: Scope = Scope.READ,
        days: int | None = None,
        now: float = 1_000_000_000,
    ) -> str:
        """Add a token and return its text."""
        token, text = mint(name, scope, now, days)
        token_file.add(self.path, token)
        return text


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    """The path of a file of tokens that does not exist yet."""
    return TokenFile(tmp_path / "tokens")
