"""The fronts of this machine."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dssr.errors import Conflict, SettingsError
from dssr.seams import Way
from dssr.service import ServiceSpec
from dssr.services import fronts as starting
from dssr.services.fronts import Fronts, Leaving
from dssr.services.memory import Memory, Remembered
from dssr.services.process import ProcessGone, start
from tests.dssr.services.front.running import until

SPEC = ServiceSpec(name="demo", script="run", health="/")


@pytest.fixture
def fronts() -> Iterator[Fronts]:
    """Fronts in a new folder, which end with the test."""
    with tempfile.TemporaryDirectory(prefix="fronts.") as name:
        made = Fronts(Path(name) / "f", Memory(Path(name) / "m"), lambda: Way("", {}))
        yield made
        made.end("demo")


def test_a_front_is_started_once(fronts: Fronts) -> None:
    """The second one who asks gets the front that runs, and it answers both."""
    first = fronts.get(SPEC)
    assert fronts.get(SPEC) == first == fronts.running("demo")
    assert first.order("status")["port"] == first.port
    assert fronts.names() == ["demo"]


def test_the_port_is_that_of_the_last_time(fronts: Fronts) -> None:
    """A front that was killed is gone for all, and the next one has its port."""
    first = fronts.get(SPEC)
    os.kill(first.pid, signal.SIGKILL)
    assert until(lambda: fronts.running("demo") is None)
    with pytest.raises(ProcessGone):
        first.order("status")
    second = fronts.get(SPEC)
    assert (second.port, second.url) == (first.port, first.url)


def test_what_is_asked_while_a_front_starts_is_not_lost(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A removal that is asked for while a front starts is remembered beside the front's port."""
    memory = Memory(folder / "m")
    purged = Remembered(0, "", "ada", is_ended=True, is_purged=True)

    def slowly(*words: Any) -> Mapping[str, Any]:
        about = start(*words)
        memory.put("demo", purged)
        return about

    monkeypatch.setattr(starting, "start", slowly)
    mine = Fronts(folder / "f", memory, lambda: Way("", {}))
    made = mine.get(SPEC)
    assert memory.get("demo") == replace(purged, port=made.port)
    mine.end("demo")


def test_a_front_is_ended(fronts: Fronts) -> None:
    """Nothing is left of a front that was ended, and to end it again does nothing."""
    fronts.get(SPEC)
    assert fronts.end("demo")
    assert fronts.running("demo") is None
    assert not fronts.end("demo")


def test_a_front_that_ends_by_itself_is_ended(
    fronts: Fronts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A front that has gone just before it is killed is ended all the same."""
    kill = os.kill

    def too_late(pid: int, number: int) -> None:
        kill(pid, number)
        raise ProcessLookupError

    front = fronts.get(SPEC)
    with monkeypatch.context() as late:
        late.setattr(starting, "_STOP", -1.0)
        late.setattr(os, "kill", too_late)
        fronts.stop(front)
    assert fronts.running("demo") is None


def test_a_front_keeps_its_log(fronts: Fronts, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a running front has written stays there when another process starts one, too."""
    first, log = fronts.get(SPEC), fronts.file("demo.log")
    log.write_text("The front has said this.\n")
    with monkeypatch.context() as blind:
        blind.setattr(fronts, "running", lambda _: None)
        assert fronts.get(SPEC) == first
    assert log.read_text() == "The front has said this.\n"


def test_one_process_keeps_a_front(fronts: Fronts) -> None:
    """The lock of the keeper is one process's, until it is released."""
    lock = fronts.keep("demo")
    assert lock is not None
    assert fronts.keep("demo") is None
    assert fronts.keeper("demo") == os.getpid()
    with pytest.raises(Conflict, match="This program itself"):
        fronts.end("demo")
    lock.release()
    assert fronts.keeper("demo") == 0


def test_a_front_that_cannot_start_says_why(tmp_path: Path) -> None:
    """What is wrong is the error's text."""
    tmp_path.chmod(0o700)
    fronts = Fronts(tmp_path, Memory(tmp_path), lambda: Way("no-such", {}))
    with pytest.raises(SettingsError, match="no-such"):
        fronts.get(SPEC)


def test_a_nudge_is_seen(fronts: Fronts) -> None:
    """Another process can have the keeper look at the service."""
    assert fronts.nudged("demo") == 0
    fronts.nudge("demo")
    assert fronts.nudged("demo") > 0


def test_a_job_that_does_not_leave_gets_callers_again(fronts: Fronts) -> None:
    """A job that was to end, and has not ended two minutes later, is sent callers again."""
    fronts.get(SPEC)
    fronts.hold("demo", Leaving(3, 4))
    assert fronts.leaving("demo") == Leaving(3, 4)
    before = time.time() - 130
    os.utime(fronts.file("demo.leaving"), (before, before))
    assert fronts.leaving("demo") == Leaving()
