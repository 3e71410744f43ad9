"""What a job needs, as options of a command: with sbatch's names where sbatch has them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import click

from dssr.cli.invocation import Invocation
from dssr.cli.partition_name import PartitionName
from dssr.cli.units import Duration, Pair, Size, Whole
from dssr.client import ClientError
from dssr.client.request import JobOptions

_NAMED = re.compile(r"^#SBATCH\s+(?:.*\s)?(?:-J|--job-name)", re.MULTILINE)
# A parameter as messages name it, at their beginning and where they say what to use instead; and a
# part of it: 'labels.project'.
_BEFORE = r"(?:(?<=^)|(?<=; )|(?<=use )|(?<=send )|(?<=leave out ))"
_PART = r"(?:[.]([^'\s]+)|\[\d+\])?"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+=,-]{0,200}")


def environment(
    ctx: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """``K=V``, or ``K`` alone with the value that it has here."""
    found, here = {}, ctx.ensure_object(Invocation).environ
    for text in given:
        name, equals, value = text.partition("=")
        if not equals and name not in here:
            raise click.BadParameter(f"{name!r} is not set here: write it as {name}=VALUE.")
        found[name] = value if equals else here[name]
    return found


def _option(*names: str, **more: Any) -> click.Option:
    return click.Option(names, **more)


def _pairs(name: str, example: str, about: str) -> click.Option:
    return _option(name, multiple=True, type=Pair(example), metavar="NAME=VALUE", help=about)


def options() -> list[click.Option]:
    """The options, in the order of the help."""
    count = Whole()
    return [
        _option("--name", "-J", metavar="NAME", help="Else the script's, or its file's name."),
        _option("--image", metavar="IMAGE", help="Run in this container image."),
        _option("--nodes", "-N", type=count, metavar="N", help="How many nodes."),
        _option("--cores", "-c", type=count, metavar="N", help="Cores on each node."),
        _option("--memory", "--mem", "memory_mb", type=Size(), help="On each node: 500M, 4G."),
        _option("--gpus", type=Whole(0), metavar="N", help="GPUs on each node."),
        _option("--walltime", "--time", "-t", type=Duration(), help="90m, 2h, 1-00:00:00."),
        _option("--partition", "-p", type=PartitionName(), help="The partition."),
        _option("--account", "-A", metavar="NAME", help="The account."),
        _option("--qos", "-q", metavar="NAME", help="The QOS."),
        _option("--constraint", "-C", metavar="FEATURES", help="Features of the nodes."),
        _option("--exclusive", is_flag=True, help="Whole nodes."),
        _option("--env", "environment", multiple=True, metavar="K[=V]", callback=environment,
                help="A variable of the job; K alone has the value that it has here."),
        _option("--workdir", "-D", "working_directory", metavar="DIR",
                help="A directory on the cluster. Else the job gets a new one."),
        _option("--held", "-H", is_flag=True, help="Wait for 'dssr release'."),
        _pairs("--option", "mail-type=END", "A long option of sbatch; repeatable."),
        _pairs("--label", "project=water", "A label, for lists; repeatable."),
    ]  # fmt: skip


@contextmanager
def naming_options() -> Iterator[None]:
    """Errors of a request name the options here, where they name parameters of the client."""
    try:
        yield
    except ClientError as error:
        called = _called()
        parameter = re.compile(rf"{_BEFORE}'({'|'.join(called)}){_PART}'")
        error.message = parameter.sub(
            lambda found: called[found[1]] + (f" {found[2]}" if found[2] else ""),
            error.message.replace("in 'options' of the request", "of --option"),
        )
        raise


def _called() -> Mapping[str, str]:
    """What each parameter of the client is called here."""
    named = {option.name: option.opts[0] for option in options() if option.name}
    own = {name: word for name, word in named.items() if name in JobOptions.__annotations__}
    others = {"labels": "--label", "options": "--option", "script": "the script"}
    return own | others | {"arguments": "an argument of the script"}


def asked(given: Mapping[str, Any], script: str, file: str, arguments: list[str]) -> JobOptions:
    """What the client is asked for. ``file``: the script's, ``-`` for standard input."""
    found = {name: value for name, value in given.items() if value}
    found["gpus"] = given["gpus"]
    found["labels"], found["options"] = dict(given["label"]), dict(given["option"])
    found["arguments"] = arguments
    for name in ("label", "option"):
        found.pop(name, None)
    if not found.get("name") and not _NAMED.search(script):
        name = Path(file).name
        found["name"] = name if _NAME.fullmatch(name) else None
    return cast(JobOptions, found)
