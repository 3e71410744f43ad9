"""The lists of jobs. Each is rendered once for each snapshot, because many upstreams poll the same
one.
"""

from collections.abc import Callable, Sequence

from flask import Response, jsonify

from dssr.bridge import Bridge
from dssr.http.legacy import wire
from dssr.job import JobStatus, Snapshot


class JobList:
    """One list of jobs. The last response is kept as long as its snapshot is the current one."""

    def __init__(self, bridge: Bridge, pick: Callable[[Snapshot], Sequence[JobStatus]]) -> None:
        self._bridge, self._pick = bridge, pick
        self._kept: tuple[Snapshot | None, bytes] = (None, b"")

    def response(self) -> Response:
        """The list, with its age."""
        snapshot = self._bridge.snapshot()
        kept, body = self._kept
        if kept is not snapshot:
            body = jsonify(wire.jobs(self._pick(snapshot))).get_data()
            self._kept = (snapshot, body)
        age = {"Age": wire.age(snapshot)}
        return Response(body, content_type="application/json", headers=age)
