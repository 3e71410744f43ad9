"""The keeper of a service's front: a front that runs, and services as their folders show them."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from dssr.errors import NotFound, Unavailable
from dssr.seams import Way
from dssr.seams.services import FrontUse, Generation, GenerationEnd, How, Place, Services
from dssr.services import keeper as keeping
from dssr.services.fronts import Front, Fronts, Leaving
from dssr.services.keeper import Keeper
from dssr.services.memory import Memory
from dssr.services.process import ProcessRefused
from dssr.services.sight import Sight
from tests.dssr.services.front.running import until
from tests.dssr.services.views import NOW, generation, heartbeat, view, waiting
from tests.import_rules import ROOT

PLACE = Place("demo")


class Folder:
    """Answers as a connector does, for one service."""

    def __init__(self, *generations: Generation) -> None:
        self.generations = generations
        self.error: Exception | None = None
        self.noted: list[int] = []
        self.overlap = True

    def view(self, _place: Place, use: FrontUse | None = None) -> Any:
        """The service now."""
        if self.error:
            raise self.error
        assert use is not None
        assert use.front == "mark"
        self.noted.append(use.oldest)
        return view(*self.generations, health="/", overlap=self.overlap)


class Kept:
    """A keeper with a front whose forwards are the sockets of programs here."""

    def __init__(self, folder: Folder, directory: Path) -> None:
        self.folder = folder
        way = Way("tests.dssr.services.sockets:Sockets", {"directory": str(directory)})
        self.fronts = Fronts(directory / "f", Memory(directory / "m"), lambda: way)
        self.leaving = Leaving()
        self.keeper = Keeper(
            cast(Services, folder),
            PLACE,
            self.fronts.get,
            leaving=lambda: self.leaving,
            mark="mark",
        )

    def step(self) -> Sight:
        """Look now."""
        self.keeper.nudge()
        self.keeper.step()
        assert self.keeper.sight is not None
        return self.keeper.sight

    def notes(self) -> int:
        """What the folder has of the front, after a look if one is due."""
        self.keeper.step()
        return self.folder.noted[-1]

    @property
    def target(self) -> str:
        """Where the front leads to."""
        assert self.keeper.front is not None
        target = self.keeper.front.order("status")["target"]
        return str(target["name"]) if target else ""


@pytest.fixture
def directory() -> Iterator[Path]:
    """A new directory with a path that is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="keeper.") as name:
        yield Path(name)


