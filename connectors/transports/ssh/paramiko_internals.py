"""All uses of paramiko's undocumented attributes, and all changes to it.

setup.cfg bounds paramiko's version for their sake. Each function says what it needs the attribute
for. A test checks that the installed version has every one of them, and that no other module of
this package uses an attribute that paramiko does not document.
"""

import logging
import threading
import time
from collections.abc import Sequence
from types import SimpleNamespace

import paramiko
import paramiko.auth_handler
import paramiko.channel
import paramiko.packet
import paramiko.transport

from connectors.transports.ssh.arrivals import Arrivals

ERRORS = (paramiko.SSHException, OSError, EOFError)  # all that paramiko raises
# paramiko ends its waits by the wall clock. If that is set back, they outlast every deadline.
PATCHED = (paramiko.auth_handler, paramiko.channel, paramiko.packet, paramiko.transport)
_clock = SimpleNamespace(time=time.monotonic, sleep=time.sleep)
for _module in PATCHED:
    _module.time = _clock  # type: ignore[attr-defined]
# paramiko's threads log a traceback for every broken connection; our errors say what matters.
logging.getLogger("paramiko.transport").setLevel(logging.CRITICAL)


class DeadlineEvent(threading.Event):
    """An event that is waited for until a deadline at most."""

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self._deadline = deadline

    def wait(self, timeout: float | None = None) -> bool:
        """Raises ``TimeoutError`` at the deadline."""
        if not super().wait(max(0.1, self._deadline - time.monotonic())):
            raise TimeoutError("no answer")
        return True


def limit_handshake(
    client: paramiko.Transport, key_types: Sequence[str], timeout: float, blocked: float
) -> None:
    """Accept host keys of these types alone. ``timeout``: seconds for the greeting and for the
    answer to a login; ``blocked``: seconds for which data waits for new session keys (paramiko's
    default is 30)."""
    client.banner_timeout = client.auth_timeout = timeout
    client.clear_to_send_timeout = blocked
    security = client.get_security_options()
    security.key_types = key_types
    # With GCM, bytes take half as long: paramiko's first choice has a digest of its own besides.
    security.ciphers = sorted(security.ciphers, key=lambda name: "-gcm@" not in name)


def handshake_is_done(client: paramiko.Transport) -> bool:
    """Whether session keys are agreed on. ``start_client`` also returns without an error when its
    time is over."""
    return bool(client.initial_kex_done)


def limit_request(channel: paramiko.Channel, deadline: float) -> None:
    """Limit the wait for the answer to the next request on the channel, which paramiko does not:
    ``TimeoutError`` at the deadline (``time.monotonic``)."""
    channel.event = DeadlineEvent(deadline)


def watch_arrivals(channel: paramiko.Channel) -> threading.Event:
    """An event that is set when data arrives on either stream and when the channel ends; for a
    channel on which nothing has arrived yet.

    ``Channel.fileno`` does not do: there one stream, read empty, may take back the signal of the
    other, and the reader waits for ever for data that is there.
    """
    arrival = threading.Event()
    channel.in_buffer = Arrivals(arrival)  # type: ignore[assignment]
    channel.in_stderr_buffer = Arrivals(arrival)  # type: ignore[assignment]
    return arrival


def has_ended(channel: paramiko.Channel) -> bool:
    """Whether the channel is closed or its other side sends nothing more."""
    return bool(channel.closed or channel.eof_received)


def is_unproven_key(error: Exception) -> bool:
    """Whether the host has not proved that it owns the host key it presents."""
    return isinstance(error, paramiko.SSHException) and "Signature verification" in str(error)


def is_no_greeting(error: Exception) -> bool:
    """Whether the other side did not greet as an SSH server does, or not in time."""
    return "banner" in str(error)


def is_timeout(error: Exception) -> bool:
    """Whether the time for an answer was over."""
    return isinstance(error, TimeoutError) or "timeout" in str(error)


def is_refused_login(error: Exception) -> bool:
    """Whether the host refused the user or the key. For a connection that ended before the
    answer paramiko raises the same type."""
    return isinstance(error, paramiko.AuthenticationException) and "EOF" not in str(error)
