"""The files of a package that pages load: read once, and sent compressed where that is taken."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from flask import Response, request

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class StaticFile:
    """A file. ``packed``: the same compressed. ``tag``: changes with it."""

    data: bytes
    packed: bytes
    tag: str


class StaticFiles:
    """The files in the directory ``static`` of a package."""

    def __init__(self, package: str) -> None:
        self._place = Path(str(files(package))) / "static"
        self._read: dict[str, StaticFile] = {}

    @cached_property
    def names(self) -> frozenset[str]:
        """All files of the known types, relative to the directory."""
        found = (path for path in self._place.rglob("*") if path.suffix in TYPES)
        return frozenset(str(path.relative_to(self._place)) for path in found)

    @cached_property
    def version(self) -> str:
        """What changes with any of them."""
        found = b"".join(name.encode() + self.file(name).data for name in sorted(self.names))
        return _digest(found)[:12]

    def file(self, name: str) -> StaticFile:
        """One of ``names``."""
        if name not in self._read:
            data = (self._place / name).read_bytes()
            self._read[name] = StaticFile(data, gzip.compress(data, mtime=0), _digest(data)[:24])
        return self._read[name]

    def response(self, name: str) -> Response:
        """A response with one of ``names``."""
        file, is_packed = self.file(name), request.accept_encodings["gzip"] > 0
        data = file.packed if is_packed else file.data
        response = Response(data, content_type=TYPES[Path(name).suffix])
        response.headers["Vary"] = "Accept-Encoding"
        if is_packed:
            response.headers["Content-Encoding"] = "gzip"
        return response


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
