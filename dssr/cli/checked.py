"""What a submission would send, in lines for people."""

from collections.abc import Iterator
from datetime import datetime

import click

from dssr.cli.printable import printable, printable_lines
from dssr.cli.wording import moment
from dssr.client.documents import CheckedJob


def lines_of(checked: CheckedJob) -> Iterator[str]:
    """Warnings first, then when it would start, the options, and the batch script."""
    for warning in checked["warnings"]:
        yield f"{click.style('Warning:', fg='red')} {printable(warning)}"
    expected = moment(checked["expected_start_at"], datetime.now().astimezone())
    yield f"It would start {expected}." if expected else "When it would start is not known."
    if checked["options"]:
        yield click.style("Options", bold=True)
        yield from (f"  {printable(option)}" for option in checked["options"])
    yield click.style("Batch script", bold=True)
    yield from (f"  {line}" for line in printable_lines(checked["batch_script"]).splitlines())
