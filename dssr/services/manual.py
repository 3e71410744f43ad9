"""How a person reaches a service's job with nothing but ``ssh``. Pure."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dssr.seams.services import Address

_SCHEME = "ssh://"


@dataclass(frozen=True)
class Manual:
    """``configuration``: a block for ssh_config; ``command``: a line for a shell that does the same
    without it; ``url``: what the browser opens then. They hold for one job, and the address has a
    secret."""

    configuration: str
    command: str
    url: str

    @property
    def text(self) -> str:
        """All of it, for people."""
        alias = self.configuration.split(maxsplit=2)[1]
        return (
            f"# In ~/.ssh/config, for 'ssh -N {alias}':\n{self.configuration}\n"
            f"# The same without it:\n{self.command}\n"
            f"# Then open (keep this to yourself; it is valid for this job):\n{self.url}"
        )


def manual(
    name: str, path: str, address: Address, settings: Mapping[str, Any], port: int
) -> Manual:
    """``settings``: of the forwards that the front makes (``dssr.seams.services.Way``). ``port``:
    on this machine."""
    host, number = _place(settings["hosts"][0], settings.get("port", 0))
    forward = f"{port} {address.node}:{address.port}"
    options = {
        "HostName": host,
        "User": settings.get("user", ""),
        "Port": str(number) if number else "",
        "ProxyJump": settings.get("jump", ""),
        "LocalForward": forward,
        "ExitOnForwardFailure": "yes",
        "ServerAliveInterval": "15",
    }
    lines = [f"    {option} {value}" for option, value in options.items() if value]
    words = ["ssh", "-N", "-L", forward.replace(" ", ":")]
    for option, letter in (("ProxyJump", "-J"), ("Port", "-p"), ("User", "-l")):
        words += [letter, options[option]] if options[option] else []
    token = f"{'&' if '?' in path else '?'}dssr={address.secret}" if address.secret else ""
    return Manual(
        "\n".join([f"Host dssr-{name}", *lines]),
        shlex.join([*words, host]),
        f"http://{name}.localhost:{port}{path}{token}",
    )


def _place(host: str, port: int) -> tuple[str, int]:
    """The host and the port of a login node, which may be written as ``ssh://host:port``."""
    if not host.startswith(_SCHEME):
        return host, port
    name, _, number = host.removeprefix(_SCHEME).rpartition(":")
    return name, int(number)
