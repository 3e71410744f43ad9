"""The request for a job: what a program calls it, and what the API calls it."""

import difflib
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypedDict

from dssr.client.errors import BadRequest, ClientError

# What the API calls members whose names here are shorter.
_MEMBERS = {
    "cores": "cores_per_node",
    "memory_mb": "memory_mb_per_node",
    "gpus": "gpus_per_node",
    "walltime": "walltime_seconds",
}
_OWN = {member: name for name, member in _MEMBERS.items()}
_OF_API = re.compile(rf"'({'|'.join(_OWN)})'")


class JobOptions(TypedDict, total=False):
    """What a job needs, and how it runs. What is left out is as the script's ``#SBATCH`` lines say,
    and then as the scheduler has it. The handbook's page "API for people" describes each member."""

    name: str | None
    image: str | None
    executor: str | None
    nodes: int | None
    cores: int | None  # on each node, as the memory and the GPUs
    memory_mb: int | None
    gpus: int | None
    walltime: int | timedelta | None  # seconds
    partition: str | None
    account: str | None
    qos: str | None
    constraint: str | None
    environment: Mapping[str, str] | None
    working_directory: str | None
    arguments: list[str] | None
    exclusive: bool | None
    held: bool | None
    per_node: bool | None
    labels: Mapping[str, str] | None
    options: Mapping[str, str] | None


class ScriptText(str):
    """The text of a script, also where it looks like the name of a file."""

    __slots__ = ()


def body_of(script: str | Path, asked: JobOptions) -> Mapping[str, Any]:
    """The request. Raises ``BadRequest`` for what can be no script, and for a parameter that there
    is not."""
    members: dict[str, Any] = {"script": _text(script)}
    for name, value in asked.items():
        if name not in JobOptions.__annotations__:
            raise _unknown(name)
        if isinstance(value, timedelta):
            value = round(value.total_seconds())
        if value is not None:
            members[_MEMBERS.get(name, name)] = value
    return members


def in_own_words(error: ClientError) -> None:
    """Have the error of a request name its members as they are called here."""
    said = error.message.replace("send the member ", "use ")
    error.message = _OF_API.sub(lambda found: f"'{_OWN[found[1]]}'", said)
    error.args = (error.message,)


def _text(script: str | Path) -> str:
    if isinstance(script, Path):
        with script.open(encoding="utf-8", newline="") as file:  # line ends stay as they are
            text = file.read()
    else:
        text = script
        if _is_a_file(script):
            raise BadRequest(
                f"{script!r} is the name of a file here, and 'script' is the text of a script: "
                f"Path({script!r}) submits what is in the file."
            )
    if not text.strip():
        raise BadRequest("The script is empty: it has no command to run.")
    return text


def _is_a_file(script: str) -> bool:
    is_word = len(script.split()) == 1 and script.isprintable()
    return is_word and not isinstance(script, ScriptText) and os.path.isfile(script)


def _unknown(name: str) -> BadRequest:
    known = [*JobOptions.__annotations__, *_OWN]
    near = difflib.get_close_matches(name, known, 1, 0.5)
    meant = _OWN.get(near[0], near[0]) if near else ""
    hint = f"did you mean {meant!r}?" if meant else f"there are {', '.join(known[: -len(_OWN)])}."
    return BadRequest(f"A job has no parameter {name[:60]!r}: {hint}")
