"""``/api/v1/openapi.json``: the description of the API, made of what its calls declare."""

import importlib.metadata
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

from flask import Flask, Response, current_app
from pydantic.json_schema import models_json_schema

from dssr import plugins
from dssr.access.scopes import Scope
from dssr.http.call import Answer, Call, Calls, Catalogue, Described, Header, Needs
from dssr.http.v1 import api
from dssr.http.v1.curl import EXAMPLE_PATH, example_of
from dssr.http.v1.models import Problem
from dssr.http.v1.problems import CONTENT_TYPE, PROBLEMS
from dssr.http.v1.submission import JobSubmission
from dssr.service import NAME

_REF = "#/components/schemas/{model}"
_ABOUT = """\
Submit jobs to a cluster, watch them, read their output, and ask why they wait or failed. Each call
has an example for a shell in which `DSSR_URL` is the address of the bridge, `DSSR_TOKEN` a token,
`ID` the id of a job, and `NAME` the name of a service.

A batch script in a file becomes the body of a submission like this:

```sh
python3 -c 'import json, sys; print(json.dumps({"script": sys.stdin.read()}))' < job.sh |
  curl -sS -H "Authorization: Bearer $DSSR_TOKEN" -H 'Content-Type: application/json' -d @- \\
  "$DSSR_URL/api/v1/jobs"
```

An error is `application/problem+json`: `detail` says what is wrong, where, and what to do; `type`
is the path of a page that explains it. Each response has `X-Request-Id`, which the bridge's log
has, too."""
_PATH_PARTS = {
    "id": {
        "description": "The job's `id`. Also its `native_id` or its name, where one job alone has "
        "it.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._@+=,-]{0,200}$"},
        "example": "20300131-5b1f00c3a9d2",
    },
    "name": {
        "description": "The service's name, which is a part of its address.",
        "schema": {"type": "string", "pattern": f"^{NAME.pattern}$"},
        "example": "demo",
    },
    "path": {
        "description": "A file, relative to the job's working directory; it may contain '/'.",
        "schema": {"type": "string", "minLength": 1},
        "example": EXAMPLE_PATH,
    },
}


def calls(executor: str) -> Calls:
    """The call that returns the description. It is made when it is first asked for.

    ``executor``: the name of the bridge's own.
    """
    calls = api.v1_calls("description")
    made: list[bytes] = []

    @calls.get(
        "/openapi.json",
        Needs(
            scope=Scope.NONE,
            at_once=True,
            described=Described(
                summary="Describe this API, in OpenAPI 3.1",
                answers={200: Answer(about="The description", content_type="application/json")},
            ),
        ),
    )
    def describe() -> Response:
        if not made:
            app = current_app._get_current_object()  # type: ignore[attr-defined]
            made.append(json.dumps(document(app, executor)).encode())
        return Response(made[0], content_type="application/json")

    return calls


