"""Which container images a job uses, and with which credentials they are pulled. Pure.

Image names here are those of ``singularity``: ``docker://host/path:tag``, or the path of a .sif
file on the cluster.
"""

import base64
import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dssr.errors import BadRequest
from dssr.settings import Settings
from dssr.upstream.syntax import Fields

_log = logging.getLogger(__name__)
_DOCKER = "docker://"
_TAG_WITH_ARCHITECTURE = re.compile(
    r"(.+[-_.])(?:amd64|x86_64|arm64|aarch64|ppc64le|s390x|riscv64)"
)
_DOCKER_HUB = "index.docker.io"
_HUB_NAMES = frozenset({"docker.io", "registry-1.docker.io", _DOCKER_HUB})

Credentials = tuple[str, str]  # user name, password; both empty: none
_NO_CREDENTIALS: Credentials = ("", "")


def init_image(version: int, architecture: str, settings: Settings) -> str:
    """The image that sets a job's container up; empty unless the system registry and its repository
    base are set.

    ``version``: the application definition's. An architecture at the end of the tag is replaced by
    the job's.
    """
    if not (settings.system_registry and settings.system_repo_base):
        return ""
    match = _TAG_WITH_ARCHITECTURE.fullmatch(settings.images_tag)
    wanted = "amd64" if architecture == "x86_64" else architecture
    tag = match[1] + wanted if match and wanted else settings.images_tag
    return f"{_DOCKER}{settings.system_registry}/{settings.system_repo_base}/initv{version}:{tag}"


def app_image(fields: Fields, settings: Settings) -> str:
    """The job's own image: the path of a .sif file, or from the local registry, through the
    registry proxy, or from its own registry, in this order; empty if the job names none. Raises
    ``BadRequest`` without the application name that the local registry needs."""
    repo = _repo(fields)
    if _is_file(repo):
        return repo
    if settings.local_registry:
        name = fields.text("JOBOBJ_NAE")
        if not name:
            raise BadRequest(
                "JOBOBJ_NAE is missing in the job script: the local registry has its images by "
                "that name."
            )
        return f"{_DOCKER}{settings.local_registry}/{settings.local_repo_base}/{name}:latest"
    return _DOCKER + _proxied(repo, settings) if repo else ""


def is_global(image: str, settings: Settings) -> bool:
    """Whether ``image`` begins with one of the global registries: then all users may share it."""
    bare = image.removeprefix(_DOCKER)
    return any(
        bare.startswith(registry.removeprefix(_DOCKER)) for registry in settings.global_registries
    )


def credentials(fields: Fields, settings: Settings) -> Credentials:
    """The user name and password for the app image's registry; both empty when the job has none.

    Behind the registry proxy they are those of the registry that the image comes from.
    ``JOBOBJ_DOCKER_SECRET`` is used when it is for that registry, otherwise ``JOBOBJ_CTRSECRET`` is
    searched. Unreadable ones are ignored, with a line in the log.
    """
    repo = _repo(fields)
    if not repo or _is_file(repo):
        return _NO_CREDENTIALS
    registry = _server(settings.local_registry) if settings.local_registry else _registry_of(repo)
    for candidate in (_own_secret(fields, registry), _searched(fields, registry)):
        if candidate != _NO_CREDENTIALS:
            return candidate
    return _NO_CREDENTIALS


def secrets(fields: Fields, settings: Settings) -> tuple[tuple[str, str], ...]:
    """The contract's four credential exports, base64 of each; empty where there are none."""
    user, password = credentials(fields, settings)
    values = {
        "JARVICE_INIT_DOCKER_USERNAME": settings.docker_username,
        "JARVICE_INIT_DOCKER_PASSWORD": settings.docker_password,
        "JARVICE_DOCKER_USERNAME": user,
        "JARVICE_DOCKER_PASSWORD": password,
    }
    return tuple(
        (name, base64.b64encode(value.encode()).decode()) for name, value in values.items()
    )


def _repo(fields: Fields) -> str:
    return fields.optional("JOBOBJ_REPO").removeprefix(_DOCKER)


def _is_file(repo: str) -> bool:
    return repo.startswith("/") and repo.endswith(".sif")


def _proxied(repo: str, settings: Settings) -> str:
    host, slash, path = repo.partition("/")
    through = settings.registry_proxy_port and any(
        repo.startswith(prefix) for prefix in settings.registry_proxy_repos
    )
    return f"localhost:{settings.registry_proxy_port}{slash}{path}" if through and host else repo


def _registry_of(repo: str) -> str:
    """The registry that an image name means: its first part if that is a host, else Docker Hub (as
    docker-pull does)."""
    host, slash, _ = repo.partition("/")
    is_host = bool(slash) and (not {".", ":"}.isdisjoint(host) or host == "localhost")
    return _server(host) if is_host else _DOCKER_HUB


def _server(address: str) -> str:
    """The host (and port) of a registry's address, however it is written; Docker Hub has one name
    only."""
    host = re.sub(r"^[a-z]+://", "", address.strip().lower()).partition("/")[0]
    return _DOCKER_HUB if host in _HUB_NAMES else host


def _own_secret(fields: Fields, registry: str) -> Credentials:
    key = "JOBOBJ_DOCKER_SECRET"
    text = fields.optional(key)
    if not text or text in ("null", "{}"):
        return _NO_CREDENTIALS
    try:
        secret = json.loads(text)
        server, found = secret["server"], _pair(secret["username"], secret["password"])
        return found if _server(server) == registry else _NO_CREDENTIALS
    except _UNREADABLE:
        return _unreadable(key, "JSON with server, username and password")


def _searched(fields: Fields, registry: str) -> Credentials:
    key = "JOBOBJ_CTRSECRET"
    text = fields.optional(key)
    if not text:
        return _NO_CREDENTIALS
    try:
        auths = json.loads(base64.b64decode(text, validate=True)).get("auths") or {}
        return next(_fitting(auths, registry), _NO_CREDENTIALS)
    except _UNREADABLE:
        return _unreadable(key, "base64 of a docker configuration with 'auths'")


def _fitting(auths: Mapping[str, Any], registry: str) -> Iterator[Credentials]:
    for address, entry in auths.items():
        if _server(address) != registry:
            continue
        if entry.get("auth"):
            user, _, password = (
                base64.b64decode(entry["auth"], validate=True).decode().partition(":")
            )
            yield _pair(user, password)
        elif entry.get("username"):
            yield _pair(entry["username"], entry["password"])


def _pair(user: str, password: str) -> Credentials:
    """Both, or ``ValueError`` where an environment cannot hold them: a lone surrogate, a NUL."""
    if b"\0" in (user + password).encode():
        raise ValueError("NUL")
    return user, password


def _unreadable(key: str, wanted: str) -> Credentials:
    _log.warning(
        "%s of a job cannot be read (it must be %s): its image is pulled without these credentials",
        *(key, wanted),
    )
    return _NO_CREDENTIALS


_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
