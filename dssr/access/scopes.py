"""What a caller may do: scopes, each holding the ones before it, and the one table of what every call needs."""

import enum
from collections.abc import Mapping
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


GRANTED = {scope.word: scope for scope in Scope if scope}  # what a token can be made for


@dataclass(frozen=True)
class Caller:
    """Who sends a request. ``by``: how it is known: ``basic``, ``token``, or ``""`` when nothing says who may call."""

    name: str
    scope: Scope
    by: str = ""


# by endpoint, as Flask names it: blueprint.function; a call that is not here, and an address without a call, need admin
NEEDED: Mapping[str, Scope] = {
    "legacy.live": Scope.NONE,
    "legacy.gc": Scope.READ,
    "legacy.nodes": Scope.READ,
    "legacy.running": Scope.READ,
    "legacy.queued": Scope.READ,
    "legacy.runstatus": Scope.READ,
    "legacy.events": Scope.READ,
    "legacy.pvcls": Scope.READ,
    "legacy.job_request": Scope.READ,
    "metrics.metrics": Scope.READ,
    "description.openapi": Scope.READ,
    "legacy.submit": Scope.SUBMIT,
    "legacy.terminate": Scope.SUBMIT,
    "legacy.release": Scope.SUBMIT,
    "legacy.online": Scope.SUBMIT,
    "legacy.exitstatus": Scope.SUBMIT,
}
# /request/<name>/<number>/<jobid>/<method>: what some methods need instead
NEEDED_BY_METHOD: Mapping[str, Scope] = {"shutdown": Scope.SUBMIT, "abort": Scope.SUBMIT}


def needed(endpoint: str | None, path: str) -> Scope:
    """The scope that a call needs; ``path`` is the request's."""
    if endpoint == "legacy.job_request":
        method = path.rstrip("/").rpartition("/")[2]
        return NEEDED_BY_METHOD.get(method, Scope.READ)
    return NEEDED.get(endpoint or "", Scope.ADMIN)


def changes(need: Scope) -> bool:
    """Whether a call that needs this scope changes something."""
    return need >= Scope.SUBMIT
