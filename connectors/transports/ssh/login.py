"""Where to log in, and as whom."""

from dataclasses import dataclass, replace

from connectors.transports import keys
from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.host_keys import Host


@dataclass(frozen=True)
class Login:
    """Where to log in, and as whom.

    ``verifier`` checks the host's key; all logins of one bridge share it. ``jumps``: the jump
    hosts, in the order in which they are passed. ``is_mapped``: the login is that of a user for
    whom the bridge works, not the service user's.
    """

    host: str
    port: int
    user: str
    key: keys.PrivateKey
    verifier: HostKeyVerifier
    jumps: tuple["Login", ...] = ()
    is_jump: bool = False
    is_mapped: bool = False

    @property
    def label(self) -> str:
        """The host as errors name it."""
        return f"jump host {self.host}" if self.is_jump else self.host

    @property
    def address(self) -> Host:
        """Host and port."""
        return Host(self.host, self.port)

    @property
    def route(self) -> tuple["Login", ...]:
        """All logins on the way: the jump hosts, then this one."""
        return (*self.jumps, self)

    @property
    def jump_logins(self) -> tuple["Login", ...]:
        """The jump hosts, each with those that lead to it."""
        return tuple(replace(jump, jumps=self.jumps[:i]) for i, jump in enumerate(self.jumps))

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts on the way, this one last."""
        return tuple(hop.address for hop in self.route)

    @property
    def settings(self) -> tuple[str, str, str]:
        """The settings that hold the address, the user and the key, for errors."""
        if self.is_jump:
            return "JARVICE_SLURM_SSH_JUMP", "JARVICE_SLURM_SSH_JUMP", "JARVICE_SLURM_SSH_JUMP_PKEY"
        address = "JARVICE_SLURM_CLUSTER_ADDR, JARVICE_SLURM_CLUSTER_PORT"
        if self.is_mapped:
            return address, "that mapping", "the mapping of users"
        return address, "JARVICE_SLURM_SSH_USER", "JARVICE_SLURM_SSH_PKEY"

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"
