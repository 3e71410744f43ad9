"""Jobs whose name and comment are changed, and jobs of other commands, on a real Slurm."""

from dataclasses import replace

import pytest

from connectors.slurm.connector import SlurmConnector
from dssr.job import JobRef, JobState
from tests.cluster import Cluster
from tests.connectors.slurm.conftest import Begin
from tests.connectors.slurm.owned import ended, forgotten, job, printed, submit

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

RENAMES = 'scontrol update jobid="$SLURM_JOB_ID" name=other comment=other && echo renamed\n'
WAITS = "sleep 600\n"


def cancel(connector: SlurmConnector, ref: JobRef) -> None:
    """Cancel the job and wait for its end."""
    connector.cancel(ref)
    assert ended(connector, ref)[0] is JobState.CANCELLED


@pytest.mark.parametrize("owner", ["", "alice"])
def test_a_job_that_is_renamed_stays_in_the_list(begin: Begin, site: Cluster, owner: str) -> None:
    """The list has the job under the name and number that it was submitted with, for a bridge that
    was started later too."""
    connector = begin()
    ref = submit(connector, job(owner, RENAMES + WAITS))
    assert printed(connector, ref, b"renamed")
    shown = ["squeue", "-h", "-j", ref.native_id, "-o", "%j %k"]
    assert site.run("login", shown).stdout == b"other other\n"
    for each in (connector, begin()):
        status = each.snapshot()[ref.native_id]
        assert (status.ref, status.state) == (ref, JobState.RUNNING)
    cancel(begin(), ref)


def test_the_owner_of_a_job_that_was_renamed(begin: Begin, site: Cluster) -> None:
    """Accounting shows whose job it was, after the controller has forgotten it."""
    ref = submit(begin(), job("alice", RENAMES))
    forgotten(site, ref)
    connector = begin()
    assert ended(connector, ref)[1].startswith(b"renamed\n")
    assert connector.result(replace(ref, name="other")) is None


def test_a_job_of_another_command_is_not_in_the_list(begin: Begin, site: Cluster) -> None:
    """A job with a name and a comment of the bridge's is not the bridge's."""
    connector = begin()
    ref = submit(connector, job("", WAITS))
    shown = ["squeue", "-h", "-j", ref.native_id, "-o", "%j|%k"]
    name, _, comment = site.run("login", shown).stdout.decode().strip().partition("|")
    words = ["sbatch", "--parsable", "-H", "-J", name, f"--comment={comment}", "--wrap", "true"]
    other = site.run("login", words, user="jarvice").stdout.decode().strip()
    connector = begin()
    assert ref.native_id in connector.snapshot()
    assert other not in connector.snapshot()
    cancel(connector, ref)


def test_a_job_that_submits_its_own_batch_script(begin: Begin, site: Cluster) -> None:
    """The second job ends at once and says which file to submit; the list has only the first."""
    again = (
        "batch=$(scontrol show job $SLURM_JOB_ID | sed -n 's/^ *Command=//p')\n"
        "cd && sbatch --parsable -o again.%j $batch && echo submitted && sleep 600\n"
    )
    connector = begin()
    ref = submit(connector, job("", again))
    assert printed(connector, ref, b"submitted")
    second = connector.output(ref, 100).data.decode().split("\n")[0]
    output = site.path(f"/home/jarvice/again.{second}")
    until_it_has_ended(site, second)
    assert "To submit the same job script yourself, submit /home/jarvice/" in output.read_text()
    assert second not in begin().snapshot()
    script = output.read_text().rpartition("submit ")[2].strip().removesuffix(".")
    assert site.path(script).read_text() == again
    cancel(connector, ref)


def until_it_has_ended(site: Cluster, native_id: str) -> None:
    """Wait for the end of a job that is not the bridge's."""
    forgotten(site, JobRef("", 0, native_id))
