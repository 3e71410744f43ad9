"""The page of a job's results."""

import json
import os
import re
from typing import Any

import pytest

from dssr.errors import Busy, Conflict
from dssr.http.web.result_files import ResultFiles
from dssr.jobs.transfers import Transfers
from tests.dssr.http.web.browsing import Browser, alerts, text_of
from tests.end_to_end.service import eventually


@pytest.fixture
def results(here: str) -> str:
    """The path of the page."""
    return here.replace("/files", "/results")


def _charts(page: Any) -> list[str]:
    return [link.replace("&amp;", "&") for link in re.findall('data-chart="([^"]*)"', page.text)]


def test_results_are_found_by_their_names(files: Any, visitor: Browser, results: str) -> None:
    """Values, plots, pictures and pages are on one page, and what there is not is named."""
    (files.directory / "results.json").write_text('{"energy": -1.5, "<b>": "x"}')
    (files.directory / "energy.csv").write_text("step,energy\n1,-1\n2,-1.5\n")
    (files.directory / "energy.plot.json").write_text('{"data": "energy.csv", "y": ["energy"]}')
    (files.directory / "a b.png").write_bytes(b"\x89PNG")
    page = visitor.open(results)
    text = text_of(page)
    assert "energy -1.5" in text
    assert "<b> x" in text
    assert len(_charts(page)) == 2
    assert re.search(r'<img class="picture"[^>]*src="[^"]*/a%20b.png\?raw=1&amp;at=', page.text)
    assert "pages (*.html)" in text
    assert "tables" not in text


def test_nothing_is_said_to_be_nothing(visitor: Browser, results: str) -> None:
    """Without results, the page says what it has looked for."""
    page = visitor.open(results)
    assert _charts(page) == []
    assert text_of(page).count("(*") == 3


def test_a_chart_has_the_columns(files: Any, visitor: Browser, results: str) -> None:
    """The data of a plot are the table's columns, in the range that is asked for."""
    rows = "".join(f"{n},{n * n}\n" for n in range(10))
    (files.directory / "squares.csv").write_text("n,square\n" + rows)
    [chart] = _charts(visitor.open(results))
    found = visitor.open(chart).json()
    assert found["series"] == ["square"]
    assert found["data"] == [list(range(10)), [n * n for n in range(10)]]
    part = visitor.open(f"{chart}&low=2&high=4&width=100").json()
    assert part["data"][0] == [2, 3, 4]


def test_a_chart_has_the_columns_that_are_chosen(
    files: Any, visitor: Browser, results: str
) -> None:
    """A user chooses columns among those of the table; one that is missing is a sentence."""
    (files.directory / "fit.csv").write_text("n,a,b,word\n1,2,3,x\n4,5,6,y\n")
    [chart] = _charts(visitor.open(results))
    found = visitor.open(f"{chart}&x=a&y=b&y=n").json()
    assert (found["x"]["name"], found["series"]) == ("a", ["b", "n"])
    numbers = {column["name"]: column["is_number"] for column in found["columns"]}
    assert numbers == {"n": True, "a": True, "b": True, "word": False}
    answer = visitor.open(f"{chart}&y=c")
    assert (answer.status_code, "no column 'c'" in answer.text) == (422, True)


