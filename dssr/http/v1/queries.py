"""The query strings of the API's calls: the models that read and document them."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from dssr.cluster.listing import ByPriority
from dssr.errors import BadRequest
from dssr.http.v1.models import State
from dssr.jobs.cursor import FORM
from dssr.jobs.index import GROUPS, Wanted

MOST_SECONDS = 60  # that a caller may have a response wait
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_TIMES: dict[str, JsonValue] = {"format": "date-time"}
_Label = Annotated[
    str, Field(pattern="^[^=]+=.*$", description="KEY=VALUE", examples=["project=water"])
]


class Query(BaseModel):
    """A query string. It has no members but these."""

    model_config = ConfigDict(extra="forbid")


class ListQuery(Query):
    """What all lists take."""

    limit: int = Field(100, ge=1, le=1000, description="How many items at most.", examples=[100])
    after: str = Field(
        "",
        description="The member `next` of the page before.",
        json_schema_extra={"pattern": f"^$|^{FORM.pattern}$"},
    )


class JobListQuery(ListQuery):
    """Which jobs a list shows: those that have all of this."""

    state: list[Literal[State, "active", "ended"]] = Field(
        default_factory=list, description="One of these states; repeatable."
    )
    name: str = Field("", description="Exactly this name.")
    user: str = Field("", description="The local user on the cluster.")
    partition: str = ""
    label: list[_Label] = Field(default_factory=list, description="KEY=VALUE; repeatable.")
    since: str | None = Field(
        None, description="Submitted then or later.", json_schema_extra=_TIMES
    )
    until: str | None = Field(None, description="Submitted before that.", json_schema_extra=_TIMES)

    def wanted(self) -> Wanted:
        """The jobs that it asks for. Raises ``BadRequest`` for a time that there is not."""
        states = [GROUPS.get(word, frozenset({word})) for word in self.state]
        return Wanted(
            states=frozenset().union(*states),
            name=self.name,
            user=self.user,
            partition=self.partition,
            labels=frozenset(
                (key, value) for key, _, value in (text.partition("=") for text in self.label)
            ),
            since=_seconds("since", self.since),
            until=_seconds("until", self.until),
        )


class JobQuery(Query):
    """How long to wait for a job."""

    wait_seconds: int = Field(
        0,
        ge=0,
        le=MOST_SECONDS,
        description="Answer when the state changes, or after this time.",
        examples=[30],
    )
    state: State | None = Field(
        None, description="The state that the caller knows: with another one, do not wait."
    )


class NamedListQuery(ListQuery):
    """What a list by name takes: each name is a place in it."""

    after: str = Field("", description="The member `next` of the page before.")


class QueueQuery(ListQuery):
    """What the queue takes."""

    after: str = Field(
        "",
        description="The member `next` of the page before.",
        json_schema_extra={"pattern": f"^$|^{ByPriority.FORM.pattern}$"},
    )


class ScriptQuery(Query):
    """Which script of a job."""

    batch: bool = Field(
        False, description="The batch script that the scheduler got, which runs the job's script."
    )


class OutputQuery(Query):
    """Which part of an output."""

    tail: int | None = Field(
        None, ge=1, le=10_000, description="The last so many lines.", examples=[20]
    )
    follow: bool = Field(False, description="Go on with what is printed, as server-sent events.")
    after: int | None = Field(
        None, ge=0, description="With `follow`: begin at this byte, as with `Last-Event-ID`."
    )


class ServiceOutputQuery(Query):
    """Which part of what a service has printed."""

    generation: int | None = Field(
        None, ge=1, description="Of this job; without it, of the one that has begun last."
    )
    after: int = Field(0, ge=0, description="Begin at this byte.", examples=[0])


class ServiceStopQuery(Query):
    """How a service ends."""

    purge: bool = Field(False, description="Its folder is removed once its jobs have ended.")


class ServiceFilesQuery(Query):
    """Where the files of a service are."""

    directory: str = Field(
        "",
        pattern=r"^(/[^\x00-\x1f\x7f]*)?$",
        description="an absolute path, the service's member `directory`",
        examples=["/shared/biolab"],
    )


class EventQuery(Query):
    """Which changes, and in which form."""

    after: int | None = Field(
        None,
        ge=0,
        description="The id of the last event that the caller has, as with `Last-Event-ID`; "
        "0: all that are kept. Without it: what happens from now on.",
    )
    wait_seconds: int | None = Field(
        None,
        ge=0,
        le=MOST_SECONDS,
        description="Return JSON when there are events, or after this time. Without it: "
        "server-sent events.",
        examples=[30],
    )
    limit: int = Field(
        100, ge=1, le=1000, description="How many items at most, as JSON.", examples=[100]
    )


def _seconds(member: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        if not _TIME.fullmatch(text.upper()):
            raise ValueError("write it as 2030-01-31T12:00:00Z, and a '+' in a URL as %2B")
        return datetime.fromisoformat(text.upper()).timestamp()
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"{member!r} is {text[:60]!r}, which is no time: {error}.") from error
