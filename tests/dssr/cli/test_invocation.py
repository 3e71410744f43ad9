import time
from pathlib import Path
from typing import Any

import pytest

from dssr.client import Unreachable
from dssr.client.session import Session
from tests.dssr.cli.running import Dssr


class Clock:
    """A clock that goes on by sleeping alone."""

    def __init__(self) -> None:
        self.began = self.now = time.monotonic()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("words", "patience"),
    [
        ("get JOB a", 120),
        ("put JOB a", 120),
        ("logs JOB", 120),
        ("logs -f JOB", 3600),
        ("wait JOB", 3600),
        ("submit -W a", 3600),
    ],
)
def test_how_long_a_command_waits_for_its_bridge(
    words: str, patience: float, dssr: Dssr, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that waits for a job waits an hour for a bridge that has gone, others two minutes
    at most; without a terminal, too, it says once why."""
    (here / "a").write_text("true")
    job = dssr.submit("true")
    clock, send, sent = Clock(), Session._send, []

    def send_once(*call: Any) -> Any:
        sent.append(call)
        if len(sent) == 1:
            return send(*call)
        raise Unreachable("It has gone.", transient=True)

    monkeypatch.setattr("dssr.client.session.time", clock)
    monkeypatch.setattr(Session, "_send", send_once)
    done = dssr(*words.replace("JOB", job).split())
    assert done.code != 0
    assert done.err.count("It has gone. Trying again ...\n") == 1
    assert patience - 10 < clock.now - clock.began <= patience
