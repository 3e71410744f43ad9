"""Why a job is in its state, in lines for people."""

import textwrap
from collections.abc import Iterator
from datetime import datetime

import click

from dssr.cli import terminal
from dssr.cli.printable import printable
from dssr.cli.wording import moment
from dssr.client.documents import Explanation


def lines(why: Explanation) -> Iterator[str]:
    """Summary, because, cure, and the expected start."""
    yield from _wrapped(why["summary"], "")
    for title, sentences in (("Because", why["because"]), ("What to do", why["cure"])):
        if sentences:
            yield click.style(title, bold=True)
        for sentence in sentences:
            yield from _wrapped(sentence, "- ")
    if expected := moment(why["expected_start_at"], datetime.now().astimezone()):
        yield f"Expected to start {expected}."


def _wrapped(text: str, mark: str) -> list[str]:
    return textwrap.wrap(
        printable(text),
        terminal.columns_of_text(),
        initial_indent=mark and f"  {mark}",
        subsequent_indent=" " * len(mark and f"  {mark}"),
        break_long_words=False,
        break_on_hyphens=False,
    )
