"""The health of the current target, as the front sees it."""

import asyncio
import contextlib
import socket
import time
from pathlib import Path
from typing import Any

from dssr.services.front.configuration import Configuration
from dssr.services.front.counters import Counters
from dssr.services.front.targets import Target
from dssr.services.front.watch import Watch
from tests.dssr.services.front.programs import raw_program, web_program
from tests.dssr.services.front.running import RunningFront, front, until

FAST = {"path": "/whoami", "every": 0.05, "timeout": 5.0, "start": 30.0}
STRICT = {"tolerances": {"port": [2, 0.1], "path": [2, 0.1]}}


def health(running: RunningFront) -> dict[str, Any]:
    """What ``status`` says of it."""
    found: dict[str, Any] = running.order("status")["health"]
    return found


def becomes(running: RunningFront, state: str) -> bool:
    """Whether the health gets there in time."""
    return until(lambda: health(running)["state"] == state)


def test_a_program_that_fails_is_noticed_and_its_recovery_too(folder: Path) -> None:
    """When the program goes, the front says so with the reason, and takes it back when it is
    there again; both are among the incidents."""
    path = folder / "program"
    with front(folder, **FAST, **STRICT) as running:
        with web_program(path):
            running.aim(path)
            assert health(running)["state"] == "healthy"
        assert becomes(running, "unhealthy")
        assert health(running)["check"] == "port"
        assert health(running)["reason"] == "first is not reached: No such file or directory"
        with web_program(path):
            assert becomes(running, "healthy")
            states = (incident["state"] for incident in running.order("status")["incidents"])
        assert all(state in states for state in ("failing", "unhealthy", "healthy"))  # in order


def test_a_program_that_accepts_and_never_answers(folder: Path) -> None:
    """A port that is open proves nothing: a hung program is unhealthy, by its health path."""

    def hang(accepted: socket.socket) -> None:
        while accepted.recv(1000):
            pass

    how = {**FAST, "timeout": 0.3, "start": 1.0}
    with raw_program(folder / "program", hang), front(folder, **how, **STRICT) as running:
        running.aim(folder / "program", check=False)
        assert becomes(running, "unhealthy")
        assert health(running)["reason"].endswith("no answer to /whoami within 0.3 seconds")


def test_a_target_that_is_not_checked_is_not_waited_for(folder: Path) -> None:
    """With ``check`` false, the target is taken at once, however it is."""
    with front(folder, **FAST) as running:
        began = time.monotonic()
        running.aim(folder / "none", check=False, within=60)
        assert time.monotonic() - began < 20
        assert running.order("status")["target"]["name"] == "first"


def test_an_error_of_the_health_path(folder: Path) -> None:
    """A program that answers its health path with 500 is not ready, and the status is the
    reason."""
    how = {**FAST, "path": "/error"}
    with web_program(folder / "program") as program, front(folder, **how) as running:
        answer = running.order("target", name="a", socket=str(program.path), within=0.2)
        assert answer["error"] == "a is not ready: /error answers 500. Nothing was changed."


def test_a_busy_program_is_not_a_hung_one(folder: Path) -> None:
    """A program that keeps the health check waiting while it answers others is alive."""
    tolerances = {"tolerances": {"port": [5, 5], "path": [3, 0.1]}}
    with (
        web_program(folder / "program") as program,
        front(folder, **{**FAST, "path": "/slow", "timeout": 1.0}, **tolerances) as running,
    ):
        running.aim(program.path)
        with running.connect() as client:
            client.sendall(b"GET /events?1000000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            program.delay = 30.0
            for _ in range(100):  # longer than three checks wait
                program.ticks.release()
                assert client.recv(1000)
                time.sleep(0.05)
        assert health(running)["state"] == "healthy"


def test_what_others_know_counts(folder: Path) -> None:
    """That the job has ended is known to another process, and decides at once; what it says of
    another target does not count."""
    with web_program(folder / "program") as program, front(folder, **FAST) as running:
        running.aim(program.path)
        ended = {"check": "job", "outcome": "failed", "detail": "job 7 has ended: TIMEOUT"}
        assert running.order("observe", target="other", **ended)["health"]["state"] == "healthy"
        unknown = {**ended, "outcome": "unknown"}
        assert running.order("observe", target="first", **unknown)["health"]["state"] == "healthy"
        answer = running.order("observe", target="first", **ended)
        assert answer["health"] == {
            "state": "unhealthy",
            "check": "job",
            "reason": "job 7 has ended: TIMEOUT",
        }


def test_a_look_that_fails_is_not_the_last(folder: Path) -> None:
    """An error in a look, which is a fault of the front, does not end the watch."""
    calls: list[float] = []

    def broken(since: float) -> str:
        calls.append(since)
        raise RuntimeError("deque mutated during iteration")

    async def run() -> None:
        how = Configuration(name="demo", folder=str(folder), every=0.01)
        watch = Watch(how, broken)
        watch.follow(Target("first", folder / "none", Counters()), watch.new_health())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_repeated(watch, calls), 20)

    asyncio.run(run())
    assert len(calls) > 2


async def _repeated(watch: Watch, calls: list[float]) -> None:
    task = asyncio.create_task(watch.run())
    while len(calls) < 3 and not task.done():
        await asyncio.sleep(0.01)
    task.cancel()
