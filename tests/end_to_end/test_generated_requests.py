"""Requests by the thousand, made of the API's own description, to the running bridge on the real
cluster.

Half of them fit the description and half do not; some name jobs that are there. Whatever is sent,
the answer fits the description, nothing happens on the cluster that was not answered for, and the
bridge does not grow.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from tests.cluster import Cluster
from tests.end_to_end import hostile
from tests.end_to_end.api_description import Description
from tests.end_to_end.conftest import Start
from tests.end_to_end.service import Job, Service, numbers, script

pytestmark = pytest.mark.cluster
SHORT, LONG = 300, 10_000
KEY = ("upstream", "of the generated requests")
FORM = "application/x-www-form-urlencoded"
FAULT = "The bridge has a fault"
# Where the bridge and Slurm keep their files; no other new file may be on the cluster.
EXPECTED = (
    *("/home/jarvice/.jarvice/state/", "/home/jarvice/scratch/.jarvice/"),
    *("/var/spool/slurmctld/", "/var/lib/mysql/", "/var/spool/slurmd"),
    *("/var/tmp/generated-began", "/home/jarvice/.bash_history"),
)
schemathesis.openapi.format("job-script", hostile.scripts.map(hostile.encoded))


class Known(Service):
    """A bridge with a password, called with it."""

    def post(self, path: str, args: Any) -> requests.Response:
        return requests.post(self.url + path, data={"args": json.dumps(args)}, timeout=60, auth=KEY)

    @property
    def memory(self) -> int:
        """kB that its process holds."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(
            int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")
        )


class Sender:
    """Sends what was generated, and notes what came of it."""

    def __init__(self, service: Known, jobs: list[Job], described: Description) -> None:
        self._service, self._jobs, self._described = service, jobs, described
        self._session = requests.Session()
        self.sent = 0
        self.statuses: Counter[int] = Counter()
        self.excuses: set[str] = set()
        self.submitted: set[str] = {job.jobid for job in jobs}

    def send(self, case: Any, twists: Any) -> None:
        """Send one request and judge its answer."""
        path = case.operation.path
        if twists["known"]:
            self._name_a_job(case, twists["job"] % len(self._jobs))
        if path == "/submit" and isinstance(case.body, dict):
            self._tame(case.body, twists)
        if twists["form"] and case.media_type == "application/json":
            case.media_type, case.body = FORM, {"args": json.dumps(case.body, default=repr)}
        words = case.as_transport_kwargs(base_url=self._service.url)
        answer = self._session.request(
            **words, auth=None if twists["stranger"] else KEY, timeout=60
        )
        self.sent += 1
        self.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            self.excuses.add(f"{path} {answer.status_code} {answer.text[:150]}")
        assert FAULT not in answer.text
        assert answer.status_code != 500 or path == "/release", answer.text
        self._described.assert_fits(answer, case.operation.method, path)
        if path == "/submit" and answer.status_code == 200:
            self.submitted.add(answer.json()[0])

    def _name_a_job(self, case: Any, which: int) -> None:
        job = self._jobs[which]
        if "{jobid}" in case.operation.path:
            case.path_parameters |= {
                "name": job.name,
                "number": str(job.number),
                "jobid": job.jobid,
            }
        elif isinstance(case.body, dict) and "jobid" in case.body:
            case.body |= job.args

    def _tame(self, body: dict[str, Any], twists: Any) -> None:
        """More that Slurm can take, and nothing that runs: what a script does once it runs is its
        owner's business."""
        if body.get("held") in (None, False, 0):
            body["held"] = True
        if twists["tame"]:
            body |= {"nodes": 1} | ({} if twists["known"] else {"number": next(numbers)})
            if isinstance(body.get("hpc_script"), dict) and body["hpc_script"]:
                body["hpc_script"] = {"native": next(iter(body["hpc_script"].values()))}


