"""OpenSSH's format for files of known hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). Pure.

paramiko's reader does not do: it has no patterns and no ``!``, and it skips a line with
``@revoked`` silently, so that a revoked key with an older line of its own would still be trusted.
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
_HASHED = "|1|"  # the only hash: HMAC-SHA1 of the name with a salt


@dataclass(frozen=True)
class Line:
    """One line: the patterns of its ``hosts``, the ``key`` as type and base64, and the key's
    ``marker``, if any."""

    hosts: str
    key: str
    marker: str = ""

    def is_about(self, name: str) -> bool:
        """Whether the line concerns the host with that name (``Host.pattern``)."""
        if self.hosts.startswith(_HASHED):
            return _is_hash_of(self.hosts, name)
        patterns = self.hosts.lower().split(",")
        if any(pattern.startswith("!") and _matches(pattern[1:], name) for pattern in patterns):
            return False
        return any(_matches(pattern, name) for pattern in patterns)


@dataclass(frozen=True)
class KnownHosts:
    """A file of known hosts. ``broken``: the numbers of unreadable lines, which have no effect."""

    lines: tuple[Line, ...] = ()
    broken: tuple[int, ...] = ()

    @classmethod
    def read(cls, text: str) -> "KnownHosts":
        """Read a file's text."""
        rows = [(number, row.strip()) for number, row in enumerate(text.splitlines(), 1)]
        read = [(number, _line(row)) for number, row in rows if row and not row.startswith("#")]
        return cls(
            tuple(line for _, line in read if line),
            tuple(number for number, line in read if not line),
        )

    def of(self, host: Host) -> Known:
        """What is known of a host. A key that one line revokes for it is revoked, whatever the
        other lines say."""
        lines = list(self._about(host))
        revoked = tuple(line.key for line in lines if line.marker == _REVOKED)
        keys = (x.key for x in lines if not x.marker and x.key not in revoked)
        return Known(tuple(dict.fromkeys(keys)), revoked)

    def has_authority_for(self, host: Host) -> bool:
        """Whether a line names a certificate authority for this host. It has no effect: neither
        the bridge nor paramiko checks host certificates."""
        return any(line.marker == _AUTHORITY for line in self._about(host))

    def _about(self, host: Host) -> Iterator[Line]:
        return (line for line in self.lines if line.is_about(host.pattern))


def known_hosts_line(host: Host, key: HostKey) -> str:
    """The line that makes a key known, with its line break."""
    return f"{host.pattern} {key.text}\n"


def _line(row: str) -> Line | None:
    words = row.split()
    marker = words.pop(0) if words[0].startswith("@") else ""
    if marker not in ("", _REVOKED, _AUTHORITY) or len(words) < 3 or type_in(words[2]) != words[1]:
        return None
    return Line(words[0], f"{words[1]} {words[2]}", marker)


def _matches(pattern: str, name: str) -> bool:
    """Only ``*`` and ``?`` have a meaning; brackets surround a name with a port."""
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
