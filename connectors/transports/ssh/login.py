"""Where to log in, and as whom."""

from dataclasses import dataclass, replace

from connectors.transports import keys
from connectors.transports.guard import Guard
from connectors.transports.host_keys import Host


@dataclass(frozen=True)
class Login:
    """Where to log in and as whom. ``guard``: who checks its host key; all logins of one bridge have the same."""

    host: str
    port: int
    user: str
    key: keys.PrivateKey
    guard: Guard
    jumps: tuple["Login", ...] = ()  # hosts to go through, in this order
    is_jump: bool = False
    is_mapped: bool = False  # one of the users for whom the bridge works, not the service user

    @property
    def place(self) -> str:
        """The host as errors name it."""
        return f"jump host {self.host}" if self.is_jump else self.host

    @property
    def at(self) -> Host:
        """Host and port."""
        return Host(self.host, self.port)

    @property
    def way(self) -> tuple["Login", ...]:
        """All that must be logged in to, the jump hosts first, the host itself last."""
        return (*self.jumps, self)

    @property
    def jump_logins(self) -> tuple["Login", ...]:
        """The jump hosts, each with those that lead to it."""
        return tuple(replace(jump, jumps=self.jumps[:i]) for i, jump in enumerate(self.jumps))

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts on the way."""
        return tuple(hop.at for hop in self.way)

    @property
    def settings(self) -> tuple[str, str, str]:
        """Where an operator looks: the settings for the address, the user and the key."""
        if self.is_jump:
            return "JARVICE_SLURM_SSH_JUMP", "JARVICE_SLURM_SSH_JUMP", "JARVICE_SLURM_SSH_JUMP_PKEY"
        address = "JARVICE_SLURM_CLUSTER_ADDR, JARVICE_SLURM_CLUSTER_PORT"
        if self.is_mapped:
            return address, "that mapping", "the mapping of users"
        return address, "JARVICE_SLURM_SSH_USER", "JARVICE_SLURM_SSH_PKEY"

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"
