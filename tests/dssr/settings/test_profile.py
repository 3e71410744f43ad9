"""Reading the profile of a site."""

from pathlib import Path

import pytest

from dssr import configuration
from dssr.errors import SettingsError
from dssr.settings.profile import applied, place, read


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A profile with two settings."""
    path = tmp_path / "site.env"
    path.write_text(
        "# a comment\n\nexport JARVICE_BAREMETAL_CONNECTOR='dummy'  # another\n"
        'WAITRESS_PORT="7000"\n'
    )
    return path


def test_a_profile_fills_in_what_is_not_set(profile: Path) -> None:
    """A bridge reads the profile's settings, those of its own environment first."""
    environ = {"JARVICE_SITE_PROFILE": str(profile), "JARVICE_BAREMETAL_CONNECTOR": ""}
    settings = configuration.load(environ).settings
    assert (settings.connector, settings.port) == ("dummy", 7000)
    assert configuration.load(environ | {"WAITRESS_PORT": "8000"}).settings.port == 8000


def test_without_a_profile_nothing_changes() -> None:
    """An environment that names no profile is as it was."""
    environ = {"WAITRESS_PORT": "1"}
    assert applied(environ) is environ


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("PATH=/tmp", "'PATH' is no setting of dssr"),
        ("export JARVICE_STATE_DIR", "'JARVICE_STATE_DIR' is no setting"),
        ("export JARVICE_STATE_DIR='x", "line 1: No closing quotation"),
        ("rm -rf /", "'rm' is no setting"),
    ],
)
def test_other_lines_are_refused(tmp_path: Path, line: str, words: str) -> None:
    """A line that is neither a setting nor a comment is an error with its place."""
    path = tmp_path / "site.env"
    path.write_text(f"{line}\n")
    with pytest.raises(SettingsError, match=words):
        read(path)


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    """A profile that cannot be read keeps the bridge from starting, with the file's name."""
    with pytest.raises(SettingsError, match=r"none\.env cannot be read"):
        configuration.load({"JARVICE_SITE_PROFILE": str(tmp_path / "none.env")})


def test_the_place_of_a_profile() -> None:
    """A cluster's profile is in the user's configuration directory, under its name."""
    assert place({"HOME": "/home/bob"}, "login") == Path("/home/bob/.config/dssr/sites/login.env")
    assert place({"XDG_CONFIG_HOME": "/c"}, "a/../b") == Path("/c/dssr/sites/a_.._b.env")
