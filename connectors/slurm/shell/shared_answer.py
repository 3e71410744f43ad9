"""One question to the cluster for all callers: its answer serves for a while, and nothing is asked
while no caller asks."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from dssr.errors import DssrError, Unavailable

T = TypeVar("T")
_REPEATED = 1.0  # seconds for which a failure serves, too
_LONGEST = threading.TIMEOUT_MAX


class SharedAnswer(Generic[T]):
    """Keeps the last answer, or the last failure. One caller at a time asks, the others wait."""

    def __init__(
        self, ask: Callable[[], T], max_age: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        """``ask``: within a deadline of its own. ``max_age``: seconds for which an answer serves
        after it was asked for."""
        self._ask, self._max_age, self._now = ask, max_age, now
        self._asking = threading.Lock()
        self._answer: tuple[float, T] | None = None
        self._failure: tuple[float, DssrError] | None = None

    def get(self, until: float) -> T:
        """The answer. Raises what ``ask`` raises, also for the callers that waited for it, and
        ``Unavailable`` when it takes longer than ``until``, a time on the clock that was given."""
        came = self._now()
        if not self._asking.acquire(timeout=min(max(0.0, until - came), _LONGEST)):
            raise Unavailable("The cluster did not answer in time.")
        try:
            return self._current(came)
        finally:
            self._asking.release()

    def _current(self, came: float) -> T:
        if self._answer is not None and self._now() - self._answer[0] <= self._max_age:
            return self._answer[1]
        if self._failure is not None and came < self._failure[0] + _REPEATED:
            raise self._failure[1].with_traceback(None)
        began = self._now()
        try:
            answer = self._ask()
        except DssrError as error:
            self._failure = self._now(), error
            raise
        self._answer, self._failure = (began, answer), None
        return answer


class SharedAnswers(Generic[T]):
    """A shared answer for each of the keys that were asked about last."""

    def __init__(self, max_age: float, most: int) -> None:
        """``most``: keys of which an answer is kept."""
        self._max_age, self._most = max_age, most
        self._answers: OrderedDict[Hashable, SharedAnswer[T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, ask: Callable[[], T], until: float) -> T:
        """See ``SharedAnswer.get``. ``ask``: asks about that key."""
        with self._lock:
            answer = self._answers.setdefault(key, SharedAnswer(ask, self._max_age))
            self._answers.move_to_end(key)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer.get(until)
