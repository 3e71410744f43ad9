"""The keys of all pages."""

from playwright.sync_api import Page, expect

from tests.browser.pages import PageServer

BODY = (
    '<input data-key="/" aria-label="Search">'
    '<p data-job="a"><a href="/a">a</a> <a href="/x">x</a></p>'
    '<p data-job="b"><a href="/b">b</a></p>'
)


def focused(page: Page) -> str:
    """The text of the link that has the focus."""
    return str(page.evaluate("document.activeElement.textContent"))


def test_keys_search_and_go_through_the_list(page: Page, pages: PageServer) -> None:
    """ "j" and "k" go from row to row and stay at its ends; "/" goes to the search."""
    page.goto(pages.page("/", BODY, "keys.js"))
    for key, text in (("j", "a"), ("j", "b"), ("j", "b"), ("k", "a"), ("k", "a")):
        page.keyboard.press(key)
        assert focused(page) == text
    page.keyboard.press("/")
    expect(page.locator("input")).to_be_focused()


def test_keys_are_letters_while_a_user_types(page: Page, pages: PageServer) -> None:
    """In a field, the same keys are text."""
    page.goto(pages.page("/", BODY, "keys.js"))
    page.locator("input").focus()
    page.keyboard.type("/jk?")
    assert page.locator("input").input_value() == "/jk?"
    assert page.locator("dialog").count() == 0


def test_keys_are_shown_and_can_be_switched_off(page: Page, pages: PageServer) -> None:
    """ "?" lists the keys; a user who switches them off has them off on the next page, too."""
    page.goto(pages.page("/", BODY, "keys.js"))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("next job")
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    assert focused(page) != "a"
    page.keyboard.press("?")
    expect(page.get_by_label("Use these keys")).not_to_be_checked()


def test_a_page_without_a_list_leaves_the_keys_alone(page: Page, pages: PageServer) -> None:
    """Where there is nothing to search or to go through, the keys do nothing."""
    page.goto(pages.page("/", "<p>nothing</p>", "keys.js"))
    for key in "/jk":
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement === document.body")
