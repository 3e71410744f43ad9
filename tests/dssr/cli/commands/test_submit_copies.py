"""``dssr submit --copy`` and ``--fetch``, where something goes wrong on the way."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from dssr.client import ClientError
from dssr.client.files import Files
from dssr.client.job import Job
from dssr.client.session import Session
from tests.dssr.cli.process import Process
from tests.dssr.cli.running import Dssr
from tests.end_to_end.service import Service
from tests.faults.relay import Relay


@pytest.mark.parametrize(
    ("error", "code"), [(ClientError("It is off."), 1), (KeyboardInterrupt(), 130)]
)
def test_a_release_that_fails(
    error: BaseException, code: int, dssr: Dssr, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that has its files is not cancelled because its release fails: it stays held, and the
    message has the command that lets it start."""

    def fail(_job: Job) -> Any:
        raise error

    (here / "in").mkdir()
    (here / "in/a.txt").write_text("a")
    with monkeypatch.context() as patched:
        patched.setattr(Job, "release", fail)
        done = dssr("submit", "--copy", "in", "-", stdin="cat a.txt")
    assert (done.code, done.out) == (code, "")
    job = dssr("job", "-", "--json").document
    assert job["held"]
    assert f"'dssr release {job['id']}' lets it start." in done.err
    assert dssr("release", job["id"]).code == dssr("wait", job["id"]).code == 0
    assert dssr("logs", job["id"]).out == "a"


@pytest.mark.parametrize(
    ("error", "code"), [(ClientError("It is off."), 1), (KeyboardInterrupt(), 130)]
)
def test_a_look_that_fails(
    error: BaseException, code: int, dssr: Dssr, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is not known whether a job has its files, the message names the job, and the key
    with which the same command goes on."""

    def fail(_job: Job) -> Any:
        raise error

    (here / "in").mkdir()
    (here / "in/a.txt").write_text("a")
    words = ("submit", "--copy", "in", "--key", here.parent.name, "-")
    with monkeypatch.context() as patched:
        patched.setattr(Job, "refresh", fail)
        done = dssr(*words, stdin="cat a.txt")
    job = dssr("job", "-", "--json").document["id"]
    assert (done.code, done.out) == (code, "")
    assert f"Job {job} may be held without its files" in done.err
    assert f"--key {here.parent.name}" in done.err
    assert dssr(*words, stdin="cat a.txt").out == f"{job}\n"
    assert dssr("wait", job).code == 0
    assert dssr("logs", job).out == "a"


@pytest.mark.parametrize("error", [ClientError("It is off."), OSError(28, "No space is left")])
@pytest.mark.parametrize(("script", "code"), [("exit 3", 3), ("true", 125)])
def test_a_download_that_fails(
    error: Exception, script: str, code: int, dssr: Dssr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is that of a job that has failed, also where its files cannot be downloaded."""

    def fail(*_call: Any, **_how: Any) -> Any:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(Files, "download", fail)
        done = dssr("submit", "--fetch", "a", "-", stdin=f"touch a; {script}")
    assert done.code == code
    assert ("It is off." in done.err) or ("No space is left" in done.err)


def test_an_outage_during_a_download_is_no_hour(
    dssr: Dssr, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the job's end an outage of an hour is waited out, for its files one of two minutes, as by
    'dssr get'."""
    patience: list[float] = []

    def note(call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(session: Session, *words: Any, **more: Any) -> Any:
            patience.append(session.patience)
            return call(session, *words, **more)

        return noted

    monkeypatch.setattr(Session, "call", note(Session.call))
    assert dssr("submit", "--fetch", "a", "-", stdin="touch a").code == 0
    assert (max(patience), patience[-1]) == (3600.0, 120.0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_while_files_are_uploaded(
    number: signal.Signals, user: dict[str, str], service: Service, dssr: Dssr,
    start: Callable[..., Process], here: Path,
) -> None:  # fmt: skip
    """A job whose upload is ended by a signal is named before, and cancelled."""
    (here / "in").mkdir()
    (here / "in/big").write_bytes(bytes(4_000_000))
    (here / "job.sh").write_text("true")
    with Relay("127.0.0.1", urlsplit(service.url).port or 0) as relay:
        environ = user | {"DSSR_URL": f"http://127.0.0.1:{relay.port}"}
        relay.stall("up", 1_000_000)
        command = [sys.executable, "-m", "dssr", "submit", "--copy", "in", "job.sh"]
        process = start(environ, *command)
        job = process.until(r"^Job (\S+) is held until its files are there.$")[1]
        assert relay.struck.wait(30)
        assert process.end(number) == 130
    assert f"Job {job} is cancelled: its files are not complete." in process.log
    assert dssr("job", job, "--json").document["state"] == "CANCELLED"


def test_files_that_cannot_be_copied(
    dssr: Dssr, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job whose files are not complete is cancelled before it starts."""

    def fail(*_call: Any, **_how: Any) -> None:
        raise ClientError("There is no room.")

    (here / "in").mkdir()
    (here / "in/data").write_text("data")
    with monkeypatch.context() as patched:
        patched.setattr(Files, "upload", fail)
        done = dssr("submit", "--copy", "in", "--name", "incomplete", "-", stdin="true")
    assert done.code != 0
    assert "is cancelled: its files are not complete" in done.err
    [job] = dssr("jobs", "--name", "incomplete", "--json").document["items"]
    assert (job["state"], job["started_at"]) == ("CANCELLED", None)


@pytest.mark.parametrize("name", ["id_rsa", ".ssh/config", "sub/server.pem"])
def test_keys_are_found_before_the_submission(name: str, dssr: Dssr, here: Path) -> None:
    """A file that no bridge takes is named before anything is submitted or uploaded."""
    (here / "in" / name).parent.mkdir(parents=True)
    (here / "in" / name).write_text("no key")
    done = dssr("submit", "--copy", "in", "--name", "with-key", "-", stdin="true")
    assert (done.code, done.out) == (3, "")
    assert f"in/{name}: files with the names of keys" in done.err
    assert dssr("jobs", "--name", "with-key", "--json").document["items"] == []
    job = dssr.submit("true", "--held")
    assert f"in/{name}" in dssr("put", job, "in").err
    assert dssr("files", job).out == ""
