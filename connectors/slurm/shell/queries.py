"""How often the bridge has asked the cluster, by kind."""

import threading
from collections import Counter
from collections.abc import Sequence

from dssr.seams import Figure


class Queries:
    """Counts of commands that were sent, or tried to, from many threads.

    Their kind is the program, of Slurm or of ``connectors.slurm.shell.programs``; ``files`` for the
    programs that read and write files. Who adds to a count holds the ``lock``.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        with self.lock:
            counts = sorted(self.counts.items())
        name, about = "dssr_cluster_queries_total", "Commands sent to the cluster, by kind"
        return [Figure(name, about, n, "counter", (("kind", kind),)) for kind, n in counts]
