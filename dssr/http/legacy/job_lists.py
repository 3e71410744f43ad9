"""The lists of jobs, put into words once for each snapshot: many upstreams ask for the same one."""

from collections.abc import Callable, Sequence

from flask import Response, jsonify

from dssr.bridge import Bridge
from dssr.http.legacy import wire
from dssr.job import JobStatus, Snapshot


class Listing:
    """One list of jobs. The last answer is kept as long as its snapshot is the current one."""

    def __init__(self, bridge: Bridge, pick: Callable[[Snapshot], Sequence[JobStatus]]) -> None:
        self._bridge, self._pick = bridge, pick
        self._kept: tuple[Snapshot | None, bytes] = (None, b"")

    def answer(self) -> Response:
        """The list, and how old it is."""
        snapshot = self._bridge.snapshot()
        kept, body = self._kept
        if kept is not snapshot:
            body = jsonify(wire.jobs(self._pick(snapshot))).get_data()
            self._kept = (snapshot, body)
        return Response(body, content_type="application/json", headers=wire.age(snapshot))
