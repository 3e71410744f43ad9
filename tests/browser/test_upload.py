"""Uploads from the page of a job's files."""

import hashlib
import os
import random
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from tests.browser.portal import Portal, ready
from tests.browser.touring import wait_for_state
from tests.end_to_end.service import eventually

SIZE = 40_000_000  # five parts


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A file of several parts."""
    path = tmp_path / 'big "file" & more.bin'
    path.write_bytes(random.Random(7).randbytes(SIZE))
    return path


@pytest.fixture
def directory(page: Page, portal: Portal) -> Path:
    """The directory of a job that has ended, whose page of files is open."""
    portal.log_in(page)
    job = portal.submit(page, "uploads", "#!/bin/bash\ntrue\n")
    wait_for_state(page, "COMPLETED")
    page.goto(f"{job}/files")
    ready(page)
    url = f"{portal.url}/api/v1/jobs/{job.rpartition('/')[2]}"
    headers = {"Authorization": f"Bearer {portal.token}"}
    answer = requests.get(url, headers=headers, timeout=30)
    return Path(answer.json()["working_directory"])


class Cuts:
    """Cuts the connection of so many parts, every second one. ``parts``: the ranges that were
    sent."""

    def __init__(self, page: Page, count: int) -> None:
        self.left, self.parts = count, list[str]()
        page.route("**/api/v1/jobs/*/files/**", self._pass)

    def _pass(self, route: Route) -> None:
        if route.request.method != "PUT":
            route.continue_()
            return
        self.parts.append(route.request.headers.get("content-range", ""))
        if self.left and len(self.parts) % 2 == 0:
            self.left -= 1
            route.abort("connectionreset")
        else:
            route.continue_()


def digest(path: Path) -> str:
    """The file's digest."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def upload(page: Page, path: Path) -> None:
    """Choose the file and send it."""
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Upload").click()


def test_an_upload_that_is_cut_arrives_whole(page: Page, directory: Path, big: Path) -> None:
    """An upload whose connection is cut several times goes on where it was, and its bytes are
    those of the file."""
    cuts = Cuts(page, 4)
    upload(page, big)
    expect(page.get_by_role("link", name=big.name, exact=True)).to_be_visible(timeout=60_000)
    assert digest(directory / big.name) == digest(big)
    assert cuts.left == 0
    assert len(cuts.parts) == 5 + 4


def test_an_upload_goes_on_after_the_page_was_loaded_again(
    page: Page, directory: Path, big: Path
) -> None:
    """The same file, chosen again on the new page, is not sent again from its beginning."""
    cuts = Cuts(page, 100)
    upload(page, big)
    expect(page.locator("[data-upload-message]")).to_contain_text("The connection was cut")
    page.reload()
    ready(page)
    cuts.left, cuts.parts = 0, []
    upload(page, big)
    expect(page.get_by_role("link", name=big.name, exact=True)).to_be_visible(timeout=60_000)
    assert digest(directory / big.name) == digest(big)
    assert len(cuts.parts) == 4
    assert not cuts.parts[0].startswith("bytes 0-")


def test_several_files_and_an_empty_one(page: Page, directory: Path, tmp_path: Path) -> None:
    """Several files are chosen at once; a name may have any characters, and a file no bytes."""
    files = [tmp_path / name for name in ("a b.txt", "50%.txt", "\u00e4#?.txt", "empty")]
    for path in files:
        path.write_text("" if path.name == "empty" else path.name)
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("link", name="empty", exact=True)).to_be_visible()
    for path in files:
        assert digest(directory / path.name) == digest(path)


def test_a_file_that_is_there_is_not_replaced(page: Page, directory: Path, tmp_path: Path) -> None:
    """A file of the same name stays, and a sentence says so, unless the user wants it replaced."""
    (directory / "a.txt").write_text("old")
    (tmp_path / "a.txt").write_text("new")
    upload(page, tmp_path / "a.txt")
    expect(page.locator("[data-upload-message]")).to_contain_text("a.txt")
    assert (directory / "a.txt").read_text() == "old"
    page.get_by_label("replace a file of that name").check()
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("[data-upload-message]")).to_have_text("")
    expect(page.get_by_role("link", name="a.txt", exact=True)).to_be_visible()
    assert (directory / "a.txt").read_text() == "new"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a file system")
def test_a_full_file_system_is_a_sentence(page: Page, directory: Path, big: Path) -> None:
    """When there is no room the page says so in the system's words, and does not try again; when
    there is, the same file arrives."""
    (directory / "small").mkdir()
    small = str(directory / "small")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", small], check=True)
    try:
        page.goto(f"{page.url}?path=small")
        ready(page)
        upload(page, big)
        message = page.locator("[data-upload-message]")
        expect(message).to_contain_text("No space left on device", timeout=60_000)
        expect(page.get_by_role("button", name="Upload")).to_be_enabled()
        subprocess.run(["mount", "-o", "remount,size=90m", small], check=True)
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_role("link", name=big.name, exact=True)).to_be_visible(timeout=60_000)
        assert digest(directory / "small" / big.name) == digest(big)
    finally:
        subprocess.run(["umount", "-l", small], check=True)


@pytest.mark.long
def test_a_gigabyte_arrives_whole(
    page: Page, directory: Path, tmp_path: Path, record_property: Any
) -> None:
    """An upload of 1 GB that is cut five times, and goes on after the page was loaded again, gives
    the same bytes."""
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        for _ in range(128):
            file.write(os.urandom(8 << 20))
    began = time.monotonic()
    cuts = Cuts(page, 3)
    upload(page, path)
    progress = page.locator("progress")
    eventually(lambda: float(progress.get_attribute("value") or 0), lambda at: at > 400 << 20, 250)
    assert cuts.left == 0
    page.reload()
    ready(page)
    cuts.left, sent = 2, len(cuts.parts)
    upload(page, path)
    expect(page.get_by_role("link", name=path.name, exact=True)).to_be_visible(timeout=250_000)
    spent = time.monotonic() - began
    record_property("figure", f"1 GB is uploaded in {spent:.0f} s with 5 cuts and a reload")
    assert (cuts.left, len(cuts.parts) - sent < 128) == (0, True)
    assert digest(directory / path.name) == digest(path)
