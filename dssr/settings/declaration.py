"""How a setting is declared."""

from collections.abc import Callable
from dataclasses import field
from typing import Any


def setting(
    name: str,
    parse: Callable[[str], Any],
    default: Any,
    about: str,
    *,
    secret: bool = False,
    older: str = "",
) -> Any:
    """A setting: a dataclass field that is read from the environment variable ``name``.

    ``parse`` makes the value of the variable's text, or raises ``ValueError`` with what would be
    right ("must be ..."); ``dssr.settings.types`` has the usual ones. ``about`` is one or more full
    sentences. A ``secret`` may also come from the file that ``<name>_FILE`` names, and is never
    shown. ``older`` is a second variable, read where ``name`` is not set.
    """
    table = {"name": name, "parse": parse, "about": about, "secret": secret, "older": older}
    return field(default=default, metadata=table, repr=not secret)
