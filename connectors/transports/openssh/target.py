"""Where ssh is to log in, as far as the settings say so; the user's ssh configuration says the
rest. Pure."""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Hop:
    """A host on the way. ``user``, ``port`` and ``key`` (OpenSSH text without a passphrase) are
    empty where ssh's own configuration decides."""

    host: str
    port: int = 0
    user: str = ""
    key: str = field(default="", repr=False)

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        return f"{user}{self.host}:{self.port}" if self.port else f"{user}{self.host}"


@dataclass(frozen=True)
class HostKeys:
    """Which host keys are trusted; those of ssh's own files where all of this is empty.

    ``pinned``: keys as ``type base64``, for all hosts. ``file``: a file of known hosts.
    ``learns``: the first key of an unknown host is written to that file.
    """

    pinned: tuple[str, ...] = ()
    file: str = ""
    learns: bool = False


@dataclass(frozen=True)
class Target(Hop):
    """A login node, and the way to it.

    ``jumps``: the jump hosts in their order; where there are none, ssh's configuration decides.
    ``config``: the configuration file that ssh reads instead of the user's and the system's.
    """

    jumps: tuple[Hop, ...] = ()
    host_keys: HostKeys = HostKeys()
    config: str = ""

    @property
    def digest(self) -> str:
        """A short name for exactly this, which shows nothing of the keys."""
        keys = [hop.key for hop in (self, *self.jumps)]
        return digest(f"{self!r} {keys!r}")


def digest(text: str) -> str:
    """A name of 16 characters: paths of sockets have little room."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
