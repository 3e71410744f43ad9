"""A thread that asks the cluster one question again and again, as long as it has listeners."""

import logging
import threading
import time
from collections.abc import Callable

from dssr.deadline import answering
from dssr.errors import DssrError, Unavailable

log = logging.getLogger(__name__)


class Asker:
    """Asks at most once in ``every`` seconds. All methods may be called from many threads."""

    def __init__(
        self,
        name: str,
        every: float,
        timeout: float,
        *,
        is_wanted: Callable[[], bool],
        question: Callable[[], None],
        fail: Callable[[DssrError], None],
    ) -> None:
        """``timeout``: seconds for each question. ``fail`` gets its errors."""
        self._name, self._every, self._timeout = name, every, timeout
        self._is_wanted, self._question, self._fail = is_wanted, question, fail
        self._changed = threading.Condition()
        self._runs = False  # whether the thread does
        self._due = 0.0  # when to ask again, on the clock of ``time.monotonic``

    def wake(self, due: float | None = None) -> None:
        """A listener has come, or has left. ``due``: ask again not later than then."""
        with self._changed:
            if due is not None:
                self._due = min(self._due, due)
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
            self._changed.notify()

    def _run(self) -> None:
        while self._wait():
            try:
                with answering(time.monotonic() + self._timeout):
                    self._question()
            except DssrError as error:
                self._fail(error)
            except Exception:
                log.exception("The bridge cannot watch the cluster, because of a fault")
                words = "The bridge has a fault: its operator finds it in the bridge's log."
                self._fail(Unavailable(words))

    def _wait(self) -> bool:
        """Wait until the question is due; whether it is wanted."""
        with self._changed:
            while self._is_wanted():
                left = self._due - time.monotonic()
                if left <= 0:  # a listener who comes while it is asked has it asked again
                    self._due = time.monotonic() + self._every
                    return True
                self._changed.wait(left)
            self._runs = False
            return False
