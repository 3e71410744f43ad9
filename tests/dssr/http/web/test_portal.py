"""What the pages of a portal share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dssr.errors import SettingsError
from dssr.http.web.portal import Portal
from dssr.settings import Settings


def test_two_bridges_have_two_cookies(tmp_path: Path) -> None:
    """Bridges with other directories, or on other ports, do not overwrite each other's cookie; the
    same bridge has the same one after a restart."""

    def cookie(directory: str, port: int) -> str:
        settings = Settings(web=True, web_state=f"{tmp_path}/{directory}/", port=port)
        return Portal.of(settings, None).site.cookie

    assert len({cookie("a", 1), cookie("a", 2), cookie("b", 1)}) == 3
    assert cookie("a", 1) == cookie("a", 1)


def test_starts_at_once_have_one_cookie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two bridges that start in one new directory at once, both have the name of the first."""
    settings = Settings(web=True, web_state=f"{tmp_path}/web/", port=1)
    names: list[str] = []

    def make_token(size: int) -> str:
        if names:
            return "cd" * size
        names.append("")  # the other one starts in between
        names[0] = Portal.of(settings, None).site.cookie
        return "ab" * size

    monkeypatch.setattr("dssr.http.web.portal.secrets.token_hex", make_token)
    assert Portal.of(settings, None).site.cookie == names[0]
    assert [path.name for path in (tmp_path / "web").iterdir() if path.is_file()] == ["instance"]


def test_a_directory_of_others_stops_the_start(
    serve_portal: Callable[..., Any], tmp_path: Path
) -> None:
    """The bridge does not start with a directory for sessions that others can read."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    with pytest.raises(SettingsError, match="JARVICE_WEB_STATE"):
        serve_portal(web_state=f"{tmp_path}/open/")
