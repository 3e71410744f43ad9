"""How often the bridge has asked the cluster, by kind."""

import re
import threading
from collections import Counter
from collections.abc import Sequence

from dssr.seams import Figure

_BEFORE_THE_PROGRAM = re.compile(r"env|timeout|[0-9.]+|[A-Z_]+=.*")
_OWN_PROGRAM = re.compile(r"dssr_([a-z_]+) ")


class Queries:
    """Counts commands from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, argv: Sequence[str]) -> None:
        """Count a command that is sent, or tried to."""
        kind = kind_of(argv)
        with self._lock:
            self._counts[kind] += 1

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        with self._lock:
            counts = sorted(self._counts.items())
        name, about = "dssr_cluster_queries_total", "Commands sent to the cluster, by kind"
        return [Figure(name, about, n, "counter", (("kind", kind),)) for kind, n in counts]


def kind_of(argv: Sequence[str]) -> str:
    """The program of Slurm or of ``connectors.slurm.shell.programs`` that a command runs; ``files``
    for the programs that read and write files."""
    program = next(word for word in argv if not _BEFORE_THE_PROGRAM.fullmatch(word))
    if program != "/bin/sh":
        return program
    own = _OWN_PROGRAM.match(argv[2])
    return own[1] if own else "files"
