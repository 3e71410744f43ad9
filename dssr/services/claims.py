"""The names of services that users of a bridge start. Names are host names there, so two users
cannot have the same one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dssr.errors import Conflict
from dssr.services.held import Held


class Claims:
    """May be used by many threads."""

    def __init__(self) -> None:
        self._claims: list[tuple[str, str]] = []  # names and owners of starts that are under way
        self._lock = threading.Lock()

    @contextmanager
    def of(self, name: str, owner: str, holder: Callable[[], Held | None]) -> Iterator[None]:
        """The name is this owner's until the service is held, or is not started. ``holder``: what
        keeps the service now. Raises ``Conflict``."""
        with self._lock:
            held = holder()
            others = {whose for claimed, whose in self._claims if claimed == name} - {owner}
            if others or (held and held.is_alive and held.owner != owner):
                raise Conflict(
                    f"Another user of this bridge has a service {name!r}: name it otherwise."
                )
            self._claims.append((name, owner))
        try:
            yield
        finally:
            with self._lock:
                self._claims.remove((name, owner))
