"""The browser of the tests."""

from playwright.sync_api import Page

from tests.browser.pages import PageServer


def test_a_page_with_an_inline_script_is_noticed(
    page: Page, pages: PageServer, complaints: list[str]
) -> None:
    """A breach of the policy is among a page's complaints, and the script does not run."""
    page.goto(pages.page("/", "<p id='x'></p><script>document.title = 'run'</script>"))
    assert page.title() == "/"
    assert "Content Security Policy" in complaints[0]
    complaints.clear()


def test_an_error_of_a_script_is_noticed(
    page: Page, pages: PageServer, complaints: list[str]
) -> None:
    """An error in a script is among a page's complaints."""
    page.goto(pages.page("/", ""))
    page.evaluate("queueMicrotask(() => { throw new Error('seen') })")
    page.wait_for_timeout(100)
    assert "seen" in complaints[0]
    complaints.clear()
