import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from connectors.dummy.connector import DummyConnector
from dssr.client import BadTarget, Client, ClientError
from dssr.client.in_process import BASE, InProcess
from dssr.client.target import Target
from dssr.deadline import answer_due
from tests.cluster import Cluster
from tests.dssr.client.conftest import HERE, SLURM, environ_of, here


@pytest.fixture(params=[HERE, pytest.param(SLURM, marks=pytest.mark.cluster)])
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, str]:
    """The environment of programs whose bridge is in their own process."""
    if request.param == HERE:
        return here(tmp_path)
    cluster: Cluster = request.getfixturevalue("cluster")
    chosen = {"DSSR_CLUSTER": cluster.address, "JARVICE_BAREMETAL_EXECUTOR": "native"}
    return environ_of(tmp_path) | cluster.settings() | chosen


def run(environ: Mapping[str, str], text: str) -> str:
    """What a program prints that begins with a client; nothing else is printed."""
    program = f"from dssr.client import Client\nclient = Client()\n{text}"
    words = [sys.executable, "-c", program]
    done = subprocess.run(
        words, env=dict(environ), capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_nothing_is_lost_between_two_programs(environ: Mapping[str, str]) -> None:
    """A job that one program submits is found, followed, explained and cancelled by others."""
    script = "echo begun; sleep 600"
    id = run(environ, f"print(client.submit({script!r}, name='handed', key='k-1').id)")
    assert run(environ, f"print(client.submit({script!r}, name='handed', key='k-1').id)") == id
    assert run(environ, "print(next(client.job('hand').follow()))") == "begun"
    assert run(environ, f"print(client.job({id!r}).why()['summary'])")
    assert run(environ, f"print(client.job({id!r}).cancel().wait(60).state)") == "CANCELLED"
    assert run(environ, f"print(client.job({id!r}).output())").startswith("begun")
    assert run(environ, "print(len(list(client.jobs(name='handed'))))") == "1"


def test_a_job_outlives_the_signals_of_its_program(tmp_path: Path) -> None:
    """Ctrl-C on the terminal of a program does not reach the jobs of this machine."""
    program = (
        "import os, signal\nfrom dssr.client import Client\n"
        "job = Client().submit('sleep 2; echo done')\n"
        "next(job.live())\nprint(job.id, flush=True)\n"
        "os.killpg(0, signal.SIGINT)\nfor _ in job.follow(): pass"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=here(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
        start_new_session=True,
        timeout=60,
    )
    assert done.returncode != 0
    with Client(environ=here(tmp_path)) as client:
        assert client.job(done.stdout.strip()).wait(60).output() == "done\n"


def test_settings_that_are_wrong_are_said(tmp_path: Path) -> None:
    """All that is wrong with the settings is in one error."""
    wrong = here(tmp_path) | {"JARVICE_LOCAL_CORES": "many", "JARVICE_SNAPSHOT_AGE": "x"}
    with pytest.raises(BadTarget, match="JARVICE_LOCAL_CORES") as caught:
        Client(environ=wrong)
    assert "JARVICE_SNAPSHOT_AGE" in str(caught.value)
    with pytest.raises(BadTarget, match="nowhere"):
        Client(environ=here(tmp_path) | {"JARVICE_BAREMETAL_CONNECTOR": "nowhere"})


def test_the_terminal_stays_quiet(tmp_path: Path) -> None:
    """Loggers of the bridge write nowhere unless the program sets logging up."""
    code = (
        "job = client.submit('true')\ntry: client.job('nowhere')\nexcept Exception as e: print(e)"
    )
    assert "nowhere" in run(here(tmp_path), code)


def test_a_call_leaves_nothing_behind_in_its_thread(tmp_path: Path) -> None:
    """The deadline of a call, and what the bridge notes of it, end with the call."""
    before = set(logging.getLogger().handlers)
    with Client(environ=here(tmp_path)) as client:
        list(client.jobs())
    assert answer_due() > time.monotonic() + 1e9
    assert set(logging.getLogger().handlers) == before


def test_a_stream_has_no_end_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream in a program's own thread lasts as long as the program reads it."""
    monkeypatch.setattr("dssr.http.live._LONGEST", 0.0)
    monkeypatch.setattr("dssr.http.live.HEARTBEAT", 0.1)
    adapter = InProcess(Target(), here(tmp_path))
    session = requests.Session()
    session.mount(BASE, adapter)
    with session.get(f"{BASE}/api/v1/events", stream=True) as response:
        pieces = response.iter_content(None)
        assert [next(pieces) for _ in range(5)][1:] == [b":\n\n"] * 4
    session.close()


def test_a_stream_that_is_left_ends_in_the_bridge(tmp_path: Path) -> None:
    """When a program stops reading, no thread of the bridge goes on for it."""
    with Client(environ=here(tmp_path)) as client:
        job = client.submit("sleep 600")
        stream = job.live()
        next(stream)
        assert "watch" in {thread.name for thread in threading.enumerate()}
        stream.close()
        until = time.monotonic() + 30
        while {"watch", "watch-outputs"} & {thread.name for thread in threading.enumerate()}:
            assert time.monotonic() < until
            time.sleep(0.1)
        job.cancel()


def test_a_fault_while_a_response_is_sent_breaks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in the middle of a body is a connection that breaks, and never a short file."""
    with Client(environ=here(tmp_path), patience=0) as client:
        job = client.submit("echo text >file").wait(60)
        monkeypatch.setattr("dssr.jobs.parts.PartReader.pieces", _broken)
        with pytest.raises(ClientError):
            job.files.download("file", tmp_path / "copy")
        assert not (tmp_path / "copy").exists()


def _broken(*_: object) -> object:
    yield b"te"
    raise OSError("the disk is on fire")


def test_importing_the_client_costs_little() -> None:
    """The package loads no library before the first client, and none of a bridge for a client of
    one that is served."""
    code = (
        "import sys\nimport dssr.client\n"
        "assert not {'requests', 'flask'} & set(sys.modules)\n"
        "dssr.client.Client('http://127.0.0.1:1')\n"
        "print(*{'flask', 'pydantic', 'paramiko', 'waitress'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == ""


class AskingConnector(DummyConnector):
    """A connector that notes whether it may ask."""

    asks = False

    def ask_at_terminal(self) -> None:
        """See ``dssr.seams.AsksAtTerminal``."""
        AskingConnector.asks = True


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_login_asks_where_a_person_sees_it(
    is_terminal: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connector may ask at a terminal that the program shows, and nowhere else."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    monkeypatch.setattr(AskingConnector, "asks", False)
    name = f"{__name__}:{AskingConnector.__name__}"
    with Client(environ=here(tmp_path) | {"JARVICE_BAREMETAL_CONNECTOR": name}):
        assert AskingConnector.asks is is_terminal
