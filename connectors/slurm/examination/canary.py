"""The canary: a job that the connector submits, watches and cleans up as it does every job."""

import time
from collections.abc import Callable
from dataclasses import replace

from connectors.shared.checks import failure, ok, skipped
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.words.examination.directories import Directories
from dssr.errors import Unavailable
from dssr.job import JobRef, JobResult, JobSpec, JobState
from dssr.seams import Connector, Finding

_SCRIPT = 'echo "canary on $(uname -n)"'
_QUEUE, _RUN = 60.0, 60.0  # seconds that are waited for its begin, and then for its result
_LOOK = 1.0  # seconds between looks
_MINUTES = "5"


def canary(
    make: Callable[[SlurmSettings], Connector],
    settings: SlurmSettings,
    places: Directories,
    nodes: int,
    jobs: list[str],
) -> Finding:
    """Run it on so many nodes, in the examination's own directories. Its id is in ``jobs`` from
    when Slurm has it."""
    own = f"{places.state.own}canary/", f"{places.scratch.own}canary/"
    connector = make(replace(settings, state_dir=own[0], scratch_dir=own[1]))
    began = time.monotonic()
    spec = _spec(nodes, settings.check_options)
    ref = replace(spec.ref, native_id=connector.submit(spec, _SCRIPT).native_id)
    jobs.append(ref.native_id)
    result = _result(connector, ref)
    if isinstance(result, str):
        return skipped(result)
    return _verdict(result, nodes, time.monotonic() - began)


def _spec(nodes: int, check_options: tuple[str, ...]) -> JobSpec:
    chosen = [(name, value) for name, _, value in (each.partition("=") for each in check_options)]
    return JobSpec(
        "dssr-canary",
        1,
        nodes=nodes,
        source=_SCRIPT,
        script=_SCRIPT,
        exclusive=False,
        walltime=int(_MINUTES) * 60,
        by_exit_code=True,
        options=tuple(chosen),
    )


def _result(connector: Connector, ref: JobRef) -> JobResult | str:
    """How it ended, or why there is no result."""
    deadline = time.monotonic() + _QUEUE
    has_begun, last = False, ""
    while time.monotonic() < deadline:
        status = connector.snapshot().find(ref)
        if not has_begun and (status is None or not status.state.is_queued):
            has_begun, deadline = True, time.monotonic() + _RUN
        if status is None or status.state.is_final or has_begun:
            try:
                if result := connector.result(ref):
                    return result
            except Unavailable as error:  # it has not ended
                last = error.message
        time.sleep(_LOOK)
    if not has_begun:
        return f"The canary has waited in the queue for {_QUEUE:.0f} s."
    raise Unavailable(f"The canary has no result after {_RUN:.0f} s: {last}")


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
