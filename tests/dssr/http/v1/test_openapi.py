"""The description of the API: complete, true to the calls, and with examples that work."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dssr.http.call import Catalogue
from dssr.http.v1.api import PREFIX, V1
from dssr.http.v1.curl import example_of
from dssr.http.v1.openapi import described_calls, document
from dssr.http.v1.problems import PROBLEMS
from tests.dssr.http.v1 import generated

KEY = "a:b"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@pytest.fixture
def described(v1: Any) -> dict[str, Any]:
    """The description, as the bridge returns it."""
    found: dict[str, Any] = v1.get("/openapi.json").json()
    return found


def test_the_description_needs_no_credentials(serve_dummy: Callable[..., Any]) -> None:
    """A caller without credentials can learn which calls there are."""
    served = serve_dummy(server_key=KEY, bind="127.0.0.1")
    assert served.get("/openapi.json").json()["openapi"] == "3.1.0"


def test_each_call_is_described(v1: Any, described: dict[str, Any]) -> None:
    """Every call of the API is in the description, under its path and method."""
    names = {
        operation["operationId"]
        for path in described["paths"].values()
        for operation in path.values()
    }
    calls = Catalogue.of(v1.app).calls.values()
    own = [call for call in calls if call.api is V1]
    heads = {f"{call.name}_head" for call in own if call.described and call.described.head}
    assert names == {call.name for call in own} | heads
    assert all(path.startswith(PREFIX) for path in described["paths"])


def test_each_reference_leads_somewhere(described: dict[str, Any]) -> None:
    """All schemas that are named are there, and each of them is a schema."""
    text = json.dumps(described)
    for reference in set(text.split('"$ref": "')[1:]):
        name = reference.partition('"')[0].removeprefix("#/components/schemas/")
        assert name in described["components"]["schemas"]
    for schema in described["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema | {"$schema": _DIALECT})


def test_each_error_of_a_call_has_a_page(described: dict[str, Any]) -> None:
    """Each status of an error that a call declares is one of an error that is explained."""
    statuses = {problem.status for problem in PROBLEMS.values()}
    for path in described["paths"].values():
        for operation in path.values():
            errors = {int(status) for status in operation["responses"] if status >= "400"}
            assert errors <= statuses


def test_the_executors_are_those_that_there_are(described: dict[str, Any]) -> None:
    """The description names the executors of this bridge."""
    asked = described["components"]["schemas"]["JobSubmission"]["properties"]["executor"]
    assert asked["enum"] == ["", "native", "singularity"]


def test_each_example_works(v1: Any, described: dict[str, Any]) -> None:
    """The command for a shell that the description shows for each call does what it says: its
    response has the status and the shape of the example's. Services need a cluster, and their
    examples are tested there."""
    for path, method, call, about in described_calls(v1.app):
        if path.startswith(f"{PREFIX}/services"):
            continue
        operation = described["paths"][path][method.lower()]
        command = example_of(path, method, call)
        assert command in operation["description"]
        job = v1.submit()["id"]
        v1.now += 3  # it waits
        status, body = _run(command, DSSR_URL=v1.root, DSSR_TOKEN="any", ID=job)
        assert status == about.example.status, (command, body)
        answer = about.answers[status]
        if answer.model is not None:
            answer.model.model_validate_json(body)
        if about.body is not None:
            about.body.model_validate(about.example.body)


def _run(command: str, **environment: str) -> tuple[int, bytes]:
    """The status and the body of the response."""
    done = subprocess.run(
        ["bash", "-c", f"{command} -w '\\n%{{http_code}}'"],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        check=True,
        timeout=60,
    )
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status), body


def test_schemathesis_finds_no_fault(
    serve_dummy: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests that are made of the description, right and wrong ones, alone and in sequences, get
    responses as it describes them."""
    served = serve_dummy(server_key=KEY, bind="127.0.0.1", rate=0, submissions=0)
    generated.assert_no_fault(served, tmp_path, monkeypatch, "--auth", KEY)


def test_the_description_is_made_of_what_the_calls_declare(v1: Any) -> None:
    """Members of a query and headers are parameters, with their examples. Those of headers
    that are each caller's own are in words alone: the page would send them."""
    found = document(v1.app, "native")["paths"]
    listed = {p["name"]: p for p in found["/api/v1/jobs"]["get"]["parameters"]}
    assert listed["limit"]["schema"]["maximum"] == 1000
    assert listed["state"]["example"] == ["active"]
    assert listed["If-None-Match"]["in"] == "header"
    submitted = {p["name"]: p for p in found["/api/v1/jobs"]["post"]["parameters"]}
    assert "example" not in submitted["Idempotency-Key"]
    assert "example" not in submitted["Dssr-User-Token"]
    written = found["/api/v1/jobs/{id}/files/{path}"]["put"]["parameters"]
    assert "example" not in next(p for p in written if p["name"] == "Content-Range")
    assert "`relax-7`" in submitted["Idempotency-Key"]["description"]
    files = {p["name"]: p for p in found["/api/v1/jobs/{id}/files"]["get"]["parameters"]}
    assert (
        files["after"]["schema"]["pattern"] == "^(Z[A-Pg-v]([A-Za-z0-9_-]{4})*[A-Za-z0-9_-]{0,2})?$"
    )
    assert found["/api/v1/jobs/{id}/archive.zip"]["get"]["tags"] == ["files"]
    assert {tag for each in found.values() for one in each.values() for tag in one["tags"]} == {
        *("jobs", "files", "events", "cluster", "services", "description"),
    }
    resumed = found["/api/v1/jobs/{id}/files/{path}"]["head"]
    assert set(resumed["responses"]["204"]["headers"]) == {"Upload-Offset", "Upload-Complete"}
    assert "curl -sS -I" in resumed["description"]
    shown = found["/api/v1/jobs/{id}"]["get"]
    assert [p["name"] for p in shown["parameters"] if p["in"] == "path"] == ["id"]
    assert set(shown["responses"]) >= {"200", "304", "404", "409", "503"}
