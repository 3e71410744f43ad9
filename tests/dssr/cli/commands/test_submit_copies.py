"""``dssr submit --copy`` and ``--fetch``, where something goes wrong on the way."""

from pathlib import Path
from typing import Any

import pytest

from dssr.client import ClientError
from dssr.client.files import Files
from dssr.client.job import Job
from tests.dssr.cli.running import Dssr


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


@pytest.mark.parametrize("error", [ClientError("It is off."), OSError(28, "No space is left")])
@pytest.mark.parametrize(("script", "code"), [("exit 3", 3), ("true", 125)])
def test_a_download_that_fails(
    error: Exception, script: str, code: int, dssr: Dssr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is that of a job that has failed, also where its files cannot be downloaded."""

    def fail(*_call: Any) -> Any:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(Files, "download", fail)
        done = dssr("submit", "--fetch", "a", "-", stdin=f"touch a; {script}")
    assert done.code == code
    assert ("It is off." in done.err) or ("No space is left" in done.err)
