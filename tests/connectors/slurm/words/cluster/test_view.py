"""The view of the cluster from what three generations of Slurm really print."""

import pytest

from connectors.slurm.words.cluster.view import view
from dssr.errors import Unavailable
from dssr.job import JobState
from dssr.seams import ClusterView, Count
from tests.cluster.record_view import MARK
from tests.connectors.slurm.recordings import GENERATIONS, HOSTILE_NAME, recorded


@pytest.fixture(params=GENERATIONS)
def generation(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shown(generation: str) -> ClusterView:
    """What alice sees of a cluster with a full queue and a drained node."""
    return view(recorded(generation, "view.txt"), MARK, taken=7.0)


def test_the_view_says_which_scheduler_was_asked_where_and_when(
    shown: ClusterView, generation: str
) -> None:
    """The view names the scheduler, its version, the host that was asked and the moment."""
    assert shown.version.startswith(generation)
    assert (shown.scheduler, shown.host, shown.taken, shown.notes) == ("slurm", "login", 7.0, ())


def test_a_partition_has_its_limits_and_what_is_free_of_its_nodes(shown: ClusterView) -> None:
    """A partition has its state, its limits in seconds, its accounts, and the sums of its nodes."""
    batch, short, one, closed = shown.partitions
    assert [p.name for p in shown.partitions] == ["batch", "short", "one", "closed"]
    assert [p.is_default for p in shown.partitions] == [True, False, False, False]
    assert [p.state for p in shown.partitions] == ["UP", "UP", "UP", "DOWN"]
    assert (batch.max_walltime, batch.default_walltime, batch.max_nodes) == (None, None, None)
    assert batch.nodes == Count(total=2, free=0, busy=1, down=1)
    assert batch.cores == Count(total=16, free=6, busy=2, down=8)
    assert batch.memory_mb == Count(total=6000, free=2900, busy=100, down=3000)
    assert batch.gpus == Count(total=4, free=1, busy=1, down=2)
    assert short.max_walltime == 600
    assert (one.max_walltime, one.default_walltime, one.max_nodes) == (88_200, 600, 1)
    assert (batch.accounts, one.accounts) == ((), ("research", "water"))
    assert (one.nodes, closed.nodes) == (Count(1, 0, 1, 0), Count(1, 0, 0, 1))


def test_a_node_says_what_is_free_and_why_it_is_away(shown: ClusterView) -> None:
    """A node's reason is the operator's first line, whatever it imitates; it changes no other
    field."""
    first, second = shown.nodes
    assert (first.name, first.partitions) == ("node1", ("batch", "short", "one"))
    assert first.state.startswith("MIXED")
    assert (first.cores, first.gpus) == (Count(8, 6, 2, 0), Count(2, 1, 1, 0))
    assert (first.features, first.reason, first.since) == (("big", "ib"), "", None)
    assert (second.name, second.state) == ("node2", "IDLE+DRAIN")
    assert second.memory_mb == Count(3000, 0, 0, 3000)
    assert second.reason == "fan broken, call bob|ext 12 State=IDLE [root@1]"
    assert second.since is not None
    assert second.since > 1_700_000_000


def test_the_queue_shows_all_users_jobs(shown: ClusterView) -> None:
    """A job in the queue has what squeue shows of it; a hostile name is only a name."""
    jobs = {job.name: job for job in shown.queue}
    assert set(jobs) == {"runs", "held", HOSTILE_NAME, "tasks", "next"}
    assert (jobs["runs"].state, jobs["runs"].user) == (JobState.RUNNING, "jarvice")
    assert (jobs["runs"].reason, jobs["runs"].expected_start) == ("", None)
    assert (jobs["held"].reason, jobs["held"].priority) == ("JobHeldUser", 0)
    assert (jobs[HOSTILE_NAME].user, jobs[HOSTILE_NAME].nodes) == ("bob", 2)
    assert jobs["tasks"].native_id.endswith("_[0-3%2]")
    following = jobs["next"]
    assert (following.state, following.partition) == (JobState.PENDING, "batch")
    assert following.submitted is not None
    assert following.expected_start is not None
    assert following.expected_start > following.submitted


def test_the_site_and_the_accounts_have_limits(shown: ClusterView) -> None:
    """Of the site those that concern a user; of accounts those that the user may use and those
    above them, and no others."""
    assert shown.limits.site["MaxJobCount"] == "10000"
    assert shown.limits.site["MaxArraySize"] == "1001"
    assert "MaxMemPerNode" not in shown.limits.site, "unlimited"
    assert shown.limits.accounts == {
        "limited": {"MaxSubmitJobs": "0"},
        "research": {"GrpTRES": "cpu=64,gres/gpu=2"},
        "water": {"GrpTRES": "cpu=16", "MaxJobs": "20", "MaxWallPJ": "0-01:30:00"},
        "water/alice": {"MaxJobs": "5"},
    }


def test_limits_come_from_the_controller_when_the_database_is_down(generation: str) -> None:
    """The controller knows the limits of accounts without slurmdbd."""
    shown = view(recorded(generation, "view_database_down.txt"), MARK, taken=0.0)
    assert shown.limits.accounts["water"]["MaxJobs"] == "20"


def test_a_cluster_without_accounting_says_so() -> None:
    """Where no account is known the view has no limits of accounts, and a sentence says why."""
    shown = view(recorded("24.11", "view_without_accounting.txt"), MARK, taken=0.0)
    assert shown.limits.accounts == {}
    assert shown.notes == ("The cluster keeps no accounting, so accounts have no limits.",)
    assert shown.accounting.startswith("The cluster keeps no accounting: the end of a job")
    assert view(recorded("24.11", "view.txt"), MARK, taken=0.0).accounting == ""
    assert len(shown.nodes) == 2


def test_an_accounting_that_does_not_answer_is_said(generation: str) -> None:
    """Without slurmdbd a sentence says what may be missing, and a note has Slurm's own words; with
    it there is neither, nor where users have no sacctmgr."""
    silent = recorded(generation, "view_database_down.txt")
    shown = view(silent, MARK, taken=0.0)
    assert shown.accounting.startswith("Slurm's accounting (slurmdbd) does not answer: figures of")
    assert "error" in shown.notes[0]
    head, _, _ = silent.partition(f"\n{MARK} accounting\n")
    late, none = (
        view(f"{head}\n{MARK} accounting\n\n{MARK}={code}\n", MARK, taken=0.0)
        for code in (124, 127)
    )
    assert late.notes == ("Slurm's accounting does not answer: no answer in time",)
    assert (none.accounting, none.notes) == ("", ())
    assert view(head, MARK, taken=0.0).accounting == ""
    assert view(recorded(generation, "view.txt"), MARK, taken=0.0).accounting == ""


def test_a_controller_that_is_silent_is_no_empty_cluster(generation: str) -> None:
    """Without the controller there is an error with the cause, and no view without nodes."""
    with pytest.raises(Unavailable, match=r"no answer in time|Unable to contact"):
        view(recorded(generation, "view_controller_down.txt"), MARK, taken=0.0)


@pytest.mark.parametrize("lost", ["partitions", "nodes", "queue"])
def test_each_question_needs_its_answer(lost: str) -> None:
    """An answer that was cut off after any section is an error, and its words are Slurm's own."""
    text = recorded("24.11", "view.txt")
    head, _, _ = text.partition(f"\n{MARK} {lost}\n")
    for code in (1, 0):  # some sites' scripts around Slurm's commands lose the exit code
        refused = f"{head}\n{MARK} {lost}\nslurm_load error: Protocol error\n\n{MARK}={code}\n"
        with pytest.raises(Unavailable, match=rf"\({lost}\): slurm_load error: Protocol error"):
            view(refused, MARK, taken=0.0)
    with pytest.raises(Unavailable, match=f"{lost}.*no answer"):
        view(head, MARK, taken=0.0)


def test_silent_associations_leave_out_the_limits_of_accounts() -> None:
    """When only the associations are missing the rest is shown, and a sentence has Slurm's
    words."""
    head, _, _ = recorded("24.11", "view.txt").partition(f"\n{MARK} associations\n")
    text = f"{head}\n{MARK} associations\nAccess denied\n\n{MARK}=1\n"
    shown = view(text, MARK, taken=0.0)
    assert shown.limits.accounts == {}
    assert shown.notes == ("Slurm did not report the limits of accounts: Access denied",)
    assert len(shown.queue) == 5
