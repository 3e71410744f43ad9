"""The canary: a job that a connector submits, watches and reads back as it does every job."""

import time
from collections.abc import Callable
from dataclasses import replace

from connectors.shared.checks import failure, ok, skipped
from dssr.errors import Unavailable
from dssr.job import JobRef, JobResult, JobSpec, JobState
from dssr.seams import Connector, Finding

_SCRIPT = 'echo "canary on $(uname -n)"'
_QUEUE, _RUN = 60.0, 60.0  # seconds that are waited for its begin, and then for its result
_LOOK = 1.0  # seconds between looks
_WALLTIME = 300  # seconds

Options = tuple[tuple[str, str], ...]


def canary(
    connector: Connector,
    nodes: int,
    options: Options,
    submitted: Callable[[str], None],
    name: str = "dssr-canary",
) -> Finding:
    """Run it on so many nodes. ``options``: the scheduler's. ``submitted`` is called with its
    native id. ``name``: the job's."""
    began = time.monotonic()
    spec = JobSpec(
        name,
        1,
        nodes=nodes,
        source=_SCRIPT,
        script=_SCRIPT,
        exclusive=False,
        walltime=_WALLTIME,
        by_exit_code=True,
        options=options,
    )
    ref = replace(spec.ref, native_id=connector.submit(spec, _SCRIPT).native_id)
    submitted(ref.native_id)
    if not _has_begun(connector, ref):
        return skipped(f"The canary has waited in the queue for {_QUEUE:.0f} s.")
    return _verdict(_result(connector, ref), nodes, time.monotonic() - began)


def _has_begun(connector: Connector, ref: JobRef) -> bool:
    deadline = time.monotonic() + _QUEUE
    while time.monotonic() < deadline:
        status = connector.snapshot().find(ref)
        if status is None or not status.state.is_queued:
            return True
        time.sleep(_LOOK)
    return False


def _result(connector: Connector, ref: JobRef) -> JobResult:
    deadline = time.monotonic() + _RUN
    while True:
        try:
            if result := connector.result(ref):
                return result
            raise Unavailable("The connector does not know its own job any more.")
        except Unavailable:  # most often it has not ended
            if time.monotonic() > deadline:
                raise
        time.sleep(_LOOK)


def _verdict(result: JobResult, nodes: int, took: float) -> Finding:
    said = result.output.data.decode("utf-8", "replace")
    heard = sorted({line for line in said.splitlines() if line.startswith("canary on ")})
    where = ", ".join(line.removeprefix("canary on ") for line in heard)
    if result.state is JobState.COMPLETED and len(heard) == nodes:
        return ok(f"A job ran on {where}: submitted, watched and read back in {took:.1f} s.")
    return failure(
        f"The canary ended as {result.state} ({result.reason or 'without a reason'}), with the "
        f"output of {len(heard)} of {nodes} nodes: {said.strip()[-200:]!r}."
    )
