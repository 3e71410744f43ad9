"""What plain scripts ask of the local connector with their directives, and what comes of it."""

import socket
from pathlib import Path

import pytest

from dssr.errors import RefusedRequest
from dssr.job import JobState
from dssr.testing.harness import LAUNCH, SUCCESS
from tests.connectors.local.harness import LocalHarness


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--time=soon", "--time=soon"),
        ("--array=1-3", "submit one job each"),
        ("-N 5", "5 nodes"),
        ("-p nosuch", "--partition=nosuch"),
        ("--mem=10000G", "--mem=10000G"),
        ("--chdir=/nowhere", "'/nowhere'"),
    ],
)
def test_a_script_that_cannot_be_obeyed_leaves_nothing(
    site: LocalHarness, line: str, words: str
) -> None:
    """A plain script with a directive that this machine cannot obey is refused before anything is
    made."""
    spec = site.job(f"#!/bin/bash\n#SBATCH {line}\ntrue\n", plain=True)
    with pytest.raises(RefusedRequest, match=words):
        site.submit(spec)
    assert site.connector.snapshot() == {}
    assert site.connector.result(spec.ref) is None
    assert site.output_files() == site.job_directories() == set()


def test_a_held_script_waits(site: LocalHarness) -> None:
    """A script that asks to be held waits for its release."""
    ref = site.submit(site.job("#!/bin/bash\n#SBATCH -H\ntrue\n", plain=True))
    assert site.connector.snapshot()[ref.native_id].reason == "held"
    site.connector.release(ref)
    assert site.result(ref).state is JobState.COMPLETED


def test_a_job_begins_at_its_time_and_not_before(site: LocalHarness) -> None:
    """The bridge starts a job with --begin by itself when its time has come."""
    script = "#!/bin/bash\n#SBATCH --begin=now+{}seconds\ntrue\n"
    soon = site.submit(site.job(script.format(2), "soon", plain=True))
    late = site.submit(site.job(script.format(9000), "late", plain=True))
    assert site.connector.snapshot()[soon.native_id].reason == "begins later"
    begun = site.folder(soon)
    site.wait(lambda: begun.started() is not None)  # without a call of the connector
    job, started = begun.job(), begun.started()
    assert job is not None
    assert started is not None
    assert started >= job.begin
    assert site.connector.snapshot()[late.native_id].state.is_queued
    site.connector.cancel(late)


def test_a_restarted_bridge_begins_the_jobs_of_the_last_one(site: LocalHarness) -> None:
    """The time is in the job's files: the next bridge that is called starts the job."""
    ref = site.submit(site.job("#!/bin/bash\n#SBATCH --begin=now+1hour\ntrue\n", plain=True))
    site.connector.close()
    site.later(2 * 3600.0)
    site.connector = site.again()
    assert site.result(ref).state is JobState.COMPLETED


def test_a_script_chooses_its_directory(site: LocalHarness, tmp_path: Path) -> None:
    """A job starts in the directory of its --chdir."""
    assert site.output_of(f"#!/bin/bash\n#SBATCH -D {tmp_path}\npwd\n", plain=True) == (
        f"{tmp_path}\n".encode()
    )


@pytest.mark.parametrize(
    ("export", "seen"),
    [
        ("ALL", "site/"),
        ("NONE", "/"),
        ("OF_THE_SITE", "site/"),
        ("ALL,MORE=more", "site/more"),
        ("MORE=more", "/more"),
    ],
)
def test_a_script_chooses_its_environment(
    site: LocalHarness, monkeypatch: pytest.MonkeyPatch, export: str, seen: str
) -> None:
    """--export decides what a job finds of the bridge's own environment; the job's directory, the
    neutral names and what a login sets are there in any case."""
    monkeypatch.setenv("OF_THE_SITE", "site")
    script = (
        f"#!/bin/bash\n#SBATCH --export={export}\n"
        'echo "$OF_THE_SITE/$MORE"; [ -f "$DSSR_JOB_DIR/script" ] && [ "$JOB_NNODES" = 1 ] && '
        '[ -n "$HOME" ] && ls / >/dev/null && echo well\n'
    )
    assert site.output_of(script, plain=True) == f"{seen}\nwell\n".encode()
    job = site.job(f'echo "seen $OF_THE_SITE/$MORE"; {SUCCESS}', options=(("export", export),))
    assert f"seen {seen}\n".encode() in site.output_of(job.script, options=job.options)


def test_a_script_with_an_interpreter_that_is_not_there(site: LocalHarness) -> None:
    """A line in the output names the interpreter and the machine."""
    ref = site.submit(site.job("#!/no/such/csh -f\necho\n", plain=True))
    result = site.result(ref)
    assert result.state is JobState.FAILED
    assert result.output.data.decode() == (
        "dssr: the interpreter /no/such/csh of the script's first line is not on "
        f"{socket.gethostname()}: install it there, or name another one.\n"
    )


def test_a_job_that_asks_for_another_output_is_shown_where_it_is(
    site: LocalHarness, caplog: pytest.LogCaptureFixture
) -> None:
    """--output has no effect; the response to the submission and the log say where the output
    is."""
    caplog.set_level("INFO")
    spec = site.job("#!/bin/bash\n#SBATCH --output=x-%j.log\necho here\n", "job", plain=True)
    shown = site.connector.submit(spec, LAUNCH).script
    notice = (
        "--output=x-%j.log (line 2 of the script) has no effect: the job's output is in "
        f"{site.scratch}/.jarvice/job.out."
    )
    assert notice in shown
    assert notice in caplog.text
    assert shown.startswith(spec.script)
