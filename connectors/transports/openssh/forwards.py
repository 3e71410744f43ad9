"""Whether a login node forwards connections: sites prohibit that, and it must not look like a
service that is down."""

import time
from pathlib import Path

from connectors.transports.framing import Answer, frame
from connectors.transports.openssh import program
from connectors.transports.openssh.failures import is_prohibited, last_words
from connectors.transports.openssh.master import Master
from connectors.transports.openssh.stream import ProcessStream
from dssr.errors import ConnectFailed


def probe_forward(master: Master, host: str, port: int, timeout: float) -> str:
    """See ``connectors.transports.forwards.ProbesForwards``. The login node connects to that place,
    which sees a connection without data."""
    deadline = time.monotonic() + timeout
    seen = len(_log(master))
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    stream = ProcessStream(program.forward(master.socket, place), lambda: None)
    try:
        answer = Answer(frame(["true"], None))
        while (left := deadline - time.monotonic()) > 0:
            stream.wait(left)
            has_ended = stream.read(answer)
            if program.SESSION_OPENED in stream.said:
                return ""
            if has_ended:
                said = _log(master)[seen:] or stream.said
                return last_words(said) if is_prohibited(said) else ""
        raise ConnectFailed(f"The login node did not connect to {place} in {timeout:.0f} s.")
    finally:
        stream.close()


def _log(master: Master) -> str:
    return Path(master.log).read_text(encoding="utf-8", errors="replace")
