"""What the services port itself answers. Pure. It never says which services there are."""

import html
from dataclasses import dataclass

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1>{paragraphs}</body></html>
"""


@dataclass(frozen=True)
class Page:
    """A page: its status, its title, and its sentences."""

    status: str
    title: str
    sentences: tuple[str, ...]

    def response(self, has_body: bool = True) -> bytes:
        """The bytes of the response, after which the connection is closed."""
        paragraphs = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.sentences)
        body = _PAGE.format(title=html.escape(self.title), paragraphs=paragraphs).encode()
        fields = (
            f"HTTP/1.1 {self.status}",
            "Content-Type: text/html; charset=utf-8",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "Content-Security-Policy: default-src 'none'",
            "Connection: close",
        )
        return "\r\n".join((*fields, "", "")).encode() + (body if has_body else b"")


UNKNOWN = Page(
    "404 Not Found",
    "No service has this address",
    (
        "Each service of this bridge has an address of its own, which begins with its name.",
        "Open the address that 'dssr service connect NAME' prints. 'dssr service list' shows the "
        "services that you can reach.",
    ),
)


def unserved(sentence: str) -> Page:
    """A service that takes no connections at the moment."""
    return Page(
        "503 Service Unavailable", "This service takes no connections at the moment", (sentence,)
    )
