"""Jobs that belong to users of the cluster: each is worked for by its owner, on a real cluster."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.errors import (
    Denied,
    LoginRefused,
    NotFinal,
    NotFound,
    SettingsError,
    TransportError,
    Unavailable,
)
from dssr.job import JobRef, JobState
from dssr.settings.reading import parse
from dssr.testing.harness import LAUNCH, SUCCESS
from tests.cluster import Cluster
from tests.connectors.slurm.conftest import Begin
from tests.connectors.slurm.owned import USERS, ended, forgotten, job, owner_of, printed, submit
from tests.connectors.slurm.people import People, new_key
from tests.end_to_end.service import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]


def test_two_owners_have_jobs_of_one_name_and_number(site: Cluster, begin: Begin) -> None:
    """Two owners' jobs of one name and number are two jobs: an order for one does not touch the
    other, and each owner's files are out of others' reach."""
    connector = begin()
    alice, bob, again = (submit(connector, job(user, number=0)) for user in (*USERS, "alice"))
    assert alice.native_id != bob.native_id
    assert again == alice
    for ref, user in ((alice, "alice"), (bob, "bob")):
        assert printed(connector, ref, f"begun by {user}".encode())
        status = connector.snapshot()[ref.native_id]
        assert (status.ref, status.owner) == (ref, user)
        state = f"/home/{user}/.jarvice/state"
        for path in (
            state,
            f"{state}/names/{ref.key[:2]}/{ref.key}/1",
            f"/home/{user}/.jarvice/{ref.name}.out",
        ):
            assert owner_of(site, path) == user
            other = {"alice": "bob", "bob": "alice"}[user]
            assert (
                site.run(
                    "login", ["cat", f"{state}/names/{ref.key[:2]}/{ref.key}/1/script"], user=other
                ).returncode
                != 0
            )
            assert site.run("login", ["touch", f"{state}/x"], user=other).returncode != 0
    assert {figure.name: figure.value for figure in connector.figures()}[
        "dssr_ssh_user_connections"
    ] == 2
    connector.cancel(alice)
    assert ended(connector, alice)[0] is JobState.CANCELLED
    assert connector.snapshot()[bob.native_id].state is JobState.RUNNING
    connector.cancel(bob)
    assert ended(connector, bob)[0] is JobState.CANCELLED


def test_a_held_job_is_released_by_its_owner(begin: Begin) -> None:
    """The owner's account describes and releases their job; a job without an owner is the service
    user's."""
    connector = begin()
    held, service = (
        submit(connector, replace(job("alice", SUCCESS), held=True)),
        submit(connector, job("", SUCCESS)),
    )
    assert "UserId=alice" in connector.describe(held)
    assert "UserId=jarvice" in connector.describe(service)
    connector.release(held)
    assert ended(begin(), held)[0] is ended(begin(), service)[0] is JobState.COMPLETED


def test_after_a_restart_squeue_shows_the_owner(begin: Begin) -> None:
    """After a restart of the bridge squeue shows the owner of a job that the controller lists."""
    refs = {user: submit(begin(), job(user)) for user in USERS}
    for user, ref in refs.items():
        assert printed(begin(), ref, f"begun by {user}".encode())
        with pytest.raises(NotFinal):
            begin().result(ref)
        begin().cancel(ref)
        state, output = ended(begin(), ref)
        assert (state, output.split(b"\n")[0]) == (JobState.CANCELLED, f"begun by {user}".encode())


def test_after_a_restart_sacct_shows_the_owner(site: Cluster, begin: Begin) -> None:
    """After a restart of the bridge sacct shows the owner of a job that the controller has
    forgotten; a job that accounting does not have either was never submitted."""
    done = f"id -un\n{SUCCESS}"
    refs = {user: submit(begin(), job(user, done)) for user in USERS}
    for user, ref in refs.items():
        forgotten(site, ref)
        connector = begin()
        assert connector.output(ref, 10).data.startswith(user.encode())
        assert ended(connector, ref)[0] is JobState.COMPLETED
        connector.clean(ref)
        assert ended(begin(), ref)[0] is JobState.COMPLETED
    strangers = [
        replace(refs["alice"], number=10_000),
        replace(refs["alice"], name="x"),
        replace(refs["alice"], native_id="424242"),
    ]
    for stranger in strangers:
        assert begin().result(stranger) is None
        with pytest.raises(NotFound):
            begin().cancel(stranger)


def test_sacct_that_is_away(site: Cluster, begin: Begin) -> None:
    """Without sacct the owner of a job that squeue has dropped is not known, which is 503 and not
    'no such job'."""
    ref = submit(begin(), job("alice", SUCCESS))
    forgotten(site, ref)
    site.stop("login", "slurmdbd")
    try:
        with pytest.raises(Unavailable, match=f"owner of job {ref.native_id} is|in time"):
            begin().result(ref)
    finally:
        site.start("login", "slurmdbd")
    assert ended(begin(), ref)[0] is JobState.COMPLETED


