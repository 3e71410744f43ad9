"""Several login nodes, of which the first that answers is used."""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from connectors.transports.counters import Counters, UsageCounter
from connectors.transports.framing import Answer, Frame, frame
from connectors.transports.login_node import LoginNode, Way
from connectors.transports.request import Request
from dssr.errors import (
    CommandTimeout,
    ConnectFailed,
    HostKeyChanged,
    HostKeyRefused,
    LoginRefused,
    TransportError,
)
from dssr.seams import REPEATABLE, Completed, Figure, Purpose, Sink

log = logging.getLogger(__name__)
_SILENCE = 2.0  # seconds until a read that another node could make checks that its own is alive


class LoginNodes(ABC):
    """What transports have in common: runs commands on the first of several login nodes that can be
    reached."""

    def __init__(self, ways: Sequence[Way], usage: UsageCounter) -> None:
        """``usage``: counts what the ways do."""
        self._usage = usage
        self._nodes = [LoginNode(way) for way in ways]
        self.name = ", ".join(str(way) for way in ways)

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        """See ``dssr.seams.Transport``."""
        framed = frame(argv, input, is_read=purpose is Purpose.UPLOAD)
        try:
            answer = self._ask(framed, time.monotonic() + timeout, purpose, sink)
        except TransportError as error:
            # The login node has logged a failure to connect, once.
            is_logged = isinstance(error, ConnectFailed | LoginRefused | HostKeyRefused)
            level = logging.DEBUG if is_logged else logging.WARNING
            log.log(level, "%s: %s: %s", self.name, argv[0], error.message)
            raise
        return Completed(
            tuple(argv), answer.returncode, answer.stdout.content, answer.stderr.content
        )

    def probe_forward(self, host: str, port: int, timeout: float) -> str:
        """See ``connectors.transports.forwards.ProbesForwards``: the first login node that can be
        reached is asked."""
        failures: list[TransportError] = []
        for node in self._candidates(Purpose.SUBMIT):
            try:
                return node.probe_forward(host, port, timeout)
            except TransportError as error:
                failures.append(error)
        raise combined(failures)

    def rest(self) -> None:
        """Close the connections until the next command. Pauses after refused logins last on."""
        for node in self._nodes:
            node.close_idle(0.0)

    def close(self) -> None:
        """See ``dssr.seams.Transport``."""
        for node in self._nodes:
            node.close()

    @property
    def counters(self) -> Counters:
        """The use of all nodes so far."""
        return self._usage.counters

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        about = (
            "Whether a host presented another key than the trusted one when it was last heard of"
        )
        changed = [
            Figure("dssr_ssh_host_key_changed", about, float(is_changed), labels=(("host", host),))
            for host, is_changed in self.host_key_changes().items()
        ]
        return [*self.counters.figures(), *changed]

    @abstractmethod
    def host_key_changes(self) -> Mapping[str, bool]:
        """Whether each host presented another key than the trusted one when it was last heard
        of."""

    def _ask(self, framed: Frame, deadline: float, purpose: Purpose, sink: Sink | None) -> Answer:
        """Ask one node after the other. Each leaves those after it their share of the time."""
        failures: list[TransportError] = []
        for number, node in enumerate(self._candidates(purpose), 1):
            others = max(0, len(self._nodes) - number)
            now = time.monotonic()
            patience = now + max(0.0, deadline - now) / (others + 1)
            silence = _SILENCE if others > 0 and purpose in REPEATABLE else threading.TIMEOUT_MAX
            try:
                answer = node.ask(Request(framed, deadline, patience, silence, purpose, sink))
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
        raise combined(failures)

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


def combined(failures: Sequence[TransportError]) -> TransportError:
    """One error for the failures of all nodes, with all their words. Its type is
    ``CommandTimeout`` if one of them was that: a command may have run."""
    timeout = next((error for error in failures if isinstance(error, CommandTimeout)), None)
    kind = CommandTimeout if timeout is not None else type(failures[0])
    words = " ".join(dict.fromkeys(error.message for error in failures))
    return kind(words, min(error.retry_after for error in failures))
