"""What the core's settings must agree on, and what follows from them."""

import ipaddress
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from dssr.settings import Settings, own_name
from dssr.settings.reading import AnySettings
from dssr.settings.types import host_and_port

ALL_ADDRESSES = "0.0.0.0"  # noqa: S104


def completed(settings: AnySettings) -> AnySettings:
    """The settings with what follows from others filled in: the plugin's and the core's."""
    bind = settings.bind or (ALL_ADDRESSES if has_credentials(settings) else "127.0.0.1")
    claim = settings.username_claim or (
        "email" if settings.users == "file" else "preferred_username"
    )
    issuer = settings.web_oidc_issuer or settings.bearer_issuer
    return replace(settings, bind=bind, username_claim=claim, web_oidc_issuer=issuer).completed()


def contradictions(settings: Settings) -> list[str]:
    """A sentence about each contradiction in complete settings, those of the plugin first.

    Each names its variables and says what would be right.
    """
    core = (problem for rule in _RULES for problem in rule(settings))
    return [*settings.problems(), *core]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on ``host``."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def has_credentials(settings: Settings) -> bool:
    """Whether there are credentials that a caller can send with each request."""
    return bool(settings.server_key or settings.tokens_file)


def has_provider(settings: Settings) -> bool:
    """Whether users log in to the portal by a provider."""
    return settings.web and bool(settings.web_oidc_client_id)


def is_protected(settings: Settings) -> bool:
    """Whether callers must authenticate themselves."""
    return has_credentials(settings) or has_provider(settings)


def verifies_bearers(settings: Settings) -> bool:
    """Whether a key is set by which the bearers of submissions are verified."""
    return bool(settings.bearer_jwks_url or settings.bearer_public_key or settings.bearer_secret)


def on_loopback(settings: Settings) -> bool:
    """Whether only this machine can reach the bridge."""
    return all(is_loopback(host) for host in settings.bind.split(","))


def own_user() -> str:
    """The name of the user that this process runs as, or the number where it has no name."""
    return own_name() or f"user id {os.getuid()}"


def _where_to_listen(s: Settings) -> Iterator[str]:
    if any(host_and_port(host)[1] for host in s.bind.split(",")):
        yield (
            f"WAITRESS_BIND_ADDRESS is {s.bind}, with a port: leave that out, and set "
            "WAITRESS_PORT."
        )
        return
    if not on_loopback(s) and not is_protected(s) and not s.run_open:
        yield (
            f"WAITRESS_BIND_ADDRESS is {s.bind}, which others can reach, and nothing says who may "
            "call: set JARVICE_SCHED_SERVER_KEY='user:password', JARVICE_SCHED_TOKENS_FILE, or "
            "WAITRESS_BIND_ADDRESS=127.0.0.1, or (anyone can then run commands as the service "
            "user) JARVICE_SCHED_RUN_OPEN=true."
        )


def _portal(s: Settings) -> Iterator[str]:
    if s.web and not on_loopback(s) and not is_protected(s):
        yield (
            f"JARVICE_WEB is true, others can reach {s.bind}, and nothing says who may log in to "
            "the portal: set JARVICE_SCHED_TOKENS_FILE or JARVICE_SCHED_SERVER_KEY, or "
            "WAITRESS_BIND_ADDRESS=127.0.0.1."
        )
    if s.web_url and not _is_address_of_portal(s.web_url):
        yield (
            f"JARVICE_WEB_URL is {s.web_url[:80]!r}: it must be a scheme, a host and perhaps a "
            "path, as in https://hpc.example.org/bridge, and nothing else."
        )


