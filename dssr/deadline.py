"""When the response is due that the current thread works on.

The HTTP layer sets it (``begin_answer``, or ``answering`` for a block); connectors read it
(``answer_due``), so that no call outlives its caller.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_due: ContextVar[float] = ContextVar("dssr.deadline", default=math.inf)
# When the response is due that this thread works on, by ``time.monotonic``. It is infinity where
# the thread works on none, such as a thread that works for several callers. The calls of a
# connector end before that time, whatever their own time limits are.
answer_due = _due.get
# Set that time, which returns what ``end_answer`` needs to restore the one before.
begin_answer, end_answer = _due.set, _due.reset


@contextmanager
def answering(due: float) -> Iterator[None]:
    """Within the block, this thread works on a response that is due at ``due``."""
    before = begin_answer(due)
    try:
        yield
    finally:
        end_answer(before)
