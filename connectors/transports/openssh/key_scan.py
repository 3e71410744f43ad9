"""The host keys that a host presents, by ``ssh-keyscan``, for an operator to compare.

Nothing is trusted or written down.
"""

import base64
from pathlib import Path

from connectors.transports.host_keys import HostKey, Known, states_together, type_in
from connectors.transports.known_hosts import KnownHosts
from connectors.transports.openssh import program
from connectors.transports.openssh.configuration import Resolved
from dssr.seams import PresentedKey, PresentingHost


def scan_host_keys(way: Resolved, timeout: float) -> PresentingHost:
    """Ask a host for its keys, if it can be connected to without a jump host. ``timeout``: seconds
    for the host to answer."""
    name, pattern = way.address, way.presenting.pattern
    if not way.is_direct:
        problem = f"Not asked: the way leads over {way.jump or way.command}. Ask from there."
        return PresentingHost(name, pattern, (), problem)
    keys = _keys(program.keyscan(way.host, way.port, timeout))
    known = _known(way)
    states = states_together([known.state(key) for key in keys])
    shown = (
        PresentedKey(key.kind, key.text, key.fingerprint, state)
        for key, state in zip(keys, states, strict=True)
    )
    problem = "" if keys else f"ssh-keyscan gets no key from {name} in {timeout:.0f} s."
    return PresentingHost(name, pattern, tuple(shown), problem)


def _keys(printed: str) -> list[HostKey]:
    words = (line.split() for line in printed.splitlines() if not line.startswith("#"))
    found = (row for row in words if len(row) == 3 and type_in(row[2]) == row[1])
    return [HostKey(kind, base64.b64decode(encoded)) for _, kind, encoded in found]


def _known(way: Resolved) -> Known:
    texts = (_text(path) for path in way.known_hosts)
    each = [KnownHosts.read(text).of(way.presenting) for text in texts]
    keys = tuple(key for known in each for key in known.keys)
    return Known(keys, tuple(key for known in each for key in known.revoked))


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
