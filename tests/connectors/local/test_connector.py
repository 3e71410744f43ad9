"""The local connector where the contract does not reach."""

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.local.connector import plugin
from connectors.local.settings import LocalSettings
from connectors.local.store import Store
from dssr.deadline import answering
from dssr.errors import Denied, NotFound, Refused, RefusedRequest, Unavailable
from dssr.job import JobRef, JobState
from dssr.seams import ListsDirectories
from dssr.testing.harness import LAUNCH, SUCCESS
from tests.connectors.local.harness import LocalHarness

Make = Callable[..., LocalHarness]
DAY = 86400.0
SUBMITTER = """
import sys
from connectors.local.connector import LocalConnector
from dssr.job import JobSpec
from connectors.local.settings import LocalSettings
state, scratch, who = sys.argv[1:]
places = {"state_dir": state, "scratch_dir": scratch}
bridge = LocalConnector(LocalSettings(**places, local_cores=1, answer_timeout=120))
for name in ["shared", *(f"own-{who}-{n}" for n in range(10))]:
    spec = JobSpec(name, 1, 1, source="true", script="true", plain=True, held=True)
    print(bridge.submit(spec, "").native_id)
"""


def test_all_cores_of_the_machine(tmp_path: Path) -> None:
    """Without a setting, jobs may use the cores that the bridge's process may use."""
    connector = plugin(
        LocalSettings(state_dir=f"{tmp_path}/state/", scratch_dir=f"{tmp_path}/scratch/")
    )
    spec = LocalHarness(tmp_path).job("true\n", cores=len(os.sched_getaffinity(0)) + 1)
    with pytest.raises(RefusedRequest, match="cores"):
        connector.submit(spec, LAUNCH)


def test_two_bridges_at_once(site: LocalHarness) -> None:
    """Bridges that share a state directory never give out an id twice, and make one job of one
    token."""
    words = [sys.executable, "-c", SUBMITTER, f"{site.state}/", f"{site.scratch}/"]
    bridges = [
        subprocess.Popen([*words, str(n)], stdout=subprocess.PIPE, text=True) for n in range(3)
    ]
    answers = [bridge.communicate()[0].split() for bridge in bridges]
    assert [bridge.returncode for bridge in bridges] == [0] * 3
    assert len({answer[0] for answer in answers}) == 1
    own = [native_id for answer in answers for native_id in answer[1:]]
    assert len(set(own)) == len(own) == 30
    assert set(site.connector.snapshot()) == {answers[0][0], *own}


def test_another_output_file_of_that_name_is_left_alone(site: LocalHarness) -> None:
    """A file of the job's name that is there already is neither written to nor removed; the job
    takes another name."""
    theirs = site.scratch / ".jarvice/job.out"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("another user's\n")
    refs = [site.submit(site.job("echo mine\n", "job", number=7, plain=True))]
    result = site.result(refs[0])
    assert result.output.data == b"mine\n"
    assert site.output_files() == {"job.out", "job.7.out"}
    site.connector.clean(refs[0])
    assert theirs.read_text() == "another user's\n"


def test_another_job_directory_of_that_id_is_left_alone(site: LocalHarness) -> None:
    """A native id whose job directory exists already (made by another scheduler, say) is passed
    over."""
    (site.scratch / ".jarvice/jobs/1").mkdir(parents=True)
    assert site.submit(site.succeeding("job")).native_id == "2"


def test_credentials_lie_in_a_file_of_the_owner_and_go_with_the_job(site: LocalHarness) -> None:
    """While the job runs its credentials are in one file of mode 600; when it has ended they are
    nowhere."""
    secret = "hunter2squared"
    ref = site.submit(
        site.job(f"echo begun; sleep 1; {SUCCESS}", secrets=(("JARVICE_PASSWORD", secret),))
    )
    site.wait(lambda: b"begun" in site.seen(ref))
    path = site.scratch / ".jarvice/jobs" / ref.native_id / "secrets"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret in path.read_text()
    assert site.result(ref).state is JobState.COMPLETED
    root = site.state.parent
    assert [
        file for file in root.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()
    ] == []


def test_credentials_of_a_job_that_never_ran_go_too(site: LocalHarness) -> None:
    """The credentials of a job that is cancelled in the queue are removed at once."""
    ref = site.submit(site.job(SUCCESS, secrets=(("JARVICE_PASSWORD", "x"),), held=True))
    site.connector.cancel(ref)
    assert not (site.scratch / ".jarvice/jobs" / ref.native_id / "secrets").exists()


