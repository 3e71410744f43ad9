"""The start-up report: what the settings mean, and whether the cluster takes jobs."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence

from dssr.errors import DssrError, HostKeyChanged
from dssr.settings import Settings
from dssr.settings.validation import (
    has_provider,
    is_protected,
    on_loopback,
    own_user,
    verifies_bearers,
)

log = logging.getLogger(__name__)
_WIDTH = 11  # of the longest label, and a blank
_ALARMING = ("NONE", "ANYONE")  # how a value begins that no operator should overlook


def report(lines: Iterable[tuple[str, str]], warnings: Iterable[str], version: str) -> None:
    """Log what the settings mean, a label and a value a line, and the warnings about them."""
    log.info("dssr %s: these settings are in use", version)
    for label, value in lines:
        level = logging.WARNING if value.startswith(_ALARMING) else logging.INFO
        log.log(level, "  %s %s", label.ljust(_WIDTH), value)
    for warning in warnings:
        log.warning("%s", warning)


def report_cluster(ping: Callable[[], None], settings: Settings) -> None:
    """Log whether the cluster takes jobs; when it does not, loudly and with the cure."""
    who = "This machine" if settings.jobs_run_here else "The cluster"
    try:
        ping()
    except HostKeyChanged:  # the connector has logged it, in one line that is not overlooked
        log.warning("The bridge serves all the same, and answers 503 until the host key is right.")
    except DssrError as error:
        log.error(
            "%s TAKES NO JOBS. The bridge serves all the same; what needs the cluster gets 503:",
            who.upper(),
        )
        for line in error.message.splitlines():
            log.error("  %s", line)
    else:
        log.info("%s takes jobs.", who)


def report_suggestions(settings: Settings) -> None:
    """Log what an operator adds so that other machines may call, ready to paste."""
    for line in suggestions(settings):
        log.info("Worth adding, ready to paste (the bridge then listens on all addresses):")
        log.info("  %s", line)


def summary(
    settings: Settings, of_plugins: Iterable[tuple[str, str]], addresses: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """The report's lines: a label and what it means. Of a secret they say only that it is set."""
    yield "connector", settings.connector
    yield "executor", settings.executor
    yield from of_plugins
    yield "scratch", settings.scratch_dir or "the user's home directory"
    yield "state", settings.state_dir or "$HOME/.jarvice/state"
    credentials = "set" if settings.docker_password else "not set"
    yield "registry", f"{settings.system_registry or 'not set'}, credentials {credentials}"
    yield "listens on", ", ".join(addresses)
    yield "callers", who_may_call(settings)
    yield "portal", where_the_portal_is(settings, addresses)
    yield "services", where_services_are(settings)
    yield "audit log", settings.audit_log or "none (JARVICE_SCHED_AUDIT_LOG is not set)"
    yield "jobs are", whose_jobs(settings)
    yield "bearers", how_verified(settings)


def where_services_are(settings: Settings) -> str:
    """Where services and interactive jobs are reached, in a sentence."""
    port = settings.services_port
    where = settings.jobs_domain or f"http://localhost:{port or 'PORT'}"
    scheme, _, rest = where.rpartition("://")
    on = f"port {port}" if port else "a free port"
    return f"{scheme or 'https'}://NAME.{rest}/, on {on}, which the first one opens"


def who_may_call(settings: Settings) -> str:
    """Who may call, in a sentence."""
    ways = {
        "the password (JARVICE_SCHED_SERVER_KEY)": settings.server_key,
        f"a token in {settings.tokens_file}": settings.tokens_file,
        f"a login at {settings.web_oidc_issuer}, in the portal": has_provider(settings),
    }
    if is_protected(settings):
        return f"those who have {' or '.join(way for way, is_set in ways.items() if is_set)}"
    if on_loopback(settings):
        return (
            "everyone on this machine, and no one else (no JARVICE_SCHED_SERVER_KEY, no "
            "JARVICE_SCHED_TOKENS_FILE)"
        )
    where = f"as {own_user()} on this machine" if settings.jobs_run_here else "on the cluster"
    return (
        f"ANYONE WHO REACHES IT, and they can run commands {where} (JARVICE_SCHED_RUN_OPEN is true)"
    )


def where_the_portal_is(settings: Settings, addresses: Sequence[str]) -> str:
    """Where browsers find the portal, in a few words."""
    if not settings.web:
        return "off (JARVICE_WEB is not true)"
    return settings.web_url or ", ".join(f"{address}/" for address in addresses)


def whose_jobs(settings: Settings) -> str:
    """Whose jobs are on the cluster, in a few words."""
    if settings.jobs_run_here:
        return f"the bridge's own user's ({own_user()}), all of them"
    if settings.users == "service":
        return "the service user's, all of them"
    if settings.users == "claim":
        return (
            f"the local user's whom the bearer's {settings.username_claim!r} names; keys in "
            f"{settings.user_keys_dir}"
        )
    return (
        f"the local user's whom {settings.users_mapping_file} names for the bearer's "
        f"{settings.username_claim!r}"
    )


def how_verified(settings: Settings) -> str:
    """What a submission's bearer is verified by, in a few words."""
    if not verifies_bearers(settings):
        return "not looked at (no JARVICE_BEARER_ setting says how they are verified)"
    by = settings.bearer_jwks_url or (
        "a public key" if settings.bearer_public_key else "a shared secret"
    )
    issuer = settings.bearer_issuer or "not looked at"
    audience = ", ".join(settings.bearer_audience) or "not looked at"
    return f"verified by {by}; issuer {issuer}, audience {audience}"


def suggestions(settings: Settings) -> Iterator[str]:
    """Lines for a shell that let other machines call the bridge, with a password.

    The password alone is enough: with it the bridge listens on all addresses (``completed``). No
    line opens a bridge without one. The shell makes the password, so that no log holds it.
    """
    if not is_protected(settings):
        yield 'export JARVICE_SCHED_SERVER_KEY="jarvice:$(openssl rand -base64 24)"'
