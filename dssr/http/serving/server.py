"""The server: where it listens, its threads, its connections, and who looks after them."""

import contextlib
import ctypes
import ipaddress
import logging
import resource
import sys
from functools import partial
from typing import Any

from flask import Flask

from dssr.http.call import SMALL, Catalogue
from dssr.http.checks import metrics
from dssr.http.checks.gate import longest_wait
from dssr.http.serving.connections import (
    IDLE,
    SPARE,
    CallersConnection,
    Serving,
    Sweeper,
    make_room,
)
from dssr.http.serving.intake import Intake
from dssr.http.serving.parking import LISTENERS, Parking
from dssr.http.serving.turns import Turns
from dssr.http.serving.waitress_internals import Listeners
from dssr.settings import Settings
from dssr.settings.validation import is_protected

# Calls that may wait for the cluster at once; others wait for their turn. One caller's submissions
# cannot take all of them.
THREADS = 48
QUICK = 4  # threads for what never waits for the cluster, such as /live
_HEADERS = 64 * 1024  # bytes; the token that names an upstream user is in the body
_LOOK_EVERY = 1  # second
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of <malloc.h>
_LARGE, _KEPT, _ARENAS = 1 << 20, 16 << 20, 2  # bytes; bytes in each of so many arenas
_OTHER_FILES = 256  # that the process has open besides connections
# Bytes of a response that may be unread before its thread waits. They are in memory: waitress puts
# more than a megabyte on the disk.
_UNREAD = 512 * 1024
_RECEIVED = 512 * 1024  # bytes at once: with 8 KB, a part of 8 MB takes a thousand rounds
_WAITRESS = {
    "channel_timeout": IDLE,
    "cleanup_interval": _LOOK_EVERY,
    "max_request_header_size": _HEADERS,
    "max_request_body_size": SMALL + 1,  # each call has its own limit
    "outbuf_high_watermark": _UNREAD,
    "recv_bytes": _RECEIVED,
}
# Seconds (sys.setswitchinterval). By default each thread that waits for the interpreter wakes up
# 200 times a second, and with many pollers dozens wait: for 64 callers that is a tenth of what a
# call costs. A longer computation, such as the list of 10,000 jobs, delays the others by so much.
SWITCH_EVERY = 0.02


class Server:
    """A server that listens. ``addresses``: where, as URLs with the ports that it got."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        """Listen. Raises ``OSError`` and ``ValueError`` for a bad address."""
        most_sockets = settings.connections + SPARE + LISTENERS
        _allow_files(most_sockets + _OTHER_FILES)
        self.listeners = _listen(app, settings, most_sockets)
        catalogue, protected = Catalogue.of(app), is_protected(settings)
        self.turns = Turns(
            max(1, THREADS * 5 // 6),
            THREADS,
            longest_wait(settings.answer_timeout),
            protected,
            catalogue.paths_answered_at_once(),
            self.listeners.begin,
        )
        self.parking = Parking()
        metrics.show(app, self.parking.figures)
        metrics.show(app, self.turns.figures)
        self._most, self._sweeper = settings.connections, Sweeper(settings.request_timeout)
        serving = Serving(
            self.turns,
            self.parking,
            Intake(catalogue, protected),
            settings.answer_timeout,
            self._most,
            self.listeners,
            catalogue.paths_with_listeners(),
        )
        self.listeners.use(partial(CallersConnection, serving), self.turns.add, self._look_after)
        self.addresses = [
            f"http://{_bracketed(host)}:{port}" for host, port in self.listeners.addresses
        ]

    def run(self) -> None:
        """Serve until the main thread gets ``SystemExit`` or ``KeyboardInterrupt``.

        Calls that run get 5 s to end, and streams are ended.
        """
        # One warning for each call that waits would flood the log.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        sys.setswitchinterval(SWITCH_EVERY)
        _give_large_memory_back()
        self.listeners.run(self.parking.close)

    def stop(self) -> None:
        """Have ``run`` return at once, from another thread. Connections are closed as they are."""
        self.listeners.stop()

    def _look_after(self) -> None:
        for connection in self.listeners.connections():
            self._sweeper.look_at(connection)
        make_room(self.listeners, self._most, len(self.parking))
        self.turns.hasten()


def _listen(app: Flask, settings: Settings, most_sockets: int) -> Listeners:
    return Listeners(
        app,
        " ".join(f"{_bracketed(host)}:{settings.port}" for host in settings.bind.split(",")),
        THREADS + QUICK,
        _WAITRESS | {"connection_limit": most_sockets} | _proxy(settings),
    )


def _proxy(settings: Settings) -> dict[str, Any]:
    """Which forwarded header is read, and from whom: waitress takes all others away."""
    if not settings.trusted_proxy:
        return {}
    return {
        "trusted_proxy": settings.trusted_proxy,
        "trusted_proxy_headers": {"x-forwarded-for"},
    }


def _allow_files(wanted: int) -> None:
    """Raise the limit on open files of this process, as far as it may (getrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _give_large_memory_back() -> None:
    """Have glibc return large blocks to the system when they are freed (mallopt(3)). By default it
    keeps them for their threads once the first was freed: hundreds of MB after many files. But
    small ones it would return too: to get their memory again and again takes longer than to fill
    it. So it keeps some, in few places."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)
        mallopt(_M_ARENA_MAX, _ARENAS)


def _bracketed(host: str) -> str:
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host
