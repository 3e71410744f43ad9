"""Times of a page are those of the browser's place."""

from playwright.sync_api import Page

from tests.browser.pages import PageServer

_BODY = """<main><p id="words">It began 2026-11-27 22:42:05 UTC and ends at
2026-11-27T23:00:00.125Z, <b>not</b> in 2026-11-27.</p>
<time datetime="2026-11-27T22:42:05Z">2026-11-27 22:42:05 UTC</time>
<pre>2026-11-27 22:42:05 UTC</pre></main>"""


def test_times_in_sentences_are_local_too(page: Page, pages: PageServer) -> None:
    """A time in UTC within a sentence gets the form of all others, with UTC on hover; dates alone
    and what is printed as it was written, such as output, stay."""
    page.goto(pages.page("/times", _BODY, "portal.js"))
    page.locator("body[data-ready]").wait_for()
    shown = page.locator("main > time").inner_text()
    assert "UTC" not in shown
    first, second = page.locator("#words time").all()
    assert first.inner_text() == shown
    assert first.get_attribute("title") == "2026-11-27 22:42:05 UTC"
    assert second.get_attribute("datetime") == "2026-11-27T23:00:00Z"
    words = page.locator("#words").inner_text()
    assert words.startswith("It began ")
    assert words.endswith(", not in 2026-11-27.")
    assert ("UTC" in words, page.locator("pre").inner_text()) == (False, "2026-11-27 22:42:05 UTC")
