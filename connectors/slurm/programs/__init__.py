"""The shell programs that the bridge runs on the login node, each one remote command. Their text is constant: what varies
reaches them as words (``$1``, ``$2``, ...) and on stdin."""

from functools import cache
from importlib.resources import files


@cache
def text(name: str) -> str:
    """The text of the program ``name``, with what all programs share in front of it."""
    return (files(__name__) / "common.sh").read_text() + (files(__name__) / f"{name}.sh").read_text()


@cache
def prelude() -> str:
    """What each remote shell runs first."""
    return (files(__name__) / "prelude.sh").read_text()
