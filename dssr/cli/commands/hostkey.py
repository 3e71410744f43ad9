"""``dssr hostkey``: show which host keys the cluster's hosts present, to compare and to paste."""

import contextlib
import dataclasses
import json
import logging
from collections.abc import Iterator, Sequence

import click

from dssr import configuration
from dssr.cli.command import LOCAL, Command
from dssr.cli.exits import DONE, NOT_DONE
from dssr.cli.invocation import Invocation
from dssr.seams import HostKeyState, PresentedKey, PresentingHost, PresentsHostKeys

_VERDICTS = {
    HostKeyState.TRUSTED: "trusted",
    HostKeyState.UNKNOWN: "NOT KNOWN: the bridge sends nothing there",
    HostKeyState.CHANGED: (
        "ANOTHER KEY THAN THE TRUSTED ONE: another machine may have taken its place; the bridge "
        "does no work at all"
    ),
    HostKeyState.REVOKED: "A REVOKED KEY: the bridge does no work at all",
}
# A host is as good as its first key in this order: one trusted key is enough.
_ORDER = (
    HostKeyState.TRUSTED,
    HostKeyState.REVOKED,
    HostKeyState.CHANGED,
    HostKeyState.UNKNOWN,
)


@click.command(cls=Command, takes=LOCAL)
@click.pass_obj
def command(invocation: Invocation) -> int:
    """Show the host keys that the cluster presents, and which of them are trusted.

    Asks each login node and jump host of the settings for its keys, without logging in there. Exit
    code: 0 when each host presents a trusted key, else 1.
    """
    configured = configuration.load(invocation.environ, files=False)
    settings = configured.settings
    with contextlib.closing(configured.connector.make(settings)) as connector:
        hosts = presented(connector)
    if invocation.as_json:
        click.echo(json.dumps([dataclasses.asdict(host) for host in hosts]))
    else:
        lines = screen(hosts, settings.trusted_host_keys, settings.host_keys_learnt_in)
        click.echo("\n".join(lines))
    return exit_code(hosts)


def exit_code(hosts: Sequence[PresentingHost]) -> int:
    """Whether each host presents a trusted key."""
    return DONE if all(_verdict(host) is HostKeyState.TRUSTED for host in hosts) else NOT_DONE


def presented(connector: object) -> Sequence[PresentingHost]:
    """The connector's hosts, with the keys that they present."""
    logging.disable(logging.WARNING)  # the screen has all that matters
    try:
        return connector.host_keys() if isinstance(connector, PresentsHostKeys) else ()
    finally:
        logging.disable(logging.NOTSET)


def screen(hosts: Sequence[PresentingHost], trusted: str, learnt_in: str = "") -> Iterator[str]:
    """The lines that are shown."""
    if not hosts:
        yield "No host is reached by SSH with these settings, so there are no host keys to compare."
        return
    yield f"Trusted: {trusted}."
    for host in hosts:
        yield from ("", *_about(host, learnt_in))
    if any(host.keys for host in hosts):
        yield from ("", *_to_paste(hosts))


def _about(host: PresentingHost, learnt_in: str) -> Iterator[str]:
    verdict = _verdict(host)
    words = _VERDICTS[verdict] if verdict else "NOT SEEN"
    if verdict is HostKeyState.UNKNOWN and learnt_in:
        words = f"NEW: the bridge will trust this host's key and write it to {learnt_in}"
    yield f"{host.name}   {words}"
    width = max((len(key.kind) for key in host.keys), default=0)
    for key in host.keys:
        is_spare = verdict is HostKeyState.TRUSTED and key.state is HostKeyState.UNKNOWN
        state = "not known, not needed" if is_spare else key.state.value
        yield f"  {key.kind.ljust(width)}  {key.fingerprint}  {state}"
    yield from (f"  {line}" for line in host.problem.splitlines())


def _verdict(host: PresentingHost) -> HostKeyState | None:
    """The state of the host's best key; ``None`` where it presents none."""
    if host.problem:
        return None
    states = {key.state for key in host.keys}
    return next((state for state in _ORDER if state in states), None)


def _to_paste(hosts: Sequence[PresentingHost]) -> Iterator[str]:
    if any(_verdict(host) is not HostKeyState.TRUSTED for host in hosts):
        yield "Before you trust a key, compare its fingerprint with what the host's administrator"
        yield "gets on the host itself from"
        yield "  for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done"
        yield "Then make it known in one of these two ways, replacing an old one if there is one."
    else:
        yield "The same in both ways in which keys can be made known:"
    missing = [host.name for host in hosts if not host.keys]
    if missing:
        yield f"NOT COMPLETE YET: the keys of {', '.join(missing)} are missing here."
    each = [(host, key) for host in hosts if (key := _best(host)) is not None]
    setting = ",".join(dict.fromkeys(key.text for _, key in each))
    yield from (
        "",
        "1. As a setting, which takes effect at the next start:",
        f"export JARVICE_SLURM_SSH_HOST_KEY='{setting}'",
        "",
        "2. As lines of JARVICE_SLURM_SSH_KNOWN_HOSTS's file, which take effect at once:",
    )
    yield from (f"{host.pattern} {key.text}" for host, key in each)


def _best(host: PresentingHost) -> PresentedKey | None:
    """The trusted key, else the best that the host has."""
    usable = [key for key in host.keys if key.state is not HostKeyState.REVOKED]
    return min(usable, key=lambda key: key.state is not HostKeyState.TRUSTED, default=None)
