"""Every error of the project, as a tree.

    DssrError                 message: safe to show a user; transient: whether a retry can help
    ├── SettingsError         the environment does not make sense (start-up only); all problems
    ├── PluginError           there is no usable connector or executor of that name
    ├── BadRequest            the request is wrong; a retry will not help
    │   └── TooLarge          ... because it is too large
    ├── Unidentified          nothing says who the caller is, or what says so is wrong
    ├── Denied                the caller may not do this
    ├── NotFound              no such job, no output yet, no such directory
    ├── Conflict              another script was submitted under the same name and number
    ├── Refused               the scheduler refused; carries its own words
    │   ├── RefusedRequest    ... because of what the job asks for (partition, nodes, time limit)
    │   └── Unwritable        the file system refused to take a file; carries its own words
    │       └── NoSpace       ... because it is full, or a quota is used up
    └── Unavailable           the answer is unknown now; transient, with the seconds to wait
        ├── TooMany           the caller asks for more than its share
        ├── Busy              all callers together ask for more than the bridge does at once
        ├── Stopping          the bridge is being stopped
        ├── NotFinal          the job has not ended yet, or nothing proves yet that it has
        ├── OutcomeUnknown    a submission whose outcome is not known yet
        └── TransportError    the login node could not be reached, or did not answer in time
            ├── ConnectFailed     no connection: name, network, port, time-out
            ├── LoginRefused      connected, but the key or user was not accepted
            ├── HostKeyRefused    connected, but the host's key is not a trusted one
            │   └── HostKeyChanged    ... and a trusted one is known
            └── CommandTimeout    the command did not end in time, or its connection was lost

The HTTP status of each is decided in one table, in ``dssr/http/errors.py``.
"""

from collections.abc import Sequence


class DssrError(Exception):
    """Base of all. ``message`` is a sentence or a few, without secrets, with the cure."""

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
    """There is no usable connector or executor of that name."""


class BadRequest(DssrError):
    """The request itself is wrong; nothing was done."""


class TooLarge(BadRequest):
    """The request is larger than the bridge takes; nothing was done."""


class Unidentified(DssrError):
    """The caller is not authenticated; nothing was done."""


class Denied(DssrError):
    """The caller may not do this; nothing was done."""


class NotFound(DssrError):
    """There is no such job, output or directory."""


class Conflict(DssrError):
    """The name and number belong to a job with another script; nothing was done."""


class Refused(DssrError):
    """The scheduler refused, in its own words, for a reason that is not the request's; nothing is
    left behind."""


class RefusedRequest(Refused):
    """The scheduler refused the request, in its own words; nothing is left behind."""


class Unwritable(Refused):
    """The file system did not take a file; carries its own words."""


class NoSpace(Unwritable):
    """The file system is full, or a quota of it is used up."""


class Unavailable(DssrError):
    """The answer is unknown at the moment. ``retry_after``: seconds until a retry makes sense."""

    transient = True

    def __init__(self, message: str, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooMany(Unavailable):
    """The caller asks for more than its share; nothing was done."""


class Busy(Unavailable):
    """The bridge has as much to do as it may at once; nothing was done."""


class Stopping(Unavailable):
    """The bridge is being stopped; nothing was done."""


class NotFinal(Unavailable):
    """The job has not ended, or nothing proves yet that it has; nothing was touched."""


class OutcomeUnknown(Unavailable):
    """A submission whose outcome is not known: the same request again is safe and reports it."""


class TransportError(Unavailable):
    """The login node could not be reached or did not answer in time."""


class ConnectFailed(TransportError):
    """No connection came about; no command has run."""


class LoginRefused(TransportError):
    """The login node did not accept the user or key; no command has run."""


class HostKeyRefused(TransportError):
    """The host's key is not a trusted one; no command has run and no credential was sent."""


class HostKeyChanged(HostKeyRefused):
    """The host's key is another than the trusted one: an attacker may be in between, and all work
    stops."""


class CommandTimeout(TransportError):
    """The command's deadline passed or its connection broke; it may or may not have run."""


# What is said in several places, and in each of them in the same words.


def no_job(id: str) -> NotFound:
    """No job has this id, native id or name."""
    return NotFound(
        f"There is no job {id[:64]!r}, or its record is no longer kept: the list of jobs has all "
        "that there are."
    )


def not_submitted(name: str, number: int, native_id: str) -> NotFound:
    """No job has this name, number and native id (which may be empty)."""
    return NotFound(f"No job {name} {number} {native_id}".rstrip() + " was submitted here.")


def no_cursor(after: str) -> BadRequest:
    """The text is not the end of a page of that list."""
    return BadRequest(
        f"'after' is {after[:60]!r}, which is no cursor: send the member 'next' of the page "
        "before, or leave 'after' out for the first page."
    )


def key_taken() -> Conflict:
    """The caller's Idempotency-Key came with another request before."""
    return Conflict(
        "This Idempotency-Key came with another request before: send a new key with a new request."
    )


def number_taken(name: str, number: int) -> Conflict:
    """Name and number belong to a job with another script."""
    return Conflict(
        f"Another script was submitted as {name} number {number}: use another number. This one is "
        "free again 15 minutes after /exitstatus has answered."
    )


def waits_no_more(native_id: str) -> Conflict:
    """The job was to be held, and has started or ended."""
    return Conflict(f"Job {native_id} has started or ended: only a job that waits can be held.")
