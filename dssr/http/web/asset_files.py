"""The files that pages load: style and scripts, all from the bridge itself."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_STATIC = Path(str(files("dssr.http.web"))) / "static"


@dataclass(frozen=True)
class Asset:
    """A file. ``packed``: the same compressed."""

    data: bytes
    packed: bytes


@cache
def names() -> frozenset[str]:
    """All files, relative to their directory."""
    found = (path for path in _STATIC.rglob("*") if path.suffix in TYPES)
    return frozenset(str(path.relative_to(_STATIC)) for path in found)


@cache
def asset(name: str) -> Asset:
    """One of these files."""
    data = (_STATIC / name).read_bytes()
    return Asset(data, gzip.compress(data, mtime=0))


@cache
def version() -> str:
    """What changes with any of them. It is a part of their paths, so that a script's imports are
    of the same version, too."""
    found = b"".join(name.encode() + asset(name).data for name in sorted(names()))
    return hashlib.sha256(found).hexdigest()[:12]
