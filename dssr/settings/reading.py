"""Environment -> settings, and what can be said about settings before they are read."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, TypeVar

from dssr.errors import SettingsError
from dssr.settings import Settings

AnySettings = TypeVar("AnySettings", bound=Settings)


def table(kind: type[Settings] = Settings) -> tuple[Field[Any], ...]:
    """The settings of a class in their order, those of the core first.

    ``metadata`` of each field has ``name``, ``parse``, ``about``, ``secret`` and ``older``.
    """
    return tuple(f for f in fields(kind) if f.metadata)


def own_table(kind: type[Settings]) -> tuple[Field[Any], ...]:
    """The settings of a plugin's class that the core does not have."""
    core = {f.name for f in table()}
    return tuple(f for f in table(kind) if f.name not in core)


def variables(kind: type[Settings]) -> set[str]:
    """The environment variables that are read for these settings."""
    return {
        name
        for f in table(kind)
        for name in (f.metadata["name"], f.metadata["older"], _file_variable(f))
        if name
    }


def default_of(f: Field[Any]) -> str:
    """A setting's default as an operator would write it."""
    value = "" if f.default is MISSING else f.default
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def parse(environ: Mapping[str, str], kind: type[AnySettings]) -> AnySettings:
    """Read settings, and check nothing but the form of each.

    For a command that needs one or two of them; a bridge needs ``dssr.configuration.load``. Raises
    ``SettingsError`` with every variable that cannot be read.
    """
    settings, unread = read(environ, kind)
    if unread:
        raise SettingsError(list(unread.values()))
    return settings


def read(environ: Mapping[str, str], kind: type[AnySettings]) -> tuple[AnySettings, dict[str, str]]:
    """The settings, and a sentence about each variable that cannot be read, by its name.

    A setting that cannot be read has its default. A secret may come from the file that
    ``<NAME>_FILE`` names.
    """
    values: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for f in table(kind):
        name = f.metadata["name"]
        try:
            if raw := _raw(environ, f):
                values[f.name] = f.metadata["parse"](raw)
        except (ValueError, OSError) as error:
            given = environ.get(name) or environ.get(f.metadata["older"], "")
            is_named = f.metadata["secret"] or repr(given) in str(error)
            shown = "" if is_named else f" (it is {given[:80]!r})"
            unread[name] = f"{name} {error}{shown}."
    return kind(**values), unread


def _raw(environ: Mapping[str, str], f: Field[Any]) -> str | None:
    name, file_variable = f.metadata["name"], _file_variable(f)
    path = environ.get(file_variable, "") if file_variable else ""
    if not path:
        return environ.get(name) or environ.get(f.metadata["older"])
    if environ.get(name):
        raise ValueError(f"is set, and {file_variable} too: leave one of them out")
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"cannot be read from the file that {file_variable} names: {error}"
        ) from error


def _file_variable(f: Field[Any]) -> str:
    return f"{f.metadata['name']}_FILE" if f.metadata["secret"] else ""
