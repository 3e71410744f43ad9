"""waitress, set up for the bridge: what it may take in, and its own errors in the words of the others."""

import contextlib
import ipaddress
import logging
import resource
import sys
from functools import partial
from typing import Any

from flask import Flask
from waitress.server import BaseWSGIServer, create_server  # type: ignore[import-untyped]
from waitress.wasyncore import close_all  # type: ignore[import-untyped]

from dssr.http.app import MEGABYTE
from dssr.http.checks.deadline import longest_wait
from dssr.http.serving.connections import IDLE, SPARE, Channel, Sweeper, make_room
from dssr.http.serving.intake import Parser, small
from dssr.http.serving.turns import Turns
from dssr.settings import Settings
from dssr.settings.validation import is_protected

THREADS = 48  # calls that may wait for the cluster at once, more than one caller's submissions; others wait for their turn
QUICK = 4  # threads for what never waits for the cluster, such as /live
_FRAMING = (
    64 * 1024
)  # waitress counts what stands around the chunks of a body too; the application counts the body alone
_HEADERS = 64 * 1024  # bytes; a token that says for which user a job is stands in the body
_LOOK_EVERY = 1  # second
_OTHER_FILES = 256  # that the process has open besides connections
# Seconds (sys.setswitchinterval). By default each thread that waits for the interpreter wakes up 200 times a second, and while
# many poll, dozens wait: with 64 callers that is a tenth of what a call costs. What computes for longer, such as a look at
# 10,000 jobs, holds up the others by this much at most.
SWITCH_EVERY = 0.02


class Server:
    """A server that listens. ``addresses``: where, as URLs, with the ports that were really taken."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        """Listen. Raises ``OSError`` when an address cannot be had, ``ValueError`` when one cannot be understood."""
        _allow_files(settings.connections + SPARE + _OTHER_FILES)
        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._sockets,
            listen=" ".join(_listen(host, settings.port) for host in settings.bind.split(",")),
            threads=THREADS + QUICK,
            ident="dssr",
            channel_timeout=IDLE,
            cleanup_interval=_LOOK_EVERY,
            connection_limit=settings.connections + SPARE,
            asyncore_use_poll=True,  # select(2) knows no file descriptor above 1023
            max_request_header_size=_HEADERS,
            max_request_body_size=settings.max_body * MEGABYTE + _FRAMING,
        )
        self._listening = [s for s in self._sockets.values() if isinstance(s, BaseWSGIServer)]
        protected = is_protected(settings)
        wait, begin = longest_wait(settings.answer_timeout), self._server.task_dispatcher.add_task
        self._turns = turns = Turns(max(1, THREADS * 5 // 6), THREADS, wait, protected, begin)
        for one in self._listening:
            one.add_task = turns.add
            parser = partial(Parser, small(one.adj), protected)
            one.channel_class = partial(
                Channel, parser=parser, turns=turns, answer_timeout=settings.answer_timeout
            )
            one.maintenance = partial(self._look_after, Sweeper(one, settings.request_timeout))
        self.addresses = [
            f"http://{_bracketed(s.effective_host)}:{s.effective_port}" for s in self._listening
        ]

    def run(self) -> None:
        """Serve until the main thread gets ``SystemExit`` or ``KeyboardInterrupt``; calls that run get 5 s to end."""
        logging.getLogger("waitress.queue").setLevel(
            logging.ERROR
        )  # one warning a waiting call would flood the log
        sys.setswitchinterval(SWITCH_EVERY)
        try:
            self._server.run()
        finally:
            close_all(self._sockets)

    def stop(self) -> None:
        """Have ``run`` return at once, from any other thread; connections are closed as they are."""
        with contextlib.suppress(
            OSError
        ):  # somebody else's pull had it done between our asking and our own
            self._listening[0].trigger.pull_trigger(lambda: close_all(self._sockets))
        self._server.task_dispatcher.shutdown()

    def _look_after(self, sweep: Sweeper, now: float) -> None:
        sweep(now)
        make_room(
            self._sockets, self._server.adj
        )  # those that were being answered when too many came
        self._turns.hasten()


def _allow_files(wanted: int) -> None:
    """Raise this process's own limit on open files to what its connections need, as far as it may (getrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _listen(host: str, port: int) -> str:
    return f"{_bracketed(host)}:{port}"


def _bracketed(host: str) -> str:
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host
