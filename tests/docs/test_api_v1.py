"""The page about the API for people."""

import re
from pathlib import Path

import requests

from dssr.cluster.use_cases import FEATURES
from dssr.http.v1.problems import PROBLEMS
from dssr.http.v1.submission import JobSubmission
from tests.docs.console import check_dialogue
from tests.docs.markdown import handbook
from tests.end_to_end.service import Service

PAGE = handbook("api-v1")


def test_every_response_is_as_shown(bridge: Service, tmp_path: Path) -> None:
    """A bridge on the local connector gives the responses that the page shows."""
    assert check_dialogue(PAGE, bridge.url, tmp_path) == 4


def test_the_table_of_calls_is_the_bridges_own(bridge: Service) -> None:
    """The table lists exactly the calls of the bridge's own description, with their scopes."""
    url = f"{bridge.url}/api/v1/openapi.json"
    described = requests.get(url, timeout=30).json()["paths"]
    calls = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in described.items()
        for method in methods
    }
    row = re.compile(r"^\| `([A-Z]+) (\S+)` \| (\S+) \|", re.MULTILINE)
    shown = {(method, path): scope for method, path, scope in row.findall(PAGE.section("Calls"))}
    assert set(shown) == calls
    for (method, path), scope in shown.items():
        about = described[f"/api/v1{path}"][method.lower()]["description"]
        assert (f"Scope: `{scope}`" in about) == (scope != "–")


def test_the_table_of_features_is_the_bridges_own() -> None:
    """The table has each feature that a connector may have."""
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.section("The cluster"), re.MULTILINE)
    assert rows == [*FEATURES, "interactive"]


def test_the_table_of_errors_is_the_bridges_own() -> None:
    """The table has each error with its status."""
    rows = re.findall(r"^\| `/problems/(\S+)` \| (\d+)", PAGE.section("Errors"), re.MULTILINE)
    assert dict(rows) == {slug: str(problem.status) for slug, problem in PROBLEMS.items()}


def test_the_table_of_members_is_the_bridges_own() -> None:
    """The table has each member of a submission, and no other."""
    rows = re.findall(r"^\| (`.*?`) \|", PAGE.section("Submitting"), re.MULTILINE)
    shown = set(re.findall("`(.*?)`", " ".join(rows)))
    assert shown | {"per_node"} == set(JobSubmission.model_fields)
