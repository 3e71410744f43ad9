"""``dssr token``: make, list and revoke API tokens, also while the bridge runs."""

import json
import time
from typing import Any

import click

from dssr.access import token_file
from dssr.access.scopes import GRANTED
from dssr.access.token_file import moment
from dssr.access.tokens import Token, mint
from dssr.cli.command import LOCAL, NONE, Command, Group, Word
from dssr.cli.failure import Failure
from dssr.cli.invocation import Invocation
from dssr.cli.table import Column, table
from dssr.settings import Settings
from dssr.settings.reading import parse

_MOST_DAYS = 36_500
_COLUMNS = (Column("NAME"), Column("SCOPE"), Column("MADE"), Column("EXPIRES"))


@click.group("token", cls=Group, no_args_is_help=True)
def command() -> None:
    """Make, list and revoke API tokens.

    A change takes effect at once in a bridge that runs with the same file.
    """


def _days(_ctx: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= _MOST_DAYS:
        raise click.BadParameter(f"{value!r} is no whole number of days from 1 to {_MOST_DAYS}.")
    return int(value)


def _file(invocation: Invocation, path: str | None) -> str:
    """The file of tokens, as the option or the setting names it."""
    path = path or parse(invocation.environ, Settings).tokens_file
    if not path:
        raise Failure(
            "which file? Set JARVICE_SCHED_TOKENS_FILE, as for the bridge, or use --file."
        )
    return path


def _with_file(function: Any) -> Any:
    return click.option(
        "--file",
        "path",
        metavar="FILE",
        type=click.Path(),
        help="The file of tokens. (JARVICE_SCHED_TOKENS_FILE)",
    )(function)


@command.command("new", cls=Command, takes=NONE)
@click.argument("name")
@click.option(
    "--scope",
    type=Word(list(GRANTED)),
    required=True,
    help="read: lists and states; submit: jobs as well; admin: everything.",
)
@click.option(
    "--days", callback=_days, metavar="N", help="How many days it is valid; without this for ever."
)
@_with_file
@click.pass_obj
def new(invocation: Invocation, name: str, scope: str, days: int | None, path: str | None) -> None:
    """Make a token and print it; it is never shown again.

    NAME is the holder's name in logs: letters, digits, '.' and '-'.
    """
    token, text = mint(name, GRANTED[scope], time.time(), days)
    token_file.add(_file(invocation, path), token)
    until = f"until {moment(token.expires)}" if token.expires else "until it is revoked"
    click.echo(
        f"The token {token.name!r} ({token.scope.word}) is valid {until}. It is shown this once:",
        err=True,
    )
    click.echo(text)


@command.command("list", cls=Command, takes=LOCAL)
@_with_file
@click.pass_obj
def listing(invocation: Invocation, path: str | None) -> None:
    """Show all tokens, without their secrets."""
    found = token_file.as_operator(_file(invocation, path))
    tokens = [found[name] for name in sorted(found)]
    now = time.time()
    if invocation.as_json:
        click.echo(json.dumps([_document(token, now) for token in tokens]))
    elif tokens:
        click.echo("\n".join(table(_COLUMNS, [_row(token, now) for token in tokens])))
    else:
        click.echo("There are no tokens: 'dssr token new NAME --scope submit' makes one.", err=True)


@command.command("revoke", cls=Command, takes=NONE)
@click.argument("name")
@_with_file
@click.pass_obj
def revoke(invocation: Invocation, name: str, path: str | None) -> None:
    """End a token's validity."""
    token_file.remove(_file(invocation, path), name)
    click.echo(f"The token {name!r} is not valid any more.", err=True)


def _row(token: Token, now: float) -> tuple[str, ...]:
    expires = moment(token.expires) if token.expires else "never"
    is_over = " EXPIRED" if token.expired(now) else ""
    return token.name, token.scope.word, moment(token.made), expires + is_over


def _document(token: Token, now: float) -> dict[str, str | bool | None]:
    return {
        "name": token.name,
        "scope": token.scope.word,
        "made_at": moment(token.made),
        "expires_at": moment(token.expires) if token.expires else None,
        "is_expired": token.expired(now),
    }
