"""``dssr version``."""

import json

import click

from dssr.cli.command import LOCAL, Command
from dssr.cli.invocation import Invocation
from dssr.cli.version import version


@click.command(cls=Command, takes=LOCAL)
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Print the version."""
    click.echo(json.dumps({"version": version()}) if invocation.as_json else f"dssr {version()}")
