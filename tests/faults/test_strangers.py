"""Jobs of other users on the same cluster, with names that look like the bridge's own."""

import pytest

from dssr.job import JobRef
from tests.cluster import Cluster
from tests.end_to_end.service import Job
from tests.faults.upstream import Ledger, Upstream, ends_well, submit_until_taken

pytestmark = pytest.mark.cluster
COMMENT = f"dssr:{'0' * 32}:1"
HOSTILE = (
    "a|b|RUNNING|0:01|node1",
    "x\n4711|RUNNING|0:01|node1|None|jarvice_ghost",
    "Grüße-漢字-\U0001f600",
    "jarvice_x",
    "'; touch /tmp/dssr-must-not-exist; '",
    "%A %j $(id) `id`",
)


def lists(upstream: Upstream) -> list[list[str]]:
    """Both lists; a test fails if one is not returned."""
    answers = [upstream.get("/queued"), upstream.get("/running")]
    assert [answer.status_code for answer in answers] == [200, 200]
    return [row for answer in answers for row in answer.json()]


def test_hostile_names_change_nothing(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """The lists hold only the bridge's jobs, whatever names other jobs have, running, queued or
    ended, and no call reaches those."""
    task = ledger.task("among-strangers", waits=True)
    job = submit_until_taken(upstream, task)
    theirs = []
    for held in ("--hold", "--no-kill"):
        for name in HOSTILE:
            words = [
                "sbatch",
                "--parsable",
                held,
                f"--job-name={name}",
                f"--comment={COMMENT}",
                "-o/dev/null",
                "--wrap=sleep 600",
            ]
            theirs.append(whole.run("login", words, user="bob").stdout.decode().strip())
    assert all(native_id.isdecimal() for native_id in theirs)
    whole.run("login", ["scancel", theirs[-1]], user="bob")
    upstream.post("/release", job.args)  # so that the next look is a new one
    assert lists(upstream) == [[job.name, job.jobid]]
    for native_id in theirs:
        stranger = Job("x", 1, native_id, "")
        assert upstream.post("/runstatus", stranger.args).json() == [None] * 4
        assert upstream.post("/exitstatus", stranger.args).json() == [-9, "00:00:00", []]
        assert upstream.post("/terminate", stranger.args).status_code == 404
    left = whole.run("login", ["squeue", "-h", "-u", "bob", "-o", "%A"]).stdout.decode().split()
    assert set(left) == set(theirs[:-1])
    ledger.may_end(task)
    ends_well(upstream, ledger, task, job)


def test_their_names_in_the_bridge_s_own_files(
    whole: Cluster, upstream: Upstream, ledger: Ledger
) -> None:
    """Another user can neither write into the state directory nor read its files."""
    task = ledger.task("private")
    job = submit_until_taken(upstream, task)
    key = JobRef(task.name, task.number).key
    link = f"/home/jarvice/.jarvice/state/names/{key[:2]}/{key}"
    assert whole.run("login", ["ln", "-sfn", "/tmp", f"{link}/2"], user="bob").returncode != 0
    assert whole.run("login", ["cat", f"{link}/1/script"], user="bob").returncode != 0
    ends_well(upstream, ledger, task, job)
