"""The transport that uses OpenSSH's own program: one master for each login node and user."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from connectors.transports.budget import Budget
from connectors.transports.counters import Counters, UsageCounter
from connectors.transports.keys import PrivateKey
from connectors.transports.login_nodes import LoginNodes, combined
from connectors.transports.openssh.directory import PrivateDirectory
from connectors.transports.openssh.forwards import Probe
from connectors.transports.openssh.master import Masters
from connectors.transports.openssh.target import Target
from connectors.transports.openssh.way import OpensshWay
from dssr.errors import HostKeyChanged, HostKeyRefused, LoginRefused, TransportError
from dssr.seams import Completed, Figure, PresentingHost, Purpose

# A minute, for each host. sshd itself drops new connections when ten wait at once (MaxStartups).
_HANDSHAKES = 30
_FINAL = LoginRefused, HostKeyRefused  # no person is asked twice


class OpensshTransport:
    """Runs commands on the first of several login nodes that can be reached.

    ssh's own configuration says what the targets leave open. The masters are shared with other
    processes of this user, and stay for a while when this one has ended.
    """

    def __init__(
        self,
        *targets: Target,
        prelude: str = "",
        connect_timeout: float = 8.0,
        persist: float = 600.0,
        interactive: bool = False,
        shared: bool = True,
        directory: str = "",
        budget: Budget | None = None,
        usage: UsageCounter | None = None,
    ) -> None:
        """``prelude``: shell text that each new remote shell runs first. ``connect_timeout``:
        seconds for a node to answer as SSH, and as long again for the login. ``persist``: seconds
        for which an unused master stays. ``interactive``: the first command may ask for passwords
        and codes on the terminal, without a deadline of its own. ``shared``: the masters stay when
        this transport is closed. ``directory``: where the control sockets are. ``budget``,
        ``usage``: shared with other transports, if given."""
        self._targets, self._prelude, self._persist = targets, prelude, persist
        self._connect_timeout, self._shared = connect_timeout, shared
        self._directory = directory
        self._usage = usage or UsageCounter()
        budget = budget or Budget(_HANDSHAKES, time.monotonic)
        place = PrivateDirectory(directory)
        self._ways = [
            OpensshWay(
                Masters(target, place, connect_timeout, persist),
                place,
                prelude.encode(),
                budget,
                self._usage,
            )
            for target in targets
        ]
        self._nodes = LoginNodes(self._ways)
        self._may_ask, self._asking = interactive, threading.Lock()
        self._refused: TransportError | None = None

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
    ) -> Completed:
        """See ``dssr.seams.Transport``."""
        if self._may_ask:
            self._log_in_on_terminal()
        return self._nodes.run(argv, input, timeout, purpose)

    def as_user(self, user: str, key: PrivateKey, budget: Budget) -> "OpensshTransport":
        """A transport to the same nodes that logs in as this user with their key, through the
        same jump hosts. Its use of the nodes is counted here too, and its masters end with it."""
        targets = [replace(target, user=user, key=key.openssh) for target in self._targets]
        return OpensshTransport(
            *targets,
            prelude=self._prelude,
            connect_timeout=self._connect_timeout,
            persist=self._persist,
            shared=False,
            directory=self._directory,
            budget=budget,
            usage=self._usage,
        )

    def probe_forward(self, host: str, port: int, timeout: float) -> Probe:
        """Whether the first login node would forward a connection to that place, which sees one
        without data. ``timeout``: seconds for the answer, after a login where there is none.
        Raises ``TransportError`` where it cannot be asked."""
        return self._ways[0].probe_forward(host, port, timeout)

    def rest(self) -> None:
        """Close the connections until the next command, their masters too. Pauses after refused
        logins last on."""
        self._nodes.rest()
        self._end_masters()

    def close(self) -> None:
        """See ``dssr.seams.Transport``. Shared masters stay for the next command."""
        self._may_ask = False
        self._nodes.close()
        if not self._shared:
            self._end_masters()

    @property
    def counters(self) -> Counters:
        """The use of all nodes so far."""
        return self._usage.counters

    def host_keys(self) -> Sequence[PresentingHost]:
        """See ``dssr.seams.PresentsHostKeys``: those of jump hosts are not asked for."""
        return [way.host_keys(self._connect_timeout) for way in self._ways]

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        about = (
            "Whether a host presented another key than the trusted one when it was last heard of"
        )
        changed = [
            Figure(
                "dssr_ssh_host_key_changed",
                about,
                float(bool(way.mismatch)),
                labels=(("host", str(way)),),
            )
            for way in self._ways
        ]
        return [*self.counters.figures(), *changed]

    def _end_masters(self) -> None:
        for way in self._ways:
            way.rest()

    def _log_in_on_terminal(self) -> None:
        """Ask once: the first node that lets us in is the one that the commands will use."""
        with self._asking:
            if self._refused is not None:
                raise self._refused
            failures: list[TransportError] = []
            for way in self._ways if self._may_ask else ():
                try:
                    way.log_in_on_terminal()
                    self._may_ask = False
                    return
                except HostKeyChanged:
                    raise
                except TransportError as error:
                    failures.append(error)
            if failures:
                failure = combined(failures)
                self._refused = failure if isinstance(failure, _FINAL) else None
                raise failure
