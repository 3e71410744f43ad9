"""Each upstream user's jobs are a local user's: from a signed token to the user id of the process
on the node."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cluster import Cluster
from tests.connectors.slurm.people import People, give_own_keys
from tests.dssr.identity.issuer import AUDIENCE, ISSUER, Issuer, jwk, rsa_key, token
from tests.end_to_end.conftest import Start
from tests.end_to_end.marked_secrets import Marks, Search, mark
from tests.end_to_end.service import Job, Service, eventually, numbers, script

pytestmark = pytest.mark.cluster
WHOSE = "id -un; echo JARVICE_CMD_SUCCESS"
WAITS = "id -un; sleep 600"


@dataclass
class Mapped:
    """A bridge that maps users, its issuer, and its mapping file."""

    service: Service
    issuer: Issuer
    people: People
    file: Path

    def map(self, **users: str) -> None:
        """Write the mapping file anew: upstream user -> local user."""
        write(self.file, self.people, users)

    def submit(self, who: str, body: str, number: int | None = None) -> Job:
        """A submission by an upstream user that must be accepted."""
        return self.service.submit(script(body), "owned", number, bearer=bearer(who))


def bearer(who: str) -> str:
    """That user's token, from the issuer."""
    return token(rsa_key(), header={"kid": "one"}, email=f"{who}@example.org")


def write(file: Path, people: People, users: dict[str, str]) -> None:
    """A mapping file as the reference's upstream has it."""
    rows = [
        f"  - mail: {mail}@example.org\n    mapped_user: {user}\n"
        f"    ssh_private_key_b64: {base64.b64encode(people.keys[user].encode()).decode()}\n"
        for mail, user in users.items()
    ]
    file.touch(mode=0o600)
    file.write_text("users_id_mapping:\n" + "".join(rows))


@pytest.fixture(scope="module")
def mapped(
    cluster: Cluster, start: Start, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapped]:
    """A bridge with two upstream users, Anna and Ben, who are alice and bob on the cluster."""
    issuer, people = Issuer(), give_own_keys(cluster, "alice", "bob")
    issuer.publish(jwk(rsa_key(), "one"))
    file = tmp_path_factory.mktemp("mapping") / "users.yaml"
    write(file, people, {"anna": "alice", "ben": "bob"})
    settings = cluster.settings() | {
        "JARVICE_BAREMETAL_EXECUTOR": "native",
        "JARVICE_JOB_SCRATCH_DIR": "",
        "JARVICE_SLURM_USERS": "file",
        "JARVICE_SLURM_USERS_MAPPING_FILE": str(file),
        "JARVICE_BEARER_JWKS_URL": issuer.url,
        "JARVICE_BEARER_ISSUER": ISSUER,
        "JARVICE_BEARER_AUDIENCE": AUDIENCE,
    }
    yield Mapped(start(settings), issuer, people, file)
    issuer.stop()
    for user in people.keys:
        cluster.run("login", ["scancel", "-u", user])


def test_jobs_run_as_the_user_whom_the_token_names(mapped: Mapped) -> None:
    """Under one name and number each user has a job of their own; an unmapped user is refused, and
    nothing runs."""
    number = next(numbers)
    jobs = {who: mapped.submit(who, WHOSE, number) for who in ("anna", "ben")}
    assert len({job.jobid for job in jobs.values()}) == 2
    assert mapped.service.end_of(jobs["anna"])[2].splitlines()[0] == "alice"
    assert mapped.service.end_of(jobs["ben"])[2].splitlines()[0] == "bob"
    refused = mapped.service.try_submit(script(WHOSE), "owned", number, bearer=bearer("carl"))
    assert (refused.status_code, "operator" in refused.text) == (403, True)
    mapped.service.logs("'carl@example.org'")


def test_no_unverified_token_is_believed(mapped: Mapped) -> None:
    """A request with a token of another key, or with none, submits nothing."""
    number = next(numbers)
    for sent in (token(rsa_key(1), header={"kid": "one"}, email="anna@example.org"), "", None):
        more: dict[str, Any] = {} if sent is None else {"bearer": sent}
        assert mapped.service.try_submit(script(WHOSE), "owned", number, **more).status_code == 403
    again = mapped.submit("anna", WHOSE, number)  # the name and number are still free
    assert mapped.service.end_of(again)[0] == 0


