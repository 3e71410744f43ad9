"""What contradicts what: each contradiction its own sentence, and the choices that follow from other settings."""

import ipaddress
import os
import pwd
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from dssr.errors import SettingsError
from dssr.settings import Settings
from dssr.settings.types import host_and_port


def check(settings: Settings) -> Settings:
    """Return the settings with what follows from others filled in (``complete``).

    Raises ``SettingsError`` with every contradiction, each naming the variables and what would be right.
    """
    settings = complete(settings)
    if problems := contradictions(settings):
        raise SettingsError(problems)
    return settings


def complete(settings: Settings) -> Settings:
    """The settings with what follows from others: connector, executor, bind address, SSH user, claim."""
    settings = replace(
        settings, connector=settings.connector or ("slurm" if settings.cluster_address else "local")
    )
    settings = replace(
        settings,
        executor=settings.executor
        or ("native" if settings.connector == "local" else "singularity"),
    )
    settings = replace(
        settings,
        bind=settings.bind or ("0.0.0.0" if is_protected(settings) else "127.0.0.1"),  # noqa: S104
    )
    if uses_slurm(settings) and runs_on_login_node(settings):
        settings = replace(settings, ssh_user=settings.ssh_user or own_name())
    claim = settings.username_claim or (
        "email" if settings.users == "file" else "preferred_username"
    )
    return replace(settings, username_claim=claim)


def contradictions(settings: Settings) -> list[str]:
    """A sentence about each contradiction in complete settings."""
    return [problem for rule in _RULES for problem in rule(settings)]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on ``host``."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def is_protected(settings: Settings) -> bool:
    """Whether callers must say who they are."""
    return bool(settings.server_key or settings.tokens_file)


def verifies_bearers(settings: Settings) -> bool:
    """Whether there is a key to tell by whom a submission's bearer is signed."""
    return bool(settings.bearer_jwks_url or settings.bearer_public_key or settings.bearer_secret)


def on_loopback(settings: Settings) -> bool:
    """Whether only this machine can reach the bridge."""
    return all(is_loopback(host) for host in settings.bind.split(","))


def uses_slurm(settings: Settings) -> bool:
    """Whether the connector is the project's own for Slurm, by either of its names."""
    return settings.connector in ("slurm", "connectors.slurm.connector")


def runs_on_login_node(settings: Settings) -> bool:
    """Whether Slurm's commands run on this machine, without SSH."""
    return settings.cluster_address == "local"


