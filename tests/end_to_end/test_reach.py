"""No call reaches a job that is not the bridge's, whatever that job is called and whatever id is
sent."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.cluster import Cluster
from tests.end_to_end.service import Job, Service, script

pytestmark = pytest.mark.cluster
METHODS = ("tail", "shutdown", "abort", "info", "ping")
Plain = Callable[..., str]


@pytest.fixture(scope="module")
def ours(native: Service) -> Iterator[Job]:
    """A job that only this bridge has."""
    job = native.submit(script("echo JARVICE_CMD_SUCCESS"), "x", 1, held=True)
    yield job
    native.post("/terminate", job.args)


@pytest.fixture
def by_hand(cluster: Cluster) -> Iterator[Plain]:
    """``by_hand(user, *options)``: held jobs that were submitted without the bridge; their native
    ids."""
    made = []

    def submit(user: str, *options: str) -> str:
        words = ["sbatch", "--parsable", "--hold", "-o/dev/null", *options, "--wrap=sleep 600"]
        made.append(cluster.run("login", words, user=user).stdout.decode().strip())
        assert made[-1].isdecimal()
        return made[-1]

    yield submit
    cluster.run("login", ["scancel", *made])


def described(cluster: Cluster, native_id: str) -> str:
    """All that Slurm says about a job, but for what changes by itself."""
    shown = cluster.run("login", ["scontrol", "-o", "show", "job", native_id]).stdout.decode()
    return " ".join(
        word for word in shown.split() if not word.startswith(("EligibleTime", "LastSchedEval"))
    )


def assert_out_of_reach(service: Service, args: dict[str, Any]) -> None:
    """Every call that names this job is answered as for one that was never submitted."""
    for call in ("/terminate", "/release", "/events"):
        answer = service.post(call, args)
        assert (call, answer.status_code) == (call, 404), answer.text
        assert "was submitted here" in answer.text
    assert service.post("/exitstatus", args).json() == [-9, "00:00:00", []]
    for method in METHODS:
        answer = service.post(
            "/request/{name}/{number}/{jobid}/".format(**args) + method, {"qs": {}}
        )
        assert answer.status_code == (200 if method in ("info", "ping") else 404), answer.text


@pytest.mark.parametrize(
    ("user", "options"),
    [
        pytest.param(
            "bob",
            ["-Jjarvice_x", "--comment={comment}"],
            id="another user's, with our name and comment",
        ),
        pytest.param("jarvice", ["-Jown"], id="the service user's own"),
        pytest.param("jarvice", ["-Jjarvice_x"], id="the service user's, with our name"),
        pytest.param(
            "jarvice",
            ["-Jjarvice_y", "--comment={comment}"],
            id="the service user's, with our comment",
        ),
        pytest.param(
            "jarvice",
            ["-Jjarvice_x", "--comment={comment}"],
            id="the service user's, with our name and comment",
        ),
        pytest.param(
            "jarvice",
            ["-Jjarvice_x\n1|x", "--comment={comment}|"],
            id="the service user's, with a line break",
        ),
        pytest.param("jarvice", ["-Jjarvice_x", "--array=1-2"], id="the service user's, an array"),
    ],
)
def test_a_job_that_was_submitted_by_hand(
    native: Service, cluster: Cluster, ours: Job, by_hand: Plain, user: str, options: list[str]
) -> None:
    """A job that was submitted by hand is not released, cancelled or reported, under our job's name
    and number or others, and our job goes on."""
    comment = (
        cluster.run("login", ["squeue", "-h", "-j", ours.jobid, "-o", "%k"]).stdout.decode().strip()
    )
    assert comment.startswith("dssr:")
    theirs = by_hand(user, *(option.format(comment=comment) for option in options))
    before = described(cluster, theirs), described(cluster, ours.jobid)
    for name, number in (("x", 1), ("x", 2), ("y", 1), ("own", 0)):
        assert_out_of_reach(native, {"name": name, "number": number, "jobid": theirs})
    assert (described(cluster, theirs), described(cluster, ours.jobid)) == before
    assert "JobState=PENDING" in before[0]


NO_IDS = [
    *("1,2", "1_1", "-1", "1+1", "+1", "0x1", "1e3", "1.0", "٣", "all", "", " ", "1 2", "1\n2"),
    *("1;scancel -u jarvice", "$(id)", "--user=jarvice", "-u", "*", "x" * 5000),
    *(10**30, -1, 1.5, True, None, [], ["1"], {"1": 1}),
]


@pytest.mark.parametrize("jobid", NO_IDS, ids=lambda jobid: repr(jobid)[:24])
def test_a_jobid_that_is_none(native: Service, cluster: Cluster, ours: Job, jobid: Any) -> None:
    """A jobid that is not a number gets 400, which names it, and no job is touched."""
    before = described(cluster, ours.jobid)
    for call in ("/terminate", "/release", "/events", "/exitstatus", "/runstatus"):
        answer = native.post(call, ours.args | {"jobid": jobid})
        assert answer.status_code == 400
        assert "'jobid'" in answer.text
    if isinstance(jobid, str):
        answer = requests.post(
            f"{native.url}/request/x/1/{quote(jobid, safe='')}/shutdown",
            data={"args": '{"qs": {}}'},
            timeout=60,
        )
        assert answer.status_code == 400
    assert described(cluster, ours.jobid) == before


@pytest.mark.parametrize("jobid", ["0", "9" * 18, "{}.0", "0{}", "00000{}"])
def test_another_spelling_of_a_jobid(
    native: Service, cluster: Cluster, ours: Job, jobid: str
) -> None:
    """Another spelling of an id gets 404, and no job is touched."""
    before = described(cluster, ours.jobid)
    spelt = jobid.format(ours.jobid)
    if "." in spelt:
        assert native.post("/terminate", ours.args | {"jobid": spelt}).status_code == 400
    else:
        assert_out_of_reach(native, ours.args | {"jobid": spelt})
    assert described(cluster, ours.jobid) == before


def test_our_job_under_another_name_or_number(native: Service, cluster: Cluster, ours: Job) -> None:
    """An id without the name and number of its submission reaches no job."""
    before = described(cluster, ours.jobid)
    for wrong in (
        {"name": "y"},
        {"name": "X"},
        {"number": 2},
        {"number": 0},
        {"name": "x.1"},
        {"name": "jarvice_x"},
    ):
        assert_out_of_reach(native, ours.args | wrong)
    assert described(cluster, ours.jobid) == before
    assert native.post("/events", ours.args).status_code == 200
