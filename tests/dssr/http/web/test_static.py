"""The files that the portal's pages load: those of other projects, and its own."""

import re
from pathlib import Path

import pytest

from tests import vendored
from tests.source_tree import ROOT

WEB = ROOT / "dssr/http/web"
VENDOR = WEB / "static/vendor"
# What a strict policy refuses, and what would make a text of the cluster part of a page's code.
EXTERNAL = re.compile(r"(?:https?:|wss?:)?//\w|@import\b", re.IGNORECASE)
UNSAFE = re.compile(
    r"\beval\s*\(|\bnew Function\b|\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write"
    r"|\bset(?:Timeout|Interval)\(\s*[\"'`]",
    re.IGNORECASE,
)
INLINE = re.compile(
    r"<style\b|<script(?![^>]*\b(?:src=|type=\"application/json\"))"
    r"|\s(?:style|on[a-z]+)=|[\"']javascript:",
    re.IGNORECASE,
)


def own(*suffixes: str) -> list[Path]:
    """The portal's own files of these kinds."""
    paths = (path for path in WEB.rglob("*") if VENDOR not in path.parents)
    return sorted(path for path in paths if path.suffix in suffixes)


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Where a pattern occurs in files."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for match in pattern.finditer(line)
    ]


def test_files_of_other_projects_are_as_they_were_published() -> None:
    """Each file has the digest of the manifest, and a name of its package and version."""
    assert vendored.changed(VENDOR) == []


def test_the_manifest_is_complete() -> None:
    """The manifest lists each file of another project, and each package has its licence."""
    assert vendored.unlisted(VENDOR) == set()
    assert vendored.unlicensed(VENDOR) == []


def test_the_portal_asks_no_other_host() -> None:
    """Templates, style sheets and own scripts name no address of another host."""
    assert lines_with(EXTERNAL, own(".html", ".css", ".js")) == []


def test_own_scripts_make_no_code_of_text() -> None:
    """Own scripts evaluate no text, and put no text into a page as HTML."""
    assert lines_with(UNSAFE, own(".js")) == []


def test_templates_have_nothing_inline() -> None:
    """Templates have neither inline scripts nor inline styles, which the policy refuses."""
    assert lines_with(INLINE, own(".html")) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (EXTERNAL, '<script src="//cdn.example/x.js">'),
        (EXTERNAL, "background: url(https://a.example/b.png)"),
        (EXTERNAL, '@import "other.css";'),
        (UNSAFE, "box.innerHTML = text;"),
        (UNSAFE, "eval(text)"),
        (UNSAFE, 'setTimeout("go()", 5)'),
        (INLINE, '<p style="color: red">'),
        (INLINE, '<a onclick="go()">'),
        (INLINE, "<script>go()</script>"),
        (INLINE, '<a href="javascript:go()">'),
    ],
)
def test_what_is_looked_for_is_found(pattern: re.Pattern[str], text: str) -> None:
    """A line that breaks one of these rules is found."""
    assert pattern.search(text)
