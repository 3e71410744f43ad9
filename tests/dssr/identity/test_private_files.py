"""Files that only their owner may change."""

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
    """A file of the bridge's own user is read, also when its group may read it."""
    assert private_files.read(str(written("text", mode)), forbidden) == "text"


@pytest.mark.parametrize(
    ("mode", "forbidden"),
    [(0o640, OWN), (0o604, OWN), (0o620, OWN), (0o644, OTHERS), (0o620, OTHERS), (0o602, OTHERS)],
)
def test_what_others_may_touch_is_not(mode: int, forbidden: int, written: Any) -> None:
    """A file that others may change is refused with its mode and the cure."""
    with pytest.raises(ValueError, match=rf"\(mode {mode:04o}\): 'chmod 600' it"):
        private_files.read(str(written("text", mode)), forbidden)


def test_a_file_of_another_user_is_refused(written: Any) -> None:
    """A file of another user is refused, because its owner could change it at any time; root's
    files are accepted."""
    path = written("text")
    if os.geteuid() != 0:
        pytest.skip("needs root: it gives a file away")
    os.chown(path, 12345, 12345)
    with pytest.raises(ValueError, match="belongs to user id 12345"):
        private_files.read(str(path), OWN)


def test_what_is_no_readable_file_is_refused(tmp_path: Path, written: Any) -> None:
    """A missing file, a directory, a pipe, and bytes that are no text are refused."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "binary").chmod(0o600)
    (tmp_path / "inside").mkdir(mode=0o700)
    reasons = {
        "none": "No such file",
        "inside": "no regular file",
        "pipe": "no regular file",
        "binary": "no UTF-8",
        "a\0b": "null",
    }
    for name, why in reasons.items():
        with pytest.raises(ValueError, match=why):
            private_files.read(f"{tmp_path}/{name}", OWN)


def test_a_link_leads_to_the_file(tmp_path: Path, written: Any) -> None:
    """A link is followed, and the mode of the file itself is checked."""
    (tmp_path / "link").symlink_to(written("text"))
    assert private_files.read(f"{tmp_path}/link", OWN) == "text"


def test_the_stamp_changes_with_the_file(tmp_path: Path, written: Any) -> None:
    """The stamp changes with a file's text, its rights and the file behind a link; a missing file
    has none."""
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
