"""What ``ssh`` says about logins and forwards -> the project's errors and sentences. Pure."""

import re
from collections.abc import Sequence

from connectors.transports.backoff import ClosedDuringLogin
from dssr.errors import (
    ConnectFailed,
    HostKeyChanged,
    HostKeyRefused,
    LoginRefused,
    TransportError,
)

_REFUSED = re.compile(r"channel \d+: open failed: ([a-z ]+)(?:: (.*))?")
_LOGINS: tuple[tuple[str, type[TransportError], str], ...] = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        HostKeyChanged,
        "presents another host key than the trusted one: an attacker may be in between. Ask its "
        "administrator, and put the new key into the file of known hosts if it is right.",
    ),
    (
        "Host key verification failed|No .* host key is known",
        HostKeyRefused,
        "presents a host key that is not a trusted one: put its key into the file of known hosts "
        "if it is the right one.",
    ),
    (
        "Permission denied|Too many authentication failures|Received disconnect",
        LoginRefused,
        "does not let this user in: check user, key and certificate with 'ssh {host}'.",
    ),
    (
        "Could not resolve hostname",
        ConnectFailed,
        "has no address: check the name.",
    ),
    (
        "Connection refused|No route to host|timed out|Network is unreachable",
        ConnectFailed,
        "cannot be reached: check name, port and network.",
    ),
    (
        "kex_exchange_identification|Connection (closed|reset) by|Broken pipe",
        ClosedDuringLogin,
        "ended the connection during the login.",
    ),
)
_NOISE = ("Warning: Permanently added", "@@@@", "Pseudo-terminal")


def login_error(host: str, said: Sequence[str]) -> TransportError:
    """The error for a master that ended before it was connected, by the lines on its stderr."""
    words = " ".join(line for line in said if not line.startswith(_NOISE))[-500:].strip()
    for pattern, kind, sentence in _LOGINS:
        if re.search(pattern, "\n".join(said)):
            return kind(f"{host} {sentence.format(host=host)} ssh says: {words}")
    return ConnectFailed(f"ssh to {host} ended before it was connected. It says: {words or '-'}")


def refusal(line: str, login_node: str) -> str:
    """Why the login node did not connect a forward, by a line of the master's stderr; '' for any
    other line."""
    found = _REFUSED.search(line)
    if not found:
        return ""
    kind, detail = found[1], (found[2] or "").strip()
    if kind == "administratively prohibited":
        return (
            f"Forwarding is forbidden: {login_node} does not let this user connect there. Ask its "
            "administrator for AllowTcpForwarding and PermitOpen."
        )
    if kind == "connect failed":
        return f"{login_node} cannot connect there: {detail or 'it does not say why'}."
    return (
        f"{login_node} does not open a connection there: {kind}{f' ({detail})' if detail else ''}."
    )
