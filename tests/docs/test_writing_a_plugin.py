"""The handbook's connector and executor, each in a real bridge."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.conftest import Serve
from tests.docs.markdown import handbook
from tests.end_to_end.service import eventually, script

PAGE = handbook("writing-a-plugin")
SCRIPT = script("nice\necho JARVICE_CMD_SUCCESS")


def encoded(text: str) -> str:
    """A script as `hpc_script` holds it."""
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def plugins(tmp_path: Path) -> str:
    """A directory with the page's Python files."""
    for block in PAGE.blocks("python"):
        (tmp_path / block.mark.removeprefix("file: ")).write_text(block.text)
    return str(tmp_path)


def test_the_connector_serves_an_upstream(serve: Serve, plugins: str) -> None:
    """The connector is loaded by its name, submits each job once, runs it, and reports how it
    ended."""
    bridge = serve(PYTHONPATH=plugins, JARVICE_BAREMETAL_CONNECTOR="my_connector:MyConnector")
    job = {"name": "mine", "number": 3}
    submission = {
        **job,
        "nodes": 1,
        "hpc_script": {"native": encoded("echo one\necho two\nexit 4\n")},
    }
    first, second = (bridge.post("/submit", submission).json() for _ in range(2))
    assert first == second == ["1", "echo one\necho two\nexit 4\n"]
    named = {**job, "jobid": "1"}
    assert bridge.post("/runstatus", named).json() == [None, None, None, None]
    assert bridge.post("/request/mine/3/1/tail", {"qs": {"lines": ["1"]}}).text == "two\n"
    assert bridge.post("/terminate", named).json() is True
    rc, _, (output, words) = bridge.post("/exitstatus", named).json()
    assert (rc, output) == (1, "one\ntwo")
    assert "FAILED" in words
    assert bridge.post("/events", named).json() == "JobName=mine JobState=FAILED"
    other = {**submission, "hpc_script": {"native": encoded("echo three\n")}}
    assert bridge.post("/submit", other).status_code == 409
    assert bridge.post("/exitstatus", {**named, "jobid": "2"}).json() == [-9, "00:00:00", []]
    assert bridge.post("/release", {**named, "jobid": "2"}).status_code == 404


def test_the_executor_starts_a_job(serve: Serve, plugins: str) -> None:
    """The executor is loaded by its name and starts the job's script with a niceness 10 above
    the bridge's."""
    bridge = serve(PYTHONPATH=plugins, JARVICE_BAREMETAL_EXECUTOR="my_executor:MyExecutor")
    submission = {
        "name": "polite",
        "number": 1,
        "nodes": 1,
        "hpc_script": {"my_executor": encoded(SCRIPT)},
    }
    jobid, _ = bridge.post("/submit", submission).json()
    job = {"name": "polite", "number": 1, "jobid": jobid}
    answer = eventually(
        lambda: bridge.post("/exitstatus", job), lambda answer: answer.status_code != 503
    )
    rc, _, (output, _) = answer.json()
    assert rc == 0
    assert str(min(os.nice(0) + 10, 19)) in output.splitlines()


def test_a_plugin_has_settings_of_its_own(serve: Serve, plugins: str) -> None:
    """The plugin gets its own settings with the bridge's, and its rules about them are checked."""
    name = "my_settings:GreetingConnector"
    bridge = serve(
        PYTHONPATH=plugins, JARVICE_BAREMETAL_CONNECTOR=name, JARVICE_MY_GREETING="hello"
    )
    submission = {"name": "g", "number": 1, "nodes": 1, "hpc_script": {"native": encoded("true")}}
    bridge.post("/submit", submission)
    described = bridge.post("/events", {"name": "g", "number": 1, "jobid": "1"}).json()
    assert described == "hello JobName=g JobState=COMPLETED"
    environ = {"JARVICE_BAREMETAL_CONNECTOR": name, "JARVICE_MY_GREETING": "hi!"}
    refused = subprocess.run(
        [sys.executable, "-m", "dssr", "serve"],
        env=os.environ | environ | {"PYTHONPATH": plugins},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "JARVICE_MY_GREETING has an exclamation mark: take it out." in refused.stderr
