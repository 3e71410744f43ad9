"""The scripts of deploy/examples against a bridge to the real Slurm cluster."""

from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.docs.examples import DONE, EXAMPLES, JOB_FAILED, example, require_curl
from tests.end_to_end.service import Service, eventually

pytestmark = pytest.mark.cluster


@pytest.fixture(autouse=True)
def curl() -> None:
    """All example scripts need curl."""
    require_curl()


def submitted(bridge: Service, directory: Path, text: str, *options: str) -> list[str]:
    """Submit a job with this script by submit.sh; return its name, number and id."""
    script = directory / "job.sh"
    script.write_text(text)
    done = example(bridge.url, "submit.sh", *options, str(script))
    assert done.returncode == DONE, done.stderr
    return done.stdout.split()


def test_a_job_is_submitted_watched_and_its_output_printed(slurm_bridge: Service) -> None:
    """submit.sh, watch.sh and output.sh take hello.sh through Slurm to its end."""
    job = example(slurm_bridge.url, "submit.sh", str(EXAMPLES / "hello.sh")).stdout.split()
    watched = example(slurm_bridge.url, "watch.sh", *job)
    assert watched.returncode == DONE, watched.stderr
    assert watched.stdout.startswith(f"{' '.join(job)}: COMPLETED after 00:0")
    assert f"{' '.join(job)}: running on node" in watched.stderr
    printed = example(slurm_bridge.url, "output.sh", *job).stdout.splitlines()
    assert printed[0].startswith("Hello from node")
    assert printed[1:] == ["step 1 of 3", "step 2 of 3", "step 3 of 3", "Done"]


def test_a_failure_is_reported_while_slurm_still_lists_the_job(
    slurm_bridge: Service, cluster: Cluster, tmp_path: Path
) -> None:
    """watch.sh reports a job that fails at once, and does not wait until the controller has
    dropped the job."""
    job = submitted(slurm_bridge, tmp_path, "#!/bin/bash\nexit 3\n")
    watched = example(slurm_bridge.url, "watch.sh", *job)
    assert watched.returncode == JOB_FAILED, watched.stderr
    assert f"{' '.join(job)}: FAILED after 00:00:0" in watched.stdout
    listed = cluster.run("login", ["squeue", "-h", "-t", "all", "-j", job[2], "-o", "%T"]).stdout
    assert listed.split() == [b"FAILED"]


def test_a_running_job_on_two_nodes_is_cancelled(slurm_bridge: Service, tmp_path: Path) -> None:
    """watch.sh names both nodes of a running job, and reports the cancellation by cancel.sh."""
    job = submitted(slurm_bridge, tmp_path, "#!/bin/bash\necho up\nsleep 300\n", "-n", "2")
    eventually(
        lambda: example(slurm_bridge.url, "output.sh", *job).stdout, lambda shown: shown == "up\n"
    )
    cancelled = example(slurm_bridge.url, "cancel.sh", *job)
    assert cancelled.returncode == DONE, cancelled.stderr
    watched = example(slurm_bridge.url, "watch.sh", *job)
    assert watched.returncode == JOB_FAILED, watched.stderr
    assert "CANCELLED after " in watched.stdout
    assert ", exit status -15\n" in watched.stdout


def test_a_held_job_is_reported_as_queued(slurm_bridge: Service, tmp_path: Path) -> None:
    """A job that submit.sh holds waits in the queue until it is cancelled; it then ends without
    having run."""
    job = submitted(slurm_bridge, tmp_path, "#!/bin/bash\necho up\n", "-H")
    assert job[2] in slurm_bridge.jobids("queued")
    assert example(slurm_bridge.url, "cancel.sh", *job).returncode == DONE
    watched = example(slurm_bridge.url, "watch.sh", *job)
    assert "CANCELLED after 00:00:00" in watched.stdout, watched.stderr
