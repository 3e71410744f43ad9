"""The rule for listings, where the contract of connectors does not show it."""

import os
import subprocess
import threading
from pathlib import Path

import pytest

from connectors.shared import directories
from dssr.errors import Denied, NotFound
from dssr.seams import Completed, DirectoryEntry
from dssr.settings import Settings


def listed(path: Path, *roots: Path) -> list[DirectoryEntry]:
    """What the command finds on this machine."""
    words = directories.command(str(path), [str(root) for root in roots])
    done = subprocess.run(words, capture_output=True, timeout=30)
    return list(
        directories.entries(str(path), Completed(words, done.returncode, done.stdout, done.stderr))
    )


def test_the_default_is_home_and_scratch() -> None:
    """The user's home, and the scratch directories that are set; a setting of roots is the whole
    list."""
    assert directories.roots(Settings()) == ("",)
    scratch = Settings(scratch_dir="/s/", global_scratch_dir="/g/")
    assert directories.roots(scratch) == ("", "/s/", "/g/")
    assert directories.roots(Settings(scratch_dir="/s/", pvcls_roots=("/a/",))) == ("/a/",)


@pytest.mark.parametrize("environment", [{}, {"HOME": ""}], ids=["unset", "empty"])
def test_a_user_without_a_home_directory_has_no_such_root(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """A user without a home directory has no root for it."""
    words = directories.command(str(tmp_path), [""])
    done = subprocess.run(
        words, env=environment | {"PATH": os.environ["PATH"]}, capture_output=True, timeout=30
    )
    with pytest.raises(Denied):
        directories.entries(
            str(tmp_path), Completed(words, done.returncode, done.stdout, done.stderr)
        )


@pytest.mark.parametrize("stdout", [b"", b"a banner\n", b"/bin/pwd: not found"])
def test_an_answer_that_cannot_be_read_lists_nothing(stdout: bytes) -> None:
    """An answer that is no listing is an error, and no empty listing."""
    with pytest.raises(NotFound, match=r"^Nothing to show at '/x' on the cluster: "):
        directories.entries("/x", Completed((), 127, stdout, b""))


def test_a_link_that_changes_while_it_is_followed(tmp_path: Path) -> None:
    """A link that changes between a place inside the roots and one outside shows only entries from
    inside."""
    inside, outside, link = tmp_path / "root/inside", tmp_path / "outside", tmp_path / "root/link"
    for directory in (inside, outside):
        directory.mkdir(parents=True)
        (directory / directory.name).touch()
    link.symlink_to(inside)
    over = threading.Event()

    def swap() -> None:
        while not over.is_set():
            for target in (outside, inside):
                link.with_name("next").symlink_to(target)
                os.replace(link.with_name("next"), link)

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen = set()
    for _ in range(60):
        try:
            seen.add(tuple(entry.path for entry in listed(link, tmp_path / "root")))
        except Denied:
            seen.add(())
    over.set()
    swapping.join()
    assert seen == {(), (str(link), f"{link}/inside")}
