"""How a bridge is put together of what its settings name."""

from pathlib import Path
from typing import Any

import pytest

from connectors.dummy.connector import DummyConnector
from dssr.assembly import assemble
from dssr.errors import SettingsError
from dssr.job import JobSpec
from dssr.plugins import EXECUTOR, Plugin
from dssr.settings import Settings
from executors.native import Native
from tests.dssr.configured import configured
from tests.dssr.identity.recording import ManyUsers, OneUser

USERS: dict[str, Any] = {
    "connector": "tests.dssr.identity.recording:ManyUsers",
    "executor": "native",
}
CLAIM: dict[str, Any] = {"users": "claim", "bearer_secret": "x" * 32}


def test_plugins_are_made_by_short_and_dotted_names() -> None:
    """Plugins are made by their short names and by dotted module names."""
    names: dict[str, Any] = {
        "connector": "connectors.dummy.connector",
        "executor": "executors.native:plugin",
    }
    bridge, prepare = assemble(configured(Settings(**names)))
    bridge.ping()
    prepare()
    assert isinstance(bridge.connector, DummyConnector)
    assert isinstance(bridge.executor, Native)
    bridge.close()


def test_a_connector_learns_for_whom_it_acts(tmp_path: Path) -> None:
    """A connector learns for which users it acts before any other call; where jobs have no owners
    it is never asked."""
    tmp_path.chmod(0o700)
    (tmp_path / "alice").touch()
    assemble(configured(Settings(**USERS, **CLAIM, user_keys_dir=str(tmp_path))))
    users = ManyUsers.made[-1].users
    assert users is not None
    assert set(users.names()) == {"alice"}
    assemble(configured(Settings(**USERS)))
    assert ManyUsers.made[-1].users is None


def test_everything_that_cannot_be_made_is_reported_and_nothing_is_left_open() -> None:
    """The owners' files and the executor are reported together; the connector is closed."""

    class Broken:
        def __init__(self) -> None:
            raise RuntimeError("no room")

        def launch(self, spec: JobSpec, settings: Settings) -> str:
            return ""

    names: dict[str, Any] = {
        "connector": "tests.dssr.identity.recording:OneUser",
        "executor": "native",
    }
    configuration = configured(Settings(**names, users="file", users_mapping_file="/none"))
    object.__setattr__(configuration, "executor", Plugin(EXECUTOR, "broken", Broken))
    with pytest.raises(SettingsError) as raised:
        assemble(configuration)
    assert any("/none cannot be read" in problem for problem in raised.value.problems)
    assert any("'broken' cannot be made: RuntimeError: no room" in p for p in raised.value.problems)
    assert OneUser.made[-1].closed