def test_after_a_restart_owners_are_known_from_slurm(mapped: Mapped) -> None:
    """A restarted bridge, or another one, can cancel, show and clean up the jobs of all users."""
    jobs = [mapped.submit(who, WAITS) for who in ("anna", "ben")]
    for job, user in zip(jobs, ("alice", "bob"), strict=True):
        mapped.service.prints(job, user)
    mapped.service.kill()
    mapped.service.start()
    for job, user in zip(jobs, ("alice", "bob"), strict=True):
        assert job.jobid in mapped.service.jobids("running")
        mapped.service.prints(job, user)
        assert mapped.service.post("/terminate", job.args).status_code == 200
        rc, _, output, _ = mapped.service.end_of(job)
        assert (rc, output.splitlines()[0]) == (-15, user)


def test_no_user_reaches_into_anothers_state(mapped: Mapped, cluster: Cluster) -> None:
    """Records and credentials of a user's jobs are in a directory that no other user can enter."""
    job = mapped.submit("anna", WAITS)
    mapped.service.prints(job, "alice")
    look = (
        'find / -xdev -name secrets -o -xdev -name elected -path "*/.jarvice/*" 2>/dev/null'
        " | grep -c /alice/"
    )
    own = cluster.run("login", ["sh", "-c", look], user="alice").stdout
    other = cluster.run("login", ["sh", "-c", look], user="bob").stdout
    assert (int(own) >= 1, int(other)) == (True, 0)
    assert mapped.service.post("/terminate", job.args).status_code == 200
    assert mapped.service.end_of(job)[0] == -15


def test_a_changed_mapping_takes_effect_without_a_restart(mapped: Mapped) -> None:
    """A user who is added to the mapping may submit at once; a broken mapping file changes nothing
    and is logged."""
    number = next(numbers)
    assert (
        mapped.service.try_submit(script(WHOSE), "owned", number, bearer=bearer("dora")).status_code
        == 403
    )
    mapped.map(anna="alice", ben="bob", dora="bob")
    answer = eventually(
        lambda: mapped.service.try_submit(script(WHOSE), "owned", number, bearer=bearer("dora")),
        lambda answer: answer.status_code == 200,
    )
    job = Job("owned", number, *answer.json())
    assert mapped.service.end_of(job)[2].splitlines()[0] == "bob"
    mapped.file.write_text("users_id_mapping: [{mail: nobody")
    eventually(
        lambda: (
            any("BROKEN" in line for line in mapped.service.log)
            or mapped.submit("anna", WHOSE) is None
        )
    )
    assert mapped.service.end_of(mapped.submit("dora", WHOSE))[0] == 0
    mapped.map(anna="alice", ben="bob")


def test_secrets_of_users_show_nowhere(mapped: Mapped) -> None:
    """No token and no key is in the log or in an answer, also when it is refused."""
    sent = [bearer("anna"), bearer("nobody"), token(rsa_key(1), email="anna@example.org")]
    answers = [mapped.service.try_submit(script(WHOSE), "owned", bearer=one).text for one in sent]
    shown = "".join(
        [*answers, *mapped.service.log, requests.get(mapped.service.url + "/gc", timeout=60).text]
    )
    for secret in [part for one in sent for part in one.split(".")[1:]] + list(
        mapped.people.keys.values()
    ):
        assert secret not in shown


def test_secrets_of_a_user_s_job_show_nowhere_on_the_cluster(
    mapped: Mapped, cluster: Cluster
) -> None:
    """The registry's password is in the job's own file and in its step's environment; token and key
    are not on the cluster."""
    sent, password = bearer("anna"), mark("password")
    key = "".join(
        line for line in mapped.people.keys["alice"].splitlines() if not line.startswith("-")
    )
    search = Search(
        cluster,
        Marks({"password": password, "token": sent.rpartition(".")[2][:60], "key": key[218:254]}),
    )
    secret = json.dumps({"server": "registry.example", "username": "puller", "password": password})
    text = script(WAITS, JOBOBJ_REPO="registry.example/box", JOBOBJ_DOCKER_SECRET=secret)
    job = mapped.service.submit(text, "owned", bearer=sent)
    mapped.service.prints(job, "alice")
    inside, outside = search.environments()
    assert inside
    assert outside == set()
    assert search.command_lines() == set()
    (file,) = search.files()
    assert file.startswith("/home/alice/")
    assert file.endswith("/secrets")
    assert mapped.service.post("/terminate", job.args).status_code == 200
    assert mapped.service.end_of(job)[0] == -15
    assert search.files() == set()
    assert password not in "".join(mapped.service.log)
