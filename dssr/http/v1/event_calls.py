"""The changes of all jobs: as they happen, or as a list of those behind one of them."""

from collections.abc import Sequence

from flask.typing import ResponseReturnValue

from dssr.access.scopes import Scope
from dssr.errors import Unavailable
from dssr.http import live
from dssr.http.call import Answer, Calls, Described, Example, Needs
from dssr.http.v1 import api
from dssr.http.v1.event_feeds import EventStream, EventText, EventWait
from dssr.http.v1.models import EventList
from dssr.http.v1.queries import EventQuery
from dssr.http.v1.reading import last_event, query_as
from dssr.http.v1.rendering import JobRenderer, age_members, json_text_response
from dssr.jobs import Jobs
from dssr.watch import Change, Watch

EVENTS = Needs(
    scope=Scope.READ,
    described=Described(
        summary="Listen to the changes of all jobs",
        query=EventQuery,
        headers=(api.LAST_EVENT_ID,),
        answers={
            200: Answer(
                about="Events `job`, which are `{job, before}`, or a list of them",
                model=EventList,
                is_stream_too=True,
            )
        },
        example=Example(query="after=0&wait_seconds=1"),
    ),
)


def calls(jobs: Jobs, renderer: JobRenderer, watch: Watch, answer_timeout: float) -> Calls:
    """The call of events. ``answer_timeout``: seconds in which the first query must be answered."""
    calls, text = api.v1_calls("events"), EventText(renderer)

    @calls.get("/events", EVENTS)
    def show_events() -> ResponseReturnValue:
        query = query_as(EventQuery)
        after = last_event(query.after)
        if query.wait_seconds is None:
            return live.stream(EventStream(watch, text, after))
        found = live.waited()
        if isinstance(found, EventWait):
            return json_text_response(_list(found, query.limit, text, jobs.taken))
        at_once = query.wait_seconds == 0
        seconds = answer_timeout if at_once else query.wait_seconds
        return live.wait(EventWait(watch, after, at_once=at_once), seconds)

    return calls


def _list(found: EventWait, limit: int, text: EventText, taken: float) -> str:
    """The events as JSON. Raises ``Unavailable`` when the cluster has not answered."""
    if found.error:
        raise found.error
    if found.serial is None:
        raise Unavailable("The cluster has not answered yet: ask again.")
    items = ", ".join(text.item(change) for change in found.changes[:limit])
    after = _next(found.changes[limit:], found.serial)
    return f'{{"items": [{items}], "next": "{after}", {age_members(taken)}}}'


def _next(left_out: Sequence[Change], serial: int) -> int:
    """Behind which event the next list begins."""
    serials = (change.serial for change in left_out if change.serial is not None)
    return next(serials, serial + 1) - 1
