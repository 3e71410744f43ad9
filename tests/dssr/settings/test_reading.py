"""Reading settings from an environment."""

from dataclasses import Field
from pathlib import Path
from typing import Any

import pytest

from connectors.slurm.settings import SlurmSettings
from dssr.errors import SettingsError
from dssr.settings import Settings
from dssr.settings.reading import default_of, own_table, parse, read, table, variables

ALL = pytest.mark.parametrize("f", table(SlurmSettings), ids=lambda f: str(f.metadata["name"]))


def test_an_empty_environment_gives_every_default() -> None:
    """No variable and an empty variable mean the same."""
    assert parse({}, Settings) == Settings()
    assert parse({f.metadata["name"]: "" for f in table()}, Settings) == Settings()


@ALL
def test_a_default_can_be_written_as_it_is_shown(f: Field[Any]) -> None:
    """Each default, written as the list of settings shows it, is read as that default."""
    assert parse({f.metadata["name"]: default_of(f)}, SlurmSettings) == SlurmSettings()


@ALL
def test_every_setting_is_explained(f: Field[Any]) -> None:
    """Each setting has at least one sentence."""
    assert f.metadata["about"].endswith(".")


def test_every_variable_that_cannot_be_read_is_reported() -> None:
    """All problems are reported at once, each with its variable, and a value only if not secret."""
    bad = {
        "WAITRESS_PORT": "many",
        "JARVICE_RETENTION_TIME": "long",
        "JARVICE_SCHED_SERVER_KEY": "MARKED",
    }
    with pytest.raises(SettingsError) as caught:
        parse(bad, Settings)
    assert {p.split()[0] for p in caught.value.problems} == set(bad)
    assert "'many'" in caught.value.message
    assert "MARKED" not in caught.value.message


def test_what_cannot_be_read_has_its_default() -> None:
    """A setting that cannot be read has its default, and the others are read."""
    settings, unread = read({"WAITRESS_PORT": "many", "JARVICE_SCHED_RATE": "7"}, Settings)
    assert (settings.port, settings.rate) == (5000, 7)
    assert list(unread) == ["WAITRESS_PORT"]


def test_an_older_name_is_read_where_the_new_one_is_not_set() -> None:
    """The older name of a setting is read where the new one is not set."""
    older = {"JARVICE_BAREMETAL_SCRATCH_DIR": "/old"}
    assert parse(older, Settings).scratch_dir == "/old/"
    both = older | {"JARVICE_JOB_SCRATCH_DIR": "/new"}
    assert parse(both, Settings).scratch_dir == "/new/"


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    """A secret may come from a file, whose last newline is not part of it."""
    (tmp_path / "key").write_text("user:password\n")
    environ = {"JARVICE_SCHED_SERVER_KEY_FILE": str(tmp_path / "key")}
    assert parse(environ, Settings).server_key == "user:password"


def test_a_secrets_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """The error about a secret's file that cannot be read names the setting and the file's
    variable."""
    words = (
        "JARVICE_SCHED_SERVER_KEY cannot be read from the file that JARVICE_SCHED_SERVER_KEY_FILE"
    )
    with pytest.raises(SettingsError, match=words):
        parse({"JARVICE_SCHED_SERVER_KEY_FILE": str(tmp_path / "missing")}, Settings)


def test_a_secret_given_twice_is_a_problem(tmp_path: Path) -> None:
    """A secret that is given twice is a problem, because it would be unknown which of the two takes
    effect."""
    given = {
        "JARVICE_SCHED_SERVER_KEY_FILE": str(tmp_path / "key"),
        "JARVICE_SCHED_SERVER_KEY": "user:password",
    }
    with pytest.raises(SettingsError, match="leave one of them out"):
        parse(given, Settings)


def test_only_secrets_are_read_from_files(tmp_path: Path) -> None:
    """Other settings come from their variable alone, so no `_FILE` belongs to them."""
    environ = {"JARVICE_SLURM_SSH_USER_FILE": str(tmp_path / "missing")}
    assert parse(environ, SlurmSettings).ssh_user == ""
    assert "JARVICE_SLURM_SSH_USER_FILE" not in variables(SlurmSettings)
    assert "JARVICE_SLURM_SSH_PKEY_FILE" in variables(SlurmSettings)


def test_a_plugins_own_settings_are_those_that_the_core_lacks() -> None:
    """A plugin's own settings follow the core's in the table of the plugin's class."""
    own = own_table(SlurmSettings)
    assert own[0].metadata["name"] == "JARVICE_SLURM_CLUSTER_ADDR"
    assert table(SlurmSettings) == (*table(Settings), *own)
