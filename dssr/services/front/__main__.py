"""``python -m dssr.services.front [FILE]``: a front, with a JSON configuration from a file or from
stdin.

The first line on stdout is a JSON object: where the front listens, or what is wrong. The exit code
is 0 after a stop, 1 for an error, 3 if another process has the front.
"""

import asyncio
import json
import logging
import resource
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dssr.errors import DssrError, SettingsError
from dssr.plugins import FORWARDS, find
from dssr.seams.forwards import Forwards
from dssr.services.front.configuration import Configuration
from dssr.services.front.front import Front
from dssr.services.front.lock import FrontRuns

_STOPPED, _FAILED, _RUNS = 0, 1, 3


def main(arguments: Sequence[str]) -> int:
    """Run a front; the exit code."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    try:
        how = Configuration.parse(_given(arguments))
        _allow_many_files()
        asyncio.run(_run(how))
    except FrontRuns as error:
        _say({"error": error.message, "owner": error.owner})
        return _RUNS
    except DssrError as error:
        _say({"error": error.message})
        return _FAILED
    return _STOPPED


def _given(arguments: Sequence[str]) -> Any:
    try:
        return json.loads(Path(arguments[0]).read_bytes() if arguments else sys.stdin.buffer.read())
    except (OSError, ValueError) as error:
        raise SettingsError([f"The configuration of the front cannot be read: {error}."]) from error


async def _run(how: Configuration) -> None:
    front = Front(how, _make_forwards(how))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, front.stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the terminal that started it may close
    async with front.running() as about:
        _say(about)
        await front.until_stopped()


def _make_forwards(how: Configuration) -> Callable[[Path], Forwards] | None:
    if not how.forwards:
        return None
    plugin = find(FORWARDS, how.forwards)
    return lambda folder: plugin.make(how.forward_settings, folder)


def _allow_many_files() -> None:
    """Each connection takes two."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say(what: Mapping[str, Any]) -> None:
    with suppress(BrokenPipeError):
        print(json.dumps(what), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
