"""Asks the cluster for its partitions, nodes, queue and limits: one command for all callers."""

import secrets
import time

from connectors.slurm.shell.remote import ANSWER_MARGIN, Remote, program
from connectors.slurm.shell.shared_answer import SharedAnswer
from connectors.slurm.words.cluster.queue import columns
from connectors.slurm.words.cluster.view import view
from connectors.slurm.words.commands import words_of
from dssr.deadline import answer_due
from dssr.errors import Unavailable
from dssr.seams import ClusterView

_MAX_AGE = 15.0  # seconds


class SharedView:
    """The view of the cluster, not older than 15 seconds."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._answer = SharedAnswer(self._ask, _MAX_AGE)

    def get(self) -> ClusterView:
        """See ``dssr.seams.ShowsCluster``."""
        return self._answer.get(answer_due() - ANSWER_MARGIN / 2)

    def _ask(self) -> ClusterView:
        call, mark, taken = self._remote.call(), secrets.token_hex(8), time.monotonic()
        limit = str(max(1, int(call.left())))
        done = call.run("cluster", program("cluster", ("", "", limit, mark, columns(mark))))
        if not done.stdout:
            raise Unavailable(f"The login node could not ask for the cluster: {words_of(done)}")
        return view(done.stdout.decode("utf-8", "replace"), mark, taken)
