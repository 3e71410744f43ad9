"""What the README says is so."""

import base64
import doctest
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from dssr import settings
from dssr.bridge import Bridge
from dssr.cli.settings import table as settings_table
from dssr.http.app import create_app
from dssr.settings import Settings
from tests.docs import table
from tests.docs.conftest import Serve
from tests.docs.markdown import README, ROOT, Block, blocks, files, prose, section
from tests.end_to_end.service import Service, eventually, script

PATIENCE = 30.0  # seconds for an answer to become the one that the README shows
SCRIPT = script("nice\necho JARVICE_CMD_SUCCESS")


def encoded(text: str) -> str:
    """A script as `hpc_script` holds it."""
    return base64.b64encode(text.encode()).decode()


def run(text: str, url: str) -> "subprocess.CompletedProcess[str]":
    """Run shell lines as a reader would, in the checkout, with the bridge at ``url``."""
    environ = os.environ | {"DSSR_URL": url, "DSSR_INTERVAL": "0.2"}
    return subprocess.run(
        ["bash", "-euc", text], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


def test_the_table_of_settings_is_the_bridges_own() -> None:
    """What stands between its two marks is what `dssr settings` prints."""
    assert table.shown() == settings_table(), "run: .venv/bin/python -m tests.docs.table"


def test_no_setting_is_named_that_does_not_exist() -> None:
    """Every JARVICE_ and WAITRESS_ name in the README is a setting; words of the job script are not settings."""
    known = {
        name
        for f in settings.table()
        for name in (f.metadata["name"], f.metadata["older"], f.metadata["name"] + "_FILE")
    }
    of_scripts = {"JARVICE_CMD_SUCCESS", "JARVICE_CMD_FAILURE", "JARVICE_"}
    named = set(re.findall(r"\b(?:JARVICE|WAITRESS)_\w*", README))
    assert named - known <= of_scripts


def test_the_table_of_calls_is_the_bridges_own() -> None:
    """Each route of the application stands there once, and nothing else does."""
    app = create_app(Bridge(None, None, Settings()), Settings())  # type: ignore[arg-type]
    methods = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    routes = {
        (m, _plain(rule.rule))
        for rule in app.url_map.iter_rules()
        for m in (rule.methods or set()) & methods
    }
    shown = re.findall(r"^\| `([A-Z]+) (\S+)` \|", section("Calls"), re.MULTILINE)
    assert sorted(shown) == sorted(routes)


def _plain(rule: str) -> str:
    return re.sub(r"<\w+:(\w+)>", r"<\1>", rule).rstrip("/") or "/"


def test_links_lead_somewhere() -> None:
    """A link is to a file or directory of the project, or to a heading of the README."""
    headings = {
        re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", prose(), re.M)
    }
    links = re.findall(r"\]\(([^)]+)\)", prose())
    wrong = [
        x for x in links if x[1:] not in headings and not (x[0] != "#" and (ROOT / x).exists())
    ]
    assert links
    assert wrong == []


@pytest.mark.parametrize("block", blocks("sh"), ids=lambda block: block.text.split("\n")[0][:40])
def test_shell_lines_are_right(block: Block) -> None:
    """Every shell block is valid bash, and the project's files that it names exist."""
    text = block.text
    checked = subprocess.run(
        ["bash", "-n"], input=text, capture_output=True, text=True, check=False
    )
    named = re.findall(r"(?:deploy|tests)/[\w./-]+", text)
    assert checked.returncode == 0, checked.stderr
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_two_commands_are_on_the_first_screen() -> None:
    """Before anything else, within 30 lines, how to see it work and how to test it."""
    first = "\n".join(README.splitlines()[:30])
    assert "bash deploy/demo.sh" in first
    assert "bash tests/run.sh" in first


@pytest.mark.parametrize(
    "block", blocks("sh run"), ids=lambda block: block.text.split("\n")[0][:40]
)
def test_runnable_lines_run(block: Block, bridge: Service) -> None:
    """Blocks marked `run` do as they stand."""
    done = run(block.text, bridge.url)
    assert done.returncode == 0, done.stderr
    assert "COMPLETED after 00:00:0" in done.stdout
    assert done.stdout.endswith("step 3 of 3\nDone\n")


def test_answers_look_as_shown(bridge: Service) -> None:
    """The bridge gives the answers of the console block, which shows `...` for what differs from machine to machine."""
    dialogue = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", blocks("console")[0].text, re.MULTILINE)
    assert len(dialogue) >= 8
    before = ""
    for command, answer in dialogue:
        if answer:
            _expect(before + command, answer, bridge.url)
        else:
            before += command + "\n"


def _expect(command: str, answer: str, url: str) -> None:
    until = time.monotonic() + PATIENCE  # a job is not running the moment it was submitted
    while True:
        done = run(command, url)
        got = done.stdout.rstrip("\n") + "\n"
        if doctest.OutputChecker().check_output(answer, got, doctest.ELLIPSIS):
            return
        assert time.monotonic() < until, f"{command}\n{got}{done.stderr}\ninstead of\n{answer}"
        time.sleep(0.1)


@pytest.fixture
def plugins(tmp_path: Path) -> str:
    """A directory with the README's Python files."""
    for name, text in files().items():
        (tmp_path / name).write_text(text)
    return str(tmp_path)


def test_the_readmes_connector_serves_an_upstream(serve: Serve, plugins: str) -> None:
    """Loaded by its name, it takes jobs through the HTTP API once, runs them, and tells how they ended."""
    bridge = serve(PYTHONPATH=plugins, JARVICE_BAREMETAL_CONNECTOR="my_connector:MyConnector")
    job = {"name": "mine", "number": 3}
    submission = {**job, "nodes": 1, "hpc_script": {"any": encoded("echo one\necho two\nexit 4\n")}}
    first, second = (bridge.post("/submit", submission).json() for _ in range(2))
    assert first == second == ["1", "echo one\necho two\nexit 4\n"]
    told = {**job, "jobid": "1"}
    assert bridge.post("/runstatus", told).json() == [None, None, None, None]
    assert bridge.post("/request/mine/3/1/tail", {"qs": {"lines": ["1"]}}).text == "two\n"
    assert bridge.post("/terminate", told).json() is True
    rc, _, (output, words) = bridge.post("/exitstatus", told).json()
    assert (rc, output) == (1, "one\ntwo")
    assert "FAILED" in words
    assert bridge.post("/events", told).json() == "JobName=mine JobState=FAILED"
    other = {**submission, "hpc_script": {"any": encoded("echo three\n")}}
    assert bridge.post("/submit", other).status_code == 409
    assert bridge.post("/exitstatus", {**told, "jobid": "2"}).json() == [-9, "00:00:00", []]
    assert bridge.post("/release", {**told, "jobid": "2"}).status_code == 404


def test_the_readmes_executor_starts_a_job(serve: Serve, plugins: str) -> None:
    """Loaded by its name, it decides how a job's script is started: with a niceness of 10 more than the bridge's."""
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
