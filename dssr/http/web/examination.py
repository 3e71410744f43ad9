"""The doctor for a page: an examination of the cluster that runs beside the calls, one at a time.

It submits no jobs; ``dssr doctor`` does.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dssr.errors import DssrError
from dssr.seams import Examines, Finding, Status

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Examined:
    """What an examination has found. ``began``: seconds since the epoch. ``left``: commands that
    remove what it could not. ``problem``: why it ended early."""

    began: float
    checks: int
    findings: Sequence[Finding] = ()
    left: Sequence[str] = ()
    problem: str = ""
    is_running: bool = True

    @property
    def failed(self) -> Sequence[Finding]:
        """The checks that have failed."""
        return [finding for finding in self.findings if finding.status is Status.FAILURE]


@dataclass
class Examination:
    """The last examination. All methods may be called from many threads."""

    connector: object
    last: Examined | None = None
    _changing: threading.Lock = field(default_factory=threading.Lock)
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def is_possible(self) -> bool:
        """Whether the connector can be examined."""
        return isinstance(self.connector, Examines)

    def run(self, patience: float) -> None:
        """Begin, unless one runs, and wait for its end for so many seconds at most."""
        if not isinstance(self.connector, Examines):
            return
        with self._changing:
            if not (self.last and self.last.is_running):
                self.last = Examined(time.time(), len(self.connector.checks))
                self._ended.clear()
                threading.Thread(target=self._examine, args=(self.connector,), daemon=True).start()
        self._ended.wait(patience)

    def _examine(self, connector: Examines) -> None:
        assert self.last is not None
        now, found, left = self.last, list[Finding](), list[str]()
        problem = ""
        try:
            for finding in connector.examine(False, left):
                found.append(finding)
                self.last = replace(now, findings=list(found))
        except DssrError as error:
            problem = error.message
        except Exception:
            log.exception("The examination has a fault.")
            problem = "The examination has a fault: the bridge's log has it."
        self.last = replace(now, findings=found, left=left, problem=problem, is_running=False)
        self._ended.set()
