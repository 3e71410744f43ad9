"""``dssr doctor``: examine the cluster as the bridge would use it, and say what to do."""

import contextlib
import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from dssr import configuration
from dssr.cli import terminal
from dssr.cli.command import Command
from dssr.cli.exits import DONE, NOT_DONE
from dssr.cli.invocation import Invocation
from dssr.client import target
from dssr.client.own_settings import settings_of
from dssr.configuration import Configuration
from dssr.doctor import profile, report
from dssr.seams import Examines, Finding
from dssr.settings import profile as site_profile
from dssr.settings.types import host_and_port

_WIDEST = 110  # columns; longer lines are hard to read
_CLEAR = "\r\x1b[K"  # the line on which the cursor is
_STOPPED = "dssr doctor: stopped; all that it made is removed."


@click.command(cls=Command, takes=("cluster", "json"))
@click.option("--quick", is_flag=True, help="Submit no jobs: a few seconds.")
@click.option(
    "--save",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Write the settings that are in use, and what was found, as the profile of the site; "
    "without FILE to $XDG_CONFIG_HOME/dssr/sites/HOST.env.",
)
@click.pass_obj
def command(invocation: Invocation, quick: bool, save: str | None) -> int:
    """Examine the cluster as the bridge would use it; each fault has its cure.

    Takes about a minute. Submits two small jobs, and removes all that it made. Without --cluster it
    examines the cluster of the settings, else this machine. Exit code: 1 when a check has failed,
    else 0.
    """
    began = time.monotonic()
    given = {"cluster": invocation.options.get("cluster")}
    chosen = target.choose(given, invocation.environ, target.read_file(invocation.environ))
    environ: Mapping[str, str] = invocation.environ
    if chosen.cluster:
        environ = {**environ, **settings_of(chosen, environ)}
    configured = configuration.load(environ, files=False)
    screen = Screen(invocation.as_json, bool(environ.get("NO_COLOR")))
    screen.begin(configured)
    with contextlib.closing(configured.connector.make(configured.settings)) as connector, _quiet():
        try:
            findings = list(screen.following(connector, not quick))
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(_STOPPED) from error
    screen.end(findings, time.monotonic() - began)
    if save is not None:
        _save(configured, environ, findings, save, chosen.cluster)
    return DONE if report.all_right(findings) else NOT_DONE


class Screen:
    """What is printed: lines as the findings come, or one document at the end."""

    def __init__(self, as_json: bool, is_plain: bool) -> None:
        self._as_json = as_json
        self._is_live = terminal.is_terminal() and not as_json
        self._is_coloured = self._is_live and not is_plain
        self._columns = min(terminal.columns() or _WIDEST, _WIDEST)

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

    def end(self, findings: Sequence[Finding], seconds: float) -> None:
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


def _save(
    configured: Configuration,
    environ: Mapping[str, str],
    findings: Sequence[Finding],
    file: str,
    cluster: str,
) -> None:
    """Write the profile, and say how it is read. Raises ``DssrError``."""
    address = getattr(configured.settings, "cluster_address", "").split(",")[0]
    host = cluster or host_and_port(address)[0] or "localhost"
    path = Path(file) if file else site_profile.place(environ, host)
    kinds = (type(configured.settings), type(configured.executor_settings))
    now = time.strftime("on %Y-%m-%d at %H:%M UTC", time.gmtime())
    profile.save(path, profile.profile(site_profile.applied(environ), kinds, findings, now))
    print(f"The profile of the site is in {path}: a bridge reads it by", file=sys.stderr)
    print(f"  export {site_profile.VARIABLE}='{path}'", file=sys.stderr)
