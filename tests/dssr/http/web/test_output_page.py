"""The page of a job's output."""

import html
import json
import re
from typing import Any

import pytest

from dssr.errors import ConnectFailed
from dssr.http.web import output_page
from dssr.http.web.output_lines import MOST, WINDOW
from dssr.record import OutputPart
from tests.dssr.http.web.browsing import Browser, alerts, text_of


class Output:
    """An output that a test writes, in place of the connector's. ``asked``: how often it was
    read; ``first``: what of it is no longer kept."""

    def __init__(self, portal: Any) -> None:
        self.data, self.first, self.asked = b"", 0, 0
        self.most = 0  # bytes that were read at once
        self.grows, self.fails_at = 0, 1 << 40  # bytes after each look; where reading fails
        portal.connector.read_outputs = self._read

    def _read(self, offsets: Any, limit: int) -> Any:
        self.asked += 1
        parts = {}
        for ref, offset in offsets.items():
            if offset >= self.fails_at:
                raise ConnectFailed("The login node cannot be reached.")
            start = max(offset, self.first)
            self.most = max(self.most, min(limit, len(self.data) - start))
            parts[ref] = OutputPart(self.data[start:][:limit], start, len(self.data))
        self.data += b"x" * self.grows
        return parts


@pytest.fixture
def output(portal: Any) -> Output:
    """The output of all jobs of the portal."""
    return Output(portal)


def _lines(page: Any) -> list[tuple[str, str]]:
    row = r'<div class="line"[^>]*><a [^>]*>([^<]*)</a><span>(.*?)</span></div>'
    found = re.findall(row, page.text, re.S)
    return [(number, html.unescape(re.sub("</?mark>", "", text))) for number, text in found]


def _count(page: Any) -> int:
    found = re.search(r'data-count="(\d+)"', page.text)
    assert found, page.text
    return int(found[1])


def test_the_last_lines_are_shown_with_their_numbers(output: Output, browser: Browser) -> None:
    """The page shows the end of the output; each line has its number and a link of its own."""
    output.data = b"".join(b"line %d\n" % n for n in range(1, 50_001))
    path = browser.submit()
    page = browser.open(f"{path}/output")
    lines = _lines(page)
    assert lines[-1] == ("50000", "line 50000")
    assert lines[0][1] == f"line {lines[0][0]}"
    assert len(lines) == MOST
    offset = output.data.index(b"line 49999\n")
    assert f'href="?at={offset}#b{offset}"' in page.text
    linked = browser.open(f"{path}/output?at={offset}")
    assert _lines(linked) == [("49999", "line 49999"), ("50000", "line 50000")]
    assert f'id="b{offset}"' in linked.text


def test_lines_are_counted_once(output: Output, browser: Browser) -> None:
    """The lines before a window are not read again for the next one, also while the job prints; an
    output that was begun anew is."""
    path = browser.submit()
    output.data = b"".join(b"line %d\n" % n for n in range(1, 50_001))
    browser.open(f"{path}/output")
    output.data += b"line 50001\n"
    output.most = 0
    assert _lines(browser.open(f"{path}/output"))[-1] == ("50001", "line 50001")
    assert output.most <= WINDOW < len(output.data)
    output.data = b"".join(b"%d\n" % n for n in range(1, 60_001))
    assert _lines(browser.open(f"{path}/output"))[-1] == ("60000", "60000")


def test_earlier_and_later_lines_are_links(output: Output, browser: Browser) -> None:
    """From the last lines, links lead to the first ones and back, and miss none."""
    output.data = b"".join(b"line %d\n" % n for n in range(1, 60_001))
    path = browser.submit()
    url, seen = f"{path}/output?at=0", set()
    while url:
        page = browser.open(url)
        seen |= set(re.findall(r">(line \d+)<", page.text))
        found = re.search(r'href="([^"]*)">Later lines', page.text)
        url = html.unescape(found[1]) if found else ""
    cut = {int(text.split()[1]) for text in seen}
    assert len(cut) >= 59_990
    assert "Earlier lines" in text_of(browser.open(f"{path}/output"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "printed nothing yet"),
        (b"\x7fELF\0\0\0\xff\xfe" * 5000, "This is no text"),
        (b"x" * 1_000_000, "of 1,000,000."),
        (b"<script>alert(1)</script>\n", "Bytes 0 to 26"),
        ("ä\u202eevil\n".encode(), "Bytes 0 to 10"),
    ],
    ids=["empty", "binary", "one-line", "markup", "bidi"],
)
def test_any_output_is_a_page(data: bytes, words: str, output: Output, browser: Browser) -> None:
    """Nothing, binary data, a line of a megabyte, markup: the page shows it as text, or says that
    it is none."""
    output.data = data
    page = browser.open(f"{browser.submit()}/output")
    assert page.status_code == 200
    assert words in text_of(page)
    assert "<script>" not in page.text


