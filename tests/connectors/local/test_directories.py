"""Listing a directory within its roots."""

import os
from pathlib import Path

import pytest

from connectors.local.directories import listing
from dssr.errors import Denied, NotFound
from dssr.seams import DirectoryEntry


def test_the_order_and_the_facts(tmp_path: Path) -> None:
    """The directory itself, then directories, then files, by name, with size and time; links and pipes are left out."""
    (tmp_path / "z-directory").mkdir()
    (tmp_path / "a file\nof two lines").write_bytes(b"12345")
    (tmp_path / "-rf").write_bytes(b"")
    os.utime(tmp_path / "-rf", (1000, 2000))
    (tmp_path / "link").symlink_to(tmp_path / "z-directory")
    os.mkfifo(tmp_path / "pipe")
    found = listing(str(tmp_path), [tmp_path])
    names = [str(tmp_path), *(f"{tmp_path}/{name}" for name in ("z-directory", "-rf", "a file\nof two lines"))]
    assert [entry.path for entry in found] == names
    assert [entry.is_directory for entry in found] == [True, True, False, False]
    assert found[2] == DirectoryEntry(f"{tmp_path}/-rf", False, 0, 2000)
    assert found[3].size == 5


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """A file name that is not UTF-8 is shown with the bad bytes replaced."""
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff")).touch()
    assert listing(str(tmp_path), [tmp_path])[1].path == f"{tmp_path}/bad\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("path", ["{root}/..", "{root}/out", "{root}/out/inner", "/", "/nowhere", "{root}x"])
def test_outside_is_denied(tmp_path: Path, path: str) -> None:
    """Where a path leads counts, not how it looks; whether there is anything outside is not told."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    (outside / "inner").mkdir(parents=True)
    (root / "out").symlink_to(outside)
    with pytest.raises(Denied, match="outside"):
        listing(path.format(root=root), [root])


def test_a_root_may_be_a_link(tmp_path: Path) -> None:
    """A home that is a symbolic link is a home."""
    (tmp_path / "real" / "inner").mkdir(parents=True)
    (tmp_path / "home").symlink_to(tmp_path / "real")
    assert [entry.path for entry in listing(f"{tmp_path}/home", [tmp_path / "home"])][1:] == [f"{tmp_path}/real/inner"]


@pytest.mark.parametrize("path", ["{root}/none", "{root}/file", "relative", "", "{root}/\0", "{root}/" + "x" * 5000])
def test_nothing_to_show(tmp_path: Path, path: str) -> None:
    """What is no directory is NotFound, with the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(NotFound):
        listing(path.format(root=tmp_path), [tmp_path])
