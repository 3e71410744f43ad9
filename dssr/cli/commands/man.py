"""``dssr man``: the manual pages, made from the commands themselves."""

from pathlib import Path

import click

from dssr.cli.command import NONE, Command
from dssr.cli.command_list import LINES
from dssr.cli.exits import USAGE
from dssr.cli.failure import Failure, did_you_mean
from dssr.cli.manual import page, pages
from dssr.cli.printable import printable
from dssr.cli.units import Directory


@click.command(cls=Command, takes=NONE)
@click.argument("name", required=False, metavar="[COMMAND]")
@click.option(
    "--install", type=Directory(path_type=Path), metavar="DIR",
    help="Write all pages below this directory, such as ~/.local/share/man.",
)  # fmt: skip
def command(name: str | None, install: Path | None) -> None:
    """Print or install the manual pages.

    \b
    dssr man submit | man -l -                 shows a page
    dssr man --install ~/.local/share/man      then: man dssr-submit
    """
    if name and name not in LINES:
        raise Failure(f"no command {printable(name)!r}.{did_you_mean(name, LINES)}", USAGE)
    if install is None:
        click.echo(page(name), nl=False)
        return
    directory = install / "man1"
    directory.mkdir(parents=True, exist_ok=True)
    for title, text in pages().items():
        (directory / f"{title}.1").write_text(text, encoding="utf-8")
    click.echo(f"Wrote {len(pages())} pages to {directory}.", err=True)