def test_an_output_that_was_cut_is_said(output: Output, browser: Browser) -> None:
    """When the beginning is not kept, the page says so, and lines have no numbers that would be
    made up."""
    output.data, output.first = b"".join(b"line %d\n" % n for n in range(60_000)), 500_000
    path = browser.submit()
    page = browser.open(f"{path}/output?at=0")
    assert "The first 488 KB are no longer kept." in text_of(page)
    assert _lines(page)[0][0] == "@500000"


def test_a_link_behind_the_end_is_empty(output: Output, browser: Browser) -> None:
    """When the output has been truncated, an old link gets a page without lines."""
    output.data = b"short\n"
    page = browser.open(f"{browser.submit()}/output?at=1000000")
    assert (page.status_code, _lines(page)) == (200, [])


@pytest.mark.parametrize("at", ["x", "-1", "9" * 30, "\u0661"])
def test_a_wrong_place_shows_the_end(at: str, output: Output, browser: Browser) -> None:
    """A place that is no number shows the last lines."""
    output.data = b"one\ntwo\n"
    page = browser.open(f"{browser.submit()}/output", params={"at": at})
    assert _lines(page) == [("1", "one"), ("2", "two")]


def test_the_search_counts_all_of_it(output: Output, browser: Browser) -> None:
    """A search goes through all of the output, in parts, and its count is exact; the first places
    are shown with the numbers of their lines."""
    output.data = b"".join(b"step %d energy <-1>\n" % n for n in range(1, 1_000_001))
    path = browser.submit()
    page = browser.open(f"{path}/output", params={"q": "99 energy <"})
    assert _count(page) == output.data.count(b"99 energy <") == 10_000
    assert _lines(page)[0] == ("99", "step 99 energy <-1>")
    assert "10,000 places in 22.8 MB; the first 200 are shown." in text_of(page)
    assert "<mark>99 energy &lt;</mark>" in page.text


def test_a_search_ends_where_the_output_ended_when_it_began(
    output: Output, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An output that grows faster than it is searched has an end for the search."""
    monkeypatch.setattr(output_page, "PART", 1000)
    output.data = b"one line\n" * 500
    output.grows = 5000
    page = browser.open(f"{browser.submit()}/output", params={"q": "line"})
    assert 500 <= _count(page) <= 500 + 1000 // 9 + 1
    assert 4 < page.text.count("<!-- -->") == output.asked < 7  # after each part something is sent


def test_a_search_that_fails_says_where(
    output: Output, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that cannot go on shows what it has found, and why it has ended."""
    monkeypatch.setattr(output_page, "PART", 900)
    output.data, output.fails_at = b"one line\n" * 500, 1800
    page = browser.open(f"{browser.submit()}/output", params={"q": "line"})
    assert _count(page) == 200
    assert alerts(page) == ["The search has ended early: The login node cannot be reached."]


def test_a_search_that_finds_nothing_says_so(output: Output, browser: Browser) -> None:
    """Without a place the count is 0, and the size says how much was searched."""
    output.data = b"one\n"
    page = browser.open(f"{browser.submit()}/output", params={"q": "<two>\"'"})
    assert (_count(page), _lines(page)) == (0, [])
    assert "0 places in 4 bytes." in text_of(page)


def test_the_output_is_followed(portal: Any, output: Output, browser: Browser) -> None:
    """The page of a job that has not ended names a stream of its lines, which begins where the page
    ends and stops with the job; without a session there is none."""
    output.data = b"one\ntw"
    path = browser.submit()
    page = browser.open(f"{path}/output")
    [stream] = re.findall('data-follow="([^"]*)"', page.text)
    assert re.findall("data-open", page.text) == ["data-open"]
    output.data += b"o\n<three>\n"
    with browser.open(stream, stream=True) as found:
        assert found.headers["Content-Type"].startswith("text/event-stream")
        events = found.iter_lines(chunk_size=1)
        data = next(line for line in events if line.startswith(b'data: {"lines"'))
        assert json.loads(data[6:])["lines"] == [[["", "o"]], [["", "<three>"]]]
    portal.now += 60
    assert "data-follow" not in browser.open(f"{path}/output").text
    assert Browser(portal.root).open(stream, allow_redirects=False).status_code == 303