def test_jobs_do_not_find_the_bridges_settings(
    site: LocalHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bridge's settings, secrets among them, are not in the environment of its jobs; the rest
    of its environment is."""
    monkeypatch.setenv("JARVICE_SCHED_SERVER_KEY", "user:hunter2squared")
    monkeypatch.setenv("WAITRESS_PORT", "5000")
    monkeypatch.setenv("OF_THE_SITE", "kept")
    monkeypatch.delenv("USER", raising=False)
    printed = site.output_of("env\n", plain=True)
    assert b"hunter2squared" not in printed
    assert b"WAITRESS" not in printed
    assert b"OF_THE_SITE=kept\n" in printed
    assert b"\nUSER=" in printed


def test_a_started_job_cannot_be_released(site: LocalHarness) -> None:
    """Releasing what runs or has ended is refused, as Slurm does."""
    ref = site.running(site.lasting("job"))
    with pytest.raises(Refused, match="no longer pending"):
        site.connector.release(ref)
    site.connector.cancel(ref)
    site.result(ref)
    with pytest.raises(Refused, match="no longer pending"):
        site.connector.release(ref)


def test_a_record_is_kept_for_its_time(make: Make) -> None:
    """Results are repeated for the retention time after cleaning; later all of the job is gone, and
    its id stays used."""
    site = make(retention=DAY)
    ref = site.submit(site.succeeding("job"))
    result = site.result(ref)
    site.later(10 * DAY)
    assert site.again().result(ref) == result  # it was not cleaned
    site.connector.clean(ref)
    site.later(DAY - 60)
    assert site.connector.result(ref) == result
    site.later(3600)
    site.connector.snapshot()
    assert site.connector.result(ref) is None
    assert not site.folder(ref).path.exists()
    assert int(site.submit(site.succeeding("job")).native_id) > int(ref.native_id)


def test_a_short_retention_does_not_break_the_token(make: Make) -> None:
    """A token is kept until its name is free again, whatever the retention time."""
    site = make(retention=1.0)
    spec = site.succeeding("job")
    ref = site.submit(spec)
    site.result(ref)
    site.connector.clean(ref)
    site.later(14 * 60)
    site.connector = site.again()  # which purges at once
    assert site.submit(spec) == ref


def test_purging_touches_no_job_that_lives(make: Make) -> None:
    """Running, held and unasked jobs are there after any time."""
    site = make(retention=1.0)
    running, done = site.running(site.lasting("running")), site.submit(site.succeeding("done"))
    with site.held("held") as held:
        site.wait(lambda: site.folder(done).record())
        site.later(100 * DAY)
        assert set(site.again().snapshot()) == {running.native_id, held.native_id}
        assert site.again().result(done) is not None


def test_what_a_broken_submission_left_is_removed(site: LocalHarness) -> None:
    """A bridge that was killed before the job existed leaves files, which are no job and go with
    the next purge."""
    ref = site.submit(site.job(SUCCESS, "job", held=True))
    (site.state / "local/active" / ref.native_id).unlink()  # the last thing a submission makes
    assert site.connector.result(ref) is None
    with pytest.raises(NotFound):
        site.connector.cancel(ref)
    assert site.again().snapshot() == {}
    assert site.output_files() == site.job_directories() == set()
    assert int(site.submit(site.succeeding("job")).native_id) > int(ref.native_id)


def test_no_call_waits_for_the_state_directory_beyond_its_time(site: LocalHarness) -> None:
    """A call waits for the state directory's lock no longer than its own answering time."""
    site.submit(site.succeeding("job"))
    began = time.monotonic()
    with (
        Store(site.state / "local").lock(10),
        answering(began + 1),
        pytest.raises(Unavailable, match="lock"),
    ):
        site.connector.snapshot()
    assert time.monotonic() - began < site.settings.answer_timeout / 3


@pytest.mark.parametrize("blocked", ["state", "scratch"])
def test_directories_that_cannot_be_used(tmp_path: Path, blocked: str) -> None:
    """Nothing is submitted where the state or the scratch directory cannot be written, and the
    error names the settings."""
    (tmp_path / blocked).write_text("a file is in the way")
    site = LocalHarness(tmp_path)
    with pytest.raises(Unavailable, match="JARVICE_STATE_DIR and JARVICE_JOB_SCRATCH_DIR"):
        site.submit(site.succeeding("job"))
    assert not list(tmp_path.glob("state/local/jobs/*/*"))


def test_a_state_directory_that_cannot_be_used_does_not_answer(tmp_path: Path) -> None:
    """A connector that cannot read its state raises an error; it returns no empty list."""
    (tmp_path / "state").write_text("a file is in the way")
    connector = LocalHarness(tmp_path).connector
    for call in (connector.ping, connector.snapshot, lambda: connector.result(JobRef("job", 1))):
        with pytest.raises(Unavailable, match="JARVICE_STATE_DIR"):
            call()


def test_directories_are_listed_within_their_roots(make: Make, tmp_path: Path) -> None:
    """The home and the scratch directories can be listed, other places not."""
    site = make(global_scratch_dir=f"{tmp_path}/global/")
    for path in (site.scratch, tmp_path / "global"):
        (path / "inner").mkdir(parents=True)
        assert isinstance(site.connector, ListsDirectories)
        assert [entry.path for entry in site.connector.list_directory(f"{path}/")] == [
            str(path),
            f"{path}/inner",
        ]
    with pytest.raises(Denied):
        site.connector.list_directory("/etc")
    lists: Any = site.connector
    assert lists.list_directory(str(Path.home()))[0].is_directory
