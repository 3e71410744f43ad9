"""The words and the configuration with which ``ssh`` makes forwards. Pure.

What comes first in a configuration of ssh wins, so the lines that forwards need are before the
user's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

from dssr.errors import SettingsError

ALIVE_EVERY, ALIVE_MISSED = 5, 2  # seconds, answers: a dead connection is noticed in 15 seconds
_CONNECT_TIMEOUT = 10
# AES-GCM is computed by the processor: it carries half as much again as ssh's own first choice.
_CIPHERS = "^aes128-gcm@openssh.com,aes256-gcm@openssh.com"
_LINES = (
    # A command, terminal, agent or forward of the user's configuration is not for this connection.
    "RemoteCommand none",
    "RequestTTY no",
    "PermitLocalCommand no",
    "Tunnel no",
    "UpdateHostKeys no",
    "ForwardAgent no",
    "ForwardX11 no",
    "ClearAllForwardings yes",
    "ForkAfterAuthentication no",
    # Nor is a master of the user's own: -M and -S name ours for the last host.
    "ControlMaster no",
    "ControlPath none",
    "ControlPersist no",
    "LogLevel INFO",  # without it, ssh does not say why it refuses a connection
    "Compression no",
    f"Ciphers {_CIPHERS}",
    f"ConnectTimeout {_CONNECT_TIMEOUT}",
    f"ServerAliveInterval {ALIVE_EVERY}",
    f"ServerAliveCountMax {ALIVE_MISSED}",
    "StreamLocalBindMask 0177",
    "StreamLocalBindUnlink yes",
)
_NEWER = "ForkAfterAuthentication"  # OpenSSH 8.7; older ones skip what they do not know


@dataclass(frozen=True)
class ForwardSettings:
    """Where and how to log in.

    :ivar hosts: the login nodes in their order, as ``ssh`` takes them: aliases or addresses.
    :ivar user_configuration: whether the user's own configuration of ssh applies.
    :ivar user: empty for that configuration's; so are ``port`` 0, ``identity`` and ``jump``.
    :ivar keys: private keys as text, for which the forwards have an agent of their own; without
        them, the user's agent is asked. ``jump_keys``: those of the jump hosts, in their order.
    :ivar known_hosts: a file of trusted host keys, which are checked strictly.
    :ivar trusted: host keys as ``type base64``, which are trusted for all hosts, in place of such a
        file.
    :ivar ask: a Unix socket at which a process with a terminal may be asked for a passphrase or a
        second factor (see ``ask``); empty: no person is asked.
    """

    hosts: tuple[str, ...]
    user_configuration: bool = True
    user: str = ""
    port: int = 0
    identity: str = ""
    keys: tuple[str, ...] = field(default=(), repr=False)
    jump_keys: tuple[str, ...] = field(default=(), repr=False)
    known_hosts: str = ""
    trusted: tuple[str, ...] = ()
    jump: str = ""
    ask: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self:
        """From JSON. Raises ``SettingsError``."""
        lists = {"hosts": list, "keys": list, "jump_keys": list, "trusted": list}
        kinds = {one.name: type(one.default) for one in fields(cls)} | lists
        problems = [f"'{name}' is not known: remove it." for name in given if name not in kinds]
        problems += [
            f"'{name}' must be {kind.__name__}."
            for name, kind in kinds.items()
            if name in given and type(given[name]) is not kind
        ]
        texts = [*given.get("hosts", ()), *(v for v in given.values() if isinstance(v, str))]
        if not given.get("hosts"):
            problems.append("'hosts' must name a login node.")
        # ssh takes a word that begins with a hyphen for an option, and a line end for a new line.
        if any(not str(t).isprintable() or str(t).startswith("-") or '"' in str(t) for t in texts):
            problems.append("A setting has a line end or a quote, or begins with a hyphen.")
        if problems:
            raise SettingsError(problems)
        made: dict[str, Any] = {n: tuple(v) if n in lists else v for n, v in given.items()}
        return cls(**made)


@dataclass(frozen=True)
class Forward:
    """A port as seen from the login node, and the path of the local socket."""

    host: str
    port: int
    path: str

    @property
    def words(self) -> tuple[str, str]:
        """The option of ssh for it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return "-L", f"{self.path}:{host}:{self.port}"


def configuration(
    settings: ForwardSettings, own: str, agent: str, trusted: str = "", asks: bool = False
) -> str:
    """The file for ``ssh -F``. ``own``: the user's own file, where it applies. ``agent``: the
    socket of the agent that has the keys. ``trusted``: the file that has the trusted host keys.
    ``asks``: a person may be asked."""
    lines = [f"IgnoreUnknown {_NEWER}", *_LINES]
    # Without a person, it would send the login node an empty password.
    lines.append("NumberOfPasswordPrompts 1" if asks else "BatchMode yes")
    if known_hosts := trusted if settings.trusted else settings.known_hosts:
        lines += [f'UserKnownHostsFile "{known_hosts}"', "GlobalKnownHostsFile none"]
        lines.append("StrictHostKeyChecking yes")
    if settings.identity:
        lines += [f'IdentityFile "{settings.identity}"', "IdentitiesOnly yes"]
    if settings.keys or settings.jump_keys:
        lines += [f'IdentityAgent "{agent}"', "IdentityFile none", "IdentitiesOnly no"]
    if settings.user_configuration:
        lines += [f'Include "{own}"', "Include /etc/ssh/ssh_config"]
    return "\n".join([*lines, ""])


def master(settings: ForwardSettings, host: str, file: str, control: str) -> list[str]:
    """The command that connects and waits for forwards."""
    words = ["ssh", "-F", file, "-M", "-S", control, "-N", "-n"]
    if settings.user:
        words += ["-l", settings.user]
    if settings.port:
        words += ["-p", str(settings.port)]
    if settings.jump:
        words += ["-J", settings.jump]
    return [*words, "--", host]


def order(control: str, what: str, forwards: Sequence[Forward]) -> list[str]:
    """The command that asks the master to ``forward`` or to ``cancel``."""
    options = [word for forward in forwards for word in forward.words]
    # The host is only a word here: the control socket decides where it leads.
    return ["ssh", "-F", "none", "-S", control, "-O", what, *options, "master"]
