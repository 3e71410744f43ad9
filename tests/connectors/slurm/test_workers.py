"""Jobs that belong to users of the cluster: each is worked for by its owner, on a real cluster."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from connectors.slurm.connector import SlurmConnector
from dssr.errors import Denied, LoginRefused, NotFinal, NotFound, SettingsError, Unavailable
from dssr.job import JobState
from dssr.settings import Settings, load
from tests.cluster import Cluster, Options
from tests.connectors.harness import LAUNCH, SUCCESS
from tests.connectors.slurm.owned import USERS, Bridges, ended, forgotten, job, printed, submit
from tests.connectors.slurm.people import People, new_key

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

Begin = Callable[..., SlurmConnector]


@pytest.fixture(scope="module")
def site(cluster_possible: None) -> Iterator[Cluster]:
    """A cluster of this page's own, whose controller forgets a job two seconds after its end."""
    booted = Cluster.up(options=Options(min_job_age=2))
    yield booted
    booted.down()


@pytest.fixture
def bridges(site: Cluster) -> Iterator[Bridges]:
    """Bridges on that cluster."""
    made = Bridges(site)
    yield made
    made.end()


@pytest.fixture
def begin(bridges: Bridges) -> Begin:
    """``begin()``: a bridge's connector; another one is a bridge that was started anew."""
    return bridges.begin


@pytest.fixture
def people(bridges: Bridges) -> People:
    """alice and bob, with a key of his own each."""
    return bridges.people


def owner_of(cluster: Cluster, path: str) -> str:
    return cluster.run("login", ["stat", "-c", "%U", path]).stdout.decode().strip()


def test_two_owners_have_jobs_of_one_name_and_number(site: Cluster, begin: Begin) -> None:
    """Two jobs, each its owner's: what is done to one does not touch the other, and its files are out of others' reach."""
    connector = begin()
    alice, bob, again = (submit(connector, job(user, number=0)) for user in (*USERS, "alice"))
    assert alice.native_id != bob.native_id
    assert again == alice
    for ref, user in ((alice, "alice"), (bob, "bob")):
        assert printed(connector, ref, f"begun by {user}".encode())
        status = connector.snapshot()[ref.native_id]
        assert (status.ref, status.owner) == (ref, user)
        state = f"/home/{user}/.jarvice/state"
        for path in (state, f"{state}/names/{ref.key[:2]}/{ref.key}/1", f"/home/{user}/.jarvice/{ref.name}.out"):
            assert owner_of(site, path) == user
            other = {"alice": "bob", "bob": "alice"}[user]
            assert site.run("login", ["cat", f"{state}/names/{ref.key[:2]}/{ref.key}/1/script"], user=other).returncode != 0
            assert site.run("login", ["touch", f"{state}/x"], user=other).returncode != 0
    assert {figure.name: figure.value for figure in connector.figures()}["dssr_ssh_user_connections"] == 2
    connector.cancel(alice)
    assert ended(connector, alice)[0] is JobState.CANCELLED
    assert connector.snapshot()[bob.native_id].state is JobState.RUNNING
    connector.cancel(bob)
    assert ended(connector, bob)[0] is JobState.CANCELLED


def test_a_held_job_is_released_by_its_owner(begin: Begin) -> None:
    """And described by him; the service user has jobs, too, when nobody else is named."""
    connector = begin()
    held, service = submit(connector, replace(job("alice", SUCCESS), held=True)), submit(connector, job("", SUCCESS))
    assert "UserId=alice" in connector.describe(held)
    assert "UserId=jarvice" in connector.describe(service)
    connector.release(held)
    assert ended(begin(), held)[0] is ended(begin(), service)[0] is JobState.COMPLETED


def test_after_a_restart_squeue_tells_the_owner(begin: Begin) -> None:
    """While the controller lists the job."""
    refs = {user: submit(begin(), job(user)) for user in USERS}
    for user, ref in refs.items():
        assert printed(begin(), ref, f"begun by {user}".encode())
        with pytest.raises(NotFinal):
            begin().result(ref)
        begin().cancel(ref)
        state, output = ended(begin(), ref)
        assert (state, output.split(b"\n")[0]) == (JobState.CANCELLED, f"begun by {user}".encode())


