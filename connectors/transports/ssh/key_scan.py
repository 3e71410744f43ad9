"""The host keys that a host presents, for an operator to compare, as ``ssh-keyscan`` shows them.

Nothing is trusted or written down.
"""

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from connectors.transports.budget import Budget
from connectors.transports.counters import UsageCounter
from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.host_keys import KINDS, HostKey, states_together
from connectors.transports.ssh import handshake
from connectors.transports.ssh.attempt import Attempt
from connectors.transports.ssh.login import Login
from dssr.errors import HostKeyRefused, TransportError
from dssr.seams import HostKeyState, PresentedKey, PresentingHost

_FAMILIES = tuple(
    tuple(kind for kind in KINDS if kind.startswith(prefix))
    for prefix in ("ssh-ed25519", "ecdsa-", "ssh-rsa")
)
_HANDSHAKES = 100  # a minute: an operator who runs this is no client that keeps failing


def scan_host_keys(login: Login, timeout: float) -> PresentingHost:
    """Ask a host for its keys, by one connection for each family of key types.

    It logs in at the jump hosts on the way, when their keys are trusted, and not at the host
    itself. ``timeout``: seconds for each host to answer.
    """
    verifier = HostKeyVerifier(login.verifier.trust.read_only())
    jumps = tuple(replace(jump, verifier=verifier) for jump in login.jumps)
    login = replace(login, verifier=verifier, jumps=jumps)
    keys: list[HostKey] = []
    problem = ""
    try:
        for kinds in _FAMILIES:
            keys += _ask(login, kinds, timeout)
        if not keys:
            problem = "It has no Ed25519, ECDSA or RSA key."
        states = [verifier.state(login.address, key) for key in keys]
    except TransportError as error:
        states = [HostKeyState.UNKNOWN for _ in keys]
        problem = _problem(login, error)
    shown = (
        PresentedKey(key.kind, key.text, key.fingerprint, state)
        for key, state in zip(keys, states_together(states), strict=True)
    )
    return PresentingHost(str(login.address), login.address.pattern, tuple(shown), problem)


def _ask(login: Login, kinds: Sequence[str], timeout: float) -> list[HostKey]:
    attempt = Attempt(login, timeout, Budget(_HANDSHAKES, monotonic), UsageCounter())
    with attempt.connected() as sock:
        try:
            client = handshake.exchange_keys(sock, login, kinds, timeout)
        except handshake.NoCommonAlgorithm:
            return []
        try:
            return [handshake.presented_key(client)]
        finally:
            client.close()


def _problem(login: Login, error: TransportError) -> str:
    if isinstance(error, HostKeyRefused) and login.jumps:
        jumps = ", ".join(jump.label for jump in login.jumps)
        return f"Not asked: the way leads over {jumps}. Make the jump host's key known first."
    return error.message
