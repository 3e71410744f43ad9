"""A result that wakes the task that waits for it at once."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class Prompt(asyncio.Future[T]):
    """A future for one task. The task goes on inside ``set_result`` or ``set_exception``, which
    only a callback of the loop may call: asyncio's own future has it wait for the loop's next turn,
    which takes as long as all else that a small request needs."""

    _wake: Callable[[], object] | None = None

    def add_done_callback(
        self, fn: Callable[[Any], object], /, *, context: Context | None = None
    ) -> None:
        """See ``asyncio.Future``. The task that waits calls this."""
        self._wake = partial(context.run, fn, self) if context else partial(fn, self)

    def set_result(self, result: T, /) -> None:
        """See ``asyncio.Future``."""
        super().set_result(result)
        if self._wake:
            self._wake()

    def set_exception(self, exception: type | BaseException, /) -> None:
        """See ``asyncio.Future``."""
        super().set_exception(exception)
        if self._wake:
            self._wake()

    def cancel(self, msg: Any | None = None) -> bool:
        """See ``asyncio.Future``. Another task may call this, so the one that waits has to wait for
        its turn."""
        cancelled = super().cancel(msg)
        if cancelled and self._wake:
            self.get_loop().call_soon(self._wake)
        return cancelled
