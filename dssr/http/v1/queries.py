"""The query strings of the API's calls: the models that read and document them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dssr.errors import BadRequest
from dssr.http.v1.models import State
from dssr.jobs.index import GROUPS, Wanted

_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$"
_Label = Annotated[str, Field(pattern="^[^=]+=.*$")]


class Query(BaseModel):
    """A query string. It has no members but these."""

    model_config = ConfigDict(extra="forbid")


class ListQuery(Query):
    """What all lists take."""

    limit: int = Field(100, ge=1, le=1000, description="How many items at most.")
    after: str = Field("", description="The member `next` of the page before.")


class JobListQuery(ListQuery):
    """Which jobs a list shows: those that have all of this."""

    state: list[Literal[State, "active", "ended"]] = Field(
        default_factory=list, description="One of these states; repeatable."
    )
    name: str = Field("", description="Exactly this name.")
    user: str = Field("", description="The local user on the cluster.")
    partition: str = ""
    label: list[_Label] = Field(default_factory=list, description="KEY=VALUE; repeatable.")
    since: str = Field("", pattern=f"^$|{_TIME}", description="Submitted then or later.")
    until: str = Field("", pattern=f"^$|{_TIME}", description="Submitted before that.")

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


class OutputQuery(Query):
    """Which part of an output."""

    tail: int | None = Field(None, ge=1, le=10_000, description="The last so many lines.")


def _seconds(member: str, text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except ValueError as error:
        raise BadRequest(f"{member!r} is {text!r}, a time that there is not: {error}.") from error
