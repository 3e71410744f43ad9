"""What a submission would send, in lines for people."""

import shlex
from collections.abc import Iterator
from datetime import datetime

import click

from dssr.cli.printable import printable, printable_lines
from dssr.cli.wording import moment
from dssr.client.documents import CheckedJob


def lines_of(checked: CheckedJob, *, with_script: bool) -> Iterator[str]:
    """What is wrong first, then when it would start, and how it would be submitted."""
    refusal = checked["refusal"]
    for warning in checked["warnings"]:
        if not refusal or refusal not in warning:
            yield f"{click.style('Warning:', fg='red')} {printable(warning)}"
    if refusal:
        yield f"{click.style('Refused:', fg='red')} {printable(refusal)}"
    elif expected := moment(checked["expected_start_at"], datetime.now().astimezone()):
        yield f"It would start {expected}."
    elif not checked["warnings"]:
        yield "When it would start is not known."
    if checked["options"]:
        yield from (
            click.style("Command", bold=True),
            f"  {printable(shlex.join(checked['options']))}",
        )
    if with_script and (script := checked["script"]) is not None:
        yield click.style("The same without dssr, as one script", bold=True)
        yield from (f"  {line}" for line in printable_lines(script).splitlines())
    if with_script:
        yield click.style("Batch script", bold=True)
        yield from (f"  {line}" for line in printable_lines(checked["batch_script"]).splitlines())
