"""The limits of the application."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from dssr.http.call import MEGABYTE
from dssr.settings import Settings


def body(size: int) -> bytes:
    """A form of exactly ``size`` bytes."""
    return b"args=".ljust(size, b"x")


@pytest.fixture
def small(serve: Callable[[Settings], Any]) -> Any:
    """A bridge that takes 1 MB."""
    return serve(Settings(max_body=1))


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("size", [MEGABYTE + 1, 3 * MEGABYTE])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_above_the_limit_is_413_and_names_the_setting(
    size: int, chunked: bool, small: Any, failures: Any
) -> None:
    """The error says how much the call takes, with and without a Content-Length; the log has one
    line.
    """
    data: Any = iter([body(size)]) if chunked else body(size)
    answer = requests.post(small.url + "/submit", data=data, headers=FORM, timeout=30)
    assert answer.status_code == 413
    assert answer.text == (
        "The request is larger than the 1 MB that this call takes: send less, or raise "
        "JARVICE_SCHED_MAX_BODY_MB.\n"
    )
    assert len(failures()) == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_exactly_the_limit_is_read(chunked: bool, small: Any) -> None:
    """A body of exactly the limit is read, and the request is judged by its content."""
    whole = body(MEGABYTE)
    data: Any = iter([whole[i : i + 8192] for i in range(0, MEGABYTE, 8192)]) if chunked else whole
    answer = requests.post(small.url + "/submit", data=data, headers=FORM, timeout=30)
    assert (answer.status_code, "'args' is not JSON" in answer.text) == (400, True)


@pytest.mark.parametrize("kind", ["form", "json", "multipart"])
def test_a_script_of_4_megabytes_is_taken(kind: str, served: Any) -> None:
    """The default limit leaves room for the largest script, however it is sent."""
    script = base64.b64encode(b"#!/bin/bash\n".ljust(4 * MEGABYTE, b"#")).decode()
    args = {"name": "job", "number": 1, "nodes": 1, "hpc_script": {"native": script}}
    ways: dict[str, dict[str, Any]] = {
        "form": {"data": {"args": json.dumps(args)}},
        "json": {"json": args},
        "multipart": {"files": {"args": (None, json.dumps(args))}},
    }
    assert requests.post(served.url + "/submit", timeout=60, **ways[kind]).status_code == 200


def test_a_multipart_form_above_the_limit_is_413(small: Any) -> None:
    """The limit of the form parser is the same."""
    answer = requests.post(
        small.url + "/submit", files={"args": (None, b"x" * MEGABYTE)}, timeout=30
    )
    assert answer.status_code == 413


def test_a_doubled_slash_is_not_redirected(served: Any) -> None:
    """A path with a doubled slash is not redirected, because that would turn a POST into a GET."""
    assert served.call("/request//1/1/ping", {"qs": {}}).status_code == 400
    assert served.call("//running/", {}, allow_redirects=False).status_code == 404
