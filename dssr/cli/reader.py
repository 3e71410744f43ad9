"""What reads this program's output: a command that waits for news ends when it has gone."""

import contextlib
import os
import select
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from dssr.cli.failure import ReaderGone


@contextlib.contextmanager
def ending_with_reader() -> Iterator[None]:
    """While this is done, the end of what reads stdout ends it at once, and not only the next line
    that is printed. Raises ``ReaderGone``."""
    try:
        output = sys.stdout.fileno()
        is_pipe = stat.S_ISFIFO(os.fstat(output).st_mode)
    except (OSError, ValueError):
        is_pipe = False
    if not is_pipe or threading.current_thread() is not threading.main_thread():
        yield
        return
    has_gone, is_done = threading.Event(), threading.Event()
    looking, wake = os.pipe()

    def look() -> None:
        poll = select.poll()
        poll.register(output, 0)  # an error, or the reader's end, is always reported
        poll.register(looking, select.POLLIN)
        found = dict(poll.poll())
        if output in found and not is_done.is_set():
            has_gone.set()
            signal.pthread_kill(main, signal.SIGPIPE)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if has_gone.is_set():  # a connection that breaks sends the same signal
            raise KeyboardInterrupt

    main = threading.get_ident()
    before = signal.signal(signal.SIGPIPE, interrupt)
    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    except KeyboardInterrupt:
        if has_gone.is_set():
            raise ReaderGone from None
        raise
    finally:
        is_done.set()
        os.write(wake, b".")
        watcher.join()
        signal.signal(signal.SIGPIPE, before)
        os.close(looking)
        os.close(wake)
