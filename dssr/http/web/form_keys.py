"""The key of a form, by which it is one submission however often it is sent."""

import re
import secrets

from dssr.http.request import current
from dssr.http.v1.ownership import owner
from dssr.http.v1.use_cases import UseCases
from dssr.jobs.request import Origin

KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


def new_key() -> str:
    """A key for a form that is shown for the first time."""
    return secrets.token_urlsafe(18)


def origin_of(use_cases: UseCases, key: str) -> Origin:
    """Who submits, and by which form. ``key``: empty for what submits nothing."""
    now = current()
    now.owner = owner(use_cases.bridge)
    caller = f"{now.caller.by}/{now.caller.name}" if now.caller else ""
    known_by = f"form-{key}" if KEY.fullmatch(key) else ""
    return Origin(caller=caller, key=known_by, owner=now.owner)
