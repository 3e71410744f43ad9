"""Why a login node did not connect a forward, by what is said of it. Pure."""

import re

from connectors.transports.openssh.failures import is_prohibited

_REFUSED = re.compile(r"channel \d+: open failed: ([a-z ]+)(?:: (.*))?")


def refusal(line: str, login_node: str) -> str:
    """A sentence for a line of the master's stderr; '' for a line about anything else."""
    found = _REFUSED.search(line)
    if not found:
        return ""
    kind, detail = found[1], (found[2] or "").strip()
    if is_prohibited(line):
        return forbidden(login_node)
    if kind == "connect failed":
        return unreachable(login_node, detail)
    return (
        f"{login_node} does not open a connection there: {kind}{f' ({detail})' if detail else ''}."
    )


def forbidden(login_node: str) -> str:
    """A sentence for a connection that the site's rules forbid."""
    return (
        f"Forwarding is forbidden: {login_node} does not let this user connect there. Ask its "
        "administrator for AllowTcpForwarding and PermitOpen."
    )


def unreachable(login_node: str, why: str) -> str:
    """A sentence for a place that the login node does not reach."""
    return f"{login_node} cannot connect there: {why or 'it does not say why'}."
