"""Runs a process of a service (a front, the services port), with a JSON configuration from a file
or from stdin.

The first line on stdout is a JSON object: where the process listens, or what is wrong. The exit
code is 0 after a stop, 1 for an error, 3 if another process does the work already.
"""

import asyncio
import json
import logging
import resource
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any, Protocol

from dssr.errors import DssrError, SettingsError
from dssr.plugins import FORWARDS, find
from dssr.seams.forwards import Forwards
from dssr.services.front.lock import FrontRuns

_STOPPED, _FAILED, _RUNS = 0, 1, 3
MakeForwards = Callable[[Path], Forwards] | None


class Part(Protocol):
    """What such a process runs."""

    def running(self) -> AbstractAsyncContextManager[Mapping[str, Any]]:
        """Begin, and say where it listens. Raises ``FrontRuns``, ``SettingsError``."""
        ...

    async def until_stopped(self) -> None:
        """Returns when ``stop`` has been asked for."""
        ...

    def stop(self) -> None:
        """End."""
        ...


def main(arguments: Sequence[str], make: Callable[[Any], Part]) -> int:
    """Run what ``make`` makes of the configuration; the exit code."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    try:
        part = make(_given(arguments))
        _allow_many_files()
        asyncio.run(_run(part))
    except FrontRuns as error:
        _say({"error": error.message, "owner": error.owner})
        return _RUNS
    except DssrError as error:
        _say({"error": error.message})
        return _FAILED
    return _STOPPED


def make_forwards(plugin: str, settings: Mapping[str, Any]) -> MakeForwards:
    """What makes forwards in a folder of their own; nothing where no plugin is named."""
    if not plugin:
        return None
    found = find(FORWARDS, plugin)
    return lambda folder: found.make(settings, folder)


def _given(arguments: Sequence[str]) -> Any:
    try:
        return json.loads(Path(arguments[0]).read_bytes() if arguments else sys.stdin.buffer.read())
    except (OSError, ValueError) as error:
        raise SettingsError([f"The configuration cannot be read: {error}."]) from error


async def _run(part: Part) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, part.stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the terminal that started it may close
    async with part.running() as about:
        _say(about)
        await part.until_stopped()


def _allow_many_files() -> None:
    """Each connection takes two."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say(what: Mapping[str, Any]) -> None:
    with suppress(BrokenPipeError):
        print(json.dumps(what), flush=True)
