"""The probe job: one job on two nodes that looks at all that only nodes can show."""

import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.slurm.examination.cleaning import probe_name
from connectors.slurm.examination.scheduler import options_of
from connectors.slurm.examination.site import Site, script_text
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.words.commands import words_of
from connectors.slurm.words.examination.directories import Directories
from connectors.slurm.words.examination.report import Report, report
from connectors.slurm.words.examination.scheduler import Scheduler
from dssr.seams import Purpose

_NODES = 2
_MINUTES = "5"  # its time limit
_QUEUE, _RUN = 60.0, 120.0  # seconds that are waited for its begin, and then for its end
MOST_LAG = 20.0  # seconds that are waited for accounting
_SECONDS = 30  # for sbatch
_REGISTRY = "registry-1.docker.io"
_ENDED = ("Invalid job id", "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL",
          "OUT_OF_MEMORY", "BOOT_FAIL", "PREEMPTED", "DEADLINE")  # fmt: skip


@dataclass(frozen=True)
class Probe:
    """What came of the probe job. ``report``: ``None`` where it has not run, for the reason
    ``why``; without nodes where it has left nothing. ``has_gpus``: whether it asked for GPUs.
    ``lag``: seconds until accounting had its end. ``nodes``: for how many nodes it asked, where
    nothing is known that keeps another job from running there.
    """

    why: str = ""
    report: Report | None = None
    has_gpus: bool = False
    lag: float | None = None
    nodes: int = 0


@dataclass(frozen=True)
class Plan:
    """A probe job to be."""

    nodes: int
    has_gpus: bool
    options: Sequence[str]


def plan(settings: SlurmSettings, found: Scheduler) -> Plan:
    """Two nodes of the partition that jobs use, if it has them; each with a GPU if all have
    some."""
    chosen = settings.check_options
    partition = options_of(chosen).get("partition", "")
    usable = found.usable_nodes(partition)
    used = found.partition(partition)
    most = used.max_nodes if used and used.max_nodes else _NODES
    has_gpus = bool(usable) and all(node.gpus.total for node in usable)
    options = [f"--{option}" for option in chosen] + ["--gpus-per-node=1"] * has_gpus
    return Plan(min(_NODES, most, max(1, len(usable))), has_gpus, options)


def run(site: Site, found: Scheduler, places: Directories, word: str, jobs: list[str]) -> Probe:
    """Run it to its end. Its id is in ``jobs`` from when Slurm has it."""
    planned = plan(site.settings, found)
    job, said = _submit(site, planned, places, word)
    if not job:
        return Probe(f"Slurm did not take the probe job: {said}", nodes=planned.nodes)
    jobs.append(job)
    state, reached = _follow(site, job, places)
    if not any(word in state for word in _ENDED):
        nodes = 0 if state.startswith("PENDING") else planned.nodes
        return Probe(f"The probe job {_fate(state)}.", nodes=nodes)
    lag = _lag(site, job) if found.keeps_accounting else None
    text = _output(site, places)
    shown = report(text, reached)
    if text.strip() and not shown.nodes:
        last = text.strip().splitlines()[-1][:200]
        why = f"The probe job ended with an error: {last}"
        return Probe(why, lag=lag, nodes=planned.nodes)
    return Probe(report=shown, has_gpus=planned.has_gpus, lag=lag, nodes=planned.nodes)


def registries(settings: SlurmSettings) -> Sequence[str]:
    """Where nodes connect to for images, as ``host:port``: a proxy, or the registries."""
    if proxy := settings.https_proxy or settings.http_proxy:
        return [_place(proxy, 3128)]
    named = (settings.system_registry, settings.local_registry)
    return [_place(name, 443) for name in named if name] or [f"{_REGISTRY}:443"]


def _place(address: str, port: int) -> str:
    parts = urlsplit(address if "//" in address else f"//{address}")
    return f"{parts.hostname or ''}:{parts.port or port}"


def _submit(site: Site, planned: Plan, places: Directories, word: str) -> tuple[str, str]:
    """The job's id, and what sbatch said."""
    argv = [
        *("timeout", str(_SECONDS), "sbatch", "--parsable", "-J", probe_name(word)),
        *("-N", str(planned.nodes), "-t", _MINUTES, "--chdir=/", "-o", f"{places.state.own}out"),
        *planned.options,
    ]
    script = _batch(site.settings, planned, places, word).encode()
    done = site.transport.run(argv, input=script, timeout=_SECONDS + 5.0, purpose=Purpose.SUBMIT)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    ids = [line.partition(";")[0] for line in lines if line.partition(";")[0].isdecimal()]
    return (ids[-1] if ids and done.returncode == 0 else ""), words_of(done)


def _batch(settings: SlurmSettings, planned: Plan, places: Directories, word: str) -> str:
    words = [
        *(places.state.own, places.scratch.own, word, settings.tmpdir, str(int(planned.has_gpus))),
        *(" ".join(registries(settings)), *(f"--{option}" for option in settings.check_options)),
    ]
    nodes = planned.nodes
    srun = f"srun -K0 --overlap --export=ALL -N {nodes} -n {nodes} --ntasks-per-node=1"
    command = shlex.join(["bash", "-c", script_text("node"), "dssr-doctor", *words])
    return f"#!/bin/bash\n{srun} {command}\n"


def _follow(site: Site, job: str, places: Directories) -> tuple[str, Sequence[str]]:
    """Its last state, and the ports that were tried."""
    began, is_running = time.monotonic(), False
    reached: list[str] = []
    while True:
        reply = site.ask("look", job, places.state.own, places.scratch.own, timeout=60.0)
        state = reply.value("state") or ""
        reached += reply.lines.get("port", ())
        if any(word in state for word in _ENDED):
            return state, reached
        if not is_running and not state.startswith("PENDING"):
            began, is_running = time.monotonic(), True
        if time.monotonic() - began > (_RUN if is_running else _QUEUE):
            return state, reached


def _fate(state: str) -> str:
    word, _, reason = state.partition("|")
    if word == "PENDING":
        return f"has waited in the queue for {_QUEUE:.0f} s ({reason})"
    return f"has not ended within {_RUN:.0f} s (it is {word})"


def _lag(site: Site, job: str) -> float:
    began = time.monotonic()
    while (late := time.monotonic() - began) < MOST_LAG:
        done = site.run("sacct", "-n", "-X", "-P", "-j", job, "-o", "State")
        if any(word in done.stdout.decode("utf-8", "replace") for word in _ENDED):
            return late
        time.sleep(1.0)
    return MOST_LAG


def _output(site: Site, places: Directories) -> str:
    done = site.run("head", "-c", "1000000", f"{places.state.own}out")
    return done.stdout.decode("utf-8", "replace")
