"""A job that there is -> the commands that submit the same from a terminal. Pure.

The script comes from standard input (a here-document), so that each line can be pasted as it is.
Arguments and variables of a job are not kept, so they are in none of them.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dssr.job import Resources
from dssr.jobs.script import normalised
from dssr.record import JobRecord

_NONE = Resources()


@dataclass(frozen=True)
class Commands:
    """Texts for a shell. ``sbatch``: empty where ``why_no_sbatch`` says why there is none."""

    dssr: str
    curl: str
    sbatch: str
    why_no_sbatch: str


def commands_of(job: JobRecord, script: str, url: str) -> Commands:
    """The commands; ``url``: of the bridge. They read a token from ``$DSSR_TOKEN``."""
    given = job.resources or _NONE
    in_container = bool(job.about.image)
    return Commands(
        dssr=_with_input(["dssr", "--url", url, "submit", *_dssr(job, given), "-"], script),
        curl=_curl(job, given, script, url),
        sbatch="" if in_container else _for_sbatch(job, given, script),
        why_no_sbatch=(
            "The job runs in a container, which the bridge starts: sbatch alone would run the "
            "script on the node."
            if in_container
            else ""
        ),
    )


def _each(total: int | None, nodes: int | None) -> int | None:
    """Of each node, where it is known."""
    return max(1, total // nodes) if total and nodes else None


def _figures(given: Resources) -> Mapping[str, int | None]:
    """The members of a request that are numbers, where they are known."""
    return {
        "nodes": given.nodes,
        "cores_per_node": _each(given.cores, given.nodes),
        "memory_mb_per_node": _each(given.memory_mb, given.nodes),
        "gpus_per_node": _each(given.gpus, given.nodes),
        "walltime_seconds": given.walltime,
    }


def _curl(job: JobRecord, given: Resources, script: str, url: str) -> str:
    asked: dict[str, Any] = {"name": job.ref.name, "script": script, **_figures(given)}
    asked |= {"partition": given.partition, "account": given.account, "qos": given.qos}
    asked |= {"working_directory": job.chosen_directory}
    asked |= {"image": job.about.image, "labels": dict(job.about.labels)}
    body = json.dumps({name: value for name, value in asked.items() if value})
    words = ["curl", f"{url}/api/v1/jobs", "-H", "Content-Type: application/json"]
    header = '-H "Authorization: Bearer $DSSR_TOKEN"'
    return _here(f"{shlex.join(words)} {header} -d @-", body)


def _dssr(job: JobRecord, given: Resources) -> Iterator[str]:
    figures = _figures(given)
    options = {
        "--name": job.ref.name,
        "--image": job.about.image,
        "--nodes": figures["nodes"],
        "--cores": figures["cores_per_node"],
        "--memory": f"{figures['memory_mb_per_node']}M" if figures["memory_mb_per_node"] else "",
        "--gpus": figures["gpus_per_node"],
        "--walltime": f"{given.walltime}s" if given.walltime else "",
        "--partition": given.partition,
        "--account": given.account,
        "--qos": given.qos,
        "--workdir": job.chosen_directory,
    }
    for option, value in options.items():
        if value:
            yield from (option, str(value))
    for name, text in job.about.labels:
        yield from ("--label", f"{name}={text}")


def _for_sbatch(job: JobRecord, given: Resources, script: str) -> str:
    """sbatch takes no script without a ``#!`` line, or with DOS line ends, as the bridge does."""
    return _with_input(["sbatch", *_sbatch(job, given)], normalised(script))


def _sbatch(job: JobRecord, given: Resources) -> Iterator[str]:
    figures = _figures(given)
    minutes, seconds = divmod(given.walltime or 0, 60)
    options = {
        "job-name": job.ref.name,
        "nodes": figures["nodes"],
        "ntasks-per-node": figures["cores_per_node"],
        "mem": f"{figures['memory_mb_per_node']}M" if figures["memory_mb_per_node"] else "",
        "gpus-per-node": figures["gpus_per_node"],
        "time": f"{minutes}:{seconds:02d}" if given.walltime else "",
        "partition": given.partition,
        "account": given.account,
        "qos": given.qos,
        "chdir": job.chosen_directory,
    }
    return (f"--{option}={value}" for option, value in options.items() if value)


def _with_input(words: list[str], script: str) -> str:
    return _here(shlex.join(words), script)


def _here(command: str, text: str) -> str:
    """The command with a here-document whose end is no line of the text."""
    end, lines = "EOF", text.split("\n")
    while end in lines:
        end += "_"
    return f"{command} <<'{end}'\n{text.removesuffix(chr(10))}\n{end}\n"
