"""The jobs whose files are still there."""

from connectors.slurm.shell.cleaning import PendingCleanups
from dssr.job import JobRef


def ref(number: int) -> JobRef:
    return JobRef("name", number, str(number))


def test_a_job_that_is_left_is_returned_until_it_is_done() -> None:
    """The oldest job whose files are left is returned until it is done, and never the job that is
    being cleaned up itself."""
    pending = PendingCleanups()
    assert [pending.begin(ref(n)) for n in (1, 1, 2, 3)] == [None, None, ref(1), ref(1)]
    pending.done(ref(1))
    assert pending.begin(ref(4)) == ref(2)
    for number in (2, 3, 4):
        pending.done(ref(number))
    assert pending.begin(ref(5)) is None


def test_at_most_1000_jobs_are_remembered() -> None:
    """At most 1000 jobs whose files are left are remembered, also when the cluster is out of reach
    for days."""
    pending = PendingCleanups()
    for number in range(1_002):
        pending.begin(ref(number))
    assert pending.begin(ref(1_001)) == ref(2)