def own_name() -> str:
    """The name of the user that this process runs as; empty where he has none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under a user id that has no name
        return ""


def _slurm_needs(s: Settings) -> Iterator[str]:
    if not uses_slurm(s):
        return
    if not s.cluster_address:
        yield "JARVICE_SLURM_CLUSTER_ADDR is not set: the slurm connector needs the login node's host name or address."
    if "local" in s.cluster_address.split(",") and not runs_on_login_node(s):
        yield (f"JARVICE_SLURM_CLUSTER_ADDR is {s.cluster_address!r}: 'local' (this machine, without SSH) stands for itself. "
               "Name this machine's host name among the others, or leave the others out.")  # fmt: skip
    if not s.ssh_user:
        yield "JARVICE_SLURM_SSH_USER is not set: the slurm connector needs the service user's name on the cluster."
    if runs_on_login_node(s) and s.ssh_user and own_name() not in ("", s.ssh_user):
        yield (f"JARVICE_SLURM_SSH_USER is {s.ssh_user!r}, but with JARVICE_SLURM_CLUSTER_ADDR=local jobs are those of the "
               f"bridge's own user, {own_name()!r}: leave it out, or start the bridge as that user.")  # fmt: skip
    if not s.ssh_key and not runs_on_login_node(s):
        yield ("JARVICE_SLURM_SSH_PKEY is not set: the slurm connector needs the service user's private key, as it is or as "
               "base64 (or JARVICE_SLURM_SSH_PKEY_FILE, the file that holds it).")  # fmt: skip
    if s.ssh_jump and runs_on_login_node(s):
        yield ("JARVICE_SLURM_SSH_JUMP is set, but with JARVICE_SLURM_CLUSTER_ADDR=local nothing goes over SSH: leave one of "
               "them out.")  # fmt: skip
    if s.ssh_jump_key and not s.ssh_jump:
        yield "JARVICE_SLURM_SSH_JUMP_PKEY is set and JARVICE_SLURM_SSH_JUMP is not: set both, or neither."
    if s.slurm_interface == "http":
        yield "JARVICE_SLURM_INTERFACE is 'http', which this version does not offer: set it to 'cli' or leave it out."


def _host_keys(s: Settings) -> Iterator[str]:
    file, key, check = s.ssh_known_hosts, s.ssh_host_key, s.ssh_host_key_check
    if file and key and check != "pinned":
        yield ("JARVICE_SLURM_SSH_HOST_KEY and JARVICE_SLURM_SSH_KNOWN_HOSTS are both set, and only one of them is looked at: "
               "leave the other out.")  # fmt: skip
    if file and check == "pinned":
        yield ("JARVICE_SLURM_SSH_KNOWN_HOSTS is set, but JARVICE_SLURM_SSH_HOST_KEY_CHECK is 'pinned', which does not look at "
               "it: leave one of them out.")  # fmt: skip
    if check in ("known_hosts", "first_use") and not file:
        yield (f"JARVICE_SLURM_SSH_HOST_KEY_CHECK is {check!r} and JARVICE_SLURM_SSH_KNOWN_HOSTS is not set: set it to the "
               "file of host keys.")  # fmt: skip


def _where_to_listen(s: Settings) -> Iterator[str]:
    if any(host_and_port(host)[1] for host in s.bind.split(",")):
        yield f"WAITRESS_BIND_ADDRESS is {s.bind}, with a port: leave that out, and set WAITRESS_PORT."
        return
    if not on_loopback(s) and not is_protected(s) and not s.run_open:
        yield (f"WAITRESS_BIND_ADDRESS is {s.bind}, which others can reach, and nothing says who may call: set "
               "JARVICE_SCHED_SERVER_KEY='user:password', JARVICE_SCHED_TOKENS_FILE, or WAITRESS_BIND_ADDRESS=127.0.0.1, or "
               "(anybody can then run commands as the service user) JARVICE_SCHED_RUN_OPEN=true.")  # fmt: skip


def _owners(s: Settings) -> Iterator[str]:
    keys = {"JARVICE_BEARER_JWKS_URL": s.bearer_jwks_url, "JARVICE_BEARER_PUBLIC_KEY": s.bearer_public_key,
            "JARVICE_BEARER_SECRET": s.bearer_secret}  # fmt: skip
    if len(given := [name for name, value in keys.items() if value]) > 1:
        yield f"{' and '.join(given)} are set: bearers are verified in one way, so leave all but one of them out."
    if s.bearer_jwks_url and (why := _not_trusted(s.bearer_jwks_url)):
        yield f"JARVICE_BEARER_JWKS_URL {why}."
    if s.users == "service":
        return
    if not given:
        yield (f"JARVICE_SLURM_USERS is {s.users!r} and nothing says how bearers are verified, without which nobody is "
               f"believed to be anybody: set one of {', '.join(keys)}.")  # fmt: skip
    if runs_on_login_node(s):
        yield (f"JARVICE_SLURM_USERS is {s.users!r}, but with JARVICE_SLURM_CLUSTER_ADDR=local nobody logs in and all jobs are "
               "the bridge's own user's: set the login node's address, or JARVICE_SLURM_USERS=service.")  # fmt: skip
    if s.users == "claim" and not s.user_keys_dir:
        yield "JARVICE_SLURM_USERS is 'claim': set JARVICE_SLURM_USER_KEYS_DIR to the directory with the users' keys."


def _not_trusted(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in ("http", "https") or not host:
        return "must be a URL that begins with https://"
    if parts.username is not None or parts.password is not None:
        return "holds a user name or password: keys are public, and logs name the URL"
    if parts.scheme == "http" and not is_loopback(host):
        return "begins with http://, over which anybody on the way can send keys of his own: use https://, or " \
               "JARVICE_BEARER_PUBLIC_KEY"  # fmt: skip
    return ""


def _registries(s: Settings) -> Iterator[str]:
    if s.local_registry and not s.local_repo_base:
        yield "JARVICE_LOCAL_REGISTRY is set and JARVICE_LOCAL_REPO_BASE is not: set both, or neither."
    if s.registry_proxy_port and not s.registry_proxy_repos:
        yield "JARVICE_REGISTRY_PROXY_PORT is set and JARVICE_REGISTRY_PROXY_REPOS is not: set both, or neither."
    if bool(s.docker_username) != bool(s.docker_password):
        yield "One of JARVICE_DOCKER_USERNAME and JARVICE_DOCKER_PASSWORD is set, the other is not: set both, or neither."


def _times(s: Settings) -> Iterator[str]:
    if s.answer_timeout < 1:
        yield "JARVICE_ANSWER_TIMEOUT is under 1 second, in which no cluster answers: 10 is the default."
    if s.request_timeout < 1:
        yield "JARVICE_SCHED_REQUEST_TIMEOUT is under 1 second, in which few requests arrive: 30 is the default."


_RULES: tuple[Callable[[Settings], Iterator[str]], ...] = (
    _slurm_needs, _host_keys, _where_to_listen, _owners, _registries, _times,
)  # fmt: skip
