"""The parameter that names a partition, and how the shell completes it."""

import click
from click.shell_completion import CompletionItem

from dssr.cli.invocation import Invocation
from dssr.cli.printable import is_plain_word
from dssr.cli.wording import duration
from dssr.client import ClientError


class PartitionName(click.ParamType[str]):
    """A partition's name."""

    name = "name"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The partitions that begin so, with what is free and their time limits."""
        try:
            partitions = ctx.ensure_object(Invocation).client().partitions()
        except (ClientError, OSError):
            return []
        return [
            CompletionItem(
                item["name"],
                help=f"{item['nodes']['free']} of {item['nodes']['total']} nodes free, "
                f"time limit {duration(item['max_walltime_seconds']) or 'none'}",
            )
            for item in partitions
            if item["name"].startswith(incomplete) and is_plain_word(item["name"])
        ]
