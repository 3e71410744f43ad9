"""Services: a web program that runs in one job after the other (``dssr.service.ServiceSpec``).

The service's folder on the cluster is the source of truth. Each job is a *generation* of the
service, with a number; only one process can claim a number. The chain of generations continues
while no client is connected, because each job submits its successor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from dssr.errors import NotFound
from dssr.job import JobState
from dssr.seams.files import ServesFiles
from dssr.service import NAME, ServiceSpec

FILES = "dssr-services"  # below the home directory: the files of services


class Request(StrEnum):
    """What a member of the team asks a service's jobs for. They obey within a heartbeat."""

    RESTART = "restart"  # hand over to a successor with the newest script, now
    DOWN = "down"  # end the chain and its jobs


class Exposure(StrEnum):
    """Who else reaches the program beside the relay, which admits only those with the secret."""

    NONE = "none"  # it listens on a Unix socket in a folder of its own
    NODE = "node"  # it listens on loopback: all users of the node
    NETWORK = "network"  # it listens on the network: all users of the cluster


class How(StrEnum):
    """How a generation ended, by its job's own word."""

    COMPLETED = "completed"  # the program ended by itself, with exit code 0
    FAILED = "failed"
    REFUSED = "refused"  # the scheduler did not take the job
    TERMINATED = "terminated"  # the scheduler ended it: cancelled, or out of time
    REPLACED = "replaced"  # its successor took over
    STOPPED = "stopped"  # by a request
    IDLE = "idle"
    ABANDONED = "abandoned"  # it ended before it began, or it is not to begin


@dataclass(frozen=True, slots=True)
class Address:
    """Where a job listens. ``secret``: what its relay wants to see first, as ``DSSR1 <secret>\\n``;
    empty where the node has nothing that can relay, and the port is the program's own."""

    job: str
    node: str
    port: int
    since: float
    exposure: Exposure
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a job last reported. ``at``: by the file server's clock; the other times by the
    node's."""

    at: float
    health: str  # starting, ready, failing, or restarting
    status: str  # of the last answer to the health path: an HTTP status, "open", or "none"
    ends: float  # the end of the job's time
    lead: int  # seconds before that at which the successor starts
    due: float | None  # when the successor starts; None: when this job has ended
    successor: str  # its job's id; "" while there is none
    successor_state: JobState
    failures: int  # of successors, in a row
    connections: int | None  # that are open; None where no relay counts them


@dataclass(frozen=True, slots=True)
class GenerationEnd:
    """How a generation ended. ``lines``: the last lines of its output."""

    how: How
    why: str  # a sentence
    at: float
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Generation:
    """One job of a service, as its folder and the scheduler show it."""

    number: int
    user: str  # whose job it is
    job: str = ""  # its id; "" while its submission is under way
    after: int | None = None  # the generation whose job submitted it
    version: str = ""
    asked: float | None = None  # since when it may start
    began: bool = False
    took: int | None = None  # seconds from there until it was ready
    address: Address | None = None
    heartbeat: Heartbeat | None = None
    end: GenerationEnd | None = None
    # What the scheduler lists. UNKNOWN: it did not answer, or hides the job; None: it does not
    # list it any more.
    listed: JobState | None = JobState.UNKNOWN
    reason: str = ""
    stuck: str = ""  # why its job can never start as it is, and what to do
    expected_start: float | None = None
    nodes: tuple[str, ...] = ()
    events: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service as its folder shows it. ``now``: by the file server's clock."""

    folder: str
    now: float
    spec: ServiceSpec
    version: str  # which script and options the next generation runs
    generations: Sequence[Generation] = ()  # the newest ones, newest first
    down: int = 0  # generations up to this number are to end
    beforehand: str = ""  # why a job could not submit its successor, so that others have to


