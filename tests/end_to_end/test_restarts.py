"""The bridge is killed between any two calls, and the upstream never notices."""

from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.end_to_end.conftest import Start
from tests.end_to_end.service import Service, script

BODY = script("echo before; sleep 4; echo after; echo JARVICE_CMD_SUCCESS")


def lives_on(service: Service) -> None:
    """Kill the bridge after the submission, while the job runs, after its end, and after its result
    was returned."""
    job = service.submit(BODY)
    service.kill()
    service.start()
    again = service.try_submit(BODY, job.name, job.number)
    assert again.json() == [job.jobid, job.script]
    service.runs(job)
    service.kill()
    service.start()
    first = service.end_of(job)
    service.kill()
    service.start()
    assert service.end_of(job) == first
    assert first[0] == 0
    assert first[2].startswith("before\nafter\n")


@pytest.mark.cluster
def test_jobs_on_the_cluster_outlive_the_bridge(cluster: Cluster, start: Start) -> None:
    """A bridge that is killed between any two calls loses nothing of a Slurm job."""
    lives_on(start(cluster.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "native"}))


def test_jobs_on_this_machine_outlive_the_bridge(tmp_path: Path, start: Start) -> None:
    """A bridge that is killed between any two calls loses nothing of a local job."""
    places = {
        "JARVICE_STATE_DIR": f"{tmp_path}/state",
        "JARVICE_JOB_SCRATCH_DIR": f"{tmp_path}/scratch",
    }
    lives_on(start({"JARVICE_BAREMETAL_CONNECTOR": "local", **places}))
