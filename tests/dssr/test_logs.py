"""How the log is written."""

import logging

import pytest

from dssr.logs import Lines


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ("one", "ERROR one"),
        ("one\n  two\nthree", "ERROR one\nERROR   two\nERROR three"),
        ("", "ERROR "),
    ],
)
def test_each_line_has_its_level(message: str, written: str) -> None:
    """Each line of a message has its level; other handlers get the message unchanged."""
    record = logging.LogRecord("x", logging.ERROR, "here", 1, "%s", (message,), None)
    assert Lines("%(levelname)s %(message)s").format(record) == written
    assert record.getMessage() == message
