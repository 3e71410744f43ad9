"""The handbook as a site, and the tables that repeat what the bridge knows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.docs import table
from tests.docs.console import run
from tests.docs.markdown import PAGES, ROOT, handbook
from tests.end_to_end.service import Service

LOADED = re.compile(
    r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?((?:https?:)?//[^\"' >]+)",
    re.IGNORECASE,
)
LOADED_BY_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')]+)", re.IGNORECASE)
HTTPS_OWN = {
    "405",
    "408",
}  # statuses of HTTP itself, which the description of calls does not repeat


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built by the handbook's one command."""
    place = tmp_path_factory.mktemp("handbook") / "site"
    words = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "-f",
        "docs/mkdocs.yml",
        "-d",
        str(place),
    ]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return place


def test_every_page_is_in_the_site(site: Path) -> None:
    """The build has a page for each Markdown file, and its text has no unread Markdown."""
    for path in PAGES.glob("*.md"):
        built = (site / path.name).with_suffix(".html").read_text(encoding="utf-8")
        assert "```" not in built


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    """No page loads a script, style, font or picture from another host."""
    pages, styles = list(site.rglob("*.html")), list(site.rglob("*.css"))
    assert pages
    assert styles
    assert {
        found for path in pages for found in LOADED.findall(path.read_text(encoding="utf-8"))
    } == set()
    texts = [path.read_text(encoding="utf-8") for path in (*pages, *styles)]
    assert {found for text in texts for found in LOADED_BY_STYLE.findall(text)} == set()


def test_the_table_of_settings_is_the_bridges_own() -> None:
    """The table in the handbook is what `dssr settings` prints."""
    assert table.shown() == table.current(), "run: .venv/bin/python -m tests.docs.table"


def test_the_table_of_calls_is_the_bridges_own(bridge: Service) -> None:
    """The table lists exactly the calls of the bridge's own description."""
    described = requests.get(f"{bridge.url}/openapi.json", timeout=30).json()["paths"]
    calls = {
        (method.upper(), _written(path))
        for path, methods in described.items()
        for method in methods
    }
    shown = re.findall(
        r"^\| `([A-Z]+) (\S+)` \|", handbook("legacy-api").section("Calls"), re.MULTILINE
    )
    assert sorted(shown) == sorted(calls)


def test_the_table_of_statuses_is_the_bridges_own(bridge: Service) -> None:
    """The table lists the statuses that the bridge's own description has, and two of HTTP
    itself."""
    described = requests.get(f"{bridge.url}/openapi.json", timeout=30).json()["paths"]
    statuses = {
        status
        for methods in described.values()
        for call in methods.values()
        for status in call["responses"]
    }
    shown = re.findall(r"^\| (\d+) \|", handbook("legacy-api").section("Statuses"), re.MULTILINE)
    assert sorted(shown) == sorted(statuses | HTTPS_OWN)


def test_metrics_are_those_that_the_handbook_lists(bridge: Service, tmp_path: Path) -> None:
    """The command in the handbook works, and every metric of a bridge is in the table."""
    page = handbook("operating")
    done = run(page.block("run"), bridge.url, tmp_path)
    assert done.returncode == 0, done.stderr
    metrics = {
        re.sub(r"_(bucket|count|sum)$", "", name)
        for name in re.findall(r"^(dssr_\w+)", done.stdout, re.MULTILINE)
    }
    assert metrics
    assert {name for name in metrics if f"`{name}" not in page.section("Metrics")} == set()


def _written(path: str) -> str:
    """A path of the description as the table writes it."""
    return "/request/<path>" if path.startswith("/request/{") else path
