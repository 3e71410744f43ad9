"""The bytes of a long response, over as many connections as it takes."""

import time
from collections.abc import Iterator, Mapping

from dssr.client import answers
from dssr.client.errors import ClientError, Unreachable
from dssr.client.session import Session

_PAUSE = 1.0  # seconds before a transfer that broke goes on
_BEHIND_THE_END = 416


def body_from(
    session: Session, path: str, first: int = 0, headers: Mapping[str, str] | None = None
) -> Iterator[bytes]:
    """The bytes of a response from byte ``first`` on. Where the connection breaks, another one goes
    on behind the last byte."""
    at, progress = first, time.monotonic()
    while True:
        ranged = {"Range": f"bytes={at}-"} if at else {}
        try:
            response = session.call("GET", path, headers={**(headers or {}), **ranged}, stream=True)
        except ClientError as error:
            if at and error.status == _BEHIND_THE_END:
                return
            raise
        try:
            for piece in answers.pieces(response):
                yield piece
                at, progress = at + len(piece), time.monotonic()
            return
        except Unreachable as error:
            session.pause(error, _PAUSE, progress)
