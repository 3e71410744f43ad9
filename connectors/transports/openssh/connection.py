"""A master as a connection, and the remote shells on it."""

import time
from collections.abc import Callable

from connectors.transports.connection import Connection
from connectors.transports.counters import UsageCounter
from connectors.transports.framing import Answer, frame
from connectors.transports.openssh import program
from connectors.transports.openssh.failures import is_session_refused, last_words
from connectors.transports.openssh.master import Master
from connectors.transports.openssh.process import Process
from connectors.transports.openssh.slots import MOST_OF_ONE, Slots
from connectors.transports.openssh.stream import ProcessStream
from connectors.transports.pool import AllBusy, ChannelRefused
from connectors.transports.remote_shell import RemoteShell
from connectors.transports.request import ChannelTimeout, NoChannel, Request
from dssr.errors import CommandTimeout

_LOOK = 0.05  # seconds between two looks for a slot that other processes hold


class OpensshConnection(Connection):
    """This process's use of a master. Safe to use from many threads.

    ``is_worn_out``: it was given up, so that its master is to be replaced.
    """

    def __init__(
        self, master: Master, name: str, prelude: bytes, usage: UsageCounter, slots: Slots
    ) -> None:
        """``prelude``: shell text that each new shell runs first."""
        super().__init__(name, usage, MOST_OF_ONE)
        self.master, self.is_worn_out = master, False
        self._prelude, self._slots = prelude, slots
        self._process = Process(master.pid)
        self._streams: list[ProcessStream] = []

    def retire(self) -> None:
        """See ``Connection``."""
        self.is_worn_out = True
        super().retire()

    def is_active(self) -> bool:
        """See ``Connection``."""
        return self._process.lives

    def answers(self, timeout: float) -> bool:
        """The master answers by itself, so it is asked for a session: ssh says when it has one."""
        deadline = time.monotonic() + timeout
        stream = self._new_stream(program.probe(self.master.socket), lambda: None)
        answer = Answer(frame(["true"], None))
        try:
            while (left := deadline - time.monotonic()) > 0:
                stream.wait(left)
                ended = stream.read(answer)
                if program.SESSION_OPENED in stream.said or is_session_refused(stream.said):
                    return True
                if ended:
                    return False
            return False
        finally:
            self._close(stream)

    def open_shell(self, deadline: float) -> RemoteShell:
        """See ``Connection``."""
        stream = self._new_stream(program.shell(self.master.socket), self._slot(deadline))
        shell = RemoteShell(stream, self._name, self._prelude)
        try:  # nothing that matters is sent before the session has come about
            shell.ask(Request(frame(["true"], None), deadline, deadline), lambda _: None)
        except CommandTimeout as error:
            self._close(stream)
            raise self._not_opened(stream.said, deadline) from error
        return shell

    def _slot(self, deadline: float) -> Callable[[], None]:
        """A slot for one more session; waits for one if this process has none."""
        while (give_back := self._slots.take()) is None:
            with self._lock:
                self._streams = [stream for stream in self._streams if not stream.closed]
                has_others = bool(self._streams)
            if has_others:
                raise ChannelRefused
            if time.monotonic() >= deadline:
                raise AllBusy
            time.sleep(_LOOK)
        return give_back

    def _not_opened(self, said: str, deadline: float) -> Exception:
        if is_session_refused(said):
            return ChannelRefused()
        if time.monotonic() >= deadline and self.is_active():
            self._suspect = True
            return ChannelTimeout(
                f"{self._name} opened no session in time; this command was not sent."
            )
        return NoChannel(
            f"{self._name} gives no session ({last_words(said)}); this command was not sent."
        )

    def _new_stream(self, argv: list[str], on_close: Callable[[], None]) -> ProcessStream:
        with self._usage.lock:
            self._usage.channels += 1
        stream = ProcessStream(argv, on_close)
        with self._lock:
            self._streams = [*(other for other in self._streams if not other.closed), stream]
        if not self._process.lives:  # closed meanwhile
            stream.kill()
        return stream

    def _close(self, stream: ProcessStream) -> None:
        stream.close()
        with self._lock:
            self._streams = [other for other in self._streams if other is not stream]

    def end(self) -> None:
        """The master itself stays, for other processes and for the next command."""
        self._process.close()
        with self._lock:
            streams, self._streams = self._streams, []
        for stream in streams:
            stream.kill()