def test_after_a_restart_sacct_tells_the_owner(site: Cluster, begin: Begin) -> None:
    """When the controller has forgotten the job; what accounting does not have either was never submitted."""
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
    """Then nobody can tell whose job it was: that is not the same as no such job."""
    ref = submit(begin(), job("alice", SUCCESS))
    forgotten(site, ref)
    site.stop("login", "slurmdbd")
    try:
        with pytest.raises(Unavailable, match=f"whose job {ref.native_id} is|in time"):
            begin().result(ref)
    finally:
        site.start("login", "slurmdbd")
    assert ended(begin(), ref)[0] is JobState.COMPLETED


def test_who_is_not_mapped_any_more(site: Cluster, people: People, begin: Begin) -> None:
    """Nothing is done for his jobs, nothing is said of their end, and they stay listed; once he is back they are as before."""
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
        with pytest.raises(Unavailable, match=r"mapped|whose job"):
            call()
    with pytest.raises(Denied):
        connector.submit(job("bob"), LAUNCH)
    assert connector.snapshot()[ref.native_id].state is JobState.RUNNING
    connector.cancel(other)
    people.keys["bob"] = key
    connector.cancel(ref)
    assert ended(connector, ref)[0] is JobState.CANCELLED


def test_one_user_with_a_wrong_key(people: People, begin: Begin) -> None:
    """He is told so; the others and the shared look go on, and the bridge is ready."""
    connector = begin()
    ref = submit(connector, job("bob"))
    people.keys["bob"], right = new_key()[0], people.keys["bob"]
    with pytest.raises(LoginRefused, match="'bob'"):
        connector.output(ref, 1)
    other = submit(connector, job("alice", SUCCESS))
    assert ended(connector, other)[0] is JobState.COMPLETED
    assert connector.snapshot()[ref.native_id].owner == "bob"
    assert connector.ping() is None  # type: ignore[func-returns-value]
    people.keys["bob"] = right
    connector.cancel(ref)


def test_partitions_that_the_service_user_does_not_see(site: Cluster, begin: Begin) -> None:
    """Hidden ones, and those for other groups: the users' jobs there are listed all the same."""
    there = ("PartitionName=hidden Nodes=ALL Hidden=YES", "PartitionName=others Nodes=ALL AllowGroups=alice")
    add = f"printf '%s\\n' {' '.join(map(repr, there))} >>/etc/slurm/slurm.conf; scontrol reconfigure"
    site.run("login", ["sh", "-euc", add]).check_returncode()
    connector = begin()
    refs = [submit(connector, replace(job("alice"), partition=name, held=True)) for name in ("hidden", "others")]
    listed = begin().snapshot()
    assert [listed[ref.native_id].owner for ref in refs] == ["alice", "alice"]
    for ref in refs:
        begin().cancel(ref)


