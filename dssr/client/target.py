"""Which bridge a client uses: arguments before environment variables before the configuration file,
and without any of them one in this process, for this machine. Pure, but for reading that file.

A cluster goes before an address at the same place: ``--cluster`` before ``DSSR_URL``.
"""

import difflib
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dssr.client.errors import BadTarget

_KEYS = ("url", "token", "cluster")
File = Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """A bridge. ``url``: of one that is served; ``cluster``: a host, for one in this process that
    logs in there; neither: for one in this process that runs jobs on this machine."""

    url: str = ""
    cluster: str = ""
    token: str = field(default="", repr=False)
    user_token: str = field(default="", repr=False)
    chosen_by: str = "the default"

    def __str__(self) -> str:
        return self.url or self.cluster or "this machine"


def choose(
    given: Mapping[str, str | None], environ: Mapping[str, str], file: File | None = None
) -> Target:
    """The bridge that these name. ``given``: ``url``, ``token``, ``user_token``, ``cluster``.

    Raises ``BadTarget`` for two bridges at once, and for an address that is none.
    """
    if given.get("url") and given.get("cluster"):
        raise BadTarget("An address (url) and a cluster are given: leave one of them out.")
    variables = {key: environ.get(f"DSSR_{key.upper()}", "").strip() for key in _KEYS}
    names = {key: f"DSSR_{key.upper()}" for key in _KEYS}
    places = (
        (given, {key: f"the argument {key!r}" for key in _KEYS}),
        (variables, names),
        (file or {}, {key: f"{key!r} in the configuration file" for key in _KEYS}),
    )
    user_token = given.get("user_token") or environ.get("DSSR_USER_TOKEN", "").strip()
    for values, named in places:
        if cluster := values.get("cluster"):
            return Target(cluster=_host(cluster, named["cluster"]), chosen_by=named["cluster"])
        if url := values.get("url"):
            url = _address(url, named["url"])
            token = given.get("token") or variables["token"] or _kept(file or {}, url)
            return Target(url, "", token, user_token, named["url"])
    return Target()


def read_file(environ: Mapping[str, str]) -> File:
    """``$XDG_CONFIG_HOME/dssr/config.toml``, if it is there. Raises ``BadTarget``."""
    path = config_directory(environ) / "config.toml"
    try:
        text, mode = path.read_text(encoding="utf-8"), path.stat().st_mode
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadTarget(f"{path} cannot be read: {error}.") from error
    found = parse_file(text, str(path))
    if found.get("token") and stat.S_IMODE(mode) & 0o077:
        raise BadTarget(f"{path} holds a token, and other users can read it: chmod 600 {path}")
    return found


def parse_file(text: str, path: str) -> File:
    """The text of that file. Raises ``BadTarget`` with the line, or the key that is unknown."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadTarget(f"{path} is no TOML: {error}.") from error
    for key, value in found.items():
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"it may have {', '.join(_KEYS)}."
            raise BadTarget(f"{key[:60]!r} in {path} is unknown: {hint}")
        if not isinstance(value, str):
            raise BadTarget(f'{key!r} in {path} must be a text in quotes, such as {key} = "...".')
    return {key: value.strip() for key, value in found.items()}


def config_directory(environ: Mapping[str, str]) -> Path:
    """Where this user's configuration is."""
    home = environ.get("HOME") or str(Path.home())
    return Path(environ.get("XDG_CONFIG_HOME") or Path(home) / ".config") / "dssr"


def _kept(file: File, url: str) -> str:
    """The file's token, unless the file says that it is for another address."""
    own = file.get("url", "")
    return file.get("token", "") if not own or own.rstrip("/") == url else ""


def _address(url: str, named: str) -> str:
    url = url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or parts.query or parts.fragment:
        raise BadTarget(
            f"{named} is {url[:200]!r}, which is no address of a bridge: write it as "
            "https://dssr.example.org or http://127.0.0.1:5000"
        )
    if parts.username is not None or parts.password is not None:
        raise BadTarget(f"{named} holds a user name or a password: set a token instead.")
    return url.removesuffix("/api/v1")


def _host(cluster: str, named: str) -> str:
    cluster = cluster.strip()
    if not cluster or cluster.startswith("-") or any(c.isspace() or c == "/" for c in cluster):
        raise BadTarget(
            f"{named} is {cluster[:200]!r}, which is no host: write its name, or its alias in "
            "~/.ssh/config."
        )
    return cluster
