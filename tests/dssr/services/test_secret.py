"""The secret of a bridge."""

import os
import stat
from pathlib import Path

import pytest

from dssr.errors import Unavailable
from dssr.services.secret import secret_in


def test_a_secret_is_made_once(folder: Path) -> None:
    """The secret stays the same, no other user reads it, and nothing else is left there."""
    made = secret_in(folder / "known")
    assert (len(made), secret_in(folder / "known")) == (32, made)
    assert secret_in(folder / "other") != made
    assert stat.S_IMODE((folder / "known/secret").stat().st_mode) == 0o600
    assert os.listdir(folder / "known") == ["secret"]


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_part_of_a_secret_is_none(folder: Path, content: bytes) -> None:
    """Anyone could guess tokens that follow from an empty file, so it is refused."""
    (folder / "secret").write_bytes(content)
    with pytest.raises(Unavailable, match="remove it"):
        secret_in(folder)


def test_a_crash_leaves_no_part_of_a_secret(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the bytes do not reach the disk, there is no secret, and the next attempt makes one."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(Unavailable, match="No space left"):
            secret_in(folder)
    assert os.listdir(folder) == []
    assert len(secret_in(folder)) == 32