@pytest.mark.parametrize("call", ["table", "chart"])
def test_a_table_is_read_in_its_turn(
    call: str, files: Any, visitor: Browser, results: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table is read for a page and for a plot while there is a place among the downloads."""

    def refuse(*_: object, **__: object) -> None:
        raise Busy("There are as many downloads as there may be.")

    (files.directory / "a.csv").write_text("n,square\n1,1\n")
    path = results.replace("/results", f"/{call}?file=a.csv")
    assert visitor.open(path).status_code == 200
    monkeypatch.setattr(Transfers, "begin_download", refuse)
    answer = visitor.open(path)
    assert (answer.status_code, "as many downloads" in answer.text) == (503, True)


def test_a_table_is_shown_as_one(files: Any, visitor: Browser, results: str) -> None:
    """A table is there without scripts, with how many rows it has; text is text."""
    rows = "".join(f"{n},<b>{n}\n" for n in range(1200))
    (files.directory / "long.csv").write_text("n,what\n" + rows)
    (files.directory / "bad.csv").write_text("\0\n")
    path = results.replace("/results", "/table")
    assert f'href="{path}?file=long.csv"' in visitor.open(results).text
    text = text_of(visitor.open(f"{path}?file=long.csv"))
    assert "1,200 rows, of which these are the first 1,000." in text
    assert "999 <b>999" in text
    assert "1000 <b>1000" not in text
    bad = visitor.open(f"{path}?file=bad.csv")
    assert (bad.status_code, "NUL" in alerts(bad)[0]) == (422, True)
    for name, status in {"results.json": 400, "none.csv": 404, "../x.csv": 404}.items():
        assert visitor.open(f"{path}?file={name}").status_code in (status, 400, 403)


def test_a_picture_that_is_written_anew_has_another_address(
    files: Any, visitor: Browser, results: str
) -> None:
    """The page of results loads a picture again once the job has written to it."""
    picture = files.directory / "a.png"
    picture.write_bytes(b"\x89PNG")
    sources = []
    for size in (1, 2):
        picture.write_bytes(b"\x89PNG" * size)
        sources += re.findall(r'<img [^>]*src="([^"]*)"', visitor.open(results).text)
    assert len(set(sources)) == 2


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("bad.plot.json", "{", "JSON"),
        ("bad.plot.json", '{"data": "none.csv", "y": ["a"]}', "none.csv"),
        ("bad.plot.json", '{"data": "../../etc/passwd"}', ""),
        ("bad.csv", "", "no header"),
        ("bad.csv", "\0\0\0\0", ""),
    ],
)
def test_a_bad_file_is_a_sentence(
    name: str, text: str, words: str, files: Any, visitor: Browser, results: str
) -> None:
    """A file that cannot be drawn is reported with what is wrong with it."""
    (files.directory / name).write_text(text)
    [chart] = _charts(visitor.open(results))
    answer = visitor.open(chart)
    assert answer.status_code in (403, 404, 422)
    assert words in answer.text
    assert "root:" not in answer.text


def test_values_that_cannot_be_read_now_are_a_sentence(
    files: Any, visitor: Browser, results: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a job writes its values, or the cluster is silent, the rest of the page is shown."""
    (files.directory / "results.json").write_text("{}")
    (files.directory / "a.png").write_bytes(b"\x89PNG")

    def changing(*_: object) -> None:
        raise Conflict("The file changes.")

    monkeypatch.setattr(ResultFiles, "values", changing)
    page = visitor.open(results)
    assert page.status_code == 200
    assert any(alert.endswith("The file changes.") for alert in alerts(page))
    assert 'alt="a.png"' in page.text


@pytest.mark.parametrize("query", ["low=x", "width=nan", "file=none.csv", "file=../x.csv"])
def test_a_wrong_query_is_refused(query: str, visitor: Browser, results: str) -> None:
    """A query that means nothing is an error, and no fault of the bridge."""
    answer = visitor.open(f"{results.replace('/results', '/chart')}?{query}")
    assert answer.status_code in (400, 403, 404)


def test_names_need_not_be_text(files: Any, visitor: Browser, results: str) -> None:
    """Names are bytes: the page shows them without what a reader does not see, and its links lead
    to the files."""
    for name in (b"\xff.png", b"\xff.html", b"\xff&+.csv", "a\u202egnp.csv".encode()):
        (files.directory / os.fsdecode(name)).write_bytes(b"n,y\n1,2\n")
    page = visitor.open(results)
    assert page.status_code == 200
    assert "\u202e" not in page.text
    assert [visitor.open(chart).json()["series"] for chart in _charts(page)] == [["y"], ["y"]]
    [picture] = re.findall('src="([^"]*/%FF.png[^"]*)"', page.text)
    assert visitor.open(picture).status_code == 200


@pytest.mark.parametrize("name", ["a.txt", "results.json", "a.html"])
def test_only_tables_and_plots_are_drawn(
    name: str, files: Any, visitor: Browser, results: str
) -> None:
    """A file that is no table by its name is not read as one."""
    (files.directory / name).write_text("n,y\n1,2\n")
    answer = visitor.open(f"{results.replace('/results', '/chart')}?file={name}")
    assert answer.status_code == 400


def test_two_jobs_are_side_by_side(files: Any, visitor: Browser, results: str) -> None:
    """The values of another job are beside those of this one, with the change."""
    script = "#!/bin/bash\necho '{\"energy\": -2.0}' > results.json\necho n,e > e.csv\n"
    other = visitor.submit(script=script).rpartition("/")[2]
    eventually(lambda: visitor.open(f"/api/v1/jobs/{other}").json()["is_final"])
    (files.directory / "results.json").write_text(json.dumps({"energy": -1.0, "steps": 3}))
    page = visitor.open(f"{results}?with={other}")
    text = text_of(page)
    assert "energy -1.0 -2.0 -1 (-100.00 %)" in text
    assert "steps 3" in text
    (files.directory / "own.csv").write_text("n,y\n1,2\n")
    page = visitor.open(f"{results}?with={other}")
    assert [chart.rpartition("=")[2] for chart in _charts(page)] == ["e.csv", "own.csv"]
    lacking = re.findall(r"has no (\S+)\.</p>", page.text)
    assert lacking == ["e.csv", "own.csv"]
    assert f'<option value="{other}">' in visitor.open(results).text
    missing = visitor.open(f"{results}?with=none")
    assert (missing.status_code, "no job 'none'" in alerts(missing)[0]) == (200, True)
    assert "energy" in text_of(missing)
