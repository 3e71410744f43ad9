"""Reads the README and the handbook: their fenced blocks, sections, headings and links.

An HTML comment on the line before a fenced block says what the tests do with it (``run``, or
``file: NAME``).
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs/pages"
_FENCED = re.compile(
    r"^(?:<!-- (?P<mark>.*?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its text, its language, and what the tests do with it."""

    text: str
    language: str
    mark: str

    def __str__(self) -> str:
        return self.text.partition("\n")[0][:40]


@dataclass(frozen=True)
class Page:
    """A Markdown file; ``name`` is its path in the project."""

    name: str
    text: str

    @property
    def path(self) -> Path:
        """The file."""
        return ROOT / self.name

    def blocks(self, language: str, mark: str | None = None) -> list[Block]:
        """The fenced blocks in a language, with this mark (``None``: any)."""
        found = [
            Block(m["text"], m["language"], m["mark"] or "") for m in _FENCED.finditer(self.text)
        ]
        return [
            block for block in found if block.language == language and mark in (None, block.mark)
        ]

    def block(self, mark: str) -> str:
        """The text of the only block with this mark."""
        [found] = [m["text"] for m in _FENCED.finditer(self.text) if m["mark"] == mark]
        return str(found)

    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCED.sub("", self.text)

    def section(self, title: str) -> str:
        """The text under the second-level heading of that title."""
        _, found, after = self.text.partition(f"\n## {title}\n")
        assert found, f"{self.name} has no section {title!r}"
        return after.partition("\n## ")[0]

    def anchors(self) -> set[str]:
        """The names by which links address the page's headings."""
        titles = re.findall(r"^#+ (.*)$", self.prose(), re.MULTILINE)
        return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}

    def links(self) -> list[str]:
        """The targets of the page's links."""
        return re.findall(r"\]\(([^)]+)\)", self.prose())


def page(name: str) -> Page:
    """The file of that path in the project."""
    return Page(name, (ROOT / name).read_text(encoding="utf-8"))


def handbook(name: str) -> Page:
    """The handbook's page of that name, without ``.md``."""
    return page(f"docs/pages/{name}.md")


def pages() -> list[Page]:
    """The README and all pages of the handbook."""
    return [page("README.md"), *(handbook(path.stem) for path in sorted(PAGES.glob("*.md")))]
