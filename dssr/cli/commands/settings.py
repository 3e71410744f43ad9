"""``dssr settings``: what is set and from where, and what every setting means."""

import json
from collections.abc import Sequence

import click

from dssr.cli.command import LOCAL, Command
from dssr.cli.exits import DONE, USAGE
from dssr.cli.failure import Failure, did_you_mean
from dssr.cli.invocation import Invocation
from dssr.cli.printable import printable
from dssr.cli.settings import Groups, Setting, groups, in_lines, in_markdown, problems
from dssr.cli.table import Column, table
from dssr.cli.terminal import columns_of_text
from dssr.settings import names

_COLUMNS = (Column("SETTING"), Column("VALUE"), Column("FROM"))


@click.command(cls=Command, takes=LOCAL)
@click.argument("settings", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Show all settings and what they mean.")
@click.option("--markdown", is_flag=True, help="Print all settings as a table in Markdown.")
@click.pass_obj
def command(
    invocation: Invocation, settings: Sequence[str], everything: bool, markdown: bool
) -> int:
    """Show the settings: what is set, and from where.

    With NAMEs, shows what these settings mean. Secrets are masked. The exit code is 2 when a
    setting cannot be read.
    """
    found: Groups = groups(invocation.environ)
    every = [one for group in found.values() for one in group]
    if settings:
        found = {"Settings": _named(settings, every)}
    if invocation.as_json:
        click.echo(json.dumps([one.document for group in found.values() for one in group]))
    elif markdown:
        click.echo(in_markdown(found))
    elif everything or settings:
        click.echo("\n".join(in_lines(found, columns_of_text())).rstrip("\n"))
    else:
        _show_what_is_set(found)
    return _report_problems(invocation, every)


def _named(wanted: Sequence[str], every: Sequence[Setting]) -> list[Setting]:
    by_name = {name: one for one in every for name in one.variables}
    for name in wanted:
        if name not in by_name:
            hint = did_you_mean(name.upper(), by_name) or " 'dssr settings --all' lists them."
            raise Failure(f"there is no setting {printable(name)!r}.{hint}", USAGE)
    return [by_name[name] for name in wanted]


def _show_what_is_set(found: Groups) -> None:
    others = 0
    for title, group in found.items():
        rows = [(one.name, one.shown, one.source) for one in group if one.source]
        others += len(group) - len(rows)
        if rows:
            click.secho(title.replace("`", ""), bold=True)
            click.echo("\n".join(f"  {line}" for line in table(_COLUMNS, rows)) + "\n")
    click.echo(f"{others} settings have their defaults: 'dssr settings --all' shows all of them.")


def _report_problems(invocation: Invocation, every: Sequence[Setting]) -> int:
    known = [name for one in every for name in one.variables]
    wrong = problems(invocation.environ)
    unknown = names.unknown(names.strangers(invocation.environ, known), known)
    for problem in (*wrong, *unknown):
        click.echo(f"dssr settings: {problem}", err=True)
    return USAGE if wrong else DONE
