"""The token itself names the local user, whose key is in a directory that the operator changes
meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.cluster import Cluster
from tests.connectors.slurm.people import People, give_own_keys
from tests.dssr.identity.issuer import SECRET, token
from tests.end_to_end.conftest import Start
from tests.end_to_end.service import Job, Service, numbers, script

pytestmark = pytest.mark.cluster
WHOSE = "id -un; echo JARVICE_CMD_SUCCESS"


@dataclass
class ByClaim:
    """A bridge that takes the token's user for the local one, and the directory of keys."""

    service: Service
    people: People
    keys: Path

    def put(self, user: str, key: str, mode: int = 0o600) -> None:
        """Put a user's key into the directory."""
        (self.keys / user).touch(mode=mode)
        (self.keys / user).chmod(mode)
        (self.keys / user).write_text(key)

    def submit(self, user: str, number: int) -> requests.Response:
        """A submission with a token that names this user."""
        sent = token(SECRET, "HS256", preferred_username=user)
        return self.service.try_submit(script(WHOSE), "claimed", number, bearer=sent)


@pytest.fixture(scope="module")
def by_claim(
    cluster: Cluster, start: Start, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ByClaim]:
    """A directory with a key for alice, and by mistake with keys for root and the service user."""
    people, keys = give_own_keys(cluster, "alice", "bob"), tmp_path_factory.mktemp("keys")
    keys.chmod(0o700)
    settings = cluster.settings() | {
        "JARVICE_BAREMETAL_EXECUTOR": "native",
        "JARVICE_JOB_SCRATCH_DIR": "",
        "JARVICE_SLURM_USERS": "claim",
        "JARVICE_SLURM_USER_KEYS_DIR": str(keys),
        "JARVICE_BEARER_SECRET": SECRET,
        "JARVICE_SCHED_LOGLEVEL": "10",
    }
    made = ByClaim(start(settings), people, keys)
    for user in ("alice", "root", cluster.settings()["JARVICE_SLURM_SSH_USER"]):
        made.put(user, people.keys["alice"])
    yield made
    for user in people.keys:
        cluster.run("login", ["scancel", "-u", user])


def test_users_with_a_key_run_their_own_jobs(by_claim: ByClaim) -> None:
    """A user's key takes effect as soon as the file exists and only the bridge's user can read
    it."""
    number = next(numbers)
    answer = by_claim.submit("alice", number)
    assert answer.status_code == 200, answer.text
    assert (
        by_claim.service.end_of(Job("claimed", number, *answer.json()))[2].splitlines()[0]
        == "alice"
    )
    number = next(numbers)
    assert by_claim.submit("bob", number).status_code == 403
    by_claim.put("bob", by_claim.people.keys["bob"], 0o644)
    answer = by_claim.submit("bob", number)
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    by_claim.put("bob", by_claim.people.keys["bob"])
    answer = by_claim.submit("bob", number)
    assert answer.status_code == 200, answer.text
    assert (
        by_claim.service.end_of(Job("claimed", number, *answer.json()))[2].splitlines()[0] == "bob"
    )


@pytest.mark.parametrize(
    "user", ["root", "jarvice", "nobody", "../keys/alice", "alice\n", "-oProxyCommand=id", "$(id)"]
)
def test_no_token_names_an_excluded_user(user: str, by_claim: ByClaim) -> None:
    """A signed token cannot name a user whom the rules exclude."""
    assert by_claim.submit(user, next(numbers)).status_code == 403


def test_neither_tokens_nor_keys_nor_the_secret_are_logged(by_claim: ByClaim) -> None:
    """The most detailed log holds no token, key or secret."""
    sent = token(SECRET, "HS256", preferred_username="alice")
    number = next(numbers)
    answer = by_claim.service.try_submit(script(WHOSE), "claimed", number, bearer=sent)
    assert by_claim.service.end_of(Job("claimed", number, *answer.json()))[0] == 0
    by_claim.service.try_submit(script(WHOSE), "claimed", next(numbers), bearer=sent[:-6])
    log = "".join(by_claim.service.log)
    secrets = [*sent.split("."), SECRET, *by_claim.people.keys["alice"].splitlines()[1:-1]]
    assert [secret for secret in secrets if len(secret) > 16 and secret in log] == []
    assert all(secret not in answer.text for secret in sent.split("."))
