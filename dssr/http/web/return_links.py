"""The way back to a site that sent a user here to submit a job: only if the operator lists it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

_ADDRESS = re.compile(
    r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~%/-]*)?(\?[\w.~%&=-]*)?"
)
_LONGEST = 1000  # characters


@dataclass(frozen=True)
class ReturnLinks:
    """``listed``: addresses as the operator writes them; what is below them is listed, too."""

    listed: Collection[str]

    def allows(self, address: str) -> bool:
        """Whether a link to that address may be shown."""
        if len(address) > _LONGEST or not _ADDRESS.fullmatch(address) or _climbs(address):
            return False
        path = address.partition("?")[0]
        return any(
            path == one.rstrip("/") or path.startswith(f"{one.rstrip('/')}/") for one in self.listed
        )

    def link(self, address: str, job: str, state: str) -> tuple[str, str] | None:
        """The name of the site, and the address with the job's id and state; ``None`` where it is
        not listed."""
        if not self.allows(address):
            return None
        mark = "&" if "?" in address else "?"
        return urlsplit(address).netloc, f"{address}{mark}{urlencode({'job': job, 'state': state})}"


def _climbs(address: str) -> bool:
    """Whether a step of the path leads up, also where it is spelt otherwise."""
    return ".." in address.lower().replace("%2e", ".")
