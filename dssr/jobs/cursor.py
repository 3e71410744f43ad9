"""Where a page of a list of jobs ends: a position in the order, not a number of jobs. Pure.

Jobs that are submitted meanwhile come before the position, so the next page repeats and skips none.
"""

import re

from dssr.errors import no_cursor
from dssr.record import ID, JobRecord

Position = tuple[float, str]  # when a job was submitted, its id
FORM = re.compile(rf"(-?[0-9]{{1,12}}(?:\.[0-9]{{1,9}})?)~({ID.pattern})")


def position_of(job: JobRecord) -> Position:
    """The job's position; the newest job has the greatest one."""
    return (round(job.submitted or 0.0, 6), job.id)


def cursor_at(position: Position) -> str:
    """The position as text for a URL."""
    return f"{position[0]:.6f}~{position[1]}"


def read_cursor(text: str) -> Position:
    """The position that ``cursor_at`` wrote. Raises ``BadRequest`` for anything else."""
    match = FORM.fullmatch(text)
    if match is None:
        raise no_cursor(text)
    return float(match[1]), match[2]
