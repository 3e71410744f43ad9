"""A site's template from end to end, on a real Slurm cluster and in a container."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fitting import fill_in, image_with_python, submit, write_site
from tests.browser.portal import Portal, ready
from tests.browser.touring import check, picture, wait_for_state
from tests.cluster import Cluster

PATIENCE = 120_000.0  # milliseconds
WRITTEN = {
    *("data.csv", "fit.py", "picture.py", "progress.csv", "progress.plot.json", "fit.csv"),
    *("fit.plot.json", "fit.png", "results.json", "report.html", "stop"),
}


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> Iterator[Portal]:
    """A portal of the cluster, with the template."""
    settings = cluster.settings() | {
        "JARVICE_BAREMETAL_EXECUTOR": "native",
        "JARVICE_WEB_TEMPLATES": write_site(tmp_path / "site", image_with_python(cluster)),
    }
    found = Portal(tmp_path, settings)
    yield found
    found.service.stop()


def test_a_fit_from_its_template_to_the_zip(
    page: Page, site: Portal, tmp_path: Path, complaints: list[str]
) -> None:
    """A job of a template runs in a container with the uploaded data; its plots and its picture
    appear while it runs, without a reload, and beside those of another one; the page that it wrote
    runs in a sandbox, and all files come as a zip."""
    page.set_default_timeout(PATIENCE)
    site.log_in(page)
    fill_in(page, site.url, "random-walk", "100000000")
    check(page, "template")
    slow = submit(page)
    page.goto(f"{slow}/results")
    _grows(page)
    _stop(page, slow)
    fill_in(page, site.url, "levenberg-marquardt", "100")
    fast = submit(page)
    wait_for_state(page, "COMPLETED", seconds=120)
    expect(page.get_by_text("/opt/images/python", exact=True)).to_be_visible(timeout=PATIENCE)
    page.goto(f"{fast}/results?with={slow.rpartition('/')[2]}")
    _are_side_by_side(page)
    _runs_its_page(page, complaints)
    assert _names_in_zip(page, slow, tmp_path / "all.zip") == WRITTEN
    _becomes_an_own_template(page, site, fast)


def _grows(page: Page) -> None:
    """The results of a job that runs are there by themselves."""
    expect(page.locator("figure[data-ready] canvas")).to_have_count(5, timeout=PATIENCE)
    page.wait_for_function("document.querySelector('img.picture')?.naturalWidth === 640")
    wait_for_state(page, "RUNNING")
    check(page, "results-growing")


def _stop(page: Page, job: str) -> None:
    """End the fit early, by a file."""
    page.goto(f"{job}/files")
    page.set_input_files("input[type=file]", {"name": "stop", "mimeType": "", "buffer": b"now\n"})
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("link", name="stop", exact=True)).to_be_visible(timeout=PATIENCE)
    page.goto(job)
    wait_for_state(page, "COMPLETED", seconds=120)


def _are_side_by_side(page: Page) -> None:
    """The plots, pictures and values of both are there."""
    expect(page.locator("figure[data-ready] canvas")).to_have_count(10, timeout=PATIENCE)
    expect(page.locator(".beside img.picture")).to_have_count(2, timeout=PATIENCE)
    row = page.locator("#values tr:has(td:text-is('centre'))")
    values = [float(text) for text in row.locator("td.number").all_inner_texts()[:2]]
    assert values == pytest.approx([4.2, 4.2], abs=0.05)
    check(page, "results-beside")


def _runs_its_page(page: Page, complaints: list[str]) -> None:
    """A page with a script is shown without it, and runs after a click."""
    page.get_by_role("link", name="report.html").first.click()
    ready(page)
    page.click("text=Run its scripts")
    frame = page.frame_locator("iframe.preview")
    expect(frame.locator("body[data-drawn='81']")).to_be_visible(timeout=PATIENCE)
    assert all("Blocked script execution" in complaint for complaint in complaints)
    complaints.clear()
    picture(page, "sandbox")


def _becomes_an_own_template(page: Page, site: Portal, job: str) -> None:
    """A past job is saved as a template of the user's own, which is in their list."""
    page.goto(job)
    page.get_by_role("link", name="Save as template").click()
    page.fill("[name=title]", "My own fit")
    page.get_by_text("Another field").first.click()
    check(page, "template-edit")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="My own fit")).to_be_visible(timeout=PATIENCE)
    page.goto(f"{site.url}/templates")
    expect(page.get_by_role("link", name="My own fit")).to_be_visible(timeout=PATIENCE)
    check(page, "templates")


def _names_in_zip(page: Page, job: str, path: Path) -> set[str]:
    page.goto(f"{job}/files")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="All of them as a zip").click()
    waiting.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name.rpartition("/")[2] for name in archive.namelist() if name[-1] != "/"}
