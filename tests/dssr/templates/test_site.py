"""The templates of a site."""

import logging
from pathlib import Path

import pytest

from dssr.errors import NotFound
from dssr.templates.site import SiteTemplates
from tests.dssr.templates.examples import FIT

PLAIN = "title: Plain\n"


def write(place: Path, name: str, text: str, **files: str) -> None:
    """A template of a site. ``files``: beside it, with '_' for '.'."""
    directory = place / name
    directory.mkdir()
    (directory / "template.yaml").write_text(text)
    for file, content in files.items():
        (directory / file.replace("_", ".")).write_text(content)


def test_a_script_may_be_a_file_of_its_own(tmp_path: Path) -> None:
    """A template without a script has that of job.sh, and its files are found by their names."""
    write(tmp_path, "fit", FIT)
    write(tmp_path, "plain", PLAIN, job_sh="echo hi\n")
    (tmp_path / "plain" / "files").mkdir()
    (tmp_path / "plain" / "files" / "run.py").write_text("pass\n")
    site = SiteTemplates(f"{tmp_path}/")
    assert [one.name for one in site.all()] == ["fit", "plain"]
    plain = site.get("plain")
    assert plain.template.script == "echo hi\n"
    assert {name: path.read_text() for name, path in plain.files.items()} == {"run.py": "pass\n"}


def test_one_that_is_broken_breaks_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken template is left out and named with what is wrong; the others are there."""
    write(tmp_path, "fit", FIT)
    write(tmp_path, "bad", "title: [\n")
    write(tmp_path, "empty", PLAIN)
    write(tmp_path, "Bad Name", FIT)
    write(tmp_path, "links", FIT)
    (tmp_path / "links" / "files").mkdir()
    (tmp_path / "links" / "files" / "sub").mkdir()
    write(tmp_path, "two", FIT, job_sh="echo\n")
    (tmp_path / "latin").mkdir()
    (tmp_path / "latin" / "template.yaml").write_bytes(b"title: \xe4\n")
    site = SiteTemplates(f"{tmp_path}/")
    assert [one.name for one in site.all()] == ["fit"]
    with caplog.at_level(logging.WARNING):
        site.report()
    words = ("a-z 0-9", "Line 2", "'script' is missing", "UTF-8", "files/sub", "two scripts")
    assert [word for word in words if word not in caplog.text] == []
    assert len(site.problems()) == len(words)
    with pytest.raises(NotFound, match="broken"):
        site.get("bad")


@pytest.mark.parametrize("name", ["none", "../fit", "", ".", "fit/.."])
def test_an_unknown_name_is_not_found(tmp_path: Path, name: str) -> None:
    """A name leads nowhere but to a template of the directory."""
    write(tmp_path, "fit", FIT)
    with pytest.raises(NotFound):
        SiteTemplates(f"{tmp_path}/").get(name)


def test_a_directory_that_is_missing_is_a_problem(tmp_path: Path) -> None:
    """Without the directory there are no templates, and the operator reads why; without the setting
    nothing is wrong."""
    missing = SiteTemplates(f"{tmp_path}/none/")
    assert (missing.all(), "JARVICE_WEB_TEMPLATES" in missing.problems()[0]) == ([], True)
    assert (SiteTemplates("").all(), SiteTemplates("").problems()) == ([], [])


@pytest.mark.parametrize(
    ("file", "is_refused"),
    [("fit.py", True), ("fit", True), ("fit.tar.gz", False), ("a.py", False)],
)
def test_no_file_of_a_user_replaces_one_of_the_site(
    file: str, is_refused: bool, tmp_path: Path
) -> None:
    """A template whose field could store a user's file by the name of one of its own is left out,
    with a sentence that names both."""
    write(tmp_path, "one", PLAIN + "fields: {fit: {type: file}}\n", job_sh="echo\n")
    (tmp_path / "one" / "files").mkdir()
    (tmp_path / "one" / "files" / file).write_text("")
    found = " ".join(SiteTemplates(f"{tmp_path}/").problems())
    assert (f"'fit': a user's file could replace files/{file}:" in found) == is_refused
    assert bool(found) == is_refused