def document(app: Flask, executor: str) -> dict[str, Any]:
    """The description of all calls of the API that the application has."""
    paths: dict[str, dict[str, Any]] = {}
    models: set[type[Any]] = {Problem}
    for path, method, call, described in described_calls(app):
        paths.setdefault(path, {})[method.lower()] = _operation(path, method, call, described)
        if described.head:
            paths[path]["head"] = _head(paths[path]["get"], path, call, described)
        models |= _models(described)
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(m, "validation") for m in ordered], ref_template=_REF)
    executors = {"", executor, *plugins.names(plugins.EXECUTOR)}
    asked = schemas["$defs"][JobSubmission.__name__]["properties"]
    asked["executor"]["enum"] = sorted(executors)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "dssr",
            "version": importlib.metadata.version("dssr"),
            "description": _ABOUT,
        },
        "security": [{"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def described_calls(app: Flask) -> Iterator[tuple[str, str, Call, Described]]:
    """Each call of the API: its path, with its parts in braces, its method, what it declares."""
    catalogue = Catalogue.of(app)
    for rule in app.url_map.iter_rules():
        call = catalogue.calls.get(rule.endpoint)
        if call is None or call.api is not api.V1 or call.described is None:
            continue
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield path, method, call, call.described


def _operation(path: str, method: str, call: Call, described: Described) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": call.name,
        "tags": [group_of(path)],
        "summary": described.summary,
        "description": f"Scope: `{call.scope.word}`.\n\n"
        f"```sh\n{example_of(path, method, call)}\n```",
        "parameters": [*_parts(path), *_query(described), *map(_request_header, described.headers)],
        "responses": dict(_responses(path, call, described)),
    }
    if call.scope is Scope.NONE:
        operation["security"] = []
        operation["description"] = f"```sh\n{example_of(path, method, call)}\n```"
    if described.body is not None:
        content = {"schema": _ref(described.body), "example": described.example.body}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    elif described.body_type:
        schema = {"type": "string", "format": "binary"}
        operation["requestBody"] = {"content": {described.body_type: {"schema": schema}}}
    return operation


def _head(get: Mapping[str, Any], path: str, call: Call, described: Described) -> dict[str, Any]:
    """The operation HEAD: that of GET, whose responses have no body."""
    without_bodies = {
        status: {"description": answer["description"]}
        for status, answer in get["responses"].items()
    }
    own = {str(status): _answer(answer) for status, answer in described.head.items()}
    example = example_of(path, "HEAD", call)
    return {
        **get,
        "operationId": f"{call.name}_head",
        "summary": f"{described.summary}: its headers alone, or how far its upload is",
        "description": f"Scope: `{call.scope.word}`.\n\n```sh\n{example}\n```",
        "responses": without_bodies | own,
    }


def group_of(path: str) -> str:
    """The heading below which a page shows the call: what it is about."""
    parts = path.removeprefix(f"{api.PREFIX}/").split("/")
    if parts[0] == "openapi.json":
        return "description"
    return "files" if {"files", "archive.zip"} & set(parts) else parts[0]


def _parts(path: str) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", path):
        about = _PATH_PARTS.get(name, {"schema": {"type": "string", "minLength": 1}})
        yield {"name": name, "in": "path", "required": True, **about}


def _query(described: Described) -> Iterator[dict[str, Any]]:
    if described.query is None:
        return
    examples = parse_qs(described.example.query)
    schema = described.query.model_json_schema(ref_template=_REF)
    for name, about in schema["properties"].items():
        # What is left out is null for the model, and a query string has no null.
        kinds = [kind for kind in about.pop("anyOf", []) if kind != {"type": "null"}]
        about.update(*kinds)
        about.pop("default" if about.get("default") is None else "", None)
        parameter = {"name": name, "in": "query", "schema": about}
        if "description" in about:
            parameter["description"] = about.pop("description")
        if name in examples:
            is_list = about.get("type") == "array"
            parameter["example"] = examples[name] if is_list else _value(examples[name][0])
        yield parameter


def _value(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def _request_header(header: Header) -> dict[str, Any]:
    """A parameter. A page on which the call can be tried sends its example, unless that is in words
    alone."""
    about = _header(header)
    if header.is_callers_own:
        about["description"] += f" Such as `{about.pop('example')}`."
    return {"name": header.name, "in": "header", **about}


def _header(header: Header) -> dict[str, Any]:
    schema = {"type": "string"} | ({"pattern": header.pattern} if header.pattern else {})
    return {"description": header.about, "schema": schema, "example": header.example}


def _responses(path: str, call: Call, described: Described) -> Iterator[tuple[str, Any]]:
    for status, answer in described.answers.items():
        yield str(status), _answer(answer)
    if api.IF_NONE_MATCH in described.headers:
        yield "304", {"description": "The caller has this state already"}
    statuses = {*described.errors, *(api.EVERY_ERROR if call.scope else (400, 500))}
    for status in sorted(statuses):
        titles = [p.title for p in PROBLEMS.values() if p.status == status]
        content = {CONTENT_TYPE: {"schema": _ref(Problem)}}
        yield str(status), {"description": ", or: ".join(titles), "content": content}


def _answer(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer.about}
    content: dict[str, Any] = {}
    if answer.model is not None:
        content["application/json"] = {"schema": _ref(answer.model)}
    elif answer.content_type:
        is_json = answer.content_type == "application/json"
        content[answer.content_type] = {"schema": {"type": "object" if is_json else "string"}}
    if answer.is_stream_too:
        content["text/event-stream"] = {"schema": {"type": "string"}}
    if content:
        found["content"] = content
    if answer.headers:
        found["headers"] = {header.name: _header(header) for header in answer.headers}
    return found


def _models(described: Described) -> set[type[Any]]:
    used = {answer.model for answer in described.answers.values()} | {described.body}
    return {model for model in used if model is not None}


def _ref(model: type[Any]) -> Mapping[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}
