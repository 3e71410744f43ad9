"""Host keys: what a host presents, what is known for it, and how the two compare. Pure."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dssr.errors import SettingsError
from dssr.seams import HostKeyState

SETTING = "JARVICE_SLURM_SSH_HOST_KEY"
KINDS = (  # the preferred first
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
)
_ENTRY = re.compile(r"ssh-|ecdsa-|sk-|SHA256:")  # how an entry of the setting begins
_SSH_PORT = 22


@dataclass(frozen=True)
class Host:
    """A host as the settings name it."""

    name: str
    port: int

    @property
    def pattern(self) -> str:
        """Its name in a file of known hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT")."""
        name = self.name.strip("[]").lower()
        return name if self.port == _SSH_PORT else f"[{name}]:{self.port}"

    def __str__(self) -> str:
        return f"{self.name}:{self.port}"


@dataclass(frozen=True)
class HostKey:
    """A public key: its type and its wire form (RFC 4253, 6.6)."""

    kind: str
    blob: bytes

    @property
    def text(self) -> str:
        """Type and base64, as files and settings hold it."""
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """As ``ssh-keygen -l`` shows it."""
        return fingerprint(self.blob)


@dataclass(frozen=True)
class Known:
    """The ``keys`` known for one host, as ``type base64`` or ``SHA256:...``, and the keys that are
    ``revoked`` for it."""

    keys: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()

    def state(self, key: HostKey) -> HostKeyState:
        """How a key that the host presents compares with them."""
        if key.text in self.revoked:
            return HostKeyState.REVOKED
        if key.text in self.keys or key.fingerprint in self.keys:
            return HostKeyState.TRUSTED
        return HostKeyState.CHANGED if self.keys else HostKeyState.UNKNOWN

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types of the known keys, as far as they are known: fingerprints have none."""
        return tuple(dict.fromkeys(key.split()[0] for key in self.keys if " " in key))

    @property
    def has_fingerprints(self) -> bool:
        """Whether the type of some key is unknown."""
        return any(" " not in key for key in self.keys)

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprints of all known keys."""
        return tuple(
            fingerprint(base64.b64decode(key.split()[1])) if " " in key else key
            for key in self.keys
        )


def host_keys(setting: str) -> tuple[str, ...]:
    """The setting's entries as ``type base64`` or ``SHA256:...``. Raises ``SettingsError`` for an
    entry that is neither."""
    return tuple(_host_key(entry) for line in setting.splitlines() for entry in _entries(line))


def fingerprint(blob: bytes) -> str:
    """A key's fingerprint as ``ssh-keygen -l`` shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def type_in(encoded: str) -> str:
    """The key type that a public key's wire form begins with (RFC 4253, 6.6), or '' for other
    text."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):  # ValueError: a character outside ASCII
        return ""
    length = int.from_bytes(blob[:4], "big")
    return blob[4 : 4 + length].decode("ascii", "replace") if length < len(blob) - 4 else ""


def states_together(states: Sequence[HostKeyState]) -> Sequence[HostKeyState]:
    """Where one key is trusted, that one is asked for: the host's others are no change."""
    if HostKeyState.TRUSTED not in states:
        return states
    return [HostKeyState.UNKNOWN if s is HostKeyState.CHANGED else s for s in states]


def _entries(line: str) -> Iterator[str]:
    """The entries of one line, which commas separate. A line of a known_hosts file begins with
    hosts, which contain commas too."""
    first, _, rest = line.strip().partition(" ")
    if not _ENTRY.match(first) and _ENTRY.match(rest.lstrip()) and not first.startswith("@"):
        line = rest
    if not line.lstrip().startswith("#"):  # ssh-keyscan's comments
        yield from filter(None, (entry.strip() for entry in line.split(",")))


def _host_key(entry: str) -> str:
    words = entry.split()
    if len(words) > 1 and not _ENTRY.match(words[0]) and not words[0].startswith("@"):
        words.pop(0)
    if re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}=?", words[0]):
        return words[0].rstrip("=")
    if len(words) > 1 and _ENTRY.match(words[0]) and type_in(words[1]) == words[0]:
        return f"{words[0]} {words[1]}"
    problem = (
        f"{SETTING} holds {entry[:40]!r}, which is neither a complete host key ('ssh-ed25519 "
        "AAAA...') nor a SHA-256 fingerprint ('SHA256:' and 43 characters). `dssr hostkey` shows "
        "what the hosts present."
    )
    raise SettingsError([problem])
