"""Why a command did not do what it was asked to do: a sentence, a cure and an exit code."""

import difflib
from collections.abc import Iterable

from dssr.cli.exits import NOT_DONE, USAGE
from dssr.errors import DssrError, PluginError, SettingsError


class Failure(Exception):
    """An error of a command. ``cure``: what to do next, where the message does not say so.
    ``where``: the command."""

    where = "dssr"

    def __init__(self, message: str, code: int = NOT_DONE, *, cure: str = "") -> None:
        super().__init__(message)
        self.message, self.code, self.cure = message, code, cure


class ReaderGone(Exception):
    """What reads this program's output has closed it, as 'head' does."""


def failure_of(error: DssrError) -> Failure:
    """An error of the bridge's own parts, as an error of the command that uses them."""
    if isinstance(error, SettingsError) and len(error.problems) > 1:
        problems = (f"  {problem}" for problem in error.problems)
        return Failure("\n".join(("the settings are wrong:", *problems)), USAGE)
    is_usage = isinstance(error, SettingsError | PluginError)
    return Failure(error.message, USAGE if is_usage else NOT_DONE)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the known word that is most like this one, else nothing."""
    near = difflib.get_close_matches(word, sorted(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
