"""Environment -> settings -> plugins -> bridge -> application -> server. The only reader of the environment."""

import argparse
import contextlib
import errno
import importlib.metadata
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from dssr import configuration, logs, plugins, settings
from dssr.assembly import assemble
from dssr.bridge import Bridge
from dssr.cli import hostkey, token
from dssr.cli import settings as settings_command
from dssr.errors import PluginError, SettingsError
from dssr.http.app import create_app
from dssr.http.serving.server import Server
from dssr.settings import Settings, report
from dssr.settings.validation import check

log = logging.getLogger("dssr")
_ENDING = (signal.SIGTERM, signal.SIGINT)
BAD_SETTINGS = 2
NOT_DONE = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 when it could not be done, 2 when the settings make no sense."""
    arguments = _parser().parse_args(argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except (SettingsError, PluginError) as error:
        problems = error.problems if isinstance(error, SettingsError) else (error.message,)
        print(
            "dssr cannot start:",
            *(f"  {problem}" for problem in problems),
            sep="\n",
            file=sys.stderr,
        )
        return BAD_SETTINGS
    except BrokenPipeError:  # 'dssr settings | head' has read enough; the interpreter would complain when it flushes at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_DONE


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "settings":
        return settings_command.run()
    if arguments.command == "token":
        return token.run(arguments, settings.load(os.environ))
    if arguments.command == "hostkey":
        return show_host_keys(check(settings.load(os.environ)))
    return serve(os.environ)


def serve(environ: Mapping[str, str]) -> int:
    """Serve until SIGTERM or SIGINT. Raises ``SettingsError`` before anything has begun."""
    understood = configuration.understood(environ)
    logs.set_up(understood.log_level)
    told: list[str] = []
    for number in _ENDING:
        signal.signal(number, lambda got, _frame: _stop(told, got))
    bridge, prepare = assemble(understood)
    try:
        return _serve(bridge, understood, prepare)
    finally:
        for signals in told:
            log.info("got %s", signals)
        bridge.close()
        if told:
            log.info("dssr has stopped; jobs go on")


def show_host_keys(understood: Settings) -> int:
    """Show what the cluster's hosts present; the exit code says whether all of it is trusted."""
    with contextlib.closing(plugins.connector(understood.connector)(understood)) as connector:
        learnt_in = (
            understood.ssh_known_hosts if understood.ssh_host_key_check == "first_use" else ""
        )
        return hostkey.run(connector, report.trusted_hosts(understood), learnt_in)


def _serve(bridge: Bridge, understood: Settings, prepare: Callable[[], None]) -> int:
    try:
        server = Server(create_app(bridge, understood), understood)
    except (OSError, ValueError) as error:
        code, why = _why_not(error, understood)
        print(f"dssr cannot start: {why}", file=sys.stderr)
        return code
    report.report(understood, version(), server.addresses)
    report.report_missing(understood)
    for address in server.addresses:
        log.info("listening on %s", address)
    # Aside, so that neither a silent cluster nor a slow issuer of bearers keeps callers waiting for /live.
    threading.Thread(target=report.report_cluster, args=(bridge, understood), daemon=True).start()
    threading.Thread(target=prepare, daemon=True).start()
    server.run()
    return 0


def _why_not(error: OSError | ValueError, understood: Settings) -> tuple[int, str]:
    """The exit code, and why nobody can listen there: a port is in use now, an address is never this machine's."""
    where = f"port {understood.port} of {understood.bind}"
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return (
            NOT_DONE,
            f"{where} is in use, perhaps by another dssr: set WAITRESS_PORT to a free one, or to 0 for any.",
        )
    if number == errno.EACCES:
        return NOT_DONE, f"{where} is for root only: set WAITRESS_PORT to 1024 or higher."
    if number == errno.EADDRNOTAVAIL or isinstance(error, ValueError | socket.gaierror):
        return (
            BAD_SETTINGS,
            f"{understood.bind} is not an address of this machine: change WAITRESS_BIND_ADDRESS.",
        )
    return (
        NOT_DONE,
        f"{where} is not to be listened on ({error}): look at WAITRESS_BIND_ADDRESS and WAITRESS_PORT.",
    )


def version() -> str:
    """The installed version."""
    return importlib.metadata.version("dssr")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dssr",
        description="The downstream scheduler bridge: carries an upstream's jobs to a scheduler.",
        epilog="Everything is set by environment variables: 'dssr settings' lists them.",
    )
    parser.add_argument("--version", action="version", version=f"dssr {version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="serve the HTTP API until SIGTERM")
    commands.add_parser(
        "settings", help="print all settings; into a file or pipe as a table in Markdown"
    )
    token.add_to(commands)
    hostkey.add_to(commands)
    return parser


def _stop(told: list[str], number: int) -> NoReturn:
    for other in _ENDING:
        signal.signal(
            other, signal.SIG_IGN
        )  # once is enough: the end takes a few seconds while calls are running
    told.append(
        signal.Signals(number).name
    )  # no log line here: the interrupted thread may be in the middle of one
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
