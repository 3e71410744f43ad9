"""What the HTTP layer finds out about a request while it handles it."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from dssr.access.scopes import Caller, Scope
from dssr.access.sessions import Session
from dssr.errors import DssrError
from dssr.http.call import Call


@dataclass(slots=True)
class CurrentRequest:
    """One request, for the checks, the call and the logs. It exists from the first check on."""

    call: Call
    began: float = field(default_factory=perf_counter)
    # Restores the deadline of all requests after a call with a deadline of its own.
    due_before: Token[float] | None = None
    caller: Caller | None = None
    session: Session | None = None  # of the portal, by which the caller was identified
    key: str = ""  # the caller, as limits count them
    submitting: str = ""  # the caller, as the limit on submissions counts this request
    stopped: bool = False  # refused by the gate, before its call began
    is_allowed: Callable[[], bool] = lambda: True  # whether the caller would still be let pass
    is_parked: bool = False  # it waits, and its call runs again later (dssr.http.live)
    is_audited: bool = False  # it has a line in the audit log, though it changes no job
    arguments: Mapping[str, Any] = field(default_factory=dict)  # as sent, for the audit log
    owner: str = ""  # the local user whose job was submitted
    native_id: str = ""  # of the job that was submitted
    failure: str = ""  # why it failed, for the logs
    kind: type[DssrError] | None = None  # of the failure
    is_expected: bool = False  # whether healthy clients cause this failure when they poll
    exception: Exception | None = None  # a fault of the bridge

    def address(self, url: str) -> str:
        """An address of what a job serves, as the caller may see it: the secret behind its host,
        which lets its owner use what the job runs, is for callers who may submit."""
        may_use = self.caller is None or self.caller.scope >= Scope.SUBMIT
        scheme, _, rest = url.partition("://")
        return url if may_use or not rest else f"{scheme}://{rest.partition('/')[0]}/"


_current: ContextVar[CurrentRequest] = ContextVar("dssr.http.request")
# The request of this thread, and how to make one that until the next one begins: functions around
# these two would cost more than they do.
current, make_current = _current.get, _current.set
