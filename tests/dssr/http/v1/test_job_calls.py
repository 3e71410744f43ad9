"""The calls of jobs, over real HTTP."""

from typing import Any

import pytest
import requests

from dssr.errors import CommandTimeout, Refused
from dssr.http.v1.models import CheckedJob, Explanation, Job, JobList
from tests.dssr.http.v1.conftest import SCRIPT


def test_a_job_goes_its_way(v1: Any) -> None:
    """A job is submitted, waits, runs and ends; each response has all members of the contract."""
    job = v1.submit(name="relax", labels={"project": "water"}, walltime_seconds=60)
    assert (job["state"], job["name"], job["labels"]) == ("PENDING", "relax", {"project": "water"})
    seen = []
    for _ in range(3):
        shown = v1.get(f"/jobs/{job['id']}").json()
        Job.model_validate(shown)
        seen.append((shown["state"], shown["is_final"], shown["exit_code"]))
        v1.now += 8
    assert seen == [("PENDING", False, None), ("RUNNING", False, None), ("COMPLETED", True, 0)]


def test_a_submission_answers_201_with_its_place(v1: Any) -> None:
    """The response is the job, and Location its path."""
    answer = v1.post("/jobs", json={"script": "echo hi"})
    assert answer.status_code == 201
    Job.model_validate(answer.json())
    assert answer.headers["Location"] == f"/api/v1/jobs/{answer.json()['id']}"
    assert v1.call("GET", "").status_code == 404
    assert "Idempotency-Replayed" not in answer.headers


def test_the_same_key_with_the_same_body_is_the_same_job(v1: Any) -> None:
    """A replay answers 201 with the same job and says that it is one; a later state is shown."""
    first = v1.submit("k", name="relax")
    v1.now += 8
    again = v1.post(
        "/jobs", json={"name": "relax", "script": SCRIPT},
        headers={"Idempotency-Key": "k"},
    )  # fmt: skip
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert (again.json()["id"], again.json()["state"]) == (first["id"], "RUNNING")
    assert len(v1.get("/jobs").json()["items"]) == 1


@pytest.mark.parametrize("other", [{"name": "other"}, {"script": "echo no"}, {"nodes": 2}])
def test_the_same_key_with_another_body_is_a_conflict(other: dict[str, Any], v1: Any) -> None:
    """Another body with the same key is refused, and nothing is submitted."""
    v1.submit("k")
    body = {"script": "#!/bin/bash\necho hi\n"} | other
    answer = v1.post("/jobs", json=body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
    assert len(v1.get("/jobs").json()["items"]) == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "ä"])
def test_a_key_that_is_none_is_refused(key: str, v1: Any) -> None:
    """A key has 1 to 128 visible characters."""
    answer = v1.post("/jobs", json={"script": "x"}, headers={"Idempotency-Key": key.encode()})
    assert answer.status_code == 400
    assert "'Idempotency-Key' must have 1 to 128 visible" in answer.json()["detail"]


def test_requests_without_a_key_are_jobs_of_their_own(v1: Any) -> None:
    """Two equal requests are two jobs."""
    assert v1.submit()["id"] != v1.submit()["id"]


