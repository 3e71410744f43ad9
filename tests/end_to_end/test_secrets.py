"""Secrets show nowhere: marked ones are submitted, every kind of error is caused, and then everything is searched for them.

The one exception: on a compute node, from its step on, the job has its own registry credentials in its environment, where the
program that pulls the image needs them; and until the job's end they lie in the file ``secrets`` of its directory.
"""

import base64
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import requests

from tests.cluster import Cluster, Options
from tests.cluster.fixtures import ClusterFactory
from tests.end_to_end.marks import Marks, Search, mark
from tests.end_to_end.service import Job, Service, eventually, numbers, script

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]
REPO = "registry.example/box"
HERE = {
    "operator's registry password": mark("operator"),
    "job's registry password": mark("job"),
    "other registry's password": mark("other"),
    "server key": mark("basic"),
    "wrong server key": mark("wrong"),
    "bearer": mark("bearer"),
    "API token": mark("token"),
    "broken secret": mark("broken"),
}


OPERATOR = ("upstream", HERE["server key"])


def docker_secret(password: str = HERE["job's registry password"]) -> str:
    return json.dumps({"server": "registry.example", "username": "puller", "password": password})


def docker_config() -> str:
    password = HERE["other registry's password"]
    auth = base64.b64encode(f"puller:{password}".encode()).decode()
    return base64.b64encode(json.dumps({"auths": {"other.example": {"auth": auth}}}).encode()).decode()


def job_script(body: str, **lines: Any) -> str:
    """A job with credentials of both kinds."""
    return script(
        body, **{"JOBOBJ_REPO": REPO, "JOBOBJ_DOCKER_SECRET": docker_secret(), "JOBOBJ_CTRSECRET": docker_config(), **lines}
    )


@dataclass
class Story:
    """A bridge with secrets, on a cluster that keeps whatever it gets."""

    cluster: Cluster
    service: Service
    marks: Marks
    search: Search
    answers: list[bytes] = field(default_factory=list)

    def heard(self, answer: requests.Response, *statuses: int) -> requests.Response:
        """Keep an answer for the search."""
        assert answer.status_code in statuses, (answer.status_code, answer.text)
        self.answers.append(repr(answer.headers).encode() + answer.content)
        return answer

    def submit(self, body: str, *statuses: int, number: int = 0, **how: Any) -> requests.Response:
        lines = how.pop("lines", {})
        number = number or next(numbers)
        args = {"bearer": f"a.{HERE['bearer']}.c", **how}
        return self.heard(self.service.try_submit(job_script(body, **lines), "marked", number, **args), *(statuses or (200,)))

    def job(self, body: str, **how: Any) -> Job:
        number = next(numbers)
        return Job("marked", number, *self.submit(body, number=number, **how).json())

    def end_of(self, job: Job) -> None:
        """Wait for the job's end, as an upstream does."""
        self.heard(eventually(lambda: self.service.post("/exitstatus", job.args), lambda a: a.status_code != 503), 200)

    def assert_told_nobody(self) -> None:
        """Neither the bridge's log nor any answer holds a secret."""
        log = "".join(self.service.log).encode()
        assert b"dssr has stopped" not in log
        assert self.marks.seen_in(log) == set()
        assert self.marks.seen_in(b"\n".join(self.answers)) == set()


class Known(Service):
    """A bridge that is called with its password."""

    def post(self, path: str, args: Any) -> requests.Response:
        return requests.post(self.url + path, data={"args": json.dumps(args)}, timeout=60, auth=OPERATOR)


@pytest.fixture(scope="module")
def story(cluster_factory: ClusterFactory) -> Iterator[Story]:
    """With accounting that keeps every script and every environment for good, and a log that says everything."""
    cluster = cluster_factory(options=Options(keep_scripts=True))
    key = "".join(line for line in cluster.private_key.splitlines() if not line.startswith("-"))
    marks = Marks({**HERE, "SSH key": key[100:160], "SSH key's end": key[-60:].rstrip("=")})
    search = Search(cluster, marks)
    service = Known(
        cluster.settings()
        | {
            "JARVICE_BAREMETAL_EXECUTOR": "native",
            "JARVICE_SCHED_LOGLEVEL": "10",
            "JARVICE_SCHED_SERVER_KEY": f"upstream:{HERE['server key']}",
            "JARVICE_DOCKER_USERNAME": base64.b64encode(b"operator").decode(),
            "JARVICE_DOCKER_PASSWORD": base64.b64encode(HERE["operator's registry password"].encode()).decode(),
            "WAITRESS_BIND_ADDRESS": "127.0.0.1",
        }
    )
    yield Story(cluster, service, marks, search)
    service.stop()


