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
from tests.end_to_end.marked_bridge import HERE, OPERATOR, Known, MarkedBridge, begin, directory_of
from tests.end_to_end.marked_secrets import Marks
from tests.end_to_end.service import Job, eventually, numbers, script

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def marked(
    cluster_factory: ClusterFactory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MarkedBridge]:
    """A bridge on a cluster whose accounting keeps every script and every environment."""
    begun = begin(
        cluster_factory(options=Options(keep_scripts=True)), tmp_path_factory.mktemp("bridge")
    )
    yield begun
    begun.service.stop()


def test_the_search_finds_what_is_there(marked: MarkedBridge) -> None:
    """The search finds a secret in a file, in base64 of base64, in a command line and in an
    environment."""
    secret = HERE["job's registry password"]
    twice = base64.b64encode(b"x" + base64.b64encode(f"ab{secret}c".encode())).decode()
    for text in (secret, twice):
        assert marked.marks.seen_in(f"<{text}>".encode()) == {"job's registry password"}
    hold = (
        f"printf %s {twice} >/home/jarvice/found; printf %s {secret} >/tmp/found; "
        f"export FOUND={secret}; sleep 20 #"
    )
    left = marked.cluster.run(
        "node1", ["sh", "-c", f"setsid sh -c '{hold}' >/dev/null 2>&1 & echo $!"], user="jarvice"
    )
    assert left.returncode == 0
    eventually(lambda: marked.search.environments()[1])
    assert marked.search.files() == {"/home/jarvice/found", "node1:/tmp/found"}
    assert marked.search.command_lines()
    marked.cluster.run("node1", ["pkill", "-u", "jarvice", "sleep"])
    marked.cluster.run("node1", ["rm", "/home/jarvice/found", "/tmp/found"])
    eventually(lambda: not marked.search.command_lines())


def test_a_held_job_s_secrets_are_its_owner_s_alone(marked: MarkedBridge) -> None:
    """The only file with a held job's secrets has mode 600 in a directory of mode 700, and a
    cancelled job leaves none."""
    job = marked.job("echo never", held=True)
    path = directory_of(marked, job) / "secrets"
    assert marked.search.files() == {str(path)}
    shared = marked.cluster.path(str(path))
    assert stat.S_IMODE(shared.stat().st_mode) == 0o600
    assert stat.S_IMODE(shared.parent.stat().st_mode) == 0o700
    assert marked.cluster.run("login", ["cat", str(path)], user="bob").returncode != 0
    assert marked.search.environments() == (set(), set())
    marked.kept(marked.service.post("/terminate", job.args), 200)
    assert marked.search.files() == set()
    marked.end_of(job)


def test_a_submission_on_its_way_shows_no_secret(marked: MarkedBridge, tmp_path: Path) -> None:
    """The process lists of the login node, read all the time while jobs are submitted, show no
    secret."""
    look = (
        "until [ -e /tmp/over ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; done"
    )
    with (tmp_path / "seen").open("w+b") as seen:
        looking = subprocess.Popen(
            marked.cluster.argv("login", ["timeout", "60", "sh", "-c", look]), stdout=seen
        )
        jobs = [marked.job("echo never", held=True) for _ in range(10)]
        marked.cluster.run("login", ["touch", "/tmp/over"])
        looking.wait(60)
        seen.seek(0)
        text = seen.read()
    assert text.count(b"--comment=dssr:") > 5  # the lists were read while jobs were submitted
    assert marked.marks.seen_in(text) == set()
    for job in jobs:
        marked.kept(marked.service.post("/terminate", job.args), 200)


