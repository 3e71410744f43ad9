"""The id of the request that the current thread works on: each log line of the request has it, and
so does the directory of a job that the request submits.

The HTTP layer sets it (``begin``); all else reads it (``current``).
"""

import random
import re
from contextvars import ContextVar

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,128}")
_current: ContextVar[str] = ContextVar("dssr.request_id", default="")
# The id of the request that this thread works on. It is empty where the thread works on none, such
# as a thread that works for several callers.
current = _current.get


def begin(sent: str = "") -> str:
    """Make ``sent`` the id of this thread's work, until the next request begins. Returns the id.

    Where ``sent`` is not 1 to 128 of the characters A-Z a-z 0-9 . _ - the id is a new one.
    """
    chosen = sent if _ACCEPTABLE.fullmatch(sent) else f"{random.getrandbits(64):016x}"
    _current.set(chosen)
    return chosen
