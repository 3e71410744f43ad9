"""What the job's owner reads when a job's options cannot be obeyed, on the real cluster."""

from collections.abc import Iterator

import pytest

from connectors.slurm.words.options import LONGEST_WORD, LONGEST_WORDS
from dssr.errors import BadRequest, RefusedRequest
from dssr.job import JobSpec
from tests.cluster import Cluster
from tests.connectors.test_contract_slurm import SlurmHarness

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]


@pytest.fixture
def site(cluster: Cluster) -> Iterator[SlurmHarness]:
    """A connector onto the run's own cluster."""
    harness = SlurmHarness(cluster)
    yield harness
    harness.end()


def plain(site: SlurmHarness, *lines: str) -> JobSpec:
    """A plain job on one node with these directives."""
    directives = (f"#SBATCH {line}" for line in lines)
    return site.job("\n".join(("#!/bin/bash", *directives, "true\n")), plain=True)


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        (["--ntasks=8", "--ntasks-per-node=4"], ["--ntasks=8", "--ntasks-per-node=4"]),
        (["-w node1,node2"], ["--nodelist=node1,node2"]),
        (["--gpus=4 --gpus-per-node=1"], ["--gpus=4", "--gpus-per-node=1"]),
    ],
)
def test_a_contradiction_of_call_and_script_is_reported(
    site: SlurmHarness, lines: list[str], values: list[str]
) -> None:
    """The bridge adds the call's number of nodes: where the script needs more, the sentence has
    both values, whether Slurm or the bridge refuses the job."""
    with pytest.raises((RefusedRequest, BadRequest), match="The call's 'nodes' is 1") as raised:
        site.submit(plain(site, *lines))
    assert [value for value in values if value not in str(raised.value)] == []


def test_options_that_no_command_can_take_are_refused_before_they_are_sent(
    site: SlurmHarness,
) -> None:
    """An option that is too long for a command (30,000 job ids) is refused by its name before it is
    sent."""
    ids = ":".join(str(100_000 + number) for number in range(30_000))
    spec = plain(site, f"--dependency=afterany:{ids}")
    with pytest.raises(BadRequest, match="--dependency is 2100"):
        site.submit(spec)
    assert site.connector.result(spec.ref) is None


def test_options_up_to_the_limits_reach_sbatch(site: SlurmHarness) -> None:
    """Options up to the limits reach sbatch."""
    longest = "x" * (LONGEST_WORD - len("--constraint="))
    with pytest.raises(RefusedRequest, match="Slurm refused"):
        site.submit(plain(site, f"--constraint={longest}"))
    many = ["--constraint=" + "x" * 99_000] * (LONGEST_WORDS // 100_000)
    with pytest.raises(RefusedRequest, match="Slurm refused"):
        site.submit(plain(site, *many))


@pytest.mark.parametrize(("export", "seen"), [("ALL", b"ssh\n"), ("NONE", b"\n")])
def test_the_login_environment_is_exported_as_asked_for(
    site: SlurmHarness, export: str, seen: bytes
) -> None:
    """With ALL the job has the environment of the login in which sbatch ran; with NONE it does
    not."""
    script = f"#!/bin/bash\n#SBATCH --export={export}\necho ${{SSH_CONNECTION:+ssh}}\n"
    assert site.output_of(script, plain=True) == seen
