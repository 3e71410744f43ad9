"""Environment -> settings -> plugins -> bridge -> application -> server. The only reader of the environment."""

import argparse
import contextlib
import errno
import importlib.metadata
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import NoReturn

from dssr import plugins, settings, startup
from dssr.bridge import Bridge
from dssr.commands import hostkey, token
from dssr.errors import DssrError, PluginError, SettingsError
from dssr.http.app import create_app
from dssr.http.server import Server
from dssr.identity import owners
from dssr.seams import ActsForUsers, Connector, Users
from dssr.settings import Settings
from dssr.settings_check import check

log = logging.getLogger("dssr")
_ENDING = (signal.SIGTERM, signal.SIGINT)
BAD_SETTINGS = 2
CANNOT_LISTEN = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 when it could not be done, 2 when the settings make no sense."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.command == "settings":
            print(settings_table())
            return 0
        if arguments.command == "token":
            return token.run(arguments, settings.load(os.environ))
        if arguments.command == "hostkey":
            return show_host_keys(check(settings.load(os.environ)))
        return serve(os.environ)
    except (SettingsError, PluginError) as error:
        problems = error.problems if isinstance(error, SettingsError) else (error.message,)
        print("dssr cannot start:", *(f"  {problem}" for problem in problems), sep="\n", file=sys.stderr)
        return BAD_SETTINGS


def serve(environ: Mapping[str, str]) -> int:
    """Serve until SIGTERM or SIGINT. Raises ``SettingsError`` or ``PluginError`` before anything has begun."""
    understood = check(settings.load(environ))
    _set_up_logging(understood.log_level)
    told: list[str] = []
    for number in _ENDING:
        signal.signal(number, lambda got, _frame: _stop(told, got))
    bridge = build(understood)
    try:
        return _serve(bridge, understood)
    finally:
        log.info("got %s", ", ".join(told) or "an error")
        bridge.close()
        log.info("dssr has stopped; jobs go on")


def show_host_keys(understood: Settings) -> int:
    """Show what the cluster's hosts present; the exit code says whether all of it is trusted."""
    with contextlib.closing(plugins.connector(understood.connector)(understood)) as connector:
        return hostkey.run(connector, startup.trusted_hosts(understood))


def build(understood: Settings) -> Bridge:
    """The bridge that the settings describe. Raises ``SettingsError`` with all that is wrong about its plugins."""
    found, problems = [], []
    for find, name in ((plugins.connector, understood.connector), (plugins.executor, understood.executor)):
        try:
            found.append(find(name))
        except PluginError as error:
            problems.append(error.message)
    if problems:
        raise SettingsError(problems)
    connector, executor = found
    whose = owners.build(understood)
    try:
        bridge = Bridge(_acting(connector(understood), whose.users, understood), executor(), understood, whose.owner)
    except (SettingsError, PluginError):
        raise
    except DssrError as error:
        raise SettingsError([error.message]) from error
    threading.Thread(target=whose.prepare, daemon=True).start()  # aside: the issuer of bearers may be slow
    return bridge


def _acting(connector: Connector, users: Users | None, understood: Settings) -> Connector:
    if users is None:
        return connector
    if not isinstance(connector, ActsForUsers):
        connector.close()
        raise SettingsError([
            f"JARVICE_SLURM_USERS is {understood.users!r}, and the connector {understood.connector!r} runs all jobs as one: "
            "use the slurm connector, or leave JARVICE_SLURM_USERS out."
        ])  # fmt: skip
    connector.act_for(users)
    return connector


def settings_table() -> str:
    """All settings as a table in Markdown."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for f in settings.table():
        older = f" (older name: `{f.metadata['older']}`)" if f.metadata["older"] else ""
        file = f" Or the file that `{f.metadata['name']}_FILE` names." if f.metadata["secret"] else ""
        default = settings.default_of(f).replace("|", "\\|")
        about = f.metadata["about"].replace("|", "\\|")
        rows.append(f"| `{f.metadata['name']}`{older} | {f'`{default}`' if default else ''} | {about}{file} |")
    return "\n".join(rows)


def _serve(bridge: Bridge, understood: Settings) -> int:
    try:
        server = Server(create_app(bridge, understood), understood)
    except (OSError, ValueError) as error:
        print(f"dssr cannot start: {_why_not(error, understood)}", file=sys.stderr)
        return CANNOT_LISTEN
    startup.report(understood, version(), server.addresses)
    startup.report_missing(understood)
    for address in server.addresses:
        log.info("listening on %s", address)
    # Aside, so that a silent cluster does not keep callers waiting for /live.
    threading.Thread(target=startup.report_cluster, args=(bridge,), daemon=True).start()
    server.run()
    return 0


def _why_not(error: OSError | ValueError, understood: Settings) -> str:
    where = f"port {understood.port} of {understood.bind}"
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"{where} is in use, perhaps by another dssr: set WAITRESS_PORT to a free one, or to 0 for any."
    if isinstance(error, OSError) and error.errno == errno.EACCES:
        return f"{where} is for root only: set WAITRESS_PORT to 1024 or higher."
    return f"{where} is not to be listened on ({error}): set WAITRESS_BIND_ADDRESS to an address of this machine."


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
    commands.add_parser("settings", help="print all settings, as a table in Markdown")
    token.add_to(commands)
    hostkey.add_to(commands)
    return parser


def _set_up_logging(level: int) -> None:
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)-7s %(message)s", stream=sys.stderr)
    # It talks of every packet, and prints a traceback where the connector says in a sentence what has happened.
    logging.getLogger("paramiko").setLevel(logging.WARNING if level <= logging.DEBUG else logging.CRITICAL)


def _stop(told: list[str], number: int) -> NoReturn:
    for other in _ENDING:
        signal.signal(other, signal.SIG_IGN)  # once is enough: the end takes a few seconds while calls are running
    told.append(signal.Signals(number).name)  # no log line here: the interrupted thread may be in the middle of one
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
