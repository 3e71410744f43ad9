"""The doors of interactive jobs on the services port."""

import os
import signal
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.dssr.services.front.running import PATIENCE, answered
from tests.dssr.services.port.ports import TOKEN, RunningPort, services_port
from tests.dssr.services.port.web import TcpProgram, tcp_program

NAME = "job-7-0123456789"
HOST, ENTRANCE = f"{NAME}.localhost", f"/{TOKEN}/"


@pytest.fixture
def program() -> Iterator[TcpProgram]:
    """The server of a job, on this machine."""
    with tcp_program(NAME) as running:
        yield running


def opened(port: RunningPort, number: int, **more: object) -> bool:
    """Open the job's door; whether its server answers."""
    how = {"name": NAME, "host": "127.0.0.1", "port": number, "token": TOKEN, **more}
    answer = port.order("open", **how)
    assert "error" not in answer, answer
    return bool(answer["answers"])


def test_a_job_has_a_door(port: RunningPort, program: TcpProgram) -> None:
    """The address of a job leads to its server, with its token alone."""
    assert opened(port, program.port)
    assert port.ask(HOST).status == 401
    assert port.ask(HOST, Cookie=port.enter(NAME, ENTRANCE)).body == NAME.encode()


def test_an_answer_is_an_answer_whatever_its_status(port: RunningPort, program: TcpProgram) -> None:
    """A server answers as soon as it speaks HTTP, also with an error; one that is silent, or not
    there, does not answer, until it does."""
    program.status, program.silent = 500, True
    assert not opened(port, program.port)
    program.silent = False
    assert opened(port, program.port)


def test_a_port_that_no_program_has(port: RunningPort, program: TcpProgram) -> None:
    """A door leads to where the job listens last, and nowhere does not answer."""
    assert not opened(port, 1)
    assert opened(port, program.port)


def test_a_closed_door(port: RunningPort, program: TcpProgram) -> None:
    """A closed door has no address any more, and a kept connection leads nowhere."""
    opened(port, program.port)
    cookie = port.enter(NAME, ENTRANCE)
    with closing(port.client()) as client:
        assert answered(client, "/whoami", Host=HOST, Cookie=cookie).status == 200
        assert port.order("close", name=NAME)["closed"]
        assert answered(client, "/whoami", Host=HOST, Cookie=cookie).status == 503
    assert port.ask(HOST, Cookie=cookie).status == 404
    assert not port.order("close", name=NAME)["closed"]


def test_doors_outlive_their_process(folder: Path, program: TcpProgram) -> None:
    """After a kill -9, the next process has the same doors, from files that no other user can
    read."""
    with services_port(folder) as first:
        opened(first, program.port)
        cookie = first.enter(NAME, ENTRANCE)
        os.kill(first.pid, signal.SIGKILL)
        first.process.wait(PATIENCE)
    (kept,) = (folder / "_port.jobs").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with services_port(folder) as second:
        assert second.ask(HOST, Cookie=cookie).body == NAME.encode()
        assert [job["name"] for job in second.order("status")["jobs"]] == [NAME]
        second.order("close", name=NAME)
    assert not kept.exists()


@pytest.mark.parametrize("wrong", [{"name": "../x"}, {"port": 0}, {"port": True}, {"host": 1}])
def test_a_door_that_cannot_be(port: RunningPort, wrong: dict[str, object]) -> None:
    """An order that names no host, port or name is refused."""
    how = {"name": NAME, "host": "127.0.0.1", "port": 80, "token": TOKEN, **wrong}
    assert "must be" in port.order("open", **how)["error"]