TWISTS = st.fixed_dictionaries(
    {
        "known": st.booleans(),
        "job": st.integers(0, 10),
        "form": st.booleans(),
        "stranger": st.integers(0, 29).map(
            lambda n: n == 17
        ),  # in the middle: generators like the edges
        "tame": st.integers(0, 3).map(bool),
    }
)


def exercise(operation: Any, sender: Sender, examples: int) -> None:
    """Send up to that many requests to one call."""
    cases = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if operation.method == "post":
        cases |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, twists=TWISTS)
    def one(case: Any, twists: Any) -> None:
        sender.send(case, twists)

    one()


@pytest.fixture(scope="module")
def service(cluster: Cluster, start: Start) -> Iterator[Known]:
    """A bridge with a password."""
    named = {"JARVICE_BAREMETAL_EXECUTOR": "native", "JARVICE_SCHED_SERVER_KEY": ":".join(KEY)}
    made = Known(cluster.settings() | named | {"WAITRESS_BIND_ADDRESS": "127.0.0.1"})
    yield made
    made.stop()


def new_files(cluster: Cluster) -> list[str]:
    """What has been written anywhere on the cluster where nothing is expected."""
    shared = cluster.run(
        "login", ["find", "/", "-xdev", "-newer", EXPECTED[4], "-type", "f"], timeout=120
    ).stdout
    own = [
        cluster.run(host, ["find", "/tmp", "/dev/shm", "-type", "f"]).stdout
        for host in ("login", "node1", "node2")
    ]
    found = [
        name.decode(errors="replace")
        for listing in (shared, *own)
        for name in listing.split(b"\n")
        if name
    ]
    return [name for name in found if not name.startswith(EXPECTED)]


def send_all(service: Known, cluster: Cluster, requests_wanted: int) -> tuple[Sender, list[int]]:
    """Send at least so many, over all calls by turns; the sender, and the memory held at half of
    them and at the end."""
    jobs = [
        service.submit(script("echo JARVICE_CMD_SUCCESS"), f"known{n}", held=True) for n in range(3)
    ]
    document = requests.get(f"{service.url}/openapi.json", auth=KEY, timeout=60).json()
    sender = Sender(service, jobs, Description(document))
    operations = [
        found.ok()
        for found in schemathesis.openapi.from_dict(document).get_all_operations()
        if isinstance(found, Ok)
    ]
    share = max(4, requests_wanted // 40)
    memory: list[int] = []
    while sender.sent < requests_wanted:
        for operation in operations:
            exercise(operation, sender, share)
            if not memory and sender.sent >= requests_wanted / 2:
                memory.append(service.memory)
    return sender, [*memory, service.memory]


def hold(service: Known, cluster: Cluster, wanted: int) -> None:
    """The rule of this page, for that many requests."""
    cluster.wait_idle()
    cluster.run("login", ["touch", EXPECTED[4]])
    before = set(new_files(cluster))
    sender, (half, end) = send_all(service, cluster, wanted)
    log = "".join(service.log)
    listed = (
        cluster.run("login", ["squeue", "-h", "-t", "pending,running", "-o", "%A"])
        .stdout.decode()
        .split()
    )
    print(
        f"{sender.sent} requests, {dict(sorted(sender.statuses.items()))}, {len(sender.submitted)} "
        f"jobs, RSS {half} -> {end} kB"
    )
    print("".join(sorted(sender.excuses)))
    cluster.run("login", ["scancel", "-u", "jarvice"])
    assert "Traceback" not in log
    assert set(listed) <= sender.submitted
    assert set(new_files(cluster)) - before == set()
    assert not list(cluster.path("/home/jarvice").glob("*pwned*"))
    assert end < half * 1.15 + 4_000
    assert {200, 400, 401, 404} <= set(sender.statuses)


def test_hundreds_of_generated_requests(service: Known, cluster: Cluster) -> None:
    """A few generated requests for every call keep the rule of this file."""
    hold(service, cluster, SHORT)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_generated_requests(service: Known, cluster: Cluster) -> None:
    """Hundreds of generated requests for every call keep the rule of this file."""
    hold(service, cluster, LONG)
