"""A service that this process leads to: its address, and a thread that keeps its front."""

import contextlib
import math
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from dssr.client.errors import ClientError, WaitTimeout
from dssr.client.own_services import Document, OwnServices, addresses
from dssr.errors import DssrError
from dssr.services.documents import document
from dssr.services.front.lock import FrontLock
from dssr.services.keeper import Keeper, look
from dssr.services.process import ProcessGone, ProcessRefused
from dssr.services.sight import Sight

_TICK, _LOOK = 0.25, 0.05  # seconds
_WHILE_WAITING = 2.0  # seconds between looks of a process that is not the keeper


class ServiceEnded(ClientError):
    """The service has failed or was stopped. ``document``: its last one."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        said = "".join(f"\n  {line}" for line in found["last_lines"])
        lines = f"\nThe last lines of its output:{said}" if said else ""
        why = found["why"] or "It does not run."
        super().__init__(f"The service {found['name']} is {found['state']}. {why}{lines}")
        self.document = found


class NotTakenOver(ClientError):
    """What was asked for does not start, or does not take over. ``document``: the service's."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        failure = found["failure"]
        said = "".join(f"\n  {line}" for line in failure["last_lines"])
        lines = f"\nThe last lines of its output:{said}" if said else ""
        goes_on = f"\nJob {found['job']} goes on as before." if found["node"] else ""
        what = "does not hand over" if found["node"] else "does not start"
        super().__init__(f"The service {found['name']} {what}. {failure['why']}{lines}{goes_on}")
        self.document = found


def raise_failure(found: Mapping[str, Any], after: int) -> None:
    """Raises ``NotTakenOver`` if the service has no job that serves, or was asked to hand over when
    its newest generation was ``after``, and nothing will come of it."""
    failure = found["failure"]
    if failure and (not found["node"] or 0 < after < failure["generation"]):
        raise NotTakenOver(found)


class Service:
    """A handle: ``url``, ``wait_ready()``, ``status()``, ``stop()``. As a context manager, it
    closes the address at the end; the service goes on.

    One process of this machine keeps a service's front; the others use its address, and one of
    them takes over when it ends. All methods raise ``ClientError`` or the ``DssrError`` of the
    cluster.
    """

    def __init__(
        self,
        own: OwnServices,
        name: str,
        directory: str = "",
        port: int = 0,
        *,
        after: int = 0,
        owns: bool = False,
    ) -> None:
        """``port``: the first one that is tried, on this machine; 0: the one of the last time.
        ``after``: the generation after which it is ready, of a service that hands over.
        ``owns``: ``close`` closes the connections of ``own``, too."""
        self.name, self._own, self._owns, self._after = name, own, owns, after
        self._place = own.place(name, directory)
        self._keeper = Keeper(
            own.uses.services,
            self._place,
            lambda spec: own.fronts.get(spec, port),
            leaving=lambda: own.fronts.leaving(name),
            mark=own.fronts.mark,
        )
        self._lock: FrontLock | None = None
        self._sight: Sight | None = None  # of a process that is not the keeper
        self._looked, self._nudged = 0.0, own.fronts.nudged(name)
        self._error: Exception | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"service {name}", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address for programs; '' while there is none."""
        return str(self._addresses.get("url", ""))

    @property
    def browser_url(self) -> str:
        """The address for browsers; '' while there is none."""
        return str(self._addresses.get("browser_url", ""))

    def wait_ready(
        self,
        timeout: float = math.inf,
        report: Callable[[Document], object] | None = None,
        unreached: float = math.inf,
    ) -> Self:
        """Wait until the address has been checked. ``timeout``: seconds. ``report``: is called
        with the service's document again and again. ``unreached``: seconds for which a job that is
        ready may not be reached from here.

        Raises ``ServiceEnded`` as soon as the service has failed, ``NotTakenOver`` as soon as what
        was asked for has, ``WaitTimeout``.
        """
        deadline, refused = time.monotonic() + timeout, 0.0
        while not self._is_ready():
            now, sight = time.monotonic(), self._seen
            if sight:
                found = self._document(sight)
                raise_failure(found, self._after)
                if report:
                    report(found)
            refused = (refused or now) if sight and sight.refused else 0.0
            if now > deadline:
                raise WaitTimeout(f"{self.name} was not ready within {timeout:g} seconds.")
            if sight and refused and now - refused > unreached:
                raise WaitTimeout(f"{self.name} is not reached from here: {sight.refused}")
            time.sleep(_LOOK)
        return self

    def status(self) -> Document:
        """The service's document, as it was last seen. Raises ``DssrError`` where it cannot be seen
        at all."""
        sight = self._seen or look(self._own.uses.services, self._place)
        return self._document(sight)

    def check(self) -> None:
        """Raises what has ended the thread, or ``ServiceEnded``."""
        if self._error is not None:
            raise self._error
        if (sight := self._seen) is not None and sight.is_over:
            raise ServiceEnded(self._document(sight))

    def stop(self, *, purge: bool = False) -> None:
        """End the service and its address. ``purge``: remove its folder, too."""
        self._own.down(self.name, self._place.directory, purge=purge)
        self.close()

    def close(self) -> None:
        """Close the address, unless another process keeps it; the service goes on."""
        front = self._keeper.front
        if self.leave() and front:
            self._own.fronts.stop(front)
        if self._owns:
            self._own.close()

    def leave(self) -> bool:
        """Keep the front no more, and leave it as it is; whether this process kept it."""
        self._stopping.set()
        self._thread.join()
        if self._lock is None:
            return False
        self._lock.release()
        self._lock = None
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._lock = self._lock or self._own.fronts.keep(self.name)
                if self._lock:
                    if (nudged := self._own.fronts.nudged(self.name)) != self._nudged:
                        self._nudged = nudged
                        self._keeper.nudge()
                    self._keeper.step()
                else:
                    self._follow()
                self._stopping.wait(self._keeper.rest if self._lock else _TICK)
        except Exception as error:  # the caller's thread raises it
            self._error = error

    def _follow(self) -> None:
        """Another process keeps the front: look at the service only as long as it is not ready."""
        sight = self._sight
        is_due = time.monotonic() - self._looked > _WHILE_WAITING
        if is_due and not (sight and self._is_there(sight)):
            with contextlib.suppress(DssrError):
                sight, self._looked = look(self._own.uses.services, self._place), time.monotonic()
        if sight:  # without a front it is not served, and is looked at again
            sight = Sight(sight.view, sight.chain, self._front_status())
        self._sight = sight

    def _front_status(self) -> Mapping[str, Any]:
        if front := self._own.fronts.running(self.name):
            with contextlib.suppress(ProcessGone, ProcessRefused):
                return front.order("status")
        return {}

    def _is_ready(self) -> bool:
        self.check()
        sight = self._seen
        return sight is not None and self._is_there(sight) and not sight.refused

    def _is_there(self, sight: Sight) -> bool:
        """Whether the address leads to a job, and to a later one than ``after``."""
        current = sight.chain.current
        is_later = not self._after or (current is not None and current.number > self._after)
        return sight.is_served and is_later

    @property
    def _seen(self) -> Sight | None:
        return (self._keeper.sight if self._lock else None) or self._sight

    @property
    def _addresses(self) -> Mapping[str, str]:
        front = (self._keeper.front if self._lock else None) or self._own.fronts.running(self.name)
        return addresses(front) if front else {}

    def _document(self, sight: Sight) -> Document:
        return document(sight, self._addresses if sight.is_served else None)
