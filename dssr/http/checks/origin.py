"""Pages of foreign sites in a browser that reaches the bridge: they change nothing, and cannot pass for the bridge itself."""

import functools
import ipaddress
from urllib.parse import urlsplit

from flask import Request

from dssr.errors import Denied
from dssr.settings import Settings
from dssr.settings.validation import is_protected, on_loopback

_OWN = frozenset(
    {"same-origin", "none"}
)  # what a browser says of its own page, and of what a user typed (Fetch Metadata)


def needs_host_check(settings: Settings) -> bool:
    """Whether a request's ``Host`` says something: where nothing else says who may call but that it comes from this machine."""
    return on_loopback(settings) and not is_protected(settings) and not settings.run_open


def refuse_foreign_pages(request: Request) -> None:
    """Raises ``Denied`` for a request that a page of another site has a browser send."""
    environ = request.environ
    site, origin = environ.get("HTTP_SEC_FETCH_SITE"), environ.get("HTTP_ORIGIN")
    if site is None and origin is None:
        return  # no browser
    if (site is None or site in _OWN) and (
        origin is None or _netloc(origin) == environ.get("HTTP_HOST", "").lower()
    ):
        return
    raise Denied(
        "A page of another site sent this from a browser: calls that change something are not taken from there."
    )


def refuse_foreign_names(request: Request) -> None:
    """Raises ``Denied`` for a request to a name that a foreign site may have pointed at this machine (DNS rebinding)."""
    host = request.environ.get("HTTP_HOST", "localhost")
    if not _is_ours(host):
        raise Denied(
            f"The bridge is not called {host[:60]!r}, and serves this machine alone: call it as localhost, or set "
            "JARVICE_SCHED_SERVER_KEY or JARVICE_SCHED_TOKENS_FILE to say who may call."
        )


@functools.lru_cache(maxsize=256)
def _is_ours(host: str) -> bool:
    """An address is what it is, and a name without a dot is nobody's on the internet."""
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
