"""The core's settings, and a class of settings that a plugin brings."""

from dataclasses import dataclass
from typing import Any

from dssr.settings import Settings, own_name, setting, types
from dssr.settings.reading import parse, table


@dataclass(frozen=True)
class _Attic(Settings):
    room: str = setting("JARVICE_ATTIC_ROOM", types.text, "left", "Where.", older="JARVICE_ROOM")
    word: str = setting("JARVICE_ATTIC_WORD", types.text, "", "The word.", secret=True)


def test_a_plugins_class_has_the_cores_settings_too() -> None:
    """An instance of a plugin's class has the core's settings and the plugin's, read from the same
    environment."""
    attic = parse({"JARVICE_ROOM": "right", "WAITRESS_PORT": "7"}, _Attic)
    assert (attic.room, attic.port, attic.bind) == ("right", 7, "")


def test_secrets_do_not_show_in_a_repr() -> None:
    """The repr of settings does not show secrets."""
    secrets: dict[str, Any] = {f.name: "MARKED" for f in table(_Attic) if f.metadata["secret"]}
    assert "word" in secrets
    assert "MARKED" not in repr(_Attic(**secrets))


def test_a_plugin_need_not_override_anything() -> None:
    """Without methods of its own, a class of settings has no problems, warnings or lines."""
    attic = _Attic()
    assert attic.completed() is attic
    assert [*attic.problems(), *attic.unusable_files(), *attic.warnings(), *attic.summary()] == []
    assert not any((attic.jobs_run_here, attic.jobs_run_as_bridge))
    assert (attic.service_user, attic.trusted_host_keys, attic.host_keys_learnt_in) == ("", "", "")


def test_a_user_id_without_a_name_has_an_empty_one(monkeypatch: Any) -> None:
    """A user id without a name, as in a container, has an empty name."""
    assert own_name()
    monkeypatch.setattr("os.getuid", lambda: 3_999_999_999)
    assert own_name() == ""
