"""OpenSSH's format for files of known hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). Pure.

paramiko's own reader does not do: it knows no patterns and no ``!``, and a line with ``@revoked`` it leaves out without a word,
so that a revoked key with an older line of its own would still be trusted.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.transports.host_keys import Host, HostKey, Known, type_in

_REVOKED, _AUTHORITY = "@revoked", "@cert-authority"
_HASHED = "|1|"  # the only kind of hash there is: HMAC-SHA1 of the name under a salt


@dataclass(frozen=True)
class Line:
    """One line: whom it is about, the key, and what the key is (a marker, or nothing)."""

    hosts: str
    key: str  # type and base64
    marker: str = ""

    def is_about(self, name: str) -> bool:
        """Whether the line is about the host of that name (``Host.pattern``)."""
        if self.hosts.startswith(_HASHED):
            return _is_hash_of(self.hosts, name)
        patterns = self.hosts.lower().split(",")
        if any(pattern.startswith("!") and _matches(pattern[1:], name) for pattern in patterns):
            return False
        return any(_matches(pattern, name) for pattern in patterns)


@dataclass(frozen=True)
class KnownHosts:
    """A file of known hosts. ``broken``: the numbers of lines that nobody can read; they are of no effect."""

    lines: tuple[Line, ...] = ()
    broken: tuple[int, ...] = ()

    @classmethod
    def read(cls, text: str) -> "KnownHosts":
        """Understand a file's text."""
        rows = [(number, row.strip()) for number, row in enumerate(text.splitlines(), 1)]
        read = [(number, _line(row)) for number, row in rows if row and not row.startswith("#")]
        return cls(
            tuple(line for _, line in read if line),
            tuple(number for number, line in read if not line),
        )

    def of(self, host: Host) -> Known:
        """What is known of a host. A key that a line revokes for it is revoked, whatever other lines say."""
        lines = list(self._about(host))
        revoked = tuple(line.key for line in lines if line.marker == _REVOKED)
        return Known(
            tuple(dict.fromkeys(x.key for x in lines if not x.marker and x.key not in revoked)),
            revoked,
        )

    def has_authority_for(self, host: Host) -> bool:
        """Whether certificates would tell about this host; the bridge checks none (nor does paramiko)."""
        return any(line.marker == _AUTHORITY for line in self._about(host))

    def _about(self, host: Host) -> Iterator[Line]:
        return (line for line in self.lines if line.is_about(host.pattern))


def written(host: Host, key: HostKey) -> str:
    """The line that makes a key known, with its line break."""
    return f"{host.pattern} {key.text}\n"


def _line(row: str) -> Line | None:
    words = row.split()
    marker = words.pop(0) if words[0].startswith("@") else ""
    if marker not in ("", _REVOKED, _AUTHORITY) or len(words) < 3 or type_in(words[2]) != words[1]:
        return None
    return Line(words[0], f"{words[1]} {words[2]}", marker)


def _matches(pattern: str, name: str) -> bool:
    """``*`` and ``?`` have their meaning, and nothing else has one: brackets stand around a name with a port."""
    as_regex = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    return re.fullmatch(as_regex, name) is not None


def _is_hash_of(hashed: str, name: str) -> bool:
    try:
        salt, digest = (
            base64.b64decode(part, validate=True)
            for part in hashed.removeprefix(_HASHED).split("|")
        )
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), hashlib.sha1).digest(), digest)
