"""A list in pages whose members come and go meanwhile. Pure.

A page ends at a place in the order, not after a number of members, so that the next page repeats
and skips none.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from dssr.errors import no_cursor
from dssr.seams import QueuedJob

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
Key = tuple[tuple[int, str], ...]  # of each part: its number, or 0, and its text


class Order(Protocol[T_contra]):
    """An order of members; no two are at the same place."""

    def cursor(self, member: T_contra) -> str:
        """The member's place as text for a URL."""
        ...

    def key(self, cursor: str) -> Key:
        """Where that place is in the order. Raises ``BadRequest`` for another text."""
        ...


class Listing(Generic[T]):
    """Keeps the order of the last members that it was asked for: they are the same for many
    callers."""

    def __init__(self, order: Order[T]) -> None:
        self._order = order
        self._ordered: tuple[Sequence[T], Sequence[T]] = ((), ())

    def page(self, members: Sequence[T], limit: int, after: str) -> tuple[Sequence[T], str | None]:
        """At most ``limit`` members behind the cursor ``after`` (empty: from the first on), and the
        cursor of the next page, if there is one. Raises ``BadRequest`` for another text."""
        source, ordered = self._ordered
        if source is not members:
            ordered = sorted(members, key=self._key)
            self._ordered = members, ordered
        begin = bisect_right(ordered, self._order.key(after), key=self._key) if after else 0
        page = ordered[begin : begin + limit]
        has_more = begin + limit < len(ordered)
        return page, self._order.cursor(page[-1]) if has_more else None

    def _key(self, member: T) -> Key:
        return self._order.key(self._order.cursor(member))


class Named(Protocol):
    """Something with a name of its own."""

    @property
    def name(self) -> str:
        """The name."""
        ...


class ByName:
    """By name, ``n2`` before ``n10``. Every text is a place."""

    def cursor(self, member: Named) -> str:
        """See ``Order``."""
        return member.name

    def key(self, cursor: str) -> Key:
        """See ``Order``. Parts that are numbers are at odd places, and the name itself is last."""
        parts = re.split(r"([0-9]{1,18})", cursor)
        pairs = ((int(part), "") if nth % 2 else (0, part) for nth, part in enumerate(parts))
        return (*pairs, (0, cursor))


class ByPriority:
    """Jobs that wait come first, in the order in which the scheduler considers them: those of
    higher priority and, among equals, those with a lower id."""

    FORM = re.compile(r"([01])~([0-9]{1,18})~([^\n]{1,200})")

    def cursor(self, member: QueuedJob) -> str:
        """See ``Order``."""
        return f"{int(not member.state.is_queued)}~{member.priority or 0}~{member.native_id}"

    def key(self, cursor: str) -> Key:
        """See ``Order``."""
        match = self.FORM.fullmatch(cursor)
        if match is None:
            raise no_cursor(cursor)
        return ((int(match[1]), ""), (-int(match[2]), ""), *ByName().key(match[3]))
