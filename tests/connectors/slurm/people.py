"""The users of the test cluster, as an operator may have them set down."""

import time
from collections.abc import Callable, Collection

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from connectors.slurm.shell.user_connections import UserConnections
from dssr.errors import Denied
from tests.cluster import Cluster

SOON = 30.0  # seconds; no test waits that long


class People:
    """Local users and their private keys: see ``dssr.seams.Users``. Tests change ``keys`` as an
    operator changes a mapping."""

    def __init__(self, keys: dict[str, str]) -> None:
        self.keys = keys
        self.asked: Callable[[str], None] = lambda user: None

    def names(self) -> Collection[str]:
        return self.keys.keys()

    def private_key(self, user: str) -> str:
        self.asked(user)
        if user not in self.keys:
            raise Denied(f"{user!r} is not mapped.")
        return self.keys[user]


def new_key() -> tuple[str, str]:
    """A fresh private key and its public half."""
    key = ed25519.Ed25519PrivateKey.generate()
    form = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return key.private_bytes(*form).decode(), public.decode()


def admit(cluster: Cluster, user: str, *public: str) -> None:
    """Let the user log in with these keys and no others."""
    script = 'cat >"$HOME/.ssh/authorized_keys"'
    cluster.run(
        "login", ["sh", "-c", script], user=user, input="".join(f"{key}\n" for key in public)
    ).check_returncode()


def give_own_keys(cluster: Cluster, *users: str) -> People:
    """Give each of these users a key of their own. The cluster's common key still opens their
    accounts, because other tests use it."""
    people, for_all = (
        People({}),
        cluster.path("/home/jarvice/.ssh/authorized_keys").read_text().strip(),
    )
    for user in users:
        people.keys[user], public = new_key()
        admit(cluster, user, for_all, public)
    return people


def until(holds: Callable[[], bool]) -> bool:
    """Whether it holds soon."""
    deadline = time.monotonic() + SOON
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def who(connections: UserConnections, user: str, timeout: float = SOON) -> str:
    """As whom a command ran."""
    return connections.transport(user).run(["id", "-un"], timeout=timeout).stdout.decode().strip()
