"""A list in pages whose members come and go meanwhile. Pure.

A page ends at a place in the order, not after a number of members, so that the next page repeats
and skips none.
"""

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from dssr.errors import BadRequest

T = TypeVar("T")
Key = tuple[int | str, ...]
_LONGEST = 2000  # characters of a cursor


class Listing(Generic[T]):
    """Keeps the order of the last members that it was asked for: they are the same for many
    callers."""

    def __init__(self, key: Callable[[T], Key]) -> None:
        """``key``: a member's place in the order, which no other member has."""
        self._key = key
        self._ordered: tuple[Sequence[T], Sequence[T]] = ((), ())

    def page(self, members: Sequence[T], limit: int, after: str) -> tuple[Sequence[T], str | None]:
        """At most ``limit`` members behind the cursor ``after`` (empty: from the first on), and the
        cursor of the next page, if there is one. Raises ``BadRequest`` for another text."""
        source, ordered = self._ordered
        if source is not members:
            ordered = sorted(members, key=self._key)
            self._ordered = members, ordered
        begin = self._behind(ordered, after) if after else 0
        page = ordered[begin : begin + limit]
        has_more = begin + limit < len(ordered)
        return page, _cursor(self._key(page[-1])) if has_more else None

    def _behind(self, ordered: Sequence[T], after: str) -> int:
        try:
            if len(after) > _LONGEST:
                raise ValueError("too long")
            place = json.loads(base64.urlsafe_b64decode(after))
            return bisect_right(ordered, tuple(place), key=self._key)
        except (ValueError, TypeError, RecursionError) as error:
            raise BadRequest(
                f"'after' is {after[:60]!r}, which is no cursor: send the member 'next' of the "
                "page before, or leave 'after' out for the first page."
            ) from error


def _cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
