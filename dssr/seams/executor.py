"""An executor starts a job's command on a node: text in, text out, no I/O."""

from typing import Protocol

from dssr.job import JobSpec
from dssr.settings import Settings


class Executor(Protocol):
    """What starts a job's command on a node: text in, text out, no I/O."""

    def launch(self, spec: JobSpec, settings: Settings) -> str:
        """Shell text (bash) that a connector runs once on each node of the job.

        ``settings``: an instance of the executor's ``settings_class``. The text's exit code is the
        node's. It finds in its environment, exported: ``DSSR_JOB_DIR`` (the job's directory; the
        job script is the file ``script`` in it), ``DSSR_WORK_DIR`` (an existing directory on all
        nodes, for what lasts as long as the job), the contract's names that know no scheduler
        (``PROCESS_PROCID``, ``JOB_JOBID``, ...), what ``spec.parameters`` exports, and
        ``spec.secrets``. Raises ``BadRequest`` for a job that this executor cannot start.
        """
        ...
