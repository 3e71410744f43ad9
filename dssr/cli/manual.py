"""Manual pages, in the language of ``man``, made from the commands."""

from collections.abc import Iterable, Iterator

from dssr.cli import exits
from dssr.cli.reference import Described, Rows, commands, global_options
from dssr.cli.version import version

_VARIABLES = (
    ("DSSR_URL", "The address of a bridge."),
    ("DSSR_TOKEN", "The token for it."),
    ("DSSR_CLUSTER", "A cluster that is reached over your own SSH access."),
    ("NO_COLOR", "Set to anything: no colours."),
)
_FILES = (
    ("$XDG_CONFIG_HOME/dssr/config.toml", "url, token and cluster, where no variable is set."),
    ("$XDG_STATE_HOME/dssr/history", "The jobs submitted from here: what '-' means."),
)


def pages() -> dict[str, str]:
    """All pages, by their names: ``dssr``, ``dssr-submit``, ..."""
    every = list(commands())
    return {_title(one): _page(one, every) for one in every}


def page(name: str | None) -> str:
    """The page of a command, or of the program."""
    return pages()[f"dssr-{name}" if name else "dssr"]


def _title(one: Described) -> str:
    return one.name.replace(" ", "-")


def _page(one: Described, every: Iterable[Described]) -> str:
    title = _title(one)
    lines = [
        f'.TH "{_escaped(title.upper())}" 1 "" "dssr {version()}" "dssr"',
        ".SH NAME",
        f"{_escaped(title)} \\- {_escaped(one.line.rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {_escaped(one.usage)}",
    ]
    lines += _text("DESCRIPTION", one.paragraphs)
    lines += _rows("OPTIONS", one.options)
    if one.name == "dssr":
        lines += _rows("OPTIONS", global_options())
        lines += _rows("COMMANDS", tuple((_title(c), c.line) for c in every if c is not one))
        lines += _rows("ENVIRONMENT", _VARIABLES)
        lines += _rows("FILES", _FILES)
        lines += _rows("EXIT STATUS", exit_codes())
    elif one.takes_global_options:
        lines += _text("GLOBAL OPTIONS", ("dssr(1) has the options that each command takes.",))
    return "\n".join([*lines, ""])


def exit_codes() -> Rows:
    """The table of all exit codes."""
    codes = {**exits.MEANINGS, **exits.AS_THE_JOB}
    return tuple((str(code), meaning) for code, meaning in sorted(codes.items()))


def _text(title: str, paragraphs: Iterable[str]) -> Iterator[str]:
    for number, paragraph in enumerate(paragraphs):
        yield f".SH {title}" if not number else ".PP"
        is_literal = paragraph.startswith("\b")
        if is_literal:
            yield ".nf"
        yield from (_escaped(line) for line in paragraph.removeprefix("\b").strip("\n").split("\n"))
        if is_literal:
            yield ".fi"


def _rows(title: str, rows: Rows) -> Iterator[str]:
    if rows:
        yield f".SH {title}"
    for term, about in rows:
        yield from (".TP", f".B {_escaped(term)}", _escaped(about))


def _escaped(text: str) -> str:
    r"""``\``, ``-``, and a ``.`` or ``'`` at the beginning mean something to ``man``."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text
