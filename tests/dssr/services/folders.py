"""Services whose jobs are web programs of this machine, for what holds services."""

import itertools
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from connectors.shared.copying import Tree
from connectors.shared.job_files import JobDirectory
from dssr.errors import NotFound
from dssr.job import JobState
from dssr.seams import Completed, Purpose, Sink, Way
from dssr.seams.services import (
    Address,
    Exposure,
    FrontUse,
    Generation,
    GenerationEnd,
    Heartbeat,
    How,
    Place,
    Request,
    ServiceFiles,
    ServiceView,
    Started,
)
from dssr.service import ServiceSpec
from tests.dssr.services.port.web import tcp_program


class Folders:
    """The services of one user. Each job listens at once.

    :ivar looks: how often a service was looked at.
    """

    def __init__(self, user: str) -> None:
        self.user, self.looks = user, 0
        self._specs: dict[str, ServiceSpec] = {}
        self._generations: dict[str, list[Generation]] = {}
        self._numbers = itertools.count(1)
        self._programs = ExitStack()

    def start(self, spec: ServiceSpec, launch: str) -> Started:
        """See ``Services``."""
        live = [g for g in self._generations.get(spec.name, []) if g.end is None]
        is_same = self._specs.get(spec.name) == spec
        self._specs[spec.name] = spec
        if live and is_same:
            return Started("/f", live[0].number, live[0].job, joined=True)
        begun = self._begin(spec.name)
        return Started(
            "/f",
            begun.number,
            begun.job,
            joined=bool(live),
            handing_over=live[0].number if live else 0,
        )

    def view(self, place: Place, use: FrontUse | None = None) -> ServiceView:
        """See ``Services``."""
        self.looks += 1
        if place.name not in self._specs:
            raise NotFound(f"There is no service {place.name}.")
        return ServiceView(
            f"/{place.name}", time.time(), self._specs[place.name], "v",
            self._generations[place.name],
        )  # fmt: skip

    def views(self) -> Sequence[ServiceView]:
        """See ``Services``."""
        return [self.view(Place(name)) for name in self._specs]

    def request(self, place: Place, request: Request, generation: int = 0) -> int:
        """See ``Services``."""
        found = self.view(place).generations
        if request is Request.RESTART:
            self._begin(place.name)
        if request is Request.DOWN:
            end = GenerationEnd(How.STOPPED, "It was asked to end.", time.time())
            self._generations[place.name] = [replace(g, end=end) for g in found]
        return found[0].number

    def extend(self, place: Place, ahead: int) -> None:
        """See ``Services``: none of them needs it."""

    def output(self, place: Place, generation: int, offset: int, limit: int) -> bytes:
        """See ``Services``: none of them prints."""
        return b""

    def remove(self, place: Place) -> None:
        """See ``Services``."""
        del self._specs[place.name], self._generations[place.name]

    def stop(self) -> None:
        """End all jobs."""
        self._programs.close()

    def _begin(self, name: str) -> Generation:
        number, now = next(self._numbers), time.time()
        program = self._programs.enter_context(tcp_program(f"{name} {number}"))
        beat = Heartbeat(
            now, "ready", "200", now + 3600, 60, now + 3540, "", JobState.UNKNOWN, 0, 0
        )
        address = Address(str(number), "127.0.0.1", program.port, now, Exposure.NONE)
        made = Generation(
            number, self.user, str(number), asked=now, began=True, took=0, address=address,
            heartbeat=beat, listed=JobState.RUNNING,
        )  # fmt: skip
        self._generations[name] = [made, *self._generations.get(name, [])]
        return made


class FoldersConnector:
    """A connector whose users have such services. ``files``: the parent of their files."""

    def __init__(self, files: Path) -> None:
        self.users: dict[str, Folders] = {}
        self.files = files

    def services(self, owner: str = "") -> Folders:
        """See ``dssr.seams.RunsServices``."""
        return self.users.setdefault(owner, Folders(owner or "service"))

    def service_files(self, place: Place, make: bool, owner: str = "") -> ServiceFiles:
        """See ``dssr.seams.KeepsServiceFiles``: in a directory of this machine."""
        path = self.files / owner / place.files
        if make:
            path.mkdir(parents=True, exist_ok=True)
        return ServiceFiles(str(path), Tree(JobDirectory(_run, str(path), True, (), "")))

    def way(self) -> Way:
        """See ``dssr.seams.RunsServices``: this machine reaches them itself."""
        return Way("", {})

    def stop(self) -> None:
        """End all jobs."""
        for each in self.users.values():
            each.stop()


def _run(
    argv: Sequence[str], input: bytes | None, purpose: Purpose, sink: Sink | None = None
) -> Completed:
    done = subprocess.run(argv, input=input, capture_output=True, check=False)
    if sink is not None:
        sink(0, done.stdout)
    return Completed(tuple(argv), done.returncode, done.stdout, done.stderr)
