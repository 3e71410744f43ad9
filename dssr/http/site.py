"""Where the portal is for a browser: its address, and what follows from that."""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

HOME = "/"
# The cookie of a session, of whichever bridge, in a header.
SESSION_COOKIE = re.compile(r"(?:^|;\s*)(dssr_[0-9a-f]{12}=[A-Za-z0-9_-]{43})\s*(?:;|$)")
_LONGEST = 2000  # characters of a path that a browser is sent back to
_CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\\]")


@dataclass(frozen=True)
class Site:
    """The portal's place. ``origin``: empty where it is the host that a browser calls."""

    origin: str
    prefix: str  # of each path; empty, or as in /bridge
    cookie: str  # the name of the session's cookie

    @classmethod
    def at(cls, url: str, instance: str) -> "Site":
        """The site at a URL, which may be empty. ``instance``: what no other bridge has: a browser
        sends a cookie to all ports of a host."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc.lower()}" if url else ""
        digest = hashlib.sha256(f"{instance}\0{url}".encode()).hexdigest()[:12]
        return cls(origin, parts.path.rstrip("/"), f"dssr_{digest}")

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it by HTTPS alone."""
        return self.origin.startswith("https:")

    @property
    def cookie_path(self) -> str:
        """The path that the cookie is for."""
        return self.prefix or "/"

    def link(self, path: str) -> str:
        """A path of the bridge, as a link in a page."""
        return f"{self.prefix}{path}"

    def is_own_origin(self, origin: str, host: str) -> bool:
        """Whether a page with that origin is the portal's. ``host``: that the request names."""
        if self.origin:
            return origin.lower() == self.origin
        return bool(host) and origin.lower() in (
            f"http://{host}".lower(),
            f"https://{host}".lower(),
        )


def local_path(text: str) -> str:
    """``text`` where it is a path of this site, such as ``/jobs?page=2``, or else that of the start
    page.

    A browser reads ``//host``, ``/\\host`` and what has control characters as other sites.
    """
    is_path = text.startswith("/") and not text.startswith("//")
    if not is_path or _CONTROLS.search(text) or len(text) > _LONGEST or _leaves(text):
        return HOME
    return quote(text, safe="/?&=%#:;,@!$'()*+~.-_[]")


def _leaves(path: str) -> bool:
    """Whether a step of the path leads up, or is spelt so that a proxy may read it as one."""
    steps = re.split(r"[/?#]", path.lower().replace("%2e", ".").replace("%2f", "/"))
    return ".." in steps or "%5c" in path.lower() or re.match(r"/%2f", path.lower()) is not None
