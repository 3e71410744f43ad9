"""What must hold on each page of the portal, and how someone without a mouse uses it."""

import os
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.source_tree import ROOT

AXE = next((ROOT / "tests/browser/vendor").glob("axe-core-*.min.js")).read_text("utf-8")
SIZES = ((1280, 900), (390, 844))
# The directory for pictures of pages; none are taken without it.
PICTURES = os.environ.get("DSSR_PICTURES", "")


def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page, in light and in dark, and whether it is too wide."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.evaluate(AXE)
        result: Any = page.evaluate("axe.run()")
        found += [
            f"{scheme}: {rule['id']}: {node['html'][:200]}"
            for rule in result["violations"]
            for node in rule["nodes"]
        ]
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"wider than {width} pixels")
    return found


def picture(page: Page, name: str) -> None:
    """Take pictures of the page for the handbook, if that is wanted."""
    if not PICTURES:
        return
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            path = Path(PICTURES) / f"{name}-{width}-{scheme}.png"
            page.screenshot(path=path, full_page=True)
    page.emulate_media(color_scheme="light")


def wait_for_state(page: Page, state: str, seconds: float = 60) -> None:
    """Wait, without loading the page again, until it shows the job in that state."""
    page.wait_for_selector(f"h1 [data-state={state}]", timeout=seconds * 1000)


def press_until(page: Page, key: str, selector: str, most: int = 60) -> None:
    """Press a key until that element has the focus, as someone without a mouse does."""
    for _ in range(most):
        if page.evaluate("s => document.activeElement?.matches(s)", selector):
            return
        page.keyboard.press(key)
        time.sleep(0.01)
    raise AssertionError(f"{key} does not lead to {selector}")
