"""A session over a control socket, as the streams of a remote shell."""

import contextlib
import os
import select
import subprocess
import threading
from collections.abc import Callable, Sequence

from connectors.transports.framing import Answer
from connectors.transports.openssh.program import environment
from dssr.errors import ConnectFailed

_PIECE = 1 << 20  # bytes read at once: more than a pipe holds
_PIECES = 16  # read at once: output without end must not keep the reader from counting it
_FIRST_WORDS = 4096  # bytes of stderr that are kept to find out why no session came about
_LONG = 3600.0  # seconds; longer waits are repeated
_REAPED = 2.0  # seconds in which a killed process ends


class ProcessStream:
    """See ``connectors.transports.remote_shell.Stream``.

    ssh hands its three descriptors over to the master, which reads and writes them itself.
    """

    errors: tuple[type[Exception], ...] = (OSError, ValueError)  # ValueError: a closed file

    def __init__(self, argv: Sequence[str], on_close: Callable[[], None]) -> None:
        """``on_close`` is called once. Raises ``ConnectFailed``."""
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(  # noqa: S603
                argv,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                bufsize=0,
                start_new_session=True,
                env=environment(),
            )
        except OSError as error:
            on_close()
            raise ConnectFailed(f"ssh cannot be started on this machine: {error}.") from error
        self._on_close, self._lock, self._is_open = on_close, threading.Lock(), True
        assert self._process.stdin
        assert self._process.stdout
        assert self._process.stderr
        self._stdin = self._process.stdin.fileno()
        self._stdout, self._stderr = self._process.stdout.fileno(), self._process.stderr.fileno()
        self._arrival, self._live = select.poll(), {self._stdout, self._stderr}
        for descriptor in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(descriptor, False)
        for descriptor in self._live:
            self._arrival.register(descriptor, select.POLLIN)
        self._first_words = b""  # of stderr

    @property
    def closed(self) -> bool:
        """See ``Stream``."""
        return not self._is_open or self._process.poll() is not None

    @property
    def said(self) -> str:
        """The first that has been read of stderr: until a shell has started, ssh's own words."""
        return self._first_words.decode(errors="replace")

    def kill(self) -> None:
        """End the session; who reads from it finds its end. May be called by any thread."""
        self._process.kill()

    def close(self) -> None:
        """See ``Stream``. Called by the one who has borrowed the shell."""
        with self._lock:
            if not self._is_open:
                return
            self._is_open = False
        self._process.kill()
        for file in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                file.close()  # type: ignore[union-attr]
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAPED)
        self._on_close()

    def wait(self, timeout: float) -> bool:
        """See ``Stream``."""
        return not self._live or bool(self._arrival.poll(min(timeout, _LONG) * 1000))

    def read(self, answer: Answer) -> bool:
        """See ``Stream``."""
        for descriptor, output in ((self._stdout, answer.stdout), (self._stderr, answer.stderr)):
            for _ in range(_PIECES):
                if not (piece := self._piece(descriptor)):
                    break
                output.feed(piece)
                if descriptor == self._stderr and len(self._first_words) < _FIRST_WORDS:
                    self._first_words += piece
        return not self._live

    def send(self, data: memoryview, timeout: float) -> int:
        """See ``Stream``."""
        room = select.poll()
        room.register(self._stdin, select.POLLOUT)
        if not room.poll(min(timeout, _LONG) * 1000):
            raise TimeoutError
        return os.write(self._stdin, data)

    def _piece(self, descriptor: int) -> bytes:
        """What has arrived; nothing at the end too, after which it is not waited for any more."""
        if descriptor not in self._live:
            return b""
        try:
            piece = os.read(descriptor, _PIECE)
        except BlockingIOError:
            return b""
        if not piece:
            self._live.discard(descriptor)
            self._arrival.unregister(descriptor)
        return piece
