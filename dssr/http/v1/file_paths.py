"""Paths of files in requests. A name on the cluster is bytes, and need not be text."""

import base64
from urllib.parse import parse_qsl

from flask import request
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import PathConverter

from dssr.errors import BadRequest
from dssr.seams import FileEntry

_MARK = "/files/"


class _FilePath(PathConverter):
    regex = r"(?s:[^/].*?)"  # names may have line breaks


def register(state: BlueprintSetupState) -> None:
    """Have the rules of a blueprint contain ``<file:path>``."""
    state.app.url_map.converters["file"] = _FilePath


def of_url(path: str, whose: str = "jobs") -> str:
    """The path in the request's URL. ``path``: as Flask has it, in which bytes that are not UTF-8
    are lost. ``whose``: the part of the URL before the id."""
    sent = request.environ["PATH_INFO"].encode("latin-1").decode("utf-8", "surrogateescape")
    return str(sent).partition(f"/{whose}/")[2].partition(_MARK)[2] or path


def of_query() -> str:
    """The parameter ``path``, without '/' at its end; '' is the job's working directory."""
    return parameter("path").rstrip("/")


def parameter(name: str) -> str:
    """A parameter that is the name of a file; '' where there is none."""
    text = request.query_string.decode("latin-1")
    pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape")
    return dict(pairs).get(name, "")


def place_of(entry: FileEntry) -> tuple[bool, str]:
    """What lists are sorted by: directories first, then files, each by their paths."""
    return not entry.is_directory, entry.path


def cursor_at(entry: FileEntry) -> str:
    """The entry's place in a list, for a URL."""
    name = f"{'d' if entry.is_directory else 'f'}{entry.path}".encode("utf-8", "surrogateescape")
    return base64.urlsafe_b64encode(name).decode().rstrip("=")


def read_cursor(text: str) -> tuple[bool, str]:
    """The place. Raises ``BadRequest`` for a text that is no cursor."""
    try:
        name = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        name = b""
    if name[:1] not in (b"d", b"f"):
        raise BadRequest("'after' is no 'next' of a page: list the directory from its beginning.")
    return name[:1] == b"f", name[1:].decode("utf-8", "surrogateescape")
