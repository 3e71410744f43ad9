"""The configuration of a front: a JSON object, checked before anything is opened. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Self

from dssr.errors import SettingsError
from dssr.services.front.health import TOLERANCES, Check, Tolerance

USER, TOKEN = "user", "token"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # a label of a host name
_SECRET = re.compile(r"[A-Za-z0-9_.~-]{16,}")
Parse = Callable[[Any], Any]


def _number(low: float, high: float) -> Parse:
    def parse(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("must be a number")
        if not low <= value <= high:
            raise ValueError(f"must be from {low:g} to {high:g}")
        return value

    return parse


def _whole(low: int, high: int) -> Parse:
    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return parse


def _kind(kind: type, word: str) -> Parse:
    def parse(value: Any) -> Any:
        if not isinstance(value, kind):
            raise ValueError(f"must be {word}")
        return value

    return parse


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ValueError("must be a list of texts")
    return tuple(value)


def _matching(pattern: re.Pattern[str], rule: str) -> Parse:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(rule)
        return value

    return parse


def _tolerances(value: Any) -> Mapping[Check, Tolerance]:
    if not isinstance(value, dict) or not set(value) <= set(Check):
        raise ValueError(f"must be an object with any of {', '.join(Check)}")
    pair, given = _kind(list, "a list"), dict(TOLERANCES)
    for name, tolerance in value.items():
        if len(pair(tolerance)) != 2:
            raise ValueError(f"must have [failures, seconds] for {name}")
        failures, seconds = _whole(1, 1000)(tolerance[0]), _number(0, 86400)(tolerance[1])
        given[Check(name)] = Tolerance(failures, seconds)
    return given


def _of(parse: Parse, default: Any = MISSING, **options: Any) -> Any:
    return field(default=default, metadata={"parse": parse}, **options)


@dataclass(frozen=True)
class Configuration:
    """What a front is started with.

    :ivar name: of the service: also the host name ``NAME.localhost`` and the cookie's name.
    :ivar folder: of the lock file and the control socket; local, and this user's alone.
    :ivar http: requests are read; without it, connections are bytes.
    :ivar port: the first port that is tried; 0 takes a free one. ``tries``: how many.
    :ivar bind: the addresses to listen on.
    :ivar admit: ``user``: connections of this user; ``token``: requests with the token.
    :ivar token: the token; without one, the front makes one where it needs it.
    :ivar names: host names beside those of this machine.
    :ivar hold: seconds that callers wait for a target. ``drain``: seconds for connections to the
        target before.
    :ivar path: the health path, or '' to look at the port alone. ``every``: seconds between looks.
        ``timeout``: seconds for the answer. ``start``: seconds until the program must be ready.
    :ivar tolerances: of each check: failures in a row, and seconds.
    :ivar forwards: the plugin that makes forwards; '' where targets are sockets.
        ``forward_settings``: the plugin's own.
    """

    name: str = _of(_matching(_NAME, "must be a name of letters a to z, digits and hyphens"))
    folder: str = _of(_matching(re.compile(r"/.*"), "must be an absolute path"))
    http: bool = _of(_kind(bool, "true or false"), True)
    port: int = _of(_whole(0, 65535), 0)
    tries: int = _of(_whole(1, 1000), 20)
    bind: tuple[str, ...] = _of(_words, ("127.0.0.1", "::1"))
    admit: str = _of(_matching(re.compile(f"{USER}|{TOKEN}"), f"must be {USER} or {TOKEN}"), USER)
    token: str = _of(
        _matching(_SECRET, "must be 16 characters at least: letters, digits, - _ . ~"),
        "",
        repr=False,
    )
    names: tuple[str, ...] = _of(_words, ())
    hold: float = _of(_number(0, 86400), 30.0)
    drain: float = _of(_number(0, 86400 * 30), 60.0)
    path: str = _of(_matching(re.compile(r"(/[!-~]*)?"), "must be a path that begins with /"), "")
    every: float = _of(_number(0.05, 3600), 10.0)
    timeout: float = _of(_number(0.05, 3600), 10.0)
    start: float = _of(_number(0, 86400 * 30), 120.0)
    tolerances: Mapping[Check, Tolerance] = field(
        default_factory=lambda: TOLERANCES, metadata={"parse": _tolerances}
    )
    forwards: str = _of(_kind(str, "a name"), "")
    forward_settings: Mapping[str, Any] = field(
        default_factory=dict, metadata={"parse": _kind(dict, "an object")}, repr=False
    )

    @classmethod
    def parse(cls, given: Any) -> Self:
        """The configuration. Raises ``SettingsError`` with all problems."""
        if not isinstance(given, dict):
            raise SettingsError(["The configuration of a front is not a JSON object."])
        known = {one.name: one for one in fields(cls)}
        problems = [f"'{name}' is not known: remove it." for name in given if name not in known]
        values = {}
        for name, one in known.items():
            if name in given:
                try:
                    values[name] = one.metadata["parse"](given[name])
                except ValueError as error:
                    problems.append(f"'{name}' {error}.")
            elif one.default is MISSING and one.default_factory is MISSING:
                problems.append(f"'{name}' is missing.")
        if values.get("admit") == TOKEN and values.get("http") is False:
            problems.append("'admit' is token, which only 'http' can check: let it be user.")
        if problems:
            raise SettingsError(problems)
        return cls(**values)
