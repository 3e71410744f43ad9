"""The files that a service's jobs run from: one version of it. Pure: text in, text out."""

import hashlib
import shlex
from collections.abc import Collection, Sequence

from connectors.shared import directives, options
from connectors.shared.options import Option
from connectors.slurm.services.programs import job_text, relay_text
from connectors.slurm.words.states import time_of
from dssr.errors import BadRequest
from dssr.job import time_limit
from dssr.service import LEAST_WALLTIME, ServiceSpec

WALLTIME = 8 * 3600  # seconds, where neither the request nor the script has a limit
PORTS = (10000, 32000)  # below those that Linux gives to outgoing connections
# A service's own, or what would keep its jobs from following each other.
_OURS = frozenset({
    "array", "batch", "begin", "chdir", "clusters", "comment", "deadline", "dependency", "error",
    "help", "hold", "input", "job-name", "kill-on-invalid-dep", "no-requeue", "open-mode",
    "output", "parsable", "quiet", "requeue", "test-only", "usage", "verbose", "version", "wait",
    "wrap",
})  # fmt: skip
_IGNORED = frozenset({"job-name", "output", "error", "open-mode", "comment", "ignore-pbs"})


def version(spec: ServiceSpec, launch: str, allowed: Collection[str]) -> Sequence[str]:
    """The contents of spec.json, script, launch, environment, options, batch and relay.py.

    ``launch``: the executor's text. ``allowed``: the site's own sbatch options. Raises
    ``BadRequest`` for an option that a service cannot have.
    """
    found = sbatch_options(spec, allowed)
    walltime = _walltime(found)
    words = [*map(str, found), *([] if walltime else [f"--time={time_of(WALLTIME)}"])]
    environment = "".join(f"export {n}={shlex.quote(v)}\n" for n, v in spec.environment)
    batch = batch_text(spec, walltime or WALLTIME)
    text = "".join(f"{word}\n" for word in words)
    return (spec.to_json(), spec.script, launch, environment, text, batch, relay_text())


def version_name(contents: Sequence[str]) -> str:
    """``<digest of spec.json>.<digest of all>``. Another release of dssr may make other files of
    the same specification; that is no reason to hand over."""
    texts = (contents[0], "\0".join(contents))
    digests = (hashlib.sha256(text.encode("utf-8", "surrogateescape")) for text in texts)
    return ".".join(digest.hexdigest()[:12] for digest in digests)


def sbatch_options(spec: ServiceSpec, allowed: Collection[str]) -> Sequence[Option]:
    """The script's directives, then the request's options and its walltime: of two of a name sbatch
    takes the later one. What a script says of its name and output has no effect."""
    directed = [o for o in directives.read(spec.script, allowed) if o.name not in _IGNORED]
    asked = options.of_devices(spec.options, allowed, "in 'options' of the request")
    for option in (*directed, *asked):
        if option.name in _OURS:
            raise BadRequest(
                f"The sbatch option {option.shown} is the service's own to set: leave it out."
            )
        if "\n" in str(option):
            raise BadRequest(f"The sbatch option {option.shown} must be on one line.")
    if spec.walltime is not None:
        asked.append(Option("time", time_of(spec.walltime), "'walltime' of the request"))
    return [*directed, *asked]


def _walltime(found: Sequence[Option]) -> int:
    """The seconds of the last time limit; 0: there is none. Raises ``BadRequest`` for one that no
    chain of jobs can have."""
    limits = [option for option in found if option.name == "time"]
    if not limits:
        return 0
    try:
        seconds = time_limit(limits[-1].value or "")
    except ValueError:
        seconds = 0
    if seconds is None or seconds < LEAST_WALLTIME:
        raise BadRequest(
            f"The jobs of a service need a time limit of {LEAST_WALLTIME} s or more, not "
            f"{limits[-1].shown}."
        )
    return seconds


def batch_text(spec: ServiceSpec, walltime: int) -> str:
    """The batch script. It holds no secrets. It is in braces, so that a file that is cut runs
    nothing."""
    low, high = spec.ports or PORTS
    settings = {
        "service": spec.name,
        "umask": "007" if spec.team else "077",
        "walltime": walltime,
        "overlap": "yes" if spec.overlap else "",
        "drain": "" if spec.drain is None else spec.drain,
        "idle": spec.idle,
        "timeout": spec.timeout,
        "retries": spec.retries,
        "heartbeat": spec.heartbeat,
        "health": spec.health,
        "port_low": low,
        "port_high": high,
        "port_pattern": spec.port_pattern,
        "work": spec.working_directory,
    }
    lines = (f"{name}={shlex.quote(str(value))}" for name, value in settings.items())
    head = f"#!/bin/sh\n# A job of the service {spec.name}."
    return "\n".join((head, "{", *lines, f"{job_text()}}}", ""))
