"""What this machine remembers of services."""

from dataclasses import replace
from pathlib import Path

from dssr.services.memory import Memory, Remembered, runtime_directory, state_directory


def test_what_is_remembered(tmp_path: Path) -> None:
    """Port and directory of a service are found again, and forgotten when asked."""
    memory = Memory(tmp_path / "new")
    assert memory.get("demo") == Remembered()
    memory.put("demo", Remembered(8000, "/shared"))
    assert Memory(tmp_path / "new").get("demo") == Remembered(8000, "/shared")
    assert memory.names() == ["demo"]
    memory.forget("demo")
    assert memory.names() == []


def test_a_service_that_is_started_again_is_not_forgotten(tmp_path: Path) -> None:
    """A removal that ends after the next start leaves what is known of that."""
    memory, again = Memory(tmp_path), Remembered(8000, "/shared", "ada")
    memory.put("demo", replace(again, is_ended=True, is_purged=True))
    memory.put("demo", again)
    memory.forget_purged("demo")
    assert memory.get("demo") == again
    memory.put("demo", replace(again, is_ended=True, is_purged=True))
    memory.forget_purged("demo")
    assert memory.names() == []


def test_a_file_that_is_spoilt_is_not_known(tmp_path: Path) -> None:
    """What cannot be read is as if it were not there, and what cannot be written is left out."""
    (tmp_path / "demo.json").write_text("[")
    assert Memory(tmp_path).get("demo") == Remembered()
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file")
    memory.put("demo", Remembered(1))
    assert memory.names() == []


def test_the_places_are_this_users(tmp_path: Path) -> None:
    """The directories follow the XDG variables, as far as they are this user's."""
    home = {"HOME": "/home/ada"}
    assert state_directory(home) == Path("/home/ada/.local/state/dssr/services")
    assert state_directory({"XDG_STATE_HOME": "/state"}) == Path("/state/dssr/services")
    assert runtime_directory({"XDG_RUNTIME_DIR": str(tmp_path)}) == tmp_path / "dssr"
    missing = {"XDG_RUNTIME_DIR": str(tmp_path / "no"), "TMPDIR": "/t"}
    assert runtime_directory(missing).parent == Path("/t")
