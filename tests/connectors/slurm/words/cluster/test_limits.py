"""Limits from the words of the controller."""

from connectors.slurm.words.cluster.limits import account_limits, config, site_limits

NONE = "GrpJobs=N(0) GrpTRES=cpu=N(0),mem=N(0) MaxJobs= MaxWallPJ="


def record(account: str, user: str = "", parent: str = "", limits: str = NONE, **more: str) -> str:
    """A line of scontrol -o show assoc_mgr."""
    partition = more.get("partition", "")
    return (
        f"ClusterName=c Account={account} UserName={user} Partition={partition} Priority=0 ID=4 "
        f"ParentAccount={parent} {limits} Comment=(null)\n"
    )


def test_limits_of_the_scheduler_are_among_its_options() -> None:
    """SchedulerParameters holds limits beside switches; what is not limited is left out."""
    text = (
        "MaxJobCount             = 10000\nMaxMemPerNode           = UNLIMITED\n"
        "SchedulerParameters     = nohold_on_prolog_fail,max_script_size=1000,sched_interval=2\n"
        "OverTimeLimit           = 0 min\nno line of that kind\n"
    )
    expected = {"MaxJobCount": "10000", "OverTimeLimit": "0 min", "max_script_size": "1000"}
    assert site_limits(config(text)) == expected


def test_a_user_without_associations_has_no_limits() -> None:
    """Accounts that the user may not use are not shown, although Slurm lists them."""
    assert account_limits(record("physics", limits="MaxJobs=1(0)")) == {}


def test_an_account_without_limits_is_shown_and_one_above_it_is_not() -> None:
    """An account without limits is one that the user may use; of those above only the limits
    count."""
    text = record("root") + record("a", parent="root(1)") + record("a", user="bob(7)")
    assert account_limits(text) == {"a": {}}


def test_limits_of_a_user_in_one_partition_have_their_own_key() -> None:
    """An association with a partition limits the user there, and nowhere else."""
    limits = "GrpTRES=cpu=4(4),mem=N(0),gres/gpu=1.5(0) GrpWall=90(1.20) MinPrioThresh=10"
    text = record("a") + record("a", user="bob(7)", partition="short", limits=limits)
    expected = {
        "GrpTRES": "cpu=4,gres/gpu=1.5", "GrpWall": "0-01:30:00", "MinPrioThresh": "10",
    }  # fmt: skip
    assert account_limits(text) == {"a": {}, "a/bob/short": expected}


def test_accounts_above_each_other_end() -> None:
    """Records that name each other as the account above are read once."""
    text = record("a", parent="b(2)") + record("b", parent="a(1)") + record("a", user="bob(7)")
    assert account_limits(text) == {"a": {}}
