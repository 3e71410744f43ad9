"""``dssr web``: the portal for its user alone, on this machine, and the way to it over SSH."""

import secrets
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import click

from dssr.access import private_directory
from dssr.access.one_time_codes import VALID, OneTimeCodes
from dssr.cli.command import NONE, Command
from dssr.cli.commands.serve import serve
from dssr.cli.exits import UNREACHABLE
from dssr.cli.failure import Failure
from dssr.cli.invocation import Invocation
from dssr.settings import Settings, own_name
from dssr.settings.reading import parse
from dssr.settings.validation import is_protected

_HOST = "dssr-portal"  # in ssh_config
_PATIENCE = 5.0  # seconds
_LOG_LEVEL = "JARVICE_SCHED_LOGLEVEL"


@click.command("web", cls=Command, takes=NONE)
@click.option("--port", metavar="VALUE", help="The port to listen on. (Sets WAITRESS_PORT.)")
@click.option("--link", "only_link", is_flag=True, help="Print another link to a portal that runs.")
@click.pass_obj
def command(invocation: Invocation, port: str | None, only_link: bool) -> int:
    """Serve the portal, the bridge in a browser, until Ctrl-C.

    It listens on this machine alone. The link logs in the user who runs this command, once and
    within a minute; --link prints another one, also for a bridge that 'dssr serve' serves with
    JARVICE_WEB=true. The log has warnings alone, unless JARVICE_SCHED_LOGLEVEL asks for more.
    """
    environ = _environ(invocation.environ, port)
    if only_link:
        number = parse(environ, Settings).port
        if not number:
            raise Failure("which port does the portal listen on? Name it with --port.")
        _find(number, parse(invocation.environ, Settings).bind)
        click.echo(_link(environ, number))
        return 0
    return serve(environ, lambda addresses: _show_way(environ, addresses))


def _find(port: int, bind: str) -> None:
    """Raise ``Failure`` where nothing listens at that port of this machine."""
    for host in ("127.0.0.1", *bind.split(",")):
        with suppress(OSError), socket.create_connection((host.strip(), port), _PATIENCE):
            return
    raise Failure(
        f"no portal listens on port {port} of this machine.",
        UNREACHABLE,
        cure="'dssr web' serves one and prints its link; --port names another port.",
    )


def _environ(given: Mapping[str, str], port: str | None) -> Mapping[str, str]:
    """The settings: as they are given, for this machine alone. Where nothing says who may call, the
    link alone leads in, because other users of this machine reach its ports, too. The log is short,
    so that the link stays in sight."""
    own = {"JARVICE_WEB": "true", "WAITRESS_BIND_ADDRESS": "127.0.0.1"}
    if not given.get(_LOG_LEVEL):
        own[_LOG_LEVEL] = "WARNING"
    if port is not None:
        own["WAITRESS_PORT"] = port
    if not is_protected(parse(given, Settings)):
        own["JARVICE_SCHED_SERVER_KEY"] = f"{own_name() or 'owner'}:{secrets.token_urlsafe(32)}"
    return {**given, **own}


def _link(environ: Mapping[str, str], port: int) -> str:
    """A link that logs in once. The code is behind '#', which a browser does not send, so that it
    is in no log. 'localhost' may be ::1 first, where another user of the machine could listen."""
    settings = parse(environ, Settings)
    code = OneTimeCodes(private_directory.make(settings.web_state)).make()
    root = settings.web_url.rstrip("/") or f"http://127.0.0.1:{port}"
    return f"{root}/login#code={code}"


def _show_way(environ: Mapping[str, str], addresses: Sequence[str]) -> None:
    port = urlsplit(addresses[0]).port or 0
    for line in way(_link(environ, port), port, own_name() or "USER", socket.gethostname()):
        click.echo(line)
    sys.stdout.flush()


def way(link: str, port: int, user: str, host: str) -> Sequence[str]:
    """How to reach the portal from another machine, in lines. Addresses are
    numbers, for the same reason as in the link."""
    forward = f"{port}:127.0.0.1:{port}"
    return (
        f"Open this link within {VALID} seconds; it logs in once:",
        f"  {link}",
        "From another machine, first forward the port:",
        f"  ssh -L {forward} {user}@{host}",
        "or in the background, until the connection ends:",
        f"  ssh -fNL {forward} {user}@{host}",
        f"or with this in ~/.ssh/config, by 'ssh -fN {_HOST}':",
        f"  Host {_HOST}",
        f"    HostName {host}",
        f"    User {user}",
        f"    LocalForward {port} 127.0.0.1:{port}",
        f"Another link: dssr web --link --port {port}",
    )
