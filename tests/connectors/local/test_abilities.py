"""The local connector's records, cluster and checks where the contract does not reach."""

import os
import socket
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dssr import request_id
from dssr.errors import BadRequest, NotFound, RefusedRequest, Unavailable
from dssr.job import JobRef, JobSpec, JobState
from dssr.record import JobRecord
from dssr.testing.harness import LAUNCH
from tests.connectors.local.harness import LocalHarness

Make = Callable[..., LocalHarness]
DAY = 86400.0


def kept(site: LocalHarness, script: str, **fields: Any) -> JobSpec:
    """A batch script as the API for people submits it."""
    api = {"plain": True, "by_exit_code": True, "keeps_files": True}
    return site.job(f"#!/bin/bash\n{script}", **(api | fields))


def ended(site: LocalHarness, ref: JobRef) -> JobRecord:
    """The job's record after its end."""
    site.result(ref)
    return site.connector.record(ref.native_id)


def test_a_job_that_keeps_its_files_is_forgotten_a_retention_time_after_its_end(
    make: Make,
) -> None:
    """For the retention time the record, the output and the working directory stay; then all of
    them go, and a place among the final states with them."""
    site = make(retention=DAY)
    job = ended(site, site.submit(kept(site, "echo kept >file\n")))
    directory = Path(job.about.working_directory)
    site.later(DAY - 60)
    again = site.again()
    again.ping()
    assert again.record(job.id).output_bytes == 0
    assert (directory / "file").read_text() == "kept\n"
    site.later(120)
    again = site.again()
    again.ping()
    with pytest.raises(NotFound):
        again.record(job.id)
    assert not directory.exists()
    assert (list(again.records().jobs), list(again.ends(0))) == ([], [])


def test_a_failed_submission_leaves_no_directory(site: LocalHarness) -> None:
    """Nothing is left of a job whose files could not be made."""
    (site.scratch / ".jarvice").mkdir(parents=True)
    (site.scratch / ".jarvice/files").write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be used"):
        site.submit(kept(site, "true\n"))
    assert site.job_directories() == set()
    assert site.output_files() == set()
    assert list(site.connector.records().jobs) == []


def test_a_working_directory_that_is_a_file_is_refused(site: LocalHarness) -> None:
    """The sentence says what is in the way."""
    site.scratch.mkdir()
    (site.scratch / "file").touch()
    with pytest.raises(BadRequest, match="cannot be made"):
        site.submit(kept(site, "true\n", working_directory=str(site.scratch / "file")))


def test_a_lost_job_has_an_end(site: LocalHarness) -> None:
    """A job whose supervisor was killed is final, with the time at which it was last seen."""
    ref = site.running(kept(site, "sleep 600\n"))
    os.kill(site.supervisor(ref), 9)
    job = ended(site, ref)
    assert (job.state, job.is_final) == (JobState.NODE_FAIL, True)
    assert job.started is not None
    assert job.ended is not None
    assert job.ended >= int(job.started)
    assert [end.job.id for end in site.connector.ends(0)] == [job.id]


def test_the_environment_leaves_the_disk_when_the_job_ends(site: LocalHarness) -> None:
    """The file with the variables of the request is there for the job alone."""
    ref = site.submit(kept(site, "true\n", secrets=(("MINE", "x"),), held=True))
    path = site.scratch / ".jarvice/jobs" / ref.native_id / "environment"
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"MINE=x\0", 0o600)
    site.connector.release(ref)
    site.result(ref)
    assert not path.exists()


def test_the_jobs_own_variables_are_above_the_bridges(site: LocalHarness) -> None:
    """A request may set what the bridge exports, but not where the job's directory is."""
    secrets = (("PATH", "/none"), ("DSSR_JOB_DIR", "/none"))
    ref = site.submit(kept(site, 'echo "$PATH" "$DSSR_JOB_DIR"\n', secrets=secrets))
    path, directory = site.result(ref).output.data.decode().split()
    assert (path, directory) == ("/none", f"{site.scratch}/.jarvice/jobs/{ref.native_id}")


def test_an_exclusive_job_has_all_cores(make: Make) -> None:
    """A request that asks for the whole machine gets it; one that does not gets its cores."""
    site = make(local_cores=4)
    for exclusive, cores in ((True, 4), (False, 2)):
        spec = kept(site, "true\n", nodes=0, cores=2, exclusive=exclusive, held=True)
        resources = site.connector.record(site.submit(spec).native_id).resources
        assert resources is not None
        assert resources.cores == cores


