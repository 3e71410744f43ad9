"""A command that leads to a service: waits for it, reports it, and stays until Ctrl-C."""

import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from dssr.cli import service_page, terminal
from dssr.cli.exits import DONE
from dssr.cli.failure import Failure, Interrupted, failure_of
from dssr.cli.invocation import Invocation
from dssr.cli.status_line import StatusLine
from dssr.client import WaitTimeout
from dssr.client.own_services import Document, OwnServices
from dssr.client.served_services import AnyService, AnyServices
from dssr.errors import DssrError, SettingsError

_TICK = 0.5  # seconds
_UNREACHED = 60.0  # seconds in which a job that is ready must be reached from here
_HANDED = 30.0  # seconds for the process in the background to take over
_WHERE = ("url", "cluster")


def wait(service: AnyService) -> Document:
    """Wait until the service's address has been checked, with a live report on stderr."""
    shown = f"{service.name}  is looked for"
    printed = ""

    def report(found: Document) -> None:
        nonlocal shown, printed
        shown = service_page.waiting(found)
        if not terminal.shows_progress() and shown != printed:
            printed = shown
            click.echo(shown, err=True)

    with StatusLine(lambda: f"{shown}   Ctrl-C ends the wait; the service goes on"):
        service.wait_ready(report=report, unreached=_UNREACHED)
    return service.status()


def lead(
    invocation: Invocation, own: AnyServices, service: AnyService, *, daemonize: bool, browse: bool
) -> int:
    """Wait, report the address, and keep it open: here until Ctrl-C, or in the background."""
    with going_on(invocation, service.name), or_by_ssh(own, service.name):
        found = wait(service)
        if invocation.as_json:
            invocation.print_document(found)
        else:
            click.echo(_address(found))
        if browse and not invocation.as_json:
            webbrowser.open(_for_browsers(found))
        if daemonize:
            _hand_to_background(invocation, own, service)
            return DONE
        _stay(service)
    return DONE


@contextmanager
def or_by_ssh(own: AnyServices, name: str) -> Iterator[None]:
    """Where the address cannot be opened, says how to reach the job with ssh alone."""
    try:
        yield
    except (SettingsError, WaitTimeout) as error:
        failure = failure_of(error)
        if isinstance(own, OwnServices):
            with suppress(DssrError):
                failure.cure = f"Without dssr:\n{own.manual(name).text}"
        raise failure from error


@contextmanager
def going_on(invocation: Invocation, name: str) -> Iterator[None]:
    """Ctrl-C ends what is done here, and the service goes on: says so, and how to come back."""
    try:
        yield
    except KeyboardInterrupt as error:
        given = invocation.options
        where = "".join(f" --{name} {given[name]}" for name in _WHERE if given.get(name))
        raise Interrupted(
            f"The service {name} goes on.\n"
            f"  come back:  dssr service connect {name}{where}\n"
            f"  end it:     dssr service down {name}{where}"
        ) from error


def _for_browsers(found: Document) -> str:
    """The address of the service's own first page, with the token where there is one."""
    at, _, query = found["browser_url"].partition("?")
    page = f"{at.rstrip('/')}{found['path']}"
    if not query:
        return page
    return f"{page}{'&' if '?' in page else '?'}{query}"


def _address(found: Document) -> str:
    url, browser = found["url"], _for_browsers(found)
    job = f"job {found['job']} on {found['node']}, generation {found['generation']}"
    return f"{found['name']} is {found['state']}: {job}\n  for browsers:  {browser}\n" + (
        f"  for programs:  {url}"
    )


def _stay(service: AnyService) -> None:
    """Report changes of the state until the service ends. Raises ``ServiceEnded``."""
    state = ""
    while True:
        service.check()
        found = service.status()
        now = f"{found['state']} {found['generation']} {found['problem'] or ''}"
        if state and now != state:
            click.echo(f"{time.strftime('%H:%M:%S')}  {service_page.waiting(found)}", err=True)
        state = now
        time.sleep(_TICK)


def _hand_to_background(invocation: Invocation, own: AnyServices, service: AnyService) -> None:
    """Start a process that keeps the front from now on, and leave it the front."""
    if not isinstance(own, OwnServices) or not service.leave():
        return  # a bridge, or another process, keeps it already
    log = own.fronts.file(f"{service.name}.background.log")
    words = [sys.executable, "-m", "dssr", "service", "connect", service.name, "--no-browser"]
    for name in _WHERE:
        if value := invocation.options.get(name):
            words += [f"--{name}", str(value)]
    with log.open("wb") as said:
        process = subprocess.Popen(  # noqa: S603
            words, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            env=dict(invocation.environ), start_new_session=True, cwd="/",
        )  # fmt: skip
    deadline = time.monotonic() + _HANDED
    while own.fronts.keeper(service.name) != process.pid:
        if process.poll() is not None or time.monotonic() > deadline:
            raise Failure(f"no process in the background keeps the address: see {log}")
        time.sleep(0.05)
