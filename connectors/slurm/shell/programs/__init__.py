"""The shell programs that the bridge runs on the login node, each one remote command. Their text is
constant: what varies reaches them as words (``$1``, ``$2``, ...). A remote shell is given all of
them once, as functions: reading their text anew for each command would cost it a millisecond."""

from functools import cache
from importlib.resources import files

from dssr.job import NAME_FREE_AFTER

# Not programs of their own.
_SHARED = {
    *("prelude", "common", "queries", "links", "lost", "attempt", "service_common", "helper")
}


@cache
def prelude() -> str:
    """What a shell must have read before it runs a program."""
    names = {
        file.name.removesuffix(".sh")
        for file in files(__name__).iterdir()
        if file.name.endswith(".sh")
    }
    constants = f"dssr_name_free_after={NAME_FREE_AFTER} # seconds\n"
    return (
        constants
        + text("prelude")
        + text("common")
        + text("queries")
        + text("links")
        + text("lost")
        + text("attempt")
        + text("service_common")
        + "".join(map(_function, sorted(names - _SHARED)))
    )


@cache
def shell_prelude() -> str:
    """The same for a shell that lives long: what takes a moment, and saves processes afterwards, is
    worth it there."""
    return prelude() + text("helper")


def _function(name: str) -> str:
    return f'dssr_{name}() {{\nbegin "$1" "$2"\n{text(name)}\n}}\n'


@cache
def text(name: str) -> str:
    """The text of one of the files."""
    return (files(__name__) / f"{name}.sh").read_text()