def test_a_user_who_is_not_mapped_any_more(site: Cluster, people: People, begin: Begin) -> None:
    """For a user who is not mapped any more nothing is done or reported, and their jobs stay
    listed; once the user is back the jobs are as before."""
    connector = begin()
    ref, other = submit(connector, job("bob")), submit(connector, job("alice"))
    assert printed(connector, ref, b"begun")
    key = people.keys.pop("bob")
    calls: list[Callable[[], object]] = [
        lambda: connector.result(ref),
        lambda: connector.cancel(ref),
        lambda: connector.output(ref, 1),
        lambda: begin().result(ref),
    ]
    for call in calls:
        with pytest.raises(Unavailable, match=r"cannot work any more.*not mapped|The owner of job"):
            call()
    with pytest.raises(Denied):
        connector.submit(job("bob"), LAUNCH)
    assert connector.snapshot()[ref.native_id].state is JobState.RUNNING
    connector.cancel(other)
    people.keys["bob"] = key
    connector.cancel(ref)
    assert ended(connector, ref)[0] is JobState.CANCELLED


def test_one_user_with_a_wrong_key(people: People, begin: Begin) -> None:
    """A user with a wrong key gets an error; other users and the shared query go on, and the bridge
    is ready."""
    connector = begin()
    ref = submit(connector, job("bob"))
    people.keys["bob"], right = new_key()[0], people.keys["bob"]
    with pytest.raises(LoginRefused, match="'bob'"):
        connector.output(ref, 1)
    other = submit(connector, job("alice", SUCCESS))
    assert ended(connector, other)[0] is JobState.COMPLETED
    assert connector.snapshot()[ref.native_id].owner == "bob"
    connector.ping()
    people.keys["bob"] = right
    connector.cancel(ref)


def test_a_login_node_that_goes_and_comes_back(site: Cluster, begin: Begin) -> None:
    """All owners' connections break; each caller gets an error, and is served again once the node
    is back."""
    connector = begin()
    refs = {user: submit(connector, job(user)) for user in USERS}
    assert all(printed(connector, ref, b"begun") for ref in refs.values())
    site.stop("login", "sshd")
    for ref in (*refs.values(), *refs.values()):
        with pytest.raises(TransportError):
            connector.output(ref, 1)
    site.start("login", "sshd")

    def served(ref: JobRef) -> bool:
        try:
            return bool(connector.output(ref, 1).data)
        except TransportError:
            return False

    assert eventually(lambda: all(served(ref) for ref in refs.values()))


def test_partitions_that_the_service_user_does_not_see(site: Cluster, begin: Begin) -> None:
    """The users' jobs in hidden partitions, and in those for other groups, are listed too."""
    there = (
        "PartitionName=hidden Nodes=ALL Hidden=YES",
        "PartitionName=others Nodes=ALL AllowGroups=alice",
    )
    add = (
        f"printf '%s\\n' {' '.join(map(repr, there))} >>/etc/slurm/slurm.conf; scontrol reconfigure"
    )
    site.run("login", ["sh", "-euc", add]).check_returncode()
    eventually(
        lambda: site.run("login", ["scontrol", "show", "partition", "others"]).returncode == 0
    )
    connector = begin()
    refs = [
        submit(connector, replace(job("alice"), partition=name, held=True))
        for name in ("hidden", "others")
    ]
    listed = begin().snapshot()
    assert [listed[ref.native_id].owner for ref in refs] == ["alice", "alice"]
    for ref in refs:
        begin().cancel(ref)


def test_names_that_are_no_users(begin: Begin) -> None:
    """An owner that is no user's name, or would be a path, is denied before anything is done."""
    connector = begin()
    for name in ("../alice", "names", "jobs", "-x", "a b", "carol"):
        with pytest.raises(Denied):
            connector.submit(job(name), LAUNCH)


def test_an_owner_with_the_service_users_name(people: People, begin: Begin) -> None:
    """An owner with the service user's name is denied, unless the operator has mapped a
    user to it."""
    connector = begin()
    with pytest.raises(Denied):
        connector.submit(job("jarvice", SUCCESS), LAUNCH)
    people.keys["jarvice"] = new_key()[0]
    assert ended(connector, submit(connector, job("jarvice", SUCCESS)))[0] is JobState.COMPLETED


def test_mapped_names_that_are_no_words_of_a_path(people: People, begin: Begin) -> None:
    """A mapped name that cannot be part of a path is denied."""
    connector = begin(JARVICE_STATE_DIR="/srv/state")
    for name in ("../alice", "names", "jobs", ".."):
        people.keys[name] = people.keys["alice"]
        with pytest.raises(Denied, match="cannot be the name"):
            connector.submit(job(name), LAUNCH)


def test_a_bridge_on_the_login_node_itself(people: People) -> None:
    """A bridge on the login node runs as one user, and cannot act for users without SSH."""
    with pytest.raises(SettingsError, match="JARVICE_SLURM_CLUSTER_ADDR=local"):
        SlurmConnector(SlurmSettings(cluster_address="local")).act_for(people)


def test_without_users_a_job_with_an_owner_is_denied(site: Cluster) -> None:
    """A job with an owner is not submitted as the service user."""
    connector = SlurmConnector(parse(site.settings(), SlurmSettings))
    with pytest.raises(Denied, match="alice"):
        connector.submit(job("alice"), LAUNCH)
    connector.close()
