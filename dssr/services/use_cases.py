"""The use cases of services: up, look, logs, restart, down, purge. No HTTP, no SSH.

The service's folder is the source of truth: nothing is kept here.
"""

import time
from collections.abc import Callable, Iterator, Sequence

from dssr.errors import Conflict, NotFound, Unavailable
from dssr.seams.services import Place, Request, Services, Started
from dssr.service import ServiceSpec
from dssr.services.chain import chain, is_over
from dssr.services.fronts import Leaving
from dssr.services.keeper import look
from dssr.services.sight import Sight

_PART = 1 << 20  # bytes of output that one command reads
_EVERY = 2.0  # seconds
_ENDED = 120.0  # seconds for the jobs of a service to end before its folder is removed


class ServiceUses:
    """The services of one local user. All methods raise what ``dssr.seams.Services`` raises."""

    def __init__(self, services: Services, launch: Callable[[ServiceSpec], str]) -> None:
        """``launch``: the executor's text for a service."""
        self.services, self._launch = services, launch

    def up(self, spec: ServiceSpec) -> Started:
        """Start the service, or join it; with another script it hands over."""
        return self.services.start(spec, self._launch(spec))

    def look(self, place: Place) -> Sight:
        """The service now, without a front."""
        return look(self.services, place)

    def list(self) -> Sequence[Sight]:
        """All services in the user's own directory."""
        return [Sight(view, chain(view)) for view in self.services.views()]

    def restart(
        self, place: Place, hold: Callable[[Leaving], object] = lambda _leaving: None
    ) -> int:
        """Hand over to a new job; the generation that was asked, or that starts. A service that
        does not run is started with the script and the options that it had.

        ``hold``: is called before a job ends without overlap.
        """
        sight = self.look(place)
        if sight.is_over:
            return self.up(sight.view.spec).generation
        live = [g for g in sight.view.generations if not is_over(g, sight.view)]
        if not any(g.began for g in live):  # the job that waits is the next one already
            return live[-1].number
        if sight.chain.current and not sight.view.spec.overlap:
            newest = max(g.number for g in sight.view.generations)
            hold(Leaving(sight.chain.current.number, newest))
        return self.services.request(place, Request.RESTART)

    def down(self, place: Place) -> None:
        """End the chain and its jobs; the script and the options stay."""
        self.services.request(place, Request.DOWN)

    def purge(self, place: Place, patience: float = _ENDED) -> None:
        """End it, wait for its jobs' end, and remove its folder. Raises ``Unavailable`` while a job
        still runs."""
        self.down(place)
        deadline = time.monotonic() + patience
        while True:
            try:
                self.services.remove(place)
                return
            except Conflict as error:
                if time.monotonic() > deadline:
                    raise Unavailable(error.message) from error
            time.sleep(_EVERY)

    def output(self, place: Place, generation: int, offset: int) -> Iterator[bytes]:
        """What a generation has printed from that byte on, until now; nothing before it has
        begun."""
        while True:
            try:
                part = self.services.output(place, generation, offset, _PART)
            except NotFound:
                return
            if part:
                yield part
            if len(part) < _PART:
                return
            offset += len(part)
