"""The configuration of the services port: a JSON object. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from dssr.errors import SettingsError
from dssr.services.fields import kind, matching, number, of, parsed, whole, words

# A file's name that no service has; and that of the lock, which is no front's.
NAME, LOCK = "_port", "_port.held"
JOBS = "_port.jobs"  # the directory that keeps the doors of interactive jobs


@dataclass(frozen=True)
class PortConfiguration:
    """What the services port is started with.

    :ivar folder: where the fronts have their control sockets; local, and this user's alone.
    :ivar port: 0 takes a free one. ``bind``: the addresses to listen on.
    :ivar domains: a service's host name is its name before one of these.
    :ivar mark: of this configuration: the lock file shows it.
    :ivar hold: seconds that the callers of an interactive job wait for its server.
    :ivar forwards: the plugin that makes forwards to interactive jobs; '' where this machine
        reaches them itself. ``forward_settings``: the plugin's own.
    """

    folder: str = of(matching(re.compile(r"/.*"), "must be an absolute path"))
    port: int = of(whole(0, 65535))
    bind: tuple[str, ...] = of(words, ("127.0.0.1", "::1"))
    domains: tuple[str, ...] = of(words, ("localhost",))
    mark: str = of(kind(str, "a text"), "")
    hold: float = of(number(0, 86400), 30.0)
    forwards: str = of(kind(str, "a name"), "")
    forward_settings: Mapping[str, Any] = field(
        default_factory=dict, metadata={"parse": kind(dict, "an object")}, repr=False
    )

    @classmethod
    def parse(cls, given: Any) -> Self:
        """The configuration. Raises ``SettingsError`` with all problems."""
        values, problems = parsed(cls, given)
        if problems:
            raise SettingsError(problems)
        return cls(**values)
