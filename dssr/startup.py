"""The start-up report: what was understood from the environment, whether the cluster answers, and what is worth adding."""

import difflib
import logging
import secrets
from collections.abc import Iterator, Sequence

from dssr.bridge import Bridge
from dssr.errors import DssrError
from dssr.settings import Settings, table
from dssr.settings_check import is_protected, on_loopback, uses_slurm

log = logging.getLogger(__name__)
_WIDTH = 11  # of the longest label, and a blank


def report(settings: Settings, version: str, addresses: Sequence[str]) -> None:
    """Log what the settings mean. Of secrets it is said only that they are set."""
    log.info("dssr %s: this is what was understood", version)
    for label, value in understood(settings, addresses):
        log.info("  %s %s", label.ljust(_WIDTH), value)
    for warning in (*believes_widely(settings), *unknown(settings)):
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
        yield "host keys", trusted_hosts(settings)
    yield "scratch", settings.scratch_dir or "the user's home directory"
    yield "state", settings.state_dir or "$HOME/.jarvice/state"
    yield "registry", f"{settings.system_registry or 'not set'}, credentials {_set(settings.docker_password)}"
    yield "listens on", ", ".join(addresses)
    yield "callers", who_may_call(settings)
    yield "audit log", settings.audit_log or "none (JARVICE_SCHED_AUDIT_LOG is not set)"
    yield "jobs are", whose_jobs(settings)
    yield "bearers", how_verified(settings)


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
    return "ANYBODY WHO REACHES IT, and they can run commands on the cluster (JARVICE_SCHED_RUN_OPEN is true)"


def whose_jobs(settings: Settings) -> str:
    """Whose jobs are on the cluster, in a few words."""
    by_claim = f"the local user whom the bearer's {settings.username_claim!r} names; keys in {settings.user_keys_dir}"
    by_file = f"the local user whom {settings.users_mapping_file} names for the bearer's {settings.username_claim!r}"
    return {"service": "the service user's, all of them", "claim": by_claim, "file": by_file}[settings.users]


def how_verified(settings: Settings) -> str:
    """What a submission's bearer is verified by, in a few words."""
    if not (settings.bearer_jwks_url or settings.bearer_public_key or settings.bearer_secret):
        return "not looked at (no JARVICE_BEARER_ setting says how they are verified)"
    by = settings.bearer_jwks_url or ("a public key" if settings.bearer_public_key else "a shared secret")
    audience = ", ".join(settings.bearer_audience)
    return f"verified by {by}; issuer {settings.bearer_issuer or 'not looked at'}, audience {audience or 'not looked at'}"


def believes_widely(settings: Settings) -> Iterator[str]:
    """A sentence about each check of bearers that is left out while they decide whose a job is."""
    unset = [name for name, value in (("JARVICE_BEARER_ISSUER", settings.bearer_issuer),
                                      ("JARVICE_BEARER_AUDIENCE", settings.bearer_audience)) if not value]  # fmt: skip
    if settings.users != "service" and unset:
        yield (f"{' and '.join(unset)} NOT SET: a token that the same keys signed for something else (another application, "
               "another realm) lets its holder submit here as its user. Set them to what the issuer puts in.")  # fmt: skip


def unknown(settings: Settings) -> Iterator[str]:
    """A sentence about each JARVICE_ variable that is no setting, with the one that was probably meant."""
    names = [name for f in table() for name in (f.metadata["name"], f.metadata["older"]) if name]
    for name in sorted(settings.others):
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.8)
        hint = f"did you mean {near[0]}?" if near else "it is ignored, unless a plugin reads it."
        yield f"{name} is no setting of dssr: {hint}"


def missing(settings: Settings) -> Iterator[str]:
    """Lines for a shell that let others than this machine call, and only those who are meant to."""
    if is_protected(settings):
        return
    if on_loopback(settings):
        yield "export WAITRESS_BIND_ADDRESS=0.0.0.0"
    yield f"export JARVICE_SCHED_SERVER_KEY='jarvice:{secrets.token_urlsafe(24)}'"


def _set(value: str) -> str:
    return "set" if value else "not set"
