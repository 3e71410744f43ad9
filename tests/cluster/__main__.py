"""The cluster by hand: up, down, status, shell, build."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time

from tests.cluster import inventory, machine
from tests.cluster.cluster import Cluster
from tests.cluster.errors import ClusterError
from tests.cluster.generations import DEFAULT_GENERATION, GENERATIONS
from tests.cluster.layout import LOGIN, PLACES
from tests.cluster.options import parse_options
from tests.cluster.roots import find_generation, root_for


def main() -> int:
    """Returns the exit code: 0, or 1 after an error, which is one sentence on stderr."""
    arguments = _parser().parse_args()
    try:
        return int(arguments.run(arguments) or 0)
    except ClusterError as error:
        print(f"tests.cluster: {error}", file=sys.stderr)
        return 1


def up(arguments: argparse.Namespace) -> None:
    """Boots a cluster that stays; stdout is for ``eval``."""
    began = time.monotonic()
    cluster = Cluster.up(arguments.slurm, parse_options(arguments.option))
    cluster.detach()
    print(
        f"Slurm {arguments.slurm} is up at {cluster.address} after {time.monotonic() - began:.1f} "
        f"s",
        file=sys.stderr,
    )
    for name, value in cluster.settings().items():
        print(f"export {name}={shlex.quote(value)}" if "'" in value else f"export {name}='{value}'")


def down(_: argparse.Namespace) -> None:
    """Takes every cluster of this machine down."""
    for record in inventory.records():
        inventory.remove(record)
        print(
            f"Slurm {record.generation} at {record.network.address(LOGIN.octet)} is down",
            file=sys.stderr,
        )


def status(_: argparse.Namespace) -> int:
    """One line a cluster; the exit code is 3 when there is none."""
    found = inventory.records()
    for record in found:
        owner = (
            f"belongs to process {record.owner.partition('@')[0]}"
            if record.owner
            else "stays until 'down'"
        )
        life = "up" if record.is_wanted else "dead"
        print(
            f"{record.generation} {record.network.address(LOGIN.octet)} {life} {owner} "
            f"{record.base}"
        )
    return 0 if found else 3


def shell(arguments: argparse.Namespace) -> None:
    """A root shell on a host of the youngest cluster, in place of this process."""
    living = [record for record in inventory.records() if record.is_wanted and record.supervisor]
    if not living:
        raise ClusterError("No cluster is up; 'python -m tests.cluster up' boots one.")
    youngest = max(living, key=lambda record: record.file.stat().st_mtime)
    words = Cluster.attach(youngest).argv(arguments.host, ["bash", "-l"], user=arguments.user)
    os.execvp(words[0], words)


def build(arguments: argparse.Namespace) -> None:
    """Builds the root file systems that are not there yet."""
    machine.require()
    for name in arguments.slurm or GENERATIONS:
        print(root_for(find_generation(name)), file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.cluster", description="A real Slurm cluster on this machine."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "up", help="boot a cluster that stays, and print the bridge's settings for eval"
    )
    command.add_argument("--slurm", default=DEFAULT_GENERATION, metavar="|".join(GENERATIONS))
    command.add_argument(
        "--option",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="such as chatty-shell",
    )
    command.set_defaults(run=up)
    commands.add_parser("down", help="take all clusters down").set_defaults(run=down)
    commands.add_parser("status", help="which clusters there are").set_defaults(run=status)
    command = commands.add_parser("shell", help="a shell on a host")
    command.add_argument(
        "host", nargs="?", default=LOGIN.name, metavar="|".join(place.name for place in PLACES)
    )
    command.add_argument("--user", default="root")
    command.set_defaults(run=shell)
    command = commands.add_parser("build", help="build the root file systems only")
    command.add_argument("slurm", nargs="*", metavar="|".join(GENERATIONS))
    command.set_defaults(run=build)
    return parser


if __name__ == "__main__":
    sys.exit(main())