def test_only_a_running_job_has_its_secrets(marked: MarkedBridge) -> None:
    """A running job's secrets are in its step's environment and its one file, and in no command
    line or batch script."""
    digest = (
        'for v in "$JARVICE_DOCKER_PASSWORD" "$JARVICE_INIT_DOCKER_PASSWORD"; do '
        'printf %s "$v" | base64 -d | cut -c1-3; done'
    )
    wait = "until [ -e /home/jarvice/go ]; do sleep 0.2; done"
    body = f"{digest}; echo up; {wait}; echo JARVICE_CMD_SUCCESS"
    job = marked.job(body, nodes=2)
    service = marked.service
    tail = f"/request/{job.name}/{job.number}/{job.jobid}/tail"
    shown = eventually(
        lambda: service.post(tail, {"qs": {}}).text, lambda text: text.count("up\n") == 2
    )
    assert (shown.count("job\n"), shown.count("ope\n")) == (
        2,
        2,
    )  # the beginnings of both passwords
    inside, outside = marked.search.environments()
    assert inside
    assert outside == set()
    assert marked.search.command_lines() == set()
    assert marked.search.files() == {str(directory_of(marked, job) / "secrets")}
    assert (
        marked.search.shown_by(
            ["scontrol", "write", "batch_script", job.jobid, "-"],
            ["scontrol", "show", "job", "-dd"],
        )
        == {}
    )
    marked.kept(service.post("/events", job.args), 200)
    marked.cluster.run("login", ["touch", "/home/jarvice/go"], user="jarvice")
    marked.end_of(job)
    marked.assert_no_secret_shows()


def test_a_container_does_not_see_what_it_was_pulled_with(marked: MarkedBridge) -> None:
    """On the node, the program that pulls the image has the registry's password, and what runs in
    the container has not."""
    registry = marked.cluster.registry
    marked.cluster.run(
        "login",
        ["sh", "-c", "echo export APPTAINER_NOHTTPS=1 >~/.jarvice_custom_env"],
        user="jarvice",
    )
    service = Known(marked.settings | {"JARVICE_BAREMETAL_EXECUTOR": "singularity"})
    secret = json.dumps(
        {"server": registry.address, "username": registry.user, "password": registry.password}
    )
    wait = "until [ -e /home/jarvice/end ]; do sleep 0.25; done"
    body = f"env; echo up; {wait}; echo JARVICE_CMD_SUCCESS"
    text = script(body, JOBOBJ_REPO=registry.image, JOBOBJ_DOCKER_SECRET=secret)
    job = service.submit(text, "contained")
    path = directory_of(marked, job) / "secrets"
    service.prints(job, "up\n")
    inside, outside = marked.search.environments()
    assert outside == set()
    assert [name for name in inside if "sleep" in name or "/bin/sh" in name] == []
    assert marked.search.command_lines() == set()
    assert marked.search.files() == {str(path)}
    marked.cluster.run("login", ["touch", "/home/jarvice/end"], user="jarvice")
    answer = eventually(
        lambda: service.post("/exitstatus", job.args), lambda a: a.status_code != 503
    )
    assert answer.json()[0] == 0
    marked.kept(answer, 200)
    service.stop()
    assert marked.marks.seen_in("".join(service.log).encode()) == set()
    assert marked.search.files() == set()


def test_errors_about_a_job_show_no_secret(marked: MarkedBridge) -> None:
    """No error about a submission that contains secrets shows one of them."""
    number, broken = next(numbers), HERE["broken secret"]
    marked.submit("echo x", number=number, held=True)
    marked.submit("echo another", 409, number=number)
    marked.submit("echo x", 400, lines={"JOBOBJ_DEVICES": '["partition=nowhere"]'})
    marked.submit("echo x", 400, lines={"JARVICE_CPU_CORES": 999})
    marked.submit("echo x", 400, lines={"JOBOBJ_APPDEFVERSION": 1})
    marked.submit("echo x", 400, executor="nobody-has-it")
    marked.submit("# " + "x" * (5 << 20), 413)
    for text in (f"{{{broken}", json.dumps([broken]), f"é{broken}"):
        lines = {"JOBOBJ_DOCKER_SECRET": text, "JOBOBJ_CTRSECRET": text}
        marked.submit("echo x", lines=lines, held=True)
    marked.submit("echo x", 400, lines={"JOBOBJ_DOCKER_SECRET": broken * 5000})
    arguments = {"bearer": [HERE["bearer"]], "name": "x"}
    marked.kept(marked.service.post("/submit", arguments), 400)
    url, form = f"{marked.service.url}/submit", f"args={{{HERE['bearer']}"
    marked.kept(requests.post(url, data=form, auth=OPERATOR, timeout=60), 400)
    marked.assert_no_secret_shows()


