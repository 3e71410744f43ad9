"""An interactive job in a real browser."""

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.end_to_end.interactive import local_bridge


def test_the_address_opens_in_a_browser(tmp_path: Path, page: Page) -> None:
    """A browser that opens the address has the page of the job's server, and the address that it
    shows afterwards has no secret."""
    with local_bridge(tmp_path) as upstream:
        job = upstream.begin()
        url = upstream.served(job)
        page.goto(f"{url}job")
        assert page.inner_text("body") == job.jobid
        assert urlsplit(page.url).path == "/job"
        upstream.service.post("/terminate", job.args)
