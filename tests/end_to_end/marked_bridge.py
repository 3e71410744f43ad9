"""A bridge whose every secret is marked, and an upstream that sends it more of them."""

import base64
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import requests

from tests.cluster import Cluster
from tests.end_to_end.marked_secrets import Marks, Search, mark
from tests.end_to_end.service import Job, Service, eventually, numbers, script

REPO = "registry.example/box"
HERE = {
    "operator's registry password": mark("operator"),
    "job's registry password": mark("job"),
    "other registry's password": mark("other"),
    "server key": mark("basic"),
    "wrong server key": mark("wrong"),
    "bearer": mark("bearer"),
    "wrong API token": mark("token"),
    "passphrase": mark("pass"),
    "broken secret": mark("broken"),
}


OPERATOR = ("upstream", HERE["server key"])


def docker_secret(password: str = HERE["job's registry password"]) -> str:
    return json.dumps({"server": "registry.example", "username": "puller", "password": password})


def docker_config() -> str:
    password = HERE["other registry's password"]
    auth = base64.b64encode(f"puller:{password}".encode()).decode()
    return base64.b64encode(
        json.dumps({"auths": {"other.example": {"auth": auth}}}).encode()
    ).decode()


def job_script(body: str, **lines: Any) -> str:
    """A script with registry credentials of both kinds."""
    return script(
        body,
        **{
            "JOBOBJ_REPO": REPO,
            "JOBOBJ_DOCKER_SECRET": docker_secret(),
            "JOBOBJ_CTRSECRET": docker_config(),
            **lines,
        },
    )


@dataclass
class MarkedBridge:
    """A bridge with marked secrets, on a cluster that keeps everything that it receives."""

    cluster: Cluster
    service: Service
    marks: Marks
    search: Search
    token: str
    place: Path
    settings: dict[str, str]
    answers: list[bytes] = field(default_factory=list)

    def kept(self, answer: requests.Response, *statuses: int) -> requests.Response:
        """Keep a response for the search; its status must be one of these."""
        assert answer.status_code in statuses, (answer.status_code, answer.text)
        self.answers.append(repr(answer.headers).encode() + answer.content)
        return answer

    def submit(self, body: str, *statuses: int, number: int = 0, **how: Any) -> requests.Response:
        lines = how.pop("lines", {})
        number = number or next(numbers)
        args = {"bearer": f"a.{HERE['bearer']}.c", **how}
        return self.kept(
            self.service.try_submit(job_script(body, **lines), "marked", number, **args),
            *(statuses or (200,)),
        )

    def job(self, body: str, **how: Any) -> Job:
        number = next(numbers)
        return Job("marked", number, *self.submit(body, number=number, **how).json())

    def end_of(self, job: Job) -> None:
        """Wait for the job's end, as an upstream does."""
        self.kept(
            eventually(
                lambda: self.service.post("/exitstatus", job.args), lambda a: a.status_code != 503
            ),
            200,
        )

    def assert_no_secret_shows(self) -> None:
        """Neither the bridge's log and files nor any response holds a secret."""
        log = "".join(self.service.log).encode()
        assert b"dssr has stopped" not in log
        assert self.marks.seen_in(log) == set()
        assert self.marks.seen_in(b"\n".join(self.answers)) == set()
        for file in ("audit", "tokens"):
            assert self.marks.seen_in((self.place / file).read_bytes()) == set()


class Known(Service):
    """A bridge whose caller sends its password."""

    def post(self, path: str, args: Any) -> requests.Response:
        return requests.post(
            self.url + path, data={"args": json.dumps(args)}, timeout=60, auth=OPERATOR
        )


def locked(key: str, directory: Path) -> str:
    """The private key with a passphrase."""
    path = directory / "key"
    path.touch(0o600)
    path.write_text(key)
    subprocess.run(
        ["ssh-keygen", "-q", "-p", "-N", HERE["passphrase"], "-f", path],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return path.read_text()


def bare(key: str) -> str:
    """The base64 text of a private key."""
    return "".join(line for line in key.splitlines() if not line.startswith("-"))


def made_token(file: Path) -> str:
    """A valid API token."""
    words = [
        sys.executable,
        "-m",
        "dssr",
        "token",
        "new",
        "holder",
        "--scope",
        "submit",
        "--file",
        str(file),
    ]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def begin(cluster: Cluster, place: Path) -> MarkedBridge:
    """Start a bridge with the most detailed log; ``place`` is an empty directory of its own."""
    key, token = locked(cluster.private_key, place), made_token(place / "tokens")
    # The file format's middle is the secret part; with a passphrase all behind the public key is.
    keys = {"SSH key": bare(cluster.private_key)[218:254], "locked SSH key": bare(key)[300:360]}
    marks = Marks(
        {
            **HERE,
            **keys,
            "API token": token.rpartition("_")[2],
            "registry's password": cluster.registry.password[:9],
        }
    )
    search = Search(cluster, marks)
    settings = cluster.settings() | {
        "JARVICE_BAREMETAL_EXECUTOR": "native",
        "JARVICE_ANSWER_TIMEOUT": "5",
        "JARVICE_SCHED_LOGLEVEL": "10",
        "JARVICE_SCHED_SERVER_KEY": ":".join(OPERATOR),
        "JARVICE_SCHED_TOKENS_FILE": str(place / "tokens"),
        "JARVICE_SCHED_AUDIT_LOG": str(place / "audit"),
        "JARVICE_SLURM_SSH_PKEY": key,
        "JARVICE_SLURM_SSH_PKEY_PASSPHRASE": HERE["passphrase"],
        "JARVICE_DOCKER_USERNAME": base64.b64encode(b"operator").decode(),
        "JARVICE_DOCKER_PASSWORD": base64.b64encode(
            HERE["operator's registry password"].encode()
        ).decode(),
        "WAITRESS_BIND_ADDRESS": "127.0.0.1",
    }
    return MarkedBridge(cluster, Known(settings), marks, search, token, place, settings)


def directory_of(marked: MarkedBridge, job: Job) -> PurePosixPath:
    """The job's directory on the cluster."""
    shown = marked.cluster.run(
        "login", ["scontrol", "-o", "show", "job", job.jobid]
    ).stdout.decode()
    command = next(word for word in shown.split() if word.startswith("Command="))
    return PurePosixPath(command.removeprefix("Command=")).parent
