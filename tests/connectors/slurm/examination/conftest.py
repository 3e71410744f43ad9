"""Clusters to examine."""

from collections.abc import Iterator

import pytest

from tests.cluster import Cluster, Options
from tests.cluster.fixtures import ClusterFactory
from tests.connectors.slurm.examination.patient import HOME, USER, Patient


@pytest.fixture
def patient(cluster: Cluster) -> Iterator[Patient]:
    """The shared cluster; bob's files are as they were afterwards."""
    found = Patient(cluster)
    found.sh("login", f"cp -a {HOME} /home/kept")
    yield found
    found.sh("login", f"rm -rf {HOME} && mv /home/kept {HOME}; scancel -u {USER}")


@pytest.fixture(scope="module")
def odd(cluster_factory: ClusterFactory) -> Patient:
    """A site with little of what the doctor looks for. Its service user has tcsh, which talks."""
    options = Options(
        accounting=False,
        csh=True,
        chatty_shell=True,
        slow_shell=True,
        max_sessions=3,
        min_job_age=4,
    )
    found = Patient(cluster_factory(options=options))
    found.environ |= {
        "JARVICE_SLURM_SSH_USER": "jarvice",
        "JARVICE_JOB_SCRATCH_DIR": "/home/jarvice/scratch/",
    }
    return found
