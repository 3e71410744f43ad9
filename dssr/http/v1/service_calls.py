"""The calls of services."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Response

from dssr.access.scopes import Scope
from dssr.bridge import Bridge
from dssr.cluster.listing import ByName, Listing
from dssr.errors import CommandTimeout, OutcomeUnknown
from dssr.http.call import Answer, Calls, Described, Example, Header, Needs
from dssr.http.request import current
from dssr.http.v1 import api
from dssr.http.v1.ownership import owner
from dssr.http.v1.queries import NamedListQuery, ServiceOutputQuery, ServiceStopQuery
from dssr.http.v1.reading import body_as, query_as
from dssr.http.v1.rendering import age_members, digest, json_text_response, tagged, text_response
from dssr.http.v1.service_models import EXAMPLE, Service, ServiceList, ServiceRequest
from dssr.services.bridge_services import BridgeServices
from dssr.services.documents import document
from dssr.services.shown import Shown

# What changes all the time is no part of an entity tag.
_FLEETING = ("walltime_left_seconds", "bytes_in", "bytes_out", "connections")
_THE_SERVICE = Answer(about="The service", model=Service)
_LOCATION = Header(
    name="Location", about="The path of the service.", example="/api/v1/services/demo"
)

LIST = Needs(
    scope=Scope.READ,
    described=Described(
        summary="List the services",
        query=NamedListQuery,
        headers=(api.IF_NONE_MATCH, api.USER_TOKEN),
        answers={200: Answer(about="A page of services", model=ServiceList, headers=(api.ETAG,))},
        errors=(404,),
        example=Example(query="limit=20"),
    ),
)
SHOW = Needs(
    scope=Scope.READ,
    described=Described(
        summary="Show a service: its address, job, health and successor",
        headers=(api.IF_NONE_MATCH, api.USER_TOKEN),
        answers={200: Answer(about="The service", model=Service, headers=(api.ETAG,))},
        errors=(404,),
    ),
)
OUTPUT = Needs(
    scope=Scope.READ,
    described=Described(
        summary="Show what a job of a service has printed, at most a megabyte at once",
        query=ServiceOutputQuery,
        headers=(api.IF_NONE_MATCH, api.USER_TOKEN),
        answers={200: Answer(about="The output", content_type="text/plain", headers=(api.ETAG,))},
        errors=(404,),
        example=Example(query="after=0"),
    ),
)
START = Needs(
    scope=Scope.SUBMIT,
    body=None,
    is_submission=True,
    audit=("name",),
    described=Described(
        summary="Start a service, join it, or have it hand over to another script",
        body=ServiceRequest,
        headers=(api.USER_TOKEN,),
        answers={
            200: Answer(about="The service, which runs with this script already", model=Service),
            201: Answer(about="The service, which starts", model=Service, headers=(_LOCATION,)),
            202: Answer(about="The service, which hands over to this script", model=Service),
        },
        errors=(404, 409, 415, 422, 507),
        example=Example(body=EXAMPLE, status=201),
    ),
)
STOP = Needs(
    scope=Scope.SUBMIT,
    audit=("name", "purge"),
    described=Described(
        summary="Stop a service: its jobs end, and its script and options stay",
        query=ServiceStopQuery,
        headers=(api.USER_TOKEN,),
        answers={202: _THE_SERVICE},
        errors=(404, 409, 422),
        example=Example(status=202),
    ),
)
RESTART = Needs(
    scope=Scope.SUBMIT,
    audit=("name",),
    described=Described(
        summary="Have a service hand over to a new job, or start it again",
        headers=(api.USER_TOKEN,),
        answers={202: _THE_SERVICE},
        errors=(404, 409, 422),
        example=Example(status=202),
    ),
)


def calls(bridge: Bridge, services: BridgeServices) -> Calls:
    """All calls of services."""
    calls = api.v1_calls("services")

    whose = owner_by(bridge)
    _add_showing(calls, services, whose)
    _add_orders(calls, services, whose)
    return calls


def owner_by(bridge: Bridge) -> Callable[[], str]:
    """What finds the local user whose services the request is about."""

    def whose() -> str:
        current().owner = owner(bridge)
        return current().owner

    return whose


def _add_showing(calls: Calls, services: BridgeServices, whose: Callable[[], str]) -> None:
    listing = Listing[Shown](ByName())

    @calls.get("/services", LIST)
    def list_services() -> Response:
        query, found = query_as(NamedListQuery), services.list(whose())
        taken = min((one.taken for one in found), default=time.monotonic())
        page, after = listing.page(found, query.limit, query.after)
        return _page(page, after, taken)

    @calls.get("/services/<name>", SHOW)
    def show_service(name: str) -> Response:
        return _tagged(services.get(name, whose()))

    @calls.get("/services/<name>/output", OUTPUT)
    def show_service_output(name: str) -> Response:
        query = query_as(ServiceOutputQuery)
        return text_response(services.output(name, whose(), query.generation, query.after))


def _add_orders(calls: Calls, services: BridgeServices, whose: Callable[[], str]) -> None:
    @calls.add("PUT", "/services/<name>", START)
    def start_service(name: str) -> Response:
        asked, user = body_as(ServiceRequest), whose()
        try:
            started = services.put(asked.members(name), user, asked.contents())
        except CommandTimeout as error:
            raise OutcomeUnknown(error.message, error.retry_after) from error
        current().native_id = started.job
        answer = _response(services.get(name, user))
        answer.status_code = 202 if started.handing_over else 200 if started.joined else 201
        if answer.status_code == 201:
            answer.headers["Location"] = f"{api.PREFIX}/services/{name}"
        return answer

    @calls.delete("/services/<name>", STOP)
    def stop_service(name: str) -> Response:
        query = query_as(ServiceStopQuery)
        current().arguments = query.model_dump()
        return _response(services.delete(name, whose(), purge=query.purge), 202)

    @calls.post("/services/<name>/restart", RESTART)
    def restart_service(name: str) -> Response:
        return _response(services.restart(name, whose()), 202)


def members_of(shown: Shown) -> Mapping[str, Any]:
    """The service as this request's caller may see it."""
    found = document(shown.sight, shown.addresses or None)
    if shown.problem:
        found["problem"] = shown.problem
    for name in ("url", "browser_url"):
        found[name] = found[name] and current().address(found[name])
    return found


def _tag(members: Mapping[str, Any]) -> str:
    return digest(json.dumps({n: v for n, v in members.items() if n not in _FLEETING}))


def _text(members: Mapping[str, Any], taken: float) -> str:
    return f"{json.dumps(members)[:-1]}, {age_members(taken)}}}"


def _tagged(shown: Shown) -> Response:
    members = members_of(shown)
    return tagged(_text(members, shown.taken), _tag(members))


def _response(shown: Shown, status: int = 200) -> Response:
    answer = json_text_response(_text(members_of(shown), shown.taken))
    answer.status_code = status
    return answer


def _page(page: Sequence[Shown], after: str | None, taken: float) -> Response:
    found = [members_of(one) for one in page]
    items = ", ".join(_text(members, one.taken) for members, one in zip(found, page, strict=True))
    body = f'{{"items": [{items}], "next": {json.dumps(after)}, {age_members(taken)}}}'
    return tagged(body, digest(*map(_tag, found), json.dumps(after)))
