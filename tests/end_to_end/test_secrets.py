"""Secrets show nowhere: marked ones are submitted, every kind of error is caused, and then
everything is searched for them.

The one exception: on a compute node, from its step on, the job has its own registry credentials in
its environment, where the program that pulls the image needs them; and until the job's end they lie
in the file ``secrets`` of its directory.
"""

import base64
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.cluster import Options
from tests.cluster.fixtures import ClusterFactory
from tests.end_to_end.marks import Marks
from tests.end_to_end.secret_story import HERE, OPERATOR, Known, Story, begin, directory_of
from tests.end_to_end.service import Job, eventually, numbers, script

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def story(
    cluster_factory: ClusterFactory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """A bridge on a cluster whose accounting keeps every script and every environment."""
    begun = begin(
        cluster_factory(options=Options(keep_scripts=True)), tmp_path_factory.mktemp("bridge")
    )
    yield begun
    begun.service.stop()


def test_the_search_finds_what_is_there(story: Story) -> None:
    """The search finds a secret in a file, in base64 of base64, in a command line and in an
    environment."""
    secret = HERE["job's registry password"]
    twice = base64.b64encode(b"x" + base64.b64encode(f"ab{secret}c".encode())).decode()
    for text in (secret, twice):
        assert story.marks.seen_in(f"<{text}>".encode()) == {"job's registry password"}
    hold = f"printf %s {twice} >/home/jarvice/found; printf %s {secret} >/tmp/found; export FOUND={secret}; sleep 20 #"
    left = story.cluster.run(
        "node1", ["sh", "-c", f"setsid sh -c '{hold}' >/dev/null 2>&1 & echo $!"], user="jarvice"
    )
    assert left.returncode == 0
    eventually(lambda: story.search.environments()[1])
    assert story.search.files() == {"/home/jarvice/found", "node1:/tmp/found"}
    assert story.search.command_lines()
    story.cluster.run("node1", ["pkill", "-u", "jarvice", "sleep"])
    story.cluster.run("node1", ["rm", "/home/jarvice/found", "/tmp/found"])
    eventually(lambda: not story.search.command_lines())


def test_a_held_job_s_secrets_are_its_owner_s_alone(story: Story) -> None:
    """The only file with a held job's secrets has mode 600 in a directory of mode 700, and a
    cancelled job leaves none."""
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
    """The process lists of the login node, read all the time while jobs are submitted, show no
    secret."""
    look = (
        "until [ -e /tmp/over ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; done"
    )
    with (tmp_path / "seen").open("w+b") as seen:
        looking = subprocess.Popen(
            story.cluster.argv("login", ["timeout", "60", "sh", "-c", look]), stdout=seen
        )
        jobs = [story.job("echo never", held=True) for _ in range(10)]
        story.cluster.run("login", ["touch", "/tmp/over"])
        looking.wait(60)
        seen.seek(0)
        text = seen.read()
    assert text.count(b"--comment=dssr:") > 5  # they were submitted meanwhile
    assert story.marks.seen_in(text) == set()
    for job in jobs:
        story.heard(story.service.post("/terminate", job.args), 200)


def test_a_running_job_has_its_secrets_and_nobody_else(story: Story) -> None:
    """A running job's secrets are in its step's environment and its one file, and in no command
    line or batch script."""
    digest = 'for v in "$JARVICE_DOCKER_PASSWORD" "$JARVICE_INIT_DOCKER_PASSWORD"; do printf %s "$v" | base64 -d | cut -c1-3; done'
    body = f"{digest}; echo up; until [ -e /home/jarvice/go ]; do sleep 0.2; done; echo JARVICE_CMD_SUCCESS"
    job = story.job(body, nodes=2)
    service = story.service
    tail = f"/request/{job.name}/{job.number}/{job.jobid}/tail"
    shown = eventually(
        lambda: service.post(tail, {"qs": {}}).text, lambda text: text.count("up\n") == 2
    )
    assert (shown.count("job\n"), shown.count("ope\n")) == (
        2,
        2,
    )  # the beginnings of both passwords
    inside, outside = story.search.environments()
    assert inside
    assert outside == set()
    assert story.search.command_lines() == set()
    assert story.search.files() == {str(directory_of(story, job) / "secrets")}
    assert (
        story.search.said_by(
            ["scontrol", "write", "batch_script", job.jobid, "-"],
            ["scontrol", "show", "job", "-dd"],
        )
        == {}
    )
    story.heard(service.post("/events", job.args), 200)
    story.cluster.run("login", ["touch", "/home/jarvice/go"], user="jarvice")
    story.end_of(job)
    story.assert_told_nobody()


def test_a_container_does_not_see_what_it_was_pulled_with(story: Story) -> None:
    """On the node, the program that pulls the image has the registry's password, and what runs in
    the container has not."""
    registry = story.cluster.registry
    story.cluster.run(
        "login",
        ["sh", "-c", "echo export APPTAINER_NOHTTPS=1 >~/.jarvice_custom_env"],
        user="jarvice",
    )
    service = Known(story.settings | {"JARVICE_BAREMETAL_EXECUTOR": "singularity"})
    secret = json.dumps(
        {"server": registry.address, "username": registry.user, "password": registry.password}
    )
    body = "env; echo up; until [ -e /home/jarvice/end ]; do sleep 0.25; done; echo JARVICE_CMD_SUCCESS"
    text = script(body, JOBOBJ_REPO=registry.image, JOBOBJ_DOCKER_SECRET=secret)
    job = service.submit(text, "contained")
    path = directory_of(story, job) / "secrets"
    service.prints(job, "up\n")
    inside, outside = story.search.environments()
    assert outside == set()
    assert [name for name in inside if "sleep" in name or "/bin/sh" in name] == []
    assert story.search.command_lines() == set()
    assert story.search.files() == {str(path)}
    story.cluster.run("login", ["touch", "/home/jarvice/end"], user="jarvice")
    answer = eventually(
        lambda: service.post("/exitstatus", job.args), lambda a: a.status_code != 503
    )
    assert answer.json()[0] == 0
    story.heard(answer, 200)
    service.stop()
    assert story.marks.seen_in("".join(service.log).encode()) == set()
    assert story.search.files() == set()


def test_errors_tell_no_secret(story: Story) -> None:
    """No error about a request that holds secrets shows one."""
    service, number = story.service, next(numbers)
    story.submit("echo x", number=number, held=True)
    story.submit("echo another", 409, number=number)
    story.submit("echo x", 400, lines={"JOBOBJ_DEVICES": '["partition=nowhere"]'})
    story.submit("echo x", 400, lines={"JARVICE_CPU_CORES": 999})
    story.submit("echo x", 400, lines={"JOBOBJ_APPDEFVERSION": 1})
    story.submit("echo x", 400, executor="nobody-has-it")
    story.submit("# " + "x" * (5 << 20), 413)
    secret = HERE["broken secret"]
    for broken in (f"{{{secret}", json.dumps([secret]), f"é{secret}"):
        lines = {"JOBOBJ_DOCKER_SECRET": broken, "JOBOBJ_CTRSECRET": broken}
        story.submit("echo x", lines=lines, held=True)
    story.submit("echo x", 400, lines={"JOBOBJ_DOCKER_SECRET": HERE["broken secret"] * 5000})
    story.heard(service.post("/submit", {"bearer": [HERE["bearer"]], "name": "x"}), 400)
    form = f"args={{{HERE['bearer']}"
    story.heard(requests.post(f"{service.url}/submit", data=form, auth=OPERATOR, timeout=60), 400)
    basic = base64.b64encode(f"upstream:{HERE['wrong server key']}".encode()).decode()
    wrong = HERE["wrong API token"]
    for scheme in (f"Bearer {wrong}", f"Basic {basic}", f"Digest {wrong}", ""):
        auth = {"Authorization": scheme} if scheme else {}
        story.heard(requests.get(service.url + "/running", headers=auth, timeout=60), 401)
    holder = {"Authorization": f"Bearer {story.token}"}
    args = {"args": json.dumps({"name": "x", "number": 1, "jobid": "1"})}
    for path in ("/running", "/queued", "/metrics", "/gc", "/openapi.json"):
        story.heard(requests.get(service.url + path, headers=holder, timeout=60), 200)
    order = requests.post(f"{service.url}/terminate", headers=holder, data=args, timeout=60)
    story.heard(order, 404)
    story.assert_told_nobody()
    service.kill()
    # Its open connections and shells are gone, and what it logs at its start is searched too.
    service.start()


def test_a_cluster_that_is_away_tells_no_secret(story: Story) -> None:
    """While the login node is cut off or the controller is silent, no response holds a secret, and
    the job is submitted once afterwards."""
    number = next(numbers)
    story.cluster.link("login", up=False)
    story.submit("echo JARVICE_CMD_SUCCESS", 503, number=number)
    story.heard(requests.get(f"{story.service.url}/gc", auth=OPERATOR, timeout=60), 500)
    story.cluster.link("login", up=True)
    story.cluster.pause("login", "slurmctld")
    eventually(
        lambda: story.submit("echo JARVICE_CMD_SUCCESS", 503, number=number).text,
        lambda text: "is not known yet" in text,
    )
    story.cluster.resume("login", "slurmctld")
    again = eventually(
        lambda: story.submit("echo JARVICE_CMD_SUCCESS", 200, 503, number=number),
        lambda a: a.status_code == 200,
    )
    job = Job("marked", number, *again.json())
    story.heard(
        story.service.post("/terminate", job.args), 200
    )  # its nodes may take a while to be trusted again
    story.end_of(job)
    story.assert_told_nobody()


def test_nothing_is_left_of_them(story: Story) -> None:
    """When all jobs are over, no secret is in Slurm's state, the accounting database, a log or any
    file of the cluster."""
    listed = (
        story.cluster.run("login", ["squeue", "-h", "-o", "%A %k %j"]).stdout.decode().split("\n")
    )
    for jobid, comment, name in (line.split() for line in listed if line):
        job = Job(name.removeprefix("jarvice_"), int(comment.rpartition(":")[2]), jobid, "")
        story.service.post("/terminate", job.args)
        story.end_of(job)
    database = ["mariadb-dump", "--all-databases", "--skip-extended-insert"]
    kept = story.cluster.run("login", [*database, "--hex-blob"], timeout=120).stdout
    assert b"DSSR_JOB_DIR" in kept  # the batch scripts are there
    assert b"SLURM_SUBMIT_DIR" in kept or b"HOME=" in kept  # and the environments
    assert (
        story.search.said_by(
            database, ["scontrol", "show", "job", "-dd"], ["sacct", "-a", "-P", "-o", "ALL"]
        )
        == {}
    )
    assert story.search.files() == set()
    assert story.search.environments() == (set(), set())
    story.assert_told_nobody()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JARVICE_SCHED_SERVER_KEY", "{}"),
        ("JARVICE_DOCKER_PASSWORD", "{}!"),
        ("JARVICE_SLURM_SSH_PKEY", "{}!"),
        (
            "JARVICE_SLURM_SSH_PKEY",
            "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----",
        ),
        ("JARVICE_SLURM_SSH_PKEY_PASSPHRASE", "{}\nx"),
    ],
)
def test_settings_that_cannot_be_read_are_not_shown(name: str, value: str) -> None:
    """The error about a wrong setting names it and does not show its value."""
    settings = {
        "PATH": os.environ["PATH"],
        "JARVICE_SCHED_LOGLEVEL": "10",
        "JARVICE_SLURM_CLUSTER_ADDR": "127.0.0.1",
    }
    environ = settings | {"JARVICE_SLURM_SSH_USER": "x", name: value.format(HERE["broken secret"])}
    done = subprocess.run(
        [sys.executable, "-m", "dssr", "serve"], env=environ, capture_output=True, timeout=60
    )
    assert done.returncode != 0
    assert name.encode() in done.stdout + done.stderr
    assert not Marks(HERE).seen_in(done.stdout + done.stderr)
