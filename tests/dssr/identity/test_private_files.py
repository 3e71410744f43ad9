"""Files that must be nobody else's."""

import os
from pathlib import Path
from typing import Any

import pytest

from dssr.identity import private_files
from dssr.identity.private_files import OTHERS, OWN


@pytest.mark.parametrize(
    ("mode", "forbidden"),
    [(0o600, OWN), (0o400, OWN), (0o700, OWN), (0o640, OTHERS), (0o440, OTHERS)],
)
def test_what_is_ones_own_is_read(mode: int, forbidden: int, written: Any) -> None:
    """A group may read where secrets are handed out that way."""
    assert private_files.read(str(written("text", mode)), forbidden) == "text"


@pytest.mark.parametrize(
    ("mode", "forbidden"),
    [(0o640, OWN), (0o604, OWN), (0o620, OWN), (0o644, OTHERS), (0o620, OTHERS), (0o602, OTHERS)],
)
def test_what_others_may_touch_is_not(mode: int, forbidden: int, written: Any) -> None:
    """The mode and the cure are named."""
    with pytest.raises(ValueError, match=rf"\(mode {mode:04o}\): 'chmod 600' it"):
        private_files.read(str(written("text", mode)), forbidden)


def test_a_strangers_file_is_not(written: Any) -> None:
    """He could change it whenever he likes. Root's is as good as one's own."""
    path = written("text")
    if os.geteuid() != 0:
        pytest.skip("needs root: it gives a file away")
    os.chown(path, 12345, 12345)
    with pytest.raises(ValueError, match="belongs to user id 12345"):
        private_files.read(str(path), OWN)


def test_what_is_no_file_is_told(tmp_path: Path, written: Any) -> None:
    """Nothing there, a directory, a pipe (which would hold the reader up), bytes that are no text, a NUL in the name."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "binary").chmod(0o600)
    (tmp_path / "inside").mkdir(mode=0o700)
    told = {
        "none": "No such file",
        "inside": "no regular file",
        "pipe": "no regular file",
        "binary": "no UTF-8",
        "a\0b": "null",
    }
    for name, why in told.items():
        with pytest.raises(ValueError, match=why):
            private_files.read(f"{tmp_path}/{name}", OWN)


def test_a_link_leads_to_the_file(tmp_path: Path, written: Any) -> None:
    """As Kubernetes lays out its secrets; the file's own mode counts."""
    (tmp_path / "link").symlink_to(written("text"))
    assert private_files.read(f"{tmp_path}/link", OWN) == "text"


def test_the_stamp_changes_with_the_file(tmp_path: Path, written: Any) -> None:
    """Its text, its rights, the file that a link leads to; none for nothing."""
    path = str(tmp_path / "link")
    assert private_files.stamp(path) is None
    (tmp_path / "link").symlink_to(written("text"))
    stamps = [private_files.stamp(path)]
    written("other text")
    stamps.append(private_files.stamp(path))
    written("other text", 0o400)
    stamps.append(private_files.stamp(path))
    written("other text", name="next")
    os.replace(tmp_path / "next", tmp_path / "file")
    stamps.append(private_files.stamp(path))
    assert len(set(stamps)) == 4
