"""What is kept of a job is read while Slurm's controller is silent."""

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import eventually
from tests.faults.conftest import Begin
from tests.faults.person import Person
from tests.faults.upstream import ANSWER, Ledger, ends_well, submit_until_taken

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def caller() -> type[Person]:
    """Who calls the bridges: a person, by the API that has these calls."""
    return Person


def test_script_output_and_files_of_a_silent_controller(
    whole: Cluster, upstream: Person, begin: Begin, ledger: Ledger
) -> None:
    """Script, output and files of a job are on the shared file system, and are read there while
    the controller is paused: by a bridge that has seen the job, and by one that has just begun.
    The state of the job is not known meanwhile."""
    task = ledger.task("kept", waits=True)
    job = submit_until_taken(upstream, task)
    eventually(lambda: ledger.runs(task))
    known = {call: upstream.ask(call, job) for call in upstream.KEPT}
    whole.pause("login", "slurmctld")
    eventually(lambda: upstream.ask("GET ", job).status_code, lambda status: status == 503)
    for bridge in (upstream, begin(whole)):
        for call, before in known.items():
            now = bridge.ask(call, job)
            assert (call, now.status_code) == (call, 200)
            assert call == "GET /files" or now.content == before.content
            assert now.elapsed.total_seconds() < ANSWER
        assert bridge.ask("GET ", job).status_code == 503
    whole.resume("login", "slurmctld")
    ledger.may_end(task)
    ends_well(upstream, ledger, task, job)
