"""Every error of the project, as a tree.

    DssrError                   message: safe to show a user; transient: whether trying again can help
    ├── SettingsError           the environment does not make sense (start-up only); carries every problem at once
    ├── PluginError             a connector or executor that cannot be had by that name
    ├── BadRequest              what was asked for is wrong; asking again will not help
    │   └── TooLarge            ... because there is too much of it
    ├── Unidentified            nothing says who the caller is, or what says so is wrong
    ├── Denied                  the caller may not do this
    ├── NotFound                there is no such thing (no such job, no output yet, no such directory)
    ├── Conflict                another script was submitted under the same name and number
    ├── Refused                 the scheduler said no; carries its own words
    │   └── RefusedRequest      ... because of what was asked for (partition, nodes, time limit, ...)
    └── Unavailable             nobody can tell at the moment; transient, with the seconds after which to ask again
        ├── TooMany             the caller asks for more than its share
        ├── NotFinal            the job has not ended yet, or nothing proves yet that it has
        ├── OutcomeUnknown      a submission whose outcome is not known yet
        └── TransportError      the login node could not be reached, or did not answer in time
            ├── ConnectFailed   no connection: name, network, port, time-out
            ├── LoginRefused    connected, but the key or user was not accepted
            ├── HostKeyRefused  connected, but to a host whose key nobody has said is the right one
            │   └── HostKeyChanged  ... and somebody has said what the right one is
            └── CommandTimeout  the command did not end within its deadline, or its connection was lost

The HTTP status of each is decided in one table, in ``dssr/http/errors.py``.
"""

from collections.abc import Sequence


class DssrError(Exception):
    """Base of all. ``message`` is one sentence (or a few) that holds no secret and says what to do."""

    transient = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SettingsError(DssrError):
    """Settings that contradict each other or cannot be read. ``problems``: one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class PluginError(DssrError):
    """No connector or executor can be had by that name."""


class BadRequest(DssrError):
    """The request itself is wrong; nothing was done."""


class TooLarge(BadRequest):
    """The request is larger than the bridge takes; nothing was done."""


class Unidentified(DssrError):
    """Nobody knows who asks; nothing was done."""


class Denied(DssrError):
    """Who asks may not do this; nothing was done."""


class NotFound(DssrError):
    """What was asked for does not exist."""


class Conflict(DssrError):
    """The name and number belong to a job with another script; nothing was done."""


class Refused(DssrError):
    """The scheduler refused, in its own words, for a reason that is not the request's; nothing is left behind."""


class RefusedRequest(Refused):
    """The scheduler refused what was asked for, in its own words; nothing is left behind."""


class Unavailable(DssrError):
    """Nobody can tell at the moment. ``retry_after``: seconds after which asking again makes sense."""

    transient = True

    def __init__(self, message: str, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooMany(Unavailable):
    """The caller asks for more than its share; nothing was done."""


class NotFinal(Unavailable):
    """The job has not ended, or nothing proves yet that it has; nothing was touched."""


class OutcomeUnknown(Unavailable):
    """A submission whose outcome is not known: sending the same request again is safe and tells."""


class TransportError(Unavailable):
    """The far side could not be reached or did not answer in time."""


class ConnectFailed(TransportError):
    """No connection came about; no command has run."""


class LoginRefused(TransportError):
    """The far side did not accept the user or key; no command has run."""


class HostKeyRefused(TransportError):
    """The far side's host key is not a trusted one; no command has run and no credential was sent."""


class HostKeyChanged(HostKeyRefused):
    """The far side's host key is another than the trusted one: somebody may be in between, and all work stops."""


class CommandTimeout(TransportError):
    """The command's deadline passed or its connection broke; it may or may not have run."""
