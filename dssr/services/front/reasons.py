"""Why the way to a target has refused a connection."""

import asyncio
from collections.abc import Callable

# The reason since that moment of ``time.monotonic``, as a sentence, or ''.
Refusal = Callable[[float], str]
_LATER, _LOOKS = 0.02, 10  # seconds, times: ssh gives its reason after it has closed the connection


async def reason(refusal: Refusal, since: float) -> str:
    """The reason, for which it waits a little."""
    for _ in range(_LOOKS):
        if found := refusal(since):
            return found
        await asyncio.sleep(_LATER)
    return ""
