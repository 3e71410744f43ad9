"""/gc with the local connector: OK means that a job can be submitted."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.local import files
from connectors.local.connector import LocalConnector
from dssr.errors import Unavailable
from dssr.testing.harness import LAUNCH
from tests.connectors.local.harness import LocalHarness


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The directories in which trial files were written."""
    found: list[Path] = []
    write = files.write

    def noted(path: Path, data: bytes) -> None:
        write(path, data)
        if path.name == ".trial":
            assert path.stat().st_size == len(data) > 4096
            found.append(path.parent)

    monkeypatch.setattr(files, "write", noted)
    return found


def test_both_directories_are_written_to_once(site: LocalHarness, written: list[Path]) -> None:
    """The first call writes, later ones remember the success; no file is left."""
    for _ in range(3):
        site.connector.ping()
    assert written == [site.state / "local", site.scratch / ".jarvice"]
    assert [path / ".trial" for path in written if (path / ".trial").exists()] == []


def test_it_writes_again_after_a_failed_submission(
    site: LocalHarness, written: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A submission that the file system refuses raises a doubt."""
    site.connector.ping()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(files, "write_json", full)
        with pytest.raises(Unavailable, match="No space left"):
            site.connector.submit(site.succeeding("job"), LAUNCH)
    site.connector.ping()
    assert len(written) == 4


@pytest.mark.parametrize(
    ("field", "setting"),
    [("state_dir", "JARVICE_STATE_DIR"), ("scratch_dir", "JARVICE_JOB_SCRATCH_DIR")],
)
@pytest.mark.parametrize(
    ("place", "why"), [("{}/file/x/", "Not a directory"), ("/proc/x/", "No such file")]
)
def test_the_sentence_names_the_directory_and_its_setting(
    place: str, why: str, field: str, setting: str, site: LocalHarness, tmp_path: Path
) -> None:
    """A directory that cannot be written to is not OK."""
    (tmp_path / "file").touch()
    changes: dict[str, Any] = {field: place.format(tmp_path)}
    settings = replace(site.settings, **changes)
    words = f"directory {place.format(tmp_path)}.*{why}.*set {setting}"
    with pytest.raises(Unavailable, match=words):
        LocalConnector(settings).ping()
