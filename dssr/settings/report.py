"""The start-up report: what was understood from the environment, whether the cluster answers, and what is worth adding."""

import logging
from collections.abc import Iterator, Sequence

from dssr.bridge import Bridge
from dssr.errors import DssrError, HostKeyChanged
from dssr.settings import Settings
from dssr.settings.types import host_and_port
from dssr.settings.validation import (
    is_protected,
    on_loopback,
    runs_on_login_node,
    uses_slurm,
    verifies_bearers,
)
from dssr.settings.warnings import doubts, own_user, runs_locally

log = logging.getLogger(__name__)
_WIDTH = 11  # of the longest label, and a blank
_ALARMING = ("NONE", "ANYBODY")  # how a value begins that no operator should overlook


def report(settings: Settings, version: str, addresses: Sequence[str]) -> None:
    """Log what the settings mean. Of secrets it is said only that they are set."""
    log.info("dssr %s: this is what was understood", version)
    for label, value in understood(settings, addresses):
        level = logging.WARNING if value.startswith(_ALARMING) else logging.INFO
        log.log(level, "  %s %s", label.ljust(_WIDTH), value)
    for warning in doubts(settings):
        log.warning("%s", warning)


def report_cluster(bridge: Bridge, settings: Settings) -> None:
    """Log whether the cluster answers; when it does not, loudly and with the cure."""
    who = "This machine" if runs_locally(settings) else "The cluster"
    try:
        bridge.ping()
    except (
        HostKeyChanged
    ):  # whoever looks at host keys has said so, in one line that nobody overlooks
        log.warning(
            "The bridge serves all the same, and answers 503 until the right host key is there."
        )
    except DssrError as error:
        log.error(
            "%s DOES NOT ANSWER. The bridge serves all the same, and answers 503 until it does:",
            who.upper(),
        )
        for line in error.message.splitlines():
            log.error("  %s", line)
    else:
        log.info("%s answers.", who)


def report_missing(settings: Settings) -> None:
    """Log the settings that an operator has still to choose, ready to paste."""
    lines = list(missing(settings))
    if lines:
        log.info("Worth adding, ready to paste:")
    for line in lines:
        log.info("  %s", line)


def understood(settings: Settings, addresses: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The report's lines: a label and what it means."""
    yield "connector", settings.connector
    yield "executor", settings.executor
    if uses_slurm(settings):
        yield "cluster", cluster(settings)
    if uses_slurm(settings) and not runs_on_login_node(settings):
        yield "SSH key", _set(settings.ssh_key)
        yield "host keys", trusted_hosts(settings)
    yield "scratch", settings.scratch_dir or "the user's home directory"
    yield "state", settings.state_dir or "$HOME/.jarvice/state"
    yield (
        "registry",
        f"{settings.system_registry or 'not set'}, credentials {_set(settings.docker_password)}",
    )
    yield "listens on", ", ".join(addresses)
    yield "callers", who_may_call(settings)
    yield "audit log", settings.audit_log or "none (JARVICE_SCHED_AUDIT_LOG is not set)"
    yield "jobs are", whose_jobs(settings)
    yield "bearers", how_verified(settings)


def cluster(settings: Settings) -> str:
    """Who logs in where, in a few words."""
    if runs_on_login_node(settings):
        return f"{settings.ssh_user} on this machine, without SSH"
    addresses = settings.cluster_address.split(",")
    if not any(host_and_port(address)[1] for address in addresses):
        return f"{settings.ssh_user} at {', '.join(addresses)}, port {settings.cluster_port}"
    each = (a if host_and_port(a)[1] else f"{a} (port {settings.cluster_port})" for a in addresses)
    return f"{settings.ssh_user} at {', '.join(each)}"


def trusted_hosts(settings: Settings) -> str:
    """Which host keys are trusted, in a few words."""
    if settings.ssh_host_key_check == "first_use":
        return f"whatever a host presents first, then those in {settings.ssh_known_hosts}"
    if settings.ssh_known_hosts:
        return f"those in {settings.ssh_known_hosts}"
    if settings.ssh_host_key:
        return "those in JARVICE_SLURM_SSH_HOST_KEY"
    return "NONE, so nothing is sent to any host (JARVICE_SLURM_SSH_HOST_KEY is not set)"


def who_may_call(settings: Settings) -> str:
    """Who may call, in a sentence."""
    ways = {"the password (JARVICE_SCHED_SERVER_KEY)": settings.server_key,
            f"a token in {settings.tokens_file}": settings.tokens_file}  # fmt: skip
    if is_protected(settings):
        return f"whoever has {' or '.join(way for way, is_set in ways.items() if is_set)}"
    if on_loopback(settings):
        return "everybody on this machine, nobody else (no JARVICE_SCHED_SERVER_KEY, no JARVICE_SCHED_TOKENS_FILE)"
    where = f"as {own_user()} on this machine" if runs_locally(settings) else "on the cluster"
    return f"ANYBODY WHO REACHES IT, and they can run commands {where} (JARVICE_SCHED_RUN_OPEN is true)"


def whose_jobs(settings: Settings) -> str:
    """Whose jobs are on the cluster, in a few words."""
    if runs_locally(settings):
        return f"the bridge's own user's ({own_user()}), all of them"
    by_claim = f"the local user whom the bearer's {settings.username_claim!r} names; keys in {settings.user_keys_dir}"
    by_file = f"the local user whom {settings.users_mapping_file} names for the bearer's {settings.username_claim!r}"
    return {"service": "the service user's, all of them", "claim": by_claim, "file": by_file}[
        settings.users
    ]


def how_verified(settings: Settings) -> str:
    """What a submission's bearer is verified by, in a few words."""
    if not verifies_bearers(settings):
        return "not looked at (no JARVICE_BEARER_ setting says how they are verified)"
    by = settings.bearer_jwks_url or (
        "a public key" if settings.bearer_public_key else "a shared secret"
    )
    audience = ", ".join(settings.bearer_audience)
    return f"verified by {by}; issuer {settings.bearer_issuer or 'not looked at'}, audience {audience or 'not looked at'}"


def missing(settings: Settings) -> Iterator[str]:
    """Lines for a shell that let others than this machine call, and only those who are meant to. The password is made by the
    shell: no log ever holds one."""
    if is_protected(settings):
        return
    if on_loopback(settings):
        yield "export WAITRESS_BIND_ADDRESS=0.0.0.0"
    yield 'export JARVICE_SCHED_SERVER_KEY="jarvice:$(openssl rand -base64 24)"'


def _set(value: str) -> str:
    return "set" if value else "not set"
