"""Whether the file of known hosts can be used."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.slurm.known_hosts_file import unusable, unusable_for_learning
from tests.connectors.transports.ssh.impostor import made

KEY = made("ssh-ed25519").text
USABLE = f"login1 {KEY}\n"


def _directory(path: Path) -> None:
    path.mkdir()


def _with(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(text)

    return write


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "cannot be read (No such file or directory)"),
        (_directory, "cannot be read (Is a directory)"),
        (_with(""), "no line names a host and its key"),
        (_with("# nothing yet\n\n"), "no line names a host and its key"),
        (_with("login1 ssh-ed25519 not-base64\n"), "no line names a host and its key"),
        (_with(f"@revoked {USABLE}"), "no line names a host and its key"),
        (_with(f"@cert-authority {USABLE}"), "no line names a host and its key"),
    ],
)
def test_a_file_without_a_host_key_is_reported(
    make: Callable[[Path], None], words: str, tmp_path: Path
) -> None:
    """The error has the setting, the path, the reason and the command that prints the lines."""
    path = tmp_path / "known"
    make(path)
    (problem,) = unusable(str(path))
    assert problem.startswith(f"JARVICE_SLURM_SSH_KNOWN_HOSTS is {path}, ")
    assert words in problem
    assert "`dssr hostkey` prints the lines for it" in problem


def test_one_usable_line_is_enough(tmp_path: Path) -> None:
    """Comments and lines that cannot be read do not make the file unusable."""
    (tmp_path / "known").write_text(f"# ours\nnonsense\n{USABLE}")
    assert list(unusable(str(tmp_path / "known"))) == []


def test_a_file_that_learns_may_be_missing_or_empty(tmp_path: Path) -> None:
    """A file that learns may be missing or empty: the bridge writes it when it sees a host for the
    first time."""
    path = tmp_path / "known"
    assert list(unusable_for_learning(str(path))) == []
    path.write_text("")
    assert list(unusable_for_learning(str(path))) == []


def test_a_file_that_learns_needs_its_directory(tmp_path: Path) -> None:
    """The directory of a file that learns must exist, and the path must not be a directory."""
    (problem,) = unusable_for_learning(str(tmp_path / "none" / "known"))
    assert problem.endswith(f"there is no directory {tmp_path}/none: make it.")
    (problem,) = unusable_for_learning(str(tmp_path))
    assert "cannot be read (Is a directory): name another file." in problem


def test_a_directory_that_cannot_be_written_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bridge must be able to write into the directory of a file that learns."""
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    (problem,) = unusable_for_learning(str(tmp_path / "known"))
    assert f"the bridge may not write into {tmp_path}" in problem
