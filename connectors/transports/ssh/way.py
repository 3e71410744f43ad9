"""How a login node is reached by paramiko."""

from collections.abc import Hashable

from connectors.transports.budget import Budget
from connectors.transports.counters import UsageCounter
from connectors.transports.ssh.attempt import Attempt
from connectors.transports.ssh.connection import ParamikoConnection
from connectors.transports.ssh.login import Login


class ParamikoWay:
    """See ``connectors.transports.login_node.Way``."""

    def __init__(
        self,
        login: Login,
        prelude: bytes,
        connect_timeout: float,
        budget: Budget,
        usage: UsageCounter,
    ) -> None:
        self._login, self._prelude = login, prelude
        self._connect_timeout, self._budget, self._usage = connect_timeout, budget, usage
        self._hosts = login.hosts
        self.begin()

    def __str__(self) -> str:
        return str(self._login)

    @property
    def mismatch(self) -> str:
        """See ``Way``."""
        return self._login.verifier.mismatch(self._hosts)

    @property
    def trusted(self) -> Hashable:
        """See ``Way``."""
        return self._login.verifier.trust.revision

    @property
    def state(self) -> str:
        """See ``Way``."""
        return self._attempt.state

    @property
    def spacing(self) -> float:
        """See ``Way``."""
        return self._attempt.spacing

    def begin(self) -> None:
        """See ``Way``."""
        self._attempt = Attempt(self._login, self._connect_timeout, self._budget, self._usage)

    def connect(self) -> ParamikoConnection:
        """See ``Way``."""
        session = self._attempt.log_in()
        return ParamikoConnection(session, self._login, self._prelude, self._usage)
