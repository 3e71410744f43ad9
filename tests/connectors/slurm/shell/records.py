"""Jobs of the tests of records: submitted, found in the list, and ended."""

from dataclasses import replace

from connectors.slurm.connector import SlurmConnector
from dssr.job import JobRef
from dssr.record import JobRecord
from dssr.testing.harness import LAUNCH
from tests.connectors.slurm.shell_node import ShellNode
from tests.connectors.slurm.specs import spec

ACCOUNTED = "echo '{id}|COMPLETED|7|1795600780|0:0|1795600790|1795600797|00:00.500||'"


def submit(connector: SlurmConnector, number: int = 1) -> JobRef:
    """Submit a job that keeps its files."""
    asked = spec(number=number, keeps_files=True, by_exit_code=True)
    return replace(asked.ref, native_id=connector.submit(asked, LAUNCH).native_id)


def found(connector: SlurmConnector, ref: JobRef) -> JobRecord:
    """The job's record in the list."""
    return next(job for job in connector.records().jobs if job.ref == ref)


def complete(node: ShellNode, ref: JobRef) -> None:
    """The controller has forgotten the job, and accounting has its end."""
    node.list(ref.native_id, "")
    node.account(ACCOUNTED.format(id=ref.native_id))
