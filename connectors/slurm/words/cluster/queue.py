"""squeue(1): the queue of all users, as far as the cluster shows it. Pure."""

import re

from connectors.slurm.words.states import epoch_of, expected_start, is_held, state_of
from dssr.seams import QueuedJob

# %i id, of a job array with its tasks, %T state, %u user, %P partition, %D nodes, %V submission, %S
# start (of a job that waits: the expected one, as squeue --start shows it), %Q priority.
_COLUMNS = "%i|%T|%u|%P|%D|%V|%S|%Q"


def columns(mark: str) -> str:
    """The format for ``squeue -o``. Slurm's reason and the job's name, which its user chooses, are
    between marks that cannot be guessed."""
    return f"{mark}|{_COLUMNS}{mark}%r{mark}%j{mark}"


def queue(text: str, mark: str) -> tuple[QueuedJob, ...]:
    """The rows in squeue's order: the jobs that wait first."""
    parts = text.split(mark)[1:]
    rows = zip(parts[0::4], parts[1::4], parts[2::4], strict=False)
    return tuple(job for row in rows if (job := _job(*row)))


def _job(head: str, reason: str, name: str) -> QueuedJob | None:
    parts = head.split("|")
    if len(parts) != 9:
        return None
    _, native_id, word, user, partition, nodes, submitted, start, priority = parts
    state = state_of(word)
    return QueuedJob(
        native_id=native_id,
        name=name,
        user=user,
        state=state,
        reason="" if reason == "None" else reason,
        partition=partition,
        nodes=_number(nodes) or 0,
        submitted=epoch_of(submitted),
        expected_start=expected_start(start, epoch_of(submitted)) if state.is_queued else None,
        priority=_number(priority),
        is_held=is_held(state, reason),
    )


def _number(text: str) -> int | None:
    """The number that a text begins with: of ``2-4`` nodes the fewest."""
    match = re.match(r"\d{1,18}", text, re.ASCII)
    return int(match[0]) if match else None
