"""A service of a bridge, as it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from dssr.services.held import Held
from dssr.services.sight import Sight


@dataclass(frozen=True)
class Shown:
    """A service. ``taken``: when it was looked at, on the clock of ``time.monotonic``.
    ``addresses``: ``url`` and ``browser_url``, with the token; empty while they lead nowhere."""

    sight: Sight
    taken: float
    addresses: Mapping[str, str]
    problem: str = ""
    is_held: bool = False  # this bridge keeps its address

    @property
    def name(self) -> str:
        """The service's name."""
        return self.sight.view.spec.name


def shown_of(sight: Sight, taken: float, held: Held | None) -> Shown:
    """``held``: what keeps its front here, if anything does."""
    leads = held is not None and sight.is_served
    addresses = held.addresses if held is not None and leads else {}
    return Shown(sight, taken, addresses, held.problem if held else "", held is not None)