class TestDirectories:
    """Where state and scratch directories are set, each user has his own below them."""

    @pytest.fixture
    def shared(self, site: Cluster) -> Iterator[dict[str, str]]:
        """A place that all users may write to, as scratch file systems are."""
        site.run("login", ["install", "-d", "-m", "1777", "/srv/state", "/srv/scratch"]).check_returncode()
        yield {"JARVICE_STATE_DIR": "/srv/state", "JARVICE_JOB_SCRATCH_DIR": "/srv/scratch"}
        site.run("login", ["rm", "-rf", "/srv/state", "/srv/scratch"])

    def test_each_user_makes_his_own(self, site: Cluster, begin: Begin, shared: dict[str, str]) -> None:
        """Nobody else can look into it, and jobs run there."""
        connector = begin(**shared)
        refs = {user: submit(connector, job(user, f"id -un; pwd\n{SUCCESS}")) for user in USERS}
        for user, ref in refs.items():
            assert ended(begin(**shared), ref)[0] is JobState.COMPLETED
            for directory in (f"/srv/state/{user}", f"/srv/scratch/{user}"):
                assert owner_of(site, directory) == user
                assert site.run("login", ["ls", directory], user={"alice": "bob", "bob": "alice"}[user]).returncode != 0
            assert owner_of(site, f"/srv/scratch/{user}/.jarvice/{ref.name}.out") == user
            connector.clean(ref)
            assert owner_of(site, f"/srv/scratch/{user}/.jarvice/{ref.name}.out") == ""

    @pytest.mark.parametrize(
        ("trap", "words"),
        [
            ("mkdir /srv/state/alice; chown bob /srv/state/alice; chmod 777 /srv/state/alice", "does not belong to alice"),
            (
                "mkdir /srv/mine; chown alice /srv/mine; ln -s /srv/mine /srv/state/alice; chown -h bob /srv/state/alice",
                "belong",
            ),
            ("install -d -m 770 -o alice /srv/state/alice", "can be written by others"),
            ("install -d -m 777 -o alice /srv/scratch/alice", "can be written by others"),
            ("chmod 777 /srv/state", r"chmod \+t /srv/state"),
            ("chmod 755 /srv/state", "install -d -m 700 -o alice /srv/state/alice"),
        ],
    )
    def test_what_others_could_touch_is_refused(
        self, site: Cluster, begin: Begin, shared: dict[str, str], trap: str, words: str
    ) -> None:
        """With what is wrong and the command that helps; nothing was submitted."""
        site.run("login", ["sh", "-euc", trap]).check_returncode()
        connector = begin(**shared)
        with pytest.raises(Unavailable, match=words):
            connector.submit(job("alice"), LAUNCH)
        assert site.run("login", ["squeue", "-h", "-u", "alice"]).stdout == b""
        site.run("login", ["rm", "-rf", "/srv/mine"])

    def test_an_operator_who_makes_them(self, site: Cluster, begin: Begin, shared: dict[str, str]) -> None:
        """Then nobody may write to what is above; a link that root has made is as good as a directory."""
        script = (
            "chmod 755 /srv/state /srv/scratch; install -d -m 700 -o alice /srv/state/alice /srv/elsewhere;"
            "ln -s /srv/elsewhere /srv/scratch/alice"
        )
        site.run("login", ["sh", "-euc", script]).check_returncode()
        ref = submit(begin(**shared), job("alice", SUCCESS))
        assert ended(begin(**shared), ref)[0] is JobState.COMPLETED
        site.run("login", ["rm", "-rf", "/srv/elsewhere"])


def test_names_that_are_no_users(begin: Begin) -> None:
    """What is no user's name, or would be a path, is denied before anything is done."""
    connector = begin()
    for name in ("../alice", "names", "jobs", "-x", "a b", "carol"):
        with pytest.raises(Denied):
            connector.submit(job(name), LAUNCH)


def test_who_bears_the_service_users_name(people: People, begin: Begin) -> None:
    """He is not let in for that: only if the operator has mapped somebody to it."""
    connector = begin()
    with pytest.raises(Denied):
        connector.submit(job("jarvice", SUCCESS), LAUNCH)
    people.keys["jarvice"] = new_key()[0]
    assert ended(connector, submit(connector, job("jarvice", SUCCESS)))[0] is JobState.COMPLETED


def test_mapped_names_that_are_no_words_of_a_path(people: People, begin: Begin) -> None:
    """Also where a mapping holds them."""
    connector = begin(JARVICE_STATE_DIR="/srv/state")
    for name in ("../alice", "names", "jobs", ".."):
        people.keys[name] = people.keys["alice"]
        with pytest.raises(Denied, match="cannot be the name"):
            connector.submit(job(name), LAUNCH)


def test_a_bridge_on_the_login_node_itself(people: People) -> None:
    """It is one user, and cannot become another without SSH."""
    with pytest.raises(SettingsError, match="JARVICE_SLURM_CLUSTER_ADDR=local"):
        SlurmConnector(Settings(cluster_address="local")).act_for(people)


def test_without_users_nobody_is_acted_for(site: Cluster) -> None:
    """A job that is somebody's is not submitted as the service user."""
    connector = SlurmConnector(load(site.settings()))
    with pytest.raises(Denied, match="alice"):
        connector.submit(job("alice"), LAUNCH)
    connector.close()
