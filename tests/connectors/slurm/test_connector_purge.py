"""What the hourly purge takes from the state directory, and what it leaves."""

from collections.abc import Iterator

import pytest

from connectors.slurm import connector as module
from connectors.slurm.connector import SlurmConnector
from dssr.job import JobSpec
from dssr.settings import load
from tests.cluster import Cluster
from tests.connectors.test_contract_slurm import SlurmHarness

pytestmark = pytest.mark.cluster
JOBS = "/home/jarvice/.jarvice/state/jobs"
SECRETS = (("JARVICE_DOCKER_PASSWORD", "aHVzaA=="),)


@pytest.fixture
def site(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlurmHarness]:
    """A connector that purges whenever it cleans up."""
    monkeypatch.setattr(module, "_PURGE_EVERY", -1.0)
    made = SlurmHarness(cluster)
    made.settings = load(cluster.settings())
    yield made
    made.end()


def with_secrets(site: SlurmHarness, spec: JobSpec, **changes: object) -> str:
    """Submit a job with credentials, and make them two days old; the file."""
    ref = site.submit(site.job(spec.script, spec.name, secrets=SECRETS, **changes))
    job = site.sh(
        f'for l in {JOBS}/*/*/elected; do [ "$(readlink $l)" != "$1" ] || echo "${{l%/elected}}"; done', ref.native_id
    )
    path = f"{job.split()[0]}/secrets"
    site.sh('[ -f "$1" ] && touch -d "2 days ago" "$1"', path)
    return path


def test_credentials_of_jobs_that_are_no_more_go(site: SlurmHarness) -> None:
    """A job that Slurm still lists keeps its own for as long as it waits; those of a submission that came to nothing go."""
    assert isinstance(site.connector, SlurmConnector)
    waiting = with_secrets(site, site.succeeding(site.name()), held=True)
    nobody = f"{JOBS}/2026-01-01/{'0' * 32}.{site.name()}"
    young = f"{JOBS}/2026-01-01/{'1' * 32}.{site.name()}"
    site.sh('mkdir -p "$1" "$2"; touch -d "2 days ago" "$1/secrets"; touch "$2/secrets"', nobody, young)
    ref = site.submit(site.succeeding(site.name()))
    site.result(ref)
    site.connector.clean(ref)
    left = set(site.sh(f"ls {JOBS}/*/*/secrets").split())
    assert waiting in left
    assert f"{young}/secrets" in left  # its submission may be under way
    assert f"{nobody}/secrets" not in left
    site.sh('rm -r "$1" "$2"', nobody, young)
