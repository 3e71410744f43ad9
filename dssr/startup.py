"""The start-up report: what was understood from the environment, whether the cluster answers, and what is worth adding."""

import difflib
import logging
import secrets
from collections.abc import Iterator, Sequence

from dssr.bridge import Bridge
from dssr.errors import DssrError
from dssr.settings import Settings, table
from dssr.settings_check import is_loopback, uses_slurm

log = logging.getLogger(__name__)
_WIDTH = 11  # of the longest label, and a blank


def report(settings: Settings, version: str, addresses: Sequence[str]) -> None:
    """Log what the settings mean. Of secrets it is said only that they are set."""
    log.info("dssr %s: this is what was understood", version)
    for label, value in understood(settings, addresses):
        log.info("  %s %s", label.ljust(_WIDTH), value)
    for warning in unknown(settings):
        log.warning("%s", warning)


def report_cluster(bridge: Bridge) -> None:
    """Log whether the cluster answers; when it does not, loudly and with the cure."""
    try:
        bridge.ping()
    except DssrError as error:
        log.error("THE CLUSTER DOES NOT ANSWER. The bridge serves all the same, and answers 503 until it does:")
        for line in error.message.splitlines():
            log.error("  %s", line)
    else:
        log.info("The cluster answers.")


def report_missing(settings: Settings) -> None:
    """Log the settings that an operator has still to choose, ready to paste."""
    lines = list(missing(settings))
    if lines:
        log.info("Worth adding, ready to paste (the password is a fresh one):")
    for line in lines:
        log.info("  %s", line)


def understood(settings: Settings, addresses: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The report's lines: a label and what it means."""
    yield "connector", settings.connector
    yield "executor", settings.executor
    if uses_slurm(settings):
        yield "cluster", f"{settings.ssh_user} at {settings.cluster_address}, port {settings.cluster_port}"
        yield "SSH key", _set(settings.ssh_key)
        yield "host key", _set(settings.ssh_host_key)
    yield "scratch", settings.scratch_dir or "the user's home directory"
    yield "state", settings.state_dir or "$HOME/.jarvice/state"
    yield "registry", f"{settings.system_registry or 'not set'}, credentials {_set(settings.docker_password)}"
    yield "listens on", ", ".join(addresses)
    yield "callers", who_may_call(settings)


def who_may_call(settings: Settings) -> str:
    """Who may call, in a sentence."""
    if settings.server_key:
        return "whoever has the password (JARVICE_SCHED_SERVER_KEY is set)"
    if is_loopback(settings.bind):
        return "everybody on this machine, nobody else (JARVICE_SCHED_SERVER_KEY is not set)"
    return "ANYBODY WHO REACHES IT, and they can run commands on the cluster (JARVICE_SCHED_RUN_OPEN is true)"


def unknown(settings: Settings) -> Iterator[str]:
    """A sentence about each JARVICE_ variable that is no setting, with the one that was probably meant."""
    names = [name for f in table() for name in (f.metadata["name"], f.metadata["older"]) if name]
    for name in sorted(settings.others):
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.8)
        hint = f"did you mean {near[0]}?" if near else "it is ignored, unless a plugin reads it."
        yield f"{name} is no setting of dssr: {hint}"


def missing(settings: Settings) -> Iterator[str]:
    """Lines for a shell that let others than this machine call, and only those who are meant to."""
    if settings.server_key:
        return
    if is_loopback(settings.bind):
        yield "export WAITRESS_BIND_ADDRESS=0.0.0.0"
    yield f"export JARVICE_SCHED_SERVER_KEY='jarvice:{secrets.token_urlsafe(24)}'"


def _set(value: str) -> str:
    return "set" if value else "not set"
