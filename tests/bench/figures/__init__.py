"""What is measured: one function for a row or two of the table. Each measures the bridge and its
baseline in turns."""

from collections.abc import Callable

from tests.bench.bench import Bench
from tests.bench.figures.busy import busy
from tests.bench.figures.command import openssh
from tests.bench.figures.files import files
from tests.bench.figures.forward import forward
from tests.bench.figures.jobs import post_jobs, show_job
from tests.bench.figures.listen import listeners
from tests.bench.figures.memory import memory
from tests.bench.figures.poll import polling, queue, thrift
from tests.bench.figures.portal import portal
from tests.bench.figures.portal_files import portal_files
from tests.bench.figures.records import list_jobs, records
from tests.bench.figures.start_up import start_up
from tests.bench.figures.submit import distance, rate, submit
from tests.bench.figures.up import up
from tests.bench.table import Figure

# The order matters: some leave thousands of jobs, which Slurm lists for five more minutes
# (MinJobAge); thrift takes ten.
ALL: dict[str, Callable[[Bench], list[Figure]]] = {
    measure.__name__: measure
    for measure in (
        openssh,
        submit,
        post_jobs,
        polling,
        show_job,
        list_jobs,
        records,
        queue,
        distance,
        rate,
        listeners,
        thrift,
        memory,
        files,
        portal,
        portal_files,
        start_up,
        forward,
        busy,
        up,
    )
}
