"""What the page draws of a plot and its table."""

import json
import math

import pytest

from dssr.http.web.results.chart import chart_of
from dssr.http.web.results.plot import Plot
from dssr.http.web.results.unreadable import Unreadable
from tests.dssr.http.web.results.tables import table_of

FIT = table_of("step,energy,label,error\n1,-1.5,a,0.1\n2,,b,0.2\n3,-2,c,nan\n")


def test_a_table_by_itself() -> None:
    """Without a description, the first column is x, and the other numbers are drawn."""
    chart = chart_of(Plot("fit.csv"), FIT, 600)
    assert (chart["title"], chart["x"]) == ("fit.csv", {"name": "step", "is_time": False})
    assert chart["series"] == ["energy", "error"]
    assert chart["data"] == [[1.0, 2.0, 3.0], [-1.5, None, -2.0], [0.1, 0.2, None]]
    assert not chart["is_thinned"]


def test_a_plot_chooses_columns() -> None:
    """A description names the title, the columns and the axes."""
    plot = Plot("fit.csv", "Fit", "energy", ("error",), frozenset("xy"), "points")
    chart = chart_of(plot, FIT, 600)
    assert (chart["title"], chart["kind"], chart["log"]) == ("Fit", "points", ["x", "y"])
    assert chart["data"] == [[-2.0, -1.5], [None, 0.1]]


def test_dates_give_a_time_axis() -> None:
    """A column of ISO dates is an axis of time, in seconds since the epoch."""
    chart = chart_of(Plot("t.csv"), table_of("when,x\n1970-01-01T00:01:00,5\n"), 600)
    assert (chart["x"]["is_time"], chart["data"]) == (True, [[60.0], [5.0]])


def test_bars_have_the_words_of_their_column() -> None:
    """Where x is text, each row has a place with its word."""
    chart = chart_of(Plot("fit.csv", x="label", y=("energy",), kind="bars"), FIT, 600)
    assert chart["labels"] == ["a", "b", "c"]
    assert chart["data"] == [[0, 1, 2], [-1.5, None, -2.0]]


def test_a_histogram_is_of_one_column() -> None:
    """A histogram has the values of the column on x, and on y how many there are."""
    chart = chart_of(Plot("fit.csv", y=("error",), kind="histogram"), FIT, 600)
    assert (chart["x"]["name"], chart["series"]) == ("error", ["count"])
    assert sum(chart["data"][1]) == 2


def test_a_long_table_is_thinned_and_a_zoom_is_not() -> None:
    """A screen gets two points a pixel; a part that is looked at closely gets all its rows."""
    table = table_of("x,y\n" + "".join(f"{n},{math.sin(n)}\n" for n in range(20_000)))
    whole = chart_of(Plot("a.csv"), table, 500)
    assert (whole["is_thinned"], len(whole["data"][0]), whole["rows"]) == (True, 1000, 20_000)
    part = chart_of(Plot("a.csv"), table, 500, 100, 199)
    assert part["data"][0] == list(range(100, 200))


def test_a_chart_is_json() -> None:
    """What has no number in JSON, such as NaN and infinity, is null."""
    chart = chart_of(Plot("a.csv"), table_of("x,y\n1,inf\n2,nan\ninf,3\n4,5\n"), 600)
    assert json.loads(json.dumps(chart, allow_nan=False))["data"] == [[1, 2, 4], [None, None, 5]]


@pytest.mark.parametrize(
    ("plot", "text", "sentence"),
    [
        (Plot("a.csv", y=("z",)), "x,y\n1,2\n", "no column 'z'"),
        (Plot("a.csv", y=("y",)), "x,y\n1,b\n", "a.csv: y has other cells than numbers"),
        (Plot("a.csv"), "x,y\n1,b\n", "no column of numbers"),
        (Plot("a.csv"), "", "no header yet"),
    ],
)
def test_what_cannot_be_drawn(plot: Plot, text: str, sentence: str) -> None:
    """A plot of columns that are not there, or have no numbers, is refused with a sentence."""
    with pytest.raises(Unreadable, match=sentence):
        chart_of(plot, table_of(text), 600)


def test_a_table_that_has_only_its_header_is_an_empty_plot() -> None:
    """A job that has just begun has a plot without points."""
    chart = chart_of(Plot("a.csv", y=("y",)), table_of("x,y\n"), 600)
    assert (chart["labels"], chart["data"]) == ([], [[], []])
