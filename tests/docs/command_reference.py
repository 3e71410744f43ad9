"""Writes the reference of all commands into the handbook, made from the commands themselves:
``python -m tests.docs.command_reference``."""

import re
from collections.abc import Iterator

from dssr.cli.command_list import GROUPS
from dssr.cli.manual import exit_codes
from dssr.cli.reference import Described, Rows, commands, global_options
from tests.docs.markdown import Page, handbook

CODES = ("<!-- exit codes -->\n", "\n<!-- end of exit codes -->")
COMMANDS = ("<!-- commands -->\n", "\n<!-- end of commands -->")


def command_page() -> Page:
    """The page that holds the reference."""
    return handbook("command-line")


def shown(marks: tuple[str, str]) -> str:
    """What the handbook has between two marks."""
    return command_page().text.partition(marks[0])[2].partition(marks[1])[0]


def current_codes() -> str:
    """The table of exit codes."""
    return "\n".join(_table("exit code", exit_codes()))


def current_commands() -> str:
    """The reference, each command with its usage, its text and its options."""
    every = {one.name: one for one in commands()}
    lines = ["### Global options", "", *_table("option", global_options())]
    for title, names in GROUPS.items():
        lines += ["", f"### {title}"]
        for name in names:
            for one in (o for full, o in every.items() if f"{full} ".startswith(f"dssr {name} ")):
                lines += ["", *_entry(one)]
    return "\n".join(lines)


def renew() -> None:
    """Replace the reference in the handbook by the current one."""
    page = command_page()
    text = _replaced(page.text, CODES, current_codes())
    page.path.write_text(_replaced(text, COMMANDS, current_commands()), encoding="utf-8")


def _replaced(text: str, marks: tuple[str, str], new: str) -> str:
    begin, end = marks
    return re.sub(f"{begin}.*?{end}", lambda _: begin + new + end, text, flags=re.DOTALL)


def _entry(one: Described) -> Iterator[str]:
    yield f"#### {one.name}"
    yield from ("", "```text", one.usage, "```", "", one.line)
    for paragraph in one.paragraphs:
        is_literal = paragraph.startswith("\b")
        text = paragraph.removeprefix("\b").strip("\n")
        yield from ("", *(["```text", text, "```"] if is_literal else [_escaped(text)]))
    if one.options:
        yield from ("", *_table("option", one.options))


def _table(title: str, rows: Rows) -> Iterator[str]:
    yield from (f"| {title} | |", "|---|---|")
    for term, about in rows:
        cell = term.replace("|", "\\|")
        yield f"| `{cell}` | {_escaped(about)} |"


def _escaped(text: str) -> str:
    """Quotations become code, and nothing else means anything to Markdown."""
    text = re.sub(r"(?<!\w)'([^'\n]+)'(?!\w)", r"`\1`", text)
    parts = text.split("`")
    parts[::2] = [re.sub(r"([*\[\]|<>])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


if __name__ == "__main__":
    renew()
