"""The keeper of the ``ssh`` process, without a host."""

import errno
import subprocess
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.transports.forwarding.master import Master
from connectors.transports.forwarding.words import Forward, ForwardSettings
from dssr.errors import ConnectFailed

TO_NODE = Forward("node1", 80, "/tmp/none")


def scarce(*_: Any, **__: Any) -> None:
    """A machine on which no process can be started."""
    raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")


@pytest.fixture
def master(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Master]:
    """One that cannot start ``ssh``."""
    monkeypatch.setattr(subprocess, "Popen", scarce)
    made = Master(ForwardSettings(("nowhere.invalid",)), folder, folder / "agent")
    yield made
    made.stop()


def test_a_machine_without_processes_ends_no_keeper(master: Master) -> None:
    """Where no process can be started, the attempts go on, and the caller learns why."""
    with pytest.raises(ConnectFailed, match="cannot be started: Resource temporarily unavailable"):
        master.add(TO_NODE)
    assert master._thread.is_alive()


def test_an_order_without_processes_is_refused(
    master: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forward that cannot be ordered because no process can be started is refused with the
    reason."""
    monkeypatch.setattr(master, "_is_connected", True)
    with pytest.raises(ConnectFailed, match="cannot be started: Resource temporarily unavailable"):
        master.add(TO_NODE)


def test_a_refusal_may_come_while_another_is_looked_for(master: Master) -> None:
    """What ssh says at the same moment does not disturb who asks why a connection was refused."""
    refusals: deque[tuple[float, str]] = master._refusals
    refusals.extend([(1.0, "old"), (2.0, "older")])

    class Moment(float):
        """While it is compared, ssh says something."""

        def __le__(self, other: float) -> bool:
            refusals.append((9.0, "new"))
            return float(self) <= other

    assert master.refusal(Moment(5.0)) == ""
    assert master.refusal(5.0) == "new"