def test_what_the_request_leaves_open_comes_from_the_script(site: LocalHarness) -> None:
    """Cores, memory and time limit of the script are valid where the request has none."""
    lines = "#SBATCH -n 2 -c 2 --mem=30M -t 7\n"
    for asked, shown in (
        ({}, (4, 30, 420)),
        ({"cores": 3, "memory_mb": 50, "walltime": 60}, (3, 50, 60)),
    ):
        spec = kept(site, lines, **({"nodes": 0, "cores": 0, "held": True} | asked))
        resources = site.connector.record(site.submit(spec).native_id).resources
        assert resources is not None
        assert (resources.cores, resources.memory_mb, resources.walltime) == shown


def test_a_check_shows_the_options_that_take_effect(site: LocalHarness) -> None:
    """Of a request and its script the options are those that the job gets."""
    spec = kept(site, "#SBATCH -n 2 -t 7 -o mine.txt\n", nodes=0, cores=0, memory_mb=50)
    checked = site.connector.check(spec, "")
    assert checked.options == ("--ntasks=2", "--mem=50M", "--time=7:00")
    assert checked.batch_script.startswith(spec.script)
    assert [warning for warning in checked.warnings if "--output=mine.txt" in warning]
    assert checked.expected_start is not None


def test_a_check_warns_of_what_this_machine_refuses(site: LocalHarness) -> None:
    """What a submission would refuse as impossible is a warning of a check."""
    spec = kept(site, "true\n", partition="batch")
    with pytest.raises(RefusedRequest) as refused:
        site.submit(spec)
    checked = site.connector.check(spec, "")
    assert (checked.warnings, checked.expected_start) == ((refused.value.message,), None)


def test_a_check_makes_no_directory(site: LocalHarness) -> None:
    """A check shows the working directory and does not make it; a missing one of ``--chdir`` is a
    warning."""
    path = f"{site.scratch}/new"
    checked = site.connector.check(kept(site, "true\n", working_directory=path), "")
    assert (checked.options[1], Path(path).exists()) == (f"--chdir={path}", False)
    checked = site.connector.check(kept(site, f"#SBATCH --chdir={path}\n"), "")
    assert path in checked.warnings[0]


def test_the_whole_output_of_a_job_that_keeps_it_can_be_read(site: LocalHarness) -> None:
    """More lines than a result has can be read after the result was returned."""
    ref = site.submit(kept(site, "seq 1 12345\n"))
    assert len(site.result(ref).output.data.split()) == 10_000
    assert len(site.connector.output(ref, 100_000).data.split()) == 12_345


def test_a_job_has_the_id_of_its_request(site: LocalHarness) -> None:
    """The request that submitted the job is in its description, for people who search the log."""

    def submit() -> JobRef:
        request_id.begin("request-7")
        return site.submit(kept(site, "true\n", held=True))

    ref = copy_context().run(submit)
    assert "RequestId=request-7\n" in site.connector.describe(ref)


def test_a_check_of_a_job_that_must_wait_names_no_start(make: Make) -> None:
    """A job that finds no free cores has no expected start."""
    site = make(local_cores=1)
    running = site.running(kept(site, "sleep 600\n"))
    site.wait(lambda: site.connector.check(kept(site, "true\n"), "").expected_start is None)
    assert site.connector.cluster().nodes[0].state == "ALLOCATED"
    site.connector.cancel(running)


def test_a_job_with_a_container_is_checked(site: LocalHarness) -> None:
    """The batch script of a check has the text that starts the container."""
    spec = replace(kept(site, "true\n"), plain=False)
    assert LAUNCH in site.connector.check(spec, LAUNCH).batch_script


def test_the_cluster_is_this_machine(make: Make) -> None:
    """One node, with the cores that jobs may use, the machine's memory and no GPUs."""
    site = make(local_cores=3)
    view = site.connector.cluster()
    [node] = view.nodes
    assert (view.scheduler, view.host, node.name) == ("local", *(socket.gethostname(),) * 2)
    assert (node.state, node.cores.total, node.cores.free, node.gpus.total) == ("IDLE", 3, 3, 0)
    assert 0 < node.memory_mb.free < node.memory_mb.total


def test_the_script_of_a_cleaned_job_is_gone(site: LocalHarness) -> None:
    """The script of a job that keeps no files goes with them, and the sentence says so."""
    ref = site.submit(site.succeeding(site.name()))
    site.result(ref)
    assert site.connector.script(ref.native_id).startswith(b"echo working")
    site.connector.clean(ref)
    with pytest.raises(NotFound, match="no longer kept"):
        site.connector.script(ref.native_id)


def test_the_record_of_an_ended_job_is_read_once(site: LocalHarness) -> None:
    """A new list reads what is known of jobs that have not ended, and no more."""
    ref = site.submit(kept(site, "true\n"))
    job = ended(site, ref)
    site.wait(lambda: site.connector.records().jobs[0].is_final)
    about = site.folder(ref).path / "job.json"
    about.rename(about.with_suffix(".away"))
    taken = site.connector.records().taken
    site.wait(lambda: site.connector.records().taken > taken)
    assert [listed.id for listed in site.connector.records().jobs] == [job.id]
