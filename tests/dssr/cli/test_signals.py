import os
import signal
import threading
from collections.abc import Iterator

import pytest

from dssr.cli.signals import as_ctrl_c


@pytest.fixture(autouse=True)
def before() -> Iterator[None]:
    """The signals are handled as before after each test."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_interrupts_once(number: signal.Signals) -> None:
    """The first signal is an interrupt, those behind it do not interrupt what cleans up, and
    afterwards all is as before."""
    signal.signal(number, signal.SIG_DFL)
    cleaned = False
    with as_ctrl_c():
        try:
            os.kill(os.getpid(), number)
            pytest.fail("nothing was raised")
        except KeyboardInterrupt:
            os.kill(os.getpid(), number)
            cleaned = True
    assert cleaned
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so() -> None:
    """Below nohup a command goes on when its terminal is closed."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with as_ctrl_c():
        os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_other_threads_change_nothing() -> None:
    """In a thread that is not the main one, signals stay as they are."""
    seen = []
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def run() -> None:
        with as_ctrl_c():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
