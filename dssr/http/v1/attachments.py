"""The headers of a response that is a user's file: no browser shows it as a page of the bridge."""

import mimetypes
import posixpath
import re
from collections.abc import Mapping
from urllib.parse import quote

_SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'"
)
_UNSAFE = re.compile(r"[^ !#-\[\]-~]|%")  # in a quoted string; '%' is read in different ways


def file_headers(name: str) -> Mapping[str, str]:
    """For a file with that name, or a path that ends with it."""
    name = posixpath.basename(name).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    plain = _UNSAFE.sub("_", name)
    # RFC 6266, and RFC 8187 for all that is not ASCII.
    disposition = f'attachment; filename="{plain}"'
    if plain != name:
        disposition += f"; filename*=UTF-8''{quote(name, safe='')}"
    return {
        "Content-Disposition": disposition,
        "Content-Security-Policy": _SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
    }


def content_type(name: str) -> str:
    """What a file with that name holds, as far as the name says."""
    kind, encoding = mimetypes.guess_type(posixpath.basename(name))
    return kind if kind and not encoding else "application/octet-stream"
