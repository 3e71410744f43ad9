"""The ``dssr`` command: environment -> configuration -> bridge -> application -> server.

It is the only reader of the environment.
"""

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

from dssr import configuration, logs
from dssr.assembly import assemble
from dssr.bridge import Bridge
from dssr.cli import doctor, hostkey, token
from dssr.cli import settings as settings_command
from dssr.configuration import Configuration
from dssr.errors import PluginError, SettingsError
from dssr.http.app import create_app
from dssr.http.serving.server import Server
from dssr.settings import Settings, report
from dssr.settings.reading import parse

log = logging.getLogger("dssr")
_ENDING = (signal.SIGTERM, signal.SIGINT)
BAD_SETTINGS = 2
NOT_DONE = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. The exit code is 0, or 1: not done, or 2: the settings are wrong."""
    arguments = _parser().parse_args(argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except (SettingsError, PluginError) as error:
        problems = error.problems if isinstance(error, SettingsError) else (error.message,)
        lines = (f"  {problem}" for problem in problems)
        print("dssr cannot start:", *lines, sep="\n", file=sys.stderr)
        return BAD_SETTINGS
    except BrokenPipeError:  # of 'dssr settings | head': the interpreter would complain at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_DONE


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "settings":
        return settings_command.run()
    if arguments.command == "token":
        return token.run(arguments, parse(os.environ, Settings))
    if arguments.command == "hostkey":
        return show_host_keys(configuration.load(os.environ, files=False))
    if arguments.command == "doctor":
        return doctor.run(configuration.load(os.environ, files=False), os.environ, arguments)
    return serve(os.environ)


def serve(environ: Mapping[str, str]) -> int:
    """Serve until SIGTERM or SIGINT. Raises ``SettingsError`` before anything has begun."""
    configured = configuration.load(environ)
    logs.set_up(configured.settings.log_level, configured.settings.log_format)
    received: list[str] = []
    for number in _ENDING:
        signal.signal(number, lambda got, _frame: _stop(received, got))
    bridge, prepare = assemble(configured)
    try:
        return _serve(bridge, configured, prepare)
    finally:
        for name in received:
            log.info("got %s", name)
        bridge.close()
        if received:
            log.info("dssr has stopped; jobs go on")


def show_host_keys(configured: Configuration) -> int:
    """Show what the cluster's hosts present; the exit code says whether all of it is trusted."""
    settings = configured.settings
    with contextlib.closing(configured.connector.make(settings)) as connector:
        return hostkey.run(connector, settings.trusted_host_keys, settings.host_keys_learnt_in)


def _serve(bridge: Bridge, configured: Configuration, prepare: Callable[[], None]) -> int:
    settings = configured.settings
    try:
        server = Server(create_app(bridge, settings), settings)
    except (OSError, ValueError) as error:
        code, why = _why_not(error, settings)
        print(f"dssr cannot start: {why}", file=sys.stderr)
        return code
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
    return 0


def _why_not(error: OSError | ValueError, settings: Settings) -> tuple[int, str]:
    """The exit code, and why the bridge cannot listen there.

    A port may be free later; an address that this machine does not have is a wrong setting.
    """
    where = f"port {settings.port} of {settings.bind}"
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return NOT_DONE, (
            f"{where} is in use, perhaps by another dssr: set WAITRESS_PORT to a free one, or to 0 "
            "for any."
        )
    if number == errno.EACCES:
        return NOT_DONE, f"{where} is for root only: set WAITRESS_PORT to 1024 or higher."
    if number == errno.EADDRNOTAVAIL or isinstance(error, ValueError | socket.gaierror):
        return BAD_SETTINGS, (
            f"{settings.bind} is not an address of this machine: change WAITRESS_BIND_ADDRESS."
        )
    return NOT_DONE, (
        f"{where} cannot be listened on ({error}): look at WAITRESS_BIND_ADDRESS and WAITRESS_PORT."
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
    doctor.add_to(commands)
    return parser


def _stop(received: list[str], number: int) -> NoReturn:
    for other in _ENDING:  # one is enough: the end takes a few seconds while calls are running
        signal.signal(other, signal.SIG_IGN)
    # Not logged here: the interrupted thread may be in the middle of a log line.
    received.append(signal.Signals(number).name)
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
