"""When the response is due that the current thread works on.

The HTTP layer sets it (``answering``); connectors read it (``answer_due``), so that no call
outlives its caller.
"""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Due(threading.local):
    at = math.inf


_due = _Due()


def answer_due() -> float:
    """When the response is due that this thread works on, by ``time.monotonic``.

    It is infinity where the thread works on none, such as a thread that works for several callers.
    The calls of a connector end before that time, whatever their own time limits are.
    """
    return _due.at


@contextmanager
def answering(due: float) -> Iterator[None]:
    """Within the block, this thread works on a response that is due at ``due``."""
    before, _due.at = _due.at, due
    try:
        yield
    finally:
        _due.at = before
