"""Services of a team on the real cluster: who may do what."""

import pytest

from dssr.errors import Denied, NotFound
from dssr.job import JobState
from dssr.seams.services import How, Request
from dssr.services.chain import ServiceState
from tests.cluster import Options
from tests.cluster.fixtures import ClusterFactory
from tests.connectors.slurm.services.team import SHARED, TEAM, People
from tests.end_to_end.service import eventually

CREW = {"directory": SHARED, "team": TEAM}


def test_a_member_who_did_not_start_it_stops_it(people: People) -> None:
    """A member's request reaches another member's jobs: they end, and say who asked."""
    service = people.up("jarvice", **CREW)
    service.ready()
    people["alice"].services.request(service.place, Request.DOWN)
    end = service.ended().end
    assert end is not None
    assert end.how is How.STOPPED
    assert "by alice" in end.why
    query = ["squeue", "-h", "-n", f"dssr-{service.spec.name}"]
    eventually(lambda: not people.cluster.run("login", query).stdout)


def test_a_member_joins_and_reaches_another_members_service(people: People) -> None:
    """Another member's start joins the running service, and they can read what they need to reach
    it, and its output."""
    service = people.up("alice", **CREW)
    first = service.ready()
    joined = people.up("jarvice", **CREW, name=service.spec.name)
    assert joined.started.joined
    assert joined.started.job == first.job
    assert joined.get(joined.ready()).split()[-2].decode() == first.job
    assert joined.person.services.output(joined.place, 1, 0, 9) == b"listening"


def test_a_member_starts_it_again_after_another_one(people: People) -> None:
    """The next generation may be another member's: the folder stays the team's."""
    service = people.up("alice", **CREW)
    service.ready()
    service.ask(Request.DOWN)
    service.ended()
    second = people.up("jarvice", **CREW, name=service.spec.name)
    assert second.started.generation == 3
    found = second.ready(3)
    assert found.user == "jarvice"
    assert service.generation(3) is not None


def test_a_stranger_learns_nothing(people: People) -> None:
    """A user who is not in the team sees no service, cannot ask it for anything, and cannot start
    one there."""
    service = people.up("alice", **CREW)
    first = service.ready()
    bob = people["bob"]
    with pytest.raises(NotFound):
        bob.services.view(service.place)
    with pytest.raises(NotFound):
        bob.services.request(service.place, Request.DOWN)
    with pytest.raises(NotFound):
        bob.services.output(service.place, 1, 0, 100)
    assert first.address is not None
    for path in (service.started.folder, f"{service.started.folder}/gen/1/secret"):
        looked = people.cluster.run("login", ["ls", path], user="bob")
        assert b"Permission denied" in looked.stderr


def test_a_member_who_has_just_joined(people: People) -> None:
    """Slurm runs jobs with the groups that it knows: a job that may not write to the team's folder
    yet fails, and the service says where, as whom, and how long that can last."""
    run = people.cluster.run
    run("login", ["srun", "true"], user="jarvice").check_returncode()  # slurmctld keeps the groups
    join = "groupadd late; usermod -aG late jarvice; install -d -m 2770 -g late /home/late"
    run("login", ["sh", "-euc", join]).check_returncode()
    service = people.up("jarvice", directory="/home/late", team="late")
    eventually(lambda: service.chain.state, lambda state: state is ServiceState.FAILED)
    assert f"wrote nothing into {service.started.folder}" in service.chain.why
    assert "whether jarvice may write there from node" in service.chain.why
    assert "that they have joined late." in service.chain.why


def test_members_need_not_see_each_others_jobs(cluster_factory: ClusterFactory) -> None:
    """Where Slurm hides other users' jobs, a member joins, sees the state by the job's own word,
    and stops the service."""
    people = People(cluster_factory(options=Options(private_data=True)))
    service = people.up("jarvice", **CREW)
    first = service.ready()
    joined = people.up("alice", **CREW, name=service.spec.name)
    assert (joined.started.joined, joined.started.job) == (True, first.job)
    seen = joined.chain
    assert seen.state is ServiceState.READY
    assert seen.current is not None
    assert seen.current.listed is JobState.UNKNOWN
    joined.ask(Request.DOWN)
    assert joined.ended().end is not None
    assert eventually(lambda: joined.chain.state) is ServiceState.STOPPED
    people.end()


def test_a_folder_that_all_users_can_write_to_is_refused(people: People) -> None:
    """A service's folder must not let other users put a program in its place."""
    people.cluster.run("login", ["install", "-d", "-m", "777", "/home/all"])
    with pytest.raises(Denied, match="All users"):
        people.up("alice", name="open", directory="/home/all", team=TEAM)


def test_a_team_of_which_the_caller_is_no_member_is_refused(people: People) -> None:
    """A user cannot share a service with a group that they are not in."""
    people.cluster.run("login", ["install", "-d", "-o", "bob", "-m", "755", "/home/bobs"])
    with pytest.raises(Denied, match=TEAM):
        people.up("bob", name="strange", directory="/home/bobs", team=TEAM)


def test_a_folder_of_another_user_is_refused(people: People) -> None:
    """A folder that another user made in advance, in a place where all can, is not used."""
    sticky = "/home/sticky"
    people.cluster.run("login", ["install", "-d", "-m", "1777", sticky])
    trap = ["install", "-d", "-m", "775", "-o", "bob", "-g", "bob", f"{sticky}/trap"]
    people.cluster.run("login", trap)
    with pytest.raises(Denied, match="another user's"):
        people.up("alice", name="trap", directory=sticky, team=TEAM)


def test_a_bridge_for_itself_alone_serves_no_other_user(people: People) -> None:
    """A bridge that does not act for users has no services of theirs."""
    with pytest.raises(Denied, match="does not act for users"):
        people["jarvice"].connector.services("alice").views()