def directory_of(story: Story, job: Job) -> PurePosixPath:
    """The job's directory on the cluster."""
    said = story.cluster.run("login", ["scontrol", "-o", "show", "job", job.jobid]).stdout.decode()
    command = next(word for word in said.split() if word.startswith("Command="))
    return PurePosixPath(command.removeprefix("Command=")).parent


def test_the_search_finds_what_is_there(story: Story) -> None:
    """A secret in a file, in base64 of base64, in a command line and in an environment: without this, nothing below means
    anything."""
    secret = HERE["job's registry password"]
    twice = base64.b64encode(b"x" + base64.b64encode(f"ab{secret}c".encode())).decode()
    for text in (secret, twice):
        assert story.marks.seen_in(f"<{text}>".encode()) == {"job's registry password"}
    hold = f"printf %s {twice} >/home/jarvice/found; printf %s {secret} >/tmp/found; export FOUND={secret}; sleep 20 #"
    left = story.cluster.run("node1", ["sh", "-c", f"setsid sh -c '{hold}' >/dev/null 2>&1 & echo $!"], user="jarvice")
    assert left.returncode == 0
    eventually(lambda: story.search.environments()[1])
    assert story.search.files() == {"/home/jarvice/found", "node1:/tmp/found"}
    assert story.search.command_lines()
    story.cluster.run("node1", ["pkill", "-u", "jarvice", "sleep"])
    story.cluster.run("node1", ["rm", "/home/jarvice/found", "/tmp/found"])
    eventually(lambda: not story.search.command_lines())


def test_a_held_job_s_secrets_are_its_owner_s_alone(story: Story) -> None:
    """The one file that holds them has mode 600, in a directory of mode 700; a job that is cancelled leaves none."""
    job = story.job("echo never", held=True)
    path = directory_of(story, job) / "secrets"
    assert story.search.files() == {str(path)}
    shared = story.cluster.path(str(path))
    assert stat.S_IMODE(shared.stat().st_mode) == 0o600
    assert stat.S_IMODE(shared.parent.stat().st_mode) == 0o700
    assert story.cluster.run("login", ["cat", str(path)], user="bob").returncode != 0
    assert story.search.environments() == (set(), set())
    story.heard(story.service.post("/terminate", job.args), 200)
    assert story.search.files() == set()
    story.end_of(job)


def test_a_submission_on_its_way_shows_no_secret(story: Story, tmp_path: Path) -> None:
    """Whoever looks at the process lists of the login node all the time, while jobs are submitted, sees none."""
    look = "until [ -e /tmp/over ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; done"
    with (tmp_path / "seen").open("w+b") as seen:
        looking = subprocess.Popen(story.cluster.argv("login", ["timeout", "60", "sh", "-c", look]), stdout=seen)
        jobs = [story.job("echo never", held=True) for _ in range(10)]
        story.cluster.run("login", ["touch", "/tmp/over"])
        looking.wait(60)
        seen.seek(0)
        text = seen.read()
    assert text.count(b"--comment=dssr:") > 5  # they were submitted while somebody looked
    assert story.marks.seen_in(text) == set()
    for job in jobs:
        story.heard(story.service.post("/terminate", job.args), 200)


def test_a_running_job_has_its_secrets_and_nobody_else(story: Story) -> None:
    """They arrive on the node, in the step's environment alone: no command line, no batch script, no file but the one."""
    digest = (
        'for v in "$JARVICE_DOCKER_PASSWORD" "$JARVICE_INIT_DOCKER_PASSWORD"; do printf %s "$v" | base64 -d | cut -c1-3; done'
    )
    body = f"{digest}; echo up; until [ -e /home/jarvice/go ]; do sleep 0.2; done; echo JARVICE_CMD_SUCCESS"
    job = story.job(body, nodes=2)
    service = story.service
    tail = f"/request/{job.name}/{job.number}/{job.jobid}/tail"
    shown = eventually(lambda: service.post(tail, {"qs": {}}).text, lambda text: text.count("up\n") == 2)
    assert (shown.count("job\n"), shown.count("ope\n")) == (2, 2)  # the beginnings of both passwords
    inside, outside = story.search.environments()
    assert inside
    assert outside == set()
    assert story.search.command_lines() == set()
    assert story.search.files() == {str(directory_of(story, job) / "secrets")}
    assert story.search.said_by(["scontrol", "write", "batch_script", job.jobid, "-"], ["scontrol", "show", "job", "-dd"]) == {}
    story.heard(service.post("/events", job.args), 200)
    story.cluster.run("login", ["touch", "/home/jarvice/go"], user="jarvice")
    story.end_of(job)
    story.assert_told_nobody()


