"""Options of sbatch, as people write them behind ``--``, as pairs."""

from collections.abc import Iterator, Sequence

from dssr.cli.failure import Failure, did_you_mean

_SHORT = {
    "A": "account",
    "C": "constraint",
    "G": "gpus",
    "N": "nodes",
    "c": "cpus-per-task",
    "n": "ntasks",
    "p": "partition",
    "q": "qos",
    "t": "time",
    "w": "nodelist",
    "x": "exclude",
}


def pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """``--name=value``, ``--name value``, ``--name``, ``-n value``, ``-nvalue``. Raises
    ``Failure``."""
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word.startswith("--") and len(word) > 2:
            name, equals, value = word[2:].partition("=")
        elif word.startswith("-") and word[1:2] in _SHORT:
            name, equals, value = _SHORT[word[1]], word[2:], word[2:]
        else:
            near = did_you_mean(word, (f"--{name}" for name in _SHORT.values()))
            raise Failure(f"{word!r} behind -- is no option of sbatch.{near}")
        if not equals and waiting and not waiting[0].startswith("-"):
            value = waiting.pop(0)
        yield name, value
