"""``dssr service status``: a service, or all."""

from dataclasses import asdict

import click

from dssr.cli import service_page, terminal
from dssr.cli.command import Command
from dssr.cli.commands.service.calls import services_of
from dssr.cli.invocation import Invocation
from dssr.cli.service_options import of_place


@click.pass_obj
def _status(invocation: Invocation, /, name: str | None, directory: str, by_ssh: bool) -> None:
    if by_ssh:
        _by_ssh(invocation, name, directory)
        return
    with services_of(invocation) as own:
        found = [own.status(name, directory)] if name else list(own.list())
    if invocation.as_json:
        invocation.print_document(found[0] if name else {"items": found})
    elif name:
        click.echo("\n".join(service_page.lines(found[0])))
    else:
        click.echo("\n".join(service_page.table(found, terminal.columns())))


def _by_ssh(invocation: Invocation, name: str | None, directory: str) -> None:
    if not name:
        raise click.UsageError("--ssh is about one service: name it.")
    with services_of(invocation) as own:
        found = own.manual(name, directory)
    if invocation.as_json:
        invocation.print_document(asdict(found))
    else:
        click.echo(found.text)


status = Command(
    "status",
    callback=_status,
    params=[
        click.Argument(["name"], required=False),
        click.Option(["--ssh", "by_ssh"], is_flag=True,
                     help="Print the block for ssh_config and the line of ssh with which the "
                     "service's job is reached without dssr."),
        *of_place(),
    ],
    help="Show a service: its job, health, successor and last incidents. Without NAME, all "
    "services.",
)  # fmt: skip
