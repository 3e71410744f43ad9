"""The table of settings and its reading."""

from pathlib import Path
from typing import Any

import pytest

from dssr.errors import SettingsError
from dssr.settings import Settings, default_of, load, table


def test_nothing_set_is_every_default() -> None:
    """An empty environment, and an environment of empty values, are the same."""
    assert load({}) == Settings()
    assert load({f.metadata["name"]: "" for f in table()}) == Settings()


@pytest.mark.parametrize("f", table(), ids=lambda f: str(f.metadata["name"]))
def test_a_default_can_be_written_as_the_table_shows_it(f: object) -> None:
    """What an operator copies from the table gives the same settings."""
    assert load({f.metadata["name"]: default_of(f)}) == Settings()  # type: ignore[attr-defined,arg-type]


@pytest.mark.parametrize("f", table(), ids=lambda f: str(f.metadata["name"]))
def test_every_setting_is_explained(f: object) -> None:
    """In at least one sentence."""
    assert f.metadata["about"].endswith(".")  # type: ignore[attr-defined]


def test_every_problem_is_reported_at_once_and_no_secret_with_it() -> None:
    """Each names its variable; a value is shown only where it is no secret."""
    bad = {
        "WAITRESS_PORT": "many",
        "JARVICE_RETENTION_TIME": "long",
        "JARVICE_SCHED_SERVER_KEY": "MARKED",
    }
    with pytest.raises(SettingsError) as caught:
        load(bad)
    assert [p.split()[0] for p in caught.value.problems] == [
        "WAITRESS_PORT",
        "JARVICE_SCHED_SERVER_KEY",
        "JARVICE_RETENTION_TIME",
    ]
    assert "'many'" in caught.value.message
    assert "MARKED" not in caught.value.message


def test_an_older_name_counts_until_the_new_one_is_set() -> None:
    """JARVICE_BAREMETAL_SCRATCH_DIR is what the field has."""
    older = {"JARVICE_BAREMETAL_SCRATCH_DIR": "/old"}
    assert load(older).scratch_dir == "/old/"
    assert load(older | {"JARVICE_JOB_SCRATCH_DIR": "/new"}).scratch_dir == "/new/"


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    """As container platforms hand them over; the newline at the end is not part of it."""
    (tmp_path / "key").write_text("user:password\n")
    assert (
        load({"JARVICE_SCHED_SERVER_KEY_FILE": str(tmp_path / "key")}).server_key == "user:password"
    )


def test_a_secrets_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """The variable is named, and so is the file's."""
    with pytest.raises(
        SettingsError,
        match="JARVICE_SCHED_SERVER_KEY cannot be read from the file that JARVICE_SCHED_SERVER_KEY_FILE",
    ):
        load({"JARVICE_SCHED_SERVER_KEY_FILE": str(tmp_path / "missing")})


def test_a_secret_given_twice_is_a_problem(tmp_path: Path) -> None:
    """Nobody could tell which one counts."""
    with pytest.raises(SettingsError, match="leave one of them out"):
        load(
            {
                "JARVICE_SCHED_SERVER_KEY_FILE": str(tmp_path / "key"),
                "JARVICE_SCHED_SERVER_KEY": "user:password",
            }
        )


def test_a_file_is_read_for_secrets_only(tmp_path: Path) -> None:
    """Other settings come from their variable alone; such a name is nobody's."""
    assert load({"JARVICE_SLURM_SSH_USER_FILE": str(tmp_path / "missing")}).ssh_user == ""


def test_unknown_variables_are_handed_to_plugins() -> None:
    """Only those that begin with JARVICE_."""
    assert load({"JARVICE_MINE": "1", "PATH": "/bin"}).others == {"JARVICE_MINE": "1"}


def test_secrets_do_not_show_in_a_repr() -> None:
    """A repr ends in logs."""
    secrets: dict[str, Any] = {f.name: "MARKED" for f in table() if f.metadata["secret"]}
    assert "MARKED" not in repr(Settings(**secrets))
