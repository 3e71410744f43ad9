"""What a service is started with, as options of a command."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from dssr.cli.command import Command
from dssr.cli.invocation import Invocation
from dssr.cli.job_options import environment
from dssr.cli.sbatch_words import pairs
from dssr.cli.units import Duration, Seconds, Whole
from dssr.client.starting import SHORTEST, examine, script_of, with_login

_PORTS = re.compile(r"(\d+)-(\d+)")
_SBATCH = "dssr.sbatch"  # where the words behind -- are kept


class WithSbatchWords(Command):
    """A command whose words behind ``--`` are options of sbatch."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what is before ``--``."""
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[_SBATCH] = args[at + 1 :]
        return super().parse_args(ctx, args[:at])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """The usage names them, too."""
        return [*super().collect_usage_pieces(ctx), "[-- SBATCH_OPTIONS...]"]


class Ports(click.ParamType[Any]):
    """A range of ports."""

    name = "ports"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See ``click.ParamType``."""
        if not isinstance(value, str):
            return value
        if not (match := _PORTS.fullmatch(value)):
            self.fail(f"{value!r} is no range of ports: write it as 20000-20100.", param, ctx)
        return int(match[1]), int(match[2])


def _option(*names: str, **more: Any) -> click.Option:
    return click.Option(names, **more)


def of_login() -> list[click.Option]:
    """How to log in, where that is not as ssh's configuration says."""
    return [
        _option("--jump", metavar="[USER@]HOST[:PORT]", expose_value=False, callback=_jump,
                help="A jump host on the way to the login node; several with commas between."),
        _option("--user", metavar="NAME", expose_value=False, callback=_user,
                help="The user's name on the cluster."),
    ]  # fmt: skip


def of_place() -> list[click.Option]:
    """Where the service is."""
    return [
        _option("--dir", "directory", metavar="DIR", default="",
                help="The directory on the cluster that has the service's folder; of a team."),
        *of_login(),
    ]  # fmt: skip


def of_address() -> list[click.Option]:
    """Of the address on this machine."""
    return [
        _option("--local-port", type=Whole(1, 65535), metavar="PORT", default=0,
                help="The port on this machine. Else the one of the last time."),
        _option("--daemonize", is_flag=True,
                help="Return once the address is checked, and keep it open in the background."),
    ]  # fmt: skip


def of_copy() -> list[click.Option]:
    """What is copied to the cluster first."""
    return [
        _option("--copy", is_flag=False, flag_value="", metavar="[DIR]", type=click.Path(),
                help="First copy this directory, else the script's own, to the cluster, where the "
                "script then runs. Only what differs is sent."),
        _option("--to", metavar="DIR", help="Where it is copied to. "
                "Else dssr-services/NAME in the home directory, or DIR/NAME.files of a team."),
    ]  # fmt: skip


def of_spec() -> list[click.Option]:
    """What is kept with the service. The defaults are the service's own."""
    return [
        _option("--walltime", "--time", type=Duration(SHORTEST),
                help="Of each job: 2h, 1-00:00:00."),
        _option("--health", metavar="PATH", help="The path that answers when the program is well. "
                "With '' an open port is enough, and connections may be of any protocol."),
        _option("--path", metavar="PATH", help="What the browser opens: /app."),
        _option("--overlap/--no-overlap", default=None,
                help="Whether two jobs may run at once during a hand-over. Else they may."),
        _option("--drain", type=Duration(), help="How long the old job's connections may last "
                "after a hand-over. Else as long as that job may run."),
        _option("--hold", type=Duration(),
                help="How long callers wait while no job runs. Else 60s."),
        _option("--idle", type=Duration(),
                help="Stop after this time without connections. Else never."),
        _option("--timeout", type=Duration(),
                help="How soon the program must be ready. Else 10m."),
        _option("--retries", type=Whole(0), metavar="N",
                help="Failures in a row, after which it ends. Else 3."),
        _option("--ahead", type=Whole(0), metavar="N", help="Jobs to submit beforehand, where a "
                "job may not submit its successor: 'dssr doctor' says so."),
        _option("--heartbeat", type=Seconds(),
                help="Between reports of the job: 1s to 60s. Else 10s."),
        _option("--port-range", "ports", type=Ports(), metavar="LOW-HIGH",
                help="The ports of the nodes that the site allows."),
        _option("--port-pattern", metavar="REGEX",
                help="What the program prints that ends with its port."),
        _option("--image", metavar="IMAGE", help="Run the script in this container image."),
        _option("--env", "environment", multiple=True, metavar="K[=V]", callback=environment,
                help="A variable of the program; K alone has the value that it has here."),
        _option("--workdir", "working_directory", metavar="DIR",
                help="Where the script runs, on the cluster. Else the home directory."),
        _option("--team", metavar="GROUP", help="The group whose members share the service. Any "
                "member can run programs as the user whose job runs, and reads its environment."),
    ]  # fmt: skip


def members(
    name: str, script: Path, arguments: Sequence[str], given: Mapping[str, Any]
) -> dict[str, Any]:
    """The members of the service's specification. Raises ``Failure``, ``ClientError``,
    ``BadRequest``."""
    known = {o.name for o in of_spec()} | {"directory"}
    found = {n: v for n, v in given.items() if n in known and v not in (None, "", (), {})}
    if given.get("health") is not None:
        found["health"] = given["health"]
    found["environment"] = tuple(found.get("environment", {}).items())
    found |= {
        **found,
        "name": name,
        "script": script_of(script),
        "arguments": tuple(arguments),
        "options": tuple(pairs(click.get_current_context().meta.get(_SBATCH, ()))),
    }
    examine(found)
    return found


def _jump(ctx: click.Context, _option: click.Parameter, value: str | None) -> None:
    _log_in(ctx, with_login("", value or ""))


def _user(ctx: click.Context, _option: click.Parameter, value: str | None) -> None:
    _log_in(ctx, with_login(value or "", ""))


def _log_in(ctx: click.Context, variables: Mapping[str, str]) -> None:
    invocation = ctx.ensure_object(Invocation)
    invocation.environ = {**invocation.environ, **variables}
