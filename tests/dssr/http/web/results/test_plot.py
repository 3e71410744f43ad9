"""``NAME.plot.json``, right and wrong."""

import json
from typing import Any

import pytest

from dssr.http.web.results.plot import Plot, read_plot, unknown_columns
from dssr.http.web.results.unreadable import Unreadable

RIGHT = {
    "title": "Energy",
    "x": "step",
    "y": ["energy"],
    "data": "energy.csv",
    "log": ["y"],
    "kind": "points",
}


def test_a_plot() -> None:
    """All members are read."""
    assert read_plot(json.dumps(RIGHT).encode()) == Plot(
        "energy.csv", "Energy", "step", ("energy",), frozenset({"y"}), "points"
    )


def test_the_data_is_enough() -> None:
    """All but the table has a default."""
    assert read_plot(b'{"data": "a.tsv"}') == Plot("a.tsv")


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"data": "../secret.csv"}, "a table beside this file"),
        ({"data": "/etc/x.csv"}, "a table beside this file"),
        ({"data": "a.png"}, "a table beside this file"),
        ({"data": "a\n.csv"}, "a table beside this file"),
        ({"data": ["a.csv"]}, "a table beside this file"),
        ({"title": 5}, "'title' must be a text"),
        ({"title": "a\u202eb"}, "'title' must be a text"),
        ({"x": None}, "'x' must be a text"),
        ({"y": "energy"}, "'y' must be a list"),
        ({"y": [1]}, "'y' must be a list"),
        ({"y": ["a"] * 21}, "draws at most 20"),
        ({"log": ["z"]}, "'log' must be a list"),
        ({"log": [["y"]]}, "'log' must be a list"),
        ({"log": True}, "'log' must be a list"),
        ({"kind": "pie"}, "one of line, points, bars, histogram"),
        ({"kind": []}, "one of line, points, bars, histogram"),
        ({"titel": "x"}, "no member 'titel' \\(is it 'title'\\?\\)"),
        ({"__proto__": {}}, "no member '__proto__'"),
    ],
)
def test_a_wrong_member_is_named(members: dict[str, Any], sentence: str) -> None:
    """Each mistake has one sentence with what would be right."""
    with pytest.raises(Unreadable, match=sentence) as raised:
        read_plot(json.dumps(RIGHT | members).encode())
    assert len(raised.value.sentences) == 1


def test_all_mistakes_are_named() -> None:
    """A file with several mistakes has a sentence for each."""
    with pytest.raises(Unreadable) as raised:
        read_plot(b'{"kind": "pie", "y": 1, "log": 1}')
    assert len(raised.value.sentences) == 4


def test_a_column_that_is_not_there() -> None:
    """A name that the table does not have is reported with the nearest one."""
    plot = Plot("a.csv", x="step", y=("enrgy", "step"))
    assert unknown_columns(plot, ["step", "energy"]) == [
        "a.csv has no column 'enrgy' (is it 'energy'?): it has step, energy."
    ]
