"""Why a job is in its state, in lines for people."""

import re
import textwrap
from collections.abc import Iterator
from datetime import datetime

import click

from dssr.cli import terminal
from dssr.cli.printable import printable
from dssr.cli.wording import moment
from dssr.client.documents import Explanation

_UTC = re.compile(r"\b(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC\b", re.ASCII)


def lines(why: Explanation) -> Iterator[str]:
    """Summary, because, cure, and the expected start."""
    now = datetime.now().astimezone()
    yield from _wrapped(_with_own_times(why["summary"], now), "")
    for title, sentences in (("Because", why["because"]), ("What to do", why["cure"])):
        if sentences:
            yield click.style(title, bold=True)
        for sentence in sentences:
            yield from _wrapped(_with_own_times(sentence, now), "- ")
    if expected := moment(why["expected_start_at"], now):
        yield f"Expected to start {expected}."


def _with_own_times(sentence: str, now: datetime) -> str:
    """Times as the page of the job has them, in the zone of this machine."""
    return _UTC.sub(lambda found: moment(f"{found[1]}T{found[2]}Z", now), sentence)


def _wrapped(text: str, mark: str) -> list[str]:
    return textwrap.wrap(
        printable(text),
        terminal.columns_of_text(),
        initial_indent=mark and f"  {mark}",
        subsequent_indent=" " * len(mark and f"  {mark}"),
        break_long_words=False,
        break_on_hyphens=False,
    )
