"""Where a page of a list of jobs ends: a place in the order, not a number of jobs. Pure.

Jobs that are submitted meanwhile come before the place, so the next page repeats and skips none.
"""

import re

from dssr.errors import no_cursor
from dssr.record import ID, JobRecord

Place = tuple[float, str]  # when a job was submitted, its id
FORM = re.compile(rf"(-?[0-9]{{1,12}}(?:\.[0-9]{{1,9}})?)~({ID.pattern})")


def place_of(job: JobRecord) -> Place:
    """The job's place; the newest job has the greatest one."""
    return (round(job.submitted or 0.0, 6), job.id)


def cursor_at(place: Place) -> str:
    """The place as text for a URL."""
    return f"{place[0]:.6f}~{place[1]}"


def read_cursor(text: str) -> Place:
    """The place that ``cursor_at`` wrote. Raises ``BadRequest`` for anything else."""
    match = FORM.fullmatch(text)
    if match is None:
        raise no_cursor(text)
    return float(match[1]), match[2]
