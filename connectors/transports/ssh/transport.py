"""The SSH transport: one connection to a login node and a few long-lived remote shells on it.

Of several login nodes it uses the first that answers. A long-lived shell spares each command the
opening of a channel: some milliseconds, and two round trips on a slow link.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from connectors.transports.budget import Budget
from connectors.transports.counters import Counters, UsageCounter
from connectors.transports.framing import Answer, Frame, frame
from connectors.transports.keys import PrivateKey
from connectors.transports.ssh.key_scan import scan_host_keys
from connectors.transports.ssh.login import Login
from connectors.transports.ssh.login_node import LoginNode
from connectors.transports.ssh.remote_shell import Request
from dssr.errors import (
    CommandTimeout,
    ConnectFailed,
    HostKeyChanged,
    HostKeyRefused,
    LoginRefused,
    TransportError,
)
from dssr.seams import REPEATABLE, Completed, Figure, PresentingHost, Purpose

log = logging.getLogger(__name__)
# A minute, for each host. sshd itself drops new connections when ten wait at once (MaxStartups).
_HANDSHAKES = 30
_SILENCE = 2.0  # seconds until a read that another node could make checks that its own is alive


class SshTransport:
    """Runs commands on the first of several login nodes that can be reached."""

    def __init__(
        self,
        *logins: Login,
        prelude: str = "",
        connect_timeout: float = 8.0,
        budget: Budget | None = None,
        usage: UsageCounter | None = None,
    ) -> None:
        """``prelude``: shell text that each new remote shell runs first. ``connect_timeout``:
        seconds for a node to answer as SSH, and as long again for the login; a command's own
        deadline may be shorter. ``budget``, ``usage``: shared with other transports, if given."""
        self._logins, self._prelude, self._connect_timeout = logins, prelude, connect_timeout
        self._usage = usage or UsageCounter()
        # One budget for all nodes: they may share a jump host.
        budget = budget or Budget(_HANDSHAKES, time.monotonic)
        self._nodes = [
            LoginNode(login, prelude.encode(), connect_timeout, budget, self._usage)
            for login in logins
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
            # The login node has logged a failure to connect, once.
            is_logged = isinstance(error, ConnectFailed | LoginRefused | HostKeyRefused)
            level = logging.DEBUG if is_logged else logging.WARNING
            log.log(level, "%s: %s: %s", self._name, argv[0], error.message)
            raise
        return Completed(
            tuple(argv), answer.returncode, answer.stdout.content, answer.stderr.content
        )

    def as_user(self, user: str, key: PrivateKey, budget: Budget) -> "SshTransport":
        """A transport to the same nodes that logs in as this user with their key, through the
        same jump hosts. Its use of the nodes is counted here too."""
        logins = [replace(login, user=user, key=key, is_mapped=True) for login in self._logins]
        return SshTransport(
            *logins,
            prelude=self._prelude,
            connect_timeout=self._connect_timeout,
            budget=budget,
            usage=self._usage,
        )

    def probe_forward(self, host: str, port: int, timeout: float) -> str:
        """See ``ProbesForwards``: the first login node that can be reached is asked."""
        failures: list[TransportError] = []
        for node in self._candidates(Purpose.SUBMIT):
            try:
                return node.probe_forward(host, port, timeout)
            except TransportError as error:
                failures.append(error)
        raise _combined(failures)

    def rest(self) -> None:
        """Close the connections until the next command. Pauses after refused logins last on."""
        for node in self._nodes:
            node.close_idle(0.0)

    def close(self) -> None:
        """See ``dssr.seams.Transport``."""
        for node in self._nodes:
            node.close()
        log.debug("%s: %s", self._name, self.counters)

    @property
    def counters(self) -> Counters:
        """The use of all nodes so far."""
        return self._usage.counters

    def host_keys(self) -> Sequence[PresentingHost]:
        """See ``dssr.seams.PresentsHostKeys``."""
        hops = dict.fromkeys(hop for login in self._logins for hop in (*login.jump_logins, login))
        return [scan_host_keys(hop, self._connect_timeout) for hop in hops]

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        about = (
            "Whether a host presented another key than the trusted one when it was last heard of"
        )
        verifiers = {host: login.verifier for login in self._logins for host in login.hosts}
        changed = [
            Figure(
                "dssr_ssh_host_key_changed",
                about,
                float(verifier.is_changed(host)),
                labels=(("host", str(host)),),
            )
            for host, verifier in verifiers.items()
        ]
        return [*self.counters.figures(), *changed]

    def _ask(self, framed: Frame, deadline: float, purpose: Purpose) -> Answer:
        """Ask one node after the other. Each leaves those after it their share of the time."""
        failures: list[TransportError] = []
        for number, node in enumerate(self._candidates(purpose), 1):
            others = max(0, len(self._nodes) - number)
            now = time.monotonic()
            patience = now + max(0.0, deadline - now) / (others + 1)
            silence = _SILENCE if others > 0 and purpose in REPEATABLE else threading.TIMEOUT_MAX
            try:
                answer = node.ask(Request(framed, deadline, patience, silence, purpose))
            except HostKeyChanged:  # an attack, perhaps: all work stops, on the other nodes too
                raise
            except TransportError as error:
                failures.append(error)
                is_over = purpose not in REPEATABLE or time.monotonic() >= deadline
                if isinstance(error, CommandTimeout) and is_over:
                    break
            else:
                for later in self._nodes[self._nodes.index(node) + 1 :]:
                    later.close_idle()
                return answer
        raise _combined(failures)

    def _candidates(self, purpose: Purpose) -> Sequence[LoginNode]:
        """The nodes to ask, in order.

        A read may be sent again when its connection broke, and asks nodes that were silent last.
        While one host has a wrong key, only that one is asked: all work stops until it is right.
        """
        if changed := [node for node in self._nodes if node.mismatch]:
            return changed
        if purpose not in REPEATABLE:
            return self._nodes
        if len(self._nodes) == 1:
            return self._nodes * 2
        return sorted(self._nodes, key=lambda node: node.recently_silent)


def _combined(failures: Sequence[TransportError]) -> TransportError:
    """One error for the failures of all nodes, with all their words. Its type is
    ``CommandTimeout`` if one of them was that: a command may have run."""
    timeout = next((error for error in failures if isinstance(error, CommandTimeout)), None)
    kind = CommandTimeout if timeout is not None else type(failures[0])
    words = " ".join(dict.fromkeys(error.message for error in failures))
    return kind(words, min(error.retry_after for error in failures))
