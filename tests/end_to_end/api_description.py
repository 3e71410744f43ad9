"""Whether a response is as the API's description says."""

from typing import Any

import jsonschema_rs
import requests


class Description:
    """The description that a bridge serves."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._validators: dict[str, Any] = {}

    def assert_fits(self, answer: requests.Response, method: str, path: str) -> None:
        """Status, type, headers and body of the response are described for this call."""
        responses = self._document["paths"][path][method.lower()]["responses"]
        status = str(answer.status_code)
        assert status in responses, (
            f"{method} {path} is not described to answer {status}: {answer.text[:300]}"
        )
        response = self._resolved(responses[status])
        kind = answer.headers["Content-Type"].partition(";")[0]
        assert kind in response["content"], f"{method} {path} {status} is not described as {kind}"
        for name, header in response.get("headers", {}).items():
            assert name in answer.headers, f"{method} {path} {status} lacks {name}"
            self._assert_valid(int(answer.headers[name]), header["schema"])
        body = answer.json() if kind == "application/json" else answer.content.decode()
        self._assert_valid(body, response["content"][kind]["schema"])

    def _assert_valid(self, value: Any, schema: dict[str, Any]) -> None:
        key = repr(schema)
        if key not in self._validators:
            rooted = {"components": self._document["components"], "allOf": [schema]}
            self._validators[key] = jsonschema_rs.Draft202012Validator(rooted)
        self._validators[key].validate(value)

    def _resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        found: Any = self._document if "$ref" in part else part
        for word in part.get("$ref", "").split("/")[1:]:
            found = found[word]
        return dict(found)
