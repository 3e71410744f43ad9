"""An upstream that calls as upstreams do, a ledger in which each job notes its runs, and the steps
that tests of several faults take."""

import itertools
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from dssr.job import JobRef
from tests.cluster import Cluster
from tests.end_to_end.service import Job, Service, eventually, numbers, script
from tests.faults.relay import Relay, Way

ANSWER = 5.0  # JARVICE_ANSWER_TIMEOUT
A_LITTLE = 5.0  # seconds that a busy machine may take on top
_NATIVE = {"JARVICE_BAREMETAL_EXECUTOR": "native", "JARVICE_ANSWER_TIMEOUT": f"{ANSWER:g}"}
_ledgers = itertools.count(1)


class Upstream(Service):
    """A bridge in a process of its own, and its caller; a response that comes too late fails the
    test.

    :cvar READS: the calls about one job that change nothing.
    :cvar ORDERS: the others; one that was not answered may still be carried out.
    """

    READS: Sequence[str] = ("/runstatus", "/exitstatus", "/events")
    ORDERS: Sequence[str] = ("/terminate", "/release")

    def __init__(self, cluster: Cluster, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(cluster.settings() | _NATIVE | dict(settings or {}))

    def post(self, path: str, args: Any) -> requests.Response:
        """A call. A 503 must have a Retry-After header and a reason."""
        return checked(
            requests.post(
                self.url + path, data={"args": json.dumps(args)}, timeout=ANSWER + A_LITTLE
            )
        )

    def get(self, path: str) -> requests.Response:
        """The same for calls without arguments."""
        return checked(requests.get(self.url + path, timeout=ANSWER + A_LITTLE))

    def ask(self, call: str, job: Job) -> requests.Response:
        """One of ``READS`` and ``ORDERS``."""
        return self.post(call, job.args)

    def is_away(self) -> bool:
        """Whether the bridge reports that the cluster does not answer."""
        return self.get("/gc").status_code == 500

    def accepted(self, task: "Task", answer: requests.Response) -> Job:
        """The job of a submission that was accepted."""
        assert answer.status_code == 200, answer.text
        return Job(task.name, task.number, *answer.json())

    def as_kept(self, task: "Task") -> "Task":
        """The task under the number that its job has on the cluster."""
        return task

    def output_of(self, task: "Task") -> str:
        """All that a task prints, and what the bridge adds."""
        return f"{task.output}\nJARVICE Job completed OK"

    def listed(self, job: Job) -> bool | None:
        """Whether the job is in one of the two lists; ``None`` when a list is not returned."""
        answers = [
            self.get("/queued"),
            self.get("/running"),
        ]  # in the order in which a job goes through them
        if any(answer.status_code == 503 for answer in answers):
            return None
        return any([job.name, job.jobid] in answer.json() for answer in answers)


def checked(answer: requests.Response) -> requests.Response:
    """The same response. A 503 says when to ask again, and why."""
    if answer.status_code == 503:
        assert answer.headers["Retry-After"].isdecimal()
        assert answer.text.strip()
    return answer


@dataclass(frozen=True)
class Task:
    """A job as an upstream wants it, before it is submitted."""

    name: str
    number: int
    text: str

    @property
    def output(self) -> str:
        """All that it prints."""
        return f"{self.name} begins\n{self.name} ends\nJARVICE_CMD_SUCCESS"


class Ledger:
    """A directory on the cluster's shared file system in which each task notes each of its runs."""

    def __init__(self, cluster: Cluster) -> None:
        self.path = f"/home/{cluster.user}/ledger-{next(_ledgers)}"
        self._here = cluster.path(self.path)
        cluster.run("login", ["mkdir", self.path], user=cluster.user)

    def task(self, name: str, waits: bool = False, padding: int = 0, **lines: str | int) -> Task:
        """A task that ends at once, or with ``waits`` when it may; ``padding`` bytes make its
        request larger."""
        wait = f"until [ -e {self.path}/{name}.end ]; do sleep 0.1; done" if waits else ":"
        note = f'echo "$SLURM_JOB_ID" >>{self.path}/{name}'
        body = f"{note}; echo {name} begins; {wait}; echo {name} ends; echo JARVICE_CMD_SUCCESS\n"
        filling = "".join(f"# {'x' * 77}\n" for _ in range(padding // 80))
        return Task(name, next(numbers), script(body + filling, **lines))

    def may_end(self, task: Task) -> None:
        """Let a waiting task end."""
        (self._here / f"{task.name}.end").touch()

    def runs(self, task: Task) -> list[str]:
        """The native ids under which it ran, one for each run."""
        note = self._here / task.name
        return note.read_text().split() if note.exists() else []


_STATE = "/home/jarvice/.jarvice/state"


def intent_of(task: Task) -> str:
    """The link that records the submission of the first task of that name
    (connectors/slurm/shell/programs/common.sh)."""
    key = JobRef(task.name, task.number).key
    return f"{_STATE}/names/{key[:2]}/{key}/1"


def directory_of(cluster: Cluster, task: Task) -> str:
    """The task's directory in the bridge's state on the cluster."""
    return f"{_STATE}/{str(cluster.path(intent_of(task)).readlink()).removeprefix('../../../')}"


def running(upstream: Upstream, ledger: Ledger, task: Task) -> Job:
    """Submit the task, and wait until it has begun."""
    job = submit_until_taken(upstream, task)
    eventually(lambda: ledger.runs(task))
    return job


def submit_once(upstream: Upstream, task: Task) -> requests.Response:
    """Send one request to submit the task."""
    return upstream.try_submit(task.text, task.name, task.number)


def submit_until_taken(upstream: Upstream, task: Task) -> Job:
    """Send the same request until the response is not 503 any more."""
    answer = eventually(lambda: submit_once(upstream, task), lambda a: a.status_code != 503)
    return upstream.accepted(task, answer)


def end_of(upstream: Upstream, job: Job, patience: float = 90) -> tuple[int, str, str]:
    """The job's result: rc, output and termination line."""
    eventually(lambda: upstream.listed(job), lambda listed: listed is False, patience)
    answer = eventually(
        lambda: upstream.post("/exitstatus", job.args), lambda a: a.status_code != 503, patience
    )
    assert answer.status_code == 200, answer.text
    rc, _, (output, termination) = answer.json()
    return rc, output, termination


def ends_well(upstream: Upstream, ledger: Ledger, task: Task, job: Job) -> None:
    """The job ran exactly once, under the id that the upstream has, and its end and output are
    reported."""
    rc, output, termination = end_of(upstream, job)
    assert (rc, output) == (0, upstream.output_of(task)), (
        rc,
        output,
        termination,
        ledger.runs(task),
    )
    assert "COMPLETED" in termination
    assert ledger.runs(task) == [job.jobid], ledger.runs(task)


def state_of(cluster: Cluster, job: Job) -> bytes:
    """The state that the controller reports; empty when it has forgotten the job."""
    return cluster.run(
        "login", ["squeue", "-h", "-t", "all", "-j", job.jobid, "-o", "%T"]
    ).stdout.strip()


def runs_again(cluster: Cluster, upstream: Upstream, ledger: Ledger, task: Task, job: Job) -> None:
    """Slurm has put the job back into the queue: it runs twice under one id, is listed all the
    time, and its last run is reported."""
    eventually(lambda: state_of(cluster, job), lambda state: state == b"PENDING")
    # Slurm would wait two minutes; within a second of the first run's end a node would refuse the
    # job's credential.
    cluster.run("login", ["scontrol", "update", f"jobid={job.jobid}", "starttime=now+3"])
    eventually(lambda: upstream.listed(job) and ledger.runs(task) == [job.jobid] * 2)
    assert submit_until_taken(upstream, task) == job
    ledger.may_end(task)
    rc, output, termination = end_of(upstream, job)
    assert rc == 0
    assert output.endswith(upstream.output_of(task))
    assert "COMPLETED" in termination
    assert ledger.runs(task) == [job.jobid] * 2


def recovers(upstream: Upstream, ledger: Ledger, name: str) -> None:
    """The bridge, which was not restarted, reports that it is well, and a job runs from submission
    to result."""
    eventually(lambda: upstream.get("/gc"), lambda a: a.status_code == 200)
    task = ledger.task(name)
    ends_well(upstream, ledger, task, submit_until_taken(upstream, task))


def measure(upstream: Upstream, relay: Relay, ledger: Ledger, padding: int) -> dict[Way, int]:
    """The bytes that one submission takes in each direction, over an open connection: the fewest
    of three, since the bridge may query the cluster meanwhile."""
    well = upstream.get("/gc")
    assert well.status_code == 200, well.text
    carried: dict[Way, list[int]] = {"up": [], "down": []}
    for _ in range(3):
        before = dict(relay.carried)
        submit_until_taken(upstream, ledger.task("measured", padding=padding))
        for way, sizes in carried.items():
            sizes.append(relay.carried[way] - before[way])
    return {way: min(sizes) for way, sizes in carried.items()}


def silent(upstream: Upstream, job: Job, task: Task, seconds: float, asking: Sequence[str]) -> None:
    """For so many seconds the cluster answers nothing about ``job`` and takes no ``task``: each
    call gets 503, and a list may still be the last one, with the job in it."""
    until = time.monotonic() + seconds
    eventually(lambda: upstream.get("/running"), lambda a: a.status_code == 503)
    while time.monotonic() < until:
        with ThreadPoolExecutor(
            len(asking) + 3
        ) as pool:  # all at once: a silent cluster makes each of them wait
            answers = [pool.submit(upstream.ask, call, job) for call in asking]
            answers.append(pool.submit(submit_once, upstream, task))
            listed, away = pool.submit(upstream.listed, job), pool.submit(upstream.is_away)
        assert [answer.result().status_code for answer in answers] == [503] * len(answers)
        assert listed.result() is None
        assert away.result()
        assert upstream.get("/live").status_code == 200


@dataclass(frozen=True)
class Pair:
    """A task that runs while the cluster is out of reach, and one that cannot be submitted
    meanwhile."""

    upstream: Upstream
    ledger: Ledger
    task: Task
    later: Task
    job: Job

    @classmethod
    def begin(cls, upstream: Upstream, ledger: Ledger) -> "Pair":
        """Submit the first task, and wait until it has begun, because a start that is lost with the
        controller would cost minutes."""
        task, later = ledger.task("runs-on", waits=True), ledger.task("later")
        return cls(upstream, ledger, task, later, running(upstream, ledger, task))

    def silent(self, seconds: float) -> None:
        """For so many seconds nothing is reported, and nothing submitted."""
        asking = (*self.upstream.READS, *self.upstream.ORDERS)
        silent(self.upstream, self.job, self.later, seconds, asking)

    def end(self) -> None:
        """Both tasks end well."""
        self.ledger.may_end(self.task)
        ends_well(self.upstream, self.ledger, self.task, self.job)
        ends_well(
            self.upstream, self.ledger, self.later, submit_until_taken(self.upstream, self.later)
        )


def kill_controller(cluster: Cluster) -> None:
    """Kill the controller once it has saved its state, which it does every five seconds. One that
    comes back with an older state starts running jobs a second time, fails, and holds them."""
    time.sleep(6)
    cluster.stop("login", "slurmctld")
