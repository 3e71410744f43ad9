"""The request for a job: the model that reads and documents it.

The sentences about values that cannot be are those of ``dssr.jobs.request``, which is why many
rules are in the documentation alone here.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from dssr.http.v1.models import whole
from dssr.job import NAME
from dssr.jobs.request import (
    LABEL,
    LABEL_VALUE,
    LINE,
    LONGEST_VALUE,
    MEMBERS,
    OPTION,
    PATH,
    READ_ONLY,
    REFUSED,
    VARIABLE,
    WORD,
    JobRequest,
)

_MOST_NODES, _MOST_CORES = 100_000, 1_000_000
_MOST = 1_000_000_000
_LONGEST = 10 * 365 * 24 * 3600  # seconds; Slurm has a number of minutes below 2^31
_COUNTS = (*("nodes", "cores_per_node", "memory_mb_per_node", "gpus_per_node", "walltime_seconds"),)
_NO_NUL = r"^[^\x00]*$"
EXAMPLE: dict[str, Any] = {
    "script": "#!/bin/bash\n#SBATCH --time=5\nhostname\n",
    "name": "relax",
    "nodes": 1,
    "cores_per_node": 1,
    "memory_mb_per_node": 100,
    "walltime_seconds": 600,
    "environment": {"OMP_NUM_THREADS": "1"},
    "arguments": ["--steps", "3"],
    "labels": {"project": "water"},
}


def _documented(default: Any = "", **schema: Any) -> Any:
    """A member whose schema says more than the model checks."""
    description = schema.pop("description", None)
    if default == {}:
        return Field(default_factory=dict, description=description, json_schema_extra=schema)
    return Field(default, description=description, json_schema_extra=schema)


def _names(pattern: str, *others: str, value: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object whose members have names of this form, but for ``others``."""
    names: dict[str, Any] = {"pattern": pattern}
    if others:
        names["not"] = {"enum": sorted(others)}
    return {"propertyNames": names, "additionalProperties": {"type": "string", **value}}


_A_WORD = {"pattern": f"^$|^{WORD.pattern}$"}
_TEXT = {"pattern": _NO_NUL, "maxLength": LONGEST_VALUE}
# 'native' runs no image, and 'singularity' needs one.
_EXECUTORS: list[JsonValue] = [
    {"not": {
        "required": ["executor", "image"],
        "properties": {"executor": {"const": "native"}, "image": {"minLength": 1}},
    }},
    {"not": {
        "required": ["executor"],
        "properties": {"executor": {"const": "singularity"}, "image": {"maxLength": 0}},
    }},
]  # fmt: skip


class JobSubmission(BaseModel):
    """A job to submit. Only `script` is required. For what is left out, the `#SBATCH` lines of the
    script decide, and then the scheduler."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [EXAMPLE], "allOf": _EXECUTORS}
    )

    script: str = Field(
        min_length=1,
        description="The text of a batch script. Without a `#!` line it runs in bash.",
        json_schema_extra={"pattern": r"^[^\x00]*[!-~][^\x00]*$"},
    )
    name: str = _documented(
        pattern=f"^$|^{NAME.pattern}$",
        description="Empty: that of `#SBATCH --job-name`, else `job`.",
    )
    image: str = _documented(
        pattern=f"^$|^{LINE.pattern}$",
        description="A container image: a path on the cluster, or its name in a registry.",
    )
    executor: str = _documented(description="Empty: singularity with an image, else native.")
    nodes: int | None = Field(None, ge=1, le=_MOST_NODES)
    cores_per_node: int | None = Field(None, ge=1, le=_MOST_CORES)
    memory_mb_per_node: int | None = Field(None, ge=1, le=_MOST)
    gpus_per_node: int | None = Field(None, ge=0, le=_MOST_CORES)
    walltime_seconds: int | None = Field(None, ge=1, le=_LONGEST)
    partition: str = _documented(**_A_WORD)
    account: str = _documented(**_A_WORD)
    qos: str = _documented(**_A_WORD)
    constraint: str = _documented(**_A_WORD)
    environment: dict[str, str] = _documented(
        {},
        description="Variables that the job gets as they are.",
        **_names(f"^{VARIABLE.pattern}$", *READ_ONLY, value=_TEXT),
    )
    working_directory: str = _documented(
        pattern=f"^$|^{PATH.pattern}$",
        description="An absolute path on the cluster; empty: a new one of the job's own.",
    )
    arguments: list[Annotated[str, Field(json_schema_extra=_TEXT)]] = Field(
        default_factory=list, description="Of the script."
    )
    exclusive: bool = Field(False, description="Whether the job gets whole nodes.")
    held: bool = Field(False, description="Whether the job waits to be released.")
    per_node: bool = Field(True, description="With an image: once on each node, or once in all.")
    labels: dict[str, str] = _documented(
        {},
        description="For people, and for lists.",
        **_names(f"^{LABEL.pattern}$", value={"pattern": f"^{LABEL_VALUE.pattern}$"}),
    )
    options: dict[str, str] = _documented(
        {},
        description="Long options of sbatch without their dashes; empty: without a value.",
        **_names(f"^{OPTION.pattern}$", *MEMBERS, *REFUSED, value=_TEXT),
    )

    _whole = field_validator(*_COUNTS, mode="before")(whole)

    def request(self) -> JobRequest:
        """What it asks for."""
        return JobRequest(**self.model_dump() | {"arguments": tuple(self.arguments)})
