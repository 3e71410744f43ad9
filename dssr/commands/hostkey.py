"""``dssr hostkey``: show which host keys the cluster's hosts present, for an operator to compare with what he is told."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from dssr.seams import HostKeyState, PresentedKey, PresentingHost, PresentsHostKeys

NOT_ALL_TRUSTED = 1
_VERDICTS = {
    HostKeyState.TRUSTED: "trusted",
    HostKeyState.UNKNOWN: "NOT KNOWN: the bridge sends nothing there",
    HostKeyState.CHANGED: "ANOTHER KEY THAN THE TRUSTED ONE: somebody may be in between; the bridge does no work at all",
    HostKeyState.REVOKED: "A REVOKED KEY: the bridge does no work at all",
}
_WORST = (HostKeyState.TRUSTED, HostKeyState.REVOKED, HostKeyState.CHANGED, HostKeyState.UNKNOWN)


def add_to(commands: Any) -> None:
    """Add the command to an argument parser's commands."""
    commands.add_parser(
        "hostkey",
        help="show the host keys that the cluster presents, and which of them are trusted",
        description="Asks each login node and jump host of the settings for its keys, without logging in there. "
        "Exit code: 0 when each host presents a trusted key, else 1.",
    )


def run(connector: object, trusted: str) -> int:
    """Print what the connector's hosts present. ``trusted``: which keys are trusted, in words."""
    logging.disable(logging.WARNING)  # all that matters stands on the screen
    hosts = connector.host_keys() if isinstance(connector, PresentsHostKeys) else ()
    print(*screen(hosts, trusted), sep="\n")
    return 0 if all(_verdict(host) is HostKeyState.TRUSTED for host in hosts) else NOT_ALL_TRUSTED


def screen(hosts: Sequence[PresentingHost], trusted: str) -> Iterator[str]:
    """The lines that are shown."""
    if not hosts:
        yield "No host is reached by SSH with these settings, so there are no host keys to compare."
        return
    yield f"Trusted: {trusted}."
    for host in hosts:
        yield from ("", *_host(host))
    if any(host.keys for host in hosts):
        yield from ("", *_ready_to_paste(hosts))


def _host(host: PresentingHost) -> Iterator[str]:
    verdict = _verdict(host)
    yield f"{host.name}   {_VERDICTS[verdict] if verdict else 'NO ANSWER'}"
    width = max((len(key.kind) for key in host.keys), default=0)
    for key in host.keys:
        spare = verdict is HostKeyState.TRUSTED and key.state is HostKeyState.UNKNOWN
        yield f"  {key.kind.ljust(width)}  {key.fingerprint}  {'not known, not needed' if spare else key.state.value}"
    yield from (f"  {line}" for line in host.problem.splitlines())


def _verdict(host: PresentingHost) -> HostKeyState | None:
    if host.problem:
        return None
    states = {key.state for key in host.keys}
    return next((state for state in _WORST if state in states), None)


def _ready_to_paste(hosts: Sequence[PresentingHost]) -> Iterator[str]:
    if any(_verdict(host) is not HostKeyState.TRUSTED for host in hosts):
        yield "Before you trust a key, ask the host's administrator for its fingerprint. There it is told by"
        yield "  for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done"
        yield "Then make it known in one of two ways, and start the bridge again if you have changed a setting."
    missing = [host.name for host in hosts if not host.keys]
    if missing:
        yield f"THE LINES BELOW ARE NOT COMPLETE: keys of {', '.join(missing)} are missing."
    yield from ("", "1. As a setting:", f"export JARVICE_SLURM_SSH_HOST_KEY='{','.join(_one_each(hosts))}'")
    yield from ("", "2. As lines of the file that JARVICE_SLURM_SSH_KNOWN_HOSTS names:")
    yield from (f"{host.pattern} {key.text}" for host in hosts for key in host.keys if _usable(key))


def _one_each(hosts: Sequence[PresentingHost]) -> Sequence[str]:
    """One key of each host: the trusted one, else the best that it has."""
    each = (sorted(filter(_usable, host.keys), key=lambda key: key.state is not HostKeyState.TRUSTED) for host in hosts)
    return list(dict.fromkeys(keys[0].text for keys in each if keys))


def _usable(key: PresentedKey) -> bool:
    return key.state is not HostKeyState.REVOKED
