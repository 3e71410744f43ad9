"""The way back to a calling site."""

from collections.abc import Callable
from typing import Any

import pytest

from dssr.http.web.return_links import ReturnLinks
from tests.dssr.http.web.browsing import hidden, text_of

LINKS = ReturnLinks(["https://app.example.org/fit/", "http://127.0.0.1:8000"])


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example.org/fit",
        "https://app.example.org/fit/7/done?user=alice&x=%20",
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8000/any",
    ],
)
def test_what_the_operator_lists_is_allowed(address: str) -> None:
    """A listed address and what is below it are allowed, with a query of their own."""
    assert LINKS.allows(address)


@pytest.mark.parametrize(
    "address",
    [
        "", "https://evil.example", "https://app.example.org", "https://app.example.org/fitness",
        "http://app.example.org/fit", "https://app.example.org.evil.example/fit",
        "https://app.example.org@evil.example/fit", "https://app.example.org/fit/../admin",
        "https://app.example.org/fit/%2E%2e/admin", "https://app.example.org:444/fit",
        "//app.example.org/fit", "javascript:alert(1)//https://app.example.org/fit",
        "https://app.example.org/fit\n", "https://app.example.org/fit#x", "/fit",
        "https://app.example.org\\fit", "https://app.example.org/fit?next=http://evil.example",
        "HTTPS://APP.EXAMPLE.ORG/fit/x", "http://127.0.0.1:80000/", "http://127.0.0.1:8000x/",
        "https://app.example.org/fit/" + "a" * 2000,
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_not_listed_is_not(address: str) -> None:
    """An address of another site, scheme, port or path, or one that could be read as another, is
    not allowed."""
    assert not LINKS.allows(address)
    assert LINKS.link(address, "1", "RUNNING") is None


def test_the_job_goes_back_with_the_link() -> None:
    """The id and the state of the job are in the query, behind what was there."""
    assert LINKS.link("http://127.0.0.1:8000/a?b=1", "7", "FAILED") == (
        "127.0.0.1:8000",
        "http://127.0.0.1:8000/a?b=1&job=7&state=FAILED",
    )


def test_the_page_of_a_job_leads_back(serve_portal: Callable[..., Any]) -> None:
    """A user who came from a listed site finds the way back on the page of their job, and one who
    came from another site does not."""
    portal = serve_portal(web_return_to=("https://app.example.org/fit",))
    browser = portal.browser()
    for address, is_listed in (("https://app.example.org/fit/7", True), ("https://e.vil", False)):
        form = browser.open("/submit", params={"return_to": address})
        fields = {name: hidden(form, name) for name in ("key", "return_to")}
        page = browser.fill_in("/jobs", fields | {"script": "true\n"})
        assert ("Back to app.example.org" in text_of(page)) == is_listed
        job = page.url.partition("/jobs/")[2].partition("?")[0]
        link = f'href="{address}?job={job}&amp;state=PENDING"'
        assert (link in page.text) == is_listed
