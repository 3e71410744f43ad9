"""``dssr doctor``: examine the cluster as the bridge would use it, and say what to do."""

import contextlib
import json
import logging
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from dssr import configuration
from dssr.cli import terminal
from dssr.cli.command import Command
from dssr.cli.exits import DONE, NOT_DONE
from dssr.cli.failure import Failure
from dssr.cli.invocation import Invocation
from dssr.cli.printable import printable
from dssr.client.own_settings import settings_of
from dssr.client.target import choose, read_file
from dssr.configuration import Configuration
from dssr.doctor import profile, report
from dssr.errors import DssrError
from dssr.seams import AsksAtTerminal, Examines, Finding
from dssr.settings import profile as site_profile
from dssr.settings.types import host_and_port

_NAMES_A_CLUSTER = ("JARVICE_SLURM_CLUSTER_ADDR", "JARVICE_BAREMETAL_CONNECTOR")
_CLEAR = "\r\x1b[K"  # the line on which the cursor is


@click.command(cls=Command, takes=("cluster", "json"))
@click.option("--quick", is_flag=True, help="Submit no jobs: a few seconds.")
@click.option(
    "--save", "file", is_flag=False, flag_value="", metavar="[FILE]",
    help="Write the profile of the site; without FILE where later commands look for it.",
)  # fmt: skip
@click.pass_obj
def command(invocation: Invocation, quick: bool, file: str | None) -> int:
    """Examine a cluster as the bridge would use it; each fault has its cure.

    It is the cluster of --cluster or DSSR_CLUSTER, as you and over your own SSH, or else that of
    the settings (JARVICE_...), or of the configuration file. It takes about a minute, submits two
    small jobs, and removes all that it made. The exit code is 1 when a check has failed.
    """
    environ = environment(invocation)
    configured = configuration.load(environ, files=False)
    if url := environ.get("DSSR_URL"):
        where = dict(configured.summary).get("cluster", "this machine")
        click.echo(
            f"Note: the doctor examines {where} by itself, and not through the bridge of DSSR_URL "
            f"({printable(url)}). --cluster names another cluster.",
            err=True,
        )
    findings = examine(configured, with_jobs=not quick, as_json=invocation.as_json)
    if file is not None:
        _save(invocation, configured, environ, file, findings)
    return DONE if report.all_right(findings) else NOT_DONE


def environment(invocation: Invocation) -> Mapping[str, str]:
    """The settings of the cluster that is meant, those of its profile among them."""
    environ = site_profile.applied(invocation.environ)
    variables = {"DSSR_CLUSTER": environ.get("DSSR_CLUSTER", "")}
    is_set = any(environ.get(name) for name in _NAMES_A_CLUSTER)
    kept = {} if is_set else read_file(environ)
    file = {name: value for name, value in kept.items() if name == "cluster"}
    target = choose({"cluster": invocation.options.get("cluster")}, variables, file)
    return settings_of(target, environ) if target.cluster else environ


def examine(configured: Configuration, *, with_jobs: bool, as_json: bool) -> list[Finding]:
    """What is found; it is printed as it comes, or as one document at the end."""
    began = time.monotonic()
    screen = _Screen(is_silent=as_json)
    screen.begin(configured)
    left: list[str] = []
    with contextlib.closing(configured.connector.make(configured.settings)) as connector, _quiet():
        if isinstance(connector, AsksAtTerminal) and terminal.shows_progress():
            connector.ask_at_terminal()
        try:
            findings = list(screen.following(connector, with_jobs, left))
        except KeyboardInterrupt:
            words = "\n".join(_leftovers(left)) or "All that it made is removed."
            raise KeyboardInterrupt(f"Stopped. {words}") from None
    if as_json:
        click.echo(json.dumps(report.document(findings), indent=2, ensure_ascii=False))
    else:
        screen.end(findings, time.monotonic() - began)
    for line in _leftovers(left):
        click.echo(line, err=True)
    return findings


def _leftovers(commands: list[str]) -> Iterator[str]:
    if commands:
        yield "The doctor could not remove all that it made. On the login node, this does it:"
    yield from (f"  {printable(command)}" for command in commands)


class _Screen:
    """Lines for people, as the findings come."""

    def __init__(self, is_silent: bool) -> None:
        self._is_silent = is_silent
        self._is_live = terminal.is_terminal() and not is_silent
        self._columns = terminal.columns_of_text()

    def begin(self, configured: Configuration) -> None:
        """Print what is examined."""
        where = dict(configured.summary).get("cluster", "this machine")
        self._print(f"dssr doctor examines {configured.connector.name}: {where}.", "")

    def following(self, connector: object, with_jobs: bool, left: list[str]) -> Iterator[Finding]:
        """The connector's findings, each printed when it comes. On a terminal, the check that is
        being made is shown below them. ``left``: see ``Examines``."""
        if not isinstance(connector, Examines):
            self._print("Its jobs run nowhere, so there is nothing to examine.")
            return
        findings = connector.examine(with_jobs, left)
        try:
            for name in connector.checks:
                if self._is_live:
                    click.echo(report.running(name, self._columns, with_jobs), nl=False)
                finding = next(findings)
                if self._is_live:
                    click.echo(_CLEAR, nl=False, color=True)
                self._print(*report.lines(finding, self._columns, coloured=True))
                yield finding
        finally:
            _close(findings)

    def end(self, findings: list[Finding], seconds: float) -> None:
        """Print the sum of it."""
        self._print("", report.summary(findings, seconds))
        if not report.all_right(findings):
            self._print("Cure the first failure first: those below it may follow from it.")

    def _print(self, *lines: str) -> None:
        if not self._is_silent:
            click.echo("\n".join(lines))


def _close(findings: Iterator[Finding]) -> None:
    """End the examination, which removes what it made."""
    close = getattr(findings, "close", None)
    if close is not None:
        close()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The screen has all that matters: the log's lines would break it."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _save(
    invocation: Invocation,
    configured: Configuration,
    environ: Mapping[str, str],
    file: str,
    findings: list[Finding],
) -> None:
    """Write the profile."""
    address = environ.get("JARVICE_SLURM_CLUSTER_ADDR", "").split(",")[0]
    host = host_and_port(address)[0] or "localhost"
    path = Path(file) if file else site_profile.place(invocation.environ, host)
    kinds = (type(configured.settings), type(configured.executor_settings))
    now = time.strftime("on %Y-%m-%d at %H:%M UTC", time.gmtime())
    try:
        profile.save(path, profile.profile(environ, kinds, findings, now))
    except DssrError as error:
        raise Failure(error.message) from error
    click.echo(f"The profile of the site is in {path}: a bridge reads it by", err=True)
    click.echo(f"  export {site_profile.VARIABLE}='{path}'", err=True)
