"""``dssr token``: make, list and revoke API tokens, also while the bridge runs."""

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from dssr.access import token_file
from dssr.access.scopes import GRANTED
from dssr.access.token_file import moment
from dssr.access.tokens import Token, mint
from dssr.errors import DssrError
from dssr.settings import Settings

FAILED = 1
_MOST_DAYS = 36_500


def add_to(commands: Any) -> None:
    """Add the command to an argument parser's commands."""
    parser = commands.add_parser("token", help="make, list and revoke API tokens")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a token and print it; it is never shown again")
    new.add_argument("name", help="the holder's name in logs: letters, digits, '.' and '-'")
    new.add_argument(
        "--scope",
        choices=GRANTED,
        required=True,
        help="read: lists and states; submit: jobs as well; admin: everything",
    )
    new.add_argument("--days", type=_days, help="how many days it is valid; without this for ever")
    listing = actions.add_parser("list", help="show all tokens, without their secrets")
    revoke = actions.add_parser("revoke", help="end a token's validity")
    revoke.add_argument("name")
    for action in (new, listing, revoke):
        action.add_argument(
            "--file", default="", help="the file of tokens; without this JARVICE_SCHED_TOKENS_FILE"
        )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the command. The exit code is 1 when it failed, and stderr says why."""
    path = arguments.file or settings.tokens_file
    if not path:
        print(
            "dssr token: which file? Set JARVICE_SCHED_TOKENS_FILE, as for the bridge, or use"
            " --file.",
            file=sys.stderr,
        )
        return FAILED
    try:
        {"new": _new, "list": _list, "revoke": _revoke}[arguments.action](path, arguments)
    except DssrError as error:
        print(f"dssr token: {error.message}", file=sys.stderr)
        return FAILED
    return 0


def _new(path: str, arguments: argparse.Namespace) -> None:
    token, text = mint(arguments.name, GRANTED[arguments.scope], time.time(), arguments.days)
    token_file.add(path, token)
    until = f"until {moment(token.expires)}" if token.expires else "until it is revoked"
    print(
        f"The token {token.name!r} ({token.scope.word}) is valid {until}. It is shown this once:",
        file=sys.stderr,
    )
    print(text)


def _list(path: str, _arguments: argparse.Namespace) -> None:
    tokens = token_file.as_operator(path)
    if not tokens:
        print(
            "There are no tokens: 'dssr token new NAME --scope submit' makes one.", file=sys.stderr
        )
        return
    now = time.time()
    print(
        columns(
            [
                ("NAME", "SCOPE", "MADE", "EXPIRES"),
                *(_row(tokens[name], now) for name in sorted(tokens)),
            ]
        )
    )


def _revoke(path: str, arguments: argparse.Namespace) -> None:
    token_file.remove(path, arguments.name)
    print(f"The token {arguments.name!r} is not valid any more.", file=sys.stderr)


def _row(token: Token, now: float) -> tuple[str, ...]:
    expires = moment(token.expires) if token.expires else "never"
    return (
        token.name,
        token.scope.word,
        moment(token.made),
        expires + (" EXPIRED" if token.expired(now) else ""),
    )


def columns(rows: Iterable[Sequence[str]]) -> str:
    """A table: each column as wide as its widest cell."""
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)


def _days(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= _MOST_DAYS:
        raise argparse.ArgumentTypeError(f"must be a whole number of days from 1 to {_MOST_DAYS}")
    return int(value)
