"""A bridge that records which of its functions each request enters.

``python -P traced_bridge.py FILE`` runs ``dssr serve`` of the checkout that this Python has
installed. For each request, FILE gets one line of JSON: a list of ``[file, function]`` in the order
of the first calls. Comprehensions, lambdas and the methods that dataclasses generate do not appear.

This file imports nothing of the tests, because the checkout may be an older one.
"""

import json
import runpy
import sys
import threading
from pathlib import Path
from types import CodeType, FrameType

import connectors
import dssr

ROOTS = tuple(f"{Path(package.__path__[0]).parent}/" for package in (dssr, connectors))
PACKAGES = ("dssr/", "connectors/", "executors/")
NO_FUNCTIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>", "<module>")
# Where waitress passes a request to the bridge: in the thread that reads, and in the one that
# serves.
READS = ("HTTPChannel.handle_read", "received")
SERVES = ("ThreadedTaskDispatcher.handler_thread", "service")
_START, _RUN = threading.Thread.start.__code__, threading.Thread.run.__code__


class Recorder:
    """Follows one request at a time: where it is read, where it is served, and in the threads
    started for it."""

    def __init__(self, file: Path) -> None:
        """The first request creates the file."""
        self._file = file
        self._threads: set[int] = set()  # which are followed
        self._started: set[int] = set()  # the thread objects that these have started
        self._entered: dict[tuple[str, str], None] = {}

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Python calls this whenever a function begins or ends, in each thread (sys.setprofile)."""
        thread, code = threading.get_ident(), frame.f_code
        if event == "call":
            if _step(frame) in (READS, SERVES):
                self._threads.add(thread)
            elif code is _START and thread in self._threads:
                self._started.add(id(frame.f_locals["self"]))
            elif code is _RUN and id(frame.f_locals["self"]) in self._started:
                self._threads.add(thread)
            if thread in self._threads and (name := _name(code)):
                self._entered[name] = None
        elif event == "return" and thread in self._threads:
            if _step(frame) == READS:
                self._threads.remove(thread)
            elif _step(frame) == SERVES:
                self._end()

    def _end(self) -> None:
        with self._file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps([*self._entered]) + "\n")
        self._threads, self._started, self._entered = set(), set(), {}


def _step(frame: FrameType) -> tuple[str, str]:
    """The caller and the function."""
    caller = frame.f_back
    return caller.f_code.co_qualname if caller else "", frame.f_code.co_name


def _name(code: CodeType) -> tuple[str, str] | None:
    """The file within the checkout and the function, if it is one of the bridge's."""
    root = next((root for root in ROOTS if code.co_filename.startswith(root)), None)
    if root is None or code.co_name in NO_FUNCTIONS:
        return None
    file = code.co_filename.removeprefix(root)
    return (file, code.co_qualname) if file.startswith(PACKAGES) else None


if __name__ == "__main__":
    recorder = Recorder(Path(sys.argv[1]))
    threading.setprofile(recorder)
    sys.setprofile(recorder)
    sys.argv = ["dssr", "serve"]
    runpy.run_module("dssr", run_name="__main__")