@dataclass(frozen=True, slots=True)
class Started:
    """What came of a start. ``joined``: another process claimed the generation, or it was there
    before. ``handing_over``: it runs another script, and was asked to hand over: the newest
    generation then; 0: it was not."""

    folder: str
    generation: int
    job: str  # "" while its submission is under way
    joined: bool
    handing_over: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service's folder is. ``directory``: its parent; "": the caller's own. Raises
    ``NotFound`` for what is no service's name."""

    name: str
    directory: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise NotFound(
                f"There is no service {self.name[:64]!r}: the name of a service has 1 to 63 of a-z "
                "0-9 and -, and begins and ends with a letter or digit."
            )

    @property
    def files(self) -> str:
        """Where the files are that a caller has copied for it: absolute, or below their home
        directory."""
        return f"{self.directory}/{self.name}.files" if self.directory else f"{FILES}/{self.name}"


@dataclass(frozen=True, slots=True)
class FrontUse:
    """What a front still has to do with a service's jobs. ``front``: its mark, one word.
    ``oldest``: the oldest generation that has its callers or connections; 0: not known yet."""

    front: str
    oldest: int


@dataclass(frozen=True, slots=True)
class Way:
    """How a front reaches the nodes: the plugin that makes its forwards, and the plugin's settings
    (``dssr.seams.Forwards``), as JSON has them. Without a plugin, this machine reaches them
    itself. ``asks``: a login may need a person, who is asked at the Unix socket that the setting
    ``ask`` names: a line of JSON with ``question`` and ``is_notice``, and one with ``answer``."""

    plugin: str
    settings: Mapping[str, Any] = field(repr=False)
    asks: bool = False


class Services(Protocol):
    """The services that one local user can reach. Each method is one command on the cluster."""

    def start(self, spec: ServiceSpec, launch: str) -> Started:
        """Start the service unless it runs.

        ``launch``: the executor's text. One start for any number of callers at the same instant.
        A service that runs with another script or other options is asked to hand over.
        ``Refused``: the scheduler's words; nothing is left but the folder. ``Denied``: the folder
        is another user's, or all users can write to it. ``OutcomeUnknown``: the same call again is
        safe.
        """
        ...

    def view(self, place: Place, use: FrontUse | None = None) -> ServiceView:
        """The service now. ``use``: is noted in its folder first, because a job whose successor is
        ready ends when no front that looks has anything to do with it.

        ``NotFound``: there is no such folder, or it is not for this user. ``Unavailable``: it
        cannot be read, which says nothing about whether it is there.
        """
        ...

    def views(self) -> Sequence[ServiceView]:
        """All services in the caller's own directory."""
        ...

    def request(self, place: Place, request: Request, generation: int = 0) -> int:
        """Ask the service's jobs for something; another member may have started them.

        Returns the number of the generation that was asked (0: the newest). ``NotFound``: no such
        service or generation.
        """
        ...

    def extend(self, place: Place, ahead: int) -> None:
        """Submit generations beforehand until so many wait behind the first one that has not ended:
        for sites where a job may not submit a job. ``Refused``: the scheduler's words. Nothing is
        done to a service that has ended or is to end."""
        ...

    def output(self, place: Place, generation: int, offset: int, limit: int) -> bytes:
        """What a generation has printed from that byte on; a negative ``offset`` counts from the
        end. ``NotFound``: no such generation, or it has not begun."""
        ...

    def remove(self, place: Place) -> None:
        """Remove the folder. ``Conflict``: a job of the service may still run."""
        ...


@runtime_checkable
class RunsServices(Protocol):
    """A connector that runs services."""

    def services(self, owner: str = "") -> Services:
        """Those that this local user can reach (empty: the service user). Their methods raise
        ``Denied`` for a user whom the connector does not act for."""
        ...

    def way(self) -> Way:
        """How fronts reach the nodes. Raises ``SettingsError`` where the settings allow none."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceFiles:
    """The directory of a service's files. ``path``: absolute. ``files``: of that directory,
    whatever job they are asked of."""

    path: str
    files: ServesFiles


@runtime_checkable
class KeepsServiceFiles(Protocol):
    """A connector that takes the files of services, and shows them."""

    def service_files(self, place: Place, make: bool, owner: str = "") -> ServiceFiles:
        """The directory ``Place.files``. ``make``: where it is missing. Raises ``Unwritable`` with
        the system's words, ``NotFound``, and ``Denied`` for a user whom the connector does not act
        for."""
        ...
