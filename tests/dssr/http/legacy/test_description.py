"""The description of the API, compared with the API."""

import re
from typing import Any

import schemathesis

from dssr.http import app as application
from dssr.http.call import Catalogue
from dssr.http.legacy.description import description


def described() -> set[tuple[str, str]]:
    """Method and path of every call in the description."""
    return {
        (method.upper(), path) for path, item in description()["paths"].items() for method in item
    }


def served_calls(served: Any) -> set[tuple[str, str]]:
    """Method and path of every legacy call and of /metrics, without those that Flask adds."""
    app = application.create_app(served.bridge, served.settings)
    calls = Catalogue.of(app).calls
    apis = {"legacy", "metrics"}
    rules = [rule for rule in app.url_map.iter_rules() if calls[rule.endpoint].api.name in apis]
    described = "/request/{name}/{number}/{jobid}/{method}"
    written = {
        rule.rule: described for rule in rules if rule.endpoint.startswith("legacy.job_")
    } | {"/request/pvcls/": "/request/pvcls"}
    return {
        (method, written.get(rule.rule, rule.rule))
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_routes_and_description_agree(served: Any) -> None:
    """Every call is described, and every described call is served."""
    assert described() == served_calls(served)


def test_it_is_valid_openapi() -> None:
    """The description follows the schema of OpenAPI 3.1."""
    document = description()
    schemathesis.openapi.from_dict(document).validate()
    assert document["openapi"].startswith("3.1.")


def test_it_is_served(served: Any) -> None:
    """/openapi.json serves the description, with the version that runs."""
    told = served.get("/openapi.json")
    assert told.json() == description()
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", told.json()["info"]["version"])
