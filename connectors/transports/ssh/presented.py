"""What a host presents: its keys of all types, for an operator to compare. Nothing is believed and nothing is written down."""

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from connectors.transports.budget import Budget
from connectors.transports.counters import Tally
from connectors.transports.guard import Guard
from connectors.transports.host_keys import KINDS, HostKey
from connectors.transports.ssh import handshake
from connectors.transports.ssh.attempt import Attempt
from connectors.transports.ssh.login import Login
from dssr.errors import HostKeyRefused, TransportError
from dssr.seams import HostKeyState, PresentedKey, PresentingHost

_FAMILIES = tuple(
    tuple(kind for kind in KINDS if kind.startswith(prefix))
    for prefix in ("ssh-ed25519", "ecdsa-", "ssh-rsa")
)
_HANDSHAKES = 100  # a minute: an operator who looks is no client that keeps failing


def look(login: Login, patience: float) -> PresentingHost:
    """Ask a host for its keys, one connection for each family of types. Nobody logs in there; to jump hosts on the way one
    does, when their keys are trusted. ``patience``: seconds for each host to answer."""
    guard = Guard(login.guard.trust.unlearning())
    login = replace(
        login, guard=guard, jumps=tuple(replace(jump, guard=guard) for jump in login.jumps)
    )
    keys: list[HostKey] = []
    problem = ""
    try:
        for kinds in _FAMILIES:
            keys += _ask(login, kinds, patience)
        if not keys:
            problem = "It has no Ed25519, ECDSA or RSA key."
        states = [guard.state(login.at, key) for key in keys]
    except TransportError as error:
        states = [HostKeyState.UNKNOWN for _ in keys]
        problem = _why_not(login, error)
    shown = (
        PresentedKey(k.kind, k.text, k.fingerprint, s)
        for k, s in zip(keys, _together(states), strict=True)
    )
    return PresentingHost(str(login.at), login.at.pattern, tuple(shown), problem)


def _ask(login: Login, kinds: Sequence[str], patience: float) -> list[HostKey]:
    with Attempt(login, patience, Budget(_HANDSHAKES, monotonic), Tally()).way_to_last() as stream:
        try:
            client = handshake.greet(stream, login, kinds, patience)
        except handshake.NothingInCommon:
            return []
        try:
            return [handshake.presented(client)]
        finally:
            client.close()


def _together(states: Sequence[HostKeyState]) -> Sequence[HostKeyState]:
    """Where one key is trusted it is the one that the bridge asks for: the host's others are no change."""
    harmless = HostKeyState.TRUSTED in states
    return [HostKeyState.UNKNOWN if harmless and s is HostKeyState.CHANGED else s for s in states]


def _why_not(login: Login, error: TransportError) -> str:
    if isinstance(error, HostKeyRefused) and login.jumps:
        return f"Not asked: the way leads over {', '.join(j.place for j in login.jumps)}. Make the jump host's key known first."
    return error.message
