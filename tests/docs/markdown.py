"""What stands in the README: its fenced blocks, tables and links."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_FENCED = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block; ``info`` is what follows its opening fence: a language, and for the tests what to do with it."""

    info: str
    text: str


def blocks(info: str) -> list[Block]:
    """The README's blocks whose info begins with these words."""
    found = [Block(*match.groups()) for match in _FENCED.finditer(README)]
    return [block for block in found if (block.info + " ").startswith(info + " ")]


def files() -> dict[str, str]:
    """The blocks that are whole files, by their names."""
    return {block.info.partition("file=")[2]: block.text for block in blocks("python")}


def prose() -> str:
    """All but the fenced blocks."""
    return _FENCED.sub("", README)


def section(title: str) -> str:
    """What stands under the second-level heading of that title."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
