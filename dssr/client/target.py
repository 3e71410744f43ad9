"""Which bridge a client uses: arguments before environment variables before the configuration file,
and without any of them one in this process, for this machine. Pure, but for reading that file.

A cluster goes before an address at the same place: ``--cluster`` before ``DSSR_URL``.
"""

import difflib
import ipaddress
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dssr.client.errors import BadTarget

_KEYS = ("url", "token", "cluster")
_PORTS = {"http": 80, "https": 443}
_ADDRESS = "JARVICE_SLURM_CLUSTER_ADDR"
File = Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """A bridge. ``url``: of one that is served; ``cluster``: a host, for one in this process that
    logs in there, as ``user`` where the target names one; neither: for one in this process, whose
    jobs run where the settings of a bridge (``JARVICE_...``) say, ``settings``, or on this
    machine."""

    url: str = ""
    cluster: str = ""
    settings: str = ""
    token: str = field(default="", repr=False)
    user_token: str = field(default="", repr=False)
    chosen_by: str = "the default"
    user: str = ""

    def __str__(self) -> str:
        cluster = f"{self.user}@{self.cluster}" if self.user else self.cluster
        return self.url or cluster or self.settings or "this machine"

    def problems(self, found: Sequence[str]) -> str:
        """What is wrong with the settings of a bridge in this process, in the words of who named
        the cluster."""
        text = " ".join(found)
        return text.replace(_ADDRESS, self.chosen_by) if self.cluster else text

    @property
    def is_exposed(self) -> bool:
        """Whether a token goes over a network where others can read it."""
        return bool(self.token or self.user_token) and not _is_private(self.url)


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
    variables["user_token"] = environ.get("DSSR_USER_TOKEN", "").strip()
    for values, named in places:
        if cluster := values.get("cluster"):
            user, host = _login(cluster, named["cluster"])
            return Target(cluster=host, chosen_by=named["cluster"], user=user)
        if url := values.get("url"):
            url = _address(url, named["url"])
            own = _tokens_for(url, variables)
            token = given.get("token") or own["token"] or _kept(file or {}, url)
            user_token = given.get("user_token") or own["user_token"]
            return Target(url, "", "", token, user_token, named["url"])
    if address := environ.get(_ADDRESS, "").strip():
        return Target(settings=address, chosen_by=_ADDRESS)
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


def _tokens_for(url: str, variables: Mapping[str, str]) -> Mapping[str, str]:
    """The tokens of the variables: with ``DSSR_URL`` they are for its host alone."""
    tokens = {key: variables[key] for key in ("token", "user_token")}
    own = variables["url"]
    if own and any(tokens.values()) and _origin(_address(own, "DSSR_URL")) != _origin(url):
        return dict.fromkeys(tokens, "")
    return tokens


def _kept(file: File, url: str) -> str:
    """The file's token, if the address is the file's. Raises ``BadTarget`` where it has none."""
    token, own = file.get("token", ""), file.get("url", "")
    if not token:
        return ""
    if not own:
        raise BadTarget(
            "The configuration file has a 'token' and no 'url', which says to which bridge the "
            "token goes: add it."
        )
    own = _address(own, "'url' in the configuration file")
    return token if _origin(own) == _origin(url) else ""


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _is_private(url: str) -> bool:
    """Whether what is sent there is encrypted, or stays on this machine."""
    parts = urlsplit(url)
    try:
        is_here = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        is_here = parts.hostname == "localhost"
    return is_here or parts.scheme == "https"


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
            f"{named} is {cluster[:200]!r}, which is no host: write its name, its alias in "
            "~/.ssh/config, or USER@HOST."
        )
    return cluster


def _login(cluster: str, named: str) -> tuple[str, str]:
    """``USER@HOST``, of several hosts with commas between: the user, if any, and the hosts."""
    pairs = [part.rpartition("@")[::2] for part in cluster.split(",")]
    users = {user.strip() for user, _ in pairs if user.strip()}
    if len(users) > 1:
        raise BadTarget(f"{named} names more than one user: {', '.join(sorted(users))}.")
    hosts = [_host(host, named) for _, host in pairs]
    return _host(users.pop(), named) if users else "", ",".join(hosts)
