"""The transport that uses OpenSSH's own program: one master for each login node and user."""

import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from connectors.transports.budget import HANDSHAKES, Budget
from connectors.transports.counters import UsageCounter
from connectors.transports.keys import PrivateKey
from connectors.transports.login_nodes import LoginNodes, combined
from connectors.transports.openssh.directory import PrivateDirectory
from connectors.transports.openssh.master import Masters
from connectors.transports.openssh.target import Target
from connectors.transports.openssh.way import OpensshWay
from dssr.errors import HostKeyChanged, HostKeyRefused, LoginRefused, TransportError
from dssr.seams import Completed, PresentingHost, Purpose, Sink

_FINAL = LoginRefused, HostKeyRefused  # no person is asked twice


class OpensshTransport(LoginNodes):
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
        shared: bool = True,
        directory: str = "",
        budget: Budget | None = None,
        usage: UsageCounter | None = None,
    ) -> None:
        """``prelude``: shell text that each new remote shell runs first. ``connect_timeout``:
        seconds for a node to answer as SSH, and as long again for the login. ``persist``: seconds
        for which an unused master stays. ``shared``: the masters stay when this transport is
        closed. ``directory``: where the control sockets are. ``budget``,
        ``usage``: shared with other transports, if given."""
        self._targets, self._prelude, self._persist = targets, prelude, persist
        self._connect_timeout, self._shared = connect_timeout, shared
        self._directory, self._is_apart = directory, False
        usage = usage or UsageCounter()
        budget = budget or Budget(HANDSHAKES, time.monotonic)
        place = PrivateDirectory(directory)
        self._ways = [
            OpensshWay(
                Masters(target, place, connect_timeout, persist),
                place,
                prelude.encode(),
                budget,
                usage,
            )
            for target in targets
        ]
        super().__init__(self._ways, usage)
        self._may_ask, self._asking = False, threading.Lock()
        self._refused: TransportError | None = None

    def ask_at_terminal(self) -> None:
        """See ``dssr.seams.AsksAtTerminal``. The first command has no deadline of its own then."""
        self._may_ask = True

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
        if self._may_ask:
            self._log_in_on_terminal()
        return super().run(argv, input=input, timeout=timeout, purpose=purpose, sink=sink)

    def as_user(self, user: str, key: PrivateKey, budget: Budget) -> "OpensshTransport":
        """A transport to the same nodes that logs in as this user with their key, through the
        same jump hosts. Its use of the nodes is counted here too, and its masters end with it."""
        targets = [
            replace(target, user=user, key=key.openssh, by_key_alone=True)
            for target in self._targets
        ]
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

    def apart(self) -> "OpensshTransport":
        """A transport to the same nodes with masters of its own, which end with it: what it sees is
        as the nodes are now, and not as they were when a kept master logged in."""
        found = OpensshTransport(
            *self._targets,
            prelude=self._prelude,
            connect_timeout=self._connect_timeout,
            persist=self._persist,
            shared=False,
            directory=PrivateDirectory(self._directory).fresh(),
            usage=self._usage,
        )
        found._may_ask, found._is_apart = self._may_ask, True
        return found

    def rest(self) -> None:
        """Close the connections until the next command, their masters too. Pauses after refused
        logins last on."""
        super().rest()
        self._end_masters()

    def close(self) -> None:
        """See ``dssr.seams.Transport``. Shared masters stay for the next command."""
        self._may_ask = False
        super().close()
        if not self._shared:
            self._end_masters()
        if self._is_apart:
            shutil.rmtree(self._directory, ignore_errors=True)

    def shell_words(self) -> Sequence[str]:
        """See ``connectors.transports.shells.OpensShells``: of the first login node that lets us
        in."""
        failures: list[TransportError] = []
        for way in self._ways:
            try:
                return way.shell_words()
            except TransportError as error:
                failures.append(error)
        raise combined(failures)

    def host_keys(self) -> Sequence[PresentingHost]:
        """See ``dssr.seams.PresentsHostKeys``: those of jump hosts are not asked for."""
        return [way.host_keys(self._connect_timeout) for way in self._ways]

    def host_key_changes(self) -> Mapping[str, bool]:
        """See ``LoginNodes``."""
        return {str(way): bool(way.mismatch()) for way in self._ways}

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
