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
        ({"script": 1}, "'script' must be text in quotes, and not empty, such as \"#!/bin"),
        ({"script": ""}, "'script' must be text in quotes, and not empty, such as"),
        (
            {"script": "x", "nodes": "2"},
            "'nodes' must be a whole number from 1 to 100000, such as 1; it is \"2\".",
        ),
        (
            {"script": "x", "nodes": 0},
            "'nodes' must be a whole number from 1 to 100000, such as 1; it is 0.",
        ),
        ({"script": "x", "held": 1}, "'held' must be true or false; it is 1."),
        (
            {"script": "x", "environment": {"A": 1}},
            "'environment.A' must be text in quotes, such as \"1\".",
        ),
        (
            {"script": "x", "labels": []},
            "'labels' must be an object whose values are texts, such as",
        ),
        ({"script": "x", "arguments": ["a", 1]}, "'arguments[1]' must be text in quotes"),
        ([], 'The body must be a JSON object, such as {"script": "#!/bin'),
        ({"nodes": 0, "held": 1}, "; "),
    ],
)
def test_a_body_with_a_wrong_member_is_refused(body: Any, words: str, v1: Any) -> None:
    """The error names each member that is wrong, and the nearest one to an unknown one."""
    answer = v1.post("/jobs", json=body)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-request")
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"{", b"{'a': 1}", b"\xff", b"[" * 100_000, b"nonsense"])
def test_a_body_that_is_no_json_is_refused(body: bytes, v1: Any) -> None:
    """The error says that the body cannot be read, and where."""
    answer = v1.post("/jobs", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "The body cannot be read as JSON: " in answer.json()["detail"]


def test_an_empty_body_is_refused(v1: Any) -> None:
    """The error says that there is no body, and what to send."""
    answer = v1.post("/jobs", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("The body is empty: send a JSON object")


def test_a_value_that_may_be_secret_is_not_repeated(v1: Any) -> None:
    """The error about a variable or the script does not say what it is."""
    answer = v1.post("/jobs", json={"script": 4711, "environment": {"PASSWORD": 4711}})
    assert "'environment.PASSWORD' must be text" in answer.json()["detail"]
    assert "4711" not in answer.text


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
