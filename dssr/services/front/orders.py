"""What the control socket's commands are given, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from dssr.errors import BadRequest
from dssr.services.front.health import Check, Outcome

_WITHIN = 10.0  # seconds in which a new target must be healthy


def number_of(order: Mapping[str, Any], name: str, default: float) -> float:
    """A number of seconds. Raises ``BadRequest``."""
    value = order.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise BadRequest(f"'{name}' must be a number of seconds.")
    return value


def text_of(order: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A text on one line. Raises ``BadRequest``."""
    value = order.get(name, default)
    if not isinstance(value, str) or not value.isprintable():
        raise BadRequest(f"'{name}' must be a text on one line.")
    return value


def port_of(order: Mapping[str, Any]) -> int:
    """A port. Raises ``BadRequest``."""
    port = order.get("port")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise BadRequest("'port' must be a number from 1 to 65535.")
    return port


@dataclass(frozen=True)
class Aim:
    """A target: a port of a host in the cluster, or a Unix socket of this machine.

    :ivar drain: seconds for the connections to the target before.
    :ivar check: whether it must be healthy first, ``within`` that many seconds.
    """

    name: str
    place: tuple[str, int]
    path: Path | None
    secret: str = field(repr=False)
    drain: float
    check: bool
    within: float

    @classmethod
    def parse(cls, order: Mapping[str, Any], drain: float) -> Self:
        """Raises ``BadRequest``."""
        path = Path(text_of(order, "socket")) if "socket" in order else None
        secret, check = text_of(order, "secret", ""), order.get("check", True)
        if " " in secret:  # it is a word of the relay's first line
            raise BadRequest("'secret' must be one word.")
        if not isinstance(check, bool):
            raise BadRequest("'check' must be true or false.")
        return cls(
            text_of(order, "name"),
            _place(order) if path is None else ("", 0),
            path,
            secret,
            number_of(order, "drain", drain),
            check,
            number_of(order, "within", _WITHIN),
        )


def _place(order: Mapping[str, Any]) -> tuple[str, int]:
    port = port_of(order)
    return text_of(order, "host"), port


@dataclass(frozen=True)
class Look:
    """What another process knows of a target."""

    target: str
    check: Check
    outcome: Outcome
    detail: str

    @classmethod
    def parse(cls, order: Mapping[str, Any]) -> Self:
        """Raises ``BadRequest``."""
        try:
            check, outcome = Check(str(order.get("check"))), Outcome(str(order.get("outcome")))
        except ValueError as error:
            raise BadRequest(
                f"'check' is one of {', '.join(Check)}; 'outcome' of {', '.join(Outcome)}."
            ) from error
        return cls(text_of(order, "target"), check, outcome, text_of(order, "detail", ""))
