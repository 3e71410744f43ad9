"""The hosts of a cluster: what they are called, where they answer, and which daemons they run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MACHINE = 1  # the last octet of this machine's own address on the cluster's network


@dataclass(frozen=True)
class Place:
    """One host's part in the drawing.

    :ivar octet: the last octet of its address.
    :ivar daemons: what starts at boot, in this order.
    """

    name: str
    octet: int
    daemons: tuple[str, ...]


LOGIN = Place("login", 2, ("munged", "sshd", "mariadbd", "slurmdbd", "slurmctld", "slurmrestd"))
LOGIN2 = Place("login2", 3, ("munged", "sshd"))
JUMP = Place("jump", 4, ("sshd",))
REGISTRY = Place("registry", 5, ())
NODES = (Place("node1", 11, ("munged", "slurmd")), Place("node2", 12, ("munged", "slurmd")))
PLACES = (LOGIN, LOGIN2, JUMP, REGISTRY, *NODES)
SSH_PLACES = tuple(place for place in PLACES if "sshd" in place.daemons)

MEMORY_CGROUPS = Path("/sys/fs/cgroup/memory")
SERVICE_USER = "jarvice"
USERS = (SERVICE_USER, "alice", "bob")


@dataclass(frozen=True)
class Network:
    """One cluster's own network: 198.18.N.0/24, of the range that RFC 2544 reserves for benchmarks
    and that no network routes."""

    third_octet: int

    @property
    def interface(self) -> str:
        """The name of this machine's end of the cable."""
        return f"dssr{self.third_octet}"

    @property
    def memory_cgroup(self) -> Path:
        """Where the hosts' memory cgroups lie on this machine, when it has any (cgroups(7), version
        1)."""
        return MEMORY_CGROUPS / self.interface

    def address(self, last_octet: int) -> str:
        return f"198.18.{self.third_octet}.{last_octet}"

    def mac(self, last_octet: int) -> str:
        """A locally administered address (IEEE 802), known beforehand so that no ARP answer is
        waited for."""
        return f"02:c6:12:00:{self.third_octet:02x}:{last_octet:02x}"
