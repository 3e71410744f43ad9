"""The profile of a site: a file of settings that ``dssr doctor --save`` writes."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from dssr.errors import SettingsError

VARIABLE = "JARVICE_SITE_PROFILE"
_NAME = re.compile(r"(?:JARVICE|WAITRESS)_[A-Z0-9_]+")


def applied(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment, and from the profile that it names what it does not set itself. Raises
    ``SettingsError`` for a file that cannot be read."""
    path = environ.get(VARIABLE, "").strip()
    if not path:
        return environ
    given = {name: value for name, value in environ.items() if value}
    return {**environ, **read(Path(path)), **given}


def read(path: Path) -> Mapping[str, str]:
    """The settings in a profile: lines ``export NAME='value'``, with or without the first word.
    Raises ``SettingsError``."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"The profile {path} cannot be read: {error}."]) from error
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        found.update(_settings(line, f"{path}, line {number}"))
    return found


def place(environ: Mapping[str, str], host: str) -> Path:
    """Where the profile of a cluster is, by the host name that a user calls it by."""
    home = Path(environ.get("HOME") or Path.home())
    base = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return base / "dssr" / "sites" / f"{host.replace('/', '_')}.env"


def _settings(line: str, where: str) -> Mapping[str, str]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise SettingsError([f"{where}: {error}."]) from error
    pairs = [word.partition("=") for word in words if word != "export"]
    if strangers := [name for name, equals, _ in pairs if not (equals and _NAME.fullmatch(name))]:
        raise SettingsError([
            f"{where}: {strangers[0][:60]!r} is no setting of dssr; a line is "
            "export NAME='value', or a comment."
        ])  # fmt: skip
    return {name: value for name, _, value in pairs}
