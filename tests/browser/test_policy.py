"""That what breaks a page's policy, or asks another host, would be noticed in every test here."""

from playwright.sync_api import Page

from tests.browser.pages import POLICY, PageServer

BREACHES = """
<script>document.title = "ran"</script>
<img src="http://127.0.0.1:9/picture" alt="">
<p style="color: red">text</p>
"""


def test_what_a_browser_refuses_is_noticed(
    page: Page, pages: PageServer, complaints: list[str]
) -> None:
    """A script, a style and a picture that the policy forbids are each complained of, and do
    nothing."""
    page.goto(pages.page("/", BREACHES))
    for name in ("script-src", "style-src", "img-src"):
        assert name in POLICY
        assert any(name in complaint for complaint in complaints), (name, complaints)
    assert page.title() == "/"
    complaints.clear()
