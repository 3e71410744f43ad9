"""The files of a directory of this machine."""

from pathlib import Path

import pytest

from dssr.client.errors import BadRequest
from dssr.client.local_files import files_below


def test_what_is_copied_and_what_is_not(tmp_path: Path) -> None:
    """Files below a directory are found with their paths from there, links to files among them;
    what is left out has its reason, and keys are named."""
    (tmp_path / "full").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "full/a").write_text("a")
    (tmp_path / "full/server.key").write_text("secret")
    (tmp_path / "link").symlink_to("full/a")
    (tmp_path / "other").symlink_to("full")
    found = files_below(tmp_path)
    assert [to for _, to in found.files] == ["link", "full/a", "full/server.key"]
    assert [words.partition(" (")[2] for words in found.left_out] == [
        "a link to a directory)",
        "an empty directory)",
    ]
    assert found.withheld == [str(tmp_path / "full/server.key")]


def test_a_link_that_leads_to_nothing(tmp_path: Path) -> None:
    """A link that leads to nothing is an error that names it."""
    (tmp_path / "gone").symlink_to("nowhere")
    with pytest.raises(BadRequest, match="gone is a link that leads to nothing"):
        files_below(tmp_path)
