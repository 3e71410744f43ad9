"""What a service asks for: a web program that runs in one job after the other. Plain values, for
every scheduler."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from dssr.errors import BadRequest

# A label of a host name, because the service is reached as NAME.localhost.
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_WALLTIME = 3650 * 86400  # seconds
MOST_AHEAD = 20
LEAST_WALLTIME = 60  # seconds: Slurm counts in minutes
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_GROUP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}")
_CONTROL = re.compile(r"[\0-\x1f\x7f]")

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ServiceSpec:
    """What ``up`` asks for. It is kept with the service, so that any member of a team can start it.

    Times are in seconds. Raises ``BadRequest`` for what cannot be meant.
    """

    name: str
    script: str = field(repr=False)
    arguments: tuple[str, ...] = ()
    environment: Pairs = field(default=(), repr=False)  # never part of a command line
    working_directory: str = ""  # on the cluster; "": the home directory
    image: str = ""  # of a container; "": the script runs on the node itself
    executor: str = ""  # the name of what starts the script; "": by the image
    options: Pairs = ()  # of the scheduler, such as ("partition", "gpu")
    walltime: int | None = None  # of each job; None: the script's directive, or else the default
    overlap: bool = True  # two jobs may run at once during a hand-over
    drain: int | None = None  # for the old job's connections; None: as long as it may run
    hold: int = 60  # for which new connections wait while no job can take them
    idle: int = 0  # without connections, after which the service stops; 0: never
    timeout: int = 600  # from the start of the program until it listens
    retries: int = 3  # after failures, in a row
    ahead: int = 0  # jobs submitted beforehand; 0: only where a job may not submit its successor
    heartbeat: int = 10
    health: str = "/"  # the path that answers when the program is well; "": an open port is enough
    path: str = "/"  # what a browser opens
    ports: tuple[int, int] | None = None  # the site's range; None: any
    port_pattern: str = ""  # a POSIX extended expression; what it matches ends with the port
    directory: str = ""  # the parent of the service's folder; "": the caller's own
    team: str = ""  # the group whose members share the service

    def __post_init__(self) -> None:
        _check_names(self)
        _check_texts(self)
        _check_numbers(self)

    def to_json(self) -> str:
        """One line, with the members that differ from their defaults."""
        changed = {f.name: getattr(self, f.name) for f in fields(self)}
        return json.dumps({n: v for n, v in changed.items() if v != _DEFAULTS.get(n, _NEEDED)})

    @classmethod
    def from_json(cls, text: str) -> "ServiceSpec":
        """The same again. Raises ``BadRequest`` for a text that is no such object."""
        try:
            members = json.loads(text)
        except ValueError as error:
            raise BadRequest(f"The service's spec.json cannot be read: {error}.") from None
        if not isinstance(members, dict):
            raise BadRequest("The service's spec.json must be an object.")
        return cls.of(members)

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "ServiceSpec":
        """From an object's members. Raises ``BadRequest`` for one that is missing, unknown or of
        another type."""
        types = {f.name: f.type for f in fields(cls)}
        for name, value in members.items():
            if name not in types:
                known = ", ".join(sorted(types))
                raise BadRequest(f"A service has no {name[:60]!r}. It has: {known}.")
            if not _FITS[types[name]](value):
                raise BadRequest(f"{name!r} must be {_WORDS[types[name]]}, not {value!r:.60}.")
        for name in ("name", "script"):
            if name not in members:
                raise BadRequest(f"A service needs {name!r}.")
        return cls(**{name: _frozen(value) for name, value in members.items()})


_NEEDED = object()
_DEFAULTS = {f.name: f.default for f in fields(ServiceSpec)}


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _is_pairs(value: object) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 and all(map(_is_text, pair))
        for pair in value
    )


_FITS: Mapping[Any, Any] = {
    str: _is_text,
    bool: lambda value: isinstance(value, bool),
    int: _is_whole,
    int | None: lambda value: value is None or _is_whole(value),
    tuple[str, ...]: lambda value: _is_list(value) and all(map(_is_text, value)),
    Pairs: _is_pairs,
    tuple[int, int] | None: lambda value: (
        value is None or (_is_list(value) and len(value) == 2 and all(map(_is_whole, value)))
    ),
}
_WORDS: Mapping[Any, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    int | None: "a whole number or null",
    tuple[str, ...]: "a list of texts",
    Pairs: "a list of pairs of texts",
    tuple[int, int] | None: "a pair of whole numbers or null",
}


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _check_names(spec: ServiceSpec) -> None:
    if not NAME.fullmatch(spec.name):
        raise BadRequest(
            f"{spec.name[:70]!r} cannot be a service's name, which is part of its address: use 1 "
            "to 63 of a-z 0-9 and -, and begin and end with a letter or digit."
        )
    if spec.team and not _GROUP.fullmatch(spec.team):
        raise BadRequest(f"'team' {spec.team[:70]!r} cannot be the name of a group.")
    if spec.team and not spec.directory:
        raise BadRequest(
            "A service of a team needs 'directory': a directory on the cluster that the team's "
            "members can write to. The home directory of one of them is not."
        )
    for name in ("directory", "working_directory"):
        value = getattr(spec, name)
        if value and (not value.startswith("/") or _CONTROL.search(value)):
            raise BadRequest(f"{name!r} must be an absolute path, not {value[:100]!r}.")
    for variable, _ in spec.environment:
        if not _VARIABLE.fullmatch(variable) or variable.startswith(("DSSR_", "SLURM_")):
            raise BadRequest(
                f"'environment' cannot set {variable[:60]!r}: use letters, digits and _, and no "
                "name that begins with DSSR_ or SLURM_."
            )


def _check_texts(spec: ServiceSpec) -> None:
    if not spec.script.strip():
        raise BadRequest("The script is empty: it has no line that starts the program.")
    for name in ("health", "path"):
        value = getattr(spec, name)
        if value and (not value.startswith("/") or " " in value or _CONTROL.search(value)):
            raise BadRequest(f"{name!r} must be a path such as /health, not {value[:100]!r}.")
    if _CONTROL.search(spec.port_pattern):
        raise BadRequest("'port_pattern' must be on one line.")
    texts = (spec.script, *spec.arguments, *(text for pair in spec.environment for text in pair))
    if any("\0" in text for text in texts):
        raise BadRequest("A script, an argument or a variable has a NUL character: take it out.")


_LEAST = {"drain": 0, "hold": 0, "idle": 0, "timeout": 1, "retries": 0, "ahead": 0,
          "heartbeat": 1}  # fmt: skip
_MOST = {"retries": 100, "ahead": MOST_AHEAD, "heartbeat": 60}


def _check_numbers(spec: ServiceSpec) -> None:
    for name, least in _LEAST.items():
        value, most = getattr(spec, name), _MOST.get(name, LONGEST_WALLTIME)
        if value is not None and not least <= value <= most:
            raise BadRequest(f"{name!r} must be between {least} and {most}, not {value}.")
    if spec.walltime is not None and not LEAST_WALLTIME <= spec.walltime <= LONGEST_WALLTIME:
        raise BadRequest(
            f"'walltime' must be between {LEAST_WALLTIME} and {LONGEST_WALLTIME} seconds, not "
            f"{spec.walltime}."
        )
    low, high = spec.ports or (1024, 65535)
    if not 1024 <= low <= high <= 65535:
        raise BadRequest(
            f"'ports' {low}-{high} is no range of ports: use 1024 to 65535, the lower one first."
        )
