"""The cluster by hand: up, down, status, shell, build."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from collections.abc import Sequence

from tests.cluster import inventory, machine
from tests.cluster.cluster import Cluster
from tests.cluster.errors import ClusterError
from tests.cluster.generations import DEFAULT_GENERATION, GENERATIONS
from tests.cluster.inventory import Record
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


def down(arguments: argparse.Namespace) -> None:
    """Takes clusters down: those of the addresses, else those brought up by hand from this
    checkout. With --all, those of others and of tests that run, too."""
    for record in chosen(inventory.records(), arguments.address, arguments.all):
        inventory.remove(record)
        print(
            f"Slurm {record.generation} at {record.network.address(LOGIN.octet)} is down",
            file=sys.stderr,
        )


def chosen(
    records: Sequence[Record], addresses: Sequence[str], is_for_all: bool
) -> Sequence[Record]:
    """Which clusters 'down' takes down. Raises ``ClusterError`` for an address that none has."""
    known = {record.network.address(LOGIN.octet): record for record in records}
    if unknown := [address for address in addresses if address not in known]:
        raise ClusterError(
            f"No cluster is at {', '.join(unknown)}; 'python -m tests.cluster status' lists all."
        )
    wanted = [
        record
        for record in records
        if is_for_all or (record.is_of_this_checkout and not record.owner)
    ]
    return [known[address] for address in addresses] or wanted


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


def ssh_config(_: argparse.Namespace) -> None:
    """Prints what leads to the youngest cluster of this checkout from ``~/.ssh/config``."""
    print(_youngest().ssh_config("testcluster"), end="")


def _youngest() -> Cluster:
    own = [each for each in inventory.records() if each.is_of_this_checkout]
    living = [record for record in own if record.is_wanted and record.supervisor]
    if not living:
        raise ClusterError("No cluster is up; 'python -m tests.cluster up' boots one.")
    return Cluster.attach(max(living, key=lambda record: record.file.stat().st_mtime))


def shell(arguments: argparse.Namespace) -> None:
    """A root shell on a host of the youngest cluster of this checkout, in place of this
    process."""
    words = _youngest().argv(arguments.host, ["bash", "-l"], user=arguments.user)
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
        "--option", nargs="+", action="extend", default=[], help="chatty-shell, ..."
    )
    command.set_defaults(run=up)
    command = commands.add_parser(
        "down", help="take the clusters down that were brought up by hand from this checkout"
    )
    command.add_argument("address", nargs="*", help="only those with this login node")
    command.add_argument("--all", action="store_true", help="every cluster of this machine")
    command.set_defaults(run=down)
    for name, help, run in (
        ("status", "which clusters there are", status),
        ("ssh-config", "print a host for ~/.ssh/config", ssh_config),
    ):
        commands.add_parser(name, help=help).set_defaults(run=run)
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
