"""Copies of directories to the cluster, by ``rsync`` where both sides have it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from connectors.shared import copying, rsync
from connectors.shared.copying import Tree
from connectors.shared.job_files import JobDirectory, Run
from connectors.slurm.shell.remote import Call
from connectors.transports.shells import OpensShells
from dssr.seams import Completed, CopyProgress, Purpose, Sink
from dssr.seams.services import ServiceFiles

Begin = Callable[[], Call]


def copy_directory(begin: Begin, local: Path, to: str, progress: CopyProgress) -> str:
    """See ``dssr.seams.CopiesDirectories``. ``begin``: begins a call as the user; each command has
    the time of one."""
    run = _runner(begin)
    place = copying.place(run, to)
    transport = begin().transport
    is_done = (
        place.has_rsync
        and isinstance(transport, OpensShells)
        and rsync.is_here()
        and rsync.copy(transport.shell_words(), local, place.path, progress)
    )
    if not is_done:  # a login shell that prints something spoils the protocol of rsync
        copying.copy(run, local, place.path, progress)
    return place.path


def service_files(begin: Begin, where: str, make: bool, state_dir: str) -> ServiceFiles:
    """See ``dssr.seams.KeepsServiceFiles``."""
    run = _runner(begin)
    path = copying.place(run, where).path if make else copying.find(run, where)
    return ServiceFiles(path, Tree(JobDirectory(run, path, True, (), state_dir)))


def _runner(begin: Begin) -> Run:
    def run(
        argv: Sequence[str], input: bytes | None, purpose: Purpose, sink: Sink | None = None
    ) -> Completed:
        return begin().run("files", argv, input, purpose, sink)

    return run
