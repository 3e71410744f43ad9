"""The key of a form, by which it is one submission however often it is sent."""

import re
import secrets
from collections.abc import Mapping

from dssr.http.request import current
from dssr.http.v1.use_cases import UseCases
from dssr.jobs.request import Origin

KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_LONGEST = 1000  # characters of what a link carries on


def new_key() -> str:
    """A key for a form that is shown for the first time."""
    return secrets.token_urlsafe(18)


def origin_of(use_cases: UseCases, key: str) -> Origin:
    """Who submits, and by which form. ``key``: empty for what submits nothing."""
    now = current()
    now.owner = use_cases.bridge.owner("")
    caller = f"{now.caller.by}/{now.caller.name}" if now.caller else ""
    known_by = f"form-{key}" if KEY.fullmatch(key) else ""
    return Origin(caller=caller, key=known_by, owner=now.owner)


def carried(given: Mapping[str, str], *names: str) -> dict[str, str]:
    """These fields, as far as they are given and short enough for a link. All others of a query
    stay behind: some names have a meaning for what makes links."""
    return {name: given[name] for name in names if 0 < len(given.get(name, "")) <= _LONGEST}
