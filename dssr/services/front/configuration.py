"""The configuration of a front: a JSON object, checked before anything is opened. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from dssr.errors import SettingsError
from dssr.services.fields import kind, matching, number, of, parsed, whole, words
from dssr.services.front.health import TOLERANCES, Check, Tolerance

USER, TOKEN = "user", "token"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # a label of a host name
_ADDRESS = re.compile(r"https?://[!-~]+/")
_SECRET = re.compile(r"[A-Za-z0-9_.~-]{16,}")


def _tolerances(value: Any) -> Mapping[Check, Tolerance]:
    if not isinstance(value, dict) or not set(value) <= set(Check):
        raise ValueError(f"must be an object with any of {', '.join(Check)}")
    pair, given = kind(list, "a list"), dict(TOLERANCES)
    for name, tolerance in value.items():
        if len(pair(tolerance)) != 2:
            raise ValueError(f"must have [failures, seconds] for {name}")
        failures, seconds = whole(1, 1000)(tolerance[0]), number(0, 86400)(tolerance[1])
        given[Check(name)] = Tolerance(failures, seconds)
    return given


@dataclass(frozen=True)
class Configuration:
    """What a front is started with.

    :ivar name: of the service: also the host name ``NAME.localhost`` and the cookie's name.
    :ivar folder: of the lock file and the control socket; local, and this user's alone.
    :ivar http: requests are read; without it, connections are bytes.
    :ivar port: the first port that is tried; 0 takes a free one. ``tries``: how many.
    :ivar bind: the addresses to listen on; none for a front that only takes connections from the
        services port. ``address``: where people reach such a front.
    :ivar admit: ``user``: connections of this user; ``token``: requests with the token.
    :ivar token: the token; without one, the front makes one where it needs it.
    :ivar names: host names beside those of this machine.
    :ivar hold: seconds that callers wait for a target. ``drain``: seconds for connections to the
        target before.
    :ivar path: the health path, or '' to look at the port alone. ``every``: seconds between looks.
        ``timeout``: seconds for the answer. ``start``: seconds until the program must be ready.
    :ivar tolerances: of each check: failures in a row, and seconds.
    :ivar forwards: the plugin that makes forwards; '' where targets are sockets, or ports that
        this machine reaches itself.
        ``forward_settings``: the plugin's own.
    """

    name: str = of(matching(_NAME, "must be a name of letters a to z, digits and hyphens"))
    folder: str = of(matching(re.compile(r"/.*"), "must be an absolute path"))
    http: bool = of(kind(bool, "true or false"), True)
    port: int = of(whole(0, 65535), 0)
    tries: int = of(whole(1, 1000), 20)
    bind: tuple[str, ...] = of(words, ("127.0.0.1", "::1"))
    address: str = of(matching(_ADDRESS, "must begin with http:// or https://"), "")
    admit: str = of(matching(re.compile(f"{USER}|{TOKEN}"), f"must be {USER} or {TOKEN}"), USER)
    token: str = of(
        matching(_SECRET, "must be 16 characters at least: letters, digits, - _ . ~"),
        "",
        repr=False,
    )
    names: tuple[str, ...] = of(words, ())
    hold: float = of(number(0, 86400), 30.0)
    drain: float = of(number(0, 86400 * 30), 60.0)
    path: str = of(matching(re.compile(r"(/[!-~]*)?"), "must be a path that begins with /"), "")
    every: float = of(number(0.05, 3600), 10.0)
    timeout: float = of(number(0.05, 3600), 10.0)
    start: float = of(number(0, 86400 * 30), 120.0)
    tolerances: Mapping[Check, Tolerance] = field(
        default_factory=lambda: TOLERANCES, metadata={"parse": _tolerances}
    )
    forwards: str = of(kind(str, "a name"), "")
    forward_settings: Mapping[str, Any] = field(
        default_factory=dict, metadata={"parse": kind(dict, "an object")}, repr=False
    )

    @classmethod
    def parse(cls, given: Any) -> Self:
        """The configuration. Raises ``SettingsError`` with all problems."""
        values, problems = parsed(cls, given)
        if values.get("admit") == TOKEN and values.get("http") is False:
            problems.append("'admit' is token, which only 'http' can check: let it be user.")
        if values.get("bind") == () and not values.get("address"):
            problems.append("'address' is missing: a front that listens nowhere needs one.")
        if problems:
            raise SettingsError(problems)
        return cls(**values)
