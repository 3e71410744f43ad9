"""``/openapi.json``: the legacy API's description, for people who write a client and for tests that make requests of it."""

import importlib.metadata
import json
from importlib.resources import files
from typing import Any

import yaml
from flask import Blueprint, Response


def description() -> dict[str, Any]:
    """The description, OpenAPI 3.1."""
    told: dict[str, Any] = yaml.safe_load(
        (files("dssr.http.legacy") / "openapi.yaml").read_text(encoding="utf-8")
    )
    told["info"]["version"] = importlib.metadata.version("dssr")
    return told


def routes() -> Blueprint:
    """The one call that tells it."""
    calls = Blueprint("description", __name__)
    body = json.dumps(description()).encode()

    @calls.get("/openapi.json")
    def openapi() -> Response:
        return Response(body, content_type="application/json")

    return calls
