"""How a person reaches a service's job with nothing but ``ssh``. Pure."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dssr.seams.services import Address

_SCHEME = "ssh://"
_HOST = ("HostName", "User", "Port")


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
        "ProxyCommand": settings.get("command", ""),
        "LocalForward": forward,
        "ExitOnForwardFailure": "yes",
        "ServerAliveInterval": "15",
    }
    lines = [f"    {option} {value}" for option, value in options.items() if value]
    identities = list(settings.get("identities", ()))
    at = next(n for n, line in enumerate(lines) if line.split()[0] not in _HOST)
    lines[at:at] = [f"    IdentityFile {_quoted(path)}" for path in identities]
    words = ["ssh", "-N", "-L", forward.replace(" ", ":")]
    for option, letter in (("ProxyJump", "-J"), ("Port", "-p"), ("User", "-l")):
        words += [letter, options[option]] if options[option] else []
    words += [word for path in identities for word in ("-i", path)]
    words += ["-o", f"ProxyCommand={options['ProxyCommand']}"] if options["ProxyCommand"] else []
    token = f"{'&' if '?' in path else '?'}dssr={address.secret}" if address.secret else ""
    return Manual(
        "\n".join([f"Host dssr-{name}", *lines]),
        shlex.join([*words, host]),
        f"http://{name}.localhost:{port}{path}{token}",
    )


def _quoted(path: str) -> str:
    """As ssh_config takes a path that has blanks."""
    return f'"{path}"' if " " in path else path


def _place(host: str, port: int) -> tuple[str, int]:
    """The host and the port of a login node, which may be written as ``ssh://host:port``."""
    if not host.startswith(_SCHEME):
        return host, port
    name, _, number = host.removeprefix(_SCHEME).rpartition(":")
    return name, int(number)
