"""Debian's chromium, driven by Playwright, which brings no browser of its own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# In CI and in containers the tests run as root, for which chromium has no sandbox, and /dev/shm is
# small.
_OPTIONS = ["--disable-dev-shm-usage", "--disable-gpu", "--no-first-run"]


def program() -> str | None:
    """The path of the browser; ``None`` where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def running() -> Iterator[Browser]:
    """The browser, until the end of the block. Skips the test where there is none."""
    path = program()
    if path is None:
        pytest.skip("there is no chromium: install it with bash deploy/packages.sh chromium")
    options = [*_OPTIONS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=Path(path), args=options)
        try:
            yield browser
        finally:
            browser.close()
