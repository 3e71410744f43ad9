"""``dssr doctor``: examine the cluster as the bridge would use it, and say what to do."""

import argparse
import contextlib
import json
import logging
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dssr.configuration import Configuration
from dssr.doctor import profile, report
from dssr.errors import DssrError
from dssr.seams import Examines, Finding
from dssr.settings import profile as site_profile
from dssr.settings.types import host_and_port

NOT_ALL_RIGHT = 1
INTERRUPTED = 130
_WIDEST = 110  # columns; longer lines are hard to read
_CLEAR = "\r\x1b[K"  # the line on which the cursor is


def add_to(commands: Any) -> None:
    """Add the command to an argument parser's commands."""
    parser = commands.add_parser(
        "doctor",
        help="examine the cluster as the bridge would use it; each fault has its cure",
        description="Examines the cluster that the settings name, in about a minute. It submits "
        "two small jobs, and removes all that it made. Exit code: 1 when a check has failed, "
        "else 0.",
    )
    parser.add_argument("--quick", action="store_true", help="submit no jobs: a few seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--save",
        nargs="?",
        const="",
        metavar="FILE",
        help="write the settings that are in use, and what was found, as the profile of the site; "
        "without FILE to $XDG_CONFIG_HOME/dssr/sites/HOST.env",
    )


def run(
    configured: Configuration, environ: Mapping[str, str], arguments: argparse.Namespace
) -> int:
    """Examine, and show what was found; the exit code says whether all is right."""
    began = time.monotonic()
    screen = _Screen(arguments.json, bool(environ.get("NO_COLOR")))
    screen.begin(configured)
    with contextlib.closing(configured.connector.make(configured.settings)) as connector, _quiet():
        try:
            findings = list(screen.following(connector, not arguments.quick))
        except KeyboardInterrupt:
            print("\ndssr doctor: stopped; all that it made is removed.", file=sys.stderr)
            return INTERRUPTED
    screen.end(findings, time.monotonic() - began)
    if arguments.save is not None and not _saved(configured, environ, arguments.save, findings):
        return NOT_ALL_RIGHT
    return 0 if report.all_right(findings) else NOT_ALL_RIGHT


class _Screen:
    """What is printed: lines as the findings come, or one document at the end."""

    def __init__(self, as_json: bool, is_plain: bool) -> None:
        self._as_json = as_json
        self._is_live = sys.stdout.isatty() and not as_json
        self._is_coloured = self._is_live and not is_plain
        self._columns = min(shutil.get_terminal_size().columns, _WIDEST)

    def begin(self, configured: Configuration) -> None:
        """Print what is examined."""
        where = dict(configured.summary).get("cluster", "this machine")
        self._print(f"dssr doctor examines {configured.connector.name}: {where}.\n")

    def following(self, connector: object, with_jobs: bool) -> Iterator[Finding]:
        """The connector's findings, each printed when it comes. On a terminal, the check that is
        being made is shown below them."""
        if not isinstance(connector, Examines):
            self._print("Its jobs run nowhere, so there is nothing to examine.\n")
            return
        with contextlib.closing(connector.examine(with_jobs)) as findings:  # type: ignore[type-var]
            for name in connector.checks:
                if self._is_live:
                    print(report.running(name, self._columns), end="", flush=True)
                finding = next(findings)
                if self._is_live:
                    print(_CLEAR, end="")
                self._print(*report.lines(finding, self._columns, self._is_coloured))
                yield finding

    def end(self, findings: list[Finding], seconds: float) -> None:
        """Print the sum of it."""
        if self._as_json:
            print(json.dumps(report.document(findings), indent=2, ensure_ascii=False))
            return
        self._print("", report.summary(findings, seconds))
        if not report.all_right(findings):
            self._print("Cure the first failure first: those below it may follow from it.")

    def _print(self, *lines: str) -> None:
        if not self._as_json:
            print(*lines, sep="\n", flush=True)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The screen has all that matters: the log's lines would break it."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _saved(
    configured: Configuration, environ: Mapping[str, str], file: str, findings: list[Finding]
) -> bool:
    """Write the profile; whether that was done."""
    address = getattr(configured.settings, "cluster_address", "").split(",")[0]
    host = host_and_port(address)[0] or "localhost"
    path = Path(file) if file else site_profile.place(environ, host)
    kinds = (type(configured.settings), type(configured.executor_settings))
    now = time.strftime("on %Y-%m-%d at %H:%M UTC", time.gmtime())
    try:
        profile.save(path, profile.profile(site_profile.applied(environ), kinds, findings, now))
    except DssrError as error:
        print(f"dssr doctor: {error.message}", file=sys.stderr)
        return False
    print(f"The profile of the site is in {path}: a bridge reads it by", file=sys.stderr)
    print(f"  export {site_profile.VARIABLE}='{path}'", file=sys.stderr)
    return True
