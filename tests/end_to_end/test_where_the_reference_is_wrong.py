"""What the reference implementation gets wrong, row by row of the contract's table, tried with this
bridge on a real Slurm."""

from typing import Any

import pytest

from tests.cluster import Cluster
from tests.end_to_end.conftest import Start
from tests.end_to_end.service import Service, numbers, script

pytestmark = pytest.mark.cluster
OK = "echo JARVICE_CMD_SUCCESS"


def test_a_submission_sent_twice_is_one_job(native: Service, cluster: Cluster) -> None:
    """A submission that is sent twice gets the same response both times, and Slurm has one job of
    that name."""
    job = native.submit(script(OK), "twice", held=True)
    assert native.try_submit(script(OK), "twice", job.number, held=True).json() == [
        job.jobid,
        job.script,
    ]
    listed = cluster.run(
        "login", ["squeue", "-h", "-o", "%A", "--name", "jarvice_twice"]
    ).stdout.split()
    assert listed == [job.jobid.encode()]
    native.post("/terminate", job.args)


def test_another_script_under_the_same_name_and_number_is_refused(native: Service) -> None:
    """Another script under a used name and number gets 409, and the first job remains."""
    job = native.submit(script(OK), "claimed", held=True)
    answer = native.try_submit(script("echo other"), "claimed", job.number)
    assert answer.status_code == 409
    assert "another number" in answer.text
    assert job.jobid in native.jobids("queued")
    native.post("/terminate", job.args)


def test_exitstatus_asked_twice_gives_the_same_answer(native: Service) -> None:
    """A second /exitstatus returns the same result and output, although the job's files are deleted
    after the first."""
    job = native.submit(script(f"echo once; {OK}"))
    assert native.end_of(job) == native.end_of(job)


def test_exitstatus_too_early_touches_nothing(native: Service) -> None:
    """/exitstatus of a pending or running job is 503 with Retry-After and the state, and the output
    is complete afterwards."""
    job = native.submit(script(f"echo first; sleep 3; {OK}"), held=True)
    pending = native.post("/exitstatus", job.args)
    assert (pending.status_code, pending.headers["Retry-After"]) == (503, "5")
    assert "PENDING" in pending.text
    native.post("/release", job.args)
    native.runs(job)
    running = native.post("/exitstatus", job.args)
    assert running.status_code == 503
    assert "RUNNING" in running.text or "COMPLETING" in running.text
    assert native.end_of(job)[2].startswith("first\n")


def test_single_quotes_and_variables_run_as_written(native: Service) -> None:
    """A single quote in a script ends nothing, and ${X} is not a format field."""
    rc, output = native.run(script(f'X="it\'s"; echo "${{X}} \'quoted\'"; {OK}'))
    assert output.splitlines()[0] == "it's 'quoted'"
    assert rc == 0


def test_the_overlay_of_one_job_is_not_the_next_one_s(native: Service) -> None:
    """The overlay pseudo-device takes effect for its own job only."""
    body = f"{{DOWNSTREAM_PARAMETERS}}\necho $JARVICE_SINGULARITY_OVERLAY_SIZE; {OK}"
    first = native.run(script(body, JOBOBJ_DEVICES='["exclusive=False","overlay=123"]'))
    second = native.run(script(body))
    assert (first[1].splitlines()[0], second[1].splitlines()[0]) == ("123", "600")


def test_an_old_application_definition_is_a_bad_request(native: Service) -> None:
    """An old application definition gets 400 with the reason, not 200 with an error in the body."""
    answer = native.try_submit(script(OK, JOBOBJ_APPDEFVERSION=1))
    assert answer.status_code == 400
    assert "JOBOBJ_APPDEFVERSION" in answer.text


