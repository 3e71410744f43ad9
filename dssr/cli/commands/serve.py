"""``dssr serve``: environment -> configuration -> bridge -> application -> server."""

import errno
import logging
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from typing import NoReturn

import click

from dssr import configuration, logs
from dssr.assembly import assemble
from dssr.bridge import Bridge
from dssr.cli.command import NONE, Command
from dssr.cli.exits import USAGE
from dssr.cli.failure import Failure
from dssr.cli.invocation import Invocation
from dssr.cli.version import version
from dssr.configuration import Configuration
from dssr.http.app import create_app
from dssr.http.serving.server import Server
from dssr.settings import Settings, report
from dssr.settings.reading import table
from dssr.settings.validation import ALL_ADDRESSES

log = logging.getLogger("dssr")
_ENDING = (signal.SIGTERM, signal.SIGINT)
# Options that set a setting for this run.
_OPTIONS = {
    "--port": "WAITRESS_PORT",
    "--bind": "WAITRESS_BIND_ADDRESS",
    "--connector": "JARVICE_BAREMETAL_CONNECTOR",
    "--executor": "JARVICE_BAREMETAL_EXECUTOR",
    "--tokens-file": "JARVICE_SCHED_TOKENS_FILE",
    "--state-dir": "JARVICE_STATE_DIR",
    "--scratch-dir": "JARVICE_JOB_SCRATCH_DIR",
    "--log-level": "JARVICE_SCHED_LOGLEVEL",
    "--log-format": "JARVICE_SCHED_LOG_FORMAT",
}


def _options() -> list[click.Option]:
    about = {f.metadata["name"]: f.metadata["about"] for f in table()}
    return [
        click.Option(
            [option, name],
            metavar="VALUE",
            help=f"{about[name].split('. ')[0].rstrip('.').replace('`', '')}. (Sets {name}.)",
        )
        for option, name in _OPTIONS.items()
    ]


@click.pass_context
def _serve_command(ctx: click.Context, /, **settings: str | None) -> int:
    given = {name: value for name, value in settings.items() if value is not None}
    return serve({**ctx.ensure_object(Invocation).environ, **given})


command = Command(
    "serve",
    takes=NONE,
    callback=_serve_command,
    params=_options(),
    help="Serve the HTTP API until SIGTERM.\n\nCtrl-C ends it, too. Jobs go on. Everything is set "
    "by environment variables, which 'dssr settings' shows. These options set some of them.",
)


def serve(environ: Mapping[str, str]) -> int:
    """Serve until SIGTERM or SIGINT. Raises ``SettingsError`` before anything has begun."""
    configured = configuration.load(environ)
    logs.set_up(configured.settings.log_level, configured.settings.log_format)
    received: list[str] = []
    for number in _ENDING:
        signal.signal(number, lambda got, _frame: _stop(received, got))
    bridge, prepare = assemble(configured)
    if configured.settings.bind == ALL_ADDRESSES and not environ.get("WAITRESS_BIND_ADDRESS"):
        log.warning(
            "The bridge listens on all addresses of this machine, because callers must log in: "
            "WAITRESS_BIND_ADDRESS=127.0.0.1 keeps it to this machine."
        )
    try:
        _serve(bridge, configured, prepare)
    finally:
        for name in received:
            log.info("got %s", name)
        bridge.close()
        if received:
            log.info("dssr has stopped; jobs go on")
    return 0


def _serve(bridge: Bridge, configured: Configuration, prepare: Callable[[], None]) -> None:
    settings = configured.settings
    try:
        server = Server(create_app(bridge, settings), settings)
    except (OSError, ValueError) as error:
        raise _why_not(error, settings) from error
    lines = report.summary(settings, configured.summary, server.addresses)
    report.report(lines, configured.warnings, version())
    report.report_suggestions(settings)
    for address in server.addresses:
        log.info("listening on %s", address)
    # In threads, so that /live answers while the cluster or the issuer of bearers is slow.
    threading.Thread(
        target=report.report_cluster, args=(bridge.ping, settings), daemon=True
    ).start()
    threading.Thread(target=prepare, daemon=True).start()
    server.run()


def _why_not(error: OSError | ValueError, settings: Settings) -> Failure:
    """Why the bridge cannot listen there.

    A port may be free later; an address that this machine does not have is a wrong setting.
    """
    where = f"port {settings.port} of {settings.bind}"
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return Failure(
            f"cannot start: {where} is in use, perhaps by another dssr: set WAITRESS_PORT to a "
            "free one, or to 0 for any."
        )
    if number == errno.EACCES:
        return Failure(
            f"cannot start: {where} is for root only: set WAITRESS_PORT to 1024 or higher."
        )
    if number == errno.EADDRNOTAVAIL or isinstance(error, ValueError | socket.gaierror):
        return Failure(
            f"cannot start: {settings.bind} is not an address of this machine: change "
            "WAITRESS_BIND_ADDRESS.",
            USAGE,
        )
    return Failure(
        f"cannot start: {where} cannot be listened on ({error}): look at WAITRESS_BIND_ADDRESS "
        "and WAITRESS_PORT."
    )


def _stop(received: list[str], number: int) -> NoReturn:
    for other in _ENDING:  # one is enough: the end takes a few seconds while calls are running
        signal.signal(other, signal.SIG_IGN)
    # Not logged here: the interrupted thread may be in the middle of a log line.
    received.append(signal.Signals(number).name)
    raise SystemExit(0)
