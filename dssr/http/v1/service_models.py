"""What the API takes and returns about services, and what it means."""

import base64
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from dssr.errors import BadRequest
from dssr.http.v1.models import Aged, Model, Time, whole
from dssr.seams import PART
from dssr.service import LEAST_WALLTIME, LONGEST_WALLTIME, MOST_AHEAD

EXAMPLE: dict[str, Any] = {
    "script": "#!/bin/bash\nexec python3 server.py\n",
    "walltime_seconds": 7200,
    "health": "/",
    "idle_seconds": 3600,
    "options": {"partition": "batch"},
}
MOST_FILES = 100  # that come with a request; each is a command on the login node
ServiceState = Literal["starting", "ready", "handing-over", "restarting", "failed", "stopped"]
Seconds = Annotated[int, Field(ge=0, le=LONGEST_WALLTIME)]
Port = Annotated[int, Field(ge=1024, le=65535), BeforeValidator(whole)]
_TIMES = ("walltime", "drain", "hold", "idle", "timeout", "heartbeat")
_PATH, _WEB_PATH = r"^(/[^\x00-\x1f\x7f]*)?$", r"^(/[!-~]*)?$"
# What a service calls the members that have a unit here.
_MEMBERS = {
    "walltime_seconds": "walltime",
    "drain_seconds": "drain",
    "hold_seconds": "hold",
    "idle_seconds": "idle",
    "timeout_seconds": "timeout",
    "heartbeat_seconds": "heartbeat",
    "port_range": "ports",
}


