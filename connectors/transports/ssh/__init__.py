"""The SSH transport: one connection to a login node, a few long-lived remote shells on it, commands fed to them.

This package is the only place that knows paramiko; its exceptions become this project's here and nowhere else. A long-lived
shell spares each command the opening of a channel: some milliseconds, and two round trips on a slow link.
"""

import logging
import threading
import time
from collections.abc import Sequence

from connectors.transports.backoff import Backoff
from connectors.transports.framing import Answer, Frame, frame
from connectors.transports.ssh.connection import Connection, NoChannel
from connectors.transports.ssh.login import Login, log_in
from dssr.errors import ConnectFailed, TransportError
from dssr.seams import Completed

__all__ = ["Login", "SshTransport"]

log = logging.getLogger(__name__)
# paramiko's threads log every broken connection as a traceback; what matters of it is in this package's errors.
logging.getLogger("paramiko.transport").setLevel(logging.CRITICAL)


class SshTransport:
    """Runs commands on a login node. Connects when first needed, and again when the connection was lost."""

    def __init__(self, login: Login, *, prelude: str = "", connect_timeout: float = 8.0) -> None:
        """``prelude``: shell text run once in each new remote shell. ``connect_timeout``: seconds for the network,
        and as long again for logging in; a command's own deadline may be shorter."""
        self._login, self._prelude, self._connect_timeout = login, prelude.encode(), connect_timeout
        self._connecting = threading.Lock()
        self._backoff = Backoff(time.monotonic)
        self._connection: Connection | None = None
        self._closed = False

    def run(self, argv: Sequence[str], *, input: bytes | None = None, timeout: float) -> Completed:
        """See ``dssr.seams.Transport``."""
        framed = frame(argv, input)
        try:
            answer = self._ask(framed, time.monotonic() + timeout)
        except TransportError as error:
            log.warning("%s: %s: %s", self._login, argv[0], error.message)
            raise
        return Completed(tuple(argv), answer.returncode, answer.stdout.inside, answer.stderr.inside)

    def close(self) -> None:
        """See ``dssr.seams.Transport``."""
        self._closed = True
        if self._connection is not None:
            self._connection.close()

    def _ask(self, framed: Frame, deadline: float) -> Answer:
        connection = self._connected(deadline)
        try:
            return connection.ask(framed, deadline)
        except NoChannel as error:  # nothing was sent: a new connection may do
            log.info("%s: %s", self._login, error.message)
            connection.close()
        connection = self._connected(deadline)
        try:
            return connection.ask(framed, deadline)
        except NoChannel as error:
            connection.close()
            with self._connecting:
                self._backoff.failed(error)
            raise

    def _connected(self, deadline: float) -> Connection:
        if not self._connecting.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise ConnectFailed(f"{self._login} could not be reached in time: another call is still connecting.")
        try:
            if self._connection is None or not self._connection.lives(deadline):
                self._replace(deadline)
            if self._closed:
                self.close()
                raise ConnectFailed(f"The connection to {self._login} was closed: the bridge is ending.")
            assert self._connection is not None
            return self._connection
        finally:
            self._connecting.release()

    def _replace(self, deadline: float) -> None:
        if self._connection is not None:
            self._connection.close()  # gives its descriptors back also when the other side broke it
        self._connection = None
        if self._closed:
            return
        self._backoff.check()
        try:
            client = log_in(self._login, self._connect_timeout, deadline)
        except TransportError as error:
            self._backoff.failed(error)
            raise
        self._backoff.succeeded()
        log.info("connected to %s", self._login)
        self._connection = Connection(client, self._login, self._prelude)
