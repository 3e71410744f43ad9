"""Why a command did not do what it was asked to do: a sentence, a cure and an exit code."""

import difflib
import traceback
from collections.abc import Iterable

from dssr import client
from dssr.cli.exits import NOT_DONE, NOT_NOW, REFUSED, UNREACHABLE, USAGE
from dssr.cli.printable import printable, printable_lines
from dssr.client import ClientError
from dssr.errors import (
    BadRequest,
    Denied,
    DssrError,
    PluginError,
    Refused,
    SettingsError,
    TransportError,
    Unavailable,
)


class Failure(Exception):
    """An error of a command. ``cure``: what to do next, where the message does not say so.
    ``where``: the command."""

    where = "dssr"

    def __init__(self, message: str, code: int = NOT_DONE, *, cure: str = "") -> None:
        super().__init__(message)
        self.message, self.code, self.cure = message, code, cure


class Interrupted(Exception):
    """Ctrl-C, or a signal, ends the command. ``str`` of it: what to say about that, if anything."""


class ReaderGone(Exception):
    """What reads this program's output has closed it, as 'head' does."""


# The first kind that fits decides; what is not in the table is not done.
_CODES: tuple[tuple[type[ClientError], int], ...] = (
    (client.BadTarget, USAGE),
    (client.BadRequest, USAGE),
    (client.Refused, REFUSED),
    (client.Unauthenticated, REFUSED),
    (client.Forbidden, REFUSED),
    (client.Unreachable, UNREACHABLE),
    (client.WaitTimeout, NOT_NOW),
)

# What a program has as arguments, and a command as options, or not at all.
_HERE = (
    ("the argument 'cluster'", "--cluster"),
    ("the argument 'url'", "--url"),
    (", as 'Authorization: Bearer TOKEN'. Here that is DSSR_TOKEN", ". Set it in DSSR_TOKEN"),
    (", or the argument 'token'", ""),
    ("An address (url) and a cluster are given", "--url and --cluster are given"),
)

# Of the parts of a bridge that a command uses itself.
_OWN_CODES: tuple[tuple[type[DssrError], int], ...] = (
    (SettingsError, USAGE),
    (PluginError, USAGE),
    (BadRequest, USAGE),
    (Denied, REFUSED),
    (Refused, REFUSED),
    (TransportError, UNREACHABLE),
    (Unavailable, NOT_NOW),
)


def failure_of(error: DssrError | ClientError | OSError) -> Failure:
    """An error of the client, of the bridge's own parts, or of a file of this machine, as an error
    of the command."""
    if isinstance(error, ClientError):
        words = error.message
        for of_programs, here in _HERE:
            words = words.replace(of_programs, here)
        return Failure(printable_lines(words), _code_of(error))
    if isinstance(error, OSError):
        return Failure(_of_a_file(error))
    if isinstance(error, SettingsError) and len(error.problems) > 1:
        problems = (f"  {problem}" for problem in error.problems)
        return Failure("\n".join(("the settings are wrong:", *problems)), USAGE)
    found = (code for kind, code in _OWN_CODES if isinstance(error, kind))
    return Failure(printable_lines(error.message), next(found, NOT_DONE))


def fault_of(error: Exception, *, with_trace: bool) -> Failure:
    """An error that no part of this program expects, as an error of the command."""
    cure = "'-vv' shows where it is."
    if with_trace:
        cure = printable_lines("".join(traceback.format_exception(error)))
    words = printable(f"{type(error).__name__}: {error}")
    return Failure(f"this is a fault of dssr itself: {words}", cure=cure)


def _code_of(error: ClientError) -> int:
    if error.slug == "cluster-unavailable":
        return UNREACHABLE
    found = (code for kind, code in _CODES if isinstance(error, kind))
    return next(found, NOT_NOW if error.transient else NOT_DONE)


def _of_a_file(error: OSError) -> str:
    what = f"{printable(str(error.filename))}: " if error.filename else ""
    return f"{what}{error.strerror or error}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the known word that is most like this one, else nothing."""
    near = difflib.get_close_matches(word, sorted(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
