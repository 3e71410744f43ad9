"""``/openapi.json``: the description of the legacy API, for authors of clients and for tests."""

import importlib.metadata
import json
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from flask import Response

from dssr.access.scopes import Scope
from dssr.http.call import Calls, Needs
from dssr.http.legacy.calls import LEGACY


def description() -> dict[str, Any]:
    """The description, OpenAPI 3.1."""
    text = (files("dssr.http.legacy") / "openapi.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    document["info"]["version"] = importlib.metadata.version("dssr")
    return document


def calls() -> Calls:
    """The call that returns it."""
    calls = Calls(LEGACY, "description")

    @calls.get("/openapi.json", Needs(scope=Scope.READ))
    def openapi() -> Response:
        return Response(_body(), content_type="application/json")

    return calls


@cache  # not made at the start: to read so much YAML takes as long as to make the rest of a bridge
def _body() -> bytes:
    return json.dumps(description()).encode()
