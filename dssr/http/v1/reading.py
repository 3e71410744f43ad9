"""Requests of the API, read by the models that document them."""

import difflib
import re
from functools import cache
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import UnsupportedMediaType

from dssr.errors import BadRequest
from dssr.http.request import current
from dssr.http.v1.wording import Schema, name_of, requirement

_Model = TypeVar("_Model", bound=BaseModel)
_EVENT = re.compile("[0-9]{1,18}")
# What sbatch and other schedulers call members of a job.
_MEANT = {
    "cores": "cores_per_node",
    "cpus": "cores_per_node",
    "cpus_per_task": "cores_per_node",
    "gpus": "gpus_per_node",
    "job_name": "name",
    "mem": "memory_mb_per_node",
    "memory": "memory_mb_per_node",
    "memory_mb": "memory_mb_per_node",
    "time": "walltime_seconds",
    "walltime": "walltime_seconds",
    "chdir": "working_directory",
    "workdir": "working_directory",
}
_MOST = 3  # problems that an error names
_BODY, _QUERY = "the body", "the query string"
_SEND_JSON = "send a JSON object with the header 'Content-Type: application/json' (curl -H)."


def body_as(model: type[_Model]) -> _Model:
    """The request's JSON. Raises ``BadRequest`` with each member that is wrong."""
    kind = request.mimetype
    if kind != "application/json" and not kind.endswith("+json"):
        what = f"is {kind[:80]!r}" if kind else "has no type"
        raise UnsupportedMediaType(f"The body {what}: {_SEND_JSON}")
    if not (data := request.get_data()):
        raise BadRequest(f"The body is empty: {_SEND_JSON}")
    try:
        found = model.model_validate_json(data)
    except ValidationError as error:
        raise BadRequest(_sentence(error, model, _BODY)) from error
    current().arguments = found.model_dump(exclude={"script", "environment"})
    return found


def query_as(model: type[_Model]) -> _Model:
    """The request's query string. Raises ``BadRequest`` with each parameter that is wrong."""
    if not request.query_string:
        return model()
    values: dict[str, Any] = {}
    for name, found in request.args.lists():
        field = model.model_fields.get(name)
        is_list = field is not None and field.default_factory is list
        if len(found) > 1 and field is not None and not is_list:
            raise BadRequest(f"{name!r} is in the query string {len(found)} times: send it once.")
        values[name] = found if is_list else found[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise BadRequest(_sentence(error, model, _QUERY)) from error


def last_event(after: int | None) -> int | None:
    """The id of the last event that the caller has: the header's, which a client sends when it
    comes back, or else ``after``. Raises ``BadRequest``."""
    sent = request.headers.get("Last-Event-ID", "")
    if not sent:
        return after
    if not _EVENT.fullmatch(sent):
        raise BadRequest(
            f"'Last-Event-ID' is {sent[:40]!r}, which is no id of an event here: leave it out, or "
            "send the id of the last event."
        )
    return int(sent)


def refuse_query() -> None:
    """Raise ``BadRequest`` for a query string, where the call is described without parameters."""
    described = current().call.described
    if request.query_string and described and not described.query and request.args:
        name = next(iter(request.args))
        raise BadRequest(f"There is no parameter {name[:60]!r}: this call takes none.")


def _sentence(error: ValidationError, model: type[BaseModel], where: str) -> str:
    problems = [_problem(one, model, where) for one in error.errors(include_url=False)[:_MOST]]
    text = "; ".join(problems)
    return f"{text[:1].upper()}{text[1:]}."


def _problem(one: ErrorDetails, model: type[BaseModel], where: str) -> str:
    kind, is_json = one["type"], where == _BODY
    if kind == "json_invalid":
        return f"{where} cannot be read as JSON: {one['msg'].removeprefix('Invalid JSON: ')}"
    place = one["loc"]
    if not is_json and len(place) == 2 and place[1] == 0:
        place = place[:1] if len(request.args.getlist(str(place[0]))) == 1 else place
    name = name_of(place)
    if kind == "extra_forbidden":
        return f"{name!r} is no member of {where} ({_meant(name, model)})"
    if kind == "missing":
        return f"{name!r} is missing from {where}"
    must = requirement(_schema(model), one["loc"], one["input"], is_json=is_json)
    return f"{repr(name) if name else where} {must}"


def _meant(name: str, model: type[BaseModel]) -> str:
    known = model.model_fields
    meant = _MEANT.get(name, "")
    near = [meant] if meant in known else difflib.get_close_matches(name, known, 1, 0.5)
    return f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"


@cache
def _schema(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()
