"""The first bytes of a connection -> the service that they ask for. Pure.

Only the host is looked for: the front that gets the connection reads the request, strictly.
"""

import re
from collections.abc import Sequence

from dssr.services.front.heads import END, LONGEST

_HOST = re.compile(rb"\r\nhost:([^\r\n]*)\r\n", re.IGNORECASE)
_PRINTABLE = re.compile(rb"[!-~]*")
_PORT = re.compile(r":\d*$")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def host_of(data: bytes) -> str | None:
    """The host without its port, in lower case; '' if there is none; ``None`` while it may still
    come."""
    end = data.find(END)
    head = data if end < 0 else data[: end + len(END)]
    if found := _HOST.search(head):
        value = found[1].strip(b" \t")
        if not _PRINTABLE.fullmatch(value):
            return ""
        return _PORT.sub("", value.decode("ascii")).lower()
    return None if end < 0 and len(data) < LONGEST else ""


def label_of(host: str, domains: Sequence[str]) -> str:
    """The name before one of these domains; '' for another host."""
    for domain in domains:
        label = host.removesuffix(f".{domain}")
        if label != host and _LABEL.fullmatch(label):
            return label
    return ""
