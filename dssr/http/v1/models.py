"""What the API's responses hold, and what they mean: the models behind its documentation.

Responses are not made of these models, which would take ten times as long: a test compares each
response with its model.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal[
    "PENDING", "HELD", "RUNNING", "SUSPENDED", "COMPLETING", "REQUEUED", "COMPLETED", "FAILED",
    "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "DEADLINE",
    "LOST", "UNKNOWN",
]  # fmt: skip
Time = Annotated[
    str,
    Field(
        json_schema_extra={"format": "date-time"},
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
    ),
]


class Model(BaseModel):
    """A part of a response. It has all its members, and no others.

    Its schema is made when the documentation is first asked for: a bridge that one command makes
    for itself starts sooner without it.
    """

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class Aged(Model):
    """What shows the state of the cluster says how old it is."""

    as_of: Time = Field(description="When the bridge asked the cluster.")
    age_seconds: float = Field(description="How long ago that was.", ge=0)


class Job(Aged):
    """A job."""

    id: str = Field(description="Permanent: it remains valid as long as the job's record is kept.")
    native_id: str = Field(description="The scheduler's id, which may be given out again.")
    name: str
    number: int = Field(description="The legacy API's number of the job.")
    user: str = Field(description="The local user on the cluster; empty: the bridge's own.")
    executor: str = Field(description="What starts the job's command: native, singularity, ...")
    image: str = Field(description="The container image; empty without one.")
    script_sha256: str = Field(
        description="Of the script as it was submitted, in hexadecimal digits."
    )
    state: State
    is_final: bool = Field(description="Whether the job has ended for good.")
    reason: str = Field(
        description="The scheduler's own word for why the job waits or how it ended, or its own "
        "state where `state` has another word for it. Empty without one."
    )
    explanation: str = Field(
        description="One sentence: why the job waits or how it failed. Empty where there is "
        "nothing to say; `GET /jobs/{id}/why` says more."
    )
    submitted_at: Time | None
    started_at: Time | None
    ended_at: Time | None
    expected_start_at: Time | None = Field(description="As the scheduler expects it.")
    elapsed_seconds: int = Field(ge=0)
    walltime_seconds: int | None = Field(description="The time limit; null: none is known.")
    nodes: list[str] = Field(description="The names of the job's nodes; none before its start.")
    node_count: int | None
    cores: int | None = Field(description="Of the whole job, as the memory and the GPUs.")
    memory_mb: int | None
    gpus: int | None
    cpu_seconds: float | None = Field(
        description="The processor time that an ended job has used, on all its cores together; "
        "null: not measured.",
        ge=0,
    )
    memory_used_mb: int | None = Field(
        description="The most memory that an ended job has used at once, as far as the scheduler's "
        "accounting shows it; null: not measured.",
        ge=0,
    )
    partition: str
    account: str
    qos: str
    exit_code: int | None
    signal: int | None = Field(description="The signal that ended the job.")
    working_directory: str = Field(description="On the cluster; empty: none is kept.")
    output_bytes: int | None = Field(description="How much it has printed; null: not known.")
    held: bool = Field(description="Whether the job waits to be released.")
    labels: dict[str, str]
    evidence: list[str] = Field(
        description="What the state is based on: squeue, accounting, record, submission, "
        "cancellation."
    )


class JobList(Aged):
    """A page of a list of jobs, newest first."""

    items: list[Job]
    next: str | None = Field(description="`after` of the next page; null: this is the last one.")


class JobEvent(Model):
    """A job has another state."""

    id: str | None = Field(description="Of a final state: `after` of the events behind it.")
    job: Job
    before: State | None = Field(description="The state until then; null: not seen.")


class EventList(Aged):
    """Changes of jobs. Each final state comes once, in the same order at every replica."""

    items: list[JobEvent]
    next: str = Field(description="`after` of the next request.")


class CheckedJob(Model):
    """What a submission would send."""

    batch_script: str
    options: list[str] = Field(description="The words for the scheduler's submit command.")
    warnings: list[str] = Field(description="What is wrong with it, a sentence each.")
    refusal: str = Field(
        description="The scheduler's words where it would refuse the job; empty: it would not."
    )
    expected_start_at: Time | None


class Explanation(Model):
    """Why a job is in its state."""

    summary: str = Field(description="One sentence.")
    because: list[str] = Field(description="What is known about it, a sentence each.")
    cure: list[str] = Field(description="What to do, a sentence each.")
    expected_start_at: Time | None
    evidence: list[str]


class Problem(Model):
    """An error, as RFC 9457 has it."""

    type: str = Field(description="The path of a page that explains the error.")
    title: str
    status: int
    detail: str = Field(description="What is wrong, where, and what to do.")
    transient: bool = Field(description="Whether the same request may succeed later.")
    retry_after_seconds: int | None
