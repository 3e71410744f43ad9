"""The text of a mapping file -> upstream users, their local users, and those users' keys.

The file is the reference's (its README, "Users ID mapping"): a list ``users_id_mapping`` of entries
with ``mail``, ``mapped_user`` and ``ssh_private_key_b64``. Other keys of an entry, such as names
for people, are not read.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import yaml

from dssr.errors import SettingsError
from dssr.identity import local_users

_TOP = "users_id_mapping"
_KEY = "ssh_private_key_b64"
_MOST_PROBLEMS = 20
# what PyYAML lets through for an odd scalar such as '!!bool x'
_LOADERS_OWN = (ValueError, TypeError, LookupError, AttributeError)


@dataclass(frozen=True)
class UserMap:
    """What one state of the file says. ``keys`` has the local users whose key is in the file."""

    users: Mapping[str, str]  # mail -> local user
    keys: Mapping[str, str] = field(repr=False)  # local user -> private key as PEM


def read(text: str, *, keys_elsewhere: bool = False, never: Collection[str] = ()) -> UserMap:
    """Read the file's text.

    ``keys_elsewhere``: an entry needs no key. ``never``: names that must not be local users. A
    local user may be in several entries, whose first key is taken. Raises ``SettingsError`` with
    all that is wrong, and no part of a key in it; then none of the file takes effect.
    """
    users: dict[str, str] = {}
    keys: dict[str, str] = {}
    problems: list[str] = []
    for number, entry in enumerate(_entries(text), 1):
        try:
            mail, user, key = _entry(entry, keys_elsewhere, never)
            if mail in users:
                raise ValueError(
                    f"is the second one for {ascii(mail)[:200]}: leave one of them out"
                )
        except ValueError as error:
            problems.append(f"Entry {number} {error}.")
            continue
        users[mail] = user
        if key:
            keys.setdefault(user, key)
    if problems:
        raise SettingsError(problems[:_MOST_PROBLEMS])
    return UserMap(users, keys)


def _entries(text: str) -> list[Any]:
    try:
        whole = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - it is a safe loader
    except (yaml.YAMLError, RecursionError, *_LOADERS_OWN) as error:
        raise SettingsError(
            [f"It is no YAML of the kind that is wanted here{_place(error)}."]
        ) from None
    listed = whole.get(_TOP) if isinstance(whole, dict) else whole
    if not isinstance(listed, list):
        raise SettingsError(
            [f"It has no list '{_TOP}' of entries with 'mail', 'mapped_user' and '{_KEY}'."]
        )
    return listed


def _entry(entry: Any, keys_elsewhere: bool, never: Collection[str]) -> tuple[str, str, str]:
    """Mail, local user and key ('' for none) of an entry. Raises ``ValueError``."""
    if not isinstance(entry, dict):
        raise ValueError(f"is no group of 'mail', 'mapped_user' and '{_KEY}'")
    mail = _text(entry, "mail")
    if not mail.isprintable():
        raise ValueError("has a 'mail' with characters that no address has")
    name = _text(entry, "mapped_user")
    key = "" if keys_elsewhere and not entry.get(_KEY) else _text(entry, _KEY)
    with _naming(f"({ascii(mail)[:200]}): 'mapped_user'"):
        user = local_users.check_name(name, never)
    with _naming(f"({ascii(mail)[:200]}): '{_KEY}'"):
        return mail, user, key and local_users.check_key(key)


@contextmanager
def _naming(what: str) -> Iterator[None]:
    """Within the block, a ``ValueError`` gets the name of what it is about in front."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{what} {error}") from None


def _text(entry: dict[Any, Any], key: str) -> str:
    value = entry.get(key)
    if value is None:
        raise ValueError(f"has no {key!r}")
    if not isinstance(value, str):
        raise ValueError(f"has a {key!r} that is no text: put quotes around it")
    if not value.strip():
        raise ValueError(f"has an empty {key!r}")
    return value.strip()


def _place(error: Exception) -> str:
    """The line and column. PyYAML's own words quote the line, which may be a key's."""
    mark = getattr(error, "problem_mark", None)
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""


class _UniqueKeys(yaml.SafeLoader):
    """A safe loader that refuses a repeated key, of which YAML readers silently take the last."""


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode) -> dict[Any, Any]:
    names = [loader.construct_object(key) for key, _ in node.value]
    if any(not isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise yaml.constructor.ConstructorError(None, None, "a repeated key", node.start_mark)
    return loader.construct_mapping(node, deep=True)


_construct: Callable[[_UniqueKeys, yaml.MappingNode], dict[Any, Any]] = _mapping
_UniqueKeys.add_constructor("tag:yaml.org,2002:map", _construct)
