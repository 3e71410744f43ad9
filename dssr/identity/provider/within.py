"""Work for which its callers do not wait longer than they like, whatever a network does."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_T = TypeVar("_T")
_MOST = 32  # works under way: those that are waited for, and those that were left behind
_places = threading.BoundedSemaphore(_MOST)


@dataclass
class _Work(Generic[_T]):
    """Work in a thread of its own."""

    do: Callable[[], _T]
    places: threading.BoundedSemaphore
    ended: threading.Event = field(default_factory=threading.Event)
    result: _T | None = None
    error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result = self.do()
        except BaseException as error:  # for the one who waits
            self.error = error
        finally:
            self.places.release()
            self.ended.set()


def within(
    seconds: float, do: Callable[[], _T], places: threading.BoundedSemaphore = _places
) -> _T:
    """What ``do`` returns, or raises. ``TimeoutError``: not within so many seconds; it goes on
    without its caller. The same where it cannot begin. ``places``: for as many works as may be
    under way; work that itself waits for such work has places of its own."""
    if not places.acquire(timeout=seconds):
        raise TimeoutError
    work = _Work(do, places)
    try:
        threading.Thread(target=work.run, name="provider", daemon=True).start()
    except RuntimeError as error:  # the machine has no threads left
        places.release()
        raise TimeoutError from error
    if not work.ended.wait(seconds):
        raise TimeoutError
    if work.error is not None:
        raise work.error
    return work.result  # type: ignore[return-value]
