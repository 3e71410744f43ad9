"""All settings of the core and of the installed plugins: their values, sources and meaning."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass
from typing import Any

from dssr import plugins
from dssr.cli.printable import printable
from dssr.settings import Settings, reading

MASK = "(secret)"
Groups = Mapping[str, Sequence["Setting"]]


@dataclass(frozen=True)
class Setting:
    """A setting, and the environment that it is read from."""

    field: Field[Any]
    environ: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its variable."""
        return str(self.field.metadata["name"])

    @property
    def older(self) -> str:
        """A second variable, which is read where the first is not set; empty: there is none."""
        return str(self.field.metadata["older"])

    @property
    def is_secret(self) -> bool:
        """Whether it is never shown, and may come from a file."""
        return bool(self.field.metadata["secret"])

    @property
    def variables(self) -> list[str]:
        """The variables that it is read from, the most important one first."""
        file = f"{self.name}_FILE" if self.is_secret else ""
        return [name for name in (self.name, file, self.older) if name]

    @property
    def source(self) -> str:
        """The variable that it comes from; empty: it has its default."""
        return next((name for name in self.variables if self.environ.get(name)), "")

    @property
    def default(self) -> str:
        """Its default, as an operator would write it."""
        return reading.default_of(self.field)

    @property
    def shown(self) -> str:
        """Its value as it was written, masked where it is secret."""
        if not self.source:
            return self.default
        file = self.environ[self.source] if self.source.endswith("_FILE") else ""
        value = f"{MASK} in {file}" if file else MASK if self.is_secret else ""
        return printable(value or self.environ[self.source])

    @property
    def about(self) -> str:
        """What it means."""
        file = f" Or the file that `{self.name}_FILE` names." if self.is_secret else ""
        return f"{self.field.metadata['about']}{file}"

    @property
    def document(self) -> Mapping[str, str | bool | None]:
        """All of it, for programs."""
        return {
            "name": self.name,
            "value": self.shown,
            "default": self.default,
            "source": self.source or None,
            "is_secret": self.is_secret,
            "about": self.about,
        }


def groups(environ: Mapping[str, str]) -> dict[str, list[Setting]]:
    """The core's settings, then those of each installed plugin that brings any, by a title."""
    found = {"The bridge": [Setting(f, environ) for f in reading.table(Settings)]}
    seen = {f.metadata["name"] for f in reading.table(Settings)}
    for plugin in plugins.installed():
        own = reading.own_table(plugin.settings_class)
        if new := [f for f in own if f.metadata["name"] not in seen]:
            seen |= {f.metadata["name"] for f in new}
            title = f"The {plugin.kind.word} `{plugin.name}`"
            found[title] = [Setting(f, environ) for f in new]
    return found


def problems(environ: Mapping[str, str]) -> list[str]:
    """A sentence about each setting that cannot be read."""
    kinds: list[type[Settings]] = [
        Settings,
        *(plugin.settings_class for plugin in plugins.installed()),
    ]
    found = [problem for kind in kinds for problem in reading.read(environ, kind)[1].values()]
    return list(dict.fromkeys(found))


def in_markdown(found: Groups) -> str:
    """All of them as one table in Markdown, each group under a row with its title."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for title, settings in found.items():
        rows.append(f"| **{title}** | | |")
        rows += map(_row, settings)
    return "\n".join(rows)


def in_lines(found: Groups, columns: int) -> Iterator[str]:
    """The same in lines of at most so many columns, if no single word is longer."""
    for title, settings in found.items():
        yield from (f"{title.replace('`', '')}:", "")
        for one in settings:
            yield f"  {one.name}"
            yield from (line for part in _paragraphs(one) for line in _wrapped(part, columns))
        yield ""


def _row(one: Setting) -> str:
    older = f" (older name: `{one.older}`)" if one.older else ""
    default = f"`{one.default}`" if one.default else ""
    cells = (f"`{one.name}`{older}", default, one.about)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _paragraphs(one: Setting) -> Iterator[str]:
    yield one.about.replace("`", "'")
    if one.source:
        yield f"Set: {one.shown} (by {one.source})"
    if one.default:
        yield f"Default: {one.default.replace(',', ', ')}"
    if one.older:
        yield f"Older name: {one.older}"


def _wrapped(paragraph: str, columns: int) -> list[str]:
    return textwrap.wrap(
        paragraph,
        columns,
        initial_indent="      ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )
