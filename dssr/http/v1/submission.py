"""The request for a job: the model that reads and documents it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dssr.job import NAME
from dssr.jobs.request import JobRequest

_MOST_NODES, _MOST_CORES = 100_000, 1_000_000
_MOST = 1_000_000_000
EXAMPLE: dict[str, Any] = {
    "script": "#!/bin/bash\n#SBATCH --time=5\nsrun hostname\n",
    "name": "relax",
    "nodes": 2,
    "cores_per_node": 8,
    "memory_mb_per_node": 16000,
    "walltime_seconds": 3600,
    "environment": {"OMP_NUM_THREADS": "8"},
    "arguments": ["--steps", "3"],
    "labels": {"project": "water"},
}


class JobSubmission(BaseModel):
    """A job to submit. Only `script` is required; what is left out, the script's `#SBATCH` lines
    decide, and then the scheduler."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [EXAMPLE]}
    )

    script: str = Field(min_length=1, description="The text of a batch script.")
    name: str = Field("job", pattern=f"^{NAME.pattern}$")
    image: str = Field("", description="A container image: a path on the cluster, or its name.")
    executor: str = Field("", description="Empty: singularity with an image, else native.")
    nodes: int | None = Field(None, ge=1, le=_MOST_NODES)
    cores_per_node: int | None = Field(None, ge=1, le=_MOST_CORES)
    memory_mb_per_node: int | None = Field(None, ge=1, le=_MOST)
    gpus_per_node: int | None = Field(None, ge=0, le=_MOST_CORES)
    walltime_seconds: int | None = Field(None, ge=1, le=_MOST)
    partition: str = ""
    account: str = ""
    qos: str = ""
    constraint: str = ""
    environment: dict[str, str] = Field(
        default_factory=dict, description="Variables that the job gets as they are."
    )
    working_directory: str = Field(
        "", description="An absolute path on the cluster; empty: a new one of the job's own."
    )
    arguments: list[str] = Field(default_factory=list, description="Of the script.")
    exclusive: bool = Field(False, description="Whether the job gets whole nodes.")
    held: bool = Field(False, description="Whether the job waits to be released.")
    per_node: bool = Field(True, description="With an image: once on each node, or once in all.")
    labels: dict[str, str] = Field(default_factory=dict, description="For people, and for lists.")
    options: dict[str, str] = Field(
        default_factory=dict,
        description="Long options of sbatch without their dashes; empty: without a value.",
    )

    def request(self) -> JobRequest:
        """What it asks for."""
        return JobRequest(**self.model_dump() | {"arguments": tuple(self.arguments)})
