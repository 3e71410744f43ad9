"""What the page of a growing output receives."""

import json
from typing import Any

import pytest

from dssr.http.v1.rendering import JobRenderer
from dssr.http.web.line_stream import LineStream
from dssr.job import JobState
from dssr.watch import OutputText
from tests.dssr.watch.cluster import job


class Reader:
    """The place of a listener in an output of these pieces."""

    is_behind = is_at_end = False

    def __init__(self, *texts: str) -> None:
        self._pieces = [OutputText(9, text, 9 + len(text)) for text in texts]

    def next(self) -> OutputText | None:
        """The next piece."""
        return self._pieces.pop(0) if self._pieces else None

    def trouble(self) -> str:
        """None."""
        return ""


class OneOutput:
    """A watch over one output."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def follow(self, *_: Any) -> Reader:
        """See ``Watch``."""
        return self._reader

    def job(self, *_: Any) -> None:
        """See ``Watch``."""


def received(*texts: str) -> list[dict[str, Any]]:
    """What a listener receives of these pieces."""
    watch: Any = OneOutput(Reader(*texts))
    renderer: Any = JobRenderer(lambda _: "")
    stream = LineStream(watch, renderer, job("1", JobState.RUNNING), 0.0, 9)
    stream.open(lambda: None)
    events = (stream.read() or b"").decode().split("\n\n")
    return [
        json.loads(event.partition("\ndata: ")[2]) for event in events if "event: lines" in event
    ]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["one\ntw"], [{"lines": [[["", "one"]]], "open": [["", "tw"]]}]),
        (
            ["\x1b[3", "1mred\x1b]0;title", "\x07\n"],
            [
                {"lines": [], "open": []},
                {"lines": [], "open": [["sgr-fg1", "red"]]},
                {"lines": [[["sgr-fg1", "red"]]], "open": []},
            ],
        ),
        ([" 9%\r99%", "\r100%\n"], [
            {"lines": [], "open": [["", "99%"]]},
            {"lines": [[["", "100%"]]], "open": []},
        ]),
    ],
)  # fmt: skip
def test_pieces_become_lines(texts: list[str], expected: list[dict[str, Any]]) -> None:
    """Each piece is an event with the lines that it ends and the one that it leaves open; escape
    sequences may be in several pieces."""
    assert received(*texts) == expected
