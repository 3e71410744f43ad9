"""How files of jobs look in pages, and the policies under which a browser shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from dssr.seams import FileEntry

SHOWN = 64 * 1024  # bytes of a text that a page shows
_BASE = "default-src 'none'; img-src data: blob:; form-action 'none'; base-uri 'none'; "
# What a job wrote is shown as a stranger's: without the portal's origin, and without a network.
STILL = f"sandbox; {_BASE}style-src 'unsafe-inline'; frame-ancestors 'self'"
# The same after a user has asked for its scripts, as plots in a page need them.
MOVING = (
    f"sandbox allow-scripts; {_BASE}style-src 'unsafe-inline'; font-src data:; "
    "script-src 'unsafe-inline' 'unsafe-eval' data: blob:; worker-src blob:; frame-ancestors 'self'"
)
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")
_PAGES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True)
class FileRow:
    """A file of a list."""

    entry: FileEntry

    @property
    def name(self) -> str:
        """The name as text that nothing in a page can hide or turn around."""
        return printable(self.entry.path.rpartition("/")[2])

    @property
    def link(self) -> str:
        """Its path in a URL."""
        return quoted(self.entry.path)


def with_name(entries: Sequence[FileEntry], part: str) -> Sequence[FileEntry]:
    """Those whose names have this part, in capitals or not."""
    part = part.lower()
    if not part:
        return entries
    return [entry for entry in entries if part in entry.path.rpartition("/")[2].lower()]


def printable(name: str) -> str:
    """A name without characters that a reader does not see."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name)


def quoted(path: str) -> str:
    """A path in a URL. Its bytes need not be text."""
    return quote(path, safe="/", errors="surrogateescape")


def steps(path: str) -> list[tuple[str, str]]:
    """The directories on the way to a path: the name of each, and its path in a URL's query."""
    parts = path.split("/") if path else []
    return [
        (printable(part), quote("/".join(parts[: nth + 1]), safe="", errors="surrogateescape"))
        for nth, part in enumerate(parts)
    ]


def way_to_show(content_type: str, data: bytes) -> str:
    """``picture``, ``page``, ``text``, or ``none`` for a file that a page cannot show."""
    if content_type in _PICTURES:
        return "picture"
    if content_type in _PAGES:
        return "page"
    return "none" if b"\0" in data else "text"