def test_errors_about_a_caller_show_no_secret(marked: MarkedBridge) -> None:
    """No response to a caller shows a credential, right or wrong, nor does the log of a restart."""
    service = marked.service
    password = base64.b64encode(f"upstream:{HERE['wrong server key']}".encode()).decode()
    wrong = [
        {"Authorization": f"Bearer {HERE['wrong API token']}"},
        {"Authorization": f"Basic {password}"},
        {"Authorization": f"Digest {HERE['wrong API token']}"},
        {},
    ]
    for headers in wrong:
        marked.kept(requests.get(service.url + "/running", headers=headers, timeout=60), 401)
    holder = {"Authorization": f"Bearer {marked.token}"}
    for path in ("/running", "/queued", "/metrics", "/gc", "/openapi.json"):
        marked.kept(requests.get(service.url + path, headers=holder, timeout=60), 200)
    url, args = service.url + "/terminate", {"name": "x", "number": 1, "jobid": "1"}
    form = {"args": json.dumps(args)}
    marked.kept(requests.post(url, headers=holder, data=form, timeout=60), 404)
    marked.assert_no_secret_shows()
    service.kill()
    # Its open connections and shells are gone, and what it logs at its start is searched too.
    service.start()


def test_errors_about_a_cluster_that_is_away_show_no_secret(marked: MarkedBridge) -> None:
    """While the login node is cut off or the controller is silent, no response holds a secret, and
    the job is submitted once afterwards."""
    number = next(numbers)
    marked.cluster.link("login", up=False)
    marked.submit("echo JARVICE_CMD_SUCCESS", 503, number=number)
    marked.kept(requests.get(f"{marked.service.url}/gc", auth=OPERATOR, timeout=60), 500)
    marked.cluster.link("login", up=True)
    marked.cluster.pause("login", "slurmctld")
    eventually(
        lambda: marked.submit("echo JARVICE_CMD_SUCCESS", 503, number=number).text,
        lambda text: "is not known yet" in text,
    )
    marked.cluster.resume("login", "slurmctld")
    again = eventually(
        lambda: marked.submit("echo JARVICE_CMD_SUCCESS", 200, 503, number=number),
        lambda a: a.status_code == 200,
    )
    job = Job("marked", number, *again.json())
    marked.kept(
        marked.service.post("/terminate", job.args), 200
    )  # its nodes may take a while to be trusted again
    marked.end_of(job)
    marked.assert_no_secret_shows()


def test_nothing_is_left_of_them(marked: MarkedBridge) -> None:
    """When all jobs are over, no secret is in Slurm's state, the accounting database, a log or any
    file of the cluster."""
    listed = (
        marked.cluster.run("login", ["squeue", "-h", "-o", "%A %k %j"]).stdout.decode().split("\n")
    )
    for jobid, comment, name in (line.split() for line in listed if line):
        job = Job(name.removeprefix("jarvice_"), int(comment.rpartition(":")[2]), jobid, "")
        marked.service.post("/terminate", job.args)
        marked.end_of(job)
    database = ["mariadb-dump", "--all-databases", "--skip-extended-insert"]
    kept = marked.cluster.run("login", [*database, "--hex-blob"], timeout=120).stdout
    assert b"DSSR_JOB_DIR" in kept  # the batch scripts are there
    assert b"SLURM_SUBMIT_DIR" in kept or b"HOME=" in kept  # and the environments
    assert (
        marked.search.shown_by(
            database, ["scontrol", "show", "job", "-dd"], ["sacct", "-a", "-P", "-o", "ALL"]
        )
        == {}
    )
    assert marked.search.files() == set()
    assert marked.search.environments() == (set(), set())
    marked.assert_no_secret_shows()


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