class ServiceRequest(BaseModel):
    """What a service is started with. It is kept with the service."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [EXAMPLE]},
        defer_build=True,
    )

    script: str = Field(
        min_length=1,
        description="Starts the web program, which listens on the Unix socket $DSSR_SOCKET or on "
        "the port $DSSR_PORT. Its #SBATCH lines take effect.",
    )
    arguments: list[str] = Field(default_factory=list, description="Of the script.")
    environment: dict[str, str] = Field(
        default_factory=dict,
        description="Of the script; never part of a command line.",
        json_schema_extra={
            "propertyNames": {"pattern": "^(?!DSSR_|SLURM_)[A-Za-z_][A-Za-z0-9_]*$"}
        },
    )
    working_directory: str = Field(
        "", pattern=_PATH, description="On the cluster; empty: the home directory."
    )
    image: str = Field("", description="A container; empty: the script runs on the node itself.")
    executor: str = Field("", description="What starts the script; empty: by the image.")
    options: dict[str, str] = Field(
        default_factory=dict, description="Long options of the scheduler."
    )
    health: str = Field(
        "/",
        pattern=_WEB_PATH,
        description="The path that answers when the program is well; empty: an open port is.",
    )
    path: str = Field("/", pattern=_WEB_PATH, description="What a browser opens.")
    walltime_seconds: int | None = Field(
        None, ge=LEAST_WALLTIME, le=LONGEST_WALLTIME, description="Of each job."
    )
    overlap: bool = Field(True, description="Two jobs may run at once during a hand-over.")
    drain_seconds: Seconds | None = Field(
        None, description="For the old job's connections; null: as long as it may run."
    )
    hold_seconds: Seconds = Field(60, description="For which requests wait while no job runs.")
    idle_seconds: Seconds = Field(
        0, description="Without connections, after which the service stops; 0: never."
    )
    timeout_seconds: int = Field(
        600, ge=1, le=LONGEST_WALLTIME, description="From the program's start until it listens."
    )
    retries: int = Field(3, ge=0, le=100, description="After failures, in a row.")
    ahead: int = Field(
        0,
        ge=0,
        le=MOST_AHEAD,
        description="Jobs submitted beforehand; 0: only where a job may not submit its successor.",
    )
    heartbeat_seconds: int = Field(10, ge=1, le=60)
    port_range: list[Port] | None = Field(
        None, min_length=2, max_length=2, description="The first and the last of the site's ports."
    )
    port_pattern: str = Field(
        "", description="A regular expression; what it matches in the output ends with the port."
    )
    team: str = Field("", description="The group whose members share the service.")
    directory: str = Field(
        "",
        pattern=_PATH,
        description="The parent of the service's folder on the cluster; of a team's, needed.",
    )
    files: dict[str, str] | None = Field(
        None,
        max_length=MOST_FILES,
        description="Small files, which are written first: their paths, and their contents in "
        "base64. What begins with #! can be run as a program. With this member, even empty, the "
        "service runs in the directory of its files, unless `working_directory` names another one.",
        json_schema_extra={"additionalProperties": {"type": "string", "contentEncoding": "base64"}},
        examples=[{"server.py": "cHJpbnQoImhlbGxvIikK"}],
    )
    _whole = field_validator(
        "retries", "ahead", *(f"{name}_seconds" for name in _TIMES), mode="before"
    )(whole)

    def members(self, name: str) -> dict[str, Any]:
        """Those of ``dssr.service.ServiceSpec``."""
        given = self.model_dump(exclude={"files"})
        found = {_MEMBERS.get(n, n): v for n, v in given.items() if v is not None}
        for pairs in ("environment", "options"):
            found[pairs] = [list(pair) for pair in found[pairs].items()]
        if "ports" in found:
            found["ports"].sort()
        return {"name": name, **found}

    def contents(self) -> dict[str, bytes] | None:
        """Of the files. Raises ``BadRequest``."""
        if self.files is None:
            return None
        return {path: _decoded(path, text) for path, text in self.files.items()}


def _decoded(path: str, text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadRequest(f"'files' has {path[:200]!r}, which is not in base64: {error}.") from error
    if len(data) > PART:
        raise BadRequest(
            f"'files' has {path[:200]!r}, which is larger than {PART >> 20} MB: send it to the "
            "service's files/PATH before, in parts."
        )
    return data


class Successor(Model):
    """The job that takes over next."""

    generation: int
    job: str | None
    state: str | None = Field(description="As the scheduler has it.")
    reason: str | None
    expected_start_at: Time | None


class ServiceFailure(Model):
    """Why a job that was to follow does not start, or does not take over."""

    generation: int
    job: str | None
    why: str = Field(description="A sentence.")
    last_lines: list[str] = Field(description="Of its output.")


class ServiceIncident(Model):
    """What happened to a service."""

    at: Time
    generation: int | None = Field(description="null: as seen from outside of the jobs.")
    what: str


class Service(Aged):
    """A service: a web program that runs in one job after the other, at one address."""

    name: str
    state: ServiceState
    why: str = Field(description="Of a service that has failed or stopped, a sentence.")
    url: str | None = Field(
        description="For programs; null: it leads nowhere yet. It has the token for callers with "
        "the scope submit alone."
    )
    browser_url: str | None = Field(description="For browsers.")
    path: str = Field(description="What a browser opens.")
    generation: int | None = Field(description="The number of the job in the chain of jobs.")
    job: str | None = Field(description="The scheduler's id of the job.")
    node: str | None
    health: str | None = Field(description="As the bridge sees the program, or else its job.")
    since: Time | None = Field(description="Since when this job listens.")
    reason: str | None = Field(description="Why the job waits: the scheduler's own word.")
    expected_start_at: Time | None
    walltime_left_seconds: int | None
    lead_seconds: int | None = Field(
        description="How long before the end of this job the next one starts."
    )
    successor: Successor | None
    connections: int | None
    bytes_in: int | None
    bytes_out: int | None
    cut: int | None = Field(description="Connections that were cut at the end of a hand-over.")
    incidents: list[ServiceIncident] = Field(description="The newest first.")
    last_lines: list[str] = Field(description="Of the output of a service that has ended.")
    started_by: str
    team: str | None
    folder: str = Field(description="On the cluster.")
    warnings: list[str]
    failure: ServiceFailure | None = Field(
        description="Of a job that can never start, or of another version that was to take over."
    )
    problem: str | None = Field(description="Why the address does not lead to the job.")


class ServiceList(Aged):
    """A page of a list of services, by name."""

    items: list[Service]
    next: str | None = Field(description="`after` of the next page; null: this is the last one.")