def test_errors_tell_no_secret(story: Story) -> None:
    """Whatever goes wrong with a request that holds secrets."""
    service, number = story.service, next(numbers)
    story.submit("echo x", number=number, held=True)
    story.submit("echo another", 409, number=number)
    story.submit("echo x", 400, lines={"JOBOBJ_DEVICES": '["partition=nowhere"]'})
    story.submit("echo x", 400, lines={"JARVICE_CPU_CORES": 999})
    story.submit("echo x", 400, lines={"JOBOBJ_APPDEFVERSION": 1})
    story.submit("echo x", 400, executor="nobody-has-it")
    story.submit("# " + "x" * (5 << 20), 413)
    for broken in (f"{{{HERE['broken secret']}", json.dumps([HERE["broken secret"]]), "é" + HERE["broken secret"]):
        story.submit("echo x", lines={"JOBOBJ_DOCKER_SECRET": broken, "JOBOBJ_CTRSECRET": broken}, held=True)
    story.submit("echo x", 400, lines={"JOBOBJ_DOCKER_SECRET": HERE["broken secret"] * 5000})
    story.heard(service.post("/submit", {"bearer": [HERE["bearer"]], "name": "x"}), 400)
    story.heard(requests.post(service.url + "/submit", data=f"args={{{HERE['bearer']}", auth=OPERATOR, timeout=60), 400)
    for auth in (
        {"Authorization": f"Bearer {HERE['API token']}"},
        {"Authorization": "Basic " + base64.b64encode(f"upstream:{HERE['wrong server key']}".encode()).decode()},
        {"Authorization": f"Digest {HERE['API token']}"},
        {},
    ):
        story.heard(requests.get(service.url + "/running", headers=auth, timeout=60), 401)
    story.assert_told_nobody()
    service.kill()
    service.start()  # its open connections and shells are gone, and what it logs at its start is searched too


def test_a_cluster_that_is_away_tells_no_secret(story: Story) -> None:
    """The login node is cut off, and later the controller's answer is lost: 503, and the same job afterwards."""
    number = next(numbers)
    story.cluster.link("login", up=False)
    story.submit("echo JARVICE_CMD_SUCCESS", 503, number=number)
    story.heard(requests.get(f"{story.service.url}/gc", auth=OPERATOR, timeout=60), 500)
    story.cluster.link("login", up=True)
    story.cluster.pause("login", "slurmctld")
    eventually(lambda: story.submit("echo JARVICE_CMD_SUCCESS", 503, number=number).text, lambda text: "Nobody knows" in text)
    story.cluster.resume("login", "slurmctld")
    again = eventually(
        lambda: story.submit("echo JARVICE_CMD_SUCCESS", 200, 503, number=number), lambda a: a.status_code == 200
    )
    job = Job("marked", number, *again.json())
    story.end_of(job)
    story.assert_told_nobody()


def test_nothing_is_left_of_them(story: Story) -> None:
    """When all jobs are over: not in Slurm's state, the accounting database, a log of the cluster's or any file on it."""
    listed = story.cluster.run("login", ["squeue", "-h", "-o", "%A %k %j"]).stdout.decode().split("\n")
    for jobid, comment, name in (line.split() for line in listed if line):
        job = Job(name.removeprefix("jarvice_"), int(comment.rpartition(":")[2]), jobid, "")
        story.service.post("/terminate", job.args)
        story.end_of(job)
    database = ["mariadb-dump", "--all-databases", "--skip-extended-insert"]
    kept = story.cluster.run("login", [*database, "--hex-blob"], timeout=120).stdout
    assert b"DSSR_JOB_DIR" in kept  # the batch scripts are there
    assert b"SLURM_SUBMIT_DIR" in kept or b"HOME=" in kept  # and the environments
    assert story.search.said_by(database, ["scontrol", "show", "job", "-dd"], ["sacct", "-a", "-P", "-o", "ALL"]) == {}
    assert story.search.files() == set()
    assert story.search.environments() == (set(), set())
    story.assert_told_nobody()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JARVICE_SCHED_SERVER_KEY", "{}"),
        ("JARVICE_DOCKER_PASSWORD", "{}!"),
        ("JARVICE_SLURM_SSH_PKEY", "{}!"),
        ("JARVICE_SLURM_SSH_PKEY", "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----"),
        ("JARVICE_SLURM_SSH_PKEY_PASSPHRASE", "{}\nx"),
    ],
)
def test_settings_that_cannot_be_read_are_not_shown(name: str, value: str) -> None:
    """The bridge says which one is wrong and not what it holds."""
    settings = {"PATH": os.environ["PATH"], "JARVICE_SCHED_LOGLEVEL": "10", "JARVICE_SLURM_CLUSTER_ADDR": "127.0.0.1"}
    environ = settings | {"JARVICE_SLURM_SSH_USER": "x", name: value.format(HERE["broken secret"])}
    done = subprocess.run([sys.executable, "-m", "dssr", "serve"], env=environ, capture_output=True, timeout=60)
    assert done.returncode != 0
    assert name.encode() in done.stdout + done.stderr
    assert not Marks(HERE).seen_in(done.stdout + done.stderr)
