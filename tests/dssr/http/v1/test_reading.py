"""Bodies that cannot be read, and what the errors say about them."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "'script' is missing from the body."),
        ({"scrpt": "x"}, "'scrpt' is no member of the body (did you mean 'script'?)"),
        ({"script": "x", "cores": 4}, "(did you mean 'cores_per_node'?)"),
        ({"script": "x", "time": 4}, "(did you mean 'walltime_seconds'?)"),
        ({"script": "x", "options": {"array": "1-2"}}, "'array', which is not taken: "),
        ({"script": "x", "zzz": 1}, "'zzz' is no member of the body (it has script, name,"),
        ({"script": 1}, "'script' must be a valid string."),
        ({"script": ""}, "'script' must have at least 1 character."),
        ({"script": "x", "nodes": "2"}, "'nodes' must be a valid integer."),
        ({"script": "x", "nodes": 0}, "'nodes' must be greater than or equal to 1."),
        ({"script": "x", "held": 1}, "'held' must be a valid boolean."),
        ({"script": "x", "environment": {"A": 1}}, "'environment.A' must be a valid string."),
        ([], "The body cannot be read: "),
        ({"nodes": 0, "held": 1}, "; "),
    ],
)
def test_a_body_with_a_wrong_member_is_refused(body: Any, words: str, v1: Any) -> None:
    """The error names each member that is wrong, and the nearest one to an unknown one."""
    answer = v1.post("/jobs", json=body)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-request")
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"\xff", b"[" * 100_000, b"nonsense"])
def test_a_body_that_is_no_json_is_refused(body: bytes, v1: Any) -> None:
    """The error says that the body cannot be read."""
    answer = v1.post("/jobs", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "The body cannot be read" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", None])
def test_a_body_of_another_type_is_415(kind: str | None, v1: Any) -> None:
    """The error says which header to send."""
    headers = {"Content-Type": kind} if kind else {}
    answer = v1.post("/jobs", data=b'{"script": "x"}', headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-media-type")
    assert "Content-Type: application/json" in answer.json()["detail"]


def test_a_call_without_parameters_refuses_them(v1: Any) -> None:
    """A parameter that has no effect is refused, not ignored."""
    answer = v1.get(f"/jobs/{v1.submit()['id']}?x=1")
    assert (answer.status_code, "'x'" in answer.json()["detail"]) == (400, True)