@pytest.mark.parametrize(
    "name", ["x$(touch /home/jarvice/f)", "x;touch /home/jarvice/f", "x\ny", "-x", "../x", "%j"]
)
def test_a_name_cannot_run_anything(native: Service, cluster: Cluster, name: str) -> None:
    """A name with shell text gets 400, which says what a name may be, and nothing runs on the login
    node."""
    answer = native.try_submit(script(OK), name)
    assert answer.status_code == 400
    assert "'name'" in answer.text
    assert not cluster.path("/home/jarvice/f").exists()


def test_a_jobid_and_a_device_cannot_run_anything(native: Service, cluster: Cluster) -> None:
    """A jobid with a ; is refused, and a device's value reaches sbatch as data, which refuses it in
    its own words."""
    args = {"name": "x", "number": 1, "jobid": "1;touch /home/jarvice/f"}
    assert native.post("/terminate", args).status_code == 400
    answer = native.try_submit(script(OK, JOBOBJ_DEVICES='["partition=a;touch /home/jarvice/f"]'))
    assert answer.status_code == 400
    assert "invalid partition specified: a;touch /home/jarvice/f" in answer.text
    assert not cluster.path("/home/jarvice/f").exists()


def test_arguments_that_are_missing_or_broken_are_named(native: Service) -> None:
    """Missing or broken arguments get 400 with the key's name, never 500."""
    wrong: list[Any] = [None, [], {"name": "x"}, {"name": "x", "number": 1, "nodes": 1}]
    for args in wrong:
        answer = native.post("/submit", args)
        assert answer.status_code == 400
        assert answer.headers["Content-Type"].startswith("text/plain")
    assert "'hpc_script'" in answer.text


def test_gotty_s_line_does_not_fail_the_job(native: Service) -> None:
    """GoTTY's own line, which repeats the command, is not searched for the success and failure
    words."""
    echo = "echo 'GoTTY is starting with command: /bin/echo JARVICE_CMD_FAILURE'"
    assert native.run(script(f"{echo}; {OK}"))[0] == 0
    assert native.run(script(f"{echo.replace('FAILURE', 'SUCCESS')}; true"))[0] == 1


def test_no_image_is_in_a_global_registry_that_is_not_named(
    native: Service, start: Start, cluster: Cluster
) -> None:
    """Without the setting no image is in a global registry; with it, a registry matches as a prefix
    and not in the middle."""
    body = f"{{DOWNSTREAM_PARAMETERS}}\necho $JARVICE_JOB_APP_IS_IN_GLOBAL_REGISTRIES; {OK}"
    named = start(
        cluster.settings()
        | {
            "JARVICE_BAREMETAL_EXECUTOR": "native",
            "JARVICE_JOB_GLOBAL_REGISTRIES": "reg.example/all",
        }
    )
    for service, image, answer in (
        (native, "reg.example/all/app", "False"),
        (named, "reg.example/all/app", "True"),
        (named, "evil.example/reg.example/all/app", "False"),
    ):
        assert service.run(script(body, JOBOBJ_REPO=image))[1].splitlines()[0] == answer


@pytest.mark.parametrize(
    ("nodes", "lines", "reason"),
    [
        (3, {}, "node"),
        (1, {"JARVICE_CPU_CORES": 999}, "node"),
        (1, {"JOBOBJ_DEVICES": '["partition=nowhere"]'}, "invalid partition"),
        (1, {"JOBOBJ_LICENSES": "nosuch:1"}, "license"),
        (1, {"JOBOBJ_DEVICES": '["sbatch_account=nobody"]'}, "nvalid account"),
    ],
)
def test_what_slurm_refuses_is_refused_in_its_own_words(
    native: Service, nodes: int, lines: dict[str, str], reason: str
) -> None:
    """What Slurm refuses gets 400 with Slurm's reason, and the name and number are free at once for
    another try."""
    number = next(numbers)
    answer = native.try_submit(script(OK, **lines), "refused", number, nodes)
    assert answer.status_code == 400
    assert reason in answer.text
    better = native.submit(script(OK), "refused", number, held=True)
    assert better.jobid in native.jobids("queued")
    native.post("/terminate", better.args)