def test_a_submission_without_an_answer_has_an_unknown_outcome(
    v1: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the cluster does not answer in time, the caller is asked to send the same again."""

    def late(*_: Any) -> None:
        raise CommandTimeout("The login node did not answer.")

    monkeypatch.setattr(v1.connector, "submit", late)
    answer = v1.post("/jobs", json={"script": "x"})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/outcome-unknown")
    assert answer.headers["Retry-After"] == str(answer.json()["retry_after_seconds"])
    assert answer.json()["transient"]


def test_jobs_are_listed_in_pages(v1: Any) -> None:
    """The pages of a list have each job once, newest first, while jobs are submitted."""
    ids = []
    for _ in range(5):
        ids.append(v1.submit()["id"])
        v1.now += 1
    seen, query = [], "?limit=2"
    while query:
        page = v1.get(f"/jobs{query}").json()
        JobList.model_validate(page)
        seen += [job["id"] for job in page["items"]]
        v1.submit()
        query = f"?limit=2&after={page['next']}" if page["next"] else ""
    assert seen == ids[::-1]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["b", "a"]),
        ("state=active", ["b"]),
        ("state=ended", ["a"]),
        ("state=RUNNING&state=COMPLETED", ["b", "a"]),
        ("state=HELD", []),
        ("name=a", ["a"]),
        ("label=k=v", ["a"]),
        ("label=k=v&label=x=y", []),
        ("since=2030-03-17T17:46:50Z", ["b"]),
        ("until=2030-03-17T19:46:50%2B02:00", ["a"]),
        ("user=alice", []),
        ("partition=none", []),
    ],
)
def test_lists_have_filters(query: str, names: list[str], v1: Any) -> None:
    """A list shows the jobs that have all that the query asks for."""
    v1.submit(name="a", labels={"k": "v"})
    v1.now += 15
    v1.submit(name="b")
    v1.now += 6
    assert [job["name"] for job in v1.get(f"/jobs?{query}").json()["items"]] == names


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=0", "'limit' must be a whole number from 1 to 1000, such as 100; it is '0'."),
        ("limit=1001", "'limit' must be a whole number from 1 to 1000, such as 100; it is '1001'."),
        ("limit=x", "'limit' must be a whole number from 1 to 1000, such as 100; it is 'x'."),
        ("state=RUNING", "it is 'RUNING' (did you mean 'RUNNING'?)"),
        ("stat=RUNNING", "'stat' is no member of the query string (did you mean 'state'?)"),
        ("name=a&name=b", "'name' is in the query string 2 times"),
        ("after=x", "'after' is 'x', which is no cursor"),
        ("since=yesterday", "'since' is 'yesterday', which is no time"),
        ("since=2030-02-30T00:00:00Z", "which is no time"),
        ("state=running", "(did you mean 'RUNNING'?)"),
        ("label=x", "'label' must be KEY=VALUE, such as project=water; it is 'x'."),
        ("label=a=b&label=x", "'label[1]' must be KEY=VALUE"),
    ],
)
def test_a_wrong_query_is_refused(query: str, words: str, v1: Any) -> None:
    """The error names the parameter and what would be right."""
    answer = v1.get(f"/jobs?{query}")
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_a_job_is_found_by_its_native_id_and_name(v1: Any) -> None:
    """Where an id is expected, the native id and a name do as well, if one job alone has it."""
    job = v1.submit(name="relax")
    for name in (job["id"], job["native_id"], "relax"):
        assert v1.get(f"/jobs/{name}").json()["id"] == job["id"]
    other = v1.submit(name="relax")
    answer = v1.get("/jobs/relax")
    assert answer.status_code == 409
    assert job["id"] in answer.json()["detail"]
    assert other["id"] in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""), ("DELETE", ""), ("POST", "/hold"), ("POST", "/release"), ("GET", "/why"),
        ("GET", "/script"), ("GET", "/output"),
    ],
)  # fmt: skip
def test_an_unknown_job_is_not_found(method: str, path: str, v1: Any) -> None:
    """Every call of a job answers 404 for one that there is not."""
    answer = v1.call(method, f"/jobs/nothing{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_a_cancelled_job_is_shown(v1: Any) -> None:
    """DELETE answers 202 with the job, and 200 once it has ended."""
    path = f"/jobs/{v1.submit()['id']}"
    first, again = v1.call("DELETE", path), v1.call("DELETE", path)
    assert (first.status_code, first.json()["state"]) == (202, "CANCELLED")
    assert (again.status_code, again.json()["state"]) == (200, "CANCELLED")


def test_a_job_that_has_ended_keeps_its_state(v1: Any) -> None:
    """A job that has completed stays completed."""
    path = f"/jobs/{v1.submit()['id']}"
    v1.now += 20
    answer = v1.call("DELETE", path)
    assert (answer.status_code, answer.json()["state"]) == (200, "COMPLETED")


def test_a_job_is_held_and_released(v1: Any) -> None:
    """A job that waits is held until it is released; a running one cannot be held."""
    path = f"/jobs/{v1.submit()['id']}"
    assert v1.post(f"{path}/hold").json()["state"] == "HELD"
    v1.now += 100
    assert v1.get(path).json()["held"]
    assert v1.post(f"{path}/release").json()["state"] == "PENDING"
    v1.now += 6
    for order in ("hold", "release"):
        answer = v1.post(f"{path}/{order}")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")


def test_what_the_scheduler_refuses_is_422(v1: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused order has the scheduler's words."""

    def refuse(*_: Any) -> None:
        raise Refused("slurm_update error: Job is no longer pending execution")

    monkeypatch.setattr(v1.connector, "release", refuse)
    answer = v1.post(f"/jobs/{v1.submit()['id']}/release")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/refused-by-scheduler")
    assert answer.json()["detail"] == "slurm_update error: Job is no longer pending execution"


def test_why_and_script_are_shown(v1: Any) -> None:
    """A job's explanation has all members; its script is text as it was submitted."""
    path = f"/jobs/{v1.submit()['id']}"
    Explanation.model_validate(v1.get(f"{path}/why").json())
    script = v1.get(f"{path}/script")
    assert script.text == "#!/bin/bash\necho hi\n"
    assert script.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert script.headers["X-Content-Type-Options"] == "nosniff"
    assert v1.get(f"{path}/script?batch=true").text == script.text, "nothing is around it"
    assert v1.get(f"{path}/script?batch=maybe").status_code == 400


def test_a_check_submits_nothing(v1: Any) -> None:
    """A check shows what would be submitted, and one script that asks for the same."""
    checked = v1.post("/jobs/check", json={"script": "echo hi", "nodes": 2})
    assert checked.status_code == 200
    found = CheckedJob.model_validate(checked.json())
    assert found.batch_script == "#!/bin/bash\necho hi\n"
    assert found.script == "#!/bin/bash\n#SBATCH --nodes=2\n\necho hi\n"
    assert v1.get("/jobs").json()["items"] == []


def test_a_state_that_the_caller_has_is_304(v1: Any) -> None:
    """The tag is the same while time passes, and another one with the next state; the connection
    stays open."""
    path = f"/jobs/{v1.submit()['id']}"
    tag = v1.get(path).headers["ETag"]
    v1.now += 2
    same = v1.get(path, headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert "Connection" not in same.headers
    v1.now += 6
    changed = v1.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["state"]) == (200, "RUNNING")
    tag = changed.headers["ETag"]
    v1.now += 3
    assert v1.get(path, headers={"If-None-Match": f'"x", {tag}'}).status_code == 304


def test_a_list_that_the_caller_has_is_304(v1: Any) -> None:
    """A list has a tag that changes with its jobs."""
    v1.submit()
    tag = v1.get("/jobs").headers["ETag"]
    assert v1.get("/jobs", headers={"If-None-Match": tag}).status_code == 304
    v1.submit()
    assert v1.get("/jobs", headers={"If-None-Match": tag}).status_code == 200


def test_both_apis_show_one_job(v1: Any) -> None:
    """A job of this API is in the legacy lists, and /exitstatus answers for it."""
    job = v1.submit(name="relax")
    legacy = {"name": "relax", "number": job["number"], "jobid": job["native_id"]}
    queued = requests.get(f"{v1.root}/queued", timeout=30).json()
    assert queued == [["relax", job["native_id"]]]
    v1.now += 20
    ended = requests.post(f"{v1.root}/exitstatus", json=legacy, timeout=30).json()
    assert ended[0] == 0
    assert v1.get(f"/jobs/{job['id']}").json()["state"] == "COMPLETED"


def test_a_job_says_why_it_waits_and_how_it_failed(serve_dummy: Any) -> None:
    """The document of a job has the sentence, in lists too; a job that runs has none."""
    v1 = serve_dummy(dummy_failing=100)
    held = v1.submit(name="held", held=True)
    fails = v1.submit(name="fails")
    assert v1.get(f"/jobs/{held['id']}").json()["explanation"] == "It is held."
    v1.now += 8
    assert v1.get(f"/jobs/{fails['id']}").json()["explanation"] == ""
    v1.now += 80
    found = {job["name"]: job["explanation"] for job in v1.get("/jobs").json()["items"]}
    assert found["held"] == "It is held."
    assert found["fails"].startswith("Exit code 1: ")


@pytest.mark.parametrize(("seconds", "status"), [(315_360_000, 201), (315_360_001, 400)])
def test_a_time_limit_is_ten_years_at_most(seconds: int, status: int, v1: Any) -> None:
    """Above that, the number of minutes would not fit into Slurm's."""
    answer = v1.post("/jobs", json={"script": "echo", "walltime_seconds": seconds})
    assert answer.status_code == status
