"""A job's output that grows on its page."""

from playwright.sync_api import Page, expect

from tests.browser.pages import PageServer
from tests.end_to_end.service import eventually

LINE = '<div class="line"><a>{}</a><span>{}</span></div>'


def output(*lines: str, is_open: bool = False) -> str:
    """The page's part of an output that is followed."""
    shown = "".join(LINE.format(number, text) for number, text in enumerate(lines, 1))
    if is_open:
        head, _, last = shown.rpartition('<div class="line">')
        shown = f'{head}<div class="line" data-open>{last}'
    return f'<div class="output" data-follow="/lines">{shown}</div>'


def texts(page: Page) -> list[str]:
    """The lines of the page, with their numbers."""
    return page.locator(".line").all_text_contents()


def test_lines_are_added_with_their_numbers(page: Page, pages: PageServer) -> None:
    """Lines follow those of the page, in their colours; one that has not ended is replaced."""
    stream = pages.stream("/lines")
    page.goto(pages.page("/", output("first"), "follow.js"))
    page.locator("[data-follows]").wait_for(state="attached")
    stream.send("lines", {"lines": [[["", "a "], ["sgr-fg2", "<b>"]]], "open": [["", "50%"]]})
    expect(page.locator(".line")).to_have_count(3)
    assert texts(page) == ["1first", "2a <b>", "350%"]
    assert page.locator(".sgr-fg2").inner_text() == "<b>"
    stream.send("lines", {"lines": [[["", "100%"]], []], "open": []})
    expect(page.locator(".line")).to_have_count(4)
    assert texts(page) == ["1first", "2a <b>", "3100%", "4"]


def test_a_line_goes_on_where_the_page_ended(page: Page, pages: PageServer) -> None:
    """The rest of a line that the page has begun is added to it."""
    stream = pages.stream("/lines")
    page.goto(pages.page("/", output("first", "sec", is_open=True), "follow.js"))
    page.locator("[data-follows]").wait_for(state="attached")
    stream.send("lines", {"lines": [], "open": [["", "on"]]})
    expect(page.locator(".line").last).to_have_text("2secon")
    stream.send("lines", {"lines": [[["", "ond"]]], "open": []})
    expect(page.locator(".line").last).to_have_text("2second")
    assert page.locator("[data-open]").count() == 0


def test_a_stream_that_is_cut_goes_on_where_it_was(page: Page, pages: PageServer) -> None:
    """Nothing is lost and nothing is there twice after the connection was cut within a line."""
    stream = pages.stream("/lines")
    page.goto(pages.page("/", output(), "follow.js"))
    page.locator("[data-follows]").wait_for(state="attached")
    stream.send("lines", {"lines": [[["", "one"]]], "open": [["", "tw"]]}, "6")
    expect(page.locator(".line")).to_have_count(2)
    stream.cut()
    eventually(lambda: (stream.listeners, len(stream.asked)), lambda seen: seen == (1, 2))
    stream.send("lines", {"lines": [[["", "o"]]], "open": []}, "8")
    expect(page.locator(".line").last).to_have_text("2two")
    assert texts(page) == ["1one", "2two"]


def test_the_end_of_the_output_ends_the_stream(page: Page, pages: PageServer) -> None:
    """After the job's end the page does not listen any more."""
    stream = pages.stream("/lines")
    page.goto(pages.page("/", output(), "follow.js"))
    page.locator("[data-follows]").wait_for(state="attached")
    stream.send("end", {"offset": 3})
    page.locator("[data-ended]").wait_for(state="attached")
    eventually(lambda: stream.listeners, lambda listeners: listeners == 0)
    assert len(stream.asked) == 1


def test_the_end_stays_in_view_where_it_was_in_view(page: Page, pages: PageServer) -> None:
    """A page at the end of the output follows it; one that was scrolled up stays where it is."""
    stream = pages.stream("/lines")
    pages.page("/", "", "follow.js")
    button = '<button data-scroll-along aria-pressed="true">Follow</button>'
    url = pages.page("/b", button + output(), "follow.js")
    page.goto(url)
    page.locator("[data-follows]").wait_for(state="attached")
    stream.send("lines", {"lines": [[["", f"line {n}"]] for n in range(300)], "open": []})
    expect(page.locator(".line").last).to_be_in_viewport()
    page.locator("button").click()
    assert page.locator("button").get_attribute("aria-pressed") == "false"
    page.evaluate("scrollTo(0, 0)")
    stream.send("lines", {"lines": [[["", "last"]]], "open": []})
    expect(page.locator(".line")).to_have_count(301)
    assert page.evaluate("scrollY") == 0


def test_a_bridge_that_takes_no_more_listeners_is_asked_again(
    page: Page, pages: PageServer
) -> None:
    """A stream that is refused is asked for again some seconds later."""
    page.goto(pages.page("/", output(), "follow.js"))
    eventually(lambda: pages.loads.count("/lines"), lambda loads: loads == 1)
    stream = pages.stream("/lines")
    page.locator("[data-follows]").wait_for(state="attached")
    stream.send("lines", {"lines": [[["", "late"]]], "open": []})
    expect(page.locator(".line")).to_have_text("1late")