def _provider(s: Settings) -> Iterator[str]:
    if not has_provider(s):
        return
    issuer = s.web_oidc_issuer
    if not issuer:
        yield (
            "JARVICE_WEB_OIDC_CLIENT_ID is set, and nothing says of which provider: set "
            "JARVICE_WEB_OIDC_ISSUER to the provider's address."
        )
    elif why := untrusted(issuer):
        yield f"JARVICE_WEB_OIDC_ISSUER {why}."
    if not s.web_url:
        yield (
            "JARVICE_WEB_OIDC_CLIENT_ID is set and JARVICE_WEB_URL is not: the provider sends "
            "users back to that address alone, so set it to where browsers find the portal."
        )
    if "openid" not in s.web_oidc_scopes:
        yield (
            "JARVICE_WEB_OIDC_SCOPES lacks 'openid', without which a provider does not say who has "
            "logged in: put it in."
        )


def _is_address_of_portal(url: str) -> bool:
    """Whether the URL can be where a portal is: its path is a cookie's, and part of each link."""
    return bool(re.fullmatch(r"https?://[A-Za-z0-9._\[\]:-]+(/[A-Za-z0-9._~-]+)*/?", url))


def _owners(s: Settings) -> Iterator[str]:
    keys = {
        "JARVICE_BEARER_JWKS_URL": s.bearer_jwks_url,
        "JARVICE_BEARER_PUBLIC_KEY": s.bearer_public_key,
        "JARVICE_BEARER_SECRET": s.bearer_secret,
    }
    if len(given := [name for name, value in keys.items() if value]) > 1:
        yield (
            f"{' and '.join(given)} are set: bearers are verified in one way, so leave all but "
            "one of them out."
        )
    if s.bearer_jwks_url and (why := untrusted(s.bearer_jwks_url)):
        yield f"JARVICE_BEARER_JWKS_URL {why}."
    if s.users == "service":
        return
    if not given and not has_provider(s):
        yield (
            f"JARVICE_SLURM_USERS is {s.users!r} and nothing says how bearers are verified, so no "
            f"bearer would be believed: set one of {', '.join(keys)}."
        )
    if s.users == "claim" and not s.user_keys_dir:
        yield (
            "JARVICE_SLURM_USERS is 'claim': set JARVICE_SLURM_USER_KEYS_DIR to the directory with "
            "the users' keys."
        )


def untrusted(url: str) -> str:
    """Why what an issuer serves at that URL cannot be trusted; empty where it can."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in ("http", "https") or not host:
        return "must be a URL that begins with https://"
    if parts.username is not None or parts.password is not None:
        return "holds a user name or password: what is there is public, and logs name the URL"
    if parts.scheme == "http" and not is_loopback(host):
        return (
            "begins with http://, over which any machine on the way can send keys of its own: use "
            "https://"
        )
    return ""


def _registries(s: Settings) -> Iterator[str]:
    if s.local_registry and not s.local_repo_base:
        yield (
            "JARVICE_LOCAL_REGISTRY is set and JARVICE_LOCAL_REPO_BASE is not: set both, or "
            "neither."
        )
    if s.registry_proxy_port and not s.registry_proxy_repos:
        yield (
            "JARVICE_REGISTRY_PROXY_PORT is set and JARVICE_REGISTRY_PROXY_REPOS is not: set both, "
            "or neither."
        )
    if bool(s.docker_username) != bool(s.docker_password):
        yield (
            "One of JARVICE_DOCKER_USERNAME and JARVICE_DOCKER_PASSWORD is set, the other is not: "
            "set both, or neither."
        )


def _times(s: Settings) -> Iterator[str]:
    if s.answer_timeout < 1:
        yield (
            "JARVICE_ANSWER_TIMEOUT is under 1 second, in which no cluster answers: 10 is the "
            "default."
        )
    if s.request_timeout < 1:
        yield (
            "JARVICE_SCHED_REQUEST_TIMEOUT is under 1 second, in which few requests arrive: 30 is "
            "the default."
        )


_Rule = Callable[[Settings], Iterator[str]]
_RULES: tuple[_Rule, ...] = (_where_to_listen, _portal, _provider, _owners, _registries, _times)
