"""Whether a login node forwards connections: sites prohibit that, and it must not look like a
service that is down."""

import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from connectors.transports.framing import Answer, frame
from connectors.transports.openssh import program
from connectors.transports.openssh.failures import is_prohibited, last_words
from connectors.transports.openssh.master import Master
from connectors.transports.openssh.stream import ProcessStream
from dssr.errors import ConnectFailed


class Forwarding(Enum):
    """What became of a connection that the login node was to make for us."""

    OPEN = "open"
    PROHIBITED = "prohibited"  # by its sshd
    UNREACHABLE = "unreachable"  # it is allowed, and the place does not take the connection


@dataclass(frozen=True)
class Probe:
    """What was found out. ``words``: the reason, in ssh's words; empty for ``OPEN``."""

    forwarding: Forwarding
    words: str = ""


def probe_forward(master: Master, host: str, port: int, timeout: float) -> Probe:
    """Let the login node connect to that place, and hang up. The place sees a connection without
    data. Raises ``ConnectFailed`` when there is no answer in so many seconds."""
    deadline = time.monotonic() + timeout
    seen = len(_log(master))
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    stream = ProcessStream(program.forward(master.socket, place), lambda: None)
    try:
        said, answer = "", Answer(frame(["true"], None))
        while (left := deadline - time.monotonic()) > 0:
            stream.wait(left)
            has_ended = stream.read(answer)
            if program.SESSION_OPENED in stream.said:
                return Probe(Forwarding.OPEN)
            if has_ended:
                said = _log(master)[seen:] or stream.said
                prohibited = is_prohibited(said)
                kind = Forwarding.PROHIBITED if prohibited else Forwarding.UNREACHABLE
                return Probe(kind, last_words(said))
        raise ConnectFailed(f"The login node did not connect to {place} in {timeout:.0f} s.")
    finally:
        stream.close()


def _log(master: Master) -> str:
    return Path(master.log).read_text(encoding="utf-8", errors="replace")
