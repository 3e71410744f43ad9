"""Upstream users -> local users and their keys, as the reference's mapping file says it.

The file (README of the reference, "Users ID mapping"): a list under ``users_id_mapping``; of each entry ``mail``,
``mapped_user`` and ``ssh_private_key_b64`` count, what else stands there (names for humans) does not.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from dssr.errors import SettingsError
from dssr.identity import local_users

_TOP = "users_id_mapping"
_MOST_PROBLEMS = 20
_LOADERS_OWN = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
)  # what PyYAML lets through for an odd scalar: '!!bool x'


@dataclass(frozen=True)
class UserMap:
    """What one state of the file says. ``keys`` has those local users whose key stands in it."""

    users: Mapping[str, str]  # mail -> local user
    keys: Mapping[str, str] = field(repr=False)  # local user -> private key as PEM


def read(text: str, *, keys_elsewhere: bool = False, never: Collection[str] = ()) -> UserMap:
    """Read the file's text. ``keys_elsewhere``: an entry may do without a key. ``never``: local users that must not be.

    A local user may stand in several entries; his first key counts. Raises ``SettingsError`` with all that is wrong (none of
    it then counts), no part of a key in it.
    """
    users: dict[str, str] = {}
    keys: dict[str, str] = {}
    problems: list[str] = []
    for where, entry in _entries(text):
        try:
            mail, user, key = _entry(entry, keys_elsewhere, never)
            if mail in users:
                raise ValueError(
                    f"is the second one for {ascii(mail)[:200]}: leave one of them out"
                )
        except ValueError as error:
            problems.append(f"{where} {error}.")
            continue
        users[mail] = user
        if key:
            keys.setdefault(user, key)
    if problems:
        raise SettingsError(problems[:_MOST_PROBLEMS])
    return UserMap(users, keys)


def _entries(text: str) -> Iterator[tuple[str, Any]]:
    try:
        whole = yaml.load(text, Loader=_Once)  # noqa: S506 - it is a safe loader
    except (yaml.YAMLError, RecursionError, *_LOADERS_OWN) as error:
        raise SettingsError(
            [f"It is no YAML of the kind that is wanted here{_place(error)}."]
        ) from None
    listed = whole.get(_TOP) if isinstance(whole, dict) else whole
    if not isinstance(listed, list):
        raise SettingsError(
            [
                f"It has no list '{_TOP}' of entries with 'mail', 'mapped_user' and 'ssh_private_key_b64'."
            ]
        )
    return ((f"Entry {number}", entry) for number, entry in enumerate(listed, 1))


def _entry(entry: Any, keys_elsewhere: bool, never: Collection[str]) -> tuple[str, str, str]:
    if not isinstance(entry, dict):
        raise ValueError("is no group of 'mail', 'mapped_user' and 'ssh_private_key_b64'")
    mail = _text(entry, "mail")
    if not mail.isprintable():
        raise ValueError("has a 'mail' with characters that no address has")
    name = _text(entry, "mapped_user")
    key = (
        ""
        if keys_elsewhere and not entry.get("ssh_private_key_b64")
        else _text(entry, "ssh_private_key_b64")
    )
    whose = f"({ascii(mail)[:200]}):"
    user = _named(f"{whose} 'mapped_user'", lambda: local_users.check_name(name, never))
    return (
        mail,
        user,
        key and _named(f"{whose} 'ssh_private_key_b64'", lambda: local_users.check_key(key)),
    )


def _named(what: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except ValueError as error:
        raise ValueError(f"{what} {error}") from None


def _text(entry: dict[Any, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(
            f"has no {key!r}"
            if value is None
            else f"has a {key!r} that is no text: put quotes around it"
        )
    return value.strip()


def _place(error: Exception) -> str:
    """Where, and nothing of what stands there: PyYAML's own words quote the line, which may be a key's."""
    mark = getattr(error, "problem_mark", None)
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""


class _Once(yaml.SafeLoader):
    """A safe loader that refuses a key that stands twice, of which YAML readers silently take the last."""


def _mapping(loader: _Once, node: yaml.MappingNode) -> dict[Any, Any]:
    names = [loader.construct_object(key) for key, _ in node.value]
    if any(not isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
    return loader.construct_mapping(node, deep=True)


_construct: Callable[[_Once, yaml.MappingNode], dict[Any, Any]] = _mapping
_Once.add_constructor("tag:yaml.org,2002:map", _construct)