@pytest.fixture
def kept(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """A keeper of a service that serves."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # the front finds the forwards of the tests
    made = Kept(Folder(waiting(2), generation(1)), directory)
    with program(directory, 5001), program(directory, 5002):
        yield made
        made.fronts.end("demo")


@contextmanager
def program(directory: Path, port: int) -> Iterator[None]:
    """A web program at a socket that is named by its port."""
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(directory / str(port)))
        listener.listen()
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield


def keep(client: socket.socket) -> None:
    """Answer nothing until the client goes."""
    with client:
        client.recv(1)


def serve(listener: socket.socket) -> None:
    """Answer all requests."""
    while True:
        try:
            client = listener.accept()[0]
        except OSError:
            return
        received = b""
        while b"\r\n\r\n" not in received and (part := client.recv(65536)):
            received += part  # the relay's line comes first, and alone
        if b"/slow" in received:
            threading.Thread(target=keep, args=(client,), daemon=True).start()
            continue
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        client.close()


def test_the_front_leads_to_the_job(kept: Kept) -> None:
    """The front leads to the job that serves, and from then on one look a minute is enough, however
    often the keeper runs."""
    for _ in range(20):
        kept.keeper.step()
    assert kept.target == "generation 1, job 1 at node1:5001"
    assert kept.keeper.sight is not None
    assert kept.keeper.sight.is_served
    assert kept.keeper.looks == 1


def test_the_front_moves_to_the_successor(kept: Kept) -> None:
    """The front leads to the newest job that is ready; once it has left the old one, the folder has
    that at once, without a look that would be due."""
    kept.step()
    kept.folder.generations = (generation(2), generation(1))
    kept.step()
    assert kept.target == "generation 2, job 2 at node1:5002"
    assert kept.folder.noted == [0, 1]
    assert until(lambda: kept.notes() == 2)
    assert kept.folder.noted == [0, 1, 2]


def test_a_job_that_drains_is_still_used(kept: Kept) -> None:
    """While a connection to the old job lasts, the folder has it as used; when it has ended, the
    next look comes at once."""
    kept.step()
    front = kept.keeper.front
    assert front is not None
    with socket.create_connection(("127.0.0.1", front.port)) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert until(lambda: front.order("status")["target"]["connections"] == 1)
        kept.folder.generations = (generation(2), generation(1))
        kept.step()
        kept.step()
        assert kept.target == "generation 2, job 2 at node1:5002"
        assert kept.folder.noted[-1] == 1
    assert until(lambda: kept.notes() == 2)


def test_a_job_that_makes_no_room_serves_on(kept: Kept) -> None:
    """Without overlap, callers wait for a job's successor only until the scheduler has refused
    that; a refusal of the past does not count."""
    kept.folder.overlap = False
    refused = GenerationEnd(How.REFUSED, "sbatch did not take the job.", NOW)
    kept.folder.generations = (waiting(2, end=refused), generation(1))
    kept.step()
    kept.leaving = Leaving(1, 2)
    kept.step()
    assert kept.target == ""
    kept.folder.generations = (waiting(3, end=refused), *kept.folder.generations)
    kept.step()
    assert kept.target == "generation 1, job 1 at node1:5001"


@pytest.mark.parametrize(("asked", "target"), [(NOW - 10, ""), (NOW - 60, "generation 1")])
def test_an_answer_that_is_lost_is_waited_for(kept: Kept, asked: float, target: str) -> None:
    """A successor whose submission has no outcome holds callers for as long as a job waits for
    that."""
    kept.folder.overlap = False
    kept.leaving = Leaving(1, 1)
    kept.folder.generations = (waiting(2, job="", asked=asked), generation(1))
    kept.step()
    assert kept.target.startswith(target)
    assert bool(kept.target) is bool(target)


def test_a_front_that_refuses_an_order_is_kept(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order that the front does not take is reported, and the front leads on."""
    kept.step()
    front, order = kept.keeper.front, Front.order

    def refusing(front: Front, do: str, **more: Any) -> dict[str, Any]:
        if do == "observe":
            raise ProcessRefused("Not now.")
        return order(front, do, **more)

    monkeypatch.setattr(Front, "order", refusing)
    assert kept.step().refused == "Not now."
    assert kept.keeper.front is front


@pytest.mark.parametrize(
    ("left", "drain"), [(None, 10), (3600, 3540), (65, 10), (40, 10), (8, 5), (2, 0)]
)
def test_requests_under_way_are_given_time_to_end(left: float | None, drain: float) -> None:
    """Connections to the old job last as long as it runs, less a minute, and for some seconds
    where it has less than that, or where nothing is known of it."""
    old = generation(1, heartbeat=None if left is None else heartbeat(ends=NOW + left))
    assert keeping._drain(old, view(old)) == drain


def test_a_successor_that_does_not_answer_is_left(
    kept: Kept, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that calls itself ready and is not reached changes nothing, and the reason is shown."""
    kept.step()
    (directory / "5002").unlink()
    monkeypatch.setattr(keeping, "_CHECKED", 0.2)
    kept.folder.generations = (generation(2), generation(1))
    sight = kept.step()
    assert "generation 2, job 2 at node1:5002 is not ready" in sight.refused
    assert kept.target == "generation 1, job 1 at node1:5001"


def test_callers_wait_when_the_job_has_ended(kept: Kept) -> None:
    """Nothing is sent to a job that has ended; callers wait for the next one."""
    kept.step()
    end = GenerationEnd(How.TERMINATED, "Slurm ended the job.", NOW)
    kept.folder.generations = (waiting(2), generation(1, end=end))
    assert not kept.step().is_served
    assert kept.target == ""


def test_a_query_that_fails_is_no_evidence(kept: Kept) -> None:
    """The front leads on, what was known stays, and the error is shown."""
    kept.step()
    kept.folder.error = Unavailable("The login node does not answer.")
    sight = kept.step()
    assert sight.error == "The login node does not answer."
    assert sight.chain.current is not None
    assert kept.target == "generation 1, job 1 at node1:5001"


def test_looks_that_fail_are_rare_during_a_hand_over(kept: Kept) -> None:
    """A login node that does not answer is not asked at each step, though the folder is to have
    that the front has left the old job."""
    kept.step()
    kept.folder.generations = (generation(2), generation(1))
    kept.step()
    assert kept.target == "generation 2, job 2 at node1:5002"
    kept.folder.error = Unavailable("The login node does not answer.")
    before = kept.keeper.looks
    for _ in range(20):
        kept.keeper.step()
    assert kept.keeper.looks <= before + 1


def test_a_folder_that_is_gone_ends_the_keeper(kept: Kept) -> None:
    """The keeper ends with the service's folder."""
    kept.folder.error = NotFound("There is no such service.")
    with pytest.raises(NotFound):
        kept.keeper.run(threading.Event())


def test_a_front_that_was_killed_is_replaced(kept: Kept) -> None:
    """The keeper notices that its front is gone, without a look at the cluster, and starts another
    at the same port."""
    kept.step()
    first = kept.keeper.front
    assert first is not None
    kept.fronts.stop(first)
    stopping = threading.Event()
    thread = threading.Thread(target=kept.keeper.run, args=(stopping,))
    thread.start()
    try:
        assert until(lambda: (found := kept.fronts.running("demo")) is not None
                     and found.pid != first.pid and found.port == first.port)  # fmt: skip
    finally:
        stopping.set()
        thread.join()
