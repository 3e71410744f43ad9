"""What is known of a service at one moment. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dssr.seams.services import ServiceView
from dssr.services.chain import Chain, ServiceState


@dataclass(frozen=True)
class Sight:
    """What is known of a service. ``front``: its front's status; empty without a front. ``error``:
    why the last look failed; the rest is of the one before. ``refused``: why the front does not
    lead to the current job."""

    view: ServiceView
    chain: Chain
    front: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    refused: str = ""

    @property
    def is_served(self) -> bool:
        """Whether the address leads to a job that the front has found healthy."""
        health = self.front.get("health") or {}
        return bool(self.front.get("target")) and health.get("state") in ("healthy", "failing")

    @property
    def is_over(self) -> bool:
        """Whether the service has ended or failed."""
        return self.chain.state in (ServiceState.FAILED, ServiceState.STOPPED)
