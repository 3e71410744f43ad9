"""Sites that interfere: scripts around sbatch and the other commands, plugins and login shells that
print."""

from collections.abc import Iterator

import pytest

from tests.cluster import Cluster, Options
from tests.cluster.fixtures import ClusterFactory
from tests.end_to_end.conftest import Start
from tests.end_to_end.service import Service, script

pytestmark = pytest.mark.cluster
OK = "echo JARVICE_CMD_SUCCESS"
SITES = {
    "a talkative site": Options(site_wrapper=True, job_submit=True, chatty_shell=True),
    "tcsh and no accounting": Options(csh=True, accounting=False),
}


@pytest.fixture(scope="module", params=list(SITES))
def site(request: pytest.FixtureRequest, cluster_factory: ClusterFactory) -> Iterator[Cluster]:
    """A cluster of each kind in turn."""
    cluster = cluster_factory(options=SITES[request.param])
    yield cluster
    cluster.down()


@pytest.fixture
def bridge(site: Cluster, start: Start) -> Service:
    """A bridge onto that cluster."""
    return start(site.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "native"})


def test_a_job_goes_its_whole_way(bridge: Service) -> None:
    """The bridge finds a job's id, states and end among the site's banners, and its output holds
    none of them."""
    job = bridge.submit(script(f"echo hello; sleep 2; {OK}"))
    assert job.jobid.isdecimal()
    assert (
        bridge.try_submit(script(f"echo hello; sleep 2; {OK}"), job.name, job.number).json()[0]
        == job.jobid
    )
    bridge.runs(job)
    rc, _, output, _ = bridge.end_of(job)
    assert rc == 0
    assert output == "hello\nJARVICE_CMD_SUCCESS\nJARVICE Job completed OK"


def test_a_cancelled_job_is_a_cancelled_one(bridge: Service) -> None:
    """A cancelled job is reported as cancelled also where no accounting remembers it."""
    job = bridge.submit(script("sleep 300"))
    bridge.runs(job)
    assert bridge.post("/terminate", job.args).json() is True
    assert bridge.end_of(job)[0] == -15


def test_a_refusal_is_reported_in_slurm_s_own_words(bridge: Service) -> None:
    """The reason is found between the site's banners and warnings."""
    answer = bridge.try_submit(script(OK, JOBOBJ_DEVICES='["partition=nowhere"]'))
    assert answer.status_code == 400
    assert "nvalid partition" in answer.text


def test_what_a_plugin_refuses_is_reported_in_its_words(bridge: Service, site: Cluster) -> None:
    """A job_submit plugin's message reaches the upstream; where there is no plugin, the partition
    does not exist."""
    answer = bridge.try_submit(script(OK, JOBOBJ_DEVICES='["partition=forbidden"]'))
    assert answer.status_code == 400
    assert "the partition forbidden is closed" in answer.text or "nvalid partition" in answer.text
