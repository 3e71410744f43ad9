"""The words of ssh's command line, and a configuration file for jump hosts. Pure."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.transports.host_keys import Host
from connectors.transports.openssh.target import Hop, HostKeys, Target

# What the user's configuration may ask for and a connection that carries commands must not have.
_NEVER = (
    *("ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no", "PermitLocalCommand=no"),
    *("Tunnel=no", "LogLevel=INFO", "UpdateHostKeys=no"),
)
# The key is another person's: whatever else lets this process's own user in would run the command
# as a user who has not asked for it.
_KEY_ALONE = "PreferredAuthentications=publickey", "IdentityAgent=none", "PKCS11Provider=none"
_ALIVE = ("ServerAliveInterval=15", "ServerAliveCountMax=2", "TCPKeepAlive=yes")
_SSH_PORT = 22
_SYSTEM = "/etc/ssh/ssh_config"
# The master is in the background, but what it starts stays with the terminal: Ctrl-C there must not
# end the way of a master that others use.
_HEEDLESS = ("sh", "-c", 'trap "" INT QUIT; exec "$@"', "sh")
_JUMP = "dssr-jump-"  # the names of the jump hosts in our file
# A session over the control socket never connects by itself: where the master refuses it, ssh
# would otherwise make a connection of its own.
SESSION = (
    *("-F", "none", "-T", "-e", "none"),
    *("-o", "ControlMaster=no", "-o", "ProxyCommand=false", "-o", "LogLevel=ERROR"),
)


@dataclass(frozen=True)
class Files:
    """The paths of the files that hold what ssh takes from files alone."""

    keys: Mapping[str, str]  # by the key's text
    known_hosts: str
    config: str
    user_configuration: str


@dataclass(frozen=True)
class Resolved:
    """What ssh makes of its words and its configuration (``ssh -G``). ``text``: all of it."""

    text: str
    host: str
    port: int
    user: str
    jump: str
    command: str
    known_hosts: tuple[str, ...]
    key_alias: str
    trusts_any_key: bool

    @property
    def presenting(self) -> Host:
        """The host by the name under which its keys are known."""
        return Host(self.key_alias or self.host, _SSH_PORT if self.key_alias else self.port)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"

    def identities_besides(self, own: str) -> list[str]:
        """The files of the keys that ssh would offer besides the key in the file ``own``."""
        pairs = map(_pair, self.text.splitlines())
        return [path for name, path in pairs if name == "identityfile" and path != own]

    @property
    def is_direct(self) -> bool:
        """Whether ssh connects to the host itself."""
        return not self.jump and not self.command


def resolved(text: str) -> Resolved:
    """Read what ``ssh -G`` prints."""
    found = dict(_pair(line) for line in text.splitlines())
    none = {"none": ""}
    jump, command = (found.get(name, "") for name in ("proxyjump", "proxycommand"))
    return Resolved(
        text,
        found["hostname"],
        int(found["port"]),
        found["user"],
        none.get(jump, jump),
        none.get(command, command),
        tuple(
            path
            for name in ("userknownhostsfile", "globalknownhostsfile")
            for path in found.get(name, "").split()
        ),
        found.get("hostkeyalias", ""),
        found.get("stricthostkeychecking") == "false",
    )


def words(target: Target, files: Files, connect_timeout: float) -> list[str]:
    """The words for the way to the host, and for the connection."""
    options = [*_NEVER, *_ALIVE, f"ConnectTimeout={max(1, round(connect_timeout))}"]
    options += _host_key_options(target.host_keys, files.known_hosts)
    if target.key:
        options += _key_options(files.keys[target.key])
    options += _KEY_ALONE if target.by_key_alone else ()
    found = [word for option in options for word in ("-o", option)]
    if target.jumps:
        found += ["-F", files.config]
    elif target.config:
        found += ["-F", target.config]
    found += ["-p", str(target.port)] if target.port else []
    return found + (["-l", target.user] if target.user else [])


def jump_words(target: Target) -> list[str]:
    """The words that name the target's own jump hosts, which are in the configuration file."""
    return ["-J", f"{_JUMP}{len(target.jumps) - 1}"] if target.jumps else []


def host_key_words(way: Resolved) -> list[str]:
    """A changed host key is refused also where the user's configuration would accept it."""
    return ["-o", "StrictHostKeyChecking=accept-new"] if way.trusts_any_key else []


def through_jump(way: Resolved, words: Sequence[str], log: str) -> list[str]:
    """The words that let ssh go through its jump hosts as it would by itself, and note in the
    file ``log`` what goes wrong there: with a control socket, ssh throws that away."""
    if not way.jump:
        return []
    *before, last = way.jump.split(",")
    config = ["-F", words[words.index("-F") + 1]] if "-F" in words else []
    before = ["-J", ",".join(before)] if before else []
    batch = ["-o", "BatchMode=yes"] if "BatchMode=yes" in words else []
    timeout = next(word for word in words if word.startswith("ConnectTimeout="))
    quiet = ["-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "LogLevel=INFO"]
    options = [*config, *before, *batch, *quiet, "-o", timeout]
    host = last if "://" in last or ":" not in last else f"ssh://{last}"
    command = shlex.join([*_HEEDLESS, "ssh", *options, "-W", "[%h]:%p", host])
    place = shlex.quote(log).replace("%", "%%")
    return ["-o", f"ProxyCommand={command} 2>>{place}"]


def config_file(target: Target, files: Files, connect_timeout: float) -> str:
    """The configuration file for a way over jump hosts: theirs come first, then the user's own."""
    blocks = [
        _block(number, jump, files, target.host_keys) for number, jump in enumerate(target.jumps)
    ]
    included = [target.config] if target.config else [files.user_configuration, _SYSTEM]
    rest = ["Match all", f"ConnectTimeout {max(1, round(connect_timeout))}"]
    rest += [f"Include {_quoted(path)}" for path in included]
    return "\n".join([*blocks, *rest, ""])


def known_hosts_text(host_keys: HostKeys) -> str:
    """The file of known hosts for keys that are trusted for all hosts."""
    return "".join(f"* {key}\n" for key in host_keys.pinned)


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(" ")
    return name, value


def _block(number: int, jump: Hop, files: Files, host_keys: HostKeys) -> str:
    options = [f"HostName={jump.host}"]
    options += [f"Port={jump.port}"] if jump.port else []
    options += [f"User={jump.user}"] if jump.user else []
    options += _key_options(files.keys[jump.key]) if jump.key else []
    options += _host_key_options(host_keys, files.known_hosts)
    options += [f"ProxyJump={_JUMP}{number - 1}" if number else "ProxyJump=none"]
    lines = [option.split("=", 1) for option in options]
    return "\n".join([f"Host {_JUMP}{number}", *(f"{n} {v}" for n, v in lines)])


def _key_options(path: str) -> list[str]:
    return [f"IdentityFile={_quoted(path)}", "IdentitiesOnly=yes"]


def _host_key_options(host_keys: HostKeys, pinned: str) -> list[str]:
    if not host_keys.file and not host_keys.pinned:
        return []
    return [
        f"UserKnownHostsFile={_quoted(host_keys.file or pinned)}",
        "GlobalKnownHostsFile=/dev/null",
        f"StrictHostKeyChecking={'accept-new' if host_keys.learns else 'yes'}",
    ]


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value
