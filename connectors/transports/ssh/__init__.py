"""The SSH transport: one connection to a login node, a few long-lived remote shells on it, commands fed to them. Of several
login nodes the first that answers is used.

This package is the only place that knows paramiko; its exceptions become this project's here and nowhere else. A long-lived
shell spares each command the opening of a channel: some milliseconds, and two round trips on a slow link.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import paramiko.auth_handler
import paramiko.channel
import paramiko.packet
import paramiko.transport

from connectors.transports.budget import Budget
from connectors.transports.counters import Counters, Tally
from connectors.transports.framing import Answer, Frame, frame
from connectors.transports.keys import PrivateKey
from connectors.transports.ssh.connection import Errand
from connectors.transports.ssh.login import Login
from connectors.transports.ssh.node import Node
from connectors.transports.ssh.presented import look
from dssr.errors import (
    CommandTimeout,
    ConnectFailed,
    HostKeyChanged,
    HostKeyRefused,
    LoginRefused,
    TransportError,
)
from dssr.seams import Completed, Figure, PresentingHost, Purpose

__all__ = ["Login", "SshTransport"]

log = logging.getLogger(__name__)
_HANDSHAKES = (
    30  # a minute with each host; sshd itself drops newcomers when ten wait at once (MaxStartups)
)
_SILENCE = 2.0  # seconds after which a read that could be made elsewhere makes sure that the connection lives
# paramiko ends its waits by the wall clock: one that is set back would make them longer than any caller's deadline.
for _module in (paramiko.auth_handler, paramiko.channel, paramiko.packet, paramiko.transport):
    _module.time = SimpleNamespace(time=time.monotonic, sleep=time.sleep)  # type: ignore[attr-defined]
# paramiko's threads log every broken connection as a traceback; what matters of it is in this package's errors.
logging.getLogger("paramiko.transport").setLevel(logging.CRITICAL)


class SshTransport:
    """Runs commands on the first of several login nodes that can be reached."""

    def __init__(
        self,
        *logins: Login,
        prelude: str = "",
        connect_timeout: float = 8.0,
        budget: Budget | None = None,
        tally: Tally | None = None,
    ) -> None:
        """``prelude``: shell text run once in each new remote shell. ``connect_timeout``: seconds for a node to answer as
        SSH, and as long again for logging in; a command's own deadline may be shorter. ``budget`` and ``tally`` where
        they are shared with other transports."""
        self._logins, self._prelude, self._connect_timeout = logins, prelude, connect_timeout
        self._tally = tally or Tally()
        budget = budget or Budget(
            _HANDSHAKES, time.monotonic
        )  # a jump host may serve several nodes
        self._nodes = [
            Node(login, prelude.encode(), connect_timeout, budget, self._tally) for login in logins
        ]
        self._name = ", ".join(str(login) for login in logins)

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
    ) -> Completed:
        """See ``dssr.seams.Transport``."""
        framed = frame(argv, input)
        try:
            answer = self._ask(framed, time.monotonic() + timeout, purpose)
        except TransportError as error:
            told = isinstance(
                error, ConnectFailed | LoginRefused | HostKeyRefused
            )  # by who tried to connect, once
            log.log(
                logging.DEBUG if told else logging.WARNING,
                "%s: %s: %s",
                self._name,
                argv[0],
                error.message,
            )
            raise
        return Completed(tuple(argv), answer.returncode, answer.stdout.inside, answer.stderr.inside)

    def as_user(self, user: str, key: PrivateKey, budget: Budget) -> "SshTransport":
        """Another transport to the same nodes, through the same jump hosts, that logs in as this user with his key. What it
        asks of the nodes is counted here too."""
        logins = [replace(login, user=user, key=key, is_mapped=True) for login in self._logins]
        return SshTransport(
            *logins,
            prelude=self._prelude,
            connect_timeout=self._connect_timeout,
            budget=budget,
            tally=self._tally,
        )

    def rest(self) -> None:
        """Close the connections; the next command makes a new one. When refused logins may be tried again is not forgotten."""
        for node in self._nodes:
            node.rest(0.0)

    def close(self) -> None:
        """See ``dssr.seams.Transport``."""
        for node in self._nodes:
            node.close()
        log.debug("%s: %s", self._name, self.counters)

    @property
    def counters(self) -> Counters:
        """What was asked of all nodes so far."""
        return self._tally.counters

    def host_keys(self) -> Sequence[PresentingHost]:
        """See ``dssr.seams.PresentsHostKeys``."""
        ways = dict.fromkeys(way for login in self._logins for way in (*login.jump_logins, login))
        return [look(way, self._connect_timeout) for way in ways]

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        hosts = {host: login.guard for login in self._logins for host in login.hosts}
        about = (
            "Whether a host presented another key than the trusted one when it was last heard of"
        )
        return [
            *self.counters.figures(),
            *(
                Figure(
                    "dssr_ssh_host_key_changed",
                    about,
                    float(guard.is_changed(host)),
                    labels=(("host", str(host)),),
                )
                for host, guard in hosts.items()
            ),
        ]

    def _ask(self, framed: Frame, deadline: float, purpose: Purpose) -> Answer:
        failures: list[TransportError] = []
        for place, node in enumerate(self._candidates(purpose)):
            now, others = time.monotonic(), len(self._nodes) - place - 1
            patience = now + max(0.0, deadline - now) / (
                max(0, others) + 1
            )  # nobody's death takes the others' time
            silence = _SILENCE if others > 0 and purpose.repeatable else threading.TIMEOUT_MAX
            try:
                answer = node.ask(Errand(framed, deadline, patience, silence, purpose))
            except HostKeyChanged:  # somebody may be in between: nothing is done elsewhere either
                raise
            except TransportError as error:
                failures.append(error)
                if isinstance(error, CommandTimeout) and (
                    not purpose.repeatable or time.monotonic() >= deadline
                ):
                    break
            else:
                for needless in self._nodes[self._nodes.index(node) + 1 :]:
                    needless.rest()
                return answer
        raise _together(failures)

    def _candidates(self, purpose: Purpose) -> Sequence[Node]:
        """A read whose connection broke may be asked again where it was asked, and is asked last where it might wait for
        nothing. While a host has a wrong key no other is asked: all work stops until it has the right one."""
        if alarmed := [node for node in self._nodes if node.alarm]:
            return alarmed
        if not purpose.repeatable:
            return self._nodes
        return (
            self._nodes * 2
            if len(self._nodes) == 1
            else sorted(self._nodes, key=lambda node: node.doubted)
        )


def _together(failures: Sequence[TransportError]) -> TransportError:
    """What to tell when no node would do: the failure, or one that holds all their words."""
    telling = next((error for error in failures if isinstance(error, CommandTimeout)), failures[0])
    kind = CommandTimeout if isinstance(telling, CommandTimeout) else type(telling)
    words = " ".join(dict.fromkeys(error.message for error in failures))
    return kind(words, min(error.retry_after for error in failures))
