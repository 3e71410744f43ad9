"""Pages of other sites, in a browser that can reach the bridge: they change nothing, and cannot
pass for the bridge's own.
"""

import functools
import ipaddress
from urllib.parse import urlsplit

from flask import Request

from dssr.errors import Denied
from dssr.settings import Settings
from dssr.settings.validation import is_protected, on_loopback

# Fetch Metadata: a browser sends these for the bridge's own pages and for a typed address.
_OWN = frozenset({"same-origin", "none"})


def needs_host_check(settings: Settings) -> bool:
    """Whether to check a request's ``Host``: where every process of this machine may call, and no
    other.
    """
    return on_loopback(settings) and not is_protected(settings) and not settings.run_open


def refuse_foreign_pages(request: Request) -> None:
    """Raises ``Denied`` for a request that a browser sends for a page of another site."""
    environ = request.environ
    site, origin = environ.get("HTTP_SEC_FETCH_SITE"), environ.get("HTTP_ORIGIN")
    if site is None and origin is None:
        return  # not from a browser
    if (site is None or site in _OWN) and (
        origin is None or _netloc(origin) == environ.get("HTTP_HOST", "").lower()
    ):
        return
    raise Denied(
        "A page of another site sent this from a browser: the bridge accepts no calls that change"
        " something from there."
    )


def refuse_foreign_names(request: Request) -> None:
    """Raises ``Denied`` for a name that may be another site's (DNS rebinding)."""
    host = request.environ.get("HTTP_HOST", "localhost")
    if not _is_ours(host):
        raise Denied(
            f"The bridge is not called {host[:60]!r}, and serves this machine alone: call it as"
            " localhost, or say who may call, with JARVICE_SCHED_SERVER_KEY or"
            " JARVICE_SCHED_TOKENS_FILE."
        )


@functools.lru_cache(maxsize=256)
def _is_ours(host: str) -> bool:
    """Whether no site can own the name: an address, or a name without a dot."""
    name = host.rpartition("]")[0][1:] if host.startswith("[") else host.rpartition(":")[0] or host
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return "." not in name.rstrip(".") or name.rstrip(".").lower().endswith(".localhost")


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
