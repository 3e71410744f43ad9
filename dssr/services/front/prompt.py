"""A result that wakes the task that waits for it at once."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


class Prompt(asyncio.Future[T]):
    """A future for one task. The task goes on inside ``set_result`` or ``set_exception``, which
    only a callback of the loop may call. With asyncio's own future, it waits for the loop's next
    turn, and each request would wait twice."""

    _wake: Callable[[Any], object] | None = None
    _context: Context | None = None

    def add_done_callback(
        self, fn: Callable[[Any], object], /, *, context: Context | None = None
    ) -> None:
        """See ``asyncio.Future``. The task that waits calls this."""
        self._wake, self._context = fn, context

    def set_result(self, result: T, /) -> None:
        """See ``asyncio.Future``."""
        super().set_result(result)
        self._go_on()

    def set_exception(self, exception: type | BaseException, /) -> None:
        """See ``asyncio.Future``."""
        super().set_exception(exception)
        self._go_on()

    def cancel(self, msg: Any | None = None) -> bool:
        """See ``asyncio.Future``. Another task may call this, so the one that waits has to wait for
        its turn."""
        cancelled = super().cancel(msg)
        if cancelled:
            self.get_loop().call_soon(self._go_on)
        return cancelled

    def _go_on(self) -> None:
        if self._wake is not None and self._context is not None:  # an empty context is false
            self._context.run(self._wake, self)
